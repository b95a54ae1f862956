/* SPDX-License-Identifier: BSD-2-Clause
 *
 * in.c's steps, and out.c's, for the case that they nearly always meet, with the questions asked once, in
 * front:
 *
 *      the connection   ESTABLISHED, no hole in what was received, nothing lost, urgent, probed or marked
 *      the segment      ACK, maybe PSH, and no options but the timestamp that is expected
 *      its numbers      begins at RCV.NXT, fits the window, acknowledges something in flight or carries bytes
 *
 * What is then left of the steps is here, in their order: TS.Recent, the acknowledgement, the window, the
 * text. What goes out is asked for likewise: nothing is in flight, and all that is queued fits one segment and
 * both windows.
 */
#include "fast.h"
#include "ack.h"
#include "rtt.h"
#include "timers.h"

static inline bool is_plain(const struct conns *s, const struct conn *c, const struct segment *seg)
{
    const struct tcp *t = &seg->tcp;
    unsigned expected = c->flags & CONN_TIMESTAMPS ? TCP_HAS_TIMESTAMP : 0;

    return c->state == CONN_ESTABLISHED && t->has == expected && (t->flags & ~TCP_PSH) == TCP_ACK &&
           !(c->flags & FAST_UNUSUAL) && t->seq.v == c->rcv_nxt.v &&
           seg->len <= (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt) &&
           t->ack.v - c->snd_una.v <= conn_flight(c) && (seg->len || t->ack.v != c->snd_una.v) &&
           !seq_lt(t->seq, c->snd_wl1) && (!expected || (int32_t)(t->ts_value - c->ts_recent) >= 0) &&
           !conn_memory_is_out(s);
}

/* All that was in flight was sent at once and has arrived: nearly always, where requests are answered. What
 * the scoreboard has to say of it is known without asking. */
static inline void take_last_ack(struct conns *s, struct conn *c, struct conn_active *a, seq32 ack)
{
    uint32_t acked = (uint32_t)seq_diff(ack, c->snd_una);
    bool limited = acked + c->mss > c->cwnd;
    struct scoreboard_news news = {0};

    scoreboard_all_acked(&a->board, s->now_us, &news);
    c->snd_una = ack;
    ack_free(s, c, a, acked);
    rtt_measured(c, news.rtt_us);
    loss_delivered(&a->loss, &news);
    cc_acked(s, c, acked, limited);
    c->retries = 0;
    c->loss_at = 0;
    if (a->send.bytes)
        conn_owes(s, c, OWE_SEND);
}

/* The acknowledgement of something in flight. */
static __attribute__((noinline)) void take_ack(struct conns *s, struct conn *c, struct conn_active *a,
                                               seq32 ack)
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

/* The text. */
static inline void take_bytes(struct conns *s, struct conn *c, struct conn_active *a, const struct segment *seg)
{
    uint32_t took = queue_append(&a->recv, &s->queues, seg->payload, seg->len);

    if (took)
        conn_took_in(s, c, seg->len, took, 0, false);
    else
        conn_owes(s, c, OWE_ACK);
}

bool fast_segment(struct conns *s, struct conn *c, const struct segment *seg)
{
    const struct tcp *t = &seg->tcp;
    struct conn_active *a = conn_active(s, c);

    if (!is_plain(s, c, seg))
        return false;
    if (a ? !fast_is_quiet(a) : seg->len && !(a = conn_activate_new(s, c)))
        return false;
    s->counts.segments_in++;
    if (c->flags & CONN_KEEP)
        timers_heard(s, c);
    if (c->flags & CONN_TIMESTAMPS && !c->ack_bytes)
        conn_note_timestamp(s, c, t->ts_value);
    if (t->ack.v != c->snd_una.v) {
        if (t->ack.v == c->snd_nxt.v && scoreboard_is_one(&a->board))
            take_last_ack(s, c, a, t->ack);
        else
            take_ack(s, c, a, t->ack);
    }
    ack_take_window(s, c, t);
    if (seg->len)
        take_bytes(s, c, a, seg);
    else
        conn_fold(s, c);
    return true;
}
