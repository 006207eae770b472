/* SPDX-License-Identifier: Apache-2.0 */
/* unit-codes.c: lists that know units by administrative code alone.
 *
 * A code says nothing without a date: it is looked up as of the day before the list's, or of that day. In a list of a whole level a unit goes on when
 * its code keeps its name; another name under the same code is another unit, and the one before ends. In a table of who takes the place of
 * whom only a unit that is the sole predecessor of its own code and name goes on; all others end, and a new one begins.
 */
#include "registry/unit-list-private.h"

#include <string.h>

#define CODE "an administrative code (digits)"

gboolean
lt_unit_text_is_code(const char *text)
{
    gsize digits = strspn(text, "0123456789");

    return text[digits] == '\0' && digits >= 2 && digits <= 5;
}

/* PREFIX.CODE, unless that id was given before: then PREFIX.yyMMdd.CODE. */
static char *
new_id(LtUnitImport *self, const char *code)
{
    const LtUnitListOptions *options = self->options;
    char *id = g_strdup_printf("%s.%s", options->prefix, code);
    const char *day = options->effective;

    if (options->registry == NULL || lt_registry_lookup(options->registry, id) == NULL)
        return id;
    g_free(id);
    return g_strdup_printf("%s.%.2s%.2s%.2s.%s", options->prefix, day + 2, day + 5, day + 8, code);
}

static const LtUnit *
holder_at(LtUnitImport *self, const LtCsvField *code, gint64 at_us)
{
    gboolean ambiguous = FALSE;
    const LtUnit *unit = self->options->registry != NULL ? lt_registry_find_code(self->options->registry, code->text, at_us, &ambiguous) : NULL;

    if (ambiguous)
        lt_unit_import_fault(self, code, "more than one unit has the code %s at this date; give one of them its end", code->text);
    return unit;
}

/* @level, @parent: nullable as in LtUnitNews. Returns: id of the unit that has this code from the list's day on. */
static const char *
put_coded(LtUnitImport *self, const LtCsvField *code, const LtCsvField *name, const char *level, const char *parent)
{
    const LtUnit *now = holder_at(self, code, self->day_us), *before = holder_at(self, code, self->day_us - 1);
    const LtUnit *going_on = now != NULL && strcmp(lt_unit_get_name(now), name->text) == 0 ? now : NULL;
    LtUnitNews news = { .name = name->text, .level = level, .parent = parent, .admin_code = code->text };
    char *id;

    if (going_on == NULL && before != NULL) {
        LtUnitNews end = { .id = lt_unit_get_id(before), .ends = TRUE };

        lt_unit_import_change(self, code, &end);
    }
    id = going_on != NULL ? g_strdup(lt_unit_get_id(going_on)) : new_id(self, code->text);
    news.id = id;
    g_hash_table_insert(self->made, g_strdup(code->text), id);
    /* What begins on this very day is there already. */
    if (going_on == NULL || before != NULL)
        lt_unit_import_change(self, code, &news);
    return id;
}

void
lt_unit_import_commune(LtUnitImport *self, const GPtrArray *record)
{
    const LtCsvField *code = lt_unit_import_need(self, record, "commune_code", lt_unit_text_is_code, CODE);
    const LtCsvField *name = lt_unit_import_need(self, record, "commune", NULL, NULL);

    if (code != NULL && name != NULL && lt_unit_import_once(self, code, code->text, NULL))
        put_coded(self, code, name, "commune", self->options->parent);
}

void
lt_unit_import_district_and_commune(LtUnitImport *self, const GPtrArray *record)
{
    const LtCsvField *district = lt_unit_import_need(self, record, "district_code", lt_unit_text_is_code, CODE);
    const LtCsvField *district_name = lt_unit_import_need(self, record, "district", NULL, NULL);
    const LtCsvField *code = lt_unit_import_need(self, record, "commune_code", lt_unit_text_is_code, CODE);
    const LtCsvField *name = lt_unit_import_need(self, record, "commune", NULL, NULL);
    const char *parent;

    if (district == NULL || district_name == NULL || code == NULL || name == NULL || !lt_unit_import_once(self, code, code->text, NULL))
        return;
    parent = g_hash_table_lookup(self->made, district->text);
    if (parent == NULL)
        parent = put_coded(self, district, district_name, "district", self->options->parent);
    put_coded(self, code, name, "commune", parent);
}

/* Those of the same levels below the parent that the list does not have. */
void
lt_unit_import_end_others(LtUnitImport *self)
{
    LtRegistry *registry = self->options->registry;
    GHashTableIter iter;
    gpointer id;
    g_autoptr(GHashTable) kept = g_hash_table_new(g_str_hash, g_str_equal);

    g_hash_table_iter_init(&iter, self->made);
    while (g_hash_table_iter_next(&iter, NULL, &id))
        g_hash_table_add(kept, id);
    for (guint i = 0; registry != NULL && i < lt_registry_get_n_units(registry); i++) {
        const LtUnit *unit = lt_registry_get_unit(registry, i);
        LtUnitNews end = { .id = lt_unit_get_id(unit), .ends = TRUE };
        gboolean put = FALSE;

        if (!lt_unit_is_valid(unit, self->day_us - 1) || !lt_unit_is_valid(unit, self->day_us) || lt_unit_get_admin_code(unit) == NULL ||
            g_hash_table_contains(kept, end.id) || g_strcmp0(end.id, self->options->parent) == 0 ||
            (self->options->parent != NULL && !lt_registry_is_within(registry, end.id, self->options->parent, self->day_us - 1)))
            continue;
        for (guint j = 0; j < self->rows->units->len && !put; j++)
            put = strcmp(((const LtUnitRow *) self->rows->units->pdata[j])->id, end.id) == 0;
        if (!put)
            lt_unit_import_change(self, self->csv->header->pdata[0], &end);
    }
}

/* Is it a predecessor in this table? */
static gboolean
is_taken_over(LtUnitImport *self, const char *code)
{
    int column = lt_csv_find(self->csv, "old_code");

    for (guint i = 0; i < self->csv->records->len; i++) {
        const GPtrArray *record = self->csv->records->pdata[i];

        if ((guint) column < record->len && strcmp(((const LtCsvField *) record->pdata[column])->text, code) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The only predecessor of its own code, under the same name, goes on unchanged. */
static gboolean
goes_on(LtUnitImport *self, const GPtrArray *record, const LtCsvField *old_code, const LtCsvField *new_code)
{
    const LtCsvField *old_name = lt_csv_get(self->csv, record, "old_name"), *new_name = lt_csv_get(self->csv, record, "new_name");
    int column = lt_csv_find(self->csv, "new_code");
    guint predecessors = 0;

    if (strcmp(old_code->text, new_code->text) != 0 || g_strcmp0(old_name ? old_name->text : "", new_name ? new_name->text : "") != 0)
        return FALSE;
    for (guint i = 0; i < self->csv->records->len; i++) {
        const GPtrArray *other = self->csv->records->pdata[i];

        predecessors += (guint) column < other->len && strcmp(((const LtCsvField *) other->pdata[column])->text, new_code->text) == 0;
    }
    return predecessors == 1;
}

/* The unit that has the code from the list's day on: registered for it already, not touched by the table, or made here. */
static const char *
find_successor(LtUnitImport *self, const GPtrArray *record, const LtUnit *old_unit, const LtCsvField *new_code)
{
    const char *made = g_hash_table_lookup(self->made, new_code->text);
    const LtUnit *now = holder_at(self, new_code, self->day_us);
    const LtCsvField *name = lt_csv_get(self->csv, record, "new_name"), *given = lt_csv_get(self->csv, record, "new_id");
    LtUnitNews news = { .level = lt_unit_get_level(old_unit), .parent = self->options->parent, .admin_code = new_code->text };
    char *id;

    if (made != NULL)
        return made;
    if (now != NULL && (!lt_unit_is_valid(now, self->day_us - 1) || !is_taken_over(self, new_code->text)))
        return lt_unit_get_id(now);
    if (name == NULL) {
        lt_unit_import_fault(self, new_code, "no unit has the code %s on %s, and the line has no new_name to make one", new_code->text,
                             self->options->effective);
        return NULL;
    }
    if (given != NULL && !lt_unit_text_is_id(given->text)) {
        lt_unit_import_fault(self, given, "new_id \"%s\" is not an identifier", given->text);
        return NULL;
    }
    id = given != NULL ? g_strdup(given->text) : new_id(self, new_code->text);
    news.id = id;
    news.name = name->text;
    g_hash_table_insert(self->made, g_strdup(new_code->text), id);
    lt_unit_import_change(self, new_code, &news);
    return id;
}

void
lt_unit_import_take_over(LtUnitImport *self, const GPtrArray *record)
{
    const LtCsvField *old_code = lt_unit_import_need(self, record, "old_code", lt_unit_text_is_code, CODE);
    const LtCsvField *new_code = lt_unit_import_need(self, record, "new_code", lt_unit_text_is_code, CODE);
    const LtCsvField *procedure = lt_csv_get(self->csv, record, "procedure"), *area = lt_csv_get(self->csv, record, "area");
    const LtUnit *old_unit = old_code != NULL ? holder_at(self, old_code, self->day_us - 1) : NULL;
    const char *successor;

    if (old_code == NULL || new_code == NULL)
        return;
    if (old_unit == NULL) {
        lt_unit_import_fault(self, old_code, "no unit has the code %s on the day before %s", old_code->text, self->options->effective);
        return;
    }
    LtUnitNews news = { .id = lt_unit_get_id(old_unit), .parent = self->options->parent };
    if (lt_unit_is_valid(old_unit, self->day_us) && goes_on(self, record, old_code, new_code)) {
        lt_unit_import_change(self, old_code, &news);
        return;
    }
    successor = find_successor(self, record, old_unit, new_code);
    if (successor == NULL || strcmp(successor, news.id) == 0)
        return;
    if (g_hash_table_insert(self->places, g_strconcat("end ", news.id, NULL), (gpointer) old_code)) {
        news = (LtUnitNews){ .id = news.id, .ends = TRUE };
        lt_unit_import_change(self, old_code, &news);
    }
    lt_unit_import_successor(self, news.id, successor, procedure != NULL ? procedure->text : NULL, area != NULL ? area->text : NULL,
                             self->options->effective, self->options->basis);
}
