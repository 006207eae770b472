/* SPDX-License-Identifier: Apache-2.0 */
/* decimal.c: JSON numbers compared as the numbers that they are, at any size, without rounding.
 *
 * A number is read as 0.DDD × 10^scale where the first D is not zero. Two such numbers compare by sign, then by scale,
 * then digit by digit. Nothing is allocated; the cost is the length of the texts.
 */
#include "base/decimal.h"

#include <string.h>

/* Exponents beyond this are cut: no number that a double can hold comes near it. */
#define MAX_EXPONENT G_GINT64_CONSTANT(1000000000000)

typedef struct {
    const char *at;  /* first significant digit */
    const char *end; /* behind the last digit that is not zero; at == end: the number is zero */
    gint64 scale;
    gboolean negative;
} Decimal;

static gint64
read_exponent(const char *at, const char *end)
{
    gboolean negative = at < end && *at == '-';
    gint64 value = 0;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    for (; at < end && value < MAX_EXPONENT; at++)
        value = value * 10 + (*at - '0');
    return negative ? -value : value;
}

static Decimal
decimal_read(const char *text, gsize length)
{
    const char *end = text + length;
    Decimal number = { .negative = length > 0 && text[0] == '-' };
    const char *at = text + (number.negative ? 1 : 0);
    const char *exponent = at;
    const char *point;

    while (exponent < end && *exponent != 'e' && *exponent != 'E')
        exponent++;
    point = memchr(at, '.', (gsize) (exponent - at));
    if (point == NULL)
        point = exponent;
    number.end = exponent;
    while (number.end > at && (number.end[-1] == '0' || number.end[-1] == '.'))
        number.end--;
    while (at < number.end && (*at == '0' || *at == '.'))
        at++;
    number.at = at;
    if (at == number.end)
        return number;
    number.scale = at < point ? point - at : point + 1 - at;
    if (exponent < end)
        number.scale += read_exponent(exponent + 1, end);
    return number;
}

static int
compare_size(const Decimal *a, const Decimal *b)
{
    const char *x = a->at;
    const char *y = b->at;

    if (a->scale != b->scale)
        return a->scale < b->scale ? -1 : 1;
    while (x < a->end && y < b->end) {
        if (*x == '.')
            x++;
        if (*y == '.')
            y++;
        if (*x != *y)
            return *x < *y ? -1 : 1;
        x++;
        y++;
    }
    return (x < a->end) - (y < b->end);
}

int
lt_decimal_compare(const char *a, gsize a_length, const char *b, gsize b_length)
{
    Decimal x = decimal_read(a, a_length);
    Decimal y = decimal_read(b, b_length);
    int x_sign = x.at == x.end ? 0 : x.negative ? -1 : 1;
    int y_sign = y.at == y.end ? 0 : y.negative ? -1 : 1;

    if (x_sign != y_sign)
        return x_sign < y_sign ? -1 : 1;
    return x_sign == 0 ? 0 : x_sign * compare_size(&x, &y);
}

gboolean
lt_decimal_is_integer(const char *text, gsize length)
{
    Decimal number = decimal_read(text, length);
    gint64 n_digits = number.end - number.at;

    if (n_digits > 0 && memchr(number.at, '.', (gsize) n_digits) != NULL)
        n_digits--;
    return n_digits <= number.scale;
}
