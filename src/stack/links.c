/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the application says of the links that the stack is on, and asks of them: its own addresses, who else
 * is there, and the ways to those who are not. Each call reads its words and puts them into a list of ip/.
 */
#include "room.h"

#include <errno.h>
#include <string.h>

/* The device that addresses and neighbours are added to; -1 and a line if there is none. */
static int last_device(struct rn_stack *net, char *err)
{
    if (!net)
        return ERROR_LINE(err, -1, NO_STACK);
    if (!net->device_count)
        return ERROR_LINE(err, -1, "attach a device first: rn_attach, rn_add_device");
    return net->device_count - 1;
}

/* Tells a device that is shared which addresses on it are ours, a new one among them. 0, also where it cannot
 * share, or a negative errno. */
static int steer(const struct rn_stack *net, int device, const struct addr *fresh)
{
    struct rn_dev *dev = net->devices[device].dev;
    struct rn_steer rules[ADDRESS_MAX] = {{.take = true}};
    int n = 1, rc;

    if (!dev->ops->steer)
        return 0;
    memcpy(rules[0].address, fresh->b, sizeof fresh->b);
    for (uint32_t i = 0; i < net->addresses.count; i++) {
        const struct address *own = &net->addresses.list[i];

        if (own->device != device || addr_eq(&own->addr, fresh))
            continue;
        rules[n] = (struct rn_steer){.take = true};
        memcpy(rules[n++].address, own->addr.b, sizeof own->addr.b);
    }
    rc = dev->ops->steer(dev, rules, n);
    return rc == -EOPNOTSUPP ? 0 : rc;
}

int rn_add_address(struct rn_stack *net, const char *address, char *err)
{
    int device = last_device(net, err), rc;
    struct addr a;
    unsigned bits;

    if (device < 0)
        return -EINVAL;
    if (!address || !addr_parse_prefix(address, &a, &bits) || !addr_is_unicast(&a))
        return ERROR_LINE(err, -EINVAL, "'", address ? address : "",
                          "' is no address with prefix: write it as 10.0.0.7/24 or fd00::7/64");
    if (addr_is_broadcast(&a, &a, bits))
        return ERROR_LINE(err, -EINVAL, address, " is everybody on that link: give the address of one host");
    rc = address_place(&net->addresses, &a, (unsigned)device);
    if (rc == -EADDRINUSE)
        return ERROR_LINE(err, rc, "the stack has the address ", address, " already");
    if (rc < 0)
        return ERROR_LINE(err, rc, "a stack takes at most 64 addresses");
    rc = net->devices[device].dev->shared ? share_address(net, (unsigned)device, &a) : steer(net, device, &a);
    if (rc == -EADDRINUSE)
        return ERROR_LINE(err, rc, "no 1,024 ports of ", address, " are free in the kernel");
    if (rc == -EOPNOTSUPP)
        return ERROR_LINE(err, rc, "nobody is on that device to share ", address,
                          " with: netmap serves the kernel as netmap:NAME*, packet and xdp always");
    if (rc < 0)
        return ERROR_LINE(err, rc, "the device cannot keep what is for ", address,
                          " to itself: memory is short, or its interface will not have it");
    address_add(&net->addresses, &a, bits, (unsigned)device);
    claim_begin(net, (unsigned)address_find(&net->addresses, &a));
    return 0;
}

int rn_add_neighbour(struct rn_stack *net, const char *address, const char *mac, char *err)
{
    int device = last_device(net, err), index;
    struct addr a;
    uint8_t m[6];

    if (device < 0)
        return -EINVAL;
    if (!address || !addr_parse(address, &a) || !addr_is_unicast(&a))
        return ERROR_LINE(err, -EINVAL, "'", address ? address : "", "' is no host's address");
    if (address_find(&net->addresses, &a) >= 0 || address_is_broadcast(&net->addresses, &a, (unsigned)device))
        return ERROR_LINE(err, -EINVAL, address, " is this stack itself, or everybody: no neighbour");
    if (!mac || !addr_parse_mac(mac, m) || m[0] & 1)
        return ERROR_LINE(err, -EINVAL, "'", mac ? mac : "",
                          "' is no host's link address: six bytes like 02:00:00:00:00:07, the first even");
    index = neighbour_fix(&net->neighbours, &a, (unsigned)device, m);
    if (index < 0)
        return ERROR_LINE(err, -ENOSPC, "no room for one more neighbour: raise rn_options.neighbours");
    neighbours_wake(net, (unsigned)index);
    return 0;
}

/* The words of a route. 0, or -EINVAL with a line. */
static int read_route(const char *prefix, const char *gateway, struct route *r, char *err)
{
    static const struct addr nothing;
    struct addr only;
    unsigned bits;

    memset(r, 0, sizeof *r);
    if (!prefix || !addr_parse_prefix(prefix, &r->prefix, &bits))
        return ERROR_LINE(err, -EINVAL, "'", prefix ? prefix : "",
                          "' is no prefix: write it as 10.1.0.0/16, and 0.0.0.0/0 for all hosts");
    only = addr_is4(&r->prefix) ? addr_of4(nothing.b) : nothing;
    memcpy(only.b, r->prefix.b, bits / 8);
    if (bits % 8)
        only.b[bits / 8] = (uint8_t)(r->prefix.b[bits / 8] & (0xff00 >> bits % 8));
    if (!addr_eq(&only, &r->prefix))
        return ERROR_LINE(err, -EINVAL, prefix, " says more than its prefix: write 0 behind that");
    r->bits = (uint8_t)bits;
    if (gateway && (!addr_parse(gateway, &r->gateway) || !addr_is_unicast(&r->gateway) ||
                    addr_is4(&r->gateway) != addr_is4(&r->prefix)))
        return ERROR_LINE(err, -EINVAL, "'", gateway,
                          "' is no gateway: give the address of a host, of the prefix's family");
    return 0;
}

int rn_add_route(struct rn_stack *net, const char *prefix, const char *gateway, char *err)
{
    int device = last_device(net, err), own, rc;
    struct route r;

    if (device < 0)
        return -EINVAL;
    rc = read_route(prefix, gateway, &r, err);
    if (rc < 0)
        return rc;
    if (gateway) {
        own = address_towards(&net->addresses, &r.gateway, -1);
        if (own < 0)
            return ERROR_LINE(err, -ENETUNREACH, "the gateway ", gateway,
                              " is on no link of this stack: it must be in the prefix of an own address");
        device = net->addresses.list[own].device;
        if (address_find(&net->addresses, &r.gateway) >= 0 ||
            address_is_broadcast(&net->addresses, &r.gateway, (unsigned)device))
            return ERROR_LINE(err, -EINVAL, gateway, " is this stack itself, or everybody: no gateway");
    }
    r.device = (uint8_t)device;
    rc = route_add(&net->routes, &r);
    if (rc == -EEXIST)
        return ERROR_LINE(err, rc, "there is a route to ", prefix, " already");
    if (rc < 0)
        return ERROR_LINE(err, rc, "a stack takes at most 64 routes");
    return 0;
}

bool links_tell(struct rn_stack *net, struct rn_event *ev)
{
    static const int errors[] = {[RN_LINK_UP] = 0, [RN_LINK_DOWN] = -ENETDOWN, [RN_LINK_GONE] = -ENODEV};

    for (int i = 0; net->link_news && i < net->device_count; i++) {
        struct room_device *d = &net->devices[i];

        if (d->link == d->dev->link)
            continue;
        d->link = d->dev->link;
        *ev = (struct rn_event){.mask = RN_LINK, .error = errors[d->link], .device = i};
        return true;
    }
    net->link_news = false;
    return false;
}

/* ---- listing */

/* "10.0.0.7/24" */
static void print_prefix(char text[ADDR_TEXT], const struct addr *a, unsigned bits)
{
    size_t at = addr_print(text, a, -1);
    unsigned n = addr_is4(a) ? bits - 96 : bits;

    text[at++] = '/';
    for (unsigned power = n < 10 ? 1 : n < 100 ? 10 : 100; power; power /= 10)
        text[at++] = (char)('0' + n / power % 10);
    text[at] = 0;
}

static enum rn_address_use use_of(const struct conflict *k)
{
    if (k->phase == CONFLICT_TAKEN)
        return RN_ADDRESS_TAKEN;
    return conflict_is_over(k) ? RN_ADDRESS_USED : RN_ADDRESS_TENTATIVE;
}

int rn_address(struct rn_stack *net, int number, struct rn_address *address)
{
    const struct conflict *k;
    const struct address *a;

    if (!net || !address)
        return -EINVAL;
    if (number < 0 || (uint32_t)number >= net->addresses.count)
        return -ENOENT;
    a = &net->addresses.list[number];
    k = &net->addresses.conflicts[number];
    memset(address, 0, sizeof *address);
    print_prefix(address->text, &a->addr, a->bits);
    address->device = a->device;
    address->use = use_of(k);
    address->conflicts = k->count;
    memcpy(address->other, k->other, sizeof address->other);
    return 0;
}

int rn_address_state(struct rn_stack *net, const char *address, struct rn_address *state)
{
    struct addr a;
    int number = 0;

    if (!net || !address || !state || !addr_parse(address, &a))
        return -EINVAL;
    while ((uint32_t)number < net->addresses.count && !addr_eq(&net->addresses.list[number].addr, &a))
        number++;
    return rn_address(net, number, state);
}

int rn_route(struct rn_stack *net, int number, struct rn_route *route)
{
    const struct route *r;

    if (!net || !route)
        return -EINVAL;
    if (number < 0 || (uint32_t)number >= net->routes.count)
        return -ENOENT;
    r = &net->routes.list[number];
    memset(route, 0, sizeof *route);
    print_prefix(route->prefix, &r->prefix, r->bits);
    if (!addr_is_any(&r->gateway))
        addr_print(route->gateway, &r->gateway, -1);
    route->device = r->device;
    return 0;
}
