/* SPDX-License-Identifier: Apache-2.0 */
/* state.c: the table of states, walked in full by tests/unit/test-case-state.c and printed into docs/reference/dossier-states.md.
 *
 * What has ended stays ended: 9 is left for 10 only, and 10 for nothing, because news of work that comes later than the end is old news or a
 * mistake. A withdrawal or a stop may be taken back by work that goes on.
 */
#include "casework/state.h"

#include <string.h>

#include "base/language.h"

static const LtCaseRule rules[] = {
    /* from                  act                         to */
    { LT_CASE_UNKNOWN,       LT_ACT_FILES,               LT_CASE_FILED },
    { LT_CASE_UNKNOWN,       LT_ACT_TAKES_IN,            LT_CASE_TAKEN_IN },
    { LT_CASE_UNKNOWN,       LT_ACT_DECLINES,            LT_CASE_DECLINED },
    { LT_CASE_UNKNOWN,       LT_ACT_WORKS,               LT_CASE_IN_WORK },
    { LT_CASE_UNKNOWN,       LT_ACT_ASKS_SUPPLEMENT,     LT_CASE_SUPPLEMENT },
    { LT_CASE_UNKNOWN,       LT_ACT_SUPPLEMENT,          LT_CASE_IN_WORK },
    { LT_CASE_UNKNOWN,       LT_ACT_SUPPLEMENT_EARLY,    LT_CASE_FILED },
    { LT_CASE_UNKNOWN,       LT_ACT_ASKS_FEE,            LT_CASE_FEE },
    { LT_CASE_UNKNOWN,       LT_ACT_FEE,                 LT_CASE_IN_WORK },
    { LT_CASE_UNKNOWN,       LT_ACT_FEE_EARLY,           LT_CASE_FILED },
    { LT_CASE_UNKNOWN,       LT_ACT_WITHDRAWS,           LT_CASE_WITHDRAWN },
    { LT_CASE_UNKNOWN,       LT_ACT_STOPS,               LT_CASE_STOPPED },
    { LT_CASE_UNKNOWN,       LT_ACT_SETTLES,             LT_CASE_SETTLED },
    { LT_CASE_UNKNOWN,       LT_ACT_RETURNS,             LT_CASE_RETURNED },
    { LT_CASE_UNKNOWN,       LT_ACT_TAKES_BACK,          LT_CASE_TAKEN_IN },

    { LT_CASE_FILED,         LT_ACT_TAKES_IN,            LT_CASE_TAKEN_IN },
    { LT_CASE_FILED,         LT_ACT_DECLINES,            LT_CASE_DECLINED },
    { LT_CASE_FILED,         LT_ACT_OFFICE_DECLINES,     LT_CASE_DECLINED },
    { LT_CASE_FILED,         LT_ACT_WORKS,               LT_CASE_IN_WORK },
    { LT_CASE_FILED,         LT_ACT_ASKS_SUPPLEMENT,     LT_CASE_SUPPLEMENT },
    { LT_CASE_FILED,         LT_ACT_ASKS_FEE,            LT_CASE_FEE },
    { LT_CASE_FILED,         LT_ACT_WITHDRAWS,           LT_CASE_WITHDRAWN },
    { LT_CASE_FILED,         LT_ACT_STOPS,               LT_CASE_STOPPED },
    { LT_CASE_FILED,         LT_ACT_SETTLES,             LT_CASE_SETTLED },
    { LT_CASE_FILED,         LT_ACT_RETURNS,             LT_CASE_RETURNED },

    { LT_CASE_TAKEN_IN,      LT_ACT_DECLINES,            LT_CASE_DECLINED },
    { LT_CASE_TAKEN_IN,      LT_ACT_WORKS,               LT_CASE_IN_WORK },
    { LT_CASE_TAKEN_IN,      LT_ACT_ASKS_SUPPLEMENT,     LT_CASE_SUPPLEMENT },
    { LT_CASE_TAKEN_IN,      LT_ACT_ASKS_FEE,            LT_CASE_FEE },
    { LT_CASE_TAKEN_IN,      LT_ACT_WITHDRAWS,           LT_CASE_WITHDRAWN },
    { LT_CASE_TAKEN_IN,      LT_ACT_STOPS,               LT_CASE_STOPPED },
    { LT_CASE_TAKEN_IN,      LT_ACT_SETTLES,             LT_CASE_SETTLED },
    { LT_CASE_TAKEN_IN,      LT_ACT_RETURNS,             LT_CASE_RETURNED },

    { LT_CASE_DECLINED,      LT_ACT_FILES,               LT_CASE_FILED },
    { LT_CASE_DECLINED,      LT_ACT_TAKES_IN,            LT_CASE_TAKEN_IN },
    { LT_CASE_DECLINED,      LT_ACT_WORKS,               LT_CASE_IN_WORK },

    { LT_CASE_IN_WORK,       LT_ACT_ASKS_SUPPLEMENT,     LT_CASE_SUPPLEMENT },
    { LT_CASE_IN_WORK,       LT_ACT_ASKS_FEE,            LT_CASE_FEE },
    { LT_CASE_IN_WORK,       LT_ACT_WITHDRAWS,           LT_CASE_WITHDRAWN },
    { LT_CASE_IN_WORK,       LT_ACT_STOPS,               LT_CASE_STOPPED },
    { LT_CASE_IN_WORK,       LT_ACT_SETTLES,             LT_CASE_SETTLED },
    { LT_CASE_IN_WORK,       LT_ACT_RETURNS,             LT_CASE_RETURNED },
    { LT_CASE_IN_WORK,       LT_ACT_TAKES_BACK,          LT_CASE_TAKEN_IN },

    { LT_CASE_SUPPLEMENT,    LT_ACT_TAKES_IN,            LT_CASE_TAKEN_IN },
    { LT_CASE_SUPPLEMENT,    LT_ACT_DECLINES,            LT_CASE_DECLINED },
    { LT_CASE_SUPPLEMENT,    LT_ACT_WORKS,               LT_CASE_IN_WORK },
    { LT_CASE_SUPPLEMENT,    LT_ACT_SUPPLEMENT,          LT_CASE_IN_WORK },
    { LT_CASE_SUPPLEMENT,    LT_ACT_SUPPLEMENT_EARLY,    LT_CASE_FILED },
    { LT_CASE_SUPPLEMENT,    LT_ACT_ASKS_FEE,            LT_CASE_FEE },
    { LT_CASE_SUPPLEMENT,    LT_ACT_WITHDRAWS,           LT_CASE_WITHDRAWN },
    { LT_CASE_SUPPLEMENT,    LT_ACT_STOPS,               LT_CASE_STOPPED },
    { LT_CASE_SUPPLEMENT,    LT_ACT_SETTLES,             LT_CASE_SETTLED },
    { LT_CASE_SUPPLEMENT,    LT_ACT_RETURNS,             LT_CASE_RETURNED },
    { LT_CASE_SUPPLEMENT,    LT_ACT_TAKES_BACK,          LT_CASE_TAKEN_IN },

    { LT_CASE_FEE,           LT_ACT_TAKES_IN,            LT_CASE_TAKEN_IN },
    { LT_CASE_FEE,           LT_ACT_DECLINES,            LT_CASE_DECLINED },
    { LT_CASE_FEE,           LT_ACT_WORKS,               LT_CASE_IN_WORK },
    { LT_CASE_FEE,           LT_ACT_ASKS_SUPPLEMENT,     LT_CASE_SUPPLEMENT },
    { LT_CASE_FEE,           LT_ACT_FEE,                 LT_CASE_IN_WORK },
    { LT_CASE_FEE,           LT_ACT_FEE_EARLY,           LT_CASE_FILED },
    { LT_CASE_FEE,           LT_ACT_WITHDRAWS,           LT_CASE_WITHDRAWN },
    { LT_CASE_FEE,           LT_ACT_STOPS,               LT_CASE_STOPPED },
    { LT_CASE_FEE,           LT_ACT_SETTLES,             LT_CASE_SETTLED },
    { LT_CASE_FEE,           LT_ACT_RETURNS,             LT_CASE_RETURNED },
    { LT_CASE_FEE,           LT_ACT_TAKES_BACK,          LT_CASE_TAKEN_IN },

    { LT_CASE_WITHDRAWN,     LT_ACT_WORKS,               LT_CASE_IN_WORK },
    { LT_CASE_WITHDRAWN,     LT_ACT_STOPS,               LT_CASE_STOPPED },
    { LT_CASE_WITHDRAWN,     LT_ACT_SETTLES,             LT_CASE_SETTLED },
    { LT_CASE_WITHDRAWN,     LT_ACT_RETURNS,             LT_CASE_RETURNED },

    { LT_CASE_STOPPED,       LT_ACT_WORKS,               LT_CASE_IN_WORK },
    { LT_CASE_STOPPED,       LT_ACT_SETTLES,             LT_CASE_SETTLED },
    { LT_CASE_STOPPED,       LT_ACT_RETURNS,             LT_CASE_RETURNED },

    { LT_CASE_SETTLED,       LT_ACT_RETURNS,             LT_CASE_RETURNED },
};

static const LtCaseWord axis_words[] = {
    { "01", LT_ACT_NONE,            "arrived in the receiving software: the destination has acknowledged it" },
    { "02", LT_ACT_OFFICE_DECLINES, "the office does not take it" },
    { "03", LT_ACT_TAKES_IN,        "entered in the register" },
    { "04", LT_ACT_WORKS,           "assigned to an officer" },
    { "05", LT_ACT_WORKS,           "being worked on" },
    { "06", LT_ACT_SETTLES,         "done" },
    { "13", LT_ACT_NONE,            "the sender asks to take back; the answer decides" },
    { "15", LT_ACT_TAKES_BACK,      "agrees to give back; where it answers an update, nothing" },
    { "16", LT_ACT_NONE,            "refuses to give back or to update" },
};

static const LtCaseWord portal_words[] = {
    { "1",  LT_ACT_FILES,           "mới đăng ký" },
    { "2",  LT_ACT_TAKES_IN,        "được tiếp nhận" },
    { "3",  LT_ACT_DECLINES,        "không được tiếp nhận" },
    { "4",  LT_ACT_WORKS,           "đang xử lý" },
    { "5",  LT_ACT_ASKS_SUPPLEMENT, "yêu cầu bổ sung giấy tờ" },
    { "6",  LT_ACT_ASKS_FEE,        "yêu cầu thực hiện nghĩa vụ tài chính" },
    { "7",  LT_ACT_WITHDRAWS,       "công dân yêu cầu rút" },
    { "8",  LT_ACT_STOPS,           "dừng xử lý" },
    { "9",  LT_ACT_SETTLES,         "đã xử lý xong" },
    { "10", LT_ACT_RETURNS,         "đã trả kết quả" },
};

const LtCaseRule *
lt_case_rules(gsize *n_rules)
{
    *n_rules = G_N_ELEMENTS(rules);
    return rules;
}

LtCaseState
lt_case_next(LtCaseState state, LtCaseAct act)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (rules[i].from == state && rules[i].act == act)
            return rules[i].to;
    }
    return state;
}

const char *
lt_case_state_word(LtCaseState state)
{
    static const char *const words[] = { "unknown", "filed", "taken-in", "declined", "in-work", "supplement", "fee", "withdrawn", "stopped", "settled", "returned" };

    return words[state];
}

const char *
lt_case_state_text(LtCaseState state)
{
    static const char *const texts[] = {
        N_("unknown"),        N_("just handed in"),       N_("taken in"),  N_("not taken in"),        N_("being worked on"), N_("supplement asked for"),
        N_("fees asked for"), N_("withdrawn by citizen"), N_("stopped"),   N_("done, to be returned"), N_("result returned"),
    };

    return texts[state];
}

const char *
lt_case_act_word(LtCaseAct act)
{
    static const char *const words[] = { "none",       "files",      "takes-in",           "declines", "office-declines", "works",     "asks-supplement", "supplement", "supplement-early",
                                         "asks-fee",   "fee",        "fee-early",          "withdraws", "stops",          "settles",   "returns",         "takes-back" };

    return words[act];
}

gboolean
lt_case_is_paused(LtCaseState state)
{
    return state == LT_CASE_SUPPLEMENT || state == LT_CASE_FEE;
}

const LtCaseWord *
lt_case_axis_words(gsize *n_words)
{
    *n_words = G_N_ELEMENTS(axis_words);
    return axis_words;
}

const LtCaseWord *
lt_case_portal_words(gsize *n_words)
{
    *n_words = G_N_ELEMENTS(portal_words);
    return portal_words;
}

LtCaseAct
lt_case_act_of(const char *word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(axis_words); i++) {
        if (g_strcmp0(axis_words[i].word, word) == 0)
            return axis_words[i].act;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(portal_words); i++) {
        if (g_strcmp0(portal_words[i].word, word) == 0)
            return portal_words[i].act;
    }
    return LT_ACT_NONE;
}
