/* SPDX-License-Identifier: Apache-2.0 */
/* procedure-list.c: one function over one record; CSV and JSON come as the same table. */
#include "registry/procedure-list.h"

#include <stdarg.h>
#include <string.h>

#include "base/value.h"
#include "registry/day.h"
#include "registry/json-table.h"

#define MAX_BYTES (8 * 1024 * 1024)
#define DAY_MINUTES 480

typedef struct {
    const char *name;
    const LtCsv *csv;
    const LtProcedureListOptions *options;
    GPtrArray *faults;
    GPtrArray *rows;
} Import;

static void
add_fault(Import *import, const LtCsvField *field, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
add_fault(Import *import, const LtCsvField *field, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(import->faults, g_strdup_printf("%s:%u:%u: %s", import->name, field->line, field->column, text));
}

/* A column, what the national portal calls it, and the option that stands in for it. */
static const struct {
    const char *column, *portal;
    gsize option; /* offset of a const char * in LtProcedureListOptions, plus 1; 0: none */
    gboolean required;
} columns[] = {
    { "code", "MaTTHC", 0, TRUE },
    { "name", "TenTTHC", 0, TRUE },
    { "field", "MaLinhVuc", 0, TRUE },
    { "level", NULL, offsetof(LtProcedureListOptions, level) + 1, TRUE },
    { "time", NULL, offsetof(LtProcedureListOptions, time) + 1, TRUE },
    { "valid_from", NULL, offsetof(LtProcedureListOptions, valid_from) + 1, TRUE },
    { "publisher", NULL, offsetof(LtProcedureListOptions, publisher) + 1, TRUE },
    { "basis", NULL, offsetof(LtProcedureListOptions, basis) + 1, FALSE },
    { "valid_to", NULL, 0, FALSE },
    { "cutoff", NULL, 0, FALSE },
    { "merged", NULL, 0, FALSE },
    { "parts", NULL, 0, FALSE },
    { "fees", NULL, 0, FALSE },
    { "steps", NULL, 0, FALSE },
};

static guint
index_of(const char *column)
{
    guint i = 0;

    while (strcmp(columns[i].column, column) != 0)
        i++;
    return i;
}

static const LtCsvField *
get_field(const Import *import, const GPtrArray *record, const char *column)
{
    const LtCsvField *field = lt_csv_get(import->csv, record, column);
    const char *portal = columns[index_of(column)].portal;

    return field == NULL && portal != NULL ? lt_csv_get(import->csv, record, portal) : field;
}

/* The text of a column, or that of its option; NULL with a fault when it is required. */
static char *
take_text(Import *import, const GPtrArray *record, const char *column)
{
    const LtCsvField *field = get_field(import, record, column);
    guint index = index_of(column);
    const char *given = columns[index].option != 0 && import->options != NULL
                            ? G_STRUCT_MEMBER(const char *, import->options, columns[index].option - 1) : NULL;

    if (field != NULL)
        return g_strdup(field->text);
    if (given != NULL)
        return g_strdup(given);
    if (columns[index].required)
        add_fault(import, record->pdata[0], "%s is empty%s%s", column, columns[index].option != 0 ? "; it may be given for all by --" : "",
                  columns[index].option != 0 ? (strcmp(column, "valid_from") == 0 ? "effective" : column) : "");
    return NULL;
}

/* Digits, then at most one more behind a point: in tenths. */
static gboolean
read_tenths(const char *text, gsize length, gint64 *tenths)
{
    const char *point = memchr(text, '.', length);
    gsize whole = point != NULL ? (gsize) (point - text) : length;
    guint64 value;

    if (whole == 0 || whole > 9 || !lt_decimal_read(text, whole, &value))
        return FALSE;
    *tenths = (gint64) value * 10;
    if (point == NULL)
        return TRUE;
    if (length != whole + 2 || !g_ascii_isdigit(point[1]))
        return FALSE;
    *tenths += point[1] - '0';
    return TRUE;
}

static gboolean
read_time(const Import *import, const char *text, gint64 *minutes)
{
    gsize length = strlen(text);
    char unit = length > 0 ? text[length - 1] : '\0';
    gint64 day = import->options != NULL && import->options->day_minutes > 0 ? import->options->day_minutes : DAY_MINUTES;
    gint64 tenths;

    if (!read_tenths(text, g_ascii_isdigit(unit) || length == 0 ? length : length - 1, &tenths))
        return FALSE;
    *minutes = tenths * (unit == 'd' ? day : unit == 'h' ? 60 : 1) / 10;
    return g_ascii_isdigit(unit) || unit == 'd' || unit == 'h' || unit == 'm';
}

static gboolean
read_share(const char *text, gint64 *per_mille)
{
    gsize length = strlen(text);

    return read_tenths(text, length > 0 && text[length - 1] == '%' ? length - 1 : length, per_mille) && *per_mille <= 1000;
}

static gboolean
read_count(const char *text, gint64 *value)
{
    guint64 number;

    if (!lt_decimal_read(text, strlen(text), &number) || number > G_MAXINT32)
        return FALSE;
    *value = (gint64) number;
    return TRUE;
}

/* What an element of a list is made of, in the order of CSV. */
enum { VALUES = 4 };
static const struct {
    const char *list, *kind;
    const char *values[VALUES];
    gsize places[VALUES];   /* in LtProcedureItem; of the last one, which is a number, not used */
    guint number;           /* which of them is the number */
    const char *form;       /* how it is written, for faults */
    gint64 otherwise;       /* the number when it is empty; -1: it may not be */
} kinds[] = {
    { "parts", "part", { "code", "name", "copies", "form" },
      { offsetof(LtProcedureItem, word), offsetof(LtProcedureItem, name), 0, offsetof(LtProcedureItem, role) }, 2, "CODE|NAME|COPIES|FORM", 1 },
    { "fees", "fee", { "code", "name", "amount", NULL },
      { offsetof(LtProcedureItem, word), offsetof(LtProcedureItem, name), 0, 0 }, 2, "CODE|NAME|AMOUNT", -1 },
    { "steps", "step", { "name", "level", "role", "share" },
      { offsetof(LtProcedureItem, name), offsetof(LtProcedureItem, level), offsetof(LtProcedureItem, role), 0 }, 3, "NAME|LEVEL|ROLE|SHARE", -1 },
};

static void
add_item(Import *import, LtProcedureRow *row, guint kind, const LtCsvField *place, const char *const values[VALUES])
{
    LtProcedureItem *item = g_new0(LtProcedureItem, 1);
    const char *number = values[kinds[kind].number];

    item->kind = g_strdup(kinds[kind].kind);
    for (guint i = 0; i < VALUES; i++)
        if (i != kinds[kind].number && kinds[kind].values[i] != NULL && values[i] != NULL && *values[i] != '\0')
            G_STRUCT_MEMBER(char *, item, kinds[kind].places[i]) = g_strdup(values[i]);
    item->value = kinds[kind].otherwise;
    if (number != NULL && *number != '\0' &&
        !(strcmp(kinds[kind].kind, "step") == 0 ? read_share(number, &item->value) : read_count(number, &item->value)))
        add_fault(import, place, "%s: \"%s\" is not a number as in %s", kinds[kind].list, number, kinds[kind].form);
    else if (item->value < 0)
        add_fault(import, place, "%s: a %s has no %s; write it as %s", kinds[kind].list, kinds[kind].kind, kinds[kind].values[kinds[kind].number],
                  kinds[kind].form);
    if (item->name == NULL)
        add_fault(import, place, "%s: a %s has no name; write it as %s", kinds[kind].list, kinds[kind].kind, kinds[kind].form);
    g_ptr_array_add(row->items, item);
}

static void
add_elements(Import *import, LtProcedureRow *row, guint kind, const LtCsvField *field)
{
    g_auto(GStrv) elements = g_strsplit(field->text, ";", -1);

    for (guint i = 0; elements[i] != NULL; i++) {
        g_auto(GStrv) parts = *g_strstrip(elements[i]) != '\0' ? g_strsplit(elements[i], "|", -1) : NULL;
        const char *values[VALUES] = { NULL };
        guint n = 0;

        if (parts == NULL)
            continue;
        for (; parts[n] != NULL; n++)
            if (n < VALUES)
                values[n] = g_strstrip(parts[n]);
        if (n > VALUES || (n == VALUES && kinds[kind].values[VALUES - 1] == NULL))
            add_fault(import, field, "%s: \"%s\" is not %s", kinds[kind].list, elements[i], kinds[kind].form);
        else
            add_item(import, row, kind, field, values);
    }
}

static void
add_objects(Import *import, LtProcedureRow *row, guint kind, const LtCsv *table)
{
    for (guint i = 0; i < table->records->len; i++) {
        const GPtrArray *record = table->records->pdata[i];
        const char *values[VALUES] = { NULL };

        for (guint j = 0; j < VALUES && kinds[kind].values[j] != NULL; j++) {
            const LtCsvField *field = lt_csv_get(table, record, kinds[kind].values[j]);

            values[j] = field != NULL ? field->text : NULL;
        }
        add_item(import, row, kind, record->len > 0 ? record->pdata[0] : table->header->pdata[0], values);
    }
}

static void
add_items(Import *import, const GPtrArray *record, LtProcedureRow *row)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const LtCsvField *field = get_field(import, record, kinds[i].list);

        if (field != NULL && field->table != NULL)
            add_objects(import, row, i, field->table);
        else if (field != NULL)
            add_elements(import, row, i, field);
    }
}

static void
check_day(Import *import, const GPtrArray *record, const char *column, const char *text)
{
    const LtCsvField *field = get_field(import, record, column);
    gint64 at_us;

    if (text != NULL && !lt_day_read(text, &at_us))
        add_fault(import, field != NULL ? field : record->pdata[0], "%s \"%s\" is not a day YYYY-MM-DD", column, text);
}

static void
read_record(Import *import, const GPtrArray *record)
{
    g_autoptr(LtProcedureRow) row = lt_procedure_row_new();
    g_autofree char *time = take_text(import, record, "time");
    const LtCsvField *place = get_field(import, record, "time");

    row->code = take_text(import, record, "code");
    row->name = take_text(import, record, "name");
    row->field = take_text(import, record, "field");
    row->level = take_text(import, record, "level");
    row->valid_from = take_text(import, record, "valid_from");
    row->valid_to = take_text(import, record, "valid_to");
    row->publisher = take_text(import, record, "publisher");
    row->cutoff = take_text(import, record, "cutoff");
    row->merged = take_text(import, record, "merged");
    row->basis = take_text(import, record, "basis");
    if (time != NULL && !read_time(import, time, &row->minutes))
        add_fault(import, place != NULL ? place : record->pdata[0], "time \"%s\" is not written like 3d, 24h or 90m", time);
    check_day(import, record, "valid_from", row->valid_from);
    check_day(import, record, "valid_to", row->valid_to);
    add_items(import, record, row);
    for (guint i = 0; i < import->rows->len; i++) {
        const LtProcedureRow *other = import->rows->pdata[i];

        if (g_strcmp0(other->code, row->code) == 0 && g_strcmp0(other->valid_from, row->valid_from) == 0 && row->code != NULL)
            add_fault(import, record->pdata[0], "procedure %s from %s stands in the list twice", row->code, row->valid_from);
    }
    g_ptr_array_add(import->rows, g_steal_pointer(&row));
}

static gboolean
is_known(const char *column)
{
    for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
        if (strcmp(columns[i].column, column) == 0 || g_strcmp0(columns[i].portal, column) == 0)
            return TRUE;
    return FALSE;
}

static void
check_header(Import *import)
{
    gboolean from_portal = lt_csv_find(import->csv, "MaTTHC") >= 0;

    for (guint i = 0; i < import->csv->header->len; i++) {
        const LtCsvField *field = import->csv->header->pdata[i];

        if (!is_known(field->text) && !from_portal)
            add_fault(import, field, "there is no column \"%s\"; known are: code name field level time valid_from valid_to publisher cutoff merged "
                                     "basis parts fees steps", field->text);
        else if (lt_csv_find(import->csv, field->text) != (int) i)
            add_fault(import, field, "column \"%s\" stands there twice", field->text);
    }
}

static void
read_records(Import *import)
{
    for (guint i = 0; i < import->csv->records->len; i++) {
        const GPtrArray *record = import->csv->records->pdata[i];

        if (record->len != import->csv->header->len)
            add_fault(import, record->pdata[0], "%u fields, but the header has %u", record->len, import->csv->header->len);
        else
            read_record(import, record);
    }
}

GPtrArray *
lt_procedure_list_parse(const char *data, gsize size, const char *name, const LtProcedureListOptions *options, GPtrArray *faults, GError **error)
{
    g_autoptr(LtCsv) csv = lt_table_parse(data, size, name, error);
    g_autoptr(GPtrArray) rows = lt_procedure_rows_new();
    guint before = faults->len;

    if (csv == NULL)
        return NULL;
    Import import = { name, csv, options, faults, rows };
    check_header(&import);
    if (faults->len == before)
        read_records(&import);
    return faults->len == before ? g_steal_pointer(&rows) : NULL;
}

GPtrArray *
lt_procedure_list_read(const char *path, const LtProcedureListOptions *options, GPtrArray *faults, GError **error)
{
    g_autofree char *data = NULL;
    g_autoptr(GError) cause = NULL;
    gsize size = 0;

    if (!g_file_get_contents(path, &data, &size, &cause)) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "procedure.list", "cannot read %s: %s", path, cause->message);
        return NULL;
    }
    if (size > MAX_BYTES) {
        lt_error_set(error, LT_ERROR_TOO_LARGE, "procedure.list", "%s is larger than 8 MiB", path);
        return NULL;
    }
    g_autofree char *name = g_path_get_basename(path);
    return lt_procedure_list_parse(data, size, name, options, faults, error);
}

static void
append_items(GString *out, const LtProcedureRow *row, guint kind)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < row->items->len; i++) {
        const LtProcedureItem *item = row->items->pdata[i];

        if (strcmp(item->kind, kinds[kind].kind) != 0)
            continue;
        g_string_append(list, list->len > 0 ? "; " : "");
        for (guint j = 0; j < VALUES && kinds[kind].values[j] != NULL; j++) {
            const char *text = j == kinds[kind].number ? NULL : G_STRUCT_MEMBER(const char *, item, kinds[kind].places[j]);

            g_string_append(list, j > 0 ? "|" : "");
            if (j != kinds[kind].number)
                g_string_append(list, text != NULL ? text : "");
            else if (strcmp(item->kind, "step") == 0)
                g_string_append_printf(list, "%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT "%%", item->value / 10, item->value % 10);
            else
                g_string_append_printf(list, "%" G_GINT64_FORMAT, item->value);
        }
    }
    lt_csv_append(out, list->str);
}

char *
lt_procedure_list_write(const GPtrArray *rows)
{
    GString *out = g_string_new("code,name,field,level,time,valid_from,valid_to,publisher,cutoff,merged,basis,parts,fees,steps\n");

    for (guint i = 0; i < rows->len; i++) {
        const LtProcedureRow *row = rows->pdata[i];
        g_autofree char *time = g_strdup_printf("%" G_GINT64_FORMAT "m", row->minutes);
        const char *texts[] = { row->code, row->name, row->field, row->level, time, row->valid_from, row->valid_to, row->publisher, row->cutoff,
                                row->merged, row->basis };

        for (guint j = 0; j < G_N_ELEMENTS(texts); j++)
            lt_csv_append(out, texts[j]);
        for (guint j = 0; j < G_N_ELEMENTS(kinds); j++)
            append_items(out, row, j);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}
