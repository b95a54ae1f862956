/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The form that nearly all TCP segments have, read and written in one go instead of layer by layer: an IP
 * header without options, extension headers or fragments, then a TCP header without options or with nothing
 * but an aligned timestamp. For anything else, and for anything that is wrong, there are ip4.h, ip6.h and
 * tcp.h; where this says yes it says the same as they do.
 *
 *      OFFSET IPv4   IPv6
 *             0      0     IP, 20 or 40 bytes
 *            20     40     TCP, 20 bytes, or 32 with 01 01 08 0a vv vv vv vv ee ee ee ee
 *         40, 52 60, 72    payload
 */
#ifndef WIRE_QUICK_H
#define WIRE_QUICK_H

#include "addr.h"
#include "tcp.h"

enum { QUICK_TIMESTAMP = 12 /* bytes of the option with the two that align it */ };

/* What IP says of a segment that came, and where its payload lies. */
struct quick {
    struct addr src, dst;
    const uint8_t *payload;
    uint32_t len;
    uint8_t traffic_class;
};

/* Decodes the len bytes of a packet of that family. True: lengths, both checksums (TCP's unless it is known
 * to be right: verified), ports and flags are right; it is no fragment, no SYN and no RST. Whose the
 * addresses are, and whether such a one may send, is not looked at. False: *out and *tcp hold nothing. */
bool quick_decode4(const uint8_t *at, size_t len, bool verified, struct quick *out, struct tcp *tcp);
bool quick_decode6(const uint8_t *at, size_t len, bool verified, struct quick *out, struct tcp *tcp);

/* What IP says of a segment that goes: what ip4_encode and ip6_encode would make of it with `id` and `flow` 0
 * and `dont_fragment`; and what is to be known of its payload. */
struct quick_packet {
    const struct addr *src, *dst;
    uint32_t len, sum; /* of the payload */
    uint8_t traffic_class, ttl;
};

/* True when quick_encode4 and quick_encode6 can write that header. */
static inline bool quick_can(const struct tcp *t)
{
    return !(t->has & ~TCP_HAS_TIMESTAMP);
}

/* Bytes of TCP header that they will write. */
static inline uint32_t quick_len(const struct tcp *t)
{
    return t->has ? TCP_LEN + QUICK_TIMESTAMP : TCP_LEN;
}

/* Writes both headers with their checksums, IP's to `at` and TCP's behind it. */
void quick_encode4(uint8_t *at, const struct quick_packet *p, const struct tcp *t);
void quick_encode6(uint8_t *at, const struct quick_packet *p, const struct tcp *t);

#endif
