/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The segment that was expected, and the answer that is: in its place, on an open connection, with nothing out
 * of the ordinary on either side. Both take the shortest road; whatever is not that is left to in.h and out.h,
 * which would have done the same (rn_options.no_fast_path leaves all to them, and the frames that are sent do
 * not change).
 */
#ifndef TCP_FAST_H
#define TCP_FAST_H

#include "out.h"
#include "segment.h"

enum { /* who is one of these takes the long road */
    FAST_UNUSUAL = CONN_ORPHAN | CONN_FIN_WANTED | CONN_PROBED | CONN_FORCE | CONN_TAIL_PROBE |
                   CONN_URGENT_IN | CONN_URGENT_OUT | CONN_ECN | CONN_KEEP_PROBING
};

/* True: the segment has been dealt with. False: nothing has been done. */
bool fast_segment(struct conns *s, struct conn *c, const struct segment *seg);

/* Nothing is being repaired or waits behind a hole. */
static inline bool fast_is_quiet(const struct conn_active *a)
{
    const struct loss *l = &a->loss;

    return !(a->board.sacked | a->board.lost | a->ahead.islands.count | a->dsack_len | l->phase | l->dup_acks |
             l->probe_out | a->fin_early);
}

/* All that is queued can go now, in one segment, and pays all that is owed. */
static inline bool fast_is_one_segment(const struct conn *c, const struct conn_active *a)
{
    uint32_t len = a ? a->send.bytes : 0;

    return len && c->state == CONN_ESTABLISHED && c->owe & OWE_SEND && !((c->owe & OWE_RST) | c->dup_acks) &&
           !(c->flags & (FAST_UNUSUAL | CONN_PROBE_OWED)) && c->snd_una.v == c->snd_nxt.v &&
           len <= conn_payload_max(c) && len <= c->snd_wnd && len <= c->cwnd && fast_is_quiet(a);
}

/* That segment is decided on and counted, as out_next would have. A slot must be at hand. In line, so that the
 * header goes from here to the slot without being put together first. */
static inline __attribute__((always_inline)) void fast_text(struct conns *s, struct conn *c,
                                                            struct conn_active *a, struct out_segment *out)
{
    bool grown = c->cwnd > cc_initial(c->mss);

    if (grown)
        out_restart_if_idle(s, c);
    out->offset = 0;
    out->len = a->send.bytes;
    out_header(s, c, out, c->snd_una, TCP_ACK | TCP_PSH);
    timers_data_sent(s, c, false);
    scoreboard_sent(&a->board, &s->arrays, out->len, s->now_us);
    c->snd_nxt = seq_add(c->snd_nxt, out->len);
    if (grown)
        conn_cold(s, c)->last_sent = tick_of(s->now);
    c->owe = 0;
}

#endif
