/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A ring of netmap's, with our own idea of where it stands; netmap_port.h says what is believed of it.
 *
 *      head ---- lent, or committed ---- next ---- ready ---- tail ---- the kernel's ---- head
 */
#ifndef DEV_NRING_H
#define DEV_NRING_H

#include <net/netmap.h>

struct nring {
    struct netmap_ring *ring;
    uint32_t slots;
    uint32_t head;  /* what stands in the ring */
    uint32_t synced; /* what stood there at the last sync, and is all that the kernel knows */
    uint32_t next;  /* the first slot that nobody has taken yet */
    uint32_t lent;  /* frames of it that somebody has */
    uint32_t epoch; /* how often it was taken anew */
};

/* How many slots are ready from next on. *lied is counted up if what the ring says cannot be: then none. */
uint32_t nring_ready(struct nring *r, uint64_t *lied);

/* The slot so many behind next. */
struct netmap_slot *nring_slot(const struct nring *r, uint32_t ahead);

/* How many slots the frame at next has, and bytes; 0: its end is not there yet. */
uint32_t nring_frame(const struct nring *r, uint32_t ready, uint32_t *bytes);

/* The kernel is told that it has all before `head` back. */
void nring_tell(struct nring *r, uint32_t head);

/* After a sync: if the kernel has set the ring back, it is taken as it stands, and that is counted. */
void nring_resync(struct nring *r, uint64_t *resyncs);

static inline uint32_t nring_after(const struct nring *r, uint32_t at, uint32_t n)
{
    return at + n >= r->slots ? at + n - r->slots : at + n;
}

static inline uint32_t nring_distance(const struct nring *r, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + r->slots - from;
}

#endif
