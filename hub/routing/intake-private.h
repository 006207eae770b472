/* SPDX-License-Identifier: Apache-2.0 */
/* intake-private.h: what the door's files share: intake.c (envelopes), built.c (plugins' messages), acknowledgement.c (the inbox). */
#pragma once

#include "routing/caretaker.h"
#include "routing/intake.h"
#include "routing/world.h"

struct _LtIntake {
    LtIntakeOptions options;
    GMutex lock; /* of world */
    LtWorld world;
    LtDispatcher *dispatcher;
    LtCaretaker *caretaker; /* nullable */
};

/* Where a plugin found a message. */
typedef struct {
    const char *endpoint;
    const char *key; /* nullable */
} LtSource;

void lt_intake_copy_world(LtIntake *self, LtWorld *out);
/** lt_intake_admit: lt_intake_submit() with a source; @source (nullable) lives until @done. A caller without a unit is the hub itself */
void lt_intake_admit(LtIntake *self, LtUpload *upload, const LtCaller *caller, const LtSource *source, LtIntakeDone done, gpointer data,
                     GMainContext *context);
