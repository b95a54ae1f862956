/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Congestion control: one table of functions for each algorithm. Other code tells it what happened; nobody
 * else changes cwnd or ssthresh, but for loss.h, which sets cwnd while a loss is being repaired (RFC 6937).
 *
 *      "cubic"     RFC 9438; the default
 *      "newreno"   RFC 5681, RFC 3465
 */
#ifndef TCP_CC_H
#define TCP_CC_H

#include <stdbool.h>
#include <stdint.h>

struct conns;
struct conn;

enum cc_name { CC_CUBIC, CC_NEWRENO, CC_NAMES };

/* What an algorithm keeps of a connection, in its cold line. */
struct cc_state {
    uint32_t avoided; /* bytes acknowledged towards the next segment of congestion avoidance */
    uint32_t w_max;   /* CUBIC, bytes: the window at the last loss */
    uint32_t w_est;   /* CUBIC, bytes: what Reno would have */
    uint32_t k_ms;    /* CUBIC: from the epoch's begin until w_max is reached again */
    uint32_t epoch;   /* CUBIC: tick of the epoch's begin, 0: none runs */
};

/* "cubic" -> CC_CUBIC; -1: no such. */
int cc_by_name(const char *name);
const char *cc_name_of(unsigned cc);

/* The initial window (RFC 6928): ten segments, at most 14,600 bytes unless two segments are more. */
static inline uint32_t cc_initial(uint32_t mss)
{
    uint32_t most = 2 * mss > 14600 ? 2 * mss : 14600;

    return 10 * mss < most ? 10 * mss : most;
}

/* The connection is open, after so many repeated SYNs: slow start from the initial window, or from one
 * segment when more than one was repeated (RFC 6928 2). */
void cc_opened(struct conns *s, struct conn *c, uint32_t repeated);

/* The peer acknowledged bytes that were in flight, outside of a recovery. cc_grew is what cc_acked does when
 * the window is used (conn_window_is_used). */
void cc_grew(struct conns *s, struct conn *c, uint32_t bytes);
static inline void cc_acked(struct conns *s, struct conn *c, uint32_t bytes, bool used)
{
    if (used && bytes)
        cc_grew(s, c, bytes);
}

/* A loss was detected, or ECE came, with `flight` bytes out: ssthresh is set by the algorithm. cwnd is left
 * to the caller. */
void cc_lost(struct conns *s, struct conn *c, uint32_t flight);

/* The recovery is over: cwnd is ssthresh, congestion avoidance goes on. */
void cc_recovered(struct conns *s, struct conn *c);

/* The retransmission timer ran out with `flight` bytes out; first: not already for the same bytes. */
void cc_timed_out(struct conns *s, struct conn *c, uint32_t flight, bool first);

/* The loss was none: both are as before it. */
void cc_undo(struct conns *s, struct conn *c, uint32_t cwnd, uint32_t ssthresh);

/* Nothing was sent for longer than a timeout: start again from the initial window (RFC 5681 4.1). */
void cc_idled(struct conns *s, struct conn *c);

#endif
