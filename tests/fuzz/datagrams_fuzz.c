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
#include "lib/lone.h"

#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/udp.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS = 300, SOCKETS = 4, ETHERNET = 14 };

struct bench {
    struct lone l;
    rn_sock socks[SOCKETS];
    uint8_t sent[LONE_FRAME]; /* the last packet that the stack sent */
    size_t sent_len;
    uint16_t id; /* the identifier of its last echo request */
};

static struct bench *bench_of(struct lone *l)
{
    return (struct bench *)l;
}

/* What the stack sends is right, and the last of it is kept to be quoted. */
static void hear(struct lone *l, const struct rn_frame *frame)
{
    struct bench *b = bench_of(l);
    struct view v = view_of(frame->data, frame->len);
    struct udp udp;
    struct eth h;
    struct ip ip;

    if (eth_decode(&v, &h) || h.type == ETH_ARP)
        return;
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

/* Reads what there is, and answers every second one. */
static void serve(struct lone *l)
{
    struct bench *b = bench_of(l);
    uint8_t buffer[600];
    struct rn_datagram d;

    for (struct rn_event ev; rn_next(b->l.net, &ev);) {
        ptrdiff_t n = rn_recv_from(b->l.net, ev.sock, buffer, sizeof buffer, &d);

        if (n >= 0 && d.len % 2)
            rn_send_to(b->l.net, ev.sock, buffer, (size_t)n, &d);
    }
}

/* A packet from the peer, or from somewhere near it, with that transport of len bytes behind the headers; the
 * checksum stands at sum_at. */
static void put(struct bench *b, struct script *s, uint8_t *frame, uint8_t protocol, size_t len,
                size_t sum_at)
{
    struct ip ip = {.protocol = protocol, .ttl = 64, .dont_fragment = true, .payload_len = (uint32_t)len};
    uint8_t how = script_byte(s), *at = frame + ETHERNET + (b->l.six ? IP6_LEN : IP4_LEN);
    struct rn_frame whole = {.data = frame, .len = (uint32_t)((size_t)(at - frame) + len)};

    ip.src = lone_address(b->l.six, false);
    ip.dst = lone_address(b->l.six, true);
    if (how < 20)
        ip.src.b[15] = script_byte(s);
    if (protocol == IP_ICMP4 || how >= 30)
        checksum_store(
            at + sum_at,
            (protocol == IP_ICMP4 ? 0 : checksum_pseudo(&ip.src, &ip.dst, protocol, (uint32_t)len)) +
                sum_bytes(at, len));
    lone_link_header(frame, b->l.six ? ETH_IP6 : ETH_IP4);
    if (b->l.six)
        ip6_encode(frame + ETHERNET, &ip);
    else
        ip4_encode(frame + ETHERNET, &ip);
    if (how % 4 == 3) {
        whole.flags = RN_MERGED;
        whole.gso_size = script_byte(s);
    }
    lone_put(&b->l, &whole);
}

static uint16_t port(struct script *s)
{
    static const uint16_t ports[] = {53, 4000, 5000, 0};

    return ports[script_byte(s) % 4];
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void datagram(struct bench *b, struct script *s)
{
    uint8_t frame[LONE_FRAME] = {0}, *at = frame + ETHERNET + (b->l.six ? IP6_LEN : IP4_LEN);
    size_t len = script_byte(s) & 1 ? script_word(s) % 1400 : script_byte(s);

    put16(at, port(s));
    put16(at + 2, port(s));
    put16(at + 4, script_byte(s) < 240 ? UDP_LEN + len : script_word(s));
    put(b, s, frame, IP_UDP, UDP_LEN + len, 6);
}

static void echo(struct bench *b, struct script *s)
{
    uint8_t frame[LONE_FRAME] = {0}, *at = frame + ETHERNET + (b->l.six ? IP6_LEN : IP4_LEN);
    size_t len = script_byte(s);

    at[0] = (uint8_t)(script_byte(s) < 200 ? (b->l.six ? 129 : 0) : (b->l.six ? 128 : 8));
    put16(at + 4, script_byte(s) < 240 ? b->id : script_word(s));
    put16(at + 6, script_word(s));
    put(b, s, frame, b->l.six ? IP_ICMP6 : IP_ICMP4, ICMP_LEN + len, 2);
}

static void error(struct bench *b, struct script *s)
{
    uint8_t frame[LONE_FRAME] = {0}, *at = frame + ETHERNET + (b->l.six ? IP6_LEN : IP4_LEN);
    size_t len = script_byte(s) % 100;

    at[0] = script_byte(s);
    at[1] = script_byte(s) % 16;
    put16(at + 6, script_word(s));
    memcpy(at + ICMP_LEN, b->sent, len);
    if (script_byte(s) < 30 && len)
        at[ICMP_LEN + script_byte(s) % len] ^= (uint8_t)(1 << script_byte(s) % 8);
    put(b, s, frame, b->l.six ? IP_ICMP6 : IP_ICMP4, ICMP_LEN + len, 2);
}

static rn_sock open_again(struct bench *b, int which)
{
    switch (which) {
    case 0: return rn_listen(b->l.net, RN_UDP, b->l.six ? "[::]:53" : "0.0.0.0:53", NULL);
    case 1:
        return rn_connect(b->l.net, RN_UDP, b->l.six ? "[fd00::1]:4000" : "10.0.0.1:4000",
                          b->l.six ? "[::]:5000" : "0.0.0.0:5000", NULL);
    case 2: return rn_connect(b->l.net, RN_ICMP, b->l.six ? "fd00::1" : "10.0.0.1", NULL, NULL);
    default: /* somebody who does not answer */
        return rn_connect(b->l.net, RN_UDP, b->l.six ? "[fd00::2]:4000" : "10.0.0.2:4000", NULL, NULL);
    }
}

static void call(struct bench *b, struct script *s)
{
    static const uint8_t buffer[2000];
    int which = script_byte(s) % SOCKETS;
    rn_sock sock = b->socks[which];
    struct rn_datagram d = {.peer_port = port(s), .sequence = script_word(s)};
    struct rn_settings settings;
    struct rn_info info;
    struct addr peer = lone_address(b->l.six, false);

    peer.b[15] = script_byte(s) % 8;
    memcpy(d.peer, &peer, sizeof d.peer);
    switch (script_byte(s) % 8) {
    case 0:
        rn_close(b->l.net, sock);
        b->socks[which] = open_again(b, which);
        break;
    case 1: rn_send(b->l.net, sock, buffer, script_word(s) % sizeof buffer); break;
    case 2: rn_send_to(b->l.net, sock, buffer, script_word(s) % sizeof buffer, &d); break;
    case 3: rn_recv_from(b->l.net, sock, NULL, 0, &d); break;
    case 4: rn_info(b->l.net, sock, &info); break;
    case 5:
        if (rn_get_settings(b->l.net, sock, &settings) == 0) {
            settings.ttl = script_byte(s);
            rn_set_settings(b->l.net, sock, &settings);
        }
        break;
    default:
        for (int i = script_byte(s) % 40; i > 0; i--) /* without a flush in between */
            rn_send_to(b->l.net, sock, buffer, script_byte(s), &d);
    }
}

static void step(struct bench *b, struct script *s)
{
    uint8_t kind = script_byte(s);

    if (kind < 70)
        datagram(b, s);
    else if (kind < 100)
        echo(b, s);
    else if (kind < 150)
        error(b, s);
    else if (kind < 220)
        call(b, s);
    else
        b->l.now += (INT64_C(1) << (10 + script_byte(s) % 26));
    lone_settle(&b->l, serve, hear);
}

static void begin(struct bench *b, bool six)
{
    struct rn_options o = {.connections = 4,
                           .neighbours = 4,
                           .budget_bytes = 1 << 16,
                           .datagrams = SOCKETS,
                           .receive_bytes = 3000,
                           .send_bytes = 3000};

    memset(b, 0, sizeof *b);
    lone_begin(&b->l, &o, six);
    for (int i = 0; i < SOCKETS; i++)
        lone_must(b->socks[i] = open_again(b, i));
}

static void end(struct bench *b)
{
    for (int i = 0; i < SOCKETS; i++)
        rn_close(b->l.net, b->socks[i]);
    for (int i = 0; i < 10; i++) {
        b->l.now += INT64_C(1000000000);
        lone_settle(&b->l, serve, hear);
    }
    assert(lone_used(&b->l, "budget_bytes") == 0);
    assert(lone_used(&b->l, "datagrams") == 0);
    lone_end(&b->l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script s = {data, size};
    struct bench b;

    begin(&b, script_byte(&s) & 1);
    for (int i = 0; i < STEPS && s.left; i++)
        step(&b, &s);
    end(&b);
    return 0;
}
