/* SPDX-License-Identifier: Apache-2.0 */
/* address.c: ranges of addresses, judged on bytes.
 *
 * Every address is brought into one form, 16 bytes, with IPv4 as ::ffff:a.b.c.d, so that an IPv4 address cannot hide in one of its IPv6
 * spellings. Source of the ranges: IANA special-purpose address registries, RFC 6890.
 */
#include "routing/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "base/value.h"

typedef struct {
    guint8 bytes[16];
    guint bits;
} Range;

struct _LtAddressList {
    guint n_ranges;
    Range ranges[];
};

typedef struct {
    const char *range;
    const char *why;
} Special;

static const Special specials[] = {
    { "0.0.0.0/8",       "unspecified" },
    { "10.0.0.0/8",      "private" },
    { "100.64.0.0/10",   "private" },
    { "127.0.0.0/8",     "loopback" },
    { "169.254.0.0/16",  "link-local" },
    { "172.16.0.0/12",   "private" },
    { "192.0.0.0/24",    "reserved" },
    { "192.0.2.0/24",    "reserved" },
    { "192.168.0.0/16",  "private" },
    { "198.18.0.0/15",   "reserved" },
    { "198.51.100.0/24", "reserved" },
    { "203.0.113.0/24",  "reserved" },
    { "224.0.0.0/4",     "multicast" },
    { "240.0.0.0/4",     "reserved" },
    { "::/128",          "unspecified" },
    { "::1/128",         "loopback" },
    { "64:ff9b:1::/48",  "private" },
    { "100::/64",        "reserved" },
    { "2001::/23",       "reserved" },
    { "2001:db8::/32",   "reserved" },
    { "fc00::/7",        "private" },
    { "fe80::/10",       "link-local" },
    { "fec0::/10",       "private" },
    { "ff00::/8",        "multicast" },
};

static void
bytes_of_ipv4(const guint8 ipv4[4], guint8 bytes[16])
{
    memset(bytes, 0, 10);
    memset(bytes + 10, 0xff, 2);
    memcpy(bytes + 12, ipv4, 4);
}

/* NAT64, 6to4 and IPv4-compatible addresses lead to the IPv4 address inside. */
static void
bytes_of_ipv6(const guint8 ipv6[16], guint8 bytes[16])
{
    static const guint8 nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
    static const guint8 compatible[12] = { 0 };
    gboolean is_compatible = memcmp(ipv6, compatible, 12) == 0 && (ipv6[12] != 0 || ipv6[13] != 0 || ipv6[14] != 0);

    if (memcmp(ipv6, nat64, 12) == 0 || is_compatible)
        bytes_of_ipv4(ipv6 + 12, bytes);
    else if (ipv6[0] == 0x20 && ipv6[1] == 0x02)
        bytes_of_ipv4(ipv6 + 2, bytes);
    else
        memcpy(bytes, ipv6, 16);
}

static gboolean
bytes_of_address(const struct sockaddr *address, guint8 bytes[16])
{
    if (address->sa_family == AF_INET)
        bytes_of_ipv4((const guint8 *) &((const struct sockaddr_in *) (const void *) address)->sin_addr, bytes);
    else if (address->sa_family == AF_INET6)
        bytes_of_ipv6(((const struct sockaddr_in6 *) (const void *) address)->sin6_addr.s6_addr, bytes);
    else
        return FALSE;
    return TRUE;
}

static gboolean
range_read(const char *text, Range *range)
{
    const char *slash = strchr(text, '/');
    g_autofree char *host = slash != NULL ? g_strndup(text, (gsize) (slash - text)) : g_strdup(text);
    guint8 ipv4[4];
    guint64 bits = 0;
    guint width;

    if (inet_pton(AF_INET, host, ipv4) == 1) {
        bytes_of_ipv4(ipv4, range->bytes);
        width = 32;
    } else if (inet_pton(AF_INET6, host, range->bytes) == 1) {
        width = 128;
    } else {
        return FALSE;
    }
    range->bits = 128;
    if (slash == NULL)
        return TRUE;
    if (!lt_decimal_read(slash + 1, strlen(slash + 1), &bits) || bits > width)
        return FALSE;
    range->bits = 128 - width + (guint) bits;
    return TRUE;
}

static gboolean
range_has(const Range *range, const guint8 bytes[16])
{
    guint whole = range->bits / 8;
    guint rest = range->bits % 8;

    if (memcmp(range->bytes, bytes, whole) != 0)
        return FALSE;
    return rest == 0 || (range->bytes[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

LtAddressList *
lt_address_list_new(const char *const *texts, GError **error)
{
    guint n = texts != NULL ? g_strv_length((char **) texts) : 0;
    g_autofree LtAddressList *self = g_malloc0(sizeof(LtAddressList) + n * sizeof(Range));

    for (guint i = 0; i < n; i++) {
        if (!range_read(texts[i], &self->ranges[i])) {
            lt_error_set(error, LT_ERROR_CONFIG, "link.address",
                         "\"%s\" is neither an address nor a range such as 10.1.0.0/16", texts[i]);
            return NULL;
        }
    }
    self->n_ranges = n;
    return g_steal_pointer(&self);
}

void
lt_address_list_free(LtAddressList *self)
{
    g_free(self);
}

gboolean
lt_address_list_has(const LtAddressList *self, const struct sockaddr *address)
{
    guint8 bytes[16];

    if (!bytes_of_address(address, bytes))
        return FALSE;
    for (guint i = 0; i < self->n_ranges; i++) {
        if (range_has(&self->ranges[i], bytes))
            return TRUE;
    }
    return FALSE;
}

/* Addresses of this machine's own interfaces: what listens there may trust whoever comes from the inside. */
static gboolean
is_own(const guint8 bytes[16])
{
    struct ifaddrs *interfaces = NULL;
    gboolean found = FALSE;

    if (getifaddrs(&interfaces) != 0)
        return FALSE;
    for (const struct ifaddrs *i = interfaces; i != NULL && !found; i = i->ifa_next) {
        guint8 own[16];

        found = i->ifa_addr != NULL && bytes_of_address(i->ifa_addr, own) && memcmp(own, bytes, 16) == 0;
    }
    freeifaddrs(interfaces);
    return found;
}

const char *
lt_address_why_special(const struct sockaddr *address)
{
    guint8 bytes[16];

    if (!bytes_of_address(address, bytes))
        return "no internet address";
    for (gsize i = 0; i < G_N_ELEMENTS(specials); i++) {
        Range range;

        if (range_read(specials[i].range, &range) && range_has(&range, bytes))
            return specials[i].why;
    }
    return is_own(bytes) ? "this machine's own" : NULL;
}

gboolean
lt_address_is_loopback(const struct sockaddr *address)
{
    return g_strcmp0(lt_address_why_special(address), "loopback") == 0;
}
