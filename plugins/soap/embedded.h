/* SPDX-License-Identifier: Apache-2.0 */
/* embedded.h: XML documents that travel as base64 inside an element, as document services do with edXML. */
#pragma once

#include "soap.h"

/**
 * embedded_encode:
 * @body: of a request
 *
 * Every lt:encode becomes the base64 text of the one element that it holds, written as a document.
 *
 * Errors: CONFIG `soap.map.output`: it does not hold one element
 */
gboolean embedded_encode(xmlNode *body, GError **error);
/**
 * embedded_decode:
 * @body: a copy of what came, for maps
 * @names: (nullable): local names of elements whose content is base64 of a document
 *
 * Puts the document in the place of its base64. What is no document stays as it is: the map sees that it is none.
 */
void embedded_decode(xmlNode *body, const Incoming *incoming, char **names);
