/* SPDX-License-Identifier: Apache-2.0 */
/* xml.h: the guard in front of libxml2 (security.md §4.2), and validation against installed XSD. No libxml2 type leaves
 * this room except to the plugins whose reason it is. */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

/**
 * lt_xml_scan:
 * Errors: %LT_ERROR_INVALID with `xml.encoding`, `xml.doctype`, `xml.pi`, `xml.depth`, `xml.attributes`, `xml.size`,
 * `xml.count`, `xml.syntax`. Sets *n_elements.
 */
gboolean lt_xml_scan(const char *data, gsize size, guint *n_elements, GError **error);

typedef struct _LtXmlSchema LtXmlSchema;
/** lt_xml_schema_load: compiled XSD; includes only from the same folder. Errors: %LT_ERROR_CONFIG */
LtXmlSchema *lt_xml_schema_load(const char *path, GError **error);
void lt_xml_schema_free(LtXmlSchema *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtXmlSchema, lt_xml_schema_free)
/** lt_xml_check: scans, parses (no network, no entities) and, with @schema, validates. Adds `xml.mismatch`, `xml.schema` */
gboolean lt_xml_check(const char *data, gsize size, const LtXmlSchema *schema, GError **error);
