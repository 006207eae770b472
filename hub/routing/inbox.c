/* SPDX-License-Identifier: Apache-2.0 */
/* inbox.c: a plugin's way in. Nothing is decided here: intake judges, the store keeps, and an endpoint sees only what was its own. */
#include "routing/inbox.h"

#include <string.h>

#include "base/error.h"
#include "base/message.h"
#include "base/value.h"
#include "store/deliveries.h"
#include "store/dossiers.h"
#include "store/messages.h"

#define CURSOR_MAX 1024u

struct _LtInbox {
    const LtInboxDoor *door;
    gpointer data;
    guint n_submitted;
};

/* The hub's own door. */
typedef struct {
    LtIntake *intake;
    LtStore *store;
    LtEndpoint *serving;
    const char *endpoint; /* its name */
    gboolean has_cursor; /* asked for only when wanted: most deliveries are answered by a receipt alone */
    char *cursor;        /* nullable */
} Door;

/* A source may pass over what was refused, so it must not vanish without a word. The key is the foreign system's own. */
static void
tell_refusal(Door *self, const char *key, const GError *error)
{
    g_autofree char *shown = lt_escape_for_log(key != NULL ? key : "");

    if (lt_error_fate(error) == LT_FATE_REFUSE)
        g_message("endpoint %s: its message \"%s\" was refused: %s: %s", self->endpoint, shown, lt_error_get_reason(error), error->message);
}

/* A system must not be able to speak for an office that it has nothing to do with. */
static gboolean
may_speak_for(Door *self, const char *unit, GError **error)
{
    g_autofree char *shown = NULL;

    if (lt_endpoint_serves(self->serving, unit))
        return TRUE;
    shown = lt_escape_for_log(unit);
    lt_error_set(error, LT_ERROR_FORBIDDEN, "inbox.unit", "endpoint %s may not speak for unit %s: it is not one of its 'units'", self->endpoint, shown);
    return FALSE;
}

static gboolean
door_submit(gpointer data, LtMessageBuilder *message, GError **error)
{
    Door *self = data;
    g_autoptr(LtMessageBuilder) owned = message;
    const LtBuilt *built = lt_message_builder_get(owned);
    g_autoptr(GError) cause = NULL;

    if (may_speak_for(self, built->from, &cause) && lt_intake_submit_built(self->intake, self->endpoint, owned, &cause))
        return TRUE;
    tell_refusal(self, built->key, cause);
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

static const char *
door_get_cursor(gpointer data)
{
    Door *self = data;

    if (!self->has_cursor)
        self->cursor = lt_store_get_cursor(self->store, self->endpoint);
    self->has_cursor = TRUE;
    return self->cursor;
}

static gboolean
door_set_cursor(gpointer data, const char *cursor, GError **error)
{
    Door *self = data;

    if (strlen(cursor) > CURSOR_MAX || !g_utf8_validate(cursor, -1, NULL)) {
        lt_error_set(error, LT_ERROR_INVALID, "inbox.cursor", "endpoint %s: a cursor is text of at most %u bytes", self->endpoint, CURSOR_MAX);
        return FALSE;
    }
    if (g_strcmp0(cursor, door_get_cursor(self)) == 0)
        return TRUE;
    if (!lt_store_set_cursor(self->store, self->endpoint, cursor, error))
        return FALSE;
    g_free(self->cursor);
    self->cursor = g_strdup(cursor);
    return TRUE;
}

static LtMessage *
door_find_submission(gpointer data, const char *code)
{
    Door *self = data;

    return lt_store_find_submission(self->store, self->endpoint, code, NULL);
}

/* By code only: a reference is a secret between the hub and its units. */
static gboolean
door_find_standing(gpointer data, const char *code, LtStanding *standing)
{
    Door *self = data;
    g_autoptr(LtDossier) dossier = lt_store_find_dossier(self->store, code, NULL, NULL);

    if (dossier == NULL || g_strcmp0(dossier->code, code) != 0)
        return FALSE;
    standing->state = (int) CLAMP(g_ascii_strtoll(dossier->state, NULL, 10), 0, 10);
    standing->at_us = dossier->changed_us;
    return TRUE;
}

static LtMessage *
door_find_handed_in(gpointer data, const char *code)
{
    Door *self = data;
    g_autoptr(GPtrArray) found = lt_store_list_submissions(self->store, code, NULL);

    for (guint i = 0; found != NULL && i < found->len; i++) {
        if (lt_endpoint_serves(self->serving, lt_message_get_from(found->pdata[i])))
            return lt_message_ref(found->pdata[i]);
    }
    return NULL;
}

/* What it got, or what was sent by one of its own units. */
static LtMessage *
door_find_message(gpointer data, const char *from, const char *id)
{
    Door *self = data;
    LtDeliveryQuery query = { .endpoint = self->endpoint, .message_id = id, .limit = 16 };
    g_autoptr(GPtrArray) deliveries = lt_store_list_deliveries(self->store, &query, NULL);

    for (guint i = 0; deliveries != NULL && i < deliveries->len; i++) {
        const LtDelivery *delivery = g_ptr_array_index(deliveries, i);

        if (g_str_equal(delivery->from, from))
            return lt_store_load_message(self->store, delivery->message, NULL);
    }
    return lt_endpoint_serves(self->serving, from) ? lt_store_find_message(self->store, from, id, NULL) : NULL;
}

static void
door_free(gpointer data)
{
    Door *self = data;

    g_free(self->cursor);
    g_free(self);
}

static const LtInboxDoor hub_door = { door_submit, door_get_cursor, door_set_cursor, door_find_submission, door_find_message, door_find_standing, door_free,
                                      door_find_handed_in };

LtInbox *
lt_inbox_new_at(const LtInboxDoor *door, gpointer data)
{
    LtInbox *self = g_new0(LtInbox, 1);

    self->door = door;
    self->data = data;
    return self;
}

LtInbox *
lt_inbox_new(LtIntake *intake, LtStore *store, LtEndpoint *endpoint)
{
    Door *door = g_new0(Door, 1);

    door->intake = intake;
    door->store = store;
    door->serving = endpoint;
    door->endpoint = lt_endpoint_get_name(endpoint);
    return lt_inbox_new_at(&hub_door, door);
}

void
lt_inbox_free(LtInbox *self)
{
    if (self == NULL)
        return;
    if (self->door->free != NULL)
        self->door->free(self->data);
    g_free(self);
}

guint
lt_inbox_get_n_submitted(LtInbox *self)
{
    return self->n_submitted;
}

gboolean
lt_inbox_submit(LtInbox *self, LtMessageBuilder *message, GError **error)
{
    if (!self->door->submit(self->data, message, error))
        return FALSE;
    self->n_submitted++;
    return TRUE;
}

const char *
lt_inbox_get_cursor(LtInbox *self)
{
    return self->door->get_cursor(self->data);
}

gboolean
lt_inbox_set_cursor(LtInbox *self, const char *cursor, GError **error)
{
    return self->door->set_cursor(self->data, cursor, error);
}

LtMessage *
lt_inbox_find_submission(LtInbox *self, const char *code)
{
    return self->door->find_submission(self->data, code);
}

LtMessage *
lt_inbox_find_handed_in(LtInbox *self, const char *code)
{
    return self->door->find_handed_in != NULL ? self->door->find_handed_in(self->data, code) : NULL;
}

LtMessage *
lt_inbox_find_message(LtInbox *self, const char *from, const char *id)
{
    return self->door->find_message(self->data, from, id);
}

gboolean
lt_inbox_find_standing(LtInbox *self, const char *code, LtStanding *standing)
{
    return self->door->find_standing(self->data, code, standing);
}
