/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device with a bad link in front of it, one direction each:
 *
 *      inner: burst, release -> rx link -> lent to the stack
 *      the stack: commit, sync -> staged -> tx link -> inner: reserve, commit, sync
 *
 * A frame is copied as it enters a link, so that inner's rings never wait for a slow one. Faults act where
 * time is told: received frames enter at burst, sent ones at sync. Frames that are due while inner's transmit
 * ring is full wait on the link, whose queue is what drops when it is too long; so our own transmit ring is
 * empty after every sync.
 *
 * Made by rn_dev_fault; called by the stack through rn_dev_ops. It has no thread, no clock and no descriptor
 * but inner's. What happens to a frame is link.c's.
 */
#include "fault.h"

#include "error.h"
#include "link.h"
#include "base/time.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64, QUEUE_MAX = 1 << 20, RATE_MIN = 1000, PPM = 1000000 };
#define HOLD_MAX (3600 * TIME_S)

struct fault {
    struct rn_dev dev;
    struct rn_dev *inner;
    struct link rx, tx;
    struct held_list lent;        /* to the stack, oldest first */
    struct rn_frame *staged;      /* committed since the last sync */
    uint8_t *region;              /* slot i lies at i * room */
    uint32_t room;                /* bytes of each */
    uint32_t committed, reserved; /* slots, reserved >= committed */
    rn_time now;                  /* the last that we were told */
};

static struct fault *fault_of(struct rn_dev *dev)
{
    return (struct fault *)dev;
}

static bool is_due(const struct link *l, rn_time now)
{
    return l->waiting.first && link_next(l) <= now;
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

/* Takes what inner has, about what its ring holds, onto the link. 0, or that inner is gone. */
static int pull(struct fault *f, rn_time now)
{
    struct rn_dev *inner = f->inner;
    struct rn_frame frames[BATCH];
    uint32_t taken = 0;
    int n;

    do {
        n = inner->ops->burst(inner, frames, BATCH, now);
        for (int i = 0; i < n; i++)
            link_enter(&f->rx, &frames[i], now);
        if (n > 0) {
            inner->ops->release(inner, n);
            taken += (uint32_t)n;
        }
    } while (n > 0 && taken < inner->rx_slots);
    f->dev.rx_half_sums = inner->rx_half_sums;
    f->dev.resyncs = inner->resyncs;
    f->dev.rx_drops = inner->rx_drops + f->rx.stats.overflowed;
    return n < 0 ? n : 0;
}

static int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct fault *f = fault_of(dev);
    int gone = pull(f, now), n = 0;

    f->now = now;
    while (n < max && is_due(&f->rx, now) && f->lent.count < dev->rx_slots) {
        struct held *h = link_take(&f->rx, now);

        link_insert(&f->lent, f->lent.last, h);
        h->frame.stamp = h->due;
        h->frame.room = 0;
        h->frame.region = 0;
        h->frame.buffer = h->number;
        frames[n++] = h->frame;
        dev->rx_frames++;
        dev->rx_bytes += h->frame.len;
        f->rx.stats.passed++;
    }
    return n ? n : gone;
}

static void release(struct rn_dev *dev, int n)
{
    struct fault *f = fault_of(dev);

    assert(n >= 0 && (uint32_t)n <= f->lent.count);
    while (n-- > 0)
        link_give(&f->rx, link_shift(&f->lent));
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    struct fault *f = fault_of(dev);
    int n = 0;

    (void)now;
    assert(f->reserved == f->committed);
    for (; n < max && f->reserved < dev->tx_slots; n++) {
        uint32_t slot = f->reserved++;

        slots[n] =
            (struct rn_frame){.data = f->region + (size_t)slot * f->room, .room = f->room, .buffer = slot};
    }
    return n;
}

static void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    struct fault *f = fault_of(dev);

    assert(n >= 0 && (uint32_t)n <= f->reserved - f->committed);
    for (int i = 0; i < n; i++) {
        const uint8_t *start = f->region + (size_t)f->committed * f->room;

        assert(slots[i].buffer == f->committed && slots[i].fragments == 0 && slots[i].len > 0);
        assert(slots[i].data >= start && slots[i].data - start <= (ptrdiff_t)f->room);
        assert(slots[i].len <= f->room - (uint32_t)(slots[i].data - start));
        f->staged[f->committed++] = slots[i];
    }
    f->reserved = f->committed;
}

/* Fills a slot of inner's with a frame that is due. */
static void fill(struct rn_frame *slot, const struct rn_frame *frame)
{
    struct rn_frame out = *frame;

    assert(frame->len <= slot->room);
    out.data = slot->data;
    out.room = slot->room;
    out.buffer = slot->buffer;
    out.region = slot->region;
    memcpy(out.data, frame->data, frame->len);
    *slot = out;
}

/* Gives inner the frames that are due, as many as its ring takes. Returns how many. */
static uint32_t hand_on(struct fault *f, rn_time now)
{
    struct rn_dev *inner = f->inner;
    struct rn_frame slots[BATCH];
    uint32_t total = 0;

    while (is_due(&f->tx, now)) {
        int got = inner->ops->reserve(inner, slots, BATCH, now), n = 0;

        for (; n < got && is_due(&f->tx, now); n++) {
            struct held *h = link_take(&f->tx, now);

            fill(&slots[n], &h->frame);
            link_give(&f->tx, h);
        }
        inner->ops->commit(inner, slots, n);
        if (n == 0)
            break;
        total += (uint32_t)n;
    }
    f->tx.stats.passed += total;
    return total;
}

/* When a link next has something to do; what is due already waits for somebody else. */
static rn_time next_of(const struct link *l, rn_time other)
{
    return link_next(l) < other ? link_next(l) : other;
}

static rn_time push(struct rn_dev *dev, rn_time now)
{
    struct fault *f = fault_of(dev);
    uint32_t moved;
    rn_time next;

    assert(f->reserved == f->committed);
    f->now = now;
    for (uint32_t i = 0; i < f->committed; i++) {
        dev->tx_frames++;
        dev->tx_bytes += f->staged[i].len;
        link_enter(&f->tx, &f->staged[i], now);
    }
    f->committed = f->reserved = 0;
    do {
        moved = hand_on(f, now);
        next = f->inner->ops->sync(f->inner, now);
    } while (moved && is_due(&f->tx, now)); /* sync may have made room */
    dev->tx_drops = f->inner->tx_drops + f->tx.stats.overflowed;
    dev->link = f->inner->link;

    /* What is due and still here waits for inner's ring, whose time inner has told. */
    if (!is_due(&f->tx, now))
        next = next_of(&f->tx, next);
    if (f->lent.count < dev->rx_slots)
        next = next_of(&f->rx, next);
    return next;
}

/* ---- the rest ------------------------------------------------------------------------------------------ */

static int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct fault *f = fault_of(dev);

    if (rx && is_due(&f->rx, f->now) && f->lent.count < dev->rx_slots)
        return -EAGAIN;
    if (tx && f->reserved < dev->tx_slots)
        return -EAGAIN;
    return f->inner->ops->arm(f->inner, rx, tx || is_due(&f->tx, f->now));
}

static int steer(struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    struct rn_dev *inner = fault_of(dev)->inner;

    return inner->ops->steer ? inner->ops->steer(inner, rules, n) : -EOPNOTSUPP;
}

static int neighbour(struct rn_dev *dev, const uint8_t address[16], uint8_t mac[6])
{
    struct rn_dev *inner = fault_of(dev)->inner;

    return inner->ops->neighbour ? inner->ops->neighbour(inner, address, mac) : -EOPNOTSUPP;
}

static void discard(struct fault *f)
{
    if (!f)
        return;
    while (f->lent.first)
        link_give(&f->rx, link_shift(&f->lent));
    link_free(&f->rx);
    link_free(&f->tx);
    free(f->staged);
    free(f->region);
    free(f);
}

static void shut(struct rn_dev *dev)
{
    struct fault *f = fault_of(dev);

    f->inner->ops->close(f->inner);
    discard(f);
}

static const struct rn_dev_ops ops = {.kind = "fault",
                                      .burst = burst,
                                      .release = release,
                                      .reserve = reserve,
                                      .commit = commit,
                                      .sync = push,
                                      .arm = arm,
                                      .steer = steer,
                                      .neighbour = neighbour,
                                      .close = shut};

/* ---- making one ---------------------------------------------------------------------------------------- */

static uint32_t at_most(uint32_t value, uint32_t limit)
{
    return value < limit ? value : limit;
}

static rn_time within_hour(rn_time t)
{
    return t < 0 ? 0 : t > HOLD_MAX ? HOLD_MAX : t;
}

/* The nearest faults whose values are all in range. */
static struct rn_fault bounded(const struct rn_fault *s)
{
    struct rn_fault out = *s;

    out.loss_ppm = at_most(s->loss_ppm, PPM);
    out.reorder_ppm = at_most(s->reorder_ppm, PPM);
    out.duplicate_ppm = at_most(s->duplicate_ppm, PPM);
    out.corrupt_ppm = at_most(s->corrupt_ppm, PPM);
    out.delay = within_hour(s->delay);
    out.jitter = within_hour(s->jitter);
    out.reorder_by = within_hour(s->reorder_by);
    if (s->rate_bps && s->rate_bps < RATE_MIN)
        out.rate_bps = RATE_MIN;
    out.queue_frames = at_most(s->queue_frames, QUEUE_MAX);
    return out;
}

static int check(const struct rn_fault *s, const char *way, char *err)
{
    struct rn_fault b = bounded(s);

    if (b.loss_ppm != s->loss_ppm || b.reorder_ppm != s->reorder_ppm || b.duplicate_ppm != s->duplicate_ppm ||
        b.corrupt_ppm != s->corrupt_ppm)
        return error_line(err, -EINVAL, "fault: %s: a rate is above 1000000 parts per million", way);
    if (b.delay != s->delay || b.jitter != s->jitter || b.reorder_by != s->reorder_by)
        return error_line(err, -EINVAL, "fault: %s: delay, jitter and reorder_by are 0 to an hour", way);
    if (b.rate_bps != s->rate_bps)
        return error_line(err, -EINVAL, "fault: %s: rate is 0 (none) or at least 1000 bits per second", way);
    if (b.queue_frames != s->queue_frames)
        return error_line(err, -EINVAL, "fault: %s: at most 1048576 frames can wait", way);
    return 0;
}

/* How long a frame inner sends: it is asked, since a region's buffers may be larger than its mtu says. */
static uint32_t ask_room(struct rn_dev *inner)
{
    struct rn_frame slot;
    int got = inner->ops->reserve(inner, &slot, 1, 0);

    inner->ops->commit(inner, NULL, 0);
    return got == 1 ? slot.room : inner->mtu + 18;
}

int fault_open(struct rn_dev **out, struct rn_dev *inner, const struct rn_fault_options *options, char *err)
{
    static const struct rn_fault_options none;
    const struct rn_fault_options *o = options ? options : &none;
    uint64_t seed = o->seed;
    struct fault *f;

    if (check(&o->rx, "receiving", err) < 0 || check(&o->tx, "sending", err) < 0)
        return -EINVAL;
    f = calloc(1, sizeof *f);
    if (f) {
        f->room = ask_room(inner);
        f->region = malloc((size_t)inner->tx_slots * f->room);
        f->staged = calloc(inner->tx_slots, sizeof *f->staged);
    }
    if (!f || !f->region || !f->staged) {
        discard(f);
        return error_line(err, -ENOMEM, "fault: no memory for the %u transmit slots of %s",
                          (unsigned)inner->tx_slots, inner->ops->kind);
    }
    f->dev = *inner;
    f->dev.ops = &ops;
    f->dev.rx_frames = f->dev.tx_frames = f->dev.rx_bytes = f->dev.tx_bytes = 0;
    f->inner = inner;
    link_init(&f->rx, f->room, inner->medium, random_split(&seed));
    link_init(&f->tx, f->room, inner->medium, random_split(&seed));
    f->rx.faults = o->rx;
    f->tx.faults = o->tx;
    *out = &f->dev;
    return 0;
}

void fault_stats(const struct rn_dev *dev, struct rn_fault_stats stats[2])
{
    const struct fault *f = (const struct fault *)dev;

    assert(dev->ops == &ops);
    stats[0] = f->rx.stats;
    stats[1] = f->tx.stats;
}

void fault_set(struct rn_dev *dev, const struct rn_fault *rx, const struct rn_fault *tx)
{
    struct fault *f = fault_of(dev);

    assert(dev->ops == &ops);
    if (rx)
        f->rx.faults = bounded(rx);
    if (tx)
        f->tx.faults = bounded(tx);
}
