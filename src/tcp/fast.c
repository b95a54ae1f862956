/* SPDX-License-Identifier: BSD-2-Clause
 *
 * in.c's steps for the case that they nearly always meet, with the questions asked once, in front:
 *
 *      the connection   ESTABLISHED, no hole in what was received, nothing lost, urgent, probed or marked
 *      the segment      ACK, maybe PSH, and no options but the timestamp that is expected
 *      its numbers      begins at RCV.NXT, fits the window, acknowledges something in flight or carries bytes
 *
 * What is then left of the steps is here, in their order: TS.Recent, the acknowledgement, the window, the
 * text.
 */
#include "fast.h"
#include "ack.h"
#include "budget.h"
#include "rtt.h"
#include "timers.h"

enum {
    UNUSUAL = CONN_ORPHAN | CONN_FIN_WANTED | CONN_PROBED | CONN_FORCE | CONN_TAIL_PROBE | CONN_URGENT_IN |
              CONN_URGENT_OUT | CONN_ECN | CONN_KEEP_PROBING
};

static bool is_plain(const struct conn *c, const struct segment *seg)
{
    const struct tcp *t = &seg->tcp;
    unsigned expected = c->flags & CONN_TIMESTAMPS ? TCP_HAS_TIMESTAMP : 0;

    return c->state == CONN_ESTABLISHED && t->has == expected && (t->flags & ~TCP_PSH) == TCP_ACK &&
           !(c->flags & UNUSUAL) && t->seq.v == c->rcv_nxt.v &&
           seg->len <= (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt) &&
           t->ack.v - c->snd_una.v <= conn_flight(c) && (seg->len || t->ack.v != c->snd_una.v) &&
           !seq_lt(t->seq, c->snd_wl1) && (!expected || (int32_t)(t->ts_value - c->ts_recent) >= 0);
}

/* Nothing is being repaired or waits behind a hole. */
static bool is_quiet(const struct conn_active *a)
{
    const struct loss *l = &a->loss;

    return !(a->board.sacked | a->board.lost | a->ahead.islands.count | a->dsack_len) &&
           l->phase == LOSS_OPEN && !l->dup_acks && !l->probe_out && !a->fin_early;
}

/* The acknowledgement of something in flight. */
static void take_ack(struct conns *s, struct conn *c, struct conn_active *a, seq32 ack)
{
    struct scoreboard_news news = {0};
    struct loss_ack said = {.advanced = true, .limited = conn_pipe(a) + c->mss > c->cwnd};
    uint32_t acked = (uint32_t)seq_diff(ack, c->snd_una);

    scoreboard_acked(&a->board, &s->arrays, ack, s->now_us, &news);
    c->snd_una = ack;
    ack_free(s, c, a, acked);
    if (news.timed)
        rtt_measured(c, news.rtt_us);
    loss_acked(s, c, a, &news, &said);
    timers_ack_advanced(s, c);
    if (conn_flight(c) || a->send.bytes)
        conn_owes(s, c, OWE_SEND);
}

/* The text. */
static void take_bytes(struct conns *s, struct conn *c, struct conn_active *a, const struct segment *seg)
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

    if (!is_plain(c, seg) || (a && !is_quiet(a)))
        return false;
    if (!a && seg->len) {
        a = conn_activate(s, c);
        if (!a)
            return false;
    }
    if (!budget_is_ample(s) && seg->len && seg->len > budget_part(s, budget_receive_line(s), &a->recv))
        return false;
    s->counts.segments_in++;
    if (c->flags & CONN_KEEP)
        timers_heard(s, c);
    if (c->flags & CONN_TIMESTAMPS && !c->ack_bytes)
        conn_note_timestamp(s, c, t->ts_value);
    if (t->ack.v != c->snd_una.v)
        take_ack(s, c, a, t->ack);
    ack_take_window(s, c, t);
    if (seg->len)
        take_bytes(s, c, a, seg);
    else
        conn_fold(s, c);
    return true;
}
