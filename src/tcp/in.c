/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of contents of a segment's arrival (RFC 9293 3.10.7):
 *
 *      CLOSED, LISTEN            listen.c: there is no connection yet
 *      SYN-SENT                  syn_sent: ACK, RST, SYN
 *      all others                sequence, RST, SYN, ACK, URG, data, FIN: each step goes on or ends it
 *
 * A step that ends it leaves why in the verdict. Nothing is sent: an acknowledgement is owed.
 */
#include "in.h"
#include "ack.h"
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

/* First, the sequence number: cuts the segment to the receive window (3.4, "acceptability test"). */
static int sequence(struct arrival *a)
{
    struct conn *c = a->c;
    uint32_t window = (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt), old, space;
    bool first_in;

    if (repeats_syn(a))
        a->seq = c->rcv_nxt;
    space = a->len + (a->seg->flags & TCP_SYN ? 1 : 0) + (a->fin ? 1 : 0);
    first_in = seq_in(a->seq, c->rcv_nxt, window) || seq_eq(a->seq, c->rcv_nxt);
    /* With a closed window a segment in its place still counts for its ACK and RST (MUST-66). */
    if (!first_in && !(space && seq_in(seq_add(a->seq, space - 1), c->rcv_nxt, window))) {
        if (a->seg->flags & TCP_RST)
            return drop(a, DROP_RESET);
        if (space || conn_may_answer(a->s, &conn_cold(a->s, c)->answered))
            conn_owes(a->s, c, OWE_ACK);
        return drop(a, DROP_SEQUENCE);
    }
    if (!first_in) {
        old = (uint32_t)seq_diff(c->rcv_nxt, a->seq);
        if (old > a->len)
            old = a->len; /* all of it is old but its FIN */
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
        conn_owes(a->s, c, OWE_ACK);
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
    conn_owes(a->s, a->c, OWE_ACK);
    return drop(a, DROP_SYN);
}

/* Our SYN was acknowledged: the connection stands. */
static void established(struct conns *s, struct conn *c)
{
    uint8_t repeated = c->retries;

    c->snd_una = seq_add(conn_cold(s, c)->iss, 1);
    c->snd_nxt = c->snd_max = c->snd_una;
    timers_ack_advanced(s, c);
    if (repeated)
        rtt_syn_repeated(s, c);
    cc_opened(s, c, repeated);
    conn_set_state(s, c, CONN_ESTABLISHED);
    s->counts.opened_active++;
    conn_tells(s, c, CONN_EV_CONNECTED | CONN_EV_WRITABLE);
    conn_owes(s, c, OWE_SEND);
}

static void measure_syn(struct conns *s, struct conn *c)
{
    struct conn_active *active = conn_active(s, c);

    if (active && active->timed_at) {
        rtt_measured(c, (uint32_t)((s->now - active->timed_at) / TIME_US));
        active->timed_at = 0;
    }
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
        measure_syn(a->s, c);
        established(a->s, c);
        c->snd_wnd = c->max_wnd = ack_window(c, a->seg);
        c->snd_wl1 = a->seg->seq;
        return GO_ON;
    }
    bad = ack_received(a->s, c, a->seg);
    if (bad)
        return drop(a, bad);
    if (!(c->flags & CONN_FIN_ACKED))
        return GO_ON;
    if (c->state == CONN_FIN_WAIT_1) {
        conn_set_state(a->s, c, CONN_FIN_WAIT_2);
        if (c->flags & CONN_ORPHAN)
            timers_orphan_waits(a->s, c);
    } else if (c->state == CONN_CLOSING) {
        a->verdict = timewait_enter(a->w, a->s, c);
        return DONE;
    } else if (c->state == CONN_LAST_ACK) {
        conn_finish(a->s, c, 0);
        return DONE;
    }
    return GO_ON;
}

/* Bytes in their turn: to the receive queue, and with them what waited behind the hole they fill. */
static int in_order(struct arrival *a)
{
    struct conn *c = a->c;
    struct conn_active *active = conn_activate(a->s, c);
    uint32_t took = active ? queue_append(&active->recv, &a->s->queues, a->payload, a->len) : 0, more = 0,
             sum;

    /* What is in its turn comes before what is ahead of it: the islands make room. */
    if (active && took < a->len && active->islands) {
        conn_drop_islands(a->s, active);
        took += queue_append(&active->recv, &a->s->queues, a->payload + took, a->len - took);
    }
    if (took < a->len)
        a->fin = false;
    if (!took) {
        conn_owes(a->s, c, OWE_ACK);
        return drop(a, DROP_BUDGET);
    }
    c->rcv_nxt = seq_add(c->rcv_nxt, took);
    if (active->islands)
        more = reassembly_reached(a->s, c);
    c->rcv_nxt = seq_add(c->rcv_nxt, more);
    if (a->len > c->rcv_mss)
        c->rcv_mss = (uint16_t)(a->len < UINT16_MAX ? a->len : UINT16_MAX);
    sum = c->ack_bytes + took;
    c->ack_bytes = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
    conn_tells(a->s, c, CONN_EV_READABLE);
    /* At least every second full-sized segment at once (SHLD-19), and whatever closes a hole (RFC 5681 4.2).
     */
    conn_owes(a->s, c, more || active->islands || sum >= 2u * c->rcv_mss ? OWE_ACK : OWE_ACK_LATER);
    return GO_ON;
}

static int ahead(struct arrival *a)
{
    struct conn *c = a->c;
    enum drop result = reassembly_keep(a->s, c, a->seq, a->payload, a->len);

    if (c->dup_acks < UINT8_MAX)
        c->dup_acks++; /* each on its own: the sender counts them (RFC 5681 4.2) */
    conn_owes(a->s, c, 0);
    if (!result && a->fin && c->active) {
        conn_active(a->s, c)->fin_early = true;
        conn_active(a->s, c)->fin_seq = seq_add(a->seq, a->len);
    }
    return drop(a, result);
}

/* Seventh (the sixth, URG, changes nothing here: its bytes are bytes like others, RFC 6093), the text. */
static int data(struct arrival *a)
{
    struct conn *c = a->c;

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

/* SYN-SENT (3.10.7.3): ACK, RST, SYN, in this order. */
static int syn_sent(struct arrival *a)
{
    struct conn *c = a->c;
    const struct tcp *seg = a->seg;
    struct conn_cold *cold = conn_cold(a->s, c);
    bool acked = seg->flags & TCP_ACK;

    if (acked && !(seq_lt(cold->iss, seg->ack) && seq_le(seg->ack, c->snd_max))) {
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

    cold->irs = seg->seq;
    c->rcv_nxt = seq_add(seg->seq, 1);
    c->rcv_edge = seq_add(c->rcv_nxt, conn_syn_window(a->s));
    c->snd_wnd = c->max_wnd = seg->window;
    c->snd_wl1 = seg->seq;
    if (seg->has & TCP_HAS_WSCALE) {
        c->flags |= CONN_WSCALE;
        c->scale = (uint8_t)(a->s->config.rcv_scale << 4 | seg->wscale);
    }
    conn_limit_mss(c, seg->has & TCP_HAS_MSS ? seg->mss : c->flags & CONN_IPV6 ? 1220 : 536);
    if (!acked) { /* both opened at once (3.5): our SYN again, with the ACK */
        conn_set_state(a->s, c, CONN_SYN_RECEIVED);
        if (c->active)
            conn_active(a->s, c)->timed_at = 0; /* it goes twice, so it is not timed (RFC 6298 3) */
        c->snd_nxt = c->snd_una;
        conn_owes(a->s, c, OWE_SEND);
        return DONE;
    }
    measure_syn(a->s, c);
    established(a->s, c);
    conn_owes(a->s, c, OWE_ACK);
    a->seq = c->rcv_nxt;
    cut_to_window(a);
    return GO_ON;
}

struct verdict in_segment(struct conns *s, struct timewaits *w, struct conn *c, const struct tcp *seg,
                          const uint8_t *payload, uint32_t len)
{
    struct arrival a = {.s = s,
                        .w = w,
                        .c = c,
                        .seg = seg,
                        .seq = seg->seq,
                        .payload = payload,
                        .len = len,
                        .fin = seg->flags & TCP_FIN};
    static int (*const steps[])(struct arrival *) = {sequence, reset, syn, ack, data, fin};
    unsigned step = 0;

    s->counts.segments_in++;
    /* Text and FIN of a SYN-ACK are taken like any. */
    if (c->state == CONN_SYN_SENT)
        step = syn_sent(&a) == GO_ON ? 4 : sizeof steps / sizeof steps[0];
    while (step < sizeof steps / sizeof steps[0] && steps[step](&a) == GO_ON)
        step++;
    conn_fold(s, c);
    return a.verdict;
}
