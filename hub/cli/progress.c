/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c: one line that says how far long work has come; on a terminal only, at most ten times a second. */
#include <stdio.h>

#include "cli/command.h"

#define BAR_WIDTH 30
#define EVERY_US 100000

void
lt_progress_show(LtProgress *self, guint64 done, guint64 total)
{
    gint64 now_us = g_get_monotonic_time();
    guint filled = total == 0 ? 0 : (guint) (MIN(done, total) * BAR_WIDTH / total);
    char bar[BAR_WIDTH + 1];

    if (!self->terminal->terminal || (now_us - self->shown_us < EVERY_US && done != total))
        return;
    self->shown_us = now_us;
    for (guint i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r%s [%s] %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "\033[K", self->what, bar, done, total);
    fflush(stderr);
}

void
lt_progress_end(LtProgress *self)
{
    if (self->shown_us != 0)
        fputs("\r\033[K", stderr);
}
