/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The whole input path, and the state machine behind it: one stack with an echo server and a client of its
 * own, the fuzzer being everybody else. A script of small steps is played:
 *
 *      frame    raw bytes behind our link addresses, or an ARP packet
 *      segment  a TCP segment whose numbers lie near those that the stack used last, checksums right
 *      call     something the application does
 *      wait     the clock goes on, from microseconds to minutes
 *
 * After each step the stack has polled, served and flushed within a bounded number of rounds. In the end all
 * is aborted, time runs out, and every pool must be empty again.
 */
#include "lib/lone.h"

#include "base/seq.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS = 400, GIVING_UP = 40 };
/* What the last segment that the stack sent to a peer port said. */
struct talk {
    uint16_t port;
    struct tcp last;
};

struct bench {
    struct lone l;
    struct talk talks[4]; /* by peer port modulo 4 */
    rn_sock client;
};

static struct bench *bench_of(struct lone *l)
{
    return (struct bench *)l;
}

/* Notes what the stack says, so that the next segments can be near it. */
static void hear(struct lone *l, const struct rn_frame *frame)
{
    struct bench *b = bench_of(l);
    struct view v = view_of(frame->data, frame->len);
    struct eth h;
    struct ip ip;
    struct tcp t;

    if (eth_decode(&v, &h) || (h.type == ETH_IP4 ? ip4_decode(&v, &ip) : ip6_decode(&v, &ip)) ||
        ip.protocol != IP_TCP)
        return;
    assert(checksum_right(checksum_pseudo(&ip.src, &ip.dst, IP_TCP, (uint32_t)v.len), v.at, v.len));
    if (tcp_decode(&v, &t) == DROP_NONE) {
        b->talks[t.dst_port % 4].port = t.src_port;
        b->talks[t.dst_port % 4].last = t;
        b->talks[t.dst_port % 4].last.seq = seq_add(t.seq, (uint32_t)v.len);
    }
}

static void serve(struct lone *l)
{
    struct bench *b = bench_of(l);
    uint8_t buffer[300];

    for (struct rn_event ev; rn_next(b->l.net, &ev);) {
        ptrdiff_t n = 1;

        if (ev.mask & (RN_CLOSED | RN_FAILED))
            continue;
        if (ev.sock == b->client)
            n = rn_recv(b->l.net, ev.sock, buffer, sizeof buffer);
        else if (ev.mask & (RN_READABLE | RN_WRITABLE))
            n = rn_splice(b->l.net, ev.sock, ev.sock, RN_ALL);
        if (n == 0)
            rn_close(b->l.net, ev.sock);
    }
}

static void put(struct bench *b, uint8_t *frame, size_t len)
{
    lone_put(&b->l, &(struct rn_frame){.data = frame, .len = (uint32_t)len});
}

static void raw_frame(struct bench *b, struct script *s)
{
    static const uint16_t types[] = {ETH_IP4, ETH_IP6, ETH_ARP, ETH_VLAN};
    uint8_t frame[LONE_FRAME];
    size_t at = lone_link_header(frame, types[script_byte(s) % 4]), len = script_word(s) % 200;

    while (len-- > 0)
        frame[at++] = script_byte(s);
    put(b, frame, at);
}

/* Somebody says who he is, or asks: the stack itself, its peer, another or nobody. */
static void arp_frame(struct bench *b, struct script *s)
{
    static const uint8_t hosts[4][4] = {{10, 0, 0, 7}, {10, 0, 0, 1}, {10, 0, 0, 9}, {0, 0, 0, 0}};
    uint8_t frame[LONE_FRAME], which = script_byte(s);
    struct arp a = {.operation = which & 1 ? ARP_REQUEST : ARP_REPLY,
                    .sender = addr_of4(hosts[which >> 1 & 3]),
                    .target = addr_of4(hosts[which >> 3 & 3])};
    size_t at = lone_link_header(frame, ETH_ARP);

    memcpy(a.sender_mac, which & 32 ? lone_stack_mac : lone_peer_mac, 6);
    a.sender_mac[5] ^= which >> 6;
    put(b, frame, at + arp_encode(frame + at, &a));
}

/* A number near one that counts. */
static uint32_t near(struct script *s, uint32_t base)
{
    uint8_t how = script_byte(s);

    if (how < 128)
        return base;
    if (how < 192)
        return base + (uint32_t)(int8_t)script_byte(s);
    return base + (uint32_t)(int16_t)script_word(s);
}

static void segment(struct bench *b, struct script *s)
{
    uint8_t frame[LONE_FRAME], which = script_byte(s), *at;
    struct talk *k = &b->talks[which % 4];
    struct tcp t = {.flags = script_byte(s), .has = which & 4 ? TCP_HAS_MSS : 0, .mss = script_word(s)};
    uint32_t len = script_byte(s) & 1 ? script_word(s) % 1400 : 0, header;
    struct ip ip = {.protocol = IP_TCP, .ttl = 64, .dont_fragment = true};
    size_t start;

    t.src_port = (uint16_t)(40000 + which % 4);
    t.dst_port = which & 8 || !k->port ? 7 : k->port;
    t.seq = seq_of(near(s, k->last.ack.v));
    t.ack = seq_of(near(s, k->last.seq.v + (k->last.flags & (TCP_SYN | TCP_FIN) ? 1 : 0)));
    t.window = which & 16 ? script_word(s) : 65535;
    t.wscale = (which >> 5) % 15;
    if (which & 32)
        t.has |= TCP_HAS_WSCALE;
    header = (uint32_t)tcp_encoded_len(&t);
    ip.src = lone_address(b->l.six, false);
    ip.dst = lone_address(b->l.six, true);
    ip.payload_len = header + len;
    start = lone_link_header(frame, b->l.six ? ETH_IP6 : ETH_IP4);
    start += b->l.six ? ip6_encode(frame + start, &ip) : ip4_encode(frame + start, &ip);
    at = frame + start;
    tcp_encode(at, &t);
    memset(at + header, 'x', len);
    checksum_store(at + 16,
                   checksum_pseudo(&ip.src, &ip.dst, IP_TCP, header + len) + sum_bytes(at, header + len));
    put(b, frame, start + header + len);
}

static void call(struct bench *b, struct script *s)
{
    uint8_t buffer[2000] = {0};
    const char *to = b->l.six ? "[fd00::1]:40003" : "10.0.0.1:40003";
    rn_sock sock = script_byte(s) & 1 ? b->client : (rn_sock)script_word(s) << 32 | (1 + script_byte(s) % 8);

    switch (script_byte(s) % 8) {
    case 0:
        if (rn_ready(b->l.net, b->client) == -EBADF)
            b->client = rn_connect(b->l.net, RN_TCP, to, NULL, NULL);
        break;
    case 1: rn_send(b->l.net, sock, buffer, script_word(s) % sizeof buffer); break;
    case 2: rn_recv(b->l.net, sock, buffer, script_byte(s)); break;
    case 3: rn_shutdown(b->l.net, sock); break;
    case 4: rn_close(b->l.net, sock); break;
    case 5: rn_abort(b->l.net, sock); break;
    case 6: rn_splice(b->l.net, sock, b->client, script_word(s)); break;
    default: rn_ready(b->l.net, sock); break;
    }
}

static void step(struct bench *b, struct script *s)
{
    uint8_t kind = script_byte(s);

    if (kind < 30)
        raw_frame(b, s);
    else if (kind < 40)
        arp_frame(b, s);
    else if (kind < 180)
        segment(b, s);
    else if (kind < 220)
        call(b, s);
    else
        b->l.now += (INT64_C(1) << (10 + script_byte(s) % 26));
    lone_settle(&b->l, serve, hear);
}

static void begin(struct bench *b, bool six, bool claims)
{
    struct rn_options o = {.connections = 64,
                           .half_open = 64,
                           .neighbours = 16,
                           .budget_bytes = 1 << 16,
                           .receive_bytes = 3000,
                           .send_bytes = 3000,
                           .conflict = claims ? RN_CONFLICT_QUICK : RN_CONFLICT_OFF};

    memset(b, 0, sizeof *b);
    lone_begin(&b->l, &o, six);
    lone_must(rn_listen(b->l.net, RN_TCP, six ? "[::]:7" : "0.0.0.0:7", NULL) < 0 ? -1 : 0);
}

/* Nobody answers any more: by R2, 2 MSL and the other limits all must go. */
static void end(struct bench *b)
{
    rn_abort(b->l.net, b->client);
    for (int i = 0; i < GIVING_UP; i++) {
        b->l.now += 60 * INT64_C(1000000000);
        lone_settle(&b->l, serve, hear);
        for (struct rn_event ev; rn_next(b->l.net, &ev);)
            rn_abort(b->l.net, ev.sock);
    }
    assert(lone_used(&b->l, "half_open") == 0);
    assert(lone_used(&b->l, "time_wait") == 0);
    lone_end(&b->l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script s = {data, size};
    struct bench b;
    uint8_t how;

    how = script_byte(&s);
    begin(&b, how & 1, how & 2);
    for (int i = 0; i < STEPS && s.left; i++)
        step(&b, &s);
    end(&b);
    return 0;
}
