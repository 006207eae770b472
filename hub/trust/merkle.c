/* SPDX-License-Identifier: Apache-2.0 */
/* merkle.c: arithmetic of the tree of RFC 6962.
 *
 * Pure: hashes in, hashes out. A complete subtree is named by (level, i); every root, proof and edge is put together from
 * complete subtrees, so a store keeps those and nothing else. Indexes and sizes come from strangers: every shift is bounded.
 */
/* The one-shot digest on the stack: no allocation, no provider look-up per hash, and it cannot fail. OpenSSL 3.0 marks it as old and keeps it. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "trust/merkle.h"

#include <openssl/sha.h>
#include <string.h>

#define TREE_MAX (G_GUINT64_CONSTANT(1) << 62)

gboolean
lt_hash_equal(const LtHash *a, const LtHash *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

void
lt_merkle_leaf(const void *entry, gsize size, LtHash *out)
{
    static const guint8 prefix = 0x00;
    SHA256_CTX context;

    SHA256_Init(&context);
    SHA256_Update(&context, &prefix, 1);
    SHA256_Update(&context, entry, size);
    SHA256_Final(out->b, &context);
}

void
lt_merkle_node(const LtHash *left, const LtHash *right, LtHash *out)
{
    guint8 block[1 + 2 * LT_SHA256_SIZE];
    SHA256_CTX context;

    block[0] = 0x01;
    memcpy(block + 1, left->b, LT_SHA256_SIZE);
    memcpy(block + 1 + LT_SHA256_SIZE, right->b, LT_SHA256_SIZE);
    SHA256_Init(&context);
    SHA256_Update(&context, block, sizeof block);
    SHA256_Final(out->b, &context);
}

void
lt_merkle_empty(LtHash *out)
{
    SHA256_CTX context;

    SHA256_Init(&context);
    SHA256_Final(out->b, &context);
}

/* Largest power of two below @n, for n > 1: where RFC 6962 splits a tree. */
static guint64
split(guint64 n)
{
    return G_GUINT64_CONSTANT(1) << (63 - __builtin_clzll(n - 1));
}

static gboolean
size_is_sane(guint64 size, GError **error)
{
    if (size <= TREE_MAX)
        return TRUE;
    lt_error_set(error, LT_ERROR_INVALID, "log.range", "a tree of %" G_GUINT64_FORMAT " entries is not possible", size);
    return FALSE;
}

/* Root of the entries [start, start + count), where start is a multiple of the power of two that covers count: the complete
 * subtrees of the set bits, from the smallest, which is the rightmost. */
static gboolean
range_root(guint64 start, guint64 count, LtMerkleGet get, gpointer data, LtHash *out, GError **error)
{
    gboolean begun = FALSE;

    for (guint level = 0; level < 63; level++) {
        guint64 offset = (count >> (level + 1)) << (level + 1);
        LtHash peak;

        if (((count >> level) & 1) == 0)
            continue;
        if (!get(data, level, (start + offset) >> level, &peak, error))
            return FALSE;
        if (begun)
            lt_merkle_node(&peak, out, out);
        else
            *out = peak;
        begun = TRUE;
    }
    return TRUE;
}

gboolean
lt_merkle_root(guint64 size, LtMerkleGet get, gpointer data, LtHash *out, GError **error)
{
    lt_merkle_empty(out);
    return size_is_sane(size, error) && range_root(0, size, get, data, out, error);
}

/* Proofs are found from the root down and written from the leaf up. */
static GArray *
reversed(GArray *hashes)
{
    for (guint i = 0, j = hashes->len; i + 1 < j; i++) {
        LtHash kept = g_array_index(hashes, LtHash, i);

        j--;
        g_array_index(hashes, LtHash, i) = g_array_index(hashes, LtHash, j);
        g_array_index(hashes, LtHash, j) = kept;
    }
    return hashes;
}

static gboolean
add_range(GArray *proof, guint64 start, guint64 count, LtMerkleGet get, gpointer data, GError **error)
{
    LtHash hash;

    if (!range_root(start, count, get, data, &hash, error))
        return FALSE;
    g_array_append_val(proof, hash);
    return TRUE;
}

GArray *
lt_merkle_inclusion(guint64 index, guint64 size, LtMerkleGet get, gpointer data, GError **error)
{
    g_autoptr(GArray) proof = g_array_new(FALSE, FALSE, sizeof(LtHash));
    guint64 start = 0, count = size;

    if (!size_is_sane(size, error))
        return NULL;
    if (index >= size) {
        lt_error_set(error, LT_ERROR_INVALID, "log.range",
                     "no entry %" G_GUINT64_FORMAT " in a tree of %" G_GUINT64_FORMAT, index, size);
        return NULL;
    }
    while (count > 1) {
        guint64 left = split(count);
        gboolean is_left = index - start < left;

        if (!(is_left ? add_range(proof, start + left, count - left, get, data, error)
                      : add_range(proof, start, left, get, data, error)))
            return NULL;
        start = is_left ? start : start + left;
        count = is_left ? left : count - left;
    }
    return reversed(g_steal_pointer(&proof));
}

GArray *
lt_merkle_consistency(guint64 old_size, guint64 size, LtMerkleGet get, gpointer data, GError **error)
{
    g_autoptr(GArray) proof = g_array_new(FALSE, FALSE, sizeof(LtHash));
    guint64 start = 0, count = size, old = old_size;

    if (!size_is_sane(size, error))
        return NULL;
    if (old_size == 0 || old_size > size) {
        lt_error_set(error, LT_ERROR_INVALID, "log.range",
                     "no consistency proof from size %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, old_size, size);
        return NULL;
    }
    while (old < count) {
        guint64 left = split(count);
        gboolean is_left = old <= left;

        if (!(is_left ? add_range(proof, start + left, count - left, get, data, error)
                      : add_range(proof, start, left, get, data, error)))
            return NULL;
        start = is_left ? start : start + left;
        count = is_left ? left : count - left;
        old = is_left ? old : old - left;
    }
    /* The verifier knows the old root; any other subtree at which the old edge ends must be told. */
    if (start != 0 && !add_range(proof, start, count, get, data, error))
        return NULL;
    return reversed(g_steal_pointer(&proof));
}

gboolean
lt_merkle_verify_inclusion(const LtHash *leaf, guint64 index, guint64 size, const LtHash *proof, gsize n,
                           const LtHash *root)
{
    guint64 first = index, last = size - 1;
    LtHash hash = *leaf;

    if (index >= size || n > LT_MERKLE_MAX_PROOF)
        return FALSE;
    for (gsize i = 0; i < n; i++) {
        if (last == 0)
            return FALSE;
        if ((first & 1) != 0 || first == last) {
            lt_merkle_node(&proof[i], &hash, &hash);
            while ((first & 1) == 0 && first != 0) {
                first >>= 1;
                last >>= 1;
            }
        } else {
            lt_merkle_node(&hash, &proof[i], &hash);
        }
        first >>= 1;
        last >>= 1;
    }
    return last == 0 && lt_hash_equal(&hash, root);
}

gboolean
lt_merkle_verify_consistency(guint64 old_size, const LtHash *old_root, guint64 size, const LtHash *root,
                             const LtHash *proof, gsize n)
{
    guint64 first = old_size - 1, last = size - 1;
    gboolean is_power = (old_size & (old_size - 1)) == 0;
    LtHash old_hash, hash;
    gsize i = 0;

    if (old_size == 0 || old_size > size || n > LT_MERKLE_MAX_PROOF)
        return FALSE;
    if (old_size == size)
        return n == 0 && lt_hash_equal(old_root, root);
    if (n == 0)
        return FALSE;
    while ((first & 1) != 0) {
        first >>= 1;
        last >>= 1;
    }
    old_hash = hash = is_power ? *old_root : proof[i++];
    for (; i < n; i++) {
        if (last == 0)
            return FALSE;
        if ((first & 1) != 0 || first == last) {
            lt_merkle_node(&proof[i], &old_hash, &old_hash);
            lt_merkle_node(&proof[i], &hash, &hash);
            while ((first & 1) == 0 && first != 0) {
                first >>= 1;
                last >>= 1;
            }
        } else {
            lt_merkle_node(&hash, &proof[i], &hash);
        }
        first >>= 1;
        last >>= 1;
    }
    return last == 0 && lt_hash_equal(&old_hash, old_root) && lt_hash_equal(&hash, root);
}

gboolean
lt_merkle_edge_load(LtMerkleEdge *edge, guint64 size, LtMerkleGet get, gpointer data, GError **error)
{
    if (!size_is_sane(size, error))
        return FALSE;
    for (guint level = 0; level < 63; level++)
        if (((size >> level) & 1) != 0 && !get(data, level, (size >> level) - 1, &edge->peaks[level], error))
            return FALSE;
    edge->size = size;
    return TRUE;
}

void
lt_merkle_append(LtMerkleEdge *edge, const LtHash *leaf, LtMerkleComplete complete, gpointer data)
{
    guint64 index = edge->size;
    LtHash hash = *leaf;
    guint level = 0;

    while (((index >> level) & 1) != 0) {
        lt_merkle_node(&edge->peaks[level], &hash, &hash);
        level++;
        if (complete != NULL)
            complete(data, level, index >> level, &hash);
    }
    edge->peaks[level] = hash;
    edge->size = index + 1;
}

void
lt_merkle_edge_root(const LtMerkleEdge *edge, LtHash *out)
{
    gboolean begun = FALSE;

    lt_merkle_empty(out);
    for (guint level = 0; level < 63; level++) {
        if (((edge->size >> level) & 1) == 0)
            continue;
        if (begun)
            lt_merkle_node(&edge->peaks[level], out, out);
        else
            *out = edge->peaks[level];
        begun = TRUE;
    }
}
