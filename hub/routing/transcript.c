/* SPDX-License-Identifier: Apache-2.0 */
/* transcript.c: exchanges as files, one pair per exchange, numbered in the order in which they ended.
 *
 * Masking happens on the finished bytes, so that no place can be forgotten: some headers are masked whole, and every secret of the
 * endpoint wherever it stands, as it is, URL-escaped or in base64.
 */
#include "routing/transcript.h"

#include <stdlib.h>
#include <string.h>

#include "routing/reply.h"
#include "routing/request.h"

#define MASK "***"
#define SECRET_MIN 4u
#define NO_ANSWER "no answer: "
#define REQUEST_SUFFIX "-request.http"
#define REPLY_SUFFIX "-reply.http"

/* One kept exchange, for playing back. */
typedef struct {
    char *start; /* "POST /hoso" */
    char *reply_path;
    gboolean used;
} Exchange;

struct _LtTranscriptEntry {
    guint64 number;
    GBytes *sent, *answered; /* without the endpoint's secrets */
};

struct _LtTranscript {
    char *folder;       /* nullable */
    GPtrArray *needles; /* of char *: spellings of secrets */
    GMutex mutex;       /* guards what follows */
    guint64 next;       /* number of the next exchange; 0: not known yet */
    GPtrArray *kept;    /* of Exchange *, for replay; NULL: not read yet */
};

static void
exchange_free(gpointer data)
{
    Exchange *self = data;

    g_free(self->start);
    g_free(self->reply_path);
    g_free(self);
}

static void
add_needles(GPtrArray *needles, const char *secret)
{
    if (strlen(secret) < SECRET_MIN)
        return;
    g_ptr_array_add(needles, g_strdup(secret));
    g_ptr_array_add(needles, g_uri_escape_string(secret, NULL, FALSE));
    g_ptr_array_add(needles, g_base64_encode((const guchar *) secret, strlen(secret)));
}

LtTranscript *
lt_transcript_new(const char *folder, const char *const *secrets)
{
    LtTranscript *self = g_new0(LtTranscript, 1);

    self->folder = g_strdup(folder);
    self->needles = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; secrets != NULL && secrets[i] != NULL; i++)
        add_needles(self->needles, secrets[i]);
    g_mutex_init(&self->mutex);
    return self;
}

void
lt_transcript_free(LtTranscript *self)
{
    if (self == NULL)
        return;
    g_free(self->folder);
    g_ptr_array_unref(self->needles);
    g_clear_pointer(&self->kept, g_ptr_array_unref);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

static void
mask(GByteArray *bytes, const char *needle)
{
    gsize length = strlen(needle);
    guint8 *found;
    gsize from = 0;

    while (bytes->len - from >= length && (found = memmem(bytes->data + from, bytes->len - from, needle, length)) != NULL) {
        from = (gsize) (found - bytes->data);
        g_byte_array_remove_range(bytes, (guint) from, (guint) length);
        g_byte_array_append(bytes, (const guint8 *) MASK, sizeof MASK - 1); /* makes room at the end … */
        memmove(bytes->data + from + sizeof MASK - 1, bytes->data + from, bytes->len - from - (sizeof MASK - 1));
        memcpy(bytes->data + from, MASK, sizeof MASK - 1); /* … and moves it where the secret was */
        from += sizeof MASK - 1;
    }
}

GBytes *
lt_transcript_mask(GBytes *bytes, const GPtrArray *secrets)
{
    g_autoptr(GPtrArray) needles = g_ptr_array_new_with_free_func(g_free);
    GByteArray *out;

    if (secrets == NULL || secrets->len == 0)
        return g_bytes_ref(bytes);
    for (guint i = 0; i < secrets->len; i++)
        add_needles(needles, g_ptr_array_index(secrets, i));
    out = g_bytes_unref_to_array(g_bytes_ref(bytes));
    for (guint i = 0; i < needles->len; i++)
        mask(out, g_ptr_array_index(needles, i));
    return g_byte_array_free_to_bytes(out);
}

static gboolean
is_secret_header(const char *name)
{
    static const char *const names[] = { "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Api-Key",
                                         "accessToken", "lgspAccessToken", "AuthHash", NULL };

    for (guint i = 0; names[i] != NULL; i++) {
        if (g_ascii_strcasecmp(names[i], name) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
append_text(GByteArray *out, const char *text)
{
    g_byte_array_append(out, (const guint8 *) text, (guint) strlen(text));
}

static GBytes *
render(LtTranscript *self, const char *start, const LtHeaderList *headers, GBytes *body)
{
    GByteArray *out = g_byte_array_new();

    append_text(out, start);
    append_text(out, "\n");
    for (guint i = 0; i < headers->len; i++) {
        const LtHeaderField *field = lt_header_list_at(headers, i);

        append_text(out, field->name);
        append_text(out, ": ");
        append_text(out, is_secret_header(field->name) ? MASK : field->value);
        append_text(out, "\n");
    }
    append_text(out, "\n");
    if (body != NULL)
        g_byte_array_append(out, g_bytes_get_data(body, NULL), (guint) g_bytes_get_size(body));
    for (guint i = 0; i < self->needles->len; i++)
        mask(out, g_ptr_array_index(self->needles, i));
    return g_byte_array_free_to_bytes(out);
}

GBytes *
lt_transcript_render(LtTranscript *self, LtRequest *request)
{
    g_autofree char *start = g_strconcat(lt_request_get_method(request), " ", lt_request_get_path(request), NULL);
    g_autoptr(GBytes) size_only = NULL;
    GBytes *body = lt_request_get_body(request);
    guint64 size = 0;

    if (lt_request_get_stream(request, &size) != NULL) {
        char *text = g_strdup_printf("[%" G_GUINT64_FORMAT " bytes, streamed]", size);

        body = size_only = g_bytes_new_take(text, strlen(text));
    }
    return render(self, start, lt_request_get_headers(request), body);
}

static GBytes *
render_reply(LtTranscript *self, LtReply *reply, const GError *cause)
{
    g_autofree char *start = NULL;
    char *text;

    if (reply != NULL) {
        start = g_strdup_printf("HTTP/1.1 %u", lt_reply_get_status(reply));
        return render(self, start, lt_reply_get_headers(reply), lt_reply_get_body(reply));
    }
    text = g_strdup_printf(NO_ANSWER "%s: %s\n", lt_error_get_reason(cause), cause->message);
    return g_bytes_new_take(text, strlen(text));
}

/* Numbers go on after what lies in the folder. */
static guint64
next_number(LtTranscript *self)
{
    g_autoptr(GDir) dir = g_dir_open(self->folder, 0, NULL);
    const char *name;
    guint64 next = 1;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        guint64 number = g_ascii_strtoull(name, NULL, 10);

        if (number >= next && number < G_MAXUINT64)
            next = number + 1;
    }
    return next;
}

static void
write_file(LtTranscript *self, guint64 number, const char *suffix, GBytes *content)
{
    g_autofree char *path = g_strdup_printf("%s/%06" G_GUINT64_FORMAT "%s", self->folder, number, suffix);
    g_autoptr(GError) cause = NULL;

    if (!g_file_set_contents_full(path, g_bytes_get_data(content, NULL), (gssize) g_bytes_get_size(content),
                                  G_FILE_SET_CONTENTS_CONSISTENT, 0600, &cause))
        g_warning("an exchange cannot be kept: %s", cause->message);
}

LtTranscriptEntry *
lt_transcript_note(LtTranscript *self, LtRequest *request, LtReply *reply, const GError *cause)
{
    LtTranscriptEntry *entry;

    if (self->folder == NULL)
        return NULL;
    entry = g_new0(LtTranscriptEntry, 1);
    entry->sent = lt_transcript_render(self, request);
    entry->answered = render_reply(self, reply, cause);
    g_mutex_lock(&self->mutex);
    if (self->next == 0) {
        g_mkdir_with_parents(self->folder, 0700);
        self->next = next_number(self);
    }
    entry->number = self->next++;
    g_mutex_unlock(&self->mutex);
    return entry;
}

void
lt_transcript_write(LtTranscript *self, LtTranscriptEntry *entry, const GPtrArray *secrets)
{
    g_autoptr(GBytes) sent = NULL;
    g_autoptr(GBytes) answered = NULL;

    if (entry == NULL)
        return;
    sent = lt_transcript_mask(entry->sent, secrets);
    answered = lt_transcript_mask(entry->answered, secrets);
    write_file(self, entry->number, REQUEST_SUFFIX, sent);
    write_file(self, entry->number, REPLY_SUFFIX, answered);
    g_bytes_unref(entry->sent);
    g_bytes_unref(entry->answered);
    g_free(entry);
}

void
lt_transcript_keep(LtTranscript *self, LtRequest *request, LtReply *reply, const GError *cause)
{
    lt_transcript_write(self, lt_transcript_note(self, request, reply, cause), NULL);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static Exchange *
exchange_read(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *stem = g_strndup(name, strlen(name) - strlen(REQUEST_SUFFIX));
    g_autofree char *content = NULL;
    Exchange *self;

    if (!g_file_get_contents(path, &content, NULL, NULL))
        return NULL;
    content[strcspn(content, "\r\n")] = '\0';
    self = g_new0(Exchange, 1);
    self->start = g_steal_pointer(&content);
    self->reply_path = g_strconcat(folder, "/", stem, REPLY_SUFFIX, NULL);
    return self;
}

static GPtrArray *
read_folder(const char *folder)
{
    g_autoptr(GDir) dir = folder != NULL ? g_dir_open(folder, 0, NULL) : NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *kept = g_ptr_array_new_with_free_func(exchange_free);
    const char *entry;

    while (dir != NULL && (entry = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(entry, REQUEST_SUFFIX))
            g_ptr_array_add(names, g_strdup(entry));
    }
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        Exchange *exchange = exchange_read(folder, g_ptr_array_index(names, i));

        if (exchange != NULL)
            g_ptr_array_add(kept, exchange);
    }
    return kept;
}

/* The next exchange of this start line that was not used yet, else the last one of it. */
static const Exchange *
find_exchange(LtTranscript *self, const char *start)
{
    const Exchange *last = NULL;

    if (self->kept == NULL)
        self->kept = read_folder(self->folder);
    for (guint i = 0; i < self->kept->len; i++) {
        Exchange *exchange = g_ptr_array_index(self->kept, i);

        if (!g_str_equal(exchange->start, start))
            continue;
        last = exchange;
        if (!exchange->used) {
            exchange->used = TRUE;
            break;
        }
    }
    return last;
}

static void
add_header_line(LtReply *reply, const char *line)
{
    const char *colon = strchr(line, ':');
    g_autofree char *name = NULL;
    g_autofree char *value = NULL;

    if (colon == NULL)
        return;
    name = g_strndup(line, (gsize) (colon - line));
    value = g_strstrip(g_strdup(colon + 1));
    lt_reply_add_header(reply, name, value);
}

/* Lines up to the empty one; the rest is the body, byte for byte. */
static LtReply *
reply_parse(const char *content, gsize size)
{
    const char *end = content + size;
    const char *line = content;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GBytes) body = NULL;
    LtReply *reply;

    while (line < end) {
        const char *newline = memchr(line, '\n', (gsize) (end - line));
        g_autofree char *text = g_strndup(line, (gsize) ((newline != NULL ? newline : end) - line));

        line = newline != NULL ? newline + 1 : end;
        g_strchomp(text);
        if (*text == '\0')
            break;
        g_strv_builder_add(builder, text);
    }
    lines = g_strv_builder_end(builder);
    if (lines[0] == NULL || !g_str_has_prefix(lines[0], "HTTP/1.1 ") || atoi(lines[0] + 9) < 100 || atoi(lines[0] + 9) > 999)
        return NULL;
    body = g_bytes_new(line, (gsize) (end - line));
    reply = lt_reply_new((guint) atoi(lines[0] + 9), body, NULL);
    for (guint i = 1; lines[i] != NULL; i++)
        add_header_line(reply, lines[i]);
    return reply;
}

/* "no answer: link.timeout: …": what the link said then. */
static void
set_recorded_failure(const char *text, GError **error)
{
    g_auto(GStrv) words = g_strsplit(text + strlen(NO_ANSWER), ":", 2);
    g_autofree char *reason = g_strstrip(g_strdup(words[0]));
    g_autofree char *cause = g_strstrip(g_strdup(words[0] != NULL && words[1] != NULL ? words[1] : "no answer"));
    LtErrorCode code = strcmp(reason, "link.address") == 0 ? LT_ERROR_CONFIG : LT_ERROR_UNAVAILABLE;

    lt_error_set(error, code, reason, "%s", cause);
}

LtReply *
lt_transcript_read_reply(const char *path, GError **error)
{
    g_autofree char *content = NULL;
    g_autoptr(GError) cause = NULL;
    LtReply *reply = NULL;
    gsize size = 0;

    if (g_file_get_contents(path, &content, &size, &cause))
        reply = reply_parse(content, size);
    if (reply == NULL && content != NULL && g_str_has_prefix(content, NO_ANSWER))
        set_recorded_failure(content, error);
    else if (reply == NULL)
        lt_error_set(error, LT_ERROR_CONFIG, "link.replay", "%s cannot be read as an answer%s%s", path, cause != NULL ? ": " : "",
                     cause != NULL ? cause->message : "");
    return reply;
}

LtReply *
lt_transcript_replay(LtTranscript *self, LtRequest *request, GError **error)
{
    g_autofree char *start = g_strconcat(lt_request_get_method(request), " ", lt_request_get_path(request), NULL);
    g_autofree char *path = NULL;
    const Exchange *exchange;

    g_mutex_lock(&self->mutex);
    exchange = find_exchange(self, start);
    path = exchange != NULL ? g_strdup(exchange->reply_path) : NULL;
    g_mutex_unlock(&self->mutex);
    if (path == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "link.replay", "no exchange \"%s\" was recorded in %s", start,
                     self->folder != NULL ? self->folder : "any folder ('record' is not set)");
        return NULL;
    }
    return lt_transcript_read_reply(path, error);
}
