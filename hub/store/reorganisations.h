/* SPDX-License-Identifier: Apache-2.0 */
/* reorganisations.h: units change and what is under way goes to their successors, in one transaction.
 *
 * Who has whose work is not known here: it is asked for (registry/unit.h), and so is where a delivery goes instead (routing/route-table.h). Dossiers
 * keep their code, their deadline and the rules of their receipt; every move is a record and shows in the timeline.
 */
#pragma once

#include "store/units.h"

/* What is asked while things are moved. */
typedef struct {
    gpointer data;
    /* who has the work of @unit for @procedure (nullable): NULL when nobody has. *basis: nullable. Both are borrowed and live as long as @data */
    const char *(*home)(gpointer data, const char *unit, const char *procedure, const char **basis);
    /* (nullable) (transfer full): endpoints for a message to @to; NULL: none, so that it stays where it is */
    char **(*route)(gpointer data, const char *type, const char *procedure, const char *from, const char *to);
} LtHomes;

typedef struct {
    guint64 dossiers, deliveries; /* moved */
    guint64 homeless;             /* left where they are, because nobody has their matters */
} LtRehomed;

typedef struct {
    const LtRegistryRows *rows;  /* nullable: they were put before; only what is under way is moved */
    const char *digest;          /* of a re-organisation that was put before; else NULL */
    const char *effective;       /* its day */
    const char *basis;           /* nullable */
    const char *const *closed;   /* units that end on that day, ended by NULL */
    const LtHomes *homes;        /* nullable: its day has not come: it is kept */
    const char *actor_kind, *actor;
} LtReorganisation;

/** lt_store_reorganise: rows, records, moves and what is kept of it: all or nothing. *moved: (out) */
gboolean lt_store_reorganise(LtStore *self, const LtReorganisation *reorganisation, LtRehomed *moved, GError **error);

/* One that is not finished: its day has not come, or something had no home. */
typedef struct {
    char *digest, *effective, *basis;
    LtRehomed moved;
} LtPendingReorganisation;
void lt_pending_reorganisation_free(LtPendingReorganisation *self);
/** lt_store_list_pending: (element-type LtPendingReorganisation): by day */
GPtrArray *lt_store_list_pending(LtStore *self, GError **error);

/* What is under way at a unit, for each procedure. */
typedef struct {
    char *unit, *procedure; /* procedure nullable */
    guint64 dossiers, deliveries;
    char *code;             /* nullable: of one of the dossiers */
} LtUnderWay;
void lt_under_way_free(LtUnderWay *self);
/** lt_store_list_under_way: (element-type LtUnderWay): dossiers that are not at their end in which one of @units takes part, and deliveries to them that
 * are not over */
GPtrArray *lt_store_list_under_way(LtStore *self, const char *const *units, GError **error);

/* A sender who is still to be told that a message of theirs went to a successor. */
typedef struct {
    gint64 message;      /* row */
    char *from, *id, *manifest, *dossier; /* of the message; dossier nullable: UUID */
    char *code, *state;  /* of the dossier; nullable */
    char *old, *new, *basis; /* basis nullable */
} LtNotice;
void lt_notice_free(LtNotice *self);
/** lt_store_list_notices: (element-type LtNotice): oldest first, at most @limit */
GPtrArray *lt_store_list_notices(LtStore *self, guint limit, GError **error);
/** lt_store_end_notice: they were told, or cannot be */
gboolean lt_store_end_notice(LtStore *self, gint64 message, GError **error);
