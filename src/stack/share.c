/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Addresses that are the other owner's of a link too, who answers for them: what is ours there are ports. They are
 * taken when somebody listens on one, and a range of them for what begins with us as soon as there is such an address.
 *
 *      rn_add_address -> share_address: the range     rn_listen -> share_port     both -> steer: the device holds them
 *
 * What has been taken stays so as long as the stack: connections may still be open on a port that nobody listens on
 * any more. Who listens on all addresses listens on those that there are by then. Called by links.c and api.c.
 */
#include "room.h"

#include <errno.h>
#include <string.h>

enum { RANGE = 1024, FIRST_BLOCK = 60, LAST_BLOCK = 63, BLOCKS = 64 };

static bool is_shared(const struct rn_stack *net, unsigned device)
{
    return net->devices[device].dev->shared;
}

/* Tells a device all that is ours on it, with that much of the list. 0 or a negative errno. */
static int tell(struct rn_stack *net, unsigned device, int count)
{
    struct rn_dev *dev = net->devices[device].dev;
    struct rn_steer rules[ROOM_SHARES];
    int n = 0;

    for (int i = 0; i < count; i++)
        if (net->shares[i].device == device)
            rules[n++] = net->shares[i].rule;
    return dev->ops->steer ? dev->ops->steer(dev, rules, n) : -EOPNOTSUPP;
}

/* Puts a rule behind the first `count`. The new count, or -ENOSPC. */
static int put(struct rn_stack *net, int count, unsigned device, const struct addr *address, uint8_t protocol,
               uint32_t first, uint32_t last)
{
    struct rn_steer *r;

    if (count < 0 || count == ROOM_SHARES)
        return -ENOSPC;
    net->shares[count].device = (uint8_t)device;
    r = &net->shares[count].rule;
    *r = (struct rn_steer){
        .port_first = (uint16_t)first, .port_last = (uint16_t)last, .protocol = protocol, .take = true};
    memcpy(r->address, address->b, sizeof r->address);
    return count + 1;
}

/* The list has these rules more if the device takes them. 0 or a negative errno. */
static int take(struct rn_stack *net, unsigned device, int count)
{
    int rc = count < 0 ? count : tell(net, device, count);

    if (rc < 0)
        return rc;
    net->share_count = count;
    return 0;
}

static bool has(const struct rn_stack *net, const struct addr *address, uint8_t protocol, uint16_t port)
{
    for (int i = 0; i < net->share_count; i++) {
        const struct rn_steer *r = &net->shares[i].rule;

        if (memcmp(r->address, address->b, sizeof r->address) == 0 && r->protocol == protocol &&
            r->port_first <= port && port <= r->port_last)
            return true;
    }
    return false;
}

static int add_port(struct rn_stack *net, const struct addr *where, uint8_t protocol, uint16_t port)
{
    for (unsigned i = 0; i < net->addresses.count; i++) {
        const struct address *a = &net->addresses.list[i];
        int rc;

        if (!is_shared(net, a->device) || has(net, &a->addr, protocol, port) ||
            (addr_is_any(where) ? addr_is4(where) != addr_is4(&a->addr) : !addr_eq(where, &a->addr)))
            continue;
        rc = take(net, a->device, put(net, net->share_count, a->device, &a->addr, protocol, port, port));
        if (rc < 0)
            return rc;
    }
    return 0;
}

int share_port(struct rn_stack *net, const struct addr *where, int protocol, uint16_t port, const char *said,
               char *err)
{
    int rc = add_port(net, where, protocol == RN_UDP ? IP_UDP : IP_TCP, port);

    if (rc == -EADDRINUSE)
        return ERROR_LINE(err, rc, said, " is in use in the kernel, whose address it is: ss -lp shows by whom");
    if (rc == -EOPNOTSUPP || rc == -ENOSPC)
        return ERROR_LINE(err, -ENOSPC, said, " is one port more than can be shared, which is some 40 in all");
    if (rc < 0)
        return ERROR_LINE(err, rc, said, " cannot be held in the kernel: memory, files (ulimit -n) or rights are short");
    return 0;
}

/* A range of ports for both protocols: beyond those that the kernel gives away by itself, else any other. */
int share_address(struct rn_stack *net, unsigned device, const struct addr *address)
{
    bool chosen = net->conns.ports == RANGE;
    int rc = -EADDRINUSE;

    for (uint32_t i = 0; rc == -EADDRINUSE && i < (chosen ? 1 : BLOCKS - 1); i++) {
        uint32_t block = i <= LAST_BLOCK - FIRST_BLOCK ? FIRST_BLOCK + i : BLOCKS - 1 - i;
        uint32_t first = chosen ? net->conns.port_first : block * RANGE;
        int n = put(net, net->share_count, device, address, IP_TCP, first, first + RANGE - 1);

        rc = take(net, device, put(net, n, device, address, IP_UDP, first, first + RANGE - 1));
        if (rc == 0) {
            net->conns.port_first = first;
            net->conns.ports = RANGE;
        }
    }
    return rc;
}
