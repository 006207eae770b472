/* SPDX-License-Identifier: Apache-2.0 */
/* unit-suspend.c: `lthub unit suspend` and `resume`: a unit that may not call for a time. */
#include "cli/unit.h"

#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"

/* @row: (transfer full). Beside the hub the store is changed; a running hub is asked. */
static int
put(LtAdmin *admin, LtSuspensionRow *row, const char *verb, const char *body, const LtTerminal *terminal)
{
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    g_autofree char *path = g_strdup_printf("/v1/admin/units/%s/%s", row->unit, verb);
    g_autofree char *answer = NULL;
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(rows->suspensions, row);
    if (lt_admin_get_store(admin) != NULL) {
        if (lt_store_change_registry(lt_admin_get_store(admin), rows, "hub", lt_admin_get_unit(admin), &error))
            return LT_EXIT_OK;
    } else {
        answer = lt_admin_call(admin, "POST", path, body, &error);
        if (answer != NULL)
            return LT_EXIT_OK;
    }
    return lt_command_fail(terminal, error);
}

static char *
write_body(const LtUnitSuspendOptions *options)
{
    GString *out = g_string_new("{");

    lt_json_append_member(out, "basis", options->basis);
    lt_json_append_member(out, "until", options->until);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}

int
lt_unit_suspend(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtUnitSuspendOptions *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autoptr(LtRegistry) registry = admin == NULL ? NULL : lt_unit_known(admin, terminal, &error);
    const LtUnit *unit = registry == NULL ? NULL : lt_registry_lookup(registry, arguments[0]);
    g_autofree char *body = write_body(options);
    LtSuspensionRow *row;
    gint64 now_us = lt_time_now_us(), until_us = 0;

    if (registry != NULL && unit == NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "unit.unknown", _("no unit \"%s\", neither as id nor as alias nor as code on this day"), arguments[0]);
    if (unit == NULL)
        return lt_command_fail(terminal, error);
    if (options->until != NULL && (!lt_time_read_seconds(options->until, strlen(options->until), &until_us) || until_us <= now_us)) {
        lt_error_set(&error, LT_ERROR_CONFIG, "usage", _("--until: not a time to come, such as 2026-12-01T00:00:00Z"));
        lt_command_fail(terminal, error);
        return LT_EXIT_USAGE;
    }
    row = g_new0(LtSuspensionRow, 1);
    *row = (LtSuspensionRow) { g_strdup(lt_unit_get_id(unit)), g_strdup(options->basis), now_us, until_us };
    return put(admin, row, "suspend", body, terminal);
}

int
lt_unit_resume(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAdmin) admin = lt_admin_open(terminal->config, &error);
    g_autoptr(LtRegistry) registry = admin == NULL ? NULL : lt_unit_known(admin, terminal, &error);
    gint64 now_us = lt_time_now_us();
    const LtSuspensionRow *known = registry == NULL ? NULL : lt_registry_suspension(registry, arguments[0], now_us);
    LtSuspensionRow *row;

    (void) data;
    if (registry != NULL && known == NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "unit.not-suspended", _("unit %s is not suspended"), arguments[0]);
    if (known == NULL)
        return lt_command_fail(terminal, error);
    row = g_new0(LtSuspensionRow, 1);
    *row = (LtSuspensionRow) { g_strdup(known->unit), g_strdup(known->basis), known->from_us, now_us };
    return put(admin, row, "resume", NULL, terminal);
}
