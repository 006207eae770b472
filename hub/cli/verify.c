/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c: `lthub verify`: checks files without hub, network, database or configuration (audit-log.md §16).
 *
 * The kind of a file is found from its bytes. Trust comes from the options alone, never from what lies in the files. A file of no known kind is
 * invalid, not skipped.
 */
#include "cli/verify.h"

#include <string.h>

#include "base/language.h"
#include "base/value.h"
#include "cli/commands.h"

#define FILE_MAX (2147483647u) /* largest container (envelope.md §1) */

static const LtKey verify_keys[] = {
    LT_STRING(LtVerifyOptions, entry, "", "bytes of the entry that the proof is of"),
    LT_STRING(LtVerifyOptions, trust, "", "PEM file of the unit CA"),
    LT_STRING(LtVerifyOptions, crl, "", "PEM file of its CRL, archived at reception"),
    LT_STRING(LtVerifyOptions, tsa_ca, "", "PEM file of the time stamp authority's CA"),
    LT_LIST(LtVerifyOptions, vkey, "", "file with the verifier key of a log; may be repeated"),
    LT_LIST(LtVerifyOptions, witness, "", "file with the verifier key of a witness; may be repeated"),
    LT_NUMBER(LtVerifyOptions, quorum, "1", "0..32", "witnesses that must have cosigned"),
    LT_STRING(LtVerifyOptions, units, "", "signed unit directory: compares signer and sender"),
    LT_STRING(LtVerifyOptions, algorithms, "", "algorithms.conf of the hub: dates of algorithms, and exceptions"),
    LT_STRING(LtVerifyOptions, at, "", "time at which certificates are judged: 2026-11-23T16:02:30Z or seconds since 1970"),
    LT_KEYS_END,
};

static gboolean
read_keys(char **files, guint8 type, GPtrArray *keys, GError **error)
{
    for (; files != NULL && *files != NULL; files++) {
        g_autofree char *text = NULL;
        LtVerifierKey *key;
        gsize size;

        if (!g_file_get_contents(*files, &text, &size, error))
            return FALSE;
        key = lt_vkey_read(text, size, error);
        if (key == NULL) {
            g_prefix_error(error, "%s: ", *files);
            return FALSE;
        }
        g_ptr_array_add(keys, key);
        if (key->type == type)
            continue;
        lt_error_set(error, LT_ERROR_INVALID, "log.vkey", "%s: this is the key of a %s", *files,
                     type == LT_NOTE_ED25519 ? "witness, not of a log" : "log, not of a witness");
        return FALSE;
    }
    return TRUE;
}

static gboolean
read_time(LtVerifyOptions *options, GError **error)
{
    guint64 seconds;

    if (options->at == NULL || lt_time_read_seconds(options->at, strlen(options->at), &options->at_us))
        return TRUE;
    if (lt_decimal_read(options->at, strlen(options->at), &seconds) && seconds > 0 && seconds < G_MAXINT64 / G_USEC_PER_SEC) {
        options->at_us = (gint64) seconds * G_USEC_PER_SEC;
        return TRUE;
    }
    lt_error_set(error, LT_ERROR_CONFIG, "usage", _("--at: not a time: write 2026-11-23T16:02:30Z or seconds since 1970"));
    return FALSE;
}

static gboolean
starts_with(const char *data, gsize size, const char *prefix)
{
    return size >= strlen(prefix) && memcmp(data, prefix, strlen(prefix)) == 0;
}

/* The signature lines tell a note from other text. */
static gboolean
looks_like_note(const char *data, gsize size)
{
    return size > 0 && size <= LT_NOTE_MAX_SIZE && memmem(data, size, "\n\n\xe2\x80\x94 ", 6) != NULL;
}

static void
verify_bytes(LtReport *report, GBytes *bytes, const LtVerifyOptions *options)
{
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);

    if (starts_with(data, size, "PK"))
        lt_verify_container(report, bytes, options);
    else if (starts_with(data, size, "c2sp.org/tlog-proof@"))
        lt_verify_proof(report, bytes, options);
    else if (looks_like_note(data, size))
        lt_verify_checkpoint(report, bytes, options);
    else
        lt_report_fail(report, "file.kind", g_strdup(_("File: neither an envelope, a checkpoint nor a proof")));
}

static LtReport *
verify_file(const char *file, const LtVerifyOptions *options)
{
    LtReport *report = lt_report_new(file);
    g_autoptr(GError) error = NULL;
    g_autoptr(GMappedFile) mapped = g_mapped_file_new(file, FALSE, &error);
    g_autoptr(GBytes) bytes = NULL;

    if (mapped == NULL) {
        lt_report_unreadable(report, g_strdup(error->message));
        return report;
    }
    if (g_mapped_file_get_length(mapped) > FILE_MAX) {
        lt_report_fail(report, "file.kind", g_strdup(_("File: larger than any envelope")));
        return report;
    }
    bytes = g_mapped_file_get_bytes(mapped);
    verify_bytes(report, bytes, options);
    return report;
}

static void
seen_head_free(gpointer data)
{
    LtSeenHead *head = data;

    lt_checkpoint_clear(&head->checkpoint);
    g_free(head);
}

static int
run_verify(gpointer data, char **arguments, const LtTerminal *terminal)
{
    LtVerifyOptions *options = data;
    g_autoptr(LtAlgorithms) allowed = NULL;
    g_autoptr(GPtrArray) log_keys = g_ptr_array_new_with_free_func((GDestroyNotify) lt_vkey_free);
    g_autoptr(GPtrArray) witness_keys = g_ptr_array_new_with_free_func((GDestroyNotify) lt_vkey_free);
    g_autoptr(GPtrArray) heads = g_ptr_array_new_with_free_func(seen_head_free);
    g_autoptr(GPtrArray) reports = g_ptr_array_new_with_free_func((GDestroyNotify) lt_report_free);
    g_autoptr(GError) error = NULL;

    options->heads = heads;
    options->log_keys = log_keys;
    options->witness_keys = witness_keys;
    if (!read_time(options, &error)) {
        lt_command_fail(terminal, error);
        return LT_EXIT_USAGE;
    }
    options->allowed = allowed = options->algorithms == NULL ? lt_algorithms_new() : lt_algorithms_load(options->algorithms, &error);
    if (allowed == NULL || !read_keys(options->vkey, LT_NOTE_ED25519, log_keys, &error) ||
        !read_keys(options->witness, LT_NOTE_COSIGNATURE, witness_keys, &error)) {
        lt_command_fail(terminal, error);
        return LT_EXIT_IO;
    }
    for (char **file = arguments; *file != NULL; file++)
        g_ptr_array_add(reports, verify_file(*file, options));
    lt_verify_compare(options);
    for (guint i = 0; i < reports->len; i++)
        lt_report_print(reports->pdata[i], terminal, reports->len > 1);
    return lt_report_exit_code(reports);
}

static const LtVerb verbs[] = {
    { .name = "", .arguments = "FILE…", .min_arguments = 1, .max_arguments = 65536,
      .summary = "Verifies envelopes, evidence files, checkpoints and proofs, offline",
      .description = "Needs no hub, network, database or configuration. Trust comes from the options alone: keys and certificates inside a file never\n"
                     "count. The kind of each file is found from its bytes.\n\n"
                     "Exit code: 0 valid; 1 a check failed; 2 wrong usage; 3 nothing failed, but a trust anchor, CRL, witness or content is\n"
                     "missing; 4 cannot be read. Of several files the weightiest counts: 1, 4, 3, 0.",
      .examples = "lthub verify ho-so.asice --trust ca.pem --crl crl.pem      # an envelope\n"
                  "lthub verify evidence.asice --trust ca.pem --vkey log.vkey --witness w.vkey   # everything held of a dossier\n"
                  "lthub verify checkpoint --vkey log.vkey --witness w.vkey   # a checkpoint of the log\n"
                  "lthub verify e2.tlog-proof --entry e2.entry --vkey log.vkey --quorum 0",
      .options = verify_keys, .options_size = sizeof(LtVerifyOptions), .run = run_verify },
    { 0 },
};

const LtCommand lt_command_verify = { "verify", "verifies envelopes, evidence, checkpoints and proofs without a hub", verbs };
