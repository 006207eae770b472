/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-json.c: what was understood of a message, as JSON. Names are those of the standard; absent and empty elements are left out. */
#include "edxml.h"

#include <string.h>

static void
append_text(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_printf(out, "\\%c", *p);
        else if ((guchar) *p < 0x20)
            g_string_append_printf(out, "\\u%04x", (guchar) *p);
        else
            g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

/* A comma unless something has just begun. */
static void
append_name(GString *out, const char *name)
{
    char last = out->len > 0 ? out->str[out->len - 1] : '{';

    if (last != '{' && last != '[')
        g_string_append_c(out, ',');
    if (name != NULL) {
        append_text(out, name);
        g_string_append_c(out, ':');
    }
}

void
edxml_json_member(GString *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    append_name(out, name);
    append_text(out, text);
}

static gboolean
is_empty(const EdxmlNode *node)
{
    if (node->text != NULL && node->text[0] != '\0')
        return FALSE;
    for (guint i = 0; i < node->children->len; i++) {
        if (!is_empty(node->children->pdata[i]))
            return FALSE;
    }
    return TRUE;
}

static void append_group(GString *out, const EdxmlNode *node, const char *shape);

static void
append_value(GString *out, const EdxmlNode *node, const EdxmlShape *row)
{
    if (row->value == EDXML_GROUP && node->children->len > 0)
        append_group(out, node, row->shape);
    else
        append_text(out, node->text != NULL ? node->text : "");
}

static void
append_row(GString *out, const EdxmlNode *node, const EdxmlShape *row)
{
    gboolean any = FALSE;

    for (guint i = 0; i < node->children->len; i++) {
        const EdxmlNode *child = node->children->pdata[i];

        if (strcmp(child->name, row->name) != 0 || is_empty(child))
            continue;
        append_name(out, any ? NULL : row->name);
        if (row->many && !any)
            g_string_append_c(out, '[');
        append_value(out, child, row);
        any = TRUE;
    }
    if (any && row->many)
        g_string_append_c(out, ']');
}

static void
append_group(GString *out, const EdxmlNode *node, const char *shape)
{
    const EdxmlShape *row = NULL;

    g_string_append_c(out, '{');
    while ((row = edxml_shape_next(shape, row)) != NULL)
        append_row(out, node, row);
    g_string_append_c(out, '}');
}

static void
append_attachment(GString *out, const EdxmlAttachment *attachment)
{
    append_name(out, NULL);
    g_string_append_c(out, '{');
    edxml_json_member(out, "name", attachment->name);
    edxml_json_member(out, "content_id", attachment->id);
    edxml_json_member(out, "content_type", attachment->type);
    edxml_json_member(out, "description", attachment->description);
    edxml_json_member(out, "state", edxml_state_word(attachment->state));
    if (attachment->content != NULL) {
        append_name(out, "size");
        g_string_append_printf(out, "%" G_GSIZE_FORMAT, g_bytes_get_size(attachment->content));
    }
    edxml_json_member(out, "sha256", attachment->sha256);
    g_string_append_c(out, '}');
}

static void
append_verdicts(GString *out, const Edxml *self, gboolean vietnamese)
{
    append_name(out, "verdicts");
    g_string_append_c(out, '[');
    for (guint i = 0; i < self->verdicts->len; i++) {
        const EdxmlVerdict *verdict = self->verdicts->pdata[i];

        append_name(out, NULL);
        g_string_append_c(out, '{');
        edxml_json_member(out, "code", verdict->rule->code);
        edxml_json_member(out, "level", edxml_level_word(verdict->rule->level));
        edxml_json_member(out, "where", verdict->where);
        edxml_json_member(out, "meaning", vietnamese ? verdict->rule->vietnamese : verdict->rule->meaning);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

char *
edxml_to_json(const Edxml *self, gboolean vietnamese)
{
    GString *out = g_string_new("{\"usable\":true");

    edxml_json_member(out, "kind", edxml_kind_word(self->kind));
    edxml_json_member(out, "namespace", self->ns);
    edxml_json_member(out, "dossier", edxml_get_dossier(self));
    edxml_json_member(out, "about", edxml_get_target(self));
    append_name(out, "header");
    append_group(out, self->header, "Header");
    if (self->trace != NULL) {
        append_name(out, "trace");
        append_group(out, self->trace, "Trace");
    }
    append_name(out, "attachments");
    g_string_append_c(out, '[');
    for (guint i = 0; i < self->attachments->len; i++)
        append_attachment(out, self->attachments->pdata[i]);
    g_string_append_c(out, ']');
    append_name(out, "signature");
    g_string_append_c(out, '{');
    edxml_json_member(out, "verdict", self->signature.verdict);
    edxml_json_member(out, "method", self->signature.method);
    g_string_append_c(out, '}');
    append_verdicts(out, self, vietnamese);
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}
