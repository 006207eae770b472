/* SPDX-License-Identifier: Apache-2.0 */
/* test-unit.c: units at a date, their successors, keys and tokens. */
#include "registry/unit.h"

#include <string.h>

#include "registry/day.h"
#include "registry/unit-list.h"

#define HEADER "id,name,level,parent,valid_from,valid_to,basis,aliases,successors,admin_code\n"
#define HUB_KEY "1111111111111111111111111111111111111111111111111111111111111111"
#define UNIT_KEY "2222222222222222222222222222222222222222222222222222222222222222"

/* A small province before and after a reform: the district goes, land matters to the commune, the rest to the province. */
static const char reform[] = HEADER
    "H52,Tỉnh A,province,,2000-01-01,,,000.00.00.H52,,14\n"
    "H52.116,Thành phố B,district,H52,2000-01-01,2025-07-01,NQ 1681,,1.001=H52.201;H52,116\n"
    "H52.101,Phường C,commune,H52.116,2000-01-01,2025-07-01,NQ 1681,,H52.201,03646\n"
    "H52.102,Phường D,commune,H52.116,2000-01-01,2025-07-01,NQ 1681,,H52.201;H52.202,03649\n"
    "H52.103,Xã E,commune,H52.116,2000-01-01,,,,,03700\n"
    "H52.201,Phường D mới,commune,H52,2025-07-01,,,,,03646\n"
    "H52.202,Phường F,commune,H52,2025-07-01,,,,,03649\n"
    "G22.01,Bộ G,ministry,,2000-01-01,,,,,\n";

static gint64
day(const char *text)
{
    gint64 at_us = 0;

    g_assert_true(lt_day_read(text, &at_us));
    return at_us;
}

static LtRegistryRows *
read_rows(const char *text)
{
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    LtRegistryRows *rows = lt_unit_list_parse(text, strlen(text), "units.csv", NULL, faults, &error);

    g_assert_no_error(error);
    if (faults->len > 0)
        g_test_message("%s", (const char *) faults->pdata[0]);
    g_assert_nonnull(rows);
    return rows;
}

static void
add_key(LtRegistryRows *rows, const char *spki, const char *unit, const char *use, const char *role)
{
    LtUnitKeyRow *row = g_new0(LtUnitKeyRow, 1);

    row->spki = g_strdup(spki);
    row->unit = g_strdup(unit);
    row->use = g_strdup(use);
    row->role = g_strdup(role);
    row->from_us = day("2020-01-01");
    g_ptr_array_add(rows->keys, row);
}

static LtRegistry *
make_registry(LtRegistryRows *rows)
{
    g_autoptr(GError) error = NULL;
    LtRegistry *registry = lt_registry_new(rows, &error);

    g_assert_no_error(error);
    return registry;
}

static void
test_days(void)
{
    static const char *const bad[] = { "", "2025-7-01", "2025-02-29", "2025-02-31", "2025-13-01", "2025-00-10", "2025-01-00", "+025-01-01",
                                       "2025-01-01 ", "2025/01/01", "1899-12-31", "2200-01-01", "20250701" };
    char text[11];
    gint64 at_us;

    g_assert_true(lt_day_read("1970-01-01", &at_us));
    g_assert_cmpint(at_us, ==, -7 * G_GINT64_CONSTANT(3600000000));
    g_assert_true(lt_day_read("2024-02-29", &at_us));
    lt_day_write(at_us, text);
    g_assert_cmpstr(text, ==, "2024-02-29");
    lt_day_write(at_us - 1, text);
    g_assert_cmpstr(text, ==, "2024-02-28");
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(lt_day_read(bad[i], &at_us));
    g_assert_false(lt_day_read(NULL, &at_us));
}

static void
test_receivers(void)
{
    static const struct {
        const char *to, *procedure, *day, *receiver /* NULL: env.to.unknown */, *basis;
    } rows[] = {
        { "H52.101", NULL, "2025-06-30", "H52.101", NULL },
        { "H52.101", NULL, "2025-07-01", "H52.201", "NQ 1681" },
        { "H52.116", "1.001", "2025-07-01", "H52.201", "NQ 1681" },
        { "H52.116", "2.002", "2025-07-01", "H52", "NQ 1681" },
        { "H52.116", NULL, "2025-07-01", "H52", "NQ 1681" },
        { "H52.102", NULL, "2025-07-01", NULL, NULL },
        { "H52.201", NULL, "2025-06-30", NULL, NULL },
        { "000.00.00.H52", NULL, "2025-07-01", "H52", NULL },
        { "h52.101", NULL, "2025-06-30", NULL, NULL },
        { "H52.999", NULL, "2025-06-30", NULL, NULL },
    };
    g_autoptr(LtRegistry) registry = make_registry(read_rows(reform));

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        const char *basis;
        const LtMatter matter = { rows[i].procedure, NULL };
        const LtUnit *unit = lt_registry_receiver(registry, rows[i].to, &matter, day(rows[i].day), &basis, &error);

        if (rows[i].receiver == NULL) {
            g_assert_null(unit);
            g_assert_error(error, LT_ERROR, LT_ERROR_NOT_FOUND);
            g_assert_cmpstr(lt_error_get_reason(error), ==, "env.to.unknown");
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpstr(lt_unit_get_id(unit), ==, rows[i].receiver);
        g_assert_cmpstr(basis, ==, rows[i].basis);
    }
}

static void
test_chain(void)
{
    g_autoptr(LtRegistry) registry = make_registry(read_rows(
        "id,name,level,valid_from,valid_to,successors\n"
        "A,A,commune,2000-01-01,2010-01-01,B\nB,B,commune,2010-01-01,2020-01-01,C\nC,C,commune,2020-01-01,,\n"));
    const char *basis;

    g_assert_cmpstr(lt_unit_get_id(lt_registry_receiver(registry, "A", NULL, day("2015-05-05"), &basis, NULL)), ==, "B");
    g_assert_cmpstr(lt_unit_get_id(lt_registry_receiver(registry, "A", NULL, day("2021-05-05"), &basis, NULL)), ==, "C");
    g_assert_cmpstr(basis, ==, "");
}

/* A town was renamed, and went under the province when its district was closed; it stayed the same unit. */
static void
test_life(void)
{
    g_autoptr(LtRegistry) registry = make_registry(read_rows(HEADER
        "P,P,province,,2000-01-01,,,,,\nD,D,district,P,2000-01-01,2025-07-01,,,,\n"
        "A,Xã Cũ,commune,D,2000-01-01,2025-02-01,,000.01,,03703\nA,Thị trấn Cũ,commune,D,2025-02-01,2025-07-01,NQ 1280,,,03703\n"
        "A,Thị trấn Cũ,commune,P,2025-07-01,,NQ 1681,,,03703\n"));
    gboolean ambiguous;

    g_assert_cmpstr(lt_unit_get_name(lt_registry_lookup_at(registry, "A", day("2025-01-31"))), ==, "Xã Cũ");
    g_assert_cmpstr(lt_unit_get_name(lt_registry_lookup_at(registry, "000.01", day("2025-02-01"))), ==, "Thị trấn Cũ");
    g_assert_cmpstr(lt_unit_get_name(lt_registry_lookup_at(registry, "A", day("1999-01-01"))), ==, "Xã Cũ");
    g_assert_cmpstr(lt_unit_get_parent(lt_registry_lookup(registry, "A")), ==, "P");
    g_assert_cmpuint(lt_unit_get_life(lt_registry_lookup(registry, "A"))->len, ==, 3);
    g_assert_cmpstr(lt_unit_get_name(lt_registry_find_code(registry, "03703", day("2025-01-31"), &ambiguous)), ==, "Xã Cũ");
    g_assert_cmpuint(lt_registry_list_code(registry, "03703")->len, ==, 3);
    g_assert_true(lt_registry_is_within(registry, "A", "D", day("2025-06-30")));
    g_assert_false(lt_registry_is_within(registry, "A", "D", day("2025-07-01")));
    g_assert_true(lt_registry_is_within(registry, "A", "P", day("2025-07-01")));
}

static void
test_predecessors(void)
{
    g_autoptr(LtRegistry) registry = make_registry(read_rows(reform));
    g_auto(GStrv) before = lt_registry_predecessors(registry, "H52.201", day("2025-06-30"));
    g_auto(GStrv) after = lt_registry_predecessors(registry, "H52.201", day("2025-07-01"));
    g_autofree char *joined = g_strjoinv(" ", after);

    g_assert_cmpuint(g_strv_length(before), ==, 1);
    g_assert_cmpstr(joined, ==, "H52.201 H52.116 H52.101 H52.102");
}

static void
test_areas(void)
{
    static const struct {
        const char *procedure, *area, *successor;
    } rows[] = {
        { "1.001", NULL, "B" }, { "1.001", "TP", "B" }, { "2.002", "TP", "C" }, { NULL, "TP", "C" }, { NULL, "NV", "D" }, { NULL, NULL, "D" },
    };
    LtRegistryRows *list = read_rows(HEADER "A,A,district,,2000-01-01,2025-07-01,,,1.001=B;area:TP=C;D,\nB,B,commune,,2025-07-01,,,,,\n"
                                            "C,C,commune,,2025-07-01,,,,,\nD,D,commune,,2025-07-01,,,,,\n");
    g_autoptr(LtRegistry) registry = make_registry(list);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const LtMatter matter = { rows[i].procedure, rows[i].area };
        const char *basis;

        g_assert_cmpstr(lt_unit_get_id(lt_registry_receiver(registry, "A", &matter, day("2025-07-01"), &basis, NULL)), ==, rows[i].successor);
    }
}

static void
test_within(void)
{
    g_autoptr(LtRegistry) registry = make_registry(read_rows(reform));

    g_assert_true(lt_registry_is_within(registry, "H52.101", "H52.116", day("2025-06-30")));
    g_assert_true(lt_registry_is_within(registry, "H52.101", "H52", day("2025-06-30")));
    g_assert_false(lt_registry_is_within(registry, "H52.101", "H52", day("2025-07-01")));
    g_assert_true(lt_registry_is_within(registry, "H52.103", "H52", day("2025-07-01")));
    g_assert_true(lt_registry_is_within(registry, "H52", "H52", day("2025-07-01")));
    g_assert_false(lt_registry_is_within(registry, "H52", "H52.103", day("2025-07-01")));
    g_assert_false(lt_registry_is_within(registry, "G22.01", "H52", day("2025-07-01")));
}

static void
test_codes(void)
{
    g_autoptr(LtRegistry) registry = make_registry(read_rows(reform));
    gboolean ambiguous;

    g_assert_cmpstr(lt_unit_get_id(lt_registry_find_code(registry, "03646", day("2025-06-30"), &ambiguous)), ==, "H52.101");
    g_assert_cmpstr(lt_unit_get_id(lt_registry_find_code(registry, "03646", day("2025-07-01"), &ambiguous)), ==, "H52.201");
    g_assert_null(lt_registry_find_code(registry, "99999", day("2025-07-01"), &ambiguous));
    g_assert_false(ambiguous);
}

static void
test_keys(void)
{
    LtRegistryRows *rows = read_rows(reform);
    gboolean is_hub;

    add_key(rows, HUB_KEY, "H52", "sign", "hub");
    add_key(rows, HUB_KEY, "H52", "tls", "hub");
    add_key(rows, UNIT_KEY, "H52.101", "sign", "unit");
    add_key(rows, UNIT_KEY, "H52.101", "tls", "unit");
    g_autoptr(LtRegistry) registry = make_registry(rows);
    gint64 now = day("2025-01-01");

    g_assert_true(lt_registry_key_is_registered(registry, UNIT_KEY, "H52.101", "sign", now, FALSE));
    g_assert_false(lt_registry_key_is_registered(registry, UNIT_KEY, "H52.102", "sign", now, TRUE));
    g_assert_false(lt_registry_key_is_registered(registry, UNIT_KEY, "H52.101", "sign", day("2019-12-31"), FALSE));
    g_assert_false(lt_registry_key_is_registered(registry, HUB_KEY, "H52.101", "sign", now, FALSE));
    g_assert_true(lt_registry_key_is_registered(registry, HUB_KEY, "H52.101", "sign", now, TRUE));
    g_assert_true(lt_registry_key_is_registered(registry, HUB_KEY, "G22.01", "sign", now, TRUE));
    g_assert_cmpstr(lt_registry_unit_of_key(registry, HUB_KEY, now, &is_hub), ==, "H52");
    g_assert_true(is_hub);
    g_assert_cmpstr(lt_registry_unit_of_key(registry, UNIT_KEY, now, &is_hub), ==, "H52.101");
    g_assert_false(is_hub);
    g_assert_null(lt_registry_unit_of_key(registry, UNIT_KEY, day("2025-07-01"), &is_hub));
    g_assert_null(lt_registry_unit_of_key(registry, "00", now, &is_hub));
}

/* Two hubs: the one nearer to a unit stands for it, the one further up does not. */
static void
test_nearest_hub(void)
{
    LtRegistryRows *rows = read_rows(reform);

    add_key(rows, HUB_KEY, "H52", "sign", "hub");
    add_key(rows, UNIT_KEY, "H52.116", "sign", "hub");
    g_autoptr(LtRegistry) registry = make_registry(rows);
    gint64 now = day("2025-01-01");

    g_assert_true(lt_registry_hub_stands_for(registry, "H52.116", "H52.101", now));
    g_assert_false(lt_registry_hub_stands_for(registry, "H52", "H52.101", now));
    g_assert_true(lt_registry_hub_stands_for(registry, "H52", "H52", now));
    g_assert_false(lt_registry_hub_stands_for(registry, "H52.101", "H52.101", now));
}

static void
test_tokens(void)
{
    LtRegistryRows *rows = read_rows(reform);
    LtTokenRow *row;
    const char *id;
    g_autofree char *token = lt_token_new("H52.101", day("2025-01-01"), day("2025-03-01"), &row);

    g_ptr_array_add(rows->tokens, row);
    g_autoptr(LtRegistry) registry = make_registry(rows);
    g_autofree char *other = g_strdup(token);
    other[strlen(other) - 1] = other[strlen(other) - 1] == '0' ? '1' : '0';
    g_assert_cmpstr(lt_registry_unit_of_token(registry, token, day("2025-02-01"), &id), ==, "H52.101");
    g_assert_cmpstr(id, ==, row->id);
    g_assert_null(strstr(row->hash, strchr(token, '.') + 1));
    g_assert_null(lt_registry_unit_of_token(registry, token, day("2025-03-01"), &id));
    g_assert_null(lt_registry_unit_of_token(registry, token, day("2024-12-31"), &id));
    g_assert_null(lt_registry_unit_of_token(registry, other, day("2025-02-01"), &id));
    g_assert_null(lt_registry_unit_of_token(registry, "", day("2025-02-01"), &id));
    g_assert_null(lt_registry_unit_of_token(registry, ".", day("2025-02-01"), &id));
}

static const struct {
    const char *name, *rows, *fault;
} bad_lists[] = {
    { "names-an-unknown-parent", "A,A,commune,X,2000-01-01,,,,,\n", "unit A: parent X is not in the list" },
    { "names-a-circle-of-parents", "B,B,commune,A,2000-01-01,,,,,\nA,A,commune,B,2000-01-01,,,,,\n", "unit A: is its own ancestor" },
    { "names-its-own-parent", "A,A,commune,A,2000-01-01,,,,,\n", "unit A: is its own ancestor" },
    { "names-an-unknown-successor", "A,A,commune,,2000-01-01,2001-01-01,,,X,\n", "unit A: successor X is not in the list" },
    { "names-a-unit-that-succeeds-itself", "A,A,commune,,2000-01-01,2001-01-01,,,A,\n", "unit A: cannot succeed itself" },
    { "names-a-circle-of-successors", "A,A,commune,,2000-01-01,2001-01-01,,,B,\nB,B,commune,,2000-01-01,2001-01-01,,,A,\n",
      "its successors lead back to a unit before" },
    { "names-facts-that-overlap", "A,A,commune,,2000-01-01,,,,,\nA,B,commune,,2010-01-01,,,,,\n", "unit A: what holds from 2000-01-01 does not end before 2010-01-01" },
    { "names-an-alias-of-two", "A,A,commune,,2000-01-01,,,Z,,\nB,B,commune,,2000-01-01,,,Z,,\n", "alias Z: of unit A and of unit B" },
    { "names-an-alias-that-is-an-id", "A,A,commune,,2000-01-01,,,B,,\nB,B,commune,,2000-01-01,,,,,\n", "alias B of unit A: is the id of a unit" },
    { "names-a-level-that-is-no-word", "A,A,Xã,,2000-01-01,,,,,\n", "unit A: level \"Xã\" is not a word such as commune" },
};

static void
test_bad_list(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    g_autofree char *text = g_strconcat(HEADER, bad_lists[index].rows, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistry) registry = lt_registry_new(read_rows(text), &error);

    g_assert_null(registry);
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_assert_nonnull(strstr(error->message, bad_lists[index].fault));
}

static void
test_all_faults(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistry) registry = lt_registry_new(read_rows(HEADER "A,A,commune,X,2000-01-01,,,,,\nB,B,commune,Y,2000-01-01,2001-01-01,,,Z,\n"), &error);

    g_assert_null(registry);
    g_assert_nonnull(strstr(error->message, "parent X"));
    g_assert_nonnull(strstr(error->message, "parent Y"));
    g_assert_nonnull(strstr(error->message, "successor Z"));
}

static void
test_put(void)
{
    g_autoptr(LtRegistryRows) rows = read_rows(reform);
    g_autoptr(LtRegistryRows) more = read_rows(HEADER "H52.103,Xã E đổi tên,commune,H52,2000-01-01,,,,,03700\nH52.300,Xã mới,commune,H52,2025-07-01,,,,,\n");
    guint before = rows->units->len;

    lt_registry_rows_put(rows, more);
    g_assert_cmpuint(rows->units->len, ==, before + 1);
    g_autoptr(LtRegistry) registry = make_registry(g_steal_pointer(&rows));
    g_assert_cmpstr(lt_unit_get_name(lt_registry_lookup(registry, "H52.103")), ==, "Xã E đổi tên");
    g_assert_cmpstr(lt_unit_get_parent(lt_registry_lookup(registry, "H52.103")), ==, "H52");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unit/reads-days-strictly", test_days);
    g_test_add_func("/unit/finds-the-receiver-at-a-date", test_receivers);
    g_test_add_func("/unit/follows-a-chain-of-successors", test_chain);
    g_test_add_func("/unit/has-a-name-and-a-parent-at-a-date", test_life);
    g_test_add_func("/unit/tells-successors-apart-by-procedure-and-area", test_areas);
    g_test_add_func("/unit/knows-its-predecessors", test_predecessors);
    g_test_add_func("/unit/knows-what-lies-within-what", test_within);
    g_test_add_func("/unit/finds-a-reused-code-by-its-date", test_codes);
    g_test_add_func("/unit/knows-whose-key-it-is", test_keys);
    g_test_add_func("/unit/lets-the-nearest-hub-stand-for-a-unit", test_nearest_hub);
    g_test_add_func("/unit/knows-whose-token-it-is", test_tokens);
    g_test_add_func("/unit/names-all-faults-at-once", test_all_faults);
    g_test_add_func("/unit/replaces-rows-with-the-same-key", test_put);
    for (guint i = 0; i < G_N_ELEMENTS(bad_lists); i++) {
        g_autofree char *path = g_strconcat("/unit/", bad_lists[i].name, NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_bad_list);
    }
    return g_test_run();
}
