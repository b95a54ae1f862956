/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The device contract as tests: what runnel_dev.h says of any device, asked of one. A device's own test says
 * how to make it and how its peer, at the other end of the link, sends and receives:
 *
 *      stack's side:  burst, release, reserve, commit, sync     |     peer's side:  send, receive
 *
 * Frames are told apart by a number in their source address, and every byte of them is known from number and
 * length. Time is the link's `now`; nothing sleeps. At every call the books of the buffers are looked at
 * (ledger.h).
 */
#ifndef TESTS_DEV_SUITE_H
#define TESTS_DEV_SUITE_H

#include "ledger.h"

#include <runnel_dev.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { SUITE_FRAME = 9216, SUITE_SLOTS = 512, SUITE_TYPE = 0x88b5 /* for local experiments (IEEE 802) */ };

struct suite_link {
    struct rn_dev *dev;
    void *peer;
    rn_time now;
    rn_time latency;            /* a frame is there, and its buffer free again, after that long */
    bool delayed;               /* frames take that time, not only buffers */
    uint32_t shortest, longest; /* frames that both sides carry */
    void (*send)(struct suite_link *l, const uint8_t *frame, uint32_t len);
    uint32_t (*receive)(struct suite_link *l, uint8_t frame[SUITE_FRAME]); /* its length, 0: none */
    void (*close_peer)(struct suite_link *l);
};

/* What a test case gets as its state. */
struct suite_device {
    const char *name;
    void (*open)(struct suite_link *l); /* l is zeroed */
};

/* ---- frames -------------------------------------------------------------------------------------------- */

static inline void suite_make(uint8_t *frame, uint32_t len, uint32_t number)
{
    for (uint32_t i = 0; i < len; i++)
        frame[i] = (uint8_t)(i * 7 + number * 31 + len + (number >> 8));
    memset(frame, 0xff, 6);
    frame[0] = 0x61; /* to a group of stations, and on a link of plain IP a packet of version 6 */
    frame[6] = 0x02;
    frame[7] = 0;
    for (int i = 0; i < 4; i++)
        frame[8 + i] = (uint8_t)(number >> 8 * (3 - i));
    frame[12] = SUITE_TYPE >> 8;
    frame[13] = SUITE_TYPE & 0xff;
}

static inline void suite_expect(const uint8_t *frame, uint32_t len, uint32_t want_len, uint32_t want_number)
{
    uint8_t want[SUITE_FRAME];

    assert_int_equal(len, want_len);
    suite_make(want, want_len, want_number);
    assert_memory_equal(frame, want, want_len);
}

/* ---- the stack's side, with patience for a link that takes time -----------------------------------------
 */

static inline void suite_sync(struct suite_link *l)
{
    struct rn_dev *d = l->dev;

    d->ops->sync(d, l->now);
    if (l->latency) {
        l->now += l->latency;
        d->ops->sync(d, l->now);
    }
}

static inline int suite_burst(struct suite_link *l, struct rn_frame *frames, int max)
{
    struct rn_dev *d = l->dev;
    int n = d->ops->burst(d, frames, max, l->now);

    if (n == 0 && l->latency) {
        l->now += l->latency;
        n = d->ops->burst(d, frames, max, l->now);
    }
    return n;
}

/* Sends n frames of that length, numbered from first on, in one reservation; they must all fit. */
static inline void suite_transmit(struct suite_link *l, uint32_t n, uint32_t len, uint32_t first)
{
    struct rn_dev *d = l->dev;
    static struct rn_frame slots[SUITE_SLOTS];

    assert_int_equal(d->ops->reserve(d, slots, (int)n, l->now), n);
    for (uint32_t i = 0; i < n; i++) {
        suite_make(slots[i].data, len, first + i);
        slots[i].len = len;
    }
    d->ops->commit(d, slots, (int)n);
}

static inline void suite_peer_expects(struct suite_link *l, uint32_t n, uint32_t len, uint32_t first)
{
    uint8_t frame[SUITE_FRAME];

    for (uint32_t i = 0; i < n; i++) {
        uint32_t got = l->receive(l, frame);

        suite_expect(frame, got, len, first + i);
    }
    assert_int_equal(l->receive(l, frame), 0);
}

static inline void suite_peer_sends(struct suite_link *l, uint32_t n, uint32_t len, uint32_t first)
{
    uint8_t frame[SUITE_FRAME];

    for (uint32_t i = 0; i < n; i++) {
        suite_make(frame, len, first + i);
        l->send(l, frame, len);
    }
}

/* Every buffer is back: a whole ring can be sent and a whole ring received. */
static inline void suite_expect_whole(struct suite_link *l)
{
    static struct rn_frame frames[SUITE_SLOTS];
    struct rn_dev *d = l->dev;
    uint32_t got = 0;

    suite_sync(l);
    suite_transmit(l, d->tx_slots, 60, 0);
    suite_sync(l);
    suite_peer_expects(l, d->tx_slots, 60, 0);
    suite_sync(l);
    suite_peer_sends(l, d->rx_slots, 60, 0);
    while (got < d->rx_slots) {
        int n = suite_burst(l, frames + got, SUITE_SLOTS - (int)got);

        assert_true(n > 0);
        got += (uint32_t)n;
    }
    assert_int_equal(got, d->rx_slots);
    for (uint32_t i = 0; i < got; i++)
        suite_expect(frames[i].data, frames[i].len, 60, i);
    d->ops->release(d, (int)got);
}

static inline void suite_open(struct suite_link *l, void **state)
{
    const struct suite_device *device = *state;

    memset(l, 0, sizeof *l);
    l->now = 1000000;
    device->open(l);
    ledger_open(l->dev);
    assert_true(l->longest <= SUITE_FRAME && l->dev->rx_slots <= SUITE_SLOTS &&
                l->dev->tx_slots <= SUITE_SLOTS);
}

/* Tear-down: first that nothing was lost, then everything away. */
static inline void suite_close(struct suite_link *l)
{
    suite_expect_whole(l);
    l->dev->ops->close(l->dev);
    l->close_peer(l);
}

/* ---- the tests ----------------------------------------------------------------------------------------- */

static inline void suite_carries_every_length(void **state)
{
    struct suite_link l;
    struct rn_frame frame;
    uint32_t number = 0;

    suite_open(&l, state);
    assert_true(l.dev->mtu + 14 >= l.longest);
    for (uint32_t len = l.shortest; len <= l.longest; len++, number++) {
        suite_transmit(&l, 1, len, number);
        suite_sync(&l);
        suite_peer_expects(&l, 1, len, number);
        suite_peer_sends(&l, 1, len, number);
        assert_int_equal(suite_burst(&l, &frame, 1), 1);
        suite_expect(frame.data, frame.len, len, number);
        assert_int_equal(frame.fragments, 0);
        l.dev->ops->release(l.dev, 1);
    }
    suite_close(&l);
}

static inline void suite_sends_batches_of_every_size(void **state)
{
    struct suite_link l;
    uint64_t frames = 0;

    suite_open(&l, state);
    for (uint32_t n = 1; n <= l.dev->tx_slots; n++) {
        suite_transmit(&l, n, 60 + n % 100, n);
        suite_sync(&l);
        suite_peer_expects(&l, n, 60 + n % 100, n);
        frames += n;
        suite_sync(&l);
    }
    assert_int_equal(l.dev->tx_frames, frames);
    assert_int_equal(l.dev->tx_drops, 0);
    suite_close(&l);
}

static inline void suite_receives_batches_of_every_size(void **state)
{
    static struct rn_frame frames[SUITE_SLOTS];
    struct suite_link l;
    uint64_t total = 0;

    suite_open(&l, state);
    for (uint32_t n = 1; n <= l.dev->rx_slots; n++) {
        suite_peer_sends(&l, n, 60 + n % 100, n);
        assert_int_equal(suite_burst(&l, frames, (int)n), n);
        for (uint32_t i = 0; i < n; i++)
            suite_expect(frames[i].data, frames[i].len, 60 + n % 100, n + i);
        assert_int_equal(suite_burst(&l, frames, SUITE_SLOTS), 0);
        l.dev->ops->release(l.dev, (int)n);
        total += n;
    }
    assert_int_equal(l.dev->rx_frames, total);
    assert_int_equal(l.dev->rx_drops, 0);
    suite_close(&l);
}

static inline void suite_burst_takes_no_more_than_asked(void **state)
{
    struct rn_frame frames[8];
    struct suite_link l;

    suite_open(&l, state);
    suite_peer_sends(&l, 5, 60, 0);
    assert_int_equal(suite_burst(&l, frames, 2), 2);
    assert_int_equal(suite_burst(&l, frames + 2, 3), 3);
    assert_int_equal(suite_burst(&l, frames + 5, 3), 0);
    for (uint32_t i = 0; i < 5; i++)
        suite_expect(frames[i].data, frames[i].len, 60, i);
    l.dev->ops->release(l.dev, 2);
    l.dev->ops->release(l.dev, 3);
    suite_close(&l);
}

/* With every receive slot lent there is no more to be had, what is lent stays as it is, and all goes on. */
static inline void suite_lent_frames_stay_while_the_ring_is_full(void **state)
{
    static struct rn_frame frames[SUITE_SLOTS], more[SUITE_SLOTS];
    struct suite_link l;
    int slots, n;

    suite_open(&l, state);
    slots = (int)l.dev->rx_slots;
    suite_peer_sends(&l, (uint32_t)slots, 80, 0);
    assert_int_equal(suite_burst(&l, frames, SUITE_SLOTS), slots);
    suite_peer_sends(&l, 3, 80, 5000);
    assert_int_equal(suite_burst(&l, more, SUITE_SLOTS), 0);
    for (int i = 0; i < slots; i++)
        suite_expect(frames[i].data, frames[i].len, 80, (uint32_t)i);
    l.dev->ops->release(l.dev, 1);
    n = suite_burst(&l, more, SUITE_SLOTS); /* 0 where the link has dropped what found no room */
    assert_true(n == 0 || n == 1);
    for (int i = 1; i < slots; i++)
        suite_expect(frames[i].data, frames[i].len, 80, (uint32_t)i);
    l.dev->ops->release(l.dev, slots - 1 + n);
    while ((n = suite_burst(&l, more, SUITE_SLOTS)) > 0)
        l.dev->ops->release(l.dev, n);
    suite_close(&l);
}

static inline void suite_full_transmit_ring_lends_nothing(void **state)
{
    static struct rn_frame slots[SUITE_SLOTS];
    struct suite_link l;
    struct rn_dev *d;
    int n;

    suite_open(&l, state);
    d = l.dev;
    n = d->ops->reserve(d, slots, SUITE_SLOTS, l.now);
    assert_int_equal(n, d->tx_slots);
    for (int i = 0; i < n; i++) {
        assert_true(slots[i].room >= d->mtu + 14);
        assert_int_equal(slots[i].len, 0);
        for (int j = 0; j < i; j++)
            assert_true(slots[i].data >= slots[j].data + slots[j].room ||
                        slots[j].data >= slots[i].data + slots[i].room);
        suite_make(slots[i].data, 60, (uint32_t)i);
        slots[i].len = 60;
    }
    d->ops->commit(d, slots, n);
    assert_int_equal(d->ops->reserve(d, slots, 1, l.now), 0);
    d->ops->commit(d, NULL, 0);
    suite_sync(&l);
    suite_peer_expects(&l, (uint32_t)n, 60, 0);
    suite_close(&l);
}

static inline void suite_reservation_can_be_undone(void **state)
{
    static struct rn_frame slots[SUITE_SLOTS];
    struct suite_link l;
    struct rn_dev *d;

    suite_open(&l, state);
    d = l.dev;
    for (int i = 0; i < 3 * (int)d->tx_slots; i++) {
        assert_int_equal(d->ops->reserve(d, slots, 4, l.now), 4);
        d->ops->commit(d, NULL, 0);
    }
    suite_sync(&l);
    suite_peer_expects(&l, 0, 60, 0);
    assert_int_equal(d->ops->reserve(d, slots, 4, l.now), 4);
    for (uint32_t i = 0; i < 2; i++) {
        suite_make(slots[i].data, 60, i);
        slots[i].len = 60;
    }
    d->ops->commit(d, slots, 2);
    suite_transmit(&l, 1, 60, 2);
    suite_sync(&l);
    suite_peer_expects(&l, 3, 60, 0);
    suite_close(&l);
}

static inline void suite_nothing_goes_before_sync(void **state)
{
    uint8_t frame[SUITE_FRAME];
    struct suite_link l;

    suite_open(&l, state);
    suite_transmit(&l, 2, 60, 0);
    suite_transmit(&l, 1, 60, 2);
    l.now += l.latency;
    assert_int_equal(l.receive(&l, frame), 0);
    suite_sync(&l);
    suite_peer_expects(&l, 3, 60, 0);
    suite_close(&l);
}

static inline void suite_data_may_begin_later_in_the_slot(void **state)
{
    struct suite_link l;
    struct rn_frame slot;

    suite_open(&l, state);
    assert_int_equal(l.dev->ops->reserve(l.dev, &slot, 1, l.now), 1);
    slot.data += 17;
    slot.len = 61;
    suite_make(slot.data, slot.len, 9);
    l.dev->ops->commit(l.dev, &slot, 1);
    suite_sync(&l);
    suite_peer_expects(&l, 1, 61, 9);
    suite_close(&l);
}

/* True when a sleeper would not sleep. */
static inline bool suite_is_awake(struct suite_link *l, bool rx, bool tx)
{
    struct pollfd p = {l->dev->fd, (short)((rx ? POLLIN : 0) | (tx ? POLLOUT : 0)), 0};
    int armed = l->dev->ops->arm(l->dev, rx, tx);

    assert_true(armed == 0 || armed == -EAGAIN);
    return armed == -EAGAIN || (p.fd >= 0 && poll(&p, 1, 0) > 0);
}

static inline void suite_nobody_sleeps_over_a_frame_or_a_slot(void **state)
{
    struct suite_link l;
    struct rn_frame frame;

    suite_open(&l, state);
    suite_sync(&l);
    assert_false(suite_is_awake(&l, true, false));
    assert_true(suite_is_awake(&l, true, true));
    suite_peer_sends(&l, 1, 60, 0);
    if (l.delayed) { /* it is under way, and sync tells until when */
        assert_int_equal(l.dev->ops->burst(l.dev, &frame, 1, l.now), 0);
        l.now = l.dev->ops->sync(l.dev, l.now);
        assert_true(l.now < RN_FOREVER);
        l.dev->ops->sync(l.dev, l.now);
    }
    assert_true(suite_is_awake(&l, true, false));
    assert_int_equal(suite_burst(&l, &frame, 1), 1);
    l.dev->ops->release(l.dev, 1);
    assert_false(suite_is_awake(&l, true, false));
    suite_transmit(&l, l.dev->tx_slots, 60, 0);
    suite_sync(&l);
    assert_true(suite_is_awake(&l, false, true));
    suite_peer_expects(&l, l.dev->tx_slots, 60, 0);
    suite_close(&l);
}

/* The sanitizers tell what is not given back. */
static inline void suite_closes_with_traffic_in_flight(void **state)
{
    struct rn_frame frames[4];
    struct suite_link l;

    suite_open(&l, state);
    suite_peer_sends(&l, 4, 60, 0);
    assert_int_equal(suite_burst(&l, frames, 2), 2);
    suite_transmit(&l, 2, 60, 0);
    l.dev->ops->sync(l.dev, l.now);
    suite_transmit(&l, 1, 60, 2);
    assert_int_equal(l.dev->ops->reserve(l.dev, frames, 1, l.now), 1);
    l.dev->ops->close(l.dev);
    l.close_peer(&l);
}

/* The whole suite for one device, to stand in an array of struct CMUnitTest. */
#define SUITE(device)                                                                                        \
    cmocka_unit_test_prestate(suite_carries_every_length, device),                                           \
        cmocka_unit_test_prestate(suite_sends_batches_of_every_size, device),                                \
        cmocka_unit_test_prestate(suite_receives_batches_of_every_size, device),                             \
        cmocka_unit_test_prestate(suite_burst_takes_no_more_than_asked, device),                             \
        cmocka_unit_test_prestate(suite_lent_frames_stay_while_the_ring_is_full, device),                    \
        cmocka_unit_test_prestate(suite_full_transmit_ring_lends_nothing, device),                           \
        cmocka_unit_test_prestate(suite_reservation_can_be_undone, device),                                  \
        cmocka_unit_test_prestate(suite_nothing_goes_before_sync, device),                                   \
        cmocka_unit_test_prestate(suite_data_may_begin_later_in_the_slot, device),                           \
        cmocka_unit_test_prestate(suite_nobody_sleeps_over_a_frame_or_a_slot, device),                       \
        cmocka_unit_test_prestate(suite_closes_with_traffic_in_flight, device)

/* ---- a pair's other end as the peer -------------------------------------------------------------------- */

static inline void suite_pair_send(struct suite_link *l, const uint8_t *frame, uint32_t len)
{
    struct rn_dev *p = l->peer;
    struct rn_frame slot;

    if (p->ops->reserve(p, &slot, 1, l->now) == 0) { /* its own buffers are busy */
        p->ops->commit(p, NULL, 0);
        l->now += l->latency;
        assert_int_equal(p->ops->reserve(p, &slot, 1, l->now), 1);
    }
    memcpy(slot.data, frame, len);
    slot.len = len;
    p->ops->commit(p, &slot, 1);
    p->ops->sync(p, l->now);
}

static inline uint32_t suite_pair_receive(struct suite_link *l, uint8_t *frame)
{
    struct rn_dev *p = l->peer;
    struct rn_frame slot;

    if (p->ops->burst(p, &slot, 1, l->now) != 1)
        return 0;
    memcpy(frame, slot.data, slot.len);
    p->ops->release(p, 1);
    return slot.len;
}

static inline void suite_pair_close(struct suite_link *l)
{
    struct rn_dev *p = l->peer;

    p->ops->close(p);
}

/* Makes the peer's side of l of a pair's second end. */
static inline void suite_pair_peer(struct suite_link *l, struct rn_dev *end)
{
    l->peer = end;
    l->shortest = 14;
    l->longest = end->mtu + 14;
    l->send = suite_pair_send;
    l->receive = suite_pair_receive;
    l->close_peer = suite_pair_close;
}

#endif
