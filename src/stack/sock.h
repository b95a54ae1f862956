/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Numbers of sockets:
 *
 *      BITS    MEANING
 *      62-32   generation of the record (31 bits)
 *      31      1: a listener, or if bit 30 is 1, too, a datagram socket
 *      30-0    index of the record + 1
 *
 * Those of datagram sockets are made by datagrams.c.
 */
#ifndef STACK_SOCK_H
#define STACK_SOCK_H

#include "room.h"

#define LISTENER_BIT (INT64_C(1) << 31)

static inline rn_sock sock_of(const struct rn_stack *net, const struct conn *c)
{
    return (rn_sock)((uint64_t)c->generation << 32 | (conn_index(&net->conns, c) + 1));
}

static inline rn_sock sock_of_listener(const struct rn_stack *net, uint32_t index)
{
    uint64_t generation = net->listeners.listeners[index].generation & 0x7fffffff;

    return (rn_sock)(generation << 32 | (uint64_t)LISTENER_BIT | (index + 1));
}

#endif
