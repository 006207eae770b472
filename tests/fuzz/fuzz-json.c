/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-json.c: the JSON scanner, all profiles, with and without schemas.
 *
 * The first byte chooses profile and schema. Properties: what the scanner accepts, json-glib reads to the same tree; a visitor
 * and a schema change nothing but refuse more; every refusal is coded. With a schema of enum members, what is accepted is
 * one of them for json-glib too.
 */
#include "fuzz.h"

#include "base/schema.h"
#include "lib/json-tree.h"

static const char *const schema_texts[] = {
    "{\"type\":\"object\",\"required\":[\"id\",\"parts\"],\"additionalProperties\":false,\"properties\":{\"id\":{\"format\":\"uuid\"},"
    "\"at\":{\"format\":\"date-time\"},\"day\":{\"format\":\"date\"},\"n\":{\"type\":\"integer\",\"minimum\":-1.5,\"maximum\":1e3},"
    "\"parts\":{\"items\":{\"$ref\":\"#/$defs/part\"},\"minItems\":1,\"maxItems\":3},\"next\":{\"$ref\":\"#\"}},"
    "\"$defs\":{\"part\":{\"type\":[\"object\",\"null\"],\"properties\":{\"name\":{\"minLength\":2,\"maxLength\":4,\"pattern\":\"^[a-zà-ỹ]+$\"}}}}}",
    "{\"items\":{\"enum\":[1,\"a\",null,true,[],{\"a\":[1.5,{}]},\"é\"]},\"maxItems\":8}",
    "{\"$defs\":{\"a\":{\"properties\":{\"x\":{\"minimum\":0}},\"additionalProperties\":{\"type\":\"string\"}}},\"$ref\":\"#/$defs/a\","
    "\"properties\":{\"x\":{\"maximum\":9007199254740993},\"y\":{\"$ref\":\"#\"},\"z\":false},\"required\":[\"x\"]}",
};

static LtSchema *
get_schema(guint index)
{
    static LtSchema *schemas[G_N_ELEMENTS(schema_texts)];

    if (index >= G_N_ELEMENTS(schema_texts))
        return NULL;
    if (schemas[index] == NULL)
        schemas[index] = lt_schema_compile(schema_texts[index], strlen(schema_texts[index]), NULL);
    FUZZ_CHECK(schemas[index] != NULL);
    return schemas[index];
}

static void
check_same_tree(const char *text, gsize size, LtJsonProfile profile)
{
    g_autofree char *ours = NULL;
    g_autofree char *theirs = NULL;

    if (lt_json_trees_agree(text, size, profile, &ours, &theirs))
        return;
    g_printerr("ours   %s\ntheirs %s\n", ours, theirs);
    FUZZ_CHECK(!"json-glib reads the same tree");
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const char *text = (const char *) data + 1;
    LtJsonPick picks[] = { { .path = "id" }, { .path = "next.id" }, { 0 } };
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) plain_error = NULL;
    LtJsonProfile profile;
    gboolean ok, plain_ok;

    if (size < 1)
        return 0;
    size--;
    profile = (LtJsonProfile) (data[0] % 4);
    plain_ok = lt_json_scan(text, size, profile, NULL, NULL, NULL, NULL, &plain_error);
    ok = lt_json_scan(text, size, profile, get_schema(data[0] / 4 % 4), NULL, NULL, picks, &error);
    FUZZ_CHECK(plain_ok || !ok);
    if (!plain_ok)
        FUZZ_CHECK_REFUSED(plain_error, "json.");
    if (!ok)
        FUZZ_CHECK_REFUSED(error, "json.");
    FUZZ_CHECK(ok || (picks[0].value == NULL && picks[1].value == NULL));
    if (plain_ok && profile != LT_JSON_SCHEMA)
        check_same_tree(text, size, profile);
    g_free(picks[0].value);
    g_free(picks[1].value);
    return 0;
}
