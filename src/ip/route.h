/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which way to a host: the longest prefix that holds it, of the own addresses, whose links it is on, and of
 * the routes that were added. There are few of both, so they are looked through; a connection keeps what came
 * out, so nobody asks for each packet.
 */
#ifndef IP_ROUTE_H
#define IP_ROUTE_H

#include "address.h"

enum { ROUTE_MAX = 64 };

struct route {
    struct addr prefix, gateway; /* gateway ::, of either family: there is none, the link has them all */
    uint8_t bits;                /* of the prefix, in 128 */
    uint8_t device;
};

struct routes {
    struct route list[ROUTE_MAX];
    uint32_t count;
};

/* To whom on a device, and the own address that is on that link. */
struct route_hop {
    struct addr next;
    uint16_t own;
};

/* 0; -EEXIST: that prefix has a way on that device; -ENOSPC. */
int route_add(struct routes *r, const struct route *route);

/* The way to a host, by that device only or, -1, by any. False: there is none. */
bool route_find(const struct routes *r, const struct addresses *a, const struct addr *to, int device,
                struct route_hop *hop);

#endif
