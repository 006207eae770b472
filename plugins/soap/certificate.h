/* SPDX-License-Identifier: Apache-2.0 */
/* certificate.h: as much of an X.509 certificate as WS-Security needs here: its key and its dates. Whether a signature or a chain holds
 * is xmlsec's business. */
#pragma once

#include <gio/gio.h>
#include <lienthong/error.h>

typedef struct {
    GBytes *der;
    char spki_sha256[65]; /* of the SubjectPublicKeyInfo, lower-case hex */
    gint64 from_us, until_us;
} Certificate;

/** certificate_parse: Errors: INVALID `soap.key`: no certificate, or bytes behind it */
Certificate *certificate_parse(GBytes *der, GError **error);
void certificate_free(Certificate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Certificate, certificate_free)
/** certificate_read_all: Returns: (transfer full) (element-type Certificate): every one of a PEM file, at least one. Errors: CONFIG `soap.certificate` */
GPtrArray *certificate_read_all(const char *path, GError **error);
/** certificate_check_date: Errors: SIGNATURE `soap.key`: not yet, or no longer */
gboolean certificate_check_date(const Certificate *self, gint64 now_us, GError **error);
