/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An acknowledgement frees bytes at the front of the send queue, maybe the FIN behind them, and moves
 * SND.UNA; the timers, the round-trip measurement and the congestion window are told; room for the
 * application and for the sender is marked. Nothing is sent here.
 */
#include "ack.h"
#include "cc.h"
#include "rtt.h"
#include "timers.h"

uint32_t ack_window(const struct conn *c, const struct tcp *seg)
{
    return (uint32_t)seg->window << (seg->flags & TCP_SYN ? 0 : c->scale & 15);
}

/* The timed segment has arrived: one measurement (RFC 6298 3). */
static void measure(struct conns *s, struct conn *c, struct conn_active *a, seq32 ack)
{
    if (!a->timed_at || seq_lt(ack, a->timed_seq))
        return;
    rtt_measured(c, (uint32_t)((s->now - a->timed_at) / TIME_US));
    a->timed_at = 0;
}

/* The application was cut short and there is room again: say so once, for at least a segment or half. */
static void tell_room(struct conns *s, struct conn *c)
{
    uint32_t queued = conn_queued(s, c), limit = s->config.send_bytes;
    uint32_t room = queued < limit ? limit - queued : 0;

    if (c->flags & CONN_WANT_WRITE && (room >= c->mss || room >= limit / 2)) {
        c->flags &= (uint16_t)~CONN_WANT_WRITE;
        conn_tells(s, c, CONN_EV_WRITABLE);
    }
}

static void advance(struct conns *s, struct conn *c, seq32 ack)
{
    struct conn_active *a = conn_active(s, c);
    uint32_t acked = (uint32_t)seq_diff(ack, c->snd_una), bytes = 0;
    uint32_t flight = (uint32_t)seq_diff(c->snd_max, c->snd_una);
    bool limited = flight + c->mss > c->cwnd;

    if (a) {
        bytes = acked < a->send.bytes ? acked : a->send.bytes;
        measure(s, c, a, ack);
        if (bytes)
            queue_consume(&a->send, &s->queues, bytes, &a->cursor);
    }
    if (acked > bytes)
        c->flags |= CONN_FIN_ACKED; /* only a FIN lies behind the bytes */
    c->snd_una = ack;
    if (seq_lt(c->snd_nxt, ack))
        c->snd_nxt = ack;
    timers_ack_advanced(s, c);
    cc_acked(s, c, bytes, limited);
    tell_room(s, c);
    if (!seq_eq(c->snd_una, c->snd_max) || conn_queued(s, c) || c->flags & CONN_FIN_WANTED)
        conn_owes(s, c, OWE_SEND);
}

/* RFC 9293 3.10.7.4: the window of a segment counts if it is newer than the last one used. The test of
 * SND.WL2 is always true for an acknowledgement at or above SND.UNA, so SND.WL2 is not kept. */
static void update_window(struct conns *s, struct conn *c, const struct tcp *seg)
{
    uint32_t window = ack_window(c, seg), before = c->snd_wnd;

    if (seq_lt(seg->seq, c->snd_wl1))
        return;
    c->snd_wl1 = seg->seq;
    c->snd_wnd = window;
    if (window > c->max_wnd)
        c->max_wnd = window;
    /* MUST-37: as long as probes are answered the connection stays; but nobody waits for an orphan's bytes,
     * so R2 counts for it (RFC 6429). */
    if (window == 0 && !(c->flags & CONN_ORPHAN))
        c->retries = 0;
    if (window > before && conn_queued(s, c)) {
        if (before == 0)
            timers_window_opened(s, c);
        conn_owes(s, c, OWE_SEND);
    }
}

enum drop ack_received(struct conns *s, struct conn *c, const struct tcp *seg)
{
    if (seq_lt(c->snd_max, seg->ack) || seq_diff(c->snd_una, seg->ack) > (int64_t)c->max_wnd) {
        conn_owes(s, c, OWE_ACK);
        return DROP_ACK;
    }
    if (seq_lt(seg->ack, c->snd_una))
        return DROP_NONE; /* an old duplicate: nothing to learn from it */
    if (seq_lt(c->snd_una, seg->ack))
        advance(s, c, seg->ack);
    update_window(s, c, seg);
    return DROP_NONE;
}
