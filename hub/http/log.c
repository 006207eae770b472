/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: the audit log for the units that it speaks of (audit-log.md §7): checkpoint, consistency, and proofs and entries that name the caller. */
#include "http/resources.h"

#include <string.h>

#include "base/value.h"
#include "http/reading.h"
#include "http/routes.h"
#include "store/audit-log.h"

void
lt_log_get_checkpoint(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLogHead) head = lt_store_log_head(lt_exchange_get_parts(exchange)->store, &error);

    if (head == NULL)
        lt_exchange_fail(exchange, error);
    else
        lt_exchange_reply_text(exchange, 200, LT_TEXT, g_strdup(head->note));
}

static char *
write_hashes(const GArray *hashes)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < hashes->len; i++) {
        g_autofree char *line = lt_base64_dup(g_array_index(hashes, LtHash, i).b, LT_SHA256_SIZE);

        g_string_append_printf(out, "%s\n", line);
    }
    return g_string_free(out, FALSE);
}

void
lt_log_get_consistency(LtExchange *exchange)
{
    LtStore *store = lt_exchange_get_parts(exchange)->store;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtLogHead) head = lt_store_log_head(store, &error);
    g_autoptr(GArray) hashes = NULL;
    guint64 old_size, size;

    if (head != NULL && lt_exchange_get_number(exchange, "old", 0, G_MAXINT64, &old_size, &error) &&
        lt_exchange_get_number(exchange, "new", head->size, G_MAXINT64, &size, &error)) {
        if (old_size == 0 || old_size > size || size > head->size)
            lt_error_set(&error, LT_ERROR_INVALID, "log.range", "0 < M ≤ N ≤ size does not hold");
        else
            hashes = lt_store_log_consistency(store, old_size, size, &error);
    }
    if (hashes == NULL)
        lt_exchange_fail(exchange, error);
    else
        lt_exchange_reply_text(exchange, 200, LT_TEXT, write_hashes(hashes));
}

static gboolean
names_caller(LtExchange *exchange, GBytes *entry)
{
    static const char *const fields[] = { "from", "to", "re_from" };
    gsize size;
    const char *data = g_bytes_get_data(entry, &size);
    g_autoptr(LtRecordView) view = lt_record_read(data, size, NULL);

    for (guint i = 0; view != NULL && i < G_N_ELEMENTS(fields); i++) {
        const char *unit = g_hash_table_lookup(view->fields, fields[i]);

        if (unit != NULL && lt_reading_may_act_for(exchange, unit))
            return TRUE;
    }
    return FALSE;
}

/* Returns: (nullable) (transfer full): the entry of the path's index when the caller may see it */
static GBytes *
find_entry(LtExchange *exchange, guint64 *index, GError **error)
{
    const char *text = lt_exchange_get_param(exchange, 0);
    g_autoptr(GBytes) entry = NULL;

    if (lt_decimal_read(text, strlen(text), index) && *index <= G_MAXINT64)
        entry = lt_store_log_entry(lt_exchange_get_parts(exchange)->store, *index, NULL);
    if (entry != NULL && names_caller(exchange, entry))
        return g_steal_pointer(&entry);
    lt_error_set(error, LT_ERROR_NOT_FOUND, "http.not-found", "no entry of this index names the unit");
    return NULL;
}

void
lt_log_get_proof(LtExchange *exchange)
{
    guint64 index;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) entry = find_entry(exchange, &index, &error);
    char *proof = entry == NULL ? NULL : lt_store_log_prove(lt_exchange_get_parts(exchange)->store, index, &error);

    if (proof == NULL)
        lt_exchange_fail(exchange, error);
    else
        lt_exchange_reply_text(exchange, 200, LT_TEXT, proof);
}

void
lt_log_get_entry(LtExchange *exchange)
{
    guint64 index;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) entry = find_entry(exchange, &index, &error);

    if (entry == NULL)
        lt_exchange_fail(exchange, error);
    else
        lt_exchange_reply(exchange, 200, LT_JSON, entry);
}
