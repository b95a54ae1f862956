/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Segmentation and checksums as a card does them. A segment is the merged frame's headers, copied, and its
 * slice of the payload; then the fields that differ are written over:
 *
 *      IPv4  +2 total length, +4 identification, +10 checksum      IPv6  +4 payload length
 *      TCP   +4 sequence number, +13 flags, +16 checksum           UDP   +4 length, +6 checksum
 *
 * Called by the devices that give a frame away to somebody who cannot do this: fault.c, capture.c.
 */
#include "offload.h"

#include "base/be.h"
#include "wire/checksum.h"
#include "wire/tcp.h"

#include <string.h>

enum {
    UDP_HEADER = 8,
    IP4_LENGTH_AT = 2,
    IP4_ID_AT = 4,
    IP4_SUM_AT = 10,
    IP6_LENGTH_AT = 4,
    IP6_HEADER = 40
};
enum { TCP_SEQ_AT = 4, TCP_FLAGS_AT = 13, TCP_SUM_AT = 16, UDP_LENGTH_AT = 4, UDP_SUM_AT = 6 };

static uint32_t get16(const uint8_t *at)
{
    return be16_get((be16){{at[0], at[1]}});
}

static void put16(uint8_t *at, uint32_t value)
{
    be16 v = be16_of(value);

    memcpy(at, v.b, sizeof v.b);
}

/* A sum of zero is stored as its other form, 0xffff: for TCP they are the same, for UDP a zero would say that
 * there is no checksum (RFC 768). */
static void store_sum(uint8_t *field, uint32_t total)
{
    static const uint8_t zero[2] = {0, 0}, ones[2] = {0xff, 0xff};

    checksum_store(field, total);
    if (memcmp(field, zero, 2) == 0)
        memcpy(field, ones, 2);
}

void offload_checksum(struct rn_frame *frame)
{
    uint32_t start = frame->csum_start, field = start + frame->csum_offset;

    frame->flags &= (uint16_t)~RN_CSUM_PARTIAL;
    if (field + 2 <= frame->len)
        store_sum(frame->data + field, sum_bytes(frame->data + start, frame->len - start));
    frame->csum_start = frame->csum_offset = 0;
}

bool offload_look(const struct rn_frame *frame, uint8_t medium, struct offload_merged *out)
{
    const struct place *p = &out->place;
    struct view v;
    struct tcp tcp;

    if (!(frame->flags & RN_MERGED) || frame->gso_size == 0)
        return false;
    if (!locate_packet(frame->data, frame->len, medium, &out->place) || p->ip.fragment)
        return false;
    v = view_of(frame->data + p->transport_at, p->end - p->transport_at);
    if (p->ip.protocol == IP_TCP ? tcp_decode(&v, &tcp) != DROP_NONE
                                 : p->ip.protocol != IP_UDP || !view_take(&v, UDP_HEADER))
        return false;
    out->data = frame->data;
    out->headers = (uint32_t)(v.at - frame->data);
    out->payload_len = (uint32_t)v.len;
    out->size = frame->gso_size;
    out->segments = out->payload_len ? (out->payload_len + out->size - 1) / out->size : 1;
    return true;
}

static void write_ip(const struct place *p, uint8_t *packet, uint32_t packet_len, uint32_t i)
{
    uint8_t *ip = packet + p->ip_at;
    uint32_t ip_len = packet_len - p->ip_at;

    if (p->version6) {
        put16(ip + IP6_LENGTH_AT, ip_len - IP6_HEADER);
        return;
    }
    put16(ip + IP4_LENGTH_AT, ip_len);
    put16(ip + IP4_ID_AT, get16(ip + IP4_ID_AT) + i);
    put16(ip + IP4_SUM_AT, 0);
    checksum_store(ip + IP4_SUM_AT, sum_bytes(ip, p->transport_at - p->ip_at));
}

static void write_tcp(const struct offload_merged *m, uint8_t *tcp, uint32_t i)
{
    uint32_t seq = get16(tcp + TCP_SEQ_AT) << 16 | get16(tcp + TCP_SEQ_AT + 2);

    seq += i * m->size;
    put16(tcp + TCP_SEQ_AT, seq >> 16);
    put16(tcp + TCP_SEQ_AT + 2, seq & 0xffff);
    if (i > 0)
        tcp[TCP_FLAGS_AT] &= (uint8_t)~TCP_CWR;
    if (i < m->segments - 1)
        tcp[TCP_FLAGS_AT] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
}

uint32_t offload_cut(const struct offload_merged *m, uint32_t i, uint8_t *to)
{
    const struct place *p = &m->place;
    uint32_t from = i * m->size, left = m->payload_len - from;
    uint32_t slice = left < m->size ? left : m->size;
    uint32_t len = m->headers + slice, transport_len = len - p->transport_at;
    uint8_t *transport = to + p->transport_at, *field;

    memcpy(to, m->data, m->headers);
    memcpy(to + m->headers, m->data + m->headers + from, slice);
    write_ip(p, to, len, i);
    if (p->ip.protocol == IP_TCP) {
        write_tcp(m, transport, i);
        field = transport + TCP_SUM_AT;
    } else {
        put16(transport + UDP_LENGTH_AT, transport_len);
        field = transport + UDP_SUM_AT;
    }
    put16(field, 0);
    store_sum(field, checksum_pseudo(&p->ip.src, &p->ip.dst, p->ip.protocol, transport_len) +
                         sum_bytes(transport, transport_len));
    return len;
}
