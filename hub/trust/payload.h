/* SPDX-License-Identifier: Apache-2.0 */
/* payload.h: which schema holds for which message type; the files of schemas/payload/, compiled once at start. */
#pragma once

#include "base/message.h"

typedef struct _LtPayloads LtPayloads;

/** lt_payloads_load: from the schemas built into the program. Immutable, shared by threads. Errors: %LT_ERROR_CONFIG */
LtPayloads *lt_payloads_load(GError **error);
void lt_payloads_free(LtPayloads *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtPayloads, lt_payloads_free)

/** lt_payloads_get_schema: Returns: (transfer none) (nullable): the JSON Schema of a message type, as published */
GBytes *lt_payloads_get_schema(const LtPayloads *self, const char *type);
/** lt_payloads_list_types: Returns: (transfer full): all types that have one, in order of name */
char **lt_payloads_list_types(const LtPayloads *self);

/* Values that routing and the dossier need, picked in the same pass. Owned; NULL when absent. */
typedef struct {
    char *code;       /* MaHoSo */
    char *procedure;  /* MaTTHC */
    char *kind;       /* of a supplement, update, …: "kind" or "mode" */
    char *state;      /* TrangThaiHoSo, "1" … "10"; else StatusCode, "01" … "16" */
    char *stage;      /* of a receipt */
    char *facts;      /* of a dossier message: JSON object of the members that case work needs (casework/event.h), by their own names */
    gboolean complete; /* a word that is no state has what its kind needs */
    char *field;      /* MaLinhVuc */
    char *received;   /* NgayTiepNhan: RFC 3339 */
} LtPayloadFacts;
void lt_payload_facts_clear(LtPayloadFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtPayloadFacts, lt_payload_facts_clear)

/**
 * lt_payload_check:
 * @media_type: (nullable): of @payload
 * @payload: (nullable): a message without payload passes; whether its type needs one is a rule of the header
 * @schema: %FALSE: guards only
 * @facts: (out) (optional): always set, empty on failure
 *
 * A payload in XML follows the XSD of the same schema and has the type as its document element; only dossier messages have
 * such a form.
 *
 * Errors: %LT_ERROR_INVALID: `env.payload.json`, `env.payload.xml`, `env.payload.schema`
 */
gboolean lt_payload_check(const LtPayloads *self, const char *type, const char *media_type, GBytes *payload, gboolean schema,
                          LtPayloadFacts *facts, GError **error);

/**
 * lt_payload_check_papers:
 * @payload: has passed lt_payload_check() with its schema
 *
 * Errors: %LT_ERROR_INVALID: `env.payload.schema`: a TepDinhKemId names no attachment of the envelope, and the paper is not one that is taken back
 */
gboolean lt_payload_check_papers(const char *type, const char *media_type, GBytes *payload, guint n_attachments, GError **error);
