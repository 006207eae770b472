/* SPDX-License-Identifier: Apache-2.0 */
/* test-plan.c: routes that match, plans with every fault named, and what a new plan takes over from the old. */
#include "routing/plan.h"

#include <string.h>

#include "registry/unit-list.h"

#define ENDPOINTS "[endpoint a]\nplugin=x\nunits=H52.101\n[endpoint b]\nplugin=x\n"

static LtRegistry *
make_registry(void)
{
    static const char text[] = "id,name,level,parent,valid_from\nH52,P,province,,2000-01-01\nH52.101,C,commune,H52,2000-01-01\n"
                               "H52.102,D,commune,H52,2000-01-01\nH52.08,S,department,H52,2000-01-01\n";
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    LtRegistryRows *rows = lt_unit_list_parse(text, sizeof text - 1, "u.csv", NULL, faults, NULL);
    LtRegistry *registry = rows != NULL ? lt_registry_new(rows, NULL) : NULL;

    g_assert_nonnull(registry);
    return registry;
}

static LtPlan *
load(LtRegistry *registry, const char *text, LtPlan *previous, LtFaults *faults)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = lt_settings_parse(text, "p.conf", &error);
    LtEndpointShared shared = { NULL, NULL };

    g_assert_no_error(error);
    return lt_plan_load(settings, registry, &shared, 7, previous, faults);
}

static LtPlan *
load_well(LtRegistry *registry, const char *text)
{
    g_autoptr(LtFaults) faults = lt_faults_new();
    LtPlan *plan = load(registry, text, NULL, faults);

    for (guint i = 0; i < faults->len; i++)
        g_test_message("%s", (const char *) faults->pdata[i]);
    g_assert_nonnull(plan);
    return plan;
}

static void
test_routes(void)
{
    static const char text[] = ENDPOINTS
        "[route land]\nkind=dossier.*\nprocedure=1.*\nfrom=level:commune\nto=H52.08\nendpoints=b\n"
        "[route own]\nto=H52.1*\nendpoints=@unit\n"
        "[route status]\nkind=dossier.status;dossier.result\nto=level:commune;H52.08\nendpoints=b;inbox\n"
        "[route province]\nto=H52\nendpoints=inbox\n";
    static const struct {
        const char *type, *procedure, *from, *to, *endpoints /* NULL: not served */, *route;
    } rows[] = {
        { "dossier.submit", "1.001", "H52.101", "H52.08", "b", "land" },
        { "dossier.submit", "2.001", "H52.101", "H52.08", NULL, NULL },
        { "dossier.submit", NULL, "H52.101", "H52.08", NULL, NULL },
        { "dossier.submit", "1.001", "H52", "H52.08", NULL, NULL },
        { "dossier.submit", NULL, "H52", "H52.101", "a", "own" },
        { "dossier.submit", NULL, "H52", "H52.102", NULL, NULL }, /* @unit stands for nobody: the route steps aside */
        { "dossier.status", NULL, "H52", "H52.102", "b;inbox", "status" },
        { "dossier.status", "9", "H52", "H52.08", "b;inbox", "status" },
        { "dossier.submit", "1.001", "H52.08", "H52", "inbox", "province" },
    };
    g_autoptr(LtRegistry) registry = make_registry();
    g_autoptr(LtPlan) plan = load_well(registry, text);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        const LtUnit *from = lt_registry_lookup(registry, rows[i].from), *to = lt_registry_lookup(registry, rows[i].to);
        const char *route = NULL;
        g_auto(GStrv) endpoints = lt_plan_route(plan, rows[i].type, rows[i].procedure, from, to, &route, &error);
        g_autofree char *joined = endpoints != NULL ? g_strjoinv(";", endpoints) : NULL;

        g_test_message("row %u", i);
        g_assert_cmpstr(joined, ==, rows[i].endpoints);
        g_assert_cmpstr(route, ==, rows[i].route);
        if (endpoints == NULL)
            g_assert_cmpstr(lt_error_get_reason(error), ==, "env.to.not-served");
    }
    g_assert_true(lt_plan_serves(plan, "dossier.submit", lt_registry_lookup(registry, "H52.08")));
    g_assert_false(lt_plan_serves(plan, "dossier.submit", lt_registry_lookup(registry, "H52.102")));
}

static void
test_unit_once(void)
{
    g_autoptr(LtRegistry) registry = make_registry();
    g_autoptr(LtPlan) plan = load_well(registry, ENDPOINTS "[route r]\nendpoints=a;@unit;b\n");
    g_auto(GStrv) endpoints = lt_plan_route(plan, "dossier.submit", NULL, lt_registry_lookup(registry, "H52"), lt_registry_lookup(registry, "H52.101"), NULL, NULL);
    g_autofree char *joined = g_strjoinv(";", endpoints);

    g_assert_cmpstr(joined, ==, "a;b");
}

static const struct {
    const char *name, *text, *fault;
} bad[] = {
    { "names-an-endpoint-that-is-not-there", "[route r]\nendpoints=nobody\n", "there is no [endpoint nobody]" },
    { "names-a-route-without-a-name", "[route]\nendpoints=inbox\n", "a route needs a name" },
    { "names-an-endpoint-without-a-name", "[endpoint]\nplugin=x\n", "an endpoint needs a name" },
    { "names-an-endpoint-called-inbox", "[endpoint inbox]\nplugin=x\n", "this name is built in" },
    { "names-a-kind-that-does-not-exist", "[route r]\nkind=dossier.submitt\nendpoints=inbox\n", "\"dossier.submitt\" is no message type" },
    { "names-a-kind-that-is-never-routed", "[route r]\nkind=receipt\nendpoints=inbox\n", "\"receipt\" ends at the hub" },
    { "names-a-star-in-the-middle", "[route r]\nfrom=H5*2\nendpoints=inbox\n", "\"H5*2\": a * may stand only at the end" },
    { "names-a-level-of-a-procedure", "[route r]\nprocedure=level:commune\nendpoints=inbox\n", "levels are whole words" },
    { "names-a-level-with-a-star", "[route r]\nto=level:com*\nendpoints=inbox\n", "levels are whole words" },
    { "names-an-endpoint-that-stands-twice", ENDPOINTS "[route r]\nendpoints=b;a;b\n", "\"b\" stands there twice" },
    { "names-what-an-endpoint-says", "[endpoint e]\nbroken=no such plugin\n", "[endpoint e] broken: no such plugin" },
    { "names-missing-keys", "[route r]\nkind=*\n", "needs 'endpoints'" },
    { "names-unknown-keys", "[route r]\nendpoint=a\n", "has no key 'endpoint'; did you mean 'endpoints'?" },
};

static void
test_fault(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    g_autoptr(LtRegistry) registry = make_registry();
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(LtPlan) plan = load(registry, bad[index].text, NULL, faults);
    gboolean found = FALSE;

    g_assert_null(plan);
    for (guint i = 0; i < faults->len; i++) {
        g_test_message("%s", (const char *) faults->pdata[i]);
        found = found || (strstr(faults->pdata[i], bad[index].fault) != NULL && !g_str_has_prefix(faults->pdata[i], "warning: "));
    }
    g_assert_true(found);
}

static const struct {
    const char *name, *text, *warning; /* NULL: none at all */
} odd[] = {
    { "of-a-route-behind-one-that-takes-all", "[route r]\nendpoints=inbox\n[route s]\nto=H52\nendpoints=inbox\n", "[route s] is never reached: [route r]" },
    { "of-a-route-behind-a-prefix", "[route r]\nto=H52.1*\nendpoints=inbox\n[route s]\nkind=dossier.submit\nto=H52.10*;H52.101\nendpoints=inbox\n",
      "[route s] is never reached" },
    { "not-of-a-route-behind-one-that-steps-aside", ENDPOINTS "[route q]\nto=H52.101\nendpoints=b\n[route r]\nendpoints=@unit\n[route s]\nendpoints=inbox\n", NULL },
    { "of-an-endpoint-that-nobody-uses", "[endpoint a]\nplugin=x\n", "[endpoint a] is used by no route" },
    { "not-of-an-endpoint-that-collects", "[endpoint a]\nplugin=x\ncollect_every=1000\n", NULL },
    { "of-units-that-nobody-knows", "[endpoint a]\nplugin=x\nunits=H53\n[route r]\nendpoints=a\n", "no unit known is \"H53\"" },
    { "of-a-sender-that-nobody-knows", "[route r]\nfrom=H53*\nendpoints=inbox\n", "from: no unit known is \"H53*\"" },
    { "of-a-level-that-nobody-has", "[route r]\nto=level:district\nendpoints=inbox\n", "to: no unit known is \"level:district\"" },
};

static void
test_warning(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    g_autoptr(LtRegistry) registry = make_registry();
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(LtPlan) plan = load(registry, odd[index].text, NULL, faults);
    gboolean found = FALSE;

    g_assert_nonnull(plan);
    for (guint i = 0; i < faults->len; i++) {
        g_test_message("%s", (const char *) faults->pdata[i]);
        found = found || (odd[index].warning != NULL && strstr(faults->pdata[i], odd[index].warning) != NULL);
    }
    g_assert_true(odd[index].warning != NULL ? found : faults->len == 0);
}

static void
test_all_faults(void)
{
    g_autoptr(LtRegistry) registry = make_registry();
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(LtPlan) plan = load(registry, "[endpoint e]\nbroken=1\n[route r]\nendpoints=e;nobody\n[route s]\nkind=x\nendpoints=inbox\n", NULL, faults);

    g_assert_null(plan);
    g_assert_cmpuint(faults->len, ==, 3); /* e is named once, for what is wrong with it, and not as unknown */
}

static void
test_taken_over(void)
{
    g_autoptr(LtRegistry) registry = make_registry();
    g_autoptr(LtPlan) first = load_well(registry, ENDPOINTS "[route r]\nendpoints=a;b\n");
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(LtPlan) second = load(registry, "[endpoint b]\nplugin=y\n[endpoint a]\nunits=H52.101\nplugin=x\n[route r]\nendpoints=a;b\n", first, faults);

    g_assert_nonnull(second);
    g_assert_true(lt_plan_lookup_endpoint(first, "a") == lt_plan_lookup_endpoint(second, "a"));
    g_assert_true(lt_plan_lookup_endpoint(first, "b") != lt_plan_lookup_endpoint(second, "b"));
    g_assert_cmpuint(lt_plan_get_n_endpoints(second), ==, 2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/takes-the-first-route-that-matches", test_routes);
    g_test_add_func("/plan/gives-a-unit-its-endpoint-once", test_unit_once);
    g_test_add_func("/plan/names-all-faults-at-once", test_all_faults);
    g_test_add_func("/plan/takes-over-endpoints-that-did-not-change", test_taken_over);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *path = g_strconcat("/plan/", bad[i].name, NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_fault);
    }
    for (guint i = 0; i < G_N_ELEMENTS(odd); i++) {
        g_autofree char *path = g_strconcat("/plan/warns-", odd[i].name, NULL);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_warning);
    }
    return g_test_run();
}
