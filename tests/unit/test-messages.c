/* SPDX-License-Identifier: Apache-2.0 */
#include "store/messages.h"

#include <string.h>

#include "lib/store-lab.h"
#include "base/value.h"
#include "store/audit-log.h"
#include "trust/digest.h"

static GBytes *
read_all(GInputStream *stream, GError **error)
{
    g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable();

    if (g_output_stream_splice(out, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, error) < 0)
        return NULL;
    return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(out));
}

static char *
receipt_manifest(GBytes *receipt)
{
    GError *error = NULL;
    g_autoptr(LtContainer) container = lt_container_read_bytes(receipt, G_MAXINT32, NULL, &error);
    GBytes *manifest;

    g_assert_no_error(error);
    manifest = lt_container_get(container, "META-INF/ASiCManifest001.xml")->bytes;
    return lt_sha256_dup_hex(g_bytes_get_data(manifest, NULL), g_bytes_get_size(manifest));
}

static void
test_accepts_once(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LabMessage message = { .attachment_sizes = { 500, 70000 } };
    g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
    g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
    g_autoptr(LtAccepted) first = NULL, second = NULL;
    g_autofree char *manifest = NULL, *again = NULL;
    g_autoptr(GBytes) receipt = NULL;
    GError *error = NULL;

    first = store_lab_accept(lab, envelope, NULL, &error);
    g_assert_no_error(error);
    g_assert_false(first->duplicate);
    g_assert_cmpuint(first->deliveries->len, ==, 1);
    g_assert_cmpstr(first->fields.stage, ==, "received");
    g_assert_cmpuint(first->fields.index, ==, first->index);
    second = store_lab_accept(lab, envelope, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(second->duplicate);
    g_assert_cmpint(second->message, ==, first->message);
    g_assert_cmpuint(second->deliveries->len, ==, 0);
    g_assert_cmpmem(first->body.manifest_sha256, 32, second->body.manifest_sha256, 32);
    receipt = lt_store_find_receipt(lab->store, LAB_COMMUNE, lt_message_get_id(envelope->message), NULL, &error);
    g_assert_no_error(error);
    manifest = receipt_manifest(receipt);
    again = lt_hex_dup(first->body.manifest_sha256, 32);
    g_assert_cmpstr(manifest, ==, again);
    g_assert_cmpuint(store_lab_count(lab, "env.accepted"), ==, 1);
    g_assert_cmpuint(store_lab_count(lab, "env.duplicate"), ==, 1);
    g_assert_cmpuint(store_lab_count(lab, "receipt.out"), ==, 1);
    store_lab_assert_sound(lab);
}

/* The dated exception that a signature needed stands in the entry of its acceptance. */
static void
test_names_an_exception(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LabMessage message = { 0 };
    g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
    g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
    const char *const inbox[] = { "inbox", NULL };
    LtAcceptance change = { .exception = "token-1", .endpoints = inbox };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAccepted) accepted = store_lab_accept(lab, envelope, &change, &error);
    g_autoptr(GBytes) entry = NULL;

    g_assert_no_error(error);
    entry = lt_store_log_entry(lab->store, accepted->index, &error);
    g_assert_no_error(error);
    g_assert_nonnull(memmem(g_bytes_get_data(entry, NULL), g_bytes_get_size(entry), "\"ex\":\"token-1\"", 14));
    store_lab_assert_sound(lab);
}

/* 30 days after it expired, and not before its delivery has ended, a message counts as never seen: the time checks then refuse the copy. Its id is
 * taken for ever all the same. */
static void
test_forgets_what_was_seen(void)
{
    const gint64 day_us = G_GINT64_CONSTANT(86400) * LT_US_PER_SECOND;
    g_autoptr(StoreLab) lab = store_lab_new();
    LabMessage message = { .id = "01a20925-06a3-7edc-9a84-96b5e6757771" }, other = { .id = message.id, .payload = "{\"data\":{\"MaHoSo\":\"H52.101-20251120-0002\"}}" };
    g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message), other_bytes = store_lab_bytes(lab, &other);
    g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes), other_envelope = store_lab_open(lab, other_bytes);
    g_autoptr(LtAccepted) accepted = store_lab_accept(lab, envelope, NULL, NULL);
    const char *manifest = lt_message_get_manifest(envelope->message);
    LtSettlement end = { .delivery = accepted->message * 256, .expected = LT_DELIVERY_WAITING, .state = LT_DELIVERY_WITHDRAWN, .record_event = "delivery.withdrawn",
                         .reason = "recall", .attempts = 1 };
    g_autoptr(GError) error = NULL;

    lt_time_set_for_tests(38 * day_us); /* it lived for seven */
    g_assert_cmpint(lt_store_seen(lab->store, LAB_COMMUNE, message.id, manifest, NULL), ==, LT_SEEN_SAME);
    lt_store_settle_wait(lab->store, &end, &error);
    g_assert_no_error(error);
    g_assert_cmpint(lt_store_seen(lab->store, LAB_COMMUNE, message.id, manifest, NULL), ==, LT_SEEN_NEW);
    g_assert_null(store_lab_accept(lab, other_envelope, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "env.dup.conflict");
    lt_time_set_for_tests(36 * day_us);
    g_assert_cmpint(lt_store_seen(lab->store, LAB_COMMUNE, message.id, manifest, NULL), ==, LT_SEEN_FAILED);
    lt_time_set_for_tests(0);
}

/* Sixty-four senders of the same envelope at once: exactly one is accepted, all get the same receipt. */
typedef struct {
    StoreLab *lab;
    GBytes *bytes;
    gboolean duplicate;
    guint8 manifest[32];
} Twin;

static gpointer
send_twin(gpointer data)
{
    Twin *twin = data;
    g_autoptr(LtEnvelope) envelope = store_lab_open(twin->lab, twin->bytes);
    GError *error = NULL;
    g_autoptr(LtAccepted) accepted = store_lab_accept(twin->lab, envelope, NULL, &error);

    g_assert_no_error(error);
    twin->duplicate = accepted->duplicate;
    memcpy(twin->manifest, accepted->body.manifest_sha256, 32);
    return NULL;
}

static void
test_accepts_one_of_many_twins(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LabMessage message = { .attachment_sizes = { 66000 } };
    g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
    Twin twins[64];
    GThread *threads[64];
    guint n_new = 0;

    for (guint i = 0; i < G_N_ELEMENTS(twins); i++) {
        twins[i] = (Twin){ .lab = lab, .bytes = bytes };
        threads[i] = g_thread_new("twin", send_twin, &twins[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(twins); i++) {
        g_thread_join(threads[i]);
        n_new += !twins[i].duplicate;
        g_assert_cmpmem(twins[i].manifest, 32, twins[0].manifest, 32);
    }
    g_assert_cmpuint(n_new, ==, 1);
    g_assert_cmpuint(store_lab_count(lab, "env.accepted"), ==, 1);
    g_assert_cmpuint(store_lab_count(lab, "env.duplicate"), ==, 63);
    store_lab_assert_sound(lab);
}

static void
test_refuses_other_content_under_the_same_id(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LabMessage message = { .id = "01890a5d-ac96-774b-bcce-b302099a8057" };
    g_autoptr(GBytes) one = store_lab_bytes(lab, &message), other = store_lab_bytes(lab, &message);
    g_autoptr(LtEnvelope) first = store_lab_open(lab, one), second = store_lab_open(lab, other);
    g_autoptr(LtAccepted) accepted = NULL;
    g_autoptr(GError) error = NULL;

    accepted = store_lab_accept(lab, first, NULL, &error);
    g_assert_no_error(error);
    g_assert_null(store_lab_accept(lab, second, NULL, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFLICT);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "env.dup.conflict");
    g_clear_error(&error);
    g_assert_cmpint(lt_store_seen(lab->store, LAB_COMMUNE, message.id, lt_message_get_manifest(first->message), &error), ==, LT_SEEN_SAME);
    g_assert_cmpint(lt_store_seen(lab->store, LAB_COMMUNE, message.id, lt_message_get_manifest(second->message), &error), ==, LT_SEEN_CONFLICT);
    g_assert_cmpint(lt_store_seen(lab->store, LAB_DISTRICT, message.id, lt_message_get_manifest(first->message), &error), ==, LT_SEEN_NEW);
    g_assert_no_error(error);
    store_lab_assert_sound(lab);
}

static const struct { const char *name; gsize sizes[4]; gsize payload; } shapes[] = {
    { "without-attachments", { 0 }, 40 },
    { "with-small-ones", { 1, 65535 }, 40 },
    { "with-large-ones", { 65536, 3, 300000 }, 40 },
    { "with-a-large-payload", { 10 }, 200000 },
};

static void
test_rebuilds_the_container(gconstpointer data)
{
    gsize row = GPOINTER_TO_SIZE(data);
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autofree char *filler = g_strnfill(shapes[row].payload, 'x');
    g_autofree char *payload = g_strdup_printf("{\"x\":\"%s\"}", filler);
    LabMessage message = { .payload = payload };
    g_autoptr(GBytes) bytes = NULL, rebuilt = NULL;
    g_autoptr(LtEnvelope) envelope = NULL;
    g_autoptr(LtAccepted) accepted = NULL;
    g_autoptr(LtMessage) loaded = NULL;
    g_autoptr(GInputStream) stream = NULL;
    guint64 size = 0;
    GError *error = NULL;

    memcpy(message.attachment_sizes, shapes[row].sizes, sizeof message.attachment_sizes);
    bytes = store_lab_bytes(lab, &message);
    envelope = store_lab_open(lab, bytes);
    accepted = store_lab_accept(lab, envelope, NULL, &error);
    g_assert_no_error(error);
    store_lab_reopen(lab);
    loaded = lt_store_load_message(lab->store, accepted->message, &error);
    g_assert_no_error(error);
    stream = lt_message_open_envelope(loaded, &size, &error);
    g_assert_no_error(error);
    rebuilt = read_all(stream, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(size, ==, g_bytes_get_size(bytes));
    g_assert_true(g_bytes_equal(bytes, rebuilt));
}

static const struct { const char *name, *sql, *reason; } rots[] = {
    { "header", "UPDATE content SET header = CAST(header || ' ' AS BLOB)", "log.blob-hash" },
    { "payload", "UPDATE content SET payload = CAST(replace(payload, 'H52', 'H53') AS BLOB)", "log.blob-hash" },
    { "attachment", "UPDATE attachment SET bytes = zeroblob(length(bytes)) WHERE bytes IS NOT NULL", "log.blob-hash" },
    { "attachment-digest", "UPDATE attachment SET digest = zeroblob(32)", "log.blob-hash" },
    { "content-row", "DELETE FROM content", "log.missing-blob" },
};

/* Reads all of a message; the first error ends it. */
static void
read_message(StoreLab *lab, gint64 row, GError **error)
{
    g_autoptr(LtMessage) message = lt_store_load_message(lab->store, row, error);

    if (message == NULL)
        return;
    for (guint i = 0; i < lt_message_get_n_attachments(message); i++) {
        g_autoptr(GInputStream) stream = lt_message_open_attachment(message, i, error);
        g_autoptr(GBytes) bytes = stream != NULL ? read_all(stream, error) : NULL;

        if (bytes == NULL)
            return;
    }
}

static void
test_never_serves_altered(gconstpointer data)
{
    gsize row = GPOINTER_TO_SIZE(data);
    g_autoptr(StoreLab) lab = store_lab_new();
    LabMessage message = { .attachment_sizes = { 400 } };
    g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
    g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
    g_autoptr(LtAccepted) accepted = NULL;
    g_autoptr(GError) error = NULL;

    accepted = store_lab_accept(lab, envelope, NULL, &error);
    g_assert_no_error(error);
    store_lab_change(lab, rots[row].sql);
    read_message(lab, accepted->message, &error);
    g_assert_nonnull(error);
    g_assert_cmpstr(lt_error_get_reason(error), ==, rots[row].reason);
}

typedef struct {
    GMutex lock;
    GCond ready;
    LtAccepted *out;
    GError *error;
    gboolean done;
} Answer;

static void
answer(gpointer data, LtAccepted *out, const GError *error)
{
    Answer *self = data;

    g_mutex_lock(&self->lock);
    self->out = out;
    self->error = error != NULL ? g_error_copy(error) : NULL;
    self->done = TRUE;
    g_cond_signal(&self->ready);
    g_mutex_unlock(&self->lock);
}

static LtAccepted *
wait_for(Answer *self)
{
    g_mutex_lock(&self->lock);
    while (!self->done)
        g_cond_wait(&self->ready, &self->lock);
    g_mutex_unlock(&self->lock);
    g_assert_no_error(self->error);
    return self->out;
}

static void
test_records_a_refusal(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LabMessage message = { 0 };
    g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
    g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
    const char *id = lt_message_get_id(envelope->message);
    guint8 salt[32] = { 7 }, commitment[32];
    g_autoptr(LtHasher) hasher = lt_hasher_new();
    LtRefusal refusal = { .code = "env.to.unknown", .peer = lt_message_get_manifest(envelope->message), .commitment = commitment, .salt = salt,
                          .bytes = bytes, .size = g_bytes_get_size(bytes), .header = lt_message_get_header(envelope->message),
                          .manifest = lt_message_get_manifest(envelope->message) };
    g_autofree char *hex = NULL, *path = NULL, *kept = NULL, *manifest = NULL, *promised = NULL;
    g_autoptr(GBytes) receipt = NULL;
    g_autoptr(LtAccepted) out = NULL;
    GError *error = NULL;
    Answer waiting = { 0 };
    gsize size;

    lt_hasher_update(hasher, salt, sizeof salt);
    lt_hasher_update(hasher, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    lt_hasher_finish(hasher, commitment);
    lt_store_refuse(lab->store, &refusal, answer, &waiting, NULL);
    out = wait_for(&waiting);
    g_assert_cmpstr(out->fields.stage, ==, "refused");
    g_assert_cmpstr(out->fields.code, ==, "env.to.unknown");
    hex = lt_hex_dup(commitment, sizeof commitment);
    path = g_build_filename(lab->store_folder, "quarantine", "refused", hex, NULL);
    g_assert_true(g_file_get_contents(path, &kept, &size, NULL));
    g_assert_cmpuint(size, ==, 32 + g_bytes_get_size(bytes));
    receipt = lt_store_find_receipt(lab->store, LAB_COMMUNE, id, NULL, &error);
    g_assert_no_error(error);
    manifest = receipt_manifest(receipt);
    promised = lt_hex_dup(out->body.manifest_sha256, 32);
    g_assert_cmpstr(manifest, ==, promised);
    /* not in `seen`: the sender may mend it and come again */
    g_assert_cmpint(lt_store_seen(lab->store, LAB_COMMUNE, id, lt_message_get_manifest(envelope->message), &error), ==, LT_SEEN_NEW);
    g_assert_cmpuint(store_lab_count(lab, "env.refused"), ==, 1);
    store_lab_assert_sound(lab);
}

static const struct { gint64 seqs[6]; guint gaps, reuses; } sequences[] = {
    { { 1, 2, 3 }, 0, 0 },
    { { 1, 3, 2 }, 0, 0 },
    { { 3, 1, 2, 2 }, 0, 1 },
    { { 1, 2, 1 }, 0, 1 },
    { { 5, 3, 3, 6 }, 0, 1 },
};

static void
test_notices_numbers(void)
{
    for (guint row = 0; row < G_N_ELEMENTS(sequences); row++) {
        g_autoptr(StoreLab) lab = store_lab_new();

        for (const gint64 *seq = sequences[row].seqs; *seq != 0; seq++) {
            LabMessage message = { .seq = *seq };
            g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
            g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
            GError *error = NULL;
            g_autoptr(LtAccepted) accepted = store_lab_accept(lab, envelope, NULL, &error);

            g_assert_no_error(error);
            g_assert_nonnull(accepted);
        }
        g_assert_cmpuint(store_lab_count(lab, "seq.gap"), ==, sequences[row].gaps);
        g_assert_cmpuint(store_lab_count(lab, "seq.reuse"), ==, sequences[row].reuses);
    }
}

static void
test_records_a_gap_that_stays_open(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    const gint64 seqs[] = { 1, 4, 5 };

    for (guint i = 0; i < G_N_ELEMENTS(seqs); i++) {
        LabMessage message = { .seq = seqs[i] };
        g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
        g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
        GError *error = NULL;
        g_autoptr(LtAccepted) accepted = NULL;

        if (i == 2)
            lt_time_set_for_tests(16 * 60 * LT_US_PER_SECOND);
        accepted = store_lab_accept(lab, envelope, NULL, &error);
        g_assert_no_error(error);
    }
    g_assert_cmpuint(store_lab_count(lab, "seq.gap"), ==, 1);
    lt_time_set_for_tests(0);
}

static void
test_takes_a_document_of_a_system_once(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LtAcceptance change = { .source_endpoint = "mot-cua", .source_key = "HS-1" };
    gint64 first = 0;

    g_assert_false(lt_store_has_source_key(lab->store, "mot-cua", "HS-1"));
    for (guint i = 0; i < 2; i++) {
        LabMessage message = { 0 };
        g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
        g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
        GError *error = NULL;
        g_autoptr(LtAccepted) accepted = store_lab_accept(lab, envelope, &change, &error);

        g_assert_no_error(error);
        g_assert_cmpint(accepted->duplicate, ==, i == 1);
        if (i == 0)
            first = accepted->message;
        g_assert_cmpint(accepted->message, ==, first);
    }
    g_assert_true(lt_store_has_source_key(lab->store, "mot-cua", "HS-1"));
    g_assert_false(lt_store_has_source_key(lab->store, "other", "HS-1"));
    g_assert_cmpuint(store_lab_count(lab, "env.accepted"), ==, 1);
}

static void
test_keeps_a_receipts_signature(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, NULL, NULL);
    g_autoptr(GBytes) signature = NULL, receipt = NULL, found = NULL;
    GError *error = NULL;

    receipt = lt_receipt_sign(&accepted->body, accepted->fields.at_us, lab->signer, &signature, &error);
    g_assert_no_error(error);
    lt_store_keep_receipt_signature(lab->store, accepted->receipt, signature);
    store_lab_reopen(lab); /* closing finishes what is queued */
    found = lt_store_find_receipt(lab->store, LAB_COMMUNE, accepted->fields.re_id, "received", &error);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(receipt, found));
}

/* A receipt from the other side: kept, recorded, its delivery settled; a second copy changes nothing, and none is receipted. */
static void
test_takes_a_receipt(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, NULL, NULL);
    LtDelivery *delivery = accepted->deliveries->pdata[0];
    LtReference re = { accepted->fields.re_from, accepted->fields.re_id, accepted->fields.re_manifest };
    LabMessage message = { .type = "receipt", .re = &re, .payload = "{\"v\":1}" };
    g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
    LtSettlement settles = { .delivery = delivery->id, .expected = LT_DELIVERY_WAITING, .state = LT_DELIVERY_CONFIRMED,
                             .record_event = "delivery.confirmed", .attempts = 1 };

    for (guint i = 0; i < 2; i++) {
        g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
        LtReceiptTaken taken = { .envelope = envelope, .peer = re.manifest, .stage = "confirmed", .settles = &settles };
        Answer waiting = { 0 };

        lt_store_take_receipt(lab->store, &taken, answer, &waiting, NULL);
        g_assert_null(wait_for(&waiting));
    }
    g_assert_cmpuint(store_lab_count(lab, "receipt.in"), ==, 1);
    g_assert_cmpuint(store_lab_count(lab, "delivery.confirmed"), ==, 1);
    g_assert_cmpuint(store_lab_count(lab, "receipt.out"), ==, 2); /* received, confirmed: of the message, not of the receipt */
    store_lab_assert_sound(lab);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/messages/forgets-what-was-seen-after-its-term", test_forgets_what_was_seen);
    g_test_add_func("/messages/names-an-exception-in-the-log", test_names_an_exception);
    g_test_add_func("/messages/accepts-an-envelope-once", test_accepts_once);
    g_test_add_func("/messages/accepts-one-of-64-twins", test_accepts_one_of_many_twins);
    g_test_add_func("/messages/refuses-other-content-under-the-same-id", test_refuses_other_content_under_the_same_id);
    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autofree char *path = g_strdup_printf("/messages/rebuilds-a-container-%s", shapes[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_rebuilds_the_container);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rots); i++) {
        g_autofree char *path = g_strdup_printf("/messages/never-serves-an-altered-%s", rots[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_never_serves_altered);
    }
    g_test_add_func("/messages/records-a-refusal-and-keeps-its-bytes", test_records_a_refusal);
    g_test_add_func("/messages/notices-numbers-used-twice-and-late-ones", test_notices_numbers);
    g_test_add_func("/messages/records-a-gap-that-stays-open", test_records_a_gap_that_stays_open);
    g_test_add_func("/messages/takes-a-document-of-a-system-once", test_takes_a_document_of_a_system_once);
    g_test_add_func("/messages/takes-a-receipt-once", test_takes_a_receipt);
    g_test_add_func("/messages/keeps-the-signature-of-a-receipt", test_keeps_a_receipts_signature);
    return g_test_run();
}
