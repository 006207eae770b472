/* SPDX-License-Identifier: Apache-2.0 */
/* mime.c: see mime.h. The reader takes what SOAP stacks send and nothing more: no nested multiparts, no quoted-printable, no folding of
 * lines that it does not need. Every position is checked against the end before it is looked at. */
#include "mime.h"

#include <string.h>

#define PARTS_MAX 100u
#define LINES_MAX 16u
#define LINE_MAX_BYTES 1000u
#define BOUNDARY_MAX 70u

static gboolean
fail(GError **error, const char *cause)
{
    lt_error_set(error, LT_ERROR_INVALID, "soap.mime", "the multipart body %s", cause);
    return FALSE;
}

char *
mime_media_type(const char *header)
{
    gsize length = header != NULL ? strcspn(header, ";") : 0;
    g_autofree char *type = g_strstrip(g_strndup(header != NULL ? header : "", length));

    return g_ascii_strdown(type, -1);
}

/* The value at @at: a token, or a quoted string with its escapes. */
static char *
read_value(const char **at)
{
    GString *value = g_string_new(NULL);

    if (**at != '"') {
        gsize length = strcspn(*at, "; \t");

        g_string_append_len(value, *at, (gssize) length);
        *at += length;
        return g_string_free(value, FALSE);
    }
    for ((*at)++; **at != '\0' && **at != '"'; (*at)++) {
        if (**at == '\\' && (*at)[1] != '\0')
            (*at)++;
        g_string_append_c(value, **at);
    }
    if (**at == '"')
        (*at)++;
    return g_string_free(value, FALSE);
}

char *
mime_parameter(const char *header, const char *name)
{
    const char *at = header != NULL ? strchr(header, ';') : NULL;

    while (at != NULL) {
        g_autofree char *own = NULL;
        g_autofree char *value = NULL;
        gsize length;

        at++;
        at += strspn(at, " \t");
        length = strcspn(at, "=;");
        if (at[length] != '=') {
            at = at[length] == ';' ? at + length : NULL;
            continue;
        }
        own = g_strstrip(g_strndup(at, length));
        at += length + 1;
        at += strspn(at, " \t");
        value = read_value(&at);
        if (g_ascii_strcasecmp(own, name) == 0)
            return g_steal_pointer(&value);
        at = strchr(at, ';');
    }
    return NULL;
}

MimePart *
mime_part_new(const char *id, const char *media_type, GBytes *content)
{
    MimePart *self = g_new0(MimePart, 1);

    self->id = g_strdup(id);
    self->media_type = g_strdup(media_type);
    self->content = g_bytes_ref(content);
    return self;
}

void
mime_part_free(gpointer data)
{
    MimePart *self = data;

    if (self == NULL)
        return;
    g_free(self->id);
    g_free(self->media_type);
    g_bytes_unref(self->content);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MimePart, mime_part_free)

void
mime_free(Mime *self)
{
    if (self == NULL)
        return;
    g_free(self->media_type);
    g_free(self->action);
    g_clear_pointer(&self->root, g_bytes_unref);
    g_clear_pointer(&self->parts, g_ptr_array_unref);
    g_free(self);
}

const MimePart *
mime_find(const Mime *self, const char *id)
{
    for (guint i = 0; i < self->parts->len; i++) {
        const MimePart *part = self->parts->pdata[i];

        if (*id != '\0' && strcmp(part->id, id) == 0)
            return part;
    }
    return NULL;
}

/* One part while its head is read. */
typedef struct {
    char *type;     /* nullable: the whole header value */
    char *encoding; /* nullable */
    char *id;       /* nullable */
} Head;

static void
head_clear(Head *self)
{
    g_free(self->type);
    g_free(self->encoding);
    g_free(self->id);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Head, head_clear)

static gboolean
take_line(Head *head, const char *line, gsize length, GError **error)
{
    g_autofree char *text = g_strndup(line, length);
    char *colon = strchr(text, ':');
    char **slot = NULL;

    if (colon == NULL || strlen(text) != length)
        return fail(error, "has a part with a header line that is none");
    *colon = '\0';
    if (g_ascii_strcasecmp(text, "Content-Type") == 0)
        slot = &head->type;
    else if (g_ascii_strcasecmp(text, "Content-Transfer-Encoding") == 0)
        slot = &head->encoding;
    else if (g_ascii_strcasecmp(text, "Content-ID") == 0)
        slot = &head->id;
    if (slot == NULL)
        return TRUE;
    if (*slot != NULL)
        return fail(error, "has a part with the same header twice");
    *slot = g_strstrip(g_strdup(colon + 1));
    return g_utf8_validate(*slot, -1, NULL) || fail(error, "has a part with a header that is not UTF-8");
}

/* Reads header lines up to the empty one. *at: behind it. */
static gboolean
read_head(const char **at, const char *end, Head *head, GError **error)
{
    for (guint n = 0; n <= LINES_MAX; n++) {
        const char *stop = memmem(*at, (gsize) (end - *at), "\r\n", 2);
        const char *line = *at;

        if (stop == NULL || stop - line > (gssize) LINE_MAX_BYTES)
            return fail(error, "has a part whose head does not end");
        *at = stop + 2;
        if (stop == line)
            return TRUE;
        /* a folded line goes on on the next one */
        while (*at < end && (**at == ' ' || **at == '\t')) {
            const char *more = memmem(*at, (gsize) (end - *at), "\r\n", 2);

            if (more == NULL || more - line > (gssize) LINE_MAX_BYTES)
                return fail(error, "has a part whose head does not end");
            stop = more;
            *at = more + 2;
        }
        if (!take_line(head, line, (gsize) (stop - line), error))
            return FALSE;
    }
    return fail(error, "has a part with too many header lines");
}

static GBytes *
decode(const Head *head, GBytes *raw, GError **error)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    guchar *bytes;

    if (head->encoding == NULL || g_ascii_strcasecmp(head->encoding, "binary") == 0 || g_ascii_strcasecmp(head->encoding, "8bit") == 0 ||
        g_ascii_strcasecmp(head->encoding, "7bit") == 0)
        return g_bytes_ref(raw);
    if (g_ascii_strcasecmp(head->encoding, "base64") != 0) {
        fail(error, "has a part in a transfer encoding other than binary, 8bit, 7bit or base64");
        return NULL;
    }
    text = g_strndup(g_bytes_get_data(raw, NULL), g_bytes_get_size(raw));
    if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n") != g_bytes_get_size(raw)) {
        fail(error, "has a base64 part with other characters");
        return NULL;
    }
    bytes = g_base64_decode(text, &size);
    return g_bytes_new_take(bytes, size);
}

static char *
bare_id(const char *id)
{
    gsize length = id != NULL ? strlen(id) : 0;

    return length > 2 && id[0] == '<' && id[length - 1] == '>' ? g_strndup(id + 1, length - 2) : g_strdup(id != NULL ? id : "");
}

/* Of an application/xop+xml root: what it is when it is whole. */
static char *
root_type(const char *header)
{
    g_autofree char *type = mime_parameter(header, "type");

    return mime_media_type(type);
}

/* Keeps a part; the root is the one that `start` names, else the first. */
static gboolean
keep_part(Mime *self, const Head *head, GBytes *content, const char *start, guint64 *left, GError **error)
{
    g_autofree char *id = bare_id(head->id);
    g_autofree char *type = mime_media_type(head->type);

    if (self->root == NULL && (start == NULL || strcmp(start, id) == 0)) {
        self->root = g_bytes_ref(content);
        self->is_xop = strcmp(type, "application/xop+xml") == 0;
        g_free(self->media_type);
        self->media_type = self->is_xop ? root_type(head->type) : g_strdup(type);
        return *self->media_type != '\0' || fail(error, "has a root part without its type");
    }
    if (g_bytes_get_size(content) > *left) {
        lt_error_set(error, LT_ERROR_TOO_LARGE, "soap.attachments", "the attachments are over 'attachments_max'");
        return FALSE;
    }
    *left -= g_bytes_get_size(content);
    if (self->parts->len >= PARTS_MAX)
        return fail(error, "has more than 100 parts");
    if (mime_find(self, id) != NULL)
        return fail(error, "has two parts with one Content-ID");
    g_ptr_array_add(self->parts, mime_part_new(id, *type != '\0' ? type : "application/octet-stream", content));
    return TRUE;
}

/* The next delimiter: CR LF, two hyphens, the boundary. Returns: where its CR stands, or NULL. *after: behind the boundary. */
static const char *
find_delimiter(const char *at, const char *end, const char *delimiter, const char **after)
{
    gsize length = strlen(delimiter);
    const char *found = memmem(at, (gsize) (end - at), delimiter, length);

    if (found != NULL)
        *after = found + length;
    return found;
}

/* Behind a boundary: "--" ends the body, white space and CR LF begin a part. */
static gboolean
read_delimiter_end(const char **at, const char *end, gboolean *is_last, GError **error)
{
    *is_last = end - *at >= 2 && (*at)[0] == '-' && (*at)[1] == '-';
    if (*is_last)
        return TRUE;
    while (*at < end && (**at == ' ' || **at == '\t'))
        (*at)++;
    if (end - *at < 2 || (*at)[0] != '\r' || (*at)[1] != '\n')
        return fail(error, "has a boundary with something behind it");
    *at += 2;
    return TRUE;
}

static gboolean
read_parts(Mime *self, GBytes *body, const char *boundary, const char *start, guint64 parts_max, GError **error)
{
    g_autofree char *delimiter = g_strconcat("\r\n--", boundary, NULL);
    gsize size = 0;
    const char *data = g_bytes_get_data(body, &size);
    const char *at = data, *end = data + size;
    gsize length = strlen(delimiter);
    gboolean is_last = FALSE;

    /* the first boundary may stand at the very beginning, without the line end before it */
    if (size >= length - 2 && memcmp(data, delimiter + 2, length - 2) == 0)
        at = data + length - 2;
    else if (data == NULL || find_delimiter(data, end, delimiter, &at) == NULL)
        return fail(error, "does not begin with its boundary");
    while (read_delimiter_end(&at, end, &is_last, error) && !is_last) {
        g_auto(Head) head = { 0 };
        g_autoptr(GBytes) raw = NULL;
        g_autoptr(GBytes) content = NULL;
        const char *from, *to, *after = NULL;

        if (!read_head(&at, end, &head, error))
            return FALSE;
        from = at;
        /* an empty part: the delimiter's line end is the one that ended the head */
        to = find_delimiter(from - 2, end, delimiter, &after);
        if (to == NULL)
            return fail(error, "is cut short");
        to = MAX(to, from);
        raw = g_bytes_new_from_bytes(body, (gsize) (from - data), (gsize) (to - from));
        content = decode(&head, raw, error);
        if (content == NULL || !keep_part(self, &head, content, start, &parts_max, error))
            return FALSE;
        at = after;
    }
    return is_last;
}

static gboolean
read_multipart(Mime *self, const char *content_type, GBytes *body, guint64 parts_max, GError **error)
{
    g_autofree char *boundary = mime_parameter(content_type, "boundary");
    g_autofree char *quoted_start = mime_parameter(content_type, "start");
    g_autofree char *start = quoted_start != NULL ? bare_id(quoted_start) : NULL;

    if (boundary == NULL || *boundary == '\0' || strlen(boundary) > BOUNDARY_MAX || strpbrk(boundary, "\r\n") != NULL)
        return fail(error, "names no boundary of 1 to 70 characters");
    if (!read_parts(self, body, boundary, start, parts_max, error))
        return FALSE;
    if (self->root == NULL)
        return fail(error, "has no root part");
    g_free(self->action);
    self->action = mime_parameter(content_type, "action");
    return TRUE;
}

Mime *
mime_read(const char *content_type, GBytes *body, guint64 parts_max, GError **error)
{
    g_autoptr(Mime) self = g_new0(Mime, 1);
    g_autofree char *type = mime_media_type(content_type);

    self->parts = g_ptr_array_new_with_free_func(mime_part_free);
    if (strcmp(type, "multipart/related") == 0)
        return read_multipart(self, content_type, body, parts_max, error) ? g_steal_pointer(&self) : NULL;
    self->media_type = g_steal_pointer(&type);
    self->action = mime_parameter(content_type, "action");
    self->root = g_bytes_ref(body);
    return g_steal_pointer(&self);
}

static void
append_text(GByteArray *out, const char *text)
{
    g_byte_array_append(out, (const guint8 *) text, (guint) strlen(text));
}

static void
append_bytes(GByteArray *out, GBytes *bytes)
{
    g_byte_array_append(out, g_bytes_get_data(bytes, NULL), (guint) g_bytes_get_size(bytes));
}

GBytes *
mime_write(GBytes *envelope, const char *envelope_type, const char *action, GPtrArray *parts, char **content_type)
{
    g_autofree char *uuid = g_uuid_string_random();
    g_autofree char *boundary = g_strconcat("lthub-", uuid, NULL);
    gboolean is_12 = strcmp(envelope_type, "application/soap+xml") == 0;
    g_autofree char *info = is_12 && action != NULL ? g_strdup_printf("%s; action=\\\"%s\\\"", envelope_type, action) : g_strdup(envelope_type);
    GByteArray *out = g_byte_array_new();
    g_autofree char *head = g_strdup_printf("--%s\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"%s\"\r\nContent-Transfer-Encoding: 8bit\r\n"
                                            "Content-ID: <root@lthub>\r\n\r\n", boundary, info);

    append_text(out, head);
    append_bytes(out, envelope);
    for (guint i = 0; i < parts->len; i++) {
        const MimePart *part = parts->pdata[i];
        g_autofree char *between = g_strdup_printf("\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <%s>\r\n\r\n", boundary,
                                                   part->media_type, part->id);

        append_text(out, between);
        append_bytes(out, part->content);
    }
    append_text(out, "\r\n--");
    append_text(out, boundary);
    append_text(out, "--\r\n");
    *content_type = g_strdup_printf("multipart/related; boundary=\"%s\"; type=\"application/xop+xml\"; start=\"<root@lthub>\"; start-info=\"%s\"", boundary, info);
    return g_byte_array_free_to_bytes(out);
}
