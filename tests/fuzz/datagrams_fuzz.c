/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datagram sockets in a whole stack: one bound, one connected, one that pings, and an application that reads
 * and answers, the fuzzer being everybody else. A script of small steps is played:
 *
 *      datagram  UDP between ports that are in use and others, checksum right or any, some of them merged
 *      echo      a reply or a question with an identifier near one that is in use
 *      error     an ICMP error of any type that quotes what the stack has sent, or something near it
 *      call      something the application does, with sockets opened and closed in between
 *      wait      the clock goes on, from microseconds to minutes
 *
 * Every packet that the stack sends has right checksums. In the end the sockets are closed, time runs out,
 * and the budget must be whole again.
 */
#include <runnel.h>

#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/udp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAME_MAX = 1514, ROUNDS = 40, STEPS = 300, SOCKETS = 4, ETHERNET = 14 };

static _Alignas(64) uint8_t memory[1 << 20];
static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1}, stack_mac[6] = {2, 0, 0, 0, 0, 7};

struct script {
    const uint8_t *at;
    size_t left;
};

struct bench {
    struct rn_stack *net;
    struct rn_dev *ends[2];
    rn_time now;
    rn_sock socks[SOCKETS];
    uint8_t sent[FRAME_MAX]; /* the last packet that the stack sent */
    size_t sent_len;
    uint16_t id; /* the identifier of its last echo request */
    bool six;
};

static uint8_t byte(struct script *s)
{
    if (!s->left)
        return 0;
    s->left--;
    return *s->at++;
}

static uint16_t word(struct script *s)
{
    uint16_t high = byte(s);

    return (uint16_t)(high << 8 | byte(s));
}

static void must(int64_t rc)
{
    if (rc < 0)
        abort();
}

static void address(struct addr *a, bool six, bool stack)
{
    bool ok = addr_parse(six ? (stack ? "fd00::7" : "fd00::1") : (stack ? "10.0.0.7" : "10.0.0.1"), a);

    assert(ok);
    (void)ok;
}

/* What the stack sends is right, and the last of it is kept to be quoted. */
static void listen_to(struct bench *b)
{
    const struct rn_dev_ops *ops = b->ends[0]->ops;
    struct rn_frame frames[32];
    int n = ops->burst(b->ends[0], frames, 32, b->now);

    for (int i = 0; i < n; i++) {
        struct view v = view_of(frames[i].data, frames[i].len);
        struct udp udp;
        struct eth h;
        struct ip ip;

        if (eth_decode(&v, &h) || h.type == ETH_ARP)
            continue;
        b->sent_len = v.len;
        memcpy(b->sent, v.at, v.len);
        assert((h.type == ETH_IP4 ? ip4_decode(&v, &ip) : ip6_decode(&v, &ip)) == DROP_NONE);
        if (ip.protocol == IP_UDP)
            assert(udp_decode(&v, &ip, false, &udp) == DROP_NONE);
        else
            assert(checksum_right(
                ip.protocol == IP_ICMP4 ? 0 : checksum_pseudo(&ip.src, &ip.dst, ip.protocol, (uint32_t)v.len),
                v.at, v.len));
        if (ip.protocol != IP_UDP && v.len >= ICMP_LEN)
            b->id = (uint16_t)(v.at[4] << 8 | v.at[5]);
    }
    if (n > 0)
        ops->release(b->ends[0], n);
}

/* Reads what there is, and answers every second one. */
static void serve(struct bench *b)
{
    uint8_t buffer[600];
    struct rn_datagram d;

    for (struct rn_event ev; rn_next(b->net, &ev);) {
        ptrdiff_t n = rn_recv_from(b->net, ev.sock, buffer, sizeof buffer, &d);

        if (n >= 0 && d.len % 2)
            rn_send_to(b->net, ev.sock, buffer, (size_t)n, &d);
    }
}

static void settle(struct bench *b)
{
    int rounds = 0, took;
    rn_time next;

    do {
        took = rn_poll(b->net, b->now);
        serve(b);
        next = rn_flush(b->net, b->now);
        listen_to(b);
        b->ends[0]->ops->sync(b->ends[0], b->now);
    } while ((took > 0 || next <= b->now) && ++rounds < ROUNDS);
    assert(rounds < ROUNDS);
}

/* A packet from the peer, or from somewhere near it, with that transport of len bytes behind the headers; the
 * checksum stands at sum_at. */
static void put(struct bench *b, struct script *s, uint8_t *frame, uint8_t protocol, size_t len,
                size_t sum_at)
{
    const struct rn_dev_ops *ops = b->ends[0]->ops;
    struct eth h = {.type = b->six ? ETH_IP6 : ETH_IP4};
    struct ip ip = {.protocol = protocol, .ttl = 64, .dont_fragment = true, .payload_len = (uint32_t)len};
    uint8_t how = byte(s), *at = frame + ETHERNET + (b->six ? IP6_LEN : IP4_LEN);
    struct rn_frame slot;

    address(&ip.src, b->six, false);
    address(&ip.dst, b->six, true);
    if (how < 20)
        ip.src.b[15] = byte(s);
    if (protocol == IP_ICMP4 || how >= 30)
        checksum_store(
            at + sum_at,
            (protocol == IP_ICMP4 ? 0 : checksum_pseudo(&ip.src, &ip.dst, protocol, (uint32_t)len)) +
                sum_bytes(at, len));
    memcpy(h.dst, stack_mac, 6);
    memcpy(h.src, our_mac, 6);
    eth_encode(frame, &h);
    if (b->six)
        ip6_encode(frame + ETHERNET, &ip);
    else
        ip4_encode(frame + ETHERNET, &ip);
    if (ops->reserve(b->ends[0], &slot, 1, b->now) != 1)
        return;
    slot.len = (uint32_t)((size_t)(at - frame) + len);
    if (how % 4 == 3) {
        slot.flags = RN_MERGED;
        slot.gso_size = byte(s);
    }
    memcpy(slot.data, frame, slot.len);
    ops->commit(b->ends[0], &slot, 1);
    ops->sync(b->ends[0], b->now);
}

static uint16_t port(struct script *s)
{
    static const uint16_t ports[] = {53, 4000, 5000, 0};

    return ports[byte(s) % 4];
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void datagram(struct bench *b, struct script *s)
{
    uint8_t frame[FRAME_MAX] = {0}, *at = frame + ETHERNET + (b->six ? IP6_LEN : IP4_LEN);
    size_t len = byte(s) & 1 ? word(s) % 1400 : byte(s);

    put16(at, port(s));
    put16(at + 2, port(s));
    put16(at + 4, byte(s) < 240 ? UDP_LEN + len : word(s));
    put(b, s, frame, IP_UDP, UDP_LEN + len, 6);
}

static void echo(struct bench *b, struct script *s)
{
    uint8_t frame[FRAME_MAX] = {0}, *at = frame + ETHERNET + (b->six ? IP6_LEN : IP4_LEN);
    size_t len = byte(s);

    at[0] = (uint8_t)(byte(s) < 200 ? (b->six ? 129 : 0) : (b->six ? 128 : 8));
    put16(at + 4, byte(s) < 240 ? b->id : word(s));
    put16(at + 6, word(s));
    put(b, s, frame, b->six ? IP_ICMP6 : IP_ICMP4, ICMP_LEN + len, 2);
}

static void error(struct bench *b, struct script *s)
{
    uint8_t frame[FRAME_MAX] = {0}, *at = frame + ETHERNET + (b->six ? IP6_LEN : IP4_LEN);
    size_t len = byte(s) % 100;

    at[0] = byte(s);
    at[1] = byte(s) % 16;
    put16(at + 6, word(s));
    memcpy(at + ICMP_LEN, b->sent, len);
    if (byte(s) < 30 && len)
        at[ICMP_LEN + byte(s) % len] ^= (uint8_t)(1 << byte(s) % 8);
    put(b, s, frame, b->six ? IP_ICMP6 : IP_ICMP4, ICMP_LEN + len, 2);
}

static rn_sock open_again(struct bench *b, int which)
{
    switch (which) {
    case 0: return rn_listen(b->net, RN_UDP, b->six ? "[::]:53" : "0.0.0.0:53", NULL);
    case 1:
        return rn_connect(b->net, RN_UDP, b->six ? "[fd00::1]:4000" : "10.0.0.1:4000",
                          b->six ? "[::]:5000" : "0.0.0.0:5000", NULL);
    case 2: return rn_connect(b->net, RN_ICMP, b->six ? "fd00::1" : "10.0.0.1", NULL, NULL);
    default: /* somebody who does not answer */
        return rn_connect(b->net, RN_UDP, b->six ? "[fd00::2]:4000" : "10.0.0.2:4000", NULL, NULL);
    }
}

static void call(struct bench *b, struct script *s)
{
    static const uint8_t buffer[2000];
    int which = byte(s) % SOCKETS;
    rn_sock sock = b->socks[which];
    struct rn_datagram d = {.peer_port = port(s), .sequence = word(s)};
    struct rn_settings settings;
    struct rn_info info;
    struct addr peer;

    address(&peer, b->six, false);
    peer.b[15] = byte(s) % 8;
    memcpy(d.peer, &peer, sizeof d.peer);
    switch (byte(s) % 8) {
    case 0:
        rn_close(b->net, sock);
        b->socks[which] = open_again(b, which);
        break;
    case 1: rn_send(b->net, sock, buffer, word(s) % sizeof buffer); break;
    case 2: rn_send_to(b->net, sock, buffer, word(s) % sizeof buffer, &d); break;
    case 3: rn_recv_from(b->net, sock, NULL, 0, &d); break;
    case 4: rn_info(b->net, sock, &info); break;
    case 5:
        if (rn_get_settings(b->net, sock, &settings) == 0) {
            settings.ttl = byte(s);
            rn_set_settings(b->net, sock, &settings);
        }
        break;
    default:
        for (int i = byte(s) % 40; i > 0; i--) /* without a flush in between */
            rn_send_to(b->net, sock, buffer, byte(s), &d);
    }
}

static void step(struct bench *b, struct script *s)
{
    uint8_t kind = byte(s);

    if (kind < 70)
        datagram(b, s);
    else if (kind < 100)
        echo(b, s);
    else if (kind < 150)
        error(b, s);
    else if (kind < 220)
        call(b, s);
    else
        b->now += (INT64_C(1) << (10 + byte(s) % 26));
    settle(b);
}

static void begin(struct bench *b, bool six)
{
    struct rn_options o = {.connections = 4,
                           .neighbours = 4,
                           .budget_bytes = 1 << 16,
                           .datagrams = SOCKETS,
                           .receive_bytes = 3000,
                           .send_bytes = 3000};
    struct rn_host host = {.seed = {1, 2, 3}};
    size_t bytes = rn_need(&o);

    memset(b, 0, sizeof *b);
    b->six = six;
    b->now = 1000000;
    assert(bytes && bytes <= sizeof memory);
    memset(memory, 0, bytes);
    must(rn_init(&b->net, &o, memory, bytes, &host, NULL));
    must(rn_dev_pair(b->ends, &(struct rn_pair_options){.slots = 32, .buffer_bytes = 1536}, NULL));
    memcpy(b->ends[1]->mac, stack_mac, 6);
    must(rn_add_device(b->net, b->ends[1], NULL));
    must(rn_add_address(b->net, "10.0.0.7/24", NULL));
    must(rn_add_address(b->net, "fd00::7/64", NULL));
    must(rn_add_neighbour(b->net, "10.0.0.1", "02:00:00:00:00:01", NULL));
    must(rn_add_neighbour(b->net, "fd00::1", "02:00:00:00:00:01", NULL));
    for (int i = 0; i < SOCKETS; i++)
        must(b->socks[i] = open_again(b, i));
}

static void end(struct bench *b)
{
    struct rn_stats stats;

    for (int i = 0; i < SOCKETS; i++)
        rn_close(b->net, b->socks[i]);
    for (int i = 0; i < 10; i++) {
        b->now += INT64_C(1000000000);
        settle(b);
    }
    rn_stats(b->net, &stats);
    for (int i = 0; i < RN_POOLS && stats.use[i].name; i++)
        if (!strcmp(stats.use[i].name, "budget_bytes") || !strcmp(stats.use[i].name, "datagrams"))
            assert(stats.use[i].used == 0);
    rn_destroy(b->net);
    b->ends[0]->ops->close(b->ends[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script s = {data, size};
    struct bench b;

    begin(&b, byte(&s) & 1);
    for (int i = 0; i < STEPS && s.left; i++)
        step(&b, &s);
    end(&b);
    return 0;
}
