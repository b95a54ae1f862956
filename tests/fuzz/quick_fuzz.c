/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/quick: any bytes as a packet of either family, as they are, with their lengths and with their
 * checksums made right. Where the quick decoder says yes, the ordinary ones must say the same, field by
 * field; and what it read is encoded again by both, to the same bytes.
 */
#include "wire/quick.h"

#include "wire/checksum.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 2048 };

/* The same, asked of the layers one by one. */
static bool ordinary(const uint8_t *at, size_t len, bool six, bool verified, struct quick *out,
                     struct tcp *tcp)
{
    struct view v = view_of(at, len);
    struct ip ip;

    if ((six ? ip6_decode(&v, &ip) : ip4_decode(&v, &ip)) || ip.fragment || ip.protocol != IP_TCP)
        return false;
    if (!verified && !checksum_right(checksum_pseudo(&ip.src, &ip.dst, IP_TCP, (uint32_t)v.len), v.at, v.len))
        return false;
    if (tcp_decode(&v, tcp))
        return false;
    *out = (struct quick){.payload = v.at, .len = (uint32_t)v.len, .traffic_class = ip.traffic_class};
    memcpy(out->src, &ip.src, sizeof out->src);
    memcpy(out->dst, &ip.dst, sizeof out->dst);
    return !(tcp->flags & (TCP_SYN | TCP_RST));
}

static bool same(const struct quick *q, const struct tcp *t, const struct quick *o, const struct tcp *u)
{
    return memcmp(q->src, o->src, sizeof q->src) == 0 && memcmp(q->dst, o->dst, sizeof q->dst) == 0 &&
           q->payload == o->payload && q->len == o->len && q->traffic_class == o->traffic_class &&
           t->src_port == u->src_port && t->dst_port == u->dst_port && seq_eq(t->seq, u->seq) &&
           seq_eq(t->ack, u->ack) && t->flags == u->flags && t->has == u->has && t->window == u->window &&
           t->urgent == u->urgent && (!t->has || (t->ts_value == u->ts_value && t->ts_echo == u->ts_echo));
}

/* Both encoders make the same headers of it. */
static void encode(const struct quick *q, const struct tcp *t, bool six)
{
    static uint8_t mine[MOST], theirs[MOST];
    struct addr src = quick_addr(q->src), dst = quick_addr(q->dst);
    struct quick_packet p = {.src = &src,
                             .dst = &dst,
                             .len = q->len,
                             .sum = sum_bytes(q->payload, q->len),
                             .traffic_class = q->traffic_class,
                             .ttl = 64};
    uint32_t header = (uint32_t)tcp_encoded_len(t);
    struct ip ip = {.src = src,
                    .dst = dst,
                    .protocol = IP_TCP,
                    .ttl = 64,
                    .traffic_class = q->traffic_class,
                    .dont_fragment = true,
                    .payload_len = header + q->len};
    size_t at = six ? ip6_encode(theirs, &ip) : ip4_encode(theirs, &ip);

    assert(quick_can(t) && quick_len(t) == header);
    tcp_encode(theirs + at, t);
    checksum_store(theirs + at + 16, checksum_pseudo(&src, &dst, IP_TCP, header + q->len) +
                                         sum_bytes(theirs + at, header) + p.sum);
    if (six)
        quick_encode6(mine, &p, t);
    else
        quick_encode4(mine, &p, t);
    assert(memcmp(mine, theirs, at + header) == 0);
}

static void decode(const uint8_t *data, size_t size, bool six, bool verified)
{
    struct quick q, o;
    struct tcp t, u;
    bool said = ordinary(data, size, six, verified, &o, &u);

    if (!(six ? quick_decode6(data, size, verified, &q, &t) : quick_decode4(data, size, verified, &q, &t)))
        return;
    assert(said && same(&q, &t, &o, &u));
    assert(q.payload >= data && q.payload + q.len <= data + size);
    if (q.len <= MOST - 100)
        encode(&q, &t, six);
}

/* Makes a packet of the family out of the bytes, so that checks further in are reached. */
static void mend(uint8_t *at, size_t size, bool six)
{
    size_t ip = six ? IP6_LEN : IP4_LEN;
    struct addr src, dst;

    if (size < ip + TCP_LEN || size > 65535)
        return;
    at[0] = (uint8_t)(six ? 0x60 | (at[0] & 15) : 0x45);
    at[six ? 6 : 9] = IP_TCP;
    if (six) {
        at[4] = (uint8_t)((size - ip) >> 8);
        at[5] = (uint8_t)(size - ip);
        memcpy(&src, at + 8, 16);
        memcpy(&dst, at + 24, 16);
    } else {
        at[2] = (uint8_t)(size >> 8);
        at[3] = (uint8_t)size;
        at[6] &= 0xc0;
        at[7] = at[10] = at[11] = 0;
        checksum_store(at + 10, sum_bytes(at, IP4_LEN));
        src = addr_of4(at + 12);
        dst = addr_of4(at + 16);
    }
    at[ip + 16] = at[ip + 17] = 0;
    checksum_store(at + ip + 16, checksum_pseudo(&src, &dst, IP_TCP, (uint32_t)(size - ip)) +
                                     sum_bytes(at + ip, size - ip));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);

    assert(copy != NULL);
    for (int how = 0; how < 8; how++) {
        bool six = how & 1, verified = how & 2;

        memcpy(copy, data, size);
        if (how & 4)
            mend(copy, size, six);
        decode(copy, size, six, verified);
    }
    free(copy);
    return 0;
}
