/* SPDX-License-Identifier: Apache-2.0 */
/* merkle.h: the tree of RFC 6962 over SHA-256, as arithmetic: which nodes a root or proof needs, how they combine, and the
 * verification of RFC 9162 §§2.1.3.2, 2.1.4.2. Where the nodes come from is the caller's matter. Sizes are unsigned 64-bit. */
#pragma once

#include <glib.h>
#include "base/value.h"

typedef struct { guint8 b[LT_SHA256_SIZE]; } LtHash;

void lt_merkle_leaf(const void *entry, gsize size, LtHash *out);
void lt_merkle_node(const LtHash *left, const LtHash *right, LtHash *out);
void lt_merkle_empty(LtHash *out);

/** LtMerkleGet: hash of the complete subtree of entries [i·2^level, (i+1)·2^level); FALSE when it cannot be read */
typedef gboolean (*LtMerkleGet)(gpointer data, guint level, guint64 i, LtHash *out, GError **error);
gboolean lt_merkle_root(guint64 size, LtMerkleGet get, gpointer data, LtHash *out, GError **error);
/** Returns: (element-type LtHash) (transfer full): proof hashes, leaf's sibling first */
GArray *lt_merkle_inclusion(guint64 index, guint64 size, LtMerkleGet get, gpointer data, GError **error);
GArray *lt_merkle_consistency(guint64 old_size, guint64 size, LtMerkleGet get, gpointer data, GError **error);
gboolean lt_merkle_verify_inclusion(const LtHash *leaf, guint64 index, guint64 size, const LtHash *proof, gsize n, const LtHash *root);
gboolean lt_merkle_verify_consistency(guint64 old_size, const LtHash *old_root, guint64 size, const LtHash *root, const LtHash *proof, gsize n);

/* The right edge: what appending needs, at most 63 hashes. */
typedef struct { guint64 size; LtHash peaks[64]; } LtMerkleEdge;
/** lt_merkle_append: calls @complete for every subtree of level ≥ 1 that the leaf completes */
void lt_merkle_append(LtMerkleEdge *edge, const LtHash *leaf, void (*complete)(gpointer data, guint level, guint64 i, const LtHash *hash), gpointer data);
void lt_merkle_edge_root(const LtMerkleEdge *edge, LtHash *out);
