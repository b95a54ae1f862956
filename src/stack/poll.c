/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A round's first half. Short loops over a burst come first, prefetching second: a batch of segments is
 * decoded, then hashed and its buckets prefetched, then looked up and its connections prefetched, and only
 * then does each change its connection. So the misses of a batch overlap (17 times cheaper each).
 *
 *      burst -> [input_frame]* -> [hash, prefetch]* -> [find, prefetch]* -> [input_segment]* -> due timers
 *
 * Frames come before timers: an acknowledgement that has arrived keeps its timer from running out.
 */
#include "room.h"
#include "tcp/timers.h"

/* The stages over one device's burst. */
static void take_burst(struct rn_stack *net, int device, int frames)
{
    struct table *t = &net->conns.table;
    int n = 0;

    for (int i = 0; i < frames; i++) {
        if (i + 1 < frames)
            __builtin_prefetch(net->frames[i + 1].data);
        if (input_frame(net, device, &net->frames[i], &net->segments[n]))
            n++;
    }
    for (int i = 0; i < n; i++) {
        net->segments[i].hash = table_hash(t, &net->segments[i].key);
        bucket_prefetch(&t->buckets, net->segments[i].hash);
    }
    for (int i = 0; i < n; i++) {
        struct room_segment *seg = &net->segments[i];

        seg->kind = (uint8_t)table_find(t, &seg->key, seg->hash, &seg->index);
        if (seg->kind == TABLE_CONN) {
            __builtin_prefetch(conn_at(&net->conns, seg->index));
            __builtin_prefetch((uint8_t *)conn_at(&net->conns, seg->index) + 64);
        }
    }
    for (int i = 0; i < n; i++)
        input_segment(net, device, &net->segments[i]);
}

static void run_timers(struct rn_stack *net)
{
    uint32_t ids[ROOM_BURST], surfaced;
    int left = ROOM_TIMERS, n;

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
}

/* One burst of a device; what the last one lent goes back first. */
static int poll_device(struct rn_stack *net, int device, int room)
{
    struct room_device *d = &net->devices[device];
    int n;

    if (d->lent)
        d->dev->ops->release(d->dev, d->lent);
    d->lent = 0;
    n = d->dev->ops->burst(d->dev, net->frames, room < ROOM_BURST ? room : ROOM_BURST, net->now);
    if (n < 0) {
        net->error = n;
        return 0;
    }
    d->lent = n;
    take_burst(net, device, n);
    return n;
}

int rn_poll(struct rn_stack *net, rn_time now)
{
    bool flushed = net->reply_count == 0;
    int total = 0;

    room_clock(net, now);
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
