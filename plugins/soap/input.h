/* SPDX-License-Identifier: Apache-2.0 */
/* input.h: what the maps of delivering are given. */
#pragma once

#include <lienthong/message.h>

#include "document.h"

/**
 * input_of_message:
 * @root: name of the document element, such as "deliver"
 *
 * {header, payload, attachments}: the payload in its XML form, attachments by their description only.
 *
 * Errors: INVALID `soap.xml` or those of lt_json_check(): the payload
 */
xmlDoc *input_of_message(LtMessage *message, const char *root, GError **error);
