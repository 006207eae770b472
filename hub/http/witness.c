/* SPDX-License-Identifier: Apache-2.0 */
/* witness.c: this hub as a witness of others' logs (C2SP tlog-witness; audit-log.md §8): takes a checkpoint, and cosigns it when it continues what was seen. */
#include "http/resources.h"

#include <string.h>

#include "base/value.h"
#include "http/routes.h"
#include "store/witness.h"
#include "trust/digest.h"

#define BODY_MAX 65536u
#define SIZE_TYPE "text/x.tlog.size"

typedef struct {
    guint64 old_size;
    GArray *proof;   /* of LtHash */
    const char *note;
} Request;

static void
request_clear(Request *self)
{
    g_clear_pointer(&self->proof, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static gboolean
malformed(GError **error)
{
    lt_error_set(error, LT_ERROR_INVALID, "http.parameter", "not `old SIZE`, at most 63 hashes, an empty line and a checkpoint");
    return FALSE;
}

/* @text: NUL-terminated; lines are cut in it. */
static gboolean
read_request(char *text, Request *out, GError **error)
{
    char *end = strchr(text, '\n');

    out->proof = g_array_new(FALSE, FALSE, sizeof(LtHash));
    if (end == NULL || !g_str_has_prefix(text, "old ") || !lt_decimal_read(text + 4, (gsize) (end - text - 4), &out->old_size))
        return malformed(error);
    for (text = end + 1; (end = strchr(text, '\n')) != NULL && end != text; text = end + 1) {
        LtHash hash;

        if (out->proof->len >= LT_MERKLE_MAX_PROOF || !lt_base64_read(text, (gsize) (end - text), hash.b, sizeof hash.b))
            return malformed(error);
        g_array_append_val(out->proof, hash);
    }
    if (end == NULL)
        return malformed(error);
    out->note = end + 1;
    return TRUE;
}

static void
answer_plain(LtExchange *exchange, guint status, const char *media_type, char *text)
{
    lt_exchange_reply_text(exchange, status, media_type, text);
}

/* 400, 409 and the rest as the table of audit-log.md §8 says; the order of the rows is the order here. */
static void
cosign(LtExchange *exchange, const Request *request, const LtCheckpoint *checkpoint, const LtVerifierKey *key, const char *text)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    g_autofree char *vkey = lt_vkey_write(key->name, key->type, key->key);
    LtWitnessing witnessing = { vkey, request->note, checkpoint, request->old_size, (const LtHash *) (gpointer) request->proof->data, request->proof->len };
    g_autoptr(GError) error = NULL;
    guint64 stored = 0;
    char *line;

    if (lt_store_witness(parts->store, &witnessing, &stored, &error)) {
        line = lt_signer_cosign(parts->signer, text, lt_time_now_us(), &error);
        if (line != NULL) {
            answer_plain(exchange, 200, LT_TEXT, line);
            return;
        }
    }
    if (strcmp(lt_error_get_reason(error), "witness.size") == 0)
        answer_plain(exchange, 409, SIZE_TYPE, g_strdup_printf("%" G_GUINT64_FORMAT "\n", stored));
    else
        lt_exchange_fail(exchange, error);
}

static void
judge(LtExchange *exchange, const Request *request)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    g_auto(LtCheckpoint) checkpoint = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtNote) form = lt_note_open(request->note, strlen(request->note), NULL, 0, NULL), note = NULL;
    const LtVerifierKey *key;

    if (form == NULL || !lt_checkpoint_read(form->text, strlen(form->text), &checkpoint, NULL)) {
        answer_plain(exchange, 400, LT_TEXT, g_strdup("not a checkpoint\n"));
        return;
    }
    key = lt_peers_find_log(parts->peers, checkpoint.origin);
    if (key == NULL) {
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "witness.unknown", "this hub does not witness that log");
        lt_exchange_fail(exchange, error);
        return;
    }
    note = lt_note_open(request->note, strlen(request->note), (LtVerifierKey *const *) &key, 1, NULL);
    if (note == NULL || note->signatures->len == 0) {
        lt_error_set(&error, LT_ERROR_SIGNATURE, "witness.signature", "the checkpoint is not signed by the registered key of its log");
        lt_exchange_fail(exchange, error);
    } else if (request->old_size > checkpoint.size) {
        answer_plain(exchange, 400, LT_TEXT, g_strdup("old size above the size of the checkpoint\n"));
    } else {
        cosign(exchange, request, &checkpoint, key, note->text);
    }
}

void
lt_witness_add(LtExchange *exchange)
{
    g_autoptr(GError) error = NULL;
    g_auto(Request) request = { 0 };
    gsize size;
    const char *data = g_bytes_get_data(lt_exchange_get_body(exchange), &size);
    g_autofree char *text = g_strndup(data == NULL ? "" : data, data == NULL ? 0 : size);

    if (size > BODY_MAX || strlen(text) != size || !read_request(text, &request, &error))
        answer_plain(exchange, 400, LT_TEXT, g_strdup("malformed\n"));
    else
        judge(exchange, &request);
}

/* The log is named by the SHA-256 of its origin. */
void
lt_witness_get(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    const char *wanted = lt_exchange_get_param(exchange, 0);
    g_autoptr(GError) error = NULL;
    char *note = NULL;
    guint64 size;

    for (guint i = 0; note == NULL && error == NULL && i < parts->peers->logs->len; i++) {
        const char *origin = ((const LtVerifierKey *) parts->peers->logs->pdata[i])->name;
        g_autofree char *digest = lt_sha256_dup_hex(origin, strlen(origin));

        if (strcmp(digest, wanted) == 0)
            note = lt_store_find_witnessed(parts->store, origin, &size, &error);
    }
    if (note == NULL && error == NULL)
        lt_error_set(&error, LT_ERROR_NOT_FOUND, "witness.unknown", "this hub does not witness that log");
    if (note == NULL)
        lt_exchange_fail(exchange, error);
    else
        answer_plain(exchange, 200, LT_TEXT, note);
}
