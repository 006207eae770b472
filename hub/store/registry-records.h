/* SPDX-License-Identifier: Apache-2.0 */
/* registry-records.h: what the log says of a change of the registry: a digest over all that was put, the names of the objects, which hold
 * no personal data, and the legal bases. For the files of this room only. */
#pragma once

#include "store/store-private.h"
#include "store/units.h"

typedef struct _LtRegistrySummary LtRegistrySummary;
LtRegistrySummary *lt_registry_summary_new(void);
void lt_registry_summary_free(LtRegistrySummary *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRegistrySummary, lt_registry_summary_free)
/** lt_registry_summary_digest: takes texts into the digest; a NULL among them counts as empty */
void lt_registry_summary_digest(LtRegistrySummary *self, const char *const *texts, guint n);
/** lt_registry_summary_add: the object "KIND:NAME" and its texts. @basis: its legal basis; NULL: it has none; "": its kind has none */
void lt_registry_summary_add(LtRegistrySummary *self, const char *kind, const char *name, const char *basis, const char *const *texts, guint n);
/** lt_registry_summary_record: raises the generation and appends cfg.changed, one for each 64 objects of the same basis.
 * @digest_out: (out) (optional): 65 bytes, hex */
gboolean lt_registry_summary_record(LtRegistrySummary *self, LtStoreTransaction *tx, const char *actor_kind, const char *actor,
                                    char *digest_out, GError **error);

/** lt_basis_word: (transfer full) (nullable): a legal basis as the log takes it: ASCII without quotes. NULL for NULL or "" */
char *lt_basis_word(const char *basis);
/** lt_registry_rows_write: all rows and the records that speak of them, inside a transaction. @digest: as above */
gboolean lt_registry_rows_write(LtStoreTransaction *tx, const LtRegistryRows *rows, const char *actor_kind, const char *actor, char *digest, GError **error);
