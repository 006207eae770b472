/* SPDX-License-Identifier: Apache-2.0 */
/* generations.h: the plans that were in force, each with its text, and the files that they name. */
#pragma once

#include "store/store.h"

typedef struct {
    guint64 number;
    gint64 at_us;
    char *actor, *origin; /* "start", "reload", "rollback", "canary" */
    guint64 was;          /* generation whose text it took up; 0: the files */
    char *files;          /* digest of the files on disk then */
    char *digest;         /* of the text */
    char *changes;        /* one a line */
    char *text;           /* NULL in lists */
} LtGeneration;
void lt_generation_free(LtGeneration *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtGeneration, lt_generation_free)

/** lt_store_add_generation: @files: (element-type utf8 GBytes): digest → bytes; those that are kept already are no error */
gboolean lt_store_add_generation(LtStoreTransaction *tx, const LtGeneration *generation, GHashTable *files, GError **error);
/** lt_store_get_generation: @number: 0: the newest. Errors: NOT_FOUND `plan.unknown`; with 0 and an empty table too */
LtGeneration *lt_store_get_generation(LtStore *self, guint64 number, GError **error);
/** lt_store_list_generations: newest first, without their texts. (element-type LtGeneration) */
GPtrArray *lt_store_list_generations(LtStore *self, guint limit, GError **error);
/** lt_store_get_generation_file: Returns: (transfer full) (nullable) */
GBytes *lt_store_get_generation_file(LtStore *self, const char *digest);
