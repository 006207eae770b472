/* SPDX-License-Identifier: Apache-2.0 */
/* crc32.c: the CRC-32 of ZIP, by zlib. It guards against broken transport only; what proves content is SHA-256. */
#include <zlib.h>

#include "trust/container.h"

guint32
lt_crc32(guint32 crc, const guint8 *data, gsize size)
{
    return (guint32) crc32_z(crc, data, size);
}
