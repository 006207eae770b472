/* SPDX-License-Identifier: Apache-2.0 */
/* case.c: cases found in a folder and read, and texts compared with what is expected. Running them is in case-run.c. */
#include "routing/case-private.h"

#include <string.h>

#include "base/message.h"

#define REQUEST_SUFFIX "-request.http"
#define REPLY_SUFFIX "-reply.http"
#define ANY "{any}"

static const LtKey keys[] = {
    LT_CHOICE(LtCaseKeys, verb, "deliver", "deliver|collect|receive", "what the plugin is asked to do"),
    LT_STRING(LtCaseKeys, type, "dossier.submit", "type of the message that is delivered"),
    LT_STRING(LtCaseKeys, from, "H52.101", "its sender"),
    LT_STRING(LtCaseKeys, to, "H52.102", "its receiver"),
    LT_STRING(LtCaseKeys, id, "01a20000-0000-7000-8000-000000000001", "its id"),
    LT_STRING(LtCaseKeys, dossier, "0f9d5c49-0000-4000-8000-000000000001", "its dossier"),
    LT_STRING(LtCaseKeys, issued, "2026-11-23T01:02:03Z", "when it was issued, UTC"),
    LT_PATH(LtCaseKeys, payload, "", "its payload (default: payload.json or payload.xml beside case.conf)"),
    LT_LIST(LtCaseKeys, attachments, "", "files beside case.conf that are attached"),
    LT_STRING(LtCaseKeys, role, "form", "role of the attachments"),
    LT_STRING(LtCaseKeys, media_type, "application/pdf", "media type of the attachments"),
    LT_STRING(LtCaseKeys, cursor, "", "collect: where it goes on"),
    LT_STRING(LtCaseKeys, cursor_after, "", "collect: where it must have come to"),
    LT_CHOICE(LtCaseKeys, outcome, "done", "done|refused|postponed|held", "what must come of it"),
    LT_STRING(LtCaseKeys, reason, "", "reason word that a failure must have"),
    LT_KEYS_END,
};

static void
exchange_free(gpointer data)
{
    LtCaseExchange *self = data;

    g_free(self->request_path);
    g_free(self->reply_path);
    g_free(self);
}

void
lt_case_free(LtCase *self)
{
    if (self == NULL)
        return;
    lt_keys_clear(keys, &self->keys);
    g_ptr_array_unref(self->exchanges);
    g_strfreev(self->attachments);
    g_free(self->expected);
    g_free(self->received);
    g_free(self->name);
    g_free(self->folder);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtCase, lt_case_free)

const char *
lt_case_get_name(const LtCase *self)
{
    return self->name;
}

static char *
file_if_there(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    return g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&path) : NULL;
}

/* Presets, or case.conf over them. */
static gboolean
read_keys(LtCase *self, const char *path, LtFaults *faults)
{
    g_autofree char *name = path != NULL ? g_strdup(path) : g_build_filename(self->folder, "case.conf", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = path != NULL ? lt_settings_load(path, &error) : lt_settings_parse("[case]\n", name, &error);
    LtSection *section = settings != NULL ? lt_settings_lookup(settings, "case", NULL) : NULL;
    const LtKey *tables[] = { keys, NULL };
    gpointer structs[] = { &self->keys, NULL };

    if (section != NULL)
        return lt_section_fill(section, tables, structs, faults);
    lt_faults_add(faults, "%s", error != NULL ? error->message : "");
    if (error == NULL)
        lt_faults_add(faults, "%s: needs a section [case]", name);
    return FALSE;
}

static void
resolve_attachments(LtCase *self)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (char **name = self->keys.attachments; name != NULL && *name != NULL; name++) {
        g_autofree char *path = g_build_filename(self->folder, *name, NULL);

        g_strv_builder_add(builder, path);
    }
    self->attachments = g_strv_builder_end(builder);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_names(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* A reply without a request answers whatever comes. */
static void
find_exchanges(LtCase *self)
{
    g_autoptr(GPtrArray) names = list_names(self->folder);

    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *request = NULL;
        LtCaseExchange *exchange;

        if (!g_str_has_suffix(name, REPLY_SUFFIX))
            continue;
        exchange = g_new0(LtCaseExchange, 1);
        request = g_strdup_printf("%.*s%s", (int) (strlen(name) - strlen(REPLY_SUFFIX)), name, REQUEST_SUFFIX);
        exchange->request_path = file_if_there(self->folder, request);
        exchange->reply_path = g_build_filename(self->folder, name, NULL);
        g_ptr_array_add(self->exchanges, exchange);
    }
}

static LtCase *
case_new(const char *name, const char *folder)
{
    LtCase *self = g_new0(LtCase, 1);

    self->name = g_strdup(name);
    self->folder = g_strdup(folder);
    self->exchanges = g_ptr_array_new_with_free_func(exchange_free);
    return self;
}

/* @file: X.in */
static LtCase *
read_mapping(const char *folder, const char *file, LtFaults *faults)
{
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(".in"));
    g_autofree char *out = g_strconcat(name, ".out", NULL);
    g_autofree char *conf = g_strconcat(name, ".conf", NULL);
    g_autofree char *conf_path = file_if_there(folder, conf);
    g_autoptr(LtCase) self = case_new(name, folder);

    self->is_mapping = TRUE;
    self->expected = file_if_there(folder, out);
    if (self->expected == NULL)
        lt_faults_add(faults, "%s/%s: there is no %s with the request that it becomes", folder, file, out);
    if (!read_keys(self, conf_path, faults) || self->expected == NULL)
        return NULL;
    g_free(self->keys.payload);
    self->keys.payload = g_build_filename(folder, file, NULL);
    resolve_attachments(self);
    return g_steal_pointer(&self);
}

static LtCase *
read_folder_case(const char *folder, const char *name, const char *conf, LtFaults *faults)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(LtCase) self = case_new(name, path);

    if (!read_keys(self, conf, faults))
        return NULL;
    if (self->keys.payload == NULL)
        self->keys.payload = file_if_there(path, "payload.json");
    if (self->keys.payload == NULL)
        self->keys.payload = file_if_there(path, "payload.xml");
    resolve_attachments(self);
    find_exchanges(self);
    self->expected = file_if_there(path, strcmp(self->keys.verb, "receive") == 0 ? "answer.http" : "messages.txt");
    self->received = file_if_there(path, "received.http");
    if (strcmp(self->keys.verb, "receive") == 0 && self->received == NULL) {
        lt_faults_add(faults, "%s: verb = receive needs received.http, the request that comes in", path);
        return NULL;
    }
    return g_steal_pointer(&self);
}

GPtrArray *
lt_cases_list(const char *folder, GError **error)
{
    g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func((GDestroyNotify) lt_case_free);
    g_autoptr(GPtrArray) names = list_names(folder);
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autofree char *all = NULL;

    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *conf = g_build_filename(folder, name, "case.conf", NULL);
        LtCase *found = NULL;

        if (g_str_has_suffix(name, ".in"))
            found = read_mapping(folder, name, faults);
        else if (g_file_test(conf, G_FILE_TEST_IS_REGULAR))
            found = read_folder_case(folder, name, conf, faults);
        if (found != NULL)
            g_ptr_array_add(cases, found);
    }
    if (faults->len == 0)
        return g_steal_pointer(&cases);
    g_ptr_array_add(faults, NULL);
    all = g_strjoinv("\n", (char **) faults->pdata);
    lt_error_set(error, LT_ERROR_CONFIG, "case", "%s", all);
    return NULL;
}

char *
lt_cases_folder(LtSection *section)
{
    const char *named = lt_section_lookup(section, "cases");
    g_autofree char *beside = g_path_get_dirname(lt_section_get_file(section));

    if (named != NULL && *named != '\0')
        return g_path_is_absolute(named) ? g_strdup(named) : g_build_filename(beside, named, NULL);
    return g_strdup_printf("%s/%s.cases", beside, lt_section_get_name(section));
}

gboolean
lt_case_takes(const LtCase *self, LtCaseTwist twist)
{
    if (twist == LT_CASE_AS_IS)
        return TRUE;
    return !self->is_mapping && strcmp(self->keys.verb, "receive") != 0 && self->exchanges->len > 0 &&
           (twist != LT_CASE_AGAIN || strcmp(self->keys.verb, "deliver") == 0);
}

const char *
lt_case_twist_word(LtCaseTwist twist)
{
    static const char *const words[] = {
        [LT_CASE_AS_IS] = "as given",          [LT_CASE_AGAIN] = "delivered twice",     [LT_CASE_CANCELLED] = "cancelled",
        [LT_CASE_TIMEOUT] = "no answer in time", [LT_CASE_CUT] = "the answer is cut off", [LT_CASE_HALF] = "half of the answer's body",
        [LT_CASE_TOO_LARGE] = "an answer too large",
    };

    return words[twist];
}

/* The pieces between {any} must stand in the line in their order, the first at its start and the last at its end. */
static gboolean
line_matches(const char *expected, const char *found)
{
    g_auto(GStrv) pieces = g_strsplit(expected, ANY, -1);
    guint n = g_strv_length(pieces);
    const char *at = found;

    if (n < 2)
        return g_str_equal(expected, found);
    if (!g_str_has_prefix(found, pieces[0]))
        return FALSE;
    at += strlen(pieces[0]);
    for (guint i = 1; i + 1 < n; i++) {
        at = strstr(at, pieces[i]);
        if (at == NULL)
            return FALSE;
        at += strlen(pieces[i]);
    }
    return strlen(at) >= strlen(pieces[n - 1]) && g_str_has_suffix(at, pieces[n - 1]);
}

char *
lt_case_compare(const char *expected, const char *found)
{
    g_autofree char *wanted = g_strchomp(g_strdup(expected));
    g_autofree char *given = g_strchomp(g_strdup(found));
    g_auto(GStrv) expected_lines = g_strsplit(wanted, "\n", -1);
    g_auto(GStrv) found_lines = g_strsplit(given, "\n", -1);

    for (guint i = 0;; i++) {
        const char *e = expected_lines[i], *f = found_lines[i];

        if (e == NULL && f == NULL)
            return NULL;
        if (e == NULL || f == NULL || !line_matches(e, f))
            return g_strdup_printf("line %u:\n  expected: %s\n  found:    %s", i + 1, e != NULL ? e : "(nothing more)", f != NULL ? f : "(nothing more)");
    }
}

char *
lt_case_render_built(LtMessageBuilder *message)
{
    const LtBuilt *built = lt_message_builder_get(message);
    GString *out = g_string_new(NULL);
    gsize size = 0;
    const char *payload = built->payload != NULL ? g_bytes_get_data(built->payload, &size) : NULL;

    g_string_append_printf(out, "type: %s\nfrom: %s\nto: %s\n", built->type, built->from, built->to);
    if (built->key != NULL)
        g_string_append_printf(out, "key: %s\n", built->key);
    if (built->dossier != NULL)
        g_string_append_printf(out, "dossier: %s\n", built->dossier);
    if (built->re != NULL)
        g_string_append_printf(out, "re: %s %s\n", built->re->from, built->re->id);
    if (built->orig_kind != NULL)
        g_string_append_printf(out, "original: %s %s\n", built->orig_kind, built->orig_verdict);
    for (guint i = 0; i < built->attachments->len; i++) {
        const LtBuiltPart *part = built->attachments->pdata[i];

        if (built->orig_kind == NULL || i != built->orig_index)
            g_string_append_printf(out, "attachment: %s %s %" G_GSIZE_FORMAT "\n", part->role, part->media_type, g_bytes_get_size(part->content));
    }
    if (payload != NULL)
        g_string_append_printf(out, "payload: %s\n%.*s\n", built->payload_type, (int) size, payload);
    return g_string_free(out, FALSE);
}
