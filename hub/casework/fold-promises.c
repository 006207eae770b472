/* SPDX-License-Identifier: Apache-2.0 */
/* fold-promises.c: what was promised to the citizen, and when it was said. A date that is only repeated is no new promise. What follows from the
 * rules alone is worked out in clock.c, which knows the calendar.
 */
#include "casework/fold-private.h"

#include <string.h>

static void
add(LtFold *self, const LtCaseEvent *event, gint64 at_us, gint64 due_us)
{
    LtCasePromise promise = { at_us, due_us, event };

    if (self->promises->len > 0 && g_array_index(self->promises, LtCasePromise, self->promises->len - 1).due_us == due_us)
        return;
    g_array_append_val(self->promises, promise);
}

void
lt_fold_promises(LtFold *self)
{
    for (guint i = 0; i < self->hops->len; i++) {
        const LtHop *hop = &g_array_index(self->hops, LtHop, i);
        const LtCaseEvent *event = hop->message;
        /* The first promise is made with the receipt slip, whenever the message came. */
        gint64 said_us = self->promises->len == 0 && self->received_us != LT_NEVER ? MIN(self->received_us, hop->done_us) : hop->done_us, due_us;

        if (strcmp(hop->kind, "supplement-asked") == 0)
            continue; /* nobody knows yet when the citizen will come */
        if (lt_case_event_time(event, LT_FACT_PROMISED_ANEW, &due_us) || lt_case_event_time(event, LT_FACT_PROMISED, &due_us))
            add(self, event, said_us, due_us);
    }
}
