/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Replies that no connection sends: what input found to be owed waits here, as a value, for the next flush to
 * encode. Of those that anybody can ask for there is a rate. Segments and ARP packets of others are encoded
 * here, too.
 */
#include "room.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <string.h>

bool reply_is_within_rate(struct rn_stack *net, struct room_rate *rate)
{
    const rn_time part = TIME_S / ROOM_RATE;
    rn_time from = rate->taken > net->now ? rate->taken : net->now;

    if (from - net->now > TIME_S - part)
        return false;
    rate->taken = from + part;
    return true;
}

struct room_reply *reply_new(struct rn_stack *net, int device, enum room_reply_kind kind, const uint8_t *mac)
{
    struct room_reply *r = &net->replies[net->reply_count++];

    memset(r, 0, sizeof *r);
    r->kind = kind;
    r->device = (uint8_t)device;
    if (mac)
        memcpy(r->mac, mac, 6);
    return r;
}

struct room_reply *reply_to(struct rn_stack *net, const struct room_packet *p, enum room_reply_kind kind)
{
    struct room_reply *r = reply_new(net, p->device, kind, p->mac);

    r->ipv6 = p->ipv6;
    r->src = p->ip.dst;
    r->dst = p->ip.src;
    return r;
}

/* ---- encoding */

void reply_put_tcp(struct rn_stack *net, unsigned device, const uint8_t *mac, const struct addr *src,
                   const struct addr *dst, bool ipv6, const struct tcp *t, const struct conn_settings *k)
{
    uint32_t len = (uint32_t)tcp_encoded_len(t);
    struct ip ip = slots_packet(net, src, dst, IP_TCP, len);
    uint8_t *at;

    ip.ttl = k->ttl;
    ip.traffic_class = (uint8_t)(k->dscp << 2);
    at = slots_fill(net, device, slots_of(net, device), mac, &ip, ipv6);
    tcp_encode(at, t);
    checksum_store(at + 16, checksum_pseudo(src, dst, IP_TCP, len) + sum_bytes(at, len));
}

void reply_put_arp(struct rn_stack *net, unsigned device, const uint8_t *mac, const struct arp *a)
{
    struct room_device *d = &net->devices[device];
    struct rn_frame *f = slots_of(net, device);
    uint32_t at = slots_link(d, f->data, mac, ETH_ARP);

    f->len = at + (uint32_t)arp_encode(f->data + at, a);
    d->slot++;
}

static void put_icmp(struct rn_stack *net, const struct room_reply *r)
{
    struct ip ip = slots_packet(net, &r->src, &r->dst, r->ipv6 ? IP_ICMP6 : IP_ICMP4, ICMP_LEN + r->icmp.len);
    uint8_t *at = slots_fill(net, r->device, slots_of(net, r->device), r->mac, &ip, r->ipv6);
    uint32_t sum = sum_copy(at + ICMP_LEN, r->icmp.data, r->icmp.len);

    if (r->ipv6)
        icmp6_encode(at, &r->icmp.head, &r->src, &r->dst, r->icmp.len, sum);
    else
        icmp4_encode(at, &r->icmp.head, sum);
}

static __attribute__((noinline)) void put_reply(struct rn_stack *net, const struct room_reply *r)
{
    const struct rn_frame *f = slots_of(net, r->device);
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
        reply_put_arp(net, r->device, r->mac, &a);
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

        reply_put_tcp(net, r->device, r->mac, &r->src, &r->dst, r->ipv6, &t, &net->conns.settings[0]);
    }
}

__attribute__((hot)) void reply_put_all(struct rn_stack *net)
{
    for (uint32_t i = 0; i < net->reply_count; i++)
        put_reply(net, &net->replies[i]);
    net->reply_count = 0;
}
