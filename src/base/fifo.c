/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A queue is a chain of chunks. Its first may be partly taken, its last partly filled, and so may one in
 * between that was last in a queue before two were joined; an empty chunk goes back to the store at once, so
 * an empty queue holds nothing. A join needs a queue that is not empty and empties it: so there are no more
 * seams than queues, and three chunks a queue that are not full are enough.
 */
#include "fifo.h"

#include <string.h>

static uint32_t chunks_for(uint32_t ids, uint32_t queues)
{
    return ids / FIFO_CHUNK_IDS + 1 + 3 * queues;
}

size_t fifo_need(uint32_t ids, uint32_t queues)
{
    return (size_t)chunks_for(ids, queues) * sizeof(struct fifo_chunk);
}

void fifo_init(struct fifo_store *s, void *memory, uint32_t ids, uint32_t queues)
{
    *s = (struct fifo_store){.chunks = memory, .total = chunks_for(ids, queues)};
}

struct fifo_chunk *fifo_grow(struct fifo_store *s, struct fifo *f)
{
    uint32_t link = s->free;
    struct fifo_chunk *c;

    if (link)
        s->free = s->chunks[link - 1].next;
    else
        link = ++s->fresh;
    c = &s->chunks[link - 1];
    c->next = 0;
    c->begin = c->end = 0;
    if (f->last)
        s->chunks[f->last - 1].next = link;
    else
        f->first = link;
    f->last = link;
    return c;
}

void fifo_shrink(struct fifo_store *s, struct fifo *f)
{
    uint32_t link = f->first;
    struct fifo_chunk *c = &s->chunks[link - 1];

    f->first = c->next;
    if (!f->first)
        f->last = 0;
    c->next = s->free;
    s->free = link;
}

int fifo_pop_many(struct fifo_store *s, struct fifo *f, uint32_t *ids, int max)
{
    int n = 0;

    while (n < max && f->count) {
        struct fifo_chunk *c = &s->chunks[f->first - 1];
        int many = c->end - c->begin;

        many = many < max - n ? many : max - n;
        for (int i = 0; i < many; i++)
            ids[n + i] = c->ids[c->begin + i];
        n += many;
        f->count -= (uint32_t)many;
        c->begin = (uint16_t)(c->begin + many);
        if (c->begin == c->end)
            fifo_shrink(s, f);
    }
    return n;
}

void fifo_join(struct fifo_store *s, struct fifo *to, struct fifo *from)
{
    if (!from->count)
        return;
    if (!to->count)
        to->last = from->last;
    s->chunks[from->last - 1].next = to->first;
    to->first = from->first;
    to->count += from->count;
    *from = (struct fifo){0};
}

bool fifo_look(const struct fifo_store *s, const struct fifo *f, struct fifo_cursor *cursor, uint32_t *id)
{
    const struct fifo_chunk *c;

    if (!cursor->chunk) {
        if (!f->first)
            return false;
        cursor->chunk = f->first;
        cursor->at = s->chunks[f->first - 1].begin;
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
