/* SPDX-License-Identifier: Apache-2.0 */
/* unit-agencies.c: the list of units as the document axis gives it (domain.md §§1, 3): `code` with the identifier of the older generation beside it
 * (`oldCode`, or `code102` under QĐ 20/2020), or with the row of its parent (`pid`, getSynchronizeUnit).
 *
 * The axis accepts any identifier, and so does this list. What it does not say stays as it was: level and dates come from the options.
 */
#include "registry/unit-list-private.h"

#include <string.h>

#define LEVEL "agency"

static const char *
text_of(LtUnitImport *self, const GPtrArray *record, const char *column)
{
    const LtCsvField *field = lt_csv_get(self->csv, record, column);

    return field != NULL ? field->text : NULL;
}

static gboolean
is_yes(const char *text)
{
    return text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

/* Code of the row whose id is @id. */
static const char *
code_of_row(LtUnitImport *self, const char *id)
{
    for (guint i = 0; i < self->csv->records->len; i++) {
        const GPtrArray *record = self->csv->records->pdata[i];

        if (g_strcmp0(text_of(self, record, "id"), id) == 0)
            return text_of(self, record, "code");
    }
    return NULL;
}

static gboolean
is_listed(LtUnitImport *self, const char *code)
{
    for (guint i = 0; i < self->csv->records->len; i++)
        if (g_strcmp0(text_of(self, self->csv->records->pdata[i], "code"), code) == 0)
            return TRUE;
    return lt_unit_import_before(self, code) != NULL;
}

/* By the row that it names; else, as identifiers of QĐ 20/2020 grow from left to right, the nearest shorter one that is known. */
static char *
find_parent(LtUnitImport *self, const GPtrArray *record, const char *code)
{
    const char *pid = text_of(self, record, "pid"), *named = pid != NULL ? code_of_row(self, pid) : NULL;
    g_autofree char *shorter = g_strdup(code);

    if (named != NULL)
        return g_strdup(named);
    for (char *dot = strrchr(shorter, '.'); dot != NULL; dot = strrchr(shorter, '.')) {
        *dot = '\0';
        if (is_listed(self, shorter))
            return g_steal_pointer(&shorter);
    }
    return g_strcmp0(self->options->parent, code) != 0 ? g_strdup(self->options->parent) : NULL;
}

void
lt_unit_import_agency(LtUnitImport *self, const GPtrArray *record)
{
    const LtCsvField *code = lt_unit_import_need(self, record, "code", lt_unit_text_is_id, "an identifier (1–35 letters, digits and single dots)");
    const LtCsvField *name = lt_unit_import_need(self, record, "name", NULL, NULL);
    const char *older[] = { text_of(self, record, "oldCode"), text_of(self, record, "code102") };
    gboolean known;
    g_autofree char *parent = NULL;

    if (code == NULL || name == NULL || is_yes(text_of(self, record, "deleted")) || !lt_unit_import_once(self, code, code->text, NULL))
        return;
    known = lt_unit_import_before(self, code->text) != NULL;
    parent = find_parent(self, record, code->text);
    LtUnitNews news = { .id = code->text, .name = name->text, .level = known ? NULL : self->options->level != NULL ? self->options->level : LEVEL,
                        .parent = known ? NULL : parent };
    lt_unit_import_change(self, code, &news);
    for (guint i = 0; i < G_N_ELEMENTS(older); i++)
        if (older[i] != NULL && strcmp(older[i], code->text) != 0)
            lt_unit_import_alias(self, code->text, code, older[i]);
}
