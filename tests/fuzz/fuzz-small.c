/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-small.c: the small values of value.h. Property: what is read and written again gives the same bytes, and the readers
 * agree with slow references; the first byte chooses the reader. */
#include "fuzz.h"

#include "base/decimal.h"
#include "base/value.h"

static void
check_base64(const char *text, gsize size)
{
    gssize n = lt_base64_size(text, size);
    g_autofree guint8 *bytes = g_malloc0(n < 1 ? 1 : (gsize) n);
    g_autofree char *again = NULL;

    if (n < 0 || !lt_base64_read(text, size, bytes, (gsize) n))
        return;
    again = lt_base64_dup(bytes, (gsize) n);
    FUZZ_CHECK(strlen(again) == size && memcmp(again, text, size) == 0);
}

static void
check_hex(const char *text, gsize size)
{
    g_autofree guint8 *bytes = g_malloc0(size / 2 + 1);
    g_autofree char *again = NULL;

    if (!lt_hex_read(text, size, bytes, size / 2))
        return;
    again = lt_hex_dup(bytes, size / 2);
    FUZZ_CHECK(strlen(again) == size && memcmp(again, text, size) == 0);
}

static void
check_decimal(const char *text, gsize size)
{
    g_autofree char *again = NULL;
    guint64 value;

    if (!lt_decimal_read(text, size, &value))
        return;
    again = g_strdup_printf("%" G_GUINT64_FORMAT, value);
    FUZZ_CHECK(strlen(again) == size && memcmp(again, text, size) == 0);
}

static void
check_times(const char *text, gsize size)
{
    char again[25];
    gint64 at_us;

    if (lt_time_read_seconds(text, size, &at_us)) {
        lt_time_write_seconds(at_us, again);
        FUZZ_CHECK(strlen(again) == size && memcmp(again, text, size) == 0);
    }
    if (lt_time_read_millis(text, size, &at_us)) {
        lt_time_write_millis(at_us, again);
        FUZZ_CHECK(strlen(again) == size && memcmp(again, text, size) == 0);
    }
}

static gboolean
matches(const char *pattern, const char *text, gsize size)
{
    g_autofree char *copy = g_strndup(text, size);

    return strlen(copy) == size && g_utf8_validate(copy, -1, NULL) && g_regex_match_simple(pattern, copy, G_REGEX_DOLLAR_ENDONLY, 0);
}

static void
check_names(const char *text, gsize size)
{
    FUZZ_CHECK(lt_unit_id_is_valid(text, size) == (size <= 35 && matches("^[0-9A-Za-z]+(\\.[0-9A-Za-z]+)*$", text, size)));
    FUZZ_CHECK(lt_role_is_valid(text, size) == matches("^[a-z][a-z0-9-]{0,31}$", text, size));
    FUZZ_CHECK(lt_media_type_is_valid(text, size) ==
               (size <= 100 && matches("^[a-z0-9][a-z0-9.+_-]*/[a-z0-9][a-z0-9.+_-]*$", text, size)));
    FUZZ_CHECK(lt_uuid_is_v4(text, size) ==
               matches("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", text, size));
    FUZZ_CHECK(lt_uuid_is_v7(text, size) ==
               matches("^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", text, size));
}

static void
check_log_escape(const char *text, gsize size)
{
    g_autofree char *copy = g_strndup(text, size);
    g_autofree char *safe = NULL;

    if (!g_utf8_validate(copy, -1, NULL))
        return;
    safe = lt_escape_for_log(copy);
    for (const char *at = safe; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        FUZZ_CHECK(c >= 0x20 && (c < 0x7f || c > 0x9f) && c != 0x2028 && c != 0x2029 && (c < 0x202a || c > 0x202e) &&
                   (c < 0x2066 || c > 0x2069));
    }
}

/* Against doubles, where both are exact. */
static void
check_comparison(const char *text, gsize size)
{
    gint64 a, b;
    g_autofree char *x = NULL;
    g_autofree char *y = NULL;

    if (size < 8)
        return;
    a = (gint16) ((guint8) text[0] << 8 | (guint8) text[1]);
    b = (gint16) ((guint8) text[2] << 8 | (guint8) text[3]);
    x = g_strdup_printf("%" G_GINT64_FORMAT "e%d", a, (signed char) text[4] % 4);
    y = g_strdup_printf("%" G_GINT64_FORMAT "%s", b, (text[5] & 1) != 0 ? ".50" : (text[5] & 2) != 0 ? ".000" : "");
    if ((signed char) text[4] % 4 >= 0) {
        double p = g_ascii_strtod(x, NULL);
        double q = g_ascii_strtod(y, NULL);
        int order = lt_decimal_compare(x, strlen(x), y, strlen(y));

        FUZZ_CHECK((order > 0) - (order < 0) == (p > q) - (p < q));
        FUZZ_CHECK(lt_decimal_is_integer(y, strlen(y)) == (q == (double) (gint64) q));
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static void (*const checks[])(const char *, gsize) = { check_base64, check_hex, check_decimal, check_times, check_names,
                                                          check_log_escape, check_comparison };

    if (size > 0)
        checks[data[0] % G_N_ELEMENTS(checks)]((const char *) data + 1, size - 1);
    return 0;
}
