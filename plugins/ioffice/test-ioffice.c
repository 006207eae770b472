/* SPDX-License-Identifier: Apache-2.0 */
/* test-ioffice.c: the plugin through the real loader, against a gateway that answers what a test says; and the signature of VXP's headers. */
#include "ioffice.h"

#include <string.h>

#include "lib/peer.h"
#include "lib/plugin-harness.h"

#define VXP "transport=vxp\nsystem_id=vxp.mau.01\nsecret=bi-mat-rat-dai\n"
#define PAYLOAD "{\"MaHoSo\":\"H52.101-261123-0001\",\"MaTTHC\":\"2.000635\",\"TenTTHC\":\"M\u1eabu\",\"ChuHoSo\":\"Nguy\u1ec5n V\u0103n A\"," \
                "\"LoaiDoiTuong\":1,\"NgayTiepNhan\":\"2026-11-23T08:00:00+07:00\"}"

typedef struct {
    GMutex mutex;
    const char *const *answers; /* in turn; the last one stays */
    GPtrArray *asked;           /* start line and headers */
} Gateway;

typedef struct {
    Harness *harness;
    Gateway gateway;
    Peer *peer;
    char *url;
} Fixture;

static GBytes *
answer(const PeerRequest *request, gpointer data)
{
    Gateway *self = data;
    const char *text;
    GBytes *out;

    g_mutex_lock(&self->mutex);
    g_ptr_array_add(self->asked, g_strconcat(request->start, "\n", request->headers, NULL));
    text = self->answers[0];
    if (self->answers[1] != NULL)
        self->answers++;
    out = g_str_has_prefix(text, "HTTP/") ? g_bytes_new(text, strlen(text)) : peer_text(200, "application/json", text);
    g_mutex_unlock(&self->mutex);
    return out;
}

static void
set_up(Fixture *f, gconstpointer data)
{
    static const char *const nothing[] = { "{}", NULL };

    (void) data;
    f->harness = harness_new();
    g_mutex_init(&f->gateway.mutex);
    f->gateway.answers = nothing;
    f->gateway.asked = g_ptr_array_new_with_free_func(g_free);
    f->peer = peer_new(&(PeerOptions) { .answer = answer, .data = &f->gateway });
    f->url = peer_url(f->peer);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    harness_free(f->harness);
    peer_free(f->peer);
    g_ptr_array_unref(f->gateway.asked);
    g_mutex_clear(&f->gateway.mutex);
    g_free(f->url);
}

static LtEndpoint *
endpoint_with(Fixture *f, const char *lines)
{
    g_autofree char *all = g_strdup_printf("plugin=ioffice\nurl=%s/truc\nallowed_addresses=127.0.0.1\ntimeout=5s\nunits=H52.2\n%s", f->url, lines);

    return harness_endpoint(f->harness, all);
}

static gboolean
deliver(LtEndpoint *endpoint, const HarnessMessage *fields, GError **error)
{
    g_autoptr(LtMessage) message = harness_message(fields);
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;

    return lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, error);
}

/* domain.md §3.1: computed from the rules, not from a live system. */
static void
test_signs_headers_as_the_sdk_does(void)
{
    static const VxpParameter parameters[] = { { "timestamp", "23112026T151143+0123" }, { "systemid", "vxp.saas.03" }, { "Content-Type", "application/json" },
                                               { "servicetype", "eDoc" }, { "messagetype", "edoc" }, { NULL, NULL } };
    g_autoptr(LtRequest) request = lt_request_new("POST", "/getReceivedEdocList");
    g_autofree char *stamp = vxp_timestamp(G_GINT64_CONSTANT(1795421503123456));

    vxp_sign(request, parameters, "test-secret");
    g_assert_cmpstr(lt_request_get_header(request, "XroadVnpt-sign-header-key"), ==, "timestamp;systemid;Content-Type;servicetype;messagetype");
    g_assert_cmpstr(lt_request_get_header(request, "XroadVnpt-sign-header"), ==,
                    "{\"XroadVnpt-timestamp\":\"23112026T151143+0123\",\"XroadVnpt-systemid\":\"vxp.saas.03\",\"XroadVnpt-Content-Type\":\"application/json\","
                    "\"XroadVnpt-servicetype\":\"eDoc\",\"XroadVnpt-messagetype\":\"edoc\"}");
    g_assert_cmpstr(lt_request_get_header(request, "XroadVnpt-hash-header"), ==, "e97380e1defa02e25356f7431ca50f33981514f9b1093cabd18cc0bbb86ef3cf");
    g_assert_cmpstr(lt_request_get_header(request, "XroadVnpt-messagetype"), ==, "edoc");
    g_assert_cmpstr(stamp, ==, "23112026T151143+0123");
}

static void
test_sends_a_dossier_with_signed_headers(Fixture *f, gconstpointer data)
{
    static const char *const answers[] = { "{\"status\":\"OK\",\"ErrorCode\":\"0\",\"DocId\":\"x\"}", NULL };
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, VXP "organ_ids=H52.2=000.00.02.H52\n");
    g_autoptr(GError) error = NULL;
    const char *asked;

    (void) data;
    f->gateway.answers = answers;
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .payload = PAYLOAD }, &error));
    g_assert_no_error(error);
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .type = "receipt", .payload = "{}" }, &error));
    g_assert_cmpuint(f->gateway.asked->len, ==, 1);
    asked = f->gateway.asked->pdata[0];
    g_assert_true(g_str_has_prefix(asked, "POST /truc/sendEdoc HTTP/1.1\n"));
    g_assert_nonnull(strstr(asked, "XroadVnpt-from: H52.1\n"));
    g_assert_nonnull(strstr(asked, "XroadVnpt-to: 000.00.02.H52\n"));
    g_assert_null(strstr(asked, "bi-mat"));
}

static void
test_reads_each_answer_of_a_gateway(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *answer, *reason;
        int code; /* −1: accepted */
    } rows[] = {
        { "{\"status\":\"OK\",\"ErrorCode\":\"0\"}", NULL, -1 },
        { "{\"status\":\"OK\",\"ErrorCode\":0,\"data\":null}", NULL, -1 },
        { "{\"status\":\"FAIL\",\"ErrorCode\":\"ExistDoc\"}", NULL, -1 },
        { "{\"status\":\"FAIL\",\"ErrorCode\":\"10\"}", "ioffice.code.10", LT_ERROR_REFUSED },
        { "{\"status\":\"FAIL\",\"ErrorCode\":\"15\"}", "ioffice.code.15", LT_ERROR_CONFIG },
        { "{\"status\":\"FAIL\",\"ErrorCode\":\"18\"}", "ioffice.code.18", LT_ERROR_REFUSED },
        { "{\"status\":\"FAIL\",\"ErrorCode\":\"20\"}", "ioffice.code.20", LT_ERROR_UNAVAILABLE },
        { "{\"status\":\"FAIL\",\"ErrorCode\":\"777\"}", "ioffice.code.777", LT_ERROR_UNAVAILABLE },
        { "{\"status\":\"FAIL\",\"ErrorCode\":\"0\"}", "ioffice.code", LT_ERROR_UNAVAILABLE },
        { "{\"status\":\"OK\",\"ErrorCode\":\"23\"}", "ioffice.code.23", LT_ERROR_REFUSED },
        { "{}", "ioffice.answer.nonsense", LT_ERROR_UNAVAILABLE },
        { "<html></html>", "ioffice.answer.nonsense", LT_ERROR_UNAVAILABLE },
        { "{\"status\":\"OK\",\"status\":\"FAIL\"}", "ioffice.answer.nonsense", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", "http.503", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "http.401", LT_ERROR_CONFIG },
    };
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, VXP);

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *const answers[] = { rows[i].answer, NULL };
        g_autoptr(GError) error = NULL;
        gboolean done;

        f->gateway.answers = answers;
        done = deliver(endpoint, &(HarnessMessage) { .payload = PAYLOAD }, &error);
        g_test_message("%s: %s", rows[i].answer, error != NULL ? error->message : "accepted");
        g_assert_cmpint(done, ==, rows[i].code < 0);
        if (rows[i].code < 0)
            continue;
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
    }
}

static char *
edoc_answer(const char *name)
{
    g_autofree char *path = g_build_filename(g_getenv("LTHUB_SOURCE"), "plugins", "ioffice", "data", name, NULL);
    g_autofree char *text = NULL, *encoded = NULL;
    gsize size;

    g_assert_true(g_file_get_contents(path, &text, &size, NULL));
    encoded = g_base64_encode((const guchar *) text, size);
    return g_strdup_printf("{\"status\":\"OK\",\"ErrorCode\":\"0\",\"data\":\"%s\"}", encoded);
}

#define OK "{\"status\":\"OK\",\"ErrorCode\":\"0\",\"data\":null}"
#define LIST "{\"status\":\"OK\",\"ErrorCode\":\"0\",\"data\":[{\"docId\":\"d1\"}]}"

/* What is on disk is acknowledged, and nothing else. */
static void
test_acknowledges_only_what_was_kept(Fixture *f, gconstpointer data)
{
    static const struct {
        int fail_code; /* −1: it is kept */
        const char *file, *acknowledged;
    } rows[] = {
        { -1, "new-dossier.edxml", "XroadVnpt-status: done\n" },
        { LT_ERROR_UNAVAILABLE, "new-dossier.edxml", NULL },
        { LT_ERROR_NOT_FOUND, "new-dossier.edxml", NULL },
        { -1, "refused-open-twice.edxml", "XroadVnpt-status: fail\n" },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LtEndpoint) endpoint = endpoint_with(f, VXP);
        g_auto(HarnessInbox) inbox = { .fail_key = rows[i].fail_code >= 0 ? "d1" : NULL, .fail_code = rows[i].fail_code };
        g_autofree char *document = edoc_answer(rows[i].file);
        const char *const with_ack[] = { LIST, document, OK, OK, NULL };
        const char *const without[] = { LIST, document, OK, NULL };
        g_autofree char *all = NULL;
        g_autoptr(GError) error = NULL;

        f->gateway.answers = rows[i].acknowledged != NULL ? with_ack : without;
        g_ptr_array_set_size(f->gateway.asked, 0);
        g_assert_cmpint(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error), ==, rows[i].fail_code != LT_ERROR_UNAVAILABLE);
        g_ptr_array_add(f->gateway.asked, NULL);
        all = g_strjoinv("\n", (char **) f->gateway.asked->pdata);
        g_ptr_array_set_size(f->gateway.asked, (int) f->gateway.asked->len - 1);
        g_assert_cmpint(strstr(all, "/updateStatus") != NULL, ==, rows[i].acknowledged != NULL);
        g_assert_true(rows[i].acknowledged == NULL || strstr(all, rows[i].acknowledged) != NULL);
    }
}

static void
test_a_status_answers_what_it_names(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = endpoint_with(f, VXP "organ_ids=H52.2=000.00.12.H52\n");
    g_auto(HarnessInbox) inbox = { .code = "15", .submission = harness_message(&(HarnessMessage) { .payload = PAYLOAD, .dossier = "7f0c2a7e-8d3c-4a52-9f1b-0123456789ab" }) };
    g_autofree char *document = edoc_answer("status-03.edxml");
    const char *const answers[] = { OK, LIST, document, OK, NULL };
    g_autoptr(GError) error = NULL;
    const LtBuilt *built;

    (void) data;
    f->gateway.answers = answers;
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(inbox.built->len, ==, 1);
    built = lt_message_builder_get(inbox.built->pdata[0]);
    g_assert_cmpstr(built->type, ==, "dossier.status");
    g_assert_cmpstr(built->key, ==, "d1");
    g_assert_cmpstr(built->from, ==, "H52.2");
    g_assert_cmpstr(built->orig_kind, ==, "edxml");
    g_assert_cmpstr(built->orig_verdict, ==, "absent");
    g_assert_nonnull(g_strstr_len(g_bytes_get_data(built->payload, NULL), (gssize) g_bytes_get_size(built->payload),
                                  "\"MaHoSo\":\"H52.101-261123-0001\",\"TrangThaiHoSo\":2,\"StatusCode\":\"03\",\"ThoiDiemXuLy\":\"2026-11-20T09:15:02+07:00\""));
}

static void
test_tables_of_statuses_agree(void)
{
    static const char *const codes[] = { "01", "02", "03", "04", "05", "06", "13", "15", "16" };
    const IofficeStatus *row = ioffice_statuses();

    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++, row++)
        g_assert_cmpstr(row->code, ==, codes[i]);
    g_assert_null(row->code);
    for (int state = 1; state <= 10; state++)
        g_assert_nonnull(ioffice_status_of(state));
    g_assert_null(ioffice_status_of(0));
    g_assert_null(ioffice_status_of(11));
    for (row = ioffice_statuses(); row->code != NULL; row++) {
        if (row->state > 0 && strcmp(row->code, "04") != 0)
            g_assert_cmpstr(ioffice_status_of(row->state), ==, row->code);
    }
}

static void
test_refuses_settings_that_cannot_work(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *expected;
    } rows[] = {
        { "plugin=ioffice\n", "system_id: transport = vxp and lgsp need it" },
        { "plugin=ioffice\nsystem_id=a\n", "secret: transport = vxp and lgsp need it" },
        { "plugin=ioffice\ntransport=lgsp\nsystem_id=a\nsecret=bbbb\n", "user: transport = lgsp needs it" },
        { "plugin=ioffice\ntransport=folder\n", "in, out: transport = folder needs one of them" },
        { "plugin=ioffice\n" VXP "organ_ids=H52.2\n", "organ_ids: 'H52.2' is not UNIT=TEXT" },
        { "plugin=ioffice\n" VXP "signature_policy=valid\n", "signers: signature_policy = legacy and valid need it" },
        { "plugin=ioffice\n" VXP "sign_key=a.key\n", "sign_key and sign_certificate are needed together" },
        { "plugin=ioffice\n" VXP "sign_key=a.key\nsign_certificate=a.pem\n", "sign_key and sign_certificate: no RSA key" },
        { "plugin=ioffice\n" VXP "signers=none.pem\n", "signers: " },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *fault = harness_fault(f->harness, rows[i].lines);

        g_test_message("%s", fault);
        g_assert_nonnull(strstr(fault, rows[i].expected));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/ioffice/" name, Fixture, NULL, set_up, function, tear_down)
    g_test_add_func("/ioffice/signs-headers-as-the-sdk-does", test_signs_headers_as_the_sdk_does);
    g_test_add_func("/ioffice/tables-of-statuses-agree", test_tables_of_statuses_agree);
    ADD("sends-a-dossier-with-signed-headers", test_sends_a_dossier_with_signed_headers);
    ADD("reads-each-answer-of-a-gateway", test_reads_each_answer_of_a_gateway);
    ADD("acknowledges-only-what-was-kept", test_acknowledges_only_what_was_kept);
    ADD("a-status-answers-what-it-names", test_a_status_answers_what_it_names);
    ADD("refuses-settings-that-cannot-work", test_refuses_settings_that_cannot_work);
#undef ADD
    return g_test_run();
}
