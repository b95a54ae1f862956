/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Called by netmap.c, for ports that have the card's rings and the kernel's. A buffer is exchanged by writing each
 * slot's number into the other, with NS_BUF_CHANGED on both.
 */
#include "netmap_host.h"

#include "half_sum.h"
#include "offload.h"

#include <errno.h>
#include <string.h>

int netmap_host_steer(struct netmap_host *h, const struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    int error = ours_take(&h->ours, dev, rules, n);
    const struct steering s = ours_steering(&h->ours, dev);

    if (!error)
        h->count = steering_list(&s, h->lines);
    return error;
}

void netmap_host_close(struct netmap_host *h)
{
    ours_close(&h->ours);
}

/* A checksum that was left to the card is completed where it lies. */
static void complete(const struct netmap_host *h, uint8_t *data, uint32_t len)
{
    struct rn_frame f = {.data = data, .len = len};

    if (h->soft && half_sum_find(&f))
        offload_checksum(&f);
}

/* A ring of the kernel's with a free slot; NULL: none. */
static struct nring *room_for(struct netmap_port *p, uint64_t *resyncs)
{
    for (uint32_t i = 0; i < p->host_tx_rings; i++)
        if (nring_ready(&p->host_tx[i], resyncs))
            return &p->host_tx[i];
    return NULL;
}

/* The slot at from's next becomes the one at to's next, whose buffer from gets for it. */
static void exchange(const struct nring *from, struct nring *to)
{
    struct netmap_slot *old = nring_slot(from, 0), *new = nring_slot(to, 0);
    uint32_t spare = new->buf_idx;

    new->buf_idx = old->buf_idx;
    new->len = old->len;
    new->ptr = 0;
    old->buf_idx = spare;
    new->flags = old->flags = NS_BUF_CHANGED;
    to->next = nring_after(to, to->next, 1);
}

bool netmap_host_takes(struct netmap_host *h, struct netmap_port *p, struct nring *from, struct rn_frame *f,
                       uint64_t *resyncs)
{
    enum steering_of whose = h->count ? steering_whose(h->lines, h->count, f->data, f->len) : STEERING_COMMON;
    struct nring *to = whose == STEERING_OURS ? NULL : room_for(p, resyncs);
    uint8_t *copy;

    if (whose == STEERING_OURS)
        return false;
    complete(h, f->data, f->len);
    if (!to)
        return whose == STEERING_THEIRS;
    if (whose == STEERING_THEIRS) {
        exchange(from, to);
        return true;
    }
    copy = netmap_port_buffer(p, to, nring_slot(to, 0)->buf_idx);
    if (copy) {
        memcpy(copy, f->data, f->len);
        nring_slot(to, 0)->len = (uint16_t)f->len;
        nring_slot(to, 0)->flags = 0;
        nring_slot(to, 0)->ptr = 0;
        to->next = nring_after(to, to->next, 1);
    }
    return false;
}

void netmap_host_sends(struct netmap_host *h, struct netmap_port *p, uint64_t *resyncs)
{
    for (uint32_t i = 0; i < p->host_rx_rings; i++) {
        struct nring *from = &p->host_rx[i], *to = &p->tx[0];

        while (nring_ready(from, resyncs) && nring_ready(to, resyncs)) {
            const struct netmap_slot *s = nring_slot(from, 0);
            uint8_t *data = netmap_port_buffer(p, from, s->buf_idx);
            uint32_t len = s->len;

            if (data && len && len <= p->buffer_bytes && !(s->flags & NS_MOREFRAG)) {
                complete(h, data, len);
                exchange(from, to);
            } else {
                ++*resyncs;
            }
            from->next = nring_after(from, from->next, 1);
        }
        if (from->next != from->head)
            nring_tell(from, from->next);
    }
}

bool netmap_host_waits(const struct netmap_port *p)
{
    for (uint32_t i = 0; p->rx_rings && i < p->host_rx_rings; i++)
        if (p->host_rx[i].next != __atomic_load_n(&p->host_rx[i].ring->tail, __ATOMIC_RELAXED))
            return true;
    return false;
}
