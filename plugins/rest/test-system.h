/* SPDX-License-Identifier: Apache-2.0 */
/* test-system.h: an outside system on loopback that answers what a test says and remembers what it was asked. */
#pragma once

#include "lib/peer.h"
#include "lib/plugin-harness.h"

#define ID "0193f3a0-0000-7000-8000-000000000001"

/* What the system answers next, and what it was asked last. */
typedef struct {
    GMutex mutex;
    const char *answer; /* raw bytes, or a JSON body */
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
