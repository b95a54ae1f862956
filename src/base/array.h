/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A growing array of small elements, kept in order by its owner: for lists that are nearly always tiny and
 * must be bounded when a peer makes them long. The first elements lie in the owner's own memory; when they do
 * not suffice the whole moves to an item of a pool, then to a larger one, and back when it empties. Looking
 * up is by halving; putting in and taking out moves what lies behind, at most ARRAY_LARGE bytes.
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include "slab.h"

enum { ARRAY_SMALL = 256, ARRAY_MIDDLE = 1024, ARRAY_LARGE = 4096 };

/* The pools that all arrays of a stack share. */
struct array_pools {
    struct pool small, middle, large;
};

/* What is the same for all arrays of a kind. */
struct array_kind {
    uint16_t element_bytes; /* a multiple of 4 */
    uint16_t own;           /* elements that the owner's memory holds; 0: none */
};

struct array {
    uint32_t item;        /* of a pool; 0: in the owner's memory */
    uint16_t count, room; /* elements: in it; that it could hold where it lies now (own, while item is 0) */
};

void array_pools_init(struct array_pools *p, struct slabs *s);

/* Its elements, good until the next insertion or removal. own: the owner's memory. */
static inline void *array_at(const struct array *a, const struct array_pools *p, void *own)
{
    return a->item ? slab_at(p->small.slabs, a->item) : own;
}

/* Makes room for one element before element i (i <= count), which is undefined then. False: the budget is
 * used up, or ARRAY_LARGE bytes are: nothing has changed. a all zero is an empty array. */
bool array_insert(struct array *a, struct array_pools *p, const struct array_kind *k, void *own, unsigned i);

/* Takes out n elements from element i on (i + n <= count). */
void array_remove(struct array *a, struct array_pools *p, const struct array_kind *k, void *own, unsigned i,
                  unsigned n);

/* Takes out all. */
void array_clear(struct array *a, struct array_pools *p, const struct array_kind *k);

#endif
