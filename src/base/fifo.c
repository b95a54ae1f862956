/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A queue is a chain of chunks. Its first may be partly taken, its last partly filled, and so may those in
 * between at which queues were joined; an empty chunk goes back to the store at once, so an empty queue holds
 * nothing. A join makes one chunk of two neighbours whose ids have room in one. So, but for the first, any
 * two neighbours hold more ids than one chunk can, and there are no more chunks than two for so many ids, and
 * two a queue: the first, and one without a partner.
 */
#include "fifo.h"

#include <string.h>

static uint32_t chunks_for(uint32_t ids, uint32_t queues)
{
    return 2 * (ids / (FIFO_CHUNK_IDS + 1)) + 2 * queues;
}

size_t fifo_need(uint32_t ids, uint32_t queues)
{
    return (size_t)chunks_for(ids, queues) * sizeof(struct fifo_chunk);
}

void fifo_init(struct fifo_store *s, void *memory, uint32_t ids, uint32_t queues)
{
    *s = (struct fifo_store){.chunks = memory, .total = chunks_for(ids, queues)};
}

/* A chunk's number + 1, and the chunk of that; NULL and 0: none. */
static inline uint32_t link_of(const struct fifo_store *s, const struct fifo_chunk *c)
{
    return c ? (uint32_t)(c - s->chunks) + 1 : 0;
}

static inline struct fifo_chunk *chunk_of(const struct fifo_store *s, uint32_t link)
{
    return link ? &s->chunks[link - 1] : NULL;
}

__attribute__((hot)) struct fifo_chunk *fifo_grow(struct fifo_store *s, struct fifo *f)
{
    struct fifo_chunk *c = s->free ? chunk_of(s, s->free) : &s->chunks[s->fresh++];

    if (s->free)
        s->free = c->next;
    c->next = 0;
    c->begin = c->end = 0;
    if (f->last)
        f->last->next = link_of(s, c);
    else
        f->first = c;
    f->last = c;
    return c;
}

/* A chunk that no queue has any more. */
static void give_back(struct fifo_store *s, struct fifo_chunk *c)
{
    c->next = s->free;
    s->free = link_of(s, c);
}

__attribute__((hot)) void fifo_shrink(struct fifo_store *s, struct fifo *f)
{
    struct fifo_chunk *gone = f->first;

    f->first = chunk_of(s, gone->next);
    if (!f->first)
        f->last = NULL;
    give_back(s, gone);
}

/* Moves a chunk's ids to its beginning, and those of its neighbour behind it in with them if all have room.
 */
static void close_up(struct fifo_store *s, struct fifo *f, struct fifo_chunk *c)
{
    struct fifo_chunk *behind = chunk_of(s, c->next);
    uint16_t held = (uint16_t)(c->end - c->begin), more;

    for (int i = 0; i < held; i++)
        c->ids[i] = c->ids[c->begin + i];
    c->begin = 0;
    c->end = held;
    if (!behind)
        return;
    more = (uint16_t)(behind->end - behind->begin);
    if (held + more > FIFO_CHUNK_IDS)
        return;
    memcpy(c->ids + held, behind->ids + behind->begin, more * sizeof *c->ids);
    c->end = (uint16_t)(held + more);
    c->next = behind->next;
    if (!c->next)
        f->last = c;
    give_back(s, behind);
}

__attribute__((hot)) void fifo_join(struct fifo_store *s, struct fifo *to, struct fifo *from)
{
    struct fifo_chunk *seam = from->last;

    if (!from->count)
        return;
    if (!to->count) {
        *to = *from;
        *from = (struct fifo){0};
        return;
    }
    close_up(s, to, to->first); /* it is the first no longer */
    seam->next = link_of(s, to->first);
    to->first = from->first;
    to->count += from->count;
    *from = (struct fifo){0};
    close_up(s, to, seam);
}

bool fifo_look(const struct fifo_store *s, const struct fifo *f, struct fifo_cursor *cursor, uint32_t *id)
{
    const struct fifo_chunk *c;

    if (!cursor->chunk) {
        if (!f->first)
            return false;
        cursor->chunk = link_of(s, f->first);
        cursor->at = f->first->begin;
    }
    c = &s->chunks[cursor->chunk - 1];
    while (cursor->at == c->end) {
        if (!c->next)
            return false;
        cursor->chunk = c->next;
        c = &s->chunks[c->next - 1];
        cursor->at = c->begin;
    }
    *id = c->ids[cursor->at++];
    return true;
}
