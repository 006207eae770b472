/* SPDX-License-Identifier: Apache-2.0 */
/* store-lab.h: a store of one test's own: a folder, a small authority, a hub's signer, and envelopes that really are sealed and received. */
#pragma once

#include "store/messages.h"
#include "store/store.h"

#define LAB_HUB "H52"
#define LAB_COMMUNE "H52.101"
#define LAB_DISTRICT "H52.2"

typedef struct {
    char *folder;      /* removed by store_lab_free() */
    char *store_folder;
    LtSigner *signer;  /* of the hub */
    LtSigner *sender;  /* of the commune */
    LtTrust *trust;
    LtStore *store;
    gint64 seq;        /* atomic */
} StoreLab;

StoreLab *store_lab_new(void);
/** store_lab_attach: keys and store that another process made in @folder */
StoreLab *store_lab_attach(const char *folder);
void store_lab_free(StoreLab *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreLab, store_lab_free)
/** store_lab_reopen: closes the store and opens it again */
void store_lab_reopen(StoreLab *self);
LtStoreOptions store_lab_options(StoreLab *self);

/* What an envelope says; NULL and 0: something fit. */
typedef struct {
    const char *id, *dossier, *type, *payload;
    const LtReference *re;
    gint64 seq;
    gsize attachment_sizes[4]; /* ended by 0 */
} LabMessage;
/** store_lab_bytes: a container sealed by the commune, for the district */
GBytes *store_lab_bytes(StoreLab *self, const LabMessage *message);
/** store_lab_open: the bytes received as the hub does it, large content in the store's spool */
LtEnvelope *store_lab_open(StoreLab *self, GBytes *bytes);

/** store_lab_accept: blocks. @change: (nullable): what the acceptance says beyond the usual: one delivery to the inbox */
LtAccepted *store_lab_accept(StoreLab *self, LtEnvelope *envelope, const LtAcceptance *change, GError **error);
/** store_lab_accept_new: a fresh dossier.submit; asserts that it is accepted */
LtAccepted *store_lab_accept_new(StoreLab *self, const char *dossier, const char *const *endpoints);
/** store_lab_add: the same, for tests that look at the store only */
void store_lab_add(StoreLab *self, const char *dossier, const char *const *endpoints);

/** store_lab_count: entries in the log with this event */
guint store_lab_count(StoreLab *self, const char *event);
/** store_lab_assert_sound: the full check of the log finds nothing */
void store_lab_assert_sound(StoreLab *self);
/** store_lab_change: what somebody else's program does to the database */
void store_lab_change(StoreLab *self, const char *sql);
/** store_lab_remove: a folder with all that is in it */
void store_lab_remove(const char *folder);
