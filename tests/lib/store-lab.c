/* SPDX-License-Identifier: Apache-2.0 */
/* store-lab.c: see store-lab.h. */
#include "store-lab.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "base/value.h"
#include "store/audit-log.h"
#include "trust/authority.h"

#define PEER "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void
make_keys(const char *folder)
{
    g_autofree char *log_key = g_build_filename(folder, "log.key", NULL);
    const LtIssue issues[] = {
        { .file = "hub", .subject = "Sample hub", .unit = LAB_HUB, .algorithm = "p256", .use = LT_USE_SIGN, .days = 30 },
        { .file = "commune", .subject = "Sample commune", .unit = LAB_COMMUNE, .algorithm = "p256", .use = LT_USE_SIGN, .days = 30 },
    };
    GError *error = NULL;

    lt_authority_create(folder, "Sample authority", TRUE, 60, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(issues); i++) {
        g_autofree char *spki = lt_authority_issue(folder, &issues[i], &error);

        g_assert_no_error(error);
        g_assert_nonnull(spki);
    }
    lt_log_key_create(log_key, &error);
    g_assert_no_error(error);
}

static LtSigner *
open_signer(const char *folder, const char *name, char *unit, char *log_key, char *state)
{
    g_autofree char *certificate = g_strdup_printf("%s/%s.pem", folder, name);
    g_autofree char *key = g_strdup_printf("%s/%s.key", folder, name);
    LtSignerOptions options = { .unit = unit, .certificate = certificate, .key = key, .log_key = log_key, .state = state };
    GError *error = NULL;
    LtSigner *signer = lt_signer_open(&options, &error);

    g_assert_no_error(error);
    return signer;
}

LtStoreOptions
store_lab_options(StoreLab *self)
{
    return (LtStoreOptions){ .folder = self->store_folder, .signer = self->signer, .demo = TRUE, .cache_bytes = 8 * 1024 * 1024, .group_max = 256,
                             .group_wait_us = 500 };
}

static void
open_store(StoreLab *self)
{
    LtStoreOptions options = store_lab_options(self);
    GError *error = NULL;

    self->store = lt_store_open(&options, &error);
    g_assert_no_error(error);
    g_assert_cmpint(lt_store_get_state(self->store, NULL), ==, LT_STORE_OK);
}

StoreLab *
store_lab_attach(const char *folder)
{
    StoreLab *self = g_new0(StoreLab, 1);
    g_autofree char *log_key = g_build_filename(folder, "log.key", NULL);
    g_autofree char *anchors = g_build_filename(folder, "root.pem", NULL);
    g_autofree char *crl = g_build_filename(folder, "crl.pem", NULL);
    GError *error = NULL;

    self->folder = g_strdup(folder);
    self->store_folder = g_build_filename(folder, "store", NULL);
    g_mkdir_with_parents(self->store_folder, 0700);
    self->signer = open_signer(folder, "hub", (char *) LAB_HUB, log_key, self->store_folder);
    self->sender = open_signer(folder, "commune", (char *) LAB_COMMUNE, NULL, NULL);
    self->trust = lt_trust_load(anchors, crl, 0, &error);
    g_assert_no_error(error);
    open_store(self);
    return self;
}

StoreLab *
store_lab_new(void)
{
    GError *error = NULL;
    g_autofree char *folder = g_dir_make_tmp("lthub-store-XXXXXX", &error);

    g_assert_no_error(error);
    make_keys(folder);
    return store_lab_attach(folder);
}

void
store_lab_reopen(StoreLab *self)
{
    g_clear_pointer(&self->store, lt_store_close);
    open_store(self);
}

void
store_lab_remove(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;

    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR) && !g_file_test(child, G_FILE_TEST_IS_SYMLINK))
            store_lab_remove(child);
        else
            g_unlink(child);
    }
    g_rmdir(path);
}

void
store_lab_free(StoreLab *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->store, lt_store_close);
    lt_signer_unref(self->signer);
    lt_signer_unref(self->sender);
    lt_trust_unref(self->trust);
    store_lab_remove(self->folder);
    g_free(self->store_folder);
    g_free(self->folder);
    g_free(self);
}

static LtHeader *
make_header(StoreLab *self, const LabMessage *message)
{
    LtHeader *header = lt_header_new();
    char uuid[37];

    header->type = g_strdup(message->type != NULL ? message->type : "dossier.submit");
    header->from = g_strdup(LAB_COMMUNE);
    header->to = g_strdup(LAB_DISTRICT);
    header->seq = message->seq != 0 ? message->seq : (gint64) __atomic_add_fetch(&self->seq, 1, __ATOMIC_RELAXED);
    lt_uuid7_new(lt_time_now_us(), uuid);
    header->id = g_strdup(message->id != NULL ? message->id : uuid);
    lt_uuid4_new(uuid);
    header->dossier = g_strdup(message->dossier != NULL ? message->dossier : uuid);
    if (message->re != NULL) {
        header->re_from = g_strdup(message->re->from);
        header->re_id = g_strdup(message->re->id);
        header->re_manifest = g_strdup(message->re->manifest);
    }
    return header;
}

static void
part_free(gpointer data)
{
    LtSealPart *part = data;

    g_bytes_unref(part->bytes);
    g_free(part);
}

/* Bytes that no two attachments share. */
static LtSealPart *
make_attachment(gsize size)
{
    LtSealPart *part = g_new0(LtSealPart, 1);
    guint8 *bytes = g_malloc(size);
    guint8 block[64];

    lt_random_bytes(block, sizeof block);
    for (gsize i = 0; i < size; i++)
        bytes[i] = (guint8) (block[i % sizeof block] + i / sizeof block);
    part->role = (char *) "evidence";
    part->media_type = (char *) "application/pdf";
    part->bytes = g_bytes_new_take(bytes, size);
    part->size = size;
    return part;
}

GBytes *
store_lab_bytes(StoreLab *self, const LabMessage *message)
{
    g_autoptr(LtHeader) header = make_header(self, message);
    const char *text = message->payload != NULL ? message->payload : "{\"data\":{\"MaHoSo\":\"H52.101-20251120-0001\",\"TrangThaiHoSo\":\"1\"}}";
    g_autoptr(GBytes) payload = g_bytes_new(text, strlen(text));
    g_autoptr(GPtrArray) attachments = g_ptr_array_new_with_free_func(part_free);
    g_autoptr(LtSealed) sealed = NULL;
    GError *error = NULL;
    GBytes *bytes;

    for (guint i = 0; i < G_N_ELEMENTS(message->attachment_sizes) && message->attachment_sizes[i] > 0; i++)
        g_ptr_array_add(attachments, make_attachment(message->attachment_sizes[i]));
    sealed = lt_envelope_seal(header, payload, attachments, self->sender, &error);
    g_assert_no_error(error);
    bytes = lt_sealed_build(sealed, &error);
    g_assert_no_error(error);
    return bytes;
}

LtEnvelope *
store_lab_open(StoreLab *self, GBytes *bytes)
{
    LtReceiver receiver = { .trust = self->trust, .now_us = lt_time_now_us(), .scope = LT_RECEIVE_NO_SCHEMA };
    GError *error = NULL;
    LtContainer *container = lt_container_read_bytes(bytes, G_MAXINT32, lt_store_get_spool(self->store), &error);
    LtEnvelope *envelope;

    g_assert_no_error(error);
    envelope = lt_envelope_receive(container, &receiver, NULL, NULL, &error);
    g_assert_no_error(error);
    return envelope;
}

typedef struct {
    GMutex lock;
    GCond ready;
    gboolean done;
    LtAccepted *accepted;
    GError *error;
} Waiting;

static void
accepted(gpointer data, LtAccepted *out, const GError *error)
{
    Waiting *waiting = data;

    g_mutex_lock(&waiting->lock);
    waiting->accepted = out;
    waiting->error = error != NULL ? g_error_copy(error) : NULL;
    waiting->done = TRUE;
    g_cond_signal(&waiting->ready);
    g_mutex_unlock(&waiting->lock);
}

LtAccepted *
store_lab_accept(StoreLab *self, LtEnvelope *envelope, const LtAcceptance *change, GError **error)
{
    static const char *const inbox[] = { "inbox", NULL };
    LtAcceptance acceptance = { 0 };
    Waiting waiting = { 0 };

    if (change != NULL)
        acceptance = *change;
    acceptance.envelope = envelope;
    acceptance.peer = PEER;
    if (acceptance.receiver == NULL)
        acceptance.receiver = LAB_DISTRICT;
    if (acceptance.endpoints == NULL)
        acceptance.endpoints = inbox;
    if (acceptance.plan == 0)
        acceptance.plan = 1;
    lt_store_accept(self->store, &acceptance, accepted, &waiting, NULL);
    g_mutex_lock(&waiting.lock);
    while (!waiting.done)
        g_cond_wait(&waiting.ready, &waiting.lock);
    g_mutex_unlock(&waiting.lock);
    if (waiting.error != NULL)
        g_propagate_error(error, waiting.error);
    return waiting.accepted;
}

LtAccepted *
store_lab_accept_new(StoreLab *self, const char *dossier, const char *const *endpoints)
{
    LabMessage message = { .dossier = dossier };
    LtAcceptance change = { .endpoints = endpoints, .code = "H52.101-20251120-0001", .procedure = "1.004222" };
    g_autoptr(GBytes) bytes = store_lab_bytes(self, &message);
    g_autoptr(LtEnvelope) envelope = store_lab_open(self, bytes);
    GError *error = NULL;
    LtAccepted *out = store_lab_accept(self, envelope, &change, &error);

    g_assert_no_error(error);
    g_assert_nonnull(out);
    return out;
}

void
store_lab_add(StoreLab *self, const char *dossier, const char *const *endpoints)
{
    lt_accepted_free(store_lab_accept_new(self, dossier, endpoints));
}

static gboolean
count_entry(guint64 index G_GNUC_UNUSED, GBytes *entry G_GNUC_UNUSED, gpointer data)
{
    ++*(guint *) data;
    return TRUE;
}

guint
store_lab_count(StoreLab *self, const char *event)
{
    LtLogQuery query = { .event = event, .limit = G_MAXUINT };
    GError *error = NULL;
    guint n = 0;

    lt_store_log_list(self->store, &query, count_entry, &n, &error);
    g_assert_no_error(error);
    return n;
}

void
store_lab_assert_sound(StoreLab *self)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) findings = lt_store_log_check(self->store, TRUE, 0, NULL, NULL, &error);

    g_assert_no_error(error);
    for (guint i = 0; i < findings->len; i++)
        g_test_message("%s: %s", ((LtLogFinding *) findings->pdata[i])->code, ((LtLogFinding *) findings->pdata[i])->text);
    g_assert_cmpuint(findings->len, ==, 0);
}

void
store_lab_change(StoreLab *self, const char *sql)
{
    g_autofree char *path = g_build_filename(self->store_folder, "lthub.db", NULL);
    sqlite3 *handle = NULL;

    g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(handle, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_close(handle), ==, SQLITE_OK);
}
