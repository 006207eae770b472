/* SPDX-License-Identifier: Apache-2.0 */
/* test-payload.c: every sample passes the schema of its type, every bad row is refused with its code, and the facts are picked. */
#include "trust/payload.h"

#include "trust/container.h"
#include "vectors.h"

#include <string.h>

#define NOW "\"2026-11-23T08:05:00+07:00\""
#define CODE "\"MaHoSo\":\"H52.101-261123-0001\""
#define SUBMIT CODE ",\"MaTTHC\":\"2.000635\",\"TenTTHC\":\"t\",\"ChuHoSo\":\"Nguyễn Văn A\",\"LoaiDoiTuong\":1,\"NgayTiepNhan\":" NOW
#define RECEIPT(stage, code, at) "{\"v\":1,\"stage\":\"" stage "\",\"code\":\"" code "\",\"at\":\"" at "\",\"origin\":\"o\",\"index\":2}"
#define AT "2026-11-23T16:02:30.021Z"
#define XML(type, inner) "<" type " xmlns=\"urn:lienthong:payload:1\">" inner "</" type ">"

typedef struct {
    const char *name, *type, *text, *reason;
} BadCase;

static const BadCase bad[] = {
    { "nothing", "dossier.submit", "", "env.payload.json" },
    { "text-that-is-no-json", "dossier.submit", "{'MaHoSo':1}", "env.payload.json" },
    { "a-second-document", "hub.ping", "{}{}", "env.payload.json" },
    { "a-name-for-the-second-time", "hub.ping", "{\"note\":\"a\",\"note\":\"b\"}", "env.payload.json" },
    { "a-byte-order-mark", "hub.ping", "\xef\xbb\xbf{}", "env.payload.json" },
    { "a-list-instead-of-an-object", "dossier.submit", "[]", "env.payload.schema" },
    { "an-unknown-type", "dossier.burn", "{}", "env.payload.schema" },
    { "a-payload-of-a-type-without", "edxml.relay", "{}", "env.payload.schema" },
    { "a-submission-without-its-code", "dossier.submit", "{\"MaTTHC\":\"2.000635\"}", "env.payload.schema" },
    { "an-unknown-field", "dossier.submit", "{" SUBMIT ",\"TenVo\":\"x\"}", "env.payload.schema" },
    { "a-field-in-another-case", "dossier.submit", "{" SUBMIT ",\"ghiChu\":\"x\"}", "env.payload.schema" },
    { "a-number-as-text", "dossier.submit", "{" SUBMIT ",\"TrangThaiHoSo\":\"2\"}", "env.payload.schema" },
    { "a-state-out-of-range", "dossier.submit", "{" SUBMIT ",\"TrangThaiHoSo\":11}", "env.payload.schema" },
    { "a-yes-as-a-number", "dossier.submit", "{" SUBMIT ",\"TrangThaiThanhToan\":1}", "env.payload.schema" },
    { "an-empty-text", "dossier.submit", "{" SUBMIT ",\"GhiChu\":\"\"}", "env.payload.schema" },
    { "a-portal-date", "dossier.submit", "{" SUBMIT ",\"NgayHenTra\":\"20261123080500\"}", "env.payload.schema" },
    { "a-time-in-utc", "dossier.submit", "{" SUBMIT ",\"NgayHenTra\":\"2026-11-23T08:05:00Z\"}", "env.payload.schema" },
    { "the-31st-of-november", "dossier.submit", "{" SUBMIT ",\"NgayHenTra\":\"2026-11-31T08:05:00+07:00\"}", "env.payload.schema" },
    { "a-code-without-date", "dossier.recall", "{\"MaHoSo\":\"H52.101-0001\",\"LyDo\":\"x\",\"ThoiDiem\":" NOW "}", "env.payload.schema" },
    { "a-code-with-a-space", "dossier.recall", "{\"MaHoSo\":\"H52.101-261123-0001 \",\"LyDo\":\"x\",\"ThoiDiem\":" NOW "}", "env.payload.schema" },
    { "a-paper-outside-the-envelope", "dossier.submit",
      "{" SUBMIT ",\"TaiLieuNop\":[{\"TepDinhKemId\":\"../etc/passwd\",\"TenTepDinhKem\":\"x\"}]}", "env.payload.schema" },
    { "a-paper-without-name", "dossier.submit", "{" SUBMIT ",\"TaiLieuNop\":[{\"TepDinhKemId\":\"att/0001\"}]}", "env.payload.schema" },
    { "a-negative-fee", "dossier.submit", "{" SUBMIT ",\"DanhSachLePhi\":[{\"TenPhiLePhi\":\"x\",\"Gia\":-1}]}", "env.payload.schema" },
    { "an-identity-number-with-letters", "dossier.submit",
      "{" SUBMIT ",\"DinhDanhCHS\":[{\"LoaiDinhDanh\":1,\"SoDinhDanh\":\"00100000000A\"}]}", "env.payload.schema" },
    { "an-update-without-mode", "dossier.update", "{" CODE "}", "env.payload.schema" },
    { "an-update-of-another-mode", "dossier.update", "{\"mode\":\"delete\"," CODE "}", "env.payload.schema" },
    { "a-status-without-any-state", "dossier.status", "{" CODE ",\"ThoiDiemXuLy\":" NOW "}", "env.payload.schema" },
    { "a-word-of-another-kind", "dossier.status", "{\"kind\":\"gossip\"," CODE ",\"ThoiDiemXuLy\":" NOW "}", "env.payload.schema" },
    { "a-state-by-kind-without-any-state", "dossier.status", "{\"kind\":\"state\"," CODE ",\"ThoiDiemXuLy\":" NOW "}", "env.payload.schema" },
    { "an-apology-without-a-new-date", "dossier.status", "{\"kind\":\"apology\"," CODE ",\"LyDo\":\"x\",\"ThoiDiemXuLy\":" NOW "}", "env.payload.schema" },
    { "an-apology-without-ground", "dossier.status", "{\"kind\":\"apology\"," CODE ",\"NgayHenTraMoi\":" NOW ",\"ThoiDiemXuLy\":" NOW "}", "env.payload.schema" },
    { "a-rating-of-nothing", "dossier.status", "{\"kind\":\"rating\"," CODE ",\"ThoiDiemXuLy\":" NOW "}", "env.payload.schema" },
    { "a-rating-of-six", "dossier.status", "{\"kind\":\"rating\",\"MucDoHaiLong\":6," CODE ",\"ThoiDiemXuLy\":" NOW "}", "env.payload.schema" },
    { "an-urge-without-threshold", "dossier.status", "{\"kind\":\"urge\"," CODE ",\"ThoiDiemXuLy\":" NOW "}", "env.payload.schema" },
    { "a-status-code-of-no-list", "dossier.status", "{" CODE ",\"StatusCode\":\"07\",\"ThoiDiemXuLy\":" NOW "}", "env.payload.schema" },
    { "a-supplement-of-another-kind", "dossier.supplement", "{\"kind\":\"ask\"," CODE ",\"NoiDungBoSung\":\"x\",\"NgayBoSung\":" NOW "}",
      "env.payload.schema" },
    { "a-result-still-in-work", "dossier.result", "{" CODE ",\"TrangThaiHoSo\":4,\"NgayKetThucXuLy\":" NOW "}", "env.payload.schema" },
    { "a-recall-without-reason", "dossier.recall", "{" CODE ",\"ThoiDiem\":" NOW "}", "env.payload.schema" },
    { "a-receipt-of-another-stage", "receipt", RECEIPT("lost", "ok", AT), "env.payload.schema" },
    { "a-receipt-in-seconds", "receipt", RECEIPT("received", "ok", "2026-11-23T16:02:30Z"), "env.payload.schema" },
    { "a-receipt-with-free-words-as-code", "receipt", RECEIPT("refused", "not ok", AT), "env.payload.schema" },
    { "a-receipt-of-version-2", "receipt", "{\"v\":2,\"stage\":\"received\",\"code\":\"ok\",\"at\":\"" AT "\",\"origin\":\"o\",\"index\":2}", "env.payload.schema" },
    { "a-directory-without-units", "directory.publish", "{\"v\":1,\"generation\":1,\"made\":\"" AT "\",\"units\":[]}", "env.payload.schema" },
    { "a-long-note", "hub.ping", "{\"note\":1}", "env.payload.schema" },
    { "xml-with-a-doctype", "dossier.recall", "<!DOCTYPE a><a/>", "env.payload.xml" },
    { "xml-that-is-not-well-formed", "dossier.recall", "<dossier.recall>", "env.payload.xml" },
    { "xml-without-namespace", "dossier.recall", "<dossier.recall/>", "env.payload.schema" },
    { "xml-of-another-type", "dossier.recall", XML("dossier.status", "<MaHoSo>H52.101-261123-0001</MaHoSo>"), "env.payload.schema" },
    { "xml-with-an-unknown-field", "dossier.recall", XML("dossier.recall", "<Khac>x</Khac>"), "env.payload.schema" },
    { "xml-with-a-field-twice", "dossier.recall",
      XML("dossier.recall", "<MaHoSo>H52-261123-0001</MaHoSo><MaHoSo>H52-261123-0001</MaHoSo><LyDo>x</LyDo><ThoiDiem>2026-11-23T08:05:00+07:00</ThoiDiem>"),
      "env.payload.schema" },
    { "xml-with-a-time-in-utc", "dossier.recall",
      XML("dossier.recall", "<MaHoSo>H52-261123-0001</MaHoSo><LyDo>x</LyDo><ThoiDiem>2026-11-23T08:05:00Z</ThoiDiem>"), "env.payload.schema" },
    { "an-xml-status-without-any-state", "dossier.status",
      XML("dossier.status", "<MaHoSo>H52-261123-0001</MaHoSo><ThoiDiemXuLy>2026-11-23T08:05:00+07:00</ThoiDiemXuLy>"), "env.payload.schema" },
    { "a-receipt-in-xml", "receipt", XML("receipt", ""), "env.payload.schema" },
};

static LtPayloads *payloads; /* compiled once, as in the hub */

static gboolean
check(const char *type, GBytes *payload, gboolean schema, LtPayloadFacts *facts, GError **error)
{
    const char *data = g_bytes_get_data(payload, NULL);
    gboolean is_xml = g_bytes_get_size(payload) > 0 && data[0] == '<';

    return lt_payload_check(payloads, type, is_xml ? "application/xml" : "application/json", payload, schema, facts, error);
}

static void
test_bad(gconstpointer data)
{
    const BadCase *row = data;
    g_autoptr(GBytes) payload = g_bytes_new_static(row->text, strlen(row->text));
    g_autoptr(GError) error = NULL;
    LtPayloadFacts facts = { .code = (char *) "left over" };

    g_assert_false(check(row->type, payload, TRUE, &facts, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, row->reason);
    g_assert_error(error, LT_ERROR, LT_ERROR_INVALID);
    g_assert_null(facts.code);
}

static char *
sample_folder(void)
{
    const char *source = g_getenv("LTHUB_SOURCE");

    return g_build_filename(source != NULL ? source : ".", "tests", "data", "payload", NULL);
}

static void
test_sample(gconstpointer data)
{
    const char *path = data;
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *type = g_path_get_basename(folder);
    g_autofree char *text = NULL;
    gsize size;
    g_autoptr(GError) error = NULL;
    g_auto(LtPayloadFacts) facts = { 0 };
    g_autoptr(GBytes) payload = NULL;

    g_assert_true(g_file_get_contents(path, &text, &size, NULL));
    payload = g_bytes_new(text, size);
    check(type, payload, TRUE, &facts, &error);
    g_assert_no_error(error);
    if (g_str_has_prefix(type, "dossier."))
        g_assert_nonnull(facts.code);
}

/* Every sample is a test; a type without one would go untested, so that is a failure. */
static void
add_samples(void)
{
    g_autofree char *folder = sample_folder();
    g_auto(GStrv) types = lt_payloads_list_types(payloads);

    for (char **type = types; *type != NULL; type++) {
        g_autofree char *of_type = g_build_filename(folder, *type, NULL);
        g_autoptr(GDir) dir = g_dir_open(of_type, 0, NULL);
        guint n = 0;
        const char *name;

        while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
            g_autofree char *test = g_strdup_printf("/payload/takes/%s/%s", *type, name);

            g_test_add_data_func_full(test, g_build_filename(of_type, name, NULL), test_sample, g_free);
            n++;
        }
        if (n == 0)
            g_error("no sample payload of type %s in %s", *type, of_type);
    }
}

typedef struct {
    const char *type, *text;
    const char *code, *procedure, *kind, *state, *stage;
} FactCase;

static const FactCase fact_cases[] = {
    { "dossier.submit", "{" SUBMIT ",\"TrangThaiHoSo\":2}", "H52.101-261123-0001", "2.000635", NULL, "2", NULL },
    { "dossier.update", "{\"mode\":\"replace\"," CODE "}", "H52.101-261123-0001", NULL, "replace", NULL, NULL },
    { "dossier.status", "{" CODE ",\"TrangThaiHoSo\":10,\"StatusCode\":\"06\",\"ThoiDiemXuLy\":" NOW "}", "H52.101-261123-0001", NULL, NULL, "10", NULL },
    { "dossier.status", "{" CODE ",\"StatusCode\":\"15\",\"ThoiDiemXuLy\":" NOW "}", "H52.101-261123-0001", NULL, NULL, "15", NULL },
    { "dossier.supplement", "{\"kind\":\"answer\"," CODE ",\"NoiDungBoSung\":\"x\",\"NgayBoSung\":" NOW "}", "H52.101-261123-0001", NULL, "answer", NULL, NULL },
    { "receipt", RECEIPT("delivered", "ok", AT), NULL, NULL, NULL, NULL, "delivered" },
    { "dossier.status",
      XML("dossier.status", "<MaHoSo>H52-261123-0001</MaHoSo><TrangThaiHoSo>9</TrangThaiHoSo><ThoiDiemXuLy>2026-11-23T08:05:00+07:00</ThoiDiemXuLy>"),
      "H52-261123-0001", NULL, NULL, "9", NULL },
};

static void
test_facts(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(fact_cases); i++) {
        const FactCase *row = &fact_cases[i];
        g_autoptr(GBytes) payload = g_bytes_new_static(row->text, strlen(row->text));
        g_autoptr(GError) error = NULL;
        g_auto(LtPayloadFacts) facts = { 0 };

        check(row->type, payload, TRUE, &facts, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(facts.code, ==, row->code);
        g_assert_cmpstr(facts.procedure, ==, row->procedure);
        g_assert_cmpstr(facts.kind, ==, row->kind);
        g_assert_cmpstr(facts.state, ==, row->state);
        g_assert_cmpstr(facts.stage, ==, row->stage);
    }
}

static void
test_guards_only(void)
{
    static const char free_form[] = "{\"code\":\"x\",\"kind\":\"request\"}";
    static const char depth_33[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";
    static const char any_xml[] = "<dossier xmlns=\"urn:test\"><code>x</code></dossier>";
    g_autoptr(GBytes) free_bytes = g_bytes_new_static(free_form, strlen(free_form));
    g_autoptr(GBytes) deep_bytes = g_bytes_new_static(depth_33, strlen(depth_33));
    g_autoptr(GBytes) xml_bytes = g_bytes_new_static(any_xml, strlen(any_xml));
    g_autoptr(GError) error = NULL;
    g_auto(LtPayloadFacts) facts = { 0 };

    g_assert_true(check("dossier.submit", free_bytes, FALSE, &facts, &error));
    g_assert_cmpstr(facts.kind, ==, "request");
    g_assert_true(check("dossier.submit", xml_bytes, FALSE, NULL, &error));
    g_assert_no_error(error);
    g_assert_false(check("dossier.submit", deep_bytes, FALSE, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "env.payload.json");
    g_assert_nonnull(strstr(error->message, "json.depth"));
}

static void
test_absent(void)
{
    g_auto(LtPayloadFacts) facts = { 0 };
    g_autoptr(GBytes) payload = g_bytes_new_static("{}", 2);
    g_autoptr(GError) error = NULL;

    g_assert_true(lt_payload_check(payloads, "hub.ping", NULL, NULL, TRUE, &facts, NULL));
    g_assert_false(lt_payload_check(payloads, "hub.ping", "text/plain", payload, TRUE, &facts, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "env.payload.schema");
}

/* Papers that are named are entries of the envelope, of which there are two here. */
static const struct { const char *name, *type, *text; gboolean good; } papers[] = {
    { "none", "dossier.submit", "{}", TRUE },
    { "the-last-one", "dossier.submit", "{\"TaiLieuNop\":[{\"TepDinhKemId\":\"att/0001\"},{\"TepDinhKemId\":\"att/0002\"}]}", TRUE },
    { "one-that-is-absent", "dossier.submit", "{\"TaiLieuNop\":[{\"TepDinhKemId\":\"att/0001\"},{\"TepDinhKemId\":\"att/0003\"}]}", FALSE },
    { "the-nought", "dossier.submit", "{\"TaiLieuNop\":[{\"TepDinhKemId\":\"att/0000\"}]}", FALSE },
    { "one-by-escapes", "dossier.submit", "{\"TaiLieuNop\":[{\"\\u0054epDinhKemId\":\"att/0003\"}]}", FALSE },
    { "a-value-by-escapes", "dossier.submit", "{\"TaiLieuNop\":[{\"TepDinhKemId\":\"\\u0061tt/0002\"}]}", TRUE },
    { "one-that-is-taken-back", "dossier.update", "{\"TaiLieuNop\":[{\"TepDinhKemId\":\"att/0009\",\"IsDeleted\":true}]}", TRUE },
    { "one-that-is-taken-back-said-first", "dossier.update", "{\"TaiLieuNop\":[{\"IsDeleted\":true,\"TepDinhKemId\":\"att/0009\"}]}", TRUE },
    { "one-beside-one-that-is-taken-back", "dossier.update",
      "{\"TaiLieuNop\":[{\"IsDeleted\":true,\"TepDinhKemId\":\"att/0009\"},{\"IsDeleted\":false,\"TepDinhKemId\":\"att/0008\"}]}", FALSE },
    { "the-word-as-text", "dossier.submit", "{\"GhiChu\":\"TepDinhKemId\"}", TRUE },
    { "in-xml", "dossier.submit", "<a><TepDinhKemId>att/0002</TepDinhKemId></a>", TRUE },
    { "absent-in-xml", "dossier.submit", "<a><TepDinhKemId>att/0003</TepDinhKemId></a>", FALSE },
    { "absent-in-xml-with-a-prefix", "dossier.submit", "<x:a><x:TepDinhKemId >att/0003</x:TepDinhKemId ></x:a>", FALSE },
    { "hidden-in-xml", "dossier.submit", "<a><TepDinhKemId><![CDATA[att/0003]]></TepDinhKemId></a>", FALSE },
    { "of-another-type", "hub.ping", "{\"TepDinhKemId\":\"att/0003\"}", TRUE },
};

static void
test_papers(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GBytes) payload = g_bytes_new_static(papers[i].text, strlen(papers[i].text));
    g_autoptr(GError) error = NULL;

    g_assert_true(lt_payload_check_papers(papers[i].type, papers[i].text[0] == '<' ? "application/xml" : "application/json", payload, 2, &error) ==
                  papers[i].good);
    if (!papers[i].good)
        g_assert_cmpstr(lt_error_get_reason(error), ==, "env.payload.schema");
}

/* Receipts made elsewhere pass the schema; the payloads of the other conforming envelopes are placeholders, which pass the guards. */
static void
test_vectors(void)
{
    g_autoptr(GPtrArray) names = NULL;
    guint n_receipts = 0;

    if (vectors_missing())
        return;
    names = vectors_list("conforming/envelope", ".asice");
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        gboolean is_receipt = g_str_has_suffix(name, "receipt.asice");
        g_autoptr(GBytes) bytes = vectors_load(name);
        g_autoptr(LtContainer) container = lt_container_read_bytes(bytes, G_MAXINT32, NULL, NULL);
        LtEntry *json = lt_container_lookup(container, "payload.json");
        LtEntry *entry = json != NULL ? json : lt_container_get(container, "payload.xml");
        g_autoptr(GError) error = NULL;

        check(is_receipt ? "receipt" : "dossier.submit", entry->bytes, is_receipt, NULL, &error);
        g_assert_no_error(error);
        n_receipts += is_receipt ? 1 : 0;
    }
    g_assert_cmpuint(n_receipts, >, 0);
}

static gpointer
check_many(gpointer data)
{
    static const char right[] = XML("dossier.recall", "<MaHoSo>H52-261123-0001</MaHoSo><LyDo>x</LyDo><ThoiDiem>2026-11-23T08:05:00+07:00</ThoiDiem>");
    static const char wrong[] = XML("dossier.recall", "<MaHoSo>H52-261123-0001</MaHoSo>");
    static const char json[] = "{" SUBMIT "}";
    g_autoptr(GBytes) good_xml = g_bytes_new_static(right, strlen(right));
    g_autoptr(GBytes) bad_xml = g_bytes_new_static(wrong, strlen(wrong));
    g_autoptr(GBytes) good_json = g_bytes_new_static(json, strlen(json));

    (void) data;
    for (guint i = 0; i < 200; i++) {
        g_autoptr(GError) error = NULL;

        g_assert_true(check("dossier.recall", good_xml, TRUE, NULL, NULL));
        g_assert_false(check("dossier.recall", bad_xml, TRUE, NULL, &error));
        g_assert_nonnull(strstr(error->message, "dossier.recall")); /* its own fault, not another thread's */
        g_assert_true(check("dossier.submit", good_json, TRUE, NULL, NULL));
    }
    return NULL;
}

static void
test_threads(void)
{
    GThread *threads[4];

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("check", check_many, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

/* No message repeats what it refuses. */
static void
test_no_content(void)
{
    static const char text[] = "{" SUBMIT ",\"GhiChu\":\"\",\"SoDienThoai\":\"0900000003\"}";
    g_autoptr(GBytes) payload = g_bytes_new_static(text, strlen(text));
    g_autoptr(GError) error = NULL;

    g_assert_false(check("dossier.submit", payload, TRUE, NULL, &error));
    g_assert_null(strstr(error->message, "Nguyễn"));
    g_assert_null(strstr(error->message, "0900000003"));
    g_assert_nonnull(strstr(error->message, "GhiChu"));
}

static void
test_published(void)
{
    g_auto(GStrv) types = lt_payloads_list_types(payloads);
    g_autofree char *list = g_strjoinv(" ", types);
    GBytes *schema = lt_payloads_get_schema(payloads, "receipt");

    g_assert_cmpstr(list, ==,
                    "audit.evidence directory.publish dossier.recall dossier.result dossier.status dossier.submit dossier.supplement "
                    "dossier.update hub.ping receipt");
    g_assert_nonnull(g_strstr_len(g_bytes_get_data(schema, NULL), (gssize) g_bytes_get_size(schema), "Biên nhận"));
    g_assert_null(lt_payloads_get_schema(payloads, "edxml.relay"));
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    for (gsize n = 0; n < G_N_ELEMENTS(papers); n++) {
        g_autofree char *path = g_strconcat("/payload/papers/", papers[n].name, NULL);

        g_test_add_data_func(path, GSIZE_TO_POINTER(n), test_papers);
    }
    payloads = lt_payloads_load(NULL);
    g_assert_nonnull(payloads);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *path = g_strconcat("/payload/refuses-", bad[i].name, NULL);

        g_test_add_data_func(path, &bad[i], test_bad);
    }
    add_samples();
    g_test_add_func("/payload/picks-the-facts", test_facts);
    g_test_add_func("/payload/can-check-guards-only", test_guards_only);
    g_test_add_func("/payload/may-be-absent-and-is-json-or-xml", test_absent);
    g_test_add_func("/payload/takes-the-receipts-of-the-vectors", test_vectors);
    g_test_add_func("/payload/one-set-of-schemas-serves-all-threads", test_threads);
    g_test_add_func("/payload/refusals-repeat-no-content", test_no_content);
    g_test_add_func("/payload/schemas-are-published", test_published);
    status = g_test_run();
    lt_payloads_free(payloads);
    return status;
}
