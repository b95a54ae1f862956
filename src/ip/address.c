/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A list and five questions about it.
 */
#include "address.h"

#include <errno.h>

int address_place(const struct addresses *a, const struct addr *addr, unsigned device)
{
    uint32_t i = 0;

    while (i < a->count && !addr_eq(&a->list[i].addr, addr))
        i++;
    if (i == ADDRESS_MAX)
        return -ENOSPC;
    if (i < a->count && (!address_is_taken(a, i) || a->list[i].device != device))
        return -EADDRINUSE;
    return (int)i;
}

int address_add(struct addresses *a, const struct addr *addr, unsigned bits, unsigned device)
{
    int i = address_place(a, addr, device);

    if (i < 0)
        return i;
    if ((uint32_t)i == a->count)
        a->count++;
    a->list[i] = (struct address){.addr = *addr, .bits = (uint8_t)bits, .device = (uint8_t)device};
    a->conflicts[i] = (struct conflict){.phase = CONFLICT_SETTLED};
    return 0;
}

int address_find(const struct addresses *a, const struct addr *addr)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (addr_eq(&a->list[i].addr, addr) && !address_is_taken(a, i))
            return (int)i;
    return -1;
}

/* One that hosts of that family on that device, or any, may be talked to from. */
static bool is_source(const struct addresses *a, uint32_t index, const struct addr *to, int device)
{
    const struct address *at = &a->list[index];

    return !address_is_taken(a, index) && (device < 0 || at->device == device) &&
           addr_is4(&at->addr) == addr_is4(to);
}

/* The first of those that have most, and of these one that may be used already. */
static int most(const struct addresses *a, const struct addr *to, int device,
                int (*has)(const struct address *at, const struct addr *to))
{
    int best = -1, best_has = -1;

    for (uint32_t i = 0; i < a->count; i++) {
        int this_has = is_source(a, i, to, device) ? 2 * has(&a->list[i], to) + address_is_usable(a, i) : -1;

        if (this_has <= best_has)
            continue;
        best_has = this_has;
        best = (int)i;
    }
    return best;
}

/* Bits of the prefix that both are in; -1: they are not. */
static int prefix_bits(const struct address *at, const struct addr *to)
{
    return addr_same_prefix(&at->addr, to, at->bits) ? at->bits : -1;
}

static int common_bits(const struct address *at, const struct addr *to)
{
    int bits = 0;

    while (bits < 128 && addr_same_prefix(&at->addr, to, (unsigned)bits + 1))
        bits++;
    return bits;
}

int address_towards(const struct addresses *a, const struct addr *to, int device)
{
    return most(a, to, device, prefix_bits);
}

int address_nearest(const struct addresses *a, const struct addr *to, int device)
{
    return most(a, to, device, common_bits);
}

bool address_is_broadcast(const struct addresses *a, const struct addr *addr, unsigned device)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (a->list[i].device == device && addr_is_broadcast(addr, &a->list[i].addr, a->list[i].bits))
            return true;
    return false;
}
