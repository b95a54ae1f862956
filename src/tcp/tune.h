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

/* More was read than half of the least limit: if it is more than half of the present one, and all of it
 * within a round trip, that is doubled. */
void tune_much_was_read(struct conns *s, struct conn *c, struct conn_active *a);

/* The application took that many bytes out. The first of a count only begin it: they may have lain there. */
static inline void tune_was_read(struct conns *s, struct conn *c, struct conn_active *a, uint32_t bytes)
{
    if (!a->tune_read) {
        a->tune_at = s->now_us;
        bytes = 1;
    }
    a->tune_read += bytes;
    if (2 * (a->tune_read - 1) > s->config.receive_bytes)
        tune_much_was_read(s, c, a);
}

/* The send limit is doubled if the congestion window comes near it. */
void tune_send(struct conns *s, struct conn *c);

/* The peer acknowledged something. */
static inline void tune_acked(struct conns *s, struct conn *c)
{
    if (2 * c->cwnd > s->config.send_bytes) /* which is the least limit */
        tune_send(s, c);
}

#endif
