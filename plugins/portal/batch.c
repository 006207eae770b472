/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c: see batch.h. */
#include "batch.h"

#define LOOK_US (200 * 1000) /* how often one that waits looks whether it was cancelled */

/* One delivery; lives on its caller's stack. */
typedef struct {
    jv item;
    LtLink *link;
    gboolean is_taken, is_done, is_alone;
    GError *error; /* nullable */
} Ticket;

struct _Batch {
    guint most;
    gint64 wait_us;
    BatchSend send;
    gpointer data;
    GMutex mutex; /* guards what follows */
    GCond changed;
    GQueue waiting; /* of Ticket * */
    gboolean is_led;
};

Batch *
batch_new(guint most, gint64 wait_us, BatchSend send, gpointer data)
{
    Batch *self = g_new0(Batch, 1);

    self->most = most;
    self->wait_us = wait_us;
    self->send = send;
    self->data = data;
    g_mutex_init(&self->mutex);
    g_cond_init(&self->changed);
    g_queue_init(&self->waiting);
    return self;
}

void
batch_free(Batch *self)
{
    if (self == NULL)
        return;
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->changed);
    g_free(self);
}

/* Under the lock. */
static GPtrArray *
take(Batch *self)
{
    gint64 until_us = g_get_monotonic_time() + self->wait_us;
    GPtrArray *taken = g_ptr_array_new();

    while (self->waiting.length < self->most && g_cond_wait_until(&self->changed, &self->mutex, until_us))
        ;
    while (taken->len < self->most && self->waiting.length > 0) {
        Ticket *ticket = g_queue_pop_head(&self->waiting);

        ticket->is_taken = TRUE;
        g_ptr_array_add(taken, ticket);
    }
    return taken;
}

static void
tell(GPtrArray *taken, LtReply *reply, const GError *error)
{
    for (guint i = 0; i < taken->len; i++) {
        Ticket *ticket = g_ptr_array_index(taken, i);

        if (reply != NULL)
            lt_link_keep_reply(ticket->link, reply); /* its own thread waits */
        ticket->is_alone = taken->len > 1 && g_error_matches(error, LT_ERROR, LT_ERROR_REFUSED);
        ticket->error = error != NULL ? g_error_copy(error) : NULL;
        ticket->is_done = TRUE;
    }
}

/* Under the lock, given up while it sends. */
static void
lead(Batch *self, LtLink *link)
{
    g_autoptr(GPtrArray) taken = NULL;
    g_autoptr(LtReply) reply = NULL;
    g_autoptr(GError) error = NULL;
    jv items = jv_array();

    self->is_led = TRUE;
    taken = take(self);
    for (guint i = 0; i < taken->len; i++)
        items = jv_array_append(items, jv_copy(((Ticket *) g_ptr_array_index(taken, i))->item));
    g_mutex_unlock(&self->mutex);
    if (taken->len > 0)
        self->send(self->data, items, link, &reply, &error);
    else
        jv_free(items);
    g_mutex_lock(&self->mutex);
    tell(taken, reply, error);
    self->is_led = FALSE;
    g_cond_broadcast(&self->changed);
}

static gboolean
withdraw(Batch *self, Ticket *ticket, GCancellable *cancellable)
{
    if (ticket->is_taken || !g_cancellable_is_cancelled(cancellable))
        return FALSE;
    g_queue_remove(&self->waiting, ticket);
    g_set_error(&ticket->error, LT_ERROR, LT_ERROR_UNAVAILABLE, "cancelled while others were waited for");
    return TRUE;
}

static gboolean
send_alone(Batch *self, jv item, LtLink *link, GError **error)
{
    g_autoptr(LtReply) reply = NULL;

    return self->send(self->data, jv_array_append(jv_array(), item), link, &reply, error);
}

gboolean
batch_deliver(Batch *self, jv item, LtLink *link, GCancellable *cancellable, GError **error)
{
    Ticket ticket = { .item = item, .link = link };

    if (lt_link_is_dry(link) || self->most <= 1)
        return send_alone(self, item, link, error);
    g_mutex_lock(&self->mutex);
    g_queue_push_tail(&self->waiting, &ticket);
    g_cond_broadcast(&self->changed);
    while (!ticket.is_done && !withdraw(self, &ticket, cancellable)) {
        if (!self->is_led && !ticket.is_taken)
            lead(self, link);
        else
            g_cond_wait_until(&self->changed, &self->mutex, g_get_monotonic_time() + LOOK_US);
    }
    g_mutex_unlock(&self->mutex);
    if (ticket.is_alone) {
        g_clear_error(&ticket.error);
        return send_alone(self, item, link, error);
    }
    jv_free(item);
    if (ticket.error == NULL)
        return TRUE;
    g_propagate_error(error, ticket.error);
    return FALSE;
}
