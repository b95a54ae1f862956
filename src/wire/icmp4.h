/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ICMP for IPv4 (RFC 792, RFC 1191): errors and echo. The picture stands in icmp.h.
 */
#ifndef WIRE_ICMP4_H
#define WIRE_ICMP4_H

#include "icmp.h"

/* Checks the checksum over the whole view and takes the 8-byte header off: DROP_TRUNCATED, DROP_CHECKSUM. An
 * error is always told from a query by its kind; unknown types are ICMP_OTHER. */
enum drop icmp4_decode(struct view *v, struct icmp *out);

/* Writes the 8 bytes of h (type and code follow from kind unless kind is ICMP_OTHER; ICMP_UNREACHABLE and
 * ICMP_TIME_EXCEEDED and ICMP_PARAMETER use h->code) with the checksum over them and a payload whose sum
 * (sum_bytes) is given. Returns 8. */
size_t icmp4_encode(uint8_t *at, const struct icmp *h, uint32_t payload_sum);

#endif
