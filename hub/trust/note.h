/* SPDX-License-Identifier: Apache-2.0 */
/* note.h: C2SP signed notes, checkpoints, verifier keys and tlog-proofs (audit-log.md §§6–7), written, read and verified. The private key is the
 * signer's: it asks for the text to sign and has the line of its signature written here. */
#pragma once

#include <gio/gio.h>
#include "trust/merkle.h"

#define LT_NOTE_MAX_SIZE 65536u
#define LT_NOTE_MAX_LINES 32u
#define LT_ED25519_KEY_SIZE 32u
#define LT_ED25519_SIGNATURE_SIZE 64u

/* Kinds of note signatures (C2SP signed-note). */
enum { LT_NOTE_ED25519 = 0x01, LT_NOTE_COSIGNATURE = 0x04 };

/* A public key with its name. A log's key has the log's origin as name. */
typedef struct {
    char *name;
    guint32 id;
    guint8 type;
    guint8 key[LT_ED25519_KEY_SIZE];
} LtVerifierKey;

/** lt_vkey_read: one line, `name+keyid+base64`, with or without its newline. Errors: %LT_ERROR_INVALID `log.vkey` */
LtVerifierKey *lt_vkey_read(const char *text, gsize length, GError **error);
/** lt_vkey_write: Returns: (transfer full): the line, without newline */
char *lt_vkey_write(const char *name, guint8 type, const guint8 key[LT_ED25519_KEY_SIZE]);
/** lt_vkey_id: first four bytes of SHA-256(name ‖ LF ‖ type ‖ key), big-endian */
guint32 lt_vkey_id(const char *name, guint8 type, const guint8 key[LT_ED25519_KEY_SIZE]);
void lt_vkey_free(LtVerifierKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtVerifierKey, lt_vkey_free)

/** lt_ed25519_verify: RFC 8032, by OpenSSL */
gboolean lt_ed25519_verify(const guint8 key[LT_ED25519_KEY_SIZE], const void *message, gsize size,
                           const guint8 signature[LT_ED25519_SIGNATURE_SIZE]);

typedef struct {
    guint key;     /* which of the keys given to lt_note_open() */
    gint64 time_s; /* of a cosignature: seconds since 1970; else 0 */
} LtNoteSignature;

typedef struct {
    char *text;          /* the signed text, its last newline included */
    GArray *signatures;  /* of LtNoteSignature: those of known keys, all verified, each key once */
    guint n_unknown;     /* lines of unknown name or id: ignored */
} LtNote;

/**
 * lt_note_open:
 * @keys: what is trusted; may be empty: then the form alone is checked
 *
 * Lines of unknown name or id are ignored; a line of a known name **and** id that fails refuses the whole note. A note without any
 * known signature opens with an empty @signatures: what is enough is the caller's to say.
 *
 * Errors: %LT_ERROR_INVALID `log.note` (form), %LT_ERROR_SIGNATURE `log.note` (a known key's signature fails)
 */
LtNote *lt_note_open(const char *data, gsize size, LtVerifierKey *const *keys, guint n_keys, GError **error);
void lt_note_free(LtNote *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtNote, lt_note_free)
/** lt_note_write: text, empty line and one signature line. @signature: for a cosignature 8 bytes of time and 64; else 64 bytes */
char *lt_note_write(const char *text, const char *name, guint32 id, const guint8 *signature, gsize signature_size);

/* A checkpoint: what a note of a log says. */
typedef struct {
    char *origin;
    guint64 size;
    LtHash root;
} LtCheckpoint;

/** lt_checkpoint_read: exactly three lines. Errors: %LT_ERROR_INVALID `log.note` */
gboolean lt_checkpoint_read(const char *text, gsize length, LtCheckpoint *out, GError **error);
void lt_checkpoint_clear(LtCheckpoint *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtCheckpoint, lt_checkpoint_clear)
/** lt_checkpoint_text: Returns: (transfer full): the three signed lines */
char *lt_checkpoint_text(const char *origin, guint64 size, const LtHash *root);
/** lt_origin_is_valid: 1–255 bytes of UTF-8 without space, `+` or control characters */
gboolean lt_origin_is_valid(const char *origin, gsize length);

/* A tlog-proof: one entry's place in the tree of one checkpoint. */
typedef struct {
    guint64 index;
    GArray *hashes;    /* of LtHash: leaf's sibling first */
    char *note;        /* the checkpoint, verbatim; not yet opened */
    gsize note_size;
} LtProof;

/** lt_proof_read: form alone. Errors: %LT_ERROR_INVALID `log.proof` */
LtProof *lt_proof_read(const char *data, gsize size, GError **error);
/** lt_proof_write: Returns: (transfer full): NUL-terminated */
char *lt_proof_write(guint64 index, const LtHash *hashes, gsize n_hashes, const char *note);
void lt_proof_free(LtProof *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtProof, lt_proof_free)
