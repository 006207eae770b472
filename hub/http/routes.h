/* SPDX-License-Identifier: Apache-2.0 */
/* routes.h: the one table of what the hub answers over HTTP. Dispatch, 404 and 405, rights, limits and the OpenAPI document all come from its rows. */
#pragma once

#include "http/exchange.h"
#include "http/listener.h"

#define LT_ASICE "application/vnd.etsi.asic-e+zip"
#define LT_JSON "application/json"
#define LT_TEXT "text/plain; charset=utf-8"

/* Who may. What of a resource a unit may see is decided again by the resource, in its query. */
typedef enum { LT_RIGHT_ANYONE, LT_RIGHT_UNIT, LT_RIGHT_OPERATOR } LtRight;
/* What comes with it. ENVELOPE is streamed into an upload; the others are collected. */
typedef enum { LT_BODY_NONE, LT_BODY_ENVELOPE, LT_BODY_JSON, LT_BODY_BYTES } LtBody;

typedef struct {
    const char *name;        /* NULL ends the list */
    const char *type;        /* JSON Schema type: "integer", "string" */
    const char *text;
} LtHttpParameter;

typedef struct {
    guint status;            /* 0 ends the list */
    const char *media_type;  /* NULL: no body */
    const char *schema;      /* nullable: name in openapi.c */
    const char *text;
} LtHttpAnswer;

typedef struct {
    const char *method;
    const char *path;        /* segments; `{name}` takes one, a last `{name…}` takes all that follow */
    guint sites;             /* of LtSite */
    LtRight right;
    LtBody body;
    gboolean worker;         /* may block */
    void (*run)(LtExchange *exchange);
    const char *operation;   /* operationId */
    const char *vi, *en;
    const LtHttpParameter *query;
    const char *body_schema;
    const LtHttpAnswer *answers;
    const guint *errors;     /* statuses with a problem document, ended by 0; 401, 403 come from the right */
} LtHttpRoute;

#define LT_ROUTE_MAX_PARAMS 3

/** lt_http_routes: the table */
const LtHttpRoute *lt_http_routes(gsize *n_routes);
/**
 * lt_http_route_find:
 * @site: on which the request came
 * @path: unescaped
 * @params: (out): owned strings, as many as the path has `{…}`
 * @allow: (out): when the path is there but not with this method: the methods for `Allow`
 *
 * Returns: (nullable): the row
 */
const LtHttpRoute *lt_http_route_find(guint site, const char *method, const char *path, char *params[LT_ROUTE_MAX_PARAMS], char **allow);
