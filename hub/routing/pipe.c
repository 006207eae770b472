/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.c: frames written whole and read strictly. */
#include "routing/pipe.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"

#define BODY_MOST (1024u * 1024u)
#define HEAD 5

/* The form of each frame's body. */
static const char *const forms[] = {
    [LT_FRAME_DATA] = "ay",
    [LT_FRAME_HELLO] = "(sssua(sumsmsms))", /* name, version, summary, verbs, keys: name, type, preset, range, help */
    [LT_FRAME_OPEN] = "a(sas)",             /* key, its value: nothing, a text, or words */
    [LT_FRAME_DELIVER] = "(bb(ssssmsm(sss)xxxsa(sssts)))", /* dry, may be answered, message */
    [LT_FRAME_COLLECT] = "()",
    [LT_FRAME_RECEIVE] = "(ssa(ss))",       /* method, path, headers */
    [LT_FRAME_SEND] = "(ssba(ss))",         /* method, path, has a body, headers */
    [LT_FRAME_MASK] = "(s)",
    [LT_FRAME_KEEP] = "(ua(ss))",
    [LT_FRAME_READ] = "(uut)",              /* message, part (all ones: the envelope), from byte */
    [LT_FRAME_SUBMIT] = "(sssmsmsm(sss)msmsmsua(sst))", /* type, from, to, key, dossier, re, payload's type, original's kind and verdict and place, parts */
    [LT_FRAME_GET_CURSOR] = "()",
    [LT_FRAME_SET_CURSOR] = "(s)",
    [LT_FRAME_FIND_SUBMISSION] = "(s)",
    [LT_FRAME_FIND_MESSAGE] = "(ss)",
    [LT_FRAME_FIND_STANDING] = "(s)",
    [LT_FRAME_DONE] = "v",
    [LT_FRAME_FAILED] = "(ussx)",           /* code, reason, text, Retry-After */
};

static gboolean
fail(GError **error, LtErrorCode code, const char *reason, const char *text)
{
    lt_error_set(error, code, reason, "plugin host: %s", text);
    return FALSE;
}

static gboolean
write_all(int fd, const guint8 *bytes, gsize size, GError **error)
{
    while (size > 0) {
        gssize n = send(fd, bytes, size, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(error, LT_ERROR_UNAVAILABLE, "plugin.host", "the conversation has ended");
        bytes += n;
        size -= (gsize) n;
    }
    return TRUE;
}

static gboolean
write_frame(LtPipe *self, LtFrameType type, const guint8 *body, gsize size, GError **error)
{
    guint8 head[HEAD] = { (guint8) type, (guint8) (size >> 24), (guint8) (size >> 16), (guint8) (size >> 8), (guint8) size };

    if (size > BODY_MOST)
        return fail(error, LT_ERROR_TOO_LARGE, "plugin.protocol", "a frame over 1 MiB");
    return write_all(self->fd, head, sizeof head, error) && write_all(self->fd, body, size, error);
}

gboolean
lt_pipe_send(LtPipe *self, LtFrameType type, GVariant *body, GBytes *data, GError **error)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(body);
    gsize size = 0;
    const guint8 *bytes = data != NULL ? g_bytes_get_data(data, &size) : NULL;

    for (gsize at = 0; at < size; at += BODY_MOST)
        if (!write_frame(self, LT_FRAME_DATA, bytes + at, MIN(size - at, BODY_MOST), error))
            return FALSE;
    return write_frame(self, type, g_variant_get_data(owned), g_variant_get_size(owned), error);
}

static gboolean
wait_readable(LtPipe *self, GError **error)
{
    for (;;) {
        struct pollfd one = { .fd = self->fd, .events = POLLIN };
        gint64 left_us = self->deadline_us > 0 ? self->deadline_us - g_get_monotonic_time() : -1;
        int n;

        if (self->deadline_us > 0 && left_us <= 0)
            return fail(error, LT_ERROR_UNAVAILABLE, "plugin.stuck", "the verb was past its deadline");
        n = poll(&one, 1, left_us < 0 ? -1 : (int) MIN(left_us / 1000 + 1, G_MAXINT));
        if (n > 0)
            return TRUE;
        if (n < 0 && errno != EINTR)
            return fail(error, LT_ERROR_UNAVAILABLE, "plugin.host", "the conversation has ended");
    }
}

static gboolean
read_all(LtPipe *self, guint8 *bytes, gsize size, GError **error)
{
    while (size > 0) {
        gssize n;

        if (!wait_readable(self, error))
            return FALSE;
        n = recv(self->fd, bytes, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(error, LT_ERROR_UNAVAILABLE, "plugin.host", "the conversation has ended");
        bytes += n;
        size -= (gsize) n;
    }
    return TRUE;
}

static gboolean
read_frame(LtPipe *self, LtFrameType *type, guint8 **body, gsize *size, GError **error)
{
    guint8 head[HEAD];

    if (!read_all(self, head, sizeof head, error))
        return FALSE;
    *type = head[0];
    *size = (gsize) head[1] << 24 | (gsize) head[2] << 16 | (gsize) head[3] << 8 | head[4];
    if (*type < LT_FRAME_DATA || *type > LT_FRAME_FAILED || *size > BODY_MOST)
        return fail(error, LT_ERROR_INTERNAL, "plugin.protocol", "an unknown or too long frame");
    *body = g_malloc(MAX(*size, 1));
    if (read_all(self, *body, *size, error))
        return TRUE;
    g_clear_pointer(body, g_free);
    return FALSE;
}

gboolean
lt_pipe_receive(LtPipe *self, LtFrameType *type, GVariant **body, GBytes **data, GError **error)
{
    g_autoptr(GByteArray) gathered = g_byte_array_new();
    g_autoptr(GVariant) value = NULL;

    for (;;) {
        guint8 *bytes = NULL;
        gsize size = 0;

        if (!read_frame(self, type, &bytes, &size, error))
            return FALSE;
        if (*type != LT_FRAME_DATA) {
            value = g_variant_ref_sink(g_variant_new_from_data(G_VARIANT_TYPE(forms[*type]), bytes, size, FALSE, g_free, bytes));
            break;
        }
        if (gathered->len + size > self->most) {
            g_free(bytes);
            return fail(error, LT_ERROR_TOO_LARGE, "plugin.protocol", "more bytes than it may send");
        }
        g_byte_array_append(gathered, bytes, (guint) size);
        g_free(bytes);
    }
    if (!g_variant_is_normal_form(value))
        return fail(error, LT_ERROR_INTERNAL, "plugin.protocol", "a frame that is not in its form");
    *body = g_steal_pointer(&value);
    *data = g_byte_array_free_to_bytes(g_steal_pointer(&gathered));
    return TRUE;
}

GVariant *
lt_pipe_fail(const GError *error)
{
    gboolean own = error->domain == LT_ERROR;

    return g_variant_new("(ussx)", (guint32) (own ? error->code : LT_ERROR_INTERNAL), lt_error_get_reason(error), error->message,
                         own ? lt_error_get_retry_after(error) : (gint64) -1);
}

void
lt_pipe_set_error(GVariant *body, GError **error)
{
    g_autoptr(GError) cause = NULL;
    const char *reason, *text;
    guint32 code;
    gint64 retry_after;

    g_variant_get(body, "(u&s&sx)", &code, &reason, &text, &retry_after);
    lt_error_set(&cause, code <= LT_ERROR_INTERNAL ? (LtErrorCode) code : LT_ERROR_INTERNAL, strlen(reason) <= 63 ? reason : "plugin.broken", "%s", text);
    if (retry_after >= 0)
        lt_error_set_retry_after(cause, retry_after);
    g_propagate_error(error, g_steal_pointer(&cause));
}
