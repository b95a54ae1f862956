/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What packet.h promises: frames by hand, with wire/'s encoders for the headers below and bytes for the rest,
 * so that what is tested is not compared with itself.
 */
#include "packet.h"
#include "harness.h"

#include "wire/checksum.h"

#include <string.h>

enum { ETHERNET = 14, HEADER = 8, UDP = 17 };

const char *packet_router(void)
{
    return v6() ? "fd00::fe" : "10.0.0.254";
}

static uint8_t icmp(void)
{
    return v6() ? IP_ICMP6 : IP_ICMP4;
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static size_t get16(const uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/* Link and IP header, and the transport's checksum into its place, behind which everything stands. */
static size_t finish(uint8_t *frame, const struct addr *src, uint8_t protocol, size_t len, size_t sum_at)
{
    struct eth eth = {.type = v6() ? ETH_IP6 : ETH_IP4};
    struct ip ip = {.src = *src,
                    .dst = trace_need()->flow.addr[1],
                    .ttl = 61,
                    .traffic_class = 0xb8,
                    .protocol = protocol,
                    .payload_len = (uint32_t)len};
    uint8_t *at = frame + ETHERNET + ip_len();
    uint32_t pseudo = protocol == IP_ICMP4 ? 0 : checksum_pseudo(&ip.src, &ip.dst, protocol, (uint32_t)len);

    memcpy(eth.dst, trace->flow.mac[1], 6);
    memcpy(eth.src, trace->flow.mac[0], 6);
    eth_encode(frame, &eth);
    if (v6())
        ip6_encode(frame + ETHERNET, &ip);
    else
        ip4_encode(frame + ETHERNET, &ip);
    checksum_store(at + sum_at, pseudo + sum_bytes(at, len));
    return ETHERNET + ip_len() + len;
}

/* ---- datagrams ----------------------------------------------------------------------------------------- */

size_t packet_udp(uint8_t frame[TRACE_FRAME], uint16_t from, uint16_t to, const void *data, size_t len)
{
    uint8_t *at = frame + ETHERNET + ip_len();

    memset(frame, 0, TRACE_FRAME);
    put16(at, from);
    put16(at + 2, to);
    put16(at + 4, HEADER + len);
    memcpy(at + HEADER, data, len);
    return finish(frame, &trace_need()->flow.addr[0], UDP, HEADER + len, 6);
}

void in_udp(uint16_t from, uint16_t to, const char *text)
{
    uint8_t frame[TRACE_FRAME];

    trace_raw(frame, packet_udp(frame, from, to, text, strlen(text)));
}

/* The next frame goes from the stack, or that address of its, to the peer; its IP header, and what is in it.
 */
static struct view next(struct ip *ip, uint8_t protocol, const char *source)
{
    struct addr from = trace_need()->flow.addr[1];
    struct view v;
    struct eth eth;
    size_t len;
    const uint8_t *frame = trace_taken(&len);

    must(frame != NULL);
    must(!source || addr_parse(source, &from));
    v = view_of(frame, len);
    must(eth_decode(&v, &eth) == DROP_NONE && eth.type == (v6() ? ETH_IP6 : ETH_IP4));
    must(memcmp(eth.dst, trace->flow.mac[0], 6) == 0 && memcmp(eth.src, trace->flow.mac[1], 6) == 0);
    must((v6() ? ip6_decode(&v, ip) : ip4_decode(&v, ip)) == DROP_NONE);
    must(v.at + v.len == frame + len);
    must(addr_eq(&ip->src, &from) && addr_eq(&ip->dst, &trace->flow.addr[0]));
    must(ip->protocol == protocol && ip->dont_fragment && !ip->fragment);
    must(checksum_right(protocol == IP_ICMP4 ? 0
                                             : checksum_pseudo(&ip->src, &ip->dst, protocol, (uint32_t)v.len),
                        v.at, v.len));
    return v;
}

void out_udp_as(uint16_t from, uint16_t to, const char *text, uint8_t ttl, uint8_t tos, const char *source)
{
    struct ip ip;
    struct view v = next(&ip, UDP, source);

    must(v.len == HEADER + strlen(text));
    must(get16(v.at) == from && get16(v.at + 2) == to && get16(v.at + 4) == v.len && get16(v.at + 6) != 0);
    must(memcmp(v.at + HEADER, text, strlen(text)) == 0);
    must(ip.ttl == ttl && ip.traffic_class == tos);
}

void out_udp(uint16_t from, uint16_t to, const char *text)
{
    out_udp_as(from, to, text, 64, 0, NULL);
}

/* ---- ICMP ---------------------------------------------------------------------------------------------- */

void in_echo(uint8_t type, uint16_t id, uint16_t sequence, const char *text)
{
    uint8_t frame[TRACE_FRAME] = {0}, *at = frame + ETHERNET + ip_len();
    size_t len = strlen(text);

    at[0] = type;
    put16(at + 4, id);
    put16(at + 6, sequence);
    memcpy(at + HEADER, text, len);
    trace_raw(frame, finish(frame, &trace_need()->flow.addr[0], icmp(), HEADER + len, 2));
}

uint16_t out_echo(uint16_t sequence, const char *text)
{
    struct ip ip;
    struct view v = next(&ip, icmp(), NULL);

    must(v.len == HEADER + strlen(text) && v.at[0] == (v6() ? 128 : 8) && v.at[1] == 0);
    must(get16(v.at + 6) == sequence && memcmp(v.at + HEADER, text, strlen(text)) == 0);
    return (uint16_t)get16(v.at + 4);
}

void in_error(uint8_t type, uint8_t code, uint32_t word, const uint8_t *frame, size_t len)
{
    uint8_t mine[TRACE_FRAME] = {0}, *at = mine + ETHERNET + ip_len();
    struct addr router;

    len = len - ETHERNET < ip_len() + 8 ? len - ETHERNET : ip_len() + 8;
    must(addr_parse(packet_router(), &router));
    at[0] = type;
    at[1] = code;
    put16(at + 4, word >> 16);
    put16(at + 6, word & 0xffff);
    memcpy(at + HEADER, frame + ETHERNET, len);
    trace_need();
    trace_raw(mine, finish(mine, &router, icmp(), HEADER + len, 2));
}

void out_error(uint8_t type, uint8_t code, uint32_t word, const uint8_t *frame, size_t len)
{
    size_t most = (v6() ? 1280 : 576) - ip_len() - HEADER;
    struct ip ip;
    struct view v = next(&ip, icmp(), NULL);

    len -= ETHERNET;
    must(v.len == HEADER + (len < most ? len : most));
    must(v.at[0] == type && v.at[1] == code);
    must(get16(v.at + 4) == word >> 16 && get16(v.at + 6) == (word & 0xffff));
    must(memcmp(v.at + HEADER, frame + ETHERNET, v.len - HEADER) == 0);
}

/* ---- ARP ----------------------------------------------------------------------------------------------- */

void out_arp_question(void)
{
    static const uint8_t head[8] = {0, 1, 8, 0, 6, 4, 0, 1};
    size_t len;
    const uint8_t *frame = trace_taken(&len);

    must(frame != NULL && len >= ETHERNET + 28);
    must(frame[12] == 8 && frame[13] == 6 && memcmp(frame + ETHERNET, head, 8) == 0);
    must(memcmp(frame + ETHERNET + 24, trace->flow.addr[0].b + 12, 4) == 0);
}

void in_arp_answer(void)
{
    uint8_t frame[ETHERNET + 28] = {0}, *at = frame + ETHERNET;

    memcpy(frame, trace_need()->flow.mac[1], 6);
    memcpy(frame + 6, trace->flow.mac[0], 6);
    put16(frame + 12, 0x0806);
    memcpy(at, "\0\1\10\0\6\4\0\2", 8);
    memcpy(at + 8, trace->flow.mac[0], 6);
    memcpy(at + 14, trace->flow.addr[0].b + 12, 4);
    memcpy(at + 18, trace->flow.mac[1], 6);
    memcpy(at + 24, trace->flow.addr[1].b + 12, 4);
    trace_raw(frame, sizeof frame);
}
