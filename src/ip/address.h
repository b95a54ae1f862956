/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The stack's own addresses, each with its prefix and the device it is on. There are few, so they are looked
 * through; a connection keeps the index, which never changes while the address is there.
 */
#ifndef IP_ADDRESS_H
#define IP_ADDRESS_H

#include "wire/addr.h"

enum { ADDRESS_MAX = 64 };

struct address {
    struct addr addr;
    uint8_t bits; /* of the prefix, in 128 */
    uint8_t device;
};

struct addresses {
    struct address list[ADDRESS_MAX];
    uint32_t count;
};

/* 0; -EADDRINUSE, -ENOSPC. */
int address_add(struct addresses *a, const struct addr *addr, unsigned bits, unsigned device);

/* The index of that own address; -1: it is not ours. */
int address_find(const struct addresses *a, const struct addr *addr);

/* The index of the address to talk to `to` from: the one with the longest prefix that holds it. -1: nobody on
 * our links has it (routes are to come). */
int address_towards(const struct addresses *a, const struct addr *to);

/* All hosts of one of our prefixes on that device, or of the link. */
bool address_is_broadcast(const struct addresses *a, const struct addr *addr, unsigned device);

#endif
