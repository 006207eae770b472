/* SPDX-License-Identifier: Apache-2.0 */
/* yard-script.c: fake endpoints that do as a script says, and remember what they were given. */
#include "lib/yard-script.h"

#include <string.h>

#include "lib/fake-endpoint.h"

void
yard_script_init(YardScript *script)
{
    memset(script, 0, sizeof *script);
    g_mutex_init(&script->lock);
    script->seen = g_ptr_array_new_with_free_func(g_free);
    script->poisoned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    script->code = LT_ERROR_REFUSED;
    script->retry_after_s = -1;
}

void
yard_script_clear(YardScript *script)
{
    g_ptr_array_unref(script->seen);
    g_hash_table_unref(script->poisoned);
    g_mutex_clear(&script->lock);
}

static gboolean
fail(LtErrorCode code, gint64 retry_after_s, GError **error)
{
    GError *cause = NULL;

    g_set_error_literal(&cause, LT_ERROR, (int) code, "told to fail");
    if (retry_after_s >= 0)
        lt_error_set_retry_after(cause, retry_after_s);
    g_propagate_error(error, cause);
    return FALSE;
}

static void
hang(GCancellable *cancellable)
{
    while (!g_cancellable_is_cancelled(cancellable))
        g_usleep(1000);
}

gboolean
yard_script_deliver(const char *endpoint, LtMessage *message, GCancellable *cancellable, gpointer data, GError **error)
{
    YardScript *script = data;
    gboolean poisoned, failing, hangs = g_strcmp0(script->hanging, endpoint) == 0;
    LtErrorCode code;

    g_mutex_lock(&script->lock);
    g_ptr_array_add(script->seen, g_strdup_printf("%s %s %s", endpoint, lt_message_get_id(message), lt_message_get_dossier(message)));
    poisoned = g_hash_table_contains(script->poisoned, lt_message_get_dossier(message));
    code = script->code;
    failing = script->failures > 0;
    script->failures -= failing;
    script->most_running = MAX(script->most_running, ++script->running);
    g_mutex_unlock(&script->lock);
    if (hangs)
        hang(cancellable);
    else if (script->slow_us > 0)
        g_usleep((gulong) script->slow_us);
    g_mutex_lock(&script->lock);
    script->running--;
    g_mutex_unlock(&script->lock);
    if (poisoned)
        return fail(code, -1, error);
    return failing || hangs ? fail(LT_ERROR_UNAVAILABLE, script->retry_after_s, error) : TRUE;
}

guint
yard_script_count(YardScript *script)
{
    guint n;

    g_mutex_lock(&script->lock);
    n = script->seen->len;
    g_mutex_unlock(&script->lock);
    return n;
}

Yard *
yard_script_start(YardScript *script, const char *configuration, guint n_workers)
{
    Yard *yard;

    fake_endpoint_tell(yard_script_deliver, NULL, script);
    yard = yard_new(configuration);
    yard_start_dispatcher(yard, n_workers);
    return yard;
}

void
yard_script_poison(YardScript *script, const char *dossier)
{
    g_mutex_lock(&script->lock);
    g_hash_table_add(script->poisoned, g_strdup(dossier));
    g_mutex_unlock(&script->lock);
}

void
yard_script_heal(YardScript *script)
{
    g_mutex_lock(&script->lock);
    g_hash_table_remove_all(script->poisoned);
    g_mutex_unlock(&script->lock);
}
