/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-value.h: what single values and the message as a whole say. For the codec's own files only. */
#pragma once

#include "edxml.h"

/** edxml_value_judge: notes what is odd about one value. @where: names the element */
void edxml_value_judge(Edxml *self, const EdxmlShape *row, const char *text, const char *where);
/** edxml_value_judge_message: finds the kind, and notes what is missing */
void edxml_value_judge_message(Edxml *self);
/** edxml_twin_read: a JSON document. Errors: INVALID `edxml.json`, `edxml.header`, `edxml.from` */
Edxml *edxml_twin_read(GBytes *bytes, GError **error);
