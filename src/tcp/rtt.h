/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Round-trip times and the retransmission timeout (RFC 6298), in microseconds. What is measured
 * comes from the scoreboard, never from a segment that was sent twice (Karn).
 *
 * The RFC's letters: SRTT, RTTVAR, alpha 1/8, beta 1/4, K 4. A connection without a measurement has SRTT 0;
 * RTTVAR then holds a quarter of the timeout to use, or 0 for the initial one.
 */
#ifndef TCP_RTT_H
#define TCP_RTT_H

#include "conn.h"

enum { RTT_GRANULARITY_US = 66 /* G: a tick of the wheel */ };

/* A round trip was measured: smooths it in and ends the doubling of the timeout (RFC 6298 2.2, 2.3, 5). */
static inline void rtt_measured(struct conn *c, uint32_t rtt_us)
{
    uint32_t error;

    if (rtt_us == 0)
        rtt_us = 1;
    if (c->srtt_us == 0) {
        c->srtt_us = rtt_us;
        c->rttvar_us = rtt_us / 2;
    } else {
        error = rtt_us - c->srtt_us;
        if (rtt_us < c->srtt_us)
            error = 0u - error;
        c->rttvar_us = c->rttvar_us - c->rttvar_us / 4 + error / 4;
        c->srtt_us = c->srtt_us - c->srtt_us / 8 + rtt_us / 8;
    }
    c->backoff = 0;
}

/* The handshake needed a repeated SYN: 3 s at least until there is a measurement (RFC 6298 5.7). */
void rtt_syn_repeated(const struct conns *s, struct conn *c);

/* The timeout now, doubled as often as it ran out, at most rto_max. */
static inline uint32_t rtt_timeout_us(const struct conns *s, const struct conn *c)
{
    uint64_t spread = 4 * (uint64_t)c->rttvar_us, rto;

    if (spread < RTT_GRANULARITY_US)
        spread = RTT_GRANULARITY_US;
    rto = c->srtt_us || c->rttvar_us ? c->srtt_us + spread : s->config.rto_initial_us;
    if (rto < s->config.rto_min_us)
        rto = s->config.rto_min_us;
    rto <<= c->backoff;
    return rto < s->config.rto_max_us ? (uint32_t)rto : s->config.rto_max_us;
}

#endif
