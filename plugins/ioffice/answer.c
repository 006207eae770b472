/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c: gateways answer with JSON in which a string may be a whole document (getEdoc), far beyond what the hub takes of JSON.
 *
 * Long strings are taken out at the level of tokens, the rest passes lt_json_check(), and then this reader, which relies on that, makes the tree.
 */
#include "answer.h"

#include <lienthong/json.h>
#include <string.h>

#define LONG_STRING 65536u
#define MARK "\x7f"

typedef struct {
    const char *at;
    GPtrArray *longs; /* of GBytes *: raw, between the quotes */
} Reader;

/* One string token from its opening quote. Returns: after its closing quote, or NULL. */
static const char *
skip_string(const char *at, const char *stop)
{
    for (at++; at < stop && *at != '"'; at++) {
        if (*at == '\\')
            at++;
    }
    return at < stop ? at + 1 : NULL;
}

/* Short strings stay; a long one becomes a mark with its number, which no string from outside can be: a DEL before a number of ours. */
static GBytes *
take_longs_out(GBytes *body, GPtrArray *longs)
{
    gsize size;
    const char *data = g_bytes_get_data(body, &size), *stop = data + size, *kept = data;
    GByteArray *out = g_byte_array_new();

    for (const char *at = data; at < stop && (at = memchr(at, '"', (gsize) (stop - at))) != NULL;) {
        const char *next = skip_string(at, stop);
        g_autofree char *mark = NULL;

        if (next == NULL)
            break;
        if ((gsize) (next - at) > LONG_STRING || (next - at > 2 && at[1] == MARK[0])) {
            mark = g_strdup_printf("\"" MARK "%u\"", longs->len);
            g_byte_array_append(out, (const guint8 *) kept, (guint) (at - kept));
            g_byte_array_append(out, (const guint8 *) mark, (guint) strlen(mark));
            g_ptr_array_add(longs, g_bytes_new_from_bytes(body, (gsize) (at + 1 - data), (gsize) (next - at - 2)));
            kept = next;
        }
        at = next;
    }
    g_byte_array_append(out, (const guint8 *) kept, (guint) (stop - kept));
    g_byte_array_append(out, (const guint8 *) "", 1);
    return g_byte_array_free_to_bytes(out);
}

static gunichar
read_hex(const char *at)
{
    gunichar out = 0;

    for (int i = 0; i < 4; i++)
        out = out << 4 | (gunichar) (g_ascii_isxdigit(at[i]) ? g_ascii_xdigit_value(at[i]) : 0);
    return out;
}

/* A \u escape, with the second of a pair. Returns: how many bytes it took after the u */
static gsize
unescape_unicode(const char *at, const char *stop, GString *out)
{
    gunichar c, low;

    if (stop - at < 4)
        return (gsize) (stop - at);
    c = read_hex(at);
    if (c < 0xd800 || c > 0xdfff) {
        g_string_append_unichar(out, c);
        return 4;
    }
    low = stop - at >= 10 && at[4] == '\\' && at[5] == 'u' ? read_hex(at + 6) : 0;
    if (c > 0xdbff || low < 0xdc00 || low > 0xdfff) {
        g_string_append_unichar(out, 0xfffd);
        return 4;
    }
    g_string_append_unichar(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
    return 10;
}

static char *
unescape(const char *at, const char *stop, gsize *size)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    GString *out = g_string_sized_new((gsize) (stop - at));

    while (at < stop) {
        const char *slash = memchr(at, '\\', (gsize) (stop - at));
        const char *known;

        g_string_append_len(out, at, (slash != NULL ? slash : stop) - at);
        if (slash == NULL || slash + 1 >= stop)
            break;
        at = slash + 2;
        known = strchr(from, slash[1]);
        if (slash[1] == 'u')
            at += unescape_unicode(at, stop, out);
        else
            g_string_append_c(out, known != NULL && slash[1] != '\0' ? to[known - from] : slash[1]);
    }
    *size = out->len;
    return g_string_free(out, FALSE);
}

static char *
read_string(Reader *self, gsize *size)
{
    const char *begin = self->at + 1, *next = skip_string(self->at, self->at + strlen(self->at));
    guint64 index;
    gsize n;

    g_assert(next != NULL); /* it was checked */
    self->at = next;
    if (begin[0] == MARK[0]) {
        g_autofree char *number = g_strndup(begin + 1, (gsize) (next - 1 - begin - 1));
        const char *raw;

        if (g_ascii_string_to_unsigned(number, 10, 0, G_MAXUINT, &index, NULL) && index < self->longs->len) {
            raw = g_bytes_get_data(self->longs->pdata[index], &n);
            return unescape(raw, raw + n, size);
        }
    }
    return unescape(begin, next - 1, size);
}

static void
skip_space(Reader *self)
{
    self->at += strspn(self->at, " \t\r\n");
}

static Answer *read_value(Reader *self);

static void
read_children(Reader *self, Answer *into, char end)
{
    into->children = g_ptr_array_new_with_free_func((GDestroyNotify) answer_free);
    for (self->at++, skip_space(self); *self->at != end && *self->at != '\0'; skip_space(self)) {
        char *name = NULL;
        gsize size;
        Answer *child;

        if (*self->at == ',')
            self->at++;
        skip_space(self);
        if (into->kind == ANSWER_OBJECT) {
            name = read_string(self, &size);
            skip_space(self);
            self->at++; /* the colon */
        }
        child = read_value(self);
        child->name = name;
        g_ptr_array_add(into->children, child);
    }
    self->at++;
}

static Answer *
read_value(Reader *self)
{
    Answer *out = g_new0(Answer, 1);

    skip_space(self);
    if (*self->at == '{' || *self->at == '[') {
        out->kind = *self->at == '{' ? ANSWER_OBJECT : ANSWER_LIST;
        read_children(self, out, *self->at == '{' ? '}' : ']');
    } else if (*self->at == '"') {
        out->kind = ANSWER_TEXT;
        out->text = read_string(self, &out->size);
    } else {
        gsize length = strcspn(self->at, ",]} \t\r\n");

        out->kind = strncmp(self->at, "null", 4) == 0 ? ANSWER_NULL : ANSWER_WORD;
        out->text = out->kind == ANSWER_WORD ? g_strndup(self->at, length) : NULL;
        out->size = length;
        self->at += length;
    }
    return out;
}

Answer *
answer_read(GBytes *body, GError **error)
{
    g_autoptr(GPtrArray) longs = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(GBytes) rest = take_longs_out(body, longs);
    g_autoptr(GBytes) json = g_bytes_new_from_bytes(rest, 0, g_bytes_get_size(rest) - 1); /* without the NUL behind it */
    g_autoptr(GError) cause = NULL;
    Reader reader = { g_bytes_get_data(rest, NULL), longs };

    if (lt_json_check(json, &cause))
        return read_value(&reader);
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.answer.nonsense", "the gateway's answer is no JSON: %s", cause->message);
    return NULL;
}

void
answer_free(Answer *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_free(self->text);
    g_clear_pointer(&self->children, g_ptr_array_unref);
    g_free(self);
}

const Answer *
answer_child(const Answer *self, const char *name)
{
    for (guint i = 0; self != NULL && self->children != NULL && i < self->children->len; i++) {
        const Answer *child = self->children->pdata[i];

        if (child->name != NULL && g_ascii_strcasecmp(child->name, name) == 0)
            return child;
    }
    return NULL;
}

const char *
answer_text(const Answer *self, const char *name)
{
    const Answer *child = answer_child(self, name);

    return child != NULL && (child->kind == ANSWER_TEXT || child->kind == ANSWER_WORD) ? child->text : NULL;
}
