/* SPDX-License-Identifier: Apache-2.0 */
/* state.h: how a dossier stands: state × act → state, as one table, and the words of other systems mapped into it.
 *
 * The states are the ten of the national portal (domain.md §4.4) and one before the first message. They say where the citizen's business stands and nothing of
 * deliveries: a lost answer changes no state. An act that has no row in a state changes nothing, so that late, repeated and contradictory news do no harm. Pure. */
#pragma once

#include <glib.h>

typedef enum {
    LT_CASE_UNKNOWN,          /* nothing is known yet */
    LT_CASE_FILED,            /* 1 mới đăng ký */
    LT_CASE_TAKEN_IN,         /* 2 được tiếp nhận */
    LT_CASE_DECLINED,         /* 3 không được tiếp nhận */
    LT_CASE_IN_WORK,          /* 4 đang xử lý */
    LT_CASE_SUPPLEMENT,       /* 5 yêu cầu bổ sung giấy tờ: the clock stands */
    LT_CASE_FEE,              /* 6 yêu cầu thực hiện nghĩa vụ tài chính: the clock stands */
    LT_CASE_WITHDRAWN,        /* 7 công dân yêu cầu rút */
    LT_CASE_STOPPED,          /* 8 dừng xử lý */
    LT_CASE_SETTLED,          /* 9 đã xử lý xong */
    LT_CASE_RETURNED,         /* 10 đã trả kết quả */
} LtCaseState;
#define LT_CASE_LAST LT_CASE_RETURNED

/**
 * LtCaseAct: what was done to a dossier
 * @LT_ACT_NONE: something that does not touch the state
 * @LT_ACT_OFFICE_DECLINES: an office to which it was passed on does not take it; a citizen's filing that nobody took in yet is declined by it
 * @LT_ACT_SUPPLEMENT_EARLY, @LT_ACT_FEE_EARLY: brought or paid before the desk had taken the dossier in
 * @LT_ACT_TAKES_BACK: the office that has it agrees to give it back to the one that sent it
 */
typedef enum {
    LT_ACT_NONE,
    LT_ACT_FILES,
    LT_ACT_TAKES_IN,
    LT_ACT_DECLINES,
    LT_ACT_OFFICE_DECLINES,
    LT_ACT_WORKS,
    LT_ACT_ASKS_SUPPLEMENT,
    LT_ACT_SUPPLEMENT,
    LT_ACT_SUPPLEMENT_EARLY,
    LT_ACT_ASKS_FEE,
    LT_ACT_FEE,
    LT_ACT_FEE_EARLY,
    LT_ACT_WITHDRAWS,
    LT_ACT_STOPS,
    LT_ACT_SETTLES,
    LT_ACT_RETURNS,
    LT_ACT_TAKES_BACK,
} LtCaseAct;
#define LT_ACT_LAST LT_ACT_TAKES_BACK

typedef struct {
    LtCaseState from;
    LtCaseAct act;
    LtCaseState to;
} LtCaseRule;
const LtCaseRule *lt_case_rules(gsize *n_rules);
/** lt_case_next: the state after the act; the same one when the act means nothing in it */
LtCaseState lt_case_next(LtCaseState state, LtCaseAct act);
/** lt_case_state_word: "filed", … for programs; lt_case_state_text(): for people, to be given to _() */
const char *lt_case_state_word(LtCaseState state);
const char *lt_case_state_text(LtCaseState state);
const char *lt_case_act_word(LtCaseAct act);
/** lt_case_is_paused: states 5 and 6 */
gboolean lt_case_is_paused(LtCaseState state);

/* A word of another system, and the act that it stands for. */
typedef struct {
    const char *word;    /* "01" … "16" of the document axis, "1" … "10" of the national portal */
    LtCaseAct act;
    const char *meaning; /* for the reference */
} LtCaseWord;
const LtCaseWord *lt_case_axis_words(gsize *n_words);   /* domain.md §2.7 */
const LtCaseWord *lt_case_portal_words(gsize *n_words); /* domain.md §4.4 */
/** lt_case_act_of: of a StatusCode (two digits) or a TrangThaiHoSo; %LT_ACT_NONE when the word is not known */
LtCaseAct lt_case_act_of(const char *word);
