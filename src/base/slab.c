/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Slabs of 64 KiB and the pools that borrow them. Where a slab can be, and what moves it:
 *
 *      untouched ---+ a take needs a slab        a take gets its last item
 *                   +---------------> with room ---------------------------> full, in no list
 *      free list ---+                 (its pool's list) <------------------- an item comes back
 *          ^                              |
 *          +------------------------------+ its last item comes back
 *
 * An empty slab stays with its pool while it is the only one there with room, so that a pool which goes up
 * and down by one item does not change slabs each time. That is also why it costs nobody anything: a pool
 * whose items are not scattered has at most one slab that is not full, and slab_need has reserved it.
 *
 * In a slab, items that came back are handed out first, the last one first because it is still in the cache;
 * then those that were never touched, in order. All memory of queues, connections' active blocks and the like
 * comes from here; what an item means, and who forgets one, is not known here.
 */
#include "slab.h"

#include <string.h>

/* Slabs for that budget; a budget that does not fill its last slab has it whole. */
static uint32_t slabs_for(size_t budget_bytes, uint32_t pools)
{
    return (uint32_t)(budget_bytes / SLAB_BYTES) + (budget_bytes % SLAB_BYTES != 0) + pools;
}

static size_t info_bytes(uint32_t total)
{
    return (total * sizeof(struct slab_info) + SLAB_UNIT - 1) / SLAB_UNIT * SLAB_UNIT;
}

size_t slab_need(size_t budget_bytes, uint32_t pools)
{
    const uint32_t total = slabs_for(budget_bytes, pools);

    return info_bytes(total) + (size_t)total * SLAB_BYTES;
}

void slab_init(struct slabs *s, void *memory, size_t budget_bytes, uint32_t pools)
{
    memset(s, 0, sizeof *s);
    s->total = slabs_for(budget_bytes, pools);
    s->info = memory;
    s->region = (uint8_t *)memory + info_bytes(s->total);
    s->base = (uintptr_t)s->region - SLAB_UNIT;
    s->budget_bytes = budget_bytes;
}

void slab_pool(struct pool *p, struct slabs *s, uint32_t item_bytes)
{
    memset(p, 0, sizeof *p);
    p->slabs = s;
    p->item_bytes = item_bytes;
    p->per_slab = SLAB_BYTES / item_bytes;
}

void slab_filled(struct pool *p, uint32_t slab)
{
    struct slab_info *info = p->slabs->info;
    const uint32_t next = info[slab - 1].next, prev = info[slab - 1].prev;

    if (prev != 0)
        info[prev - 1].next = next;
    else
        p->room = next;
    if (next != 0)
        info[next - 1].prev = prev;
}

/* Gives the pool's empty slab to all. */
static void release_slab(struct pool *p, uint32_t slab)
{
    struct slabs *s = p->slabs;

    slab_filled(p, slab);
    s->info[slab - 1].next = s->free;
    s->free = slab;
}

/* Puts a slab that has room first in the pool's list. An empty one is there only alone: it has to go. */
static void link_room(struct pool *p, uint32_t slab)
{
    struct slab_info *info = p->slabs->info;

    if (p->room != 0 && info[p->room - 1].used == 0)
        release_slab(p, p->room);
    info[slab - 1].next = p->room;
    info[slab - 1].prev = 0;
    if (p->room != 0)
        info[p->room - 1].prev = slab;
    p->room = slab;
}

/* Gets the pool, which has no room, a slab; false: there is none. */
static bool borrow_slab(struct pool *p)
{
    struct slabs *s = p->slabs;
    uint32_t slab = s->free;

    if (slab != 0)
        s->free = s->info[slab - 1].next;
    else if (s->fresh < s->total)
        slab = ++s->fresh;
    else
        return false;
    /* Here and not in slab_init: so neither the memory given nor a slab's past matters. */
    s->info[slab - 1] = (struct slab_info){.used = 0};
    p->room = slab;
    return true;
}

uint32_t slab_take_other(struct pool *p)
{
    struct slabs *s = p->slabs;

    if (p->room == 0 && p->item_bytes <= s->budget_bytes - s->used_bytes && borrow_slab(p))
        return slab_take(p);
    s->full++;
    return 0;
}

void slab_emptied(struct pool *p, uint32_t slab)
{
    const struct slab_info *info = &p->slabs->info[slab - 1];

    if (info->used + 1u == p->per_slab)
        link_room(p, slab);
    if (slab_is_spare(info))
        release_slab(p, slab);
}
