/* SPDX-License-Identifier: Apache-2.0 */
/* evidence-private.h: what the files of the evidence share: its attachments under their logical names, the entries and the messages of a dossier. */
#pragma once

#include "casework/evidence.h"
#include "store/units.h"

/* Attachments in order, with what stands of them in MAP.txt. */
typedef struct {
    GPtrArray *parts; /* of LtSealPart * */
    GPtrArray *names; /* logical names */
    GPtrArray *held;  /* of LtMessage *: what the streams read from */
} LtEvidenceBag;
LtEvidenceBag *lt_evidence_bag_new(void);
void lt_evidence_bag_free(LtEvidenceBag *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtEvidenceBag, lt_evidence_bag_free)
/** lt_evidence_bag_add: @media_type: a literal. Nothing is added for %NULL or empty bytes, which a container cannot hold */
void lt_evidence_bag_add(LtEvidenceBag *self, const char *name, const char *media_type, GBytes *bytes);
void lt_evidence_bag_add_text(LtEvidenceBag *self, const char *name, const char *text, gssize size);
/** lt_evidence_bag_add_message: the container of a message, read from the store when it is needed */
gboolean lt_evidence_bag_add_message(LtEvidenceBag *self, const char *name, LtMessage *message, GError **error);
/** lt_evidence_bag_map: MAP.txt as the first attachment: entry, logical name and digest of every other */
gboolean lt_evidence_bag_map(LtEvidenceBag *self, GError **error);

/* An entry of the log that belongs to the dossier. */
typedef struct {
    guint64 index;
    GBytes *bytes;
    LtRecordView *view;
} LtEvidenceEntry;

typedef enum { LT_EVIDENCE_PRESENT, LT_EVIDENCE_WITHHELD, LT_EVIDENCE_ERASED } LtEvidenceState;

/* An envelope or receipt of the dossier, under the entry that tells its digest. */
typedef struct {
    guint k;                   /* its folder msg/<k> */
    const LtEvidenceEntry *entry;
    char *from, *id, *to, *type;
    gint64 issued_us;
    LtEvidenceState state;
    LtMessage *message;        /* nullable: kept by the store */
    GBytes *receipt;           /* nullable: one that the hub gave */
} LtEvidenceMessage;

/** lt_evidence_messages: Returns: (element-type LtEvidenceMessage) (transfer full): in order of the log */
GPtrArray *lt_evidence_messages(const LtEvidenceRequest *request, const GPtrArray *entries, GError **error);
/** lt_evidence_add_message: its container, or of a withheld one what is released */
gboolean lt_evidence_add_message(LtEvidenceBag *bag, const LtEvidenceMessage *message, GError **error);
const char *lt_evidence_state_word(LtEvidenceState state);

/* What a summary tells. */
typedef struct {
    const LtDossier *dossier;
    const GPtrArray *entries, *messages;
    const LtLogAnchored *anchored;
    const LtRegistryRows *units;
    const char *by;
    gint64 made_us;
    guint part, parts;
} LtEvidenceFacts;
/** lt_evidence_summary: (transfer full): HTML in Vietnamese, for printing; no content of messages */
char *lt_evidence_summary(const LtEvidenceFacts *facts);
/** lt_evidence_units: (transfer full): CSV of the units that take part, with their keys */
char *lt_evidence_units(const LtEvidenceFacts *facts);
