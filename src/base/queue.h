/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A queue of bytes over chunks of 256 and 2,048 bytes, taken from the budget as bytes come and given back as
 * they go. It may be read at any offset, so that a segment of a stream can begin and end at any byte, as
 * often as it has to be sent; bytes move from one queue to another by handing chunks over.
 *
 *      head -> [hdr|....bytes] -> [hdr|bytes.....] -> ... tail        bytes: what it holds
 *
 *      OFFSET SIZE MEANING
 *       0      4   next chunk's id, 0: the last
 *       4      2   start: where its first byte lies, counted from the header's end
 *       6      2   end: where the next byte would go
 *       8      1   kind: small (256 bytes in all), large (2,048), lent (64, and it holds none)
 *       9      1   of a lent one: it is the last of its piece
 *      10      6   unused
 *      16          bytes; of a lent one the address of the first, where `start` counts from
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include "copy.h"
#include "slab.h"
#include "sum.h"
#include "view.h"

enum { QUEUE_SMALL = 256, QUEUE_LARGE = 2048, QUEUE_HEADER = 16, QUEUE_LENT = 64 };

/* The pools that all queues of a stack share. A chunk of the third kind holds no bytes: it names memory that
 * somebody has lent. */
struct queue_pools {
    struct pool small, large, lent;
};

enum queue_kind { QUEUE_IS_SMALL, QUEUE_IS_LARGE, QUEUE_IS_LENT };

struct queue_chunk {
    uint32_t next;
    uint16_t start, end;
    uint8_t kind, last_of_piece, unused[6];
    uint8_t bytes[];
};
_Static_assert(sizeof(struct queue_chunk) == QUEUE_HEADER, "a chunk's header is 16 bytes");

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

/* ---- a chunk: all pools' ids name places in the same slabs, so nobody asks which one an id is from ----- */

static inline struct queue_chunk *queue_chunk_at(const struct queue_pools *p, uint32_t id)
{
    return slab_at(p->small.slabs, id);
}

static inline struct pool *queue_pool_of(struct queue_pools *p, const struct queue_chunk *c)
{
    return c->kind == QUEUE_IS_SMALL ? &p->small : c->kind == QUEUE_IS_LARGE ? &p->large : &p->lent;
}

static inline uint32_t queue_held_in(const struct queue_chunk *c)
{
    return (uint32_t)c->end - c->start;
}

/* Where its first byte lies. */
static inline const uint8_t *queue_first_of(const struct queue_chunk *c)
{
    const uint8_t *at = c->bytes;

    if (c->kind == QUEUE_IS_LENT)
        memcpy(&at, c->bytes, sizeof at);
    return at + c->start;
}

/* ---- a queue: what requests and answers nearly always are, one small chunk, is done in line ------------ */

/* Appends len bytes, which are not the queue's own. Returns how many fitted in the budget: less than len only
 * when no small chunk is to be had any more. */
uint32_t queue_append_more(struct queue *q, struct queue_pools *p, const void *data, uint32_t len);
static inline uint32_t queue_append(struct queue *q, struct queue_pools *p, const void *data, uint32_t len)
{
    struct queue_chunk *c;
    uint32_t id;

    if (q->tail != 0 || len - 1 >= QUEUE_SMALL - QUEUE_HEADER)
        return queue_append_more(q, p, data, len);
    id = slab_take(&p->small);
    if (id == 0)
        return 0;
    c = queue_chunk_at(p, id);
    *c = (struct queue_chunk){.end = (uint16_t)len, .kind = QUEUE_IS_SMALL};
    copy_short(c->bytes, data, len);
    *q = (struct queue){id, id, len, QUEUE_SMALL};
    return len;
}

/* The one small chunk in which all that from holds lies, if it could take len bytes for to, which is empty;
 * else NULL. */
static inline struct queue_chunk *queue_refillable(const struct queue *to, const struct queue *from,
                                                   const struct queue_pools *p, uint32_t len)
{
    struct queue_chunk *c;

    if (from->head != from->tail || !from->head || to->head || len > QUEUE_SMALL - QUEUE_HEADER)
        return NULL;
    c = queue_chunk_at(p, from->head);
    return c->kind == QUEUE_IS_SMALL ? c : NULL;
}

/* What queue_consume of all and then queue_append of len bytes come to where there is such a chunk: it takes
 * the new bytes and changes hands. A cursor into from is to be zeroed. */
static inline void queue_refill(struct queue *to, struct queue *from, struct queue_chunk *c, const void *data,
                                uint32_t len)
{
    c->start = 0;
    c->end = (uint16_t)len;
    copy_short(c->bytes, data, len);
    *to = (struct queue){from->head, from->head, len, QUEUE_SMALL};
    *from = (struct queue){0};
}

/* Appends len bytes (not 0) without a copy: the memory is lent until they have been dropped, which
 * queue_consume and queue_clear tell. False: no chunk is to be had, and nothing was put in. */
bool queue_append_lent(struct queue *q, struct queue_pools *p, const void *data, uint32_t len);

/* Room of up to want bytes (not 0) at the end that lies together, to be written to and then put in by
 * queue_commit, before the queue changes otherwise. *room: how many bytes, NULL: no chunk is to be had. A
 * chunk taken for it is charged until the queue is empty after a change, at the latest. */
uint8_t *queue_reserve(struct queue *q, struct queue_pools *p, uint32_t want, uint32_t *room);

/* The first n bytes of what was reserved are in; 0: none, and an empty chunk is given back. */
void queue_commit(struct queue *q, struct queue_pools *p, uint32_t n);

/* Drops the first n bytes (n <= q->bytes). cursor may be NULL; else it stays right. Returns how many lent
 * pieces (as queue_append_lent took them) are no longer needed. */
uint32_t queue_consume_pieces(struct queue *q, struct queue_pools *p, uint32_t n,
                              struct queue_cursor *cursor);
static inline uint32_t queue_consume(struct queue *q, struct queue_pools *p, uint32_t n,
                                     struct queue_cursor *cursor)
{
    const struct queue_chunk *c;
    uint32_t lent;

    if (n != q->bytes || q->head != q->tail || q->head == 0)
        return queue_consume_pieces(q, p, n, cursor);
    c = queue_chunk_at(p, q->head);
    lent = c->last_of_piece;
    slab_give(queue_pool_of(p, c), q->head);
    *q = (struct queue){0};
    if (cursor != NULL)
        *cursor = (struct queue_cursor){0};
    return lent;
}

/* Copies len bytes from offset on (offset + len <= q->bytes) out and leaves them in. */
void queue_copy(const struct queue *q, const struct queue_pools *p, uint32_t offset, void *to, uint32_t len);

/* Copies len bytes from offset on (offset + len <= q->bytes) and returns their sum, as sum_copy_total does.
 * cursor may be NULL; else it makes a read that goes on where the last one ended cost no walk. */
uint64_t queue_copy_sum_pieces(const struct queue *q, const struct queue_pools *p, uint32_t offset, void *to,
                               uint32_t len, struct queue_cursor *cursor);
static inline uint64_t queue_copy_sum(const struct queue *q, const struct queue_pools *p, uint32_t offset,
                                      void *to, uint32_t len, struct queue_cursor *cursor)
{
    if (len == 0)
        return 0;
    if (q->head != q->tail)
        return queue_copy_sum_pieces(q, p, offset, to, len, cursor);
    return sum_copy_total(to, queue_first_of(queue_chunk_at(p, q->head)) + offset, len);
}

/* Moves the first n bytes of from (n <= from->bytes) to the end of to, another queue: chunks are handed over,
 * the odd end is copied, and so is a chunk's content of up to 256 bytes, unless lent, for which to's last
 * chunk has room, so that many tiny pieces do not cost a chunk each. A lent piece is where its last byte is.
 * Returns how many were moved: less than n only when the odd end needs a chunk and none is to be had; what
 * was not moved stays. */
uint32_t queue_move_pieces(struct queue *to, struct queue *from, struct queue_pools *p, uint32_t n);
static inline uint32_t queue_move(struct queue *to, struct queue *from, struct queue_pools *p, uint32_t n)
{
    if (n != from->bytes || to->head != 0)
        return queue_move_pieces(to, from, p, n);
    *to = *from; /* all of it, to nothing: the list changes hands */
    *from = (struct queue){0};
    return n;
}

/* Puts all of from behind to, another queue; from is empty then. Nothing is copied. */
void queue_concat(struct queue *to, struct queue *from, struct queue_pools *p);

/* Drops everything. Returns how many lent pieces are no longer needed. */
uint32_t queue_clear(struct queue *q, struct queue_pools *p);

/* Bytes that may be put in before another chunk is needed. */
uint32_t queue_room(const struct queue *q, const struct queue_pools *p);

/* The first bytes that lie together, good until the queue is next changed; empty when the queue is. */
struct view queue_front(const struct queue *q, const struct queue_pools *p);

#endif
