/* SPDX-License-Identifier: Apache-2.0 */
/* codes.c: LoaiDoiTuong in payloads and in the portal's two forms.
 *
 * The forms number the same word differently, and neither says all of what the other says. A household business of 2026 becomes "other" with a mark
 * (ThongTinKhac.LoaiDoiTuongDVCQG), which brings it back unchanged; a state body has no code of 2026 at all.
 */
#include "portal.h"

#define NONE (-1)

static const struct {
    int payload, session, token;
    gboolean is_marked; /* the way back needs more than the payload's own code */
} kinds[] = {
    { 1, 1, 0, FALSE },    /* citizen */
    { 2, 2, 1, FALSE },    /* enterprise */
    { 3, 3, NONE, FALSE }, /* state body */
    { 4, 4, NONE, FALSE }, /* other */
    { 4, NONE, 2, TRUE },  /* household business */
};

jv
codes_value(gboolean is_token_form)
{
    jv to = jv_object(), from = jv_object(), marks = jv_object();

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        int code = is_token_form ? kinds[i].token : kinds[i].session;
        g_autofree char *ours = g_strdup_printf("%d", kinds[i].payload);
        g_autofree char *theirs = g_strdup_printf("%d", code);

        if (code == NONE)
            continue;
        if (!kinds[i].is_marked)
            to = jv_object_set(to, jv_string(ours), is_token_form ? jv_number(code) : jv_string(theirs));
        else
            marks = jv_object_set(marks, jv_string(theirs), jv_number(code));
        from = jv_object_set(from, jv_string(theirs), jv_number(kinds[i].payload));
    }
    return jv_object_set(jv_object_set(jv_object_set(jv_object(), jv_string("to"), to), jv_string("from"), from), jv_string("marks"), marks);
}
