/* SPDX-License-Identifier: Apache-2.0 */
/* catalogue.c: rows become a catalogue: every row is checked and all faults are named at once, or there is none. */
#include "registry/procedure-private.h"

#include <stdarg.h>
#include <string.h>

#include "base/value.h"
#include "registry/day.h"

#define WHOLE 1000                      /* shares of steps, per mille */
#define MOST_MINUTES (5 * 366 * 24 * 60) /* a promise of five years is a slip of the pen */

static void
add_fault(GPtrArray *faults, const LtProcedureRow *row, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
add_fault(GPtrArray *faults, const LtProcedureRow *row, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(faults, g_strdup_printf("procedure %s from %s: %s", row->code, row->valid_from, text));
}

static gboolean
is_word(const char *text, const char *allowed, gsize most)
{
    return text != NULL && *text != '\0' && strlen(text) <= most && text[strspn(text, allowed)] == '\0';
}

#define CODE G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-"
#define LEVEL G_CSET_a_2_z G_CSET_DIGITS "-"

static gboolean
is_time_of_day(const char *text)
{
    return strlen(text) == 5 && text[2] == ':' && g_ascii_isdigit(text[0]) && g_ascii_isdigit(text[1]) && g_ascii_isdigit(text[3]) &&
           g_ascii_isdigit(text[4]) && memcmp(text, "24", 2) < 0 && text[3] < '6';
}

static void
check_days(const LtProcedureRow *row, GPtrArray *faults)
{
    gint64 from_us, until_us;

    if (!lt_day_read(row->valid_from, &from_us))
        add_fault(faults, row, "valid_from is not a day YYYY-MM-DD");
    else if (row->valid_to != NULL && !lt_day_read(row->valid_to, &until_us))
        add_fault(faults, row, "valid_to \"%s\" is not a day YYYY-MM-DD", row->valid_to);
    else if (row->valid_to != NULL && until_us <= from_us)
        add_fault(faults, row, "valid_to %s is not after valid_from", row->valid_to);
}

static void
check_items(const LtProcedureRow *row, GPtrArray *faults)
{
    gint64 shares = 0;
    guint steps = 0;

    for (guint i = 0; i < row->items->len; i++) {
        const LtProcedureItem *item = row->items->pdata[i];

        if (item->name == NULL || *item->name == '\0')
            add_fault(faults, row, "a %s has no name", item->kind);
        if (item->value < 0)
            add_fault(faults, row, "%s \"%s\": a number below 0", item->kind, item->name);
        if (strcmp(item->kind, "step") != 0)
            continue;
        steps++;
        shares += item->value;
        if (item->level != NULL && !is_word(item->level, LEVEL, 32))
            add_fault(faults, row, "step \"%s\": level \"%s\" is not a word such as commune", item->name, item->level);
    }
    if (steps > 0 && shares != WHOLE)
        add_fault(faults, row, "the shares of its steps make %" G_GINT64_FORMAT ".%" G_GINT64_FORMAT " %%, not 100 %%", shares / 10, shares % 10);
}

static void
check_row(const LtProcedureRow *row, GPtrArray *faults)
{
    if (!is_word(row->code, CODE, 50))
        add_fault(faults, row, "the code is not 1 to 50 of letters, digits, dots, - and _");
    if (row->name == NULL || *row->name == '\0')
        add_fault(faults, row, "has no name");
    if (!is_word(row->field, CODE, 50))
        add_fault(faults, row, "field \"%s\" is not a word such as TU_PHAP", row->field != NULL ? row->field : "");
    if (!is_word(row->level, LEVEL, 32))
        add_fault(faults, row, "level \"%s\" is not a word such as commune", row->level != NULL ? row->level : "");
    if (row->publisher == NULL || !lt_unit_id_is_valid(row->publisher, strlen(row->publisher)))
        add_fault(faults, row, "publisher \"%s\" is not the identifier of a unit", row->publisher != NULL ? row->publisher : "");
    if (row->minutes < 0 || row->minutes > MOST_MINUTES)
        add_fault(faults, row, "a time of %" G_GINT64_FORMAT " working minutes is not between 0 and five years", row->minutes);
    if (row->cutoff != NULL && !is_time_of_day(row->cutoff))
        add_fault(faults, row, "cutoff \"%s\" is not a time such as 15:00", row->cutoff);
    check_days(row, faults);
    check_items(row, faults);
}

static gint
compare_days(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const LtProcedureRow *const *) a)->valid_from, (*(const LtProcedureRow *const *) b)->valid_from);
}

/* Days are written so that their order as text is that of time. */
static void
check_versions(LtCatalogue *self, GPtrArray *faults)
{
    GHashTableIter iter;
    gpointer list;

    g_hash_table_iter_init(&iter, self->by_code);
    while (g_hash_table_iter_next(&iter, NULL, &list)) {
        GPtrArray *versions = list;

        g_ptr_array_sort(versions, compare_days);
        for (guint i = 0; i + 1 < versions->len; i++) {
            const LtProcedureRow *row = versions->pdata[i], *next = versions->pdata[i + 1];

            if (row->valid_to == NULL || strcmp(row->valid_to, next->valid_from) > 0)
                add_fault(faults, row, "does not end before %s, when another version begins", next->valid_from);
        }
    }
}

static const LtProcedureRow *
merged_into(LtCatalogue *self, const LtProcedureRow *row)
{
    const GPtrArray *versions = row->merged != NULL ? g_hash_table_lookup(self->by_code, row->merged) : NULL;

    return versions != NULL ? versions->pdata[versions->len - 1] : NULL;
}

static void
check_mergers(LtCatalogue *self, GPtrArray *faults)
{
    for (guint i = 0; i < self->rows->len; i++) {
        const LtProcedureRow *row = self->rows->pdata[i], *next = merged_into(self, row);

        if (row->merged == NULL)
            continue;
        if (row->valid_to == NULL)
            add_fault(faults, row, "is merged into %s but has no valid_to", row->merged);
        if (next == NULL)
            add_fault(faults, row, "is merged into %s, which is not in the catalogue", row->merged);
        for (guint steps = 0; next != NULL && strcmp(next->code, row->code) != 0 && steps < self->rows->len; steps++)
            next = merged_into(self, next);
        if (next != NULL && strcmp(next->code, row->code) == 0)
            add_fault(faults, row, "its mergers lead back to itself");
    }
}

LtCatalogue *
lt_catalogue_new(GPtrArray *rows, GError **error)
{
    g_autoptr(LtCatalogue) self = g_new0(LtCatalogue, 1);
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);

    self->references = 1;
    self->rows = rows;
    self->by_code = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
    self->publishers = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < rows->len; i++) {
        const LtProcedureRow *row = rows->pdata[i];
        GPtrArray *versions = g_hash_table_lookup(self->by_code, row->code);

        check_row(row, faults);
        if (versions == NULL)
            g_hash_table_insert(self->by_code, row->code, versions = g_ptr_array_new());
        g_ptr_array_add(versions, (gpointer) row);
        g_hash_table_add(self->publishers, row->publisher);
    }
    check_versions(self, faults);
    check_mergers(self, faults);
    if (faults->len == 0)
        return g_steal_pointer(&self);
    g_ptr_array_add(faults, NULL);
    g_autofree char *text = g_strjoinv("\n", (char **) faults->pdata);
    lt_error_set(error, LT_ERROR_CONFIG, "registry.faults", "%s", text);
    return NULL;
}

LtCatalogue *
lt_catalogue_ref(LtCatalogue *self)
{
    g_atomic_int_inc(&self->references);
    return self;
}

void
lt_catalogue_unref(LtCatalogue *self)
{
    if (self == NULL || !g_atomic_int_dec_and_test(&self->references))
        return;
    g_hash_table_unref(self->publishers);
    g_hash_table_unref(self->by_code);
    g_ptr_array_unref(self->rows);
    g_free(self);
}

static gboolean
same_version(const LtProcedureRow *a, const LtProcedureRow *b)
{
    return strcmp(a->code, b->code) == 0 && strcmp(a->valid_from, b->valid_from) == 0;
}

static const LtProcedureRow *
find_in(const GPtrArray *rows, const LtProcedureRow *wanted)
{
    for (guint i = 0; i < rows->len; i++)
        if (same_version(rows->pdata[i], wanted))
            return rows->pdata[i];
    return NULL;
}

/* What @row, which is to be put, means for the version before it and takes from the one behind it. */
static void
fit_version(const GPtrArray *versions, LtProcedureRow *row, GPtrArray *rows)
{
    for (guint i = 0; i < versions->len; i++) {
        const LtProcedureRow *other = versions->pdata[i];
        int order = strcmp(other->valid_from, row->valid_from);

        if (order > 0 && (row->valid_to == NULL || strcmp(row->valid_to, other->valid_from) > 0)) {
            g_free(row->valid_to);
            row->valid_to = g_strdup(other->valid_from);
            return;
        }
        if (order < 0 && (other->valid_to == NULL || strcmp(other->valid_to, row->valid_from) > 0) && find_in(rows, other) == NULL) {
            LtProcedureRow *ended = lt_procedure_row_dup(other);

            g_free(ended->valid_to);
            ended->valid_to = g_strdup(row->valid_from);
            g_ptr_array_add(rows, ended);
        }
    }
}

/* Versions of one list follow each other. */
static void
end_before_next(LtProcedureRow *row, const GPtrArray *rows)
{
    for (guint i = 0; i < rows->len; i++) {
        const LtProcedureRow *other = rows->pdata[i];

        if (strcmp(other->code, row->code) != 0 || strcmp(other->valid_from, row->valid_from) <= 0 ||
            (row->valid_to != NULL && strcmp(row->valid_to, other->valid_from) <= 0))
            continue;
        g_free(row->valid_to);
        row->valid_to = g_strdup(other->valid_from);
    }
}

void
lt_catalogue_complete(LtCatalogue *known, GPtrArray *rows)
{
    guint n = rows->len;

    for (guint i = 0; i < n; i++) {
        LtProcedureRow *row = rows->pdata[i];
        const GPtrArray *versions = known != NULL ? lt_catalogue_history(known, row->code) : NULL;

        end_before_next(row, rows);
        if (versions != NULL)
            fit_version(versions, row, rows);
    }
}

LtCatalogue *
lt_catalogue_with(LtCatalogue *known, const GPtrArray *rows, GError **error)
{
    GPtrArray *all = lt_procedure_rows_new();

    for (guint i = 0; known != NULL && i < known->rows->len; i++)
        if (find_in(rows, known->rows->pdata[i]) == NULL)
            g_ptr_array_add(all, lt_procedure_row_dup(known->rows->pdata[i]));
    for (guint i = 0; i < rows->len; i++)
        g_ptr_array_add(all, lt_procedure_row_dup(rows->pdata[i]));
    return lt_catalogue_new(all, error);
}
