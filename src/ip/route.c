/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A list and one question about it. An address's own prefix goes before a route of the same length. A route
 * whose link has no address of ours that could be used is passed over.
 *
 * Called by stack/ when a connection begins, at either end.
 */
#include "route.h"

#include <errno.h>

int route_add(struct routes *r, const struct route *route)
{
    for (uint32_t i = 0; i < r->count; i++)
        if (addr_eq(&r->list[i].prefix, &route->prefix) && r->list[i].bits == route->bits &&
            r->list[i].device == route->device)
            return -EEXIST;
    if (r->count == ROUTE_MAX)
        return -ENOSPC;
    r->list[r->count++] = *route;
    return 0;
}

static bool leads_to(const struct route *r, const struct addr *to, int device)
{
    return (device < 0 || r->device == device) && addr_is4(&r->prefix) == addr_is4(to) &&
           addr_same_prefix(&r->prefix, to, r->bits);
}

bool route_find(const struct routes *r, const struct addresses *a, const struct addr *to, int device,
                struct route_hop *hop)
{
    int own = address_towards(a, to, device), best = own < 0 ? -1 : a->list[own].bits;

    if (own >= 0)
        *hop = (struct route_hop){.next = *to, .own = (uint16_t)own};
    for (const struct route *at = r->list; at < r->list + r->count; at++) {
        bool direct = addr_is_any(&at->gateway);

        if (at->bits <= best || !leads_to(at, to, device))
            continue;
        own = direct ? address_nearest(a, to, at->device) : address_towards(a, &at->gateway, at->device);
        if (own < 0)
            continue;
        *hop = (struct route_hop){.next = direct ? *to : at->gateway, .own = (uint16_t)own};
        best = at->bits;
    }
    return best >= 0;
}
