/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ICMP for IPv6 (RFC 4443): errors and echo. The picture stands in icmp.h. Its checksum covers the
 * pseudo-header, so decode and encode want the addresses.
 */
#ifndef WIRE_ICMP6_H
#define WIRE_ICMP6_H

#include "icmp.h"

/* As icmp4_decode; ip gives the pseudo-header. */
enum drop icmp6_decode(struct view *v, const struct ip *ip, struct icmp *out);

/* As icmp4_encode; payload_len bytes follow the 8 of the header. */
size_t icmp6_encode(uint8_t *at, const struct icmp *h, const struct addr *src, const struct addr *dst,
                    uint32_t payload_len, uint32_t payload_sum);

#endif
