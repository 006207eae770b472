/* SPDX-License-Identifier: Apache-2.0 */
/* test-system.h: an outside system on loopback that answers what a test says and remembers what it was asked; small maps for it. */
#pragma once

#include "lib/peer.h"
#include "lib/plugin-harness.h"

#define NS_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define NS_12 "http://www.w3.org/2003/05/soap-envelope"
/* A stylesheet around templates; prefixes lt and t are declared. */
#define SHEET(templates)                                                                                                               \
    "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform' xmlns:lt='urn:lienthong:soap:1' "                 \
    "xmlns:p='urn:lienthong:payload:1' xmlns:t='urn:test' exclude-result-prefixes='lt p'>" templates "</xsl:stylesheet>"
#define ENVELOPE(ns, header, body) "<s:Envelope xmlns:s='" ns "'>" header "<s:Body>" body "</s:Body></s:Envelope>"
/* What a well-behaved system answers. */
#define FINE ENVELOPE(NS_11, "", "<t:Done xmlns:t='urn:test'><t:code>00</t:code></t:Done>")

typedef struct {
    GMutex mutex;
    const char *answer; /* raw bytes beginning with HTTP/, or an envelope */
    char *asked;        /* start line, headers, empty line, body */
    GBytes *body;
} System;

typedef struct {
    Harness *harness;
    System system;
    Peer *peer;
    char *url;
} Fixture;

void set_up(Fixture *f, gconstpointer data);
void tear_down(Fixture *f, gconstpointer data);
void set_answer(Fixture *f, const char *text);
const char *asked(Fixture *f);
GBytes *asked_body(Fixture *f);
/** endpoint_with: an endpoint of this system; @lines: further keys */
LtEndpoint *endpoint_with(Fixture *f, const char *lines);
/** map_file: writes a stylesheet of @templates into the test's folder */
void map_file(Fixture *f, const char *name, const char *stylesheet);
/** deliver: Returns: whether it was; @receipt: (out) (nullable): what was answered, as text */
gboolean deliver(LtEndpoint *endpoint, const HarnessMessage *fields, char **receipt, GError **error);
/** call: receive. Returns: (transfer full): status and body of the answer, as "200 <…>" */
char *call(LtEndpoint *endpoint, const char *type, const char *action, const char *body, gssize size, HarnessInbox *inbox);
