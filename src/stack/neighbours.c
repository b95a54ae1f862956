/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Neighbours in the room, and ARP both ways: to whom on a link something goes, who waits for his link
 * address, what is asked and answered. ip/neighbour keeps who they are, ip/route says which one, claim.c asks
 * for our own addresses.
 *
 *      input's ARP -> heard? -> who waited goes on      flush -> questions that are due -> nobody there? told
 */
#include "room.h"
#include "tcp/timers.h"

#include <errno.h>
#include <string.h>

static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};

int neighbours_hop(struct rn_stack *net, unsigned own, const struct addr *to)
{
    const struct address *a = &net->addresses.list[own];
    static const uint8_t none[6];
    static const struct addr nobody;
    struct route_hop hop;
    int i;

    if (net->devices[a->device].dev->medium == RN_IP) {
        /* A link without link addresses has one next hop for all. */
        i = neighbour_find(&net->neighbours, &nobody, a->device);
        if (i < 0)
            i = neighbour_fix(&net->neighbours, &nobody, a->device, none);
    } else if (!route_find(&net->routes, &net->addresses, to, a->device, &hop)) {
        return -ENETUNREACH;
    } else if (address_is_usable(&net->addresses, own)) {
        i = neighbour_want(&net->neighbours, &hop.next, a->device, net->now);
    } else {
        i = neighbour_want_later(&net->neighbours, &hop.next, a->device);
    }
    return i < 0 ? -ENOBUFS : i;
}

void neighbours_wake(struct rn_stack *net, unsigned neighbour)
{
    fifo_join(&net->conns.fifos, &net->conns.owing, &net->waiting[neighbour]);
    socket_wake(&net->sockets, neighbour);
}

/* ---- what comes */

/* A host said where it is; asks: by a question for us, or to everybody. */
static void heard(struct rn_stack *net, const struct addr *host, unsigned device, const uint8_t mac[6], bool asks)
{
    int woken = neighbour_heard(&net->neighbours, host, device, mac, asks, net->now);

    if (woken >= 0)
        neighbours_wake(net, (unsigned)woken);
}

void neighbours_came_from(struct rn_stack *net, unsigned neighbour, const uint8_t *mac)
{
    const struct neighbour *e = &net->neighbours.list[neighbour];

    if (mac && !(mac[0] & 1) && !neighbour_ready(&net->neighbours, neighbour, net->now))
        heard(net, &e->addr, e->device, mac, true);
}

/* Who is known already may tell everybody that he has moved (RFC 5227 2.3). */
static enum drop announced(struct rn_stack *net, int device, const struct arp *a)
{
    if (!addr_eq(&a->sender, &a->target) ||
        neighbour_find(&net->neighbours, &a->sender, (unsigned)device) < 0)
        return DROP_NOT_OURS;
    heard(net, &a->sender, (unsigned)device, a->sender_mac, true);
    return DROP_NONE;
}

enum drop neighbours_arp(struct rn_stack *net, int device, struct view v)
{
    struct arp a;
    enum drop bad = arp_decode(&v, &a);
    int own;

    if (bad)
        return bad;
    own = address_find(&net->addresses, &a.target);
    if (claim_heard(net, device, &a) || address_find(&net->addresses, &a.sender) >= 0)
        return DROP_ARP; /* our own address, from elsewhere */
    if (own < 0 || net->addresses.list[own].device != device)
        return announced(net, device, &a);
    if (!address_is_usable(&net->addresses, (unsigned)own))
        return DROP_TENTATIVE;
    if (!addr_is_any(&a.sender) && (!addr_is_unicast(&a.sender) ||
                                    !addr_same_prefix(&a.sender, &a.target, net->addresses.list[own].bits)))
        return DROP_SOURCE;
    if (!addr_is_any(&a.sender))
        heard(net, &a.sender, (unsigned)device, a.sender_mac, a.operation == ARP_REQUEST);
    if (a.operation == ARP_REQUEST && !net->devices[device].dev->shared) {
        struct room_reply *r = reply_new(net, device, ROOM_ARP, a.sender_mac);

        r->src = a.target;
        r->dst = a.sender;
    }
    return DROP_NONE;
}

/* ---- what is asked */

/* Nobody answers for that address: attempts to connect fail, others go on trying by their timers, datagrams
 * are dropped. */
static void unreachable(struct rn_stack *net, unsigned neighbour)
{
    uint32_t index;

    socket_unanswered(&net->sockets, neighbour, net->now);
    while (fifo_pop(&net->conns.fifos, &net->waiting[neighbour], &index)) {
        struct conn *c = conn_at(&net->conns, index);

        c->flags &= ~(uint32_t)CONN_IN_OWING;
        if (c->state == CONN_CLOSED) {
            c->owe = c->dup_acks = 0;
            conn_release(&net->conns, c);
        } else if (c->state == CONN_SYN_SENT) {
            conn_finish(&net->conns, c, -EHOSTUNREACH);
        } else if (c->owe & OWE_SEND) {
            timers_window_closed(&net->conns, c); /* tries again when that runs out */
        }
    }
}

/* All addresses of a device are settled. */
static void end_quiet(struct rn_stack *net, unsigned device)
{
    neighbour_quiet(&net->neighbours, device, false);
    fifo_join(&net->conns.fifos, &net->conns.owing, &net->held);
    for (unsigned i = 0; i < net->neighbours.limit; i++)
        if (net->neighbours.list[i].device == device)
            neighbours_wake(net, i);
}

/* Probes without a sender, so that nobody learns from them; announcements are from and for the address. */
static __attribute__((noinline)) void ask_for_addresses(struct rn_stack *net)
{
    enum conflict_act act;
    bool is_news = false;
    unsigned own;

    while ((act = claim_next(net, &own)) != CONFLICT_NOTHING) {
        const struct address *at = &net->addresses.list[own];
        struct arp a = {.operation = ARP_REQUEST, .target = at->addr};

        if (act != CONFLICT_PROBE)
            a.sender = at->addr;
        memcpy(a.sender_mac, net->devices[at->device].mac, 6);
        if (slots_of(net, at->device))
            reply_put_arp(net, at->device, everybody, &a);
        else
            net->drops[DROP_TX_FULL]++;
        is_news |= act == CONFLICT_USE;
    }
    for (unsigned i = 0; i < (unsigned)net->device_count; i++)
        if (net->neighbours.quiet[i] && !net->claims.open[i])
            end_quiet(net, i);
    if (is_news)
        net->claims.due = net->now; /* one round more, so that the application does not sleep over it */
}

/* On a shared link its other owner is asked, who asks the link. False: he has no answers. */
static bool other_owner_knows(struct rn_stack *net, const struct neighbour *e)
{
    struct rn_dev *dev = net->devices[e->device].dev;
    struct addr host = e->addr;
    uint8_t mac[6];
    int rc = dev->ops->neighbour ? dev->ops->neighbour(dev, host.b, mac) : -EOPNOTSUPP;

    if (rc > 0)
        heard(net, &host, e->device, mac, false);
    else if (rc == 0)
        neighbour_again(&net->neighbours, (unsigned)(e - net->neighbours.list), net->now);
    return rc >= 0;
}

/* The question for one, from the own address that is on its link; none from one that is not used yet.
 * Neighbour discovery is to come: static entries serve IPv6. */
static __attribute__((noinline)) void ask_neighbour(struct rn_stack *net, const struct neighbour *e)
{
    struct arp a = {.operation = ARP_REQUEST, .target = e->addr};
    struct route_hop hop;

    if (net->devices[e->device].dev->shared && other_owner_knows(net, e))
        return;
    if (!addr_is4(&e->addr) || !route_find(&net->routes, &net->addresses, &e->addr, e->device, &hop) ||
        !address_is_usable(&net->addresses, hop.own))
        return;
    a.sender = net->addresses.list[hop.own].addr;
    memcpy(a.sender_mac, net->devices[e->device].mac, 6);
    if (slots_of(net, e->device))
        reply_put_arp(net, e->device, e->state == NEIGHBOUR_CHECKED ? e->mac : everybody, &a);
    else
        net->drops[DROP_TX_FULL]++;
}

__attribute__((hot)) void neighbours_ask(struct rn_stack *net)
{
    enum neighbour_act act;
    unsigned index;

    if (claim_is_due(net))
        ask_for_addresses(net);
    while ((act = neighbour_due(&net->neighbours, net->now, &index)) != NEIGHBOUR_NOTHING)
        if (act == NEIGHBOUR_GIVE_UP)
            unreachable(net, index);
        else
            ask_neighbour(net, &net->neighbours.list[index]);
}
