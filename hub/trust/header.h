/* SPDX-License-Identifier: Apache-2.0 */
/* header.h: envelope.json (envelope.md §4), read by the strict scanner and written in the order of its table; and the table of
 * message types (§6). Pure. */
#pragma once

#include "base/message.h"

/** Errors: `env.header.json`, `.version`, `.missing-field`, `.unknown-field`, `.value`, `.type` */
LtHeader *lt_header_read(const char *data, gsize size, GError **error);
/** lt_header_write: Returns: (transfer full): the bytes; parts in order */
GBytes *lt_header_write(const LtHeader *header);

typedef enum { LT_RULE_ABSENT, LT_RULE_REQUIRED, LT_RULE_OPTIONAL } LtRule;
typedef struct {
    const char *type;
    LtRule payload, dossier, re;
    guint min_attachments, max_attachments;
    LtRule orig;
} LtTypeRule;
/** lt_type_rules: the table of §6, and of §10 for `orig` */
const LtTypeRule *lt_type_rules(gsize *n_rules);
const LtTypeRule *lt_type_rule_lookup(const char *type);
/** lt_header_check_rule: Errors: `env.type.rule` */
gboolean lt_header_check_rule(const LtHeader *header, GError **error);
