/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 6298 with its own letters: SRTT, RTTVAR, alpha 1/8, beta 1/4, K 4. The clock granularity G is a tick of
 * the wheel, 65.536 us. A connection without a measurement has SRTT 0; RTTVAR then holds a quarter of the
 * timeout to use, or 0 for the initial one.
 */
#include "rtt.h"

enum { GRANULARITY_US = 66, AFTER_LOST_SYN_US = 3000000 };

void rtt_measured(struct conn *c, uint32_t rtt_us)
{
    uint32_t error;

    if (rtt_us == 0)
        rtt_us = 1;
    if (c->srtt_us == 0) {
        c->srtt_us = rtt_us;
        c->rttvar_us = rtt_us / 2;
    } else {
        error = c->srtt_us > rtt_us ? c->srtt_us - rtt_us : rtt_us - c->srtt_us;
        c->rttvar_us = c->rttvar_us - c->rttvar_us / 4 + error / 4;
        c->srtt_us = c->srtt_us - c->srtt_us / 8 + rtt_us / 8;
    }
    c->backoff = 0;
}

void rtt_syn_repeated(const struct conns *s, struct conn *c)
{
    uint32_t rto = s->config.rto_initial_us;

    c->srtt_us = 0;
    c->rttvar_us = (rto > AFTER_LOST_SYN_US ? rto : AFTER_LOST_SYN_US) / 4;
    c->backoff = 0;
}

uint32_t rtt_timeout_us(const struct conns *s, const struct conn *c)
{
    uint64_t spread = 4 * (uint64_t)c->rttvar_us, rto;

    if (spread < GRANULARITY_US)
        spread = GRANULARITY_US;
    rto = c->srtt_us || c->rttvar_us ? c->srtt_us + spread : s->config.rto_initial_us;
    if (rto < s->config.rto_min_us)
        rto = s->config.rto_min_us;
    rto <<= c->backoff;
    return rto < s->config.rto_max_us ? (uint32_t)rto : s->config.rto_max_us;
}
