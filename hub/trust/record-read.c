/* SPDX-License-Identifier: Apache-2.0 */
/* record-read.c: reads entries of the audit log, byte by byte after the grammar of audit-log.md §1.
 *
 * No JSON library and no allocation: an entry is walked once into a table of its members, which point into the bytes. One spelling is
 * accepted for every value, so entry and meaning cannot part. An entry with more than 64 members is refused; no event has a quarter of that.
 */
#include <string.h>
#include "base/value.h"
#include "trust/record.h"

#define MEMBERS_MAX 64
#define NAME_MAX_SIZE 24
#define STRING_MAX 1024
#define LIST_MAX 64

/* What a byte may stand in: a string, a name, a digest. A table, because every byte of the log goes through it. */
enum { IN_STRING = 1, IN_NAME = 2, IN_HEX = 4 };
static const guint8 classes[256] = {
    [0x20 ... 0x21] = IN_STRING,
    [0x23 ... 0x2f] = IN_STRING,
    ['0' ... '9'] = IN_STRING | IN_NAME | IN_HEX,
    [0x3a ... 0x5b] = IN_STRING,
    [0x5d ... 0x5e] = IN_STRING,
    ['_'] = IN_STRING | IN_NAME,
    [0x60] = IN_STRING,
    ['a' ... 'f'] = IN_STRING | IN_NAME | IN_HEX,
    ['g' ... 'z'] = IN_STRING | IN_NAME,
    [0x7b ... 0x7e] = IN_STRING,
};

typedef enum { KIND_STRING, KIND_INTEGER, KIND_STRINGS, KIND_INTEGERS } Kind;

typedef struct {
    const char *name, *text; /* text: without quotation marks; of a list without brackets */
    gsize name_size, size;
    Kind kind;
} Member;

typedef struct {
    const char *p, *end;
    Member members[MEMBERS_MAX];
    guint n;
} Walk;

static gboolean
refuse(GError **error, const char *what)
{
    lt_error_set(error, LT_ERROR_INVALID, "log.entry-form", "entry: %s", what);
    return FALSE;
}

static gboolean
take(Walk *walk, char c)
{
    if (walk->p == walk->end || *walk->p != c)
        return FALSE;
    walk->p++;
    return TRUE;
}

static gboolean
take_string(Walk *walk, gsize max, const char **text, gsize *size)
{
    const char *p, *end = walk->end;

    if (!take(walk, '"'))
        return FALSE;
    p = *text = walk->p;
    while (p < end && (classes[(guchar) *p] & IN_STRING) != 0)
        p++;
    *size = (gsize) (p - *text);
    walk->p = p;
    return *size <= max && take(walk, '"');
}

/* The digits alone; FALSE for what has a second spelling ("-0", "01") or is not exact in a double. */
static gboolean
read_integer(const char *text, gsize size, gint64 *value)
{
    gboolean negative = size > 0 && text[0] == '-';
    guint64 magnitude;

    if (!lt_decimal_read(text + negative, size - negative, &magnitude) || magnitude > LT_RECORD_MAX_INTEGER ||
        (negative && magnitude == 0))
        return FALSE;
    *value = negative ? -(gint64) magnitude : (gint64) magnitude;
    return TRUE;
}

static gboolean
take_integer(Walk *walk, const char **text, gsize *size)
{
    gint64 value;

    *text = walk->p;
    while (walk->p < walk->end && (*walk->p == '-' || g_ascii_isdigit(*walk->p)))
        walk->p++;
    *size = (gsize) (walk->p - *text);
    return read_integer(*text, *size, &value);
}

static gboolean
take_list(Walk *walk, Member *member)
{
    const char *text;
    gsize size;
    guint n = 0;

    if (!take(walk, '['))
        return FALSE;
    member->text = walk->p;
    member->kind = walk->p < walk->end && *walk->p == '"' ? KIND_STRINGS : KIND_INTEGERS;
    do {
        if (!(member->kind == KIND_STRINGS ? take_string(walk, STRING_MAX, &text, &size) : take_integer(walk, &text, &size)))
            return FALSE;
        n++;
    } while (n < LIST_MAX && take(walk, ','));
    member->size = (gsize) (walk->p - member->text);
    return take(walk, ']');
}

static gboolean
take_value(Walk *walk, Member *member)
{
    if (walk->p == walk->end)
        return FALSE;
    if (*walk->p == '[')
        return take_list(walk, member);
    if (*walk->p == '"') {
        member->kind = KIND_STRING;
        return take_string(walk, STRING_MAX, &member->text, &member->size);
    }
    member->kind = KIND_INTEGER;
    return take_integer(walk, &member->text, &member->size);
}

static gboolean
all_are(const char *text, gsize size, guint8 class)
{
    for (gsize i = 0; i < size; i++)
        if ((classes[(guchar) text[i]] & class) == 0)
            return FALSE;
    return TRUE;
}

static int
compare_names(const Member *a, const char *name, gsize size)
{
    int order = memcmp(a->name, name, MIN(a->name_size, size));

    return order != 0 ? order : a->name_size < size ? -1 : a->name_size > size;
}

static gboolean
walk_entry(Walk *walk, const char *data, gsize size, GError **error)
{
    walk->p = data;
    walk->end = data + size;
    walk->n = 0;
    if (size < LT_RECORD_MIN_SIZE || size > LT_RECORD_MAX_SIZE)
        return refuse(error, "size is not 2 to 65535 bytes");
    if (!take(walk, '{'))
        return refuse(error, "does not begin with {");
    do {
        Member *member = &walk->members[walk->n];

        if (walk->n == MEMBERS_MAX)
            return refuse(error, "too many members");
        if (!take_string(walk, NAME_MAX_SIZE, &member->name, &member->name_size) ||
            member->name_size == 0 || !all_are(member->name, member->name_size, IN_NAME) || !take(walk, ':'))
            return refuse(error, "a name is outside the grammar");
        if (walk->n > 0 && compare_names(member - 1, member->name, member->name_size) >= 0)
            return refuse(error, "names are not in ascending order");
        if (!take_value(walk, member))
            return refuse(error, "a value is outside the grammar");
        walk->n++;
    } while (take(walk, ','));
    if (!take(walk, '}') || walk->p != walk->end)
        return refuse(error, "bytes after the last member");
    return TRUE;
}

static gboolean
name_is(const Member *member, const char *name, gsize size)
{
    return member->name_size == size && memcmp(member->name, name, size) == 0;
}

static const Member *
find(const Walk *walk, const char *name)
{
    gsize size = strlen(name);

    for (guint i = 0; i < walk->n; i++)
        if (name_is(&walk->members[i], name, size))
            return &walk->members[i];
    return NULL;
}

static gboolean
equals(const Member *member, const char *text)
{
    return member->size == strlen(text) && memcmp(member->text, text, member->size) == 0;
}

static gboolean
hex_is_valid(const Member *member, gsize n_digits)
{
    return member->size == n_digits && all_are(member->text, n_digits, IN_HEX);
}

static gboolean
value_fits(const Member *member, LtFieldType type)
{
    if (type == LT_FIELD_INTEGER)
        return member->kind == KIND_INTEGER;
    if (type == LT_FIELD_LIST)
        return member->kind == KIND_STRINGS;
    if (member->kind != KIND_STRING)
        return FALSE;
    switch (type) {
    case LT_FIELD_HASH:
        return hex_is_valid(member, 64);
    case LT_FIELD_KEY:
        return hex_is_valid(member, 8);
    case LT_FIELD_UNIT:
        return lt_unit_id_is_valid(member->text, member->size);
    case LT_FIELD_ENVELOPE:
        return lt_uuid_is_v7(member->text, member->size);
    case LT_FIELD_DOSSIER:
        return lt_uuid_is_v4(member->text, member->size);
    default:
        return TRUE;
    }
}

/* ^[a-z]+(\.[a-z-]+)+$ */
static gboolean
event_is_valid(const Member *event)
{
    gsize dots = 0, since_dot = 0;

    for (gsize i = 0; i < event->size; i++) {
        char c = event->text[i];

        if (c == '.' && since_dot > 0) {
            dots++;
            since_dot = 0;
        } else if (g_ascii_islower(c) || (c == '-' && dots > 0)) {
            since_dot++;
        } else {
            return FALSE;
        }
    }
    return dots > 0 && since_dot > 0;
}

typedef struct {
    gint64 version, index, at_us;
    const Member *event, *actor_kind, *actor;
} Common;

static gboolean
read_common_integer(const Walk *walk, const char *name, gint64 *value)
{
    const Member *member = find(walk, name);

    return member != NULL && member->kind == KIND_INTEGER && read_integer(member->text, member->size, value);
}

static gboolean
read_common(const Walk *walk, Common *common, GError **error)
{
    const Member *time = find(walk, "t");

    common->event = find(walk, "ev");
    common->actor_kind = find(walk, "ak");
    common->actor = find(walk, "actor");
    if (!read_common_integer(walk, "v", &common->version) || common->version != 1)
        return refuse(error, "v is not 1");
    if (!read_common_integer(walk, "n", &common->index) || common->index < 0)
        return refuse(error, "n is not an index");
    if (time == NULL || time->kind != KIND_STRING || !lt_time_read_millis(time->text, time->size, &common->at_us))
        return refuse(error, "t is not a time");
    if (common->event == NULL || common->event->kind != KIND_STRING || !event_is_valid(common->event))
        return refuse(error, "ev is not the name of an event");
    if (common->actor_kind == NULL || common->actor_kind->kind != KIND_STRING ||
        !(equals(common->actor_kind, "unit") || equals(common->actor_kind, "user") || equals(common->actor_kind, "hub") ||
          equals(common->actor_kind, "plugin")))
        return refuse(error, "ak is not a kind of actor");
    if (common->actor == NULL || common->actor->kind != KIND_STRING || common->actor->size == 0)
        return refuse(error, "actor is absent");
    return TRUE;
}

static gboolean
check_fields(const Walk *walk, const Member *event, GError **error)
{
    char name[64];
    const LtEventRule *rule;

    if (event->size >= sizeof name)
        return TRUE;
    memcpy(name, event->text, event->size);
    name[event->size] = '\0';
    rule = lt_record_find_event(name);
    if (rule == NULL)
        return TRUE;
    for (const LtFieldRule *field = rule->fields; field->name != NULL; field++) {
        const Member *member = find(walk, field->name);

        if (member == NULL ? !field->optional : !value_fits(member, field->type)) {
            lt_error_set(error, LT_ERROR_INVALID, "log.entry-form", "entry %s: field %s is %s", rule->event, field->name,
                         member == NULL ? "absent" : "of another type");
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
lt_record_check(const char *data, gsize size, guint64 index, gint64 *at_us, GError **error)
{
    Common common;
    Walk walk;

    if (!walk_entry(&walk, data, size, error) || !read_common(&walk, &common, error) ||
        !check_fields(&walk, common.event, error))
        return FALSE;
    if ((guint64) common.index != index)
        return refuse(error, "n is not the index of the entry");
    if (at_us != NULL)
        *at_us = common.at_us;
    return TRUE;
}

static char *
dup_value(const Member *member)
{
    char *text = g_strndup(member->text, member->size);

    if (member->kind == KIND_STRINGS) {
        char *to = text;

        for (const char *from = text; *from != '\0'; from++)
            if (*from != '"')
                *to++ = *from;
        *to = '\0';
    }
    return text;
}

static gboolean
is_common(const Member *member)
{
    static const char *const names[] = { "v", "n", "t", "ev", "ak", "actor" };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (name_is(member, names[i], strlen(names[i])))
            return TRUE;
    return FALSE;
}

LtRecordView *
lt_record_read(const char *data, gsize size, GError **error)
{
    g_autoptr(LtRecordView) self = NULL;
    Common common;
    Walk walk;

    if (!walk_entry(&walk, data, size, error) || !read_common(&walk, &common, error) ||
        !check_fields(&walk, common.event, error))
        return NULL;
    self = g_new0(LtRecordView, 1);
    self->index = (guint64) common.index;
    self->at_us = common.at_us;
    self->event = dup_value(common.event);
    self->actor_kind = dup_value(common.actor_kind);
    self->actor = dup_value(common.actor);
    self->fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < walk.n; i++) {
        const Member *member = &walk.members[i];

        if (!is_common(member))
            g_hash_table_insert(self->fields, g_strndup(member->name, member->name_size), dup_value(member));
    }
    return g_steal_pointer(&self);
}

void
lt_record_view_free(LtRecordView *self)
{
    if (self == NULL)
        return;
    g_free(self->event);
    g_free(self->actor_kind);
    g_free(self->actor);
    g_clear_pointer(&self->fields, g_hash_table_unref);
    g_free(self);
}
