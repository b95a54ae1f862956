/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the layers above need to know of an IP packet, whichever family carried it: ip4.c and ip6.c both
 * decode to this and encode from it.
 */
#ifndef WIRE_IP_H
#define WIRE_IP_H

#include "base/view.h"
#include "addr.h"
#include "drop.h"

enum { IP_ICMP4 = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMP6 = 58 };

struct ip {
    struct addr src, dst;
    uint8_t protocol;        /* of the payload, behind all extension headers */
    uint32_t protocol_at;    /* decode: where the byte that says so stands, from the header's begin on */
    uint8_t ttl;             /* TTL or hop limit */
    uint8_t traffic_class;   /* DSCP and ECN */
    bool fragment;           /* a part of a larger packet: offset and more say which */
    bool more;
    bool dont_fragment;      /* always true for IPv6 */
    uint32_t id;             /* identification; IPv6: of its fragment header */
    uint32_t offset;         /* of this fragment, bytes */
    uint32_t flow;           /* IPv6 flow label */
    uint32_t payload_len;    /* encode: bytes that follow; decode: the same as the view's length afterwards */
};

#endif
