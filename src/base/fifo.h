/* SPDX-License-Identifier: BSD-2-Clause
 *
 * First in, first out: queues of 32-bit ids in chunks of 64 bytes, which many queues share. Who takes ids out
 * can look ahead without touching what they name, and so prefetch it.
 *
 *      queue: first -> [14 ids, next] -> [14 ids, next] <- last       store: chunks that no queue has
 *
 * No call can fail: the store is made for so many ids and so many queues as there can ever be, however they
 * are joined. Who puts an id in sees to it that it stands in one queue at most.
 */
#ifndef BASE_FIFO_H
#define BASE_FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIFO_CHUNK_IDS = 14 };

struct fifo_chunk {
    uint32_t ids[FIFO_CHUNK_IDS];
    uint32_t next;       /* chunk number + 1, 0: the last */
    uint16_t begin, end; /* which ids are in */
};

struct fifo_store {
    struct fifo_chunk *chunks;
    uint32_t total, fresh, free; /* fresh: never used from here on; free: list, chunk number + 1 */
};

struct fifo {
    struct fifo_chunk *first, *last; /* NULL: empty */
    uint32_t count;                  /* ids in it */
};

/* Where a look at a queue stands; all zero: before the first id. Good until the queue changes. */
struct fifo_cursor {
    uint32_t chunk; /* number + 1 */
    uint32_t at;
};

/* Bytes of memory, aligned to 64, for that many ids in that many queues. */
size_t fifo_need(uint32_t ids, uint32_t queues);

/* Takes over that memory. It is touched only as it is used. */
void fifo_init(struct fifo_store *s, void *memory, uint32_t ids, uint32_t queues);

/* What push and pop do once in FIFO_CHUNK_IDS times: an empty chunk behind the last, which it returns; the
 * first chunk, which has become empty, goes. */
struct fifo_chunk *fifo_grow(struct fifo_store *s, struct fifo *f);
void fifo_shrink(struct fifo_store *s, struct fifo *f);

/* Puts an id at the end. */
static inline void fifo_push(struct fifo_store *s, struct fifo *f, uint32_t id)
{
    struct fifo_chunk *c = f->last;

    if (!c || c->end == FIFO_CHUNK_IDS)
        c = fifo_grow(s, f);
    c->ids[c->end++] = id;
    f->count++;
}

/* Takes the first id; false: the queue is empty. */
static inline bool fifo_pop(struct fifo_store *s, struct fifo *f, uint32_t *id)
{
    struct fifo_chunk *c;

    if (!f->count)
        return false;
    c = f->first;
    *id = c->ids[c->begin++];
    f->count--;
    if (c->begin == c->end)
        fifo_shrink(s, f);
    return true;
}

/* The first ids, as many as lie together: their number, 0: the queue is empty. They stay in, and where they
 * are, until fifo_drop takes that many out; others may be put in meanwhile. */
static inline uint32_t fifo_front(const struct fifo *f, const uint32_t **ids)
{
    if (!f->count)
        return 0;
    *ids = &f->first->ids[f->first->begin];
    return (uint32_t)f->first->end - f->first->begin;
}

static inline void fifo_drop(struct fifo_store *s, struct fifo *f, uint32_t n)
{
    f->count -= n;
    f->first->begin = (uint16_t)(f->first->begin + n);
    if (f->first->begin == f->first->end)
        fifo_shrink(s, f);
}

/* Puts all of from in front of to, and empties it. Of the ids only a chunk or two at the seam are copied. */
void fifo_join(struct fifo_store *s, struct fifo *to, struct fifo *from);

/* The next id, which stays in; false: no more. */
bool fifo_look(const struct fifo_store *s, const struct fifo *f, struct fifo_cursor *cursor, uint32_t *id);

#endif
