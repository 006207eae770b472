/* SPDX-License-Identifier: Apache-2.0 */
/* note.h: C2SP signed notes, checkpoints, verifier keys and tlog-proofs (audit-log.md §§6–7), read and verified. Signing is the signer's. */
#pragma once

#include <gio/gio.h>
#include "trust/merkle.h"

typedef struct {
    char *name;
    guint32 id;
    guint8 type;       /* 0x01 Ed25519, 0x04 cosignature */
    guint8 key[32];
} LtVerifierKey;
LtVerifierKey *lt_vkey_read(const char *text, gsize length, GError **error);
char *lt_vkey_write(const char *name, guint8 type, const guint8 key[32]);
void lt_vkey_free(LtVerifierKey *self);

typedef struct {
    char *text;                 /* the signed text, newline at its end included */
    GPtrArray *names;           /* of char *: known keys whose signature verified */
    GArray *times;              /* gint64 seconds, parallel: time of a cosignature, else 0 */
} LtNote;
/** lt_note_open: refuses the note when a line of a known name and id fails. Errors: `log.note` */
LtNote *lt_note_open(const char *data, gsize size, LtVerifierKey *const *keys, guint n_keys, GError **error);
void lt_note_free(LtNote *self);

typedef struct { char *origin; guint64 size; LtHash root; } LtCheckpoint;
gboolean lt_checkpoint_read(const char *text, gsize length, LtCheckpoint *out, GError **error);
void lt_checkpoint_clear(LtCheckpoint *self);
char *lt_checkpoint_text(const char *origin, guint64 size, const LtHash *root);

typedef struct { guint64 index; GArray *hashes; char *note; gsize note_size; } LtProof;
LtProof *lt_proof_read(const char *data, gsize size, GError **error);
char *lt_proof_write(guint64 index, const LtHash *hashes, gsize n_hashes, const char *note);
void lt_proof_free(LtProof *self);
