/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A queue of bytes over chunks of 256 and 2,048 bytes, taken from the budget as bytes come and given back as
 * they go. It may be read at any offset, so that a segment of a stream can begin and end at any byte, as
 * often as it has to be sent; bytes move from one queue to another by handing chunks over.
 *
 *      head -> [hdr|....bytes] -> [hdr|bytes.....] -> ... tail        bytes: what it holds
 *
 * The chunk's header is 16 bytes: next, start, end, whether it is a large one.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include "slab.h"
#include "view.h"

enum { QUEUE_SMALL = 256, QUEUE_LARGE = 2048, QUEUE_HEADER = 16, QUEUE_LENT = 64 };

/* The pools that all queues of a stack share. A chunk of the third kind holds no bytes: it names memory that
 * somebody has lent. */
struct queue_pools {
    struct pool small, large, lent;
};

struct queue {
    uint32_t head, tail; /* chunk ids, 0: empty */
    uint32_t bytes;      /* held */
    uint32_t charged;    /* bytes of chunks held: what it costs the budget */
};

/* Where a reader left off, so that the next read goes on from there; all zero: nowhere. queue_consume keeps
 * the one that it is given right; any other, and one into a queue that is moved from, concatenated to
 * another, or cleared, is to be zeroed by its owner. What is put in at the end leaves it right. */
struct queue_cursor {
    uint32_t chunk;  /* id, 0: from the head */
    uint32_t offset; /* the queue offset of that chunk's first byte */
};

void queue_pools_init(struct queue_pools *p, struct slabs *s);

/* Appends len bytes, which are not the queue's own. Returns how many fitted in the budget: less than len only
 * when no small chunk is to be had any more. */
uint32_t queue_append(struct queue *q, struct queue_pools *p, const void *data, uint32_t len);

/* Appends len bytes (not 0) without a copy: the memory is lent until they have been dropped, which
 * queue_consume and queue_clear tell. False: no chunk is to be had, and nothing was put in. */
bool queue_append_lent(struct queue *q, struct queue_pools *p, const void *data, uint32_t len);

/* Room of up to want bytes (not 0) at the end that lies together, to be written to and then put in by
 * queue_commit, before the queue changes otherwise. *room: how many bytes, NULL: no chunk is to be had. */
uint8_t *queue_reserve(struct queue *q, struct queue_pools *p, uint32_t want, uint32_t *room);

/* The first n bytes of what was reserved are in; 0: none, and an empty chunk is given back. */
void queue_commit(struct queue *q, struct queue_pools *p, uint32_t n);

/* Drops the first n bytes (n <= q->bytes). cursor may be NULL; else it stays right. Returns how many lent
 * pieces (as queue_append_lent took them) are no longer needed. */
uint32_t queue_consume(struct queue *q, struct queue_pools *p, uint32_t n, struct queue_cursor *cursor);

/* Copies len bytes from offset on (offset + len <= q->bytes) out and leaves them in. */
void queue_copy(const struct queue *q, const struct queue_pools *p, uint32_t offset, void *to, uint32_t len);

/* Copies len bytes from offset on (offset + len <= q->bytes) and returns their sum, as sum_copy does. cursor
 * may be NULL; else it makes a read that goes on where the last one ended cost no walk. */
uint32_t queue_copy_sum(const struct queue *q, const struct queue_pools *p, uint32_t offset, void *to,
                        uint32_t len, struct queue_cursor *cursor);

/* Moves the first n bytes of from (n <= from->bytes; it holds nothing lent) to the end of to, another queue:
 * chunks are handed over, the odd end is copied, and so is a chunk's content of up to 256 bytes for which
 * to's last chunk has room, so that many tiny pieces do not cost a chunk each. Returns how many were moved:
 * less than n only when the odd end needs a chunk and none is to be had; what was not moved stays. */
uint32_t queue_move(struct queue *to, struct queue *from, struct queue_pools *p, uint32_t n);

/* Puts all of from behind to, another queue; from is empty then. Nothing is copied. */
void queue_concat(struct queue *to, struct queue *from, const struct queue_pools *p);

/* Drops everything. Returns how many lent pieces are no longer needed. */
uint32_t queue_clear(struct queue *q, struct queue_pools *p);

/* Bytes that may be put in before another chunk is needed. */
uint32_t queue_room(const struct queue *q, const struct queue_pools *p);

/* The first bytes that lie together, good until the queue is next changed; empty when the queue is. */
struct view queue_front(const struct queue *q, const struct queue_pools *p);

#endif
