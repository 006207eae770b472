/* SPDX-License-Identifier: Apache-2.0 */
/* openapi.c: prints routes.c as an OpenAPI 3.1 document. What the table knows is not written twice; only the shapes of JSON answers stand here. */
#include "http/openapi.h"

#include <string.h>

#include "base/json.h"
#include "http/problem.h"
#include "http/routes.h"

typedef struct {
    const char *name;
    const char *schema; /* JSON */
} Shape;

#define OBJECT(required, members) "{\"type\":\"object\",\"required\":[" required "],\"properties\":{" members "}}"
#define TEXT(name) "\"" name "\":{\"type\":\"string\"}"
#define NUMBER(name) "\"" name "\":{\"type\":\"integer\"}"
#define TIME(name) "\"" name "\":{\"type\":\"string\",\"format\":\"date-time\"}"
#define LIST(name, of) "\"" name "\":{\"type\":\"array\",\"items\":" of "}"
#define REF(shape) "{\"$ref\":\"#/components/schemas/" shape "\"}"
#define PAGE(of) OBJECT("\"items\"", LIST("items", of) "," TEXT("next"))

static const Shape shapes[] = {
    { "Backup", OBJECT("\"size\",\"root\",\"sha\"", TEXT("size") "," TEXT("root") "," TEXT("sha")) },
    { "Changed", OBJECT("\"rows\"", NUMBER("rows")) },
    { "Deliveries", PAGE(REF("Delivery")) },
    { "Delivery",
      OBJECT("\"delivery\",\"message\",\"from\",\"to\",\"type\",\"endpoint\",\"state\"",
             NUMBER("delivery") "," TEXT("message") "," TEXT("from") "," TEXT("to") "," TEXT("receiver") "," TEXT("type") "," TEXT("dossier") "," TEXT("code") ","
             TEXT("endpoint") "," TEXT("state") "," NUMBER("plan") "," NUMBER("attempts") "," TIME("created") "," TIME("changed") "," TIME("not_before") "," TEXT("reason") ","
             TEXT("cause") "," TEXT("text") "," TEXT("fix_vi") "," TEXT("fix_en")) },
    { "Dossier",
      OBJECT("\"reference\",\"events\"",
             TEXT("reference") "," TEXT("code") "," TEXT("procedure") "," TEXT("origin") "," TEXT("holder") "," TEXT("state") "," TIME("created") "," TIME("changed") ","
             NUMBER("messages") "," LIST("events", REF("DossierEvent"))) },
    { "DossierEvent", OBJECT("\"at\",\"event\"", TIME("at") "," TEXT("event") "," TEXT("id") "," TEXT("type") "," TEXT("from") "," TEXT("to") "," TEXT("endpoint") ","
                             TEXT("detail") "," NUMBER("index")) },
    { "Dossiers", PAGE(REF("Dossier")) },
    { "Endpoint",
      OBJECT("\"endpoint\",\"breaker\"",
             TEXT("endpoint") "," TEXT("plugin") "," TEXT("breaker") "," NUMBER("in_flight") "," NUMBER("queued") "," NUMBER("stuck") "," NUMBER("delivered") ","
             NUMBER("failed") "," NUMBER("refused") "," NUMBER("held") "," NUMBER("collected") "," NUMBER("delivered_5min") "," NUMBER("failed_5min") "," NUMBER("certificate_days") "," TIME("oldest") ","
             NUMBER("waiting_on_disk") "," NUMBER("held_on_disk") ","
             TIME("last_success") "," TIME("last_failure") "," TIME("retry_at") "," TEXT("last_reason")) },
    { "Endpoints", OBJECT("\"items\"", LIST("items", REF("Endpoint"))) },
    { "EvidenceRequest", OBJECT("\"dossier\"", TEXT("dossier") "," TEXT("to") "," TEXT("part") "," TEXT("without_content")) },
    { "Inbox", PAGE(REF("InboxItem")) },
    { "InboxItem", OBJECT("\"from\",\"id\",\"to\",\"type\",\"manifest\",\"received\"", TEXT("from") "," TEXT("id") "," TEXT("to") "," TEXT("type") "," TEXT("dossier") ","
                          TEXT("code") "," TEXT("manifest") "," TIME("received")) },
    { "Key", OBJECT("\"unit\",\"spki\",\"use\"", TEXT("unit") "," TEXT("spki") "," TEXT("use") "," TEXT("role") "," TIME("from") "," TIME("until")) },
    { "Moved", OBJECT("\"dossiers\",\"deliveries\"", NUMBER("dossiers") "," NUMBER("deliveries")) },
    { "NewKey", OBJECT("\"use\"", "\"use\":{\"enum\":[\"sign\",\"tls\"]},\"role\":{\"enum\":[\"unit\",\"hub\"]},\"certificate\":{\"type\":\"string\",\"description\":\"PEM\"},"
                       TEXT("spki") "," TIME("from") "," TIME("until")) },
    { "Suspension", OBJECT("\"basis\"", TEXT("basis") "," TIME("from") "," TIME("until")) },
    { "NewToken", OBJECT("", TIME("from") "," TIME("until")) },
    { "Plans", OBJECT("\"items\"", LIST("items", OBJECT("\"generation\",\"at\",\"actor\",\"origin\"", NUMBER("generation") "," TIME("at") "," TEXT("actor") "," TEXT("origin") ","
                                                   NUMBER("was") "," TEXT("digest") "," LIST("changes", "{\"type\":\"string\"}")))) },
    { "Problem",
      OBJECT("\"code\",\"title\",\"title_vi\",\"title_en\",\"status\"",
             TEXT("code") "," TEXT("title") "," TEXT("title_vi") "," TEXT("title_en") "," NUMBER("status") ",\"ref\":{\"type\":\"integer\",\"description\":\"index in the audit log\"},"
             TEXT("id") "," TEXT("detail") "," LIST("faults", "{\"type\":\"string\"}")) },
    { "ProcedureList", OBJECT("\"list\"", TEXT("list")) },
    { "Ready", OBJECT("\"state\"", "\"state\":{\"enum\":[\"ok\",\"degraded\",\"halted\",\"stopping\"]}," TEXT("code")) },
    { "Registry", OBJECT("", LIST("units", REF("Unit")) "," LIST("aliases", OBJECT("\"unit\",\"alias\"", TEXT("unit") "," TEXT("alias"))) ","
                         LIST("successors", OBJECT("\"unit\",\"successor\",\"effective\"", TEXT("unit") "," TEXT("successor") "," TEXT("procedure") "," TEXT("area") ","
                                                   TEXT("effective") "," TEXT("basis"))) "," LIST("keys", REF("Key"))) },
    { "Reloaded", OBJECT("\"warnings\"", LIST("warnings", "{\"type\":\"string\"}") "," NUMBER("generation")) },
    { "Token", OBJECT("\"unit\",\"id\",\"token\"", TEXT("unit") "," TEXT("id") ",\"token\":{\"type\":\"string\",\"description\":\"told this once\"}," TIME("from") "," TIME("until")) },
    { "Unit", OBJECT("\"id\",\"name\",\"level\",\"valid_from\"", TEXT("id") "," TEXT("admin_code") "," TEXT("name") "," TEXT("level") "," TEXT("parent") "," TEXT("valid_from") ","
                     TEXT("valid_to") "," TEXT("basis")) },
    { "Version", OBJECT("\"version\",\"unit\"", TEXT("version") "," TEXT("unit") ",\"demo\":{\"type\":\"boolean\"}") },
};

static const char *
description_of(guint status)
{
    switch (status) {
    case 400:
        return "a parameter is wrong";
    case 401:
        return "no token, or an unknown one";
    case 403:
        return "the caller is unknown, or may not";
    case 404:
        return "there is none, or it is not the caller's";
    case 409:
        return "does not fit the present state";
    case 413:
        return "too large";
    case 422:
        return "refused; `code` says why";
    case 503:
        return "not now; see Retry-After";
    default:
        return "a person must look";
    }
}

static void
append_problem(GString *out, guint status)
{
    g_string_append_printf(out, ",\"%u\":{\"description\":\"%s\",\"content\":{\"" LT_PROBLEM_TYPE "\":{\"schema\":" REF("Problem") "}}}", status, description_of(status));
}

static gboolean
names_status(const LtHttpAnswer *answers, guint status)
{
    for (; answers != NULL && answers->status != 0; answers++)
        if (answers->status == status)
            return TRUE;
    return FALSE;
}

static void
append_content(GString *out, const char *media_type, const char *schema)
{
    g_string_append(out, "\"content\":{");
    lt_json_append_string(out, media_type);
    if (schema != NULL)
        g_string_append_printf(out, ":{\"schema\":{\"$ref\":\"#/components/schemas/%s\"}}}", schema);
    else
        g_string_append(out, ":{}}");
}

static void
append_responses(GString *out, const LtHttpRoute *route)
{
    g_string_append(out, ",\"responses\":{");
    for (const LtHttpAnswer *answer = route->answers; answer->status != 0; answer++) {
        g_string_append_printf(out, "%s\"%u\":{", answer == route->answers ? "" : ",", answer->status);
        lt_json_append_member(out, "description", answer->text);
        if (answer->media_type != NULL) {
            g_string_append_c(out, ',');
            append_content(out, answer->media_type, answer->schema);
        }
        g_string_append_c(out, '}');
    }
    for (const guint *status = route->errors; status != NULL && *status != 0; status++)
        if (!names_status(route->answers, *status))
            append_problem(out, *status);
    if (route->right == LT_RIGHT_UNIT)
        append_problem(out, 401);
    if (route->right != LT_RIGHT_ANYONE)
        append_problem(out, 403);
    g_string_append_c(out, '}');
}

static void
append_parameter(GString *out, const char *name, gsize length, const char *place, const char *type, const char *text)
{
    g_string_append(out, out->str[out->len - 1] == '[' ? "{" : ",{");
    g_string_append_printf(out, "\"name\":\"%.*s\",\"in\":\"%s\",\"required\":%s,\"schema\":{\"type\":\"%s\"}", (int) length, name, place,
                           strcmp(place, "path") == 0 ? "true" : "false", type);
    lt_json_append_member(out, "description", text);
    g_string_append_c(out, '}');
}

static void
append_parameters(GString *out, const LtHttpRoute *route)
{
    g_string_append(out, ",\"parameters\":[");
    for (const char *brace = strchr(route->path, '{'); brace != NULL; brace = strchr(brace + 1, '{'))
        append_parameter(out, brace + 1, strcspn(brace + 1, "}") - (strstr(brace, "…}") != NULL ? strlen("…") : 0), "path", "string", NULL);
    for (const LtHttpParameter *parameter = route->query; parameter != NULL && parameter->name != NULL; parameter++)
        append_parameter(out, parameter->name, strlen(parameter->name), "query", parameter->type, parameter->text);
    g_string_append_c(out, ']');
}

static void
append_body(GString *out, const LtHttpRoute *route)
{
    static const char *const media_types[] = { [LT_BODY_ENVELOPE] = LT_ASICE, [LT_BODY_JSON] = LT_JSON, [LT_BODY_BYTES] = "*/*" };

    if (route->body == LT_BODY_NONE)
        return;
    g_string_append(out, ",\"requestBody\":{\"required\":true,");
    append_content(out, media_types[route->body], route->body_schema);
    g_string_append_c(out, '}');
}

static void
append_sites(GString *out, guint sites)
{
    static const struct {
        LtSite site;
        const char *name;
    } names[] = { { LT_SITE_PEER, "peer" }, { LT_SITE_API, "api" }, { LT_SITE_ADMIN, "admin" } };

    g_string_append(out, ",\"x-sites\":[");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if ((sites & names[i].site) != 0)
            g_string_append_printf(out, "%s\"%s\"", out->str[out->len - 1] == '[' ? "" : ",", names[i].name);
    g_string_append_c(out, ']');
}

static void
append_security(GString *out, const LtHttpRoute *route)
{
    if (route->right != LT_RIGHT_UNIT)
        g_string_append(out, ",\"security\":[]");
    else if ((route->sites & LT_SITE_PEER) == 0)
        g_string_append(out, ",\"security\":[{\"token\":[]}]");
    else
        g_string_append(out, ",\"security\":[{\"certificate\":[]},{\"token\":[]}]");
}

static void
append_operation(GString *out, const LtHttpRoute *route)
{
    g_autofree char *method = g_ascii_strdown(route->method, -1);

    g_string_append_printf(out, "\"%s\":{\"operationId\":\"%s\"", method, route->operation);
    lt_json_append_member(out, "summary", route->en);
    lt_json_append_member(out, "x-summary-vi", route->vi);
    append_sites(out, route->sites);
    append_security(out, route);
    append_parameters(out, route);
    append_body(out, route);
    append_responses(out, route);
    g_string_append_c(out, '}');
}

/* A path with the methods of all its rows; the first row of a path writes it. */
static void
append_path(GString *out, const LtHttpRoute *routes, gsize n_routes, gsize first)
{
    const char *path = routes[first].path;
    g_auto(GStrv) plain = g_strsplit(path, "…", -1);
    g_autofree char *shown = g_strjoinv("", plain);

    for (gsize i = 0; i < first; i++)
        if (strcmp(routes[i].path, path) == 0)
            return;
    g_string_append(out, out->str[out->len - 1] == '{' ? "\n" : ",\n");
    lt_json_append_string(out, shown);
    g_string_append(out, ":{");
    for (gsize i = first; i < n_routes; i++) {
        if (strcmp(routes[i].path, path) != 0)
            continue;
        g_string_append(out, i == first ? "\n" : ",\n");
        append_operation(out, &routes[i]);
    }
    g_string_append_c(out, '}');
}

char *
lt_openapi_write(void)
{
    GString *out = g_string_new("{\"openapi\":\"3.1.0\",\n\"info\":{\"title\":\"Lienthong Hub\",\"version\":\"1\","
                                "\"summary\":\"Signed envelopes in, receipts out\",\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}},\n"
                                "\"servers\":[{\"url\":\"https://hub.example.vn\"}],\n\"paths\":{");
    gsize n_routes;
    const LtHttpRoute *routes = lt_http_routes(&n_routes);

    for (gsize i = 0; i < n_routes; i++)
        append_path(out, routes, n_routes, i);
    g_string_append(out, "},\n\"components\":{\"securitySchemes\":{\"certificate\":{\"type\":\"mutualTLS\",\"description\":\"site peer: a unit's TLS certificate\"},"
                         "\"token\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"site api: a token bound to a unit\"}},\n\"schemas\":{");
    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
        g_string_append_printf(out, "%s\"%s\":%s", i == 0 ? "\n" : ",\n", shapes[i].name, shapes[i].schema);
    g_string_append(out, "}}}\n");
    return g_string_free(out, FALSE);
}
