/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h: the verbs of `lthub unit`, a file for each kind of work, and what they share. */
#pragma once

#include "cli/admin.h"
#include "cli/commands.h"
#include "registry/unit-list.h"

typedef struct {
    char *prefix, *parent, *effective, *valid_to, *basis, *level;
    gboolean complete, dry_run;
} LtUnitImportOptions;
typedef struct {
    char *at, *level;
} LtUnitLookOptions;
typedef struct {
    char *procedure, *area, *at;
} LtUnitSuccessorOptions;
typedef struct {
    char *certificate, *use, *role, *spki;
} LtUnitKeyOptions;
typedef struct {
    char *basis, *until;
} LtUnitSuspendOptions;

/** lt_unit_known: what is there now, through the store that @admin has opened or beside the running hub */
LtRegistry *lt_unit_known(LtAdmin *admin, const LtTerminal *terminal, GError **error);
/** lt_unit_look: the registry, read only */
LtRegistry *lt_unit_look(const LtTerminal *terminal, GError **error);
/** lt_unit_read_day: @text: nullable: now */
gboolean lt_unit_read_day(const char *text, gint64 *at_us, GError **error);
/** lt_unit_today: (transfer full): YYYY-MM-DD in Việt Nam */
char *lt_unit_today(void);
/** lt_unit_find: by id or alias, or by administrative code at a date; never by name. Errors: NOT_FOUND `unit.unknown`, `unit.ambiguous` */
const LtUnit *lt_unit_find(LtRegistry *registry, const char *name, gint64 at_us, GError **error);
int lt_unit_print_faults(GPtrArray *faults, const char *verdict, const LtTerminal *terminal);
/** lt_unit_read_files: (nullable): all files as one change of @known; faults are collected */
LtRegistryRows *lt_unit_read_files(char **files, const LtUnitImportOptions *options, const char *hub, LtRegistry *known, GPtrArray *faults, GError **error);

/* unit-import.c */
int lt_unit_import(gpointer options, char **arguments, const LtTerminal *terminal);
/* unit-rehearse.c */
int lt_unit_rehearse(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_unit_apply(gpointer options, char **arguments, const LtTerminal *terminal);
/* unit-look.c */
int lt_unit_list(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_unit_show(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_unit_history(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_unit_successors(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_unit_export(gpointer options, char **arguments, const LtTerminal *terminal);
/* unit-access.c */
int lt_unit_key_add(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_unit_key_retire(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_unit_token(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_unit_token_retire(gpointer options, char **arguments, const LtTerminal *terminal);
/* unit-suspend.c */
int lt_unit_suspend(gpointer options, char **arguments, const LtTerminal *terminal);
int lt_unit_resume(gpointer options, char **arguments, const LtTerminal *terminal);
