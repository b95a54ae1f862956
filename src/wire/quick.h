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
 *
 * Every field is at a fixed place, a load and a shift. What else makes it short:
 *
 *      The Internet checksum of a number is its rest modulo 65,535, since 2^16 is 1 there: words of any width
 *      may be added to 64 bits, and a sum is right when 65,535 divides it.
 *      A word that is written is summed as it is stored, from the register that it is stored from.
 *      Words of 32 bits are added to 64: a header has not enough of them for a carry.
 *
 * All of it is in line, since it is done for each segment: what is decoded here need not go through memory on
 * its way to who asks for it.
 */
#ifndef WIRE_QUICK_H
#define WIRE_QUICK_H

#include "base/word.h"
#include "addr.h"
#include "checksum.h"
#include "ip.h"
#include "ip4.h"
#include "ip6.h"
#include "tcp.h"

enum { QUICK_TIMESTAMP = 12 /* bytes of the option with the two that align it */ };

/* What IP says of a segment that came, and where its payload lies. */
struct quick {
    uint64_t src[2], dst[2]; /* the bytes of a struct addr, as two words: they need no memory */
    const uint8_t *payload;
    uint32_t len;
    uint8_t traffic_class;
};

enum {
    QUICK_TIMESTAMP_ALONE = 0x0101080a, /* NOP, NOP, kind, length */
    QUICK_WORDS_BARE = TCP_LEN / 4,
    QUICK_WORDS_TIMESTAMP = (TCP_LEN + QUICK_TIMESTAMP) / 4,
    QUICK_SUM4_AT = 10, /* the checksum in an IPv4 header */
    QUICK_SUM_AT = 16,  /* ... in TCP's */
    QUICK_DONT_FRAGMENT = 0x4000,
    QUICK_FRAGMENT = 0x3fff /* more fragments, and the offset */
};

/* A byte order that is known when this is compiled, so that no branch is left of it. */
enum { QUICK_LITTLE = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };

/* ---- words -------------------------------------------------------------------------------------------- */

/* From the wire's order to the machine's, or back. */
static inline uint32_t quick_swap4(uint32_t word)
{
    return QUICK_LITTLE ? __builtin_bswap32(word) : word;
}

static inline uint64_t quick_swap8(uint64_t word)
{
    return QUICK_LITTLE ? __builtin_bswap64(word) : word;
}

/* Stores a value in the wire's order and returns what is to be added to a sum for it. */
static inline uint32_t quick_put4(uint8_t *at, uint32_t value)
{
    uint32_t word = quick_swap4(value);

    memcpy(at, &word, sizeof word);
    return word;
}

static inline uint32_t quick_copy4(uint8_t *at, const uint8_t *from)
{
    uint32_t word = word_load4(from);

    memcpy(at, &word, sizeof word);
    return word;
}

/* Adds a word to a sum, and whether that overflowed to the carries, which are added at the end. */
static inline void quick_count(uint64_t *sum, uint64_t *carries, uint64_t word)
{
    *sum += word;
    *carries += *sum < word;
}

/* What a sum that is to be right holds: no rest. (It is not 0 where an IP version or a protocol is in it.)
 * 65,535 is odd, so that dividing by it is multiplying by its inverse modulo 2^64, which makes small numbers
 * of its multiples and of them alone. */
static inline bool quick_is_right(uint64_t sum)
{
    return sum * UINT64_C(0xfffefffefffeffff) <= UINT64_MAX / 65535;
}

/* ---- decoding ----------------------------------------------------------------------------------------- */

/* The options that a header of that many words has: none, or a timestamp where it is expected. */
static inline __attribute__((always_inline)) bool quick_read_options(const uint8_t *at, size_t words,
                                                                     struct tcp *out)
{
    out->has = 0;
    if (words == QUICK_WORDS_BARE)
        return true;
    if (words != QUICK_WORDS_TIMESTAMP || quick_swap4(word_load4(at + TCP_LEN)) != QUICK_TIMESTAMP_ALONE)
        return false;
    out->has = TCP_HAS_TIMESTAMP;
    out->ts_value = quick_swap4(word_load4(at + TCP_LEN + 4));
    out->ts_echo = quick_swap4(word_load4(at + TCP_LEN + 8));
    return true;
}

/* Everything of the transport's len bytes (TCP_LEN at least) but its checksum. */
static inline __attribute__((always_inline)) bool quick_read_tcp(const uint8_t *at, size_t len,
                                                                 struct quick *out, struct tcp *tcp)
{
    uint64_t first = quick_swap8(word_load8(at)), second = quick_swap8(word_load8(at + 8));
    size_t words = second >> 28 & 15;

    if (len < 4 * words || (uint32_t)second >> 16 & (TCP_SYN | TCP_RST) ||
        !quick_read_options(at, words, tcp))
        return false;
    tcp->src_port = (uint16_t)(first >> 48);
    tcp->dst_port = (uint16_t)(first >> 32);
    tcp->seq = seq_of((uint32_t)first);
    tcp->ack = seq_of((uint32_t)(second >> 32));
    tcp->flags = (uint8_t)(second >> 16);
    tcp->window = (uint16_t)second;
    tcp->urgent = (uint16_t)quick_swap4(word_load4(at + 16));
    out->payload = at + 4 * words;
    out->len = (uint32_t)(len - 4 * words);
    return true;
}

/* The transport, which was read to *q and *tcp, holds the right checksum; sum: of the addresses, 34 bits.
 */
static inline __attribute__((always_inline)) bool quick_is_right_tcp(const uint8_t *at, const struct quick *q,
                                                                     const struct tcp *tcp, uint64_t sum)
{
    uint32_t len = (uint32_t)(q->payload - at) + q->len;
    uint64_t carries = 0;

    sum += (uint64_t)quick_swap4(len + IP_TCP) + word_load4(at + 16);
    if (tcp->has)
        sum +=
            (uint64_t)word_load4(at + TCP_LEN) + word_load4(at + TCP_LEN + 4) + word_load4(at + TCP_LEN + 8);
    quick_count(&sum, &carries, word_load8(at));
    quick_count(&sum, &carries, word_load8(at + 8));
    if (q->len)
        quick_count(&sum, &carries, sum_total(q->payload, q->len));
    return quick_is_right(checksum_add(sum, carries));
}

/* ::ffff:a.b.c.d */
static inline void quick_read_addr4(uint64_t to[2], const uint8_t *from)
{
    const uint64_t address = word_load4(from);

    to[0] = 0;
    to[1] = QUICK_LITTLE ? address << 32 | 0xffff0000 : UINT64_C(0xffff) << 32 | address;
}

static inline void quick_read_addr6(uint64_t to[2], const uint8_t *from)
{
    to[0] = word_load8(from);
    to[1] = word_load8(from + 8);
}

/* The bytes of an IPv4 address, as a word. */
static inline uint32_t quick_addr4(const uint64_t words[2])
{
    return QUICK_LITTLE ? (uint32_t)(words[1] >> 32) : (uint32_t)words[1];
}

/* An address from two words. */
static inline struct addr quick_addr(const uint64_t words[2])
{
    struct addr addr;

    memcpy(addr.b, words, sizeof addr);
    return addr;
}

/* Decodes the len bytes of a packet of that family, but for TCP's checksum. True: lengths, IPv4's checksum
 * and flags are right; it is no fragment, no SYN and no RST. Whose the addresses are, whether such a one may
 * send, and whether a port is 0, is not looked at. False: *out and *tcp hold nothing. */
static inline __attribute__((always_inline)) bool quick_read4(const uint8_t *at, size_t len,
                                                              struct quick *out, struct tcp *tcp)
{
    uint64_t first;
    size_t total;

    if (len < IP4_LEN + TCP_LEN)
        return false;
    first = quick_swap8(word_load8(at));
    total = first >> 32 & 0xffff;
    if (first >> 56 != 0x45 || first & QUICK_FRAGMENT || at[9] != IP_TCP || total > len ||
        total < IP4_LEN + TCP_LEN)
        return false;
    if (!quick_is_right(checksum_add((uint64_t)word_load4(at + 8) + word_load4(at + 12) + word_load4(at + 16),
                                     word_load8(at))) ||
        !quick_read_tcp(at + IP4_LEN, total - IP4_LEN, out, tcp))
        return false;
    quick_read_addr4(out->src, at + 12);
    quick_read_addr4(out->dst, at + 16);
    out->traffic_class = at[1];
    return true;
}

static inline bool quick_read6(const uint8_t *at, size_t len, struct quick *out, struct tcp *tcp)
{
    struct addr src, dst;
    uint64_t first;
    size_t claimed;

    if (len < IP6_LEN + TCP_LEN)
        return false;
    first = quick_swap8(word_load8(at));
    claimed = first >> 16 & 0xffff;
    if (first >> 60 != 6 || at[6] != IP_TCP || claimed > len - IP6_LEN || claimed < TCP_LEN)
        return false;
    quick_read_addr6(out->src, at + 8);
    quick_read_addr6(out->dst, at + 24);
    src = quick_addr(out->src);
    dst = quick_addr(out->dst);
    if (addr_is4(&src) || addr_is4(&dst) || !quick_read_tcp(at + IP6_LEN, claimed, out, tcp))
        return false;
    out->traffic_class = (uint8_t)(first >> 52);
    return true;
}

/* TCP's checksum is right in the packet that was read to *q and *tcp. */
static inline __attribute__((always_inline)) bool quick_verify4(const uint8_t *at, const struct quick *q,
                                                                const struct tcp *tcp)
{
    return quick_is_right_tcp(at + IP4_LEN, q, tcp, (uint64_t)word_load4(at + 12) + word_load4(at + 16));
}

static inline bool quick_verify6(const uint8_t *at, const struct quick *q, const struct tcp *tcp)
{
    return quick_is_right_tcp(at + IP6_LEN, q, tcp,
                              sum_half_total(checksum_add16(checksum_add16(0, at + 8), at + 24)));
}

/* Both: verified if it is known that the checksum is right. */
static inline bool quick_decode4(const uint8_t *at, size_t len, bool verified, struct quick *out,
                                 struct tcp *tcp)
{
    return quick_read4(at, len, out, tcp) && (verified || quick_verify4(at, out, tcp));
}

static inline bool quick_decode6(const uint8_t *at, size_t len, bool verified, struct quick *out,
                                 struct tcp *tcp)
{
    return quick_read6(at, len, out, tcp) && (verified || quick_verify6(at, out, tcp));
}

/* ---- encoding ----------------------------------------------------------------------------------------- */

/* What IP says of a segment that goes: what ip4_encode and ip6_encode would make of it with `id` and `flow` 0
 * and `dont_fragment`; and what is to be known of its payload. */
struct quick_packet {
    const struct addr *src, *dst;
    uint32_t len; /* of the payload */
    uint64_t sum; /* of the payload: a total of base/sum */
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

/* Stores two values in the wire's order and returns what is to be added to a sum for them: a whole word, with
 * a carry. */
static inline uint64_t quick_put8(uint8_t *at, uint32_t first, uint32_t second)
{
    uint64_t word = quick_swap8((uint64_t)first << 32 | second);

    memcpy(at, &word, sizeof word);
    return word;
}

/* TCP's header; sum: of the addresses. */
static inline __attribute__((always_inline)) void quick_put_tcp(uint8_t *at, const struct quick_packet *p,
                                                                const struct tcp *t, uint64_t sum)
{
    uint32_t len = quick_len(t);
    uint64_t carries = 0;

    sum += quick_swap4(len + p->len + IP_TCP);
    sum += quick_put4(at + 16, t->urgent);
    if (t->has)
        sum += quick_put4(at + TCP_LEN, QUICK_TIMESTAMP_ALONE);
    quick_count(&sum, &carries, quick_put8(at, (uint32_t)t->src_port << 16 | t->dst_port, t->seq.v));
    quick_count(&sum, &carries,
                quick_put8(at + 8, t->ack.v, len << 26 | (uint32_t)t->flags << 16 | t->window));
    if (t->has)
        quick_count(&sum, &carries, quick_put8(at + TCP_LEN + 4, t->ts_value, t->ts_echo));
    quick_count(&sum, &carries, p->sum);
    checksum_store(at + QUICK_SUM_AT, checksum_add(sum, carries));
}

/* Writes both headers with their checksums, IP's to `at` and TCP's behind it. */
static inline __attribute__((always_inline)) void quick_encode4(uint8_t *at, const struct quick_packet *p,
                                                                const struct tcp *t)
{
    uint32_t len = IP4_LEN + quick_len(t) + p->len;
    uint64_t sum = quick_put4(at + 8, (uint32_t)p->ttl << 24 | IP_TCP << 16), addresses = 0;

    addresses += quick_copy4(at + 12, p->src->b + 12);
    addresses += quick_copy4(at + 16, p->dst->b + 12);
    sum = checksum_add(
        sum + addresses,
        quick_put8(at, UINT32_C(0x45000000) | (uint32_t)p->traffic_class << 16 | len, QUICK_DONT_FRAGMENT));
    checksum_store(at + QUICK_SUM4_AT, sum);
    quick_put_tcp(at + IP4_LEN, p, t, addresses);
}

/* In a packet that quick_encode4 or quick_encode6 wrote, of tcp_len bytes behind IP's header: TCP's checksum gives
 * way to the sum of the pseudo-header, for a device that adds the rest. */
static inline void quick_leave_sum(uint8_t *at, uint32_t tcp_len, bool ipv6)
{
    uint64_t sum = quick_swap4(tcp_len + IP_TCP);

    if (ipv6)
        sum += sum_half_total(checksum_add16(checksum_add16(0, at + 8), at + 24));
    else
        sum += (uint64_t)word_load4(at + 12) + word_load4(at + 16);
    checksum_leave(at + (ipv6 ? IP6_LEN : IP4_LEN) + QUICK_SUM_AT, sum);
}

static inline void quick_encode6(uint8_t *at, const struct quick_packet *p, const struct tcp *t)
{
    uint64_t addresses = 0;

    quick_put4(at, UINT32_C(0x60000000) | (uint32_t)p->traffic_class << 20);
    quick_put4(at + 4, (quick_len(t) + p->len) << 16 | IP_TCP << 8 | p->ttl);
    for (int i = 0; i < 16; i += 4) {
        addresses += quick_copy4(at + 8 + i, p->src->b + i);
        addresses += quick_copy4(at + 24 + i, p->dst->b + i);
    }
    quick_put_tcp(at + IP6_LEN, p, t, addresses);
}

#endif
