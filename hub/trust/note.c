/* SPDX-License-Identifier: Apache-2.0 */
/* note.c: C2SP signed notes and their keys.
 *
 * A note is text, an empty line, and lines "— NAME BASE64". Everything is read strictly: one spelling, no control character but LF, no
 * byte after the last line. Signatures of unknown keys are ignored, as the format wants, so that a log can be cosigned by
 * witnesses that a reader has never heard of.
 */
#include "trust/note.h"

#include <openssl/evp.h>
#include <string.h>

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */
#define DASH_SIZE 4
#define ID_SIZE 4
#define TIME_SIZE 8
#define SIGNATURE_MAX (ID_SIZE + TIME_SIZE + LT_ED25519_SIGNATURE_SIZE)

static gboolean
refuse(GError **error, const char *reason, const char *what)
{
    lt_error_set(error, LT_ERROR_INVALID, reason, "%s", what);
    return FALSE;
}

static guint32
read_be32(const guint8 *bytes)
{
    return (guint32) bytes[0] << 24 | (guint32) bytes[1] << 16 | (guint32) bytes[2] << 8 | bytes[3];
}

static void
write_be32(guint32 value, guint8 *bytes)
{
    for (guint i = 0; i < 4; i++)
        bytes[i] = (guint8) (value >> (24 - 8 * i));
}

gboolean
lt_origin_is_valid(const char *origin, gsize length)
{
    if (length < 1 || length > 255 || !g_utf8_validate_len(origin, length, NULL))
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if ((guchar) origin[i] <= 0x20 || origin[i] == '+' || origin[i] == 0x7f)
            return FALSE;
    return TRUE;
}

guint32
lt_vkey_id(const char *name, guint8 type, const guint8 key[LT_ED25519_KEY_SIZE])
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    guint8 digest[EVP_MAX_MD_SIZE];

    g_byte_array_append(bytes, (const guint8 *) name, (guint) strlen(name));
    g_byte_array_append(bytes, (const guint8[]) { '\n', type }, 2);
    g_byte_array_append(bytes, key, LT_ED25519_KEY_SIZE);
    if (EVP_Digest(bytes->data, bytes->len, digest, NULL, EVP_sha256(), NULL) != 1)
        g_error("SHA-256 is not available");
    return read_be32(digest);
}

char *
lt_vkey_write(const char *name, guint8 type, const guint8 key[LT_ED25519_KEY_SIZE])
{
    guint8 typed[1 + LT_ED25519_KEY_SIZE];
    g_autofree char *text = NULL;

    typed[0] = type;
    memcpy(typed + 1, key, LT_ED25519_KEY_SIZE);
    text = lt_base64_dup(typed, sizeof typed);
    return g_strdup_printf("%s+%08x+%s", name, lt_vkey_id(name, type, key), text);
}

LtVerifierKey *
lt_vkey_read(const char *text, gsize length, GError **error)
{
    g_autoptr(LtVerifierKey) self = g_new0(LtVerifierKey, 1);
    guint8 typed[1 + LT_ED25519_KEY_SIZE], id[ID_SIZE];
    const char *plus, *end = text + length;

    if (length == 0)
        return refuse(error, "log.vkey", "verifier key is empty"), NULL;
    if (end[-1] == '\n')
        end--;
    plus = memchr(text, '+', (gsize) (end - text));
    if (plus == NULL || end - plus < 10 || plus[9] != '+' || !lt_origin_is_valid(text, (gsize) (plus - text)))
        return refuse(error, "log.vkey", "verifier key is not name+id+key"), NULL;
    if (!lt_hex_read(plus + 1, 8, id, sizeof id) ||
        !lt_base64_read(plus + 10, (gsize) (end - plus - 10), typed, sizeof typed))
        return refuse(error, "log.vkey", "verifier key is not name+id+key"), NULL;
    if (typed[0] != LT_NOTE_ED25519 && typed[0] != LT_NOTE_COSIGNATURE)
        return refuse(error, "log.vkey", "verifier key is of an unknown type"), NULL;
    self->name = g_strndup(text, (gsize) (plus - text));
    self->type = typed[0];
    memcpy(self->key, typed + 1, LT_ED25519_KEY_SIZE);
    self->id = lt_vkey_id(self->name, self->type, self->key);
    if (self->id != read_be32(id))
        return refuse(error, "log.vkey", "id of the verifier key does not belong to its name and key"), NULL;
    return g_steal_pointer(&self);
}

void
lt_vkey_free(LtVerifierKey *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_free(self);
}

gboolean
lt_ed25519_verify(const guint8 key[LT_ED25519_KEY_SIZE], const void *message, gsize size,
                  const guint8 signature[LT_ED25519_SIGNATURE_SIZE])
{
    EVP_PKEY *public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, LT_ED25519_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    gboolean holds = public_key != NULL && context != NULL &&
                     EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
                     EVP_DigestVerify(context, signature, LT_ED25519_SIGNATURE_SIZE, message, size) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
    return holds;
}

/* What one signature line says. */
typedef struct {
    const char *name;
    gsize name_size;
    guint32 id;
    guint8 signature[TIME_SIZE + LT_ED25519_SIGNATURE_SIZE];
    gsize signature_size; /* 0: of a length that none of our types has */
} Line;

static gboolean
read_line(const char *text, gsize length, Line *line)
{
    guint8 bytes[SIGNATURE_MAX];
    const char *end = text + length, *space;
    gssize size;

    if (length < DASH_SIZE || memcmp(text, DASH, DASH_SIZE) != 0)
        return FALSE;
    line->name = text + DASH_SIZE;
    space = memchr(line->name, ' ', (gsize) (end - line->name));
    if (space == NULL)
        return FALSE;
    line->name_size = (gsize) (space - line->name);
    size = lt_base64_size(space + 1, (gsize) (end - space - 1));
    if (!lt_origin_is_valid(line->name, line->name_size) || size <= ID_SIZE)
        return FALSE;
    line->signature_size = 0;
    if ((gsize) size > sizeof bytes) {
        /* A longer signature is of a type that we do not know: its id still tells whether it claims to be ours. */
        g_autofree guint8 *longer = g_malloc((gsize) size);

        if (!lt_base64_read(space + 1, (gsize) (end - space - 1), longer, (gsize) size))
            return FALSE;
        line->id = read_be32(longer);
        return TRUE;
    }
    if (!lt_base64_read(space + 1, (gsize) (end - space - 1), bytes, (gsize) size))
        return FALSE;
    line->id = read_be32(bytes);
    line->signature_size = (gsize) size - ID_SIZE;
    memcpy(line->signature, bytes + ID_SIZE, line->signature_size);
    return TRUE;
}

static gboolean
verify_cosignature(const LtVerifierKey *key, const char *text, const Line *line, gint64 *time_s)
{
    g_autofree char *message = NULL;
    guint64 time = (guint64) read_be32(line->signature) << 32 | read_be32(line->signature + 4);

    if (line->signature_size != TIME_SIZE + LT_ED25519_SIGNATURE_SIZE || time > G_MAXINT64)
        return FALSE;
    *time_s = (gint64) time;
    message = g_strdup_printf("cosignature/v1\ntime %" G_GUINT64_FORMAT "\n%s", time, text);
    return lt_ed25519_verify(key->key, message, strlen(message), line->signature + TIME_SIZE);
}

static gboolean
verify_line(const LtVerifierKey *key, const char *text, const Line *line, gint64 *time_s)
{
    *time_s = 0;
    if (key->type == LT_NOTE_COSIGNATURE)
        return verify_cosignature(key, text, line, time_s);
    return line->signature_size == LT_ED25519_SIGNATURE_SIZE &&
           lt_ed25519_verify(key->key, text, strlen(text), line->signature);
}

static void
add_signature(LtNote *self, guint key, gint64 time_s)
{
    LtNoteSignature signature = { key, time_s };

    for (guint i = 0; i < self->signatures->len; i++)
        if (g_array_index(self->signatures, LtNoteSignature, i).key == key)
            return;
    g_array_append_val(self->signatures, signature);
}

static gboolean
take_line(LtNote *self, const Line *line, LtVerifierKey *const *keys, guint n_keys, GError **error)
{
    gboolean known = FALSE;

    for (guint i = 0; i < n_keys; i++) {
        gint64 time_s;

        if (keys[i]->id != line->id || strlen(keys[i]->name) != line->name_size ||
            memcmp(keys[i]->name, line->name, line->name_size) != 0)
            continue;
        if (!verify_line(keys[i], self->text, line, &time_s)) {
            lt_error_set(error, LT_ERROR_SIGNATURE, "log.note", "signature of %s does not verify", keys[i]->name);
            return FALSE;
        }
        add_signature(self, i, time_s);
        known = TRUE;
    }
    self->n_unknown += !known;
    return TRUE;
}

/* Where the signature lines begin: after the last empty line. NULL when this is no note. */
static const char *
find_lines(const char *data, gsize size)
{
    if (size < 3 || size > LT_NOTE_MAX_SIZE || data[size - 1] != '\n' || !g_utf8_validate_len(data, size, NULL))
        return NULL;
    for (gsize i = 0; i < size; i++)
        if (((guchar) data[i] < 0x20 && data[i] != '\n') || data[i] == 0x7f)
            return NULL;
    for (gsize i = size - 1; i > 1; i--)
        if (data[i - 1] == '\n' && data[i - 2] == '\n')
            return data + i;
    return NULL;
}

LtNote *
lt_note_open(const char *data, gsize size, LtVerifierKey *const *keys, guint n_keys, GError **error)
{
    g_autoptr(LtNote) self = g_new0(LtNote, 1);
    const char *p = find_lines(data, size), *end = data + size;
    guint n_lines = 0;

    if (p == NULL)
        return refuse(error, "log.note", "not a signed note"), NULL;
    self->text = g_strndup(data, (gsize) (p - 1 - data));
    self->signatures = g_array_new(FALSE, FALSE, sizeof(LtNoteSignature));
    while (p < end) {
        const char *newline = memchr(p, '\n', (gsize) (end - p));
        Line line;

        if (++n_lines > LT_NOTE_MAX_LINES)
            return refuse(error, "log.note", "note has more than 32 signature lines"), NULL;
        if (newline == NULL || !read_line(p, (gsize) (newline - p), &line))
            return refuse(error, "log.note", "a signature line of the note is malformed"), NULL;
        if (!take_line(self, &line, keys, n_keys, error))
            return NULL;
        p = newline + 1;
    }
    return g_steal_pointer(&self);
}

void
lt_note_free(LtNote *self)
{
    if (self == NULL)
        return;
    g_free(self->text);
    g_clear_pointer(&self->signatures, g_array_unref);
    g_free(self);
}

char *
lt_note_write(const char *text, const char *name, guint32 id, const guint8 *signature, gsize signature_size)
{
    g_autofree guint8 *bytes = g_malloc(ID_SIZE + signature_size);
    g_autofree char *encoded = NULL;

    write_be32(id, bytes);
    memcpy(bytes + ID_SIZE, signature, signature_size);
    encoded = lt_base64_dup(bytes, ID_SIZE + signature_size);
    return g_strdup_printf("%s\n" DASH "%s %s\n", text, name, encoded);
}
