/* SPDX-License-Identifier: Apache-2.0 */
/* test-edxml.c: the codec on its own samples, on every sample of the axis beside the checkout, and against itself. */
#include "edxml.h"

#include <lienthong/json.h>
#include <stdlib.h>
#include <string.h>

static const EdxmlLimits limits = EDXML_LIMITS;

static GBytes *
load(const char *path)
{
    g_autoptr(GError) error = NULL;
    char *text;
    gsize size;

    g_file_get_contents(path, &text, &size, &error);
    g_assert_no_error(error);
    return g_bytes_new_take(text, size);
}

static GBytes *
load_own(const char *name)
{
    g_autofree char *path = g_build_filename(g_getenv("LTHUB_SOURCE"), "plugins", "ioffice", "data", name, NULL);

    return load(path);
}

/* "kind signature; verdicts; attachments" in one line. */
static char *
summary(const Edxml *message)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "%s %s;", edxml_kind_word(message->kind), message->signature.verdict);
    for (guint i = 0; i < message->verdicts->len; i++) {
        const EdxmlVerdict *verdict = message->verdicts->pdata[i];

        g_string_append_printf(out, " %s", verdict->rule->code);
        if (verdict->where != NULL && strchr(verdict->where, ' ') != NULL)
            g_string_append_printf(out, "@%s", strrchr(verdict->where, ' ') + 1);
    }
    g_string_append_c(out, ';');
    for (guint i = 0; i < message->attachments->len; i++) {
        const EdxmlAttachment *one = message->attachments->pdata[i];

        g_string_append_printf(out, " %s=%s", one->name, edxml_state_word(one->state));
        if (one->content != NULL)
            g_string_append_printf(out, ":%" G_GSIZE_FORMAT, g_bytes_get_size(one->content));
    }
    return g_string_free(out, FALSE);
}

static void
test_reads_what_real_systems_write(void)
{
    static const struct {
        const char *file, *expected;
    } rows[] = {
        { "new.edxml", "new absent;; don.pdf=unpacked:32" },
        { "new-dossier.edxml", "new absent;; don.pdf=unpacked:32" },
        { "update.edxml", "update absent; document-id.date; don.pdf=unpacked:32" },
        { "revocation.edxml", "revocation absent; shape.order; don.pdf=unpacked:32" },
        { "replacement.edxml", "replacement absent;; don.pdf=unpacked:32" },
        { "status-03.edxml", "status absent; shape.order shape.order;" },
        { "status-77.edxml", "status absent; shape.order shape.order value.unknown date.form;" },
        { "minimal.edxml", "new absent; id.form id.form manifest.type@1 bussiness.missing code.missing promulgation-date.missing trace.missing; a.txt=unpacked:2" },
        { "trace-null.edxml", "new absent; trace.organ-null trace.organ-missing; don.pdf=unpacked:32" },
        { "other-order.edxml", "new absent; shape.order shape.order shape.order shape.order code.missing promulgation-date.missing; don.pdf=unpacked:32" },
        { "bkav.edxml", "new absent; ns.bkav shape.attribute shape.spelling shape.spelling shape.spelling; don.pdf=unpacked:32" },
        { "day-first.edxml", "new absent; date.form shape.order; don.pdf=unpacked:32" },
        { "prefixed.edxml", "new absent; ns.attachment-prefix; don.pdf=unpacked:32" },
        { "cid-differs.edxml", "new absent; manifest.type@1 manifest.name@1 manifest.unmatched@2 manifest.cid@1 manifest.unlisted@2; don.pdf=unpacked:32 don.pdf=unpacked:32" },
        { "placeholder.edxml", "new absent; attachment.base64@1 manifest.type@1; don.pdf=damaged" },
        { "raw-pdf.edxml", "new absent; attachment.not-zip@1 manifest.type@1; don.pdf=raw:20" },
        { "wrapped-base64.edxml", "new absent; attachment.base64-space@1; don.pdf=unpacked:32" },
        { "odd-zips.edxml",
          "new absent; attachment.entries@1 attachment.zip@2 attachment.zip@3 attachment.ratio@4 attachment.method@5 attachment.empty@7;"
          " two-entries.bin=raw:202 wrong-sum.bin=damaged cut-off.bin=damaged bomb.bin=damaged encrypted.bin=damaged stored.bin=unpacked:18 empty.bin=damaged" },
        { "nfd.edxml", "new absent; id.form id.form text.nfd bussiness.missing code.missing promulgation-date.missing trace.missing;" },
        { "repeated.edxml", "unknown absent; shape.unknown shape.repeated value.unknown;" },
        { "bom.edxml", "new absent; encoding.bom id.form id.form bussiness.missing code.missing promulgation-date.missing trace.missing;" },
        { "bare.edxml", "new absent; root.bare id.form id.form bussiness.missing code.missing promulgation-date.missing trace.missing;" },
        { "twin.json", "status absent; date.form shape.json;" },
        { "twin-flat.json", "status absent; shape.json;" },
        { "twin-answer.json", "status absent; value.unknown shape.json;" },
        { "comment-inside.edxml", "new absent; attachment.base64@1; don.pdf=damaged" },
        { "signature-foreign.edxml", "new invalid; signature.certificate signature.namespace; don.pdf=unpacked:32" },
        { "signature-dummy.edxml", "new invalid; signature.certificate signature.legacy; don.pdf=unpacked:32" },
        { "signature-cid.edxml", "new invalid; signature.form; don.pdf=unpacked:32" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) bytes = load_own(rows[i].file);
        g_autoptr(GError) error = NULL;
        g_autoptr(Edxml) message = edxml_read(bytes, &limits, NULL, &error);
        g_autofree char *found = message != NULL ? summary(message) : NULL;

        g_assert_no_error(error);
        g_test_message("%s: %s", rows[i].file, found);
        g_assert_cmpstr(found, ==, rows[i].expected);
    }
}

static void
test_refuses_what_is_no_message(void)
{
    static const struct {
        const char *file, *reason;
    } rows[] = {
        { "refused-open-twice.edxml", "xml.syntax" }, { "refused-doctype.edxml", "xml.doctype" }, { "refused-utf16.edxml", "xml.encoding" },
        { "refused-nobody.edxml", "edxml.from" },     { "refused-no-header.edxml", "edxml.header" }, { "refused-page.edxml", "edxml.root" },
        { "refused-twin.json", "edxml.json" },        { "refused-object.json", "edxml.header" },
        { "refused-empty.edxml", "xml.syntax" },      { "refused-cut.edxml", "xml.syntax" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) bytes = load_own(rows[i].file);
        g_autoptr(GError) error = NULL;

        g_assert_null(edxml_read(bytes, &limits, NULL, &error));
        g_test_message("%s: %s", rows[i].file, error->message);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_clear_error(&error);
        g_assert_false(edxml_check(bytes, &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_INVALID);
    }
}

static void
test_names_the_tag_that_is_not_closed(void)
{
    g_autoptr(GBytes) bytes = load_own("refused-open-twice.edxml");
    g_autoptr(GError) error = NULL;

    g_assert_null(edxml_read(bytes, &limits, NULL, &error));
    g_assert_cmpstr(error->message, ==, "XML: not well-formed: 'edXML:From' begins in line 6 and 'edXML:MessageHeader' ends in line 7");
}

static void
test_finds_what_a_message_is_about(void)
{
    static const struct {
        const char *file, *target, *dossier;
    } rows[] = {
        { "new.edxml", NULL, NULL },
        { "new-dossier.edxml", NULL, "H52.101-261120-0007" },
        { "update.edxml", "H52.101,2026/02/30,14/UBND-VP", NULL },
        { "revocation.edxml", "H52.101,2026/11/20,15/UBND-VP", NULL },
        { "replacement.edxml", "H52.101,2026/11/20,15/UBND-VP", NULL },
        { "status-15.edxml", "H52.101,2026/11/20,15/UBND-VP", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) bytes = load_own(rows[i].file);
        g_autoptr(Edxml) message = edxml_read(bytes, &limits, NULL, NULL);

        g_assert_cmpstr(edxml_get_target(message), ==, rows[i].target);
        g_assert_cmpstr(edxml_get_dossier(message), ==, rows[i].dossier);
    }
}

static void
test_limits_hold(void)
{
    static const struct {
        EdxmlLimits limits;
        const char *outcome;
    } rows[] = {
        { { 100, 1000, 9 }, "edxml.size" },
        { { 1 << 20, 31, 9 }, "attachment.size" },
        { { 1 << 20, 32, 9 }, "" },
        { { 1 << 20, 32, 0 }, "attachment.count" },
    };
    g_autoptr(GBytes) bytes = load_own("new.edxml");

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Edxml) message = edxml_read(bytes, &rows[i].limits, NULL, &error);

        if (message == NULL)
            g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].outcome);
        else if (rows[i].outcome[0] == '\0')
            g_assert_cmpuint(message->verdicts->len, ==, 0);
        else
            g_assert_true(edxml_has_verdict(message, rows[i].outcome));
    }
}

static void
test_reads_every_form_of_a_date(void)
{
    static const struct {
        const char *text, *out;
        gboolean with_time;
        EdxmlDateForm form;
    } rows[] = {
        { "2026/11/23", "2026-11-23T00:00:00+07:00", FALSE, EDXML_DATE_USUAL },
        { "2026/11/23 16:02:30", "2026-11-23T16:02:30+07:00", TRUE, EDXML_DATE_USUAL },
        { "2026/11/23 16:02:30", "2026-11-23T16:02:30+07:00", FALSE, EDXML_DATE_OTHER_FORM },
        { "23/11/2026", "2026-11-23T00:00:00+07:00", FALSE, EDXML_DATE_OTHER_FORM },
        { "20261123160230", "2026-11-23T16:02:30+07:00", TRUE, EDXML_DATE_OTHER_FORM },
        { "2026-11-23 16:02:30", "2026-11-23T16:02:30+07:00", TRUE, EDXML_DATE_OTHER_FORM },
        { "2026-11-23T16:02:30.123", "2026-11-23T16:02:30+07:00", TRUE, EDXML_DATE_OTHER_FORM },
        { "2026-11-23T09:02:30Z", "2026-11-23T16:02:30+07:00", TRUE, EDXML_DATE_OTHER_FORM },
        { "2026-11-23T16:02:30.5+07:00", "2026-11-23T16:02:30+07:00", TRUE, EDXML_DATE_OTHER_FORM },
        { "2014/02/30", NULL, FALSE, EDXML_DATE_IMPOSSIBLE },
        { "2026/13/01", NULL, FALSE, EDXML_DATE_IMPOSSIBLE },
        { "2026/11", NULL, FALSE, EDXML_DATE_UNREADABLE },
        { "2026/11/23x", NULL, FALSE, EDXML_DATE_UNREADABLE },
        { "2026-11-23T16:02:30.", NULL, TRUE, EDXML_DATE_UNREADABLE },
        { "hôm qua", NULL, FALSE, EDXML_DATE_UNREADABLE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GDateTime) date = NULL;
        g_autofree char *text = NULL;

        g_test_message("%s", rows[i].text);
        g_assert_cmpint(edxml_date_read(rows[i].text, rows[i].with_time, &date), ==, rows[i].form);
        text = date != NULL ? edxml_date_rfc3339(date) : NULL;
        g_assert_cmpstr(text, ==, rows[i].out);
    }
}

/* Written again, the strict form holds and the same is understood. */
static void
test_writes_a_strict_form_that_reads_the_same(void)
{
    static const char *const files[] = { "new.edxml", "new-dossier.edxml", "update.edxml", "revocation.edxml", "replacement.edxml",
                                         "status-01.edxml", "status-02.edxml", "status-16.edxml" };

    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GBytes) bytes = load_own(files[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(Edxml) first = edxml_read(bytes, &limits, NULL, &error);
        g_autoptr(GBytes) written = NULL, again = NULL;
        g_autoptr(Edxml) second = NULL;
        g_autofree char *one = NULL, *two = NULL;

        written = edxml_write(first, &error);
        g_assert_no_error(error);
        edxml_check(written, &error);
        g_assert_no_error(error);
        second = edxml_read(written, &limits, NULL, &error);
        g_assert_no_error(error);
        g_ptr_array_set_size(first->verdicts, 0);
        g_ptr_array_set_size(second->verdicts, 0);
        one = edxml_to_json(first, FALSE);
        two = edxml_to_json(second, FALSE);
        g_assert_cmpstr(one, ==, two);
        again = edxml_write(second, &error);
        g_assert_true(g_bytes_equal(written, again));
    }
}

static void
test_base64_is_strict_but_for_space(void)
{
    static const struct {
        const char *text, *out;
    } rows[] = {
        { "QUJD", "ABC" }, { "QUI=", "AB" }, { "QUI", "AB" }, { "Q Q\n==", "A" }, { "", "" },
        { "Q", NULL }, { "QUI=QUJD", NULL }, { "QUJD=", NULL }, { "QU*D", NULL }, { "QQ===", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gboolean had_space;
        g_autoptr(GBytes) out = edxml_base64_read(rows[i].text, strlen(rows[i].text), &had_space);

        g_test_message("%s", rows[i].text);
        g_assert_cmpint(out != NULL, ==, rows[i].out != NULL);
        if (out != NULL)
            g_assert_cmpmem(g_bytes_get_data(out, NULL), g_bytes_get_size(out), rows[i].out, strlen(rows[i].out));
    }
}

static void
make_key(const char *folder, const char *name)
{
    g_autofree char *command = g_strdup_printf("openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=%s -keyout %s/%s.key -out %s/%s.pem", name,
                                               folder, name, folder, name);
    g_autoptr(GError) error = NULL;
    int status = -1;

    g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, &status, &error));
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);
}

static GPtrArray *
trust(const char *folder, const char *name)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autofree char *path = g_strdup_printf("%s/%s.pem", folder, name);
    g_autoptr(GBytes) pem = load(path);
    g_autofree char *text = g_strndup(g_bytes_get_data(pem, NULL), g_bytes_get_size(pem));
    char *begin = strstr(text, "-----BEGIN CERTIFICATE-----") + strlen("-----BEGIN CERTIFICATE-----");
    gboolean had_space;

    g_ptr_array_add(list, edxml_base64_read(begin, (gsize) (strstr(begin, "-----END") - begin), &had_space));
    return list;
}

static const char *
verdict_of(const char *text, const GPtrArray *trusted, const char *code)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    g_autoptr(GError) error = NULL;
    g_autoptr(Edxml) message = edxml_read(bytes, &limits, trusted, &error);

    g_assert_no_error(error);
    if (code != NULL)
        g_assert_true(edxml_has_verdict(message, code));
    return message->signature.verdict;
}

static char *
replace(const char *text, const char *find, const char *with)
{
    g_auto(GStrv) pieces = g_strsplit(text, find, 2);

    g_assert_cmpuint(g_strv_length(pieces), ==, 2);
    return g_strjoinv(with, pieces);
}

static void
test_signs_and_takes_no_other_signature(void)
{
    g_autofree char *folder = g_dir_make_tmp("lthub-edxml-XXXXXX", NULL);
    g_autofree char *key = g_strconcat(folder, "/a.key", NULL), *certificate = g_strconcat(folder, "/a.pem", NULL);
    g_autoptr(GBytes) bytes = load_own("new.edxml");
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) made = NULL;
    g_autoptr(GPtrArray) ours = NULL, theirs = NULL;
    g_autofree char *text = NULL, *changed = NULL, *swapped = NULL, *twice = NULL, *second = NULL;
    g_autofree char *clean = g_strdup_printf("rm -rf %s", folder);

    make_key(folder, "a");
    make_key(folder, "b");
    made = edxml_sign(bytes, key, certificate, &error);
    g_assert_no_error(error);
    edxml_check(made, &error);
    g_assert_no_error(error);
    ours = trust(folder, "a");
    theirs = trust(folder, "b");
    text = g_strndup(g_bytes_get_data(made, NULL), g_bytes_get_size(made));
    g_assert_cmpstr(verdict_of(text, ours, NULL), ==, "valid");
    g_assert_cmpstr(verdict_of(text, theirs, "signature.signer"), ==, "invalid");
    g_assert_cmpstr(verdict_of(text, NULL, "signature.signer"), ==, "invalid");
    changed = replace(text, "V/v văn bản mẫu", "V/v văn bản khác");
    g_assert_cmpstr(verdict_of(changed, ours, "signature.broken"), ==, "invalid");
    swapped = replace(text, "UEsDB", "UEsDC"); /* inside the attachment */
    g_assert_cmpstr(verdict_of(swapped, ours, "signature.broken"), ==, "invalid");
    twice = replace(text, "</edXML:edXMLHeader>", "<Signature/></edXML:edXMLHeader>");
    g_assert_cmpstr(verdict_of(twice, ours, "signature.form"), ==, "invalid");
    second = replace(text, "<SignatureValue>", "<SignatureValue><!-- x -->");
    verdict_of(second, ours, NULL);
    g_assert_cmpint(system(clean), ==, 0);
}

static gboolean
walk(const char *folder, guint *n_files)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Edxml) message = NULL;
        g_autoptr(GBytes) bytes = NULL;
        g_autofree char *found = NULL;

        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            walk(path, n_files);
            continue;
        }
        bytes = load(path);
        message = edxml_read(bytes, &limits, NULL, &error);
        found = message != NULL ? summary(message) : g_strdup_printf("%s: %s", lt_error_get_reason(error), error->message);
        g_test_message("%s: %s", path + strlen(g_getenv("LTHUB_SAMPLES")) + 1, found);
        g_assert_cmpint(message == NULL, ==, strstr(path, "malformed") != NULL || (g_str_has_suffix(path, ".json") && !lt_json_check(bytes, NULL)));
        for (guint i = 0; message != NULL && i < message->attachments->len; i++)
            g_assert_cmpint(((EdxmlAttachment *) message->attachments->pdata[i])->state, ==, EDXML_UNPACKED);
        if (message != NULL)
            g_assert_false(edxml_has_verdict(message, "shape.unknown"));
        ++*n_files;
    }
    return dir != NULL;
}

static void
test_understands_every_sample_of_the_axis(void)
{
    g_autofree char *beside = g_build_filename(g_getenv("LTHUB_SOURCE"), "..", "shared", "samples", NULL);
    g_autofree char *folder = NULL;
    guint n_files = 0;

    g_setenv("LTHUB_SAMPLES", beside, FALSE);
    folder = g_build_filename(g_getenv("LTHUB_SAMPLES"), "edxml", NULL);
    if (!walk(folder, &n_files)) {
        g_test_skip("SKIP samples: ../shared/samples not found; the own samples under plugins/ioffice/data were read");
        return;
    }
    g_free(folder);
    folder = g_build_filename(g_getenv("LTHUB_SAMPLES"), "json", "edxml-convert-2024", NULL);
    walk(folder, &n_files);
    g_test_message("%u files", n_files);
    g_assert_cmpuint(n_files, >, 0);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    edxml_signature_start(&error);
    g_assert_no_error(error);
#define ADD(name, function) g_test_add_func("/edxml/" name, function)
    ADD("reads-what-real-systems-write", test_reads_what_real_systems_write);
    ADD("refuses-what-is-no-message", test_refuses_what_is_no_message);
    ADD("names-the-tag-that-is-not-closed", test_names_the_tag_that_is_not_closed);
    ADD("finds-what-a-message-is-about", test_finds_what_a_message_is_about);
    ADD("limits-hold", test_limits_hold);
    ADD("reads-every-form-of-a-date", test_reads_every_form_of_a_date);
    ADD("writes-a-strict-form-that-reads-the-same", test_writes_a_strict_form_that_reads_the_same);
    ADD("base64-is-strict-but-for-space", test_base64_is_strict_but_for_space);
    ADD("signs-and-takes-no-other-signature", test_signs_and_takes_no_other_signature);
    ADD("understands-every-sample-of-the-axis", test_understands_every_sample_of_the_axis);
#undef ADD
    return g_test_run();
}
