/* SPDX-License-Identifier: Apache-2.0 */
/* unit-access.c: `lthub unit key` and `lthub unit token`: who may speak for a unit. */
#include "cli/unit.h"

#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/unit-rows.h"
#include "trust/certificates.h"

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
    g_autoptr(LtRegistry) registry = lt_unit_known(admin, terminal, error);

    if (registry == NULL)
        return FALSE;
    if (lt_registry_lookup(registry, id) != NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_NOT_FOUND, "unit.unknown", "no unit \"%s\": import it first", id);
    return FALSE;
}

int
lt_unit_key_add(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtUnitKeyOptions *options = data;
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

int
lt_unit_key_retire(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtUnitKeyOptions *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autoptr(LtRegistry) registry = admin == NULL ? NULL : lt_unit_known(admin, terminal, &error);
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

int
lt_unit_token(gpointer data, char **arguments, const LtTerminal *terminal)
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

int
lt_unit_token_retire(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autoptr(LtRegistry) registry = admin == NULL ? NULL : lt_unit_known(admin, terminal, &error);
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
