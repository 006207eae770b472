/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: a gateway's JSON answer, or the JSON twin of a message, as a small tree. */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

typedef enum { ANSWER_NULL, ANSWER_WORD, ANSWER_TEXT, ANSWER_LIST, ANSWER_OBJECT } AnswerKind;

typedef struct {
    AnswerKind kind;
    char *name;          /* nullable: of the member */
    char *text;          /* WORD: true, false or a number as written; TEXT: unescaped */
    gsize size;          /* of text */
    GPtrArray *children; /* of Answer * */
} Answer;

/**
 * answer_read: the hub's strict look at JSON holds for everything but the content of long strings, which may be documents
 *
 * Errors: UNAVAILABLE `ioffice.answer.nonsense`: a page, a cut or another answer than JSON. Never content.
 */
Answer *answer_read(GBytes *body, GError **error);
void answer_free(Answer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Answer, answer_free)
/** answer_child: @self: (nullable). The name is compared without regard to case: gateways differ. Returns: (nullable) */
const Answer *answer_child(const Answer *self, const char *name);
/** answer_text: Returns: (nullable): text or word of the member */
const char *answer_text(const Answer *self, const char *name);
