/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two counters of a ring: a power of two slots, head runs after tail, both count for ever. One producer
 * moves tail, one consumer moves head; in one thread, or in two if the stores are made with release and the
 * loads with acquire, as ring_push and ring_pop do.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdint.h>

struct ring {
    uint32_t mask; /* slots - 1 */
    uint32_t head; /* next to be consumed */
    uint32_t tail; /* next to be produced */
};

/* The least power of two that is n or more; n from 1 to 2^31. */
static inline uint32_t ring_size(uint32_t n)
{
    uint32_t size = 1;

    while (size < n)
        size <<= 1;
    return size;
}

/* An empty ring of that many slots: a power of two. */
static inline void ring_init(struct ring *r, uint32_t slots)
{
    r->mask = slots - 1;
    r->head = r->tail = 0;
}

/* How many are filled, as the consumer sees it. */
static inline uint32_t ring_filled(const struct ring *r)
{
    return __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE) - r->head;
}

/* How many are free, as the producer sees it. */
static inline uint32_t ring_free(const struct ring *r)
{
    return r->mask + 1 - (r->tail - __atomic_load_n(&r->head, __ATOMIC_ACQUIRE));
}

/* The slot of the i-th one to be consumed (i < ring_filled), or produced (i < ring_free). */
static inline uint32_t ring_out(const struct ring *r, uint32_t i)
{
    return (r->head + i) & r->mask;
}

static inline uint32_t ring_in(const struct ring *r, uint32_t i)
{
    return (r->tail + i) & r->mask;
}

/* The producer has filled the next n slots, n <= ring_free: the consumer may read them from now on. */
static inline void ring_push(struct ring *r, uint32_t n)
{
    __atomic_store_n(&r->tail, r->tail + n, __ATOMIC_RELEASE);
}

/* The consumer is done with the next n slots, n <= ring_filled: the producer may fill them again. */
static inline void ring_pop(struct ring *r, uint32_t n)
{
    __atomic_store_n(&r->head, r->head + n, __ATOMIC_RELEASE);
}

#endif
