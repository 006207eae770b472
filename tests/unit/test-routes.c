/* SPDX-License-Identifier: Apache-2.0 */
/* test-routes.c: the table says who may do what where, and a path finds its row or none. */
#include "http/routes.h"

#include <string.h>

#include "base/json.h"
#include "http/openapi.h"

typedef struct {
    const char *name;
    guint site;
    const char *method, *path;
    const char *operation;    /* NULL: no row */
    const char *params;       /* joined by | */
    const char *allow;        /* when only the method is wrong */
} Case;

static const Case cases[] = {
    { "an-envelope", LT_SITE_PEER, "POST", "/v1/envelopes", "postEnvelope", "", NULL },
    { "an-envelope-on-the-api-site", LT_SITE_API, "POST", "/v1/envelopes", "postEnvelope", "", NULL },
    { "no-envelope-on-the-admin-site", LT_SITE_ADMIN, "POST", "/v1/envelopes", NULL, "", NULL },
    { "an-envelope-by-name", LT_SITE_PEER, "GET", "/v1/envelopes/H52.101/x", "getEnvelope", "H52.101|x", NULL },
    { "the-wrong-method", LT_SITE_PEER, "DELETE", "/v1/envelopes", NULL, "", "POST" },
    { "an-acknowledgement", LT_SITE_API, "POST", "/v1/inbox/A/b/ack", "acknowledgeInbox", "A|b", NULL },
    { "a-segment-too-many", LT_SITE_API, "POST", "/v1/inbox/A/b/ack/c", NULL, "", NULL },
    { "a-segment-too-few", LT_SITE_API, "POST", "/v1/inbox/A/ack", NULL, "", NULL },
    { "an-empty-segment", LT_SITE_API, "GET", "/v1/receipts//b", NULL, "", NULL },
    { "a-slash-at-the-end", LT_SITE_PEER, "POST", "/v1/envelopes/", NULL, "", NULL },
    { "the-rest-of-a-path", LT_SITE_API, "POST", "/v1/endpoints/so-tu-phap/a/b", "callEndpoint", "so-tu-phap|/a/b", NULL },
    { "no-plugin-on-the-peer-site", LT_SITE_PEER, "POST", "/v1/endpoints/so-tu-phap/a", NULL, "", NULL },
    { "health-on-the-admin-site", LT_SITE_ADMIN, "GET", "/healthz", "live", "", NULL },
    { "no-health-on-the-peer-site", LT_SITE_PEER, "GET", "/healthz", NULL, "", NULL },
    { "no-figures-on-the-api-site", LT_SITE_API, "GET", "/metrics", NULL, "", NULL },
    { "no-operator-on-the-api-site", LT_SITE_API, "POST", "/v1/admin/reload", NULL, "", NULL },
    { "everything-on-a-demo's-port", LT_SITE_DEMO, "POST", "/v1/admin/reload", "reload", "", NULL },
    { "two-methods-on-one-path", LT_SITE_ADMIN, "PUT", "/v1/admin/units", NULL, "", "GET, POST" },
    { "nothing", LT_SITE_DEMO, "GET", "/", NULL, "", NULL },
    { "an-empty-path", LT_SITE_DEMO, "GET", "", NULL, "", NULL },
};

static void
finds(gconstpointer data)
{
    const Case *row = data;
    char *params[LT_ROUTE_MAX_PARAMS] = { NULL };
    g_autofree char *allow = NULL, *joined = NULL;
    const LtHttpRoute *route = lt_http_route_find(row->site, row->method, row->path, params, &allow);

    joined = g_strjoin("|", params[0] != NULL ? params[0] : "", params[1], params[2], NULL);
    g_assert_cmpstr(route != NULL ? route->operation : NULL, ==, row->operation);
    g_assert_cmpstr(joined, ==, row->params);
    g_assert_cmpstr(allow, ==, row->allow);
    for (guint i = 0; i < LT_ROUTE_MAX_PARAMS; i++)
        g_free(params[i]);
}

/* What the rows must have in common, so that a new one cannot be forgotten. */
static void
rows_keep_the_rules(void)
{
    gsize n;
    const LtHttpRoute *routes = lt_http_routes(&n);
    g_autoptr(GHashTable) operations = g_hash_table_new(g_str_hash, g_str_equal);

    for (gsize i = 0; i < n; i++) {
        const LtHttpRoute *route = &routes[i];

        g_test_message("%s %s", route->method, route->path);
        g_assert_true(g_hash_table_add(operations, (gpointer) route->operation));
        g_assert_nonnull(route->run);
        g_assert_cmpuint(strlen(route->vi), >, 3);
        g_assert_cmpuint(strlen(route->en), >, 3);
        g_assert_cmpuint(route->answers[0].status, !=, 0);
        /* Nobody reaches the operator's routes from the network, and no unit the routes of this machine. */
        g_assert_cmpint(route->sites == LT_SITE_ADMIN, ==, route->right != LT_RIGHT_UNIT);
        g_assert_true(g_str_has_prefix(route->path, "/v1/admin/") == (route->right == LT_RIGHT_OPERATOR));
        /* Only what is said in words may be changed by a method that says so. */
        g_assert_true(strcmp(route->method, "GET") != 0 || route->body == LT_BODY_NONE);
    }
}

static void
document_names_every_row(void)
{
    gsize n;
    const LtHttpRoute *routes = lt_http_routes(&n);
    g_autofree char *text = lt_openapi_write();
    g_autoptr(GError) error = NULL;

    g_assert_true(lt_json_scan(text, strlen(text), LT_JSON_CONFIG, NULL, NULL, NULL, NULL, &error));
    g_assert_no_error(error);
    for (gsize i = 0; i < n; i++) {
        g_autofree char *operation = g_strdup_printf("\"operationId\":\"%s\"", routes[i].operation);

        g_assert_nonnull(strstr(text, operation));
    }
}

/* Every shape that a row or another shape refers to is there. */
static void
document_has_no_loose_end(void)
{
    g_autofree char *text = lt_openapi_write();
    const char *prefix = "\"$ref\":\"#/components/schemas/";
    guint n_refs = 0;

    for (const char *ref = strstr(text, prefix); ref != NULL; ref = strstr(ref + 1, prefix)) {
        const char *name = ref + strlen(prefix);
        g_autofree char *definition = g_strdup_printf("\n\"%.*s\":{\"type\":\"object\"", (int) strcspn(name, "\""), name);

        g_test_message("%s", definition);
        g_assert_nonnull(strstr(text, definition));
        n_refs++;
    }
    g_assert_cmpuint(n_refs, >, 20);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/routes/finds/", cases[i].name, NULL);

        g_test_add_data_func(path, &cases[i], finds);
    }
    g_test_add_func("/routes/rows-keep-the-rules", rows_keep_the_rules);
    g_test_add_func("/routes/document-names-every-row", document_names_every_row);
    g_test_add_func("/routes/document-has-no-loose-end", document_has_no_loose_end);
    return g_test_run();
}
