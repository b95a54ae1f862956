/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The segment that was expected, and the answer that is: in its place, on an open connection, with nothing
 * out of the ordinary on either side. Both take the shortest road; whatever is not that is left to in.h and
 * out.h, which would have done the same (rn_options.no_fast_path leaves all to them, and the frames that are
 * sent do not change).
 *
 * These are in.c's steps, and out.c's, for the case that they nearly always meet, with the questions asked
 * once, in front:
 *
 *      the connection   ESTABLISHED, no hole in what was received, nothing lost, urgent, probed or marked:
 *                       all of that is in its flags
 *      the segment      ACK, maybe PSH, and no options but the timestamp that is expected
 *      its numbers      begins at RCV.NXT, fits the window, acknowledges something in flight or carries bytes
 *
 * What is then left of the steps is here, in their order: TS.Recent, the acknowledgement, the window, the
 * text. What goes out is asked for likewise: nothing is in flight, and all that is queued fits one segment
 * and both windows. Nearly all of it is in line where stack/ calls it, once for each direction.
 */
#ifndef TCP_FAST_H
#define TCP_FAST_H

#include "ack.h"
#include "budget.h"
#include "out.h"
#include "rtt.h"
#include "segment.h"
#include "timers.h"

/* A function of which no call is to be left. */
#define FAST_INLINE static inline __attribute__((always_inline))

/* Who is one of these takes the long road. */
enum {
    FAST_NOT = CONN_ORPHAN | CONN_FIN_WANTED | CONN_PROBED | CONN_FORCE | CONN_TAIL_PROBE | CONN_URGENT_IN |
               CONN_URGENT_OUT | CONN_ECN | CONN_KEEP_PROBING | CONN_UNUSUAL
};

/* ---- in ----------------------------------------------------------------------------------------------- */

FAST_INLINE bool fast_is_expected(const struct conn *c, const struct segment *seg)
{
    const struct tcp *t = &seg->tcp;
    unsigned expected = c->flags & CONN_TIMESTAMPS ? TCP_HAS_TIMESTAMP : 0;

    return t->has == expected && (t->flags & ~TCP_PSH) == TCP_ACK && !(c->flags & FAST_NOT) &&
           t->seq.v == c->rcv_nxt.v && seg->len <= (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt) &&
           (t->ack.v == c->snd_nxt.v || t->ack.v - c->snd_una.v <= conn_flight(c)) &&
           !seq_lt(t->seq, c->snd_wl1) && (!expected || (int32_t)(t->ts_value - c->ts_recent) >= 0);
}

/* One of several things in flight was acknowledged. */
void fast_ack(struct conns *s, struct conn *c, struct conn_active *a, seq32 ack);

/* All that was in flight was sent at once and has arrived: nearly always, where requests are answered. What
 * the scoreboard has to say of it is known without asking. */
FAST_INLINE void fast_last_ack(struct conns *s, struct conn *c, struct conn_active *a, uint32_t acked)
{
    uint32_t sent_us = scoreboard_one_acked(&a->board), rtt_us = s->now_us - sent_us;

    c->snd_una = c->snd_nxt;
    rtt_measured(c, rtt_us);
    loss_all_delivered(&a->loss, sent_us, c->snd_nxt, rtt_us);
    cc_acked(s, c, acked, conn_window_is_used(c, a));
    c->loss_at = 0;
}

/* The answer to our last text, which it acknowledges, in that text's own chunk. False: nothing was done. */
FAST_INLINE bool fast_answer(struct conns *s, struct conn *c, struct conn_active *a,
                             const struct segment *seg)
{
    uint32_t acked = conn_flight(c);
    struct queue_chunk *chunk;

    if (seg->tcp.ack.v != c->snd_nxt.v || acked != a->send.bytes || !scoreboard_is_one(&a->board))
        return false;
    chunk = queue_refillable(&a->recv, &a->send, &s->queues, seg->len);
    if (!chunk)
        return false;
    queue_refill(&a->recv, &a->send, chunk, seg->payload, seg->len);
    a->cursor = (struct queue_cursor){0};
    ack_freed(s, c, a); /* buffers are tuned by the window as it was before */
    fast_last_ack(s, c, a, acked);
    return true;
}

/* An expected segment without text: an acknowledgement alone. False: it acknowledges nothing. */
bool fast_ack_alone(struct conns *s, struct conn *c, const struct segment *seg);

/* The active block that takes the text; NULL: memory is not so ample that it may be taken without more ado.
 */
FAST_INLINE struct conn_active *fast_block(struct conns *s, struct conn *c, uint32_t len)
{
    struct conn_active *a = conn_active(s, c);

    if (!conn_memory_is_ample(s) && (!a || len > budget_part(s, budget_receive_line(s), &a->recv)))
        return NULL;
    return a ? a : conn_activate_new(s, c);
}

FAST_INLINE void fast_note_timestamp(const struct conns *s, struct conn *c, const struct segment *seg)
{
    if (c->flags & CONN_TIMESTAMPS && !c->ack_bytes)
        conn_note_timestamp(s, c, seg->tcp.ts_value);
}

/* As ack_take_window does where nothing is being retransmitted. */
FAST_INLINE void fast_take_window(struct conns *s, struct conn *c, const struct segment *seg)
{
    uint32_t window = (uint32_t)seg->tcp.window << (c->scale & 15);

    c->snd_wl1 = seg->tcp.seq;
    if (window != c->snd_wnd)
        ack_window_changed(s, c, window);
}

/* True: the segment has been dealt with. False: it is left to in_segment, and nothing has been done; or there
 * is no place for its text, and what its acknowledgement said is known already, which does no harm to be said
 * twice. */
FAST_INLINE bool fast_segment(struct conns *s, struct conn *c, const struct segment *seg)
{
    uint32_t took = seg->len;
    struct conn_active *a;

    if (!fast_is_expected(c, seg))
        return false;
    if (!seg->len)
        return fast_ack_alone(s, c, seg);
    a = fast_block(s, c, seg->len);
    if (!a)
        return false;
    s->counts.segments_in++;
    if (c->flags & CONN_KEEP)
        timers_heard(s, c);
    fast_note_timestamp(s, c, seg);
    if (!fast_answer(s, c, a, seg)) {
        if (seg->tcp.ack.v != c->snd_una.v)
            fast_ack(s, c, a, seg->tcp.ack);
        took = queue_append(&a->recv, &s->queues, seg->payload, seg->len);
    }
    fast_take_window(s, c, seg);
    if (!took) {
        s->counts.segments_in--;
        return false;
    }
    conn_took_in(s, c, seg->len, took, 0, false);
    return true;
}

/* ---- out ---------------------------------------------------------------------------------------------- */

/* All that is queued can go now, in one segment, and pays all that is owed. */
FAST_INLINE bool fast_is_one_segment(const struct conn *c, const struct conn_active *a)
{
    uint32_t len = a->send.bytes;

    return len && c->owe & OWE_SEND && !(c->flags & (FAST_NOT | CONN_PROBE_OWED)) &&
           c->snd_una.v == c->snd_nxt.v && len <= conn_payload_max(c) && len <= c->snd_wnd && len <= c->cwnd;
}

/* That segment is decided on and counted, as out_next would have. A slot must be at hand. stamped: the
 * connection has timestamps, which is known where this is called. */
FAST_INLINE void fast_text(struct conns *s, struct conn *c, struct conn_active *a, bool stamped,
                           struct out_segment *out)
{
    bool grown = c->careful & CAREFUL_WINDOW && c->cwnd > cc_initial(c->mss);

    if (grown)
        out_restart_if_idle(s, c);
    out->offset = 0;
    out->len = a->send.bytes;
    out_header(s, c, out, c->snd_una, TCP_ACK | TCP_PSH, stamped);
    timers_first_sent(s, c, a);
    scoreboard_sent_first(&a->board, out->len, s->now_us);
    a->flew = out->len;
    c->snd_nxt = seq_add(c->snd_nxt, out->len);
    if (grown && c->cwnd > cc_initial(c->mss))
        conn_cold(s, c)->last_sent = tick_of(s->now);
    c->owe = 0;
}

#endif
