/* SPDX-License-Identifier: Apache-2.0 */
/* json-rows.c: collects strings from the scanner's events; any other shape is refused by its place. */
#include "http/json-rows.h"

#include <string.h>

#include "base/json.h"

typedef struct {
    guint row_depth;    /* depth of the objects that are rows: 0 or 2 */
    GPtrArray *rows;
    char *list, *name;
} Reading;

void
lt_json_row_free(LtJsonRow *self)
{
    if (self == NULL)
        return;
    g_free(self->list);
    g_hash_table_unref(self->values);
    g_free(self);
}

static gboolean
refuse(const LtJsonEvent *event, GError **error)
{
    lt_error_set(error, LT_ERROR_INVALID, "http.json", "at byte %zu stands something else than an object of strings", event->offset);
    return FALSE;
}

static void
begin_row(Reading *reading)
{
    LtJsonRow *row = g_new0(LtJsonRow, 1);

    row->list = g_strdup(reading->list);
    row->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_ptr_array_add(reading->rows, row);
}

static void
remember(char **place, const LtJsonEvent *event)
{
    g_free(*place);
    *place = g_strndup(event->text, event->length);
}

static gboolean
on_event(const LtJsonEvent *event, gpointer data, GError **error)
{
    Reading *reading = data;
    guint rows = reading->row_depth;

    switch (event->kind) {
    case LT_JSON_OBJECT_BEGIN:
        if (event->depth == rows)
            begin_row(reading);
        return event->depth == rows || (event->depth == 0 && rows > 0) || refuse(event, error);
    case LT_JSON_ARRAY_BEGIN:
        return (rows > 0 && event->depth == 1) || refuse(event, error);
    case LT_JSON_NAME:
        remember(event->depth == rows + 1 ? &reading->name : &reading->list, event);
        return TRUE;
    case LT_JSON_STRING:
        if (event->depth != rows + 1)
            return refuse(event, error);
        g_hash_table_insert(((LtJsonRow *) reading->rows->pdata[reading->rows->len - 1])->values, g_strdup(reading->name), g_strndup(event->text, event->length));
        return TRUE;
    case LT_JSON_OBJECT_END:
    case LT_JSON_ARRAY_END:
        return TRUE;
    default:
        return refuse(event, error);
    }
}

static GPtrArray *
read_rows(GBytes *body, guint row_depth, GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify) lt_json_row_free);
    Reading reading = { .row_depth = row_depth, .rows = rows };
    gsize size;
    const char *data = g_bytes_get_data(body, &size);
    gboolean done = lt_json_scan(data, size, LT_JSON_CONFIG, NULL, on_event, &reading, NULL, error);

    g_free(reading.list);
    g_free(reading.name);
    return done ? g_steal_pointer(&rows) : NULL;
}

GPtrArray *
lt_json_rows_read(GBytes *body, GError **error)
{
    return read_rows(body, 2, error);
}

LtJsonRow *
lt_json_row_read(GBytes *body, GError **error)
{
    g_autoptr(GBytes) nothing = g_bytes_new_static("{}", 2);
    g_autoptr(GPtrArray) rows = read_rows(g_bytes_get_size(body) == 0 ? nothing : body, 0, error);

    return rows == NULL ? NULL : g_ptr_array_steal_index(rows, 0);
}
