/* SPDX-License-Identifier: BSD-2-Clause
 *
 * TCP's header and its options (RFC 9293 3.1, 3.2; RFC 7323; RFC 2018). The picture of the header stands in
 * tcp.h. The options are the only part with a shape of its own, and that part is 40 bytes at most: one walk
 * from option to option, in which every step takes at least one byte, so that no input can hold it up.
 *
 * Nearly every segment has no options, or nothing but a timestamp in the layout of RFC 7323 appendix A; both
 * are told by one comparison and never enter the walk.
 *
 * What tcp_encode writes is always laid out like this, each row a whole number of words and left out when
 * h->has does not ask for it:
 *
 *      SIZE  BYTES                             OPTION
 *       4    02 04 mm mm                       maximum segment size
 *      12    04 02 08 0a vv vv vv vv ee ee ee ee   SACK permitted and timestamp
 *      12    01 01 08 0a vv vv vv vv ee ee ee ee   timestamp alone
 *       4    01 01 04 02                       SACK permitted alone
 *       4    01 03 03 ss                       window scale
 *      4+8n  01 01 05 ll n * (left, right)     SACK, as many blocks as fit: 4, with a timestamp 3
 *
 * Called by stack/ for each segment that comes or goes, and by the printer. It judges no value: which options
 * count on which segment, and what a block or an MSS may be, is for tcp/ to say.
 */
#include "tcp.h"

#include <string.h>

enum { END = 0, NOP = 1, MSS = 2, WSCALE = 3, SACK_PERMITTED = 4, SACK = 5, TIMESTAMP = 8 };

enum {
    OPTIONS_MAX = TCP_LEN_MAX - TCP_LEN,
    BLOCK = 8,                    /* bytes of a SACK block */
    TIMESTAMP_ROW = 12,           /* a timestamp's option with the two bytes that align it */
    TIMESTAMP_ALONE = 0x0101080a, /* NOP, NOP, kind, length: the first word of that row */
    TIMESTAMP_SACK_PERMITTED = 0x0402080a
};

struct header {
    be16 src_port, dst_port;
    be32 seq, ack;
    uint8_t data_offset, flags;
    be16 window, checksum, urgent;
};
_Static_assert(sizeof(struct header) == TCP_LEN, "a TCP header has no gaps");

static uint32_t get16(const uint8_t *at)
{
    return be16_get(*(const be16 *)at);
}

static uint32_t get32(const uint8_t *at)
{
    return be32_get(*(const be32 *)at);
}

/* Plain bytes, not a be32: the compiler then makes one swap of each value instead of one mixture of all. */
static uint8_t *put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
    return at + 4;
}

/* The bit of an option that we know and whose length is right, else 0. */
static uint8_t recognize(uint8_t kind, uint8_t len)
{
    switch (kind) {
    case MSS: return len == 4 ? TCP_HAS_MSS : 0;
    case WSCALE: return len == 3 ? TCP_HAS_WSCALE : 0;
    case SACK_PERMITTED: return len == 2 ? TCP_HAS_SACK_PERMITTED : 0;
    case SACK: return len >= 2 + BLOCK && (len - 2) % BLOCK == 0 ? TCP_HAS_SACK : 0;
    case TIMESTAMP: return len == 10 ? TCP_HAS_TIMESTAMP : 0;
    default: return 0;
    }
}

/* At most TCP_SACK_MAX blocks: 5 would not fit in 40 bytes. */
static void read_sack(const uint8_t *value, unsigned blocks, struct tcp *out)
{
    out->sack_blocks = (uint8_t)blocks;
    for (unsigned i = 0; i < blocks; i++) {
        out->sack[i].left = seq_of(get32(value + BLOCK * i));
        out->sack[i].right = seq_of(get32(value + BLOCK * i + 4));
    }
}

/* An option of len bytes in all. kind and len were read once: the frame may lie in memory that others write.
 */
static void read_option(uint8_t kind, uint8_t len, const uint8_t *value, struct tcp *out)
{
    uint8_t bit = recognize(kind, len);

    if (bit == 0 || (out->has & bit))
        return;
    out->has |= bit;
    switch (kind) {
    case MSS: out->mss = (uint16_t)get16(value); break;
    /* RFC 7323 2.3: "If a Window Scale option is received with a shift.cnt value larger than 14, the TCP
     * SHOULD log the error but MUST use 14" */
    case WSCALE: out->wscale = value[0] < TCP_WSCALE_MAX ? value[0] : TCP_WSCALE_MAX; break;
    case SACK: read_sack(value, (len - 2u) / BLOCK, out); break;
    case TIMESTAMP:
        out->ts_value = get32(value);
        out->ts_echo = get32(value + 4);
        break;
    default: break;
    }
}

/* Walks the bytes of options. RFC 9293 3.1 MUST-7: "TCP implementations MUST be prepared to handle an illegal
 * option length (e.g., zero)"; here it ends the walk, and what was read before it counts. */
static void read_options(const uint8_t *at, const uint8_t *end, struct tcp *out)
{
    while (at < end) {
        uint8_t kind = *at, len;

        if (kind == END)
            return;
        if (kind == NOP) {
            at++;
            continue;
        }
        if (end - at < 2)
            return;
        len = at[1];
        if (len < 2 || len > end - at)
            return;
        read_option(kind, len, at + 2, out);
        at += len;
    }
}

enum drop tcp_decode(struct view *v, struct tcp *out)
{
    struct view rest = *v;
    const struct header *h = (const struct header *)view_take(&rest, TCP_LEN);
    const uint8_t *options;
    size_t len;

    if (h == NULL)
        return DROP_TRUNCATED;
    len = (size_t)(h->data_offset >> 4) * 4 - TCP_LEN; /* below 5 words: huge, which no view holds */
    options = view_take(&rest, len);
    if (options == NULL)
        return DROP_MALFORMED;
    *v = rest;
    out->src_port = be16_get(h->src_port);
    out->dst_port = be16_get(h->dst_port);
    out->seq = seq_of(be32_get(h->seq));
    out->ack = seq_of(be32_get(h->ack));
    out->flags = h->flags;
    out->window = be16_get(h->window);
    out->urgent = be16_get(h->urgent);
    out->has = 0;
    if (len == 0)
        return DROP_NONE;
    if (len == TIMESTAMP_ROW && get32(options) == TIMESTAMP_ALONE) {
        out->has = TCP_HAS_TIMESTAMP;
        out->ts_value = get32(options + 4);
        out->ts_echo = get32(options + 8);
        return DROP_NONE;
    }
    read_options(options, options + len, out);
    return DROP_NONE;
}

/* Bytes of all the options but SACK: at most 20, so that there is always room for two blocks. */
static size_t fixed_len(uint8_t has)
{
    size_t len = 0;

    if (has & TCP_HAS_TIMESTAMP)
        len = TIMESTAMP_ROW;
    else if (has & TCP_HAS_SACK_PERMITTED)
        len = 4;
    if (has & TCP_HAS_MSS)
        len += 4;
    if (has & TCP_HAS_WSCALE)
        len += 4;
    return len;
}

/* How many SACK blocks stand behind that many bytes of other options. */
static size_t blocks_that_fit(const struct tcp *h, size_t fixed)
{
    size_t room = (OPTIONS_MAX - fixed - 4) / BLOCK;

    if (!(h->has & TCP_HAS_SACK))
        return 0;
    return h->sack_blocks < room ? h->sack_blocks : room;
}

size_t tcp_encoded_len(const struct tcp *h)
{
    size_t fixed = fixed_len(h->has);
    size_t blocks = blocks_that_fit(h, fixed);

    return TCP_LEN + fixed + (blocks ? 4 + BLOCK * blocks : 0);
}

static uint8_t *put_timestamp(uint8_t *at, const struct tcp *h)
{
    at = put32(at, h->has & TCP_HAS_SACK_PERMITTED ? TIMESTAMP_SACK_PERMITTED : TIMESTAMP_ALONE);
    at = put32(at, h->ts_value);
    return put32(at, h->ts_echo);
}

static uint8_t *put_sack(uint8_t *at, const struct tcp *h, size_t blocks)
{
    at = put32(at, 0x01010500 | (uint32_t)(2 + BLOCK * blocks));
    for (size_t i = 0; i < blocks; i++) {
        at = put32(at, h->sack[i].left.v);
        at = put32(at, h->sack[i].right.v);
    }
    return at;
}

/* The rows of the picture above, in its order; returns the byte behind them. */
static uint8_t *put_options(uint8_t *at, const struct tcp *h)
{
    size_t blocks = blocks_that_fit(h, fixed_len(h->has));

    if (h->has & TCP_HAS_MSS)
        at = put32(at, 0x02040000 | h->mss);
    if (h->has & TCP_HAS_TIMESTAMP)
        at = put_timestamp(at, h);
    else if (h->has & TCP_HAS_SACK_PERMITTED)
        at = put32(at, 0x01010402);
    if (h->has & TCP_HAS_WSCALE)
        at = put32(at, 0x01030300 | (uint32_t)h->wscale);
    return blocks ? put_sack(at, h, blocks) : at;
}

size_t tcp_encode(uint8_t *at, const struct tcp *h)
{
    uint8_t *end = at + TCP_LEN;
    size_t len;

    put16(at, h->src_port);
    put16(at + 2, h->dst_port);
    put32(at + 4, h->seq.v);
    put32(at + 8, h->ack.v);
    at[13] = h->flags;
    put16(at + 14, h->window);
    put32(at + 16, h->urgent); /* and a checksum of zero in front of it */
    if (h->has == TCP_HAS_TIMESTAMP)
        end = put_timestamp(end, h);
    else if (h->has)
        end = put_options(end, h);
    len = (size_t)(end - at);
    at[12] = (uint8_t)(len << 2); /* len / 4 in the upper half */
    return len;
}
