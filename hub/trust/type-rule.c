/* SPDX-License-Identifier: Apache-2.0 */
/* type-rule.c: which message types there are and what each must, may and must not carry (envelope.md §6), as one table. */
#include <string.h>

#include "trust/header.h"
#include "trust/refusal.h"

#define NO LT_RULE_ABSENT
#define MUST LT_RULE_REQUIRED
#define MAY LT_RULE_OPTIONAL

static const LtTypeRule rules[] = {
    /* type                  payload  dossier  re    attachments  orig */
    { "dossier.submit",      MUST,    MUST,    NO,   0, 999,      MAY },
    { "dossier.update",      MUST,    MUST,    MUST, 0, 999,      MAY },
    { "dossier.status",      MUST,    MUST,    MAY,  0, 0,        MAY },
    { "dossier.supplement",  MUST,    MUST,    MUST, 0, 999,      MAY },
    { "dossier.result",      MUST,    MUST,    MUST, 0, 999,      MAY },
    { "dossier.recall",      MUST,    MUST,    MUST, 0, 0,        MAY },
    { "receipt",             MUST,    MAY,     MUST, 0, 0,        NO },
    { "soap.relay",          NO,      MAY,     MAY,  1, 1,        MUST },
    { "edxml.relay",         NO,      MAY,     MAY,  1, 1,        MUST },
    { "directory.publish",   MUST,    NO,      NO,   0, 0,        MAY },
    { "audit.evidence",      MUST,    MUST,    NO,   3, 999,      MAY },
    { "hub.ping",            MAY,     NO,      NO,   0, 0,        MAY },
};

const LtTypeRule *
lt_type_rules(gsize *n_rules)
{
    *n_rules = G_N_ELEMENTS(rules);
    return rules;
}

const LtTypeRule *
lt_type_rule_lookup(const char *type)
{
    for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
        if (g_strcmp0(rules[i].type, type) == 0)
            return &rules[i];
    return NULL;
}

static gboolean
is_kept(LtRule rule, gboolean present)
{
    return rule == MAY || (rule == MUST) == present;
}

/* A message that the hub seals for a unit carries the bytes it was made of, whatever its type (envelope.md §10): that one attachment is
 * not counted where a type allows none. */
static guint
count_original(const LtHeader *header)
{
    const LtTypeRule *rule = lt_type_rule_lookup(header->type);

    if (header->orig_kind == NULL || rule == NULL || rule->max_attachments > 0)
        return 0;
    for (guint i = 0; i < header->parts->len; i++) {
        const LtPart *part = g_ptr_array_index(header->parts, i);

        if (g_str_has_prefix(part->name, "att/") && strcmp(part->name, header->orig_part) == 0 && strcmp(part->role, "original") == 0)
            return 1;
    }
    return 0;
}

gboolean
lt_header_check_rule(const LtHeader *header, GError **error)
{
    const LtTypeRule *rule = lt_type_rule_lookup(header->type);
    const LtPart *first = header->parts->len > 0 ? g_ptr_array_index(header->parts, 0) : NULL;
    gboolean payload = first != NULL && g_str_has_prefix(first->name, "payload.");
    guint n_attachments = header->parts->len - (payload ? 1 : 0);
    guint n_originals = count_original(header);

    if (rule == NULL)
        return lt_refuse(error, "env.header.type", "header has a type that is not known");
    if (!is_kept(rule->payload, payload))
        return lt_refuse(error, "env.type.rule", "%s: payload %s", rule->type, payload ? "not allowed" : "missing");
    if (!is_kept(rule->dossier, header->dossier != NULL))
        return lt_refuse(error, "env.type.rule", "%s: dossier %s", rule->type, header->dossier != NULL ? "not allowed" : "missing");
    if (!is_kept(rule->re, header->re_id != NULL))
        return lt_refuse(error, "env.type.rule", "%s: re %s", rule->type, header->re_id != NULL ? "not allowed" : "missing");
    if (n_attachments < rule->min_attachments || n_attachments - n_originals > rule->max_attachments)
        return lt_refuse(error, "env.type.rule", "%s: %u attachments", rule->type, n_attachments);
    if (!is_kept(rule->orig, header->orig_kind != NULL))
        return lt_refuse(error, "env.type.rule", "%s: orig %s", rule->type, header->orig_kind != NULL ? "not allowed" : "missing");
    if (rule->orig == MUST && strcmp(first->role, "original") != 0)
        return lt_refuse(error, "env.type.rule", "%s: attachment is not the original", rule->type);
    return TRUE;
}
