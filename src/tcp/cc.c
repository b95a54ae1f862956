/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 5681: below ssthresh the window grows by what is acknowledged, at most one or two segments an ACK;
 * above it by one segment a window. It grows only while it is what limits the sender (RFC 7661 4.3), so a
 * connection that asks and answers keeps the window that it has. ssthresh lies in the cold line, and is only
 * looked at above it, where bytes are counted there anyway.
 */
#include "cc.h"

uint32_t cc_initial(uint32_t mss)
{
    uint32_t most = 2 * mss > 14600 ? 2 * mss : 14600;

    return 10 * mss < most ? 10 * mss : most;
}

void cc_opened(struct conns *s, struct conn *c, uint32_t repeated)
{
    c->cwnd = repeated > 1 ? c->mss : cc_initial(c->mss);
    c->flags |= CONN_SLOW_START;
    conn_cold(s, c)->ssthresh = UINT32_MAX;
}

void cc_acked(struct conns *s, struct conn *c, uint32_t bytes, bool limited)
{
    struct conn_cold *cold;

    if (!limited || c->cwnd >= UINT32_MAX / 4)
        return;
    cold = conn_cold(s, c);
    cold->last_sent = tick_of(s->now); /* nobody is idle whose window was full */
    if (c->flags & CONN_SLOW_START) {
        /* RFC 3465 2.3: two segments an ACK at first, one after a loss. */
        uint32_t most = cold->ssthresh == UINT32_MAX ? 2u * c->mss : c->mss;

        c->cwnd += bytes < most ? bytes : most;
        if (c->cwnd >= cold->ssthresh)
            c->flags &= (uint16_t)~CONN_SLOW_START;
        return;
    }
    cold->avoided += bytes;
    if (cold->avoided >= c->cwnd) {
        cold->avoided -= c->cwnd;
        c->cwnd += c->mss;
    }
}

void cc_timed_out(struct conns *s, struct conn *c, uint32_t flight, bool first)
{
    struct conn_cold *cold = conn_cold(s, c);

    /* RFC 5681 (4): halved once for the same loss, however often the timer runs out again. */
    if (first)
        cold->ssthresh = flight / 2 > 2u * c->mss ? flight / 2 : 2u * c->mss;
    c->cwnd = c->mss;
    c->flags |= CONN_SLOW_START;
    cold->avoided = 0;
}

void cc_idled(struct conn *c)
{
    if (c->cwnd > cc_initial(c->mss))
        c->cwnd = cc_initial(c->mss);
}
