/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-cms.c: the CMS policy. Properties: nobody is trusted, so nothing verifies; what passes the form is DER to the last byte
 * with the one shape of the profile; the code belongs to the steps V2 and V3. */
#include "fuzz.h"

#include "trust/cms.h"
#include "trust/der.h"

static gboolean
is_signed_data(const guint8 *data, gsize size)
{
    static const guint8 signed_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
    LtDer in = { data, size };
    LtDer outer, oid, explicit_content, sequence;

    return lt_der_is_strict(data, size) && lt_der_take(&in, LT_DER_SEQUENCE, NULL, &outer) && in.size == 0 &&
           lt_der_take(&outer, LT_DER_OID, NULL, &oid) && lt_der_equals(&oid, signed_data, sizeof signed_data) &&
           lt_der_take(&outer, LT_DER_CONTEXT_0, NULL, &explicit_content) && outer.size == 0 &&
           lt_der_take(&explicit_content, LT_DER_SEQUENCE, NULL, &sequence) && explicit_content.size == 0;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static const char manifest[] = "sample\n";
    g_autoptr(LtTrust) nobody = lt_trust_nobody();
    g_autoptr(GBytes) signature = g_bytes_new(data, size);
    g_autoptr(GBytes) content = g_bytes_new_static(manifest, strlen(manifest));
    g_autoptr(GError) error = NULL;
    LtCmsFacts facts;
    g_autoptr(LtSignerCertificate) signer =
        lt_cms_verify(nobody, signature, content, G_GINT64_CONSTANT(1795449600) * LT_US_PER_SECOND, &facts, &error);

    FUZZ_CHECK(signer == NULL);
    FUZZ_CHECK(error != NULL);
    FUZZ_CHECK(g_str_has_prefix(lt_error_get_reason(error), "env.sig.") || g_str_has_prefix(lt_error_get_reason(error), "env.cert."));
    FUZZ_CHECK(facts.form_passed || !g_str_has_prefix(lt_error_get_reason(error), "env.cert."));
    FUZZ_CHECK(!facts.form_passed || is_signed_data(data, size));
    return 0;
}
