/* SPDX-License-Identifier: Apache-2.0 */
/* hub-records.h: the log entries in which a hub speaks of itself: start and stop, what it has loaded, what was changed (audit-log.md §2). */
#pragma once

#include "routing/loader.h"
#include "store/generations.h"
#include "trust/certificates.h"

/* What came into force. Borrowed. */
typedef struct {
    const char *unit;      /* of the hub */
    const char *actor;     /* who asked for the change */
    const char *digest;    /* of the configuration */
    const LtGeneration *plan; /* endpoints and routes in force */
    gboolean plan_is_new;  /* it is kept as a generation */
    GHashTable *files;     /* that the plan names: digest → bytes */
    LtTrust *trust;
    GPtrArray *plugins;    /* of LtLoaded *: those that were not loaded before */
} LtHubNews;

/** lt_hub_record_start: hub.start, plugin.loaded, crl.updated, the generation of the plan and, as the store has checked itself when it was opened, check.ok */
gboolean lt_hub_record_start(LtStore *store, const LtHubNews *news, GError **error);
/** lt_hub_record_change: cfg.changed with what changed by name, plugin.loaded, crl.updated, the generation of the plan */
gboolean lt_hub_record_change(LtStore *store, const LtHubNews *news, GError **error);
/** lt_hub_record_crash: plugin.crashed; the @is_first of a file is an incident, too */
gboolean lt_hub_record_crash(LtStore *store, const char *unit, const LtLoaded *loaded, gboolean is_first, GError **error);
gboolean lt_hub_record_stop(LtStore *store, const char *unit, const char *why, GError **error);
