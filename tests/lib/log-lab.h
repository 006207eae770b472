/* SPDX-License-Identifier: Apache-2.0 */
/* log-lab.h: a log of one test's own, with or without an intruder: what is appended to it are readings of two dossiers by one user. */
#pragma once

#include "store/audit-log.h"

#define DOSSIER "c9d5d49c-b56f-4552-96a3-c9b95ec99950"
#define OTHER_DOSSIER "0b1f4a5e-94d5-4a52-9c0a-3d1d3a8f5b11"
#define USER "ee41fa48-1259-4035-be71-e38a29483baa"

typedef struct {
    char *folder, *key, *database;
    LtSigner *signer;
    LtStore *store;
} LogLab;

/** log_lab_set_up, log_lab_tear_down: of a test's fixture */
void log_lab_set_up(LogLab *log, gconstpointer data);
void log_lab_tear_down(LogLab *log, gconstpointer data);
void log_lab_open(LogLab *log);
void log_lab_close(LogLab *log);

typedef struct {
    guint n;          /* readings: every tenth of DOSSIER */
    gboolean fail;    /* afterwards */
    const char *bad;  /* nullable: what is said to be read */
} LogLabWrite;

/** log_lab_write: a closure for lt_store_write(); @data: a LogLabWrite */
gboolean log_lab_write(LtStoreTransaction *tx, gpointer data, GError **error);
/** log_lab_append: so many readings in one transaction */
gboolean log_lab_append(LogLab *log, guint n, GError **error);
void log_lab_append_all(LogLab *log, guint n);
guint64 log_lab_size(LogLab *log);
/** log_lab_count_findings: of a check; each is told to the reader of the test */
guint log_lab_count_findings(LogLab *log, gboolean full);
/** log_lab_intrude: SQL as an intruder would write it, with the file alone; the answers are lines of words */
char *log_lab_intrude(LogLab *log, const char *sql);
