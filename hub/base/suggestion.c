/* SPDX-License-Identifier: Apache-2.0 */
/* suggestion.c: edit distance between short words, by bytes: names of keys, commands and units are ASCII. */
#include "base/suggestion.h"

#include <string.h>

#define WORD_MAX 64

/* Optimal string alignment: insertions, deletions, changes, and exchanges of neighbours count one each. */
static gsize
edit_distance(const char *a, gsize a_length, const char *b, gsize b_length)
{
    gsize rows[3][WORD_MAX + 1];
    gsize *before = rows[0], *last = rows[1], *now = rows[2];

    for (gsize j = 0; j <= b_length; j++)
        last[j] = j;
    for (gsize i = 1; i <= a_length; i++) {
        gsize *spare = before;

        now[0] = i;
        for (gsize j = 1; j <= b_length; j++) {
            gsize changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);

            now[j] = MIN(changed, MIN(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = MIN(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[b_length];
}

const char *
lt_suggestion_find(const char *typed, const char *const *known)
{
    gsize typed_length = strlen(typed);
    gsize best_distance = MAX(typed_length / 3, 1) + 1;
    const char *best = NULL;

    if (typed_length == 0 || typed_length > WORD_MAX)
        return NULL;
    for (gsize i = 0; known[i] != NULL; i++) {
        gsize length = strlen(known[i]);
        gsize distance = length <= WORD_MAX ? edit_distance(typed, typed_length, known[i], length) : G_MAXSIZE;

        if (distance < best_distance) {
            best = known[i];
            best_distance = distance;
        }
    }
    return best;
}
