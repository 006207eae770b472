/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-value.c: identifiers, dates and codes (domain.md §§1, 2.3), and what a message of its kind should have. */
#include "edxml-value.h"

#include <string.h>

#define ID_MAX 35u

/* How many groups of how many characters each: "000.00.14.H20" is 3, 2, 2, 3. */
static gboolean
is_group(const char *text, gsize length, const char *first, gsize min, gsize max)
{
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isdigit(text[i]) && !g_ascii_isupper(text[i]))
            return FALSE;
    }
    return length >= min && length <= max && strchr(first, text[0]) != NULL;
}

/* QCVN 102:2016: four groups, right to left. */
static gboolean
is_old_form(char **groups)
{
    static const gsize sizes[] = { 3, 2, 2, 3 };

    if (g_strv_length(groups) != 4)
        return FALSE;
    for (gsize i = 0; i < 4; i++) {
        if (!is_group(groups[i], strlen(groups[i]), i < 3 ? "0123456789" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ", sizes[i], sizes[i]))
            return FALSE;
    }
    return TRUE;
}

/* QĐ 20/2020: levels left to right, the first a letter and two digits. */
static gboolean
is_new_form(char **groups)
{
    if (groups[0] == NULL || !is_group(groups[0], strlen(groups[0]), "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3, 3) ||
        !g_ascii_isdigit(groups[0][1]) || !g_ascii_isdigit(groups[0][2]))
        return FALSE;
    for (gsize i = 1; groups[i] != NULL; i++) {
        if (!is_group(groups[i], strlen(groups[i]), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1, ID_MAX))
            return FALSE;
    }
    return TRUE;
}

static void
judge_id(Edxml *self, const char *text, const char *where)
{
    g_auto(GStrv) groups = g_strsplit(text, ".", -1);

    if (strlen(text) > ID_MAX || strspn(text, ".0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != strlen(text))
        edxml_judge(self, "id.characters", where);
    else if (!is_old_form(groups) && !is_new_form(groups))
        edxml_judge(self, "id.form", where);
}

static void
judge_date(Edxml *self, const char *text, gboolean with_time, const char *where)
{
    static const char *const codes[] = { NULL, "date.form", "date.impossible", "date.unreadable" };
    EdxmlDateForm form = edxml_date_read(text, with_time, NULL);

    if (codes[form] != NULL)
        edxml_judge(self, codes[form], where);
}

static gboolean
is_word_of(const char *words, const char *text)
{
    g_auto(GStrv) list = g_strsplit(words, "|", -1);

    return g_strv_contains((const char *const *) list, text);
}

void
edxml_value_judge(Edxml *self, const EdxmlShape *row, const char *text, const char *where)
{
    if (text[0] == '\0')
        return; /* real systems write empty elements for what they do not have */
    if (row->value == EDXML_ID && !(strcmp(row->owner, "TraceHeader") == 0 && strcmp(text, "null") == 0))
        judge_id(self, text, where);
    else if (row->value == EDXML_DATE || row->value == EDXML_TIME)
        judge_date(self, text, row->value == EDXML_TIME, where);
    else if (row->value == EDXML_WORD && !is_word_of(row->shape, text))
        edxml_judge(self, "value.unknown", where);
}

static void
judge_trace(Edxml *self)
{
    if (self->trace == NULL) {
        edxml_judge(self, "trace.missing", NULL);
        return;
    }
    for (guint i = 0; i < self->trace->children->len; i++) {
        const EdxmlNode *one = self->trace->children->pdata[i];
        const char *organ = edxml_node_get(one, "OrganId");

        if (strcmp(one->name, "TraceHeader") != 0)
            continue;
        if (organ == NULL)
            edxml_judge(self, "trace.organ-missing", "TraceHeader");
        else if (strcmp(organ, "null") == 0)
            edxml_judge(self, "trace.organ-null", "TraceHeader");
    }
}

static void
find_kind(Edxml *self)
{
    const char *type = edxml_node_get(edxml_bussiness(self), "BussinessDocType");

    if (edxml_node_get(self->header, "StatusCode") != NULL) {
        self->kind = EDXML_STATUS;
    } else if (type == NULL) {
        self->kind = EDXML_NEW;
        edxml_judge(self, "bussiness.missing", NULL);
    } else if (strlen(type) == 1 && type[0] >= '0' && type[0] <= '3') {
        self->kind = (EdxmlKind) (type[0] - '0');
    }
}

/* "OrganId,yyyy/MM/dd,Number/Notation": the id stays as it is whatever its date says. */
static void
judge_document_id(Edxml *self, const char *id, const char *where)
{
    g_auto(GStrv) parts = id != NULL ? g_strsplit(id, ",", 3) : NULL;

    if (parts != NULL && g_strv_length(parts) == 3 && edxml_date_read(parts[1], FALSE, NULL) == EDXML_DATE_IMPOSSIBLE)
        edxml_judge(self, "document-id.date", where);
}

static void
judge_document(Edxml *self)
{
    if (edxml_node_get(self->header, "To/OrganId") == NULL)
        edxml_judge(self, "to.missing", NULL);
    if (edxml_node_get(self->header, "DocumentId") == NULL)
        edxml_judge(self, "document-id.missing", NULL);
    if (edxml_node_get(self->header, "Code/CodeNumber") == NULL && edxml_node_get(self->header, "Code/CodeNotation") == NULL)
        edxml_judge(self, "code.missing", NULL);
    if (edxml_node_get(self->header, "Subject") == NULL)
        edxml_judge(self, "subject.missing", NULL);
    if (edxml_node_get(self->header, "PromulgationInfo/PromulgationDate") == NULL)
        edxml_judge(self, "promulgation-date.missing", NULL);
    judge_trace(self);
}

void
edxml_value_judge_message(Edxml *self)
{
    find_kind(self);
    if (self->kind != EDXML_STATUS)
        judge_document(self);
    judge_document_id(self, edxml_node_get(self->header, "DocumentId"), "MessageHeader/DocumentId");
    judge_document_id(self, edxml_node_get(edxml_bussiness(self), "DocumentId"), "Bussiness/DocumentId");
    judge_document_id(self, edxml_node_get(self->header, "ResponseFor/DocumentId"), "ResponseFor/DocumentId");
    if (self->kind != EDXML_NEW && self->kind != EDXML_UNKNOWN && edxml_get_target(self) == NULL)
        edxml_judge(self, "target.missing", NULL);
}
