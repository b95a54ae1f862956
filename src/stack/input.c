/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A frame's way up, one screen a layer. Each layer decodes with wire/, drops what is not for us with a
 * reason, and hands the rest on. Nothing is sent here: a reply is put into the list that flush encodes.
 *
 *      input_burst:    usual_frame                          (a segment, for the next stage of the poll)
 *                      any_frame -> network -> transport    (the same, layer by layer)
 *                                           -> other        (ICMP, datagrams: done with here)
 *                                -> arp
 *      input_segments: to the connection, the half-open one, the one in TIME-WAIT, the listener, or nobody
 */
#include "room.h"
#include "tcp/fast.h"
#include "tcp/in.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/quick.h"
#include "wire/vlan.h"

#include <errno.h>
#include <string.h>

/* Counts; false, so that a layer can end with it. */
static bool dropped(struct rn_stack *net, enum drop reason)
{
    net->drops[reason]++;
    return false;
}

/* The device has seen to the transport's checksum. */
static inline bool is_verified(const struct rn_frame *frame)
{
    return frame->flags & (RN_CSUM_VERIFIED | RN_CSUM_TRUSTED);
}

static bool arp(struct rn_stack *net, int device, struct view v)
{
    enum drop bad = neighbours_arp(net, device, v);

    return bad ? dropped(net, bad) : false;
}

/* A packet that is not TCP: false. Whoever sent what nobody here has is told. */
static bool other(struct rn_stack *net, const struct room_packet *p)
{
    enum drop bad = DROP_PROTOCOL;

    if (p->ip.protocol == (p->ipv6 ? IP_ICMP6 : IP_ICMP4))
        bad = control_input(net, p);
    else if (p->ip.protocol == IP_UDP)
        bad = datagrams_input(net, p);
    if (bad == DROP_PROTOCOL || bad == DROP_NO_SOCKET)
        bad = control_refuse(net, p, bad);
    return bad ? dropped(net, bad) : false;
}

/* TCP, up to the point where the connection is needed. */
static bool transport(struct rn_stack *net, const struct rn_frame *frame, struct view v, const struct ip *ip,
                      struct room_segment *seg)
{
    enum drop bad;

    if (!is_verified(frame) &&
        !checksum_right(checksum_pseudo(&ip->src, &ip->dst, IP_TCP, (uint32_t)v.len), v.at, v.len))
        return dropped(net, DROP_CHECKSUM);
    bad = tcp_decode(&v, &seg->text.tcp);
    if (bad)
        return dropped(net, bad);
    if (seg->text.tcp.flags & TCP_SYN && seg->text.tcp.flags & (TCP_FIN | TCP_RST))
        return dropped(net, DROP_FLAGS);
    if (!seg->text.tcp.src_port || !seg->text.tcp.dst_port)
        return dropped(net, DROP_MALFORMED);
    seg->key.remote = ip->src;
    seg->key.remote_port = seg->text.tcp.src_port;
    seg->key.local_port = seg->text.tcp.dst_port;
    seg->text.payload = v.at;
    seg->text.len = (uint32_t)v.len;
    return true;
}

/* Nobody sends from such an address to us. */
static bool is_no_source(const struct rn_stack *net, int device, const struct addr *src)
{
    return !addr_is_unicast(src) || room_is_self(net, device, src) ||
           address_is_broadcast(&net->addresses, src, (unsigned)device);
}

static bool network(struct rn_stack *net, int device, const struct rn_frame *frame, struct view v, bool ipv6,
                    bool group, struct room_segment *seg)
{
    const uint8_t *start = v.at;
    struct ip ip;
    enum drop bad = ipv6 ? ip6_decode(&v, &ip) : ip4_decode(&v, &ip);
    int own;

    if (bad)
        return dropped(net, bad);
    own = address_find(&net->addresses, &ip.dst);
    if (own < 0 || group || net->addresses.list[own].device != device)
        return dropped(net, DROP_NOT_OURS);
    if (!address_is_usable(&net->addresses, (unsigned)own))
        return dropped(net, DROP_TENTATIVE);
    if (is_no_source(net, device, &ip.src))
        return dropped(net, DROP_SOURCE);
    if (ip.fragment)
        return dropped(net, DROP_FRAGMENT);
    if (ip.protocol != IP_TCP)
        return other(net, &(struct room_packet){.ip = ip,
                                                .start = start,
                                                .payload = v,
                                                .mac = seg->src_mac,
                                                .own = (uint16_t)own,
                                                .ipv6 = ipv6,
                                                .verified = is_verified(frame),
                                                .gso_size = frame->flags & RN_MERGED ? frame->gso_size : 0,
                                                .device = device});
    seg->ipv6 = ipv6;
    seg->source_seen = true;
    seg->text.traffic_class = ip.traffic_class;
    seg->key.local = (uint16_t)own;
    return transport(net, frame, v, &ip, seg);
}

static bool network_or_arp(struct rn_stack *net, int device, const struct rn_frame *frame, struct view v,
                           const struct eth *h, struct room_segment *seg)
{
    switch (h->type) {
    case ETH_IP4:
    case ETH_IP6: return network(net, device, frame, v, h->type == ETH_IP6, eth_is_group(h->dst), seg);
    case ETH_ARP: return arp(net, device, v);
    case ETH_VLAN: return dropped(net, DROP_VLAN); /* a second tag */
    default: return dropped(net, DROP_ETHERTYPE);
    }
}

/* Takes a tag off that the device has left in the frame. It must be that of our VLAN, none or one of VLAN 0
 * if we are on none. */
static enum drop untag(const struct room_device *d, const struct rn_frame *frame, struct view *v,
                       struct eth *h)
{
    struct vlan tag = {.id = 0};
    enum drop bad = DROP_NONE;

    if (frame->flags & RN_VLAN) {
        tag.id = frame->vlan & VLAN_IDS;
    } else if (h->type == ETH_VLAN) {
        bad = vlan_decode(v, &tag);
        h->type = tag.type;
    }
    return bad || tag.id == d->vlan ? bad : DROP_VLAN;
}

/* Any frame, layer by layer. */
static __attribute__((noinline)) bool any_frame(struct rn_stack *net, int device,
                                                const struct rn_frame *frame, struct room_segment *seg)
{
    const struct room_device *d = &net->devices[device];
    struct view v = view_of(frame->data, frame->len);
    enum drop bad;
    struct eth h;

    if (frame->fragments || !frame->len)
        return dropped(net, DROP_TRUNCATED); /* chains come with the devices that make them */
    seg->src_mac = NULL;
    if (d->dev->medium == RN_IP)
        return network(net, device, frame, v, v.at[0] >> 4 == 6, false, seg);
    if (eth_decode(&v, &h))
        return dropped(net, DROP_TRUNCATED);
    if (!eth_is_group(h.dst) && !eth_is_same(h.dst, d->mac))
        return dropped(net, DROP_NOT_OURS);
    if (eth_is_group(h.src))
        return dropped(net, DROP_SOURCE);
    bad = untag(d, frame, &v, &h);
    if (bad)
        return dropped(net, bad);
    seg->src_mac = frame->data + 6;
    return network_or_arp(net, device, frame, v, &h, seg);
}

/* The own address of a device that it is; -1: none of its own that is used. */
static __attribute__((noinline)) int own_of_device(const struct rn_stack *net, int device,
                                                   const struct addr *addr)
{
    int own = address_find(&net->addresses, addr);

    return own >= 0 && net->addresses.list[own].device == device &&
                   address_is_usable(&net->addresses, (unsigned)own)
               ? own
               : -1;
}

/* A segment was decoded and is for that own address: it is noted. */
static inline void note_segment(const struct quick *q, unsigned own, bool ipv6, struct room_segment *seg)
{
    memcpy(&seg->key.remote, q->src, sizeof seg->key.remote);
    seg->key.remote_port = seg->text.tcp.src_port;
    seg->key.local_port = seg->text.tcp.dst_port;
    seg->key.local = (uint16_t)own;
    seg->ipv6 = ipv6;
    seg->source_seen = false;
    seg->text.payload = q->payload;
    seg->text.len = q->len;
    seg->text.traffic_class = q->traffic_class;
}

/* Another own IPv4 address than that of the last segment. */
static __attribute__((noinline)) bool other_own4(struct rn_stack *net, int device, uint32_t word)
{
    uint64_t words[2];
    struct addr dst;
    int own;

    quick_read_addr4(words, (const uint8_t *)&word);
    dst = quick_addr(words);
    own = own_of_device(net, device, &dst);
    if (own < 0)
        return false;
    net->devices[device].own4 = (uint16_t)own;
    net->devices[device].own4_is = (uint64_t)word + 1;
    return true;
}

static __attribute__((noinline)) bool usual6(struct rn_stack *net, int device, const struct rn_frame *frame,
                                             bool verified, struct room_segment *seg)
{
    struct addr dst;
    struct quick q;
    int own;

    if (!quick_decode6(frame->data + ETH_LEN, frame->len - ETH_LEN, verified, &q, &seg->text.tcp))
        return false;
    dst = quick_addr(q.dst);
    own = own_of_device(net, device, &dst);
    if (own < 0)
        return false;
    note_segment(&q, (unsigned)own, true, seg);
    return true;
}

/* A frame in the usual form, the whole way at once: a segment without a tag to our own link address. False:
 * nothing was done, and the layers find out what it is. Whether its source may send is asked only when there
 * is no record of it, since whoever has one was asked. */
static inline bool usual_frame(struct rn_stack *net, int device, const struct rn_frame *frame,
                               struct room_segment *seg)
{
    const struct room_device *d = &net->devices[device];
    const uint8_t *at = frame->data;
    bool verified = is_verified(frame);
    struct quick q;
    uint32_t own;

    if (frame->fragments || frame->flags & RN_VLAN || frame->len < ETH_LEN ||
        eth_first6(at) != d->mac_first6 || eth_is_group(at + 6))
        return false;
    seg->src_mac = at + 6;
    if (eth_type(at) != ETH_IP4)
        return eth_type(at) == ETH_IP6 && usual6(net, device, frame, verified, seg);
    if (!quick_read4(at + ETH_LEN, frame->len - ETH_LEN, &q, &seg->text.tcp))
        return false;
    own = quick_addr4(q.dst);
    if ((uint64_t)own + 1 != d->own4_is && !other_own4(net, device, own))
        return false;
    note_segment(&q, d->own4, false, seg);
    return verified || quick_verify4(at + ETH_LEN, &q, &seg->text.tcp);
}

int input_burst(struct rn_stack *net, int device, int frames)
{
    const struct table *t = &net->conns.table;
    bool quick = !net->conns.config.no_fast_path && net->devices[device].link_len == ETH_LEN;
    struct room_segment *seg = net->segments;

    for (const struct rn_frame *f = net->frames, *end = f + frames; f < end; f++) {
        __builtin_prefetch(f[1].data); /* behind the last, of a burst that was: no harm */
        if (!(quick && usual_frame(net, device, f, seg)) && !any_frame(net, device, f, seg))
            continue;
        seg->hash = table_hash(t, &seg->key);
        seg->home = bucket_prefetch(&t->buckets, seg->hash);
        seg++;
    }
    return (int)(seg - net->segments);
}

/* The own address that it is for. */
static const struct addr *own_of(const struct rn_stack *net, const struct room_segment *seg)
{
    return &net->addresses.list[seg->key.local].addr;
}

/* What a verdict asks for goes back to where the segment came from. */
static void answer(struct rn_stack *net, int device, const struct room_segment *seg, const struct verdict *v)
{
    const struct tcp *t = &seg->text.tcp;
    struct room_reply *r;
    uint32_t space = seg->text.len + (t->flags & TCP_SYN ? 1 : 0) + (t->flags & TCP_FIN ? 1 : 0);

    if (v->drop)
        dropped(net, v->drop);
    if (v->reply == REPLY_NONE || (v->reply == REPLY_RST && t->flags & TCP_RST))
        return;
    if (v->reply == REPLY_RST && !reply_is_within_rate(net, &net->resets)) {
        dropped(net, DROP_RATE);
        return;
    }
    r = reply_new(net, device, ROOM_TCP, seg->src_mac);
    r->ipv6 = seg->ipv6;
    r->src = *own_of(net, seg);
    r->dst = seg->key.remote;
    r->tcp.src_port = t->dst_port;
    r->tcp.dst_port = t->src_port;
    if (v->reply != REPLY_RST) {
        r->tcp.flags = v->reply == REPLY_ACK ? TCP_ACK : v->flags;
        r->tcp.seq = v->seq;
        r->tcp.ack = v->ack;
        r->tcp.window = v->window;
        r->tcp.has = v->has;
        r->tcp.mss = v->mss;
        r->tcp.wscale = v->wscale;
        r->tcp.ts_value = v->ts_value;
        r->tcp.ts_echo = v->ts_echo;
        return;
    }
    /* RFC 9293 3.10.7.1: acceptable to whoever sent that. */
    net->conns.counts.resets_out++;
    if (t->flags & TCP_ACK) {
        r->tcp.flags = TCP_RST;
        r->tcp.seq = t->ack;
    } else {
        r->tcp.flags = TCP_RST | TCP_ACK;
        r->tcp.ack = seq_add(t->seq, space);
    }
}

/* The next hop towards a host that wrote to us: DROP_NONE and *hop, or why there is none yet. */
static enum drop next_hop(struct rn_stack *net, int device, const struct room_segment *seg, uint16_t *hop)
{
    int i = neighbours_hop(net, seg->key.local, &seg->key.remote);

    if (i < 0)
        return i == -ENETUNREACH ? DROP_NO_ROUTE : DROP_NEIGHBOURS_FULL;
    if (net->devices[device].dev->shared)
        neighbours_came_from(net, (unsigned)i, seg->src_mac);
    if (!neighbour_ready(&net->neighbours, (unsigned)i, net->now))
        return DROP_NEIGHBOUR;
    *hop = (uint16_t)i;
    return DROP_NONE;
}

/* The most that the device's link brings in a segment. */
static uint16_t link_mss(const struct rn_stack *net, int device, bool ipv6)
{
    return (uint16_t)(net->devices[device].mtu - (ipv6 ? IP6_LEN + TCP_LEN : IP4_LEN + TCP_LEN));
}

/* An ACK of no connection: it may give back a SYN cookie, and is then the connection's first segment. */
static struct verdict for_cookie(struct rn_stack *net, int device, const struct room_segment *seg,
                                 int listener)
{
    struct conns *s = &net->conns;
    uint16_t hop = 0;
    struct conn *c;

    if (listener < 0 || !listen_sent_cookies(&net->listeners, s, listener) || next_hop(net, device, seg, &hop))
        return verdict_reset(DROP_NO_CONNECTION);
    c = listen_cookie(&net->listeners, s, &seg->key, listener, &seg->text.tcp, hop,
                      link_mss(net, device, seg->ipv6));
    return c ? in_segment(s, &net->timewaits, c, &seg->text) : verdict_reset(DROP_NO_CONNECTION);
}

/* A segment of no connection: for a listener if it is a SYN (3.10.7.2), else it is answered (3.10.7.1). */
static struct verdict for_nobody(struct rn_stack *net, int device, const struct room_segment *seg,
                                 const seq32 *above)
{
    const struct tcp *t = &seg->text.tcp;
    struct listen_syn *y;
    struct verdict v;
    uint16_t hop = 0;
    enum drop bad;
    int listener;

    if (!seg->source_seen && is_no_source(net, device, &seg->key.remote))
        return verdict_of(DROP_SOURCE);
    if (!t->src_port || !t->dst_port)
        return verdict_of(DROP_MALFORMED);
    if (t->flags & TCP_RST)
        return verdict_of(DROP_NO_CONNECTION);
    listener = listen_find(&net->listeners, own_of(net, seg), t->dst_port, seg->ipv6);
    if (t->flags & TCP_ACK)
        return for_cookie(net, device, seg, listener);
    if (!(t->flags & TCP_SYN))
        return listener < 0 ? verdict_reset(DROP_NO_CONNECTION) : verdict_of(DROP_FLAGS);
    if (listener < 0)
        return verdict_reset(DROP_NO_LISTENER);
    bad = next_hop(net, device, seg, &hop);
    if (bad)
        return verdict_of(bad);
    y = listen_syn_received(&net->listeners, &net->conns, &seg->key, listener, t, hop,
                            link_mss(net, device, seg->ipv6), &v);
    if (y && above)
        listen_start_above(y, *above);
    return v;
}

/* A SYN for a listener ends TIME-WAIT if it is a new one; anything else is for the record itself. */
static struct verdict for_time_wait(struct rn_stack *net, int device, const struct room_segment *seg)
{
    seq32 above;

    if (!timewait_may_reopen(&net->timewaits, seg->index, &seg->text.tcp, &above) ||
        listen_find(&net->listeners, own_of(net, seg), seg->text.tcp.dst_port, seg->ipv6) < 0)
        return timewait_input(&net->timewaits, &net->conns, seg->index, &seg->text.tcp, seg->text.len);
    timewait_let_go(&net->timewaits, &net->conns, seg->index);
    return for_nobody(net, device, seg, &above);
}

/* The table says whose it is. */
static __attribute__((noinline)) void look_up(struct rn_stack *net, int device, struct room_segment *seg)
{
    struct conns *s = &net->conns;
    struct conn *c = NULL;
    struct verdict v = {0};

    seg->kind = (uint8_t)table_find(&s->table, &seg->key, seg->hash, &seg->index);
    if (seg->kind == TABLE_SYN) {
        v = listen_input(&net->listeners, s, seg->index, &seg->text.tcp, seg->text.len, &c);
        if (c) {
            seg->kind = TABLE_CONN;
            seg->index = conn_index(s, c);
        }
    }
    if (seg->kind == TABLE_CONN)
        v = in_segment(s, &net->timewaits, conn_at(s, seg->index), &seg->text);
    else if (seg->kind == TABLE_TIME_WAIT)
        v = for_time_wait(net, device, seg);
    else if (seg->kind == TABLE_NONE)
        v = for_nobody(net, device, seg, NULL);
    answer(net, device, seg, &v);
}

/* The guess was right: whom it names has that key, be it still in the table or not. */
static inline bool guess_was_right(const struct rn_stack *net, const struct room_segment *seg)
{
    return seg->kind == TABLE_CONN && table_same(&conn_at(&net->conns, seg->index)->key, &seg->key);
}

/* A segment that is not what was expected. */
static __attribute__((noinline)) void input_segment(struct rn_stack *net, int device,
                                                    struct room_segment *seg)
{
    struct conn *c = conn_at(&net->conns, seg->index);
    struct verdict v;

    /* The segments before this one may have changed what the guess was made on. */
    if (!guess_was_right(net, seg) || !(c->flags & CONN_IN_TABLE)) {
        look_up(net, device, seg);
        return;
    }
    v = in_segment(&net->conns, &net->timewaits, c, &seg->text);
    answer(net, device, seg, &v);
}

/* In line always: a function that does nothing but this is left out by gcc. */
static inline __attribute__((always_inline)) void prefetch_active(const struct rn_stack *net,
                                                                  const struct room_segment *seg)
{
    const struct conn *c = conn_at(&net->conns, seg->index);

    if (seg->kind == TABLE_CONN && c->active)
        __builtin_prefetch(slab_at(net->conns.slabs, c->active));
}

__attribute__((hot)) void input_segments(struct rn_stack *net, int device, int many)
{
    net->segments[many].kind = TABLE_NONE;
    for (struct room_segment *seg = net->segments, *end = seg + many; seg < end; seg++) {
        prefetch_active(net, seg + 1);
        /* Who is no longer in the table is no longer open, so not for the fast path. */
        if (!guess_was_right(net, seg) ||
            !fast_segment(&net->conns, conn_at(&net->conns, seg->index), &seg->text))
            input_segment(net, device, seg);
    }
}
