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

/* A chunk that no queue has any more. */
static void give_back(struct fifo_store *s, uint32_t link)
{
    s->chunks[link - 1].next = s->free;
    s->free = link;
}

void fifo_shrink(struct fifo_store *s, struct fifo *f)
{
    uint32_t link = f->first;

    f->first = s->chunks[link - 1].next;
    if (!f->first)
        f->last = 0;
    give_back(s, link);
}

/* Moves a chunk's ids to its beginning, and those of its neighbour behind it in with them if all have room.
 */
static void close_up(struct fifo_store *s, struct fifo *f, uint32_t link)
{
    struct fifo_chunk *c = &s->chunks[link - 1], *behind;
    uint16_t held = (uint16_t)(c->end - c->begin), more;
    uint32_t gone = c->next;

    for (int i = 0; i < held; i++)
        c->ids[i] = c->ids[c->begin + i];
    c->begin = 0;
    c->end = held;
    if (!gone)
        return;
    behind = &s->chunks[gone - 1];
    more = (uint16_t)(behind->end - behind->begin);
    if (held + more > FIFO_CHUNK_IDS)
        return;
    memcpy(c->ids + held, behind->ids + behind->begin, more * sizeof *c->ids);
    c->end = (uint16_t)(held + more);
    c->next = behind->next;
    if (!c->next)
        f->last = link;
    give_back(s, gone);
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
    uint32_t seam = from->last;

    if (!from->count)
        return;
    if (!to->count) {
        *to = *from;
        *from = (struct fifo){0};
        return;
    }
    close_up(s, to, to->first); /* it is the first no longer */
    s->chunks[seam - 1].next = to->first;
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
