/* SPDX-License-Identifier: Apache-2.0 */
/* test-header.c: the header: written in the order of its table, read in any; and the table of types, every cell of it. The bad
 * headers are in test-envelope.c, where the whole receiving function meets them. */
#include <string.h>

#include "trust/header.h"

#include "base/value.h"

#define UUID7 "01a20925-06a3-7edc-9a84-96b5e6757771"
#define UUID4 "c9d5d49c-b56f-4552-96a3-c9b95ec99950"
#define HEX64 "64ee89af141c4a36057800e73431b44bba6aa24820ff1d6541cda05cfd09de26"

static LtHeader *
full(void)
{
    LtHeader *header = lt_header_new();

    header->id = g_strdup(UUID7);
    header->type = g_strdup("dossier.result");
    header->from = g_strdup("H52");
    header->to = g_strdup("000.00.14.h20");
    header->issued_us = 1795449750 * LT_US_PER_SECOND;
    header->expires_us = 1795449751 * LT_US_PER_SECOND;
    header->seq = (G_GINT64_CONSTANT(1) << 53) - 1;
    header->nonce = g_strdup("MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7dA=");
    header->dossier = g_strdup(UUID4);
    header->re_from = g_strdup("H52.101");
    header->re_id = g_strdup(UUID7);
    header->re_manifest = g_strdup(HEX64);
    header->checkpoint = g_strdup("hub.H52/audit/2026\n2\n\n\xe2\x80\x94 x\n");
    header->orig_kind = g_strdup("soap-wss");
    header->orig_part = g_strdup("att/0001");
    header->orig_verdict = g_strdup("valid");
    header->orig_signer = g_strdup(HEX64);
    g_ptr_array_add(header->parts, lt_part_new("payload.json", "payload", "application/json", 12, NULL));
    g_ptr_array_add(header->parts, lt_part_new("att/0001", "original", "application/soap+xml", G_GUINT64_CONSTANT(2147483647), NULL));
    return header;
}

static void
test_write(void)
{
    g_autoptr(LtHeader) header = full();
    g_autoptr(GBytes) bytes = lt_header_write(header);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    static const char expected[] =
        "{\"v\":\"hub-env/1\",\"id\":\"" UUID7 "\",\"type\":\"dossier.result\",\"from\":\"H52\",\"to\":\"000.00.14.h20\","
        "\"issued\":\"2026-11-23T16:02:30Z\",\"expires\":\"2026-11-23T16:02:31Z\",\"seq\":9007199254740991,"
        "\"nonce\":\"MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7dA=\",\"dossier\":\"" UUID4 "\","
        "\"re\":{\"from\":\"H52.101\",\"id\":\"" UUID7 "\",\"manifest\":\"" HEX64 "\"},"
        "\"parts\":[{\"name\":\"payload.json\",\"role\":\"payload\",\"mediaType\":\"application/json\",\"size\":12},"
        "{\"name\":\"att/0001\",\"role\":\"original\",\"mediaType\":\"application/soap+xml\",\"size\":2147483647}],"
        "\"cp\":\"hub.H52/audit/2026\\n2\\n\\n\xe2\x80\x94 x\\n\","
        "\"orig\":{\"kind\":\"soap-wss\",\"part\":\"att/0001\",\"verdict\":\"valid\",\"signer\":\"" HEX64 "\"}}";

    g_assert_cmpmem(data, size, expected, strlen(expected));
}

static void
test_same(void)
{
    g_autoptr(LtHeader) header = full();
    g_autoptr(GBytes) bytes = lt_header_write(header), again_bytes = NULL;
    g_autoptr(GError) error = NULL;
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autoptr(LtHeader) again = lt_header_read(data, size, &error);

    g_assert_no_error(error);
    again_bytes = lt_header_write(again);
    g_assert_true(g_bytes_equal(bytes, again_bytes));
}

static void
test_any_order(void)
{
    static const char text[] =
        "{\"parts\":[{\"size\":3,\"mediaType\":\"application/json\",\"role\":\"payload\",\"name\":\"payload.json\"}],\"seq\":1,"
        "\"nonce\":\"MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7dA=\",\"expires\":\"2026-11-23T16:02:31Z\","
        "\"issued\":\"2026-11-23T16:02:30Z\",\"to\":\"B\",\"from\":\"A\",\"type\":\"hub.ping\",\"id\":\"" UUID7 "\",\"v\":\"hub-env/1\"}";
    g_autoptr(GError) error = NULL;
    g_autoptr(LtHeader) header = lt_header_read(text, strlen(text), &error);

    g_assert_no_error(error);
    g_assert_cmpstr(header->from, ==, "A");
    g_assert_null(header->dossier);
    g_assert_null(header->re_id);
    g_assert_cmpuint(((LtPart *) header->parts->pdata[0])->size, ==, 3);
}

static gboolean
checkpoint_fits(gsize size)
{
    g_autoptr(LtHeader) header = full(), again = NULL;
    g_autoptr(GBytes) bytes = NULL;

    g_free(header->checkpoint);
    header->checkpoint = g_strnfill(size, 'x');
    bytes = lt_header_write(header);
    again = lt_header_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
    return again != NULL;
}

static void
test_checkpoint(void)
{
    g_assert_true(checkpoint_fits(8192));
    g_assert_false(checkpoint_fits(8193));
}

/* One header per cell: the rule, kept and broken. */
static LtHeader *
header_of(const LtTypeRule *rule, gboolean payload, gboolean dossier, gboolean re, guint n_attachments, gboolean orig)
{
    LtHeader *header = lt_header_new();

    header->type = g_strdup(rule->type);
    header->dossier = dossier ? g_strdup(UUID4) : NULL;
    header->re_id = re ? g_strdup(UUID7) : NULL;
    header->orig_kind = orig ? g_strdup("edxml") : NULL;
    header->orig_part = orig ? g_strdup("att/0001") : NULL;
    if (payload)
        g_ptr_array_add(header->parts, lt_part_new("payload.json", "payload", "application/json", 1, NULL));
    for (guint i = 0; i < n_attachments; i++)
        g_ptr_array_add(header->parts, lt_part_new("att/0001", rule->orig == LT_RULE_REQUIRED ? "original" : "form", "a/b", 1, NULL));
    return header;
}

static gboolean
is_allowed(LtRule rule, gboolean present)
{
    return rule == LT_RULE_OPTIONAL || (rule == LT_RULE_REQUIRED) == present;
}

static void
check_cells(const LtTypeRule *rule, guint bits, guint n_attachments)
{
    gboolean payload = bits & 1, dossier = (bits & 2) != 0, re = (bits & 4) != 0, orig = (bits & 8) != 0;
    g_autoptr(LtHeader) header = header_of(rule, payload, dossier, re, n_attachments, orig);
    gboolean expected = is_allowed(rule->payload, payload) && is_allowed(rule->dossier, dossier) && is_allowed(rule->re, re) &&
                        is_allowed(rule->orig, orig) && n_attachments >= rule->min_attachments && n_attachments <= rule->max_attachments;
    g_autoptr(GError) error = NULL;

    g_assert_true(lt_header_check_rule(header, &error) == expected);
    if (!expected)
        g_assert_cmpstr(lt_error_get_reason(error), ==, "env.type.rule");
}

static void
test_types(void)
{
    static const guint counts[] = { 0, 1, 2, 3, 999, 1000 };
    gsize n_rules;
    const LtTypeRule *rules = lt_type_rules(&n_rules);

    g_assert_cmpuint(n_rules, ==, 12);
    for (gsize i = 0; i < n_rules; i++) {
        g_assert_true(lt_type_rule_lookup(rules[i].type) == &rules[i]);
        for (guint bits = 0; bits < 16; bits++)
            for (guint c = 0; c < G_N_ELEMENTS(counts); c++)
                check_cells(&rules[i], bits, counts[c]);
    }
    g_assert_null(lt_type_rule_lookup("dossier.burn"));
}

/* The bytes that a sealed message was made of do not count where a type allows no attachment; nothing else is let in by them. */
static void
test_original(void)
{
    const LtTypeRule *status = lt_type_rule_lookup("dossier.status");
    g_autoptr(LtHeader) header = header_of(status, TRUE, TRUE, FALSE, 1, TRUE);
    LtPart *part = header->parts->pdata[1];

    g_assert_false(lt_header_check_rule(header, NULL));
    g_free((char *) part->role);
    part->role = g_strdup("original");
    g_assert_true(lt_header_check_rule(header, NULL));
    g_ptr_array_add(header->parts, lt_part_new("att/0002", "original", "a/b", 1, NULL));
    g_assert_false(lt_header_check_rule(header, NULL));
    g_ptr_array_set_size(header->parts, 1);
    g_free(header->orig_part);
    header->orig_part = g_strdup("payload.json");
    g_assert_true(lt_header_check_rule(header, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/header/is-written-in-the-order-of-its-table", test_write);
    g_test_add_func("/header/reads-what-it-writes", test_same);
    g_test_add_func("/header/is-read-in-any-order", test_any_order);
    g_test_add_func("/header/holds-a-checkpoint-of-8192-bytes", test_checkpoint);
    g_test_add_func("/header/keeps-every-cell-of-the-table-of-types", test_types);
    g_test_add_func("/header/does-not-count-the-original", test_original);
    return g_test_run();
}
