/* SPDX-License-Identifier: Apache-2.0 */
/* header.c: envelope.json, read by the strict scanner's events and written in the order of its table (envelope.md §4).
 *
 * A reading collects what is wrong and judges at the end, so that the code is that of the first row of step V6 which is
 * broken, whatever the order of the fields. What depends on other entries (`parts`) is compared in envelope.c; which
 * fields a type needs is in type-rule.c.
 */
#include "trust/header.h"

#include <string.h>

#include "base/json.h"
#include "base/value.h"
#include "trust/refusal.h"

#define VERSION "hub-env/1"
#define CHECKPOINT_MAX_BYTES 8192
#define SEQ_MAX ((G_GINT64_CONSTANT(1) << 53) - 1)

typedef enum { IN_NOTHING, IN_ROOT, IN_RE, IN_ORIG, IN_PARTS, IN_PART } Place;
typedef enum { AS_VERSION, AS_TEXT, AS_TIME, AS_SEQ, AS_SIZE, AS_RE, AS_ORIG, AS_PARTS } Kind;

typedef struct {
    Place place;
    const char *name;
    gboolean required;
    Kind kind;
    gsize offset; /* of the member in LtHeader, or in LtPart */
    gboolean (*is_valid)(const char *text, gsize length);
} Field;

static gboolean
is_any(const char *text, gsize length)
{
    (void) text;
    (void) length;
    return TRUE;
}

static gboolean
is_nonce(const char *text, gsize length)
{
    return length == 44 && lt_base64_size(text, length) == 32;
}

static gboolean
is_digest(const char *text, gsize length)
{
    guint8 bytes[LT_SHA256_SIZE];

    return length == 2 * LT_SHA256_SIZE && lt_hex_read(text, length, bytes, sizeof bytes);
}

static gboolean
is_checkpoint(const char *text, gsize length)
{
    (void) text;
    return length <= CHECKPOINT_MAX_BYTES;
}

static gboolean
is_orig_kind(const char *text, gsize length)
{
    static const char *const kinds[] = { "soap-wss", "edxml", "rest-json", "file", NULL };

    return strlen(text) == length && g_strv_contains(kinds, text);
}

static gboolean
is_orig_verdict(const char *text, gsize length)
{
    static const char *const verdicts[] = { "valid", "invalid", "absent", "legacy", NULL };

    return strlen(text) == length && g_strv_contains(verdicts, text);
}

#define HEADER(member) G_STRUCT_OFFSET(LtHeader, member)
#define PART(member) G_STRUCT_OFFSET(LtPart, member)

static const Field fields[] = {
    { IN_ROOT, "v",         TRUE,  AS_VERSION, 0,                      NULL },
    { IN_ROOT, "id",        TRUE,  AS_TEXT,    HEADER(id),             lt_uuid_is_v7 },
    { IN_ROOT, "type",      TRUE,  AS_TEXT,    HEADER(type),           is_any },
    { IN_ROOT, "from",      TRUE,  AS_TEXT,    HEADER(from),           lt_unit_id_is_valid },
    { IN_ROOT, "to",        TRUE,  AS_TEXT,    HEADER(to),             lt_unit_id_is_valid },
    { IN_ROOT, "issued",    TRUE,  AS_TIME,    HEADER(issued_us),      NULL },
    { IN_ROOT, "expires",   TRUE,  AS_TIME,    HEADER(expires_us),     NULL },
    { IN_ROOT, "seq",       TRUE,  AS_SEQ,     HEADER(seq),            NULL },
    { IN_ROOT, "nonce",     TRUE,  AS_TEXT,    HEADER(nonce),          is_nonce },
    { IN_ROOT, "dossier",   FALSE, AS_TEXT,    HEADER(dossier),        lt_uuid_is_v4 },
    { IN_ROOT, "re",        FALSE, AS_RE,      0,                      NULL },
    { IN_ROOT, "parts",     TRUE,  AS_PARTS,   0,                      NULL },
    { IN_ROOT, "cp",        FALSE, AS_TEXT,    HEADER(checkpoint),     is_checkpoint },
    { IN_ROOT, "orig",      FALSE, AS_ORIG,    0,                      NULL },
    { IN_RE,   "from",      TRUE,  AS_TEXT,    HEADER(re_from),        lt_unit_id_is_valid },
    { IN_RE,   "id",        TRUE,  AS_TEXT,    HEADER(re_id),          lt_uuid_is_v7 },
    { IN_RE,   "manifest",  TRUE,  AS_TEXT,    HEADER(re_manifest),    is_digest },
    { IN_ORIG, "kind",      TRUE,  AS_TEXT,    HEADER(orig_kind),      is_orig_kind },
    { IN_ORIG, "part",      TRUE,  AS_TEXT,    HEADER(orig_part),      is_any },
    { IN_ORIG, "verdict",   TRUE,  AS_TEXT,    HEADER(orig_verdict),   is_orig_verdict },
    { IN_ORIG, "signer",    FALSE, AS_TEXT,    HEADER(orig_signer),    is_digest },
    { IN_PART, "name",      TRUE,  AS_TEXT,    PART(name),             is_any },
    { IN_PART, "role",      TRUE,  AS_TEXT,    PART(role),             lt_role_is_valid },
    { IN_PART, "mediaType", TRUE,  AS_TEXT,    PART(media_type),       lt_media_type_is_valid },
    { IN_PART, "size",      TRUE,  AS_SIZE,    PART(size),             NULL },
};

typedef struct {
    LtHeader *header;
    LtPart *part;       /* the newest, owned by the header */
    Place place;
    guint foreign;      /* depth inside a value that no field takes */
    const Field *field; /* whose value comes next; NULL: of an unknown name */
    guint32 seen;       /* bit per row of fields; those of an object are cleared when it begins */
    gboolean is_object, wrong_version, unknown;
    const char *missing, *bad;
} Reading;

static const Field *
find_field(Place place, const char *name, gsize length)
{
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        if (fields[i].place == place && strlen(fields[i].name) == length && memcmp(fields[i].name, name, length) == 0)
            return &fields[i];
    return NULL;
}

static void
set_bad(Reading *reading)
{
    if (reading->bad == NULL && reading->field != NULL)
        reading->bad = reading->field->name;
}

static void
begin_place(Reading *reading, Place place)
{
    reading->place = place;
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        if (fields[i].place == place)
            reading->seen &= ~(1u << i);
}

static void
end_place(Reading *reading)
{
    Place place = reading->place;

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        if (fields[i].place == place && fields[i].required && !(reading->seen & (1u << i)) && reading->missing == NULL)
            reading->missing = fields[i].name;
    reading->place = place == IN_PART ? IN_PARTS : place == IN_ROOT ? IN_NOTHING : IN_ROOT;
}

static void
take_text(Reading *reading, const LtJsonEvent *event)
{
    const Field *field = reading->field;
    gpointer object = field->place == IN_PART ? (gpointer) reading->part : (gpointer) reading->header;
    char **text = G_STRUCT_MEMBER_P(object, field->offset);

    if (event->kind != LT_JSON_STRING || !field->is_valid(event->text, event->length))
        set_bad(reading);
    else
        *text = g_strndup(event->text, event->length);
}

static void
take_integer(Reading *reading, const LtJsonEvent *event)
{
    if (event->kind != LT_JSON_INTEGER || event->integer < 0 ||
        (reading->field->kind == AS_SEQ && (event->integer < 1 || event->integer > SEQ_MAX)))
        set_bad(reading);
    else if (reading->field->kind == AS_SEQ)
        reading->header->seq = event->integer;
    else
        reading->part->size = (guint64) event->integer;
}

static void
take_scalar(Reading *reading, const LtJsonEvent *event)
{
    if (reading->field == NULL)
        return;
    switch (reading->field->kind) {
    case AS_VERSION:
        if (event->kind != LT_JSON_STRING)
            set_bad(reading);
        else
            reading->wrong_version = event->length != strlen(VERSION) || memcmp(event->text, VERSION, event->length) != 0;
        break;
    case AS_TEXT:
        take_text(reading, event);
        break;
    case AS_TIME:
        if (event->kind != LT_JSON_STRING ||
            !lt_time_read_seconds(event->text, event->length,
                                  G_STRUCT_MEMBER_P(reading->header, reading->field->offset)))
            set_bad(reading);
        break;
    case AS_SEQ:
    case AS_SIZE:
        take_integer(reading, event);
        break;
    case AS_RE:
    case AS_ORIG:
    case AS_PARTS:
        set_bad(reading);
        break;
    }
}

static void
take_begin(Reading *reading, gboolean object)
{
    Kind kind = reading->field != NULL ? reading->field->kind : AS_TEXT;

    if (reading->place == IN_NOTHING && object) {
        begin_place(reading, IN_ROOT);
        reading->is_object = TRUE;
    } else if (reading->place == IN_ROOT && object && kind == AS_RE) {
        begin_place(reading, IN_RE);
    } else if (reading->place == IN_ROOT && object && kind == AS_ORIG) {
        begin_place(reading, IN_ORIG);
    } else if (reading->place == IN_ROOT && !object && kind == AS_PARTS) {
        begin_place(reading, IN_PARTS);
    } else if (reading->place == IN_PARTS && object) {
        begin_place(reading, IN_PART);
        reading->part = g_new0(LtPart, 1);
        g_ptr_array_add(reading->header->parts, reading->part);
    } else {
        set_bad(reading);
        if (reading->place == IN_PARTS && reading->bad == NULL)
            reading->bad = "parts";
        reading->foreign = 1;
    }
}

static gboolean
visit(const LtJsonEvent *event, gpointer data, GError **error)
{
    Reading *reading = data;
    gboolean begins = event->kind == LT_JSON_OBJECT_BEGIN || event->kind == LT_JSON_ARRAY_BEGIN;
    gboolean ends = event->kind == LT_JSON_OBJECT_END || event->kind == LT_JSON_ARRAY_END;

    (void) error;
    if (reading->foreign > 0) {
        reading->foreign += begins ? 1 : 0;
        reading->foreign -= ends ? 1 : 0;
    } else if (event->kind == LT_JSON_NAME) {
        reading->field = find_field(reading->place, event->text, event->length);
        if (reading->field == NULL)
            reading->unknown = TRUE;
        else
            reading->seen |= 1u << (reading->field - fields);
    } else if (begins) {
        take_begin(reading, event->kind == LT_JSON_OBJECT_BEGIN);
    } else if (ends) {
        end_place(reading);
    } else if (reading->place == IN_PARTS) {
        reading->bad = reading->bad != NULL ? reading->bad : "parts";
    } else if (reading->place != IN_NOTHING) {
        take_scalar(reading, event);
    }
    return TRUE;
}

static gboolean
judge(const Reading *reading, GError **error)
{
    if (!reading->is_object)
        return lt_refuse(error, "env.header.json", "header is not an object");
    if (reading->wrong_version)
        return lt_refuse(error, "env.header.version", "header is not of version " VERSION);
    if (reading->missing != NULL)
        return lt_refuse(error, "env.header.missing-field", "header has no field %s", reading->missing);
    if (reading->unknown)
        return lt_refuse(error, "env.header.unknown-field", "header has a field that is not known");
    if (reading->bad != NULL)
        return lt_refuse(error, "env.header.value", "header: value of %s is not allowed", reading->bad);
    if (lt_type_rule_lookup(reading->header->type) == NULL)
        return lt_refuse(error, "env.header.type", "header has a type that is not known");
    return TRUE;
}

LtHeader *
lt_header_read(const char *data, gsize size, GError **error)
{
    g_autoptr(LtHeader) header = lt_header_new();
    g_autoptr(GError) cause = NULL;
    Reading reading = { .header = header };

    if (memchr(data, '\n', size) != NULL || memchr(data, '\r', size) != NULL || memchr(data, '\t', size) != NULL) {
        lt_refuse(error, "env.header.json", "header is not one line");
        return NULL;
    }
    if (!lt_json_scan(data, size, LT_JSON_HEADER, NULL, visit, &reading, NULL, &cause)) {
        lt_refuse(error, "env.header.json", "header: %s", cause->message);
        return NULL;
    }
    return judge(&reading, error) ? g_steal_pointer(&header) : NULL;
}

/* The member's comma is needed except after the brace that begins its object. */
static void
write_name(GString *out, const char *name)
{
    if (out->str[out->len - 1] != '{')
        g_string_append_c(out, ',');
    g_string_append_c(out, '"');
    g_string_append(out, name);
    g_string_append(out, "\":");
}

static void
write_text(GString *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    write_name(out, name);
    lt_json_append_string(out, text);
}

static void
write_time(GString *out, const char *name, gint64 at_us)
{
    char text[21];

    lt_time_write_seconds(at_us, text);
    write_text(out, name, text);
}

static void
write_parts(GString *out, const GPtrArray *parts)
{
    write_name(out, "parts");
    g_string_append_c(out, '[');
    for (guint i = 0; i < parts->len; i++) {
        const LtPart *part = g_ptr_array_index(parts, i);

        g_string_append(out, i > 0 ? ",{" : "{");
        write_text(out, "name", part->name);
        write_text(out, "role", part->role);
        write_text(out, "mediaType", part->media_type);
        write_name(out, "size");
        g_string_append_printf(out, "%" G_GUINT64_FORMAT "}", part->size);
    }
    g_string_append_c(out, ']');
}

GBytes *
lt_header_write(const LtHeader *header)
{
    GString *out = g_string_sized_new(1024);

    g_string_append_c(out, '{');
    write_text(out, "v", VERSION);
    write_text(out, "id", header->id);
    write_text(out, "type", header->type);
    write_text(out, "from", header->from);
    write_text(out, "to", header->to);
    write_time(out, "issued", header->issued_us);
    write_time(out, "expires", header->expires_us);
    write_name(out, "seq");
    g_string_append_printf(out, "%" G_GINT64_FORMAT, header->seq);
    write_text(out, "nonce", header->nonce);
    write_text(out, "dossier", header->dossier);
    if (header->re_id != NULL) {
        write_name(out, "re");
        g_string_append_c(out, '{');
        write_text(out, "from", header->re_from);
        write_text(out, "id", header->re_id);
        write_text(out, "manifest", header->re_manifest);
        g_string_append_c(out, '}');
    }
    write_parts(out, header->parts);
    write_text(out, "cp", header->checkpoint);
    if (header->orig_kind != NULL) {
        write_name(out, "orig");
        g_string_append_c(out, '{');
        write_text(out, "kind", header->orig_kind);
        write_text(out, "part", header->orig_part);
        write_text(out, "verdict", header->orig_verdict);
        write_text(out, "signer", header->orig_signer);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, '}');
    return g_string_free_to_bytes(out);
}
