/* SPDX-License-Identifier: Apache-2.0 */
/* unit-list.h: lists of units as CSV files, read into rows of the registry: all or nothing, every fault named.
 *
 * The header line says which shape it is:
 *   id,name,level,valid_from and, as wanted, admin_code,parent,valid_to,basis,aliases,successors, in any order: the hub's own form;
 *   district_code,district,commune_code,commune          communes of districts, by administrative code;
 *   commune_code,commune                                 communes directly under one unit;
 *   old_code,old_name,old_district,new_code,new_name,note     which unit took the place of which.
 * The last three carry codes only, and codes are reused: ids, dates and parent come from the options, and successors are
 * looked up by code and date among the units that are known already. Nothing is ever matched by name.
 */
#pragma once

#include "registry/unit.h"

typedef struct {
    const char *prefix;     /* for lists of codes: the id of a unit is PREFIX.CODE */
    const char *parent;     /* for lists of codes: id of the unit above the highest ones of the list */
    const char *valid_from; /* for lists of codes: first day; for successors: day of the change */
    const char *valid_to;   /* nullable */
    const char *basis;      /* nullable: legal basis */
    LtRegistry *registry;   /* nullable (transfer none): units known already */
} LtUnitListOptions;

/**
 * lt_unit_list_parse:
 * @name: of the file, for the faults
 * @options: (nullable)
 * @faults: (element-type utf8): each `NAME:LINE:COLUMN: text`
 *
 * In the hub's own form `aliases` are separated by `;`, and so are `successors`: `ID`, or `PROCEDURE=ID` for one procedure;
 * they take effect on `valid_to`.
 *
 * Returns: (transfer full) (nullable): %NULL when a fault was added or the text cannot be read at all (@error)
 */
LtRegistryRows *lt_unit_list_parse(const char *data, gsize size, const char *name, const LtUnitListOptions *options,
                                   GPtrArray *faults, GError **error);
/** lt_unit_list_read: the same for a file of at most 16 MiB. Errors: UNAVAILABLE when it cannot be read */
LtRegistryRows *lt_unit_list_read(const char *path, const LtUnitListOptions *options, GPtrArray *faults, GError **error);
