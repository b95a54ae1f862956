/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/companion: the device contract of a card that has one, and what goes which way.
 *
 *      test -- companion -- card: a pair's end === other end: the network
 *                       \-- local: a pair's end === other end: this machine
 *
 * How a tap is made and the kernel's ways are set is tests/live/local.sh's.
 */
#include "suite.h"

#include "dev/companion.h"
#include "dev/pair.h"

static const uint8_t kernels[6] = {2, 0, 0, 0, 0xee, 1}, others[6] = {2, 0, 0, 0, 0xee, 2};
static struct rn_dev *machine; /* local's other end */

static void open_both(struct suite_link *l)
{
    struct rn_dev *wire[2], *home[2];

    assert_int_equal(pair_open(wire, &(struct rn_pair_options){.slots = 32}, NULL), 0);
    assert_int_equal(pair_open(home, &(struct rn_pair_options){.slots = 32}, NULL), 0);
    assert_int_equal(companion_join(&l->dev, wire[0], home[0], kernels), 0);
    suite_pair_peer(l, wire[1]);
    machine = home[1];
}

static struct suite_device both = {"companion", open_both};

/* The suite's own close, and the other far end's. */
static int close_machine(void **state)
{
    (void)state;
    machine->ops->close(machine);
    return 0;
}

static void just_close(struct suite_link *l)
{
    l->dev->ops->close(l->dev);
    l->close_peer(l);
}

/* One frame that came to a far end; 0: none. */
static uint32_t came_to(struct suite_link *l, struct rn_dev *end, uint8_t *frame)
{
    struct rn_frame f;

    if (end->ops->burst(end, &f, 1, l->now) != 1)
        return 0;
    memcpy(frame, f.data, f.len);
    end->ops->release(end, 1);
    return f.len;
}

static void expect_next(struct suite_link *l, struct rn_dev *end, const uint8_t to[6], uint32_t number)
{
    uint8_t frame[SUITE_FRAME], want[SUITE_FRAME];

    suite_make(want, 60 + number, number);
    memcpy(want, to, 6);
    assert_int_equal(came_to(l, end, frame), 60 + number);
    assert_memory_equal(frame, want, 60 + number);
}

/* In one batch, in any mixture: each goes where it belongs, and what stays is in order. */
static void each_frame_goes_where_its_address_is(void **state)
{
    static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
    const uint8_t *to[] = {kernels, others, everybody};
    struct rn_frame slots[8];
    struct suite_link l;
    uint8_t frame[SUITE_FRAME];

    (void)state;
    memset(&l, 0, sizeof l); /* without the ledger, since frames move up in their slots */
    open_both(&l);
    for (uint32_t mixture = 0; mixture < 3 * 3 * 3 * 3 * 3; mixture++) {
        uint32_t which[5];

        for (uint32_t i = 0, m = mixture; i < 5; i++, m /= 3)
            which[i] = m % 3;
        assert_int_equal(l.dev->ops->reserve(l.dev, slots, 8, l.now), 8);
        for (uint32_t i = 0; i < 5; i++) {
            slots[i].data += i; /* it may begin later in the slot */
            suite_make(slots[i].data, 60 + i, i);
            memcpy(slots[i].data, to[which[i]], 6);
            slots[i].len = 60 + i;
        }
        l.dev->ops->commit(l.dev, slots, 5);
        suite_sync(&l);
        for (uint32_t i = 0; i < 5; i++) {
            if (which[i] != 0)
                expect_next(&l, l.peer, to[which[i]], i);
            if (which[i] != 1)
                expect_next(&l, machine, to[which[i]], i);
        }
        assert_int_equal(came_to(&l, l.peer, frame), 0);
        assert_int_equal(came_to(&l, machine, frame), 0);
    }
    assert_int_equal(l.dev->tx_frames, 5 * 243);
    just_close(&l);
}

/* What comes is given back to whom it came from. */
static void frames_of_both_are_lent_and_given_back(void **state)
{
    struct rn_frame f[64];
    struct suite_link l, home;
    int lent = 0, wire = 0;

    suite_open(&l, state);
    home = l;
    home.peer = machine;
    for (uint32_t round = 0; round < 1000; round++) {
        suite_peer_sends(&l, round % 4, 60, round);
        suite_peer_sends(&home, round % 3, 80, round);
        l.dev->ops->arm(l.dev, true, false);
        lent = suite_burst(&l, f, 64);
        l.dev->ops->arm(l.dev, true, false); /* it was not the card that ended the sleep */
        lent += suite_burst(&l, f + lent, 64 - lent);
        assert_int_equal(lent, round % 4 + round % 3);
        for (int i = 0; i < lent; i++)
            wire += f[i].len == 60;
        l.dev->ops->release(l.dev, lent / 2);
        l.dev->ops->release(l.dev, lent - lent / 2);
    }
    assert_int_equal(wire, 1500);
    assert_int_equal(l.dev->rx_frames, 1500 + 999);
    suite_expect_whole(&l);
    just_close(&l);
}

/* The same with buffers of local that are busy for a second, and take 256 bytes. */
static void open_slow(struct suite_link *l)
{
    struct rn_dev *wire[2], *home[2];

    memset(l, 0, sizeof *l);
    l->now = 1000000;
    assert_int_equal(pair_open(wire, &(struct rn_pair_options){.slots = 32}, NULL), 0);
    assert_int_equal(
        pair_open(home,
                  &(struct rn_pair_options){
                      .slots = 8, .mtu = 186, .completion_min = 1000000000, .completion_max = 1000000000},
                  NULL),
        0);
    assert_int_equal(companion_join(&l->dev, wire[0], home[0], kernels), 0);
    suite_pair_peer(l, wire[1]);
    machine = home[1];
}

static void send_one(struct suite_link *l, const uint8_t to[6], uint32_t len, uint32_t number)
{
    struct rn_frame slot;

    assert_int_equal(l->dev->ops->reserve(l->dev, &slot, 1, l->now), 1);
    suite_make(slot.data, len, number);
    memcpy(slot.data, to, 6);
    slot.len = len;
    l->dev->ops->commit(l->dev, &slot, 1);
    l->dev->ops->sync(l->dev, l->now);
}

/* What local has no room for is lost and counted, and costs the network nothing. */
static void full_companion_loses_its_own_alone(void **state)
{
    struct suite_link l;
    uint8_t frame[SUITE_FRAME];

    (void)state;
    open_slow(&l);
    for (uint32_t i = 0; i < 20; i++) {
        send_one(&l, kernels, 60, i);
        send_one(&l, others, 60, i);
        assert_int_equal(came_to(&l, l.peer, frame), 60);
        assert_int_equal(came_to(&l, l.peer, frame), 0);
    }
    assert_int_equal(l.dev->tx_drops, 12);
    assert_int_equal(l.dev->tx_frames, 8 + 20);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(came_to(&l, machine, frame), 60);
    assert_int_equal(came_to(&l, machine, frame), 0);
    l.now += 1000000000;
    l.dev->ops->sync(l.dev, l.now);
    send_one(&l, kernels, 300, 1); /* longer than its buffers */
    assert_int_equal(l.dev->tx_drops, 13);
    send_one(&l, kernels, 200, 1);
    assert_int_equal(came_to(&l, machine, frame), 200);
    just_close(&l);
}

/* Frames that go on coming by the card keep nobody from the other link. */
static void busy_card_leaves_local_its_turn(void **state)
{
    struct rn_frame f[4];
    struct suite_link l, home;
    int local = 0;

    suite_open(&l, state);
    home = l;
    home.peer = machine;
    suite_peer_sends(&home, 3, 80, 0);
    for (uint32_t round = 0; round < 40; round++) {
        suite_peer_sends(&l, 4, 60, round);
        for (int left = 4; left > 0;) {
            int n = suite_burst(&l, f, 4);

            for (int i = 0; i < n; i++) {
                local += f[i].len == 80;
                left -= f[i].len == 60;
            }
            l.dev->ops->release(l.dev, n);
        }
    }
    assert_int_equal(local, 3);
    suite_expect_whole(&l);
    just_close(&l);
}

static int gone(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    (void)dev, (void)frames, (void)max, (void)now;
    return -ENODEV;
}

/* The machine's kernel uses another link address from now on; then its end is deleted. */
static void companion_moves_and_goes(void **state)
{
    static const uint8_t fresh[6] = {2, 0, 0, 0, 0xee, 9};
    struct rn_dev *wire[2], *home[2];
    struct rn_dev_ops dead;
    struct rn_frame f;
    struct suite_link l = {.now = 1};
    struct suite_link far;
    uint8_t frame[SUITE_FRAME];

    (void)state;
    assert_int_equal(pair_open(wire, NULL, NULL), 0);
    assert_int_equal(pair_open(home, NULL, NULL), 0);
    assert_int_equal(companion_join(&l.dev, wire[0], home[0], kernels), 0);
    suite_pair_peer(&l, wire[1]);
    machine = home[1];
    far = l;
    far.peer = machine;
    suite_make(frame, 60, 1);
    memcpy(frame + 6, fresh, 6);
    far.send(&far, frame, 60);
    l.dev->ops->arm(l.dev, true, false);
    assert_int_equal(l.dev->ops->burst(l.dev, &f, 1, l.now), 1);
    send_one(&l, fresh, 60, 2);
    assert_int_equal(came_to(&l, machine, frame), 60);

    dead = *home[0]->ops;
    dead.burst = gone;
    home[0]->ops = &dead;
    l.dev->ops->arm(l.dev, true, false);
    assert_int_equal(l.dev->ops->burst(l.dev, &f, 1, l.now), 0);
    l.dev->ops->release(l.dev, 1); /* which it had lent */
    send_one(&l, fresh, 60, 3);
    assert_int_equal(l.dev->tx_drops, 1);
    send_one(&l, others, 60, 4);
    assert_int_equal(came_to(&l, l.peer, frame), 60);
    assert_int_equal(came_to(&l, l.peer, frame), 0);
    just_close(&l);
}

#define CASE(function)                                                                                                 \
    {                                                                                                                  \
#function, function, NULL, close_machine, &both                                                                \
    }

int main(void)
{
    struct CMUnitTest suite[] = {SUITE(&both)};
    const struct CMUnitTest tests[] = {CASE(each_frame_goes_where_its_address_is),
                                       CASE(frames_of_both_are_lent_and_given_back),
                                       CASE(full_companion_loses_its_own_alone),
                                       CASE(busy_card_leaves_local_its_turn),
                                       CASE(companion_moves_and_goes)};

    for (size_t n = 0; n < sizeof suite / sizeof *suite; n++)
        suite[n].teardown_func = close_machine;
    return cmocka_run_group_tests_name("suite", suite, NULL, NULL) +
           cmocka_run_group_tests_name("companion", tests, NULL, NULL);
}
