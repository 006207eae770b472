/* SPDX-License-Identifier: Apache-2.0 */
/* unit-rows.c: rows of the register written out. */
#include "cli/unit-rows.h"

#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"

static void
begin_row(GString *out)
{
    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
}

char *
lt_unit_rows_to_json(const LtRegistryRows *rows)
{
    GString *out = g_string_new("{\"units\":[");

    for (guint i = 0; i < rows->units->len; i++) {
        const LtUnitRow *row = rows->units->pdata[i];

        begin_row(out);
        lt_json_append_member(out, "id", row->id);
        lt_json_append_member(out, "admin_code", row->admin_code);
        lt_json_append_member(out, "name", row->name);
        lt_json_append_member(out, "level", row->level);
        lt_json_append_member(out, "parent", row->parent);
        lt_json_append_member(out, "valid_from", row->valid_from);
        lt_json_append_member(out, "valid_to", row->valid_to);
        lt_json_append_member(out, "basis", row->basis);
        g_string_append_c(out, '}');
    }
    g_string_append(out, "],\"aliases\":[");
    for (guint i = 0; i < rows->aliases->len; i++) {
        const LtAliasRow *row = rows->aliases->pdata[i];

        begin_row(out);
        lt_json_append_member(out, "unit", row->unit);
        lt_json_append_member(out, "alias", row->alias);
        g_string_append_c(out, '}');
    }
    g_string_append(out, "],\"successors\":[");
    for (guint i = 0; i < rows->successors->len; i++) {
        const LtSuccessorRow *row = rows->successors->pdata[i];

        begin_row(out);
        lt_json_append_member(out, "unit", row->unit);
        lt_json_append_member(out, "successor", row->successor);
        lt_json_append_member(out, "procedure", row->procedure);
        lt_json_append_member(out, "area", row->area);
        lt_json_append_member(out, "effective", row->effective);
        lt_json_append_member(out, "basis", row->basis);
        g_string_append_c(out, '}');
    }
    g_string_append(out, "]}");
    return g_string_free(out, FALSE);
}

char *
lt_unit_key_to_json(const LtUnitKeyRow *key)
{
    GString *out = g_string_new("{");
    char from[21], until[21];

    lt_time_write_seconds(key->from_us, from);
    lt_time_write_seconds(key->until_us, until);
    lt_json_append_member(out, "spki", key->spki);
    lt_json_append_member(out, "use", key->use);
    lt_json_append_member(out, "role", key->role);
    lt_json_append_member(out, "from", from);
    lt_json_append_member(out, "until", key->until_us != 0 ? until : NULL);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}

static void
print_key(const LtUnitKeyRow *key)
{
    char from[21], until[21];

    lt_time_write_seconds(key->from_us, from);
    lt_time_write_seconds(key->until_us, until);
    g_print(_("  key        %s  %s, %s, from %s%s%s\n"), key->spki, key->use, key->role, from, key->until_us != 0 ? _(" until ") : "", key->until_us != 0 ? until : "");
}

void
lt_unit_rows_print(const LtRegistryRows *rows, const LtUnitRow *facts)
{
    const char *unit = facts->id;

    g_print(_("  in force   %s … %s\n  parent     %s\n  basis      %s\n"), facts->valid_from, facts->valid_to != NULL ? facts->valid_to : "",
            facts->parent != NULL ? facts->parent : "-", facts->basis != NULL ? facts->basis : "-");
    for (guint i = 0; i < rows->aliases->len; i++) {
        const LtAliasRow *row = rows->aliases->pdata[i];

        if (strcmp(row->unit, unit) == 0)
            g_print(_("  alias      %s\n"), row->alias);
    }
    for (guint i = 0; i < rows->successors->len; i++) {
        const LtSuccessorRow *row = rows->successors->pdata[i];

        if (strcmp(row->unit, unit) == 0)
            g_print(_("  successor  %s from %s%s%s%s%s\n"), row->successor, row->effective, row->procedure != NULL ? _(" for procedure ") : "",
                    row->procedure != NULL ? row->procedure : "", row->area != NULL ? _(" in area ") : "", row->area != NULL ? row->area : "");
    }
    for (guint i = 0; i < rows->keys->len; i++) {
        const LtUnitKeyRow *key = rows->keys->pdata[i];

        if (strcmp(key->unit, unit) == 0)
            print_key(key);
    }
    for (guint i = 0; i < rows->tokens->len; i++) {
        const LtTokenRow *token = rows->tokens->pdata[i];
        char until[21];

        lt_time_write_seconds(token->until_us, until);
        if (strcmp(token->unit, unit) == 0)
            g_print("  token      %s%s%s\n", token->id, token->until_us != 0 ? _(" until ") : "", token->until_us != 0 ? until : "");
    }
    for (guint i = 0; i < rows->suspensions->len; i++) {
        const LtSuspensionRow *row = rows->suspensions->pdata[i];
        char from[21], until[21];

        lt_time_write_seconds(row->from_us, from);
        lt_time_write_seconds(row->until_us, until);
        if (strcmp(row->unit, unit) == 0)
            g_print(_("  suspended  from %s%s%s (%s)\n"), from, row->until_us != 0 ? _(" until ") : "", row->until_us != 0 ? until : "", row->basis);
    }
}

const LtUnitKeyRow *
lt_unit_rows_find_key(const LtRegistryRows *rows, const char *unit, const char *spki, const char *use)
{
    for (guint i = 0; i < rows->keys->len; i++) {
        const LtUnitKeyRow *key = rows->keys->pdata[i];

        if (strcmp(key->unit, unit) == 0 && strcmp(key->spki, spki) == 0 && strcmp(key->use, use) == 0)
            return key;
    }
    return NULL;
}

const LtTokenRow *
lt_unit_rows_find_token(const LtRegistryRows *rows, const char *unit, const char *id)
{
    for (guint i = 0; i < rows->tokens->len; i++) {
        const LtTokenRow *token = rows->tokens->pdata[i];

        if (strcmp(token->unit, unit) == 0 && strcmp(token->id, id) == 0)
            return token;
    }
    return NULL;
}
