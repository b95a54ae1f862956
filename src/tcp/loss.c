/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Three questions, asked at each acknowledgement and whenever a timer of ours runs out: what has arrived
 * (RACK's clock goes on, RFC 8985 6.2), what must be lost by now (marked in the scoreboard), and how much may
 * go while that is repaired (RFC 6937). Nearly always the answer to the last two is nothing, and loss_acked
 * is over after a few lines.
 *
 * A peer without SACK tells by duplicate acknowledgements that segments left the network: they are counted in
 * dup_bytes, which the pipe is less by, so that one arithmetic serves both kinds of peer; limited transmit
 * (RFC 3042) follows from it by itself.
 */
#include "cc.h"
#include "conn.h"

enum {
    DUP_THRESH = 3,
    REO_MULT_MAX = 100,
    REO_PERSIST = 16 /* recoveries, RFC 8985 6.2 step 4 */
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* ---- RACK --------------------------------------------------------------------------------------------- */

/* Step 4: how much later than what was sent after it a segment may arrive. */
static uint32_t reordering_window(const struct conn *c, const struct conn_active *a)
{
    const struct loss *l = &a->loss;
    uint32_t segments = (a->board.sacked + conn_payload_max(c) - 1) / conn_payload_max(c), window;
    uint32_t mult = l->reo_mult ? l->reo_mult : 1;

    if (!l->reordering_seen && (l->phase != LOSS_OPEN || segments >= DUP_THRESH))
        return 0;
    window = l->min_rtt_us / 4 < UINT32_MAX / REO_MULT_MAX ? l->min_rtt_us / 4 * mult : UINT32_MAX;
    return least(window, c->srtt_us);
}

/* A needless retransmission of ours came to light: more patience, for a while. */
static void adapt(const struct conn *c, struct loss *l)
{
    if (l->dsack_round_any && seq_lt(c->snd_una, l->dsack_round))
        return;
    l->dsack_round = c->snd_nxt;
    l->dsack_round_any = true;
    if (l->reo_mult < REO_MULT_MAX)
        l->reo_mult = (uint8_t)(l->reo_mult ? l->reo_mult + 1 : 2);
    l->reo_persist = REO_PERSIST;
}

/* Step 5. True: something was found lost. */
static bool detect(struct conns *s, struct conn *c, struct conn_active *a)
{
    struct loss *l = &a->loss;

    l->reorder_us = 0;
    if (!l->rack_any || !conn_flight(c))
        return false;
    return scoreboard_detect(&a->board, &s->arrays, l->rack_us, l->rack_end,
                             l->rack_rtt_us + reordering_window(c, a), s->now_us, &l->reorder_us) != 0;
}

/* ---- recovery ----------------------------------------------------------------------------------------- */

/* RFC 6937: cwnd is what is in the network and what may be added to it, so that by the end of the recovery as
 * much has been sent as ssthresh allows for what was delivered. */
static void reduce(struct conns *s, struct conn *c, struct conn_active *a, uint32_t delivered, bool first)
{
    struct loss *l = &a->loss;
    uint32_t ssthresh = conn_cold(s, c)->ssthresh, pipe = conn_pipe(a), count = 0, limit;
    uint64_t due;

    l->prr_delivered += delivered;
    if (pipe > ssthresh) {
        due = ((uint64_t)l->prr_delivered * ssthresh + l->recover_flight - 1) / l->recover_flight;
        count = due > l->prr_out ? (uint32_t)due - l->prr_out : 0;
    } else {
        limit = l->prr_delivered > l->prr_out ? l->prr_delivered - l->prr_out : 0;
        limit = (limit > delivered ? limit : delivered) + c->mss;
        count = least(ssthresh - pipe, limit);
    }
    if (first && count < c->mss)
        count = c->mss; /* the fast retransmission itself */
    c->cwnd = pipe + count;
    conn_window_is_large(s, c);
    if (c->cwnd < c->mss)
        c->cwnd = c->mss;
}

/* The window was reduced, for whatever reason: a peer that does ECN is told (RFC 3168 6.1.2). */
static void tell_reduced(struct conn *c)
{
    if (c->flags & CONN_ECN)
        c->flags |= CONN_CWR_OWED;
}

static void enter(struct conns *s, struct conn *c, struct conn_active *a)
{
    struct loss *l = &a->loss;

    l->phase = LOSS_RECOVERY;
    l->recover = c->snd_nxt;
    l->recover_flight = conn_flight(c);
    l->prr_delivered = l->prr_out = l->retransmitted = 0;
    l->undo_may = true;
    l->prior_cwnd = c->cwnd;
    l->prior_ssthresh = conn_cold(s, c)->ssthresh;
    cc_lost(s, c, conn_flight(c));
    tell_reduced(c);
    conn_owes(s, c, OWE_SEND);
}

static void leave(struct conns *s, struct conn *c, struct conn_active *a)
{
    struct loss *l = &a->loss;

    if (l->phase == LOSS_RECOVERY)
        cc_recovered(s, c);
    if (l->phase == LOSS_RECOVERY && l->reo_persist && --l->reo_persist == 0)
        l->reo_mult = 1;
    l->phase = LOSS_OPEN;
    l->dup_acks = 0;
    l->dup_bytes = 0;
}

/* All that was sent again since the loss had arrived before: there was none (RFC 3708, with RFC 2883). */
static void doubt(struct conns *s, struct conn *c, struct conn_active *a, uint32_t twice)
{
    struct loss *l = &a->loss;

    if (!l->undo_may || !l->retransmitted)
        return;
    l->retransmitted -= least(twice, l->retransmitted);
    if (l->retransmitted)
        return;
    l->undo_may = false;
    cc_undo(s, c, l->prior_cwnd, l->prior_ssthresh);
    if (l->phase != LOSS_OPEN && !a->board.lost)
        l->phase = LOSS_OPEN;
}

/* RFC 8985 7.4: what became of the probe; a loss that only it has repaired is a loss. */
static void judge_probe(struct conns *s, struct conn *c, struct conn_active *a, const struct loss_ack *ack,
                        bool nothing_new)
{
    struct loss *l = &a->loss;

    if (seq_lt(c->snd_una, l->probe_end))
        return;
    if (l->probe_again && !ack->dsack && !nothing_new && !seq_lt(l->probe_end, c->snd_una))
        return; /* both may yet turn out to have arrived */
    l->probe_out = false;
    if (!l->probe_again || ack->dsack || nothing_new || l->phase != LOSS_OPEN)
        return;
    cc_lost(s, c, conn_flight(c) ? conn_flight(c) : c->cwnd);
    cc_recovered(s, c);
    tell_reduced(c);
}

/* ---- without SACK ------------------------------------------------------------------------------------- */

/* RFC 6582 3.2: the third duplicate, and each partial acknowledgement, tell of one lost segment. */
static bool count_duplicates(struct conns *s, struct conn *c, struct conn_active *a,
                             const struct loss_ack *ack, uint32_t acked)
{
    struct loss *l = &a->loss;
    uint32_t segment = conn_payload_max(c);

    if (ack->duplicate) {
        if (l->dup_acks < UINT8_MAX)
            l->dup_acks++;
        if (l->dup_bytes + segment <= scoreboard_pipe(&a->board))
            l->dup_bytes += segment;
        if (l->phase != LOSS_OPEN || l->dup_acks != DUP_THRESH ||
            (l->dsack_round_any && seq_lt(c->snd_una, l->dsack_round)))
            return false;
        return scoreboard_lose_first(&a->board, &s->arrays, segment) != 0;
    }
    if (!ack->advanced)
        return false;
    l->dup_acks = 0;
    acked = acked > segment ? acked - segment : 0; /* the segment that was missing had left no duplicate */
    l->dup_bytes = l->phase == LOSS_OPEN || l->dup_bytes < acked ? 0 : l->dup_bytes - acked;
    if (l->phase == LOSS_RECOVERY && seq_lt(c->snd_una, l->recover))
        return scoreboard_lose_first(&a->board, &s->arrays, segment) != 0;
    return false;
}

/* ---- what is told ------------------------------------------------------------------------------------- */

static __attribute__((noinline)) void look_closely(struct conns *s, struct conn *c, struct conn_active *a,
                                                   const struct scoreboard_news *news,
                                                   const struct loss_ack *ack)
{
    struct loss *l = &a->loss;
    uint32_t delivered = news->delivered, flight = conn_flight(c);
    bool found, entered = false, recovered = false;

    if (c->flags & CONN_SACK) {
        if (ack->dsack)
            adapt(c, l);
        if (l->probe_out)
            judge_probe(s, c, a, ack, ack->duplicate && !news->delivered);
        found = detect(s, c, a);
    } else {
        found = count_duplicates(s, c, a, ack, news->acked);
        if (ack->duplicate)
            delivered += least(conn_payload_max(c), flight);
    }
    if (ack->dsack)
        doubt(s, c, a, ack->dsack_bytes);
    if (l->phase != LOSS_OPEN && !seq_lt(c->snd_una, l->recover)) {
        recovered = l->phase == LOSS_RECOVERY;
        leave(s, c, a);
    }
    if (found && l->phase == LOSS_OPEN) {
        enter(s, c, a);
        entered = true;
    }
    if (found)
        conn_owes(s, c, OWE_SEND);
    if (l->phase == LOSS_RECOVERY)
        reduce(s, c, a, delivered, entered);
    else if (!recovered) /* the window has just been set to what it is to be */
        cc_acked(s, c, news->acked, ack->used);
    if (delivered)
        conn_owes(s, c, OWE_SEND);
}

void loss_acked(struct conns *s, struct conn *c, struct conn_active *a, const struct scoreboard_news *news,
                const struct loss_ack *ack)
{
    const struct loss *l = &a->loss;

    if (news->any)
        loss_delivered(&a->loss, news);
    if (a->board.sacked | a->board.lost | l->phase | l->dup_acks | l->probe_out | ack->duplicate | ack->dsack)
        look_closely(s, c, a, news, ack);
    else
        cc_acked(s, c, news->acked, ack->used);
}

void loss_timed_out(struct conns *s, struct conn *c, struct conn_active *a, bool first)
{
    struct loss *l = &a->loss;
    uint32_t flight = conn_pipe(a), unused;

    if (scoreboard_reneged(&a->board, &s->arrays))
        scoreboard_forget_sacked(&a->board, &s->arrays);
    l->undo_may = first && l->phase == LOSS_OPEN;
    l->prior_cwnd = c->cwnd;
    l->prior_ssthresh = conn_cold(s, c)->ssthresh;
    l->retransmitted = 0;
    l->phase = LOSS_REPAIR;
    l->recover = c->snd_nxt;
    l->dup_acks = 0;
    l->dup_bytes = 0;
    l->probe_out = false;
    l->reorder_us = 0;
    if (c->flags & CONN_SACK && l->rack_any) {
        scoreboard_lose_first(&a->board, &s->arrays, conn_payload_max(c));
        scoreboard_detect(&a->board, &s->arrays, s->now_us, c->snd_nxt,
                          l->rack_rtt_us + reordering_window(c, a), s->now_us, &unused);
    } else {
        scoreboard_lose_all(&a->board, &s->arrays);
        /* RFC 6582 3.2: duplicates of what goes again now tell of no new loss. */
        l->dsack_round = c->snd_nxt;
        l->dsack_round_any = true;
    }
    cc_timed_out(s, c, flight, first);
    tell_reduced(c);
}

void loss_reorder_ran_out(struct conns *s, struct conn *c, struct conn_active *a)
{
    if (!detect(s, c, a))
        return;
    if (a->loss.phase == LOSS_OPEN) {
        enter(s, c, a);
        reduce(s, c, a, 0, true);
    }
    conn_owes(s, c, OWE_SEND);
}

void loss_probe_sent(struct conn *c, struct conn_active *a, bool again)
{
    a->loss.probe_out = true;
    a->loss.probe_again = again;
    a->loss.probe_end = c->snd_nxt;
}

void loss_sent(struct conn_active *a, uint32_t len, bool again)
{
    a->loss.prr_out += len;
    if (again)
        a->loss.retransmitted += len;
}

/* The window is reduced already, and the peer need not know of it yet: CWR has not gone, or has not come
 * back. (Its number may be of long ago; then it is not in flight.) */
static bool is_reduced(const struct conn *c, const struct loss *l)
{
    return c->flags & CONN_CWR_OWED ||
           (l->cwr_sent && (uint32_t)seq_diff(l->cwr_seq, c->snd_una) < conn_flight(c));
}

void loss_congestion(struct conns *s, struct conn *c, struct conn_active *a, uint32_t flight)
{
    struct loss *l = &a->loss;

    l->undo_may = false; /* it was congestion, whether or not it was a loss */
    if (l->phase != LOSS_OPEN || is_reduced(c, l))
        return;
    cc_lost(s, c, flight);
    if (c->cwnd > conn_cold(s, c)->ssthresh)
        cc_recovered(s, c);
    tell_reduced(c);
}

void loss_cwr_sent(struct conn_active *a, seq32 seq)
{
    a->loss.cwr_sent = true;
    a->loss.cwr_seq = seq;
}
