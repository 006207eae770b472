/* SPDX-License-Identifier: Apache-2.0 */
/* unit-list.h: lists of units as CSV or JSON files, read into rows of the registry: all or nothing, every fault named.
 *
 * The header line (in JSON: the names of the members) says which shape it is:
 *   id and, as wanted, name,level,valid_from,admin_code,parent,valid_to,basis,aliases,successors: the hub's own form;
 *   district_code,district,commune_code,commune          communes of districts, by administrative code;
 *   commune_code,commune                                 communes directly under one unit;
 *   old_code,new_code and old_name,new_name,new_id,procedure,area,note     which unit takes the place of which;
 *   code and oldCode, code102 or pid, name               the document axis: getAgenciesList, getAgenciesListQD20, getSynchronizeUnit.
 * Lists of codes carry no ids, and codes are reused: ids, dates and parent come from the options, and units are looked up by code and date among
 * those that are known already. Nothing is ever matched by name.
 *
 * With a day (`effective`) a list says what changes on it: what a line leaves empty stays as it was the day before, a unit with
 * successors ends, and one that is not known begins.
 */
#pragma once

#include "registry/unit.h"

typedef struct {
    const char *prefix;     /* for lists of codes: the id of a unit is PREFIX.CODE, or PREFIX.yyMMdd.CODE when that was given before */
    const char *parent;     /* nullable: for lists of codes: id of the unit above the highest ones of the list */
    const char *effective;  /* nullable: day on which the list begins to hold */
    const char *valid_to;   /* nullable: for lists of codes: first day on which they are no more */
    const char *basis;      /* nullable: legal basis of lines that name none */
    const char *level;      /* nullable: for the document axis, which knows no levels */
    gboolean complete;      /* a list of codes is whole: units of its levels below @parent that are not in it end on @effective */
    LtRegistry *registry;   /* nullable (transfer none): units known already */
} LtUnitListOptions;

/**
 * lt_unit_list_parse:
 * @name: of the file, for the faults
 * @options: (nullable)
 * @faults: (element-type utf8): each `NAME:LINE:COLUMN: text`
 *
 * In the hub's own form `aliases` are separated by `;`, and so are `successors`: `ID`, `PROCEDURE=ID` for one procedure, or `area:AREA=ID` for
 * one field of procedures or part of the territory; they take effect on `valid_to`.
 *
 * Returns: (transfer full) (nullable): %NULL when a fault was added or the text cannot be read at all (@error)
 */
LtRegistryRows *lt_unit_list_parse(const char *data, gsize size, const char *name, const LtUnitListOptions *options,
                                   GPtrArray *faults, GError **error);
/** lt_unit_list_read: the same for a file of at most 16 MiB. Errors: UNAVAILABLE when it cannot be read */
LtRegistryRows *lt_unit_list_read(const char *path, const LtUnitListOptions *options, GPtrArray *faults, GError **error);
/** lt_unit_list_write: (transfer full): units, aliases and successors in the hub's own form, which reads back the same. @at_us: only what is in force
 * at this instant; 0: all */
char *lt_unit_list_write(LtRegistry *registry, gint64 at_us);
