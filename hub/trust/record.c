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

typedef struct {
    char *name;
    char *text; /* as in the entry: "…", digits or […] */
} Member;

struct _LtRecord {
    char *event, *actor_kind, *actor;
    GArray *members; /* of Member */
    char *bad;       /* nullable: name of the first field outside the grammar */
};

static void
member_clear(gpointer data)
{
    Member *member = data;

    g_free(member->name);
    g_free(member->text);
}

LtRecord *
lt_record_new(const char *event, const char *actor_kind, const char *actor)
{
    LtRecord *self = g_new0(LtRecord, 1);

    self->event = g_strdup(event);
    self->actor_kind = g_strdup(actor_kind);
    self->actor = g_strdup(actor);
    self->members = g_array_sized_new(FALSE, FALSE, sizeof(Member), 18);
    g_array_set_clear_func(self->members, member_clear);
    return self;
}

void
lt_record_free(LtRecord *self)
{
    if (self == NULL)
        return;
    g_free(self->event);
    g_free(self->actor_kind);
    g_free(self->actor);
    g_free(self->bad);
    g_array_unref(self->members);
    g_free(self);
}

static void
add(GArray *members, const char *name, char *text)
{
    Member member = { g_strdup(name), text };

    g_array_append_val(members, member);
}

static void
mark_bad(LtRecord *self, const char *name)
{
    if (self->bad == NULL)
        self->bad = g_strdup(name);
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

static char *
quoted(const char *text)
{
    return g_strconcat("\"", text, "\"", NULL);
}

void
lt_record_set_string(LtRecord *self, const char *name, const char *value)
{
    if (value == NULL)
        return;
    if (text_is_plain(value))
        add(self->members, name, quoted(value));
    else
        mark_bad(self, name);
}

void
lt_record_set_integer(LtRecord *self, const char *name, gint64 value)
{
    if (value >= -LT_RECORD_MAX_INTEGER && value <= LT_RECORD_MAX_INTEGER)
        add(self->members, name, g_strdup_printf("%" G_GINT64_FORMAT, value));
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
    add(self->members, name, g_strdup(list->str));
}

const char *
lt_record_get_event(const LtRecord *self)
{
    return self->event;
}

const char *
lt_record_get_actor_kind(const LtRecord *self)
{
    return self->actor_kind;
}

gboolean
lt_record_get_string(const LtRecord *self, const char *name, const char **text, gsize *length)
{
    for (guint i = 0; i < self->members->len; i++) {
        const Member *member = &g_array_index(self->members, Member, i);

        if (member->text[0] != '"' || strcmp(member->name, name) != 0)
            continue;
        *text = member->text + 1;
        *length = strlen(member->text) - 2;
        return TRUE;
    }
    return FALSE;
}

/* The writer may set only what its event declares; the reader checks what is required and typed. */
static gboolean
fields_are_declared(const LtRecord *self, GError **error)
{
    const LtEventRule *rule = lt_record_find_event(self->event);

    if (rule == NULL) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.entry-form", "record of an event that is not in the table");
        return FALSE;
    }
    if (self->bad != NULL) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.entry-form", "record %s: value of %s is outside the grammar of the log", rule->event,
                     self->bad);
        return FALSE;
    }
    for (guint i = 0; i < self->members->len; i++) {
        const char *name = g_array_index(self->members, Member, i).name;
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

static gint
compare_name(gconstpointer a, gconstpointer b)
{
    return strcmp(((const Member *) a)->name, ((const Member *) b)->name);
}

static GString *
write_members(GArray *members)
{
    GString *out = g_string_sized_new(512);

    g_array_sort(members, compare_name);
    for (guint i = 0; i < members->len; i++) {
        const Member *member = &g_array_index(members, Member, i);

        g_string_append_c(out, i == 0 ? '{' : ',');
        g_string_append_c(out, '"');
        g_string_append(out, member->name);
        g_string_append(out, "\":");
        g_string_append(out, member->text);
    }
    g_string_append_c(out, '}');
    return out;
}

GBytes *
lt_record_encode(const LtRecord *self, guint64 index, gint64 at_us, GError **error)
{
    g_autoptr(GArray) members = g_array_sized_new(FALSE, FALSE, sizeof(Member), self->members->len + 6);
    g_autoptr(GString) entry = NULL;
    g_autoptr(GError) cause = NULL;
    char time[25];

    if (!fields_are_declared(self, error))
        return NULL;
    if (!text_is_plain(self->actor_kind) || !text_is_plain(self->actor)) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.entry-form", "record %s: actor is outside the grammar of the log", self->event);
        return NULL;
    }
    lt_time_write_millis(at_us, time);
    g_array_set_clear_func(members, member_clear);
    add(members, "v", g_strdup("1"));
    add(members, "n", g_strdup_printf("%" G_GUINT64_FORMAT, index));
    add(members, "t", quoted(time));
    add(members, "ev", quoted(self->event));
    add(members, "ak", quoted(self->actor_kind));
    add(members, "actor", quoted(self->actor));
    for (guint i = 0; i < self->members->len; i++) {
        const Member *member = &g_array_index(self->members, Member, i);

        add(members, member->name, g_strdup(member->text));
    }
    entry = write_members(members);
    if (!lt_record_check(entry->str, entry->len, index, NULL, &cause)) {
        lt_error_set(error, LT_ERROR_INTERNAL, "log.entry-form", "record %s cannot be written: %s", self->event, cause->message);
        return NULL;
    }
    return g_string_free_to_bytes(g_steal_pointer(&entry));
}
