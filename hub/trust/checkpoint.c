/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c: the text of a checkpoint and the form of a tlog-proof, read and written.
 *
 * Both are lines. A reader takes exactly what the writer makes (and the one optional line that the proof format allows), so that one proof
 * has one spelling.
 */
#include <string.h>
#include "trust/note.h"

#define ROOT_TEXT_SIZE 44
#define PROOF_HEADER "c2sp.org/tlog-proof@v1"

/* Takes one line without its newline; FALSE at the end or for an unended one. */
static gboolean
take_line(const char **p, const char *end, const char **line, gsize *size)
{
    const char *newline = *p < end ? memchr(*p, '\n', (gsize) (end - *p)) : NULL;

    if (newline == NULL)
        return FALSE;
    *line = *p;
    *size = (gsize) (newline - *p);
    *p = newline + 1;
    return TRUE;
}

static gboolean
refuse(GError **error, const char *reason, const char *what)
{
    lt_error_set(error, LT_ERROR_INVALID, reason, "%s", what);
    return FALSE;
}

gboolean
lt_checkpoint_read(const char *text, gsize length, LtCheckpoint *out, GError **error)
{
    const char *p = text, *end = text + length, *origin, *size, *root;
    gsize origin_size, size_size, root_size;
    guint64 n;
    LtHash hash;

    if (!take_line(&p, end, &origin, &origin_size) || !take_line(&p, end, &size, &size_size) ||
        !take_line(&p, end, &root, &root_size) || p != end)
        return refuse(error, "log.note", "checkpoint is not three lines");
    if (!lt_origin_is_valid(origin, origin_size))
        return refuse(error, "log.note", "origin of the checkpoint is malformed");
    if (!lt_decimal_read(size, size_size, &n))
        return refuse(error, "log.note", "size of the checkpoint is malformed");
    if (root_size != ROOT_TEXT_SIZE || !lt_base64_read(root, root_size, hash.b, sizeof hash.b))
        return refuse(error, "log.note", "root of the checkpoint is malformed");
    out->origin = g_strndup(origin, origin_size);
    out->size = n;
    out->root = hash;
    return TRUE;
}

void
lt_checkpoint_clear(LtCheckpoint *self)
{
    g_clear_pointer(&self->origin, g_free);
}

char *
lt_checkpoint_text(const char *origin, guint64 size, const LtHash *root)
{
    g_autofree char *text = lt_base64_dup(root->b, sizeof root->b);

    return g_strdup_printf("%s\n%" G_GUINT64_FORMAT "\n%s\n", origin, size, text);
}

static gboolean
has_prefix(const char *line, gsize size, const char *prefix)
{
    return size >= strlen(prefix) && memcmp(line, prefix, strlen(prefix)) == 0;
}

static gboolean
read_hashes(LtProof *self, const char **p, const char *end, GError **error)
{
    const char *line;
    gsize size;
    LtHash hash;

    for (;;) {
        if (!take_line(p, end, &line, &size))
            return refuse(error, "log.proof", "proof ends before its checkpoint");
        if (size == 0)
            return TRUE;
        if (self->hashes->len == LT_MERKLE_MAX_PROOF)
            return refuse(error, "log.proof", "proof has more than 63 hashes");
        if (!lt_base64_read(line, size, hash.b, sizeof hash.b))
            return refuse(error, "log.proof", "a hash of the proof is malformed");
        g_array_append_val(self->hashes, hash);
    }
}

LtProof *
lt_proof_read(const char *data, gsize size, GError **error)
{
    g_autoptr(LtProof) self = g_new0(LtProof, 1);
    const char *p = data, *end = data + size, *line;
    gsize line_size;

    if (!take_line(&p, end, &line, &line_size) || line_size != strlen(PROOF_HEADER) ||
        memcmp(line, PROOF_HEADER, line_size) != 0)
        return refuse(error, "log.proof", "not a tlog-proof"), NULL;
    if (!take_line(&p, end, &line, &line_size))
        return refuse(error, "log.proof", "proof has no index"), NULL;
    if (has_prefix(line, line_size, "extra ")) {
        if (lt_base64_size(line + 6, line_size - 6) < 0)
            return refuse(error, "log.proof", "extra line of the proof is malformed"), NULL;
        if (!take_line(&p, end, &line, &line_size))
            return refuse(error, "log.proof", "proof has no index"), NULL;
    }
    if (!has_prefix(line, line_size, "index ") || !lt_decimal_read(line + 6, line_size - 6, &self->index))
        return refuse(error, "log.proof", "index of the proof is malformed"), NULL;
    self->hashes = g_array_new(FALSE, FALSE, sizeof(LtHash));
    if (!read_hashes(self, &p, end, error))
        return NULL;
    self->note_size = (gsize) (end - p);
    if (self->note_size == 0 || self->note_size > LT_NOTE_MAX_SIZE)
        return refuse(error, "log.proof", "proof has no checkpoint, or one of more than 65536 bytes"), NULL;
    self->note = g_strndup(p, self->note_size);
    return g_steal_pointer(&self);
}

char *
lt_proof_write(guint64 index, const LtHash *hashes, gsize n_hashes, const char *note)
{
    GString *out = g_string_sized_new(1024);

    g_string_append_printf(out, PROOF_HEADER "\nindex %" G_GUINT64_FORMAT "\n", index);
    for (gsize i = 0; i < n_hashes; i++) {
        g_autofree char *text = lt_base64_dup(hashes[i].b, sizeof hashes[i].b);

        g_string_append(out, text);
        g_string_append_c(out, '\n');
    }
    g_string_append_c(out, '\n');
    g_string_append(out, note);
    return g_string_free(out, FALSE);
}

void
lt_proof_free(LtProof *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->hashes, g_array_unref);
    g_free(self->note);
    g_free(self);
}
