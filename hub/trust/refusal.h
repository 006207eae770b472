/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.h: how this room says no: the reason word decides the error's code (envelope.md §9). */
#pragma once

#include <lienthong/error.h>

/**
 * lt_refuse:
 * @reason: a code of envelope.md §9, such as "env.zip.flags"
 * @format: for people: lower case, names thing and cause, never content
 *
 * Returns: %FALSE, so that a check can end with it
 */
gboolean lt_refuse(GError **error, const char *reason, const char *format, ...) G_GNUC_PRINTF(3, 4);
