/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a connection sends next. stack/ asks while it has transmit slots, encodes what it gets, and asks
 * again.
 */
#ifndef TCP_OUT_H
#define TCP_OUT_H

#include "conn.h"
#include "timers.h"

struct out_segment {
    struct tcp tcp;
    uint32_t offset, len; /* of the payload in the send queue */
    bool ecn_capable;     /* the packet goes with ECT(0) (RFC 3168 6.1.2) */
};

/* Decides on the next segment of c and counts it as sent; false: nothing is owed now. A slot must be at hand:
 * what this returns true for has to be sent. Not every field of out->tcp is set: those that its `has` and its
 * flags say are of no interest are not. */
bool out_next(struct conns *s, struct conn *c, struct out_segment *out);

/* After more than a timeout of silence the path is a stranger again (RFC 5681 4.1): asked before a segment is
 * decided on. */
void out_restart_if_idle(struct conns *s, struct conn *c);

/* The fields that every segment has, options but timestamps (stamped) apart; takes the acknowledgement along.
 */
static inline __attribute__((always_inline)) void
out_header(struct conns *s, struct conn *c, struct out_segment *out, seq32 seq, unsigned flags, bool stamped)
{
    struct tcp *t = &out->tcp;
    uint32_t shift = c->scale >> 4, window = conn_window(s, c) >> shift;

    window = window < 65535 ? window : 65535;
    t->src_port = c->key.local_port;
    t->dst_port = c->key.remote_port;
    t->seq = seq;
    t->ack = c->rcv_nxt;
    t->flags = (uint8_t)flags;
    t->has = stamped ? TCP_HAS_TIMESTAMP : 0;
    t->urgent = 0;
    t->window = (uint16_t)window;
    if (stamped) {
        t->ts_value = conn_timestamp(s, c);
        t->ts_echo = c->ts_recent;
    }
    out->ecn_capable = false;
    s->counts.segments_out++;
    c->rcv_edge = seq_max(c->rcv_edge, seq_add(c->rcv_nxt, window << shift));
    c->ack_bytes = 0;
    c->owe &= (uint8_t) ~(OWE_ACK | OWE_ACK_LATER);
    timers_ack_sent(c);
}

/* Copies len bytes of payload from offset on to `to` (a may be NULL if there are none) and returns their sum,
 * a total of base/sum. */
static inline uint64_t out_payload(struct conns *s, struct conn_active *a, uint32_t offset, uint32_t len,
                                   void *to)
{
    return len ? queue_copy_sum(&a->send, &s->queues, offset, to, len, &a->cursor) : 0;
}

#endif
