/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the fast path does not do in line: the acknowledgement of one of several things in flight, as in bulk.
 */
#include "fast.h"

void fast_ack(struct conns *s, struct conn *c, struct conn_active *a, seq32 ack)
{
    uint32_t acked = (uint32_t)seq_diff(ack, c->snd_una);
    bool limited = conn_pipe(a) + c->mss > c->cwnd;
    struct scoreboard_news news = {0};

    scoreboard_acked(&a->board, &s->arrays, ack, s->now_us, &news);
    c->snd_una = ack;
    ack_free(s, c, a, acked);
    if (news.timed)
        rtt_measured(c, news.rtt_us);
    if (news.any)
        loss_delivered(&a->loss, &news);
    cc_acked(s, c, news.acked, limited);
    timers_ack_advanced(s, c);
    if (conn_flight(c) || a->send.bytes)
        conn_owes(s, c, OWE_SEND);
}
