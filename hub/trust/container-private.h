/* SPDX-License-Identifier: Apache-2.0 */
/* container-private.h: the ZIP records of envelope.md §2, shared by reader and writer. All integers are little-endian. */
#pragma once

#include "trust/container.h"

#define LOCAL_SIGNATURE 0x04034b50u
#define CENTRAL_SIGNATURE 0x02014b50u
#define END_SIGNATURE 0x06054b50u
#define ZIP64_END_SIGNATURE 0x06064b50u
#define ZIP64_LOCATOR_SIGNATURE 0x07064b50u

#define LOCAL_SIZE 30u
#define CENTRAL_SIZE 46u
#define END_SIZE 22u
#define NAME_MAX_SIZE 64u

#define ZIP_VERSION 10u
#define ZIP_DATE 0x0021u /* 1980-01-01 */

#define MIMETYPE_SIZE 31u
#define CONTAINER_MAX_BYTES G_GUINT64_CONSTANT(2147483647)

/* Every entry has its place; a container holds places in rising order. */
typedef enum {
    SLOT_MIMETYPE,
    SLOT_HEADER,
    SLOT_PAYLOAD_JSON,
    SLOT_PAYLOAD_XML,
    SLOT_ATTACHMENT, /* + number − 1, numbers 1 to 999 */
    SLOT_MANIFEST = SLOT_ATTACHMENT + 999,
    SLOT_SIGNATURE,
    SLOT_COUNT,
} LtSlot;

/** lt_slot_of_name: -1 for a name outside the grammar */
int lt_slot_of_name(const char *name, gsize length);
/** lt_slot_limit: largest size of an entry's content */
guint64 lt_slot_limit(int slot);
/** lt_slot_is_attachment: content that may be large and therefore goes to the spool */
gboolean lt_slot_is_attachment(int slot);

LtContainer *lt_container_new(void);
void lt_entry_free(LtEntry *entry);
