/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      device 0 --- wire with faults --- bridge --- wire without --- device 1
 *
 * Frames that one device has lent are copied into slots of the other, in order, and released. What finds no
 * slot stays lent, so that its device's ring fills up, and with it the queue of whoever sends: that is the
 * back-pressure. Both devices have a wire of rn_dev_fault in front of them, since that takes a merged frame
 * apart and completes a partial checksum: what arrives here is always a frame that fits a wire. The faults
 * are those of device 0's, so that each direction meets them once. A device that is shared with the kernel is
 * taken from it whole, for as long as the bridge is there.
 *
 * Called by runnel.c. Of what is in a frame it knows VLAN tags alone: one that was taken out is put in again.
 */
#include "bridge.h"
#include "figures.h"
#include "session.h"
#include "signals.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <runnel.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 64, QUEUE = 65536 /* frames that the ring of a device can become when merged ones are cut */ };
enum { ETHERNET = 14, TAG_AT = 12, TAG = 4 };

#define AT(field) offsetof(struct bridge_options, field)

const struct option bridge_rows[] = {{"DEVICE", NULL, DEVICE_HELP, args_text, AT(device[0]), 0, 0},
                                     {"DEVICE", NULL, "the other one", args_text, AT(device[1]), 0, 0},
                                     {"--fault", "WIRE", FAULT_HELP, args_fault, AT(fault), 0, 0},
                                     {"--force", NULL, FORCE_HELP, NULL, AT(force), 0, 0},
                                     {0}};

/* One direction. */
struct way {
    struct rn_dev *from, *to;
    struct rn_frame frames[BATCH]; /* lent by from */
    int at, count;                 /* those before at were sent on already */
    bool full;                     /* to had no slot */
    uint64_t passed, bytes, too_long;
};

struct bridge {
    const char *program;
    struct rn_dev *dev[2]; /* with their wires */
    struct way way[2];     /* from dev[i] to the other */
    struct figures figures;
    const char *name[2];
    int error; /* of the device that has failed */
    int failed;
};

/* ---- frames */

/* Bytes in front of the packet in a frame. */
static uint32_t link_header(const struct rn_frame *frame, uint8_t medium)
{
    if (medium == RN_IP)
        return 0;
    return frame->len > ETHERNET && frame->data[TAG_AT] == 0x81 && frame->data[TAG_AT + 1] == 0
               ? ETHERNET + TAG
               : ETHERNET;
}

/* Fills a slot with a frame. False: it is longer than the other link's. */
static bool copy_frame(struct rn_frame *slot, const struct rn_frame *frame, const struct rn_dev *to)
{
    const uint32_t tag = frame->flags & RN_VLAN ? TAG : 0, front = tag ? TAG_AT : 0;

    if (frame->len > to->mtu + link_header(frame, to->medium) || frame->len + tag > slot->room ||
        frame->len <= front)
        return false;
    memcpy(slot->data, frame->data, front);
    if (tag)
        memcpy(slot->data + front, (uint8_t[]){0x81, 0, (uint8_t)(frame->vlan >> 8), (uint8_t)frame->vlan},
               TAG);
    memcpy(slot->data + front + tag, frame->data + front, frame->len - front);
    slot->len = frame->len + tag;
    return true;
}

/* Sends on as many of the lent frames as there are slots. */
static void send_on(struct way *w, rn_time now)
{
    struct rn_frame slots[BATCH];
    int n, used = 0;

    if (w->at == w->count)
        return;
    n = w->to->ops->reserve(w->to, slots, w->count - w->at, now);
    w->full = n < w->count - w->at;
    for (int i = 0; i < n; i++) {
        const struct rn_frame *frame = &w->frames[w->at + i];

        if (copy_frame(&slots[used], frame, w->to)) {
            used++;
            w->passed++;
            w->bytes += frame->len;
        } else {
            w->too_long++;
        }
    }
    w->to->ops->commit(w->to, slots, used);
    w->at += n > 0 ? n : 0;
    if (n > 0)
        w->from->ops->release(w->from, n);
}

/* Takes frames in when the last ones have gone. How many; negative: the device has gone. */
static int take(struct way *w, rn_time now)
{
    int n;

    if (w->at < w->count)
        return 0;
    w->at = w->count = 0;
    n = w->from->ops->burst(w->from, w->frames, BATCH, now);
    w->count = n > 0 ? n : 0;
    return n;
}

/* A round of both directions. True: something moved, so that it is no time to sleep. *next: when a device has
 * something to do by itself. */
static bool move(struct bridge *b, rn_time now, rn_time *next)
{
    bool moved = false;

    for (int i = 0; i < 2; i++) {
        struct way *w = &b->way[i];
        uint64_t before = w->passed + w->too_long;
        int n = take(w, now);

        if (n < 0) {
            b->error = n;
            b->failed = i;
        }
        send_on(w, now);
        moved = moved || w->passed + w->too_long != before;
    }
    *next = RN_FOREVER;
    for (int i = 0; i < 2; i++) {
        rn_time own = b->dev[i]->ops->sync(b->dev[i], now);

        *next = own < *next ? own : *next;
    }
    return moved;
}

/* Sleeps until a device has something that can be sent on, or room for what waits, or it is time. */
static void sleep_on_both(struct bridge *b, rn_time now, rn_time next)
{
    struct pollfd fds[2];
    struct timespec limit;

    for (int i = 0; i < 2; i++) {
        bool rx = b->way[i].at == b->way[i].count, tx = b->way[1 - i].full;

        if (b->dev[i]->ops->arm(b->dev[i], rx, tx) == -EAGAIN)
            return;
        fds[i] =
            (struct pollfd){.fd = b->dev[i]->fd, .events = (short)((rx ? POLLIN : 0) | (tx ? POLLOUT : 0))};
    }
    if (next <= now)
        return;
    limit = (struct timespec){.tv_sec = (next - now) / 1000000000, .tv_nsec = (next - now) % 1000000000};
    ppoll(fds, 2, next == RN_FOREVER ? NULL : &limit, NULL);
}

/* ---- the whole */

/* Takes all that comes to a device which is shared with the kernel. 0 or a negative errno with err. */
static int take_all(struct rn_dev *dev, const char *name, char *err)
{
    int rc;

    if (!dev->ops->steer)
        return 0;
    dev->promiscuous = 1;
    rc = dev->ops->steer(dev, &(struct rn_steer){.take = true}, 1);
    if (rc == -EOPNOTSUPP)
        snprintf(err, RN_ERRBUF,
                 "%.60s: the kernel would see, and answer, what is on its way to the other: it takes "
                 "CAP_NET_ADMIN, and a kernel with nftables",
                 name);
    else if (rc < 0)
        snprintf(err, RN_ERRBUF, "%.60s: does not let in what is for others: %s", name, strerror(-rc));
    return rc;
}

/* Opens a device, puts a wire in front of it. 0 or a negative errno with err. */
static int open_one(struct rn_dev **out, const char *name, const struct rn_fault_options *fault, char *err)
{
    struct rn_dev *dev;
    int rc = rn_dev_open(&dev, name, err);

    if (rc < 0)
        return rc;
    rc = take_all(dev, name, err);
    if (rc == 0)
        rc = rn_dev_fault(out, dev, fault, err);
    if (rc < 0)
        dev->ops->close(dev);
    return rc;
}

static int open_both(struct bridge *b, const struct bridge_options *o, char *err)
{
    const struct rn_fault_options none = {.rx.queue_frames = QUEUE, .tx.queue_frames = QUEUE};
    int rc = 0;

    for (int i = 0; i < 2 && !o->force; i++)
        if (session_comes_over(o->device[i])) {
            snprintf(err, RN_ERRBUF,
                     "this would cut the ssh session, which comes over %.60s, for a bridge takes all that comes: --force "
                     "does it all the same",
                     o->device[i]);
            return -EADDRINUSE;
        }
    rc = open_one(&b->dev[0], o->device[0], o->fault.given ? &o->fault.options : &none, err);

    if (rc < 0)
        return rc;
    rc = open_one(&b->dev[1], o->device[1], &none, err);
    if (rc == 0 && b->dev[0]->medium != b->dev[1]->medium) {
        b->dev[1]->ops->close(b->dev[1]);
        snprintf(err, RN_ERRBUF, "%s carries Ethernet frames and %s IP packets: join two of a kind",
                 o->device[b->dev[0]->medium == RN_IP], o->device[b->dev[0]->medium != RN_IP]);
        rc = -EPROTOTYPE;
    }
    if (rc < 0)
        b->dev[0]->ops->close(b->dev[0]);
    return rc;
}

static void sum_up(const struct bridge *b)
{
    struct rn_fault_stats stats[2];

    rn_dev_fault_stats(b->dev[0], stats);
    for (int i = 0; i < 2; i++) {
        const struct way *w = &b->way[i];
        const struct rn_fault_stats *f = &stats[i];

        printf("%s: %s to %s: %" PRIu64 " frames, %" PRIu64 " bytes; lost %" PRIu64 ", reordered %" PRIu64
               ", duplicated %" PRIu64 ", corrupted %" PRIu64 ", overflowed %" PRIu64 ", too long %" PRIu64
               "\n",
               b->program, b->name[i], b->name[1 - i], w->passed, w->bytes, f->lost, f->reordered,
               f->duplicated, f->corrupted, f->overflowed, w->too_long);
    }
    fflush(stdout);
}

int bridge_run(const char *program, const struct bridge_options *o)
{
    static struct bridge b; /* its frames are large for a stack of calls */
    char err[RN_ERRBUF];
    rn_time now, next;
    int rc;

    b = (struct bridge){.program = program, .name = {o->device[0], o->device[1]}};
    signals_catch();
    rc = open_both(&b, o, err);
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", program, err);
        return rc == -EINVAL ? ARGS_EXIT : ARGS_EXIT_WORLD;
    }
    for (int i = 0; i < 2; i++)
        b.way[i] = (struct way){.from = b.dev[i], .to = b.dev[1 - i]};
    printf("%s: joins %s and %s; Ctrl-C ends it\n", program, b.name[0], b.name[1]);
    fflush(stdout);
    figures_open(&b.figures);

    while (!signals_count() && !b.error) {
        rn_time show;

        now = rn_now();
        show = figures_show(&b.figures, b.way[0].passed + b.way[1].passed, "frames", b.way[0].bytes,
                            b.way[1].bytes, now);
        if (!move(&b, now, &next))
            sleep_on_both(&b, now, show < next - now ? now + show : next);
    }
    figures_close(&b.figures);
    if (b.error)
        fprintf(stderr, "%s: device %s failed: %s\n", program, b.name[b.failed], strerror(-b.error));
    sum_up(&b);
    for (int i = 0; i < 2; i++)
        b.dev[i]->ops->close(b.dev[i]);
    return b.error ? ARGS_EXIT_WORLD : 0;
}
