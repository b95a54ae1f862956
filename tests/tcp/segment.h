/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The words of a trace: a segment as text, as a frame, and how they differ. The grammar stands in trace.h.
 * Used by trace.c alone.
 */
#ifndef SEGMENT_H
#define SEGMENT_H

#include "trace.h"

#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

/* The peer's numbers turn over after 2,000 bytes. */
#define PEER_ISS    (UINT32_MAX - 2000)
#define UNKNOWN_ISS UINT32_C(0x51000000)

enum { SIDE_PEER = 0, SIDE_STACK = 1 };

/* The connection that is talked of; indices are SIDE_. */
struct flow {
    struct addr addr[2];
    uint16_t port[2];
    uint8_t mac[2][6];
    uint32_t peer_iss, stack_iss;
    bool iss_known; /* the stack's, from its SYN */
    bool ts_known;  /* its timestamps count from ts_zero, the first that it sent */
    uint32_t ts_zero;
};

struct segment {
    uint8_t flags;
    uint32_t seq, end, ack, window, urgent;
    bool has_ack, has_window, any_options;
    uint8_t ecn; /* the IP header's field: 0, 2 ECT(0), 3 CE */
    uint8_t has; /* enum tcp_options */
    uint16_t mss;
    uint8_t wscale;
    bool any_ts, any_echo; /* a timestamp, whatever it says; whatever it echoes */
    uint32_t ts_value, ts_echo;
    uint8_t blocks;
    struct {
        uint32_t left, right;
    } sack[4];
    uint8_t raw[40]; /* the options as they stand */
    size_t raw_len;
};

/* sent: by the peer, so options are encoded in order, with the numbers of the flow. False: not a segment. */
bool segment_parse(const char *text, bool sent, uint32_t link_mss, const struct flow *f, struct segment *s);
/* From the peer to the stack. Returns the frame's length. */
size_t segment_encode(const struct segment *s, const struct flow *f, uint8_t frame[TRACE_FRAME]);
/* What is not as wanted, or wrong in itself, in a frame of the stack's; NULL: nothing. Learns the stack's
 * first number from its SYN. */
const char *segment_differs(const struct segment *wanted, struct flow *f, const uint8_t *frame, size_t len);
/* Puts right checksums into a frame of TCP or ICMP. */
void segment_sum(uint8_t *frame, size_t len);

/* The bytes of a side's stream, by their number (1: the first). */
void segment_fill(uint8_t *to, int side, uint32_t number, size_t len);
bool segment_right(const uint8_t *bytes, int side, uint32_t number, size_t len);

#endif
