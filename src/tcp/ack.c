/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An acknowledgement frees bytes at the front of the send queue, maybe the FIN behind them, and moves
 * SND.UNA; SACK blocks mark what arrived out of order. The scoreboard turns both into news, of which the
 * round-trip time, loss detection and the timers are told; room for the application is marked. Nothing is
 * sent here.
 */
#include "ack.h"
#include "budget.h"
#include "rtt.h"
#include "timers.h"
#include "tune.h"

void ack_tell_room(struct conns *s, struct conn *c)
{
    uint32_t room = budget_send_room(s, c, BUDGET_MOVE);

    if (room < c->mss && room < conn_send_limit(s, c) / 2 && conn_queued(s, c))
        return;
    c->flags &= ~(uint32_t)CONN_WANT_WRITE;
    conn_tells(s, c, CONN_EV_WRITABLE);
}

/* SND.UNA moves to ack. The byte that probed a closed window is not in the books until now: it was taken. */
static void advance(struct conns *s, struct conn *c, struct conn_active *a, seq32 ack,
                    struct scoreboard_news *news)
{
    uint32_t acked = (uint32_t)seq_diff(ack, c->snd_una);

    if (seq_lt(c->snd_nxt, ack)) {
        scoreboard_clear(&a->board, &s->arrays);
        scoreboard_init(&a->board, ack);
        news->acked = news->delivered = acked;
        c->snd_nxt = ack;
    } else {
        scoreboard_acked(&a->board, &s->arrays, ack, s->now_us, news);
    }
    c->snd_una = ack;
    c->flags &= ~(uint32_t)CONN_PROBED;
    ack_free(s, c, a, acked);
}

/* RFC 2883 5: the first block tells of a duplicate when it lies below the acknowledgement, or inside the
 * second.
 */
static bool tells_duplicate(const struct tcp *t)
{
    if (!seq_lt(t->sack[0].left, t->sack[0].right))
        return false;
    if (seq_le(t->sack[0].right, t->ack))
        return true;
    return t->sack_blocks > 1 && seq_le(t->sack[1].left, t->sack[0].left) &&
           seq_le(t->sack[0].right, t->sack[1].right);
}

/* What a block says of bytes that were never sent is no reason to believe the rest of it. */
static void read_blocks(struct conns *s, struct conn_active *a, const struct tcp *t,
                        struct scoreboard_news *news, struct loss_ack *said)
{
    unsigned i = 0;

    if (tells_duplicate(t)) {
        said->dsack = true;
        said->dsack_bytes = (uint32_t)seq_diff(t->sack[0].right, t->sack[0].left);
        i = 1;
    }
    for (; i < t->sack_blocks; i++)
        if (seq_le(t->sack[i].right, a->board.nxt))
            scoreboard_sacked(&a->board, &s->arrays, t->sack[i].left, t->sack[i].right, s->now_us, news);
}

/* The acknowledgement is for something in flight: what it says, and what follows from it. */
static void learn(struct conns *s, struct conn *c, struct conn_active *a, const struct segment *seg)
{
    const struct tcp *t = &seg->tcp;
    struct scoreboard_news news = {0};
    struct loss_ack said = {.advanced = seq_lt(c->snd_una, t->ack),
                            .used = conn_window_is_used(c, a)};

    if (t->flags & TCP_ECE && c->flags & CONN_ECN)
        said.used = false; /* RFC 3168 6.1.2: the window SHOULD NOT grow by it */
    said.duplicate = !said.advanced && !seg->len && !(t->flags & (TCP_SYN | TCP_FIN)) && conn_flight(c) &&
                     ack_window(c, t) == c->snd_wnd;
    if (said.duplicate || (t->has & TCP_HAS_SACK && !said.advanced))
        timers_settle(s, c); /* before it may be a loss that is spoken of */
    if (said.advanced)
        advance(s, c, a, t->ack, &news);
    if (c->flags & CONN_SACK && t->has & TCP_HAS_SACK && t->sack_blocks)
        read_blocks(s, a, t, &news, &said);
    if (news.timed)
        rtt_measured(c, news.rtt_us);
    loss_acked(s, c, a, &news, &said);
    if (said.advanced)
        timers_ack_advanced(s, c);
    else if (news.delivered || said.duplicate)
        timers_sacked(s, c);
    if ((said.advanced || said.duplicate || news.delivered) &&
        (conn_flight(c) || a->send.bytes || c->flags & CONN_FIN_WANTED))
        conn_owes(s, c, OWE_SEND);
}

void ack_window_changed(struct conns *s, struct conn *c, uint32_t window)
{
    uint32_t before = c->snd_wnd;

    if (window < before)
        conn_cold(s, c)->max_wnd = conn_max_wnd(s, c);
    c->snd_wnd = window;
    if (window > before && conn_queued(s, c)) {
        if (before == 0)
            timers_window_opened(s, c);
        conn_owes(s, c, OWE_SEND);
    }
}

/* SND.UNA moved, but by a segment older than the one that the window is from: the right edge stays where it
 * was told to be. */
static void keep_edge(struct conns *s, struct conn *c, uint32_t acked)
{
    if (acked && c->snd_wnd)
        ack_window_changed(s, c, c->snd_wnd > acked ? c->snd_wnd - acked : 0);
}

/* An acknowledgement of what was never sent, or too old to be from this connection (RFC 5961 5.2). */
static bool is_strange(const struct conns *s, const struct conn *c, seq32 ack)
{
    seq32 highest = c->flags & CONN_PROBED ? seq_add(c->snd_nxt, 1) : c->snd_nxt;

    if (seq_lt(highest, ack))
        return true;
    return seq_lt(ack, c->snd_una) && seq_diff(c->snd_una, ack) > (int64_t)conn_max_wnd(s, c);
}

enum drop ack_received(struct conns *s, struct conn *c, const struct segment *seg)
{
    const struct tcp *t = &seg->tcp;
    struct conn_active *a = conn_active(s, c);
    seq32 before = c->snd_una;
    uint32_t flight = conn_flight(c);

    if (is_strange(s, c, t->ack)) {
        if (seg->len || conn_may_answer(s, &conn_cold(s, c)->answered))
            conn_owes(s, c, OWE_ACK);
        return DROP_ACK;
    }
    if (seq_lt(t->ack, c->snd_una))
        return DROP_NONE; /* an old duplicate: nothing to learn from it */
    if (a && (conn_flight(c) || c->flags & CONN_PROBED))
        learn(s, c, a, seg);
    if (t->flags & TCP_ECE && c->flags & CONN_ECN && a)
        loss_congestion(s, c, a, flight);
    if (seq_lt(t->seq, c->snd_wl1))
        keep_edge(s, c, (uint32_t)seq_diff(c->snd_una, before));
    else
        ack_take_window(s, c, t);
    return DROP_NONE;
}
