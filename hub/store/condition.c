/* SPDX-License-Identifier: Apache-2.0 */
/* condition.c: ok, degraded, halted. Codes are few and never freed, so that whoever asks may keep the pointer. */
#include "store/condition.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

struct _LtCondition {
    char *mark;           /* file */
    gint state;           /* atomic: LtStoreState */
    GMutex lock;
    const char *halted;   /* interned; nullable */
    GPtrArray *degraded;  /* of interned codes */
};

LtCondition *
lt_condition_new(const char *folder)
{
    LtCondition *self = g_new0(LtCondition, 1);

    self->mark = g_build_filename(folder, "state", "halted", NULL);
    self->degraded = g_ptr_array_new();
    g_mutex_init(&self->lock);
    return self;
}

void
lt_condition_free(LtCondition *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->degraded);
    g_mutex_clear(&self->lock);
    g_free(self->mark);
    g_free(self);
}

LtStoreState
lt_condition_get(LtCondition *self, const char **code)
{
    LtStoreState state = (LtStoreState) g_atomic_int_get(&self->state);

    if (code == NULL)
        return state;
    *code = NULL;
    if (state == LT_STORE_OK)
        return state;
    g_mutex_lock(&self->lock);
    *code = self->halted != NULL ? self->halted : self->degraded->len > 0 ? self->degraded->pdata[0] : NULL;
    g_mutex_unlock(&self->lock);
    return state;
}

/* Under the lock. */
static void
update(LtCondition *self)
{
    g_atomic_int_set(&self->state, self->halted != NULL ? LT_STORE_HALTED : self->degraded->len > 0 ? LT_STORE_DEGRADED : LT_STORE_OK);
}

void
lt_condition_halt(LtCondition *self, const char *code, const char *text, gboolean mark)
{
    g_autofree char *line = g_strdup_printf("%s %s\n", code, text);
    g_autoptr(GError) error = NULL;
    gboolean first;

    g_mutex_lock(&self->lock);
    first = self->halted == NULL;
    if (first)
        self->halted = g_intern_string(code);
    update(self);
    g_mutex_unlock(&self->lock);
    if (!first)
        return;
    g_critical("the store is halted and takes no writes: %s [%s]", text, code);
    if (mark && !g_file_set_contents_full(self->mark, line, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &error))
        g_critical("%s: %s", self->mark, error->message);
}

void
lt_condition_degrade(LtCondition *self, const char *code, gboolean degraded)
{
    const char *interned = g_intern_string(code);
    gboolean changed;

    g_mutex_lock(&self->lock);
    if (degraded) {
        changed = !g_ptr_array_find(self->degraded, interned, NULL);
        if (changed)
            g_ptr_array_add(self->degraded, (gpointer) interned);
    } else {
        changed = g_ptr_array_remove(self->degraded, (gpointer) interned);
    }
    update(self);
    g_mutex_unlock(&self->lock);
    if (changed && degraded)
        g_warning("the store is degraded [%s]", code);
    else if (changed)
        g_message("the store is no longer degraded [%s]", code);
}

const char **
lt_condition_list(LtCondition *self)
{
    const char **list;
    guint n = 0;

    g_mutex_lock(&self->lock);
    list = g_new0(const char *, self->degraded->len + 2);
    if (self->halted != NULL)
        list[n++] = self->halted;
    for (guint i = 0; i < self->degraded->len; i++)
        list[n++] = self->degraded->pdata[i];
    g_mutex_unlock(&self->lock);
    return list;
}

char *
lt_condition_read_mark(LtCondition *self)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    if (g_file_get_contents(self->mark, &text, NULL, &error))
        return g_strndup(text, strcspn(text, " \n"));
    /* A mark that cannot be read is a mark. */
    return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT) || g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR)
               ? NULL : g_strdup("log.db");
}

void
lt_condition_remove_mark(LtCondition *self)
{
    if (g_unlink(self->mark) != 0 && errno != ENOENT)
        g_warning("%s: %s", self->mark, g_strerror(errno));
}
