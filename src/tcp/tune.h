/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Buffers that grow with what the path can use: limits double, between the options' first size and their
 * largest, as long as memory is not short. The receive limit when the application has read more than half of
 * it within one round trip (so the window may be what holds the peer back), the send limit when the
 * congestion window comes near it. They do not shrink: what counts against the budget is what is queued, not
 * what may be.
 */
#ifndef TCP_TUNE_H
#define TCP_TUNE_H

#include "conn.h"

enum { TUNE_GUESSED_RTT_US = 50000 };

/* The count begins anew: the trip is over, or (in_time) more than half of the limit was read before it was. */
void tune_round_is_over(struct conns *s, struct conn *c, struct conn_active *a, bool in_time);

/* The application took that many bytes out. */
static inline void tune_was_read(struct conns *s, struct conn *c, struct conn_active *a, uint32_t bytes)
{
    uint32_t limit = conn_receive_limit(s, c), trip_us = c->srtt_us ? c->srtt_us : TUNE_GUESSED_RTT_US;
    bool in_time = a->tune_at && s->now_us - a->tune_at < trip_us;

    if (limit >= s->config.receive_bytes_max)
        return;
    a->tune_read += bytes;
    if (!in_time || a->tune_read > limit / 2)
        tune_round_is_over(s, c, a, in_time);
}

/* The send limit is doubled if the congestion window comes near it. */
void tune_send(struct conns *s, struct conn *c);

/* The peer acknowledged something. */
static inline void tune_acked(struct conns *s, struct conn *c)
{
    if (c->cwnd > s->config.send_bytes / 2) /* which is the least limit */
        tune_send(s, c);
}

#endif
