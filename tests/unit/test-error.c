/* SPDX-License-Identifier: Apache-2.0 */
/* test-error.c: the table of codes in full, and what travels inside an error. */
#include "base/error.h"

#include <gio/gio.h>
#include <string.h>

typedef struct {
    const char *reason;
    LtErrorCode code;
} ReasonCase;

/* Every family of envelope.md §9, its exceptions, and neighbours that only look like it. */
static const ReasonCase reasons[] = {
    { "env.sig.der", LT_ERROR_SIGNATURE },
    { "env.cert.expired", LT_ERROR_SIGNATURE },
    { "env.cert.revocation-unknown", LT_ERROR_UNAVAILABLE },
    { "env.manifest.template", LT_ERROR_SIGNATURE },
    { "env.from.signer", LT_ERROR_SIGNATURE },
    { "env.from.peer", LT_ERROR_SIGNATURE },
    { "soap.xml", LT_ERROR_SIGNATURE },
    { "env.peer.unknown", LT_ERROR_FORBIDDEN },
    { "env.policy.type", LT_ERROR_FORBIDDEN },
    { "env.to.unknown", LT_ERROR_NOT_FOUND },
    { "env.to.not-served", LT_ERROR_NOT_FOUND },
    { "env.dup.conflict", LT_ERROR_CONFLICT },
    { "env.dup.failed", LT_ERROR_CONFLICT },
    { "env.size.total", LT_ERROR_TOO_LARGE },
    { "env.zip.entry-size", LT_ERROR_TOO_LARGE },
    { "env.zip.empty-entry", LT_ERROR_INVALID },
    { "env.quota", LT_ERROR_UNAVAILABLE },
    { "env.busy", LT_ERROR_UNAVAILABLE },
    { "env.store.full", LT_ERROR_UNAVAILABLE },
    { "env.store.halted", LT_ERROR_UNAVAILABLE },
    { "env.internal", LT_ERROR_INTERNAL },
    { "env.header.json", LT_ERROR_INVALID },
    { "env.re.manifest", LT_ERROR_INVALID },
    { "env.time.expired", LT_ERROR_INVALID },
    { "env.payload.schema", LT_ERROR_INVALID },
    { "env.http.length", LT_ERROR_INVALID },
    { "env.type.rule", LT_ERROR_INVALID },
    { "env.total", LT_ERROR_INVALID },
    { "soapy", LT_ERROR_INVALID },
    { "", LT_ERROR_INVALID },
};

static void
test_reason(gconstpointer data)
{
    const ReasonCase *row = data;

    g_assert_cmpint(lt_error_of_reason(row->reason), ==, row->code);
}

static void
test_table(void)
{
    gsize n_rules;
    const LtErrorRule *rules = lt_error_rules(&n_rules);

    g_assert_cmpuint(n_rules, ==, LT_ERROR_INTERNAL + 1);
    for (gsize i = 0; i < n_rules; i++) {
        g_autoptr(GError) error = g_error_new_literal(LT_ERROR, (int) i, "a cause");
        gboolean is_server_side = rules[i].http_status >= 500;

        g_assert_cmpint(rules[i].code, ==, i);
        g_assert_cmpint(lt_error_fate(error), ==, rules[i].fate);
        g_assert_cmpuint(lt_error_http_status(error), ==, rules[i].http_status);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rules[i].word);
        g_assert_true(is_server_side == (rules[i].fate != LT_FATE_REFUSE)); /* the sender may try again exactly then */
    }
}

static void
test_reason_survives(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) moved = NULL;
    g_autoptr(GError) copy = NULL;

    lt_error_set(&error, LT_ERROR_INVALID, "env.zip.flags", "entry %s: flags are %d", "att/0001", 8);
    lt_error_set_retry_after(error, 7);
    g_prefix_error(&error, "envelope x: ");
    g_propagate_error(&moved, g_steal_pointer(&error));
    copy = g_error_copy(moved);
    g_assert_cmpstr(copy->message, ==, "envelope x: entry att/0001: flags are 8");
    g_assert_cmpstr(lt_error_get_reason(copy), ==, "env.zip.flags");
    g_assert_cmpint(lt_error_get_retry_after(copy), ==, 7);
    g_assert_true(g_error_matches(copy, LT_ERROR, LT_ERROR_INVALID));
}

static void
test_ignored(void)
{
    lt_error_set(NULL, LT_ERROR_INVALID, "env.zip.flags", "nobody asks");
}

static void
test_long_reason(void)
{
    g_autoptr(GError) error = NULL;

    lt_error_set(&error, LT_ERROR_INVALID, "a-word-that-is-longer-than-any-reason-may-be-and-is-therefore-cut-off", "x");
    g_assert_cmpuint(strlen(lt_error_get_reason(error)), ==, 63);
}

static void
test_foreign(void)
{
    g_autoptr(GError) foreign = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "escaped");
    g_autoptr(GError) strange = g_error_new_literal(LT_ERROR, 99, "a code that does not exist");

    g_assert_cmpint(lt_error_fate(foreign), ==, LT_FATE_HOLD);
    g_assert_cmpstr(lt_error_get_reason(foreign), ==, "internal");
    g_assert_cmpint(lt_error_get_retry_after(foreign), ==, -1);
    g_assert_cmpint(lt_error_fate(strange), ==, LT_FATE_HOLD);
    g_assert_cmpuint(lt_error_http_status(strange), ==, 500);
}

static void
test_retry_after(void)
{
    g_autoptr(GError) error = g_error_new_literal(LT_ERROR, LT_ERROR_UNAVAILABLE, "busy");

    g_assert_cmpint(lt_error_get_retry_after(error), ==, -1);
    lt_error_set_retry_after(error, 0);
    g_assert_cmpint(lt_error_get_retry_after(error), ==, 0);
    lt_error_set_retry_after(error, 90000);
    g_assert_cmpint(lt_error_get_retry_after(error), ==, 86400);
    lt_error_set_retry_after(error, -5);
    g_assert_cmpint(lt_error_get_retry_after(error), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/every-code-has-one-fate-and-one-status", test_table);
    g_test_add_func("/error/keeps-its-reason-when-prefixed-moved-and-copied", test_reason_survives);
    g_test_add_func("/error/may-be-ignored", test_ignored);
    g_test_add_func("/error/cuts-a-reason-that-is-too-long", test_long_reason);
    g_test_add_func("/error/holds-what-escaped-from-another-domain", test_foreign);
    g_test_add_func("/error/remembers-a-retry-after-within-its-bounds", test_retry_after);
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
        g_autofree char *path = g_strdup_printf("/error/of-reason/%s", *reasons[i].reason != '\0' ? reasons[i].reason : "empty");

        g_test_add_data_func(path, &reasons[i], test_reason);
    }
    return g_test_run();
}
