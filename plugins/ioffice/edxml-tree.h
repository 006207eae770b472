/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-tree.h: the bytes of a message as a libxml2 tree without the text of its attachments. For the codec's own files only. */
#pragma once

#include "edxml.h"

#include <libxml/tree.h>

typedef struct {
    xmlDoc *document;
    GPtrArray *texts; /* of GBytes *: what stood in the ContentTransferEncoded elements, in turn; each now holds "text:N" */
} EdxmlTree;

/** edxml_tree_parse: Errors: as edxml_read() */
gboolean edxml_tree_parse(EdxmlTree *self, GBytes *bytes, GError **error);
void edxml_tree_clear(EdxmlTree *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EdxmlTree, edxml_tree_clear)
/** edxml_tree_text: Returns: (transfer full): the text of an element, or what was taken out of it */
GBytes *edxml_tree_text(const EdxmlTree *self, xmlNode *node);
/** edxml_tree_restore: puts the texts back, for what is computed over the whole document */
void edxml_tree_restore(EdxmlTree *self);
