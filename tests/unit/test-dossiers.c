/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dossiers.h"

#include "lib/store-lab.h"

#define DOSSIER "0f8fad5b-d9cb-469f-a165-70867728950e"
#define OTHER "7c9e6679-7425-40de-944b-e07fc1f90ae7"

static const char *const one_stop[] = { "mot-cua", NULL };

static void
send_state(StoreLab *lab, const char *dossier, const char *state)
{
    LabMessage message = { .dossier = dossier, .type = "dossier.status", .payload = "{\"TrangThaiHoSo\":\"x\"}" };
    LtAcceptance change = { .state = state };
    g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
    g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
    GError *error = NULL;
    g_autoptr(LtAccepted) accepted = store_lab_accept(lab, envelope, &change, &error);

    g_assert_no_error(error);
    g_assert_nonnull(accepted);
}

static void
test_follows_a_dossier(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, DOSSIER, one_stop);
    LtSettlement arrived = { .delivery = ((LtDelivery *) accepted->deliveries->pdata[0])->id, .expected = LT_DELIVERY_WAITING,
                             .state = LT_DELIVERY_DELIVERED, .record_event = "delivery.arrived", .attempts = 1 };
    static const char *const expected[] = { "message", "delivery.arrived", "message", "state", "message" };
    g_autoptr(LtDossier) dossier = NULL;
    g_autoptr(GPtrArray) events = NULL;
    GError *error = NULL;

    g_assert_true(lt_store_settle_wait(lab->store, &arrived, &error));
    send_state(lab, DOSSIER, "4");
    send_state(lab, DOSSIER, "4"); /* no change: a message, but no new state */
    dossier = lt_store_find_dossier(lab->store, "H52.101-20251120-0001", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(dossier->reference, ==, DOSSIER);
    g_assert_cmpstr(dossier->state, ==, "4");
    g_assert_cmpstr(dossier->origin_unit, ==, LAB_COMMUNE);
    g_assert_cmpstr(dossier->holder_unit, ==, LAB_DISTRICT);
    g_assert_cmpstr(dossier->procedure, ==, "1.004222");
    g_assert_cmpuint(dossier->n_messages, ==, 3);
    events = lt_store_dossier_events(lab->store, DOSSIER, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(events->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < events->len; i++)
        g_assert_cmpstr(((LtDossierEvent *) events->pdata[i])->event, ==, expected[i]);
    g_assert_cmpuint(store_lab_count(lab, "dossier.state"), ==, 1);
    store_lab_assert_sound(lab);
}

/* Who takes part sees it; to others it does not exist. */
static const struct { const char *units[3]; gboolean sees; } viewers[] = {
    { { LAB_COMMUNE }, TRUE },
    { { LAB_DISTRICT }, TRUE },
    { { "H99", LAB_DISTRICT }, TRUE },
    { { "H99" }, FALSE },
    { { "H52" }, FALSE }, /* the parent is not a participant */
    { { NULL }, FALSE },
};

static void
test_shows_it_to_participants_only(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();

    store_lab_add(lab, DOSSIER, NULL);
    for (guint row = 0; row < G_N_ELEMENTS(viewers); row++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LtDossier) by_code = lt_store_find_dossier(lab->store, "H52.101-20251120-0001", viewers[row].units, &error);
        g_autoptr(LtDossier) by_reference = NULL;
        g_autoptr(GPtrArray) list = NULL;

        g_assert_cmpint(by_code != NULL, ==, viewers[row].sees);
        if (!viewers[row].sees)
            g_assert_error(error, LT_ERROR, LT_ERROR_NOT_FOUND);
        g_clear_error(&error);
        by_reference = lt_store_find_dossier(lab->store, DOSSIER, viewers[row].units, &error);
        g_assert_cmpint(by_reference != NULL, ==, viewers[row].sees);
        g_clear_error(&error);
        list = lt_store_list_dossiers(lab->store, viewers[row].units, NULL, NULL, 10, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(list->len, ==, viewers[row].sees ? 1 : 0);
    }
}

static void
test_lists_by_page(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(GPtrArray) page = NULL, next = NULL, by_state = NULL;
    GError *error = NULL;

    store_lab_add(lab, DOSSIER, NULL);
    store_lab_add(lab, OTHER, NULL);
    send_state(lab, DOSSIER, "4");
    page = lt_store_list_dossiers(lab->store, NULL, NULL, NULL, 1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(page->len, ==, 1);
    g_assert_cmpstr(((LtDossier *) page->pdata[0])->reference, ==, OTHER);
    next = lt_store_list_dossiers(lab->store, NULL, NULL, OTHER, 10, &error);
    g_assert_cmpuint(next->len, ==, 1);
    g_assert_cmpstr(((LtDossier *) next->pdata[0])->reference, ==, DOSSIER);
    by_state = lt_store_list_dossiers(lab->store, NULL, "4", NULL, 10, &error);
    g_assert_cmpuint(by_state->len, ==, 1);
}

static void
test_finds_the_submission_for_an_answer(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, DOSSIER, one_stop);
    g_autoptr(LtMessage) found = NULL;
    g_autoptr(GError) error = NULL;

    found = lt_store_find_submission(lab->store, "mot-cua", "H52.101-20251120-0001", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(lt_message_get_id(found), ==, accepted->fields.re_id);
    g_assert_null(lt_store_find_submission(lab->store, "cong", "H52.101-20251120-0001", &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_NOT_FOUND);
}

static void
test_records_a_readdressing(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    LabMessage message = { .dossier = DOSSIER };
    LtAcceptance change = { .receiver = "H52.300", .readdressed = "Nghị quyết 1681/NQ-UBTVQH15" };
    g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
    g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
    GError *error = NULL;
    g_autoptr(LtAccepted) accepted = store_lab_accept(lab, envelope, &change, &error);
    g_autoptr(LtDelivery) delivery = NULL;

    g_assert_no_error(error);
    delivery = lt_store_get_delivery(lab->store, ((LtDelivery *) accepted->deliveries->pdata[0])->id, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(delivery->to, ==, LAB_DISTRICT);
    g_assert_cmpstr(delivery->receiver, ==, "H52.300");
    g_assert_cmpuint(store_lab_count(lab, "dossier.readdress"), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dossiers/follows-a-dossier-in-order-of-the-log", test_follows_a_dossier);
    g_test_add_func("/dossiers/shows-it-to-participants-only", test_shows_it_to_participants_only);
    g_test_add_func("/dossiers/lists-by-page", test_lists_by_page);
    g_test_add_func("/dossiers/finds-the-submission-for-an-answer", test_finds_the_submission_for_an_answer);
    g_test_add_func("/dossiers/records-a-readdressing", test_records_a_readdressing);
    return g_test_run();
}
