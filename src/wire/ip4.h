/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      OFFSET SIZE MEANING                     IPv4 (RFC 791)
 *       0      1   version 4 (4 bits), header length in words (4)
 *       1      1   DSCP (6), ECN (2)
 *       2      2   total length
 *       4      2   identification
 *       6      2   0, don't fragment, more fragments (3), fragment offset in units of 8 (13)
 *       8      1   time to live
 *       9      1   protocol
 *      10      2   header checksum
 *      12      4   source
 *      16      4   destination
 *      20     0-40 options: skipped, never obeyed; a source route is refused (RFC 7126 4.3, 4.4)
 */
#ifndef WIRE_IP4_H
#define WIRE_IP4_H

#include "ip.h"

enum { IP4_LEN = 20, IP4_LEN_MAX = 60 };

/* Checks version, lengths and the header's checksum, takes the header off and trims what follows the packet.
 * DROP_TRUNCATED, DROP_MALFORMED (version, header length below 5, total below header, a source route, options
 * whose lengths do not add up, a fragment that with its header ends past 65,535 or that has others behind it
 * and is not whole units of 8 bytes), DROP_CHECKSUM. */
enum drop ip4_decode(struct view *v, struct ip *out);

/* The same for the packet quoted in an ICMP error: it may be cut short anywhere behind its header and its
 * checksum is not looked at (routers change it on the way). payload_len is what the header claims. */
enum drop ip4_decode_quoted(struct view *v, struct ip *out);

/* Writes IP4_LEN bytes with their checksum, returns IP4_LEN. */
size_t ip4_encode(uint8_t *at, const struct ip *h);

#endif
