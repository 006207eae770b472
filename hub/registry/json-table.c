/* SPDX-License-Identifier: Apache-2.0 */
/* json-table.c: one pass of the strict scanner. Fields are gathered as they come; when the array ends, each record is brought into the order of
 * the header. */
#include "registry/json-table.h"

#include <string.h>

#include "base/json.h"

#define MOST_WITHIN 2 /* tables in a table in the document */

/* A table under way: records as maps, columns in the order in which they were met. */
typedef struct {
    guint depth;         /* of its array */
    GPtrArray *columns;  /* of LtCsvField * */
    GPtrArray *records;  /* of GHashTable: name → LtCsvField */
    GHashTable *current; /* nullable: borrowed from records */
    char *name;          /* of the member that comes next */
} Building;

typedef struct {
    const char *data, *file;
    Building stack[MOST_WITHIN];
    guint n;
    LtCsv *done;         /* the outermost */
    /* Where the last token stood: positions are counted on from there. */
    gsize offset;
    guint line, column;
} Reading;

static LtCsvField *
field_new(Reading *reading, const LtJsonEvent *event, const char *text)
{
    LtCsvField *field = g_new0(LtCsvField, 1);

    for (; reading->offset < event->offset; reading->offset++) {
        if (reading->data[reading->offset] == '\n') {
            reading->line++;
            reading->column = 1;
        } else if (((guchar) reading->data[reading->offset] & 0xc0) != 0x80) {
            reading->column++;
        }
    }
    field->text = g_strstrip(g_strdup(text));
    field->line = reading->line;
    field->column = reading->column;
    return field;
}

static void
building_clear(Building *self)
{
    g_ptr_array_unref(self->columns);
    g_ptr_array_unref(self->records);
    g_free(self->name);
    memset(self, 0, sizeof *self);
}

static gboolean
refuse(Reading *reading, const LtJsonEvent *event, const char *what, GError **error)
{
    LtCsvField *place = field_new(reading, event, "");

    lt_error_set(error, LT_ERROR_INVALID, "json.table", "%s:%u:%u: %s", reading->file, place->line, place->column, what);
    lt_csv_field_free(place);
    return FALSE;
}

static void
begin_table(Reading *reading, const LtJsonEvent *event)
{
    reading->stack[reading->n++] = (Building){
        .depth = event->depth,
        .columns = g_ptr_array_new_with_free_func((GDestroyNotify) lt_csv_field_free),
        .records = g_ptr_array_new_with_free_func((GDestroyNotify) g_hash_table_unref),
    };
}

static LtCsvField *
take_field(GHashTable *record, const LtCsvField *column, const LtCsvField *place)
{
    gpointer name, value;
    LtCsvField *field;

    if (g_hash_table_steal_extended(record, column->text, &name, &value)) {
        g_free(name);
        return value;
    }
    field = g_new0(LtCsvField, 1);
    field->text = g_strdup("");
    field->line = place != NULL ? place->line : column->line;
    field->column = place != NULL ? place->column : column->column;
    return field;
}

static LtCsv *
finish_table(Building *building)
{
    LtCsv *table = g_new0(LtCsv, 1);

    table->header = g_steal_pointer(&building->columns);
    table->records = g_ptr_array_new_with_free_func((GDestroyNotify) g_ptr_array_unref);
    for (guint i = 0; i < building->records->len; i++) {
        GHashTable *record = building->records->pdata[i];
        GPtrArray *fields = g_ptr_array_new_with_free_func((GDestroyNotify) lt_csv_field_free);
        const LtCsvField *place = g_hash_table_lookup(record, "");

        for (guint j = 0; j < table->header->len; j++)
            g_ptr_array_add(fields, take_field(record, table->header->pdata[j], place));
        g_ptr_array_add(table->records, fields);
    }
    building->columns = g_ptr_array_new();
    building_clear(building);
    return table;
}

/* @field: (transfer full): the value of the member that was named last. */
static void
put_field(Building *building, LtCsvField *field)
{
    gboolean known = FALSE;

    for (guint i = 0; i < building->columns->len && !known; i++)
        known = strcmp(((LtCsvField *) building->columns->pdata[i])->text, building->name) == 0;
    if (!known) {
        LtCsvField *column = g_new0(LtCsvField, 1);

        *column = (LtCsvField){ g_strdup(building->name), field->line, field->column, NULL };
        g_ptr_array_add(building->columns, column);
    }
    g_hash_table_insert(building->current, g_strdup(building->name), field);
}

static void
begin_record(Reading *reading, const LtJsonEvent *event)
{
    Building *building = &reading->stack[reading->n - 1];

    building->current = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) lt_csv_field_free);
    /* Under no name stands where the object begins: what it lacks is told there. */
    g_hash_table_insert(building->current, g_strdup(""), field_new(reading, event, ""));
    g_ptr_array_add(building->records, building->current);
}

static gboolean
end_table(Reading *reading, const LtJsonEvent *event)
{
    LtCsv *table = finish_table(&reading->stack[--reading->n]);

    if (reading->n == 0) {
        reading->done = table;
    } else {
        LtCsvField *field = field_new(reading, event, "");

        field->table = table;
        put_field(&reading->stack[reading->n - 1], field);
    }
    return TRUE;
}

static gboolean
on_value(Reading *reading, const LtJsonEvent *event, GError **error)
{
    Building *building = reading->n > 0 ? &reading->stack[reading->n - 1] : NULL;
    const char *text = event->kind == LT_JSON_TRUE ? "true" : event->kind == LT_JSON_FALSE ? "false" : event->text;

    if (building == NULL)
        return event->depth == 1 || refuse(reading, event, "a list of objects belongs here", error);
    if (building->current == NULL || event->depth != building->depth + 2)
        return refuse(reading, event, "an object belongs here", error);
    put_field(building, field_new(reading, event, event->kind == LT_JSON_NULL ? "" : text));
    return TRUE;
}

static gboolean
on_begin(Reading *reading, const LtJsonEvent *event, GError **error)
{
    Building *building = reading->n > 0 ? &reading->stack[reading->n - 1] : NULL;
    gboolean array = event->kind == LT_JSON_ARRAY_BEGIN;

    if (building == NULL) {
        if (array && reading->done == NULL && event->depth <= 1)
            begin_table(reading, event);
        else if (array || event->depth > 0)
            return refuse(reading, event, reading->done != NULL ? "one list is enough" : "a list of objects belongs here", error);
        return TRUE;
    }
    if (!array && event->depth == building->depth + 1) {
        begin_record(reading, event);
        return TRUE;
    }
    if (array && building->current != NULL && event->depth == building->depth + 2 && reading->n < MOST_WITHIN) {
        begin_table(reading, event);
        return TRUE;
    }
    return refuse(reading, event, array ? "a list has no place here" : "an object has no place here", error);
}

static gboolean
on_event(const LtJsonEvent *event, gpointer data, GError **error)
{
    Reading *reading = data;
    Building *building = reading->n > 0 ? &reading->stack[reading->n - 1] : NULL;

    switch (event->kind) {
    case LT_JSON_OBJECT_BEGIN:
    case LT_JSON_ARRAY_BEGIN:
        return on_begin(reading, event, error);
    case LT_JSON_OBJECT_END:
        if (building != NULL && event->depth == building->depth + 1)
            building->current = NULL;
        return TRUE;
    case LT_JSON_ARRAY_END:
        return building == NULL || event->depth != building->depth || end_table(reading, event);
    case LT_JSON_NAME:
        if (building != NULL) {
            g_free(building->name);
            building->name = g_strndup(event->text, event->length);
        }
        return TRUE;
    default:
        return on_value(reading, event, error);
    }
}

gboolean
lt_json_table_looks_like(const char *data, gsize size)
{
    gsize at = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < size && g_ascii_isspace(data[at]))
        at++;
    return at < size && (data[at] == '{' || data[at] == '[');
}

LtCsv *
lt_json_table_parse(const char *data, gsize size, const char *name, GError **error)
{
    gsize mark = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    Reading reading = { .data = data + mark, .file = name, .line = 1, .column = 1 };
    g_autoptr(GError) cause = NULL;
    gboolean scanned = lt_json_scan(data + mark, size - mark, LT_JSON_PAYLOAD, NULL, on_event, &reading, NULL, &cause);

    while (reading.n > 0)
        building_clear(&reading.stack[--reading.n]);
    if (scanned && reading.done != NULL)
        return reading.done;
    if (scanned)
        lt_error_set(error, LT_ERROR_INVALID, "json.table", "%s:1:1: there is no list of objects in it", name);
    else if (strcmp(lt_error_get_reason(cause), "json.table") == 0)
        g_propagate_error(error, g_steal_pointer(&cause));
    else
        g_propagate_prefixed_error(error, g_steal_pointer(&cause), "%s: ", name);
    lt_csv_free(reading.done);
    return NULL;
}

LtCsv *
lt_table_parse(const char *data, gsize size, const char *name, GError **error)
{
    return lt_json_table_looks_like(data, size) ? lt_json_table_parse(data, size, name, error) : lt_csv_parse(data, size, name, error);
}
