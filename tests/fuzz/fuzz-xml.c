/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-xml.c: the guard in front of libxml2. Properties: what the guard and libxml2 accept together has no DTD and is UTF-8; what
 * the scan refuses the check refuses with the same code; limits hold. */
#include "fuzz.h"

#include "base/xml.h"

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const char *text = (const char *) data;
    LtXmlPick picks[] = { { .name = "a" }, { .name = "b" }, { 0 } };
    g_autoptr(GError) scan_error = NULL;
    g_autoptr(GError) error = NULL;
    guint n_elements = 0;
    gboolean scanned = lt_xml_scan(text, size, &n_elements, &scan_error);
    gboolean ok = lt_xml_check(text, size, NULL, NULL, picks, &error);

    if (!scanned) {
        FUZZ_CHECK_REFUSED(scan_error, "xml.");
        FUZZ_CHECK(!ok && g_str_equal(lt_error_get_reason(error), lt_error_get_reason(scan_error)));
        return 0;
    }
    if (!ok) {
        FUZZ_CHECK_REFUSED(error, "xml.");
        return 0;
    }
    FUZZ_CHECK(n_elements > 0 && n_elements <= 200000);
    FUZZ_CHECK(g_utf8_validate(text, (gssize) size, NULL));
    FUZZ_CHECK(g_strstr_len(text, (gssize) size, "<!DOCTYPE") == NULL || g_strstr_len(text, (gssize) size, "<!--") != NULL ||
               g_strstr_len(text, (gssize) size, "<![CDATA[") != NULL);
    g_free(picks[0].value);
    g_free(picks[1].value);
    return 0;
}
