/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      OFFSET SIZE MEANING                     ICMP (RFC 792) and ICMPv6 (RFC 4443)
 *       0      1   type
 *       1      1   code
 *       2      2   checksum
 *       4      4   echo: identifier and sequence number; errors: MTU, pointer or unused
 *       8          echo: data; errors: the packet that caused it, from its IP header on
 *
 * The two protocols differ in their numbers, not in their shape, so both decode to this.
 */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

#include "base/view.h"
#include "addr.h"
#include "drop.h"
#include "ip.h"

enum { ICMP_LEN = 8 };

enum icmp_kind {
    ICMP_OTHER, /* neither of these */
    ICMP_ECHO_REQUEST,
    ICMP_ECHO_REPLY,
    ICMP_TOO_BIG,      /* fragmentation needed (3/4), packet too big (2): mtu */
    ICMP_UNREACHABLE,  /* all other codes of 3, of 1 in version 6 */
    ICMP_TIME_EXCEEDED,
    ICMP_PARAMETER
};

struct icmp {
    enum icmp_kind kind;
    uint8_t type, code;
    uint16_t id, sequence; /* echo; for ICMP_OTHER the second word, whatever it means */
    uint32_t mtu;          /* too big: the next hop's, 0 from an old router (RFC 1191 3) */
    uint32_t pointer;      /* parameter problem */
};

/* What an error quotes: the packet of ours that caused it, as far as it is there. */
struct icmp_quote {
    struct ip ip;
    uint16_t src_port, dst_port; /* echo request: its identifier, and 0 */
    uint32_t seq;                /* TCP, echo request; else 0 */
};

/* From the view of an error behind its ICMP header: true when it quotes the start of a TCP or UDP packet or
 * of an echo request (IP header and 8 bytes) that is no later fragment. */
bool icmp_decode_quote(struct view v, bool version6, struct icmp_quote *out);

#endif
