/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A wire between two devices in one process. Each end owns a region of buffers and two rings; slot i of a
 * ring always uses the same buffer, so that a ring is nothing but counters that only grow:
 *
 *      receive   released <= lent <= filled                     filled   - released <= slots
 *      transmit  freed <= pushed <= committed <= reserved       reserved - freed    <= slots
 *
 * Sync copies what was committed into the peer's receive ring (the copy is what a wire does) and leaves the
 * sent slot busy until its completion time, as a card does that has not yet read its memory. There is no
 * thread, no descriptor and no clock here: it is the device of tests, simulators and stacks side by side.
 *
 * A loop is one end that is its own peer: what it sends comes back. Such frames have been on no wire, and
 * their checksums are to be trusted.
 *
 * Made by rn_dev_pair and rn_attach("loop"); called by the stack through rn_dev_ops.
 */
#include "pair.h"
#include "error.h"
#include "random.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINK_HEADER_MAX = 18, ALIGN = 64, LOOP_SLOTS = 64, LOOP_MTU = 65535 };

struct sent {
    struct rn_frame frame;
    rn_time free_at; /* once pushed: when its buffer completes */
};

struct end {
    struct rn_dev dev;
    struct end *peer; /* NULL once the other end is closed */
    struct random random;
    rn_time completion_min, completion_spread;
    uint32_t slots, buffer_bytes;
    uint8_t *region;     /* buffers: slots to receive, then slots to transmit */
    struct rn_frame *rx; /* slot i: what lies in buffer i */
    struct sent *tx;     /* slot i: what lies in buffer slots + i */
    uint64_t released, lent, filled;
    uint64_t freed, pushed, committed, reserved;
};

static struct end *end_of(struct rn_dev *dev)
{
    return (struct end *)dev;
}

static uint8_t *buffer_at(const struct end *e, uint32_t buffer)
{
    return e->region + (size_t)buffer * e->buffer_bytes;
}

static int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct end *e = end_of(dev);
    int n = 0;

    (void)now;
    while (n < max && e->lent < e->filled)
        frames[n++] = e->rx[e->lent++ % e->slots];
    return n;
}

static void release(struct rn_dev *dev, int n)
{
    struct end *e = end_of(dev);

    assert(n >= 0 && (uint64_t)n <= e->lent - e->released);
    e->released += (uint64_t)n;
}

/* Takes completions in: slots whose time has come are free again, in order. Returns when the next one's
 * comes. */
static rn_time complete(struct end *e, rn_time now)
{
    while (e->freed < e->pushed && e->tx[e->freed % e->slots].free_at <= now)
        e->freed++;
    return e->freed < e->pushed ? e->tx[e->freed % e->slots].free_at : RN_FOREVER;
}

static int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    struct end *e = end_of(dev);
    int n = 0;

    assert(e->reserved == e->committed);
    complete(e, now);
    for (; n < max && e->reserved - e->freed < e->slots; n++) {
        uint32_t buffer = e->slots + (uint32_t)(e->reserved++ % e->slots);

        slots[n] = (struct rn_frame){
            .data = buffer_at(e, buffer), .room = e->buffer_bytes, .buffer = buffer, .region = 0};
    }
    return n;
}

static void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    struct end *e = end_of(dev);

    assert(n >= 0 && (uint64_t)n <= e->reserved - e->committed);
    for (int i = 0; i < n; i++) {
        uint32_t slot = (uint32_t)(e->committed++ % e->slots);
        const uint8_t *start = buffer_at(e, e->slots + slot);

        assert(slots[i].buffer == e->slots + slot && slots[i].fragments == 0 && slots[i].len > 0);
        assert(slots[i].data >= start && slots[i].data - start <= (ptrdiff_t)e->buffer_bytes);
        assert(slots[i].len <= e->buffer_bytes - (uint32_t)(slots[i].data - start));
        e->tx[slot].frame = slots[i];
    }
    e->reserved = e->committed;
}

/* Copies one sent frame into the other end's next free buffer; the facts that travel with a frame go along.
 */
static void carry(struct end *e, const struct rn_frame *frame, rn_time now)
{
    struct end *peer = e->peer;
    struct rn_frame *to;
    uint32_t slot;

    if (!peer) {
        e->dev.tx_drops++;
        return;
    }
    e->dev.tx_frames++;
    e->dev.tx_bytes += frame->len;
    if (peer->filled - peer->released == peer->slots) {
        peer->dev.rx_drops++;
        return;
    }
    slot = (uint32_t)(peer->filled++ % peer->slots);
    to = &peer->rx[slot];
    *to = *frame;
    to->data = buffer_at(peer, slot);
    to->room = 0;
    to->buffer = slot;
    to->stamp = now;
    if (peer == e)
        to->flags |= RN_CSUM_TRUSTED;
    memcpy(to->data, frame->data, frame->len);
    peer->dev.rx_frames++;
    peer->dev.rx_bytes += frame->len;
}

static rn_time push(struct rn_dev *dev, rn_time now)
{
    struct end *e = end_of(dev);

    for (; e->pushed < e->committed; e->pushed++) {
        struct sent *s = &e->tx[e->pushed % e->slots];

        carry(e, &s->frame, now);
        s->free_at =
            now + e->completion_min + (rn_time)random_below(&e->random, (uint64_t)e->completion_spread + 1);
    }
    return complete(e, now);
}

static int arm(struct rn_dev *dev, bool rx, bool tx)
{
    const struct end *e = end_of(dev);

    if (rx && e->lent < e->filled)
        return -EAGAIN;
    if (tx && e->reserved - e->freed < e->slots)
        return -EAGAIN;
    return 0;
}

static void discard(struct end *e)
{
    if (!e)
        return;
    free(e->region);
    free(e->rx);
    free(e->tx);
    free(e);
}

static void shut(struct rn_dev *dev)
{
    struct end *e = end_of(dev);

    if (e->peer)
        e->peer->peer = NULL;
    discard(e);
}

#define OPS(name)                                                                                            \
    {                                                                                                        \
        .kind = (name), .burst = burst, .release = release, .reserve = reserve, .commit = commit,            \
        .sync = push, .arm = arm, .close = shut                                                              \
    }

static const struct rn_dev_ops ops = OPS("pair"), loop_ops = OPS("loop");

/* Puts the defaults in and says what is out of range. 0 or -EINVAL. */
static int settle(struct rn_pair_options *o, char *err)
{
    uint32_t header = o->medium == RN_ETHERNET ? LINK_HEADER_MAX : 0;

    if (!o->slots)
        o->slots = 256;
    if (!o->mtu)
        o->mtu = 1500;
    if (o->slots > 65536)
        return error_line(err, -EINVAL, "pair: %u slots: 1 to 65536 are possible", (unsigned)o->slots);
    if (o->mtu < 68 || o->mtu > 65535)
        return error_line(err, -EINVAL, "pair: mtu %u: 68 to 65535 are possible", (unsigned)o->mtu);
    if (!o->buffer_bytes) {
        o->buffer_bytes = (o->mtu + LINK_HEADER_MAX + ALIGN - 1) / ALIGN * ALIGN;
        if (o->buffer_bytes < 128)
            o->buffer_bytes = 128;
    }
    if (o->buffer_bytes < 128 || o->buffer_bytes > 65664 || o->buffer_bytes < o->mtu + header)
        return error_line(err, -EINVAL,
                          "pair: buffers of %u bytes: 128 to 65664 are possible, and mtu + %u (%u)",
                          (unsigned)o->buffer_bytes, (unsigned)header, (unsigned)(o->mtu + header));
    if (o->medium != RN_ETHERNET && o->medium != RN_IP)
        return error_line(err, -EINVAL, "pair: medium %u: give RN_ETHERNET or RN_IP", (unsigned)o->medium);
    if (o->completion_min < 0 || o->completion_max < o->completion_min ||
        o->completion_max > INT64_C(3600000000000))
        return error_line(err, -EINVAL, "pair: completion times run from 0 to an hour, the least first");
    return 0;
}

static struct end *make(const struct rn_pair_options *o, uint64_t seed, uint8_t number)
{
    static const uint8_t mac[6] = {0x02, 'p', 'a', 'i', 'r', 0}; /* locally administered */
    struct end *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    e->slots = o->slots;
    e->buffer_bytes = o->buffer_bytes;
    e->completion_min = o->completion_min;
    e->completion_spread = o->completion_max - o->completion_min;
    random_seed(&e->random, seed);
    e->region = calloc(o->slots, (size_t)2 * o->buffer_bytes);
    e->rx = calloc(o->slots, sizeof *e->rx);
    e->tx = calloc(o->slots, sizeof *e->tx);
    if (!e->region || !e->rx || !e->tx) {
        discard(e);
        return NULL;
    }
    e->dev.ops = &ops;
    e->dev.fd = -1;
    e->dev.mtu = o->mtu;
    e->dev.medium = o->medium;
    e->dev.rx_slots = e->dev.tx_slots = o->slots;
    memcpy(e->dev.mac, mac, sizeof mac);
    e->dev.mac[5] = number;
    return e;
}

int pair_open(struct rn_dev *ends[2], const struct rn_pair_options *options, char *err)
{
    struct rn_pair_options o = {0};
    struct end *a, *b;
    uint64_t seed;

    if (options)
        o = *options;
    if (settle(&o, err) < 0)
        return -EINVAL;
    seed = o.seed;
    a = make(&o, random_split(&seed), 1);
    b = make(&o, random_split(&seed), 2);
    if (!a || !b) {
        discard(a);
        discard(b);
        return error_line(err, -ENOMEM, "pair: no memory for 4 x %u buffers of %u bytes: ask for fewer slots",
                          (unsigned)o.slots, (unsigned)o.buffer_bytes);
    }
    a->peer = b;
    b->peer = a;
    ends[0] = &a->dev;
    ends[1] = &b->dev;
    return 0;
}

int pair_open_loop(struct rn_dev **out, const char *name, char *err)
{
    struct rn_pair_options o = {.slots = LOOP_SLOTS, .mtu = LOOP_MTU, .medium = RN_IP};
    struct end *e;

    (void)name;
    if (settle(&o, err) < 0)
        return -EINVAL;
    e = make(&o, 0, 0);
    if (!e)
        return error_line(err, -ENOMEM, "loop: no memory for 2 x %u buffers of %u bytes", (unsigned)o.slots,
                          (unsigned)o.buffer_bytes);
    e->dev.ops = &loop_ops;
    e->dev.loops = 1;
    e->peer = e;
    *out = &e->dev;
    return 0;
}

void pair_survey_loop(const struct interface *i, struct rn_way *way)
{
    (void)i;
    way->fit = RN_WORKS;
    snprintf(way->mode, sizeof way->mode, "what is sent comes back");
}
