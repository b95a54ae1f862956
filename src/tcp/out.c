/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sending is a decision about numbers: how much is queued, how much the peer and the network take, and
 * whether a small segment is worth it. Each transmission, the first or a repeated one, is decided alike, from
 * snd_nxt on; a timeout has merely moved snd_nxt back.
 *
 *      snd_una ............ snd_nxt ............ snd_max ........... end of queue [FIN]
 *         in flight            goes next, again     goes next, first
 *
 * An acknowledgement rides on whatever is sent; only what is still owed afterwards goes by itself.
 */
#include "out.h"
#include "cc.h"
#include "rtt.h"
#include "timers.h"

#include <string.h>

/* The fields that every segment has; takes the acknowledgement along. */
static void fill(struct conns *s, struct conn *c, struct tcp *t, seq32 seq, unsigned flags)
{
    uint32_t window = conn_window(s, c), shift = flags & TCP_SYN ? 0 : c->scale >> 4;
    uint32_t field = window >> shift;

    t->src_port = c->key.local_port;
    t->dst_port = c->key.remote_port;
    t->seq = seq;
    t->ack = c->rcv_nxt;
    t->flags = (uint8_t)flags;
    t->has = 0;
    t->urgent = 0;
    t->window = (uint16_t)(field < 65535 ? field : 65535);
    s->counts.segments_out++;
    if (!(flags & TCP_ACK)) {
        t->ack = seq_of(0);
        return;
    }
    c->rcv_edge = seq_max(c->rcv_edge, seq_add(c->rcv_nxt, (uint32_t)t->window << shift));
    c->ack_bytes = 0;
    c->owe &= (uint8_t) ~(OWE_ACK | OWE_ACK_LATER);
    timers_ack_sent(c);
}

/* An acknowledgement stands where the peer expects our next byte: behind all that was sent, but before a byte
 * that probes its closed window, which it has refused. */
static void bare_ack(struct conns *s, struct conn *c, struct out_segment *out)
{
    fill(s, c, &out->tcp, c->snd_wnd || c->flags & CONN_FIN_SENT ? c->snd_max : c->snd_una, TCP_ACK);
    out->offset = out->len = 0;
}

static bool syn(struct conns *s, struct conn *c, struct out_segment *out)
{
    bool first = seq_eq(c->snd_una, c->snd_max);
    struct conn_active *a = conn_active(s, c);

    if (!seq_eq(c->snd_nxt, c->snd_una))
        return false;
    fill(s, c, &out->tcp, c->snd_una, c->state == CONN_SYN_SENT ? TCP_SYN : TCP_SYN | TCP_ACK);
    out->tcp.window = (uint16_t)conn_syn_window(s);
    out->tcp.has = TCP_HAS_MSS;
    out->tcp.mss = conn_cold(s, c)->link_mss;
    /* Shift 0 is offered too: it lets the peer scale its own window (RFC 7323 2.2). */
    if (c->state == CONN_SYN_SENT || c->flags & CONN_WSCALE) {
        out->tcp.has |= TCP_HAS_WSCALE;
        out->tcp.wscale = s->config.rcv_scale;
    }
    out->offset = out->len = 0;
    timers_data_sent(s, c);
    c->snd_nxt = c->snd_max = seq_add(c->snd_una, 1);
    if (!first)
        s->counts.retransmitted++;
    else if (a)
        a->timed_at = s->now;
    return true;
}

/* May `len` of `left` unsent bytes go now? Nagle's algorithm (RFC 9293 3.7.4) and the sender's avoidance of
 * silly windows (3.8.6.2.1). */
static bool worth_sending(const struct conn *c, uint32_t len, uint32_t left)
{
    bool idle = seq_eq(c->snd_una, c->snd_max);

    if (len == c->mss || seq_lt(c->snd_nxt, c->snd_max) || c->flags & CONN_FORCE)
        return true;
    if (len == left && (idle || c->flags & (CONN_NO_DELAY | CONN_FIN_WANTED)))
        return true;
    return (idle || c->flags & CONN_NO_DELAY) && c->max_wnd && len >= c->max_wnd / 2;
}

/* What was decided on goes: moves the numbers, starts the clocks. */
static void went(struct conns *s, struct conn *c, struct conn_active *a, uint32_t len, bool fin, bool probe)
{
    seq32 end = seq_add(c->snd_nxt, len + (fin ? 1 : 0));
    int32_t again = seq_diff(c->snd_max, c->snd_nxt);

    if (again == 1 && len > 1) {
        /* The byte of a probe that was refused, with those behind it: nothing was lost, but it is not timed.
         */
        a->timed_at = 0;
    } else if (again > 0) {
        s->counts.retransmitted++;
        conn_cold(s, c)->retransmitted++;
    } else if (a && !a->timed_at && !probe) {
        a->timed_at = s->now;
        a->timed_seq = end;
    }
    timers_data_sent(s, c);
    if (!probe)
        c->snd_nxt = end;
    c->snd_max = seq_max(c->snd_max, end);
    if (fin)
        c->flags |= CONN_FIN_SENT;
    c->flags &= (uint16_t)~CONN_FORCE;
    if (c->cwnd > cc_initial(c->mss))
        conn_cold(s, c)->last_sent = tick_of(s->now);
}

/* After more than a timeout of silence the path is a stranger again. */
static void restart_if_idle(struct conns *s, struct conn *c)
{
    uint32_t idle;

    if (c->cwnd <= cc_initial(c->mss) || !seq_eq(c->snd_una, c->snd_max))
        return;
    idle = tick_of(s->now) - conn_cold(s, c)->last_sent;
    if (((uint64_t)idle << TICK_SHIFT) / TIME_US > rtt_timeout_us(s, c))
        cc_idled(c);
}

/* A segment with bytes, a FIN, or both. */
static bool text(struct conns *s, struct conn *c, struct out_segment *out)
{
    struct conn_active *a = conn_active(s, c);
    uint32_t queued = a ? a->send.bytes : 0, offset = (uint32_t)seq_diff(c->snd_nxt, c->snd_una);
    uint32_t limit, usable, left, len;
    bool fin, probe = false;

    if (offset > queued || c->flags & CONN_FIN_ACKED)
        return false; /* the FIN is out, too */
    restart_if_idle(s, c);
    limit = c->snd_wnd < c->cwnd ? c->snd_wnd : c->cwnd;
    usable = limit > offset ? limit - offset : 0;
    left = queued - offset;
    len = left < usable ? left : usable;
    if (len > c->mss)
        len = c->mss;
    if (!len && left && c->flags & CONN_FORCE)
        len = 1;
    probe = len > usable;
    fin = c->flags & CONN_FIN_WANTED && len == left;
    if (left ? !len || !worth_sending(c, len, left) : !fin) {
        if (left && seq_eq(c->snd_una, c->snd_max))
            timers_window_closed(s, c);
        return false;
    }
    out->offset = offset;
    out->len = len;
    fill(s, c, &out->tcp, c->snd_nxt, TCP_ACK | (fin ? TCP_FIN : 0) | (len && len == left ? TCP_PSH : 0));
    went(s, c, a, len, fin, probe);
    return true;
}

bool out_next(struct conns *s, struct conn *c, struct out_segment *out)
{
    if (c->owe & OWE_RST) {
        fill(s, c, &out->tcp, c->snd_max, TCP_RST | TCP_ACK);
        out->tcp.window = 0;
        out->offset = out->len = 0;
        s->counts.resets_out++;
        c->owe = 0;
        return true;
    }
    if (c->state == CONN_CLOSED) {
        c->owe = c->dup_acks = 0;
        return false;
    }
    if (c->dup_acks) {
        c->dup_acks--;
        s->counts.duplicate_acks_out++;
        bare_ack(s, c, out);
        return true;
    }
    if (c->owe & OWE_SEND) {
        bool opening = c->state == CONN_SYN_SENT || c->state == CONN_SYN_RECEIVED;

        if (opening ? syn(s, c, out) : text(s, c, out))
            return true;
        c->owe &= (uint8_t)~OWE_SEND;
    }
    if (c->owe & OWE_ACK) {
        bare_ack(s, c, out);
        return true;
    }
    if (c->owe & OWE_ACK_LATER) {
        c->owe &= (uint8_t)~OWE_ACK_LATER;
        timers_ack_put_off(s, c);
    }
    return false;
}

uint32_t out_payload(struct conns *s, struct conn *c, const struct out_segment *out, void *to)
{
    struct conn_active *a = conn_active(s, c);

    return queue_copy_sum(&a->send, &s->queues, out->offset, to, out->len, &a->cursor);
}
