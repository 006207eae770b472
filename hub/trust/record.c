/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: builds the entries of the audit log.
 *
 * Values are kept as the text that will stand in the entry. A setter that is given something outside the grammar remembers the name of
 * the first bad field, and encoding fails: a caller need not look after each setter. What was written is read back by the strict
 * reader before it leaves, so no entry can be in the log that a verifier would refuse.
 */
#include "trust/record.h"

#include <string.h>
#include "base/value.h"

#define STRING_MAX 1024
#define LIST_MAX 64

/* Where a field's name and its text (as in the entry: "…", digits or […]) stand in the record's buffer, each with its NUL. */
typedef struct {
    guint name, text;
} Member;

#define MEMBERS_MAX (LT_EVENT_MAX_FIELDS + 4)

/* One buffer holds all texts, so that a record costs two allocations, not two for each field. */
struct _LtRecord {
    GString *buffer;
    guint event, actor_kind, actor;
    Member members[MEMBERS_MAX];
    guint n_members;
    char *bad; /* nullable: name of the first field outside the grammar */
};

static const char *
at(const LtRecord *self, guint offset)
{
    return self->buffer->str + offset;
}

static guint
keep(LtRecord *self, const char *before, const char *text, const char *after)
{
    guint offset = (guint) self->buffer->len;

    if (*before != '\0')
        g_string_append_c(self->buffer, *before);
    g_string_append(self->buffer, text);
    if (*after != '\0')
        g_string_append_c(self->buffer, *after);
    g_string_append_c(self->buffer, '\0');
    return offset;
}

LtRecord *
lt_record_new(const char *event, const char *actor_kind, const char *actor)
{
    LtRecord *self = g_new0(LtRecord, 1);

    self->buffer = g_string_sized_new(512);
    self->event = keep(self, "", event, "");
    self->actor_kind = keep(self, "", actor_kind, "");
    self->actor = keep(self, "", actor, "");
    return self;
}

void
lt_record_free(LtRecord *self)
{
    if (self == NULL)
        return;
    g_string_free(self->buffer, TRUE);
    g_free(self->bad);
    g_free(self);
}

static void
mark_bad(LtRecord *self, const char *name)
{
    if (self->bad == NULL)
        self->bad = g_strdup(name);
}

/* More fields than any event has: one of them is not its. */
static void
add(LtRecord *self, const char *name, const char *before, const char *text, const char *after)
{
    Member *member = &self->members[self->n_members];

    if (self->n_members == MEMBERS_MAX) {
        mark_bad(self, name);
        return;
    }
    member->name = keep(self, "", name, "");
    member->text = keep(self, before, text, after);
    self->n_members++;
}

/* ASCII without control characters, quotation mark and reverse solidus: nothing that would need an escape. */
static gboolean
text_is_plain(const char *text)
{
    gsize length = strlen(text);

    if (length > STRING_MAX)
        return FALSE;
    for (const char *p = text; *p != '\0'; p++)
        if (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\')
            return FALSE;
    return TRUE;
}

void
lt_record_set_string(LtRecord *self, const char *name, const char *value)
{
    if (value == NULL)
        return;
    if (text_is_plain(value))
        add(self, name, "\"", value, "\"");
    else
        mark_bad(self, name);
}

void
lt_record_set_integer(LtRecord *self, const char *name, gint64 value)
{
    char digits[24];

    g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, value);
    if (value >= -LT_RECORD_MAX_INTEGER && value <= LT_RECORD_MAX_INTEGER)
        add(self, name, "", digits, "");
    else
        mark_bad(self, name);
}

void
lt_record_set_strings(LtRecord *self, const char *name, const char *const *values)
{
    g_autoptr(GString) list = g_string_new("[");
    guint n = 0;

    for (; values != NULL && values[n] != NULL; n++) {
        if (!text_is_plain(values[n]) || n == LIST_MAX) {
            mark_bad(self, name);
            return;
        }
        g_string_append_printf(list, "%s\"%s\"", n == 0 ? "" : ",", values[n]);
    }
    if (n == 0) {
        mark_bad(self, name);
        return;
    }
    g_string_append_c(list, ']');
    add(self, name, "", list->str, "");
}

const char *
lt_record_get_event(const LtRecord *self)
{
    return at(self, self->event);
}

const char *
lt_record_get_actor_kind(const LtRecord *self)
{
    return at(self, self->actor_kind);
}

gboolean
lt_record_get_string(const LtRecord *self, const char *name, const char **text, gsize *length)
{
    for (guint i = 0; i < self->n_members; i++) {
        const char *found = at(self, self->members[i].text);

        if (found[0] != '"' || strcmp(at(self, self->members[i].name), name) != 0)
            continue;
        *text = found + 1;
        *length = strlen(found) - 2;
        return TRUE;
    }
    return FALSE;
}

/* The writer may set only what its event declares; the reader checks what is required and typed. */
static gboolean
fields_are_declared(const LtRecord *self, GError **error)
{
    const LtEventRule *rule = lt_record_find_event(at(self, self->event));

    if (rule == NULL) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.entry-form", "record of an event that is not in the table");
        return FALSE;
    }
    if (self->bad != NULL) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.entry-form", "record %s: value of %s is outside the grammar of the log", rule->event,
                     self->bad);
        return FALSE;
    }
    for (guint i = 0; i < self->n_members; i++) {
        const char *name = at(self, self->members[i].name);
        const LtFieldRule *field = rule->fields;

        while (field->name != NULL && strcmp(field->name, name) != 0)
            field++;
        if (field->name == NULL) {
            lt_error_set(error, LT_ERROR_INTERNAL, "log.entry-form", "record %s has no field %s", rule->event, name);
            return FALSE;
        }
    }
    return TRUE;
}

/* One member of an entry as it will be written; borrowed. A quote of NUL is none. */
typedef struct {
    const char *name, *text;
    char quote;
} Written;

/* Insertion sort: they are few, and mostly in order. */
static void
place(Written *members, guint *n, const char *name, char quote, const char *text)
{
    guint i = (*n)++;

    for (; i > 0 && strcmp(members[i - 1].name, name) > 0; i--)
        members[i] = members[i - 1];
    members[i] = (Written){ name, text, quote };
}

static GString *
write_members(const Written *members, guint n)
{
    GString *out = g_string_sized_new(640);

    for (guint i = 0; i < n; i++) {
        g_string_append_c(out, i == 0 ? '{' : ',');
        g_string_append_c(out, '"');
        g_string_append(out, members[i].name);
        g_string_append_c(out, '"');
        g_string_append_c(out, ':');
        if (members[i].quote != '\0')
            g_string_append_c(out, members[i].quote);
        g_string_append(out, members[i].text);
        if (members[i].quote != '\0')
            g_string_append_c(out, members[i].quote);
    }
    g_string_append_c(out, '}');
    return out;
}

static GString *
write_entry(const LtRecord *self, guint64 index, gint64 at_us)
{
    Written members[MEMBERS_MAX + 6];
    char time[25], number[24];
    guint n = 0;

    lt_time_write_millis(at_us, time);
    g_snprintf(number, sizeof number, "%" G_GUINT64_FORMAT, index);
    place(members, &n, "actor", '"', at(self, self->actor));
    place(members, &n, "ak", '"', at(self, self->actor_kind));
    place(members, &n, "ev", '"', at(self, self->event));
    place(members, &n, "n", '\0', number);
    place(members, &n, "t", '"', time);
    place(members, &n, "v", '\0', "1");
    for (guint i = 0; i < self->n_members; i++)
        place(members, &n, at(self, self->members[i].name), '\0', at(self, self->members[i].text));
    return write_members(members, n);
}

GBytes *
lt_record_encode(const LtRecord *self, guint64 index, gint64 at_us, GError **error)
{
    g_autoptr(GString) entry = NULL;
    g_autoptr(GError) cause = NULL;
    const char *event = at(self, self->event);

    if (!fields_are_declared(self, error))
        return NULL;
    if (!text_is_plain(at(self, self->actor_kind)) || !text_is_plain(at(self, self->actor))) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.entry-form", "record %s: actor is outside the grammar of the log", event);
        return NULL;
    }
    entry = write_entry(self, index, at_us);
    if (!lt_record_check(entry->str, entry->len, index, NULL, &cause)) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.entry-form", "record %s cannot be written: %s", event, cause->message);
        return NULL;
    }
    return g_string_free_to_bytes(g_steal_pointer(&entry));
}
