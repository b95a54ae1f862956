/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each number of the kernel's is read once and looked at before it is used. Called by netmap.c and netmap_host.c.
 */
#include "nring.h"

/* A number that the kernel may be changing. */
static uint32_t read_now(const uint32_t *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

uint32_t nring_ready(struct nring *r, uint64_t *lied)
{
    uint32_t tail = read_now(&r->ring->tail);

    if (tail >= r->slots || nring_distance(r, r->head, tail) < nring_distance(r, r->head, r->next)) {
        ++*lied;
        return 0;
    }
    return nring_distance(r, r->next, tail);
}

struct netmap_slot *nring_slot(const struct nring *r, uint32_t ahead)
{
    return &r->ring->slot[nring_after(r, r->next, ahead)];
}

uint32_t nring_frame(const struct nring *r, uint32_t ready, uint32_t *bytes)
{
    *bytes = 0;
    for (uint32_t n = 0; n < ready; n++) {
        const struct netmap_slot *s = nring_slot(r, n);

        *bytes += s->len;
        if (!(s->flags & NS_MOREFRAG))
            return n + 1;
    }
    return 0;
}

void nring_tell(struct nring *r, uint32_t head)
{
    r->head = head;
    __atomic_store_n(&r->ring->cur, head, __ATOMIC_RELEASE);
    __atomic_store_n(&r->ring->head, head, __ATOMIC_RELEASE);
}

void nring_resync(struct nring *r, uint64_t *resyncs)
{
    uint32_t head = read_now(&r->ring->head);

    if (head != r->head) {
        ++*resyncs;
        r->epoch++;
        r->lent = 0;
        if (head >= r->slots)
            nring_tell(r, r->head); /* nobody has set it so but a liar */
        else
            r->head = head;
        r->next = r->head;
    }
    r->synced = r->head;
}
