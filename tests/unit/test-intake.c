/* SPDX-License-Identifier: Apache-2.0 */
/* test-intake.c: the one door: what is taken, what is refused, what is known already, and the receipts (envelope.md §§7–9). */
#include "routing/intake.h"

#include <string.h>

#include "base/uuid.h"
#include "base/value.h"
#include "lib/yard.h"

#define PLAN "[route r]\nto=H52.102\nendpoints=inbox\n[route s]\nkind=dossier.status;dossier.result\nto=H52.101\nendpoints=inbox\n"

static char *
read_receipt(GBytes *receipt, const char *entry)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtContainer) container = lt_container_read_bytes(receipt, 1 << 20, NULL, &error);
    gsize size;
    const char *data;

    g_assert_no_error(error);
    data = g_bytes_get_data(lt_container_lookup(container, entry)->bytes, &size);
    return g_strndup(data, size);
}

static void
assert_receipt(const LtAnswer *answer, const char *stage, const char *code)
{
    g_autofree char *payload = NULL, *wanted_stage = g_strdup_printf("\"stage\":\"%s\"", stage), *wanted_code = g_strdup_printf("\"code\":\"%s\"", code);

    g_assert_nonnull(answer->receipt);
    payload = read_receipt(answer->receipt, "payload.json");
    g_assert_nonnull(strstr(payload, wanted_stage));
    g_assert_nonnull(strstr(payload, wanted_code));
}

static void
test_accepts(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { .attachment = 200000 });
    g_autoptr(LtAnswer) answer = yard_submit(yard, container, NULL);

    g_assert_no_error(answer->error);
    g_assert_cmpuint(answer->status, ==, 202);
    assert_receipt(answer, "received", "ok");
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_WAITING), ==, 1);
    g_assert_cmpuint(yard_count_records(yard, "env.accepted"), ==, 1);
}

/* The receipt itself opens as an envelope of the hub. */
static void
test_receipt_verifies(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { NULL });
    g_autoptr(LtAnswer) answer = yard_submit(yard, container, NULL);
    LtReceiver receiver = { .trust = yard->trust, .now_us = lt_time_now_us(), .scope = LT_RECEIVE_OFFLINE };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtEnvelope) receipt = lt_envelope_open(answer->receipt, &receiver, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(lt_message_get_from(receipt->message), ==, "H52");
    g_assert_cmpstr(lt_message_get_to(receipt->message), ==, "H52.101");
}

static void
test_again(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { NULL });
    g_autoptr(LtAnswer) first = yard_submit(yard, container, NULL);
    g_autoptr(LtAnswer) second = NULL;
    g_autofree char *one = read_receipt(first->receipt, "META-INF/ASiCManifest001.xml"), *other = NULL;

    second = yard_submit(yard, container, NULL);
    g_assert_no_error(second->error);
    g_assert_cmpuint(second->status, ==, 200);
    other = read_receipt(second->receipt, "META-INF/ASiCManifest001.xml");
    g_assert_cmpstr(one, ==, other);
    g_assert_cmpuint(yard_count(yard, 0), ==, 1);
    g_assert_cmpuint(yard_count_records(yard, "env.duplicate"), ==, 1);
}

/* A sender that was away for longer than the lifetime gets its receipt, not an error that makes it send a double. */
static void
test_again_after_expiry(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    gint64 now_us = lt_time_now_us();
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { .issued_us = now_us, .expires_us = now_us + 2 * LT_US_PER_SECOND });
    g_autoptr(LtAnswer) first = yard_submit(yard, container, NULL);
    g_autoptr(LtAnswer) second = NULL;

    g_assert_cmpuint(first->status, ==, 202);
    lt_time_set_for_tests(100 * LT_US_PER_SECOND);
    second = yard_submit(yard, container, NULL);
    lt_time_set_for_tests(0);
    g_assert_no_error(second->error);
    g_assert_cmpuint(second->status, ==, 200);
}

static void
test_conflict(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    char id[37];

    lt_uuid7_new(lt_time_now_us(), id);
    g_autoptr(GBytes) one = yard_seal(yard, &(YardEnvelope) { .id = id });
    g_autoptr(GBytes) other = yard_seal(yard, &(YardEnvelope) { .id = id });
    g_autoptr(LtAnswer) first = yard_submit(yard, one, NULL);
    g_autoptr(LtAnswer) second = yard_submit(yard, other, NULL);

    g_assert_cmpuint(first->status, ==, 202);
    g_assert_cmpuint(second->status, ==, 409);
    g_assert_cmpstr(lt_error_get_reason(second->error), ==, "env.dup.conflict");
    assert_receipt(second, "refused", "env.dup.conflict");
    g_assert_cmpuint(yard_count_records(yard, "env.conflict"), ==, 1);
    g_assert_cmpuint(yard_count(yard, 0), ==, 1);
}

/* Never a success receipt for what could not be delivered; a release makes it live again. */
static void
test_failed(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { NULL });
    g_autoptr(LtAnswer) first = yard_submit(yard, container, NULL);
    g_autoptr(LtAnswer) second = NULL;
    g_autoptr(LtAnswer) third = NULL;
    g_autoptr(LtDelivery) delivery = yard_find(yard, LT_DELIVERY_WAITING);
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(first->status, ==, 202);
    yard_start_dispatcher(yard, 1);
    g_assert_true(lt_dispatcher_refuse(yard->dispatcher, delivery->id, "H52", &error));
    second = yard_submit(yard, container, NULL);
    g_assert_cmpuint(second->status, ==, 409);
    g_assert_cmpstr(lt_error_get_reason(second->error), ==, "env.dup.failed");
    assert_receipt(second, "failed", "delivery.by-operator");
    g_assert_true(lt_dispatcher_release(yard->dispatcher, delivery->id, "H52", &error));
    third = yard_submit(yard, container, NULL);
    g_assert_cmpuint(third->status, ==, 200);
}

#define TWINS 64

typedef struct {
    guint n, accepted, known;
} Twins;

static void
count_twin(gpointer data, LtAnswer *answer)
{
    Twins *twins = data;

    twins->n++;
    twins->accepted += answer->status == 202;
    twins->known += answer->status == 200;
    g_assert_no_error(answer->error);
    assert_receipt(answer, "received", "ok");
    lt_answer_free(answer);
}

/* All are handed in before the first one is answered. */
static void
test_twins(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { NULL });
    g_autoptr(GMainContext) context = g_main_context_new();
    LtCaller caller = { .peer = "00000000000000000000000000000000000000000000000000000000000000aa", .unit = "H52", .is_hub = TRUE };
    Twins twins = { 0, 0, 0 };

    for (guint i = 0; i < TWINS; i++) {
        LtUpload *upload = lt_upload_new(yard->intake);

        lt_upload_feed(upload, g_bytes_get_data(container, NULL), g_bytes_get_size(container), NULL);
        lt_intake_submit(yard->intake, upload, &caller, count_twin, &twins, context);
    }
    while (twins.n < TWINS)
        g_main_context_iteration(context, TRUE);
    g_assert_cmpuint(twins.accepted, ==, 1);
    g_assert_cmpuint(twins.known, ==, TWINS - 1);
    g_assert_cmpuint(yard_count(yard, 0), ==, 1);
}

static const struct {
    const char *name;
    YardEnvelope envelope;
    const char *caller, *code;
    guint status;
    gboolean receipt; /* refused after V7 */
} refusals[] = {
    { "an-unknown-receiver", { .to = "H53" }, NULL, "env.to.unknown", 404, FALSE },
    { "a-receiver-that-no-route-serves", { .to = "G22" }, NULL, "env.to.not-served", 404, FALSE },
    { "a-type-that-no-route-takes-there", { .type = "dossier.submit", .from = "H52.102", .to = "H52.101" }, NULL, "env.to.not-served", 404, FALSE },
    { "another-units-signature", { .from = "H52.102", .signer = "H52.101" }, NULL, "env.from.signer", 403, FALSE },
    { "a-hubs-signature-without-an-original", { .signer = "H52" }, NULL, "env.from.signer", 403, FALSE },
    { "a-peer-that-may-not-relay", { NULL }, "H52.102", "env.from.peer", 403, FALSE },
    { "a-payload-that-breaks-its-schema", { .payload = "{\"MaHoSo\":7}" }, NULL, "env.payload.schema", 422, TRUE },
    { "a-payload-that-is-no-json", { .payload = "{'a':1}" }, NULL, "env.payload.json", 422, TRUE },
};

static void
test_refusal(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &refusals[index].envelope);
    g_autoptr(LtAnswer) answer = yard_submit(yard, container, refusals[index].caller);

    g_assert_nonnull(answer->error);
    g_assert_cmpstr(lt_error_get_reason(answer->error), ==, refusals[index].code);
    g_assert_cmpuint(answer->status, ==, refusals[index].status);
    g_assert_cmpint(answer->index, >, 0);
    if (refusals[index].receipt)
        assert_receipt(answer, "refused", refusals[index].code);
    else
        g_assert_null(answer->receipt);
    g_assert_cmpuint(yard_count_records(yard, "env.refused"), ==, 1);
    g_assert_cmpuint(yard_count(yard, 0), ==, 0);
}

static void
test_times(void)
{
    gint64 now_us = lt_time_now_us() / LT_US_PER_SECOND * LT_US_PER_SECOND;
    const struct {
        gint64 issued_us, expires_us;
        const char *code;
    } rows[] = {
        { now_us + 400 * LT_US_PER_SECOND, now_us + 900 * LT_US_PER_SECOND, "env.time.future" },
        { now_us - 100 * LT_US_PER_SECOND, now_us - 1 * LT_US_PER_SECOND, "env.time.expired" },
    };
    g_autoptr(Yard) yard = yard_new(PLAN);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { .issued_us = rows[i].issued_us, .expires_us = rows[i].expires_us });
        g_autoptr(LtAnswer) answer = yard_submit(yard, container, NULL);

        g_assert_nonnull(answer->error);
        g_assert_cmpstr(lt_error_get_reason(answer->error), ==, rows[i].code);
        assert_receipt(answer, "refused", rows[i].code);
    }
}

static void
test_torn(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { .attachment = 300000 });
    static const gsize cuts[] = { 0, 10, 1000, 200000 };

    for (guint i = 0; i < G_N_ELEMENTS(cuts); i++) {
        g_autoptr(GBytes) cut = g_bytes_new_from_bytes(container, 0, cuts[i]);
        g_autoptr(LtAnswer) answer = yard_submit(yard, cut, NULL);

        g_assert_nonnull(answer->error);
        g_assert_true(g_str_has_prefix(lt_error_get_reason(answer->error), "env.zip."));
        g_assert_null(answer->receipt);
    }
    g_assert_cmpuint(yard_count_records(yard, "env.refused"), ==, G_N_ELEMENTS(cuts));
}

/* Quarantine holds salt and bytes, and the log their digest. */
static void
test_quarantine(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) small = g_bytes_new_static("not a container", 15);
    g_autoptr(LtAnswer) answer = yard_submit(yard, small, NULL);
    g_autofree char *folder = g_build_filename(yard->folder, "store", "quarantine", "refused", NULL);
    g_autoptr(GDir) files = g_dir_open(folder, 0, NULL);
    const char *name;
    guint n = 0;

    g_assert_nonnull(answer->error);
    g_assert_nonnull(files);
    while ((name = g_dir_read_name(files)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL), *content = NULL;
        gsize size;

        g_assert_true(g_file_get_contents(path, &content, &size, NULL));
        g_assert_cmpuint(size, ==, 32 + 15);
        g_assert_cmpmem(content + 32, 15, "not a container", 15);
        n++;
    }
    g_assert_cmpuint(n, ==, 1);
}

static void
test_ping(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { .type = "hub.ping", .to = "H52", .dossier = "" });
    g_autoptr(LtAnswer) answer = yard_submit(yard, container, "H52.101");

    g_assert_no_error(answer->error);
    g_assert_cmpuint(answer->status, ==, 202);
    assert_receipt(answer, "received", "ok");
    g_assert_cmpuint(yard_count(yard, 0), ==, 0);
}

/* A district that is gone: its successor gets the dossier, and the log says so. */
static void
test_successor(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(LtDelivery) delivery = NULL;

    yard_send(yard, &(YardEnvelope) { .to = "H52.90" });
    delivery = yard_find(yard, LT_DELIVERY_WAITING);
    g_assert_cmpstr(delivery->receiver, ==, "H52.102");
    g_assert_cmpstr(delivery->to, ==, "H52.90");
    g_assert_cmpuint(yard_count_records(yard, "dossier.readdress"), ==, 1);
}

/* A receipt that comes in confirms the delivery, gets no receipt, and is no matter the second time. */
static void
test_receipt_in(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { NULL });
    g_autoptr(LtAnswer) accepted = yard_submit(yard, container, NULL);
    g_autoptr(LtAnswer) again = NULL;
    LtReference re;

    yard_reference(container, &re);
    g_autoptr(GBytes) receipt = yard_seal(yard, &(YardEnvelope) { .type = "receipt", .from = "H52.102", .to = "H52.101", .dossier = "", .re = &re });
    g_autoptr(LtAnswer) answer = yard_submit(yard, receipt, "H52.102");
    g_assert_no_error(answer->error);
    g_assert_cmpuint(answer->status, ==, 204);
    g_assert_null(answer->receipt);
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_CONFIRMED), ==, 1);
    again = yard_submit(yard, receipt, "H52.102");
    g_assert_no_error(again->error);
    g_assert_cmpuint(again->status, ==, 204);
    g_assert_cmpuint(yard_count_records(yard, "receipt.in"), ==, 1);
    yard_reference_clear(&re);
}

/* Whoever is not the receiver cannot confirm for it. */
static void
test_receipt_of_a_stranger(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { NULL });
    g_autoptr(LtAnswer) accepted = yard_submit(yard, container, NULL);
    LtReference re;

    yard_reference(container, &re);
    g_autoptr(GBytes) receipt = yard_seal(yard, &(YardEnvelope) { .type = "receipt", .from = "H52.101", .to = "H52.101", .dossier = "", .re = &re });
    g_autoptr(LtAnswer) answer = yard_submit(yard, receipt, "H52.101");
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_CONFIRMED), ==, 0);
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_WAITING), ==, 1);
    yard_reference_clear(&re);
}

static void
test_receipt_for_nothing(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    char id[37], manifest[65];

    lt_uuid7_new(lt_time_now_us(), id);
    memset(manifest, 'a', 64);
    manifest[64] = '\0';
    LtReference re = { .from = "H52.101", .id = id, .manifest = manifest };
    g_autoptr(GBytes) receipt = yard_seal(yard, &(YardEnvelope) { .type = "receipt", .from = "H52.102", .to = "H52.101", .dossier = "", .re = &re });
    g_autoptr(LtAnswer) answer = yard_submit(yard, receipt, "H52.102");
    g_assert_nonnull(answer->error);
    g_assert_cmpstr(lt_error_get_reason(answer->error), ==, "env.re.unknown");
}

/* A status from the receiver says that it has the dossier: no receipt is needed any more. */
static void
test_status_confirms(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    char dossier[37];

    lt_uuid4_new(dossier);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { .dossier = dossier });
    g_autoptr(LtAnswer) accepted = yard_submit(yard, container, NULL);
    LtReference re;

    yard_reference(container, &re);
    yard_send(yard, &(YardEnvelope) { .type = "dossier.status", .from = "H52.102", .to = "H52.101", .dossier = dossier, .re = &re });
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_CONFIRMED), ==, 1);
    g_assert_cmpuint(yard_count_records(yard, "delivery.confirmed"), ==, 1);
    yard_reference_clear(&re);
}

static void
keep_answer(gpointer data, LtAnswer *answer)
{
    *(LtAnswer **) data = answer;
}

static LtAnswer *
acknowledge(Yard *yard, const char *unit, const LtReference *re)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    LtCaller caller = { .peer = "aa", .unit = unit, .is_hub = FALSE };
    LtAnswer *answer = NULL;

    lt_intake_acknowledge(yard->intake, &caller, re->from, re->id, keep_answer, &answer, context);
    while (answer == NULL)
        g_main_context_iteration(context, TRUE);
    return answer;
}

static void
test_acknowledge(void)
{
    static const struct {
        const char *unit;
        guint status;
    } rows[] = { { "H52.101", 404 }, { "H52.102", 204 }, { "H52.102", 204 } };
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(GBytes) container = yard_seal(yard, &(YardEnvelope) { NULL });
    g_autoptr(LtAnswer) accepted = yard_submit(yard, container, NULL);
    LtReference re;

    yard_reference(container, &re);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LtAnswer) answer = acknowledge(yard, rows[i].unit, &re);

        g_assert_cmpuint(answer->status, ==, rows[i].status);
    }
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_DELIVERED), ==, 1);
    g_assert_cmpuint(yard_count_records(yard, "delivery.arrived"), ==, 1);
    yard_reference_clear(&re);
}

static LtMessageBuilder *
build(const char *key, gboolean original)
{
    static const char payload[] = "{\"MaHoSo\":\"H52.101-251123-0001\",\"MaTTHC\":\"1.001\",\"TenTTHC\":\"T\",\"ChuHoSo\":\"Nguyễn Văn A\","
                                  "\"LoaiDoiTuong\":1,\"NgayTiepNhan\":\"2025-11-23T08:00:00+07:00\"}";
    LtMessageBuilder *message = lt_message_builder_new("dossier.submit", "H52.101", "H52.102");
    g_autoptr(GBytes) bytes = g_bytes_new_static(payload, sizeof payload - 1);

    lt_message_builder_set_key(message, key);
    lt_message_builder_set_payload(message, bytes, "application/json");
    if (original)
        lt_message_builder_set_original(message, "rest-json", "absent", bytes, "application/json");
    return message;
}

static void
test_built(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(LtMessageBuilder) one = build("k1", TRUE);
    g_autoptr(LtMessageBuilder) again = build("k1", TRUE);
    g_autoptr(LtMessageBuilder) other = build("k2", TRUE);
    g_autoptr(LtMessageBuilder) bare = build("k3", FALSE);
    g_autoptr(GError) error = NULL;

    g_assert_true(lt_intake_submit_built(yard->intake, "e", one, &error));
    g_assert_no_error(error);
    g_assert_true(lt_intake_submit_built(yard->intake, "e", again, &error));
    g_assert_true(lt_intake_submit_built(yard->intake, "e", other, &error));
    g_assert_cmpuint(yard_count(yard, LT_DELIVERY_WAITING), ==, 2);
    g_assert_false(lt_intake_submit_built(yard->intake, "e", bare, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "intake.no-original");
    g_assert_cmpuint(yard_count_records(yard, "seq.gap"), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/intake/accepts-and-signs-a-receipt", test_accepts);
    g_test_add_func("/intake/its-receipt-is-an-envelope-of-the-hub", test_receipt_verifies);
    g_test_add_func("/intake/a-copy-gets-the-same-receipt", test_again);
    g_test_add_func("/intake/a-copy-gets-it-after-the-lifetime-too", test_again_after_expiry);
    g_test_add_func("/intake/the-same-id-with-other-bytes-is-a-conflict", test_conflict);
    g_test_add_func("/intake/a-copy-of-a-failed-one-gets-no-success", test_failed);
    g_test_add_func("/intake/of-twins-exactly-one-is-accepted", test_twins);
    g_test_add_func("/intake/refuses-wrong-times", test_times);
    g_test_add_func("/intake/refuses-what-was-torn-off", test_torn);
    g_test_add_func("/intake/keeps-what-it-refused-with-its-salt", test_quarantine);
    g_test_add_func("/intake/answers-a-ping", test_ping);
    g_test_add_func("/intake/follows-a-successor", test_successor);
    g_test_add_func("/intake/a-receipt-confirms-and-is-never-receipted", test_receipt_in);
    g_test_add_func("/intake/nobody-confirms-for-another", test_receipt_of_a_stranger);
    g_test_add_func("/intake/refuses-a-receipt-for-nothing", test_receipt_for_nothing);
    g_test_add_func("/intake/a-status-confirms-what-it-answers", test_status_confirms);
    g_test_add_func("/intake/a-unit-takes-from-its-own-inbox-only", test_acknowledge);
    g_test_add_func("/intake/seals-what-a-plugin-found-once", test_built);
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autofree char *path = g_strconcat("/intake/refuses-", refusals[i].name, NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_refusal);
    }
    return g_test_run();
}
