/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One address for both families: 16 bytes, an IPv4 address a.b.c.d being ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
 * The prefix 0xffff sums to zero in ones' complement, so even the pseudo-header checksum needs no case.
 */
#ifndef WIRE_ADDR_H
#define WIRE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct addr {
    uint8_t b[16];
};

enum { ADDR_TEXT = 56 }; /* the longest text of an address with port, and its zero byte */

static inline bool addr_eq(const struct addr *a, const struct addr *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Sixteen bytes are an IPv4 address as ::ffff:a.b.c.d. In line, since every packet of IPv4 asks twice. */
static inline bool addr_holds4(const uint8_t bytes[16])
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

static inline bool addr_is4(const struct addr *a)
{
    return addr_holds4(a->b);
}

static inline struct addr addr_of4(const uint8_t b[4])
{
    return (struct addr){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, b[0], b[1], b[2], b[3]}};
}

bool addr_is_any(const struct addr *a);       /* 0.0.0.0 or :: */
bool addr_is_multicast(const struct addr *a); /* 224/4 or ff00::/8 */
bool addr_is_loopback(const struct addr *a);  /* 127/8 or ::1 */

/* An address that may stand as a source on a wire and as the peer of a connection: not any, loopback,
 * multicast, 0/8, 240/4 or the limited broadcast (RFC 1122 3.2.1.3, RFC 4291 2.7). */
bool addr_is_unicast(const struct addr *a);

/* The first bits of both are the same; bits from 0 to 128, for IPv4 96 + prefix. */
bool addr_same_prefix(const struct addr *a, const struct addr *b, unsigned bits);

/* IPv4 only: the address of that prefix with all host bits set (bits from 96 to 126), or the limited one. */
bool addr_is_broadcast(const struct addr *a, const struct addr *net, unsigned bits);

/* "10.0.0.7", "fd00::7" (RFC 4291 2.2). True and *a, or false. The whole text must be used. */
bool addr_parse(const char *text, struct addr *a);
/* "10.0.0.7/24", "fd00::7/64": *bits counts in 128. Without a prefix: false. */
bool addr_parse_prefix(const char *text, struct addr *a, unsigned *bits);
/* "10.0.0.7:80", "[fd00::7]:80"; port 0 to 65535. */
bool addr_parse_port(const char *text, struct addr *a, uint16_t *port);
/* "02:00:00:00:00:07": six bytes of two hexadecimal digits each. */
bool addr_parse_mac(const char *text, uint8_t mac[6]);

/* Writes the address (RFC 5952 for IPv6), zero-ended; port < 0: without one. Returns the length. */
size_t addr_print(char text[ADDR_TEXT], const struct addr *a, int port);
size_t addr_print_mac(char text[18], const uint8_t mac[6]);

#endif
