/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bit errors that the Internet checksum finds, all of them. Flipping bits that lie within 15 of each other
 * changes the ones' complement sum by d * 2^s with 0 < |d| < 2^15, which is never 0 modulo 65,535: no such
 * burst keeps the sum (a burst of 16 can turn 0x0000 into 0xffff). But a receiver takes lengths out of the
 * bytes that were hit, and a UDP checksum that becomes 0 says "none", so every blow is looked at with the
 * receiver's eyes, and taken back and dealt anew when it would pass. An area whose checksum is not right
 * beforehand is left alone, since a blow could make it right.
 *
 * Called by fault.c. ARP, neighbour discovery, link and IPv6 headers have no checksum of their own that
 * the whole stack could rely on: what they say is never touched.
 */
#include "damage.h"

#include "locate.h"
#include "base/be.h"
#include "wire/checksum.h"

enum { BURST_MAX = 15, BLOWS = 16 };
enum { ND_FIRST = 133, ND_LAST = 137, UDP_HEADER = 8, TCP_HEADER = 20, ICMP_HEADER = 8 };

struct area {
    uint32_t at, len; /* in the frame, bytes */
};

/* UDP that says it has no checksum (RFC 768). */
static bool is_unchecked(const uint8_t *frame, const struct place *p)
{
    const uint8_t *udp = frame + p->transport_at;

    return p->ip.protocol == IP_UDP && p->end - p->transport_at >= UDP_HEADER && udp[6] == 0 && udp[7] == 0;
}

/* How many bytes of UDP its length field covers; 0: it is wrong. */
static uint32_t udp_covered(const uint8_t *udp, uint32_t len)
{
    uint32_t covered;

    if (len < UDP_HEADER)
        return 0;
    covered = be16_get((be16){{udp[4], udp[5]}});
    return covered >= UDP_HEADER && covered <= len ? covered : 0;
}

/* The part of the transport that its checksum covers; length 0: none, or it is wrong there. */
static struct area sound_transport(const uint8_t *frame, const struct place *p)
{
    const uint8_t *at = frame + p->transport_at;
    uint32_t len = p->end - p->transport_at, sum;
    struct area none = {0, 0};

    if (p->ip.fragment || is_unchecked(frame, p))
        return none;
    if (p->ip.protocol == IP_UDP)
        len = udp_covered(at, len);
    else if (p->ip.protocol == IP_TCP)
        len = len < TCP_HEADER ? 0 : len;
    else if (p->ip.protocol == (p->version6 ? IP_ICMP6 : IP_ICMP4))
        len = len < ICMP_HEADER ? 0 : len;
    else
        return none;
    if (len == 0)
        return none;
    sum = p->ip.protocol == IP_ICMP4 ? 0 : checksum_pseudo(&p->ip.src, &p->ip.dst, p->ip.protocol, len);
    return checksum_right(sum, at, len) ? (struct area){p->transport_at, len} : none;
}

static bool is_neighbour_discovery(const uint8_t *frame, const struct place *p)
{
    const uint8_t *icmp = frame + p->transport_at;

    return p->ip.protocol == IP_ICMP6 && p->end > p->transport_at && icmp[0] >= ND_FIRST &&
           icmp[0] <= ND_LAST;
}

/* Would a receiver take the frame for good, having been hit in that area? */
static bool passes(const uint8_t *frame, uint32_t len, uint8_t medium, const struct place *before,
                   bool header)
{
    struct place p;

    if (!locate_packet(frame, len, medium, &p))
        return false;
    return header || p.version6 != before->version6 || is_unchecked(frame, &p) ||
           sound_transport(frame, &p).len > 0;
}

/* Flips the bits of pattern, its lowest at bit `bit` of the frame. Done twice it undoes itself. */
static void flip(uint8_t *frame, uint32_t bit, uint32_t pattern)
{
    for (; pattern; pattern >>= 1, bit++)
        if (pattern & 1)
            frame[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

/* One bit in half of the cases, else a burst of 2 to 15 whose first and last bit are hit. */
static uint32_t draw_pattern(struct random *r)
{
    uint32_t width = 2 + (uint32_t)random_below(r, BURST_MAX - 1);

    if (random_next(r) >> 63)
        return 1;
    return (uint32_t)random_below(r, UINT32_C(1) << width) | UINT32_C(1) << (width - 1) | 1;
}

/* Where a pattern falls that begins somewhere in the area: drawn back so that it ends in it. */
static uint32_t place_bit(const struct area *a, uint32_t bit, uint32_t pattern)
{
    uint32_t width = 0;

    while (pattern >> width)
        width++;
    return a->at * 8 + (bit + width > a->len * 8 ? a->len * 8 - width : bit);
}

bool damage_frame(uint8_t *frame, uint32_t len, uint8_t medium, struct random *r)
{
    struct place p;
    struct area header = {0, 0}, transport = {0, 0};

    if (!locate_packet(frame, len, medium, &p) || is_neighbour_discovery(frame, &p))
        return false;
    if (!p.version6)
        header = (struct area){p.ip_at, p.transport_at - p.ip_at};
    transport = sound_transport(frame, &p);
    if (header.len + transport.len == 0)
        return false;
    for (int i = 0; i < BLOWS; i++) {
        uint32_t pattern = draw_pattern(r);
        uint32_t bit = (uint32_t)random_below(r, (uint64_t)(header.len + transport.len) * 8);
        bool in_header = bit < header.len * 8;

        bit = in_header ? place_bit(&header, bit, pattern)
                        : place_bit(&transport, bit - header.len * 8, pattern);
        flip(frame, bit, pattern);
        if (!passes(frame, len, medium, &p, in_header))
            return true;
        flip(frame, bit, pattern);
    }
    return false;
}
