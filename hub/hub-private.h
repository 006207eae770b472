/* SPDX-License-Identifier: Apache-2.0 */
/* hub-private.h: the hub's inside, shared by hub.c (the wiring), hub-world.c (what one configuration says, loaded beside the one in force) and
 * hub-plan.c (reload, rollback and canary). */
#pragma once

#include "hub.h"
#include "hub-records.h"
#include "routing/attestor.h"
#include "routing/caretaker.h"
#include "store/self-check.h"

struct _LtHub {
    char *config_path;
    gboolean demo;
    guint port;
    LtHubSettings settings;
    char *digest; /* of the configuration in force */
    LtSigner *signer;
    LtStore *store;
    LtPayloads *payloads;
    LtLoader *loader;
    LtLinkThread *link;
    LtIntake *intake;
    LtDispatcher *dispatcher;
    LtCaretaker *caretaker;
    LtHttpServer *server;
    LtEvidenceRequest evidence; /* what every evidence file has */
    LtPeers *peers;             /* who attests our log, and whose logs we attest; as at the start */
    char **witness_keys;        /* vkey lines of the witnesses */
    LtAttestor *attestor;       /* nullable: halted at the start */
    LtSelfCheck *self_check;
    GHashTable *crashed; /* digests of plugins whose host has crashed; guarded by crash_lock */
    GMutex crash_lock;
    GThreadPool *alerts; /* sends them, one after the other */
    GMutex reload_lock; /* one reload at a time */
};

/* What one configuration says of the world, loaded beside the one in force. */
typedef struct {
    LtSettings *settings;
    LtTrust *trust;
    LtRegistry *registry;
    LtCatalogue *catalogue;
    LtPlan *plan;
    char *digest;            /* of all files that say it */
    LtGeneration generation; /* its plan as it will be kept; strings are owned */
    GHashTable *files;       /* that the plan names: digest → bytes */
    gboolean is_new;         /* the plan differs from the newest generation */
} World;

/** world_choose: which settings: those on disk, or those of the newest generation when it was a rollback from just these files. @again: those on
 * disk whatever was. Sets settings and the origin. Errors: CONFIG */
gboolean world_choose(LtHub *self, World *world, const char *origin, gboolean again, LtFaults *faults);
/** world_restore: settings of a kept generation; @only: (nullable): of this endpoint alone */
LtSettings *world_restore(LtHub *self, const LtGeneration *kept, const char *only, LtSettings *current, LtFaults *faults);
/** world_load: everything that the settings say; its plan gets its number */
gboolean world_load(LtHub *self, World *world, const LtHubSettings *settings, LtPlan *previous, LtFaults *faults);
void world_clear(World *world);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)
/** world_put_in_force: @watch: changed endpoints with 'canary' are watched */
void world_put_in_force(LtHub *self, const World *world, gboolean watch);

/** world_news: what the log is told of it. @actor: (nullable): who asked; NULL at the start */
LtHubNews world_news(LtHub *self, const World *world, GPtrArray *plugins, const char *actor);

/** hub_open_attestor: reads the peers, and compares the store with what witnesses have seen: a store that is behind halts, with the reason */
gboolean hub_open_attestor(LtHub *self, LtSettings *settings, GError **error);

/** hub_is_halted: what is there can be read and exported; nothing is taken and nothing delivered, because no outcome could be recorded */
gboolean hub_is_halted(LtHub *self);
/** hub_on_canary: a changed endpoint failed more often than the one before it */
void hub_on_canary(gpointer hub, const LtCanaryVerdict *verdict);
/** hub_on_alert: to the journal, and to the endpoint that [hub] alerts names */
void hub_on_alert(gpointer hub, const LtAlert *alert);
/** hub_send_alert: what the pool does with the payload of one */
void hub_send_alert(gpointer payload, gpointer hub);
void hub_fail_with_faults(GError **error, const char *path, const LtFaults *faults);
