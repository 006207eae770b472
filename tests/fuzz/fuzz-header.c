/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-header.c: envelope.json. Properties: what is read is JSON for the strict scanner; written from what was read, it is read
 * again and then written to the same bytes. */
#include "fuzz.h"

#include "base/json.h"
#include "trust/header.h"

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtHeader) header = lt_header_read((const char *) data, size, &error);
    g_autoptr(LtHeader) second = NULL;
    g_autoptr(GBytes) written = NULL;
    g_autoptr(GBytes) again = NULL;

    if (header == NULL) {
        FUZZ_CHECK_REFUSED(error, "env.header.");
        return 0;
    }
    FUZZ_CHECK(lt_json_scan((const char *) data, size, LT_JSON_HEADER, NULL, NULL, NULL, NULL, NULL));
    written = lt_header_write(header);
    second = lt_header_read(g_bytes_get_data(written, NULL), g_bytes_get_size(written), NULL);
    FUZZ_CHECK(second != NULL);
    again = lt_header_write(second);
    FUZZ_CHECK(g_bytes_equal(written, again));
    if (!lt_header_check_rule(header, &error))
        FUZZ_CHECK_REFUSED(error, "env.type.rule");
    return 0;
}
