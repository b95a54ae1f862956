/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sending is a decision about numbers: what was lost goes first, then what is new, as far as the peer's
 * window and the network's take it, and small segments only if they are worth it.
 *
 *      snd_una ......... lost ......... snd_nxt ........... end of queue [FIN]
 *                     goes again         goes next
 *
 * An acknowledgement rides on whatever is sent; only what is still owed afterwards goes by itself. What is
 * decided on here is entered in the scoreboard at once, and the timers are told.
 */
#include "out.h"
#include "rtt.h"
#include "timers.h"

#include <string.h>

/* ---- what all segments have --------------------------------------------------------------------------- */

/* Blocks of what arrived out of order, and first of what arrived twice (RFC 2018, RFC 2883). */
static void put_sack(const struct conns *s, struct conn *c, struct conn_active *a, struct tcp *t)
{
    unsigned most = c->flags & CONN_TIMESTAMPS ? 3 : 4, n = 0;

    if (a->dsack_len) {
        t->sack[n].left = a->dsack_left;
        t->sack[n].right = seq_add(a->dsack_left, a->dsack_len);
        a->dsack_len = 0;
        n++;
    }
    n += reassembly_blocks(&a->ahead, &s->arrays, &t->sack[n], most - n);
    t->sack_blocks = (uint8_t)n;
    t->has |= TCP_HAS_SACK;
}

/* There is something to say by SACK; a's block then goes with the next segment. */
static bool has_sack(const struct conn *c, const struct conn_active *a)
{
    return a && c->flags & CONN_SACK && (a->dsack_len || reassembly_any(&a->ahead));
}

/* The header, with all that may be said in it. */
static void fill(struct conns *s, struct conn *c, struct conn_active *a, struct out_segment *out, seq32 seq,
                 unsigned flags)
{
    out_header(s, c, out, seq, flags | (c->flags & CONN_ECE_OWED ? TCP_ECE : 0), c->flags & CONN_TIMESTAMPS);
    if (has_sack(c, a))
        put_sack(s, c, a, &out->tcp);
}

/* An acknowledgement stands where the peer expects our next byte: behind all that was sent, but not behind
 * its window if that has shrunk, where it would be thrown away unread. A keep-alive probe stands before it,
 * so that it has to be answered (RFC 9293 3.8.4). */
static bool bare_ack(struct conns *s, struct conn *c, struct out_segment *out)
{
    seq32 seq = c->snd_nxt;

    if (conn_flight(c) > c->snd_wnd && !(c->flags & CONN_FIN_SENT))
        seq = seq_add(c->snd_una, c->snd_wnd);
    if (c->flags & CONN_PROBE_OWED)
        seq = seq_add(seq, 0u - 1);
    c->flags &= ~(uint32_t)CONN_PROBE_OWED;
    fill(s, c, conn_active(s, c), out, seq, TCP_ACK);
    out->offset = out->len = 0;
    conn_fold(s, c); /* a D-SACK may have been all that the block was kept for */
    return true;
}

static bool reset(struct conns *s, struct conn *c, struct out_segment *out)
{
    fill(s, c, NULL, out, c->snd_nxt, TCP_RST | TCP_ACK);
    out->tcp.window = 0;
    out->offset = out->len = 0;
    s->counts.resets_out++;
    c->owe = 0;
    return true;
}

/* ---- SYN ---------------------------------------------------------------------------------------------- */

/* What we offer; in a SYN-ACK what the peer offered, too. Shift 0 is offered as well: it lets the peer scale
 * its own window (RFC 7323 2.2). */
static void put_syn_options(struct conns *s, struct conn *c, struct tcp *t)
{
    bool asks = c->state == CONN_SYN_SENT;
    const struct conn_config *k = &s->config;

    t->has = TCP_HAS_MSS;
    t->mss = conn_cold(s, c)->link_mss;
    if (asks ? !k->no_window_scale : c->flags & CONN_WSCALE) {
        t->has |= TCP_HAS_WSCALE;
        t->wscale = k->rcv_scale;
    }
    if (asks ? !k->no_timestamps : c->flags & CONN_TIMESTAMPS) {
        t->has |= TCP_HAS_TIMESTAMP;
        t->ts_value = conn_timestamp(s, c);
        t->ts_echo = asks ? 0 : c->ts_recent;
    }
    if (asks ? !k->no_sack : c->flags & CONN_SACK)
        t->has |= TCP_HAS_SACK_PERMITTED;
    if (asks && conn_settings(s, c)->ecn && !c->retries)
        t->flags |=
            TCP_ECE | TCP_CWR; /* not when repeated: it may be what was not liked (RFC 3168 6.1.1.1) */
    else if (!asks && c->flags & CONN_ECN)
        t->flags |= TCP_ECE;
}

static bool syn(struct conns *s, struct conn *c, struct out_segment *out)
{
    struct conn_active *a = conn_activate(s, c);
    bool again = conn_flight(c) != 0;

    if (!a || (again && !a->board.lost)) {
        if (!a)
            timers_memory_short(s, c);
        return false;
    }
    fill(s, c, NULL, out, c->snd_una, c->state == CONN_SYN_SENT ? TCP_SYN : TCP_SYN | TCP_ACK);
    if (c->state == CONN_SYN_SENT)
        out->tcp.ack = seq_of(0);
    out->tcp.window = (uint16_t)conn_syn_window(s);
    put_syn_options(s, c, &out->tcp);
    out->offset = out->len = 0;
    timers_data_sent(s, c, again);
    if (again) {
        scoreboard_sent_again(&a->board, &s->arrays, c->snd_una, 1, s->now_us);
        s->counts.retransmitted++;
    } else {
        scoreboard_sent(&a->board, &s->arrays, 1, s->now_us);
        c->snd_nxt = seq_add(c->snd_una, 1);
    }
    return true;
}

/* ---- text --------------------------------------------------------------------------------------------- */

/* A segment of the stream that is being decided on. */
struct text {
    struct conns *s;
    struct conn *c;
    struct conn_active *a;
    uint32_t offset; /* of its first byte behind snd_una */
    uint32_t len;
    uint32_t most; /* bytes that a segment takes now */
    bool fin;
};

/* May `len` of `left` unsent bytes go now? Nagle's algorithm (RFC 9293 3.7.4) and the sender's avoidance of
 * silly windows (3.8.6.2.1). */
static bool worth_sending(const struct text *t, uint32_t left)
{
    const struct conn *c = t->c;
    bool idle = seq_eq(c->snd_una, c->snd_nxt);
    uint32_t half;

    if (t->len == t->most)
        return true;
    if (t->len == left && (idle || c->flags & (CONN_NO_DELAY | CONN_FIN_WANTED)))
        return true;
    if (!idle && !(c->flags & CONN_NO_DELAY))
        return false;
    half = conn_max_wnd(t->s, c) / 2;
    return half && t->len >= half;
}

void out_restart_if_idle(struct conns *s, struct conn *c)
{
    uint32_t idle;

    if (c->cwnd <= cc_initial(c->mss) || !seq_eq(c->snd_una, c->snd_nxt))
        return;
    idle = tick_of(s->now) - conn_cold(s, c)->last_sent;
    if (((uint64_t)idle << TICK_SHIFT) / TIME_US > rtt_timeout_us(s, c))
        cc_idled(s, c);
}

/* Where the urgent bytes end, as long as they are ahead (RFC 6093 2.1, MUST-62). */
static void put_urgent(const struct text *t, struct tcp *seg)
{
    int32_t ahead = seq_diff(t->a->snd_up, seg->seq);

    if (ahead <= 0)
        return;
    seg->flags |= TCP_URG;
    seg->urgent = (uint16_t)(ahead < 65535 ? ahead : 65535);
}

/* It is decided: the segment is filled in. */
static bool emit(const struct text *t, struct out_segment *out)
{
    struct conn *c = t->c;
    unsigned flags = TCP_ACK | (t->fin ? TCP_FIN : 0);

    if (t->len && t->offset + t->len == t->a->send.bytes)
        flags |= TCP_PSH;
    out->offset = t->offset;
    out->len = t->len;
    fill(t->s, c, t->a, out, seq_add(c->snd_una, t->offset), flags);
    if (c->flags & CONN_URGENT_OUT)
        put_urgent(t, &out->tcp);
    if (t->fin)
        c->flags |= CONN_FIN_SENT;
    return true;
}

/* Bytes of the sequence space that it takes. */
static uint32_t space(const struct text *t)
{
    return t->len + (t->fin ? 1 : 0);
}

/* It was in flight before and goes again. */
static bool repeat(const struct text *t, struct out_segment *out)
{
    struct conns *s = t->s;

    emit(t, out);
    timers_data_sent(s, t->c, true);
    scoreboard_sent_again(&t->a->board, &s->arrays, seq_add(t->c->snd_una, t->offset), space(t), s->now_us);
    loss_sent(t->a, space(t), true);
    s->counts.retransmitted++;
    conn_cold(s, t->c)->retransmitted++;
    return true;
}

/* What was marked lost goes again (RFC 6675 5, RFC 8985 6.2), within the peer's window if that has shrunk
 * (SHLD-16) and within the congestion window, but for one segment when nothing else is out. */
static bool again(struct text *t, struct out_segment *out)
{
    struct conn *c = t->c;
    uint32_t span, pipe = conn_pipe(t->a), room;
    seq32 seq;

    if (!scoreboard_next_lost(&t->a->board, &t->s->arrays, &seq, &span))
        return false;
    t->offset = (uint32_t)seq_diff(seq, c->snd_una);
    room = t->offset < c->snd_wnd ? c->snd_wnd - t->offset : 0;
    if (c->flags & CONN_FORCE && !room)
        room = 1;
    t->len = t->offset < t->a->send.bytes ? t->a->send.bytes - t->offset : 0;
    t->fin = c->flags & CONN_FIN_SENT && span > t->len;
    if (t->len > span)
        t->len = span;
    if (t->len > t->most || t->len > room) {
        t->len = t->most < room ? t->most : room;
        t->fin = false;
    }
    if (!space(t) || (pipe && pipe + space(t) > c->cwnd))
        return false;
    c->flags &= ~(uint32_t)CONN_FORCE;
    return repeat(t, out);
}

/* One byte beyond a closed window (RFC 9293 3.8.6.1). It is not counted: who refuses it refuses it unseen. */
static bool probe(struct text *t, struct out_segment *out)
{
    struct conn *c = t->c;

    t->len = 1;
    t->fin = false;
    timers_window_closed(t->s, c);
    c->flags &= ~(uint32_t)CONN_FORCE;
    c->flags |= CONN_PROBED;
    return emit(t, out);
}

/* New bytes go into the books. */
static void enter(const struct text *t, struct out_segment *out)
{
    struct conn *c = t->c;
    struct conns *s = t->s;

    timers_data_sent(s, c, false);
    scoreboard_sent(&t->a->board, &s->arrays, space(t), s->now_us);
    t->a->flew = conn_pipe(t->a);
    c->snd_nxt = seq_add(c->snd_nxt, space(t));
    if (t->a->loss.phase != LOSS_OPEN)
        loss_sent(t->a, space(t), false);
    if (c->flags & CONN_TAIL_PROBE) {
        c->flags &= ~(uint32_t)CONN_TAIL_PROBE;
        loss_probe_sent(c, t->a, false);
    }
    c->flags &= ~(uint32_t)CONN_FORCE;
    if (c->cwnd > cc_initial(c->mss))
        conn_cold(s, c)->last_sent = tick_of(s->now);
    if (!(c->flags & CONN_ECN) || !t->len)
        return;
    out->ecn_capable = true;
    if (!(c->flags & CONN_CWR_OWED))
        return;
    out->tcp.flags |= TCP_CWR;
    loss_cwr_sent(t->a, out->tcp.seq);
    c->flags &= ~(uint32_t)CONN_CWR_OWED;
}

/* What goes for the first time. */
static bool fresh(struct text *t, struct out_segment *out)
{
    struct conn *c = t->c;
    uint32_t queued = t->a->send.bytes, pipe = conn_pipe(t->a), left, window, network;

    t->offset = conn_flight(c);
    if (c->flags & CONN_FIN_SENT)
        return false;
    left = queued - t->offset;
    window = c->snd_wnd > t->offset ? c->snd_wnd - t->offset : 0;
    network = c->cwnd > pipe ? c->cwnd - pipe : 0;
    if (c->flags & CONN_TAIL_PROBE && network < t->most)
        network = t->most;
    t->len = left < window ? left : window;
    if (t->len > network)
        t->len = network;
    if (t->len > t->most)
        t->len = t->most;
    t->fin = c->flags & CONN_FIN_WANTED && t->len == left;
    if (left && !t->len && c->flags & CONN_FORCE && !t->offset)
        return probe(t, out);
    if (left ? !t->len || !(worth_sending(t, left) || c->flags & CONN_FORCE) : !t->fin) {
        if (left && !t->offset)
            timers_window_closed(t->s, c);
        return false;
    }
    emit(t, out);
    enter(t, out);
    return true;
}

/* A tail loss probe with nothing new to send: the last segment again (RFC 8985 7.3). */
static bool last_again(struct text *t, struct out_segment *out)
{
    struct conn *c = t->c;
    uint32_t flight = conn_flight(c), queued = t->a->send.bytes;

    c->flags &= ~(uint32_t)CONN_TAIL_PROBE;
    if (!flight || flight > c->snd_wnd + (c->flags & CONN_FIN_SENT ? 1 : 0))
        return false;
    t->fin = c->flags & CONN_FIN_SENT;
    t->len = flight < queued ? flight : queued;
    t->offset = 0;
    if (t->len > t->most) {
        t->offset = t->len - t->most;
        t->len = t->most;
    }
    loss_probe_sent(c, t->a, true);
    return repeat(t, out);
}

/* A segment with bytes, a FIN, or both. */
static bool text(struct conns *s, struct conn *c, struct out_segment *out)
{
    struct text t = {.s = s, .c = c, .a = conn_active(s, c)};

    if (c->flags & CONN_FIN_ACKED)
        return false;
    if (!t.a) {
        if (!(c->flags & CONN_FIN_WANTED))
            return false;
        t.a = conn_activate(s, c); /* in flight means to be in the books, even for a FIN alone */
        if (!t.a) {
            timers_memory_short(s, c);
            return false;
        }
    }
    t.most = conn_payload_max(c);
    if (has_sack(c, t.a)) { /* as many blocks as there may be: few bytes are lost by it, seldom */
        uint32_t blocks = c->flags & CONN_TIMESTAMPS ? 28 : 36;

        t.most = t.most > 2 * blocks ? t.most - blocks : t.most / 2;
    }
    out_restart_if_idle(s, c);
    if (t.a->board.lost && again(&t, out))
        return true;
    if (!t.a->board.lost && fresh(&t, out))
        return true;
    return c->flags & CONN_TAIL_PROBE && last_again(&t, out);
}

static bool next(struct conns *s, struct conn *c, struct out_segment *out)
{
    if (c->owe & OWE_RST)
        return reset(s, c, out);
    if (c->state == CONN_CLOSED) {
        c->owe = c->dup_acks = 0;
        return false;
    }
    if (c->dup_acks) {
        c->dup_acks--;
        s->counts.duplicate_acks_out++;
        return bare_ack(s, c, out);
    }
    if (c->owe & OWE_SEND) {
        bool opening = c->state == CONN_SYN_SENT || c->state == CONN_SYN_RECEIVED;

        if (opening ? syn(s, c, out) : text(s, c, out))
            return true;
        c->owe &= (uint8_t)~OWE_SEND;
    }
    if (c->owe & OWE_ACK)
        return bare_ack(s, c, out);
    if (c->owe & OWE_ACK_LATER) {
        c->owe &= (uint8_t)~OWE_ACK_LATER;
        timers_ack_put_off(s, c);
    }
    return false;
}

bool out_next(struct conns *s, struct conn *c, struct out_segment *out)
{
    bool any = next(s, c, out);

    conn_note_usual(s, c);
    return any;
}
