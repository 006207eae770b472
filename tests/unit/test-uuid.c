/* SPDX-License-Identifier: Apache-2.0 */
/* test-uuid.c: versions are told apart, made ones are valid, ordered in time and never the same. */
#include "base/uuid.h"

#include <string.h>

static const char *const bad[] = {
    "",
    "01a20925-0713-71f2-adda-743c62e49b8",
    "01a20925-0713-71f2-adda-743c62e49b811",
    "01A20925-0713-71F2-ADDA-743C62E49B81",
    "01a20925-0713-61f2-adda-743c62e49b81",
    "01a20925-0713-71f2-cdda-743c62e49b81",
    "01a20925-0713-71f2-7dda-743c62e49b81",
    "01a2092500713-71f2-adda-743c62e49b81",
    "{1a20925-0713-71f2-adda-743c62e49b8}",
    "01a20925-0713-71f2-adda-743c62e49b8g",
    "01a20925071371f2adda743c62e49b81",
};

static void
test_bad(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        if (lt_uuid_is_v7(bad[i], strlen(bad[i])) || lt_uuid_is_v4(bad[i], strlen(bad[i])))
            g_error("accepted \"%s\"", bad[i]);
    }
}

static void
test_versions(void)
{
    g_assert_true(lt_uuid_is_v7("01a20925-0713-71f2-adda-743c62e49b81", 36));
    g_assert_false(lt_uuid_is_v4("01a20925-0713-71f2-adda-743c62e49b81", 36));
    g_assert_true(lt_uuid_is_v4("c9d5d49c-b56f-4552-96a3-c9b95ec99950", 36));
    g_assert_false(lt_uuid_is_v7("c9d5d49c-b56f-4552-96a3-c9b95ec99950", 36));
}

static void
test_made(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (int i = 0; i < 1000; i++) {
        char v4[37], v7[37];

        lt_uuid4_new(v4);
        lt_uuid7_new(G_GINT64_CONSTANT(1795449750021000), v7);
        g_assert_true(lt_uuid_is_v4(v4, strlen(v4)));
        g_assert_true(lt_uuid_is_v7(v7, strlen(v7)));
        g_assert_true(g_hash_table_add(seen, g_strdup(v4)));
        g_assert_true(g_hash_table_add(seen, g_strdup(v7)));
    }
}

/* RFC 9562 §5.7: the first 48 bits are milliseconds, big-endian, so that text order is time order. */
static void
test_ordered(void)
{
    char early[37], late[37];

    lt_uuid7_new(G_GINT64_CONSTANT(0x017f22e279b0) * 1000 + 999, early);
    lt_uuid7_new(G_GINT64_CONSTANT(0x017f22e279b1) * 1000, late);
    g_assert_true(g_str_has_prefix(early, "017f22e2-79b0-7"));
    g_assert_true(g_str_has_prefix(late, "017f22e2-79b1-7"));
    g_assert_cmpint(strcmp(early, late), <, 0);
}

static void
test_random(void)
{
    guint8 bytes[1000] = { 0 };
    guint seen[256] = { 0 };
    guint n_seen = 0;

    lt_random_bytes(bytes, sizeof bytes);
    for (gsize i = 0; i < sizeof bytes; i++)
        n_seen += seen[bytes[i]]++ == 0 ? 1 : 0;
    g_assert_cmpuint(n_seen, >, 200); /* about 251 of 256 are expected */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/uuid/refuses-every-other-spelling", test_bad);
    g_test_add_func("/uuid/tells-the-versions-apart", test_versions);
    g_test_add_func("/uuid/makes-valid-ones-never-twice", test_made);
    g_test_add_func("/uuid/of-version-7-are-ordered-in-time", test_ordered);
    g_test_add_func("/uuid/randomness-fills-the-whole-buffer", test_random);
    return g_test_run();
}
