/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The device of memory.h: requests go round the ring rx, answers round the ring tx. Each call checks what the
 * contract demands of the stack and counts what is broken, so that no measurement stands on a stack that
 * cheats.
 */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct memory *m = (struct memory *)dev;
    uint32_t many = m->put - m->taken;
    uint64_t bytes = 0;

    (void)now;
    many = many < (uint32_t)max ? many : (uint32_t)max;
    for (uint32_t i = 0; i < many; i++) {
        uint32_t slot = (m->taken + i) % MEMORY_SLOTS;

        frames[i] = (struct rn_frame){
            .data = m->rx + (size_t)slot * MEMORY_FRAME, .len = m->rx_len[slot], .buffer = slot};
        bytes += frames[i].len;
    }
    m->taken += many;
    dev->rx_frames += many;
    dev->rx_bytes += bytes;
    return (int)many;
}

static void release(struct rn_dev *dev, int n)
{
    struct memory *m = (struct memory *)dev;

    m->released += (uint32_t)n;
    m->broken += m->taken - m->released > MEMORY_SLOTS; /* more than were lent */
}

static int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    struct memory *m = (struct memory *)dev;
    uint32_t n = MEMORY_SLOTS - m->sent_count;

    (void)now;
    m->broken += m->reserved != 0;
    if (n > (uint32_t)max)
        n = (uint32_t)max;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t slot = (m->next_slot + i) % MEMORY_SLOTS;

        slots[i] = (struct rn_frame){
            .data = m->tx + (size_t)slot * MEMORY_FRAME, .room = MEMORY_FRAME, .buffer = slot, .region = 1};
    }
    m->reserved = n;
    return (int)n;
}

static void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    struct memory *m = (struct memory *)dev;
    struct memory_frame *to = &m->sent[m->sent_count];
    uint32_t longest = 0, odd = 0;
    uint64_t bytes = 0;

    m->broken += (uint32_t)n > m->reserved;
    for (int i = 0; i < n; i++) {
        to[i] = (struct memory_frame){slots[i].data, slots[i].len};
        longest |= slots[i].len;
        odd |= slots[i].fragments | slots[i].flags;
        bytes += slots[i].len;
    }
    m->broken += longest >= MEMORY_FRAME || odd;
    m->sent_count += (uint32_t)n;
    dev->tx_bytes += bytes;
    dev->tx_frames += (uint64_t)n;
    m->next_slot = (m->next_slot + (uint32_t)n) % MEMORY_SLOTS;
    m->reserved = 0;
}

static rn_time sync(struct rn_dev *dev, rn_time now)
{
    struct memory *m = (struct memory *)dev;

    (void)now;
    m->broken += m->reserved != 0;
    return RN_FOREVER;
}

static int arm(struct rn_dev *dev, bool rx, bool tx)
{
    (void)dev, (void)rx, (void)tx;
    return 0;
}

static void shut(struct rn_dev *dev)
{
    struct memory *m = (struct memory *)dev;

    free(m->rx);
    free(m->tx);
    m->rx = m->tx = NULL;
}

static const struct rn_dev_ops ops = {.kind = "memory",
                                      .burst = burst,
                                      .release = release,
                                      .reserve = reserve,
                                      .commit = commit,
                                      .sync = sync,
                                      .arm = arm,
                                      .close = shut};

bool memory_open(struct memory *m)
{
    *m = (struct memory){.dev = {.ops = &ops,
                                 .fd = -1,
                                 .mtu = 1500,
                                 .mac = {2, 0, 0, 0, 0, 7},
                                 .medium = RN_ETHERNET,
                                 .rx_slots = MEMORY_SLOTS,
                                 .tx_slots = MEMORY_SLOTS}};
    m->rx = aligned_alloc(4096, (size_t)MEMORY_SLOTS * MEMORY_FRAME);
    m->tx = aligned_alloc(4096, (size_t)MEMORY_SLOTS * MEMORY_FRAME);
    if (!m->rx || !m->tx) {
        shut(&m->dev);
        return false;
    }
    memset(m->rx, 0, (size_t)MEMORY_SLOTS * MEMORY_FRAME); /* touched now, not in the measurement */
    memset(m->tx, 0, (size_t)MEMORY_SLOTS * MEMORY_FRAME);
    return true;
}

uint8_t *memory_room(struct memory *m)
{
    return m->rx + (size_t)(m->put % MEMORY_SLOTS) * MEMORY_FRAME;
}

void memory_put(struct memory *m, uint32_t len)
{
    m->rx_len[m->put++ % MEMORY_SLOTS] = len;
}

bool memory_clear(struct memory *m)
{
    m->sent_count = 0;
    return m->taken == m->put && m->put - m->released <= MEMORY_BURST && m->broken == 0;
}
