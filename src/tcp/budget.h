/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who may take memory, decided in one place by one number: how much of the budget is in use, at true size.
 * docs/memory.md tells the whole of it.
 *
 *      0                   3/8  7/16  1/2               3/4         15/16  1
 *      |====================|====|====|==================|============|====|
 *      datagrams ............|        |                  |            |    |
 *      sends, islands ................|                  |            |    |    a quarter of what is left
 *      receive queues, windows, splices .................|            |    |    before the line, each
 *      two large chunks of any queue, or a small one .................|    |
 *      active blocks and scoreboards ......................................|
 *                           ends begins: memory is pressed
 *
 * A queue grows only while it costs less than a quarter of what is left before its line. So k queues that
 * grow together and are never emptied stop at 1 / (4 + k) of the line each, and whoever comes then may have
 * as much. Two large chunks any queue may have even when nothing is left; but of what lies before the last
 * line, a kibibyte for each connection that there can be is kept for those that then have to begin with a
 * small one. Who has to give back is reclaim.c's to say.
 */
#ifndef TCP_BUDGET_H
#define TCP_BUDGET_H

#include "conn.h"

enum {
    BUDGET_SHARE = 4,                          /* a queue may be charged that part of what is left */
    BUDGET_LEAST = 2 * QUEUE_LARGE,            /* ... and this in any case, up to the last line */
    BUDGET_MOVED = 4 * QUEUE_LARGE,            /* the same for what moves, which is had already */
    BUDGET_CHUNK = QUEUE_LARGE - QUEUE_HEADER, /* bytes in a large chunk */
    BUDGET_LENT = 65535 / QUEUE_LENT,          /* bytes that may be lent for one that may be copied */
    BUDGET_KEPT = 1024 /* kept for each connection that there can be: a block, and two small chunks */
};

/* Where sends and islands stop. */
static inline size_t budget_send_line(const struct conns *s)
{
    return s->slabs->budget_bytes / 2;
}

/* Where bytes received in their turn, and the windows that invite them, stop. */
static inline size_t budget_receive_line(const struct conns *s)
{
    return s->slabs->budget_bytes - s->slabs->budget_bytes / 4;
}

/* A datagram may be queued, by a socket that is charged so much: as long as memory would not be pressed by
 * it, and a first one up to where received bytes stop. Nobody counts on a datagram, so nobody has to go for
 * one. */
static inline bool budget_may_queue(const struct conns *s, uint32_t charged)
{
    size_t used = s->slabs->used_bytes, line = s->slabs->budget_bytes / 8 * 3;

    if (!charged)
        return used <= budget_receive_line(s);
    return used < line && charged <= (line - used) / BUDGET_SHARE;
}

/* The options are set: how much is ample? */
void budget_init(struct conns *s);

/* Where it is not: how many bytes a queue may take now; NULL: an empty one. What fits into its last chunk is
 * had already. */
__attribute__((cold)) uint32_t budget_part(const struct conns *s, size_t line, const struct queue *q);

/* Islands that are charged so much may grow. They have no first chunk: what comes too early may be dropped.
 */
static inline bool budget_may_wait(const struct conns *s, uint32_t charged)
{
    size_t used = s->slabs->used_bytes, line = budget_send_line(s);

    return used < line && charged <= (line - used) / BUDGET_SHARE;
}

/* What enters a send queue: bytes that are copied in; memory that is lent, which costs a QUEUE_LENT for each
 * 65,535; or what a receive queue has. That is here already, so it may move on as long as other bytes may
 * come, and to an empty queue always: it drains the other one. */
enum budget_kind { BUDGET_SEND, BUDGET_LEND, BUDGET_MOVE };

/* How many of `left` bytes may enter, where memory is not ample. */
__attribute__((cold)) uint32_t budget_send_part(const struct conns *s, const struct conn *c,
                                                enum budget_kind kind, uint32_t left);

/* How many bytes may enter now: within the connection's own limit, and the budget's. What is lent may be as
 * much as tuning may reach: it is the program's memory, and a piece that is larger than the present limit
 * would else wait for room for ever. */
static inline uint32_t budget_send_room(const struct conns *s, const struct conn *c, enum budget_kind kind)
{
    uint32_t queued = conn_queued(s, c);
    uint32_t limit = kind == BUDGET_LEND ? s->config.send_bytes_max : conn_send_limit(s, c);
    uint32_t left = queued < limit ? limit - queued : 0;

    return conn_memory_is_ample(s) ? left : budget_send_part(s, c, kind, left);
}

/* Little is left of what sends and limits may grow into. */
static inline bool budget_is_short(const struct conns *s)
{
    return s->slabs->used_bytes > s->slabs->budget_bytes / 16 * 7;
}

#endif
