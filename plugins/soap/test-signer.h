/* SPDX-License-Identifier: Apache-2.0 */
/* test-signer.h: keys, and signed envelopes of any shape, made with xmlsec alone: nothing of the plugin signs here. */
#pragma once

#include "test-system.h"

/* One envelope: what differs from a good one; NULL or 0 stands for the good one's. */
typedef struct {
    const char *name, *reason; /* of the row: reason of the refusal, NULL when it is taken */
    const char *body;          /* the Body element; %s: a new id that makes this Body another than any before */
    const char *before;        /* header blocks before Security */
    const char *after;         /* after Body */
    const char *time;          /* the Timestamp element; its Id must be "time" */
    int created_s, expires_s;  /* from now */
    const char *token;         /* the BinarySecurityToken element */
    const char *key_info;      /* content of KeyInfo */
    const char *c14n, *method, *transforms, *digest; /* algorithms; transforms: the whole element */
    const char *references;    /* ids, separated by spaces; whole URIs when they begin with # or another character than a letter */
    const char *signer;        /* name of the key: "peer" */
    const char *more;          /* in Security */
    const char *from, *to;     /* replaced after signing */
} Variant;

/** signer_keys: makes NAME.pem and NAME.key in the test's folder; @more: arguments for openssl req */
void signer_keys(Fixture *f, const char *name, const char *more);
/** signer_run: a command line, which must succeed, in the test's folder. Returns: (transfer full): what it printed */
char *signer_run(Fixture *f, const char *command);
/** signer_make: Returns: (transfer full): the envelope */
char *signer_make(Fixture *f, const Variant *variant);
