/* SPDX-License-Identifier: Apache-2.0 */
/* address.h: which addresses the hub may connect to (security.md S17). The address counts, never the text of a host name. */
#pragma once

#include <sys/socket.h>
#include <lienthong/error.h>

typedef struct _LtAddressList LtAddressList;

/**
 * lt_address_list_new:
 * @texts: (nullable): "10.1.2.3", "10.1.0.0/16", "::1", "fd00::/8"
 *
 * Errors: CONFIG `link.address` naming the text that is no address or range
 */
LtAddressList *lt_address_list_new(const char *const *texts, GError **error);
void lt_address_list_free(LtAddressList *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtAddressList, lt_address_list_free)

/** lt_address_list_has: whether the list names this address, alone or by a range */
gboolean lt_address_list_has(const LtAddressList *self, const struct sockaddr *address);
/**
 * lt_address_why_special:
 *
 * Loopback, link-local, private, multicast, reserved, and addresses of this machine; IPv4 inside IPv6 counts as IPv4.
 *
 * Returns: (nullable): what is special about the address; %NULL for an ordinary public one
 */
const char *lt_address_why_special(const struct sockaddr *address);
gboolean lt_address_is_loopback(const struct sockaddr *address);
