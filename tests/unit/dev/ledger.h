/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeps the books of a device while a test or a stack uses it. Its ops are exchanged for some that look at
 * every call and hand it on; the device itself stays where it is. What the contract says of buffers is then
 * asserted at each call:
 *
 *      burst     no more are lent than rx_slots; none of them lies over another, or over a slot that is ours
 *      release   the bytes of what was lent are what they were
 *      reserve   no more than tx_slots are ours or at the device; none lies over another
 *      sync      the bytes of what was committed are what they were
 */
#ifndef TESTS_DEV_LEDGER_H
#define TESTS_DEV_LEDGER_H

#include <runnel_dev.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { LEDGER_DEVICES = 4, LEDGER_SLOTS = 4096 };

struct ledger_piece {
    const uint8_t *from, *to;
    uint64_t hash; /* of its bytes */
};

/* Pieces, oldest first. */
struct ledger_pieces {
    struct ledger_piece list[LEDGER_SLOTS];
    int count;
};

struct ledger {
    struct rn_dev *dev; /* NULL: free */
    const struct rn_dev_ops *under;
    struct rn_dev_ops ops;
    struct ledger_pieces lent, reserved, committed;
    uint64_t bursts, frames;
};
static struct ledger ledger_books[LEDGER_DEVICES];

static inline struct ledger *ledger_of(const struct rn_dev *dev)
{
    for (int i = 0; i < LEDGER_DEVICES; i++)
        if (ledger_books[i].dev == dev)
            return &ledger_books[i];
    fail_msg("no books are kept for this device, or too many");
    return NULL;
}

/* So that a changed byte is seen: FNV-1a, eight bytes at a time. */
static inline uint64_t ledger_hash(const uint8_t *from, const uint8_t *to)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325), word = 0;

    for (; to - from >= 8; from += 8) {
        memcpy(&word, from, 8);
        h = (h ^ word) * UINT64_C(0x100000001b3);
        h ^= h >> 32;
    }
    for (; from < to; from++)
        h = (h ^ *from) * UINT64_C(0x100000001b3);
    return h;
}

static inline void ledger_apart(const struct ledger_pieces *p, const uint8_t *from, const uint8_t *to)
{
    bool apart = true;

    for (int i = 0; i < p->count; i++)
        apart &= to <= p->list[i].from || from >= p->list[i].to;
    assert_true(apart);
}

/* One more piece, which lies over no other that is kept. */
static inline void ledger_add(struct ledger *l, struct ledger_pieces *p, const uint8_t *from, uint32_t len)
{
    ledger_apart(&l->lent, from, from + len);
    ledger_apart(&l->reserved, from, from + len);
    ledger_apart(&l->committed, from, from + len);
    assert_true(p->count < LEDGER_SLOTS);
    p->list[p->count++] = (struct ledger_piece){
        from, from + len, p == &l->reserved ? 0 : ledger_hash(from, from + len)}; /* who reserved it writes there */
}

static inline void ledger_unchanged(const struct ledger_pieces *p)
{
    bool unchanged = true;

    for (int i = 0; i < p->count; i++)
        unchanged &= ledger_hash(p->list[i].from, p->list[i].to) == p->list[i].hash;
    assert_true(unchanged);
}

static inline int ledger_burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct ledger *l = ledger_of(dev);
    int n = l->under->burst(dev, frames, max, now);

    ledger_unchanged(&l->lent);
    assert_true(n <= max);
    for (int i = 0; i < n; i++)
        ledger_add(l, &l->lent, frames[i].data, frames[i].len);
    assert_true(l->lent.count <= (int)dev->rx_slots);
    l->bursts++;
    l->frames += n > 0 ? (uint64_t)n : 0;
    assert_true(dev->rx_frames >= l->frames);
    return n;
}

static inline void ledger_release(struct rn_dev *dev, int n)
{
    struct ledger *l = ledger_of(dev);

    ledger_unchanged(&l->lent);
    assert_true(n >= 0 && n <= l->lent.count);
    l->lent.count -= n;
    memmove(l->lent.list, l->lent.list + n, (size_t)l->lent.count * sizeof l->lent.list[0]);
    l->under->release(dev, n);
}

static inline int ledger_reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    struct ledger *l = ledger_of(dev);
    int n = l->under->reserve(dev, slots, max, now);

    assert_true(l->reserved.count == 0 && n >= 0 && n <= max);
    for (int i = 0; i < n; i++)
        ledger_add(l, &l->reserved, slots[i].data, slots[i].room);
    assert_true(l->reserved.count + l->committed.count <= (int)dev->tx_slots);
    return n;
}

static inline void ledger_commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    struct ledger *l = ledger_of(dev);

    assert_true(n <= l->reserved.count);
    for (int i = 0; i < n; i++) /* within the slot that was lent for it */
        assert_true(slots[i].data >= l->reserved.list[i].from &&
                    slots[i].data + slots[i].len <= l->reserved.list[i].to);
    l->reserved.count = 0;
    for (int i = 0; i < n; i++)
        ledger_add(l, &l->committed, slots[i].data, slots[i].len);
    l->under->commit(dev, slots, n);
}

static inline rn_time ledger_sync(struct rn_dev *dev, rn_time now)
{
    struct ledger *l = ledger_of(dev);
    rn_time next;

    assert_int_equal(l->reserved.count, 0);
    ledger_unchanged(&l->committed);
    ledger_unchanged(&l->lent);
    next = l->under->sync(dev, now);
    ledger_unchanged(&l->lent);
    l->committed.count = 0;
    return next;
}

static inline void ledger_close(struct rn_dev *dev)
{
    struct ledger *l = ledger_of(dev);

    dev->ops = l->under;
    l->dev = NULL;
    dev->ops->close(dev);
}

/* Begins to keep the books of a device that nobody has used yet, until it is closed. */
static inline struct ledger *ledger_open(struct rn_dev *dev)
{
    struct ledger *l = ledger_of(NULL);

    memset(l, 0, sizeof *l);
    l->dev = dev;
    l->under = dev->ops;
    l->ops = *dev->ops;
    l->ops.burst = ledger_burst;
    l->ops.release = ledger_release;
    l->ops.reserve = ledger_reserve;
    l->ops.commit = ledger_commit;
    l->ops.sync = ledger_sync;
    l->ops.close = ledger_close;
    dev->ops = &l->ops;
    return l;
}

#endif
