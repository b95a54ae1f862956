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
#include <runnel.h>

#include "base/seq.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAME_MAX = 1514, ROUNDS = 40, STEPS = 400, GIVING_UP = 40 };
/* The stack's memory, the same for every script: fresh pages would cost more than the script. */
static _Alignas(64) uint8_t memory[1 << 20];
static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1}, stack_mac[6] = {2, 0, 0, 0, 0, 7};

/* The script, its bytes taken from the front; zeros when it has ended. */
struct script {
    const uint8_t *at;
    size_t left;
};

/* What the last segment that the stack sent to a peer port said. */
struct talk {
    uint16_t port;
    struct tcp last;
};

struct bench {
    struct rn_stack *net;
    struct rn_dev *ends[2];
    rn_time now;
    struct talk talks[4]; /* by peer port modulo 4 */
    rn_sock client;
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

static void must(int rc)
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

/* Notes what the stack says, so that the next segments can be near it. */
static void listen_to(struct bench *b)
{
    const struct rn_dev_ops *ops = b->ends[0]->ops;
    struct rn_frame frames[32];
    int n = ops->burst(b->ends[0], frames, 32, b->now);

    for (int i = 0; i < n; i++) {
        struct view v = view_of(frames[i].data, frames[i].len);
        struct eth h;
        struct ip ip;
        struct tcp t;

        if (eth_decode(&v, &h) || (h.type == ETH_IP4 ? ip4_decode(&v, &ip) : ip6_decode(&v, &ip)) ||
            ip.protocol != IP_TCP)
            continue;
        assert(checksum_right(checksum_pseudo(&ip.src, &ip.dst, IP_TCP, (uint32_t)v.len), v.at, v.len));
        if (tcp_decode(&v, &t) == DROP_NONE) {
            b->talks[t.dst_port % 4].port = t.src_port;
            b->talks[t.dst_port % 4].last = t;
            b->talks[t.dst_port % 4].last.seq = seq_add(t.seq, (uint32_t)v.len);
        }
    }
    if (n > 0)
        ops->release(b->ends[0], n);
}

static void serve(struct bench *b)
{
    uint8_t buffer[300];

    for (struct rn_event ev; rn_next(b->net, &ev);) {
        ptrdiff_t n = 1;

        if (ev.mask & (RN_CLOSED | RN_FAILED))
            continue;
        if (ev.sock == b->client)
            n = rn_recv(b->net, ev.sock, buffer, sizeof buffer);
        else if (ev.mask & (RN_READABLE | RN_WRITABLE))
            n = rn_splice(b->net, ev.sock, ev.sock, RN_ALL);
        if (n == 0)
            rn_close(b->net, ev.sock);
    }
}

/* Rounds until the stack is quiet; it must become quiet. */
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

static void put(struct bench *b, const uint8_t *frame, size_t len)
{
    const struct rn_dev_ops *ops = b->ends[0]->ops;
    struct rn_frame slot;

    if (ops->reserve(b->ends[0], &slot, 1, b->now) != 1)
        return;
    slot.len = (uint32_t)(len < slot.room ? len : slot.room);
    memcpy(slot.data, frame, slot.len);
    ops->commit(b->ends[0], &slot, 1);
    ops->sync(b->ends[0], b->now);
}

static size_t link_header(uint8_t *frame, uint16_t type)
{
    struct eth h = {.type = type};

    memcpy(h.dst, stack_mac, 6);
    memcpy(h.src, our_mac, 6);
    return eth_encode(frame, &h);
}

static void raw_frame(struct bench *b, struct script *s)
{
    static const uint16_t types[] = {ETH_IP4, ETH_IP6, ETH_ARP, ETH_VLAN};
    uint8_t frame[FRAME_MAX];
    size_t at = link_header(frame, types[byte(s) % 4]), len = word(s) % 200;

    while (len-- > 0)
        frame[at++] = byte(s);
    put(b, frame, at);
}

/* Somebody says who he is, or asks: the stack itself, its peer, another or nobody. */
static void arp_frame(struct bench *b, struct script *s)
{
    static const uint8_t hosts[4][4] = {{10, 0, 0, 7}, {10, 0, 0, 1}, {10, 0, 0, 9}, {0, 0, 0, 0}};
    uint8_t frame[FRAME_MAX], which = byte(s);
    struct arp a = {.operation = which & 1 ? ARP_REQUEST : ARP_REPLY,
                    .sender = addr_of4(hosts[which >> 1 & 3]),
                    .target = addr_of4(hosts[which >> 3 & 3])};
    size_t at = link_header(frame, ETH_ARP);

    memcpy(a.sender_mac, which & 32 ? stack_mac : our_mac, 6);
    a.sender_mac[5] ^= which >> 6;
    put(b, frame, at + arp_encode(frame + at, &a));
}

/* A number near one that counts. */
static uint32_t near(struct script *s, uint32_t base)
{
    uint8_t how = byte(s);

    if (how < 128)
        return base;
    if (how < 192)
        return base + (uint32_t)(int8_t)byte(s);
    return base + (uint32_t)(int16_t)word(s);
}

static void segment(struct bench *b, struct script *s)
{
    uint8_t frame[FRAME_MAX], which = byte(s), *at;
    struct talk *k = &b->talks[which % 4];
    struct tcp t = {.flags = byte(s), .has = which & 4 ? TCP_HAS_MSS : 0, .mss = word(s)};
    uint32_t len = byte(s) & 1 ? word(s) % 1400 : 0, header;
    struct ip ip = {.protocol = IP_TCP, .ttl = 64, .dont_fragment = true};
    size_t start;

    t.src_port = (uint16_t)(40000 + which % 4);
    t.dst_port = which & 8 || !k->port ? 7 : k->port;
    t.seq = seq_of(near(s, k->last.ack.v));
    t.ack = seq_of(near(s, k->last.seq.v + (k->last.flags & (TCP_SYN | TCP_FIN) ? 1 : 0)));
    t.window = which & 16 ? word(s) : 65535;
    t.wscale = (which >> 5) % 15;
    if (which & 32)
        t.has |= TCP_HAS_WSCALE;
    header = (uint32_t)tcp_encoded_len(&t);
    address(&ip.src, b->six, false);
    address(&ip.dst, b->six, true);
    ip.payload_len = header + len;
    start = link_header(frame, b->six ? ETH_IP6 : ETH_IP4);
    start += b->six ? ip6_encode(frame + start, &ip) : ip4_encode(frame + start, &ip);
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
    const char *to = b->six ? "[fd00::1]:40003" : "10.0.0.1:40003";
    rn_sock sock = byte(s) & 1 ? b->client : (rn_sock)word(s) << 32 | (1 + byte(s) % 8);

    switch (byte(s) % 8) {
    case 0:
        if (rn_ready(b->net, b->client) == -EBADF)
            b->client = rn_connect(b->net, RN_TCP, to, NULL, NULL);
        break;
    case 1: rn_send(b->net, sock, buffer, word(s) % sizeof buffer); break;
    case 2: rn_recv(b->net, sock, buffer, byte(s)); break;
    case 3: rn_shutdown(b->net, sock); break;
    case 4: rn_close(b->net, sock); break;
    case 5: rn_abort(b->net, sock); break;
    case 6: rn_splice(b->net, sock, b->client, word(s)); break;
    default: rn_ready(b->net, sock); break;
    }
}

static void step(struct bench *b, struct script *s)
{
    uint8_t kind = byte(s);

    if (kind < 30)
        raw_frame(b, s);
    else if (kind < 40)
        arp_frame(b, s);
    else if (kind < 180)
        segment(b, s);
    else if (kind < 220)
        call(b, s);
    else
        b->now += (INT64_C(1) << (10 + byte(s) % 26));
    settle(b);
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
    must(rn_listen(b->net, RN_TCP, six ? "[::]:7" : "0.0.0.0:7", NULL) < 0 ? -1 : 0);
}

/* Nobody answers any more: by R2, 2 MSL and the other limits all must go. */
static void end(struct bench *b)
{
    struct rn_stats stats;

    rn_abort(b->net, b->client);
    for (int i = 0; i < GIVING_UP; i++) {
        b->now += 60 * INT64_C(1000000000);
        settle(b);
        for (struct rn_event ev; rn_next(b->net, &ev);)
            rn_abort(b->net, ev.sock);
    }
    rn_stats(b->net, &stats);
    for (int i = 0; i < RN_POOLS && stats.use[i].name; i++)
        if (!strcmp(stats.use[i].name, "half_open") || !strcmp(stats.use[i].name, "time_wait"))
            assert(stats.use[i].used == 0);
    rn_destroy(b->net);
    b->ends[0]->ops->close(b->ends[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script s = {data, size};
    struct bench b;
    uint8_t how;

    how = byte(&s);
    begin(&b, how & 1, how & 2);
    for (int i = 0; i < STEPS && s.left; i++)
        step(&b, &s);
    end(&b);
    return 0;
}
