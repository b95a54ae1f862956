/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      OFFSET SIZE MEANING                     TCP (RFC 9293 3.1)
 *       0      2   source port
 *       2      2   destination port
 *       4      4   sequence number
 *       8      4   acknowledgement number
 *      12      1   data offset in words (4 bits), reserved (4)
 *      13      1   CWR ECE URG ACK PSH RST SYN FIN
 *      14      2   window
 *      16      2   checksum
 *      18      2   urgent pointer
 *      20     0-40 options: kind, length, value; 0 ends, 1 pads
 */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include "base/be.h"
#include "base/seq.h"
#include "base/view.h"
#include "drop.h"

#include <stdbool.h>

enum { TCP_LEN = 20, TCP_LEN_MAX = 60, TCP_WSCALE_MAX = 14, TCP_SACK_MAX = 4 };

enum tcp_flags {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_PSH = 8,
    TCP_ACK = 16,
    TCP_URG = 32,
    TCP_ECE = 64,
    TCP_CWR = 128
};

/* Which options were there, well-formed, the first of its kind counting. */
enum tcp_options {
    TCP_HAS_MSS = 1,
    TCP_HAS_WSCALE = 2,
    TCP_HAS_SACK_PERMITTED = 4,
    TCP_HAS_TIMESTAMP = 8,
    TCP_HAS_SACK = 16
};

/* What an option said stands in its fields only where has says that it was there; else they are not written.
 */
struct tcp_sack_block {
    seq32 left, right;
};

struct tcp {
    uint16_t src_port, dst_port;
    seq32 seq, ack;
    uint8_t flags;   /* enum tcp_flags */
    uint8_t has;     /* enum tcp_options */
    uint16_t window; /* as it stands: not scaled */
    uint16_t urgent;
    uint16_t mss;        /* as it stands: 0 is possible */
    uint8_t wscale;      /* at most 14 (RFC 7323 2.3) */
    uint8_t sack_blocks; /* pairs in sack */
    uint32_t ts_value, ts_echo;
    struct tcp_sack_block sack[TCP_SACK_MAX];
};

/* Takes the header with its options off the view; what is left is payload. The checksum is the caller's, who
 * has the addresses. An option that does not fit ends the options, none is an error (RFC 9293 MUST-7).
 * DROP_TRUNCATED, or DROP_MALFORMED for a data offset below 5 or past the end. */
enum drop tcp_decode(struct view *v, struct tcp *out);

/* Bytes that tcp_encode will write: TCP_LEN and the options of h->has, padded to words. */
size_t tcp_encoded_len(const struct tcp *h);

/* Writes the header with the options of h->has (MSS and window scale and SACK-permitted belong to SYNs),
 * padded with NOPs in front so that words are aligned, and a checksum field of zero. Returns tcp_encoded_len.
 */
size_t tcp_encode(uint8_t *at, const struct tcp *h);

#endif
