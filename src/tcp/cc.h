/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Congestion control: NewReno's window without its fast recovery, which comes with loss detection. Other
 * code tells it what happened; nobody else changes cwnd or ssthresh.
 */
#ifndef TCP_CC_H
#define TCP_CC_H

#include "conn.h"

/* The initial window (RFC 6928): ten segments, at most 14,600 bytes unless two segments are more. */
uint32_t cc_initial(uint32_t mss);

/* The connection is open, after so many repeated SYNs: slow start from the initial window, or from one
 * segment when more than one was repeated (RFC 6928 2). */
void cc_opened(struct conns *s, struct conn *c, uint32_t repeated);

/* The peer acknowledged bytes that were in flight; limited: the window was what held us back. */
void cc_acked(struct conns *s, struct conn *c, uint32_t bytes, bool limited);

/* The retransmission timer ran out with `flight` bytes out; first: not already for the same bytes. */
void cc_timed_out(struct conns *s, struct conn *c, uint32_t flight, bool first);

/* Nothing was sent for longer than a timeout: start again from the initial window (RFC 5681 4.1). */
void cc_idled(struct conn *c);

#endif
