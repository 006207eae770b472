/* SPDX-License-Identifier: Apache-2.0 */
/* json-pick.c: the few values that a caller wants out of a scan, by their paths. */
#include "base/json-private.h"

static void
read_path(LtJsonPath *path, const char *text)
{
    path->n_parts = 0;
    for (; path->n_parts < LT_JSON_MAX_PICK_DEPTH; text++) {
        gsize length = strcspn(text, ".");

        path->part[path->n_parts] = text;
        path->length[path->n_parts++] = length;
        text += length;
        if (*text == '\0')
            return;
    }
}

void
lt_json_picks_init(LtJsonPicks *self, LtJsonPick *picks)
{
    self->picks = picks;
    self->n_picks = 0;
    self->root = 0;
    for (; picks != NULL && picks[self->n_picks].path != NULL; self->n_picks++) {
        g_return_if_fail(self->n_picks < LT_JSON_MAX_PICKS);
        picks[self->n_picks].value = NULL;
        self->root |= 1u << self->n_picks;
        read_path(&self->paths[self->n_picks], picks[self->n_picks].path);
    }
}

guint32
lt_json_picks_follow(const LtJsonPicks *self, guint32 alive, guint level, const LtJsonText *name)
{
    guint32 followed = 0;

    for (guint i = 0; i < self->n_picks; i++) {
        const LtJsonPath *path = &self->paths[i];

        if ((alive >> i & 1) != 0 && level < path->n_parts && path->length[level] == name->length &&
            memcmp(path->part[level], name->text, name->length) == 0)
            followed |= 1u << i;
    }
    return followed;
}

void
lt_json_picks_take(LtJsonPicks *self, guint32 alive, guint depth, const LtJsonText *text)
{
    for (guint i = 0; i < self->n_picks; i++)
        if ((alive >> i & 1) != 0 && self->paths[i].n_parts == depth)
            self->picks[i].value = g_strndup(text->text, text->length);
}

void
lt_json_picks_drop(LtJsonPicks *self)
{
    for (guint i = 0; i < self->n_picks; i++)
        g_clear_pointer(&self->picks[i].value, g_free);
}
