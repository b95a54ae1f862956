/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/pair's loop: the device contract, with the device as its own peer; and that what comes back is marked
 * as having been on no wire.
 */
#include "suite.h"

#include "dev/pair.h"

static void stays_open(struct suite_link *l)
{
    (void)l; /* the peer is the device itself, which has been closed */
}

static void open_loop(struct suite_link *l)
{
    assert_int_equal(pair_open_loop(&l->dev, "", NULL), 0);
    suite_pair_peer(l, l->dev);
    l->longest = SUITE_FRAME;
    l->close_peer = stays_open;
}

static struct suite_device loop = {"loop", open_loop};

static void what_comes_back_is_trusted(void **state)
{
    struct suite_link l;
    struct rn_frame frame;

    suite_open(&l, state);
    assert_string_equal(l.dev->ops->kind, "loop");
    assert_int_equal(l.dev->medium, RN_IP);
    assert_int_equal(l.dev->mtu, 65535);
    assert_int_equal(l.dev->loops, 1);
    suite_transmit(&l, 1, 60, 0);
    l.dev->ops->sync(l.dev, 77);
    assert_int_equal(l.dev->ops->burst(l.dev, &frame, 1, 78), 1);
    assert_int_equal(frame.flags, RN_CSUM_TRUSTED);
    assert_int_equal(frame.stamp, 77);
    l.dev->ops->release(l.dev, 1);
    suite_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUITE(&loop),
        cmocka_unit_test_prestate(what_comes_back_is_trusted, &loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
