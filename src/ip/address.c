/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A list and four questions about it.
 */
#include "address.h"

#include <errno.h>

int address_add(struct addresses *a, const struct addr *addr, unsigned bits, unsigned device)
{
    if (address_find(a, addr) >= 0)
        return -EADDRINUSE;
    if (a->count == ADDRESS_MAX)
        return -ENOSPC;
    a->list[a->count].addr = *addr;
    a->list[a->count].bits = (uint8_t)bits;
    a->list[a->count].device = (uint8_t)device;
    a->count++;
    return 0;
}

int address_find(const struct addresses *a, const struct addr *addr)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (addr_eq(&a->list[i].addr, addr))
            return (int)i;
    return -1;
}

int address_towards(const struct addresses *a, const struct addr *to)
{
    int best = -1;

    for (uint32_t i = 0; i < a->count; i++) {
        const struct address *at = &a->list[i];

        if (addr_is4(&at->addr) == addr_is4(to) && addr_same_prefix(&at->addr, to, at->bits) &&
            (best < 0 || at->bits > a->list[best].bits))
            best = (int)i;
    }
    return best;
}

bool address_is_broadcast(const struct addresses *a, const struct addr *addr, unsigned device)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (a->list[i].device == device && addr_is_broadcast(addr, &a->list[i].addr, a->list[i].bits))
            return true;
    return false;
}
