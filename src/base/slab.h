/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory for all that is queued: one region cut in slabs of 64 KiB, which pools of fixed-size items take when
 * they need one and give back when its last item is free. So memory moves to where it is needed, and one
 * budget, in bytes at true size, says when it is all gone.
 *
 * An item is named by 32 bits, its place in units of 64 bytes, so that a link is half a pointer; 0 is none.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SLAB_BYTES = 65536, SLAB_UNIT = 64, SLAB_UNITS = SLAB_BYTES / SLAB_UNIT };

/* What is known of one slab; kept apart from the items so that an untouched slab costs nothing. */
struct slab_info {
    uint32_t next, prev; /* in the free list, or in its pool's list of slabs with room: number + 1, 0: end */
    uint32_t free;       /* first free item that was used before: its id, whose first 4 bytes name the next */
    uint16_t used, fresh; /* items in use; items handed out so far (those after it were never touched) */
};

struct slabs {
    uint8_t *region; /* aligned to 64 */
    uintptr_t base;  /* its address less one unit, so that an id is soon an address */
    struct slab_info *info;
    uint32_t total, fresh,
        free; /* slabs; those from fresh on were never used; list of free ones, number + 1 */
    size_t budget_bytes, used_bytes, peak_bytes; /* items in use, at true size */
    uint64_t full;                               /* takes refused */
};

struct pool {
    struct slabs *slabs;
    uint32_t item_bytes, per_slab;
    uint32_t room; /* list of slabs with a free item: number + 1 */
    uint32_t used;
};

/* Bytes of memory (aligned to 64) for a budget: the slabs, one more for each of `pools` pools so that a
 * half-used slab cannot eat another pool's budget, and what is known of them. The budget is less than 2^37,
 * and on a small machine so much less than SIZE_MAX that the sum fits. */
size_t slab_need(size_t budget_bytes, uint32_t pools);

/* Takes over that memory, whatever is in it; of which nothing is touched before it is used. */
void slab_init(struct slabs *s, void *memory, size_t budget_bytes, uint32_t pools);

/* An empty pool of items of that size: a multiple of 64, at most 65,536. A size that does not divide 65,536
 * leaves a rest in each slab, which is not charged: such a pool can run out of slabs before the budget is
 * used up. */
void slab_pool(struct pool *p, struct slabs *s, uint32_t item_bytes);

/* Where the item lies. id is not 0. */
static inline void *slab_at(const struct slabs *s, uint32_t id)
{
    return (void *)(s->base + (uintptr_t)id * SLAB_UNIT);
}

/* What a take and a give seldom come to: a take that needs a slab, or is refused; a slab that has given its
 * last item; one that has an item again, or all of them. */
uint32_t slab_take_other(struct pool *p);
void slab_filled(struct pool *p, uint32_t slab);
void slab_emptied(struct pool *p, uint32_t slab);

/* An empty slab that is not the only one with room has to go. */
static inline bool slab_is_spare(const struct slab_info *info)
{
    return info->used == 0 && (info->next | info->prev) != 0;
}

/* An item of the slab, which has one. */
static inline uint32_t slab_pick(const struct pool *p, uint32_t slab, struct slab_info *info)
{
    const uint32_t id = info->free;

    if (id == 0)
        return (slab - 1) * SLAB_UNITS + info->fresh++ * (p->item_bytes / SLAB_UNIT) + 1;
    memcpy(&info->free, slab_at(p->slabs, id), sizeof info->free);
    if (info->free != 0) /* the next to be handed out, and to be read here first */
        __builtin_prefetch(slab_at(p->slabs, info->free), 1);
    return id;
}

/* An item, its bytes undefined; 0: the budget is used up (counted). Budget that is left can be had by any
 * pool as far as whole slabs are free: while the items of one pool lie scattered over many slabs, a take from
 * another can be refused earlier, and is counted alike. */
static inline uint32_t slab_take(struct pool *p)
{
    struct slabs *s = p->slabs;
    struct slab_info *info;
    uint32_t id;

    if (p->item_bytes > s->budget_bytes - s->used_bytes || p->room == 0)
        return slab_take_other(p);
    info = &s->info[p->room - 1];
    id = slab_pick(p, p->room, info);
    p->used++;
    s->used_bytes += p->item_bytes;
    if (s->used_bytes > s->peak_bytes)
        s->peak_bytes = s->used_bytes;
    if (++info->used == p->per_slab)
        slab_filled(p, p->room);
    return id;
}

/* Gives an item back to the pool that it came from. */
static inline void slab_give(struct pool *p, uint32_t id)
{
    struct slabs *s = p->slabs;
    const uint32_t slab = (id - 1) / SLAB_UNITS + 1;
    struct slab_info *info = &s->info[slab - 1];

    memcpy(slab_at(s, id), &info->free, sizeof info->free);
    info->free = id;
    p->used--;
    s->used_bytes -= p->item_bytes;
    if (info->used-- == p->per_slab || slab_is_spare(info))
        slab_emptied(p, slab);
}

#endif
