/* SPDX-License-Identifier: Apache-2.0 */
/* backup.h: a copy of the store that is whole and proves itself, made while the hub runs; and its way back.
 *
 * A backup is a folder: lthub.db, blobs/, and backup.txt with the state of the log and the digest of the database. The database is one
 * moment: the last commit when it began. It is written to durably before backup.txt appears, so a folder without it is no backup.
 */
#pragma once

#include "store/store.h"

typedef struct {
    guint64 size;      /* entries of the log */
    char *origin;
    char root[65];     /* of the log, hex */
    char sha[65];      /* SHA-256 of lthub.db, hex */
    guint64 files;     /* in blobs/ */
    guint64 bytes;     /* of all */
} LtBackup;
void lt_backup_clear(LtBackup *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LtBackup, lt_backup_clear)

/** LtBackupProgress: bytes done of the bytes that are known by now */
typedef void (*LtBackupProgress)(guint64 done, guint64 total, gpointer data);

/**
 * lt_store_backup:
 * @self: also one that is open for reading only
 * @folder: made; must not exist or be empty
 *
 * Every content is hashed while it is copied. Errors: CONFIG `backup.folder`; UNAVAILABLE `env.store.full`; INTERNAL `log.blob-hash`, `log.db`;
 * NOT_FOUND `log.missing-blob`
 */
gboolean lt_store_backup(LtStore *self, const char *folder, LtBackupProgress progress, gpointer data, LtBackup *out, GError **error);
/** lt_store_record_backup: record backup.made */
gboolean lt_store_record_backup(LtStore *self, const LtBackup *backup, const char *actor_kind, const char *actor, GError **error);

/** lt_backup_restore: copies a backup into the store's folder, which must not hold a database; digests and quick_check are proved on the
 * way, the log is checked by who opens the store. Errors: as above, and CONFIG `restore.folder`, `restore.not-a-backup` */
gboolean lt_backup_restore(const char *backup, const char *folder, LtBackupProgress progress, gpointer data, LtBackup *out, GError **error);
