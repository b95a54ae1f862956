/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two headers at fixed places, so that every field is a load and a shift. What makes it short:
 *
 *      The Internet checksum of a number is its rest modulo 65,535, since 2^16 is 1 there: words of any width
 *      may be added to 64 bits, and a sum is right when 65,535 divides it.
 *      A word that is written is summed as it is stored, from the register that it is stored from.
 *      Words of 32 bits are added to 64: a header has not enough of them for a carry.
 *
 * Called by stack/ for each segment. Whatever is not as usual makes a decoder say no before it has written
 * anything, and the ordinary ones, which find out what it is, are asked again.
 */
#include "quick.h"

#include "base/word.h"
#include "checksum.h"
#include "ip.h"
#include "ip4.h"
#include "ip6.h"

enum {
    TIMESTAMP_ALONE = 0x0101080a, /* NOP, NOP, kind, length */
    WORDS_BARE = TCP_LEN / 4,
    WORDS_TIMESTAMP = (TCP_LEN + QUICK_TIMESTAMP) / 4,
    SUM4_AT = 10, /* the checksum in an IPv4 header */
    SUM_AT = 16,  /* ... in TCP's */
    DONT_FRAGMENT = 0x4000,
    FRAGMENT = 0x3fff /* more fragments, and the offset */
};

/* A byte order that is known when this is compiled, so that no branch is left of it. */
enum { LITTLE = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };

/* ---- words -------------------------------------------------------------------------------------------- */

/* From the wire's order to the machine's, or back. */
static inline uint32_t swap4(uint32_t word)
{
    return LITTLE ? __builtin_bswap32(word) : word;
}

static inline uint64_t swap8(uint64_t word)
{
    return LITTLE ? __builtin_bswap64(word) : word;
}

/* Stores a value in the wire's order and returns what is to be added to a sum for it. */
static inline uint32_t put4(uint8_t *at, uint32_t value)
{
    uint32_t word = swap4(value);

    memcpy(at, &word, sizeof word);
    return word;
}

static inline uint32_t copy4(uint8_t *at, const uint8_t *from)
{
    uint32_t word = word_load4(from);

    memcpy(at, &word, sizeof word);
    return word;
}

/* What a sum that is to be right holds: no rest. (It is not 0 where an IP version or a protocol is in it.) */
static inline bool is_right(uint64_t sum)
{
    return sum % 65535 == 0;
}

/* ---- decoding ----------------------------------------------------------------------------------------- */

/* The options that a header of that many words has: none, or a timestamp where it is expected. */
static inline bool read_options(const uint8_t *at, size_t words, struct tcp *out)
{
    out->has = 0;
    if (words == WORDS_BARE)
        return true;
    if (words != WORDS_TIMESTAMP || swap4(word_load4(at + TCP_LEN)) != TIMESTAMP_ALONE)
        return false;
    out->has = TCP_HAS_TIMESTAMP;
    out->ts_value = swap4(word_load4(at + TCP_LEN + 4));
    out->ts_echo = swap4(word_load4(at + TCP_LEN + 8));
    return true;
}

/* Everything of the transport's len bytes (TCP_LEN at least) but its checksum. */
static inline bool read_tcp(const uint8_t *at, size_t len, struct quick *out, struct tcp *tcp)
{
    uint64_t first = swap8(word_load8(at)), second = swap8(word_load8(at + 8));
    size_t words = second >> 28 & 15;
    uint32_t ports = (uint32_t)(first >> 32);

    if (len < 4 * words || (uint32_t)second >> 16 & (TCP_SYN | TCP_RST) || !(ports >> 16) ||
        !(uint16_t)ports || !read_options(at, words, tcp))
        return false;
    tcp->src_port = (uint16_t)(ports >> 16);
    tcp->dst_port = (uint16_t)ports;
    tcp->seq = seq_of((uint32_t)first);
    tcp->ack = seq_of((uint32_t)(second >> 32));
    tcp->flags = (uint8_t)(second >> 16);
    tcp->window = (uint16_t)second;
    tcp->urgent = (uint16_t)swap4(word_load4(at + 16));
    out->payload = at + 4 * words;
    out->len = (uint32_t)(len - 4 * words);
    return true;
}

/* The transport's len bytes, which were read to *q and *tcp, hold the right checksum; sum: of the addresses.
 */
static inline bool is_right_tcp(const uint8_t *at, size_t len, const struct quick *q, const struct tcp *tcp,
                                uint64_t sum)
{
    sum = checksum_add(sum, swap4((uint32_t)len + IP_TCP));
    sum = checksum_add16(checksum_add(sum, word_load4(at + 16)), at);
    if (tcp->has)
        sum = checksum_add(checksum_add(sum, word_load8(at + TCP_LEN)), word_load4(at + TCP_LEN + 8));
    if (q->len)
        sum = checksum_add(sum, sum_bytes(q->payload, q->len));
    return is_right(sum);
}

/* ::ffff:a.b.c.d, in two words that a comparison or a hash can load at once. */
static inline void put_addr4(struct addr *to, const uint8_t *from)
{
    const uint64_t front = 0, address = word_load4(from);
    const uint64_t back = LITTLE ? address << 32 | 0xffff0000 : UINT64_C(0xffff) << 32 | address;

    memcpy(to->b, &front, 8);
    memcpy(to->b + 8, &back, 8);
}

bool quick_decode4(const uint8_t *at, size_t len, bool verified, struct quick *out, struct tcp *tcp)
{
    uint64_t first;
    size_t total;

    if (len < IP4_LEN + TCP_LEN)
        return false;
    first = swap8(word_load8(at));
    total = first >> 32 & 0xffff;
    if (first >> 56 != 0x45 || first & FRAGMENT || at[9] != IP_TCP || total > len ||
        total < IP4_LEN + TCP_LEN)
        return false;
    if (!is_right(checksum_add16(word_load4(at + 16), at)) ||
        !read_tcp(at + IP4_LEN, total - IP4_LEN, out, tcp))
        return false;
    put_addr4(&out->src, at + 12);
    put_addr4(&out->dst, at + 16);
    out->traffic_class = at[1];
    return verified || is_right_tcp(at + IP4_LEN, total - IP4_LEN, out, tcp,
                                    (uint64_t)word_load4(at + 12) + word_load4(at + 16));
}

bool quick_decode6(const uint8_t *at, size_t len, bool verified, struct quick *out, struct tcp *tcp)
{
    uint64_t first;
    size_t claimed;

    if (len < IP6_LEN + TCP_LEN)
        return false;
    first = swap8(word_load8(at));
    claimed = first >> 16 & 0xffff;
    if (first >> 60 != 6 || at[6] != IP_TCP || claimed > len - IP6_LEN || claimed < TCP_LEN)
        return false;
    memcpy(&out->src, at + 8, sizeof out->src);
    memcpy(&out->dst, at + 24, sizeof out->dst);
    if (addr_is4(&out->src) || addr_is4(&out->dst) || !read_tcp(at + IP6_LEN, claimed, out, tcp))
        return false;
    out->traffic_class = (uint8_t)(first >> 52);
    return verified ||
           is_right_tcp(at + IP6_LEN, claimed, out, tcp, checksum_add16(checksum_add16(0, at + 8), at + 24));
}

/* ---- encoding ----------------------------------------------------------------------------------------- */

/* TCP's header; sum: of the addresses. */
static inline void put_tcp(uint8_t *at, const struct quick_packet *p, const struct tcp *t, uint64_t sum)
{
    uint32_t len = quick_len(t);

    sum += swap4(len + p->len + IP_TCP);
    sum += p->sum;
    sum += put4(at, (uint32_t)t->src_port << 16 | t->dst_port);
    sum += put4(at + 4, t->seq.v);
    sum += put4(at + 8, t->ack.v);
    sum += put4(at + 12, len << 26 | (uint32_t)t->flags << 16 | t->window);
    sum += put4(at + 16, t->urgent);
    if (t->has) {
        sum += put4(at + TCP_LEN, TIMESTAMP_ALONE);
        sum += put4(at + TCP_LEN + 4, t->ts_value);
        sum += put4(at + TCP_LEN + 8, t->ts_echo);
    }
    checksum_store(at + SUM_AT, sum);
}

void quick_encode4(uint8_t *at, const struct quick_packet *p, const struct tcp *t)
{
    uint64_t sum = 0, addresses = 0;

    sum +=
        put4(at, UINT32_C(0x45000000) | (uint32_t)p->traffic_class << 16 | (IP4_LEN + quick_len(t) + p->len));
    sum += put4(at + 4, DONT_FRAGMENT);
    sum += put4(at + 8, (uint32_t)p->ttl << 24 | IP_TCP << 16);
    addresses += copy4(at + 12, p->src->b + 12);
    addresses += copy4(at + 16, p->dst->b + 12);
    checksum_store(at + SUM4_AT, sum + addresses);
    put_tcp(at + IP4_LEN, p, t, addresses);
}

void quick_encode6(uint8_t *at, const struct quick_packet *p, const struct tcp *t)
{
    uint64_t addresses = 0;

    put4(at, UINT32_C(0x60000000) | (uint32_t)p->traffic_class << 20);
    put4(at + 4, (quick_len(t) + p->len) << 16 | IP_TCP << 8 | p->ttl);
    for (int i = 0; i < 16; i += 4) {
        addresses += copy4(at + 8 + i, p->src->b + i);
        addresses += copy4(at + 24 + i, p->dst->b + i);
    }
    put_tcp(at + IP6_LEN, p, t, addresses);
}
