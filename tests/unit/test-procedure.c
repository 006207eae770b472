/* SPDX-License-Identifier: Apache-2.0 */
/* test-procedure.c: procedures at a date: lists and their faults, versions, mergers, and what a catalogue lets in. */
#include "registry/procedure-list.h"

#include <string.h>

#include "registry/day.h"
#include "registry/procedure.h"
#include "registry/unit-list.h"

#define HEADER "code,name,field,level,time,valid_from,valid_to,publisher,cutoff,merged,basis,parts,fees,steps\n"

static const char sample[] = HEADER
    "1.001,Đăng ký khai sinh,TU_PHAP,commune,8h,2018-01-01,,H52,15:00,,QĐ 1,TK|Tờ khai|1|M1; GCS|Giấy chứng sinh,LP|Lệ phí|5000,"
    "Tiếp nhận|commune|Công chức một cửa|12.5%;Thẩm tra|commune|Công chức tư pháp|75;Ký|commune|Chủ tịch|12.5%\n"
    "1.001,Đăng ký khai sinh,TU_PHAP,commune,4h,2025-07-01,,H52,15:00,,QĐ 2,,,\n"
    "1.002,Đăng ký lại khai sinh,TU_PHAP,commune,5d,2018-01-01,2025-07-01,H52,,1.001,QĐ 1,,,\n"
    "2.000,\"Cấp phép \"\"A\"\", B\",CONG_THUONG,province,90m,2018-01-01,,H52,,,,,,\n";

static gint64
day(const char *text)
{
    gint64 at_us = 0;

    g_assert_true(lt_day_read(text, &at_us));
    return at_us;
}

static GPtrArray *
parse(const char *text, const LtProcedureListOptions *options)
{
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    GPtrArray *rows = lt_procedure_list_parse(text, strlen(text), "p.csv", options, faults, &error);

    g_assert_no_error(error);
    for (guint i = 0; i < faults->len; i++)
        g_test_message("%s", (const char *) faults->pdata[i]);
    g_assert_nonnull(rows);
    return rows;
}

static LtCatalogue *
make(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rows = parse(text, NULL);
    lt_catalogue_complete(NULL, rows);
    LtCatalogue *catalogue = lt_catalogue_new(g_steal_pointer(&rows), &error);

    g_assert_no_error(error);
    return catalogue;
}

static void
test_versions(void)
{
    g_autoptr(LtCatalogue) catalogue = make(sample);
    const LtProcedureRow *old = lt_catalogue_find(catalogue, "1.001", day("2025-06-30"));
    const LtProcedureRow *now = lt_catalogue_find(catalogue, "1.001", day("2025-07-01"));
    const LtProcedureItem *step = old->items->pdata[3];

    g_assert_cmpint(old->minutes, ==, 480);
    g_assert_cmpint(now->minutes, ==, 240);
    g_assert_cmpuint(old->items->len, ==, 6);
    g_assert_cmpstr(((LtProcedureItem *) old->items->pdata[0])->role, ==, "M1");
    g_assert_cmpint(((LtProcedureItem *) old->items->pdata[1])->value, ==, 1);
    g_assert_cmpint(((LtProcedureItem *) old->items->pdata[2])->value, ==, 5000);
    g_assert_cmpstr(step->name, ==, "Tiếp nhận");
    g_assert_cmpstr(step->role, ==, "Công chức một cửa");
    g_assert_cmpint(step->value, ==, 125);
    g_assert_null(lt_catalogue_find(catalogue, "1.002", day("2025-07-01")));
    g_assert_null(lt_catalogue_find(catalogue, "1.001", day("2017-12-31")));
    g_assert_cmpuint(lt_catalogue_history(catalogue, "1.001")->len, ==, 2);
    g_assert_true(lt_catalogue_find_version(catalogue, "1.001", "2018-01-01") == old);
    g_assert_cmpint(lt_catalogue_find(catalogue, "1.002", day("2018-01-01"))->minutes, ==, 5 * 480);
}

static void
test_round_trip(void)
{
    g_autoptr(GPtrArray) rows = parse(sample, NULL);
    g_autofree char *written = lt_procedure_list_write(rows);
    g_autoptr(GPtrArray) again = parse(written, NULL);
    g_autofree char *rewritten = lt_procedure_list_write(again);

    g_assert_cmpstr(written, ==, rewritten);
    g_assert_cmpstr(((LtProcedureRow *) again->pdata[3])->name, ==, "Cấp phép \"A\", B");
}

static void
test_json(void)
{
    g_autoptr(GPtrArray) rows = parse(
        "{\"procedures\": [\n {\"code\":\"1.001\",\"name\":\"Khai sinh\",\"field\":\"TU_PHAP\",\"level\":\"commune\",\"time\":\"3d\",\"publisher\":\"H52\","
        "\"valid_from\":\"2018-01-01\",\"parts\":[{\"code\":\"TK\",\"name\":\"Tờ khai\",\"copies\":2}],"
        "\"steps\":[{\"name\":\"Ký\",\"role\":\"Chủ tịch\",\"share\":\"100%\"}]}]}", NULL);
    const LtProcedureRow *row = rows->pdata[0];

    g_assert_cmpint(row->minutes, ==, 1440);
    g_assert_cmpint(((LtProcedureItem *) row->items->pdata[0])->value, ==, 2);
    g_assert_cmpint(((LtProcedureItem *) row->items->pdata[1])->value, ==, 1000);
}

/* As a portal's look-up answers: names of its own, and what the hub needs besides comes from the options. */
static void
test_portal(void)
{
    const LtProcedureListOptions options = { .publisher = "H52", .valid_from = "2026-01-01", .level = "commune", .time = "3d", .day_minutes = 450 };
    g_autoptr(GPtrArray) rows = parse("{\"error_code\":0,\"result\":[{\"MaTTHC\":\"1.001\",\"TenTTHC\":\"Khai sinh\",\"MaLinhVuc\":\"G01-LV01\","
                                      "\"CoQuan\":\"x\"}]}", &options);
    const LtProcedureRow *row = rows->pdata[0];

    g_assert_cmpstr(row->field, ==, "G01-LV01");
    g_assert_cmpint(row->minutes, ==, 1350);
    g_assert_cmpstr(row->valid_from, ==, "2026-01-01");
}

static const struct {
    const char *name, *text, *fault;
} bad[] = {
    { "names-an-unknown-column", "code,name,fild\n1,A,B\n", "p.csv:1:11: there is no column \"fild\"" },
    { "names-an-empty-field", HEADER "1.001,,A,commune,1d,2018-01-01,,H52,,,,,,\n", "p.csv:2:1: name is empty" },
    { "names-a-bad-time", HEADER "1.001,A,A,commune,1w,2018-01-01,,H52,,,,,,\n", "p.csv:2:19: time \"1w\" is not written like 3d, 24h or 90m" },
    { "names-a-bad-day", HEADER "1.001,A,A,commune,1d,2018-02-30,,H52,,,,,,\n", "p.csv:2:22: valid_from \"2018-02-30\" is not a day" },
    { "names-a-bad-share", HEADER "1.001,A,A,commune,1d,2018-01-01,,H52,,,,,,A|commune|B|half\n", "steps: \"half\" is not a number" },
    { "names-a-fee-without-amount", HEADER "1.001,A,A,commune,1d,2018-01-01,,H52,,,,,LP|Lệ phí,\n", "fees: a fee has no amount" },
    { "names-a-version-that-stands-twice", HEADER "1.001,A,A,commune,1d,2018-01-01,,H52,,,,,,\n1.001,B,A,commune,1d,2018-01-01,,H52,,,,,,\n",
      "p.csv:3:1: procedure 1.001 from 2018-01-01 stands in the list twice" },
    { "names-a-list-out-of-place-in-json", "[{\"code\":[1]}]", "p.csv:1:11: an object belongs here" },
};

static void
test_fault(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) rows = lt_procedure_list_parse(bad[index].text, strlen(bad[index].text), "p.csv", NULL, faults, &error);
    gboolean found = error != NULL && strstr(error->message, bad[index].fault) != NULL;

    g_assert_null(rows);
    for (guint i = 0; i < faults->len; i++) {
        g_test_message("%s", (const char *) faults->pdata[i]);
        found = found || strstr(faults->pdata[i], bad[index].fault) != NULL;
    }
    if (error != NULL)
        g_test_message("%s", error->message);
    g_assert_true(found);
}

static const struct {
    const char *name, *rows, *fault;
} unfit[] = {
    { "names-versions-that-overlap", "1.001,A,A,commune,1d,2018-01-01,2026-01-01,H52,,,,,,\n1.001,A,A,commune,1d,2025-01-01,,H52,,,,,,\n", "does not end before 2025-01-01" },
    { "names-shares-that-are-not-the-whole", "1.001,A,A,commune,1d,2018-01-01,,H52,,,,,,A|commune|B|99.9\n", "make 99.9 %, not 100 %" },
    { "names-a-merger-into-nothing", "1.001,A,A,commune,1d,2018-01-01,2025-01-01,H52,,9.999,,,,\n", "merged into 9.999, which is not in the catalogue" },
    { "names-mergers-in-a-circle", "1.001,A,A,commune,1d,2018-01-01,2025-01-01,H52,,1.002,,,,\n1.002,A,A,commune,1d,2018-01-01,2025-01-01,H52,,1.001,,,,\n",
      "lead back to itself" },
    { "names-a-bad-cutoff", "1.001,A,A,commune,1d,2018-01-01,,H52,25:00,,,,,\n", "cutoff \"25:00\" is not a time" },
    { "names-a-field-that-is-no-word", "1.001,A,Tư pháp,commune,1d,2018-01-01,,H52,,,,,,\n", "field \"Tư pháp\" is not a word" },
};

static void
test_unfit(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    g_autofree char *text = g_strconcat(HEADER, unfit[index].rows, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtCatalogue) catalogue = lt_catalogue_new(parse(text, NULL), &error);

    g_assert_null(catalogue);
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, unfit[index].fault));
}

static LtRegistry *
units(void)
{
    static const char text[] = "id,name,level,parent,valid_from\nH52,Tỉnh,province,,2000-01-01\nH52.1,Xã,commune,H52,2000-01-01\nH14.1,Xã,commune,,2000-01-01\n";
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    LtRegistry *registry = lt_registry_new(lt_unit_list_parse(text, strlen(text), "u.csv", NULL, faults, &error), &error);

    g_assert_no_error(error);
    return registry;
}

static void
test_admit(void)
{
    static const struct {
        const char *unit, *code, *day, *version, *refusal;
    } rows[] = {
        { "H52.1", "1.001", "2025-06-30", "2018-01-01", NULL },
        { "H52.1", "1.001", "2025-07-01", "2025-07-01", NULL },
        { "H52.1", "9.999", "2025-07-01", NULL, "procedure 9.999 is not in the catalogue that H52 has published" },
        { "H52.1", "1.002", "2025-07-01", NULL, "procedure 1.002 was merged into 1.001 on 2025-07-01" },
        { "H52.1", "1.001", "2017-01-01", NULL, "is published by H52 from 2018-01-01 on, not on 2017-01-01" },
        { "H14.1", "9.999", "2025-07-01", NULL, NULL }, /* another province: not bound */
    };
    g_autoptr(LtCatalogue) catalogue = make(sample);
    g_autoptr(LtCatalogue) empty = lt_catalogue_new(lt_procedure_rows_new(), NULL);
    g_autoptr(LtRegistry) registry = units();

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        const LtProcedureRow *version = NULL;
        gboolean taken = lt_catalogue_admit(catalogue, registry, rows[i].unit, rows[i].code, day("2026-01-01"), day(rows[i].day), &version, &error);

        g_assert_true(taken == (rows[i].refusal == NULL));
        g_assert_cmpstr(version != NULL ? version->valid_from : NULL, ==, rows[i].version);
        if (!taken) {
            g_assert_error(error, LT_ERROR, LT_ERROR_FORBIDDEN);
            g_assert_cmpstr(lt_error_get_reason(error), ==, "env.policy.procedure");
            g_assert_nonnull(strstr(error->message, rows[i].refusal));
        }
        g_assert_true(lt_catalogue_admit(empty, registry, rows[i].unit, rows[i].code, day("2026-01-01"), day(rows[i].day), &version, NULL));
        g_assert_null(version);
    }
}

static void
test_complete(void)
{
    g_autoptr(LtCatalogue) catalogue = make(sample);
    g_autoptr(GPtrArray) rows = parse(HEADER "2.000,Mới,CONG_THUONG,province,1d,2026-01-01,,H52,,,,,,\n1.001,Cũ,TU_PHAP,commune,1d,2010-01-01,,H52,,,,,,\n", NULL);
    g_autoptr(GError) error = NULL;

    lt_catalogue_complete(catalogue, rows);
    g_assert_cmpuint(rows->len, ==, 3);
    g_autoptr(LtCatalogue) after = lt_catalogue_with(catalogue, rows, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(lt_catalogue_find(after, "2.000", day("2025-12-31"))->valid_to, ==, "2026-01-01");
    g_assert_cmpstr(lt_catalogue_find(after, "1.001", day("2010-01-01"))->valid_to, ==, "2018-01-01");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/procedure/has-versions-with-parts-fees-and-steps", test_versions);
    g_test_add_func("/procedure/is-written-so-that-it-reads-back", test_round_trip);
    g_test_add_func("/procedure/reads-json", test_json);
    g_test_add_func("/procedure/reads-what-a-portal-answers", test_portal);
    g_test_add_func("/procedure/is-taken-in-when-published-at-receipt", test_admit);
    g_test_add_func("/procedure/ends-a-version-when-the-next-begins", test_complete);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *path = g_strconcat("/procedure/", bad[i].name, NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_fault);
    }
    for (guint i = 0; i < G_N_ELEMENTS(unfit); i++) {
        g_autofree char *path = g_strconcat("/procedure/", unfit[i].name, NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_unfit);
    }
    return g_test_run();
}
