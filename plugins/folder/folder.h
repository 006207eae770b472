/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h: what the files of this plugin share. */
#pragma once

#include <lienthong/plugin.h>

typedef struct {
    char *out;
    char *form;
    gint64 file_mode;
    char *in;
    gint64 max_bytes;
    gint64 settle; /* microseconds */
} Folder;

/* deliver.c */
/** folder_remove: a folder of plain files */
void folder_remove(const char *folder);
gboolean folder_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error);
/* collect.c */
gboolean folder_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error);
