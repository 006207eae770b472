/* SPDX-License-Identifier: Apache-2.0 */
/* template.h: the texts that citizens get, by language and event. */
#pragma once

#include <lienthong/error.h>

#include "value.h"

typedef struct _Templates Templates;

/**
 * templates_new:
 * @path: (nullable): JSON file {LANGUAGE: {EVENT: TEXT}}; what it does not have is taken from the built-in texts
 *
 * Errors: CONFIG `sms.templates`: not readable, not of that form, an unknown event, or a text with another word than {code} and {state}
 */
Templates *templates_new(const char *path, GError **error);
void templates_free(Templates *self);

/**
 * templates_fill:
 * @language: (nullable): "vi", "en" or what the file has; an unknown one is Vietnamese
 * @event: a state, "1" to "10", "answer" (to a question) or "unknown" (no such dossier)
 * @state: 0 to 10: what {state} says
 *
 * Nothing but the dossier's code and its state can get into the text.
 *
 * Returns: (transfer full): the text
 */
char *templates_fill(const Templates *self, const char *language, const char *event, const char *code, int state);
