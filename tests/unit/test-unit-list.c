/* SPDX-License-Identifier: Apache-2.0 */
/* test-unit-list.c: lists of units from files: the shapes, and each fault with its place. */
#include "registry/unit-list.h"

#include <string.h>

#include "registry/change.h"
#include "registry/day.h"

static const LtUnitListOptions coded = { .prefix = "H52.2025", .parent = "H52", .effective = "2025-07-01", .basis = "NQ 1681" };

static const struct {
    const char *name, *text, *fault;
    const LtUnitListOptions *options;
} bad[] = {
    { "names-an-unknown-header", "ten,ma\nA,1\n", "l.csv:1:1: the header line is of no known list", NULL },
    { "names-an-unknown-column", "id,name,level,valid_from,parrent\nA,A,commune,2000-01-01,\n", "l.csv:1:26: there is no column \"parrent\"", NULL },
    { "names-a-column-that-stands-twice", "id,name,level,valid_from,name\nA,A,commune,2000-01-01,A\n", "l.csv:1:26: column \"name\" stands there twice", NULL },
    { "names-a-bad-id", "id,name,level,valid_from\nA..B,A,commune,2000-01-01\n", "l.csv:2:1: id \"A..B\" is not an identifier", NULL },
    { "names-a-bad-day-counting-characters", "id,name,level,valid_from\nA,Xã Ế,commune,2000-02-30\n", "l.csv:2:16: valid_from \"2000-02-30\" is not a day", NULL },
    { "names-an-empty-field", "id,name,level,valid_from\nA,,commune,2000-01-01\n", "l.csv:2:3: name is empty", NULL },
    { "names-a-unit-that-stands-twice", "id,name,level,valid_from\nA,A,commune,2000-01-01\nA,A,commune,2000-01-01\n", "l.csv:3:1: unit A stands in line 2 already", NULL },
    { "names-crossed-dates", "id,name,level,valid_from,valid_to\nA,A,commune,2000-01-01,2000-01-01\n", "l.csv:2:24: valid_to 2000-01-01 is not after", NULL },
    { "names-a-successor-without-end", "id,name,level,valid_from,successors\nA,A,commune,2000-01-01,B\n", "l.csv:2:24: unit A has a successor but no valid_to", NULL },
    { "names-a-bad-successor", "id,name,level,valid_from,valid_to,successors\nA,A,commune,2000-01-01,2001-01-01,=B\n", "l.csv:2:35: successor \"=B\" is neither", NULL },
    { "names-a-short-line", "id,name,level,valid_from\nA,A,commune\n", "l.csv:2:1: 3 fields, but the header has 4", NULL },
    { "wants-dates-for-a-list-of-codes", "commune_code,commune\n03646,A\n", "(--effective YYYY-MM-DD)", NULL },
    { "wants-a-prefix-for-a-list-of-codes", "commune_code,commune\n03646,A\n", "(--prefix", NULL },
    { "names-a-bad-code", "commune_code,commune\n0364x,A\n", "l.csv:2:1: commune_code \"0364x\" is not an administrative code", &coded },
    { "names-a-code-that-stands-twice", "commune_code,commune\n03646,A\n03646,B\n", "l.csv:3:1: unit 03646 stands in line 2 already", &coded },
    { "wants-units-for-successors", "old_code,new_code\n03646,03646\n", "import these first", &coded },
};

static void
test_fault(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistryRows) rows = lt_unit_list_parse(bad[index].text, strlen(bad[index].text), "l.csv", bad[index].options, faults, &error);
    gboolean found = FALSE;

    g_assert_null(rows);
    g_assert_no_error(error);
    for (guint i = 0; i < faults->len; i++) {
        g_test_message("%s", (const char *) faults->pdata[i]);
        found = found || strstr(faults->pdata[i], bad[index].fault) != NULL;
    }
    g_assert_true(found);
}

static const struct {
    const char *name, *text, *reason, *place;
} unreadable[] = {
    { "refuses-what-is-not-utf8", "id,name\nA,\xff\n", "csv.utf8", "l.csv:2:3" },
    { "refuses-open-quotes", "id,name\nA,\"B\n", "csv.quote", "l.csv:2:3" },
    { "refuses-text-after-quotes", "id,name\n\"A\"x,B\n", "csv.quote", "l.csv:2:1" },
    { "refuses-an-empty-file", "\n\n", "csv.header", "l.csv:1:1" },
};

static void
test_unreadable(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRegistryRows) rows =
        lt_unit_list_parse(unreadable[index].text, strlen(unreadable[index].text), "l.csv", NULL, faults, &error);

    g_assert_null(rows);
    g_assert_error(error, LT_ERROR, LT_ERROR_INVALID);
    g_assert_cmpstr(lt_error_get_reason(error), ==, unreadable[index].reason);
    g_assert_nonnull(strstr(error->message, unreadable[index].place));
}

static LtRegistryRows *
parse(const char *text, const LtUnitListOptions *options)
{
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    LtRegistryRows *rows = lt_unit_list_parse(text, strlen(text), "l.csv", options, faults, &error);

    g_assert_no_error(error);
    for (guint i = 0; i < faults->len; i++)
        g_test_message("%s", (const char *) faults->pdata[i]);
    g_assert_nonnull(rows);
    return rows;
}

static void
test_own_form(void)
{
    g_autoptr(LtRegistryRows) rows = parse("\xef\xbb\xbf" "name,id,level,valid_from,valid_to,aliases,successors,basis\r\n"
                                           "\"Xã \"\"A\"\", mới\",A,commune,2000-01-01,2025-07-01,000.00.01.H52; 01.H52,B;1.001=C,NQ 1\r\n\r\n",
                                           NULL);
    const LtUnitRow *unit = rows->units->pdata[0];
    const LtSuccessorRow *general = rows->successors->pdata[0], *special = rows->successors->pdata[1];

    g_assert_cmpuint(rows->units->len, ==, 1);
    g_assert_cmpstr(unit->name, ==, "Xã \"A\", mới");
    g_assert_cmpuint(rows->aliases->len, ==, 2);
    g_assert_cmpstr(((const LtAliasRow *) rows->aliases->pdata[1])->alias, ==, "01.H52");
    g_assert_cmpstr(general->successor, ==, "B");
    g_assert_null(general->procedure);
    g_assert_cmpstr(special->procedure, ==, "1.001");
    g_assert_cmpstr(special->effective, ==, "2025-07-01");
    g_assert_cmpstr(special->basis, ==, "NQ 1");
}

static const char old_communes[] = "district_code,district,commune_code,commune\n"
                                   "116,Thành phố A,03646,Phường Chín\n116,Thành phố A,03649,Phường Tô\n118,Huyện B,03700,Xã Bé\n";
static const char new_communes[] = "commune_code,commune\n03646,Phường Tô\n03700,Xã Bé\n";
static const char merger[] = "old_code,old_name,old_district,new_code,new_name,note\n"
                             "03646,Phường Chín,A,03646,Phường Tô,\n03649,Phường Tô,A,03646,Phường Tô,\n03700,Xã Bé,B,03700,Xã Bé,\n";

/* Two generations and the table between them. Names moved from one code to another, so only code and date can tell. */
static LtRegistry *
import_generations(const char *old_text, const char *new_text, const char *table)
{
    LtUnitListOptions older = { .prefix = "H52.2024", .parent = "H52", .effective = "2000-01-01", .valid_to = "2025-07-01" };
    LtUnitListOptions newer = coded;
    g_autoptr(LtRegistryRows) rows = parse("id,name,level,valid_from\nH52,Tỉnh A,province,2000-01-01\n", NULL);
    g_autoptr(LtRegistryRows) olds = parse(old_text, &older);
    g_autoptr(LtRegistryRows) news = parse(new_text, &newer);
    g_autoptr(LtRegistryRows) copy = lt_registry_rows_new();
    g_autoptr(GError) error = NULL;

    lt_registry_rows_put(rows, olds);
    lt_registry_rows_put(rows, news);
    lt_registry_rows_put(copy, rows);
    g_autoptr(LtRegistry) known = lt_registry_new(g_steal_pointer(&copy), &error);
    g_assert_no_error(error);
    newer.registry = known;
    g_autoptr(LtRegistryRows) successors = parse(table, &newer);
    lt_registry_rows_put(rows, successors);
    LtRegistry *registry = lt_registry_new(g_steal_pointer(&rows), &error);
    g_assert_no_error(error);
    return registry;
}

static void
test_generations(void)
{
    g_autoptr(LtRegistry) registry = import_generations(old_communes, new_communes, merger);
    gint64 before, after;
    const char *basis;

    lt_day_read("2025-06-30", &before);
    lt_day_read("2025-07-02", &after);
    g_assert_cmpuint(lt_registry_get_n_units(registry), ==, 1 + 2 + 3 + 2);
    g_assert_cmpstr(lt_unit_get_id(lt_registry_receiver(registry, "H52.2024.03649", NULL, before, &basis, NULL)), ==, "H52.2024.03649");
    g_assert_cmpstr(lt_unit_get_id(lt_registry_receiver(registry, "H52.2024.03649", NULL, after, &basis, NULL)), ==, "H52.2025.03646");
    g_assert_cmpstr(basis, ==, "NQ 1681");
    g_assert_true(lt_registry_is_within(registry, "H52.2024.03649", "H52.2024.116", before));
}

static LtRegistry *
registry_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    LtRegistry *registry = lt_registry_new(parse(text, NULL), &error);

    g_assert_no_error(error);
    return registry;
}

static const char province[] = "id,admin_code,name,level,parent,valid_from,basis\nH52,14,Tỉnh A,province,,2000-01-01,\n"
                               "H52.116,116,Thành phố B,district,H52,2000-01-01,\nH52.03646,03646,Phường Chín,commune,H52.116,2000-01-01,QĐ 1\n"
                               "H52.03649,03649,Phường Tô,commune,H52.116,2000-01-01,\nH52.03700,03700,Xã Bé,commune,H52.116,2000-01-01,\n";

static LtRegistry *
change(const char *before, const char *text, LtUnitListOptions options)
{
    g_autoptr(LtRegistry) known = registry_of(before);
    g_autoptr(GError) error = NULL;

    options.registry = known;
    options.effective = "2025-07-01";
    options.basis = "NQ 1681";
    g_autoptr(LtRegistryRows) rows = parse(text, &options);
    lt_registry_complete(known, rows);
    LtRegistry *after = lt_registry_with(known, rows, &error);
    g_assert_no_error(error);
    return after;
}

static const char *
name_of_code(LtRegistry *registry, const char *code, const char *text)
{
    gboolean ambiguous;
    gint64 at_us = 0;

    lt_day_read(text, &at_us);
    const LtUnit *unit = lt_registry_find_code(registry, code, at_us, &ambiguous);
    g_assert_false(ambiguous);
    return unit != NULL ? lt_unit_get_name(unit) : NULL;
}

/* The table makes the units that begin; a code that goes to another unit gets another id, and the sole successor of its own name goes on. */
static void
test_take_over(void)
{
    g_autoptr(LtRegistry) after = change(province, merger, (LtUnitListOptions) { .prefix = "H52", .parent = "H52" });
    const LtUnit *going_on = lt_registry_lookup(after, "H52.03700");
    const char *basis;
    gint64 day = 0;

    lt_day_read("2025-07-01", &day);
    g_assert_cmpstr(name_of_code(after, "03646", "2025-06-30"), ==, "Phường Chín");
    g_assert_cmpstr(name_of_code(after, "03646", "2025-07-01"), ==, "Phường Tô");
    g_assert_null(name_of_code(after, "03649", "2025-07-01"));
    g_assert_cmpstr(lt_unit_get_id(lt_registry_receiver(after, "H52.03646", NULL, day, &basis, NULL)), ==, "H52.250701.03646");
    g_assert_cmpstr(lt_unit_get_id(lt_registry_receiver(after, "H52.03649", NULL, day, &basis, NULL)), ==, "H52.250701.03646");
    g_assert_cmpuint(lt_unit_get_life(going_on)->len, ==, 2);
    g_assert_cmpstr(lt_unit_get_parent(going_on), ==, "H52");
    g_assert_cmpstr(lt_unit_get_row(lt_registry_lookup_at(after, "H52.03646", 0))->basis, ==, "QĐ 1; NQ 1681");
}

/* A list of a level says nothing of who came after whom: the same code and name goes on, another name is another unit. */
static void
test_whole_level(void)
{
    g_autoptr(LtRegistry) after = change(province, new_communes, (LtUnitListOptions) { .prefix = "H52", .parent = "H52", .complete = TRUE });

    g_assert_cmpstr(name_of_code(after, "03646", "2025-06-30"), ==, "Phường Chín");
    g_assert_cmpstr(name_of_code(after, "03646", "2025-07-01"), ==, "Phường Tô");
    g_assert_null(name_of_code(after, "03649", "2025-07-01"));
    g_assert_null(name_of_code(after, "116", "2025-07-01"));
    g_assert_cmpstr(name_of_code(after, "14", "2025-07-01"), ==, "Tỉnh A");
    g_assert_cmpstr(lt_unit_get_id(lt_registry_lookup(after, "H52.03700")), ==, "H52.03700");
}

/* The hub's own form says what changes on a day: a new name, a new parent, an end, a beginning. */
static void
test_changes(void)
{
    g_autoptr(LtRegistry) after = change(province,
        "id,name,level,parent,admin_code,successors,aliases\nH52.03700,Xã Bé mới,,H52,,,000.01.H52\nH52.116,,,,,H52;1.001=H52.03700;area:TP=H52.9,\n"
        "H52.03646,,,H52,,,\nH52.03649,,,H52,,,\nH52.9,Xã Mới,commune,H52,09999,,\n", (LtUnitListOptions) { 0 });
    gint64 day = 0;

    lt_day_read("2025-07-01", &day);
    g_assert_cmpstr(name_of_code(after, "03700", "2025-06-30"), ==, "Xã Bé");
    g_assert_cmpstr(name_of_code(after, "03700", "2025-07-01"), ==, "Xã Bé mới");
    g_assert_cmpstr(lt_unit_get_id(lt_registry_lookup(after, "000.01.H52")), ==, "H52.03700");
    g_assert_false(lt_unit_is_valid(lt_registry_lookup(after, "H52.116"), day));
    g_assert_cmpuint(lt_unit_get_successors(lt_registry_lookup(after, "H52.116"))->len, ==, 3);
    g_assert_true(lt_registry_is_within(after, "H52.9", "H52", day));
}

/* As getAgenciesListQD20, getAgenciesList and getSynchronizeUnit answer. */
static void
test_axis(void)
{
    g_autoptr(LtRegistry) newer = change(province, "{\"status\":\"OK\",\"ErrorCode\":\"0\",\"data\":[{\"code\":\"H52.13\",\"code102\":\"000.00.13.H52\",\"name\":\"Sở Tư pháp\"},"
        "{\"code\":\"H52.13.05\",\"code102\":\"000.05.13.H52\",\"name\":\"Phòng Hộ tịch\",\"mail\":\"x\"},{\"code\":\"H52.116\",\"code102\":\"000.00.16.H52\",\"name\":\"Thành phố B\"}]}",
        (LtUnitListOptions) { .parent = "H52", .level = "department" });
    g_autoptr(LtRegistry) older = change(province, "[{\"code\":\"H52.14\",\"oldCode\":\"14.H52\",\"name\":\"Sở Nội vụ\"}]", (LtUnitListOptions) { .parent = "H52" });
    g_autoptr(LtRegistry) synchronised = change(province, "{\"data\":[{\"id\":7,\"code\":\"H52.15\",\"name\":\"Sở Y tế\",\"pid\":null,\"deleted\":false},"
        "{\"id\":8,\"code\":\"000.A\",\"name\":\"Chi cục\",\"pid\":7},{\"id\":9,\"code\":\"H52.99\",\"name\":\"Cũ\",\"pid\":7,\"deleted\":true}]}",
        (LtUnitListOptions) { .parent = "H52" });

    g_assert_cmpstr(lt_unit_get_id(lt_registry_lookup(newer, "000.00.13.H52")), ==, "H52.13");
    g_assert_cmpstr(lt_unit_get_parent(lt_registry_lookup(newer, "H52.13.05")), ==, "H52.13");
    g_assert_cmpstr(lt_unit_get_level(lt_registry_lookup(newer, "H52.13")), ==, "department");
    g_assert_cmpstr(lt_unit_get_level(lt_registry_lookup(newer, "000.00.16.H52")), ==, "district");
    g_assert_cmpstr(lt_unit_get_id(lt_registry_lookup(older, "14.H52")), ==, "H52.14");
    g_assert_cmpstr(lt_unit_get_parent(lt_registry_lookup(synchronised, "000.A")), ==, "H52.15");
    g_assert_null(lt_registry_lookup(synchronised, "H52.99"));
}

static void
test_export(void)
{
    g_autoptr(LtRegistry) after = change(province, merger, (LtUnitListOptions) { .prefix = "H52", .parent = "H52" });
    g_autofree char *written = lt_unit_list_write(after, 0);
    g_autoptr(LtRegistry) again = registry_of(written);
    g_autofree char *rewritten = lt_unit_list_write(again, 0);

    g_assert_cmpstr(written, ==, rewritten);
    g_assert_nonnull(strstr(written, "H52.03649,03649,Phường Tô,commune,H52.116,2000-01-01,2025-07-01,NQ 1681,,H52.250701.03646\n"));
}

/* The public lists of Sơn La: 12 districts and 200 communes, 75 after the reform, each old one with exactly one successor. */
static void
test_shared_lists(void)
{
    const char *source = g_getenv("LTHUB_SOURCE");
    g_autofree char *folder = g_build_filename(source != NULL ? source : ".", "..", "shared", "samples", "units", NULL);
    g_autofree char *old_path = g_build_filename(folder, "sonla-2025-03-12-districts-200-communes.csv", NULL);
    g_autofree char *new_path = g_build_filename(folder, "sonla-2025-07-75-communes.csv", NULL);
    g_autofree char *table_path = g_build_filename(folder, "sonla-commune-successors-2025-07-01.csv", NULL);
    g_autofree char *old_text = NULL, *new_text = NULL, *table = NULL;
    gint64 after;
    guint moved = 0;

    if (!g_file_get_contents(old_path, &old_text, NULL, NULL) || !g_file_get_contents(new_path, &new_text, NULL, NULL) ||
        !g_file_get_contents(table_path, &table, NULL, NULL)) {
        g_test_skip("SKIP samples: ../shared/samples/units not found; the self-made lists were used");
        return;
    }
    g_autoptr(LtRegistry) registry = import_generations(old_text, new_text, table);
    lt_day_read("2025-07-01", &after);
    g_assert_cmpuint(lt_registry_get_n_units(registry), ==, 1 + 12 + 200 + 75);
    for (guint i = 0; i < lt_registry_get_n_units(registry); i++) {
        const LtUnit *unit = lt_registry_get_unit(registry, i);
        const char *basis;

        if (!g_str_has_prefix(lt_unit_get_id(unit), "H52.2024.") || strcmp(lt_unit_get_level(unit), "commune") != 0)
            continue;
        g_assert_nonnull(lt_registry_receiver(registry, lt_unit_get_id(unit), NULL, after, &basis, NULL));
        moved++;
    }
    g_assert_cmpuint(moved, ==, 200);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unit-list/reads-the-hubs-own-form", test_own_form);
    g_test_add_func("/unit-list/joins-two-generations-by-code-and-date", test_generations);
    g_test_add_func("/unit-list/makes-the-successors-of-a-table", test_take_over);
    g_test_add_func("/unit-list/takes-a-list-of-a-whole-level", test_whole_level);
    g_test_add_func("/unit-list/says-what-changes-on-a-day", test_changes);
    g_test_add_func("/unit-list/reads-the-list-of-the-document-axis", test_axis);
    g_test_add_func("/unit-list/is-written-so-that-it-reads-back", test_export);
    g_test_add_func("/unit-list/reads-the-public-lists", test_shared_lists);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *path = g_strconcat("/unit-list/", bad[i].name, NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_fault);
    }
    for (guint i = 0; i < G_N_ELEMENTS(unreadable); i++) {
        g_autofree char *path = g_strconcat("/unit-list/", unreadable[i].name, NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_unreadable);
    }
    return g_test_run();
}
