/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the fast path does not do in line: acknowledgements alone, and of one of several things in flight, as
 * in bulk.
 */
#include "fast.h"

void fast_ack(struct conns *s, struct conn *c, struct conn_active *a, seq32 ack)
{
    uint32_t acked = (uint32_t)seq_diff(ack, c->snd_una);
    bool used = conn_window_is_used(c, a);
    struct scoreboard_news news = {0};

    scoreboard_acked(&a->board, &s->arrays, ack, s->now_us, &news);
    c->snd_una = ack;
    ack_free(s, c, a, acked);
    if (news.timed)
        rtt_measured(c, news.rtt_us);
    if (news.any)
        loss_delivered(&a->loss, &news);
    cc_acked(s, c, news.acked, used);
    timers_ack_advanced(s, c);
    if (conn_flight(c) || a->send.bytes)
        conn_owes(s, c, OWE_SEND);
}

bool fast_ack_alone(struct conns *s, struct conn *c, const struct segment *seg)
{
    if (seg->tcp.ack.v == c->snd_una.v)
        return false;
    s->counts.segments_in++;
    if (c->flags & CONN_KEEP)
        timers_heard(s, c);
    fast_note_timestamp(s, c, seg);
    fast_ack(s, c, conn_active(s, c), seg->tcp.ack); /* what is in flight has a block */
    fast_take_window(s, c, seg);
    conn_fold(s, c);
    return true;
}
