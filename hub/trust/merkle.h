/* SPDX-License-Identifier: Apache-2.0 */
/* merkle.h: the tree of RFC 6962 over SHA-256, as arithmetic: which nodes a root or proof needs, how they combine, and the
 * verification of RFC 9162 §§2.1.3.2, 2.1.4.2. Where the nodes come from is the caller's matter. Sizes are unsigned 64-bit. */
#pragma once

#include <glib.h>
#include <lienthong/error.h>
#include "base/value.h"

#define LT_MERKLE_MAX_PROOF 63 /* hashes in a proof; a tree has at most 2^62 entries */

typedef struct {
    guint8 b[LT_SHA256_SIZE];
} LtHash;

gboolean lt_hash_equal(const LtHash *a, const LtHash *b);

/** lt_merkle_leaf: H(0x00 ‖ entry) */
void lt_merkle_leaf(const void *entry, gsize size, LtHash *out);
/** lt_merkle_node: H(0x01 ‖ left ‖ right); @out may be one of both */
void lt_merkle_node(const LtHash *left, const LtHash *right, LtHash *out);
/** lt_merkle_empty: root of the tree without entries, H("") */
void lt_merkle_empty(LtHash *out);

/** LtMerkleGet: hash of the complete subtree of entries [i·2^level, (i+1)·2^level); FALSE when it cannot be read */
typedef gboolean (*LtMerkleGet)(gpointer data, guint level, guint64 i, LtHash *out, GError **error);

gboolean lt_merkle_root(guint64 size, LtMerkleGet get, gpointer data, LtHash *out, GError **error);

/**
 * lt_merkle_inclusion:
 * @index: below @size
 *
 * Errors: %LT_ERROR_INVALID `log.range`; what @get reports
 * Returns: (element-type LtHash) (transfer full): proof hashes, leaf's sibling first (RFC 6962 §2.1.1)
 */
GArray *lt_merkle_inclusion(guint64 index, guint64 size, LtMerkleGet get, gpointer data, GError **error);

/**
 * lt_merkle_consistency:
 * @old_size: 1 … @size
 *
 * Errors: %LT_ERROR_INVALID `log.range`; what @get reports
 * Returns: (element-type LtHash) (transfer full): proof hashes (RFC 6962 §2.1.2); none for equal sizes
 */
GArray *lt_merkle_consistency(guint64 old_size, guint64 size, LtMerkleGet get, gpointer data, GError **error);

gboolean lt_merkle_verify_inclusion(const LtHash *leaf, guint64 index, guint64 size, const LtHash *proof, gsize n,
                                    const LtHash *root);
/** lt_merkle_verify_consistency: equal sizes need equal roots and no hash; an old size of 0 is no proof of anything: FALSE */
gboolean lt_merkle_verify_consistency(guint64 old_size, const LtHash *old_root, guint64 size, const LtHash *root,
                                      const LtHash *proof, gsize n);

/* The right edge: what appending needs. peaks[k] is set when bit k of the size is: the complete subtree of 2^k entries there. */
typedef struct {
    guint64 size;
    LtHash peaks[64];
} LtMerkleEdge;

/** LtMerkleComplete: a subtree of level ≥ 1 is complete and never changes again */
typedef void (*LtMerkleComplete)(gpointer data, guint level, guint64 i, const LtHash *hash);

/** lt_merkle_edge_load: the edge of a tree whose nodes are stored */
gboolean lt_merkle_edge_load(LtMerkleEdge *edge, guint64 size, LtMerkleGet get, gpointer data, GError **error);
/** lt_merkle_append: @complete: (nullable): called for every subtree of level ≥ 1 that the leaf completes */
void lt_merkle_append(LtMerkleEdge *edge, const LtHash *leaf, LtMerkleComplete complete, gpointer data);
void lt_merkle_edge_root(const LtMerkleEdge *edge, LtHash *out);
