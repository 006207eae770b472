/* SPDX-License-Identifier: Apache-2.0 */
/* xml.h: the guard in front of libxml2 (security.md §4.2), and validation against installed XSD. No libxml2 type leaves
 * this room except to the plugins whose reason it is.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>
#include <lienthong/xml.h> /* lt_xml_scan() */

typedef struct _LtXmlSchema LtXmlSchema; /* immutable; shared by threads */

/** lt_xml_schema_load: compiled XSD; includes and imports only from the same folder. Errors: %LT_ERROR_CONFIG, `schema.xsd` */
LtXmlSchema *lt_xml_schema_load(const char *path, GError **error);
/** lt_xml_schema_parse: an XSD that stands alone */
LtXmlSchema *lt_xml_schema_parse(const char *text, gsize size, const char *name, GError **error);
void lt_xml_schema_free(LtXmlSchema *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtXmlSchema, lt_xml_schema_free)

/* A wanted text: of the first child of the document element that has this local name and holds nothing but text. */
typedef struct {
    const char *name;
    char *value; /* out: owned, NULL when there is none */
} LtXmlPick;

/**
 * lt_xml_check:
 * @schema: (nullable): must hold
 * @root: (nullable): local name that the document element must have
 * @picks: (nullable): ended by a row with name NULL; all values are %NULL when the check fails
 *
 * Scans, parses (no network, no entities, no DTD, no tree), compares the number of elements with the scan's, validates.
 *
 * Errors: those of lt_xml_scan(), `xml.mismatch`, `xml.schema`. Texts name line, element and libxml2's number of the fault,
 * never content.
 */
gboolean lt_xml_check(const char *data, gsize size, const LtXmlSchema *schema, const char *root, LtXmlPick *picks, GError **error);
