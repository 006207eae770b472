/* SPDX-License-Identifier: Apache-2.0 */
/* audit-evidence.c: `lthub audit evidence`: everything that the hub holds of a dossier, in a file that verifies without it.
 *
 * The running hub makes the file, because its keys seal it and its log records the export; without one this command does, with the same functions.
 */
#include "cli/audit.h"

#include <gio/gio.h>
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "casework/evidence.h"
#include "cli/admin.h"

const LtKey lt_audit_evidence_keys[] = {
    LT_STRING(LtAuditEvidence, dossier, NULL, "code or reference of the dossier"),
    LT_STRING(LtAuditEvidence, to, "", "unit that asked for it (default: this hub)"),
    LT_STRING(LtAuditEvidence, output, "", "file to write; also -o (default: evidence-REFERENCE.asice)"),
    LT_BOOLEAN(LtAuditEvidence, without_content, "false", "leave out payloads and attachments; what remains still verifies"),
    LT_KEYS_END,
};

/* FILE, and FILE-2, FILE-3 before its ending for the other parts. */
static char *
part_name(const char *output, const char *reference, guint part)
{
    g_autofree char *first = output != NULL ? g_strdup(output) : g_strdup_printf("evidence-%s.asice", reference);
    const char *dot = strrchr(first, '.');

    if (part == 1)
        return g_steal_pointer(&first);
    if (dot == NULL || strchr(dot, '/') != NULL)
        return g_strdup_printf("%s-%u", first, part);
    return g_strdup_printf("%.*s-%u%s", (int) (dot - first), first, part, dot);
}

static gboolean
write_file(const char *name, GInputStream *stream, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(name);
    g_autoptr(GFileOutputStream) out = g_file_replace(file, NULL, FALSE, G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION, NULL, error);

    return out != NULL && g_output_stream_splice(G_OUTPUT_STREAM(out), stream,
                                                 G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, error) >= 0;
}

static void
print_written(const char *name, guint part, const LtTerminal *terminal)
{
    g_autoptr(GString) line = g_string_new("{");

    if (!terminal->json) {
        g_print(_("%s: written, part %u\n"), name, part);
        return;
    }
    lt_json_append_integer(line, "v", 1);
    lt_json_append_member(line, "file", name);
    lt_json_append_integer(line, "part", part);
    g_print("%s}\n", line->str);
}

static gboolean
make_here(LtAdmin *admin, const LtAuditEvidence *options, guint part, char **name, gboolean *last, GError **error)
{
    const LtHubSettings *settings = lt_admin_get_settings(admin);
    LtEvidenceRequest request = { .store = lt_admin_get_store(admin), .signer = lt_admin_get_signer(admin), .dossier = options->dossier,
                                  .to = options->to, .without_content = options->without_content, .anchors = settings->anchors,
                                  .crl = settings->crl, .actor_kind = "hub", .actor = settings->unit };
    g_autoptr(LtEvidence) evidence = lt_evidence_make(&request, part, error);
    g_autoptr(GInputStream) stream = NULL;
    guint64 size;

    if (evidence == NULL)
        return FALSE;
    *name = part_name(options->output, lt_evidence_get_reference(evidence), part);
    *last = part >= lt_evidence_get_parts(evidence);
    stream = lt_evidence_open(evidence, &size);
    return write_file(*name, stream, error);
}

static char *
write_question(const LtAuditEvidence *options, guint part)
{
    GString *out = g_string_new("{");
    g_autofree char *number = g_strdup_printf("%u", part);

    lt_json_append_member(out, "dossier", options->dossier);
    lt_json_append_member(out, "to", options->to);
    lt_json_append_member(out, "part", number);
    lt_json_append_member(out, "without_content", options->without_content ? "true" : NULL);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}

/* The part after the last one is not found. */
static gboolean
fetch(LtAdmin *admin, const LtAuditEvidence *options, guint part, char **name, gboolean *last, GError **error)
{
    g_autofree char *question = write_question(options, part);
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) bytes = lt_admin_fetch(admin, "POST", "/v1/admin/evidence", question, &cause);
    g_autoptr(GInputStream) stream = NULL;

    *last = bytes == NULL && part > 1 && g_strcmp0(lt_error_get_reason(cause), "evidence.part") == 0;
    if (*last)
        return TRUE;
    if (bytes == NULL) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    *name = part_name(options->output, options->dossier, part);
    stream = g_memory_input_stream_new_from_bytes(bytes);
    return write_file(*name, stream, error);
}

int
lt_audit_evidence_run(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtAuditEvidence *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    gboolean last = FALSE;

    (void) arguments;
    if (admin == NULL)
        return lt_command_fail(terminal, error);
    for (guint part = 1; !last; part++) {
        g_autofree char *name = NULL;

        if (!(lt_admin_get_store(admin) != NULL ? make_here : fetch)(admin, options, part, &name, &last, &error))
            return lt_command_fail(terminal, error);
        if (name != NULL)
            print_written(name, part, terminal);
    }
    return LT_EXIT_OK;
}
