/* SPDX-License-Identifier: Apache-2.0 */
/* attestor.c: the thread that asks, and when it asks whom. What is asked of a witness is in cosigning.c, of the authority in anchoring.c.
 *
 * Who does not answer is asked again after one minute, then two, up to fifteen; others do not wait for him.
 */
#include "routing/attestor-private.h"

#include <string.h>

#define TICK_US (G_USEC_PER_SEC)
#define ENTRIES_AT_ONCE 1000u
#define BACKOFF_FIRST_US (60 * G_USEC_PER_SEC)
#define BACKOFF_CAP_US (15 * 60 * G_USEC_PER_SEC)
#define COSIGNED_ALARM_US (G_GINT64_CONSTANT(15) * 60 * G_USEC_PER_SEC)

void
lt_asked_failed(LtAsked *asked, gint64 first_us)
{
    asked->rest_us = asked->rest_us == 0 ? MIN(first_us, BACKOFF_FIRST_US) : MIN(asked->rest_us * 2, BACKOFF_CAP_US);
    asked->not_before_us = g_get_monotonic_time() + asked->rest_us;
}

void
lt_asked_answered(LtAsked *asked, guint64 size)
{
    asked->rest_us = 0;
    asked->size = size;
    asked->at_us = g_get_monotonic_time();
}

/* @at_once: growth after which it is not waited for; 0: it always is */
static gboolean
is_due(const LtAsked *asked, guint64 size, gint64 every_us, guint at_once)
{
    gint64 now_us = g_get_monotonic_time();

    if (size <= asked->size || now_us < asked->not_before_us)
        return FALSE;
    return asked->at_us == 0 || now_us - asked->at_us >= every_us || (at_once > 0 && size - asked->size >= at_once);
}

static void
witness_free(gpointer data)
{
    LtWitness *witness = data;

    g_clear_pointer(&witness->target, lt_link_target_free);
    g_free(witness);
}

LtAttestor *
lt_attestor_new(const LtAttestorOptions *options, GError **error)
{
    g_autoptr(LtAttestor) self = g_new0(LtAttestor, 1);

    self->options = *options;
    g_mutex_init(&self->lock);
    g_cond_init(&self->wake);
    g_mutex_init(&self->asking);
    self->witnesses = g_ptr_array_new_with_free_func(witness_free);
    for (guint i = 0; i < options->peers->witnesses->len; i++) {
        LtWitness *witness = g_new0(LtWitness, 1);

        witness->settings = options->peers->witnesses->pdata[i];
        g_ptr_array_add(self->witnesses, witness);
        witness->target = lt_peer_target(options->thread, &witness->settings->address, error);
        if (witness->target == NULL) {
            g_prefix_error(error, "[witness %s]: ", witness->settings->name);
            return NULL;
        }
    }
    if (options->peers->timestamp != NULL) {
        self->authority = lt_peer_target(options->thread, &options->peers->timestamp->address, error);
        if (self->authority == NULL) {
            g_prefix_error(error, "[timestamp]: ");
            return NULL;
        }
    }
    return g_steal_pointer(&self);
}

void
lt_attestor_free(LtAttestor *self)
{
    if (self == NULL)
        return;
    if (self->thread != NULL) {
        g_mutex_lock(&self->lock);
        self->stopping = TRUE;
        g_cond_signal(&self->wake);
        g_mutex_unlock(&self->lock);
        g_thread_join(self->thread);
    }
    g_ptr_array_unref(self->witnesses);
    g_clear_pointer(&self->authority, lt_link_target_free);
    g_mutex_clear(&self->asking);
    g_cond_clear(&self->wake);
    g_mutex_clear(&self->lock);
    g_free(self);
}

gboolean
lt_attestor_compare(LtAttestor *self, guint *n_answered, GError **error)
{
    *n_answered = 0;
    for (guint i = 0; i < self->witnesses->len; i++) {
        LtWitness *witness = self->witnesses->pdata[i];
        g_autoptr(GError) cause = NULL;

        if (lt_witness_compare(self, witness, &cause)) {
            ++*n_answered;
            continue;
        }
        if (g_error_matches(cause, LT_ERROR, LT_ERROR_INTERNAL)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return FALSE;
        }
        g_message("witness %s: %s", witness->settings->name, cause->message);
    }
    return TRUE;
}

guint
lt_attestor_push(LtAttestor *self, GError **error)
{
    g_autoptr(LtLogHead) head = lt_store_log_head(self->options.store, error);
    guint n = 0;

    for (guint i = 0; head != NULL && i < self->witnesses->len; i++) {
        g_autoptr(GError) cause = NULL;

        if (lt_witness_ask(self, self->witnesses->pdata[i], head, &cause))
            n++;
        else if (error != NULL && *error == NULL)
            g_propagate_error(error, g_steal_pointer(&cause));
    }
    return n;
}

/* More of our log was seen than there is: nothing may be written over the place where it was. */
static void
halt(LtAttestor *self, const GError *cause)
{
    g_critical("%s [%s]", cause->message, lt_error_get_reason(cause));
    lt_store_halt(self->options.store, lt_error_get_reason(cause), cause->message);
}

static void
ask_witnesses(LtAttestor *self, const LtLogHead *head)
{
    for (guint i = 0; i < self->witnesses->len; i++) {
        LtWitness *witness = self->witnesses->pdata[i];
        g_autoptr(GError) cause = NULL;

        if (!is_due(&witness->asked, head->size, self->options.witness_every_us, ENTRIES_AT_ONCE) || lt_witness_ask(self, witness, head, &cause))
            continue;
        if (strcmp(lt_error_get_reason(cause), "log.witness-ahead") == 0)
            halt(self, cause);
        else
            g_message("witness %s: %s", witness->settings->name, cause->message);
    }
}

/* The gap is shown: when the newest checkpoint that enough witnesses have cosigned is too old, and the log has gone on. */
static void
watch_quorum(LtAttestor *self, const LtLogHead *head)
{
    guint64 size = 0;
    gint64 at_us = 0;
    gboolean has = lt_store_cosigned(self->options.store, self->options.quorum, &size, &at_us);

    if (self->witnesses->len == 0 || self->options.quorum == 0)
        return;
    if (has)
        self->quorum_us = at_us;
    else if (self->quorum_us == 0)
        self->quorum_us = lt_time_now_us();
    lt_store_degrade(self->options.store, "log.quorum", size < head->size && lt_time_now_us() - self->quorum_us > COSIGNED_ALARM_US);
}

static gpointer
run(gpointer data)
{
    LtAttestor *self = data;

    g_mutex_lock(&self->lock);
    while (!self->stopping) {
        g_autoptr(LtLogHead) head = NULL;

        g_cond_wait_until(&self->wake, &self->lock, g_get_monotonic_time() + TICK_US);
        if (self->stopping)
            break;
        g_mutex_unlock(&self->lock);
        head = lt_store_get_state(self->options.store, NULL) == LT_STORE_HALTED ? NULL : lt_store_log_head(self->options.store, NULL);
        if (head != NULL) {
            ask_witnesses(self, head);
            watch_quorum(self, head);
            if (is_due(&self->anchored, head->size, self->options.anchor_every_us, 0))
                lt_anchor_ask(self, head, NULL);
        }
        g_mutex_lock(&self->lock);
    }
    g_mutex_unlock(&self->lock);
    return NULL;
}

void
lt_attestor_start(LtAttestor *self)
{
    self->thread = g_thread_new("attestor", run, self);
}

gboolean
lt_attestor_anchor(LtAttestor *self, GError **error)
{
    g_autoptr(LtLogHead) head = lt_store_log_head(self->options.store, error);

    return head != NULL && lt_anchor_ask(self, head, error);
}
