/* SPDX-License-Identifier: Apache-2.0 */
/* payload.h: which schema holds for which message type; the files of schemas/payload/, compiled once at start. */
#pragma once

#include "base/message.h"

typedef struct _LtPayloads LtPayloads;
/** lt_payloads_load: from the schemas built into the program. Immutable, shared by threads */
LtPayloads *lt_payloads_load(GError **error);
void lt_payloads_free(LtPayloads *self);

/* Values that routing and the dossier need, picked in the same pass. Owned; NULL when absent. */
typedef struct {
    char *code;       /* MaHoSo */
    char *procedure;  /* MaTTHC */
    char *kind;       /* of a supplement, update, …: "kind" or "mode" */
    char *state;      /* of a status: portal state 1–10 or axis code */
    char *stage;      /* of a receipt */
} LtPayloadFacts;
void lt_payload_facts_clear(LtPayloadFacts *facts);

/** lt_payload_check: Errors: `env.payload.json`, `env.payload.xml`, `env.payload.schema`. @schema FALSE: guards only */
gboolean lt_payload_check(const LtPayloads *self, const char *type, const char *media_type, GBytes *payload, gboolean schema, LtPayloadFacts *facts,
                          GError **error);
