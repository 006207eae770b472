/* SPDX-License-Identifier: Apache-2.0 */
/* verify-log.c: a checkpoint, and a proof that an entry is in the tree of one, checked with keys from outside alone.
 *
 * Fails closed: without the log's key, the entry or the wanted number of witnesses nothing is valid; it is incomplete at best.
 */
#include <string.h>

#include "base/language.h"
#include "cli/verify.h"
#include "trust/record.h"

static void
fail_with(LtReport *report, const char *code, const char *what, const GError *cause)
{
    lt_report_fail(report, code, g_strdup_printf("%s: %s", what, cause->message));
}

/* A log's key counts for the log of its name alone. */
static LtVerifierKey *
find_log_key(const LtVerifyOptions *options, const char *origin)
{
    for (guint i = 0; i < options->log_keys->len; i++) {
        LtVerifierKey *key = options->log_keys->pdata[i];

        if (g_str_equal(key->name, origin))
            return key;
    }
    return NULL;
}

static GPtrArray *
known_keys(const LtVerifyOptions *options)
{
    GPtrArray *keys = g_ptr_array_new();

    g_ptr_array_extend(keys, options->log_keys, NULL, NULL);
    g_ptr_array_extend(keys, options->witness_keys, NULL, NULL);
    return keys;
}

/* Whose lines verified: the log's own key, and how many witnesses, each counted once. */
typedef struct {
    gboolean by_log;
    guint n_witnesses;
    gint64 first_us; /* earliest cosignature: the checkpoint existed then */
} Signatures;

static Signatures
count_signatures(const LtNote *note, GPtrArray *keys, const char *origin)
{
    Signatures found = { 0 };

    for (guint i = 0; i < note->signatures->len; i++) {
        const LtNoteSignature *signature = &g_array_index(note->signatures, LtNoteSignature, i);
        const LtVerifierKey *key = keys->pdata[signature->key];
        gint64 at_us = signature->time_s <= G_MAXINT64 / G_USEC_PER_SEC ? signature->time_s * G_USEC_PER_SEC : 0;

        if (key->type == LT_NOTE_ED25519) {
            found.by_log = found.by_log || g_str_equal(key->name, origin);
            continue;
        }
        found.n_witnesses++;
        if (at_us != 0 && (found.first_us == 0 || at_us < found.first_us))
            found.first_us = at_us;
    }
    return found;
}

static void
report_log_key(LtReport *report, const LtCheckpoint *checkpoint, const LtVerifyOptions *options, const Signatures *signatures)
{
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, checkpoint->size);

    if (signatures->by_log)
        lt_report_pass(report, "log.note", g_strdup_printf(_("Checkpoint: signed by %s, %s entries"), checkpoint->origin, size));
    else if (find_log_key(options, checkpoint->origin) != NULL)
        lt_report_fail(report, "log.note", g_strdup_printf(_("Checkpoint: not signed by the key of %s"), checkpoint->origin));
    else
        lt_report_miss(report, "log.vkey", g_strdup_printf(_("Checkpoint: no key given for %s (--vkey)"), checkpoint->origin));
}

static void
report_quorum(LtReport *report, const LtVerifyOptions *options, const Signatures *signatures)
{
    char *text;

    if (options->quorum == 0 && options->witness_keys->len == 0)
        return;
    text = g_strdup_printf(_("Cosigned: %u/%d witnesses"), signatures->n_witnesses, (int) options->quorum);
    if (signatures->n_witnesses >= (guint64) options->quorum)
        lt_report_pass(report, "log.quorum", text);
    else
        lt_report_miss(report, "log.quorum", text);
}

/* Kept for the comparison at the end of the run, when the log's own key has signed it. */
static void
keep_head(LtReport *report, const LtVerifyOptions *options, const LtCheckpoint *checkpoint)
{
    LtSeenHead *head;

    if (options->heads == NULL)
        return;
    head = g_new0(LtSeenHead, 1);
    *head = (LtSeenHead){ report, { g_strdup(checkpoint->origin), checkpoint->size, checkpoint->root } };
    g_ptr_array_add(options->heads, head);
}

gboolean
lt_verify_note(LtReport *report, const char *data, gsize size, const LtVerifyOptions *options, LtCheckpoint *checkpoint)
{
    g_autoptr(GPtrArray) keys = known_keys(options);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtNote) note = lt_note_open(data, size, (LtVerifierKey *const *) keys->pdata, keys->len, &error);
    Signatures signatures;
    LtHash empty;

    if (note == NULL || !lt_checkpoint_read(note->text, strlen(note->text), checkpoint, &error)) {
        fail_with(report, "log.note", _("Checkpoint: not valid"), error);
        return FALSE;
    }
    signatures = count_signatures(note, keys, checkpoint->origin);
    report_log_key(report, checkpoint, options, &signatures);
    report_quorum(report, options, &signatures);
    lt_merkle_empty(&empty);
    if (checkpoint->size == 0 && !lt_hash_equal(&checkpoint->root, &empty))
        lt_report_fail(report, "log.root", g_strdup(_("Log: size 0 with the root of another tree")));
    if (signatures.by_log)
        keep_head(report, options, checkpoint);
    if (signatures.first_us != 0) {
        report->time_us = signatures.first_us;
        report->time_source = "cosignature";
    }
    return TRUE;
}

/* Two lines that others signed of one log must be of one tree; equal sizes can be compared without a proof. */
void
lt_verify_compare(const LtVerifyOptions *options)
{
    for (guint i = 0; i < options->heads->len; i++)
        for (guint k = 0; k < i; k++) {
            const LtSeenHead *a = options->heads->pdata[k], *b = options->heads->pdata[i];
            g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, b->checkpoint.size);

            if (!g_str_equal(a->checkpoint.origin, b->checkpoint.origin) || a->checkpoint.size != b->checkpoint.size ||
                lt_hash_equal(&a->checkpoint.root, &b->checkpoint.root))
                continue;
            lt_report_fail(b->report, "log.witness-fork",
                           g_strdup_printf(_("Log: %s has signed two trees of %s entries; the other is in %s"), b->checkpoint.origin, size,
                                           a->report->file));
        }
}

static GBytes *
read_entry(LtReport *report, const LtVerifyOptions *options, guint64 index)
{
    g_autoptr(GError) error = NULL;
    char *data;
    gsize size;

    if (options->entry == NULL) {
        lt_report_miss(report, "log.entry", g_strdup(_("Entry: not given (--entry)")));
        return NULL;
    }
    if (!g_file_get_contents(options->entry, &data, &size, &error)) {
        lt_report_unreadable(report, g_strdup(error->message));
        return NULL;
    }
    if (!lt_record_check(data, size, index, NULL, &error)) {
        fail_with(report, "log.entry-form", _("Entry: not valid"), error);
        g_free(data);
        return NULL;
    }
    return g_bytes_new_take(data, size);
}

static void
check_inclusion(LtReport *report, const LtProof *proof, GBytes *entry, const LtCheckpoint *checkpoint)
{
    g_autofree char *root = lt_base64_dup(checkpoint->root.b, sizeof checkpoint->root.b);
    g_autofree char *index = g_strdup_printf("%" G_GUINT64_FORMAT, proof->index);
    g_autofree char *tree = g_strdup_printf("%" G_GUINT64_FORMAT, checkpoint->size);
    gsize size;
    const void *data = g_bytes_get_data(entry, &size);
    LtHash leaf;

    lt_merkle_leaf(data, size, &leaf);
    root[8] = '\0';
    if (lt_merkle_verify_inclusion(&leaf, proof->index, checkpoint->size, (const LtHash *) (gpointer) proof->hashes->data,
                                   proof->hashes->len, &checkpoint->root))
        lt_report_pass(report, "log.root", g_strdup_printf(_("Log: entry %s is in the tree of %s entries, root %s…"), index, tree, root));
    else
        lt_report_fail(report, "log.root", g_strdup_printf(_("Log: entry %s is not in the tree of %s entries, root %s…"), index, tree, root));
}

void
lt_verify_proof(LtReport *report, GBytes *bytes, const LtVerifyOptions *options)
{
    g_auto(LtCheckpoint) checkpoint = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) entry = NULL;
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autoptr(LtProof) proof = lt_proof_read(data, size, &error);

    report->kind = "proof";
    if (proof == NULL) {
        fail_with(report, "log.proof", _("Proof: not valid"), error);
        return;
    }
    if (!lt_verify_note(report, proof->note, proof->note_size, options, &checkpoint))
        return;
    entry = read_entry(report, options, proof->index);
    if (entry != NULL)
        check_inclusion(report, proof, entry, &checkpoint);
    lt_verify_anchors(report, proof->note, NULL, NULL, options);
}
