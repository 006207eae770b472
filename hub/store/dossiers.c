/* SPDX-License-Identifier: Apache-2.0 */
/* dossiers.c: dossiers looked up, with their events, by those who take part in them. Written by dossier-rows.c.
 *
 * Who may see what is part of every question (S15): a list of units goes into the statement, and a dossier in which none of them
 * takes part is simply not found.
 */
#include "store/dossiers.h"

#include <string.h>

#include "base/uuid.h"
#include "store/messages.h"
#include "store/store-private.h"

void
lt_dossier_free(LtDossier *self)
{
    if (self == NULL)
        return;
    g_free(self->reference);
    g_free(self->code);
    g_free(self->procedure);
    g_free(self->origin_unit);
    g_free(self->holder_unit);
    g_free(self->state);
    g_free(self);
}

void
lt_dossier_event_free(LtDossierEvent *self)
{
    if (self == NULL)
        return;
    g_free(self->event);
    g_free(self->message_id);
    g_free(self->type);
    g_free(self->from);
    g_free(self->to);
    g_free(self->endpoint);
    g_free(self->detail);
    g_free(self->facts);
    g_free(self);
}

/* A list of units as one bound value: a JSON array. Unit ids need no escapes. NULL: all. */
static char *
unit_list(const char *const *units)
{
    g_autofree char *joined = NULL;

    if (units == NULL)
        return NULL;
    if (units[0] == NULL)
        return g_strdup("[]");
    joined = g_strjoinv("\",\"", (char **) units);
    return g_strdup_printf("[\"%s\"]", joined);
}

#define COLUMNS "SELECT x.row, x.reference, x.code, x.procedure, x.origin, x.holder, x.state, x.created, x.changed, x.messages FROM dossier x "
#define SEEN_BY                                                                                                                    \
    "(?1 IS NULL OR EXISTS (SELECT 1 FROM participant p WHERE p.dossier = x.row AND p.unit IN (SELECT value FROM json_each(?1)))) "

static LtDossier *
read_row(const LtQuery *query)
{
    LtDossier *self = g_new0(LtDossier, 1);
    guint8 reference[16] = { 0 };

    lt_query_copy(query, 1, reference, sizeof reference);
    self->reference = g_malloc(37);
    lt_uuid_write(reference, self->reference);
    self->code = lt_query_dup(query, 2);
    self->procedure = lt_query_dup(query, 3);
    self->origin_unit = lt_query_dup(query, 4);
    self->holder_unit = lt_query_dup(query, 5);
    self->state = lt_query_dup(query, 6);
    self->created_us = lt_query_integer(query, 7);
    self->changed_us = lt_query_integer(query, 8);
    self->n_messages = (guint) lt_query_integer(query, 9);
    return self;
}

LtDossier *
lt_store_find_dossier(LtStore *self, const char *code_or_reference, const char *const *units, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autofree char *list = unit_list(units);
    guint8 reference[16];
    gboolean asked;

    if (reading.database == NULL)
        return NULL;
    if (lt_uuid_read(code_or_reference, strlen(code_or_reference), reference))
        asked = LT_ASK(&query, reading.database, error, COLUMNS "WHERE " SEEN_BY "AND x.reference = ?2", LT_TEXT(list),
                       LT_BLOB(reference, sizeof reference));
    else
        asked = LT_ASK(&query, reading.database, error, COLUMNS "WHERE " SEEN_BY "AND x.code = ?2 ORDER BY x.row DESC LIMIT 1", LT_TEXT(list),
                       LT_TEXT(code_or_reference));
    if (asked && lt_query_next(&query, error))
        return read_row(&query);
    if (asked && !query.failed)
        lt_error_set(error, LT_ERROR_NOT_FOUND, "dossier.unknown", "there is no such dossier");
    return NULL;
}

static LtDossierEvent *
read_event(const LtQuery *query)
{
    LtDossierEvent *self = g_new0(LtDossierEvent, 1);
    guint8 id[16];

    self->at_us = lt_query_integer(query, 0);
    self->index = (guint64) lt_query_integer(query, 1);
    self->event = lt_query_dup(query, 2);
    self->endpoint = lt_query_dup(query, 3);
    self->detail = lt_query_dup(query, 4);
    self->type = lt_query_dup(query, 5);
    self->from = lt_query_dup(query, 6);
    self->to = lt_query_dup(query, 7);
    if (lt_query_copy(query, 8, id, sizeof id)) {
        self->message_id = g_malloc(37);
        lt_uuid_write(id, self->message_id);
    }
    return self;
}

GPtrArray *
lt_store_dossier_events(LtStore *self, const char *reference, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify) lt_dossier_event_free);
    guint8 bytes[16];

    if (reading.database == NULL || !lt_uuid_read(reference, strlen(reference), bytes))
        return reading.database == NULL ? NULL : g_steal_pointer(&list);
    if (!LT_ASK(&query, reading.database, error,
                "SELECT v.at, v.log_index, v.event, v.endpoint, v.detail, m.type, m.sender, m.receiver, m.id FROM dossier x "
                "JOIN event v ON v.dossier = x.row LEFT JOIN message m ON m.row = v.message WHERE x.reference = ?1 ORDER BY v.at, v.log_index",
                LT_BLOB(bytes, sizeof bytes)))
        return NULL;
    while (lt_query_next(&query, error))
        g_ptr_array_add(list, read_event(&query));
    return query.failed ? NULL : g_steal_pointer(&list);
}

/* Newest first; @after: reference of the last one shown. */
GPtrArray *
lt_store_list_dossiers(LtStore *self, const char *const *units, const char *state, const char *after, guint limit, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify) lt_dossier_free);
    g_autofree char *list = unit_list(units);
    guint8 bytes[16];
    LtValue values[4] = { LT_TEXT(list), LT_TEXT(state), LT_TEXT(NULL), LT_INT(limit > 0 ? limit : 100) };

    if (after != NULL && lt_uuid_read(after, strlen(after), bytes))
        values[2] = LT_BLOB(bytes, sizeof bytes);
    if (reading.database == NULL)
        return NULL;
    /* Of few units: from their dossiers; else from all. */
    if (!(units != NULL ? lt_query_ask(&query, reading.database,
                                       COLUMNS "WHERE x.row IN (SELECT dossier FROM participant WHERE unit IN (SELECT value FROM json_each(?1))) "
                                       "AND (?2 IS NULL OR x.state = ?2) AND (?3 IS NULL OR x.row < (SELECT row FROM dossier WHERE reference = ?3)) "
                                       "ORDER BY x.row DESC LIMIT ?4", values, 4, error)
                        : lt_query_ask(&query, reading.database,
                                       COLUMNS "WHERE ?1 IS NULL AND (?2 IS NULL OR x.state = ?2) AND (?3 IS NULL OR x.row < (SELECT row FROM dossier "
                                       "WHERE reference = ?3)) ORDER BY x.row DESC LIMIT ?4", values, 4, error)))
        return NULL;
    while (lt_query_next(&query, error))
        g_ptr_array_add(found, read_row(&query));
    return query.failed ? NULL : g_steal_pointer(&found);
}

LtMessage *
lt_store_find_submission(LtStore *self, const char *endpoint, const char *code, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    gint64 message;

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, error,
                "SELECT m.row FROM dossier x JOIN event v ON v.dossier = x.row AND v.event = 'message' JOIN message m ON m.row = v.message "
                "JOIN delivery d ON d.id BETWEEN m.row * 256 AND m.row * 256 + 255 "
                "WHERE x.code = ?1 AND m.type = 'dossier.submit' AND d.endpoint = ?2 ORDER BY m.row DESC LIMIT 1",
                LT_TEXT(code), LT_TEXT(endpoint)))
        return NULL;
    if (!lt_query_next(&query, error)) {
        if (!query.failed)
            lt_error_set(error, LT_ERROR_NOT_FOUND, "dossier.unknown", "no submission with this code went to %s", endpoint);
        return NULL;
    }
    message = lt_query_integer(&query, 0);
    lt_query_end(&query);
    return lt_store_load_message(self, message, error);
}

GPtrArray *
lt_store_list_submissions(LtStore *self, const char *code, GError **error)
{
    g_auto(LtReading) reading = lt_reading_begin(self, error);
    g_auto(LtQuery) query = LT_QUERY_INIT;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify) lt_message_unref);
    gint64 rows[16];
    gsize n_rows = 0;

    if (reading.database == NULL ||
        !LT_ASK(&query, reading.database, error,
                "SELECT m.row FROM dossier x JOIN event v ON v.dossier = x.row AND v.event = 'message' JOIN message m ON m.row = v.message "
                "WHERE x.code = ?1 AND m.type = 'dossier.submit' ORDER BY m.row DESC LIMIT 16",
                LT_TEXT(code)))
        return NULL;
    while (n_rows < G_N_ELEMENTS(rows) && lt_query_next(&query, error))
        rows[n_rows++] = lt_query_integer(&query, 0);
    if (query.failed)
        return NULL;
    lt_query_end(&query);
    for (gsize i = 0; i < n_rows; i++) {
        LtMessage *message = lt_store_load_message(self, rows[i], error);

        if (message == NULL)
            return NULL;
        g_ptr_array_add(found, message);
    }
    return g_steal_pointer(&found);
}
