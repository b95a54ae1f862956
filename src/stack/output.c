/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A round's second half: what is owed is decided by tcp/out, encoded with wire/ straight into the devices'
 * transmit slots, committed, and pushed by one sync a device. First come replies without a connection
 * (reply.c), then questions for own addresses and for neighbours (neighbours.c), then SYN-ACKs, then the
 * connections in `owing`, ROOM_SEGMENTS at a turn, then datagrams. Then what a device has lent goes back: no reply
 * points into it any more.
 *
 * A connection whose next hop is not known moves to the list of that neighbour, one whose own address may be
 * another host's to `held`; one whose device has no free slot stays in `owing` and the device is marked full,
 * so that the sleeper waits for slots too.
 */
#include "room.h"
#include "tcp/fast.h"
#include "tcp/out.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/quick.h"

#include <errno.h>
#include <string.h>

enum { ROUNDS = 4, LEAST_SLOTS = 4 };

/* How many slots to ask for first: about as many as there are frames to be sent, as far as that can be told.
 */
static int first_slots(const struct rn_stack *net)
{
    uint64_t frames = (uint64_t)net->conns.owing.count + net->reply_count + net->sockets.out.count + 1;

    return frames < LEAST_SLOTS ? LEAST_SLOTS : frames < ROOM_BURST ? (int)frames : ROOM_BURST;
}

/* ---- SYN-ACKs */

static void answer_syns(struct rn_stack *net)
{
    struct listen_syn *y;
    struct tcp t;

    while ((y = listen_due(&net->listeners, &net->conns, &t)) != NULL) {
        const struct address *own = &net->addresses.list[y->key.local];
        const struct neighbour *hop = &net->neighbours.list[y->next_hop];

        if (!address_is_usable(&net->addresses, y->key.local)) {
            net->drops[DROP_TENTATIVE]++;
        } else if (slots_of(net, own->device)) {
            reply_put_tcp(net, own->device, hop->mac, &own->addr, &y->key.remote, !addr_is4(&y->key.remote),
                          &t, &net->conns.settings[net->listeners.listeners[y->listener].settings]);
            net->conns.counts.segments_out++;
        } else {
            net->drops[DROP_TX_FULL]++; /* as if lost on the way: it comes again */
        }
        listen_sent(&net->listeners, &net->conns, y);
    }
}

/* ---- connections */

/* DSCP, and ECT(0) for a packet that may be marked (RFC 3168 5). */
static inline uint8_t traffic_class(const struct conn_settings *k, const struct out_segment *o)
{
    return (uint8_t)(k->dscp << 2 | (o->ecn_capable ? 2 : 0));
}

/* A segment with options that are not the usual ones. */
static void put_unusual(struct rn_stack *net, struct conn *c, const struct out_segment *o)
{
    const struct address *own = &net->addresses.list[c->key.local];
    uint32_t header = (uint32_t)tcp_encoded_len(&o->tcp), len = header + o->len, sum;
    struct ip ip = slots_packet(net, &own->addr, &c->key.remote, IP_TCP, len);
    const struct conn_settings *k = conn_settings(&net->conns, c);
    uint8_t *at;

    ip.ttl = k->ttl;
    ip.traffic_class = traffic_class(k, o);
    at = slots_fill(net, own->device, slots_of(net, own->device), net->neighbours.list[c->next_hop].mac, &ip,
                    c->flags & CONN_IPV6);

    tcp_encode(at, &o->tcp);
    sum = checksum_pseudo(&own->addr, &c->key.remote, IP_TCP, len) + sum_bytes(at, header);
    sum +=
        sum_fold_total(out_payload(&net->conns, conn_active(&net->conns, c), o->offset, o->len, at + header));
    checksum_store(at + 16, sum);
}

/* Any other, to a slot: the payload first, so that the headers can be written with their checksums. The
 * family is known where this is called. */
static inline __attribute__((always_inline)) void
put_usual(struct rn_stack *net, struct room_device *d, struct rn_frame *f, struct conn *c,
          struct conn_active *a, const struct out_segment *o, const struct neighbour *hop, uint32_t link,
          bool ipv6)
{
    const struct conn_settings *k = conn_settings(&net->conns, c);
    uint32_t header = quick_len(&o->tcp) + (ipv6 ? IP6_LEN : IP4_LEN);
    uint8_t *at = f->data + link;
    struct quick_packet p = {.src = &net->addresses.list[c->key.local].addr,
                             .dst = &c->key.remote,
                             .len = o->len,
                             .sum = out_payload(&net->conns, a, o->offset, o->len, at + header),
                             .ttl = k->ttl,
                             .traffic_class = traffic_class(k, o)};

    d->slot++;
    f->len = link + header + o->len;
    if (link == ETH_LEN)
        eth_put_both(f->data, hop->mac, ipv6 ? ETH_IP6 : ETH_IP4);
    else
        slots_link(d, f->data, hop->mac, ipv6 ? ETH_IP6 : ETH_IP4);
    if (ipv6)
        quick_encode6(at, &p, &o->tcp);
    else
        quick_encode4(at, &p, &o->tcp);
    if (d->fills_sums) {
        quick_leave_sum(at, quick_len(&o->tcp) + o->len, ipv6);
        f->flags = RN_CSUM_PARTIAL;
        f->csum_start = (uint16_t)(link + (ipv6 ? IP6_LEN : IP4_LEN));
        f->csum_offset = QUICK_SUM_AT;
    }
}

static void put_segment(struct rn_stack *net, struct room_device *d, struct rn_frame *f, struct conn *c,
                        const struct out_segment *o)
{
    const struct neighbour *hop = &net->neighbours.list[c->next_hop];
    struct conn_active *a = conn_active(&net->conns, c);

    if (!quick_can(&o->tcp) || net->conns.config.no_fast_path)
        put_unusual(net, c, o);
    else if (c->flags & CONN_IPV6)
        put_usual(net, d, f, c, a, o, hop, d->link_len, true);
    else
        put_usual(net, d, f, c, a, o, hop, d->link_len, false);
}

/* In line always: a function that does nothing but this is left out by gcc. */
static inline __attribute__((always_inline)) void prefetch_active(const struct conns *s, const struct conn *c)
{
    if (c->active)
        __builtin_prefetch(slab_at(s->slabs, c->active));
}

enum turn { TURN_DONE, TURN_MORE, TURN_BLOCKED, TURN_WAITS };

/* One whose own address is not used yet: it waits, or there is nothing to wait for. */
static enum turn serve_unusable(struct rn_stack *net, struct conn *c)
{
    if (!address_is_taken(&net->addresses, c->key.local))
        return TURN_WAITS;
    conn_finish(&net->conns, c, -EADDRNOTAVAIL);
    return TURN_DONE;
}

/* One connection's turn. */
static __attribute__((noinline)) enum turn serve(struct rn_stack *net, struct conn *c)
{
    struct room_device *d = &net->devices[net->addresses.list[c->key.local].device];
    struct out_segment o;

    if (!c->owe && !c->dup_acks)
        return TURN_DONE;
    if (claim_is_held(net, c->key.local))
        return serve_unusable(net, c);
    if (c->retries && c->retries == conn_settings(&net->conns, c)->r1) /* RFC 9293 3.8.3 */
        neighbour_doubt(&net->neighbours, c->next_hop);
    if (!neighbour_ready(&net->neighbours, c->next_hop, net->now))
        return TURN_WAITS;
    for (int i = 0; i < ROOM_SEGMENTS; i++) {
        struct rn_frame *f = slots_next(net, d);

        if (!f)
            return TURN_BLOCKED;
        if (!out_next(&net->conns, c, &o))
            return TURN_DONE;
        put_segment(net, d, f, c, &o);
        if (!c->owe && !c->dup_acks)
            return TURN_DONE;
    }
    return TURN_MORE;
}

/* Decided on and put, without being put together in between. */
static inline __attribute__((always_inline)) void
send_usual(struct rn_stack *net, struct room_device *d, struct rn_frame *f, struct conn *c,
           struct conn_active *a, const struct neighbour *hop, uint32_t link, bool ipv6, bool stamped)
{
    struct out_segment o;

    fast_text(&net->conns, c, a, stamped, &o);
    put_usual(net, d, f, c, a, &o, hop, link, ipv6);
}

/* Over IP alone, IPv6, with a tag, or without timestamps: not quite as usual. */
static __attribute__((noinline)) void send_otherwise(struct rn_stack *net, struct room_device *d,
                                                     struct rn_frame *f, struct conn *c,
                                                     struct conn_active *a, const struct neighbour *hop)
{
    if (c->flags & CONN_IPV6)
        send_usual(net, d, f, c, a, hop, d->link_len, true, c->flags & CONN_TIMESTAMPS);
    else
        send_usual(net, d, f, c, a, hop, d->link_len, false, c->flags & CONN_TIMESTAMPS);
}

/* Nearly always: all that is owed goes with one segment. False: nothing was done. */
static inline bool serve_usual(struct rn_stack *net, struct conn *c)
{
    const struct neighbour *hop = &net->neighbours.list[c->next_hop];
    struct room_device *d = &net->devices[hop->device];
    struct conn_active *a;
    struct rn_frame *f;

    if (!c->active)
        return false;
    a = slab_at(&net->slabs, c->active);
    if (!fast_is_one_segment(c, a) || !neighbour_ready(&net->neighbours, c->next_hop, net->now))
        return false;
    f = slots_next(net, d);
    if (!f)
        return false;
    if ((c->flags & (CONN_IPV6 | CONN_TIMESTAMPS)) == CONN_TIMESTAMPS && d->link_len == ETH_LEN)
        send_usual(net, d, f, c, a, hop, ETH_LEN, false, true);
    else
        send_otherwise(net, d, f, c, a, hop);
    return true;
}

/* What it waits for: its own address, or its neighbour's. */
static __attribute__((noinline)) struct fifo *waits_for(struct rn_stack *net, const struct conn *c)
{
    return claim_is_held(net, c->key.local) ? &net->held : &net->waiting[c->next_hop];
}

/* One connection's turn, and where it stands afterwards. */
static inline void serve_one(struct rn_stack *net, uint32_t index, struct fifo *todo, struct fifo *blocked)
{
    struct conns *s = &net->conns;
    struct conn *c = conn_at(s, index);

    if (serve_usual(net, c)) {
        c->flags &= ~(uint32_t)CONN_IN_OWING;
        return;
    }
    switch (serve(net, c)) {
    case TURN_MORE: fifo_push(&s->fifos, todo, index); break;
    case TURN_BLOCKED: fifo_push(&s->fifos, blocked, index); break;
    case TURN_WAITS: fifo_push(&s->fifos, waits_for(net, c), index); break;

    case TURN_DONE:
        c->flags &= ~(uint32_t)CONN_IN_OWING;
        if (c->state == CONN_CLOSED)
            conn_release(s, c);
        break;
    }
}

/* Both lines of some connections are fetched, and when it is nearly their turn what they have in flight. */
static void serve_connections(struct rn_stack *net)
{
    struct conns *s = &net->conns;
    struct fifo todo = s->owing, blocked = {0};
    const uint32_t *ids;
    uint32_t n;

    s->owing = blocked;
    while ((n = fifo_front(&todo, &ids)) > 0) {
        for (uint32_t i = 0; i < n; i++) {
            __builtin_prefetch(conn_at(s, ids[i]));
            __builtin_prefetch((uint8_t *)conn_at(s, ids[i]) + 64);
        }
        for (uint32_t i = 0; i < n; i++) {
            if (i + 1 < n)
                prefetch_active(s, conn_at(s, ids[i + 1]));
            serve_one(net, ids[i], &todo, &blocked);
        }
        fifo_drop(&s->fifos, &todo, n);
    }
    fifo_join(&s->fifos, &s->owing, &blocked);
}

/* ---- datagrams */

static void put_datagram(struct rn_stack *net, const struct datagram *d)
{
    struct ip ip = slots_packet(net, &d->local, &d->peer, d->protocol, DATAGRAM_HEADER + d->payload.bytes);
    unsigned device = net->addresses.list[d->own].device;
    uint8_t *at;

    ip.ttl = d->ttl;
    ip.traffic_class = d->traffic_class;
    at = slots_fill(net, device, slots_of(net, device), net->neighbours.list[d->hop].mac, &ip,
                    !addr_is4(&d->peer));
    datagram_encode(&net->sockets.datagrams, d, at);
}

/* All that sockets gave, in its order; what finds no slot, or has an own address that is not used yet, stays
 * for the next time. */
static __attribute__((noinline)) void serve_datagrams(struct rn_stack *net)
{
    struct sockets *s = &net->sockets;
    struct datagram_list blocked = {0};
    uint32_t id;

    while ((id = datagram_pop(&s->datagrams, &s->out)) != 0) {
        const struct datagram *d = datagram_at(&s->datagrams, id);

        if (address_is_taken(&net->addresses, d->own)) {
            socket_was_lost(s, id);
        } else if (claim_is_held(net, d->own)) {
            datagram_push(&s->datagrams, &blocked, id); /* its neighbour is not asked for either */
        } else if (!neighbour_ready(&net->neighbours, d->hop, net->now)) {
            socket_waits(s, id);
        } else if (!slots_of(net, net->addresses.list[d->own].device)) {
            datagram_push(&s->datagrams, &blocked, id);
        } else {
            put_datagram(net, d);
            socket_was_sent(s, id);
        }
    }
    datagram_join(&s->datagrams, &s->out, &blocked);
}

/* ---- the flush */

/* A device's link is not what it was in the last round. */
static __attribute__((noinline)) void link_changed(struct rn_stack *net, unsigned device)
{
    struct room_device *d = &net->devices[device];

    d->seen = d->dev->link;
    if (d->seen == RN_LINK_UP)
        claim_again(net, device);
}

/* Pushes what is filled; true when a ring that was full has room again. The least of the times at which a
 * device has something to do goes to *next. */
static __attribute__((hot)) bool push(struct rn_stack *net, rn_time *next)
{
    bool again = false;

    for (int i = 0; i < net->device_count; i++) {
        struct room_device *d = &net->devices[i];
        rn_time at;

        slots_commit(d);
        at = d->dev->ops->sync(d->dev, net->now);
        if (at < *next)
            *next = at;
        room_give_back(d);
        if (d->link != d->dev->link)
            net->link_news = true;
        if (d->seen != d->dev->link)
            link_changed(net, (unsigned)i);
        if (!d->full)
            continue;
        d->full = false;
        if (slots_of(net, (unsigned)i))
            again = true;
    }
    return again;
}

/* Moves *next back to that tick if it is earlier. */
static void by_tick(const struct rn_stack *net, uint32_t tick, rn_time *next)
{
    int64_t ticks = (net->now >> TICK_SHIFT) + tick_diff(tick, tick_of(net->now));
    rn_time at = (rn_time)((uint64_t)ticks << TICK_SHIFT);

    if (at < *next)
        *next = at;
}

/* When a timer needs a poll although nothing arrives. */
static void by_timers(struct rn_stack *net, rn_time *next)
{
    uint32_t tick;

    if (net->claims.due < *next)
        *next = net->claims.due;
    if (wheel_next(&net->conns.wheel, &tick))
        by_tick(net, tick, next);
    if (timewait_next(&net->timewaits, &tick))
        by_tick(net, tick, next);
    if (listen_next(&net->listeners, &tick))
        by_tick(net, tick, next);
    if (neighbour_next(&net->neighbours, &tick))
        by_tick(net, tick, next);
}

__attribute__((hot)) rn_time rn_flush(struct rn_stack *net, rn_time now)
{
    uint32_t events = room_events(net);
    rn_time next = RN_FOREVER;
    bool again = true;

    room_clock(net, now);
    for (int i = 0; i < net->device_count; i++)
        net->devices[i].full = false;
    net->first_slots = first_slots(net);
    reply_put_all(net);
    for (int round = 0; again && round < ROUNDS; round++) {
        neighbours_ask(net);
        answer_syns(net);
        serve_connections(net);
        if (net->sockets.out.count)
            serve_datagrams(net);
        next = RN_FOREVER;
        again = push(net, &next);
    }
    by_timers(net, &next);
    /* What happened here, nobody has looked at yet. */
    return again || net->link_news || room_events(net) > events || !post_may_sleep(net) ? now : next;
}
