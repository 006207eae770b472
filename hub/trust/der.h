/* SPDX-License-Identifier: Apache-2.0 */
/* der.h: DER (X.690) as far as a CMS signature needs it: a strict walk over all bytes, then reading by hand; and writing. */
#pragma once

#include <glib.h>

/* Tags, in the low form: no other occurs. */
enum {
    LT_DER_BOOLEAN = 0x01, LT_DER_INTEGER = 0x02, LT_DER_BIT_STRING = 0x03, LT_DER_OCTET_STRING = 0x04, LT_DER_NULL = 0x05,
    LT_DER_OID = 0x06, LT_DER_UTC_TIME = 0x17, LT_DER_GENERALIZED_TIME = 0x18, LT_DER_SEQUENCE = 0x30, LT_DER_SET = 0x31,
    LT_DER_CONTEXT_0 = 0xa0, LT_DER_CONTEXT_1 = 0xa1, LT_DER_CONTEXT_2 = 0xa2, LT_DER_CONTEXT_3 = 0xa3,
    LT_DER_PRIMITIVE_0 = 0x80,
};

/* A run of bytes: either a whole element or what is inside one. Borrowed. */
typedef struct {
    const guint8 *at;
    gsize size;
} LtDer;

/**
 * lt_der_is_strict:
 *
 * Is this exactly one element, to the last byte, with low tags, definite minimal lengths, primitive strings, minimal integers and
 * identifiers, at most 32 levels deep? The order of sets is asked apart, where it matters: lt_der_is_sorted().
 */
gboolean lt_der_is_strict(const guint8 *data, gsize size);

/* Reading of what lt_der_is_strict() has walked. */
gboolean lt_der_peek(const LtDer *in, guint8 tag);
/** lt_der_take: the next element if it has this tag. @whole, @content: (out) (optional) */
gboolean lt_der_take(LtDer *in, guint8 tag, LtDer *whole, LtDer *content);
/** lt_der_take_any: the next element, of any tag; FALSE at the end */
gboolean lt_der_take_any(LtDer *in, guint8 *tag, LtDer *whole, LtDer *content);
gboolean lt_der_equals(const LtDer *a, const void *bytes, gsize size);
/** lt_der_is_sorted: elements of a SET OF stand in the order that DER asks for */
gboolean lt_der_is_sorted(LtDer content);
/** lt_der_read_time: UTCTime or GeneralizedTime in the one form of DER with seconds and Z */
gboolean lt_der_read_time(guint8 tag, const LtDer *content, gint64 *at_us);

/* Writing, from the inside out. */
void lt_der_put(GByteArray *out, guint8 tag, const void *content, gsize size);
/** lt_der_put_set: @elements: (element-type GByteArray): written in the order of DER */
void lt_der_put_set(GByteArray *out, guint8 tag, GPtrArray *elements);
/** lt_der_put_time: UTCTime until 2049, GeneralizedTime after (RFC 5652 §11.3) */
void lt_der_put_time(GByteArray *out, gint64 at_us);
