/* SPDX-License-Identifier: Apache-2.0 */
/* unit-list.c: four shapes of lists, each a function over one record; the header line chooses. Whether the units fit
 * together (parents, circles, successors) is lt_registry_new()'s to say: here only what a single line shows. */
#include "registry/unit-list.h"

#include <stdarg.h>
#include <string.h>

#include "base/value.h"
#include "registry/csv.h"
#include "registry/day.h"

#define MAX_BYTES (16 * 1024 * 1024)
#define AREA "area:"

typedef struct {
    const char *name;
    const LtCsv *csv;
    const LtUnitListOptions *options;
    GPtrArray *faults;
    LtRegistryRows *rows;
    GHashTable *places; /* id → LtCsvField of its first line */
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

static const LtCsvField *
get_field(const Import *import, const GPtrArray *record, const char *column)
{
    return lt_csv_get(import->csv, record, column);
}

static char *
dup_field(const Import *import, const GPtrArray *record, const char *column)
{
    const LtCsvField *field = get_field(import, record, column);

    return field != NULL ? g_strdup(field->text) : NULL;
}

/* Required and well-formed, or a fault at its place and NULL. */
static const LtCsvField *
need_field(Import *import, const GPtrArray *record, const char *column, gboolean (*check)(const char *text), const char *what)
{
    int index = lt_csv_find(import->csv, column);
    const LtCsvField *field = record->pdata[index];

    if (*field->text == '\0')
        add_fault(import, field, "%s is empty", column);
    else if (check != NULL && !check(field->text))
        add_fault(import, field, "%s \"%s\" is not %s", column, field->text, what);
    else
        return field;
    return NULL;
}

static gboolean
is_unit_id(const char *text)
{
    return lt_unit_id_is_valid(text, strlen(text));
}

static gboolean
is_day(const char *text)
{
    gint64 at_us;

    return lt_day_read(text, &at_us);
}

static gboolean
is_code(const char *text)
{
    gsize digits = strspn(text, "0123456789");

    return text[digits] == '\0' && digits >= 2 && digits <= 5;
}

static void
check_day(Import *import, const GPtrArray *record, const char *column)
{
    const LtCsvField *field = get_field(import, record, column);

    if (field != NULL && !is_day(field->text))
        add_fault(import, field, "%s \"%s\" is not a day YYYY-MM-DD", column, field->text);
}

static void
check_once(Import *import, const LtCsvField *field, const char *id, const char *day)
{
    g_autofree char *key = g_strjoin("\n", id, day, NULL);
    const LtCsvField *first = g_hash_table_lookup(import->places, key);

    if (first != NULL)
        add_fault(import, field, "unit %s stands in line %u already%s%s", id, first->line, day != NULL ? " with the same " : "", day != NULL ? "day" : "");
    else
        g_hash_table_insert(import->places, g_steal_pointer(&key), (gpointer) field);
}

static void
add_alias(Import *import, const char *unit, const LtCsvField *field, const char *alias)
{
    LtAliasRow *row;

    if (!is_unit_id(alias)) {
        add_fault(import, field, "alias \"%s\" is not an identifier", alias);
        return;
    }
    row = g_new0(LtAliasRow, 1);
    row->unit = g_strdup(unit);
    row->alias = g_strdup(alias);
    g_ptr_array_add(import->rows->aliases, row);
}

/* One element: `ID`, `PROCEDURE=ID` or `area:AREA=ID`. */
static void
add_successor(Import *import, const LtUnitRow *unit, const LtCsvField *field, const char *element)
{
    const char *equals = strchr(element, '='), *id = equals != NULL ? equals + 1 : element;
    LtSuccessorRow *row;

    if (!is_unit_id(id) || equals == element) {
        add_fault(import, field, "successor \"%s\" is neither ID nor PROCEDURE=ID nor area:AREA=ID", element);
        return;
    }
    if (unit->valid_to == NULL) {
        add_fault(import, field, "unit %s has a successor but no valid_to", unit->id);
        return;
    }
    row = g_new0(LtSuccessorRow, 1);
    row->unit = g_strdup(unit->id);
    row->successor = g_strdup(id);
    if (equals != NULL && g_str_has_prefix(element, AREA))
        row->area = g_strndup(element + strlen(AREA), (gsize) (equals - element) - strlen(AREA));
    else if (equals != NULL)
        row->procedure = g_strndup(element, (gsize) (equals - element));
    row->effective = g_strdup(unit->valid_to);
    row->basis = g_strdup(unit->basis);
    g_ptr_array_add(import->rows->successors, row);
}

static void
each_element(Import *import, const LtUnitRow *unit, const LtCsvField *field, gboolean successors)
{
    g_auto(GStrv) elements = field != NULL ? g_strsplit(field->text, ";", -1) : NULL;

    for (guint i = 0; elements != NULL && elements[i] != NULL; i++) {
        const char *element = g_strstrip(elements[i]);

        if (*element == '\0')
            continue;
        if (successors)
            add_successor(import, unit, field, element);
        else
            add_alias(import, unit->id, field, element);
    }
}

static void
read_own_form(Import *import, const GPtrArray *record)
{
    const LtCsvField *id = need_field(import, record, "id", is_unit_id, "an identifier (1–35 letters, digits and single dots)");
    const LtCsvField *name = need_field(import, record, "name", NULL, NULL);
    const LtCsvField *level = need_field(import, record, "level", NULL, NULL);
    const LtCsvField *from = need_field(import, record, "valid_from", is_day, "a day YYYY-MM-DD");
    const LtCsvField *parent = get_field(import, record, "parent");
    LtUnitRow *row;

    check_day(import, record, "valid_to");
    if (parent != NULL && !is_unit_id(parent->text))
        add_fault(import, parent, "parent \"%s\" is not an identifier", parent->text);
    if (id == NULL || name == NULL || level == NULL || from == NULL)
        return;
    check_once(import, id, id->text, from->text);
    row = g_new0(LtUnitRow, 1);
    row->id = g_strdup(id->text);
    row->name = g_strdup(name->text);
    row->level = g_strdup(level->text);
    row->valid_from = g_strdup(from->text);
    row->valid_to = dup_field(import, record, "valid_to");
    row->parent = dup_field(import, record, "parent");
    row->admin_code = dup_field(import, record, "admin_code");
    row->basis = dup_field(import, record, "basis");
    if (row->valid_to != NULL && is_day(row->valid_to) && strcmp(row->valid_to, row->valid_from) <= 0)
        add_fault(import, get_field(import, record, "valid_to"), "valid_to %s is not after valid_from %s", row->valid_to, row->valid_from);
    g_ptr_array_add(import->rows->units, row);
    each_element(import, row, get_field(import, record, "aliases"), FALSE);
    each_element(import, row, get_field(import, record, "successors"), TRUE);
}

static char *
coded_id(const Import *import, const char *code)
{
    return g_strdup_printf("%s.%s", import->options->prefix, code);
}

static void
add_coded(Import *import, const LtCsvField *code, const LtCsvField *name, const char *level, const char *parent)
{
    LtUnitRow *row = g_new0(LtUnitRow, 1);

    row->id = coded_id(import, code->text);
    row->admin_code = g_strdup(code->text);
    row->name = g_strdup(name->text);
    row->level = g_strdup(level);
    row->parent = g_strdup(parent);
    row->valid_from = g_strdup(import->options->valid_from);
    row->valid_to = g_strdup(import->options->valid_to);
    row->basis = g_strdup(import->options->basis);
    g_ptr_array_add(import->rows->units, row);
}

static void
read_commune(Import *import, const GPtrArray *record)
{
    const LtCsvField *code = need_field(import, record, "commune_code", is_code, "an administrative code (digits)");
    const LtCsvField *name = need_field(import, record, "commune", NULL, NULL);

    if (code == NULL || name == NULL)
        return;
    check_once(import, code, code->text, NULL);
    add_coded(import, code, name, "commune", import->options->parent);
}

static void
read_district_and_commune(Import *import, const GPtrArray *record)
{
    const LtCsvField *district = need_field(import, record, "district_code", is_code, "an administrative code (digits)");
    const LtCsvField *district_name = need_field(import, record, "district", NULL, NULL);
    const LtCsvField *code = need_field(import, record, "commune_code", is_code, "an administrative code (digits)");
    const LtCsvField *name = need_field(import, record, "commune", NULL, NULL);

    if (district == NULL || district_name == NULL || code == NULL || name == NULL)
        return;
    g_autofree char *district_id = coded_id(import, district->text);
    if (!g_hash_table_contains(import->places, district_id)) {
        g_hash_table_insert(import->places, g_strdup(district_id), (gpointer) district);
        add_coded(import, district, district_name, "district", import->options->parent);
    }
    check_once(import, code, code->text, NULL);
    add_coded(import, code, name, "commune", district_id);
}

static const LtUnit *
find_by_code(Import *import, const LtCsvField *code, gint64 at_us, const char *when)
{
    gboolean ambiguous = FALSE;
    const LtUnit *unit = lt_registry_find_code(import->options->registry, code->text, at_us, &ambiguous);

    if (unit == NULL)
        add_fault(import, code, "%s unit has the code %s %s", ambiguous ? "more than one" : "no", code->text, when);
    return unit;
}

static void
read_successor(Import *import, const GPtrArray *record)
{
    const LtCsvField *old_code = need_field(import, record, "old_code", is_code, "an administrative code (digits)");
    const LtCsvField *new_code = need_field(import, record, "new_code", is_code, "an administrative code (digits)");
    gint64 day_us = 0;

    if (old_code == NULL || new_code == NULL)
        return;
    lt_day_read(import->options->valid_from, &day_us);
    const LtUnit *old_unit = find_by_code(import, old_code, day_us - 1, "on the day before");
    const LtUnit *new_unit = find_by_code(import, new_code, day_us, "on that day");
    /* The same unit on both days went on unchanged: it needs no successor. */
    if (old_unit == NULL || new_unit == NULL || old_unit == new_unit)
        return;
    LtSuccessorRow *row = g_new0(LtSuccessorRow, 1);
    row->unit = g_strdup(lt_unit_get_id(old_unit));
    row->successor = g_strdup(lt_unit_get_id(new_unit));
    row->effective = g_strdup(import->options->valid_from);
    row->basis = g_strdup(import->options->basis);
    g_ptr_array_add(import->rows->successors, row);
}

typedef struct {
    const char *required; /* columns that must be there, separated by blanks */
    const char *optional;
    gboolean coded, linking;
    void (*read)(Import *import, const GPtrArray *record);
} Shape;

static const Shape shapes[] = {
    { "id name level valid_from", "admin_code parent valid_to basis aliases successors", FALSE, FALSE, read_own_form },
    { "district_code district commune_code commune", "", TRUE, FALSE, read_district_and_commune },
    { "old_code new_code", "old_name old_district new_name note", FALSE, TRUE, read_successor },
    { "commune_code commune", "", TRUE, FALSE, read_commune },
};

static gboolean
words_hold(const char *words, const char *word)
{
    g_auto(GStrv) list = g_strsplit(words, " ", -1);

    return g_strv_contains((const char *const *) list, word);
}

static const Shape *
find_shape(Import *import)
{
    for (guint i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_auto(GStrv) required = g_strsplit(shapes[i].required, " ", -1);
        gboolean all = TRUE;

        for (guint j = 0; required[j] != NULL; j++)
            all = all && lt_csv_find(import->csv, required[j]) >= 0;
        if (all)
            return &shapes[i];
    }
    add_fault(import, import->csv->header->pdata[0],
              "the header line is of no known list; the hub's own form needs the columns id,name,level,valid_from");
    return NULL;
}

static void
check_header(Import *import, const Shape *shape)
{
    for (guint i = 0; i < import->csv->header->len; i++) {
        const LtCsvField *field = import->csv->header->pdata[i];

        if (!words_hold(shape->required, field->text) && !words_hold(shape->optional, field->text))
            add_fault(import, field, "there is no column \"%s\"; known are: %s %s", field->text, shape->required, shape->optional);
        else if (lt_csv_find(import->csv, field->text) != (int) i)
            add_fault(import, field, "column \"%s\" stands there twice", field->text);
    }
}

static void
check_options(Import *import, const Shape *shape)
{
    const LtUnitListOptions *options = import->options;
    const LtCsvField *place = import->csv->header->pdata[0];

    if ((shape->coded || shape->linking) && (options == NULL || options->valid_from == NULL || !is_day(options->valid_from)))
        add_fault(import, place, "this list has no dates: say from which day it holds (--from YYYY-MM-DD)");
    if (shape->coded && (options == NULL || options->prefix == NULL || !is_unit_id(options->prefix)))
        add_fault(import, place, "this list has codes but no identifiers: give the prefix of the ids (--prefix H52.2025)");
    if (shape->coded && options != NULL && options->valid_to != NULL && !is_day(options->valid_to))
        add_fault(import, place, "--to \"%s\" is not a day YYYY-MM-DD", options->valid_to);
    if (shape->linking && (options == NULL || options->registry == NULL))
        add_fault(import, place, "successors by code need the units: import these first");
}

static void
read_records(Import *import, const Shape *shape)
{
    for (guint i = 0; i < import->csv->records->len; i++) {
        const GPtrArray *record = import->csv->records->pdata[i];

        if (record->len != import->csv->header->len)
            add_fault(import, record->pdata[0], "%u fields, but the header has %u", record->len, import->csv->header->len);
        else
            shape->read(import, record);
    }
}

LtRegistryRows *
lt_unit_list_parse(const char *data, gsize size, const char *name, const LtUnitListOptions *options, GPtrArray *faults,
                   GError **error)
{
    g_autoptr(LtCsv) csv = lt_csv_parse(data, size, name, error);
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    guint before = faults->len;

    if (csv == NULL)
        return NULL;
    Import import = { name, csv, options, faults, rows, places };
    const Shape *shape = find_shape(&import);
    if (shape == NULL)
        return NULL;
    check_header(&import, shape);
    check_options(&import, shape);
    if (faults->len == before)
        read_records(&import, shape);
    return faults->len == before ? g_steal_pointer(&rows) : NULL;
}

LtRegistryRows *
lt_unit_list_read(const char *path, const LtUnitListOptions *options, GPtrArray *faults, GError **error)
{
    g_autofree char *data = NULL;
    g_autoptr(GError) cause = NULL;
    gsize size = 0;

    if (!g_file_get_contents(path, &data, &size, &cause)) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "unit.list", "cannot read %s: %s", path, cause->message);
        return NULL;
    }
    if (size > MAX_BYTES) {
        lt_error_set(error, LT_ERROR_TOO_LARGE, "unit.list", "%s is larger than 16 MiB", path);
        return NULL;
    }
    g_autofree char *name = g_path_get_basename(path);
    return lt_unit_list_parse(data, size, name, options, faults, error);
}
