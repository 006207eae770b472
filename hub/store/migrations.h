/* SPDX-License-Identifier: Apache-2.0 */
/* migrations.h: brings a database to the tables that this program knows. */
#pragma once

#include "store/database.h"

/** lt_migrations_version: number of the newest migration built into the program */
guint lt_migrations_version(void);
/** lt_migrations_run: each missing migration in one transaction. Errors: %LT_ERROR_CONFIG `store.newer` when the database is of a later program,
 * `store.foreign` when it is none of ours */
gboolean lt_migrations_run(LtDatabase *database, GError **error);
/** lt_migrations_check: for readers: the database has exactly the tables of this program. Errors: as above, and `store.older` */
gboolean lt_migrations_check(LtDatabase *database, GError **error);
