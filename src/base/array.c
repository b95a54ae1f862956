/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the elements lie follows from how many there are: in the owner's memory, or in the smallest pool
 * whose items hold them. It grows when it is full and shrinks when it has become a quarter of the next
 * smaller place, so that one element put in and out does not move everything each time.
 */
#include "array.h"

#include <string.h>

void array_pools_init(struct array_pools *p, struct slabs *s)
{
    slab_pool(&p->small, s, ARRAY_SMALL);
    slab_pool(&p->middle, s, ARRAY_MIDDLE);
    slab_pool(&p->large, s, ARRAY_LARGE);
}

/* The pool whose items hold that many bytes; NULL: none does. */
static struct pool *pool_for(struct array_pools *p, size_t bytes)
{
    return bytes <= ARRAY_SMALL    ? &p->small
           : bytes <= ARRAY_MIDDLE ? &p->middle
           : bytes <= ARRAY_LARGE  ? &p->large
                                   : NULL;
}

/* The pool that its item is from. */
static struct pool *pool_of(struct array_pools *p, const struct array *a, size_t element_bytes)
{
    return pool_for(p, a->room * element_bytes);
}

/* The first elements in the owner's memory, which there are k->own of. */
static void settle(struct array *a, const struct array_kind *k)
{
    if (!a->item)
        a->room = k->own;
}

/* Moves all to a place for at least `room` elements. False: there is none. */
static bool move_to(struct array *a, struct array_pools *p, const struct array_kind *k, void *own,
                    unsigned room)
{
    struct pool *to = room <= k->own ? NULL : pool_for(p, (size_t)room * k->element_bytes);
    uint8_t *from = array_at(a, p, own), *place = own;
    uint32_t item = 0, old = a->item;
    struct pool *old_pool = old ? pool_of(p, a, k->element_bytes) : NULL;

    if (room > k->own) {
        item = to ? slab_take(to) : 0;
        if (!item)
            return false;
        place = slab_at(to->slabs, item);
    }
    if (a->count)
        memcpy(place, from, (size_t)a->count * k->element_bytes);
    a->item = item;
    a->room = (uint16_t)(item ? to->item_bytes / k->element_bytes : k->own);
    if (old)
        slab_give(old_pool, old);
    return true;
}

bool array_insert(struct array *a, struct array_pools *p, const struct array_kind *k, void *own, unsigned i)
{
    uint8_t *at;

    settle(a, k);
    if (a->count == a->room && !move_to(a, p, k, own, a->room + 1u))
        return false;
    at = (uint8_t *)array_at(a, p, own) + (size_t)i * k->element_bytes;
    memmove(at + k->element_bytes, at, (size_t)(a->count - i) * k->element_bytes);
    a->count++;
    return true;
}

/* It lies in a pool's item and would fit in a smaller place four times: true when it has been looked at. */
static void shrink(struct array *a, struct array_pools *p, const struct array_kind *k, void *own)
{
    unsigned smaller = ARRAY_SMALL / k->element_bytes;

    if (a->room <= smaller)
        smaller = k->own;
    else if (a->room > ARRAY_MIDDLE / k->element_bytes)
        smaller = ARRAY_MIDDLE / k->element_bytes;
    if (a->count <= smaller / 4)
        move_to(a, p, k, own, smaller ? smaller : 1);
}

void array_remove(struct array *a, struct array_pools *p, const struct array_kind *k, void *own, unsigned i,
                  unsigned n)
{
    uint8_t *at = (uint8_t *)array_at(a, p, own) + (size_t)i * k->element_bytes;

    memmove(at, at + (size_t)n * k->element_bytes, (size_t)(a->count - i - n) * k->element_bytes);
    a->count = (uint16_t)(a->count - n);
    if (!a->item)
        return;
    if (!a->count) {
        slab_give(pool_of(p, a, k->element_bytes), a->item);
        *a = (struct array){0, 0, k->own};
        return;
    }
    shrink(a, p, k, own);
}

void array_clear(struct array *a, struct array_pools *p, const struct array_kind *k)
{
    if (a->item)
        slab_give(pool_of(p, a, k->element_bytes), a->item);
    *a = (struct array){0};
}
