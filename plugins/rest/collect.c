/* SPDX-License-Identifier: Apache-2.0 */
/* collect.c: asks a system for what is new and hands each item in.
 *
 * The cursor moves only after every item before it is committed. An item that the hub refuses is recorded by the hub and passed over, so
 * that one bad item never blocks those behind it; when the hub cannot keep an item now, the round ends and is repeated from the same cursor.
 */
#include "rest.h"

#include "incoming.h"

#define ROUNDS_MAX 100u

/* What is the same in all rounds of one collect, and the round. */
typedef struct {
    const Rest *rest;
    LtInbox *inbox;
    LtLink *link;
    gint64 now_s;
    guint page;
} Round;

/* The cursor, when this collect began, and how often it has asked: for sources with a cursor, a time window or numbered pages. */
static jv
add_round(jv input, const Round *round)
{
    const char *cursor = lt_inbox_get_cursor(round->inbox);

    input = jv_object_set(input, jv_string("cursor"), cursor != NULL ? jv_string(cursor) : jv_null());
    input = jv_object_set(input, jv_string("now"), jv_number((double) round->now_s));
    return jv_object_set(input, jv_string("page"), jv_number(round->page));
}

static LtReply *
ask(const Round *round, GError **error)
{
    const Rest *self = round->rest;
    jv output = credential_dress(self->credential, mapping_run(self->collect, add_round(jv_object(), round), error));
    g_autoptr(LtRequest) request = jv_is_valid(output) ? exchange_request_of(output, error) : NULL;
    g_autoptr(LtReply) reply = NULL;

    jv_free(output);
    reply = request != NULL ? credential_send(self->credential, round->link, request, error) : NULL;
    if (reply == NULL || lt_link_is_dry(round->link) || lt_reply_check(reply, error))
        return g_steal_pointer(&reply);
    return NULL;
}

static jv
items_of(const Round *round, LtReply *reply, GError **error)
{
    g_autoptr(GError) cause = NULL;
    jv items = mapping_run(round->rest->items, add_round(exchange_reply_value(reply), round), &cause);

    if (cause == NULL)
        return items;
    if (g_str_equal(lt_error_get_reason(cause), "map.failed"))
        exchange_set_nonsense(reply, cause, error);
    else
        g_propagate_error(error, g_steal_pointer(&cause));
    return items;
}

/* One question. *more: the map says that there is more to ask for. */
static gboolean
collect_round(const Round *round, gboolean *more, GError **error)
{
    g_autoptr(LtReply) reply = ask(round, error);
    g_autofree char *cursor = NULL;
    jv items, messages, go_on;
    gboolean done;

    *more = FALSE;
    if (reply == NULL)
        return FALSE;
    if (lt_link_is_dry(round->link))
        return TRUE;
    items = items_of(round, reply, error);
    if (!jv_is_valid(items)) {
        jv_free(items);
        return FALSE;
    }
    messages = value_member(items, "messages");
    go_on = value_member(items, "more");
    cursor = value_text(items, "cursor");
    *more = jv_get_kind(go_on) == JV_KIND_TRUE;
    done = incoming_submit(messages, lt_reply_get_body(reply), round->inbox, NULL, error) &&
           (cursor == NULL || lt_inbox_set_cursor(round->inbox, cursor, error));
    jv_free(messages);
    jv_free(go_on);
    jv_free(items);
    return done;
}

gboolean
rest_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error)
{
    const Rest *self = data;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    Round round = { .rest = self, .inbox = inbox, .link = link, .now_s = g_date_time_to_unix(now), .page = 1 };
    gboolean more = TRUE;

    if (self->collect == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "rest.settings", "collect_map is not set, and collect_every is");
        return FALSE;
    }
    for (; more && round.page <= ROUNDS_MAX && !g_cancellable_is_cancelled(cancellable); round.page++) {
        if (!collect_round(&round, &more, error))
            return FALSE;
    }
    return TRUE;
}
