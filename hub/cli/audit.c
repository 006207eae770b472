/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c: `lthub audit`: the log of this hub, looked at, checked and proved; beside a running hub or without one.
 *
 * Nothing here changes the log but one thing: reading about a dossier leaves its record first (audit-log.md §16).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/audit-print.h"
#include "cli/audit.h"
#include "cli/commands.h"
#include "store/anchors.h"
#include "store/witness.h"
#include "trust/note.h"

typedef struct {
    gboolean full;
    gint64 from;
    char *dossier, *event, *actor, *since, *until;
    gint64 limit;
    char *output;
} Audit;

static const LtKey check_keys[] = {
    LT_BOOLEAN(Audit, full, "false", "check every entry, node, checkpoint and message, not only the last 10,000 entries"),
    LT_NUMBER(Audit, from, "0", "0..9007199254740991", "with --full: first entry to check"),
    LT_KEYS_END,
};

static const LtKey list_keys[] = {
    LT_STRING(Audit, dossier, "", "code or reference of a dossier; leaves a record read.dossier"),
    LT_STRING(Audit, event, "", "name of an event, such as env.accepted"),
    LT_STRING(Audit, actor, "", "unit id, user or plugin"),
    LT_STRING(Audit, since, "", "first time: 2026-11-23, 2026-11-23T16:02:30Z"),
    LT_STRING(Audit, until, "", "time before which: 2026-11-24, 2026-11-23T17:00:00Z"),
    LT_NUMBER(Audit, limit, "100", "0..1000000000", "newest entries to show at most; 0: all"),
    LT_KEYS_END,
};

static const LtKey output_keys[] = {
    LT_STRING(Audit, output, "", "file to write; also -o"),
    LT_KEYS_END,
};

/* A day, or a second, in UTC. */
static gboolean
read_time(const char *name, const char *text, gint64 *at_us, GError **error)
{
    g_autofree char *midnight = text == NULL ? NULL : g_strconcat(text, "T00:00:00Z", NULL);

    if (text == NULL || lt_time_read_seconds(text, strlen(text), at_us) || lt_time_read_millis(text, strlen(text), at_us) ||
        lt_time_read_seconds(midnight, strlen(midnight), at_us))
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "usage", _("--%s: not a time: write 2026-11-23 or 2026-11-23T16:02:30Z"), name);
    return FALSE;
}

static gboolean
read_number(const char *text, guint64 *number, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;

    if (lt_decimal_read(text, strlen(text), number))
        return TRUE;
    lt_error_set(&error, LT_ERROR_CONFIG, "usage", _("'%s' is not the number of an entry"), text);
    lt_command_fail(terminal, error);
    return FALSE;
}

/* To the file that was asked for, or to standard output: bytes as they are. */
static int
write_out(const char *output, const char *data, gsize size, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;

    if (output == NULL) {
        fwrite(data, 1, size, stdout);
        if (fflush(stdout) == 0)
            return LT_EXIT_OK;
        lt_error_set(&error, LT_ERROR_UNAVAILABLE, "file", "standard output: %s", g_strerror(errno));
    } else if (g_file_set_contents(output, data, (gssize) size, &error)) {
        return LT_EXIT_OK;
    }
    lt_command_fail(terminal, error);
    return LT_EXIT_IO;
}

/* What others have put beside the newest checkpoints. */
typedef struct {
    gboolean cosigned, stamped;
    guint64 cosigned_size, stamped_size;
    gint64 cosigned_us, stamped_us;
} Attested;

static void
print_attested(const char *label, gboolean is_there, guint64 size, gint64 at_us)
{
    g_autofree char *entries = g_strdup_printf("%" G_GUINT64_FORMAT, size);
    char time[25];

    lt_time_write_millis(at_us, time);
    g_print("%s", label);
    if (is_there)
        g_print(_("%s entries, %s\n"), entries, time);
    else
        g_print(_("none\n"));
}

static void
append_attested(GString *line, const char *name, gboolean is_there, guint64 size, gint64 at_us)
{
    g_autofree char *size_name = g_strconcat(name, "_size", NULL), *time_name = g_strconcat(name, "_at", NULL);
    char time[25];

    if (!is_there)
        return;
    lt_time_write_millis(at_us, time);
    lt_json_append_integer(line, size_name, (gint64) size);
    lt_json_append_member(line, time_name, time);
}

static void
print_head(const LtAuditLog *log, const LtLogHead *head, const Attested *attested, const GPtrArray *findings, const char *last_check,
           const LtTerminal *terminal)
{
    g_autofree char *root = lt_base64_dup(head->root.b, sizeof head->root.b);
    g_autofree char *vkey = log->signer == NULL ? NULL : lt_signer_dup_log_vkey(log->signer, head->origin);
    gint64 age_s = MAX(0, lt_time_now_us() - head->at_us) / LT_US_PER_SECOND;
    const char *state = findings->len > 0 ? "halted" : "ok";
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, head->size), *age = g_strdup_printf("%" G_GINT64_FORMAT, age_s);
    char time[25];

    lt_time_write_millis(head->at_us, time);
    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_integer(line, "v", 1);
        lt_json_append_member(line, "origin", head->origin);
        lt_json_append_integer(line, "size", (gint64) head->size);
        lt_json_append_member(line, "root", root);
        lt_json_append_member(line, "state", state);
        lt_json_append_member(line, "code", findings->len > 0 ? ((LtLogFinding *) findings->pdata[0])->code : NULL);
        lt_json_append_member(line, "checkpoint_at", time);
        lt_json_append_integer(line, "checkpoint_age_s", age_s);
        lt_json_append_member(line, "last_check", last_check);
        append_attested(line, "quorum", attested->cosigned, attested->cosigned_size, attested->cosigned_us);
        append_attested(line, "time_stamp", attested->stamped, attested->stamped_size, attested->stamped_us);
        lt_json_append_member(line, "vkey", vkey);
        g_print("%s}\n", line->str);
        return;
    }
    g_print(_("log:          %s\n"), head->origin);
    g_print(_("entries:      %s\n"), size);
    g_print(_("root:         %s\n"), root);
    g_print(_("state:        %s\n"), findings->len > 0 ? _("halted") : _("ok"));
    g_print(_("checkpoint:   %s, %s s old\n"), time, age);
    print_attested(_("witnesses:    "), attested->cosigned, attested->cosigned_size, attested->cosigned_us);
    print_attested(_("time stamp:   "), attested->stamped, attested->stamped_size, attested->stamped_us);
    g_print(_("last check:   %s\n"), last_check != NULL ? last_check : _("none"));
    if (vkey != NULL)
        g_print(_("verifier key: %s\n"), vkey);
    for (guint i = 0; i < findings->len; i++) {
        const LtLogFinding *finding = findings->pdata[i];

        g_print("%s [%s]\n", finding->text, finding->code);
    }
}

static gboolean
take_newest(guint64 index, GBytes *entry, gpointer data)
{
    gsize size;
    const char *text = g_bytes_get_data(entry, &size);
    g_autoptr(LtRecordView) view = lt_record_read(text, size, NULL);
    char time[25];

    (void) index;
    if (view == NULL)
        return FALSE;
    lt_time_write_millis(view->at_us, time);
    *(char **) data = g_strdup_printf("%s %s", time, view->event);
    return FALSE;
}

/* The newer of check.ok and check.failed. */
static char *
find_last_check(LtStore *store)
{
    static const char *const events[] = { "check.ok", "check.failed" };
    char *best = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
        LtLogQuery query = { .event = events[i], .limit = 1, .newest = TRUE };
        g_autofree char *found = NULL;

        /* Times of one form compare as text. */
        if (!lt_store_log_list(store, &query, take_newest, &found, NULL) || g_strcmp0(found, best) <= 0)
            continue;
        g_free(best);
        best = g_steal_pointer(&found);
    }
    return best;
}

static int
run_status(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_auto(LtAuditLog) log = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLogHead) head = NULL;
    g_autoptr(GPtrArray) findings = NULL;
    g_autofree char *last_check = NULL;
    Attested attested = { 0 };

    (void) data;
    (void) arguments;
    if (lt_audit_log_open(&log, terminal, &error))
        head = lt_store_log_head(log.store, &error);
    if (head != NULL)
        findings = lt_store_log_check(log.store, FALSE, 0, NULL, NULL, &error);
    if (findings == NULL)
        return lt_command_fail(terminal, error);
    last_check = find_last_check(log.store);
    attested.cosigned = lt_store_cosigned(log.store, MAX(1, (guint) log.settings.quorum), &attested.cosigned_size, &attested.cosigned_us);
    attested.stamped = lt_store_stamped(log.store, &attested.stamped_size, &attested.stamped_us);
    print_head(&log, head, &attested, findings, last_check, terminal);
    return findings->len > 0 ? LT_EXIT_FAILED : LT_EXIT_OK;
}

static void
show_progress(guint64 done, guint64 total, gpointer data)
{
    lt_progress_show(data, done, total);
}

static int
run_check(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Audit *options = data;
    g_auto(LtAuditLog) log = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLogHead) head = NULL;
    g_autoptr(GPtrArray) findings = NULL;
    LtProgress progress = { .terminal = terminal, .what = _("checking") };

    (void) arguments;
    if (!lt_audit_log_open(&log, terminal, &error))
        return lt_command_fail(terminal, error);
    head = lt_store_log_head(log.store, NULL);
    findings = lt_store_log_check(log.store, options->full, (guint64) options->from, show_progress, &progress, &error);
    lt_progress_end(&progress);
    if (findings == NULL)
        return lt_command_fail(terminal, error);
    return lt_audit_print_check(&log, head == NULL ? 0 : head->size, findings, terminal);
}

/* A page is found from the newest on and shown from the oldest on. */
typedef struct {
    GPtrArray *entries;
    GArray *indexes;
} Page;

static gboolean
take_entry(guint64 index, GBytes *entry, gpointer data)
{
    Page *page = data;

    g_ptr_array_add(page->entries, g_bytes_ref(entry));
    g_array_append_val(page->indexes, index);
    return TRUE;
}

static gboolean
print_at_once(guint64 index, GBytes *entry, gpointer data)
{
    lt_audit_print_entry(index, entry, data);
    return TRUE;
}

static gboolean
print_newest(LtStore *store, const LtLogQuery *query, const LtTerminal *terminal, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(guint64));
    Page page = { entries, indexes };

    if (!lt_store_log_list(store, query, take_entry, &page, error))
        return FALSE;
    for (guint i = entries->len; i > 0; i--)
        lt_audit_print_entry(g_array_index(indexes, guint64, i - 1), entries->pdata[i - 1], terminal);
    return TRUE;
}

static int
run_list(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Audit *options = data;
    g_auto(LtAuditLog) log = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *reference = NULL;
    LtLogQuery query = { .event = options->event, .actor = options->actor, .limit = (guint) options->limit, .newest = options->limit > 0 };
    gboolean done;

    (void) arguments;
    if (!read_time("since", options->since, &query.since_us, &error) || !read_time("until", options->until, &query.until_us, &error)) {
        lt_command_fail(terminal, error);
        return LT_EXIT_USAGE;
    }
    if (options->dossier != NULL) {
        query.dossier = reference = lt_audit_log_record_reading(terminal, options->dossier, &error);
        if (reference == NULL)
            return lt_command_fail(terminal, error);
    }
    if (!lt_audit_log_open(&log, terminal, &error))
        return lt_command_fail(terminal, error);
    done = query.newest ? print_newest(log.store, &query, terminal, &error)
                        : lt_store_log_list(log.store, &query, print_at_once, (gpointer) terminal, &error);
    return done ? LT_EXIT_OK : lt_command_fail(terminal, error);
}

static int
run_show(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Audit *options = data;
    g_auto(LtAuditLog) log = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) entry = NULL;
    guint64 index;
    gsize size;

    if (!read_number(arguments[0], &index, terminal))
        return LT_EXIT_USAGE;
    if (lt_audit_log_open(&log, terminal, &error))
        entry = lt_store_log_entry(log.store, index, &error);
    if (entry == NULL)
        return lt_command_fail(terminal, error);
    if (options->output != NULL) {
        const char *bytes = g_bytes_get_data(entry, &size);

        return write_out(options->output, bytes, size, terminal);
    }
    lt_audit_print_fields(index, entry, terminal);
    return LT_EXIT_OK;
}

static int
run_prove(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Audit *options = data;
    g_auto(LtAuditLog) log = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *proof = NULL;
    guint64 index;

    if (!read_number(arguments[0], &index, terminal))
        return LT_EXIT_USAGE;
    if (lt_audit_log_open(&log, terminal, &error))
        proof = lt_store_log_prove(log.store, index, &error);
    if (proof == NULL)
        return lt_command_fail(terminal, error);
    return write_out(options->output, proof, strlen(proof), terminal);
}

static int
run_consistency(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Audit *options = data;
    g_auto(LtAuditLog) log = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) hashes = NULL;
    g_autoptr(GString) lines = g_string_new(NULL);
    guint64 old_size, size = 0;

    if (!read_number(arguments[0], &old_size, terminal) || (arguments[1] != NULL && !read_number(arguments[1], &size, terminal)))
        return LT_EXIT_USAGE;
    if (lt_audit_log_open(&log, terminal, &error))
        hashes = lt_store_log_consistency(log.store, old_size, size, &error);
    if (hashes == NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < hashes->len; i++) {
        g_autofree char *text = lt_base64_dup(g_array_index(hashes, LtHash, i).b, LT_SHA256_SIZE);

        g_string_append_printf(lines, "%s\n", text);
    }
    return write_out(options->output, lines->str, lines->len, terminal);
}

static int
run_checkpoint(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Audit *options = data;
    g_auto(LtAuditLog) log = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLogHead) head = NULL;

    (void) arguments;
    if (lt_audit_log_open(&log, terminal, &error))
        head = lt_store_log_head(log.store, &error);
    if (head == NULL)
        return lt_command_fail(terminal, error);
    return write_out(options->output, head->note, strlen(head->note), terminal);
}

static const LtVerb verbs[] = {
    { .name = "status", .arguments = "", .summary = "Shows origin, size, root, state and age of the log",
      .description = "Runs the check that a start runs. The verifier key is what others need to check checkpoints and proofs; give it to them on a\n"
                     "way that is not the hub's.",
      .examples = "lthub audit status\nlthub audit status --json | jq -r .vkey > log.vkey", .run = run_status },
    { .name = "check", .arguments = "", .summary = "Checks the log and what it promises",
      .description = "Without --full: the database, the newest checkpoint, the last 10,000 entries and the tree. With --full: every entry, node,\n"
                     "checkpoint, message, attachment and receipt. Exit code 1: something was found, each with its code; 3: nothing was found,\n"
                     "but the log key could not be read.",
      .examples = "lthub audit check\nlthub audit check --full --json", .options = check_keys, .options_size = sizeof(Audit), .run = run_check },
    { .name = "list", .arguments = "", .summary = "Lists entries by dossier, event, actor and time",
      .description = "With --dossier the reading itself is recorded first, by the running hub or, when none runs, by this command; without the record\n"
                     "nothing is shown. With --json each line is the entry itself.",
      .examples = "lthub audit list --limit 20\nlthub audit list --dossier 000.00.01.H52-261123-0001\nlthub audit list --event env.refused --since 2026-11-23",
      .options = list_keys, .options_size = sizeof(Audit), .run = run_list },
    { .name = "show", .arguments = "N", .min_arguments = 1, .max_arguments = 1, .summary = "Shows one entry",
      .examples = "lthub audit show 2\nlthub audit show 2 -o e2.entry    # its bytes, for lthub verify --entry", .options = output_keys,
      .options_size = sizeof(Audit), .run = run_show },
    { .name = "prove", .arguments = "N", .min_arguments = 1, .max_arguments = 1, .summary = "Proves that an entry is in the log (tlog-proof)",
      .examples = "lthub audit prove 2 -o e2.tlog-proof", .options = output_keys, .options_size = sizeof(Audit), .run = run_prove },
    { .name = "consistency", .arguments = "M [N]", .min_arguments = 1, .max_arguments = 2,
      .summary = "Proves that the log of N entries continues that of M", .description = "Without N: the newest checkpoint. One base64 hash per line.",
      .examples = "lthub audit consistency 20 1000", .options = output_keys, .options_size = sizeof(Audit), .run = run_consistency },
    { .name = "checkpoint", .arguments = "", .summary = "Prints the newest signed checkpoint", .examples = "lthub audit checkpoint -o checkpoint",
      .options = output_keys, .options_size = sizeof(Audit), .run = run_checkpoint },
    { .name = "witness list", .arguments = "", .summary = "Lists who cosigns our checkpoints, and whose we cosign",
      .description = "They are the sections [witness NAME] and [log NAME] of the configuration.", .examples = "lthub audit witness list", .run = lt_audit_witness_list_run },
    { .name = "witness push", .arguments = "", .summary = "Asks all witnesses to cosign the newest checkpoint, now",
      .description = "The hub asks by itself while the log grows; this is for after a change, or before evidence is taken.", .examples = "lthub audit witness push",
      .run = lt_audit_witness_push_run },
    { .name = "anchor", .arguments = "", .summary = "Has the newest checkpoint stamped and signed legally, now",
      .description = "The hub does so by itself on its schedule ([audit] anchor_every). A newer stamp covers every entry below it: this renews an old algorithm, too.",
      .examples = "lthub audit anchor", .run = lt_audit_anchor_run },
    { .name = "evidence", .arguments = "", .summary = "Writes everything held of a dossier into one file that verifies without the hub",
      .description = "Every envelope and receipt byte for byte, every entry of the log with its proof, the checkpoint with what others have put beside it, a\n"
                     "page for printing (summary.html), and how to verify it all with sh, openssl and unzip. The export is recorded in the log.\n"
                     "A dossier too large for one file is cut into parts, FILE-2, FILE-3 …; each verifies alone.",
      .examples = "lthub audit evidence --dossier 000.00.14.H52-251123-0001 -o evidence.asice\n"
                  "lthub verify evidence.asice --trust ca.pem --vkey log.vkey --quorum 0",
      .options = lt_audit_evidence_keys, .options_size = sizeof(LtAuditEvidence), .run = lt_audit_evidence_run },
    { 0 },
};

const LtCommand lt_command_audit = { "audit", "shows, checks and proves the audit log", verbs };
