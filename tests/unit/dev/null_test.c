/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/null: of the device contract what holds for a device without a peer. All that is sent is counted, at
 * sync and not before; the ring is whole after each.
 */
#include "suite.h"

#include "dev/null.h"

static uint32_t hears_nothing(struct suite_link *l, uint8_t *frame)
{
    (void)l, (void)frame;
    return 0;
}

static void has_no_peer(struct suite_link *l)
{
    (void)l;
}

static void open_null(struct suite_link *l)
{
    assert_int_equal(null_open(&l->dev, "", NULL), 0);
    l->longest = l->dev->mtu;
    l->receive = hears_nothing;
    l->close_peer = has_no_peer;
}

static struct suite_device null = {"null", open_null};

static void all_is_counted_at_sync(void **state)
{
    struct suite_link l;
    struct rn_frame frame;
    uint64_t frames = 0, bytes = 0;

    suite_open(&l, state);
    assert_int_equal(l.dev->medium, RN_IP);
    for (uint32_t n = 1; n <= l.dev->tx_slots; n++) {
        suite_transmit(&l, n, 60 + n, n);
        assert_int_equal(l.dev->tx_frames, frames);
        assert_int_equal(l.dev->ops->sync(l.dev, l.now), RN_FOREVER);
        frames += n;
        bytes += (uint64_t)n * (60 + n);
        assert_int_equal(l.dev->tx_frames, frames);
        assert_int_equal(l.dev->tx_bytes, bytes);
        assert_int_equal(l.dev->ops->burst(l.dev, &frame, 1, l.now), 0);
    }
    assert_int_equal(l.dev->tx_drops, 0);
    assert_int_equal(l.dev->rx_frames, 0);
    l.dev->ops->close(l.dev);
}

static void nobody_waits_for_frames(void **state)
{
    struct suite_link l;

    suite_open(&l, state);
    assert_int_equal(l.dev->fd, -1);
    assert_false(suite_is_awake(&l, true, false));
    assert_true(suite_is_awake(&l, true, true));
    suite_transmit(&l, l.dev->tx_slots, 60, 0);
    assert_false(suite_is_awake(&l, true, true));
    l.dev->ops->sync(l.dev, l.now);
    assert_true(suite_is_awake(&l, false, true));
    l.dev->ops->close(l.dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(all_is_counted_at_sync, &null),
        cmocka_unit_test_prestate(nobody_waits_for_frames, &null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
