/* SPDX-License-Identifier: Apache-2.0 */
/* test-lane.c: order per dossier, and nobody else waits. */
#include "routing/lane.h"

#include "store/delivery-row.h"

static void
add(LtLane *lane, gint64 id, const char *dossier, gint64 not_before_us)
{
    LtDelivery *delivery = lt_delivery_new();

    delivery->id = id;
    delivery->dossier = g_strdup(dossier);
    delivery->not_before_us = not_before_us;
    g_assert_true(lt_lane_add(lane, delivery, NULL));
    lt_delivery_unref(delivery);
}

static LtLaneItem *
take(LtLane *lane, gint64 now_us, gint64 id)
{
    LtLaneItem *item = lt_lane_take(lane, now_us);

    g_assert_nonnull(item);
    g_assert_cmpint(item->delivery->id, ==, id);
    return item;
}

static void
test_order(void)
{
    g_autoptr(LtLane) lane = lt_lane_new(10);
    LtLaneItem *first, *other;

    add(lane, 1, "a", 0);
    add(lane, 2, "a", 0);
    add(lane, 3, "b", 0);
    add(lane, 4, "a", 0);
    first = take(lane, 0, 1);
    other = take(lane, 0, 3);
    g_assert_null(lt_lane_take(lane, 0)); /* 2 and 4 stand behind 1 */
    lt_lane_finish(lane, other);
    g_assert_null(lt_lane_take(lane, 0));
    lt_lane_finish(lane, first);
    lt_lane_finish(lane, take(lane, 0, 2));
    lt_lane_finish(lane, take(lane, 0, 4));
    g_assert_cmpuint(lt_lane_get_size(lane), ==, 0);
}

static void
test_without_dossier(void)
{
    g_autoptr(LtLane) lane = lt_lane_new(10);

    add(lane, 1, NULL, 0);
    add(lane, 2, NULL, 0);
    lt_lane_hold(lane, take(lane, 0, 1));
    lt_lane_finish(lane, take(lane, 0, 2));
}

static void
test_postponed(void)
{
    g_autoptr(LtLane) lane = lt_lane_new(10);
    LtLaneItem *item;

    add(lane, 1, "a", 0);
    add(lane, 2, "a", 0);
    add(lane, 3, "b", 0);
    item = take(lane, 100, 1);
    item->not_before_us = 200;
    lt_lane_postpone(lane, item);
    lt_lane_finish(lane, take(lane, 100, 3));
    g_assert_false(lt_lane_has_ready(lane, 199));
    g_assert_cmpint(lt_lane_next_us(lane), ==, 200);
    lt_lane_finish(lane, take(lane, 200, 1));
    lt_lane_finish(lane, take(lane, 200, 2));
    g_assert_cmpint(lt_lane_next_us(lane), ==, 0);
}

static void
test_held(void)
{
    g_autoptr(LtLane) lane = lt_lane_new(10);

    add(lane, 1, "a", 0);
    add(lane, 2, "a", 0);
    add(lane, 3, "b", 0);
    lt_lane_hold(lane, take(lane, 0, 1));
    add(lane, 4, "a", 0);
    lt_lane_finish(lane, take(lane, 0, 3));
    g_assert_null(lt_lane_take(lane, 0)); /* the dossier is blocked */
    lt_lane_block(lane, "c");
    add(lane, 5, "c", 0);
    g_assert_null(lt_lane_take(lane, 0));
}

static void
test_blocked_when_ready(void)
{
    g_autoptr(LtLane) lane = lt_lane_new(10);

    add(lane, 1, "a", 0);
    add(lane, 2, "b", 500);
    lt_lane_block(lane, "a");
    lt_lane_block(lane, "b");
    g_assert_null(lt_lane_take(lane, 1000));
}

static GHashTable *
set_of_ids(gint64 *ids, guint n)
{
    GHashTable *set = g_hash_table_new(g_int64_hash, g_int64_equal);

    for (guint i = 0; i < n; i++)
        g_hash_table_add(set, &ids[i]);
    return set;
}

/* The disk says: 2 is gone, "a" is no longer blocked, "b" is. What was taken stays whatever the disk says. */
static void
test_retain(void)
{
    gint64 on_disk[] = { 3, 5 };
    g_autoptr(GHashTable) ids = set_of_ids(on_disk, G_N_ELEMENTS(on_disk));
    g_autoptr(GHashTable) blocked = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(LtLane) lane = lt_lane_new(10);
    LtLaneItem *taken;

    add(lane, 4, "c", 0);
    taken = take(lane, 0, 4);
    lt_lane_block(lane, "a");
    add(lane, 2, "a", 0);
    add(lane, 3, "a", 0);
    add(lane, 5, "b", 0);
    add(lane, 6, "c", 0);
    g_hash_table_add(blocked, (gpointer) "b");
    lt_lane_retain(lane, ids, blocked);
    lt_lane_block(lane, "b");
    g_assert_cmpuint(lt_lane_get_size(lane), ==, 3);
    lt_lane_finish(lane, take(lane, 0, 3));
    g_assert_null(lt_lane_take(lane, 0));
    lt_lane_finish(lane, taken);
    g_assert_null(lt_lane_take(lane, 0));
}

static void
test_full(void)
{
    g_autoptr(LtLane) lane = lt_lane_new(2);
    g_autoptr(LtDelivery) third = lt_delivery_new();

    third->id = 3;
    add(lane, 1, "a", 0);
    add(lane, 2, "b", 0);
    add(lane, 2, "b", 0); /* known: no matter */
    g_assert_false(lt_lane_add(lane, third, NULL));
    lt_lane_finish(lane, take(lane, 0, 1));
    g_assert_true(lt_lane_add(lane, third, NULL));
}

static void
test_hurry(void)
{
    g_autoptr(LtLane) lane = lt_lane_new(10);

    add(lane, 1, "a", 5000);
    add(lane, 2, "b", 3000);
    g_assert_null(lt_lane_take(lane, 0));
    lt_lane_hurry(lane);
    lt_lane_finish(lane, take(lane, 0, 2));
    lt_lane_finish(lane, take(lane, 0, 1));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lane/keeps-the-order-of-a-dossier-and-of-no-other", test_order);
    g_test_add_func("/lane/has-no-order-without-a-dossier", test_without_dossier);
    g_test_add_func("/lane/a-postponed-one-holds-up-its-dossier-only", test_postponed);
    g_test_add_func("/lane/a-held-one-blocks-its-dossier-only", test_held);
    g_test_add_func("/lane/a-block-takes-back-what-was-ready", test_blocked_when_ready);
    g_test_add_func("/lane/follows-the-disk", test_retain);
    g_test_add_func("/lane/takes-no-more-than-it-holds", test_full);
    g_test_add_func("/lane/hurries-when-the-endpoint-is-back", test_hurry);
    return g_test_run();
}
