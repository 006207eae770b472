/* SPDX-License-Identifier: Apache-2.0 */
/* faulty-vfs.h: SQLite's file layer with faults on demand: the writer's disk fills up or fails at a chosen write. */
#pragma once

#include <sqlite3.h>

/** faulty_vfs_install: becomes the default file layer of the process */
void faulty_vfs_install(void);
/** faulty_vfs_fail: after @after more writes or syncs each one fails with @code, until faulty_vfs_heal() */
void faulty_vfs_fail(int code, int after);
void faulty_vfs_heal(void);
