/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection's timers. Other code says what happened, in the past tense, and never arms one; the three
 * named deadlines of a connection are set here alone:
 *
 *      rexmt_at   retransmission, or the probing of a closed window (RFC 6298, RFC 9293 3.8.6.1): armed if
 * and only if something is in flight or waits for a window ack_at     a delayed acknowledgement (RFC
 * 9293 3.8.6.3) other_at   an orphan in FIN-WAIT-2 has lived long enough; or: is there memory now for a short
 * send?
 */
#ifndef TCP_TIMERS_H
#define TCP_TIMERS_H

#include "conn.h"

void timers_data_sent(struct conns *s,
                      struct conn *c); /* a SYN, bytes or a FIN go out: snd_max is still as before */
void timers_ack_advanced(struct conns *s, struct conn *c);  /* the peer acknowledged some of it, or all */
void timers_window_closed(struct conns *s, struct conn *c); /* bytes wait, nothing is in flight */
void timers_window_opened(struct conns *s, struct conn *c);
void timers_ack_put_off(struct conns *s, struct conn *c); /* an acknowledgement may wait */
void timers_ack_sent(struct conn *c);
void timers_orphan_waits(struct conns *s, struct conn *c); /* FIN-WAIT-2, and nobody reads */
void timers_memory_short(struct conns *s, struct conn *c); /* a send was cut short by the budget */

/* The wheel brought up a connection's entry. Acts on what is due and arms for the rest. */
void timers_surfaced(struct conns *s, uint32_t index, uint32_t surfaced);

/* Takes stale entries out of a wheel that is getting full; a bounded number, once a poll. */
void timers_sweep(struct conns *s);

#endif
