/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ACK field of a segment of an open connection (RFC 9293 3.10.7.4, fifth step): what the peer has, and
 * how much more it wants.
 */
#ifndef TCP_ACK_H
#define TCP_ACK_H

#include "segment.h"
#include "tune.h"

/* Takes in the acknowledgement, SACK and the window. DROP_NONE, or DROP_ACK for one that acknowledges what
 * was not sent or is too old (RFC 5961 5.2); an acknowledgement is then owed. */
enum drop ack_received(struct conns *s, struct conn *c, const struct segment *seg);

/* The window of a segment in bytes; that of a SYN is never scaled (RFC 7323 2.2). */
static inline uint32_t ack_window(const struct conn *c, const struct tcp *t)
{
    return (uint32_t)t->window << (t->flags & TCP_SYN ? 0 : c->scale & 15);
}

/* The application was cut short and there is room again: says so once, for at least a segment or half. When
 * all is acknowledged it hears in any case, since no acknowledgement will tell it later. */
void ack_tell_room(struct conns *s, struct conn *c);

/* Bytes have left the send queue: what else follows from it. */
static inline void ack_freed(struct conns *s, struct conn *c, struct conn_active *a)
{
    a->progress_at = tick_of(s->now);
    if (c->flags & CONN_WANT_WRITE)
        ack_tell_room(s, c);
    tune_acked(s, c);
}

/* Bytes of the send queue were acknowledged, up to snd_una, which has moved already: they are let go, and who
 * waits for room is told. A step of ack_received that the fast path takes, too. */
static inline void ack_free(struct conns *s, struct conn *c, struct conn_active *a, uint32_t acked)
{
    uint32_t bytes = acked < a->send.bytes ? acked : a->send.bytes;
    uint32_t lent = bytes ? queue_consume(&a->send, &s->queues, bytes, &a->cursor) : 0;

    if (lent) {
        a->refs_done += lent;
        conn_tells(s, c, CONN_EV_SENT);
    }
    if (acked > bytes)
        c->flags |= CONN_FIN_ACKED; /* only a FIN lies behind the bytes */
    if (c->flags & CONN_URGENT_OUT && seq_le(a->snd_up, c->snd_una))
        c->flags &= ~(uint32_t)CONN_URGENT_OUT;
    ack_freed(s, c, a);
}

/* The window is another than before. */
void ack_window_changed(struct conns *s, struct conn *c, uint32_t window);

/* The window of a segment that is not older than the one it is from now (RFC 9293 3.10.7.4: SND.WL1 =<
 * SEG.SEQ, which the caller has seen). The test of SND.WL2 is always true for an acknowledgement at or above
 * SND.UNA, so SND.WL2 is not kept. */
static inline void ack_take_window(struct conns *s, struct conn *c, const struct tcp *t)
{
    uint32_t window = ack_window(c, t);

    c->snd_wl1 = t->seq;
    /* MUST-37: as long as probes are answered the connection stays; but nobody waits for an orphan's bytes,
     * so R2 counts for it (RFC 6429). */
    if (window == 0 && !(c->flags & CONN_ORPHAN))
        c->retries = 0;
    if (window != c->snd_wnd)
        ack_window_changed(s, c, window);
}

#endif
