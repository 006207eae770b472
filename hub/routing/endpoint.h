/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h: a wired system: a plugin with its settings, its link and its limits. Running a verb means: link with deadline, verb, outcome. */
#pragma once

#include <lienthong/plugin.h>
#include "base/settings.h"
#include "routing/call.h"
#include "routing/loader.h"

typedef struct _LtEndpoint LtEndpoint;

/* What all endpoints of a hub share; made before the first plan, freed after the last. Borrowed. */
typedef struct {
    LtLoader *loader;
    LtLinkThread *thread;
    const LtScript *script; /* nullable: answers every request of these endpoints, unless they are dry: for tests */
} LtEndpointShared;

/* The hub's own keys of an [endpoint NAME] section. */
typedef struct {
    char *plugin;
    char *plugin_sha256;     /* nullable */
    char *plugin_folder;     /* nullable: of a plugin from elsewhere */
    char *isolate;           /* nullable: "process" or "none" */
    char *url;               /* nullable */
    char **units;            /* nullable: unit ids that this system serves */
    char *contact;           /* nullable */
    gint64 max_in_flight;
    gint64 timeout;          /* microseconds, one request */
    gint64 deadline;         /* microseconds, one verb */
    gint64 connect_timeout;
    gint64 stall;
    gint64 collect_every;    /* microseconds; 0: never */
    gint64 max_reply;        /* bytes */
    char **allowed_addresses;
    char *ca, *crl, *client_certificate, *client_key, *pin;
    gint64 breaker_failures;
    gint64 breaker_rest;     /* microseconds until the first probe */
    gint64 retry_first, retry_cap;
    gint64 canary;           /* deliveries that are watched after a change */
    gboolean next_hub;       /* the system is a hub: it takes nothing that has expired */
    char *mode;              /* "live", "dry" or "replay" */
    char *cases;             /* nullable: folder of test cases */
    char *record;            /* nullable: folder where exchanges are kept, or replayed from */
} LtEndpointSettings;

/** lt_endpoint_keys: the rows of LtEndpointSettings, for the reference and `lthub endpoint describe` */
const LtKey *lt_endpoint_keys(void);

/**
 * lt_endpoint_new:
 * @section: an [endpoint NAME] section
 * @faults: everything that is wrong with it
 *
 * Loads the plugin, fills both key tables, prepares the link and opens the plugin.
 *
 * Returns: (transfer full) (nullable): %NULL when a fault was added
 */
LtEndpoint *lt_endpoint_new(const LtEndpointShared *shared, LtSection *section, LtFaults *faults);
LtEndpoint *lt_endpoint_ref(LtEndpoint *self);
void lt_endpoint_unref(LtEndpoint *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtEndpoint, lt_endpoint_unref)

const char *lt_endpoint_get_name(LtEndpoint *self);
const LtEndpointSettings *lt_endpoint_get_settings(LtEndpoint *self);
const LtLoaded *lt_endpoint_get_plugin(LtEndpoint *self);
/** lt_endpoint_get_target: Returns: (nullable) (transfer none): how the system is reached */
LtLinkTarget *lt_endpoint_get_target(LtEndpoint *self);
gboolean lt_endpoint_serves(LtEndpoint *self, const char *unit);
/** lt_endpoint_is_current: whether the files that its keys name (maps, certificates) are still those that it was opened with */
gboolean lt_endpoint_is_current(LtEndpoint *self);
/** lt_endpoint_show: Returns: (transfer full): effective settings as lines, secrets masked */
char *lt_endpoint_show(LtEndpoint *self);

/**
 * lt_endpoint_deliver:
 * @receipt: (out) (nullable): what the other side answered last, verbatim; also set when the verb failed
 * @receipt_type: (out) (nullable): its media type
 *
 * Errors: those of the plugin; %LT_ERROR_CONFIG `endpoint.no-verb`, `endpoint.dry` (nothing was sent: *receipt is what would have been)
 */
gboolean lt_endpoint_deliver(LtEndpoint *self, LtMessage *message, GCancellable *cancellable, GBytes **receipt, char **receipt_type, GError **error);
/** lt_endpoint_deliver_answered: the same. @answers: (nullable): takes what the system answers at once (lt_link_get_inbox()) */
gboolean lt_endpoint_deliver_answered(LtEndpoint *self, LtMessage *message, LtInbox *answers, GCancellable *cancellable, GBytes **receipt,
                                      char **receipt_type, GError **error);
gboolean lt_endpoint_collect(LtEndpoint *self, LtInbox *inbox, GCancellable *cancellable, GError **error);
gboolean lt_endpoint_receive(LtEndpoint *self, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error);

/**
 * lt_endpoint_watch:
 * @now_us: monotonic time
 *
 * Cancels the verbs that are past their deadline. Called about every second by the dispatcher.
 *
 * Returns: how many verbs are still running past their deadline: stuck
 */
guint lt_endpoint_watch(LtEndpoint *self, gint64 now_us);
/** lt_endpoint_is_idle: no verb of it runs */
gboolean lt_endpoint_is_idle(LtEndpoint *self);
