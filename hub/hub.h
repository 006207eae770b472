/* SPDX-License-Identifier: Apache-2.0 */
/* hub.h: the wiring: opens the parts in order, closes them in reverse, and swaps what may change while it runs (plan, registry, trust). */
#pragma once

#include "base/settings.h"
#include "registry/unit.h"
#include "routing/dispatcher.h"
#include "routing/intake.h"
#include "routing/plan.h"
#include "store/store.h"
#include "trust/certificates.h"

typedef struct _LtHub LtHub;
typedef struct {
    const char *config_path;
    gboolean demo;
} LtHubOptions;
LtHub *lt_hub_open(const LtHubOptions *options, GError **error);
gboolean lt_hub_start(LtHub *self, GError **error); /* dispatcher and HTTP */
/** lt_hub_reload: settings, trust, registry, plan: whole or not at all; *faults: all reasons */
gboolean lt_hub_reload(LtHub *self, const char *actor, GPtrArray **faults);
void lt_hub_stop(LtHub *self, gint64 grace_us);
void lt_hub_close(LtHub *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtHub, lt_hub_close)

LtStore *lt_hub_get_store(LtHub *self);
LtIntake *lt_hub_get_intake(LtHub *self);
LtDispatcher *lt_hub_get_dispatcher(LtHub *self);
LtSigner *lt_hub_get_signer(LtHub *self);
const char *lt_hub_get_unit(LtHub *self);
gboolean lt_hub_is_demo(LtHub *self);
/* Snapshots: (transfer full) */
LtRegistry *lt_hub_ref_registry(LtHub *self);
LtPlan *lt_hub_ref_plan(LtHub *self);
LtTrust *lt_hub_ref_trust(LtHub *self);
/** lt_hub_refresh_registry: after a change of units, keys or tokens in the store */
gboolean lt_hub_refresh_registry(LtHub *self, GError **error);
