/* SPDX-License-Identifier: Apache-2.0 */
/* dossiers.h: the case that messages speak of: reference, code, state, who takes part, and its events in order. */
#pragma once

#include "base/message.h"
#include "store/store.h"

typedef struct {
    char *reference;     /* UUID 4 */
    char *code;          /* nullable: MaHoSo */
    char *procedure;     /* nullable */
    char *origin_unit;   /* who sent it first */
    char *holder_unit;   /* where it is now */
    char *state;         /* "1" … "10", or "" when unknown */
    gint64 created_us, changed_us;
    guint n_messages;
} LtDossier;
void lt_dossier_free(LtDossier *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtDossier, lt_dossier_free)

typedef struct {
    gint64 at_us;
    char *event;         /* "message", "delivery.arrived", "state", "readdress", … */
    char *message_id, *type, *from, *to, *endpoint, *detail; /* nullable */
    guint64 index;       /* of its record in the audit log */
    char *facts;         /* nullable: JSON object of what the payload says of the case (casework/event.h) */
} LtDossierEvent;
void lt_dossier_event_free(LtDossierEvent *self);

/** @units: (nullable): ended by NULL: only dossiers in which one of them takes part (S15); NULL: all */
LtDossier *lt_store_find_dossier(LtStore *self, const char *code_or_reference, const char *const *units, GError **error);
GPtrArray *lt_store_dossier_events(LtStore *self, const char *reference, GError **error);
GPtrArray *lt_store_list_dossiers(LtStore *self, const char *const *units, const char *state, const char *after, guint limit, GError **error);
/** lt_store_find_submission: newest dossier.submit of this code delivered to one of the endpoint's units */
LtMessage *lt_store_find_submission(LtStore *self, const char *endpoint, const char *code, GError **error);
/** lt_store_list_submissions: every dossier.submit of this code, newest first, at most 16. Returns: (element-type LtMessage) */
GPtrArray *lt_store_list_submissions(LtStore *self, const char *code, GError **error);
