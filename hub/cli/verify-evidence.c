/* SPDX-License-Identifier: Apache-2.0 */
/* verify-evidence.c: an evidence file of a dossier (audit-log.md §13): the envelope that holds it, the checkpoint, every entry with its proof, every message.
 *
 * The outer signature says who made the file and nothing else; what counts is that each entry is in a tree that others have signed, and that each message has the
 * digest and the signer that its entry tells. CRLs of the file are taken, because their authority signed them; keys and anchors of the file never are.
 */
#include "cli/verify-evidence.h"

#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "trust/digest.h"
#include "trust/manifest.h"
#include "trust/payload.h"

#define FIRST_MAPPED 1u /* attachment after MAP.txt */

static void
item_free(gpointer data)
{
    LtEvidenceItem *item = data;

    g_free(item->word);
    g_free(item->id);
    g_free(item->manifest);
    g_free(item->state);
    g_free(item);
}

static void
evidence_clear(LtEvidenceFile *self)
{
    g_clear_pointer(&self->container, lt_container_unref);
    g_clear_pointer(&self->files, g_hash_table_unref);
    g_clear_pointer(&self->messages, g_ptr_array_unref);
    g_clear_pointer(&self->events, g_ptr_array_unref);
    g_clear_pointer(&self->bytes, g_bytes_unref);
    lt_checkpoint_clear(&self->checkpoint);
    g_free(self->origin);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtEvidenceFile, evidence_clear)

GBytes *
lt_evidence_file_get(const LtEvidenceFile *self, const char *format, ...)
{
    g_autofree char *name = NULL;
    va_list arguments;

    va_start(arguments, format);
    name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return g_hash_table_lookup(self->files, name);
}

static gboolean
fail_map(LtReport *report, const char *name)
{
    lt_report_fail(report, "evidence.map", g_strdup_printf(_("MAP.txt: %s is not what it says"), name));
    return FALSE;
}

static gboolean
is_name(const char *name)
{
    return *name != '\0' && *name != '/' && strstr(name, "..") == NULL &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-") == strlen(name);
}

/* One line: the entry that comes next, its logical name, its digest. */
static gboolean
take_line(LtEvidenceFile *self, LtReport *report, const char *line, const LtEntry *entry)
{
    g_auto(GStrv) columns = g_strsplit(line, "\t", -1);
    guint8 sha256[LT_SHA256_SIZE];

    if (g_strv_length(columns) != 3 || strcmp(columns[0], entry->name) != 0 || !is_name(columns[1]) ||
        !lt_hex_read(columns[2], strlen(columns[2]), sha256, sizeof sha256) || memcmp(sha256, entry->sha256, sizeof sha256) != 0 ||
        g_hash_table_contains(self->files, columns[1]))
        return fail_map(report, entry->name);
    g_hash_table_insert(self->files, g_strdup(columns[1]), lt_container_slice(self->container, self->bytes, entry));
    return TRUE;
}

static gboolean
read_map(LtEvidenceFile *self, LtReport *report)
{
    g_autoptr(GPtrArray) attachments = g_ptr_array_new();
    g_autoptr(GBytes) map = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint n;

    for (guint i = 0; i < self->container->entries->len; i++)
        if (g_str_has_prefix(((LtEntry *) self->container->entries->pdata[i])->name, "att/"))
            g_ptr_array_add(attachments, self->container->entries->pdata[i]);
    if (attachments->len == 0)
        return fail_map(report, "MAP.txt");
    map = lt_container_slice(self->container, self->bytes, attachments->pdata[0]);
    text = g_strndup(g_bytes_get_data(map, NULL), g_bytes_get_size(map));
    lines = g_strsplit(text, "\n", -1);
    n = g_strv_length(lines);
    if (n != attachments->len || lines[n - 1][0] != '\0') /* a line for each but itself, and what follows the last newline */
        return fail_map(report, "MAP.txt");
    for (guint i = 0; i + 1 < n; i++)
        if (!take_line(self, report, lines[i], attachments->pdata[i + FIRST_MAPPED]))
            return FALSE;
    return TRUE;
}

/* payload.json: {"checkpoint":{…},"messages":[{…}],"events":[{…}]}; its schema has passed. */
typedef struct {
    LtEvidenceFile *file;
    char list[16], member[16];
    LtEvidenceItem *item;
} Reading;

static void
take_text(LtEvidenceItem *item, const char *name, const char *text)
{
    gint64 at_us;

    if (g_str_equal(name, "id"))
        item->id = g_strdup(text);
    else if (g_str_equal(name, "manifest"))
        item->manifest = g_strdup(text);
    else if (g_str_equal(name, "state"))
        item->state = g_strdup(text);
    else if (g_str_equal(name, "ev"))
        item->word = g_strdup(text);
    else if (g_str_equal(name, "t") && lt_time_read_millis(text, strlen(text), &at_us))
        item->at_us = at_us;
}

static gboolean
on_event(const LtJsonEvent *event, gpointer data, GError **error G_GNUC_UNUSED)
{
    Reading *reading = data;
    gboolean listed = g_str_equal(reading->list, "messages") || g_str_equal(reading->list, "events");

    if (event->kind == LT_JSON_NAME)
        g_strlcpy(event->depth == 1 ? reading->list : reading->member, event->text, sizeof reading->member);
    else if (event->kind == LT_JSON_OBJECT_BEGIN && event->depth == 2 && listed)
        g_ptr_array_add(g_str_equal(reading->list, "events") ? reading->file->events : reading->file->messages,
                        reading->item = g_new0(LtEvidenceItem, 1));
    else if (event->kind == LT_JSON_STRING && event->depth == 3 && listed)
        take_text(reading->item, reading->member, event->text);
    else if (event->kind == LT_JSON_INTEGER && event->depth == 3 && listed && g_str_equal(reading->member, "index"))
        reading->item->index = (guint64) event->integer;
    else if (event->kind == LT_JSON_INTEGER && event->depth == 3 && listed && g_str_equal(reading->member, "k"))
        reading->item->k = (guint) event->integer;
    else if (event->kind == LT_JSON_STRING && event->depth == 2 && g_str_equal(reading->list, "checkpoint"))
        reading->file->origin = g_strdup(event->text);
    else if (event->kind == LT_JSON_INTEGER && event->depth == 2 && g_str_equal(reading->list, "checkpoint"))
        reading->file->size = (guint64) event->integer;
    return TRUE;
}

static gboolean
read_payload(LtEvidenceFile *self, LtReport *report)
{
    LtEntry *entry = lt_container_lookup(self->container, "payload.json");
    g_autoptr(GError) error = NULL;
    g_autoptr(LtPayloads) payloads = lt_payloads_load(&error);
    Reading reading = { .file = self };
    gsize size = 0;
    const char *data = entry == NULL ? NULL : g_bytes_get_data(entry->bytes, &size);

    if (payloads == NULL || data == NULL ||
        !lt_payload_check(payloads, "audit.evidence", "application/json", entry->bytes, TRUE, NULL, &error) ||
        !lt_json_scan(data, size, LT_JSON_PAYLOAD, NULL, on_event, &reading, NULL, &error)) {
        lt_report_fail(report, "env.payload.schema",
                       g_strdup_printf("%s: %s", _("Contents of the evidence file: not valid"), error == NULL ? "payload.json" : error->message));
        return FALSE;
    }
    return TRUE;
}

/* Of the hub that made the file: the CRL given, else the newest that lies in it. */
static GBytes *
newest_crl(const LtEvidenceFile *self, const LtVerifyOptions *options)
{
    GBytes *crl = NULL;

    for (guint k = 999; options->crl == NULL && crl == NULL && k > 0; k--)
        crl = lt_evidence_file_get(self, "trust/crl-%u.pem", k);
    return crl;
}

/* The checkpoint to which all proofs lead, and what stands beside it: the legal signature is judged as that of the file is. */
static gboolean
check_checkpoint(LtEvidenceFile *self, LtReport *report, const LtVerifyOptions *options)
{
    LtVerifyOptions mine = *options;
    GBytes *note = lt_evidence_file_get(self, "log/checkpoint");
    g_autofree char *text = note == NULL ? NULL : g_strndup(g_bytes_get_data(note, NULL), g_bytes_get_size(note));

    if (note == NULL) {
        lt_report_fail(report, "log.note", g_strdup(_("Checkpoint: not in the file")));
        return FALSE;
    }
    mine.crl_bytes = newest_crl(self, options);
    mine.at_us = report->time_us;
    report->time_us = 0;
    report->time_source = NULL;
    if (!lt_verify_note(report, text, g_bytes_get_size(note), options, &self->checkpoint))
        return FALSE;
    if (g_strcmp0(self->origin, self->checkpoint.origin) != 0 || self->size != self->checkpoint.size) {
        lt_report_fail(report, "log.note", g_strdup(_("Checkpoint: not the one that the file speaks of")));
        return FALSE;
    }
    lt_verify_anchors(report, text, lt_evidence_file_get(self, "log/checkpoint.tsr"), lt_evidence_file_get(self, "log/checkpoint.p7s"), &mine);
    return TRUE;
}

static gboolean
fail_entry(LtReport *report, const char *code, guint64 index, const char *what)
{
    g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, index);

    lt_report_fail(report, code, g_strdup_printf(_("Log: entry %s: %s"), number, what));
    return FALSE;
}

static gboolean
check_proof(const LtEvidenceFile *self, LtReport *report, const LtEvidenceItem *item, GBytes *entry, GBytes *bytes)
{
    GBytes *note = lt_evidence_file_get(self, "log/checkpoint");
    g_autoptr(GError) error = NULL;
    g_autoptr(LtProof) proof = lt_proof_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &error);
    LtHash leaf;

    if (proof == NULL || proof->index != item->index || proof->note_size != g_bytes_get_size(note) ||
        memcmp(proof->note, g_bytes_get_data(note, NULL), proof->note_size) != 0)
        return fail_entry(report, "log.proof", item->index, error == NULL ? _("its proof is of another entry or checkpoint") : error->message);
    lt_merkle_leaf(g_bytes_get_data(entry, NULL), g_bytes_get_size(entry), &leaf);
    return lt_merkle_verify_inclusion(&leaf, proof->index, self->checkpoint.size, (const LtHash *) (gpointer) proof->hashes->data, proof->hashes->len,
                                      &self->checkpoint.root) ||
           fail_entry(report, "log.root", item->index, _("not in the tree"));
}

static gboolean
is_listed(const LtEvidenceFile *self, guint64 index)
{
    for (guint i = 0; i < self->messages->len; i++)
        if (((const LtEvidenceItem *) self->messages->pdata[i])->index == index)
            return TRUE;
    return FALSE;
}

static gboolean
check_entry(const LtEvidenceFile *self, LtReport *report, const LtEvidenceItem *item)
{
    static const char *const carriers[] = { "env.accepted", "receipt.in", "receipt.out", NULL };
    GBytes *entry = lt_evidence_file_get(self, "log/%" G_GUINT64_FORMAT ".entry", item->index);
    GBytes *proof = lt_evidence_file_get(self, "log/%" G_GUINT64_FORMAT ".tlog-proof", item->index);
    g_autoptr(LtRecordView) view = NULL;

    if (entry == NULL || proof == NULL)
        return fail_entry(report, "log.entry", item->index, _("not in the file"));
    view = lt_record_read(g_bytes_get_data(entry, NULL), g_bytes_get_size(entry), NULL);
    if (view == NULL || view->index != item->index || g_strcmp0(view->event, item->word) != 0 || view->at_us != item->at_us)
        return fail_entry(report, "log.entry-form", item->index, _("another one than the file speaks of"));
    if (g_strv_contains(carriers, view->event) && !is_listed(self, item->index))
        return fail_entry(report, "evidence.messages", item->index, _("its message is not listed"));
    return check_proof(self, report, item, entry, proof);
}

static guint
count_entry_files(const LtEvidenceFile *self)
{
    GHashTableIter iterator;
    gpointer name;
    guint n = 0;

    g_hash_table_iter_init(&iterator, self->files);
    while (g_hash_table_iter_next(&iterator, &name, NULL))
        n += g_str_has_prefix(name, "log/") && g_str_has_suffix(name, ".entry");
    return n;
}

static void
check_entries(const LtEvidenceFile *self, LtReport *report)
{
    g_autofree char *root = lt_base64_dup(self->checkpoint.root.b, LT_SHA256_SIZE);
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, self->checkpoint.size);
    guint n_good = 0;

    for (guint i = 0; i < self->events->len; i++)
        n_good += check_entry(self, report, self->events->pdata[i]);
    if (count_entry_files(self) != self->events->len)
        lt_report_fail(report, "log.entry", g_strdup(_("Log: entries that the file does not speak of")));
    root[8] = '\0';
    if (n_good == self->events->len)
        lt_report_pass(report, "log.root", g_strdup_printf(_("Log: %u entries are in the tree of %s entries, root %s…"), n_good, size, root));
}

/* Whoever sealed the file: judged when it was made, by the CRL given, else by the newest that lies in it. */
static gboolean
check_outer(LtEvidenceFile *self, LtReport *report, const LtVerifyOptions *options)
{
    LtVerifyOptions mine = *options;

    mine.crl_bytes = newest_crl(self, options);
    lt_verify_envelope(report, self->bytes, &mine);
    report->kind = "evidence";
    return lt_report_verdict(report) != LT_VERDICT_INVALID && lt_report_verdict(report) != LT_VERDICT_UNREADABLE;
}

void
lt_verify_evidence(LtReport *report, LtContainer *container, GBytes *bytes, const LtVerifyOptions *options)
{
    g_auto(LtEvidenceFile) self = { .container = lt_container_ref(container), .bytes = g_bytes_ref(bytes) };
    g_autoptr(LtReport) names = lt_report_new(report->file);
    gboolean mapped;

    self.files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
    self.messages = g_ptr_array_new_with_free_func(item_free);
    self.events = g_ptr_array_new_with_free_func(item_free);
    mapped = read_map(&self, names); /* what fails here is said after the seal was looked at */
    if (!check_outer(&self, report, options))
        return;
    if (!mapped) {
        lt_report_fail(report, "evidence.map", g_strdup(_("MAP.txt: does not list the attachments as they are")));
        return;
    }
    if (!read_payload(&self, report) || !check_checkpoint(&self, report, options))
        return;
    check_entries(&self, report);
    if (report->time_us == 0 && self.events->len > 0) {
        report->time_us = ((LtEvidenceItem *) self.events->pdata[self.events->len - 1])->at_us;
        report->time_source = "checkpoint";
    }
    lt_verify_evidence_messages(&self, report, options);
}
