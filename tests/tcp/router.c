/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The router of a trace: it says, by ICMP or ICMPv6, what became of a segment that the stack has sent,
 * quoting its beginning as RFC 792 and RFC 4443 ask. See in_icmp() in trace.h.
 */
#include "harness.h"

#include "wire/icmp.h"

#include <stdio.h>
#include <string.h>

enum { QUOTED_IP = 60 };

/* The start of a full segment of the stack's with that number, as a router quotes it. */
static size_t quote(uint8_t *to, uint32_t seq)
{
    struct flow back = trace->flow;
    uint8_t frame[TRACE_FRAME];
    struct segment s;
    size_t len;
    char text[80];

    for (int i = 0; i < 2; i++) {
        back.addr[i] = trace->flow.addr[1 - i];
        back.port[i] = trace->flow.port[1 - i];
        memcpy(back.mac[i], trace->flow.mac[1 - i], 6);
    }
    back.peer_iss = trace->flow.stack_iss;
    back.stack_iss = trace->flow.peer_iss;
    snprintf(text, sizeof text, ". %u:%u ack 1", seq, seq + link_mss());
    must(segment_parse(text, true, link_mss(), &trace->flow, &s));
    len = segment_encode(&s, &back, frame) - 14;
    len = len < QUOTED_IP + 8 ? len : QUOTED_IP + 8;
    memcpy(to, frame + 14, len);
    return len;
}

void in_icmp(uint8_t type, uint8_t code, uint32_t word, uint32_t quoted_seq)
{
    uint8_t frame[TRACE_FRAME] = {0}, *at = frame + 14 + ip_len();
    struct eth eth = {.type = v6() ? ETH_IP6 : ETH_IP4};
    struct ip ip = {.dst = trace_need()->flow.addr[1], .ttl = 64, .protocol = v6() ? IP_ICMP6 : IP_ICMP4};
    be32 value = be32_of(word);
    size_t len;

    memcpy(eth.dst, trace->flow.mac[1], 6);
    memcpy(eth.src, trace->flow.mac[0], 6);
    must(addr_parse(v6() ? "fd00::fe" : "10.0.0.254", &ip.src));
    at[0] = type;
    at[1] = code;
    memcpy(at + 4, &value, 4);
    len = ICMP_LEN + quote(at + ICMP_LEN, quoted_seq);
    ip.payload_len = (uint32_t)len;
    eth_encode(frame, &eth);
    if (v6())
        ip6_encode(frame + 14, &ip);
    else
        ip4_encode(frame + 14, &ip);
    trace_sum(frame, 14 + ip_len() + len);
    trace_raw(frame, 14 + ip_len() + len);
}

void in_too_big(uint32_t mtu, uint32_t quoted_seq)
{
    in_icmp(v6() ? 2 : 3, v6() ? 0 : 4, mtu, quoted_seq);
}

void in_unreachable(uint8_t code, uint32_t quoted_seq)
{
    in_icmp(v6() ? 1 : 3, code, 0, quoted_seq);
}
