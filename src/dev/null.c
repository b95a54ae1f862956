/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A ring of transmit slots that is empty again after every sync. It shows what a stack does by itself: with
 * nobody to answer, and at no cost of a device.
 *
 * Made by rn_attach("null"); called by the stack through rn_dev_ops. No thread, no descriptor, no clock.
 */
#include "null.h"

#include "error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { SLOTS = 64, MTU = 1500, ROOM = 1536 };

struct null {
    struct rn_dev dev;
    uint32_t committed, reserved; /* slots since the last sync, reserved >= committed */
    uint64_t bytes;               /* in the committed ones */
    uint8_t buffers[SLOTS][ROOM];
};

static struct null *null_of(struct rn_dev *dev)
{
    return (struct null *)dev;
}

static int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    (void)dev, (void)frames, (void)max, (void)now;
    return 0;
}

static void release(struct rn_dev *dev, int n)
{
    (void)dev;
    assert(n == 0);
    (void)n;
}

static int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    struct null *d = null_of(dev);
    int n = 0;

    (void)now;
    assert(d->reserved == d->committed);
    for (; n < max && d->reserved < SLOTS; n++) {
        slots[n] = (struct rn_frame){.data = d->buffers[d->reserved], .room = ROOM, .buffer = d->reserved};
        d->reserved++;
    }
    return n;
}

static void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    struct null *d = null_of(dev);

    assert(n >= 0 && (uint32_t)n <= d->reserved - d->committed);
    for (int i = 0; i < n; i++) {
        const uint8_t *start = d->buffers[d->committed];

        assert(slots[i].buffer == d->committed && slots[i].fragments == 0 && slots[i].len > 0);
        assert(slots[i].data >= start && slots[i].data - start <= ROOM);
        assert(slots[i].len <= ROOM - (uint32_t)(slots[i].data - start));
        (void)start;
        d->bytes += slots[i].len;
        d->committed++;
    }
    d->reserved = d->committed;
}

static rn_time swallow(struct rn_dev *dev, rn_time now)
{
    struct null *d = null_of(dev);

    (void)now;
    assert(d->reserved == d->committed);
    dev->tx_frames += d->committed;
    dev->tx_bytes += d->bytes;
    d->committed = d->reserved = 0;
    d->bytes = 0;
    return RN_FOREVER;
}

static int arm(struct rn_dev *dev, bool rx, bool tx)
{
    (void)rx;
    return tx && null_of(dev)->reserved < SLOTS ? -EAGAIN : 0;
}

static void shut(struct rn_dev *dev)
{
    free(null_of(dev));
}

static const struct rn_dev_ops ops = {.kind = "null",
                                      .burst = burst,
                                      .release = release,
                                      .reserve = reserve,
                                      .commit = commit,
                                      .sync = swallow,
                                      .arm = arm,
                                      .close = shut};

int null_open(struct rn_dev **out, const char *name, char *err)
{
    struct null *d = calloc(1, sizeof *d);

    (void)name;
    if (!d)
        return error_line(err, -ENOMEM, "null: no memory for %d buffers of %d bytes", SLOTS, ROOM);
    d->dev.ops = &ops;
    d->dev.fd = -1;
    d->dev.mtu = MTU;
    d->dev.medium = RN_IP;
    d->dev.rx_slots = d->dev.tx_slots = SLOTS;
    *out = &d->dev;
    return 0;
}

void null_survey(const struct interface *i, struct rn_way *way)
{
    (void)i;
    way->fit = RN_WORKS;
    snprintf(way->mode, sizeof way->mode, "what is sent is counted and gone");
}
