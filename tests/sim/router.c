/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The router between the two stacks. It does what RFC 1812 and RFC 8200 ask of one that has two interfaces
 * and knows every neighbour, and what the world's plan says: its path MTU shrinks after so many bytes, and
 * for ten seconds it does not hear one side.
 *
 *      far end of A's pair -> check -> too big? -> TTL, link addresses -> far end of B's pair
 *                                        |
 *                                        +-> ICMP 3/4 or ICMPv6 2/0, quoting the packet, back to the sender
 *
 * It is also the witness: the pcap shows what it received and what it says itself, and on an undamaged wire
 * every frame must be well-formed with a right checksum, whatever the stacks think of it. (A sample for
 * tshark leaves out what was too big: tshark takes it for sent, and the smaller segments in its place for out
 * of order.) Where the far ring is full frames wait in a queue, and beyond that they are lost, as in any
 * router. Called by world.c.
 */
#include "sim.h"

#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

#include <stdlib.h>
#include <string.h>

enum { BURST = 64, QUEUE = 64, FRAME_MAX = 9216, TTL = 64, SERVICE = 7, NEAR_WRAP = 2 << 20 };

const uint8_t router_mac[2][6] = {{2, 0, 0, 0, 1, 0xa}, {2, 0, 0, 0, 1, 0xb}};
const uint8_t router_stack_mac[2][6] = {{2, 0, 0, 0, 0, 0xa}, {2, 0, 0, 0, 0, 0xb}};

struct waiting {
    uint32_t len;
    uint8_t bytes[FRAME_MAX];
};

/* Frames on their way to one stack. */
struct lane {
    struct rn_dev *dev; /* the far end of that stack's pair */
    uint32_t first, held;
    struct waiting queue[QUEUE];
};

/* How far a stream has come, as it passed here; and one before it under the same ports, which an old SYN may
 * have brought to an end on one side only. */
struct seen {
    uint32_t iss, end, before;
    bool known, had_before;
};

struct router {
    struct world *world;
    struct lane lane[2]; /* by the stack at its end */
    uint32_t link_len;   /* of the link header */
    uint64_t forwarded;  /* bytes */
    uint64_t queue_full, too_big;
    struct seen seen[2][2]
                    [65536]; /* by the stack that sends, whether it is the server there, the client's port */
};

struct router *router_new(struct world *w, struct rn_dev *ends[2])
{
    struct router *r = calloc(1, sizeof *r);

    if (!r)
        abort();
    r->world = w;
    r->link_len = w->plan->medium == RN_ETHERNET ? ETH_LEN : 0;
    r->lane[0].dev = ends[0];
    r->lane[1].dev = ends[1];
    return r;
}

uint64_t router_thrown_away(const struct router *r)
{
    uint64_t n = r->queue_full + r->too_big;

    for (int i = 0; i < 2; i++)
        n += r->lane[i].dev->rx_drops + r->lane[i].dev->tx_drops;
    return n;
}

void router_free(struct router *r)
{
    if (!r)
        return;
    for (int i = 0; i < 2; i++)
        r->lane[i].dev->ops->close(r->lane[i].dev);
    free(r);
}

/* Into the ring if it has a slot, else into the queue, else nowhere. */
static void send_frame(struct router *r, int to, const uint8_t *frame, uint32_t len, rn_time now)
{
    struct lane *lane = &r->lane[to];
    struct rn_frame slot;
    struct waiting *q;

    if (lane->held == 0 && lane->dev->ops->reserve(lane->dev, &slot, 1, now) == 1) {
        if (len > slot.room) {
            world_fail(r->world, VERDICT_BROKEN, "a slot of %u bytes for a frame of %u", slot.room, len);
            len = slot.room;
        }
        memcpy(slot.data, frame, len);
        slot.len = len;
        lane->dev->ops->commit(lane->dev, &slot, 1);
        return;
    }
    if (lane->held == QUEUE) {
        r->queue_full++;
        r->world->totals->queue_full++;
        return;
    }
    q = &lane->queue[(lane->first + lane->held++) % QUEUE];
    memcpy(q->bytes, frame, len);
    q->len = len;
}

/* Moves what waits into slots that have become free. At most a ring between two syncs, so that the stack can
 * fetch one ring before the next comes. */
static int drain(struct router *r, int to, rn_time now)
{
    struct lane *lane = &r->lane[to];
    struct rn_frame slot;
    int moved = 0;

    while (lane->held > 0 && lane->dev->ops->reserve(lane->dev, &slot, 1, now) == 1) {
        struct waiting *q = &lane->queue[lane->first];

        memcpy(slot.data, q->bytes, q->len);
        slot.len = q->len;
        lane->dev->ops->commit(lane->dev, &slot, 1);
        lane->first = (lane->first + 1) % QUEUE;
        lane->held--;
        moved++;
    }
    return moved;
}

/* What the router says itself. */
static void say(struct router *r, int to, uint8_t *frame, size_t len, rn_time now)
{
    pcap_write(r->world->pcap, now, frame, len);
    send_frame(r, to, frame, (uint32_t)len, now);
}

/* The router answers for everybody: behind it are all the others. */
static void answer_arp(struct router *r, int from, const struct rn_frame *f, rn_time now)
{
    struct view v = view_of(f->data + ETH_LEN, f->len - ETH_LEN);
    uint8_t frame[60] = {0};
    struct eth eth = {.type = ETH_ARP};
    struct arp arp;
    struct addr wanted;

    if (arp_decode(&v, &arp) != DROP_NONE || arp.operation != ARP_REQUEST ||
        addr_eq(&arp.sender, &arp.target))
        return;
    memcpy(eth.dst, arp.sender_mac, 6);
    memcpy(eth.src, router_mac[from], 6);
    wanted = arp.target;
    arp.operation = ARP_REPLY;
    memcpy(arp.target_mac, arp.sender_mac, 6);
    memcpy(arp.sender_mac, router_mac[from], 6);
    arp.target = arp.sender;
    arp.sender = wanted;
    eth_encode(frame, &eth);
    arp_encode(frame + ETH_LEN, &arp);
    say(r, from, frame, sizeof frame, now);
}

/* Packet too big (RFC 1191 4, RFC 4443 3.2): quotes as much as fits 576 or 1,280 bytes (RFC 1812 4.3.2.3). */
static void answer_too_big(struct router *r, int from, const uint8_t *packet, size_t len, const struct ip *ip,
                           uint32_t mtu, rn_time now)
{
    uint8_t frame[ETH_LEN + 1280] = {0};
    bool v6 = r->world->plan->version6;
    size_t head = r->link_len + (v6 ? IP6_LEN : IP4_LEN),
           room = (v6 ? 1280 : 576) + r->link_len - head - ICMP_LEN;
    size_t quote = len < room ? len : room;
    struct eth eth = {.type = v6 ? ETH_IP6 : ETH_IP4};
    struct icmp icmp = {.kind = ICMP_TOO_BIG, .mtu = mtu};
    struct ip out = {.dst = ip->src, .ttl = TTL, .protocol = v6 ? IP_ICMP6 : IP_ICMP4};

    if (!addr_parse(v6 ? "fd00::fe" : "10.0.0.254", &out.src))
        abort();
    out.payload_len = (uint32_t)(ICMP_LEN + quote);
    memcpy(eth.dst, router_stack_mac[from], 6);
    memcpy(eth.src, router_mac[from], 6);
    if (r->link_len)
        eth_encode(frame, &eth);
    memcpy(frame + head + ICMP_LEN, packet, quote);
    if (v6) {
        ip6_encode(frame + r->link_len, &out);
        icmp6_encode(frame + head, &icmp, &out.src, &out.dst, (uint32_t)quote, sum_bytes(packet, quote));
    } else {
        ip4_encode(frame + r->link_len, &out);
        icmp4_encode(frame + head, &icmp, sum_bytes(packet, quote));
    }
    r->too_big++;
    r->world->totals->too_big++;
    say(r, from, frame, head + ICMP_LEN + quote, now);
}

static uint32_t path_mtu(const struct router *r)
{
    const struct plan *p = r->world->plan;

    if (p->mtus[1] && r->forwarded >= p->shrink_after[1])
        return p->mtus[1];
    if (p->mtus[0] && r->forwarded >= p->shrink_after[0])
        return p->mtus[0];
    return p->link_mtu;
}

static bool deaf(const struct router *r, int from, rn_time now)
{
    const struct plan *p = r->world->plan;

    rn_time begins = p->blackout_at + r->world->late;

    return p->blackout_at && p->blackout_from == from && !r->world->quiet_at && now >= begins &&
           now < begins + BLACKOUT_S * TIME_S;
}

/* A frame that no stack may send: on a wire that damages nothing it ends the world. */
static void refuse(struct router *r, int from, const char *what)
{
    r->world->totals->bad_at_router++;
    if (r->world->plan->fault.corrupt_ppm == 0)
        world_fail(r->world, VERDICT_BROKEN, "stack %d sent a frame that is wrong: %s", from, what);
}

/* Lowers the TTL and puts on the next link's addresses, in the frame itself. */
static void rewrite(struct router *r, int to, uint8_t *frame)
{
    struct eth eth = {.type = r->world->plan->version6 ? ETH_IP6 : ETH_IP4};
    uint8_t *ip = frame + r->link_len;

    if (r->link_len) {
        memcpy(eth.dst, router_stack_mac[to], 6);
        memcpy(eth.src, router_mac[to], 6);
        eth_encode(frame, &eth);
    }
    if (r->world->plan->version6) {
        ip[7]--;
        return;
    }
    ip[8]--;
    memset(ip + 10, 0, 2);
    checksum_store(ip + 10, sum_bytes(ip, (size_t)(ip[0] & 15) * 4));
}

static bool transport_right(const struct ip *ip, struct view v)
{
    uint32_t pseudo =
        ip->protocol == IP_ICMP4 ? 0 : checksum_pseudo(&ip->src, &ip->dst, ip->protocol, (uint32_t)v.len);

    return checksum_right(pseudo, v.at, v.len);
}

/* Nobody acknowledges what has not passed here: so whoever does has invented it. */
static void check_ack(struct router *r, int from, struct view v)
{
    struct tcp t;
    struct seen *mine, *other;
    uint32_t end;

    if (tcp_decode(&v, &t) != DROP_NONE || (t.src_port != SERVICE && t.dst_port != SERVICE)) {
        refuse(r, from, "TCP header or ports");
        return;
    }
    mine = &r->seen[from][t.src_port == SERVICE][t.src_port == SERVICE ? t.dst_port : t.src_port];
    other = &r->seen[1 - from][t.src_port != SERVICE][t.src_port == SERVICE ? t.dst_port : t.src_port];
    end = t.seq.v + (uint32_t)v.len + ((t.flags & TCP_SYN) != 0) + ((t.flags & TCP_FIN) != 0);
    if ((t.flags & TCP_SYN) && (!mine->known || mine->iss != t.seq.v)) {
        r->world->totals->near_wrap += t.seq.v >= 0u - NEAR_WRAP;
        *mine = (struct seen){t.seq.v, t.seq.v, mine->end, true, mine->known};
    }
    if (mine->known && seq_lt(seq_of(mine->end), seq_of(end)))
        mine->end = end;
    if ((t.flags & TCP_ACK) && other->known && seq_lt(seq_of(other->end), t.ack) &&
        !(other->had_before && seq_le(t.ack, seq_of(other->before))))
        refuse(r, from, "acknowledges what was never sent");
}

/* An IP packet from a stack: packet is where it begins in the frame. */
static void forward(struct router *r, int from, const struct rn_frame *f, rn_time now)
{
    bool v6 = r->world->plan->version6, undamaged = r->world->plan->fault.corrupt_ppm == 0;
    uint8_t *packet = f->data + r->link_len, copy[FRAME_MAX];
    struct view v = view_of(packet, f->len - r->link_len);
    struct ip ip;
    size_t len;

    if ((v6 ? ip6_decode(&v, &ip) : ip4_decode(&v, &ip)) != DROP_NONE) {
        refuse(r, from, "IP header");
        return;
    }
    len = (size_t)(v.at - packet) + v.len;
    if (undamaged && (ip.fragment || !ip.dont_fragment))
        refuse(r, from, "a fragment, or one that may be fragmented");
    if (undamaged && ((f->flags & RN_CSUM_PARTIAL) || !transport_right(&ip, v)))
        refuse(r, from, "checksum");
    if (undamaged && len > r->world->plan->link_mtu)
        refuse(r, from, "larger than its own link's MTU");
    if (ip.ttl <= 1)
        return;
    if (len > path_mtu(r)) {
        answer_too_big(r, from, packet, len, &ip, path_mtu(r), now);
        return;
    }
    if (r->world->plan->sample)
        pcap_write(r->world->pcap, now, f->data, f->len);
    if (undamaged && ip.protocol == IP_TCP)
        check_ack(r, from, v);
    memcpy(copy, f->data, f->len);
    rewrite(r, 1 - from, copy);
    r->forwarded += r->world->quiet_at ? 0 : len; /* the path stays as it is */
    send_frame(r, 1 - from, copy, f->len, now);
}

/* Two runs with the same digest had the same frames at the same times. */
static void note(struct world *w, int from, const struct rn_frame *f, rn_time now)
{
    struct hash_key key = {{w->digest, (uint64_t)now, (uint64_t)from, f->len}};

    w->digest = hash_sip(&key, f->data, f->len);
}

static void receive(struct router *r, int from, const struct rn_frame *f, rn_time now)
{
    struct view v = view_of(f->data, f->len);
    struct eth eth;

    r->world->totals->frames++;
    if (r->world->digests)
        note(r->world, from, f, now);
    if (!r->world->plan->sample)
        pcap_write(r->world->pcap, now, f->data, f->len);
    if (f->len > FRAME_MAX || f->fragments) {
        refuse(r, from, "too long, or a chain");
        return;
    }
    if (deaf(r, from, now)) {
        r->world->totals->blacked_out++;
        return;
    }
    if (r->link_len == 0) {
        forward(r, from, f, now);
        return;
    }
    if (eth_decode(&v, &eth) != DROP_NONE || memcmp(eth.src, router_stack_mac[from], 6) != 0)
        refuse(r, from, "link header");
    else if (eth.type == ETH_ARP)
        answer_arp(r, from, f, now);
    else if (memcmp(eth.dst, router_mac[from], 6) != 0)
        refuse(r, from, "not to the router's link address");
    else if (eth.type != (r->world->plan->version6 ? ETH_IP6 : ETH_IP4))
        refuse(r, from, "EtherType");
    else
        forward(r, from, f, now);
}

/* Takes in what a stack has sent. Returns how many frames. */
static int fetch(struct router *r, int from, rn_time now)
{
    struct rn_dev *dev = r->lane[from].dev;
    struct rn_frame frames[BURST];
    int n = dev->ops->burst(dev, frames, BURST, now);

    for (int i = 0; i < n; i++)
        receive(r, from, &frames[i], now);
    if (n > 0)
        dev->ops->release(dev, n);
    return n > 0 ? n : 0;
}

int router_run(struct router *r, rn_time now, rn_time *due)
{
    int moved = drain(r, 0, now) + drain(r, 1, now);

    moved += fetch(r, 0, now) + fetch(r, 1, now);
    *due = RN_FOREVER;
    for (int to = 0; to < 2; to++) {
        struct lane *lane = &r->lane[to];
        rn_time next = lane->dev->ops->sync(lane->dev, now);

        if (lane->held > 0 && next == RN_FOREVER)
            next = now; /* the slots are free again already */
        *due = next < *due ? next : *due;
    }
    return moved;
}
