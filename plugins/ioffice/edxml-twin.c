/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-twin.c: the JSON twin of a status message that one gateway writes (domain.md §2.7): the same elements in lower case, as
 * {"header": {"status": {…}}}, inside an answer's "data", or flat with the group before the name ("from_organid"). */
#include "edxml-value.h"

#include "answer.h"

#include <string.h>

static void
read_text(Edxml *out, EdxmlNode *into, const EdxmlShape *row, const char *text)
{
    g_autofree char *where = g_strconcat(into->name, "/", row->name, NULL);
    g_autofree char *composed = g_utf8_normalize(text, -1, G_NORMALIZE_NFC);

    edxml_node_add(into, row->name, composed);
    edxml_value_judge(out, row, composed, where);
}

static void
read_group(Edxml *out, const Answer *from, EdxmlNode *into, const char *shape)
{
    const EdxmlShape *row = NULL;

    while ((row = edxml_shape_next(shape, row)) != NULL) {
        const Answer *child = answer_child(from, row->name);

        if (child != NULL && child->kind == ANSWER_OBJECT && row->value == EDXML_GROUP)
            read_group(out, child, edxml_node_add(into, row->name, NULL), row->shape);
        else if (child != NULL && child->kind == ANSWER_TEXT && row->value != EDXML_GROUP)
            read_text(out, into, row, child->text);
    }
}

/* "from_organid" → From/OrganId */
static void
read_flat(Edxml *out, const Answer *from)
{
    static const char *const groups[] = { "From", "ResponseFor", "StaffInfo" };

    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
        const EdxmlShape *group = edxml_shape_find("Header", groups[i]), *row = NULL;
        EdxmlNode *node = edxml_node_add(out->header, groups[i], NULL);

        while ((row = edxml_shape_next(group->shape, row)) != NULL) {
            g_autofree char *name = g_strdup_printf("%s_%s", groups[i], row->name);
            const char *text = answer_text(from, name);

            if (text != NULL)
                read_text(out, node, row, text);
        }
    }
    read_group(out, from, out->header, "Header");
}

Edxml *
edxml_twin_read(GBytes *bytes, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(Answer) answer = answer_read(bytes, &cause);
    g_autoptr(Edxml) out = edxml_new(EDXML_UNKNOWN);
    const Answer *data = answer_child(answer, "data"), *status;

    if (answer == NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "edxml.json", "neither XML nor JSON: %s",
                     strstr(cause->message, "JSON: ") != NULL ? strstr(cause->message, "JSON: ") + strlen("JSON: ") : cause->message);
        return NULL;
    }
    status = answer_child(answer_child(data != NULL ? data : answer, "header"), "status");
    if (status != NULL)
        read_group(out, status, out->header, "Header");
    else
        read_flat(out, answer);
    edxml_judge(out, "shape.json", NULL);
    if (edxml_node_get(out->header, "StatusCode") == NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "edxml.header", "JSON: no header/status with a statuscode");
        return NULL;
    }
    if (edxml_node_get(out->header, "From/OrganId") == NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "edxml.from", "JSON: from names no organid: nobody has sent this");
        return NULL;
    }
    edxml_value_judge_message(out);
    return g_steal_pointer(&out);
}
