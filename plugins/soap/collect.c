/* SPDX-License-Identifier: Apache-2.0 */
/* collect.c: asks what is new, fetches what must be fetched, hands it in, and only then acknowledges it there.
 *
 * The cursor moves when everything before it is committed. What the hub refuses is recorded by the hub and acknowledged as refused, so that
 * one bad document never blocks those behind it; when something cannot be had now, the round ends and begins again from the same cursor. */
#include "soap.h"

#include <string.h>

#define ROUNDS_MAX 100u
#define ITEMS_MAX 1000u

/* One round: who asks, and through what. */
typedef struct {
    const Soap *self;
    LtInbox *inbox;
    LtLink *link;
    GCancellable *cancellable;
} Round;

static gboolean
must_stop(const GError *error)
{
    return error->domain != LT_ERROR || error->code == LT_ERROR_UNAVAILABLE || error->code == LT_ERROR_CONFIG || error->code == LT_ERROR_INTERNAL;
}

static gboolean
fail_output(GError **error, const char *cause)
{
    lt_error_set(error, LT_ERROR_CONFIG, "soap.map.output", "%s", cause);
    return FALSE;
}

/* *refused: the hub's reason word, when it said no. */
static gboolean
submit(const Round *round, const xmlNode *node, const Incoming *incoming, char **refused, GError **error)
{
    LtMessageBuilder *builder = soap_build(node, incoming, NULL, 0, round->inbox, error);
    g_autoptr(GError) cause = NULL;

    if (builder == NULL)
        return FALSE;
    if (lt_inbox_submit(round->inbox, builder, &cause))
        return TRUE;
    if (must_stop(cause)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    g_free(*refused);
    *refused = g_strdup(lt_error_get_reason(cause));
    return TRUE;
}

/* The request of a map, sent. Returns: NULL with *error, or NULL without when there is nothing to send. */
static Incoming *
ask(const Round *round, Map map, xmlDoc *input, GError **error)
{
    g_autoptr(xmlDoc) mapped = soap_run_map(round->self, map, input, error);

    if (mapped == NULL || soap_is_nothing(mapped))
        return NULL;
    return soap_call(round->self, round->link, mapped, NULL, round->cancellable, error);
}

/* A document with the item in it, for fetch, fetched and confirm. */
static xmlDoc *
item_input(const char *name, const xmlNode *item)
{
    xmlDoc *doc = document_new(name);
    xmlNode *root = xmlDocGetRootElement(doc);

    for (xmlAttr *attribute = item->properties; attribute != NULL; attribute = attribute->next) {
        g_autofree char *value = document_attribute(item, NULL, (const char *) attribute->name);

        document_set(root, (const char *) attribute->name, value);
    }
    document_copy_children(root, (xmlNode *) item);
    return doc;
}

static gboolean
confirm(const Round *round, const xmlNode *item, const char *refused, GError **error)
{
    g_autoptr(xmlDoc) input = NULL;
    g_autoptr(Incoming) incoming = NULL;
    g_autoptr(GError) cause = NULL;

    if (round->self->maps[MAP_CONFIRM] == NULL)
        return TRUE;
    input = item_input("confirm", item);
    document_set(xmlDocGetRootElement(input), "outcome", refused != NULL ? "refused" : "accepted");
    document_set(xmlDocGetRootElement(input), "reason", refused);
    incoming = ask(round, MAP_CONFIRM, input, &cause);
    if (cause != NULL)
        g_propagate_error(error, g_steal_pointer(&cause));
    return error == NULL || *error == NULL;
}

/* The messages of an answer: lt:items, or one lt:message alone. */
static gboolean
submit_all(const Round *round, xmlDoc *output, const Incoming *incoming, char **refused, GError **error)
{
    xmlNode *root = xmlDocGetRootElement(output);

    if (document_is(root, DOCUMENT_NS, "message"))
        return submit(round, root, incoming, refused, error);
    if (!document_is(root, DOCUMENT_NS, "items"))
        return fail_output(error, "document_map must give lt:items or lt:message");
    for (xmlNode *node = document_first(root, DOCUMENT_NS, "message"); node != NULL; node = document_next(node, DOCUMENT_NS, "message")) {
        if (!submit(round, node, incoming, refused, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
fetch(const Round *round, const xmlNode *item, GError **error)
{
    g_autoptr(xmlDoc) question = item_input("fetch", item);
    g_autoptr(GError) cause = NULL;
    g_autoptr(Incoming) incoming = ask(round, MAP_FETCH, question, &cause);
    g_autoptr(xmlDoc) input = NULL;
    g_autoptr(xmlDoc) output = NULL;
    g_autofree char *refused = NULL;

    if (incoming == NULL && cause != NULL && !must_stop(cause)) {
        g_message("soap: an item could not be fetched and was passed over: %s", cause->message);
        return TRUE;
    }
    if (incoming == NULL) {
        if (cause != NULL)
            g_propagate_error(error, g_steal_pointer(&cause));
        return error == NULL || *error == NULL;
    }
    if (lt_link_is_dry(round->link))
        return TRUE;
    input = item_input("fetched", item);
    incoming_add(incoming, xmlDocGetRootElement(input));
    output = soap_run_map(round->self, MAP_DOCUMENT, input, error);
    return output != NULL && submit_all(round, output, incoming, &refused, error) && confirm(round, item, refused, error);
}

static gboolean
hand_in(const Round *round, xmlNode *items, const Incoming *incoming, GError **error)
{
    if (document_count(items, NULL, NULL) > ITEMS_MAX)
        return fail_output(error, "items_map gave more than 1000 items at a time");
    for (xmlNode *node = document_first(items, NULL, NULL); node != NULL; node = document_next(node, NULL, NULL)) {
        g_autofree char *refused = NULL;

        if (g_cancellable_set_error_if_cancelled(round->cancellable, NULL)) {
            lt_error_set(error, LT_ERROR_UNAVAILABLE, "soap.cancelled", "the round of collecting was ended");
            return FALSE;
        }
        if (document_is(node, DOCUMENT_NS, "item")) {
            if (!fetch(round, node, error))
                return FALSE;
        } else if (!document_is(node, DOCUMENT_NS, "message")) {
            return fail_output(error, "items_map must give lt:item and lt:message in lt:items");
        } else if (!submit(round, node, incoming, &refused, error) || !confirm(round, node, refused, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* One question. *more: there is more to ask for. */
static gboolean
collect_once(const Round *round, gboolean *more, GError **error)
{
    const char *before = lt_inbox_get_cursor(round->inbox);
    g_autoptr(xmlDoc) question = document_new("collect");
    g_autoptr(xmlDoc) input = document_new("collected");
    g_autoptr(xmlDoc) output = NULL;
    g_autoptr(Incoming) incoming = NULL;
    g_autofree char *cursor = NULL;
    g_autofree char *flag = NULL;
    gboolean moved;
    xmlNode *items;

    *more = FALSE;
    document_set(xmlDocGetRootElement(question), "cursor", before);
    document_set(xmlDocGetRootElement(input), "cursor", before);
    incoming = ask(round, MAP_COLLECT, question, error);
    if (incoming == NULL)
        return error == NULL || *error == NULL;
    if (lt_link_is_dry(round->link) || incoming->doc == NULL)
        return TRUE;
    incoming_add(incoming, xmlDocGetRootElement(input));
    output = soap_run_map(round->self, MAP_ITEMS, input, error);
    if (output == NULL)
        return FALSE;
    items = xmlDocGetRootElement(output);
    if (!document_is(items, DOCUMENT_NS, "items"))
        return fail_output(error, "items_map must give lt:items");
    if (!hand_in(round, items, incoming, error))
        return FALSE;
    cursor = document_attribute(items, NULL, "cursor");
    flag = document_attribute(items, NULL, "more");
    moved = cursor != NULL && *cursor != '\0' && g_strcmp0(cursor, before) != 0;
    *more = moved && g_strcmp0(flag, "true") == 0;
    return !moved || lt_inbox_set_cursor(round->inbox, cursor, error);
}

gboolean
soap_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Round round = { data, inbox, link, cancellable };
    g_autoptr(GError) cause = NULL;
    gboolean more = TRUE;

    if (round.self->maps[MAP_COLLECT] == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.settings", "collect_map is not set, and the endpoint is asked to collect");
        return FALSE;
    }
    for (guint n = 0; more && n < ROUNDS_MAX && cause == NULL; n++)
        collect_once(&round, &more, &cause);
    if (cause == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}
