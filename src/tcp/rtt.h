/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Round-trip times and the retransmission timeout (RFC 6298), in microseconds. What is measured
 * comes from the scoreboard, never from a segment that was sent twice (Karn).
 */
#ifndef TCP_RTT_H
#define TCP_RTT_H

#include "conn.h"

/* A round trip was measured: smooths it in and ends the doubling of the timeout (RFC 6298 2.2, 2.3, 5). */
void rtt_measured(struct conn *c, uint32_t rtt_us);

/* The handshake needed a repeated SYN: 3 s at least until there is a measurement (RFC 6298 5.7). */
void rtt_syn_repeated(const struct conns *s, struct conn *c);

/* The timeout now, doubled as often as it ran out, at most rto_max. */
uint32_t rtt_timeout_us(const struct conns *s, const struct conn *c);

#endif
