/* SPDX-License-Identifier: Apache-2.0 */
/* unit.c: `lthub unit`: the register of units, their keys and their tokens. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/admin.h"
#include "cli/commands.h"
#include "cli/unit-rows.h"
#include "registry/day.h"
#include "registry/unit-list.h"
#include "trust/certificates.h"

typedef struct {
    char *prefix;
    char *parent;
    char *valid_from;
    char *valid_to;
    char *basis;
    gboolean dry_run;
} Import;

static const LtKey import_keys[] = {
    LT_STRING(Import, prefix, "", "for lists of administrative codes: the id of a unit is PREFIX.CODE"),
    LT_STRING(Import, parent, "", "for lists of codes: id of the unit above the highest ones"),
    LT_STRING(Import, valid_from, "", "for lists of codes: first day, such as 2025-07-01"),
    LT_STRING(Import, valid_to, "", "for lists of codes: first day on which they are no more"),
    LT_STRING(Import, basis, "", "for lists of codes: legal basis"),
    LT_BOOLEAN(Import, dry_run, "false", "check the list and change nothing"),
    LT_KEYS_END,
};

typedef struct {
    char *at;
    char *level;
} Look;

static const LtKey list_keys[] = {
    LT_STRING(Look, at, "", "day to look at, such as 2025-07-01 (default: today)"),
    LT_STRING(Look, level, "", "only units of this level"),
    LT_KEYS_END,
};

static const LtKey show_keys[] = {
    LT_STRING(Look, at, "", "day to look at (default: today)"),
    LT_KEYS_END,
};

typedef struct {
    char *certificate;
    char *use;
    char *role;
    char *spki;
} Key;

static const LtKey key_add_keys[] = {
    LT_PATH(Key, certificate, NULL, "PEM certificate that holds the key"),
    LT_CHOICE(Key, use, NULL, "sign|tls", "what the key may do for the unit: seal envelopes, or call over TLS"),
    LT_CHOICE(Key, role, "unit", "unit|hub", "hub: the key may stand for the units below"),
    LT_KEYS_END,
};

static const LtKey key_retire_keys[] = {
    LT_STRING(Key, spki, NULL, "the key: SHA-256 of its SubjectPublicKeyInfo, 64 hex digits"),
    LT_CHOICE(Key, use, "sign", "sign|tls", "which of its registrations ends"),
    LT_KEYS_END,
};

static gboolean
read_day(const char *text, gint64 *at_us, GError **error)
{
    if (text == NULL) {
        *at_us = lt_time_now_us();
        return TRUE;
    }
    if (lt_day_read(text, at_us))
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "usage", "\"%s\" is not a day such as 2025-07-01", text);
    return FALSE;
}

static LtRegistry *
open_registry(const LtTerminal *terminal, GError **error)
{
    g_autoptr(LtStore) store = lt_admin_open_reader(terminal->config, error);
    LtRegistryRows *rows = store == NULL ? NULL : lt_store_load_registry(store, error);

    return rows == NULL ? NULL : lt_registry_new(rows, error);
}

/* What is there now, to which a list may refer; an admin command sees it through the store or the running hub's file. */
static LtRegistry *
known_registry(LtAdmin *admin, const LtTerminal *terminal, GError **error)
{
    LtStore *store = lt_admin_get_store(admin);
    LtRegistryRows *rows = store == NULL ? NULL : lt_store_load_registry(store, error);

    if (store == NULL)
        return open_registry(terminal, error);
    return rows == NULL ? NULL : lt_registry_new(rows, error);
}

/* Judges what would be, then writes: with our own hands, or through the running hub. */
static gboolean
put_rows(LtAdmin *admin, LtRegistry *known, const LtRegistryRows *rows, gboolean dry_run, GError **error)
{
    LtRegistryRows *after = lt_registry_rows_new();
    g_autoptr(LtRegistry) would_be = NULL;
    g_autofree char *body = NULL;
    g_autofree char *answer = NULL;

    lt_registry_rows_put(after, lt_registry_get_rows(known));
    lt_registry_rows_put(after, rows);
    would_be = lt_registry_new(after, error);
    if (would_be == NULL || dry_run)
        return would_be != NULL;
    if (lt_admin_get_store(admin) != NULL)
        return lt_store_change_registry(lt_admin_get_store(admin), rows, "hub", lt_admin_get_unit(admin), error);
    body = lt_unit_rows_to_json(rows);
    answer = lt_admin_call(admin, "POST", "/v1/admin/units", body, error);
    return answer != NULL;
}

static int
print_faults(GPtrArray *faults, const LtTerminal *terminal)
{
    for (guint i = 0; i < faults->len; i++) {
        if (terminal->json) {
            g_autoptr(GString) line = g_string_new("{");

            lt_json_append_member(line, "fault", faults->pdata[i]);
            g_print("%s}\n", line->str);
        } else {
            g_printerr("%s\n", (const char *) faults->pdata[i]);
        }
    }
    if (!terminal->json)
        g_printerr(_("Nothing was imported.\n"));
    return LT_EXIT_FAILED;
}

static int
run_import(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Import *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autoptr(LtRegistry) known = admin == NULL ? NULL : known_registry(admin, terminal, &error);
    LtUnitListOptions list = { options->prefix, options->parent, options->valid_from, options->valid_to, options->basis, known };
    g_autoptr(LtRegistryRows) rows = known == NULL ? NULL : lt_unit_list_read(arguments[0], &list, faults, &error);

    if (faults->len > 0)
        return print_faults(faults, terminal);
    if (rows == NULL || !put_rows(admin, known, rows, options->dry_run, &error))
        return lt_command_fail(terminal, error);
    if (terminal->json)
        g_print("{\"units\":%u,\"aliases\":%u,\"successors\":%u,\"changed\":%s}\n", rows->units->len, rows->aliases->len, rows->successors->len,
                options->dry_run ? "false" : "true");
    else
        g_print(options->dry_run ? _("%u units, %u aliases, %u successors would be imported\n") : _("%u units, %u aliases, %u successors imported\n"),
                rows->units->len, rows->aliases->len, rows->successors->len);
    return LT_EXIT_OK;
}

static void
print_unit(const LtUnit *unit, gint64 at_us, const LtTerminal *terminal)
{
    gboolean valid = lt_unit_is_valid(unit, at_us);
    g_autoptr(GString) line = g_string_new("{");

    if (!terminal->json) {
        g_print("%-20s %-12s %-8s %s%s\n", lt_unit_get_id(unit), lt_unit_get_level(unit), lt_unit_get_admin_code(unit) != NULL ? lt_unit_get_admin_code(unit) : "-",
                lt_unit_get_name(unit), valid ? "" : _("  (not in force)"));
        return;
    }
    lt_json_append_member(line, "id", lt_unit_get_id(unit));
    lt_json_append_member(line, "admin_code", lt_unit_get_admin_code(unit));
    lt_json_append_member(line, "name", lt_unit_get_name(unit));
    lt_json_append_member(line, "level", lt_unit_get_level(unit));
    lt_json_append_member(line, "parent", lt_unit_get_parent(unit));
    g_print("%s,\"in_force\":%s}\n", line->str, valid ? "true" : "false");
}

static int
run_list(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Look *options = data;
    g_autoptr(GError) error = NULL;
    gint64 at_us;
    g_autoptr(LtRegistry) registry = read_day(options->at, &at_us, &error) ? open_registry(terminal, &error) : NULL;

    (void) arguments;
    if (registry == NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < lt_registry_get_n_units(registry); i++) {
        const LtUnit *unit = lt_registry_get_unit(registry, i);

        if (lt_unit_is_valid(unit, at_us) && (options->level == NULL || g_strcmp0(options->level, lt_unit_get_level(unit)) == 0))
            print_unit(unit, at_us, terminal);
    }
    return LT_EXIT_OK;
}

static int
run_show(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Look *options = data;
    g_autoptr(GError) error = NULL;
    gint64 at_us;
    g_autoptr(LtRegistry) registry = read_day(options->at, &at_us, &error) ? open_registry(terminal, &error) : NULL;
    const LtUnit *unit = registry == NULL ? NULL : lt_registry_lookup(registry, arguments[0]);

    if (registry != NULL && unit == NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "unit.unknown", "no unit \"%s\", neither as id nor as alias", arguments[0]);
    if (unit == NULL)
        return lt_command_fail(terminal, error);
    print_unit(unit, at_us, terminal);
    if (!terminal->json)
        lt_unit_rows_print(lt_registry_get_rows(registry), lt_unit_get_id(unit));
    return LT_EXIT_OK;
}

static gboolean
put_key(LtAdmin *admin, LtUnitKeyRow *key, GError **error)
{
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    g_autofree char *path = g_strdup_printf("/v1/admin/units/%s/keys", key->unit);
    g_autofree char *body = lt_unit_key_to_json(key);
    g_autofree char *answer = NULL;

    g_ptr_array_add(rows->keys, key);
    if (lt_admin_get_store(admin) != NULL)
        return lt_store_change_registry(lt_admin_get_store(admin), rows, "hub", lt_admin_get_unit(admin), error);
    answer = lt_admin_call(admin, "POST", path, body, error);
    return answer != NULL;
}

static gboolean
check_unit(LtAdmin *admin, const LtTerminal *terminal, const char *id, GError **error)
{
    g_autoptr(LtRegistry) registry = known_registry(admin, terminal, error);

    if (registry == NULL)
        return FALSE;
    if (lt_registry_lookup(registry, id) != NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_NOT_FOUND, "unit.unknown", "no unit \"%s\": import it first", id);
    return FALSE;
}

static int
run_key_add(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Key *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autofree char *text = NULL;
    g_autofree char *spki = NULL;
    LtUnitKeyRow *key;
    gsize size;

    if (admin == NULL || !check_unit(admin, terminal, arguments[0], &error) || !g_file_get_contents(options->certificate, &text, &size, &error))
        return lt_command_fail(terminal, error);
    spki = lt_certificate_spki((const guint8 *) text, size, &error);
    if (spki == NULL)
        return lt_command_fail(terminal, error);
    key = g_new0(LtUnitKeyRow, 1);
    *key = (LtUnitKeyRow) { g_strdup(spki), g_strdup(arguments[0]), g_strdup(options->use), g_strdup(options->role), lt_time_now_us(), 0 };
    /* A key counts from the second in which it was registered: messages carry whole seconds. */
    key->from_us -= key->from_us % LT_US_PER_SECOND;
    if (!put_key(admin, key, &error))
        return lt_command_fail(terminal, error);
    g_print(terminal->json ? "{\"spki\":\"%s\"}\n" : "%s\n", spki);
    return LT_EXIT_OK;
}

static int
run_key_retire(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Key *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autoptr(LtRegistry) registry = admin == NULL ? NULL : known_registry(admin, terminal, &error);
    const LtUnitKeyRow *found = registry == NULL ? NULL : lt_unit_rows_find_key(lt_registry_get_rows(registry), arguments[0], options->spki, options->use);
    LtUnitKeyRow *key;

    if (registry != NULL && found == NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "key.unknown", "%s has no such key for use %s", arguments[0], options->use);
    if (found == NULL)
        return lt_command_fail(terminal, error);
    key = g_new0(LtUnitKeyRow, 1);
    *key = (LtUnitKeyRow) { g_strdup(found->spki), g_strdup(found->unit), g_strdup(found->use), g_strdup(found->role), found->from_us, lt_time_now_us() };
    return put_key(admin, key, &error) ? LT_EXIT_OK : lt_command_fail(terminal, error);
}

static int
run_token(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    g_autofree char *path = g_strdup_printf("/v1/admin/units/%s/tokens", arguments[0]);
    g_autofree char *token = NULL;
    g_autofree char *answer = NULL;
    LtJsonPick picks[] = { { "token", NULL }, { NULL, NULL } };
    LtTokenRow *row = NULL;

    (void) data;
    if (admin == NULL || !check_unit(admin, terminal, arguments[0], &error))
        return lt_command_fail(terminal, error);
    if (lt_admin_get_store(admin) != NULL) {
        token = lt_token_new(arguments[0], lt_time_now_us(), 0, &row);
        g_ptr_array_add(rows->tokens, row);
        if (!lt_store_change_registry(lt_admin_get_store(admin), rows, "hub", lt_admin_get_unit(admin), &error))
            return lt_command_fail(terminal, error);
    } else {
        answer = lt_admin_call(admin, "POST", path, "{}", &error);
        if (answer == NULL || !lt_json_scan(answer, strlen(answer), LT_JSON_CONFIG, NULL, NULL, NULL, picks, &error))
            return lt_command_fail(terminal, error);
        token = picks[0].value;
    }
    if (terminal->json)
        g_print("{\"unit\":\"%s\",\"token\":\"%s\"}\n", arguments[0], token);
    else
        g_print(_("%s\nThis is shown once: hand it to the unit on a safe way.\n"), token);
    return LT_EXIT_OK;
}

static int
run_token_retire(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autoptr(LtRegistry) registry = admin == NULL ? NULL : known_registry(admin, terminal, &error);
    const LtTokenRow *found = registry == NULL ? NULL : lt_unit_rows_find_token(lt_registry_get_rows(registry), arguments[0], arguments[1]);
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    g_autofree char *path = g_strdup_printf("/v1/admin/units/%s/tokens/%s/retire", arguments[0], arguments[1]);
    g_autofree char *answer = NULL;
    LtTokenRow *ended;

    (void) data;
    if (registry != NULL && found == NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "token.unknown", "%s has no such token; `lthub unit show` lists their ids", arguments[0]);
    if (found == NULL)
        return lt_command_fail(terminal, error);
    if (lt_admin_get_store(admin) == NULL) {
        answer = lt_admin_call(admin, "POST", path, NULL, &error);
        return answer != NULL ? LT_EXIT_OK : lt_command_fail(terminal, error);
    }
    ended = g_new0(LtTokenRow, 1);
    *ended = (LtTokenRow) { g_strdup(found->id), g_strdup(found->hash), g_strdup(found->unit), found->from_us, lt_time_now_us() };
    g_ptr_array_add(rows->tokens, ended);
    return lt_store_change_registry(lt_admin_get_store(admin), rows, "hub", lt_admin_get_unit(admin), &error) ? LT_EXIT_OK : lt_command_fail(terminal, error);
}

static const LtVerb verbs[] = {
    { .name = "import", .arguments = "FILE.csv", .min_arguments = 1, .max_arguments = 1, .summary = "Imports units from a list: all of it, or nothing with every fault named",
      .description = "The hub's own form has a header line with id,admin_code,name,level,parent,valid_from,valid_to,basis,aliases,successors.\n"
                     "Lists of administrative codes (commune_code,commune; old_code,new_code) are understood as well; then --prefix, --parent and\n"
                     "--valid-from say the rest. Units are matched by id, or by code and date, never by name.",
      .examples = "lthub unit import units.csv --dry-run\nlthub unit import units.csv", .options = import_keys, .options_size = sizeof(Import), .run = run_import },
    { .name = "list", .arguments = "", .summary = "Lists the units in force on a day", .examples = "lthub unit list --at 2025-06-30 --level district",
      .options = list_keys, .options_size = sizeof(Look), .run = run_list },
    { .name = "show", .arguments = "UNIT", .min_arguments = 1, .max_arguments = 1, .summary = "Shows a unit, by id or alias: dates, parent, successors, keys",
      .examples = "lthub unit show H52.101", .options = show_keys, .options_size = sizeof(Look), .run = run_show },
    { .name = "key add", .arguments = "UNIT", .min_arguments = 1, .max_arguments = 1, .summary = "Registers a key for a unit",
      .examples = "lthub unit key add H52.101 --certificate H52.101.pem --use sign\nlthub unit key add H52 --certificate H52.pem --use sign --role hub",
      .options = key_add_keys, .options_size = sizeof(Key), .run = run_key_add },
    { .name = "key retire", .arguments = "UNIT", .min_arguments = 1, .max_arguments = 1, .summary = "Ends a key's registration; what it sealed before stays valid",
      .examples = "lthub unit key retire H52.101 --spki 4f3c…", .options = key_retire_keys, .options_size = sizeof(Key), .run = run_key_retire },
    { .name = "token", .arguments = "UNIT", .min_arguments = 1, .max_arguments = 1, .summary = "Makes a token with which the unit's system calls the hub",
      .examples = "lthub unit token H52.101 --json", .run = run_token },
    { .name = "token retire", .arguments = "UNIT ID", .min_arguments = 2, .max_arguments = 2, .summary = "Ends a token at once, named by its public id",
      .description = "The ids of a unit's tokens are shown by `lthub unit show`. The secret itself is never kept.",
      .examples = "lthub unit token retire H52.101 5d41402abc4b2a76b9719d911017c592ae2f3b1c4d5e6f708192a3b4c5d6e7f8", .run = run_token_retire },
    { 0 },
};

const LtCommand lt_command_unit = { "unit", "keeps the register of units, their keys and tokens", verbs };
