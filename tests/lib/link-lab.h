/* SPDX-License-Identifier: Apache-2.0 */
/* link-lab.h: a link to a peer in this process that misbehaves as the path of the request says, and otherwise answers with what it received. */
#pragma once

#include "lib/peer.h"
#include "routing/link.h"

typedef struct {
    LtLinkThread *thread;
    Peer *peer;
    LtLinkTarget *target;
    char *url;
} LinkLab;

/** link_lab_set_up, link_lab_tear_down: of a test's fixture */
void link_lab_set_up(LinkLab *f, gconstpointer data);
void link_lab_tear_down(LinkLab *f, gconstpointer data);
/** link_lab_answer: what the peer answers: a PeerAnswer */
GBytes *link_lab_answer(const PeerRequest *request, gpointer data);
extern const char *const link_lab_loopback[]; /* addresses */
/** link_lab_target: loopback allowed, 5 s, answers of 200,000 bytes */
LtLinkTarget *link_lab_target(LtLinkThread *thread, const char *url);
LtReply *link_lab_get(LtLinkTarget *target, const char *path, GError **error);
/** link_lab_body: of a reply, as text */
char *link_lab_body(LtReply *reply);
/** link_lab_cancel_soon: body of a thread: cancels the GCancellable after 50 ms */
gpointer link_lab_cancel_soon(gpointer data);
