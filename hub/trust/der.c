/* SPDX-License-Identifier: Apache-2.0 */
/* der.c: a small, strict reader and writer of DER.
 *
 * OpenSSL's decoders accept BER and keep what they read, so that re-encoding does not always show it; this walk refuses
 * whatever DER does not write, before anything is interpreted. It allocates nothing and its depth is limited.
 */
#include "trust/der.h"

#include <string.h>

#include "base/value.h"

#define MAX_DEPTH 32
#define CONSTRUCTED 0x20
#define CLASS_MASK 0xc0

/* Splits off the header of the element at @in. FALSE when DER would not have written it so, or it runs past the end. */
static gboolean
read_element(const LtDer *in, guint8 *tag, LtDer *whole, LtDer *content)
{
    gsize header = 2, length;

    if (in->size < 2 || (in->at[0] & 0x1f) == 0x1f || in->at[0] == 0)
        return FALSE;
    length = in->at[1];
    if (length >= 0x80) {
        guint n = length & 0x7f;

        if (n == 0 || n > 4 || in->size < 2 + (gsize) n || in->at[2] == 0)
            return FALSE;
        for (length = 0; header < 2 + (gsize) n; header++)
            length = length << 8 | in->at[header];
        if (length < 0x80)
            return FALSE;
    }
    if (length > in->size - header)
        return FALSE;
    *tag = in->at[0];
    *whole = (LtDer){ in->at, header + length };
    *content = (LtDer){ in->at + header, length };
    return TRUE;
}

static gboolean
is_minimal_integer(const LtDer *v)
{
    if (v->size == 0)
        return FALSE;
    return v->size == 1 || !((v->at[0] == 0 && v->at[1] < 0x80) || (v->at[0] == 0xff && v->at[1] >= 0x80));
}

static gboolean
is_minimal_identifier(const LtDer *v)
{
    if (v->size == 0 || v->at[v->size - 1] >= 0x80)
        return FALSE;
    for (gsize i = 0; i < v->size; i++)
        if (v->at[i] == 0x80 && (i == 0 || v->at[i - 1] < 0x80))
            return FALSE;
    return TRUE;
}

static gboolean
is_strict_value(guint8 tag, const LtDer *v)
{
    switch (tag) {
    case LT_DER_BOOLEAN:
        return v->size == 1;
    case LT_DER_INTEGER:
        return is_minimal_integer(v);
    case LT_DER_BIT_STRING:
        return v->size >= 1 && v->at[0] <= 7 && (v->size > 1 || v->at[0] == 0);
    case LT_DER_NULL:
        return v->size == 0;
    case LT_DER_OID:
        return is_minimal_identifier(v);
    default:
        return TRUE;
    }
}

static gboolean
is_strict_inside(LtDer in, guint depth)
{
    guint8 tag;
    LtDer whole, content;

    if (depth > MAX_DEPTH)
        return FALSE;
    while (in.size > 0) {
        if (!read_element(&in, &tag, &whole, &content))
            return FALSE;
        /* Of the universal types sequences and sets are constructed, and nothing else is. */
        if ((tag & CLASS_MASK) == 0 && ((tag & 0x1f) == 0x10 || (tag & 0x1f) == 0x11) != ((tag & CONSTRUCTED) != 0))
            return FALSE;
        if (tag & CONSTRUCTED ? !is_strict_inside(content, depth + 1) : !is_strict_value(tag, &content))
            return FALSE;
        in.at += whole.size;
        in.size -= whole.size;
    }
    return TRUE;
}

gboolean
lt_der_is_strict(const guint8 *data, gsize size)
{
    const LtDer in = { data, size };
    guint8 tag;
    LtDer whole, content;

    return read_element(&in, &tag, &whole, &content) && whole.size == size && is_strict_inside(in, 0);
}

gboolean
lt_der_peek(const LtDer *in, guint8 tag)
{
    return in->size > 0 && in->at[0] == tag;
}

gboolean
lt_der_take_any(LtDer *in, guint8 *tag, LtDer *whole, LtDer *content)
{
    guint8 found;
    LtDer element, inside;

    if (!read_element(in, &found, &element, &inside))
        return FALSE;
    in->at += element.size;
    in->size -= element.size;
    if (tag != NULL)
        *tag = found;
    if (whole != NULL)
        *whole = element;
    if (content != NULL)
        *content = inside;
    return TRUE;
}

gboolean
lt_der_take(LtDer *in, guint8 tag, LtDer *whole, LtDer *content)
{
    return lt_der_peek(in, tag) && lt_der_take_any(in, NULL, whole, content);
}

gboolean
lt_der_equals(const LtDer *a, const void *bytes, gsize size)
{
    return a->size == size && memcmp(a->at, bytes, size) == 0;
}

/* Order of SET OF (X.690 §11.6): as bytes, the shorter one padded with zeros. */
static int
compare(const guint8 *a, gsize a_size, const guint8 *b, gsize b_size)
{
    int order = memcmp(a, b, MIN(a_size, b_size));

    return order != 0 ? order : a_size < b_size ? -1 : a_size > b_size;
}

gboolean
lt_der_is_sorted(LtDer content)
{
    LtDer last = { NULL, 0 }, whole;

    while (content.size > 0) {
        if (!lt_der_take_any(&content, NULL, &whole, NULL))
            return FALSE;
        if (last.at != NULL && compare(last.at, last.size, whole.at, whole.size) > 0)
            return FALSE;
        last = whole;
    }
    return TRUE;
}

gboolean
lt_der_read_time(guint8 tag, const LtDer *content, gint64 *at_us)
{
    const char *t = (const char *) content->at;
    char century[3] = "";
    g_autofree char *text = NULL;

    if (tag == LT_DER_UTC_TIME && content->size == 13)
        g_strlcpy(century, t[0] >= '5' ? "19" : "20", sizeof century);
    else if (tag != LT_DER_GENERALIZED_TIME || content->size != 15)
        return FALSE;
    if (tag == LT_DER_GENERALIZED_TIME) {
        memcpy(century, t, 2);
        t += 2;
    }
    text = g_strdup_printf("%.2s%.2s-%.2s-%.2sT%.2s:%.2s:%.2s%c", century, t, t + 2, t + 4, t + 6, t + 8, t + 10, t[12]);
    return lt_time_read_seconds(text, strlen(text), at_us);
}

void
lt_der_put(GByteArray *out, guint8 tag, const void *content, gsize size)
{
    guint8 header[6] = { tag };
    guint n = 1;

    if (size < 0x80) {
        header[n++] = (guint8) size;
    } else {
        guint bytes = size > 0xffffff ? 4 : size > 0xffff ? 3 : size > 0xff ? 2 : 1;

        header[n++] = (guint8) (0x80 | bytes);
        for (guint i = bytes; i > 0; i--)
            header[n++] = (guint8) (size >> (8 * (i - 1)));
    }
    g_byte_array_append(out, header, n);
    if (size > 0)
        g_byte_array_append(out, content, (guint) size);
}

static int
compare_elements(gconstpointer a, gconstpointer b)
{
    const GByteArray *x = *(GByteArray *const *) a, *y = *(GByteArray *const *) b;

    return compare(x->data, x->len, y->data, y->len);
}

void
lt_der_put_set(GByteArray *out, guint8 tag, GPtrArray *elements)
{
    g_autoptr(GByteArray) content = g_byte_array_new();

    g_ptr_array_sort(elements, compare_elements);
    for (guint i = 0; i < elements->len; i++) {
        const GByteArray *element = g_ptr_array_index(elements, i);

        g_byte_array_append(content, element->data, element->len);
    }
    lt_der_put(out, tag, content->data, content->len);
}

void
lt_der_put_time(GByteArray *out, gint64 at_us)
{
    char text[21], der[16];

    lt_time_write_seconds(at_us, text);
    g_snprintf(der, sizeof der, "%.4s%.2s%.2s%.2s%.2s%.2sZ", text, text + 5, text + 8, text + 11, text + 14, text + 17);
    if (strncmp(text, "1950", 4) >= 0 && strncmp(text, "2050", 4) < 0)
        lt_der_put(out, LT_DER_UTC_TIME, der + 2, 13);
    else
        lt_der_put(out, LT_DER_GENERALIZED_TIME, der, 15);
}
