/* SPDX-License-Identifier: Apache-2.0 */
/* json.h: a JSON payload as the XML form of the same payload: members are elements, the items of a list are `Muc`. */
#pragma once

#include "document.h"

#define JSON_PAYLOAD_NS "urn:lienthong:payload:1"

/**
 * json_to_xml:
 * @parent: gets one element, @name in JSON_PAYLOAD_NS
 *
 * Numbers keep their spelling, null is an empty element. A member whose name is no XML name becomes `Muc` with the attribute `ten`.
 *
 * Errors: those of lt_json_check()
 */
gboolean json_to_xml(GBytes *json, xmlNode *parent, const char *name, GError **error);
