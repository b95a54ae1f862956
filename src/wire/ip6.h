/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      OFFSET SIZE MEANING                     IPv6 (RFC 8200 3)
 *       0      4   version 6 (4 bits), traffic class (8), flow label (20)
 *       4      2   payload length
 *       6      1   next header
 *       7      1   hop limit
 *       8     16   source
 *      24     16   destination
 *      40          extension headers: at most IP6_HEADERS of them are walked
 */
#ifndef WIRE_IP6_H
#define WIRE_IP6_H

#include "ip.h"

enum { IP6_LEN = 40, IP6_HEADERS = 8, IP6_MTU_MIN = 1280 };

/* Takes the header and its extension headers (hop-by-hop, destination options, routing with nothing left,
 * fragment) off and trims the view to the packet. A fragment header with offset 0 and no more to come is a
 * whole packet (RFC 6946). DROP_TRUNCATED, DROP_MALFORMED (version, an IPv4-mapped address on the wire, option
 * lengths, a fragment that with what precedes it ends past 65,535 or that has others behind it and is not whole
 * units of 8 bytes), DROP_EXTENSION (more than IP6_HEADERS, hop-by-hop not first, a routing header with segments
 * left (RFC 5095), an option that says to discard (RFC 8200 4.2), no next header). A packet that is a fragment
 * is decoded up to its fragment header. Unless DROP_NONE, what *out holds means nothing. */
enum drop ip6_decode(struct view *v, struct ip *out);

/* The same for a quoted packet, which may be cut short. */
enum drop ip6_decode_quoted(struct view *v, struct ip *out);

/* Writes IP6_LEN bytes, returns IP6_LEN. */
size_t ip6_encode(uint8_t *at, const struct ip *h);

#endif
