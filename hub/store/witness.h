/* SPDX-License-Identifier: Apache-2.0 */
/* witness.h: both sides of witnessing (audit-log.md §8): what this hub has seen of others' logs, and what others have cosigned of ours. */
#pragma once

#include "store/audit-log.h"
#include "trust/note.h"

/** lt_store_find_witnessed: (nullable) (transfer full): note of the largest checkpoint of @origin that this hub has cosigned */
char *lt_store_find_witnessed(LtStore *self, const char *origin, guint64 *size, GError **error);

/* A checkpoint of another log, its signature verified, that its log wants cosigned. Borrowed. */
typedef struct {
    const char *vkey;              /* line of the registered key */
    const char *note;
    const LtCheckpoint *checkpoint;
    guint64 old_size;
    const LtHash *proof;
    gsize n_proof;
} LtWitnessing;

/**
 * lt_store_witness:
 * @stored: (out): size that this hub has seen; 0: none
 *
 * Compares with what was seen and keeps the new checkpoint, in one transaction. A log that forks leaves the record peer.fork, and both notes are kept.
 *
 * Errors: CONFLICT `witness.size`: @old_size is not what was seen; INVALID `witness.fork`, `witness.proof`, `witness.size-zero`
 */
gboolean lt_store_witness(LtStore *self, const LtWitnessing *witnessing, guint64 *stored, GError **error);

/** lt_store_keep_cosignature: @line: verified, of @key, over the checkpoint @head; record wit.cosigned when @recorded */
gboolean lt_store_keep_cosignature(LtStore *self, const LtLogHead *head, const LtVerifierKey *key, const char *line, gint64 at_us, gboolean recorded,
                                   GError **error);
/** lt_store_record_refusal: wit.refused with its code */
gboolean lt_store_record_refusal(LtStore *self, const char *name, guint64 size, const char *code, GError **error);
/** lt_store_log_root: root of the tree as it was with @size entries */
gboolean lt_store_log_root(LtStore *self, guint64 size, LtHash *root, GError **error);
/** lt_store_cosigned: when and at which size the newest checkpoint with @quorum cosignatures was; FALSE: there is none */
gboolean lt_store_cosigned(LtStore *self, guint quorum, guint64 *size, gint64 *at_us);
