/* SPDX-License-Identifier: Apache-2.0 */
#include "store/units.h"

#include "lib/store-lab.h"

#define SPKI "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void
add_unit(LtRegistryRows *rows, const char *id, const char *name)
{
    LtUnitRow *row = g_new0(LtUnitRow, 1);

    row->id = g_strdup(id);
    row->name = g_strdup(name);
    row->level = g_strdup("commune");
    row->valid_from = g_strdup("2025-07-01");
    g_ptr_array_add(rows->units, row);
}

static void
add_key(LtRegistryRows *rows, gint64 until_us)
{
    LtUnitKeyRow *row = g_new0(LtUnitKeyRow, 1);

    row->spki = g_strdup(SPKI);
    row->unit = g_strdup(LAB_COMMUNE);
    row->use = g_strdup("sign");
    row->role = g_strdup("unit");
    row->until_us = until_us;
    g_ptr_array_add(rows->keys, row);
}

static void
put(StoreLab *lab, const LtRegistryRows *rows)
{
    GError *error = NULL;

    lt_store_change_registry(lab->store, rows, "hub", LAB_HUB, &error);
    g_assert_no_error(error);
}

static LtRegistryRows *
load(StoreLab *lab)
{
    GError *error = NULL;
    LtRegistryRows *rows = lt_store_load_registry(lab->store, &error);

    g_assert_no_error(error);
    return rows;
}

static void
test_replaces_rows_of_the_same_key(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtRegistryRows) first = lt_registry_rows_new(), second = lt_registry_rows_new(), found = NULL;
    LtSuccessorRow *successor = g_new0(LtSuccessorRow, 1);
    LtAliasRow *alias = g_new0(LtAliasRow, 1);
    LtTokenRow *token = g_new0(LtTokenRow, 1);

    add_unit(first, LAB_COMMUNE, "UBND xã A");
    add_unit(first, LAB_DISTRICT, "UBND huyện B");
    successor->unit = g_strdup(LAB_DISTRICT);
    successor->successor = g_strdup(LAB_COMMUNE);
    successor->effective = g_strdup("2025-07-01");
    successor->basis = g_strdup("Nghị quyết 1681");
    g_ptr_array_add(first->successors, successor);
    alias->unit = g_strdup(LAB_COMMUNE);
    alias->alias = g_strdup("000.00.14.H52");
    g_ptr_array_add(first->aliases, alias);
    token->id = g_strdup(SPKI);
    token->hash = g_strdup(SPKI);
    token->unit = g_strdup(LAB_COMMUNE);
    g_ptr_array_add(first->tokens, token);
    put(lab, first);
    add_unit(second, LAB_COMMUNE, "UBND xã A mới");
    put(lab, second);
    store_lab_reopen(lab);
    found = load(lab);
    g_assert_cmpuint(found->units->len, ==, 2);
    g_assert_cmpstr(((LtUnitRow *) found->units->pdata[0])->name, ==, "UBND xã A mới");
    g_assert_null(((LtUnitRow *) found->units->pdata[0])->valid_to);
    g_assert_cmpuint(found->successors->len, ==, 1);
    g_assert_null(((LtSuccessorRow *) found->successors->pdata[0])->procedure);
    g_assert_cmpstr(((LtSuccessorRow *) found->successors->pdata[0])->basis, ==, "Nghị quyết 1681");
    g_assert_cmpuint(found->aliases->len, ==, 1);
    g_assert_cmpuint(found->tokens->len, ==, 1);
    g_assert_cmpuint(store_lab_count(lab, "cfg.changed"), ==, 3); /* one for each legal basis of the first, one of the second */
    store_lab_assert_sound(lab);
}

static void
test_records_keys(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtRegistryRows) open = lt_registry_rows_new(), ended = lt_registry_rows_new(), found = NULL;

    add_key(open, 0);
    put(lab, open);
    put(lab, open); /* nothing new about the key */
    g_assert_cmpuint(store_lab_count(lab, "key.added"), ==, 1);
    add_key(ended, 1000000);
    put(lab, ended);
    g_assert_cmpuint(store_lab_count(lab, "key.retired"), ==, 1);
    found = load(lab);
    g_assert_cmpuint(found->keys->len, ==, 1);
    g_assert_cmpint(((LtUnitKeyRow *) found->keys->pdata[0])->until_us, ==, 1000000);
    store_lab_assert_sound(lab);
}

/* More names than one entry of the log takes. */
static void
test_records_a_whole_province(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();

    for (guint i = 0; i < 204; i++) {
        g_autofree char *id = g_strdup_printf("H52.%u", i + 1);

        add_unit(rows, id, "UBND xã");
    }
    put(lab, rows);
    g_assert_cmpuint(store_lab_count(lab, "cfg.changed"), ==, 4);
    store_lab_assert_sound(lab);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/units/replaces-rows-of-the-same-key", test_replaces_rows_of_the_same_key);
    g_test_add_func("/units/records-keys-added-and-retired", test_records_keys);
    g_test_add_func("/units/records-a-whole-province", test_records_a_whole_province);
    return g_test_run();
}
