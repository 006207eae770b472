/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.h: the verbs of `lthub envelope`, one file each: pack and open in envelope.c, seal in envelope-seal.c, check in
 * envelope-check.c. */
#pragma once

#include "cli/command.h"

typedef struct {
    char *trust;
    char *unit;
    gint64 now;
    gint64 max_bytes;
    gint64 crl_max_age;
    gboolean no_payload_schema;
    gboolean explain;
} LtEnvelopeCheck;
extern const LtKey lt_envelope_check_keys[];
int lt_envelope_check_run(gpointer options, char **arguments, const LtTerminal *terminal);

typedef struct {
    char *out;
    char *certificate;
    char *key;
    char *type;
    char *from;
    char *to;
    gint64 seq;
    char *dossier;
    char *re;
    char *payload;
    char *role;
} LtEnvelopeSeal;
extern const LtKey lt_envelope_seal_keys[];
int lt_envelope_seal_run(gpointer options, char **arguments, const LtTerminal *terminal);
