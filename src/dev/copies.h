/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two rings of a device that is given and takes one frame at a time, in whoever's memory: frames are copied into
 * buffers of ours, and from them.
 *
 * Slot i of a ring always uses the same buffer, and counters grow:
 *
 *      receive  released <= lent <= released + SLOTS      transmit  written <= committed <= reserved
 *
 * until the ring is empty: then it begins again at slot 0, whose buffer is the one most likely to be in the processor's
 * cache. Used by tap.c, pcap.c and vde.c, each of which knows how a frame comes and goes.
 */
#ifndef DEV_COPIES_H
#define DEV_COPIES_H

#include <runnel_dev.h>

#include <assert.h>
#include <stdlib.h>

enum { COPIES_SLOTS = 256, COPIES_LEAD = 16 /* bytes of a buffer in front of the frame */ };

struct copies {
    uint32_t rx_bytes, tx_bytes; /* of a buffer */
    uint8_t *region;             /* SLOTS buffers to receive, then SLOTS to transmit */
    struct rn_frame staged[COPIES_SLOTS];
    uint64_t released, lent;
    uint64_t written, committed, reserved;
};

/* Buffers for frames of so many bytes at most, and the device's slots. False: no memory. */
static inline bool copies_open(struct copies *c, struct rn_dev *dev, uint32_t rx, uint32_t tx)
{
    enum { ALIGN = 64 };

    c->rx_bytes = (rx + COPIES_LEAD + ALIGN - 1) / ALIGN * ALIGN;
    c->tx_bytes = (tx + COPIES_LEAD + ALIGN - 1) / ALIGN * ALIGN;
    c->region = calloc(COPIES_SLOTS, (size_t)c->rx_bytes + c->tx_bytes);
    dev->rx_slots = dev->tx_slots = COPIES_SLOTS;
    return c->region;
}

static inline void copies_close(struct copies *c)
{
    free(c->region);
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

/* A burst begins. */
static inline void copies_burst(struct copies *c)
{
    if (c->lent == c->released)
        c->lent = c->released = 0;
}

/* Where the next frame is to be copied to, with COPIES_LEAD bytes in front and copies_room of its own; NULL: all are
 * lent. */
static inline uint8_t *copies_next(const struct copies *c)
{
    return c->lent - c->released == COPIES_SLOTS
               ? NULL
               : c->region + (size_t)(c->lent % COPIES_SLOTS) * c->rx_bytes + COPIES_LEAD;
}

static inline uint32_t copies_room(const struct copies *c)
{
    return c->rx_bytes - COPIES_LEAD;
}

/* It has been, and is lent. */
static inline void copies_lend(struct copies *c, struct rn_dev *dev, struct rn_frame *f, uint32_t len, rn_time now)
{
    *f = (struct rn_frame){
        .data = copies_next(c), .len = len, .buffer = (uint32_t)(c->lent % COPIES_SLOTS), .stamp = now};
    c->lent++;
    dev->rx_frames++;
    dev->rx_bytes += len;
}

static inline void copies_release(struct copies *c, int n)
{
    assert(n >= 0 && (uint64_t)n <= c->lent - c->released);
    c->released += (uint64_t)n;
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static inline uint8_t *copies_tx_at(const struct copies *c, uint32_t slot)
{
    return c->region + (size_t)COPIES_SLOTS * c->rx_bytes + (size_t)slot * c->tx_bytes + COPIES_LEAD;
}

static inline int copies_reserve(struct copies *c, struct rn_frame *slots, int max)
{
    int n = 0;

    assert(c->reserved == c->committed);
    if (c->written == c->committed)
        c->written = c->committed = c->reserved = 0;
    for (; n < max && c->reserved - c->written < COPIES_SLOTS; n++) {
        uint32_t slot = (uint32_t)(c->reserved++ % COPIES_SLOTS);

        slots[n] = (struct rn_frame){
            .data = copies_tx_at(c, slot), .room = c->tx_bytes - COPIES_LEAD, .buffer = COPIES_SLOTS + slot};
    }
    return n;
}

static inline void copies_commit(struct copies *c, const struct rn_frame *slots, int n)
{
    assert(n >= 0 && (uint64_t)n <= c->reserved - c->committed);
    for (int i = 0; i < n; i++) {
        uint32_t slot = (uint32_t)(c->committed++ % COPIES_SLOTS);
        const uint8_t *first = copies_tx_at(c, slot), *end = first - COPIES_LEAD + c->tx_bytes;

        assert(slots[i].buffer == COPIES_SLOTS + slot && slots[i].fragments == 0 && slots[i].len > 0);
        assert(slots[i].data >= first && slots[i].data <= end && slots[i].len <= (size_t)(end - slots[i].data));
        (void)first, (void)end;
        c->staged[slot] = slots[i];
    }
    c->reserved = c->committed;
}

/* The first committed frame that has not been sent; NULL: none. */
static inline const struct rn_frame *copies_due(const struct copies *c)
{
    return c->written < c->committed ? &c->staged[c->written % COPIES_SLOTS] : NULL;
}

/* It has been, or was dropped. */
static inline void copies_done(struct copies *c)
{
    c->written++;
}

static inline bool copies_has_slot(const struct copies *c)
{
    return c->reserved - c->written < COPIES_SLOTS;
}

#endif
