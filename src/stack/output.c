/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A round's second half: what is owed is decided by tcp/out, encoded with wire/ straight into the devices'
 * transmit slots, committed, and pushed by one sync a device. First come replies without a connection, then
 * questions for own addresses and for neighbours, then SYN-ACKs, then the connections in `owing`,
 * ROOM_SEGMENTS at a turn, then datagrams.
 *
 * A connection whose next hop is not known moves to the list of that neighbour, one whose own address may be
 * another host's to `held`; one whose device has no free
 * slot stays in `owing` and the device is marked full, so that the sleeper waits for slots too.
 */
#include "room.h"
#include "tcp/fast.h"
#include "tcp/out.h"
#include "tcp/timers.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/quick.h"
#include "wire/vlan.h"

#include <errno.h>
#include <string.h>

enum { ROUNDS = 4, LEAST_SLOTS = 4 };
static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};

/* ---- slots */

/* How many slots to ask for first: about as many as there are frames to be sent, as far as that can be told.
 */
static int first_slots(const struct rn_stack *net)
{
    uint64_t frames = (uint64_t)net->conns.owing.count + net->reply_count + net->sockets.out.count + 1;

    return frames < LEAST_SLOTS ? LEAST_SLOTS : frames < ROOM_BURST ? (int)frames : ROOM_BURST;
}

/* What was reserved is sent on as far as it was filled. */
static void commit_slots(struct room_device *d)
{
    if (d->slots_end != d->slots)
        d->dev->ops->commit(d->dev, d->slots, (int)(d->slot - d->slots));
    d->slot = d->slots_end = d->slots;
}

/* All slots are filled: sends them on and reserves others. */
static __attribute__((hot, noinline)) struct rn_frame *more_slots(struct rn_stack *net, struct room_device *d)
{
    bool first = d->slots_end == d->slots;
    int n;

    if (d->full)
        return NULL;
    commit_slots(d);
    n = d->dev->ops->reserve(d->dev, d->slots, first ? net->first_slots : ROOM_BURST, net->now);
    if (n <= 0) {
        d->full = true;
        return NULL;
    }
    d->slots_end = d->slots + n;
    return d->slots;
}

/* The next free slot of a device; NULL: its ring is full. It is used once d->slot has moved past it. */
static inline struct rn_frame *slot_of(struct rn_stack *net, struct room_device *d)
{
    return d->slot < d->slots_end ? d->slot : more_slots(net, d);
}

static struct rn_frame *slot(struct rn_stack *net, unsigned device)
{
    return slot_of(net, &net->devices[device]);
}

/* The link's header, in front of a packet of that type; its length. */
static uint32_t link_header(const struct room_device *d, uint8_t *at, const uint8_t *mac, uint16_t type)
{
    const struct vlan tag = {.id = d->vlan, .type = type};

    if (d->link_len)
        eth_put(at, mac, d->mac, d->vlan ? ETH_VLAN : type);
    if (d->vlan)
        vlan_encode(at + ETH_LEN, &tag);
    return d->link_len;
}

/* Link and network headers in front of len bytes of transport; returns where the transport begins. */
static uint8_t *headers(struct rn_stack *net, unsigned device, struct rn_frame *f, const uint8_t *mac,
                        const struct ip *ip, bool ipv6)
{
    struct room_device *d = &net->devices[device];
    uint8_t *at = f->data + link_header(d, f->data, mac, ipv6 ? ETH_IP6 : ETH_IP4);

    at += ipv6 ? ip6_encode(at, ip) : ip4_encode(at, ip);
    f->len = (uint32_t)(at - f->data) + ip->payload_len;
    d->slot++;
    return at;
}

/* An atomic packet: identification 0, never to be cut (RFC 6864 4.1, path MTU discovery). */
static struct ip packet(const struct rn_stack *net, const struct addr *src, const struct addr *dst,
                        uint8_t protocol, uint32_t len)
{
    return (struct ip){.src = *src,
                       .dst = *dst,
                       .protocol = protocol,
                       .ttl = net->options.ttl,
                       .dont_fragment = true,
                       .payload_len = len};
}

/* ---- what goes without a connection */

static void put_tcp(struct rn_stack *net, unsigned device, const uint8_t *mac, const struct addr *src,
                    const struct addr *dst, bool ipv6, const struct tcp *t, const struct conn_settings *k)
{
    uint32_t len = (uint32_t)tcp_encoded_len(t);
    struct ip ip = packet(net, src, dst, IP_TCP, len);
    uint8_t *at;

    ip.ttl = k->ttl;
    ip.traffic_class = (uint8_t)(k->dscp << 2);
    at = headers(net, device, slot(net, device), mac, &ip, ipv6);
    tcp_encode(at, t);
    checksum_store(at + 16, checksum_pseudo(src, dst, IP_TCP, len) + sum_bytes(at, len));
}

static void put_arp(struct rn_stack *net, unsigned device, const uint8_t *mac, const struct arp *a)
{
    struct room_device *d = &net->devices[device];
    struct rn_frame *f = slot(net, device);
    uint32_t at = link_header(d, f->data, mac, ETH_ARP);

    f->len = at + (uint32_t)arp_encode(f->data + at, a);
    d->slot++;
}

static void put_icmp(struct rn_stack *net, const struct room_reply *r)
{
    struct ip ip = packet(net, &r->src, &r->dst, r->ipv6 ? IP_ICMP6 : IP_ICMP4, ICMP_LEN + r->icmp.len);
    uint8_t *at = headers(net, r->device, slot(net, r->device), r->mac, &ip, r->ipv6);
    uint32_t sum = sum_copy(at + ICMP_LEN, r->icmp.data, r->icmp.len);

    if (r->ipv6)
        icmp6_encode(at, &r->icmp.head, &r->src, &r->dst, r->icmp.len, sum);
    else
        icmp4_encode(at, &r->icmp.head, sum);
}

static void put_reply(struct rn_stack *net, const struct room_reply *r)
{
    const struct rn_frame *f = slot(net, r->device);
    uint32_t before = net->devices[r->device].link_len + (r->ipv6 ? IP6_LEN : IP4_LEN) + ICMP_LEN;

    if (!f || (r->kind == ROOM_ICMP && f->room < before + r->icmp.len)) {
        net->drops[DROP_TX_FULL]++;
        return;
    }
    if (r->kind == ROOM_ICMP) {
        put_icmp(net, r);
    } else if (r->kind == ROOM_ARP) {
        struct arp a = {.operation = ARP_REPLY, .sender = r->src, .target = r->dst};

        memcpy(a.sender_mac, net->devices[r->device].mac, 6);
        memcpy(a.target_mac, r->mac, 6);
        put_arp(net, r->device, r->mac, &a);
    } else {
        struct tcp t = {.src_port = r->tcp.src_port,
                        .dst_port = r->tcp.dst_port,
                        .seq = r->tcp.seq,
                        .ack = r->tcp.ack,
                        .flags = r->tcp.flags,
                        .has = r->tcp.has,
                        .mss = r->tcp.mss,
                        .wscale = r->tcp.wscale,
                        .ts_value = r->tcp.ts_value,
                        .ts_echo = r->tcp.ts_echo,
                        .window = r->tcp.window};

        put_tcp(net, r->device, r->mac, &r->src, &r->dst, r->ipv6, &t, &net->conns.settings[0]);
    }
}

static void put_replies(struct rn_stack *net)
{
    for (uint32_t i = 0; i < net->reply_count; i++)
        put_reply(net, &net->replies[i]);
    net->reply_count = 0;
}

/* ---- neighbours */

int output_hop(struct rn_stack *net, unsigned own, const struct addr *to)
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

void output_wake(struct rn_stack *net, unsigned neighbour)
{
    fifo_join(&net->conns.fifos, &net->conns.owing, &net->waiting[neighbour]);
    socket_wake(&net->sockets, neighbour);
}

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

/* Probes without a sender, so that nobody learns from them; announcements are from and for the address. */
static void claim_addresses(struct rn_stack *net)
{
    enum conflict_act act;
    unsigned own;

    while ((act = claim_next(net, &own)) != CONFLICT_NOTHING) {
        const struct address *at = &net->addresses.list[own];
        struct arp a = {.operation = ARP_REQUEST, .target = at->addr};

        if (act != CONFLICT_PROBE)
            a.sender = at->addr;
        memcpy(a.sender_mac, net->devices[at->device].mac, 6);
        if (slot(net, at->device))
            put_arp(net, at->device, everybody, &a);
        else
            net->drops[DROP_TX_FULL]++;
    }
}

/* The question for one, from the own address that is on its link; none from one that is not used yet.
 * Neighbour discovery is to come: static entries serve IPv6. */
static __attribute__((noinline)) void ask_neighbour(struct rn_stack *net, const struct neighbour *e)
{
    struct arp a = {.operation = ARP_REQUEST, .target = e->addr};
    struct route_hop hop;

    if (!addr_is4(&e->addr) || !route_find(&net->routes, &net->addresses, &e->addr, e->device, &hop) ||
        !address_is_usable(&net->addresses, hop.own))
        return;
    a.sender = net->addresses.list[hop.own].addr;
    memcpy(a.sender_mac, net->devices[e->device].mac, 6);
    if (slot(net, e->device))
        put_arp(net, e->device, e->state == NEIGHBOUR_CHECKED ? e->mac : everybody, &a);
    else
        net->drops[DROP_TX_FULL]++;
}

static void ask_neighbours(struct rn_stack *net)
{
    enum neighbour_act act;
    unsigned index;

    while ((act = neighbour_due(&net->neighbours, net->now, &index)) != NEIGHBOUR_NOTHING)
        if (act == NEIGHBOUR_GIVE_UP)
            unreachable(net, index);
        else
            ask_neighbour(net, &net->neighbours.list[index]);
}

/* ---- SYN-ACKs */

static void answer_syns(struct rn_stack *net)
{
    struct listen_syn *y;
    struct tcp t;

    while ((y = listen_due(&net->listeners, &net->conns, &t)) != NULL) {
        const struct address *own = &net->addresses.list[y->key.local];
        const struct neighbour *hop = &net->neighbours.list[y->next_hop];

        if (slot(net, own->device)) {
            put_tcp(net, own->device, hop->mac, &own->addr, &y->key.remote, !addr_is4(&y->key.remote), &t,
                    &net->conns.settings[net->listeners.listeners[y->listener].settings]);
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
    struct ip ip = packet(net, &own->addr, &c->key.remote, IP_TCP, len);
    const struct conn_settings *k = conn_settings(&net->conns, c);
    uint8_t *at;

    ip.ttl = k->ttl;
    ip.traffic_class = traffic_class(k, o);
    at = headers(net, own->device, slot(net, own->device), net->neighbours.list[c->next_hop].mac, &ip,
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
        link_header(d, f->data, hop->mac, ipv6 ? ETH_IP6 : ETH_IP4);
    if (ipv6)
        quick_encode6(at, &p, &o->tcp);
    else
        quick_encode4(at, &p, &o->tcp);
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
    if (!address_is_usable(&net->addresses, c->key.local))
        return serve_unusable(net, c);
    if (c->retries && c->retries == conn_settings(&net->conns, c)->r1) /* RFC 9293 3.8.3 */
        neighbour_doubt(&net->neighbours, c->next_hop);
    if (!neighbour_ready(&net->neighbours, c->next_hop, net->now))
        return TURN_WAITS;
    for (int i = 0; i < ROOM_SEGMENTS; i++) {
        struct rn_frame *f = slot_of(net, d);

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
    f = slot_of(net, d);
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
    return address_is_usable(&net->addresses, c->key.local) ? &net->waiting[c->next_hop] : &net->held;
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
    struct ip ip = packet(net, &d->local, &d->peer, d->protocol, DATAGRAM_HEADER + d->payload.bytes);
    unsigned device = net->addresses.list[d->own].device;
    uint8_t *at;

    ip.ttl = d->ttl;
    ip.traffic_class = d->traffic_class;
    at = headers(net, device, slot(net, device), net->neighbours.list[d->hop].mac, &ip, !addr_is4(&d->peer));
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
        } else if (!address_is_usable(&net->addresses, d->own)) {
            datagram_push(&s->datagrams, &blocked, id); /* its neighbour is not asked for either */
        } else if (!neighbour_ready(&net->neighbours, d->hop, net->now)) {
            socket_waits(s, id);
        } else if (!slot(net, net->addresses.list[d->own].device)) {
            datagram_push(&s->datagrams, &blocked, id);
        } else {
            put_datagram(net, d);
            socket_was_sent(s, id);
        }
    }
    datagram_join(&s->datagrams, &s->out, &blocked);
}

/* ---- the flush */

/* Pushes what is filled; true when a ring that was full has room again. The least of the times at which a
 * device has something to do goes to *next. */
static __attribute__((hot)) bool push(struct rn_stack *net, rn_time *next)
{
    bool again = false;

    for (int i = 0; i < net->device_count; i++) {
        struct room_device *d = &net->devices[i];
        rn_time at;

        commit_slots(d);
        at = d->dev->ops->sync(d->dev, net->now);
        if (at < *next)
            *next = at;
        room_give_back(d); /* no reply points into it any more */
        if (d->link != d->dev->link)
            net->link_news = true;
        if (!d->full)
            continue;
        d->full = false;
        if (slot(net, (unsigned)i))
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
    put_replies(net);
    if (claim_is_due(net))
        claim_addresses(net);
    for (int round = 0; again && round < ROUNDS; round++) {
        ask_neighbours(net);
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
