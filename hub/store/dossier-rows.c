/* SPDX-License-Identifier: Apache-2.0 */
/* dossier-rows.c: what messages say of their dossier.
 *
 * The first message makes the dossier, whatever its type: messages may overtake each other. A submission or a result moves the
 * dossier to its receiver; a state is taken as the payload gives it. Sender and receiver become participants.
 */
#include "store/dossier-rows.h"

#include <string.h>

#include "base/uuid.h"

static gboolean
moves_dossier(const char *type)
{
    return strcmp(type, "dossier.submit") == 0 || strcmp(type, "dossier.result") == 0;
}

static gboolean
add_participant(LtStoreTransaction *tx, const char *unit, gint64 dossier, GError **error)
{
    return LT_RUN(tx->database, error, "INSERT OR IGNORE INTO participant (unit, dossier) VALUES (?1, ?2)", LT_TEXT(unit), LT_INT(dossier));
}

static gboolean
make(LtStoreTransaction *tx, const LtDossierNews *news, const guint8 reference[16], LtDossierTouched *out, GError **error)
{
    if (!LT_RUN(tx->database, error,
                "INSERT INTO dossier (reference, code, procedure, origin, holder, state, created, changed, messages, procedure_from) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1, ?8)",
                LT_BLOB(reference, 16), LT_TEXT(news->code), LT_TEXT(news->procedure), LT_TEXT(news->sender), LT_TEXT(news->receiver),
                LT_TEXT(news->state != NULL ? news->state : ""), LT_INT(tx->time_us), LT_TEXT(news->procedure_from)))
        return FALSE;
    out->row = sqlite3_last_insert_rowid(lt_database_get_handle(tx->database));
    out->state_changed = news->state != NULL;
    return TRUE;
}

static gboolean
update(LtStoreTransaction *tx, const LtDossierNews *news, const LtDossierTouched *touched, GError **error)
{
    return LT_RUN(tx->database, error,
                  "UPDATE dossier SET code = ifnull(code, ?2), procedure = ifnull(procedure, ?3), holder = ifnull(?4, holder), "
                  "state = ifnull(?5, state), changed = ?6, messages = messages + 1, procedure_from = ifnull(procedure_from, ?7) WHERE row = ?1",
                  LT_INT(touched->row), LT_TEXT(news->code), LT_TEXT(news->procedure),
                  LT_TEXT(moves_dossier(news->type) ? news->receiver : NULL), LT_TEXT(news->state), LT_INT(tx->time_us), LT_TEXT(news->procedure_from));
}

gboolean
lt_dossier_touch(LtStoreTransaction *tx, const LtDossierNews *news, LtDossierTouched *out, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;
    guint8 reference[16];
    gboolean found;

    memset(out, 0, sizeof *out);
    if (!lt_uuid_read(news->reference, strlen(news->reference), reference)) {
        lt_error_set(error, LT_ERROR_INVALID, "env.header.value", "the dossier reference is no UUID");
        return FALSE;
    }
    if (!LT_ASK(&query, tx->database, error, "SELECT row, state FROM dossier WHERE reference = ?1", LT_BLOB(reference, sizeof reference)))
        return FALSE;
    found = lt_query_next(&query, error);
    if (query.failed)
        return FALSE;
    if (found) {
        out->row = lt_query_integer(&query, 0);
        g_strlcpy(out->old_state, lt_query_text(&query, 1), sizeof out->old_state);
        out->state_changed = news->state != NULL && strcmp(news->state, out->old_state) != 0;
    }
    lt_query_end(&query);
    if (!(found ? update(tx, news, out, error) : make(tx, news, reference, out, error)))
        return FALSE;
    return add_participant(tx, news->sender, out->row, error) && add_participant(tx, news->receiver, out->row, error);
}

gboolean
lt_dossier_add_event(LtStoreTransaction *tx, gint64 dossier, guint64 index, const char *event, gint64 message, const char *endpoint,
                     const char *detail, GError **error)
{
    return LT_RUN(tx->database, error,
                  "INSERT INTO event (dossier, log_index, at, event, message, endpoint, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                  LT_INT(dossier), LT_INT(index), LT_INT(tx->time_us), LT_TEXT(event), lt_value_row(message), LT_TEXT(endpoint), LT_TEXT(detail));
}
