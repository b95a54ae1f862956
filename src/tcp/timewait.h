/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connections in TIME-WAIT (RFC 9293 3.6.1), 48 bytes each. All wait equally long, so they stand in one
 * queue by age, whose head is the next to go; a repeated FIN sends one back to the end.
 */
#ifndef TCP_TIMEWAIT_H
#define TCP_TIMEWAIT_H

#include "conn.h"
#include "verdict.h"

struct timewait {
    struct table_key key;
    uint16_t window; /* as it stood in our last segment */
    seq32 snd_nxt, rcv_nxt;
    uint32_t until;      /* tick */
    uint32_t next, prev; /* index + 1; the free list uses next */
    uint32_t ts_recent;  /* TS.Recent, where 0 is kept as 1; 0: the connection had no timestamps */
};
_Static_assert(sizeof(struct timewait) == 48, "a record that a million connections a second can afford");

struct timewaits {
    struct timewait *records;
    uint32_t limit, fresh, free, used, peak;
    uint32_t oldest, newest; /* index + 1 */
    uint64_t recycled;       /* let go before their time, for want of records */
};

/* Takes over a connection that has sent and received everything: a record here takes its place in the table
 * and the connection is finished. The verdict carries the acknowledgement that it still owed. */
struct verdict timewait_enter(struct timewaits *w, struct conns *s, struct conn *c);

/* A segment for a record: acknowledged if it is a FIN or out of order (3.10.7.4), a RST is ignored (RFC
 * 1337). */
struct verdict timewait_input(struct timewaits *w, struct conns *s, uint32_t index, const struct tcp *seg,
                              uint32_t len);

/* True for a SYN that may open a new connection in the record's place (MAY-2). *above: what its initial
 * sequence number has to lie above. */
bool timewait_may_reopen(const struct timewaits *w, uint32_t index, const struct tcp *seg, seq32 *above);

/* The record, one of those below `fresh`, stands for a connection. */
bool timewait_is_used(const struct timewaits *w, uint32_t index);

/* Lets go of the record before its time. */
void timewait_let_go(struct timewaits *w, struct conns *s, uint32_t index);

/* Lets go of up to max records whose time is over. */
void timewait_expire(struct timewaits *w, struct conns *s, int max);

/* When the oldest goes; false: there is none. */
bool timewait_next(const struct timewaits *w, uint32_t *tick);

#endif
