/* SPDX-License-Identifier: Apache-2.0 */
/* receive.c: an outside system calls the hub in its own protocol. The call goes to the plugin of the endpoint that the caller's unit is served by, in a worker thread; what
 * the plugin hands in goes through the one door, and what it answers goes back as it is. */
#include "http/resources.h"

#include <string.h>

#include "http/routes.h"
#include "routing/inbox.h"

static LtRequest *
build_request(LtExchange *exchange)
{
    static const char *const handed_on[] = { "Content-Type", "Accept", "SOAPAction" };
    LtRequest *request = lt_request_new(lt_exchange_get_method(exchange), lt_exchange_get_param(exchange, 1));

    for (guint i = 0; i < G_N_ELEMENTS(handed_on); i++)
        if (lt_exchange_get_header(exchange, handed_on[i]) != NULL)
            lt_request_set_header(request, handed_on[i], lt_exchange_get_header(exchange, handed_on[i]));
    lt_request_set_body(request, lt_exchange_get_body(exchange), lt_exchange_get_header(exchange, "Content-Type"));
    return request;
}

static LtEndpoint *
find_endpoint(LtExchange *exchange, LtPlan *plan, GError **error)
{
    LtEndpoint *endpoint = plan == NULL ? NULL : lt_plan_lookup_endpoint(plan, lt_exchange_get_param(exchange, 0));

    if (endpoint != NULL && lt_endpoint_serves(endpoint, lt_exchange_get_caller(exchange)->unit))
        return endpoint;
    lt_error_set(error, LT_ERROR_NOT_FOUND, "http.not-found", "the unit has no such endpoint");
    return NULL;
}

void
lt_receive_post(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtPlan) plan = lt_intake_ref_plan(parts->intake);
    LtEndpoint *endpoint = find_endpoint(exchange, plan, &error);
    g_autoptr(LtInbox) inbox = endpoint == NULL ? NULL : lt_inbox_new(parts->intake, parts->store, endpoint);
    g_autoptr(LtRequest) request = endpoint == NULL ? NULL : build_request(exchange);
    g_autoptr(LtReply) reply = NULL;

    if (endpoint == NULL || !lt_endpoint_receive(endpoint, request, &reply, inbox, NULL, &error))
        lt_exchange_fail(exchange, error);
    else if (reply == NULL)
        lt_exchange_reply(exchange, 204, NULL, NULL);
    else
        lt_exchange_reply(exchange, lt_reply_get_status(reply), lt_reply_get_header(reply, "Content-Type"), lt_reply_get_body(reply));
}
