/* SPDX-License-Identifier: Apache-2.0 */
/* envelope-check.c: `lthub envelope check`: would this envelope be received, and if not, which code would it get?
 *
 * It runs the receiving function itself, V1–V10, with a folder's anchors, CRL and units instead of a hub's. Duplicates and
 * references are known within one call only. An answer may stand before the envelope that it answers: what names an envelope
 * not known yet waits for the others, so that the order of the files does not matter to references.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/envelope.h"
#include "trust/envelope.h"
#include "trust/payload.h"

#define PIECE_BYTES 65536
#define UNITS_MAX_COLUMNS 2

typedef struct {
    const LtEnvelopeCheck *options;
    LtTrust *trust;
    LtPayloads *payloads;
    GHashTable *keys;  /* of "UNIT TAB spki": every key of every unit */
    GHashTable *units; /* of unit ids */
    GHashTable *seen;  /* of "FROM TAB id" → manifest, of what was accepted in this call */
    gboolean may_wait; /* for an envelope that another file may bring; */
    gboolean waits;    /* the present one does */
} Check;

/* One file and what was found. */
typedef struct {
    const char *path;
    GError *error; /* %NULL: it would be received */
    gboolean io;   /* it could not be read */
    gboolean done;
} Finding;

const LtKey lt_envelope_check_keys[] = {
    LT_PATH(LtEnvelopeCheck, trust, NULL, "folder with root.pem, crl.pem and units.tsv"),
    LT_STRING(LtEnvelopeCheck, unit, NULL, "the receiving unit"),
    LT_NUMBER(LtEnvelopeCheck, now, "0", "0..253402300799", "Unix seconds that count as now; 0: the clock"),
    LT_BYTES(LtEnvelopeCheck, max_bytes, "100M", "1..2147483647", "largest container (envelope.max_bytes)"),
    LT_DURATION(LtEnvelopeCheck, crl_max_age, "24h", "0ms..8760h", "how old the CRL may be (crl.max_age); 0: any age"),
    LT_BOOLEAN(LtEnvelopeCheck, no_payload_schema, "false", "leave out the schema of the payload; its guards still run"),
    LT_BOOLEAN(LtEnvelopeCheck, explain, "false", "say on the standard error why a file is refused"),
    LT_KEYS_END,
};

static char *
pair(const char *a, const char *b)
{
    return g_strconcat(a, "\t", b, NULL);
}

/* The hub that may seal for others is the one that checks: no other is known here. */
static gboolean
key_is_registered(gpointer data, const char *spki_hex, const char *from, gint64 issued_us, gboolean by_hub)
{
    Check *self = data;
    g_autofree char *own = pair(from, spki_hex);
    g_autofree char *hub = pair(self->options->unit, spki_hex);

    (void) issued_us;
    return g_hash_table_contains(self->keys, own) ||
           (by_hub && g_hash_table_contains(self->units, from) && g_hash_table_contains(self->keys, hub));
}

/* There is no plan here: served is the own unit; and what the own unit sends (its receipts) may go to every known one. */
static LtTo
find_receiver(gpointer data, const LtHeader *header)
{
    Check *self = data;

    if (strcmp(header->to, self->options->unit) == 0)
        return LT_TO_SERVED;
    if (!g_hash_table_contains(self->units, header->to))
        return LT_TO_UNKNOWN;
    return strcmp(header->from, self->options->unit) == 0 ? LT_TO_SERVED : LT_TO_NOT_SERVED;
}

static const char *
lookup(Check *self, const char *from, const char *id)
{
    g_autofree char *key = pair(from, id);

    return g_hash_table_lookup(self->seen, key);
}

static char *
manifest_of(gpointer data, const char *from, const char *id)
{
    Check *self = data;
    const char *known = lookup(self, from, id);

    self->waits = self->may_wait && known == NULL;
    return g_strdup(known);
}

static LtSeen
seen(gpointer data, const char *from, const char *id, const char *manifest, GError **error)
{
    const char *known = lookup(data, from, id);

    (void) error;
    if (known == NULL)
        return LT_SEEN_NEW;
    return strcmp(known, manifest) == 0 ? LT_SEEN_SAME : LT_SEEN_CONFLICT;
}

/* An evidence file is never sent (envelope.md §6). */
static gboolean
type_is_allowed(gpointer data, const char *from, const char *to, const char *type)
{
    (void) data;
    (void) from;
    (void) to;
    return strcmp(type, "audit.evidence") != 0;
}

static gboolean
check_payload(gpointer data, const LtHeader *header, GBytes *payload, GError **error)
{
    Check *self = data;
    const LtPart *part = header->parts->pdata[0];
    LtPayloadFacts facts = { 0 };
    gboolean good = lt_payload_check(self->payloads, header->type, part->media_type, payload, !self->options->no_payload_schema,
                                     &facts, error);

    if (good && !self->options->no_payload_schema)
        good = lt_payload_check_papers(header->type, part->media_type, payload, header->parts->len - 1, error);
    lt_payload_facts_clear(&facts);
    return good;
}

/* The size is known before anything is walked, as by HTTP's Content-Length (V0). */
static gboolean
fits(const Check *self, const char *path, GError **error)
{
    GStatBuf status;

    if (g_stat(path, &status) != 0 || status.st_size <= self->options->max_bytes)
        return TRUE;
    lt_error_set(error, LT_ERROR_TOO_LARGE, "env.size.total", "container has %" G_GOFFSET_FORMAT " bytes", (goffset) status.st_size);
    return FALSE;
}

/* *io: the file could not be read, which is no verdict on what is in it. */
static LtContainer *
walk(const Check *self, const char *path, gboolean *io, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_autoptr(GError) cause = NULL;
    g_autoptr(GFileInputStream) in = g_file_read(file, NULL, &cause);
    g_autoptr(LtContainerReader) reader = lt_container_reader_new((guint64) self->options->max_bytes, NULL);
    g_autofree guint8 *piece = g_malloc(PIECE_BYTES);
    gssize n = -1;

    if (!fits(self, path, error))
        return NULL;
    while (in != NULL && (n = g_input_stream_read(G_INPUT_STREAM(in), piece, PIECE_BYTES, NULL, &cause)) > 0)
        if (!lt_container_reader_feed(reader, piece, (gsize) n, error))
            return NULL;
    if (n == 0)
        return lt_container_reader_finish(reader, error);
    *io = TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "io", "%s", cause->message);
    return NULL;
}

static void
remember(Check *self, const LtEnvelope *envelope)
{
    const LtHeader *header = lt_message_get_header(envelope->message);

    g_hash_table_replace(self->seen, pair(header->from, header->id), g_strdup(lt_message_get_manifest(envelope->message)));
}

static void
check_file(Check *self, Finding *finding)
{
    const LtReceiver receiver = {
        .trust = self->trust,
        .now_us = self->options->now != 0 ? self->options->now * LT_US_PER_SECOND : lt_time_now_us(),
        .scope = self->options->no_payload_schema ? LT_RECEIVE_NO_SCHEMA : LT_RECEIVE_ALL,
        .data = self,
        .key_is_registered = key_is_registered,
        .find_receiver = find_receiver,
        .seen = seen,
        .type_is_allowed = type_is_allowed,
        .manifest_of = manifest_of,
        .check_payload = check_payload,
    };
    LtContainer *container = walk(self, finding->path, &finding->io, &finding->error);
    g_autoptr(LtEnvelope) envelope = NULL;

    self->waits = FALSE;
    if (container != NULL)
        envelope = lt_envelope_receive(container, &receiver, NULL, NULL, &finding->error);
    finding->done = !self->waits;
    if (self->waits)
        g_clear_error(&finding->error);
    else if (envelope != NULL)
        remember(self, envelope);
}

/* In the order of the files; those that wait come again as long as others got on, and at last as they are. */
static void
check_in_turn(Check *self, Finding *findings, guint n)
{
    gboolean waiting = TRUE, moved = TRUE;

    for (self->may_wait = TRUE; waiting; self->may_wait = moved) {
        waiting = moved = FALSE;
        for (guint i = 0; i < n; i++) {
            if (findings[i].done)
                continue;
            check_file(self, &findings[i]);
            moved |= findings[i].done;
            waiting |= !findings[i].done;
        }
    }
}

static void
print_result(const char *path, const GError *error, const Check *self, const LtTerminal *terminal)
{
    const char *code = error == NULL ? "ok" : lt_error_get_reason(error);

    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "file", path);
        lt_json_append_member(line, "code", code);
        g_print("%s}\n", line->str);
    } else {
        g_print("%s\t%s\n", path, code);
    }
    if (error != NULL && self->options->explain) {
        g_autofree char *text = lt_escape_for_log(error->message);

        g_printerr("%s: %s\n", path, text);
    }
}

static gboolean
read_unit(Check *self, const char *line, guint number, GError **error)
{
    g_auto(GStrv) columns = g_strsplit(line, "\t", -1);
    guint8 spki[LT_SHA256_SIZE];

    if (g_strv_length(columns) < UNITS_MAX_COLUMNS || !lt_unit_id_is_valid(columns[0], strlen(columns[0])) ||
        !lt_hex_read(columns[1], strlen(columns[1]), spki, sizeof spki)) {
        lt_error_set(error, LT_ERROR_CONFIG, "trust.file", "units.tsv, line %u: not a unit id, a tab and 64 hexadecimal digits", number);
        return FALSE;
    }
    g_hash_table_add(self->units, g_strdup(columns[0]));
    g_hash_table_add(self->keys, pair(columns[0], columns[1]));
    return TRUE;
}

static gboolean
read_units(Check *self, GError **error)
{
    g_autofree char *path = g_build_filename(self->options->trust, "units.tsv", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, &cause)) {
        lt_error_set(error, LT_ERROR_CONFIG, "trust.file", "%s", cause->message);
        return FALSE;
    }
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++) { /* the first line names the columns */
        g_strchomp(lines[i]);
        if (lines[i][0] != '\0' && !read_unit(self, lines[i], i + 1, error))
            return FALSE;
    }
    return TRUE;
}

/* Without a CRL every certificate is env.cert.revocation-unknown: that is a verdict, not a fault of the folder. */
static gboolean
load_trust(Check *self, GError **error)
{
    g_autofree char *root = g_build_filename(self->options->trust, "root.pem", NULL);
    g_autofree char *crl = g_build_filename(self->options->trust, "crl.pem", NULL);
    g_autofree char *conf = g_build_filename(self->options->trust, "algorithms.conf", NULL);
    GStatBuf status;
    gboolean has_crl = g_stat(crl, &status) == 0 && status.st_size > 0;

    self->trust = lt_trust_load(root, has_crl ? crl : NULL, self->options->crl_max_age, error);
    if (self->trust == NULL || !read_units(self, error))
        return FALSE;
    if (g_file_test(conf, G_FILE_TEST_EXISTS)) {
        g_autoptr(LtAlgorithms) algorithms = lt_algorithms_load(conf, error);

        if (algorithms == NULL)
            return FALSE;
        lt_trust_set_algorithms(self->trust, algorithms);
    }
    self->payloads = lt_payloads_load(error);
    return self->payloads != NULL;
}

static void
check_clear(Check *self)
{
    g_clear_pointer(&self->trust, lt_trust_unref);
    g_clear_pointer(&self->payloads, lt_payloads_free);
    g_hash_table_unref(self->keys);
    g_hash_table_unref(self->units);
    g_hash_table_unref(self->seen);
}

/* Weight of exit codes: 1, 4, 0 (audit-log.md §16). */
static int
check_files(Check *self, char **paths, const LtTerminal *terminal)
{
    guint n = g_strv_length(paths);
    g_autofree Finding *findings = g_new0(Finding, n);
    gboolean failed = FALSE, unreadable = FALSE;

    for (guint i = 0; i < n; i++)
        findings[i].path = paths[i];
    check_in_turn(self, findings, n);
    for (guint i = 0; i < n; i++) {
        if (findings[i].io)
            lt_command_fail(terminal, findings[i].error);
        else
            print_result(findings[i].path, findings[i].error, self, terminal);
        failed |= findings[i].error != NULL && !findings[i].io;
        unreadable |= findings[i].io;
        g_clear_error(&findings[i].error);
    }
    return failed ? LT_EXIT_FAILED : unreadable ? LT_EXIT_IO : LT_EXIT_OK;
}

int
lt_envelope_check_run(gpointer options, char **arguments, const LtTerminal *terminal)
{
    Check self = { .options = options };
    g_autoptr(GError) error = NULL;
    int code;

    self.keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self.units = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    code = load_trust(&self, &error) ? check_files(&self, arguments, terminal) : lt_command_fail(terminal, error);
    check_clear(&self);
    return code;
}
