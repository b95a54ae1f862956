/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of contents of a segment's arrival (RFC 9293 3.10.7):
 *
 *      CLOSED, LISTEN            listen.c: there is no connection yet
 *      SYN-SENT                  syn_sent: ACK, RST, SYN
 *      all others                sequence, RST, SYN, ACK, URG, data, FIN: each step goes on or ends it
 *
 * RFC 7323 5.3 puts the check of timestamps in front of the first step and TS.Recent behind it, RFC 3168 6.1
 * has the IP header's mark looked at with the data.
 *
 * A step that ends it leaves why in the verdict. Nothing is sent: an acknowledgement is owed.
 */
#include "in.h"
#include "ack.h"
#include "budget.h"
#include "cc.h"
#include "reassembly.h"
#include "rtt.h"
#include "timers.h"

#include <errno.h>

/* One segment on its way through the steps. */
struct arrival {
    struct conns *s;
    struct timewaits *w;
    struct conn *c;
    const struct tcp *seg;
    const struct segment *whole;
    seq32 seq; /* of the first byte of payload that is still of interest */
    const uint8_t *payload;
    uint32_t len;
    bool fin; /* and it is inside the window */
    struct verdict verdict;
};

/* A step's result: go on with the next, or be done. */
enum { GO_ON, DONE };

static int drop(struct arrival *a, enum drop reason)
{
    a->verdict.drop = reason;
    return DONE;
}

/* After a simultaneous open the peer's SYN-ACK repeats the SYN that we know (3.5, figure 8). */
static bool repeats_syn(const struct arrival *a)
{
    return a->c->state == CONN_SYN_RECEIVED && a->seg->flags & TCP_SYN && a->seg->flags & TCP_ACK &&
           seq_eq(a->seg->seq, conn_cold(a->s, a->c)->irs);
}

/* Bytes beyond the right edge were not asked for. A FIN just behind it is taken: it needs no room. */
static void cut_to_window(struct arrival *a)
{
    uint32_t room = (uint32_t)seq_diff(a->c->rcv_edge, a->seq);

    if (a->len <= room)
        return;
    a->len = room;
    a->fin = false;
    conn_owes(a->s, a->c, OWE_ACK);
}

/* An answer to what may be forged, or an answer itself, is given once in a while only: RFC 5961 7. */
static void challenge(struct arrival *a)
{
    if (conn_may_answer(a->s, &conn_cold(a->s, a->c)->answered))
        conn_owes(a->s, a->c, OWE_ACK);
}

/* TS.Recent from before a silence of 24 days proves nothing (RFC 7323 5.5). */
static bool is_aged(const struct conns *s, const struct conn *c)
{
    return conn_ts_age(s) - c->ts_age >= CONN_TS_AGE;
}

/* Before the first step, an old timestamp: PAWS (RFC 7323 5.3 R1). A segment without a timestamp, on a
 * connection that has them, is dropped without a word (3.2). */
static int timestamp(struct arrival *a)
{
    struct conn *c = a->c;

    if (!(c->flags & CONN_TIMESTAMPS) || a->seg->flags & TCP_RST)
        return GO_ON;
    if (!(a->seg->has & TCP_HAS_TIMESTAMP))
        return drop(a, DROP_TIMESTAMP);
    if ((int32_t)(a->seg->ts_value - c->ts_recent) >= 0 || is_aged(a->s, c))
        return GO_ON;
    if (a->len || a->fin)
        conn_owes(a->s, c, OWE_ACK);
    else
        challenge(a);
    return drop(a, DROP_TIMESTAMP);
}

/* TS.Recent is the timestamp of the segment that what we acknowledge next begins in (RFC 7323 4.3). */
static void note_timestamp(struct arrival *a)
{
    struct conn *c = a->c;
    seq32 last_ack_sent = seq_add(c->rcv_nxt, 0u - c->ack_bytes);

    if (!(a->seg->has & TCP_HAS_TIMESTAMP) || !(c->flags & CONN_TIMESTAMPS) ||
        seq_lt(last_ack_sent, a->seg->seq))
        return;
    if ((int32_t)(a->seg->ts_value - c->ts_recent) < 0 && !is_aged(a->s, c))
        return;
    conn_note_timestamp(a->s, c, a->seg->ts_value);
}

/* Bytes that came twice: a peer with SACK is told once (RFC 2883 4). */
static void note_duplicate(struct arrival *a, seq32 left, uint32_t len)
{
    struct conn_active *active = len && a->c->flags & CONN_SACK ? conn_activate(a->s, a->c) : NULL;

    if (!active)
        return;
    active->dsack_left = left;
    active->dsack_len = len;
}

/* Nothing of the segment lies in the window: said back, unless it is a RST or nothing to answer. */
static int unacceptable(struct arrival *a, uint32_t space)
{
    struct conn *c = a->c;

    if (a->seg->flags & TCP_RST)
        return drop(a, DROP_RESET);
    if (a->len && seq_lt(a->seq, c->rcv_nxt))
        note_duplicate(a, a->seq, a->len);
    if (space)
        conn_owes(a->s, c, OWE_ACK);
    else
        challenge(a);
    return drop(a, DROP_SEQUENCE);
}

/* A bare acknowledgement at the right edge counts, too, which the table of 3.4 does not say: there stands
 * whoever has sent all that the window takes and then lost some of it, and two who both stand there and do not
 * hear each other's acknowledgements stay there until R2. */
static bool is_at_edge(const struct arrival *a, uint32_t space)
{
    return !space && !(a->seg->flags & TCP_RST) && seq_eq(a->seq, a->c->rcv_edge);
}

/* First, the sequence number: cuts the segment to the receive window (3.4, "acceptability test"). */
static int sequence(struct arrival *a)
{
    struct conn *c = a->c;
    uint32_t window = (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt), old, space;
    bool first_in;

    if (repeats_syn(a))
        a->seq = c->rcv_nxt;
    space = a->len + (a->seg->flags & TCP_SYN ? 1 : 0) + (a->fin ? 1 : 0);
    /* With a closed window a segment in its place still counts for its ACK and RST (MUST-66). */
    first_in = seq_in(a->seq, c->rcv_nxt, window) || seq_eq(a->seq, c->rcv_nxt) || is_at_edge(a, space);
    if (!first_in && !(space && seq_in(seq_add(a->seq, space - 1), c->rcv_nxt, window)))
        return unacceptable(a, space);
    note_timestamp(a);
    if (!first_in) {
        old = (uint32_t)seq_diff(c->rcv_nxt, a->seq);
        if (old > a->len)
            old = a->len; /* all of it is old but its FIN */
        note_duplicate(a, a->seq, old);
        a->payload += old;
        a->len -= old;
        a->seq = c->rcv_nxt;
        conn_owes(a->s, c, OWE_ACK);
    }
    cut_to_window(a);
    return GO_ON;
}

/* Second, RST: only exactly in its place (RFC 5961 3.2). */
static int reset(struct arrival *a)
{
    struct conn *c = a->c;

    if (!(a->seg->flags & TCP_RST))
        return GO_ON;
    if (!seq_eq(a->seg->seq, c->rcv_nxt)) {
        challenge(a);
        return drop(a, DROP_RESET);
    }
    a->s->counts.resets_in++;
    conn_finish(a->s, c, c->state == CONN_SYN_RECEIVED ? -ECONNREFUSED : -ECONNRESET);
    return DONE;
}

/* Fourth (the third, security, is obsolete), SYN: a challenge (RFC 5961 4.2). */
static int syn(struct arrival *a)
{
    if (!(a->seg->flags & TCP_SYN) || repeats_syn(a))
        return GO_ON;
    challenge(a);
    return drop(a, DROP_SYN);
}

/* Our SYN was acknowledged: the connection stands. */
static void established(struct conns *s, struct conn *c)
{
    struct conn_active *a = conn_active(s, c);
    struct scoreboard_news news = {0};
    uint8_t repeated = c->retries;

    if (c->snd_una.v != c->snd_nxt.v && a)
        scoreboard_acked(&a->board, &s->arrays, c->snd_nxt, s->now_us, &news);
    c->snd_una = c->snd_nxt = seq_add(conn_cold(s, c)->iss, 1);
    if (news.timed)
        rtt_measured(c, news.rtt_us);
    timers_ack_advanced(s, c);
    if (repeated)
        rtt_syn_repeated(s, c);
    cc_opened(s, c, repeated);
    conn_set_state(s, c, CONN_ESTABLISHED);
    s->counts.opened_active++;
    conn_tells(s, c, CONN_EV_CONNECTED | CONN_EV_WRITABLE);
    conn_owes(s, c, OWE_SEND);
    if (c->flags & CONN_KEEP)
        timers_heard(s, c);
}

/* Fifth, ACK. */
static int ack(struct arrival *a)
{
    struct conn *c = a->c;
    enum drop bad;

    if (!(a->seg->flags & TCP_ACK))
        return drop(a, DROP_FLAGS);
    if (c->state == CONN_SYN_RECEIVED) {
        if (!seq_eq(a->seg->ack, seq_add(conn_cold(a->s, c)->iss, 1))) {
            a->verdict.reply = REPLY_RST;
            return drop(a, DROP_ACK);
        }
        established(a->s, c);
        c->snd_wnd = ack_window(c, a->seg);
        c->snd_wl1 = a->seg->seq;
        return GO_ON;
    }
    bad = ack_received(a->s, c, a->whole);
    if (bad)
        return drop(a, bad);
    if (!(c->flags & CONN_FIN_ACKED))
        return GO_ON;
    if (c->state == CONN_FIN_WAIT_1) {
        conn_set_state(a->s, c, CONN_FIN_WAIT_2);
        if (c->flags & CONN_ORPHAN)
            timers_orphaned(a->s, c);
    } else if (c->state == CONN_CLOSING) {
        a->verdict = timewait_enter(a->w, a->s, c);
        return DONE;
    } else if (c->state == CONN_LAST_ACK) {
        conn_finish(a->s, c, 0);
        return DONE;
    }
    return GO_ON;
}

/* Sixth, URG: where the urgent bytes end (RFC 6093), told when that moves on (MUST-32). */
static int urgent(struct arrival *a)
{
    struct conn *c = a->c;
    seq32 up = seq_add(a->seg->seq, a->seg->urgent);
    struct conn_active *active;

    if (!(a->seg->flags & TCP_URG) || !conn_facts[c->state].may_receive || !seq_lt(c->rcv_nxt, up))
        return GO_ON;
    active = conn_activate(a->s, c);
    if (!active || (c->flags & CONN_URGENT_IN && seq_le(up, active->rcv_up)))
        return GO_ON;
    c->flags |= CONN_URGENT_IN;
    active->rcv_up = up;
    conn_tells(a->s, c, CONN_EV_URGENT);
    return GO_ON;
}

static uint32_t take_some(struct conns *s, struct conn_active *active, const uint8_t *bytes, uint32_t len)
{
    uint32_t room = conn_memory_is_ample(s) ? len : budget_part(s, budget_receive_line(s), &active->recv);

    return queue_append(&active->recv, &s->queues, bytes, len < room ? len : room);
}

/* As many bytes as the memory takes. What is in its turn comes before what is ahead of it: that makes room.
 */
static uint32_t take_in(struct arrival *a, struct conn_active *active)
{
    struct conns *s = a->s;
    uint32_t took = take_some(s, active, a->payload, a->len);

    if (took < a->len && reassembly_any(&active->ahead)) {
        conn_drop_ahead(s, active);
        s->counts.islands_dropped++;
        took += take_some(s, active, a->payload + took, a->len - took);
    }
    return took;
}

/* Bytes in their turn: to the receive queue, and with them what waited behind the hole they fill. */
static int in_order(struct arrival *a)
{
    struct conn *c = a->c;
    struct conn_active *active = conn_activate(a->s, c);
    uint32_t took = active ? take_in(a, active) : 0, more = 0;
    bool hole = active && reassembly_any(&active->ahead);

    if (took < a->len) {
        a->fin = false;
        a->verdict.drop = DROP_BUDGET; /* of the rest at least */
    }
    if (!took) {
        conn_owes(a->s, c, OWE_ACK);
        return DONE;
    }
    if (hole)
        more = reassembly_reached(&active->ahead, &a->s->arrays, &a->s->queues, &active->recv,
                                  seq_add(c->rcv_nxt, took));
    conn_took_in(a->s, c, a->len, took, more, hole || c->dup_acks);
    c->dup_acks = 0; /* they would speak of a place that is no longer the first to be missing (MUST-59) */
    return GO_ON;
}

/* The active block, if islands may grow; else NULL. */
static struct conn_active *may_wait(struct conns *s, struct conn *c)
{
    const struct conn_active *a = conn_active(s, c);

    return budget_may_wait(s, a ? a->ahead.charged : 0) ? conn_activate(s, c) : NULL;
}

static int ahead(struct arrival *a)
{
    struct conn *c = a->c;
    struct conn_active *active = may_wait(a->s, c);
    unsigned most = c->flags & CONN_SACK ? CONN_DUP_ACKS_SACK : UINT8_MAX;
    enum drop result = DROP_BUDGET;
    uint32_t dup_len = 0;
    seq32 dup;

    if (active)
        result = reassembly_keep(&active->ahead, &a->s->arrays, &a->s->queues, a->seq, a->payload, a->len,
                                 &dup, &dup_len);
    if (dup_len)
        note_duplicate(a, dup, dup_len);
    if (c->dup_acks < most)
        c->dup_acks++; /* each on its own: the sender counts them (RFC 5681 4.2) */
    conn_owes(a->s, c, 0);
    if (!result && a->fin) {
        active->fin_early = true;
        active->fin_seq = seq_add(a->seq, a->len);
    }
    return drop(a, result);
}

/* Whether the network was congested, and whether the peer knows that we saw it (RFC 3168 6.1.3). */
static void congestion(struct arrival *a)
{
    struct conn *c = a->c;

    if (a->seg->flags & TCP_CWR)
        c->flags &= ~(uint32_t)CONN_ECE_OWED;
    if ((a->whole->traffic_class & SEGMENT_ECN) != SEGMENT_CE)
        return;
    c->flags |= CONN_ECE_OWED;
    conn_owes(a->s, c, OWE_ACK);
}

/* Seventh, the text. */
static int data(struct arrival *a)
{
    struct conn *c = a->c;

    if (c->flags & CONN_ECN && a->whole->len && conn_facts[c->state].may_receive)
        congestion(a); /* also by a probe of our window, of which nothing is left (6.1.6) */
    if (!a->len && seq_eq(a->seq, c->rcv_nxt))
        return GO_ON;
    if (!conn_facts[c->state].may_receive)
        return drop(a, DROP_CLOSED);
    if (a->len && c->flags & CONN_ORPHAN) { /* SHLD-3: nobody will read it, so say so */
        a->verdict.reply = REPLY_RST;
        conn_finish(a->s, c, -ECONNRESET);
        return drop(a, DROP_CLOSED);
    }
    if (!seq_eq(a->seq, c->rcv_nxt)) {
        if (a->len || a->fin)
            return ahead(a);
        return DONE;
    }
    return in_order(a);
}

/* Eighth, FIN. */
static int fin(struct arrival *a)
{
    struct conn *c = a->c;
    struct conn_active *active = conn_active(a->s, c);

    if (active && active->fin_early && seq_eq(active->fin_seq, c->rcv_nxt))
        a->fin = true;
    else if (a->fin && !seq_eq(seq_add(a->seq, a->len), c->rcv_nxt))
        a->fin = false; /* what came before it was not taken */
    if (!a->fin || !conn_facts[c->state].may_receive)
        return DONE;
    if (active)
        active->fin_early = false;
    c->rcv_nxt = c->rcv_edge = seq_add(c->rcv_nxt, 1);
    conn_owes(a->s, c, OWE_ACK);
    conn_tells(a->s, c, CONN_EV_READABLE | CONN_EV_PEER_CLOSED);
    if (c->state == CONN_ESTABLISHED)
        conn_set_state(a->s, c, CONN_CLOSE_WAIT);
    else if (c->state == CONN_FIN_WAIT_1)
        conn_set_state(a->s, c, CONN_CLOSING);
    else
        a->verdict = timewait_enter(a->w, a->s, c);
    return DONE;
}

/* What the peer's SYN says: its numbers, and the options that both want. */
static void learn_options(struct arrival *a)
{
    struct conn *c = a->c;
    const struct tcp *seg = a->seg;
    struct conn_cold *cold = conn_cold(a->s, c);
    const struct conn_config *k = &a->s->config;

    cold->irs = seg->seq;
    c->rcv_nxt = seq_add(seg->seq, 1);
    c->rcv_edge = seq_add(c->rcv_nxt, conn_syn_window(a->s));
    c->snd_wnd = seg->window;
    c->snd_wl1 = seg->seq;
    if (seg->has & TCP_HAS_WSCALE && !k->no_window_scale) {
        c->flags |= CONN_WSCALE;
        c->scale = (uint8_t)(k->rcv_scale << 4 | seg->wscale);
    }
    if (seg->has & TCP_HAS_TIMESTAMP && !k->no_timestamps) {
        c->flags |= CONN_TIMESTAMPS;
        conn_note_timestamp(a->s, c, seg->ts_value);
    }
    if (seg->has & TCP_HAS_SACK_PERMITTED && !k->no_sack)
        c->flags |= CONN_SACK;
    /* RFC 3168 6.1.1: a SYN-ACK agrees with ECE alone; a SYN asks with both. Ours did not if it was repeated.
     */
    if (conn_settings(a->s, c)->ecn && !c->retries &&
        (seg->flags & (TCP_ECE | TCP_CWR)) == (seg->flags & TCP_ACK ? TCP_ECE : TCP_ECE | TCP_CWR))
        c->flags |= CONN_ECN;
    conn_limit_mss(c, seg->has & TCP_HAS_MSS ? seg->mss : c->flags & CONN_IPV6 ? 1220 : 536);
}

/* SYN-SENT (3.10.7.3): ACK, RST, SYN, in this order. */
static int syn_sent(struct arrival *a)
{
    struct conn *c = a->c;
    const struct tcp *seg = a->seg;
    bool acked = seg->flags & TCP_ACK;

    if (acked && !(seq_lt(conn_cold(a->s, c)->iss, seg->ack) && seq_le(seg->ack, c->snd_nxt))) {
        if (!(seg->flags & TCP_RST))
            a->verdict.reply = REPLY_RST;
        return drop(a, DROP_ACK);
    }
    if (seg->flags & TCP_RST) {
        if (!acked)
            return drop(a, DROP_RESET);
        a->s->counts.resets_in++;
        conn_finish(a->s, c, -ECONNREFUSED);
        return DONE;
    }
    if (!(seg->flags & TCP_SYN))
        return drop(a, DROP_FLAGS);

    learn_options(a);
    if (!acked) { /* both opened at once (3.5): our SYN again, with the ACK */
        conn_set_state(a->s, c, CONN_SYN_RECEIVED);
        if (c->active && conn_flight(c)) {
            scoreboard_lose_all(&conn_active(a->s, c)->board, &a->s->arrays);
            timers_data_sent(a->s, c, true);
        }
        conn_owes(a->s, c, OWE_SEND);
        return DONE;
    }
    established(a->s, c);
    conn_owes(a->s, c, OWE_ACK);
    a->seq = c->rcv_nxt;
    cut_to_window(a);
    return GO_ON;
}

struct verdict in_segment(struct conns *s, struct timewaits *w, struct conn *c, const struct segment *seg)
{
    struct arrival a = {.s = s,
                        .w = w,
                        .c = c,
                        .seg = &seg->tcp,
                        .whole = seg,
                        .seq = seg->tcp.seq,
                        .payload = seg->payload,
                        .len = seg->len,
                        .fin = seg->tcp.flags & TCP_FIN};
    static int (*const steps[])(struct arrival *) = {timestamp, sequence, reset, syn, ack, urgent, data, fin};
    enum { STEPS = sizeof steps / sizeof steps[0], TEXT = 5 };
    unsigned step = 0;

    s->counts.segments_in++;
    if (c->flags & CONN_KEEP)
        timers_heard(s, c);
    /* Text and FIN of a SYN-ACK are taken like any. */
    if (c->state == CONN_SYN_SENT)
        step = syn_sent(&a) == GO_ON ? TEXT : STEPS;
    while (step < STEPS && steps[step](&a) == GO_ON)
        step++;
    conn_fold(s, c);
    conn_note_usual(s, c);
    return a.verdict;
}
