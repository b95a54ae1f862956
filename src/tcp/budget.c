/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one rule by which queues grow, for when memory is not ample; the thresholds stand in budget.h. Nothing
 * is remembered: every answer follows from how much is in use now, what the queue that asks is charged, and
 * where its line is.
 *
 *      charged |=====|                      a quarter of what is left is the most that it may be charged
 *              |------------|               so it may take the rest of that, if any a large chunk at least
 *      left    |--------------------------------------------------| line
 */
#include "budget.h"

_Static_assert(BUDGET_KEPT >= CONN_ACTIVE_BYTES + 2 * QUEUE_SMALL, "a block, and a small chunk each way");

void budget_init(struct conns *s)
{
    const struct conn_config *k = &s->config;
    uint64_t most = k->receive_bytes_max > k->send_bytes_max ? k->receive_bytes_max : k->send_bytes_max;
    uint64_t line = budget_send_line(s);

    /* What a full queue is charged, chunk headers and all, is less than 9/8 of what it holds. */
    most = BUDGET_SHARE * (most + most / 8);
    s->ample_bytes = line > most ? (size_t)(line - most) : 0;
}

/* What any queue may be charged, though nothing is left before its line: some large chunks, so that a peer
 * sees more than one segment and acknowledges at once, or, so that there is something for everybody, a small
 * one. */
static uint32_t least(const struct conns *s, uint32_t large)
{
    size_t used = s->slabs->used_bytes, last = s->slabs->budget_bytes - s->slabs->budget_bytes / 16;

    if (used > last)
        return 0;
    return last - used > (uint64_t)s->limit * BUDGET_KEPT ? large : QUEUE_SMALL;
}

/* The most that a queue may be charged now. */
static uint32_t most(const struct conns *s, size_t line, uint32_t large)
{
    size_t used = s->slabs->used_bytes, share = used < line ? (line - used) / BUDGET_SHARE : 0;
    uint32_t sure = least(s, large);

    if (share <= sure)
        return sure;
    return share < UINT32_MAX / 2 ? (uint32_t)share : UINT32_MAX / 2;
}

uint32_t budget_part(const struct conns *s, size_t line, const struct queue *q)
{
    uint32_t charged = q ? q->charged : 0, room = q ? queue_room(q, &s->queues) : 0;
    uint32_t left = most(s, line, BUDGET_LEAST);

    if (charged >= left)
        return room;
    if (left == QUEUE_SMALL)
        return QUEUE_SMALL - QUEUE_HEADER;
    left -= charged;
    left -= left / (QUEUE_LARGE / QUEUE_HEADER);
    return room + (left > BUDGET_CHUNK ? left : BUDGET_CHUNK);
}

/* What moves brings its chunks along. */
static uint32_t move_part(const struct conns *s, uint32_t charged)
{
    uint32_t left = most(s, budget_receive_line(s), BUDGET_MOVED);

    left = charged < left ? left - charged : 0;
    return left < BUDGET_CHUNK && (left || !charged) ? BUDGET_CHUNK : left;
}

uint32_t budget_send_part(const struct conns *s, const struct conn *c, enum budget_kind kind, uint32_t left)
{
    const struct queue *q = c->active ? &conn_active(s, c)->send : NULL;
    uint32_t part =
        kind == BUDGET_MOVE ? move_part(s, q ? q->charged : 0) : budget_part(s, budget_send_line(s), q);

    if (kind == BUDGET_LEND)
        part = part < UINT32_MAX / BUDGET_LENT ? part * BUDGET_LENT : UINT32_MAX;
    return part < left ? part : left;
}
