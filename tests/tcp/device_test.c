/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What passes between a stack and a device besides frames: the device is told which addresses are the stack's,
 * and says whether it carries frames, which the application hears of. The device is a pair's end, whose steer
 * is the test's and whose link the test switches.
 */
#include <runnel.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct rn_dev *ends[2];
static struct rn_stack *net;
static struct rn_dev_ops ops;

/* What steer was told last. */
static struct rn_steer told[70];
static int told_count, told_times, answer;

static int steer(struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    assert_ptr_equal(dev, ends[0]);
    memcpy(told, rules, (size_t)n * sizeof *rules);
    told_count = n;
    told_times++;
    return answer;
}

static int set_up(void **state)
{
    const struct rn_options options = {.conflict = RN_CONFLICT_OFF};

    (void)state;
    told_count = told_times = answer = 0;
    assert_int_equal(rn_dev_pair(ends, NULL, NULL), 0);
    ops = *ends[0]->ops;
    ops.steer = steer;
    ends[0]->ops = &ops;
    assert_int_equal(rn_open(&net, &options, NULL), 0);
    assert_int_equal(rn_add_device(net, ends[0], NULL), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rn_destroy(net);
    ends[1]->ops->close(ends[1]);
    return 0;
}

static bool among_told(const uint8_t address[16])
{
    for (int i = 0; i < told_count; i++)
        if (memcmp(told[i].address, address, 16) == 0 && told[i].take && !told[i].protocol &&
            !told[i].port_first && !told[i].port_last)
            return true;
    return false;
}

static void device_is_told_of_all_addresses_on_it(void **state)
{
    static const uint8_t first[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7};
    static const uint8_t second[16] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
    struct rn_dev *others[2];

    (void)state;
    assert_int_equal(rn_add_address(net, "10.0.0.7/24", NULL), 0);
    assert_int_equal(told_count, 1);
    assert_true(among_told(first));
    assert_int_equal(rn_add_address(net, "fd00::7/64", NULL), 0);
    assert_int_equal(told_count, 2);
    assert_true(among_told(first) && among_told(second));

    assert_int_equal(rn_dev_pair(others, NULL, NULL), 0); /* one that cannot be steered */
    assert_int_equal(rn_add_device(net, others[0], NULL), 1);
    assert_int_equal(rn_add_address(net, "10.0.1.7/24", NULL), 0);
    assert_int_equal(told_times, 2);
    others[1]->ops->close(others[1]);
}

static void device_that_cannot_share_is_used_nevertheless(void **state)
{
    (void)state;
    answer = -EOPNOTSUPP;
    assert_int_equal(rn_add_address(net, "10.0.0.7/24", NULL), 0);
}

static void address_that_the_device_refuses_is_not_added(void **state)
{
    char err[RN_ERRBUF] = "";

    (void)state;
    answer = -ENOMEM;
    assert_int_equal(rn_add_address(net, "10.0.0.7/24", err), -ENOMEM);
    assert_non_null(strstr(err, "10.0.0.7/24"));
    answer = 0;
    assert_int_equal(rn_add_address(net, "10.0.0.7/24", NULL), 0);
}

/* What the stack does not take is not taken from the other owner of the link either. */
static void address_that_the_stack_refuses_is_not_told(void **state)
{
    char address[32];

    (void)state;
    for (int i = 1; i <= 64; i++) {
        snprintf(address, sizeof address, "10.0.0.%d/24", i);
        assert_int_equal(rn_add_address(net, address, NULL), 0);
    }
    assert_int_equal(told_times, 64);
    assert_int_equal(rn_add_address(net, "10.0.0.7/24", NULL), -EADDRINUSE);
    assert_int_equal(rn_add_address(net, "10.0.0.65/24", NULL), -ENOSPC);
    assert_int_equal(told_times, 64);
    assert_int_equal(told_count, 64);
}

static void expect_link(enum rn_link link, int error)
{
    struct rn_event ev;

    ends[0]->link = (uint8_t)link;
    assert_int_equal(rn_flush(net, 1000), 1000); /* nobody sleeps over it */
    assert_true(rn_next(net, &ev));
    assert_int_equal(ev.mask, RN_LINK);
    assert_int_equal(ev.error, error);
    assert_int_equal(ev.device, 0);
    assert_int_equal(ev.sock, 0);
    assert_false(rn_next(net, &ev));
    assert_true(rn_flush(net, 1000) > 1000);
}

static void link_that_goes_and_comes_is_told_once(void **state)
{
    (void)state;
    expect_link(RN_LINK_DOWN, -ENETDOWN);
    expect_link(RN_LINK_GONE, -ENODEV);
    expect_link(RN_LINK_UP, 0);
}

/* Frames that the stack has sent since it was last asked: all of them ARP. */
static int arp_frames(void)
{
    struct rn_frame frames[16];
    int n = ends[1]->ops->burst(ends[1], frames, 16, 0);

    for (int i = 0; i < n; i++)
        assert_memory_equal(frames[i].data + 12, ((uint8_t[]){8, 6}), 2);
    ends[1]->ops->release(ends[1], n);
    return n;
}

/* Milliseconds pass. How many frames were sent in them. */
static int pass(int ms)
{
    static rn_time now;
    int sent = 0;

    for (int i = 0; i < ms; i++) {
        now += 1000000;
        rn_poll(net, now);
        rn_flush(net, now);
        sent += arp_frames();
    }
    return sent;
}

static int address_use(void)
{
    struct rn_address a;

    assert_int_equal(rn_address(net, 0, &a), 0);
    return a.use;
}

/* RFC 5227 2.1: nobody could have objected while the link was down, nor to a question that it swallowed. */
static void address_is_not_ours_before_it_was_asked_for_on_a_link(void **state)
{
    const struct rn_options options = {.conflict = RN_CONFLICT_QUICK};

    (void)state;
    rn_destroy(net);
    ends[1]->ops->close(ends[1]);
    assert_int_equal(rn_dev_pair(ends, NULL, NULL), 0);
    assert_int_equal(rn_open(&net, &options, NULL), 0);
    ends[0]->link = RN_LINK_DOWN;
    assert_int_equal(rn_add_device(net, ends[0], NULL), 0);
    assert_int_equal(rn_add_address(net, "10.0.0.7/24", NULL), 0);
    assert_int_equal(pass(5000), 0);
    assert_int_equal(address_use(), RN_ADDRESS_TENTATIVE);

    ends[0]->link = RN_LINK_UP;
    assert_int_equal(pass(150), 2);
    ends[0]->link = RN_LINK_GONE;
    assert_int_equal(pass(500), 0);
    ends[0]->link = RN_LINK_UP;
    assert_int_equal(pass(290), 3);
    assert_int_equal(address_use(), RN_ADDRESS_TENTATIVE);
    assert_int_equal(pass(120), 1);
    assert_int_equal(address_use(), RN_ADDRESS_USED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(device_is_told_of_all_addresses_on_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(device_that_cannot_share_is_used_nevertheless, set_up, tear_down),
        cmocka_unit_test_setup_teardown(address_that_the_device_refuses_is_not_added, set_up, tear_down),
        cmocka_unit_test_setup_teardown(address_that_the_stack_refuses_is_not_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(address_is_not_ours_before_it_was_asked_for_on_a_link, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(link_that_goes_and_comes_is_told_once, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
