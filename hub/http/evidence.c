/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.c: the evidence file of a dossier, for the operator. It runs in a worker; the export is recorded before the first byte leaves. */
#include "http/resources.h"

#include <string.h>

#include "base/value.h"
#include "http/json-rows.h"
#include "http/routes.h"

static gboolean
read_question(GBytes *body, LtJsonRow **row, LtEvidenceRequest *request, guint *part, GError **error)
{
    const char *number;
    guint64 value = 1;

    *row = lt_json_row_read(body, error);
    if (*row == NULL)
        return FALSE;
    request->dossier = g_hash_table_lookup((*row)->values, "dossier");
    request->to = g_hash_table_lookup((*row)->values, "to");
    request->without_content = g_hash_table_lookup((*row)->values, "without_content") != NULL;
    number = g_hash_table_lookup((*row)->values, "part");
    if (request->dossier == NULL || (number != NULL && (!lt_decimal_read(number, strlen(number), &value) || value < 1 || value > 999)) ||
        (request->to != NULL && !lt_unit_id_is_valid(request->to, strlen(request->to)))) {
        lt_error_set(error, LT_ERROR_INVALID, "http.json", "evidence is asked for by `dossier`, and if wanted `to`, a unit id, and `part`, 1 to 999");
        return FALSE;
    }
    *part = (guint) value;
    return TRUE;
}

void
lt_admin_evidence_make(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    LtEvidenceRequest request = *parts->evidence;
    g_autoptr(LtJsonRow) row = NULL;
    g_autoptr(GError) error = NULL;
    LtEvidence *evidence = NULL;
    g_autoptr(GInputStream) stream = NULL;
    guint64 size;
    guint part;

    if (read_question(lt_exchange_get_body(exchange), &row, &request, &part, &error))
        evidence = lt_evidence_make(&request, part, &error);
    if (evidence == NULL) {
        lt_exchange_fail(exchange, error);
        return;
    }
    stream = lt_evidence_open(evidence, &size);
    g_object_set_data_full(G_OBJECT(stream), "evidence", evidence, (GDestroyNotify) lt_evidence_free);
    lt_exchange_reply_stream(exchange, LT_ASICE, stream, size);
}
