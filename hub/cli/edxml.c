/* SPDX-License-Identifier: Apache-2.0 */
/* edxml.c: `lthub edxml`: what the hub makes of a file of the state document axis. The plugin ioffice reads it, with the code of a delivery; here
 * it is only asked and its answer shown. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/commands.h"
#include "routing/loader.h"

#define PLUGIN "ioffice"
#define DEPTH_MAX 32
#define UNUSABLE 2 /* the exit code of read for a file that is no message */

typedef struct {
    char *signers;
    char *plugins;
} Options;

static const LtKey read_keys[] = {
    LT_PATH(Options, signers, "", "PEM file with the certificates of partners whose signatures count"),
    LT_STRING(Options, plugins, "", "folders to look for plugins in, separated by : (default: those of the hub)"),
    LT_KEYS_END,
};

static const LtKey check_keys[] = {
    LT_STRING(Options, plugins, "", "folders to look for plugins in, separated by : (default: those of the hub)"),
    LT_KEYS_END,
};

/* Returns: what the plugin says; *is_io: the file could not be read */
static char *
ask_plugin(const Options *options, const char *verb, const char *path, const char *language, gboolean *is_io, GError **error)
{
    g_autoptr(LtLoader) loader = lt_loader_new(options->plugins);
    const LtLoaded *loaded = lt_loader_get(loader, PLUGIN, NULL, error);
    g_autoptr(GHashTable) words = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GBytes) document = NULL;
    g_autoptr(GError) cause = NULL;
    char *text;
    gsize size;

    *is_io = TRUE;
    if (loaded == NULL)
        return NULL;
    if (loaded->plugin.inspect == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "plugin.old", "%s reads no files: it is older than this hub", loaded->path);
        return NULL;
    }
    if (!g_file_get_contents(path, &text, &size, &cause)) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "io", "%s", cause->message);
        return NULL;
    }
    *is_io = FALSE;
    document = g_bytes_new_take(text, size);
    g_hash_table_insert(words, (gpointer) "verb", (gpointer) verb);
    g_hash_table_insert(words, (gpointer) "lang", (gpointer) language);
    if (options->signers != NULL)
        g_hash_table_insert(words, (gpointer) "signers", options->signers);
    return loaded->plugin.inspect(words, document, error);
}

/* The answer on its way to the terminal: one line per value, lists numbered. */
typedef struct {
    char *names[DEPTH_MAX]; /* of the members that are open */
    guint index[DEPTH_MAX]; /* of the element, 0 in an object */
} Shown;

static void
show_value(Shown *self, const LtJsonEvent *event)
{
    g_autofree char *text = lt_escape_for_log(event->text);

    for (guint depth = 1; depth <= event->depth && depth < DEPTH_MAX; depth++) {
        if (self->index[depth] > 0)
            g_print("[%u]", self->index[depth]);
        else
            g_print("%s%s", depth > 1 ? "/" : "", self->names[depth]);
    }
    g_print(": %s\n", text);
}

static gboolean
show(const LtJsonEvent *event, gpointer data, GError **error)
{
    Shown *self = data;
    gboolean is_end = event->kind == LT_JSON_OBJECT_END || event->kind == LT_JSON_ARRAY_END;

    (void) error;
    if (event->depth + 1 >= DEPTH_MAX || is_end)
        return TRUE;
    if (event->kind == LT_JSON_NAME) {
        g_free(self->names[event->depth]);
        self->names[event->depth] = g_strdup(event->text);
        return TRUE;
    }
    if (self->index[event->depth] > 0 || self->names[event->depth] == NULL)
        self->index[event->depth] += event->depth > 0;
    if (event->kind == LT_JSON_OBJECT_BEGIN || event->kind == LT_JSON_ARRAY_BEGIN) {
        g_clear_pointer(&self->names[event->depth + 1], g_free);
        self->index[event->depth + 1] = 0;
    } else if (event->kind == LT_JSON_STRING || event->kind == LT_JSON_INTEGER) {
        show_value(self, event);
    }
    return TRUE;
}

static void
show_all(const char *json)
{
    Shown shown = { { NULL }, { 0 } };

    lt_json_scan(json, strlen(json), LT_JSON_PAYLOAD, NULL, show, &shown, NULL, NULL);
    for (guint i = 0; i < DEPTH_MAX; i++)
        g_free(shown.names[i]);
}

static void
print_refusal(const char *path, const char *word, const GError *error, const LtTerminal *terminal)
{
    g_autofree char *text = lt_escape_for_log(error->message);

    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "file", path);
        g_string_append_printf(line, ",\"%s\":false", word);
        lt_json_append_member(line, "code", lt_error_get_reason(error));
        lt_json_append_member(line, "message", text);
        g_print("%s}\n", line->str);
    } else {
        g_print("%s\t%s\t%s\n", path, lt_error_get_reason(error), text);
    }
}

static int
run_read(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    gboolean is_io;
    g_autofree char *json = ask_plugin(data, "read", arguments[0], terminal->language, &is_io, &error);

    if (json == NULL && (is_io || error->code == LT_ERROR_CONFIG))
        return lt_command_fail(terminal, error);
    if (json == NULL) {
        print_refusal(arguments[0], "usable", error, terminal);
        return UNUSABLE;
    }
    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "file", arguments[0]);
        g_print("%s,%s\n", line->str, json + 1);
    } else {
        show_all(json);
    }
    return LT_EXIT_OK;
}

static int
run_check(gpointer data, char **arguments, const LtTerminal *terminal)
{
    int code = LT_EXIT_OK;

    for (; *arguments != NULL; arguments++) {
        g_autoptr(GError) error = NULL;
        gboolean is_io;
        g_autofree char *json = ask_plugin(data, "check", *arguments, terminal->language, &is_io, &error);

        if (json == NULL && is_io)
            return lt_command_fail(terminal, error);
        if (json == NULL) {
            print_refusal(*arguments, "valid", error, terminal);
            code = LT_EXIT_FAILED;
        } else if (terminal->json) {
            g_autoptr(GString) line = g_string_new("{");

            lt_json_append_member(line, "file", *arguments);
            g_print("%s,\"valid\":true}\n", line->str);
        } else {
            g_print("%s\tok\n", *arguments);
        }
    }
    return code;
}

static const LtVerb verbs[] = {
    { .name = "read", .arguments = "FILE", .min_arguments = 1, .max_arguments = 1,
      .summary = "Shows what the hub understands of an edXML file, and what is odd about it",
      .description = "Prints header, kind, attachments with size and SHA-256, the verdict on the signature and a list of verdicts; nothing is sent or kept.\n"
                     "The codes of the verdicts are explained in the README of the plugin ioffice. Exit code 0: a message that can be used, though something\n"
                     "may be odd or an attachment damaged; 2: it is none.",
      .examples = "lthub edxml read van-ban.edxml    # why was it held?\n"
                  "lthub edxml read van-ban.edxml --json | jq '.verdicts[].code'\n"
                  "lthub edxml read van-ban.edxml --signers doi-tac.pem    # is its signature good?",
      .options = read_keys, .options_size = sizeof(Options), .run = run_read },
    { .name = "check", .arguments = "FILE…", .min_arguments = 1, .max_arguments = G_MAXUINT,
      .summary = "Says whether edXML files have the strict form that the hub writes",
      .description = "Each file is held against the schema of the hub (schemas/edxml/edxml.xsd). Real systems write more loosely: a file that is not valid here may\n"
                     "well be read. One line per file: the file, a tab, and `ok` or the code.",
      .examples = "lthub edxml check van-ban.edxml    # would we have written it so?",
      .options = check_keys, .options_size = sizeof(Options), .run = run_check },
    { 0 },
};

const LtCommand lt_command_edxml = { "edxml", "reads and checks messages of the state document axis", verbs };
