/* SPDX-License-Identifier: Apache-2.0 */
/* test-inbox.c: what collect and receive may hand in, for whom, and what they may look up. */
#include "routing/inbox.h"

#include <string.h>

#include "lib/fake-endpoint.h"
#include "lib/yard.h"

#define PLAN "[endpoint e]\nplugin=x\nunits=H52.101\n[endpoint f]\nplugin=x\nunits=H52.102\n[route r]\nendpoints=@unit\n"
#define CODE "H52.101-251123-0001"

static LtMessageBuilder *
build(const char *from, const char *key)
{
    static const char payload[] = "{\"MaHoSo\":\"" CODE "\",\"MaTTHC\":\"1.001\",\"TenTTHC\":\"T\",\"ChuHoSo\":\"Nguyễn Văn A\","
                                  "\"LoaiDoiTuong\":1,\"NgayTiepNhan\":\"2025-11-23T08:00:00+07:00\"}";
    LtMessageBuilder *message = lt_message_builder_new("dossier.submit", from, "H52.102");
    g_autoptr(GBytes) bytes = g_bytes_new_static(payload, sizeof payload - 1);

    lt_message_builder_set_key(message, key);
    lt_message_builder_set_payload(message, bytes, "application/json");
    lt_message_builder_set_original(message, "rest-json", "absent", bytes, "application/json");
    return message;
}

static LtInbox *
inbox_of(Yard *yard, const char *endpoint)
{
    return lt_inbox_new(yard->intake, yard->store, lt_plan_lookup_endpoint(yard->plan, endpoint));
}

static void
test_hands_in_once_per_key(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(LtInbox) inbox = inbox_of(yard, "e");
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < 2; i++) {
        g_assert_true(lt_inbox_submit(inbox, build("H52.101", "k1"), &error));
        g_assert_no_error(error);
    }
    g_assert_true(lt_inbox_submit(inbox, build("H52.101", "k2"), &error));
    g_assert_cmpuint(yard_count(yard, 0), ==, 2);
    g_assert_cmpuint(yard_count_records(yard, "env.accepted"), ==, 2);
}

static void
test_speaks_for_its_own_units_only(void)
{
    static const char *const others[] = { "H52.102", "H52", "H52.1", "H52.101.1", "G22", "", "no\nunit" };
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(LtInbox) inbox = inbox_of(yard, "e");

    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(lt_inbox_submit(inbox, build(others[i], "k"), &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_FORBIDDEN);
        g_assert_cmpstr(lt_error_get_reason(error), ==, "inbox.unit");
        g_assert_null(strchr(error->message, '\n'));
    }
    g_assert_cmpuint(yard_count(yard, 0), ==, 0);
    g_assert_cmpuint(lt_inbox_get_n_submitted(inbox), ==, 0);
}

static void
test_keeps_its_cursor_over_a_restart(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autofree char *longest = g_strnfill(1024, 'x');
    g_autofree char *too_long = g_strnfill(1025, 'x');
    const char *const cursors[] = { "7", "tiếp theo", longest };

    for (gsize i = 0; i < G_N_ELEMENTS(cursors); i++) {
        g_autoptr(LtInbox) inbox = inbox_of(yard, "e");
        g_autoptr(GError) error = NULL;

        g_assert_cmpstr(lt_inbox_get_cursor(inbox), ==, i == 0 ? NULL : cursors[i - 1]);
        g_assert_false(lt_inbox_set_cursor(inbox, too_long, &error));
        g_assert_cmpstr(lt_error_get_reason(error), ==, "inbox.cursor");
        g_assert_true(lt_inbox_set_cursor(inbox, cursors[i], NULL));
        g_assert_cmpstr(lt_inbox_get_cursor(inbox), ==, cursors[i]);
    }
    {
        g_autoptr(LtInbox) other = inbox_of(yard, "f");

        g_assert_null(lt_inbox_get_cursor(other));
    }
    yard_reopen(yard);
    g_autoptr(LtInbox) later = inbox_of(yard, "e");
    g_assert_cmpstr(lt_inbox_get_cursor(later), ==, longest);
}

static void
test_finds_only_what_its_endpoint_got(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(LtInbox) sender = inbox_of(yard, "e");
    g_autoptr(LtInbox) receiver = inbox_of(yard, "f");
    g_autoptr(LtMessage) found = NULL;
    g_autoptr(LtMessage) by_id = NULL;
    g_autoptr(LtMessage) other = NULL;
    g_autoptr(LtMessage) handed_in = NULL;

    g_assert_true(lt_inbox_submit(sender, build("H52.101", "k1"), NULL));
    found = lt_inbox_find_submission(receiver, CODE);
    g_assert_nonnull(found);
    g_assert_cmpstr(lt_message_get_from(found), ==, "H52.101");
    by_id = lt_inbox_find_message(receiver, "H52.101", lt_message_get_id(found));
    g_assert_cmpstr(lt_message_get_manifest(by_id), ==, lt_message_get_manifest(found));
    g_assert_null(lt_inbox_find_submission(receiver, "H52.101-251123-0002"));
    g_assert_null(lt_inbox_find_message(receiver, "H52.102", lt_message_get_id(found)));
    g_assert_null(lt_inbox_find_submission(sender, CODE));
    other = lt_inbox_find_message(sender, "H52.101", lt_message_get_id(found));
    g_assert_cmpstr(lt_message_get_manifest(other), ==, lt_message_get_manifest(found)); /* its own unit's */
    handed_in = lt_inbox_find_handed_in(sender, CODE);
    g_assert_cmpstr(lt_message_get_id(handed_in), ==, lt_message_get_id(found));
    g_assert_null(lt_inbox_find_handed_in(sender, "H52.101-251123-0002"));
    g_assert_null(lt_inbox_find_handed_in(receiver, CODE));
}

static void
test_tells_where_a_dossier_stands_by_its_code_only(void)
{
    g_autoptr(Yard) yard = yard_new(PLAN);
    g_autoptr(LtInbox) sender = inbox_of(yard, "e");
    g_autoptr(LtMessage) found = NULL;
    g_autoptr(LtInbox) receiver = inbox_of(yard, "f");
    LtStanding standing = { -1, -1 };

    g_assert_false(lt_inbox_find_standing(sender, CODE, &standing));
    g_assert_true(lt_inbox_submit(sender, build("H52.101", "k1"), NULL));
    g_assert_true(lt_inbox_find_standing(sender, CODE, &standing));
    g_assert_cmpint(standing.state, >=, 0);
    g_assert_cmpint(standing.at_us, >, 0);
    found = lt_inbox_find_submission(receiver, CODE);
    g_assert_false(lt_inbox_find_standing(sender, lt_message_get_dossier(found), &standing));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inbox/hands-in-once-per-key", test_hands_in_once_per_key);
    g_test_add_func("/inbox/speaks-for-its-own-units-only", test_speaks_for_its_own_units_only);
    g_test_add_func("/inbox/tells-where-a-dossier-stands-by-its-code-only", test_tells_where_a_dossier_stands_by_its_code_only);
    g_test_add_func("/inbox/keeps-its-cursor-over-a-restart", test_keeps_its_cursor_over_a_restart);
    g_test_add_func("/inbox/finds-only-what-its-endpoint-got", test_finds_only_what_its_endpoint_got);
    return g_test_run();
}
