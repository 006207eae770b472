/* SPDX-License-Identifier: Apache-2.0 */
/* hub-alert.c: trouble with an endpoint is told once when it begins and once when it ends: in the journal, and to an endpoint of its own.
 *
 * An alert is no dossier: it is made up, neither sealed nor kept, and given up after a few tries. It names a dossier's code and counts; never a person.
 */
#include "hub-private.h"

#include <string.h>

#include "base/json.h"
#include "base/value.h"
#include "routing/sample.h"

#define TRIES 3

static char *
write_payload(const LtAlert *alert)
{
    GString *out = g_string_new("{");
    char at[25];

    lt_time_write_millis(lt_time_now_us(), at);
    lt_json_append_member(out, "endpoint", alert->endpoint);
    lt_json_append_member(out, "state", alert->begins ? "trouble" : "ended");
    lt_json_append_integer(out, "count", alert->count);
    lt_json_append_member(out, "code", alert->code);
    lt_json_append_member(out, "reason", alert->reason);
    lt_json_append_member(out, "at", at);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}

void
hub_on_alert(gpointer hub, const LtAlert *alert)
{
    LtHub *self = hub;

    if (alert->begins)
        g_warning("endpoint %s: trouble begins: %s, dossier %s; %u deliveries wait", alert->endpoint, alert->reason, alert->code != NULL ? alert->code : "-",
                  alert->count);
    else
        g_message("endpoint %s: trouble has ended with dossier %s; %u deliveries wait", alert->endpoint, alert->code != NULL ? alert->code : "-", alert->count);
    if (self->settings.alerts != NULL && strcmp(self->settings.alerts, alert->endpoint) != 0)
        g_thread_pool_push(self->alerts, write_payload(alert), NULL);
}

void
hub_send_alert(gpointer payload, gpointer hub)
{
    LtHub *self = hub;
    g_autofree char *text = payload;
    g_autoptr(LtPlan) plan = lt_intake_ref_plan(self->intake);
    LtEndpoint *endpoint = lt_plan_lookup_endpoint(plan, self->settings.alerts);
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    LtSample sample = { .type = "hub.alert", .from = self->settings.unit, .to = self->settings.unit, .payload = bytes };
    g_autoptr(LtMessage) message = lt_sample_message(&sample, NULL);

    if (endpoint == NULL) {
        g_warning("[hub] alerts: there is no endpoint %s", self->settings.alerts);
        return;
    }
    for (guint i = 0; i < TRIES; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) receipt = NULL;
        g_autofree char *type = NULL;

        if (lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, &error))
            return;
        g_warning("an alert could not be sent to endpoint %s: %s", self->settings.alerts, error->message);
    }
}
