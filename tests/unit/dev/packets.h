/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sound packets to be damaged and cut, and a judge of their checksums that shares nothing with the code
 * under test: it sums 16-bit words as RFC 1071 says, in the open.
 */
#ifndef TESTS_DEV_PACKETS_H
#define TESTS_DEV_PACKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum packet_kind { PACKET_TCP, PACKET_UDP, PACKET_ICMP, PACKET_KINDS };
enum { PACKET_MAX = 65600 };

static inline uint32_t packet_sum(uint32_t sum, const uint8_t *at, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        sum += i & 1 ? at[i] : (uint32_t)at[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static inline void packet_put16(uint8_t *at, uint32_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static inline uint32_t packet_get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t packet_get32(const uint8_t *at)
{
    return packet_get16(at) << 16 | packet_get16(at + 2);
}

/* Sum of the pseudo-header (RFC 9293 3.1, RFC 8200 8.1) of the packet at ip. */
static inline uint32_t packet_pseudo(const uint8_t *ip, bool six, uint32_t protocol, uint32_t len)
{
    uint32_t sum = six ? packet_sum(0, ip + 8, 32) : packet_sum(0, ip + 12, 8);

    sum += protocol + len;
    return (sum & 0xffff) + (sum >> 16);
}

static inline uint32_t packet_protocol(enum packet_kind kind, bool six)
{
    return kind == PACKET_TCP ? 6 : kind == PACKET_UDP ? 17 : six ? 58 : 1;
}

/* Writes Ethernet, IP, transport and len bytes of payload; at fin and psh for TCP, an echo for ICMP. fill is
 * the payload's first byte. Checksums are right. Returns the frame's length. */
static inline uint32_t packet_make(uint8_t *frame, bool six, enum packet_kind kind, uint32_t len,
                                   uint8_t fill)
{
    static const uint32_t header[PACKET_KINDS] = {32, 8, 8}, field[PACKET_KINDS] = {16, 6, 2};
    uint32_t ip_len = six ? 40 : 20, transport_len = header[kind] + len;
    uint32_t protocol = packet_protocol(kind, six), sum;
    uint8_t *ip = frame + 14, *t = ip + ip_len;

    memset(frame, 0, 14 + ip_len + header[kind]);
    memcpy(frame, "\x02\0\0\0\0\7\x02\0\0\0\0\1", 12);
    packet_put16(frame + 12, six ? 0x86dd : 0x0800);
    if (six) {
        ip[0] = 0x60;
        packet_put16(ip + 4, transport_len);
        ip[6] = (uint8_t)protocol;
        ip[7] = 64;
        memcpy(ip + 8, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\7", 32);
    } else {
        ip[0] = 0x45;
        packet_put16(ip + 2, ip_len + transport_len);
        packet_put16(ip + 4, 0xfffe);
        ip[8] = 64;
        ip[9] = (uint8_t)protocol;
        memcpy(ip + 12, "\12\0\0\1\12\0\0\7", 8);
        packet_put16(ip + 10, ~packet_sum(0, ip, 20));
    }
    if (kind == PACKET_ICMP) {
        t[0] = six ? 128 : 8;
    } else {
        packet_put16(t, 40000);
        packet_put16(t + 2, 7);
    }
    if (kind == PACKET_UDP)
        packet_put16(t + 4, transport_len);
    if (kind == PACKET_TCP) { /* with a timestamp option; seq close to the wrap; CWR ACK PSH FIN */
        memcpy(t + 4, "\xff\xff\xff\0\0\0\0\1\x80\x99\xff\xff\0\0\0\0\1\1\x8\xa\0\0\0\1\0\0\0\2", 28);
    }
    for (uint32_t i = 0; i < len; i++)
        t[header[kind] + i] = (uint8_t)(fill + i);
    sum = kind == PACKET_ICMP && !six ? 0 : packet_pseudo(ip, six, protocol, transport_len);
    sum = ~packet_sum(sum, t, transport_len) & 0xffff;
    packet_put16(t + field[kind], sum == 0 && kind == PACKET_UDP ? 0xffff : sum);
    return 14 + ip_len + transport_len;
}

/* The checksums of a frame that packet_make made and that may have been damaged since, over the lengths that
 * it was made with. */
static inline bool packet_header_right(const uint8_t *frame, bool six)
{
    return six || packet_sum(0, frame + 14, 20) == 0xffff;
}

static inline bool packet_transport_right(const uint8_t *frame, uint32_t len, bool six, enum packet_kind kind)
{
    uint32_t ip_len = six ? 40 : 20, transport_len = len - 14 - ip_len, sum = 0;

    if (kind != PACKET_ICMP || six)
        sum = packet_pseudo(frame + 14, six, packet_protocol(kind, six), transport_len);
    return packet_sum(sum, frame + 14 + ip_len, transport_len) == 0xffff;
}

#endif
