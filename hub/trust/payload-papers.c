/* SPDX-License-Identifier: Apache-2.0 */
/* payload-papers.c: the papers that a payload names are entries of its envelope.
 *
 * A schema sees one file; that `TepDinhKemId` names an attachment which is there needs the envelope beside it. A paper that is taken
 * back (IsDeleted) is one of an earlier envelope. Most payloads name none and are only searched for the word. */
#include "trust/payload.h"

#include <string.h>

#include "base/json.h"
#include "trust/refusal.h"

#define FIELD "TepDinhKemId"
#define DELETED "IsDeleted"
#define NAME_SIZE 8 /* att/0001 */
#define DEPTH_MAX 64 /* deeper than the scanner goes */

static gboolean
is_there(const char *name, gsize length, guint n_attachments)
{
    guint number = 0;

    if (length != NAME_SIZE || strncmp(name, "att/0", 5) != 0)
        return FALSE;
    for (guint i = 5; i < NAME_SIZE; i++) {
        if (!g_ascii_isdigit(name[i]))
            return FALSE;
        number = number * 10 + (guint) (name[i] - '0');
    }
    return number >= 1 && number <= n_attachments;
}

static gboolean
refuse_absent(GError **error)
{
    return lt_refuse(error, "env.payload.schema", "the payload names a paper (" FIELD ") that the envelope does not carry");
}

typedef struct {
    gboolean absent, deleted;
} Paper;

typedef struct {
    guint n_attachments;
    Paper at[DEPTH_MAX + 1]; /* members of the object at each depth */
    const char *name; /* static: of the member whose value comes next */
} Walk;

static gboolean
visit(const LtJsonEvent *event, gpointer data, GError **error)
{
    Walk *walk = data;
    guint depth = MIN(event->depth, DEPTH_MAX - 1);
    Paper *inside = &walk->at[depth + 1];

    switch (event->kind) {
    case LT_JSON_OBJECT_BEGIN:
        inside->absent = inside->deleted = FALSE;
        break;
    case LT_JSON_NAME:
        walk->name = strcmp(event->text, FIELD) == 0 ? FIELD : strcmp(event->text, DELETED) == 0 ? DELETED : NULL;
        return TRUE;
    case LT_JSON_STRING:
        if (g_strcmp0(walk->name, FIELD) == 0)
            walk->at[depth].absent = !is_there(event->text, event->length, walk->n_attachments);
        break;
    case LT_JSON_TRUE:
        walk->at[depth].deleted |= g_strcmp0(walk->name, DELETED) == 0;
        break;
    case LT_JSON_OBJECT_END:
        if (inside->absent && !inside->deleted)
            return refuse_absent(error);
        break;
    default:
        break;
    }
    walk->name = NULL;
    return TRUE;
}

static gboolean
check_json(const char *data, gsize size, guint n_attachments, GError **error)
{
    Walk walk = { .n_attachments = n_attachments };

    /* A name may be written with escapes. */
    if (memmem(data, size, FIELD, strlen(FIELD)) == NULL && memmem(data, size, "\\u", 2) == NULL)
        return TRUE;
    return lt_json_scan(data, size, LT_JSON_PAYLOAD, NULL, visit, &walk, NULL, error);
}

/* The value is found in the text: the schema has bound it to eight plain characters. */
static gboolean
check_xml(const char *data, gsize size, guint n_attachments, GError **error)
{
    const char *end = data + size, *at = data;

    while ((at = memmem(at, (gsize) (end - at), FIELD, strlen(FIELD))) != NULL) {
        const char *before = at, *value;

        while (before > data && (g_ascii_isalnum(before[-1]) || strchr("_.-:", before[-1]) != NULL))
            before--;
        at += strlen(FIELD);
        if (before == data || before[-1] != '<')
            continue; /* the end of an element, or text */
        value = memchr(at, '>', (gsize) (end - at));
        if (value == NULL || end - value <= NAME_SIZE || !is_there(value + 1, NAME_SIZE, n_attachments))
            return refuse_absent(error);
    }
    return TRUE;
}

gboolean
lt_payload_check_papers(const char *type, const char *media_type, GBytes *payload, guint n_attachments, GError **error)
{
    gsize size;
    const char *data = g_bytes_get_data(payload, &size);

    if (!g_str_has_prefix(type, "dossier."))
        return TRUE;
    if (strcmp(media_type, "application/xml") != 0)
        return check_json(data, size, n_attachments, error);
    return strcmp(type, "dossier.update") == 0 || check_xml(data, size, n_attachments, error);
}
