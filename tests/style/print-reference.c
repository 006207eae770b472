/* SPDX-License-Identifier: Apache-2.0 */
/* print-reference.c: the tables of the hub as pages of docs/reference: delivery-states, dossier-states, routes, errors. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/settings.h"
#include "casework/state.h"
#include "routing/delivery.h"
#include "routing/route.h"
#include "trust/header.h"

#define FROM_PROGRAM "Printed from the program's own tables; `tests/style/check-reference.sh` proves that it is current.\n\n"

static void
print_states(void)
{
    gsize n;
    const LtDeliveryRule *rules = lt_delivery_rules(&n);

    printf("# States of a delivery\n\nOne message under way to one endpoint. " FROM_PROGRAM);
    printf("| state | event | becomes | entry of the audit log |\n|---|---|---|---|\n");
    for (gsize i = 0; i < n; i++)
        printf("| %s | %s | %s | `%s` |\n", lt_delivery_state_word(rules[i].from), lt_delivery_event_word(rules[i].event),
               lt_delivery_state_word(rules[i].to), rules[i].record);
    printf("\nAny other pair of state and event does nothing. Attempts and the time of the next try are data, not states.\n\n");
    printf("| event | means |\n|---|---|\n"
           "| arrived | the other side has it |\n"
           "| receipted | the other side has answered: a receipt, or a message with `re` to this one |\n"
           "| postponed | an attempt failed and will be tried again |\n"
           "| stuck | an attempt failed and a person must look |\n"
           "| refused | the other side said no, finally |\n"
           "| released | an operator lets a held or refused one go on |\n"
           "| given-up | an operator refuses it, or no hub took it before it expired |\n"
           "| withdrawn | the sender took the message back |\n"
           "| resent | an operator has it handed over once more |\n");
}

static void
print_words(const char *head, const LtCaseWord *words, gsize n)
{
    printf("\n## %s\n\n| word | meaning | act |\n|---|---|---|\n", head);
    for (gsize i = 0; i < n; i++)
        printf("| `%s` | %s | %s |\n", words[i].word, words[i].meaning, words[i].act == LT_ACT_NONE ? "–" : lt_case_act_word(words[i].act));
}

static void
print_dossier_states(void)
{
    gsize n;
    const LtCaseRule *rules = lt_case_rules(&n);
    const LtCaseWord *words;

    printf("# States of a dossier\n\nThe ten states of the national portal, and `unknown` before the first message. Apart from deliveries: a lost answer changes no state. " FROM_PROGRAM);
    printf("| | state | act | becomes | |\n|---|---|---|---|---|\n");
    for (gsize i = 0; i < n; i++)
        printf("| %d | %s | %s | %d | %s |\n", (int) rules[i].from, lt_case_state_word(rules[i].from), lt_case_act_word(rules[i].act), (int) rules[i].to, lt_case_state_word(rules[i].to));
    printf("\nAny other pair of state and act changes nothing. States 5 and 6 stop the clock. `supplement-early` and `fee-early` are brought or paid before the desk had taken the dossier in.\n");
    words = lt_case_portal_words(&n);
    print_words("TrangThaiHoSo, of the national portal", words, n);
    words = lt_case_axis_words(&n);
    print_words("StatusCode, of the document axis", words, n);
}

static const char *
rule_word(LtRule rule)
{
    return rule == LT_RULE_REQUIRED ? "required" : rule == LT_RULE_OPTIONAL ? "optional" : "absent";
}

static void
print_routes(void)
{
    g_autofree char *keys = lt_keys_describe(lt_route_keys(), TRUE);
    gsize n;
    const LtTypeRule *rules = lt_type_rules(&n);

    printf("# Routes\n\nA `[route NAME]` section. The first one whose kind, procedure, from and to all match is taken, in file order. " FROM_PROGRAM);
    printf("%s\n", keys);
    printf("A pattern is exact, `*`, or a prefix that ends in `*`; for from and to also `level:WORD`. A message without a procedure matches only `procedure=*`.\n\n");
    printf("## Message types\n\n| type | payload | dossier | re | attachments | routed |\n|---|---|---|---|---|---|\n");
    for (gsize i = 0; i < n; i++)
        printf("| `%s` | %s | %s | %s | %u–%u | %s |\n", rules[i].type, rule_word(rules[i].payload), rule_word(rules[i].dossier), rule_word(rules[i].re),
               rules[i].min_attachments, rules[i].max_attachments, lt_type_is_routed(rules[i].type) ? "yes" : "no");
}

static const char *
fate_word(LtFate fate)
{
    return fate == LT_FATE_REFUSE ? "refused" : fate == LT_FATE_POSTPONE ? "tried again" : "held for a person";
}

static void
print_errors(void)
{
    gsize n;
    const LtErrorRule *rules = lt_error_rules(&n);
    const LtDeliveryAdvice *advices;

    printf("# Errors\n\n" FROM_PROGRAM "## What becomes of them\n\n| error | fate | HTTP |\n|---|---|---|\n");
    for (gsize i = 0; i < n; i++)
        printf("| %s | %s | %u |\n", rules[i].word, fate_word(rules[i].fate), rules[i].http_status);
    printf("\n## Advice for deliveries that wait, are held or were refused\n\nA reason that ends in a dot stands for all that begin so and have no row of their own.\n\n"
           "| reason | cause | what to do | việc cần làm |\n|---|---|---|---|\n");
    advices = lt_delivery_advices(&n);
    for (gsize i = 0; i < n; i++)
        printf("| `%s` | %s | %s | %s |\n", advices[i].reason, lt_delivery_cause_text(advices[i].cause, "en"), advices[i].fix_en, advices[i].fix_vi);
}

static const struct {
    const char *name;
    void (*print)(void);
} pages[] = {
    { "delivery-states", print_states },
    { "dossier-states", print_dossier_states },
    { "routes", print_routes },
    { "errors", print_errors },
};

int
main(int argc, char **argv)
{
    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
        if (argc == 2 && strcmp(argv[1], pages[i].name) == 0) {
            pages[i].print();
            return 0;
        }
    }
    fprintf(stderr, "usage: print-reference delivery-states|dossier-states|routes|errors\n");
    return 2;
}
