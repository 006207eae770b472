/* SPDX-License-Identifier: Apache-2.0 */
/* test-quota.c: a unit may send so much in an hour and in a day, and is told when it may again. */
#include "http/quota.h"

#define HOUR_US (G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC)

static void
counts_messages_by_the_hour(void)
{
    g_autoptr(LtQuota) quota = lt_quota_new(&(LtQuotaLimits) { .hour_messages = 2 });
    g_autoptr(GError) error = NULL;

    g_assert_true(lt_quota_take(quota, "H52.101", 5, 10 * HOUR_US, NULL));
    g_assert_true(lt_quota_take(quota, "H52.101", 5, 10 * HOUR_US + 1, NULL));
    g_assert_false(lt_quota_take(quota, "H52.101", 5, 11 * HOUR_US - 10 * G_USEC_PER_SEC, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "env.quota");
    g_assert_cmpint(lt_error_get_retry_after(error), ==, 11);
    g_assert_true(lt_quota_take(quota, "H52.102", 5, 10 * HOUR_US + 2, NULL));
    g_assert_true(lt_quota_take(quota, "H52.101", 5, 11 * HOUR_US, NULL));
}

static void
counts_bytes_by_the_day(void)
{
    g_autoptr(LtQuota) quota = lt_quota_new(&(LtQuotaLimits) { .day_bytes = 100 });

    g_assert_true(lt_quota_take(quota, "A", 60, 0, NULL));
    g_assert_false(lt_quota_take(quota, "A", 41, HOUR_US, NULL));
    g_assert_false(lt_quota_take(quota, "A", G_MAXUINT64, HOUR_US, NULL));
    g_assert_true(lt_quota_take(quota, "A", 40, HOUR_US, NULL));
    g_assert_false(lt_quota_take(quota, "A", 1, 23 * HOUR_US, NULL));
    g_assert_true(lt_quota_take(quota, "A", 100, 24 * HOUR_US, NULL));
}

static void
no_limit_is_no_limit(void)
{
    g_autoptr(LtQuota) quota = lt_quota_new(&(LtQuotaLimits) { 0 });

    for (guint i = 0; i < 1000; i++)
        g_assert_true(lt_quota_take(quota, "A", G_MAXINT64, i, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/quota/counts-messages-by-the-hour", counts_messages_by_the_hour);
    g_test_add_func("/quota/counts-bytes-by-the-day", counts_bytes_by_the_day);
    g_test_add_func("/quota/no-limit-is-no-limit", no_limit_is_no_limit);
    return g_test_run();
}
