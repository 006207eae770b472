/* SPDX-License-Identifier: Apache-2.0 */
/* hub.h: the wiring: opens the parts in order, closes them in reverse, and swaps what may change while it runs (plan, registry, trust). */
#pragma once

#include "base/settings.h"
#include "http/server.h"
#include "routing/dispatcher.h"
#include "routing/intake.h"
#include "store/store.h"

typedef struct _LtHub LtHub;

typedef struct {
    const char *config_path;
    gboolean demo;       /* loopback TCP, log marked as demo, only certificates of a demo CA */
    guint port;          /* demo only; 0: any free one */
} LtHubOptions;

/** lt_hub_open: everything but the listening: settings, keys, store with its start check, registry, plan. Errors name the part and the fix */
LtHub *lt_hub_open(const LtHubOptions *options, GError **error);
/** lt_hub_start: dispatcher and HTTP */
gboolean lt_hub_start(LtHub *self, GError **error);
/** lt_hub_reload: settings, trust, registry and plan, whole or not at all. *faults: every reason, and warnings. @actor: who asked */
gboolean lt_hub_reload(LtHub *self, const char *actor, GPtrArray **faults);
/** lt_hub_apply: the same; @again: also files from which the hub has gone back */
gboolean lt_hub_apply(LtHub *self, const char *actor, gboolean again, GPtrArray **faults);
/** lt_hub_refresh: registry and trust anew; the plan stays, and is checked against them */
gboolean lt_hub_refresh(LtHub *self, const char *actor, GPtrArray **faults);
/** lt_hub_rollback: to generation @number of the plan, 0: the one before; as a new generation */
gboolean lt_hub_rollback(LtHub *self, guint64 number, const char *actor, GPtrArray **faults);
/** lt_hub_stop: no new requests, verbs in flight finish up to @grace_us, the store is flushed. @why: word for the log */
void lt_hub_stop(LtHub *self, const char *why, gint64 grace_us);
void lt_hub_free(LtHub *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtHub, lt_hub_free)

guint lt_hub_get_port(LtHub *self);
LtStore *lt_hub_get_store(LtHub *self);

/* The hub's own sections of the configuration, for `lthub check` and commands that open the store themselves. */
typedef struct {
    char *unit;
    char *folder;
    char *certificate;
    char *key;
    char *log_key;
    char *signer_state;
    char *anchors;
    char *crl;
    gint64 crl_max_age;
    char *algorithms;
    gint64 max_bytes;
    gint64 cache;
    gint64 reserve;
    gint64 check_every;
    char *full_check_at;
    char *witness_key;
    gint64 quorum;
    gint64 witness_every;
    gint64 anchor_every;
    gint64 group_max;
    gint64 group_wait;
    gint64 workers;
    char *alerts;
    char *peer_socket;
    char *api_socket;
    char *admin_socket;
    char *proxy_user;
    gint64 threads;
    gint64 max_open;
    gint64 head_timeout;
    gint64 body_timeout;
    gint64 idle_timeout;
    gint64 hour_messages;
    gint64 hour_bytes;
    gint64 day_messages;
    gint64 day_bytes;
} LtHubSettings;
gboolean lt_hub_settings_read(LtSettings *settings, LtHubSettings *out, LtFaults *faults);
/** lt_hub_settings_time_of_day: "02:00" */
gboolean lt_hub_settings_time_of_day(const char *text, gint64 *after_midnight_us);
void lt_hub_settings_clear(LtHubSettings *self);
/** lt_hub_settings_load_trust: anchors, CRLs and algorithms of [trust] */
LtTrust *lt_hub_settings_load_trust(const LtHubSettings *self, GError **error);
/** lt_hub_settings_signer: (transfer none): what the signer needs of them; strings are those of @self */
LtSignerOptions lt_hub_settings_signer(const LtHubSettings *self);
/** lt_hub_settings_keys: rows of a section of the hub's own, for the reference; NULL: no such section */
const LtKey *lt_hub_settings_keys(const char *kind);
