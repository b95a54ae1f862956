/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The stack's own addresses, each with its prefix and the device it is on. There are few, so they are looked
 * through; a connection keeps the index, which never changes. An address is used once it is known that nobody
 * else has it; one that another host has stays in the list, but nobody finds it.
 */
#ifndef IP_ADDRESS_H
#define IP_ADDRESS_H

#include "conflict.h"
#include "wire/addr.h"

enum { ADDRESS_MAX = 64 };

struct address {
    struct addr addr;
    uint8_t bits; /* of the prefix, in 128 */
    uint8_t device;
};

struct addresses {
    struct address list[ADDRESS_MAX];
    struct conflict conflicts[ADDRESS_MAX]; /* all 0: the address is used */
    uint32_t count;
};

/* It may be used: nothing is sent from it before, and nothing that is for it is taken. */
static inline bool address_is_usable(const struct addresses *a, unsigned index)
{
    return conflict_is_over(&a->conflicts[index]);
}

/* Another host has it: it will not be used. */
static inline bool address_is_taken(const struct addresses *a, unsigned index)
{
    return a->conflicts[index].phase == CONFLICT_TAKEN;
}

/* The place of one that is to be added: the next, or, since another host had it, its own. -EADDRINUSE,
 * -ENOSPC: there is none. */
int address_place(const struct addresses *a, const struct addr *addr, unsigned device);

/* Adds one that is used at once. 0, or as address_place. */
int address_add(struct addresses *a, const struct addr *addr, unsigned bits, unsigned device);

/* The index of that own address; -1: it is not ours. */
int address_find(const struct addresses *a, const struct addr *addr);

/* The index of the address to talk to `to` from: the one with the longest prefix that holds it, of equals one
 * that may be used already, the first of them. On that device or, -1, on any. -1: it is on none of our links.
 */
int address_towards(const struct addresses *a, const struct addr *to, int device);

/* The same where the prefix does not say: the one that has most of its first bits in common with `to`. */
int address_nearest(const struct addresses *a, const struct addr *to, int device);

/* All hosts of one of our prefixes on that device, or of the link. */
bool address_is_broadcast(const struct addresses *a, const struct addr *addr, unsigned device);

#endif
