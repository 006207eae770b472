/* SPDX-License-Identifier: Apache-2.0 */
/* dossier-rows.h: dossiers written inside a transaction: by an accepted message and by what becomes of its deliveries. */
#pragma once

#include "store/store-private.h"

/* What an accepted message says of its dossier. */
typedef struct {
    const char *reference;       /* UUID */
    const char *code, *procedure; /* nullable */
    const char *procedure_from;  /* nullable: version of the procedure, kept from the first that has one */
    const char *state;           /* nullable: new state */
    const char *type;            /* of the message */
    const char *sender, *receiver;
    const char *message_id;
} LtDossierNews;

/* What was there before. */
typedef struct {
    gint64 row;
    gboolean state_changed;
    char old_state[64];
} LtDossierTouched;

/** lt_dossier_touch: makes the dossier or brings it up to date, with its participants */
gboolean lt_dossier_touch(LtStoreTransaction *tx, const LtDossierNews *news, LtDossierTouched *out, GError **error);
gboolean lt_dossier_add_event(LtStoreTransaction *tx, gint64 dossier, guint64 index, const char *event, gint64 message, const char *endpoint,
                              const char *detail, GError **error);
