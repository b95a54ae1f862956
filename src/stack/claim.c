/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Own IPv4 addresses are claimed before they are used, and defended then (RFC 5227): ip/conflict decides,
 * this file gives it the clock, random bits and what is heard, and tells who waits for the outcome.
 *
 *      rn_add_address -> claim_begin        input's arp -> claim_heard
 *      rn_flush -> claim_next -> probes and announcements; and who was held is free to go
 *      rn_next -> claim_tell -> RN_ADDRESS
 *
 * The earliest time at which one of them has something to do is kept, so that a round asks for one number.
 */
#include "room.h"
#include "wire/eth.h"

#include <errno.h>
#include <string.h>

/* RFC 5227 2.1.1: after that many conflicts one more attempt a minute. */
enum { MAX_CONFLICTS = 10 };
#define RATE_LIMIT_INTERVAL (60 * TIME_S)
#define LOOK_AGAIN          (100 * TIME_MS) /* for a link that is down */

static struct conflict *conflict_of(struct rn_stack *net, unsigned own)
{
    return &net->addresses.conflicts[own];
}

/* Others are asked about it. */
static bool is_claimed(const struct rn_stack *net, unsigned own)
{
    const struct address *a = &net->addresses.list[own];

    return net->options.conflict != RN_CONFLICT_OFF && addr_is4(&a->addr) &&
           net->devices[a->device].dev->medium == RN_ETHERNET && !net->devices[a->device].dev->shared;
}

void claim_begin(struct rn_stack *net, unsigned own)
{
    const struct claims *k = &net->claims;

    if (!is_claimed(net, own))
        return;
    conflict_begin(conflict_of(net, own), net->options.conflict == RN_CONFLICT_FULL,
                   k->lost < MAX_CONFLICTS ? 0 : k->lost_at + RATE_LIMIT_INTERVAL);
    net->claims.due = 0;
}

/* RFC 5227 2.1: who was on the link in the meantime could not object, nor have we heard him. Until it is known again
 * whose they are, nothing is sent from these addresses or taken for them. */
void claim_again(struct rn_stack *net, unsigned device)
{
    struct room_device *d = &net->devices[device];

    for (unsigned own = 0; own < net->addresses.count; own++)
        if (net->addresses.list[own].device == device && is_claimed(net, own) &&
            address_is_usable(&net->addresses, own)) {
            conflict_again(conflict_of(net, own));
            neighbour_quiet(&net->neighbours, device, true);
            d->own4_is = 0;
        }
    net->claims.due = 0;
}

/* Another host has it: there is nothing that its connections could wait for. */
static void end_connections(struct rn_stack *net, unsigned own)
{
    for (uint32_t i = 0; i < net->conns.fresh; i++) {
        struct conn *c = conn_at(&net->conns, i);

        if (c->key.local == own && c->state != CONN_CLOSED)
            conn_finish(&net->conns, c, -EADDRNOTAVAIL);
    }
}

/* It is known whose the address is: the application hears of it, and who waited for it goes on. */
static void settled(struct rn_stack *net, unsigned own, uint64_t *news)
{
    *news |= UINT64_C(1) << own;
    fifo_join(&net->conns.fifos, &net->conns.owing, &net->held);
}

/* Our own frames may come back to us from a hub. */
static bool is_own_mac(const struct rn_stack *net, const uint8_t mac[6])
{
    for (int i = 0; i < net->device_count; i++)
        if (eth_is_same(net->devices[i].mac, mac))
            return true;
    return false;
}

bool claim_heard(struct rn_stack *net, int device, const struct arp *a)
{
    bool is_probe = a->operation == ARP_REQUEST && addr_is_any(&a->sender);
    int own = address_find(&net->addresses, is_probe ? &a->target : &a->sender);

    if (own < 0 || net->addresses.list[own].device != device || is_own_mac(net, a->sender_mac))
        return false;
    switch (conflict_heard(conflict_of(net, (unsigned)own), is_probe, a->sender_mac, net->now)) {
    case CONFLICT_KNOWN: break;
    case CONFLICT_LOST:
        net->claims.lost++;
        net->claims.lost_at = net->now;
        end_connections(net, (unsigned)own);
        settled(net, (unsigned)own, &net->claims.seen);
        return true;
    case CONFLICT_DEFENDED:
        net->claims.seen |= UINT64_C(1) << own;
        net->claims.due = 0;
        break;
    }
    return !is_probe;
}

/* Bits that nobody foresees, others for each address and moment. */
static uint64_t random_bits(const struct rn_stack *net, uint32_t own)
{
    uint64_t in[2] = {own, (uint64_t)net->now};

    return hash_sip(&net->claims.key, in, sizeof in);
}

/* It is not known yet, and nobody would hear a question. */
static bool is_unheard(const struct rn_stack *net, uint32_t own)
{
    return !address_is_usable(&net->addresses, own) && !address_is_taken(&net->addresses, own) &&
           net->devices[net->addresses.list[own].device].dev->link != RN_LINK_UP;
}

enum conflict_act claim_next(struct rn_stack *net, unsigned *own)
{
    bool *open = memset(net->claims.open, 0, sizeof net->claims.open);
    rn_time next = TIME_FOREVER;

    for (uint32_t i = 0; i < net->addresses.count; i++) {
        enum conflict_act act;

        if (is_unheard(net, i)) {
            conflict_unheard(conflict_of(net, i));
            next = next < net->now + LOOK_AGAIN ? next : net->now + LOOK_AGAIN;
            open[net->addresses.list[i].device] = true;
            continue;
        }
        act = conflict_due(conflict_of(net, i), net->now, random_bits(net, i));
        if (act == CONFLICT_USE)
            settled(net, i, &net->claims.used);
        *own = i;
        if (act != CONFLICT_NOTHING)
            return act;
        if (conflict_next(conflict_of(net, i)) < next)
            next = conflict_next(conflict_of(net, i));
        open[net->addresses.list[i].device] |=
            !address_is_usable(&net->addresses, i) && !address_is_taken(&net->addresses, i);
    }
    net->claims.due = next;
    return CONFLICT_NOTHING;
}

/* The first of those in the set, which it leaves; -1: none. */
static int take_first(uint64_t *set)
{
    int first = *set ? __builtin_ctzll(*set) : -1;

    *set &= *set - 1;
    return first;
}

bool claim_news(struct rn_stack *net, struct rn_event *ev)
{
    int own = take_first(&net->claims.used);
    bool is_ours = own >= 0;

    if (!is_ours)
        own = take_first(&net->claims.seen);
    if (own < 0)
        return false;
    *ev = (struct rn_event){.mask = RN_ADDRESS, .error = is_ours ? 0 : -EADDRINUSE, .address = own};
    return true;
}
