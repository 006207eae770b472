/* SPDX-License-Identifier: Apache-2.0 */
/* crc32.c: the CRC-32 of ZIP (polynomial 0xEDB88320), eight bytes at a time.
 *
 * It guards against broken transport only; what proves content is SHA-256. The tables are arithmetic, computed once.
 */
#include "trust/container.h"

#include <string.h>

#define POLYNOMIAL 0xedb88320u
#define N_TABLES 8

typedef guint32 Tables[N_TABLES][256];

static const Tables *
tables_get(void)
{
    static Tables tables;
    static gsize ready;

    if (g_once_init_enter(&ready)) {
        for (guint32 i = 0; i < 256; i++) {
            guint32 crc = i;

            for (guint bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) ? POLYNOMIAL : 0);
            tables[0][i] = crc;
        }
        for (guint t = 1; t < N_TABLES; t++)
            for (guint32 i = 0; i < 256; i++)
                tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 0xff];
        g_once_init_leave(&ready, 1);
    }
    return (const Tables *) &tables;
}

guint32
lt_crc32(guint32 crc, const guint8 *data, gsize size)
{
    const guint32 (*t)[256] = *tables_get();

    crc = ~crc;
    for (; size >= 8; data += 8, size -= 8) {
        guint32 low, high;

        memcpy(&low, data, 4);
        memcpy(&high, data + 4, 4);
        low = GUINT32_FROM_LE(low) ^ crc;
        high = GUINT32_FROM_LE(high);
        crc = t[7][low & 0xff] ^ t[6][(low >> 8) & 0xff] ^ t[5][(low >> 16) & 0xff] ^ t[4][low >> 24] ^
              t[3][high & 0xff] ^ t[2][(high >> 8) & 0xff] ^ t[1][(high >> 16) & 0xff] ^ t[0][high >> 24];
    }
    for (; size > 0; data++, size--)
        crc = (crc >> 8) ^ t[0][(crc ^ *data) & 0xff];
    return ~crc;
}
