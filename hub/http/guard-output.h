/* SPDX-License-Identifier: Apache-2.0 */
/* guard-output.h: the sending side of a guarded connection. */
#pragma once

#include <gio/gio.h>

#define LT_TYPE_GUARD_OUTPUT (lt_guard_output_get_type())
G_DECLARE_FINAL_TYPE(LtGuardOutput, lt_guard_output, LT, GUARD_OUTPUT, GOutputStream)

/** lt_guard_output_new: (transfer none) @socket */
LtGuardOutput *lt_guard_output_new(GSocket *socket);
/** lt_guard_output_body_follows: what is written next is a head whose body is written right after it */
void lt_guard_output_body_follows(LtGuardOutput *self);
