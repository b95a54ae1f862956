/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection's timers. Other code says what happened, in the past tense, and never arms one; the three
 * named deadlines of a connection are set here alone:
 *
 *      loss_at    what is in flight, or waits for a window to open: retransmission and the probing of a
 *                 closed window (RFC 6298, RFC 9293 3.8.6.1), a tail loss probe or RACK's reordering timer
 *                 (RFC 8985 7.2, 6.2): one of them at a time, c->timer says which
 *      ack_at     a delayed acknowledgement (RFC 9293 3.8.6.3)
 *      other_at   an orphan in FIN-WAIT-2, or one that lingers, has lived long enough; is there memory now
 *                 for a short send?; keep-alive (RFC 9293 3.8.4): the one that the state and the flags say
 */
#ifndef TCP_TIMERS_H
#define TCP_TIMERS_H

#include "conn.h"

/* A SYN, bytes or a FIN are about to go out; again: they were in flight before. */
void timers_data_sent(struct conns *s, struct conn *c, bool again);

/* The same when nothing is in flight; a: the active block. Nearly always the acknowledgement comes before any
 * of the timers could run out, and then when that would have been is never asked: so for now the deadline is
 * the soonest that there can be, and timers_settle works it out when that has come or somebody asks. */
void timers_first_deadline(struct conns *s, struct conn *c);
static inline void timers_first_sent(struct conns *s, struct conn *c, struct conn_active *a)
{
    a->progress_at = tick_of(s->now);
    a->loss.reorder_us = 0;
    c->timer = TIMER_UNSETTLED;
    c->loss_at = s->soonest;
    if (!(c->flags & CONN_NEAR) || wheel_before(s->soonest, c->near) || c->careful & CAREFUL_TIMEOUT)
        timers_first_deadline(s, c);
}

/* Works out what loss_at is, if it has not been: called before something is changed that it depends on, and
 * that does not set it anew. */
void timers_settle_now(struct conns *s, struct conn *c);
static inline void timers_settle(struct conns *s, struct conn *c)
{
    if (c->loss_at && c->timer == TIMER_UNSETTLED)
        timers_settle_now(s, c);
}

/* SND.UNA moved, or the scoreboard learned something: what is left in flight, if anything, is timed anew. */
void timers_rest_in_flight(struct conns *s, struct conn *c);
static inline void timers_ack_advanced(struct conns *s, struct conn *c)
{
    c->retries = 0;
    if (conn_flight(c))
        timers_rest_in_flight(s, c);
    else
        c->loss_at = 0; /* RFC 6298 (5.2) */
}
void timers_sacked(struct conns *s, struct conn *c);

void timers_window_closed(struct conns *s, struct conn *c); /* bytes wait, nothing is in flight */
void timers_window_opened(struct conns *s, struct conn *c);
void timers_ack_put_off(struct conns *s, struct conn *c); /* an acknowledgement may wait */
static inline void timers_ack_sent(struct conn *c)
{
    c->ack_at = 0;
}
void timers_orphaned(struct conns *s, struct conn *c);     /* the application let go: linger, FIN-WAIT-2 */
void timers_memory_short(struct conns *s, struct conn *c); /* a send was cut short by the budget */
void timers_settings_changed(struct conns *s, struct conn *c); /* keep-alive, user timeout: as they are now */

/* A segment came: the silence that keep-alive waits for begins anew. Called only with CONN_KEEP set. */
void timers_heard(struct conns *s, struct conn *c);

/* The wheel brought up a connection's entry. Acts on what is due and arms for the rest. */
void timers_surfaced(struct conns *s, uint32_t index, uint32_t surfaced);

/* Takes stale entries out of a wheel that is getting full; a bounded number, once a poll. */
void timers_sweep(struct conns *s);

#endif
