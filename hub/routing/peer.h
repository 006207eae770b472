/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h: those outside who attest our log, and the logs that we attest: sections [witness NAME], [log NAME] and [timestamp] of the configuration (audit-log.md §§8, 9). */
#pragma once

#include "base/settings.h"
#include "routing/link.h"
#include "trust/note.h"

/* How somebody is reached; the same keys in each section. */
typedef struct {
    char *url;
    char **allowed_addresses;
    char *ca, *crl, *client_certificate, *client_key, *token;
    gint64 timeout;
} LtPeerAddress;

/* [witness NAME]: cosigns our checkpoints. */
typedef struct {
    char *vkey;
    LtPeerAddress address;
    /* Made of them. */
    char *name;
    LtVerifierKey *key;
} LtWitnessSettings;

/* [timestamp]: a time stamp authority (RFC 3161). */
typedef struct {
    LtPeerAddress address;
    char *tsa_ca;
} LtTimestampSettings;

typedef struct {
    GPtrArray *witnesses;            /* of LtWitnessSettings * */
    GPtrArray *logs;                 /* of LtVerifierKey *: those that this hub cosigns, by origin */
    LtTimestampSettings *timestamp;  /* nullable */
} LtPeers;

/** lt_peers_read: Returns: (transfer full): every fault of these sections is added */
LtPeers *lt_peers_read(LtSettings *settings, LtFaults *faults);
void lt_peers_free(LtPeers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtPeers, lt_peers_free)
/** lt_peers_keys: rows of a section of these, for the reference; NULL: no such section */
const LtKey *lt_peers_keys(const char *kind);
/** lt_peers_find_log: (nullable) (transfer none) */
const LtVerifierKey *lt_peers_find_log(const LtPeers *self, const char *origin);
/** lt_peers_witness_lines: (transfer full): vkey lines of all witnesses, ended by NULL */
char **lt_peers_witness_lines(const LtPeers *self);
/** lt_peer_target: (transfer full): ready to be asked */
LtLinkTarget *lt_peer_target(LtLinkThread *thread, const LtPeerAddress *address, GError **error);
/** lt_peer_ask: one request, with the token when there is one; any status is an answer */
LtReply *lt_peer_ask(LtLinkTarget *target, const LtPeerAddress *address, const char *method, const char *path, GBytes *body, const char *media_type, GError **error);
