/* SPDX-License-Identifier: Apache-2.0 */
/* test-xml.c: the guard refuses before libxml2 sees a byte; what it lets through is parsed, counted and validated. */
#include "base/xml.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef struct {
    const char *name;
    const char *text;
    gsize size; /* 0: up to the NUL */
    const char *reason;
    gboolean scan_passes; /* only libxml2 finds it */
} BadCase;

#define BYTES(text) text, sizeof(text) - 1

static const BadCase bad[] = {
    { "nothing", "", 0, "xml.syntax" },
    { "spaces", " \n", 0, "xml.syntax" },
    { "no-markup", "hello", 0, "xml.syntax" },
    { "xxe", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", 0, "xml.doctype" },
    { "xxe-with-a-parameter-entity", "<?xml version=\"1.0\"?><!DOCTYPE a SYSTEM \"http://h/x.dtd\"><a/>", 0, "xml.doctype" },
    { "billion-laughs",
      "<!DOCTYPE l [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><l>&c;</l>", 0, "xml.doctype" },
    { "a-doctype-after-a-comment", "<!-- x --><!DOCTYPE a><a/>", 0, "xml.doctype" },
    { "a-doctype-inside", "<a><!DOCTYPE a></a>", 0, "xml.doctype" },
    { "an-entity-declaration", "<a><!ENTITY x 'y'></a>", 0, "xml.doctype" },
    { "an-element-declaration", "<a><!ELEMENT x ANY></a>", 0, "xml.syntax" },
    { "an-unknown-entity", "<a>&nbsp;</a>", 0, "xml.syntax" },
    { "an-unknown-entity-in-an-attribute", "<a b=\"&x;\"/>", 0, "xml.syntax" },
    { "a-bare-ampersand", "<a>& </a>", 0, "xml.syntax" },
    { "an-empty-character-reference", "<a>&#;</a>", 0, "xml.syntax" },
    { "a-character-reference-without-end", "<a>&#65</a>", 0, "xml.syntax" },
    { "a-reference-to-nul", "<a>&#0;</a>", 0, "xml.syntax", TRUE },
    { "a-processing-instruction", "<a><?php echo 1 ?></a>", 0, "xml.pi" },
    { "a-stylesheet", "<?xml-stylesheet href=\"x\"?><a/>", 0, "xml.pi" },
    { "an-xml-declaration-inside", "<a><?xml version=\"1.0\"?></a>", 0, "xml.pi" },
    { "an-xml-declaration-after-a-space", " <?xml version=\"1.0\"?><a/>", 0, "xml.pi" },
    { "another-encoding-declared", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", 0, "xml.encoding" },
    { "utf-16-declared", "<?xml version='1.0' encoding='UTF-16'?><a/>", 0, "xml.encoding" },
    { "utf-7-declared", "<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADwAIQ-DOCTYPE a+AD4-<a/>", 0, "xml.encoding" },
    { "utf-7-without-a-word", "+ADw-?xml version=\"1.0\"?+AD4-", 0, "xml.syntax" },
    { "utf-16-with-bom", BYTES("\xff\xfe<\0a\0/\0>\0"), "xml.encoding" },
    { "utf-16-without-bom", BYTES("<\0a\0/\0>\0"), "xml.encoding" },
    { "utf-16-big-endian", BYTES("\0<\0a\0/\0>"), "xml.encoding" },
    { "utf-32", BYTES("\0\0\0<\0\0\0a\0\0\0/\0\0\0>"), "xml.encoding" },
    { "ebcdic", BYTES("\x4c\x6f\xa7\x94\x93\x40\xa5\x85\x99"), "xml.encoding" },
    { "nul", BYTES("<a>\0</a>"), "xml.encoding" },
    { "latin-1", "<a>\xe9</a>", 0, "xml.encoding" },
    { "a-control-character", "<a>\x01</a>", 0, "xml.syntax", TRUE },
    { "two-document-elements", "<a/><b/>", 0, "xml.syntax" },
    { "text-after-the-end", "<a/>x", 0, "xml.syntax" },
    { "cdata-outside", "<![CDATA[x]]><a/>", 0, "xml.syntax" },
    { "an-open-element", "<a><b></b>", 0, "xml.syntax" },
    { "a-stray-end-tag", "<a/></a>", 0, "xml.syntax" },
    { "tags-that-do-not-match", "<a></b>", 0, "xml.syntax", TRUE },
    { "an-undeclared-prefix", "<x:a/>", 0, "xml.syntax", TRUE },
    { "an-attribute-twice", "<a b='1' b='2'/>", 0, "xml.syntax", TRUE },
    { "attributes-without-a-space", "<a b='1'c='2'/>", 0, "xml.syntax" },
    { "an-attribute-without-quotes", "<a b=1/>", 0, "xml.syntax" },
    { "an-attribute-without-value", "<a b/>", 0, "xml.syntax" },
    { "less-than-in-an-attribute", "<a b='<'/>", 0, "xml.syntax" },
    { "an-attribute-without-end", "<a b='", 0, "xml.syntax" },
    { "a-tag-without-end", "<a", 0, "xml.syntax" },
    { "a-tag-without-name", "<>x</>", 0, "xml.syntax" },
    { "a-comment-without-end", "<a><!-- x </a>", 0, "xml.syntax" },
    { "a-cdata-section-without-end", "<a><![CDATA[ x </a>", 0, "xml.syntax" },
    { "a-declaration-without-end", "<?xml version=\"1.0\"", 0, "xml.syntax" },
    { "a-truncated-declaration", "<?xml ", 0, "xml.syntax" },
};

static void
assert_reason(GError *error, const char *reason)
{
    g_assert_error(error, LT_ERROR, LT_ERROR_INVALID);
    g_assert_cmpstr(lt_error_get_reason(error), ==, reason);
}

static void
test_bad(gconstpointer data)
{
    const BadCase *row = data;
    gsize size = row->size > 0 ? row->size : strlen(row->text);
    g_autofree char *exact = g_memdup2(row->text, size); /* no NUL behind it: nothing may look there */
    g_autoptr(GError) scanned = NULL;
    g_autoptr(GError) checked = NULL;

    g_assert_true(lt_xml_scan(exact, size, NULL, &scanned) == row->scan_passes);
    if (!row->scan_passes)
        assert_reason(scanned, row->reason);
    g_assert_false(lt_xml_check(exact, size, NULL, NULL, NULL, &checked));
    assert_reason(checked, row->reason);
}

/* Every prefix of a document that uses all constructs is refused without looking past its end. */
static void
test_truncated(void)
{
    static const char text[] = "\xef\xbb\xbf<?xml version=\"1.0\" encoding='utf-8'?><!-- c --><a x='1' y=\"&amp;&#x41;\"><b/><![CDATA[<c>]]>&lt;é</a >";

    g_assert_true(lt_xml_check(text, strlen(text), NULL, NULL, NULL, NULL));
    for (gsize size = 0; size < strlen(text); size++) {
        g_autofree char *exact = g_memdup2(text, size);
        g_autoptr(GError) error = NULL;

        g_assert_false(lt_xml_check(exact, size, NULL, NULL, NULL, &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_INVALID);
    }
}

typedef struct {
    const char *name;
    const char *text;
    guint n_elements;
} GoodCase;

static const GoodCase good[] = {
    { "one-element", "<a/>", 1 },
    { "comments", "<!-- <x> & --><a><!-- <!DOCTYPE a> <?pi?> --><b/></a><!-- end -->", 2 },
    { "cdata", "<a><![CDATA[<b>&x;<!DOCTYPE>]]></a>", 1 },
    { "the-five-entities-and-numbers", "<a b='&quot;&apos;'>&amp;&lt;&gt;&#65;&#x1F600;</a>", 1 },
    { "a-declaration", "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<a/>\n", 1 },
    { "a-declaration-in-lower-case", "<?xml version='1.0' encoding='utf-8' ?><a/>", 1 },
    { "a-byte-order-mark", "\xef\xbb\xbf<a/>", 1 },
    { "namespaces", "<x:a xmlns:x='urn:x' xmlns='urn:y'><b x:c='1'/></x:a>", 2 },
    { "vietnamese", "<hồsơ tên='Nguyễn Văn A'>Sở Tư pháp</hồsơ>", 1 },
    { "greater-than-in-text-and-attributes", "<a b='>'>></a>", 1 },
};

static void
test_good(gconstpointer data)
{
    const GoodCase *row = data;
    g_autoptr(GError) error = NULL;
    guint n_elements = 0;

    g_assert_true(lt_xml_scan(row->text, strlen(row->text), &n_elements, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(n_elements, ==, row->n_elements);
    g_assert_true(lt_xml_check(row->text, strlen(row->text), NULL, NULL, NULL, &error));
    g_assert_no_error(error);
}

/* Time that this process was given: another one's load must not fail a test. */
static gint64
cpu_time_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (gint64) time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* A document made of @before, @n times @piece, @after. */
static GString *
repeat(const char *before, const char *piece, guint n, const char *after)
{
    GString *text = g_string_new(before);
    gsize start = text->len, length = strlen(piece);

    g_string_set_size(text, start + n * length);
    for (guint i = 0; i < n; i++)
        memcpy(text->str + start + i * length, piece, length);
    return g_string_append(text, after);
}

typedef struct {
    const char *name;
    const char *before, *piece, *after;
    guint allowed;      /* so many pieces pass */
    const char *reason; /* one more does not */
} LimitCase;

static const LimitCase limits[] = {
    { "64-levels", "", "<a>", "", 64, "xml.depth" },
    { "name-of-256-bytes", "<", "a", "/>", 256, "xml.size" },
    { "attribute-value-of-65536-bytes", "<a b='", "x", "'/>", 65536, "xml.size" },
    { "200000-elements", "<a>", "<b/>", "</a>", 199999, "xml.count" },
    { "8-mib", "<a>", " ", "</a>", 8 * 1024 * 1024 - 7, "xml.size" },
};

static void
test_limit(gconstpointer data)
{
    const LimitCase *row = data;
    gboolean nests = row->allowed == 64;
    g_autoptr(GString) inside = repeat(row->before, row->piece, row->allowed, row->after);
    g_autoptr(GString) outside = repeat(row->before, row->piece, row->allowed + 1, row->after);
    g_autoptr(GError) error = NULL;

    for (guint i = 0; nests && i < 64; i++)
        g_string_append(inside, "</a>");
    g_assert_true(lt_xml_scan(inside->str, inside->len, NULL, &error));
    g_assert_no_error(error);
    g_assert_false(lt_xml_scan(outside->str, outside->len, NULL, &error));
    assert_reason(error, row->reason);
}

static GString *
attributes(guint n_elements, guint n_attributes)
{
    GString *text = g_string_new("<a>");

    for (guint i = 0; i < n_elements; i++) {
        g_string_append(text, "<b");
        for (guint j = 0; j < n_attributes; j++)
            g_string_append_printf(text, " a%u=''", j);
        g_string_append(text, "/>");
    }
    return g_string_append(text, "</a>");
}

static void
test_attributes(void)
{
    g_autoptr(GString) inside = attributes(1, 64);
    g_autoptr(GString) outside = attributes(1, 65);
    g_autoptr(GString) million = attributes(1, 1000000);
    g_autoptr(GString) spread = attributes(12000, 64);
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) million_error = NULL;
    gint64 before;

    g_assert_true(lt_xml_check(inside->str, inside->len, NULL, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_false(lt_xml_scan(outside->str, outside->len, NULL, &error));
    assert_reason(error, "xml.attributes");
    before = cpu_time_us();
    g_assert_false(lt_xml_check(million->str, million->len, NULL, NULL, NULL, &million_error));
    g_assert_cmpint(cpu_time_us() - before, <, 100000);
    assert_reason(million_error, million->len > 8 * 1024 * 1024 ? "xml.size" : "xml.attributes");
    before = cpu_time_us();
    g_assert_true(lt_xml_check(spread->str, spread->len, NULL, NULL, NULL, NULL)); /* many, but few on each */
    g_assert_cmpint(cpu_time_us() - before, <, 2000000);
}

/* Quadratic blow-up: one entity of 1 MB used 1,000 times; and a million open tags. Both end before libxml2. */
static void
test_bombs(void)
{
    g_autoptr(GString) entity = repeat("<!DOCTYPE a [<!ENTITY x \"", "aaaaaaaa", 131072, "\">]><a>&x;&x;&x;</a>");
    g_autoptr(GString) deep = repeat("", "<a>", 1000000, "");
    gint64 before = cpu_time_us();
    g_autoptr(GError) error = NULL;

    g_assert_false(lt_xml_check(entity->str, entity->len, NULL, NULL, NULL, &error));
    assert_reason(error, "xml.doctype");
    g_clear_error(&error);
    g_assert_false(lt_xml_check(deep->str, deep->len, NULL, NULL, NULL, &error));
    assert_reason(error, "xml.depth");
    g_assert_cmpint(cpu_time_us() - before, <, 100000);
}

/* 200,000 elements with attributes, texts and comments: no tree is built, so that memory does not follow (security.md §4.2). */
static void
test_memory(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    g_test_skip("sanitizers keep memory of their own");
#else
    g_autoptr(GString) large = repeat("<a>", "<b a='x'/>text<!-- -->text", 199999, "</a>");
    struct rusage before, after;

    getrusage(RUSAGE_SELF, &before);
    g_assert_true(lt_xml_check(large->str, large->len, NULL, NULL, NULL, NULL));
    getrusage(RUSAGE_SELF, &after);
    g_assert_cmpint(after.ru_maxrss - before.ru_maxrss, <, 64 * 1024);
#endif
}

static const char schema_text[] =
    "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:t' elementFormDefault='qualified'>"
    "<xs:element name='hs'><xs:complexType><xs:sequence>"
    "<xs:element name='MaHoSo' type='xs:token'/><xs:element name='So' type='xs:int' minOccurs='0'/>"
    "</xs:sequence></xs:complexType></xs:element></xs:schema>";

static void
test_schema(void)
{
    static const char right[] = "<hs xmlns='urn:t'><MaHoSo>H52-1</MaHoSo><So>4</So></hs>";
    static const char wrong[] = "<hs xmlns='urn:t'>\n<MaHoSo>H52-1</MaHoSo>\n<So>geheim</So></hs>";
    g_autoptr(GError) error = NULL;
    g_autoptr(LtXmlSchema) schema = lt_xml_schema_parse(schema_text, sizeof schema_text - 1, "t.xsd", &error);
    LtXmlPick picks[] = { { "MaHoSo", NULL }, { "KhongCo", NULL }, { NULL, NULL } };

    g_assert_no_error(error);
    g_assert_true(lt_xml_check(right, strlen(right), schema, "hs", picks, &error));
    g_assert_cmpstr(picks[0].value, ==, "H52-1");
    g_assert_null(picks[1].value);
    g_free(picks[0].value);
    g_assert_false(lt_xml_check(wrong, strlen(wrong), schema, "hs", NULL, &error));
    assert_reason(error, "xml.schema");
    g_assert_cmpstr(error->message, ==, "XML line 3: element 'So' breaks its schema (libxml2 error 1824)");
    g_clear_error(&error);
    g_assert_false(lt_xml_check(right, strlen(right), schema, "other", NULL, &error));
    assert_reason(error, "xml.schema");
}

static void
test_picks(void)
{
    static const char text[] = "<a><b><c>inner</c></b><c>x<!-- y -->z</c><c>2</c><d/><e>1<![CDATA[<2>]]></e></a>";
    LtXmlPick picks[] = { { "b", NULL }, { "c", NULL }, { "d", NULL }, { "e", NULL }, { NULL, NULL } };

    g_assert_true(lt_xml_check(text, strlen(text), NULL, NULL, picks, NULL));
    g_assert_null(picks[0].value); /* not only text */
    g_assert_cmpstr(picks[1].value, ==, "xz");
    g_assert_cmpstr(picks[2].value, ==, "");
    g_assert_cmpstr(picks[3].value, ==, "1<2>");
    for (gsize i = 0; i < 4; i++)
        g_free(picks[i].value);
}

static void
test_bad_schema(void)
{
    static const char *const texts[] = {
        "", "<a/>", "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element type='unknown'/></xs:schema>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(lt_xml_schema_parse(texts[i], strlen(texts[i]), "t.xsd", &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
        g_assert_cmpstr(lt_error_get_reason(error), ==, "schema.xsd");
    }
    g_assert_null(lt_xml_schema_load("/nonexistent/t.xsd", NULL));
}

/* Schemas may include their neighbours, and nothing else on the machine. */
static void
test_neighbours(void)
{
    g_autofree char *folder = g_dir_make_tmp("lthub-xsd-XXXXXX", NULL);
    g_autofree char *inner = g_build_filename(folder, "inner", NULL);
    g_autofree char *type = g_build_filename(folder, "type.xsd", NULL);
    g_autofree char *near = g_build_filename(folder, "near.xsd", NULL);
    g_autofree char *far = g_build_filename(inner, "far.xsd", NULL);
    g_autoptr(LtXmlSchema) near_schema = NULL;
    g_autoptr(LtXmlSchema) far_schema = NULL;

    g_assert_cmpint(g_mkdir(inner, 0700), ==, 0);
    g_assert_true(g_file_set_contents(type, "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:simpleType name='t'>"
                                            "<xs:restriction base='xs:int'/></xs:simpleType></xs:schema>", -1, NULL));
    g_assert_true(g_file_set_contents(near, "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:include schemaLocation='type.xsd'/>"
                                            "<xs:element name='a' type='t'/></xs:schema>", -1, NULL));
    g_assert_true(g_file_set_contents(far, "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:include schemaLocation='../type.xsd'/>"
                                           "<xs:element name='a' type='t'/></xs:schema>", -1, NULL));
    near_schema = lt_xml_schema_load(near, NULL);
    g_assert_nonnull(near_schema);
    g_assert_true(lt_xml_check("<a>1</a>", 8, near_schema, NULL, NULL, NULL));
    g_assert_false(lt_xml_check("<a>x</a>", 8, near_schema, NULL, NULL, NULL));
    far_schema = lt_xml_schema_load(far, NULL);
    g_assert_null(far_schema);
    g_unlink(far);
    g_unlink(near);
    g_unlink(type);
    g_rmdir(inner);
    g_rmdir(folder);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *path = g_strconcat("/xml/refuses-", bad[i].name, NULL);

        g_test_add_data_func(path, &bad[i], test_bad);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *path = g_strconcat("/xml/takes-", good[i].name, NULL);

        g_test_add_data_func(path, &good[i], test_good);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autofree char *path = g_strdup_printf("/xml/takes-%s-and-not-one-more", limits[i].name);

        g_test_add_data_func(path, &limits[i], test_limit);
    }
    g_test_add_func("/xml/refuses-every-truncation", test_truncated);
    g_test_add_func("/xml/refuses-too-many-attributes-at-once", test_attributes);
    g_test_add_func("/xml/refuses-bombs-within-100-ms", test_bombs);
    g_test_add_func("/xml/reads-the-largest-document-within-64-mib", test_memory);
    g_test_add_func("/xml/validates-and-names-the-element-without-its-content", test_schema);
    g_test_add_func("/xml/picks-texts-of-the-document-element", test_picks);
    g_test_add_func("/xml/refuses-schemas-that-are-none", test_bad_schema);
    g_test_add_func("/xml/schemas-include-their-neighbours-only", test_neighbours);
    return g_test_run();
}
