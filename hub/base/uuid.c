/* SPDX-License-Identifier: Apache-2.0 */
/* uuid.c: UUID 4 and 7, strict in reading, random bits straight from the kernel in writing. */
#include "base/uuid.h"

#include "base/value.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define UUID_LENGTH 36

static gboolean
is_dash_position(gsize i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static gboolean
is_uuid(const char *text, gsize length, char version)
{
    if (length != UUID_LENGTH)
        return FALSE;
    for (gsize i = 0; i < UUID_LENGTH; i++) {
        gboolean is_hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');

        if (is_dash_position(i) ? text[i] != '-' : !is_hex)
            return FALSE;
    }
    return text[14] == version && (text[19] == '8' || text[19] == '9' || text[19] == 'a' || text[19] == 'b');
}

gboolean
lt_uuid_is_v4(const char *text, gsize length)
{
    return is_uuid(text, length, '4');
}

gboolean
lt_uuid_is_v7(const char *text, gsize length)
{
    return is_uuid(text, length, '7');
}

void
lt_uuid_write(const guint8 bytes[16], char text[37])
{
    char hex[33];
    gsize from = 0;

    lt_hex_write(bytes, 16, hex);
    for (gsize i = 0; i < UUID_LENGTH; i++)
        text[i] = is_dash_position(i) ? '-' : hex[from++];
    text[UUID_LENGTH] = '\0';
}

gboolean
lt_uuid_read(const char *text, gsize length, guint8 bytes[16])
{
    char hex[32];
    gsize n = 0;

    if (!lt_uuid_is_v4(text, length) && !lt_uuid_is_v7(text, length))
        return FALSE;
    for (gsize i = 0; i < UUID_LENGTH; i++) {
        if (!is_dash_position(i))
            hex[n++] = text[i];
    }
    return lt_hex_read(hex, sizeof hex, bytes, 16);
}

static void
write_uuid(guint8 bytes[16], guint8 version, char text[37])
{
    bytes[6] = (guint8) ((bytes[6] & 0x0f) | (version << 4));
    bytes[8] = (guint8) ((bytes[8] & 0x3f) | 0x80);
    lt_uuid_write(bytes, text);
}

void
lt_uuid7_new(gint64 at_us, char text[37])
{
    guint8 bytes[16];
    guint64 millis = GUINT64_TO_BE((guint64) (MAX(at_us, 0) / 1000) << 16);

    lt_random_bytes(bytes, sizeof bytes);
    memcpy(bytes, &millis, 6);
    write_uuid(bytes, 7, text);
}

void
lt_uuid4_new(char text[37])
{
    guint8 bytes[16];

    lt_random_bytes(bytes, sizeof bytes);
    write_uuid(bytes, 4, text);
}

void
lt_random_bytes(guint8 *bytes, gsize n_bytes)
{
    while (n_bytes > 0) {
        gssize got = getrandom(bytes, n_bytes, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            g_error("the system gives no random bytes: %s", g_strerror(errno));
        bytes += got;
        n_bytes -= (gsize) got;
    }
}
