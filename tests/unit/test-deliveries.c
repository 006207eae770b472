/* SPDX-License-Identifier: Apache-2.0 */
#include "store/deliveries.h"

#include <string.h>

#include "base/value.h"
#include "lib/store-lab.h"

#define DOSSIER "0f8fad5b-d9cb-469f-a165-70867728950e"

static const char *const one_stop[] = { "mot-cua", NULL };
static const char *const two_systems[] = { "mot-cua", "cong", NULL };

/* The usual settlement of a delivery that waits. */
static LtSettlement
settlement(gint64 delivery, LtDeliveryState state, const char *event, const char *reason)
{
    return (LtSettlement){ .delivery = delivery, .expected = LT_DELIVERY_WAITING, .state = state, .record_event = event, .attempts = 1,
                           .reason = reason };
}

static void
settle(StoreLab *lab, LtSettlement s)
{
    GError *error = NULL;

    lt_store_settle_wait(lab->store, &s, &error);
    g_assert_no_error(error);
}

static gint64
delivery_id(const LtAccepted *accepted, guint i)
{
    return ((LtDelivery *) accepted->deliveries->pdata[i])->id;
}

static GPtrArray *
due(StoreLab *lab, const char *endpoint, gint64 now_us, gint64 *next_us)
{
    GError *error = NULL;
    GPtrArray *list = lt_store_due_deliveries(lab->store, endpoint, now_us, 0, 100, next_us, &error);

    g_assert_no_error(error);
    return list;
}

static void
test_gives_what_is_due(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) first = store_lab_accept_new(lab, NULL, one_stop), second = store_lab_accept_new(lab, NULL, one_stop);
    g_autoptr(GPtrArray) now = NULL, later = NULL, other = NULL;
    LtSettlement wait = settlement(delivery_id(first, 0), LT_DELIVERY_WAITING, NULL, "link.connect");
    gint64 next_us = 0;
    LtDelivery *delivery;

    wait.not_before_us = 5000;
    settle(lab, wait);
    now = due(lab, "mot-cua", 4999, &next_us);
    g_assert_cmpuint(now->len, ==, 1);
    g_assert_cmpint(next_us, ==, 5000);
    delivery = now->pdata[0];
    g_assert_cmpint(delivery->id, ==, delivery_id(second, 0));
    g_assert_cmpstr(delivery->from, ==, LAB_COMMUNE);
    g_assert_cmpstr(delivery->to, ==, LAB_DISTRICT);
    g_assert_cmpstr(delivery->code, ==, "H52.101-20251120-0001");
    later = due(lab, "mot-cua", 5000, &next_us);
    g_assert_cmpuint(later->len, ==, 2);
    g_assert_cmpint(next_us, ==, 0);
    g_assert_cmpint(((LtDelivery *) later->pdata[0])->attempts, ==, 1);
    other = due(lab, "cong", 5000, NULL);
    g_assert_cmpuint(other->len, ==, 0);
}

/* Order is kept within a dossier; another dossier does not wait. */
static void
test_keeps_order_within_a_dossier(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) first = store_lab_accept_new(lab, DOSSIER, one_stop), second = store_lab_accept_new(lab, DOSSIER, one_stop),
                          other = store_lab_accept_new(lab, NULL, one_stop);
    g_autoptr(GPtrArray) list = due(lab, "mot-cua", 1, NULL);

    g_assert_cmpuint(list->len, ==, 2);
    g_assert_cmpint(((LtDelivery *) list->pdata[0])->id, ==, delivery_id(first, 0));
    g_assert_cmpint(((LtDelivery *) list->pdata[1])->id, ==, delivery_id(other, 0));
    settle(lab, settlement(delivery_id(first, 0), LT_DELIVERY_HELD, "delivery.held", "rest.mapping"));
    g_clear_pointer(&list, g_ptr_array_unref);
    list = due(lab, "mot-cua", 1, NULL);
    g_assert_cmpuint(list->len, ==, 1); /* a held one blocks its dossier too */
    settle(lab, (LtSettlement){ .delivery = delivery_id(first, 0), .expected = LT_DELIVERY_HELD, .state = LT_DELIVERY_WITHDRAWN,
                                .record_event = "delivery.withdrawn", .attempts = 1, .reason = "by-hand" });
    g_clear_pointer(&list, g_ptr_array_unref);
    list = due(lab, "mot-cua", 1, NULL);
    g_assert_cmpuint(list->len, ==, 2);
    g_assert_cmpint(((LtDelivery *) list->pdata[0])->id, ==, delivery_id(second, 0));
}

static void
test_refuses_a_stale_settlement(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, NULL, one_stop);
    LtSettlement arrived = settlement(delivery_id(accepted, 0), LT_DELIVERY_DELIVERED, "delivery.arrived", NULL);
    g_autoptr(GError) error = NULL;

    settle(lab, arrived);
    g_assert_false(lt_store_settle_wait(lab->store, &arrived, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFLICT);
    g_assert_cmpuint(store_lab_count(lab, "delivery.arrived"), ==, 1);
    arrived.delivery = 424242;
    g_clear_error(&error);
    g_assert_false(lt_store_settle_wait(lab->store, &arrived, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_NOT_FOUND);
    store_lab_assert_sound(lab);
}

/* Each outcome with the receipt that can be fetched afterwards, NULL: the first one only. */
static const struct { const char *name; LtDeliveryState states[2]; const char *stage; gboolean failed; } outcomes[] = {
    { "one-delivered", { LT_DELIVERY_DELIVERED }, "received", FALSE },
    { "both-delivered", { LT_DELIVERY_DELIVERED, LT_DELIVERY_DELIVERED }, "delivered", FALSE },
    { "both-confirmed", { LT_DELIVERY_CONFIRMED, LT_DELIVERY_CONFIRMED }, "confirmed", FALSE },
    { "one-refused", { LT_DELIVERY_REFUSED, LT_DELIVERY_DELIVERED }, "delivered", FALSE },
    { "both-refused", { LT_DELIVERY_REFUSED, LT_DELIVERY_REFUSED }, "failed", TRUE },
    { "one-withdrawn-one-held", { LT_DELIVERY_WITHDRAWN, LT_DELIVERY_HELD }, "received", FALSE },
    { "both-withdrawn", { LT_DELIVERY_WITHDRAWN, LT_DELIVERY_WITHDRAWN }, "failed", TRUE },
};

static const char *
event_of(LtDeliveryState state)
{
    static const char *const events[] = { NULL, NULL, "delivery.arrived", "delivery.confirmed", "delivery.held", "delivery.refused",
                                          "delivery.withdrawn" };

    return events[state];
}

static char *
stage_of(GBytes *receipt)
{
    GError *error = NULL;
    g_autoptr(LtContainer) container = lt_container_read_bytes(receipt, G_MAXINT32, NULL, &error);
    g_autofree char *payload = NULL;
    const char *begin;

    g_assert_no_error(error);
    payload = g_strndup(g_bytes_get_data(lt_container_get(container, "payload.json")->bytes, NULL),
                        lt_container_get(container, "payload.json")->size);
    begin = strstr(payload, "\"stage\":\"");
    g_assert_nonnull(begin);
    begin += strlen("\"stage\":\"");
    return g_strndup(begin, (gsize) (strchr(begin, '"') - begin));
}

static void
test_gives_the_receipt(gconstpointer data)
{
    gsize row = GPOINTER_TO_SIZE(data);
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, NULL, two_systems);
    g_autoptr(GBytes) receipt = NULL, again = NULL, restarted = NULL;
    g_autofree char *stage = NULL;
    GError *error = NULL;
    LtSeen seen;

    for (guint i = 0; i < 2 && outcomes[row].states[i] != 0; i++)
        settle(lab, settlement(delivery_id(accepted, i), outcomes[row].states[i], event_of(outcomes[row].states[i]), "rest.status"));
    receipt = lt_store_find_receipt(lab->store, LAB_COMMUNE, accepted->fields.re_id, NULL, &error);
    g_assert_no_error(error);
    stage = stage_of(receipt);
    g_assert_cmpstr(stage, ==, outcomes[row].stage);
    seen = lt_store_seen(lab->store, LAB_COMMUNE, accepted->fields.re_id, accepted->fields.re_manifest, &error);
    g_assert_cmpint(seen, ==, outcomes[row].failed ? LT_SEEN_FAILED : LT_SEEN_SAME);
    /* Signed once: the same bytes at every fetch, also after a restart. */
    again = lt_store_find_receipt(lab->store, LAB_COMMUNE, accepted->fields.re_id, NULL, &error);
    g_assert_true(g_bytes_equal(receipt, again));
    store_lab_reopen(lab);
    restarted = lt_store_find_receipt(lab->store, LAB_COMMUNE, accepted->fields.re_id, NULL, &error);
    g_assert_true(g_bytes_equal(receipt, restarted));
    store_lab_assert_sound(lab);
}

static GBytes *
fetch(StoreLab *lab, const LtAccepted *accepted)
{
    g_autoptr(GError) error = NULL;
    GBytes *receipt = lt_store_find_receipt(lab->store, LAB_COMMUNE, accepted->fields.re_id, NULL, &error);

    g_assert_no_error(error);
    return receipt;
}

/* Failed, released, failed again: another receipt, whose signature is its own. */
static void
test_a_second_failure_is_another_receipt(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, NULL, one_stop);
    gint64 id = delivery_id(accepted, 0);
    g_autoptr(GBytes) first = NULL, second = NULL;
    LtReceiver receiver = { .trust = lab->trust, .now_us = lt_time_now_us(), .scope = LT_RECEIVE_OFFLINE };
    g_autoptr(LtEnvelope) envelope = NULL;
    g_autoptr(GError) error = NULL;

    settle(lab, settlement(id, LT_DELIVERY_REFUSED, "delivery.refused", "rest.status"));
    first = fetch(lab, accepted);
    settle(lab, (LtSettlement){ .delivery = id, .expected = LT_DELIVERY_REFUSED, .state = LT_DELIVERY_WAITING, .record_event = "delivery.released",
                                .attempts = 1 });
    settle(lab, settlement(id, LT_DELIVERY_REFUSED, "delivery.refused", "rest.status"));
    second = fetch(lab, accepted);
    g_assert_false(g_bytes_equal(first, second));
    envelope = lt_envelope_open(second, &receiver, &error);
    g_assert_no_error(error);
}

static void
test_lets_a_released_message_succeed(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, NULL, one_stop);
    gint64 id = delivery_id(accepted, 0);
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *stage = NULL;
    GError *error = NULL;

    settle(lab, settlement(id, LT_DELIVERY_REFUSED, "delivery.refused", "rest.status"));
    settle(lab, (LtSettlement){ .delivery = id, .expected = LT_DELIVERY_REFUSED, .state = LT_DELIVERY_WAITING, .record_event = "delivery.released",
                                .attempts = 1 });
    g_assert_cmpint(lt_store_seen(lab->store, LAB_COMMUNE, accepted->fields.re_id, accepted->fields.re_manifest, &error), ==, LT_SEEN_SAME);
    lt_time_set_for_tests(LT_US_PER_SECOND);
    settle(lab, settlement(id, LT_DELIVERY_DELIVERED, "delivery.arrived", NULL));
    lt_time_set_for_tests(0);
    receipt = lt_store_find_receipt(lab->store, LAB_COMMUNE, accepted->fields.re_id, NULL, &error);
    g_assert_no_error(error);
    stage = stage_of(receipt);
    g_assert_cmpstr(stage, ==, "delivered");
    store_lab_assert_sound(lab);
}

/* Of a series of failures the first, every tenth and the last are recorded. */
static const struct { guint failures; LtDeliveryState end; guint recorded; } series[] = {
    { 1, LT_DELIVERY_DELIVERED, 1 },
    { 2, LT_DELIVERY_DELIVERED, 2 },
    { 9, LT_DELIVERY_DELIVERED, 2 },
    { 10, LT_DELIVERY_DELIVERED, 2 },
    { 23, LT_DELIVERY_DELIVERED, 4 },
    { 5, LT_DELIVERY_HELD, 1 }, /* the entry of the hold is the last */
};

static void
test_records_attempts_sparingly(void)
{
    for (guint row = 0; row < G_N_ELEMENTS(series); row++) {
        g_autoptr(StoreLab) lab = store_lab_new();
        g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, NULL, one_stop);
        LtSettlement s = settlement(delivery_id(accepted, 0), LT_DELIVERY_WAITING, NULL, "link.timeout");

        for (guint i = 1; i <= series[row].failures; i++) {
            s.attempts = i;
            settle(lab, s);
        }
        s.attempts++;
        s.state = series[row].end;
        s.record_event = event_of(series[row].end);
        settle(lab, s);
        g_assert_cmpuint(store_lab_count(lab, "delivery.attempt"), ==, series[row].recorded);
    }
}

static const struct { const char *name; LtDeliveryQuery query; guint found; } lists[] = {
    { "all", { 0 }, 4 },
    { "held", { .state = LT_DELIVERY_HELD }, 1 },
    { "waiting", { .state = LT_DELIVERY_WAITING }, 2 },
    { "refused", { .state = LT_DELIVERY_REFUSED }, 1 },
    { "of-an-endpoint", { .endpoint = "cong" }, 2 },
    { "waiting-at-an-endpoint", { .endpoint = "cong", .state = LT_DELIVERY_WAITING }, 1 },
    { "of-a-sender", { .unit = LAB_COMMUNE }, 4 },
    { "of-a-receiver", { .unit = LAB_DISTRICT }, 4 },
    { "of-a-stranger", { .unit = "H99" }, 0 },
    { "of-a-dossier", { .dossier = DOSSIER }, 2 },
    { "of-a-code", { .code = "H52.101-20251120-0001" }, 4 },
    { "of-an-unknown-code", { .code = "H52.101-20251120-0002" }, 0 },
    { "of-a-word-that-is-no-uuid", { .dossier = "x" }, 0 },
    { "two", { .limit = 2 }, 2 },
};

static void
test_lists(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) first = store_lab_accept_new(lab, DOSSIER, two_systems), second = store_lab_accept_new(lab, NULL, two_systems);

    settle(lab, settlement(delivery_id(first, 0), LT_DELIVERY_HELD, "delivery.held", "rest.mapping"));
    settle(lab, settlement(delivery_id(second, 1), LT_DELIVERY_REFUSED, "delivery.refused", "rest.status"));
    for (guint row = 0; row < G_N_ELEMENTS(lists); row++) {
        GError *error = NULL;
        g_autoptr(GPtrArray) list = lt_store_list_deliveries(lab->store, &lists[row].query, &error);

        g_assert_no_error(error);
        g_test_message("%s", lists[row].name);
        g_assert_cmpuint(list->len, ==, lists[row].found);
    }
}

static void
test_counts_backlogs(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) first = store_lab_accept_new(lab, NULL, two_systems);
    g_autoptr(GPtrArray) list = NULL;
    GError *error = NULL;
    LtEndpointBacklog *backlog;

    store_lab_add(lab, NULL, one_stop);
    settle(lab, settlement(delivery_id(first, 0), LT_DELIVERY_HELD, "delivery.held", "rest.mapping"));
    list = lt_store_backlogs(lab->store, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(list->len, ==, 2);
    backlog = list->pdata[1];
    g_assert_cmpstr(backlog->endpoint, ==, "mot-cua");
    g_assert_cmpuint(backlog->waiting, ==, 1);
    g_assert_cmpuint(backlog->held, ==, 1);
    g_assert_cmpint(backlog->oldest_us, ==, ((LtDelivery *) first->deliveries->pdata[0])->created_us);
}

static void
test_gives_an_inbox_by_cursor(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) first = store_lab_accept_new(lab, NULL, NULL), second = store_lab_accept_new(lab, NULL, NULL);
    g_autoptr(GPtrArray) all = NULL, rest = NULL, left = NULL;
    GError *error = NULL;

    all = lt_store_inbox(lab->store, LAB_DISTRICT, 0, 10, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(all->len, ==, 2);
    rest = lt_store_inbox(lab->store, LAB_DISTRICT, delivery_id(first, 0), 10, &error);
    g_assert_cmpuint(rest->len, ==, 1);
    g_assert_cmpint(((LtDelivery *) rest->pdata[0])->id, ==, delivery_id(second, 0));
    settle(lab, settlement(delivery_id(first, 0), LT_DELIVERY_CONFIRMED, "delivery.confirmed", NULL));
    left = lt_store_inbox(lab->store, LAB_DISTRICT, 0, 10, &error);
    g_assert_cmpuint(left->len, ==, 1);
}

static void
test_keeps_the_answer(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, NULL, one_stop);
    g_autoptr(GBytes) bytes = g_bytes_new_static("{\"ok\":true}", 11), found = NULL;
    g_autofree char *type = NULL;
    LtSettlement s = settlement(delivery_id(accepted, 0), LT_DELIVERY_DELIVERED, "delivery.arrived", NULL);
    GError *error = NULL;

    s.receipt = bytes;
    s.receipt_type = "application/json";
    settle(lab, s);
    found = lt_store_get_answer(lab->store, s.delivery, &type, &error);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(found, bytes));
    g_assert_cmpstr(type, ==, "application/json");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/deliveries/gives-what-is-due-in-order", test_gives_what_is_due);
    g_test_add_func("/deliveries/keeps-order-within-a-dossier", test_keeps_order_within_a_dossier);
    g_test_add_func("/deliveries/refuses-a-stale-settlement", test_refuses_a_stale_settlement);
    for (gsize i = 0; i < G_N_ELEMENTS(outcomes); i++) {
        g_autofree char *path = g_strdup_printf("/deliveries/gives-the-receipt-of-%s", outcomes[i].name);

        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_gives_the_receipt);
    }
    g_test_add_func("/deliveries/lets-a-released-message-succeed", test_lets_a_released_message_succeed);
    g_test_add_func("/deliveries/a-second-failure-is-another-receipt", test_a_second_failure_is_another_receipt);
    g_test_add_func("/deliveries/records-attempts-sparingly", test_records_attempts_sparingly);
    g_test_add_func("/deliveries/lists", test_lists);
    g_test_add_func("/deliveries/counts-backlogs", test_counts_backlogs);
    g_test_add_func("/deliveries/gives-an-inbox-by-cursor", test_gives_an_inbox_by_cursor);
    g_test_add_func("/deliveries/keeps-the-answer-verbatim", test_keeps_the_answer);
    return g_test_run();
}
