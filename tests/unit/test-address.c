/* SPDX-License-Identifier: Apache-2.0 */
/* test-address.c: which addresses are special, in all their spellings, and lists of allowed ones. */
#include "routing/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

typedef union {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
} Address;

static Address
address_of(const char *text)
{
    Address address;

    memset(&address, 0, sizeof address);
    if (inet_pton(AF_INET, text, &address.ipv4.sin_addr) == 1) {
        address.ipv4.sin_family = AF_INET;
    } else {
        g_assert_cmpint(inet_pton(AF_INET6, text, &address.ipv6.sin6_addr), ==, 1);
        address.ipv6.sin6_family = AF_INET6;
    }
    return address;
}

static void
test_knows_special_addresses(void)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        { "127.0.0.1", "loopback" },         { "127.255.255.254", "loopback" },  { "0.0.0.0", "unspecified" },
        { "0.1.2.3", "unspecified" },        { "10.0.0.0", "private" },          { "10.255.255.255", "private" },
        { "172.16.0.1", "private" },         { "172.31.255.255", "private" },    { "192.168.7.7", "private" },
        { "100.64.0.1", "private" },         { "100.127.255.255", "private" },   { "169.254.169.254", "link-local" },
        { "192.0.0.8", "reserved" },         { "192.0.2.1", "reserved" },        { "198.19.255.255", "reserved" },
        { "224.0.0.1", "multicast" },        { "255.255.255.255", "reserved" },  { "::", "unspecified" },
        { "::1", "loopback" },               { "::ffff:127.0.0.1", "loopback" }, { "::ffff:10.1.2.3", "private" },
        { "::ffff:a9fe:a9fe", "link-local" }, { "::127.0.0.1", "loopback" },     { "64:ff9b::7f00:1", "loopback" },
        { "64:ff9b::a00:1", "private" },     { "64:ff9b:1::1", "private" },      { "2002:7f00:1::1", "loopback" },
        { "2002:a00:1::", "private" },       { "2001:0:1::1", "reserved" },      { "2001:db8::1", "reserved" },
        { "fc00::1", "private" },            { "fdff::1", "private" },           { "fe80::1", "link-local" },
        { "fec0::1", "private" },            { "ff02::1", "multicast" },
        { "8.8.8.8", NULL },                 { "172.15.255.255", NULL },         { "172.32.0.0", NULL },
        { "100.63.255.255", NULL },          { "100.128.0.0", NULL },            { "128.0.0.1", NULL },
        { "11.0.0.0", NULL },                { "9.255.255.255", NULL },          { "223.255.255.255", NULL },
        { "::ffff:8.8.8.8", NULL },          { "64:ff9b::808:808", NULL },       { "2002:808:808::1", NULL },
        { "2400:6180::1", NULL },            { "2001:200::1", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Address address = address_of(rows[i].text);

        g_test_message("%s", rows[i].text);
        g_assert_cmpstr(lt_address_why_special(&address.any), ==, rows[i].why);
    }
}

static void
test_lists_name_addresses_and_ranges(void)
{
    static const char *const texts[] = { "10.1.2.3", "192.168.16.0/20", "fd00:1::/33", "::1", NULL };
    static const struct {
        const char *text;
        gboolean has;
    } rows[] = {
        { "10.1.2.3", TRUE },      { "10.1.2.4", FALSE },       { "::ffff:10.1.2.3", TRUE }, { "192.168.16.0", TRUE },
        { "192.168.31.255", TRUE }, { "192.168.32.0", FALSE },  { "192.168.15.255", FALSE }, { "fd00:1::1", TRUE },
        { "fd00:1:7fff::1", TRUE }, { "fd00:1:8000::1", FALSE }, { "::1", TRUE },             { "127.0.0.1", FALSE },
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtAddressList) list = lt_address_list_new(texts, &error);

    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Address address = address_of(rows[i].text);

        g_test_message("%s", rows[i].text);
        g_assert_cmpint(lt_address_list_has(list, &address.any), ==, rows[i].has);
    }
}

static void
test_refuses_what_is_no_address(void)
{
    static const char *const bad[] = { "", "localhost", "10.1", "0x7f.1", "10.1.2.3/33", "10.1.2.3/", "10.1.2.3/+8", "10.1.2.3/08", "::1/129", "10.1.2.3 ", "*" };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        const char *texts[] = { "10.0.0.1", bad[i], NULL };
        g_autoptr(GError) error = NULL;
        LtAddressList *list = lt_address_list_new(texts, &error);

        g_test_message("\"%s\"", bad[i]);
        g_assert_null(list);
        g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
        g_assert_cmpstr(lt_error_get_reason(error), ==, "link.address");
    }
}

static void
test_an_empty_list_has_nothing(void)
{
    g_autoptr(LtAddressList) list = lt_address_list_new(NULL, NULL);
    Address address = address_of("127.0.0.1");

    g_assert_false(lt_address_list_has(list, &address.any));
    g_assert_true(lt_address_is_loopback(&address.any));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/address/knows-special-addresses", test_knows_special_addresses);
    g_test_add_func("/address/lists-name-addresses-and-ranges", test_lists_name_addresses_and_ranges);
    g_test_add_func("/address/refuses-what-is-no-address", test_refuses_what_is_no_address);
    g_test_add_func("/address/an-empty-list-has-nothing", test_an_empty_list_has_nothing);
    return g_test_run();
}
