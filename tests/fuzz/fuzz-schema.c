/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-schema.c: schemas from anywhere: compiled or refused with a code, and what was compiled can be walked. */
#include "fuzz.h"

#include "base/schema.h"

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static const char value[] = "{\"a\":[1,\"a\",null,{\"b\":1.5}],\"b\":{\"a\":\"aaaaaaaaaaaaaaab\"},\"id\":\"2026-11-23\"}";
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSchema) schema = NULL;

    if (size > 4096)
        return 0;
    schema = lt_schema_compile((const char *) data, size, &error);
    if (schema == NULL) {
        FUZZ_CHECK(error != NULL && error->code == LT_ERROR_CONFIG);
        FUZZ_CHECK(g_str_has_prefix(lt_error_get_reason(error), "schema.") || g_str_has_prefix(lt_error_get_reason(error), "json."));
        return 0;
    }
    if (!lt_json_scan(value, strlen(value), LT_JSON_PAYLOAD, schema, NULL, NULL, NULL, &error))
        FUZZ_CHECK_REFUSED(error, "json.schema");
    return 0;
}
