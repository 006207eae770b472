/* SPDX-License-Identifier: Apache-2.0 */
/* xml.h: the strict look at XML that everything from outside gets before a plugin's own reader sees it.
 *
 * libxml2 reads encodings by itself, honours DTDs and spends seconds on strange documents. What passed this look is UTF-8 without DTD or
 * processing instruction and small enough; the reader behind it must still be told that it is UTF-8, and must find as many elements.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

G_BEGIN_DECLS

/**
 * lt_xml_scan:
 * @data: (array length=size): bytes that should be an XML document
 * @n_elements: (out) (optional): elements of the document
 *
 * Looks at every byte once, without recursion and without memory, and refuses what a parser should never see. It is no
 * parser: what passes may still be malformed.
 *
 * Errors: %LT_ERROR_INVALID, each text with the byte offset:
 * `xml.encoding` (not UTF-8, NUL, another encoding declared), `xml.doctype`, `xml.pi`, `xml.depth` (over 64),
 * `xml.attributes` (over 64 of one element), `xml.size` (over 8 MiB, a name over 256 or an attribute value over 65,536
 * bytes), `xml.count` (over 200,000 elements), `xml.syntax`. Never content.
 *
 * Returns: %TRUE if it may be read
 */
LT_API gboolean lt_xml_scan(const char *data, gsize size, guint *n_elements, GError **error);

G_END_DECLS
