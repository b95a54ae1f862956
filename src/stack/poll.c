/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A round's first half, in short loops over a burst: segments are decoded and hashed and their buckets
 * prefetched, then each bucket tells by its tags which connection it probably is, which is prefetched, and
 * only then is that compared and changed. So the misses of a batch overlap (17 times cheaper each).
 *
 *      burst -> [decode, hash, prefetch]* -> [guess, prefetch]* -> [compare, input]* -> due timers
 *
 * Frames come before timers: an acknowledgement that has arrived keeps its timer from running out.
 */
#include "room.h"
#include "tcp/reclaim.h"
#include "tcp/timers.h"

/* The record that is probably the segment's, from its hash alone: what is found is fetched now and compared
 * later. */
static inline void guess(struct rn_stack *net, struct room_segment *seg)
{
    struct conn *c;

    seg->kind = bucket_guess(seg->home, seg->hash, &seg->index);
    if (seg->kind != TABLE_CONN)
        return;
    c = conn_at(&net->conns, seg->index);
    __builtin_prefetch(c);
    __builtin_prefetch((uint8_t *)c + 64);
}

/* The stages over one device's burst. */
static void take_burst(struct rn_stack *net, int device, int frames)
{
    int n = input_burst(net, device, frames);

    for (int i = 0; i < n; i++)
        guess(net, &net->segments[i]);
    input_segments(net, device, n);
}

static __attribute__((hot)) void run_timers(struct rn_stack *net)
{
    uint32_t ids[ROOM_BURST], surfaced;
    int left = wheel_is_quiet(&net->conns.wheel, tick_of(net->now)) ? 0 : ROOM_TIMERS, n;

    while (left > 0 &&
           (n = wheel_collect(&net->conns.wheel, tick_of(net->now), ids, ROOM_BURST, &surfaced)) > 0) {
        for (int i = 0; i < n; i++)
            __builtin_prefetch((uint8_t *)conn_at(&net->conns, ids[i]) + 64);
        for (int i = 0; i < n; i++)
            timers_surfaced(&net->conns, ids[i], surfaced);
        left -= n;
    }
    timers_sweep(&net->conns);
    timewait_expire(&net->timewaits, &net->conns, ROOM_TIMERS);
    reclaim_watch(&net->conns);
}

/* One burst of a device; what an earlier one lent goes back first, if no flush came in between. */
static int poll_device(struct rn_stack *net, int device, int room)
{
    struct room_device *d = &net->devices[device];
    int n;

    room_give_back(d);
    n = d->dev->ops->burst(d->dev, net->frames, room < ROOM_BURST ? room : ROOM_BURST, net->now);
    if (n < 0) {
        net->error = n;
        return 0;
    }
    d->lent = n;
    take_burst(net, device, n);
    return n;
}

__attribute__((hot)) int rn_poll(struct rn_stack *net, rn_time now)
{
    bool flushed = net->reply_count == 0;
    int total = 0;

    room_clock(net, now);
    post_is_up(net);
    /* Replies that were not flushed may point into lent frames: no new ones until they have gone. */
    for (int i = 0; flushed && i < net->device_count; i++) {
        int room = ROOM_REPLIES - (int)net->reply_count;

        if (room > 0)
            total += poll_device(net, (int)((net->turn + (unsigned)i) % (unsigned)net->device_count), room);
    }
    net->turn++; /* who comes first has room for its replies: each in turn */
    run_timers(net);
    return total;
}
