/* SPDX-License-Identifier: Apache-2.0 */
/* unit-list-private.h: one list being read: shared by unit-list.c (the hub's own form), unit-codes.c and unit-agencies.c. */
#pragma once

#include "registry/csv.h"
#include "registry/unit-list.h"

typedef struct {
    const char *name;
    const LtCsv *csv;
    const LtUnitListOptions *options; /* never NULL */
    gint64 day_us;       /* of options->effective; 0: none */
    GPtrArray *faults;
    LtRegistryRows *rows;
    GHashTable *places;  /* id or code, and day → LtCsvField of its first line */
    GHashTable *made;    /* code → id of a unit that this list makes (unit-codes.c) */
} LtUnitImport;

void lt_unit_import_fault(LtUnitImport *self, const LtCsvField *field, const char *format, ...) G_GNUC_PRINTF(3, 4);
/** lt_unit_import_need: the field, required and well-formed; or a fault at its place and NULL */
const LtCsvField *lt_unit_import_need(LtUnitImport *self, const GPtrArray *record, const char *column, gboolean (*check)(const char *text),
                                      const char *what);
/** lt_unit_import_once: a fault when @id (with @day, nullable) stood in a line before. Returns: it did not */
gboolean lt_unit_import_once(LtUnitImport *self, const LtCsvField *field, const char *id, const char *day);
void lt_unit_import_alias(LtUnitImport *self, const char *unit, const LtCsvField *field, const char *alias);
gboolean lt_unit_text_is_id(const char *text);

/* What a line says of a unit from the list's day on; NULL: as it was. */
typedef struct {
    const char *id, *name, *level, *parent, *admin_code, *basis;
    gboolean ends;
} LtUnitNews;
/** lt_unit_import_before: (nullable): the unit as it was on the day before the list's */
const LtUnit *lt_unit_import_before(LtUnitImport *self, const char *id);
/** lt_unit_import_change: adds the row that makes it so: none when nothing changes. A fault when a new unit lacks name or level */
void lt_unit_import_change(LtUnitImport *self, const LtCsvField *place, const LtUnitNews *news);
void lt_unit_import_successor(LtUnitImport *self, const char *unit, const char *successor, const char *procedure, const char *area,
                              const char *effective, const char *basis);

/* unit-codes.c */
gboolean lt_unit_text_is_code(const char *text);
void lt_unit_import_commune(LtUnitImport *self, const GPtrArray *record);
void lt_unit_import_district_and_commune(LtUnitImport *self, const GPtrArray *record);
void lt_unit_import_take_over(LtUnitImport *self, const GPtrArray *record);
/** lt_unit_import_end_others: with `complete`: after all records */
void lt_unit_import_end_others(LtUnitImport *self);

/* unit-agencies.c */
void lt_unit_import_agency(LtUnitImport *self, const GPtrArray *record);
