/* SPDX-License-Identifier: Apache-2.0 */
/* admin-units.c: the operator's hand on the register: units, their keys, their tokens. Runs in a worker.
 *
 * A change is judged as a whole against what is there before anything is written; then it is recorded, written and put in force.
 */
#include "http/resources.h"

#include <string.h>

#include "base/json.h"
#include "base/value.h"
#include "http/json-rows.h"
#include "http/routes.h"
#include "registry/change.h"
#include "routing/dispatcher.h"
#include "routing/reorganisation.h"

#define ACTOR_KIND "hub"

static gboolean
invalid(GError **error, const char *what, const char *name)
{
    lt_error_set(error, LT_ERROR_INVALID, "http.json", "%s: %s", name, what);
    return FALSE;
}

static void
append_row(GString *out, const char *const *names, const char *const *values)
{
    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
    for (guint i = 0; names[i] != NULL; i++)
        lt_json_append_member(out, names[i], values[i]);
    g_string_append_c(out, '}');
}

static const char *const unit_names[] = { "id", "admin_code", "name", "level", "parent", "valid_from", "valid_to", "basis", NULL };
static const char *const alias_names[] = { "unit", "alias", NULL };
static const char *const successor_names[] = { "unit", "successor", "procedure", "area", "effective", "basis", NULL };
static const char *const suspension_names[] = { "unit", "from", "until", "basis", NULL };
static const char *const key_names[] = { "unit", "spki", "use", "role", "from", "until", NULL };

static void
append_key(GString *out, const LtUnitKeyRow *row)
{
    char from[21] = "", until[21] = "";

    lt_time_write_seconds(row->from_us, from);
    if (row->until_us != 0)
        lt_time_write_seconds(row->until_us, until);
    append_row(out, key_names, (const char *const[]) { row->unit, row->spki, row->use, row->role, from, until[0] != '\0' ? until : NULL });
}

static void
append_suspension(GString *out, const LtSuspensionRow *row)
{
    char from[21] = "", until[21] = "";

    lt_time_write_seconds(row->from_us, from);
    if (row->until_us != 0)
        lt_time_write_seconds(row->until_us, until);
    append_row(out, suspension_names, (const char *const[]) { row->unit, from, until[0] != '\0' ? until : NULL, row->basis });
}

static char *
write_registry(const LtRegistryRows *rows)
{
    GString *out = g_string_new("{\"units\":[");

    for (guint i = 0; i < rows->units->len; i++) {
        const LtUnitRow *row = rows->units->pdata[i];

        append_row(out, unit_names,
                   (const char *const[]) { row->id, row->admin_code, row->name, row->level, row->parent, row->valid_from, row->valid_to, row->basis });
    }
    g_string_append(out, "],\"aliases\":[");
    for (guint i = 0; i < rows->aliases->len; i++) {
        const LtAliasRow *row = rows->aliases->pdata[i];

        append_row(out, alias_names, (const char *const[]) { row->unit, row->alias });
    }
    g_string_append(out, "],\"successors\":[");
    for (guint i = 0; i < rows->successors->len; i++) {
        const LtSuccessorRow *row = rows->successors->pdata[i];

        append_row(out, successor_names, (const char *const[]) { row->unit, row->successor, row->procedure, row->area, row->effective, row->basis });
    }
    g_string_append(out, "],\"keys\":[");
    for (guint i = 0; i < rows->keys->len; i++)
        append_key(out, rows->keys->pdata[i]);
    g_string_append(out, "],\"suspensions\":[");
    for (guint i = 0; i < rows->suspensions->len; i++)
        append_suspension(out, rows->suspensions->pdata[i]);
    g_string_append(out, "]}");
    return g_string_free(out, FALSE);
}

void
lt_admin_units_list(LtExchange *exchange)
{
    g_autoptr(LtRegistry) registry = lt_intake_ref_registry(lt_exchange_get_parts(exchange)->intake);

    lt_exchange_reply_text(exchange, 200, LT_JSON, write_registry(lt_registry_get_rows(registry)));
}

/* Judges what would be, writes, puts in force. */
static gboolean
change(LtExchange *exchange, LtRegistryRows *rows, GError **error)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    LtRegistryRows *all = lt_store_load_registry(parts->store, error);
    g_autoptr(LtRegistry) known = all == NULL ? NULL : lt_registry_new(all, error);
    g_autoptr(LtRegistry) after = NULL;
    g_autoptr(GError) fault = NULL;

    if (known == NULL)
        return FALSE;
    lt_registry_complete(known, rows);
    after = lt_registry_with(known, rows, &fault);
    if (after == NULL) { /* what was asked for is wrong, not the configuration */
        lt_error_set(error, LT_ERROR_INVALID, lt_error_get_reason(fault), "%s", fault->message);
        return FALSE;
    }
    return lt_store_change_registry(parts->store, rows, ACTOR_KIND, parts->unit, error) && parts->refresh_registry(parts->hub, error);
}

/* Copies the row's values in order of @names; @required ones must be there, others than @names may not. */
static gboolean
take_values(const LtJsonRow *row, const char *const *names, guint required_mask, char **values, GError **error)
{
    GHashTableIter iter;
    gpointer name;

    for (guint i = 0; names[i] != NULL; i++) {
        const char *value = g_hash_table_lookup(row->values, names[i]);

        if (value == NULL && (required_mask & (1u << i)) != 0)
            return invalid(error, "a row lacks it", names[i]);
        values[i] = g_strdup(value);
    }
    g_hash_table_iter_init(&iter, row->values);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (!g_strv_contains(names, name))
            return invalid(error, "a row has no such member", name);
    return TRUE;
}

/* The rows' structs begin with their strings in the order of the names, so a row is filled by position. */
G_STATIC_ASSERT(sizeof(LtUnitRow) == 8 * sizeof(char *));
G_STATIC_ASSERT(sizeof(LtAliasRow) == 2 * sizeof(char *));
G_STATIC_ASSERT(sizeof(LtSuccessorRow) == 6 * sizeof(char *));

static gboolean
take_rows(const GPtrArray *given, LtRegistryRows *rows, GError **error)
{
    const struct {
        const char *list;
        const char *const *names;
        guint required;
        gsize size;
        GPtrArray *into;
    } kinds[] = {
        { "units", unit_names, 0x2d, sizeof(LtUnitRow), rows->units },           /* id, name, level, valid_from */
        { "aliases", alias_names, 0x03, sizeof(LtAliasRow), rows->aliases },
        { "successors", successor_names, 0x13, sizeof(LtSuccessorRow), rows->successors }, /* unit, successor, effective */
    };

    for (guint i = 0; i < given->len; i++) {
        const LtJsonRow *row = given->pdata[i];
        guint kind = 0;
        gpointer filled;

        while (kind < G_N_ELEMENTS(kinds) && strcmp(kinds[kind].list, row->list) != 0)
            kind++;
        if (kind == G_N_ELEMENTS(kinds))
            return invalid(error, "there is no such list", row->list);
        filled = g_malloc0(kinds[kind].size);
        g_ptr_array_add(kinds[kind].into, filled);
        if (!take_values(row, kinds[kind].names, kinds[kind].required, filled, error))
            return FALSE;
    }
    return TRUE;
}

void
lt_admin_units_put(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    g_autoptr(GPtrArray) given = lt_json_rows_read(lt_exchange_get_body(exchange), &error);

    if (given != NULL && take_rows(given, rows, &error) && change(exchange, rows, &error))
        lt_exchange_reply_text(exchange, 200, LT_JSON, g_strdup_printf("{\"rows\":%u}", given->len));
    else
        lt_exchange_fail(exchange, error);
}

/* Who has whose work from a day on; what is under way goes there. */
static gboolean
apply(LtExchange *exchange, LtRegistryRows *rows, LtRehomed *moved, GError **error)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    LtRegistryRows *all = lt_store_load_registry(parts->store, error);
    g_autoptr(LtRegistry) known = all == NULL ? NULL : lt_registry_new(all, error);
    g_autoptr(LtCatalogue) catalogue = lt_intake_ref_catalogue(parts->intake);
    g_autoptr(LtPlan) plan = lt_intake_ref_plan(parts->intake);
    LtReorganisationWorld world = { parts->store, known, catalogue, lt_plan_get_routes(plan) };
    const LtSuccessorRow *first = rows->successors->len > 0 ? rows->successors->pdata[0] : NULL;

    if (known == NULL)
        return FALSE;
    lt_registry_complete(known, rows);
    if (!lt_reorganisation_apply(&world, rows, first != NULL ? first->basis : NULL, lt_time_now_us(), ACTOR_KIND, parts->unit, moved, error))
        return FALSE;
    lt_dispatcher_wake_all(parts->dispatcher);
    return parts->refresh_registry(parts->hub, error);
}

void
lt_admin_units_apply(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    g_autoptr(GPtrArray) given = lt_json_rows_read(lt_exchange_get_body(exchange), &error);
    LtRehomed moved;

    if (given != NULL && take_rows(given, rows, &error) && apply(exchange, rows, &moved, &error))
        lt_exchange_reply_text(exchange, 200, LT_JSON, g_strdup_printf("{\"dossiers\":%" G_GUINT64_FORMAT ",\"deliveries\":%" G_GUINT64_FORMAT "}",
                                                                       moved.dossiers, moved.deliveries));
    else
        lt_exchange_fail(exchange, error);
}

/* @row: of the body; absent: from now on, without an end. */
static gboolean
read_term(const LtJsonRow *row, gint64 *from_us, gint64 *until_us, GError **error)
{
    const char *from = g_hash_table_lookup(row->values, "from"), *until = g_hash_table_lookup(row->values, "until");

    *from_us = lt_time_now_us();
    *until_us = 0;
    if (from != NULL && !lt_time_read_seconds(from, strlen(from), from_us))
        return invalid(error, "not a time such as 2026-11-23T16:02:30Z", "from");
    if (until != NULL && !lt_time_read_seconds(until, strlen(until), until_us))
        return invalid(error, "not a time such as 2026-11-23T16:02:30Z", "until");
    return *until_us == 0 || *until_us > *from_us || invalid(error, "not later than from", "until");
}

static gboolean
check_unit(LtExchange *exchange, GError **error)
{
    g_autoptr(LtRegistry) registry = lt_intake_ref_registry(lt_exchange_get_parts(exchange)->intake);
    const LtUnit *unit = lt_registry_lookup(registry, lt_exchange_get_param(exchange, 0));

    if (unit != NULL && strcmp(lt_unit_get_id(unit), lt_exchange_get_param(exchange, 0)) == 0)
        return TRUE;
    lt_error_set(error, LT_ERROR_NOT_FOUND, "http.not-found", "there is no such unit");
    return FALSE;
}

static char *
read_spki(const LtJsonRow *row, GError **error)
{
    const char *certificate = g_hash_table_lookup(row->values, "certificate"), *spki = g_hash_table_lookup(row->values, "spki");
    guint8 bytes[LT_SHA256_SIZE];

    if ((certificate == NULL) == (spki == NULL)) {
        (void) invalid(error, "one of the two is needed", "certificate, spki");
        return NULL;
    }
    if (certificate != NULL)
        return lt_certificate_spki((const guint8 *) certificate, strlen(certificate), error);
    if (lt_hex_read(spki, strlen(spki), bytes, sizeof bytes))
        return g_strdup(spki);
    (void) invalid(error, "not 64 hex digits", "spki");
    return NULL;
}

static LtUnitKeyRow *
read_key(LtExchange *exchange, const LtJsonRow *row, LtRegistryRows *rows, GError **error)
{
    const char *use = g_hash_table_lookup(row->values, "use"), *role = g_hash_table_lookup(row->values, "role");
    LtUnitKeyRow *key = g_new0(LtUnitKeyRow, 1);

    g_ptr_array_add(rows->keys, key);
    key->unit = g_strdup(lt_exchange_get_param(exchange, 0));
    key->use = g_strdup(use);
    key->role = g_strdup(role != NULL ? role : "unit");
    key->spki = read_spki(row, error);
    if (key->spki == NULL || !read_term(row, &key->from_us, &key->until_us, error))
        return NULL;
    if (g_strcmp0(use, "sign") == 0 || g_strcmp0(use, "tls") == 0)
        return key;
    (void) invalid(error, "neither sign nor tls", "use");
    return NULL;
}

void
lt_admin_keys_add(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    g_autoptr(LtJsonRow) row = check_unit(exchange, &error) ? lt_json_row_read(lt_exchange_get_body(exchange), &error) : NULL;
    const LtUnitKeyRow *key = row == NULL ? NULL : read_key(exchange, row, rows, &error);
    GString *out;

    if (key == NULL || !change(exchange, rows, &error)) {
        lt_exchange_fail(exchange, error);
        return;
    }
    out = g_string_new("[");
    append_key(out, key);
    g_string_erase(out, 0, 1);
    lt_exchange_reply_text(exchange, 200, LT_JSON, g_string_free(out, FALSE));
}

void
lt_admin_tokens_add(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    g_autoptr(LtJsonRow) row = check_unit(exchange, &error) ? lt_json_row_read(lt_exchange_get_body(exchange), &error) : NULL;
    g_autofree char *token = NULL;
    gint64 from_us, until_us;
    LtTokenRow *kept = NULL;
    GString *out;

    if (row != NULL && read_term(row, &from_us, &until_us, &error)) {
        token = lt_token_new(lt_exchange_get_param(exchange, 0), from_us, until_us, &kept);
        g_ptr_array_add(rows->tokens, kept);
    }
    if (token == NULL || !change(exchange, rows, &error)) {
        lt_exchange_fail(exchange, error);
        return;
    }
    out = g_string_new("{");
    lt_json_append_member(out, "unit", kept->unit);
    lt_json_append_member(out, "id", kept->id);
    lt_json_append_member(out, "token", token);
    g_string_append_c(out, '}');
    lt_exchange_reply_text(exchange, 200, LT_JSON, g_string_free(out, FALSE));
}

/* A copy of the token's row that ends now; NULL: the unit has no such token in force. */
static LtTokenRow *
ended_token(LtExchange *exchange, gint64 now_us)
{
    g_autoptr(LtRegistry) registry = lt_intake_ref_registry(lt_exchange_get_parts(exchange)->intake);
    const GPtrArray *tokens = lt_registry_get_rows(registry)->tokens;

    for (guint i = 0; i < tokens->len; i++) {
        const LtTokenRow *row = tokens->pdata[i];
        LtTokenRow *ended;

        if (strcmp(row->unit, lt_exchange_get_param(exchange, 0)) != 0 || strcmp(row->id, lt_exchange_get_param(exchange, 1)) != 0 ||
            (row->until_us != 0 && row->until_us <= now_us))
            continue;
        ended = g_new0(LtTokenRow, 1);
        *ended = (LtTokenRow) { g_strdup(row->id), g_strdup(row->hash), g_strdup(row->unit), row->from_us, now_us };
        return ended;
    }
    return NULL;
}

void
lt_admin_tokens_retire(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    LtTokenRow *ended = ended_token(exchange, lt_time_now_us());

    if (ended == NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "http.not-found", "the unit has no such token in force");
    else
        g_ptr_array_add(rows->tokens, ended);
    if (ended != NULL && change(exchange, rows, &error))
        lt_exchange_reply(exchange, 204, NULL, NULL);
    else
        lt_exchange_fail(exchange, error);
}

static void
suspend(LtExchange *exchange, LtSuspensionRow *row, GError **error)
{
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();

    g_ptr_array_add(rows->suspensions, row);
    if (change(exchange, rows, error))
        lt_exchange_reply(exchange, 204, NULL, NULL);
}

void
lt_admin_units_suspend(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtJsonRow) body = check_unit(exchange, &error) ? lt_json_row_read(lt_exchange_get_body(exchange), &error) : NULL;
    const char *basis = body == NULL ? NULL : g_hash_table_lookup(body->values, "basis");
    LtSuspensionRow *row;
    gint64 from_us, until_us;

    if (body != NULL && read_term(body, &from_us, &until_us, &error) && (basis != NULL || invalid(&error, "a suspension needs its basis", "basis"))) {
        row = g_new0(LtSuspensionRow, 1);
        *row = (LtSuspensionRow) { g_strdup(lt_exchange_get_param(exchange, 0)), g_strdup(basis), from_us, until_us };
        suspend(exchange, row, &error);
    }
    if (error != NULL)
        lt_exchange_fail(exchange, error);
}

void
lt_admin_units_resume(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistry) registry = lt_intake_ref_registry(lt_exchange_get_parts(exchange)->intake);
    gint64 now_us = lt_time_now_us();
    const LtSuspensionRow *known = lt_registry_suspension(registry, lt_exchange_get_param(exchange, 0), now_us);
    LtSuspensionRow *row;

    if (known == NULL) {
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "http.not-found", "the unit is not suspended");
    } else {
        row = g_new0(LtSuspensionRow, 1);
        *row = (LtSuspensionRow) { g_strdup(known->unit), g_strdup(known->basis), known->from_us, now_us };
        suspend(exchange, row, &error);
    }
    if (error != NULL)
        lt_exchange_fail(exchange, error);
}
