/* SPDX-License-Identifier: Apache-2.0 */
/* test-merkle.c: the tree against its own definition, and against the known answers of RFC 6962's implementations. */
#include <stdlib.h>
#include <string.h>
#include "lib/vectors.h"
#include "trust/merkle.h"

/* A tree kept whole: leaves, from which any complete subtree is computed by the recursive definition. */
typedef struct {
    guint64 n;
    LtHash leaves[130];
} Tree;

static void
subtree(const Tree *tree, guint64 start, guint64 count, LtHash *out)
{
    LtHash left, right;
    guint64 k = 1;

    if (count == 1) {
        *out = tree->leaves[start];
        return;
    }
    while (k * 2 < count)
        k *= 2;
    subtree(tree, start, k, &left);
    subtree(tree, start + k, count - k, &right);
    lt_merkle_node(&left, &right, out);
}

static gboolean
tree_get(gpointer data, guint level, guint64 i, LtHash *out, GError **error)
{
    const Tree *tree = data;

    g_assert_null(*error);
    g_assert_cmpuint((i + 1) << level, <=, tree->n); /* only complete subtrees may be asked for */
    subtree(tree, i << level, G_GUINT64_CONSTANT(1) << level, out);
    return TRUE;
}

static void
tree_fill(Tree *tree, guint64 n)
{
    tree->n = n;
    for (guint64 i = 0; i < n; i++)
        lt_merkle_leaf(&i, sizeof i, &tree->leaves[i]);
}

static void
tree_root(const Tree *tree, guint64 size, LtHash *out)
{
    if (size == 0)
        lt_merkle_empty(out);
    else
        subtree(tree, 0, size, out);
}

static void
assert_equal(const LtHash *a, const LtHash *b)
{
    g_assert_cmpmem(a->b, sizeof a->b, b->b, sizeof b->b);
}

static void
test_root(void)
{
    g_autoptr(GError) error = NULL;
    Tree tree;

    tree_fill(&tree, G_N_ELEMENTS(tree.leaves));
    for (guint64 size = 0; size <= tree.n; size++) {
        LtHash expected, root;

        tree_root(&tree, size, &expected);
        g_assert_true(lt_merkle_root(size, tree_get, &tree, &root, &error));
        assert_equal(&root, &expected);
    }
}

typedef struct {
    const Tree *tree;
    guint n;
} Completed;

static void
on_complete(gpointer data, guint level, guint64 i, const LtHash *hash)
{
    Completed *completed = data;
    LtHash expected;

    g_assert_cmpuint(level, >=, 1);
    subtree(completed->tree, i << level, G_GUINT64_CONSTANT(1) << level, &expected);
    assert_equal(hash, &expected);
    completed->n++;
}

static void
test_append(void)
{
    g_autoptr(GError) error = NULL;
    LtMerkleEdge edge = { 0 }, loaded = { 0 };
    Tree tree;
    Completed completed = { &tree, 0 };

    tree_fill(&tree, G_N_ELEMENTS(tree.leaves));
    for (guint64 i = 0; i < tree.n; i++) {
        LtHash expected, root;

        lt_merkle_append(&edge, &tree.leaves[i], on_complete, &completed);
        tree_root(&tree, i + 1, &expected);
        lt_merkle_edge_root(&edge, &root);
        assert_equal(&root, &expected);
        g_assert_true(lt_merkle_edge_load(&loaded, i + 1, tree_get, &tree, &error));
        lt_merkle_edge_root(&loaded, &root);
        assert_equal(&root, &expected);
    }
    g_assert_cmpuint(completed.n, ==, 65 + 32 + 16 + 8 + 4 + 2 + 1); /* all complete subtrees of 130 entries, each once */
}

static void
test_inclusion(void)
{
    g_autoptr(GError) error = NULL;
    Tree tree;

    tree_fill(&tree, 70);
    for (guint64 size = 1; size <= tree.n; size++) {
        LtHash root;

        tree_root(&tree, size, &root);
        for (guint64 i = 0; i < size; i++) {
            g_autoptr(GArray) proof = lt_merkle_inclusion(i, size, tree_get, &tree, &error);
            const LtHash *hashes = (const LtHash *) (gpointer) proof->data;
            const LtHash *other = &tree.leaves[(i + 1) % tree.n];

            g_assert_no_error(error);
            g_assert_true(lt_merkle_verify_inclusion(&tree.leaves[i], i, size, hashes, proof->len, &root));
            g_assert_false(lt_merkle_verify_inclusion(other, i, size, hashes, proof->len, &root));
            if (proof->len > 0)
                g_assert_false(lt_merkle_verify_inclusion(&tree.leaves[i], i, size, hashes, proof->len - 1, &root));
            g_assert_false(lt_merkle_verify_inclusion(&tree.leaves[i], i + 1, size, hashes, proof->len, &root));
        }
    }
}

static void
test_consistency(void)
{
    g_autoptr(GError) error = NULL;
    Tree tree;

    tree_fill(&tree, 70);
    for (guint64 size = 1; size <= tree.n; size++) {
        LtHash root;

        tree_root(&tree, size, &root);
        for (guint64 old = 1; old <= size; old++) {
            g_autoptr(GArray) proof = lt_merkle_consistency(old, size, tree_get, &tree, &error);
            const LtHash *hashes = (const LtHash *) (gpointer) proof->data;
            LtHash old_root;

            g_assert_no_error(error);
            tree_root(&tree, old, &old_root);
            g_assert_true(lt_merkle_verify_consistency(old, &old_root, size, &root, hashes, proof->len));
            g_assert_cmpuint(proof->len == 0, ==, old == size);
            if (old == size)
                continue;
            g_assert_false(lt_merkle_verify_consistency(old, &root, size, &root, hashes, proof->len));
            g_assert_false(lt_merkle_verify_consistency(old, &old_root, size, &old_root, hashes, proof->len));
            g_assert_false(lt_merkle_verify_consistency(old, &old_root, size, &root, hashes, proof->len - 1));
        }
    }
}

static void
test_ranges(void)
{
    static const struct {
        guint64 index, size;
    } bad[] = { { 0, 0 }, { 3, 3 }, { G_MAXUINT64, 3 }, { 0, (G_GUINT64_CONSTANT(1) << 62) + 1 } };
    LtHash hash = { { 0 } };

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(lt_merkle_inclusion(bad[i].index, bad[i].size, tree_get, NULL, &error));
        g_assert_cmpstr(lt_error_get_reason(error), ==, "log.range");
    }
    g_assert_null(lt_merkle_consistency(0, 3, tree_get, NULL, NULL));
    g_assert_null(lt_merkle_consistency(4, 3, tree_get, NULL, NULL));
    g_assert_false(lt_merkle_verify_consistency(0, &hash, 0, &hash, NULL, 0));
    g_assert_false(lt_merkle_verify_inclusion(&hash, G_MAXUINT64, 0, NULL, 0, &hash));
}

/* The vectors are flat objects: a few names, numbers, strings and one list. Numbers go to the whole of unsigned 64 bit. */
static char *
member(const char *json, const char *name, const char *pattern)
{
    g_autofree char *whole = g_strdup_printf("\"%s\"\\s*:\\s*%s", name, pattern);
    g_autoptr(GRegex) regex = g_regex_new(whole, G_REGEX_DOTALL, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    return g_regex_match(regex, json, 0, &match) ? g_match_info_fetch(match, 1) : NULL;
}

static guint64
member_number(const char *json, const char *name)
{
    g_autofree char *text = member(json, name, "([0-9]+)");
    guint64 value;

    g_assert_nonnull(text);
    g_assert_true(lt_decimal_read(text, strlen(text), &value));
    return value;
}

/* FALSE: not a hash at all, which a reader refuses before any arithmetic. */
static gboolean
read_hash(const char *text, LtHash *hash)
{
    return lt_base64_read(text, strlen(text), hash->b, sizeof hash->b);
}

static gboolean
member_hash(const char *json, const char *name, LtHash *hash)
{
    g_autofree char *text = member(json, name, "\"([^\"]*)\"");

    g_assert_nonnull(text);
    return read_hash(text, hash);
}

static GArray *
member_proof(const char *json)
{
    g_autoptr(GArray) proof = g_array_new(FALSE, FALSE, sizeof(LtHash));
    g_autofree char *list = member(json, "proof", "\\[([^]]*)\\]");
    g_auto(GStrv) parts = g_strsplit(list != NULL ? list : "", "\"", -1);

    for (guint i = 1; i < g_strv_length(parts); i += 2) {
        LtHash hash;

        if (!read_hash(parts[i], &hash))
            return NULL;
        g_array_append_val(proof, hash);
    }
    return g_steal_pointer(&proof);
}

static gboolean
inclusion_holds(const char *json)
{
    g_autoptr(GArray) proof = member_proof(json);
    LtHash root, leaf;

    return proof != NULL && member_hash(json, "root", &root) && member_hash(json, "leafHash", &leaf) &&
           lt_merkle_verify_inclusion(&leaf, member_number(json, "leafIdx"), member_number(json, "treeSize"),
                                      (const LtHash *) (gpointer) proof->data, proof->len, &root);
}

static gboolean
consistency_holds(const char *json)
{
    g_autoptr(GArray) proof = member_proof(json);
    LtHash old_root, root;

    return proof != NULL && member_hash(json, "root1", &old_root) && member_hash(json, "root2", &root) &&
           lt_merkle_verify_consistency(member_number(json, "size1"), &old_root, member_number(json, "size2"), &root,
                                        (const LtHash *) (gpointer) proof->data, proof->len);
}

static void
run_vectors(const char *folder, gboolean (*holds)(const char *json))
{
    g_autoptr(GPtrArray) names = vectors_list(folder, ".json");
    guint good = 0;

    for (guint i = 0; i < names->len; i++) {
        g_autofree char *json = vectors_load_text(names->pdata[i]);
        g_autofree char *refused = member(json, "wantErr", "(true|false)");

        g_test_message("%s", (const char *) names->pdata[i]);
        g_assert_nonnull(refused);
        g_assert_cmpint(holds(json), ==, g_str_equal(refused, "false"));
        good += g_str_equal(refused, "false");
    }
    g_assert_cmpuint(good, >, 0);
    g_assert_cmpuint(good, <, names->len);
}

static void
test_known_inclusion(void)
{
    if (!vectors_missing())
        run_vectors("rfc6962/inclusion", inclusion_holds);
}

static void
test_known_consistency(void)
{
    if (!vectors_missing())
        run_vectors("rfc6962/consistency", consistency_holds);
}

static GStrv
hex_list(const char *json, const char *name)
{
    g_autofree char *list = member(json, name, "\\[([^]]*)\\]");
    g_autoptr(GStrvBuilder) items = g_strv_builder_new();
    g_auto(GStrv) parts = g_strsplit(list, "\"", -1);

    for (guint i = 1; i < g_strv_length(parts); i += 2)
        g_strv_builder_add(items, parts[i]);
    return g_strv_builder_end(items);
}

static void
test_known_roots(void)
{
    g_autofree char *json = NULL;
    g_auto(GStrv) leaves = NULL, hashes = NULL, sizes = NULL;
    LtMerkleEdge edge = { 0 };

    if (vectors_missing())
        return;
    json = vectors_load_text("rfc6962/roots.json");
    leaves = hex_list(json, "leaves_hex");
    hashes = hex_list(json, "leaf_hashes");
    sizes = g_strsplit(json, "\"size\":", -1);
    g_assert_cmpuint(g_strv_length(leaves), ==, 8);
    g_assert_cmpuint(g_strv_length(sizes), ==, 1 + 9);
    for (guint i = 0; i <= 8; i++) {
        g_autofree char *root = member(sizes[i + 1], "root", "\"([^\"]*)\"");
        guint8 entry[64];
        LtHash expected, hash;

        lt_merkle_edge_root(&edge, &hash);
        g_assert_cmpint(atoi(sizes[i + 1]), ==, (int) i);
        g_assert_true(lt_hex_read(root, strlen(root), expected.b, sizeof expected.b));
        assert_equal(&hash, &expected);
        if (i == 8)
            break;
        g_assert_true(lt_hex_read(leaves[i], strlen(leaves[i]), entry, strlen(leaves[i]) / 2));
        lt_merkle_leaf(entry, strlen(leaves[i]) / 2, &hash);
        g_assert_true(lt_hex_read(hashes[i], strlen(hashes[i]), expected.b, sizeof expected.b));
        assert_equal(&hash, &expected);
        lt_merkle_append(&edge, &hash, NULL, NULL);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/merkle/root-follows-the-recursive-definition", test_root);
    g_test_add_func("/merkle/append-completes-each-subtree-once", test_append);
    g_test_add_func("/merkle/inclusion-holds-for-its-entry-alone", test_inclusion);
    g_test_add_func("/merkle/consistency-holds-for-its-roots-alone", test_consistency);
    g_test_add_func("/merkle/refuses-ranges-outside-the-tree", test_ranges);
    g_test_add_func("/merkle/known-roots", test_known_roots);
    g_test_add_func("/merkle/known-inclusion-proofs", test_known_inclusion);
    g_test_add_func("/merkle/known-consistency-proofs", test_known_consistency);
    return g_test_run();
}
