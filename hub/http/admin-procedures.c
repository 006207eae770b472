/* SPDX-License-Identifier: Apache-2.0 */
/* admin-procedures.c: the operator's hand on the catalogue of procedures. Runs in a worker. The list comes as text in the form that `lthub procedure
 * export` writes, so that there is one reader for it. */
#include "http/resources.h"

#include <string.h>

#include "http/json-rows.h"
#include "http/routes.h"
#include "registry/procedure-list.h"

static void
fail_with_faults(GPtrArray *faults, GError **error)
{
    g_autofree char *text = NULL;

    g_ptr_array_add(faults, NULL);
    text = g_strjoinv("\n", (char **) faults->pdata);
    lt_error_set(error, LT_ERROR_INVALID, "procedure.list", "%s", text);
}

static GPtrArray *
read_list(LtExchange *exchange, GError **error)
{
    const LtProcedureListOptions options = { .publisher = lt_exchange_get_parts(exchange)->unit };
    g_autoptr(LtJsonRow) row = lt_json_row_read(lt_exchange_get_body(exchange), error);
    const char *list = row == NULL ? NULL : g_hash_table_lookup(row->values, "list");
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *rows;

    if (row != NULL && list == NULL)
        lt_error_set(error, LT_ERROR_INVALID, "http.json", "list: it is needed");
    if (list == NULL)
        return NULL;
    rows = lt_procedure_list_parse(list, strlen(list), "list", &options, faults, error);
    if (faults->len > 0)
        fail_with_faults(faults, error);
    return rows;
}

/* Judges what would be, writes, puts in force. */
static gboolean
change(LtExchange *exchange, GPtrArray *rows, GError **error)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    GPtrArray *all = lt_store_load_procedures(parts->store, error);
    g_autoptr(LtCatalogue) known = all == NULL ? NULL : lt_catalogue_new(all, error);
    g_autoptr(LtCatalogue) after = NULL;

    if (known == NULL)
        return FALSE;
    lt_catalogue_complete(known, rows);
    after = lt_catalogue_with(known, rows, error);
    return after != NULL && lt_store_change_procedures(parts->store, rows, "hub", parts->unit, error) && parts->refresh_registry(parts->hub, error);
}

void
lt_admin_procedures_put(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rows = read_list(exchange, &error);

    if (rows != NULL && change(exchange, rows, &error))
        lt_exchange_reply_text(exchange, 200, LT_JSON, g_strdup_printf("{\"rows\":%u}", rows->len));
    else
        lt_exchange_fail(exchange, error);
}

void
lt_admin_procedures_list(LtExchange *exchange)
{
    g_autoptr(LtCatalogue) catalogue = lt_intake_ref_catalogue(lt_exchange_get_parts(exchange)->intake);

    lt_exchange_reply_text(exchange, 200, "text/csv", lt_procedure_list_write(lt_catalogue_get_rows(catalogue)));
}
