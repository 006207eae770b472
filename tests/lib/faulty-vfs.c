/* SPDX-License-Identifier: Apache-2.0 */
/* faulty-vfs.c: see faulty-vfs.h. Every call goes on to the real file; writes and syncs may fail before. */
#include "faulty-vfs.h"

#include <glib.h>

typedef struct {
    sqlite3_file base;
    sqlite3_file *real; /* lies behind this struct */
} File;

static sqlite3_vfs *real_vfs;
static gint fault_code; /* atomic; 0: none */
static gint left;       /* atomic: good calls until it strikes */

void
faulty_vfs_fail(int code, int after)
{
    g_atomic_int_set(&left, after);
    g_atomic_int_set(&fault_code, code);
}

void
faulty_vfs_heal(void)
{
    g_atomic_int_set(&fault_code, 0);
}

static int
strike(gboolean sync)
{
    int code = g_atomic_int_get(&fault_code);

    if (code == 0 || (code == SQLITE_IOERR_FSYNC) != sync || g_atomic_int_add(&left, -1) > 0)
        return SQLITE_OK;
    return code;
}

static sqlite3_file *
real(sqlite3_file *file)
{
    return ((File *) file)->real;
}

#define FORWARD(name, params, ...)                                                                                                 \
    static int file_##name params                                                                                                  \
    {                                                                                                                              \
        return real(file)->pMethods->name(real(file), ##__VA_ARGS__);                                                              \
    }

FORWARD(xRead, (sqlite3_file *file, void *data, int size, sqlite3_int64 offset), data, size, offset)
FORWARD(xTruncate, (sqlite3_file *file, sqlite3_int64 size), size)
FORWARD(xFileSize, (sqlite3_file *file, sqlite3_int64 *size), size)
FORWARD(xLock, (sqlite3_file *file, int lock), lock)
FORWARD(xUnlock, (sqlite3_file *file, int lock), lock)
FORWARD(xCheckReservedLock, (sqlite3_file *file, int *held), held)
FORWARD(xFileControl, (sqlite3_file *file, int op, void *data), op, data)
FORWARD(xSectorSize, (sqlite3_file *file))
FORWARD(xDeviceCharacteristics, (sqlite3_file *file))
FORWARD(xShmMap, (sqlite3_file *file, int page, int size, int extend, void volatile **map), page, size, extend, map)
FORWARD(xShmLock, (sqlite3_file *file, int offset, int n, int flags), offset, n, flags)
FORWARD(xShmUnmap, (sqlite3_file *file, int erase), erase)

static void
file_xShmBarrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int
file_xWrite(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    int code = strike(FALSE);

    return code != SQLITE_OK ? code : real(file)->pMethods->xWrite(real(file), data, size, offset);
}

static int
file_xSync(sqlite3_file *file, int flags)
{
    int code = strike(TRUE);

    return code != SQLITE_OK ? code : real(file)->pMethods->xSync(real(file), flags);
}

static int
file_xClose(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_xClose,
    .xRead = file_xRead,
    .xWrite = file_xWrite,
    .xTruncate = file_xTruncate,
    .xSync = file_xSync,
    .xFileSize = file_xFileSize,
    .xLock = file_xLock,
    .xUnlock = file_xUnlock,
    .xCheckReservedLock = file_xCheckReservedLock,
    .xFileControl = file_xFileControl,
    .xSectorSize = file_xSectorSize,
    .xDeviceCharacteristics = file_xDeviceCharacteristics,
    .xShmMap = file_xShmMap,
    .xShmLock = file_xShmLock,
    .xShmBarrier = file_xShmBarrier,
    .xShmUnmap = file_xShmUnmap,
};

static int
open_file(sqlite3_vfs *vfs G_GNUC_UNUSED, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
    File *self = (File *) file;
    int code;

    self->real = (sqlite3_file *) (self + 1);
    code = real_vfs->xOpen(real_vfs, name, self->real, flags, out_flags);
    self->base.pMethods = code == SQLITE_OK ? &methods : NULL;
    return code;
}

void
faulty_vfs_install(void)
{
    static sqlite3_vfs vfs;

    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "faulty";
    vfs.szOsFile = (int) sizeof(File) + real_vfs->szOsFile;
    vfs.xOpen = open_file;
    g_assert_cmpint(sqlite3_vfs_register(&vfs, 1), ==, SQLITE_OK);
}
