/* SPDX-License-Identifier: Apache-2.0 */
/* certificate.c: see certificate.h. RFC 5280 §4.1: Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { [0] version, serialNumber, signature,
 * issuer, validity SEQUENCE { notBefore, notAfter }, subject, subjectPublicKeyInfo, … }, … }. */
#include "certificate.h"

#include <string.h>

#define DER_MAX (64u << 10)

typedef struct {
    const guint8 *at, *end;
} Der;

typedef struct {
    guint8 tag;
    const guint8 *start; /* of the tag */
    Der content;
} DerValue;

/* The next value; definite lengths of at most three octets in their shortest form. */
static gboolean
der_next(Der *der, DerValue *value)
{
    gsize length, n_octets;

    if (der->end - der->at < 2)
        return FALSE;
    value->start = der->at;
    value->tag = *der->at++;
    length = *der->at++;
    if (length >= 0x80) {
        n_octets = length & 0x7f;
        if (n_octets == 0 || n_octets > 3 || (gsize) (der->end - der->at) < n_octets)
            return FALSE;
        for (length = 0; n_octets > 0; n_octets--)
            length = length << 8 | *der->at++;
    }
    if ((gsize) (der->end - der->at) < length)
        return FALSE;
    value->content = (Der) { der->at, der->at + length };
    der->at += length;
    return TRUE;
}

static gboolean
der_enter(Der *der, guint8 tag, Der *inside)
{
    DerValue value;

    if (!der_next(der, &value) || value.tag != tag)
        return FALSE;
    *inside = value.content;
    return TRUE;
}

static int
two_digits(const guint8 *at)
{
    return g_ascii_isdigit((char) at[0]) && g_ascii_isdigit((char) at[1]) ? (at[0] - '0') * 10 + (at[1] - '0') : -1;
}

/* UTCTime YYMMDDHHMMSSZ or GeneralizedTime YYYYMMDDHHMMSSZ. */
static gboolean
read_time(Der *der, gint64 *at_us)
{
    g_autoptr(GDateTime) time = NULL;
    DerValue value;
    const guint8 *at;
    gsize length;
    int century, part[6];

    if (!der_next(der, &value) || (value.tag != 0x17 && value.tag != 0x18))
        return FALSE;
    at = value.content.at;
    length = (gsize) (value.content.end - at);
    if (length != (value.tag == 0x17 ? 13u : 15u) || at[length - 1] != 'Z')
        return FALSE;
    century = value.tag == 0x18 ? two_digits(at) : -1;
    at += value.tag == 0x18 ? 2 : 0;
    for (guint i = 0; i < 6; i++) {
        part[i] = two_digits(at + 2 * i);
        if (part[i] < 0)
            return FALSE;
    }
    if (value.tag == 0x17)
        century = part[0] < 50 ? 20 : 19;
    time = century < 0 ? NULL : g_date_time_new_utc(century * 100 + part[0], part[1], part[2], part[3], part[4], part[5]);
    if (time == NULL)
        return FALSE;
    *at_us = g_date_time_to_unix(time) * G_USEC_PER_SEC;
    return TRUE;
}

static gboolean
read_fields(Certificate *self, Der der)
{
    Der certificate, fields, validity;
    DerValue skipped, key;
    g_autofree char *digest = NULL;

    if (!der_enter(&der, 0x30, &certificate) || der.at != der.end || !der_enter(&certificate, 0x30, &fields))
        return FALSE;
    if (fields.at < fields.end && *fields.at == 0xa0 && !der_next(&fields, &skipped))
        return FALSE;
    if (!der_next(&fields, &skipped) || !der_next(&fields, &skipped) || !der_next(&fields, &skipped) || /* serial, signature, issuer */
        !der_enter(&fields, 0x30, &validity) || !read_time(&validity, &self->from_us) || !read_time(&validity, &self->until_us) ||
        !der_next(&fields, &skipped) || !der_next(&fields, &key) || key.tag != 0x30)
        return FALSE;
    digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, key.start, (gsize) (key.content.end - key.start));
    g_strlcpy(self->spki_sha256, digest, sizeof self->spki_sha256);
    return TRUE;
}

Certificate *
certificate_parse(GBytes *der, GError **error)
{
    g_autoptr(Certificate) self = g_new0(Certificate, 1);
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(der, &size);

    self->der = g_bytes_ref(der);
    if (size > 0 && size <= DER_MAX && read_fields(self, (Der) { data, data + size }))
        return g_steal_pointer(&self);
    lt_error_set(error, LT_ERROR_INVALID, "soap.key", "what should be an X.509 certificate is none");
    return NULL;
}

void
certificate_free(Certificate *self)
{
    if (self == NULL)
        return;
    g_bytes_unref(self->der);
    g_free(self);
}

/* The next certificate of a PEM text; NULL when there is none. */
static GBytes *
next_pem(const char **at)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", stop[] = "-----END CERTIFICATE-----";
    const char *from = strstr(*at, begin);
    const char *to = from != NULL ? strstr(from, stop) : NULL;
    g_autofree char *text = NULL;
    gsize size = 0;
    guchar *der;

    if (to == NULL)
        return NULL;
    text = g_strndup(from + strlen(begin), (gsize) (to - from) - strlen(begin));
    *at = to + strlen(stop);
    der = g_base64_decode(text, &size);
    return g_bytes_new_take(der, size);
}

GPtrArray *
certificate_read_all(const char *path, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify) certificate_free);
    g_autoptr(GError) cause = NULL;
    g_autofree char *text = NULL;
    const char *at;
    GBytes *der;

    if (!g_file_get_contents(path, &text, NULL, &cause)) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.certificate", "%s", cause->message);
        return NULL;
    }
    at = text;
    while ((der = next_pem(&at)) != NULL) {
        g_autoptr(GBytes) owned = der;
        Certificate *one = certificate_parse(owned, NULL);

        if (one == NULL) {
            lt_error_set(error, LT_ERROR_CONFIG, "soap.certificate", "%s: holds something that is no X.509 certificate", path);
            return NULL;
        }
        g_ptr_array_add(list, one);
    }
    if (list->len == 0)
        lt_error_set(error, LT_ERROR_CONFIG, "soap.certificate", "%s: holds no certificate (PEM)", path);
    return list->len > 0 ? g_steal_pointer(&list) : NULL;
}

gboolean
certificate_check_date(const Certificate *self, gint64 now_us, GError **error)
{
    if (now_us >= self->from_us && now_us < self->until_us)
        return TRUE;
    lt_error_set(error, LT_ERROR_SIGNATURE, "soap.key", "the signer's certificate is not valid %s", now_us < self->from_us ? "yet" : "any more");
    return FALSE;
}
