/* SPDX-License-Identifier: Apache-2.0 */
/* unit-list.c: the shapes of lists, each a function over one record; the header line chooses. Here stand the hub's own form and what all
 * shapes share. Whether the units fit together (parents, circles, successors) is lt_registry_new()'s to say: here only what a single
 * line shows. */
#include "registry/unit-list-private.h"

#include <stdarg.h>
#include <string.h>

#include "base/value.h"
#include "registry/change.h"
#include "registry/day.h"
#include "registry/json-table.h"

#define MAX_BYTES (16 * 1024 * 1024)
#define AREA "area:"

void
lt_unit_import_fault(LtUnitImport *self, const LtCsvField *field, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(self->faults, g_strdup_printf("%s:%u:%u: %s", self->name, field->line, field->column, text));
}

const LtCsvField *
lt_unit_import_need(LtUnitImport *self, const GPtrArray *record, const char *column, gboolean (*check)(const char *text), const char *what)
{
    int index = lt_csv_find(self->csv, column);
    const LtCsvField *field = index >= 0 ? record->pdata[index] : record->pdata[0];

    if (index < 0 || *field->text == '\0')
        lt_unit_import_fault(self, field, "%s is empty", column);
    else if (check != NULL && !check(field->text))
        lt_unit_import_fault(self, field, "%s \"%s\" is not %s", column, field->text, what);
    else
        return field;
    return NULL;
}

gboolean
lt_unit_text_is_id(const char *text)
{
    return lt_unit_id_is_valid(text, strlen(text));
}

static gboolean
is_day(const char *text)
{
    gint64 at_us;

    return lt_day_read(text, &at_us);
}

static void
check_day(LtUnitImport *self, const GPtrArray *record, const char *column)
{
    const LtCsvField *field = lt_csv_get(self->csv, record, column);

    if (field != NULL && !is_day(field->text))
        lt_unit_import_fault(self, field, "%s \"%s\" is not a day YYYY-MM-DD", column, field->text);
}

gboolean
lt_unit_import_once(LtUnitImport *self, const LtCsvField *field, const char *id, const char *day)
{
    g_autofree char *key = g_strjoin("\n", id, day, NULL);
    const LtCsvField *first = g_hash_table_lookup(self->places, key);

    if (first == NULL)
        return g_hash_table_insert(self->places, g_steal_pointer(&key), (gpointer) field);
    lt_unit_import_fault(self, field, "unit %s stands in line %u already%s", id, first->line, day != NULL ? " with the same day" : "");
    return FALSE;
}

void
lt_unit_import_alias(LtUnitImport *self, const char *unit, const LtCsvField *field, const char *alias)
{
    LtAliasRow *row;

    if (!lt_unit_text_is_id(alias)) {
        lt_unit_import_fault(self, field, "alias \"%s\" is not an identifier", alias);
        return;
    }
    row = g_new0(LtAliasRow, 1);
    row->unit = g_strdup(unit);
    row->alias = g_strdup(alias);
    g_ptr_array_add(self->rows->aliases, row);
}

void
lt_unit_import_successor(LtUnitImport *self, const char *unit, const char *successor, const char *procedure, const char *area,
                         const char *effective, const char *basis)
{
    LtSuccessorRow *row = g_new0(LtSuccessorRow, 1);

    *row = (LtSuccessorRow){ g_strdup(unit), g_strdup(successor), g_strdup(procedure), g_strdup(area), g_strdup(effective), g_strdup(basis) };
    g_ptr_array_add(self->rows->successors, row);
}

/* One element: `ID`, `PROCEDURE=ID` or `area:AREA=ID`. */
static void
add_successor(LtUnitImport *self, const LtUnitRow *unit, const LtCsvField *field, const char *element)
{
    const char *equals = strchr(element, '='), *id = equals != NULL ? equals + 1 : element;
    gboolean by_area = equals != NULL && g_str_has_prefix(element, AREA);
    const char *word = by_area ? element + strlen(AREA) : element;
    g_autofree char *of = equals != NULL && equals > word ? g_strndup(word, (gsize) (equals - word)) : NULL;

    if (!lt_unit_text_is_id(id) || (equals != NULL && of == NULL))
        lt_unit_import_fault(self, field, "successor \"%s\" is neither ID nor PROCEDURE=ID nor area:AREA=ID", element);
    else if (unit->valid_to == NULL)
        lt_unit_import_fault(self, field, "unit %s has a successor but no valid_to", unit->id);
    else
        lt_unit_import_successor(self, unit->id, id, by_area ? NULL : of, by_area ? of : NULL, unit->valid_to, unit->basis);
}

static void
each_element(LtUnitImport *self, const LtUnitRow *unit, const LtCsvField *field, gboolean successors)
{
    g_auto(GStrv) elements = field != NULL ? g_strsplit(field->text, ";", -1) : NULL;

    for (guint i = 0; elements != NULL && elements[i] != NULL; i++) {
        const char *element = g_strstrip(elements[i]);

        if (*element == '\0')
            continue;
        if (successors)
            add_successor(self, unit, field, element);
        else
            lt_unit_import_alias(self, unit->id, field, element);
    }
}

static char *
dup_field(const LtUnitImport *self, const GPtrArray *record, const char *column)
{
    const LtCsvField *field = lt_csv_get(self->csv, record, column);

    return field != NULL ? g_strdup(field->text) : NULL;
}

/* A line with a first day of its own says all of the unit. */
static void
read_whole(LtUnitImport *self, const GPtrArray *record)
{
    const LtCsvField *id = lt_unit_import_need(self, record, "id", lt_unit_text_is_id, "an identifier (1–35 letters, digits and single dots)");
    const LtCsvField *name = lt_unit_import_need(self, record, "name", NULL, NULL);
    const LtCsvField *level = lt_unit_import_need(self, record, "level", NULL, NULL);
    const LtCsvField *from = lt_unit_import_need(self, record, "valid_from", is_day, "a day YYYY-MM-DD");
    const LtCsvField *parent = lt_csv_get(self->csv, record, "parent");
    LtUnitRow *row;

    check_day(self, record, "valid_to");
    if (parent != NULL && !lt_unit_text_is_id(parent->text))
        lt_unit_import_fault(self, parent, "parent \"%s\" is not an identifier", parent->text);
    if (id == NULL || name == NULL || level == NULL || from == NULL || !lt_unit_import_once(self, id, id->text, from->text))
        return;
    row = g_new0(LtUnitRow, 1);
    *row = (LtUnitRow){ g_strdup(id->text), dup_field(self, record, "admin_code"), g_strdup(name->text), g_strdup(level->text),
                        dup_field(self, record, "parent"), g_strdup(from->text), dup_field(self, record, "valid_to"),
                        dup_field(self, record, "basis") };
    if (row->basis == NULL)
        row->basis = g_strdup(self->options->basis);
    if (row->valid_to != NULL && is_day(row->valid_to) && strcmp(row->valid_to, row->valid_from) <= 0)
        lt_unit_import_fault(self, lt_csv_get(self->csv, record, "valid_to"), "valid_to %s is not after valid_from %s", row->valid_to, row->valid_from);
    g_ptr_array_add(self->rows->units, row);
    each_element(self, row, lt_csv_get(self->csv, record, "aliases"), FALSE);
    each_element(self, row, lt_csv_get(self->csv, record, "successors"), TRUE);
}

const LtUnit *
lt_unit_import_before(LtUnitImport *self, const char *id)
{
    const LtUnit *unit = self->options->registry != NULL ? lt_registry_lookup_at(self->options->registry, id, self->day_us - 1) : NULL;

    return unit != NULL && strcmp(lt_unit_get_id(unit), id) == 0 && lt_unit_is_valid(unit, self->day_us - 1) ? unit : NULL;
}

static gboolean
differs(const char *news, const char *old)
{
    return news != NULL && g_strcmp0(news, old) != 0;
}

static char *
news_or(const char *news, const char *old)
{
    return g_strdup(news != NULL ? news : old);
}

void
lt_unit_import_change(LtUnitImport *self, const LtCsvField *place, const LtUnitNews *news)
{
    const LtUnit *before = lt_unit_import_before(self, news->id);
    const LtUnitRow *old = before != NULL ? lt_unit_get_row(before) : NULL;
    const char *basis = news->basis != NULL ? news->basis : self->options->basis;
    LtUnitRow *row;

    if (old == NULL && (news->name == NULL || news->level == NULL)) {
        lt_unit_import_fault(self, place, "unit %s is not in office before %s, so it begins then and needs name and level", news->id, self->options->effective);
        return;
    }
    if (old == NULL && news->ends) {
        lt_unit_import_fault(self, place, "unit %s is to end on %s but is not in office before", news->id, self->options->effective);
        return;
    }
    if (news->ends) {
        row = lt_unit_row_dup(old, self->options->effective);
        if (basis != NULL && g_strcmp0(basis, old->basis) != 0) { /* why it was, and why it is no more */
            g_free(row->basis);
            row->basis = old->basis != NULL ? g_strconcat(old->basis, "; ", basis, NULL) : g_strdup(basis);
        }
        g_ptr_array_add(self->rows->units, row);
        return;
    }
    if (old != NULL && !differs(news->name, old->name) && !differs(news->level, old->level) && !differs(news->parent, old->parent) &&
        !differs(news->admin_code, old->admin_code))
        return;
    row = g_new0(LtUnitRow, 1);
    *row = (LtUnitRow){ g_strdup(news->id), news_or(news->admin_code, old != NULL ? old->admin_code : NULL), news_or(news->name, old != NULL ? old->name : NULL),
                        news_or(news->level, old != NULL ? old->level : NULL), news_or(news->parent, old != NULL ? old->parent : NULL),
                        g_strdup(self->options->effective), g_strdup(self->options->valid_to), g_strdup(basis) };
    g_ptr_array_add(self->rows->units, row);
}

static const char *
text_of(const LtCsvField *field)
{
    return field != NULL ? field->text : NULL;
}

/* A line without a first day says what changes on the day of the list. */
static void
read_change(LtUnitImport *self, const GPtrArray *record)
{
    const LtCsvField *id = lt_unit_import_need(self, record, "id", lt_unit_text_is_id, "an identifier (1–35 letters, digits and single dots)");
    const LtCsvField *parent = lt_csv_get(self->csv, record, "parent"), *valid_to = lt_csv_get(self->csv, record, "valid_to");
    const LtCsvField *successors = lt_csv_get(self->csv, record, "successors");
    LtUnitNews news = { .name = text_of(lt_csv_get(self->csv, record, "name")), .level = text_of(lt_csv_get(self->csv, record, "level")),
                        .parent = text_of(parent), .admin_code = text_of(lt_csv_get(self->csv, record, "admin_code")),
                        .basis = text_of(lt_csv_get(self->csv, record, "basis")), .ends = successors != NULL || valid_to != NULL };
    LtUnitRow ending = { .valid_to = (char *) self->options->effective };

    if (parent != NULL && !lt_unit_text_is_id(parent->text))
        lt_unit_import_fault(self, parent, "parent \"%s\" is not an identifier", parent->text);
    if (valid_to != NULL && strcmp(valid_to->text, self->options->effective) != 0)
        lt_unit_import_fault(self, valid_to, "valid_to %s is not the day of the list, %s; give the line its own valid_from as well", valid_to->text,
                             self->options->effective);
    if (id == NULL || !lt_unit_import_once(self, id, id->text, NULL))
        return;
    news.id = ending.id = id->text;
    ending.basis = (char *) (news.basis != NULL ? news.basis : self->options->basis);
    lt_unit_import_change(self, id, &news);
    each_element(self, &ending, lt_csv_get(self->csv, record, "aliases"), FALSE);
    each_element(self, &ending, successors, TRUE);
}

static void
read_own_form(LtUnitImport *self, const GPtrArray *record)
{
    if (self->day_us != 0 && lt_csv_get(self->csv, record, "valid_from") == NULL)
        read_change(self, record);
    else
        read_whole(self, record);
}

typedef enum { NEEDS_DAY = 1, NEEDS_PREFIX = 2, NEEDS_UNITS = 4, OPEN_HEADER = 8 } Needs;

typedef struct {
    const char *required; /* columns that must be there, separated by blanks; `a|b`: one of them */
    const char *optional;
    guint needs;
    void (*read)(LtUnitImport *self, const GPtrArray *record);
} Shape;

static const Shape shapes[] = {
    { "old_code new_code", "old_name old_district new_name new_id procedure area note", NEEDS_DAY | NEEDS_PREFIX | NEEDS_UNITS, lt_unit_import_take_over },
    { "district_code district commune_code commune", "", NEEDS_DAY | NEEDS_PREFIX, lt_unit_import_district_and_commune },
    { "commune_code commune", "", NEEDS_DAY | NEEDS_PREFIX, lt_unit_import_commune },
    { "code name oldCode|code102|pid", "", NEEDS_DAY | OPEN_HEADER, lt_unit_import_agency },
    { "id", "name level valid_from admin_code parent valid_to basis aliases successors", 0, read_own_form },
};

static gboolean
words_hold(const char *words, const char *word)
{
    g_auto(GStrv) list = g_strsplit_set(words, " |", -1);

    return g_strv_contains((const char *const *) list, word);
}

static gboolean
has_one_of(const LtCsv *csv, const char *columns)
{
    g_auto(GStrv) names = g_strsplit(columns, "|", -1);

    for (guint i = 0; names[i] != NULL; i++)
        if (lt_csv_find(csv, names[i]) >= 0)
            return TRUE;
    return FALSE;
}

static const Shape *
find_shape(LtUnitImport *self)
{
    for (guint i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_auto(GStrv) required = g_strsplit(shapes[i].required, " ", -1);
        gboolean all = TRUE;

        for (guint j = 0; required[j] != NULL; j++)
            all = all && has_one_of(self->csv, required[j]);
        if (all)
            return &shapes[i];
    }
    if (self->csv->header->len > 0)
        lt_unit_import_fault(self, self->csv->header->pdata[0],
                             "the header line is of no known list; the hub's own form needs the columns id,name,level,valid_from");
    return NULL;
}

static void
check_header(LtUnitImport *self, const Shape *shape)
{
    for (guint i = 0; i < self->csv->header->len; i++) {
        const LtCsvField *field = self->csv->header->pdata[i];

        if ((shape->needs & OPEN_HEADER) == 0 && !words_hold(shape->required, field->text) && !words_hold(shape->optional, field->text))
            lt_unit_import_fault(self, field, "there is no column \"%s\"; known are: %s %s", field->text, shape->required, shape->optional);
        else if (lt_csv_find(self->csv, field->text) != (int) i)
            lt_unit_import_fault(self, field, "column \"%s\" stands there twice", field->text);
    }
}

static void
check_options(LtUnitImport *self, const Shape *shape)
{
    const LtUnitListOptions *options = self->options;
    const LtCsvField *place = self->csv->header->pdata[0];

    if (options->effective != NULL && !lt_day_read(options->effective, &self->day_us))
        lt_unit_import_fault(self, place, "--effective \"%s\" is not a day YYYY-MM-DD", options->effective);
    else if ((shape->needs & NEEDS_DAY) != 0 && options->effective == NULL)
        lt_unit_import_fault(self, place, "this list has no dates: say from which day it holds (--effective YYYY-MM-DD)");
    if ((shape->needs & NEEDS_PREFIX) != 0 && (options->prefix == NULL || !lt_unit_text_is_id(options->prefix)))
        lt_unit_import_fault(self, place, "this list has codes but no identifiers: give the prefix of the ids (--prefix H52)");
    if (options->valid_to != NULL && !is_day(options->valid_to))
        lt_unit_import_fault(self, place, "--valid-to \"%s\" is not a day YYYY-MM-DD", options->valid_to);
    if ((shape->needs & NEEDS_UNITS) != 0 && (options->registry == NULL || lt_registry_get_n_units(options->registry) == 0))
        lt_unit_import_fault(self, place, "successors by code need the units: import these first");
}

static void
read_records(LtUnitImport *self, const Shape *shape)
{
    for (guint i = 0; i < self->csv->records->len; i++) {
        const GPtrArray *record = self->csv->records->pdata[i];

        if (record->len != self->csv->header->len)
            lt_unit_import_fault(self, record->pdata[0], "%u fields, but the header has %u", record->len, self->csv->header->len);
        else
            shape->read(self, record);
    }
    if (self->options->complete && (shape->needs & NEEDS_PREFIX) != 0)
        lt_unit_import_end_others(self);
}

LtRegistryRows *
lt_unit_list_parse(const char *data, gsize size, const char *name, const LtUnitListOptions *options, GPtrArray *faults,
                   GError **error)
{
    static const LtUnitListOptions none = { 0 };
    g_autoptr(LtCsv) csv = lt_table_parse(data, size, name, error);
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    guint before = faults->len;

    if (csv == NULL)
        return NULL;
    LtUnitImport import = { name, csv, options != NULL ? options : &none, 0, faults, rows, places, made };
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
