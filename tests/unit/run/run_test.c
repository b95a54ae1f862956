/* SPDX-License-Identifier: BSD-2-Clause
 *
 * run/run: when rn_wait sleeps, for how long, and what wakes it, told by a device that only counts: a pipe
 * for a descriptor, answers that the test chooses. The stack is the real one, without an address.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include <runnel.h>

#define MS INT64_C(1000000)

struct counting {
    struct rn_dev dev;
    int pipe[2];
    int frames;      /* of each of so many bursts one is lent */
    int fails_after; /* that many bursts; 0: never */
    int refuses_to_sleep;
    rn_time wakes_after; /* what sync says, from the first time it is asked; 0: RN_FOREVER */
    rn_time wakes_at;
    int bursts, syncs, arms, closed;
    uint8_t bytes[64];
};

static int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct counting *c = (struct counting *)dev;

    (void)now;
    c->bursts++;
    if (c->fails_after && c->bursts > c->fails_after)
        return -ENODEV;
    if (max < 1 || c->frames == 0)
        return 0;
    c->frames--;
    frames[0] = (struct rn_frame){.data = c->bytes, .len = sizeof c->bytes};
    return 1;
}

static void release(struct rn_dev *dev, int n)
{
    (void)dev;
    (void)n;
}

static int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    (void)dev;
    (void)slots;
    (void)max;
    (void)now;
    return 0;
}

static void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    (void)dev;
    (void)slots;
    (void)n;
}

static rn_time push(struct rn_dev *dev, rn_time now)
{
    struct counting *c = (struct counting *)dev;

    c->syncs++;
    if (c->wakes_after && !c->wakes_at)
        c->wakes_at = now + c->wakes_after;
    return c->wakes_at > now ? c->wakes_at : RN_FOREVER;
}

static int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct counting *c = (struct counting *)dev;

    (void)tx;
    assert_true(rx);
    c->arms++;
    return c->refuses_to_sleep-- > 0 ? -EAGAIN : 0;
}

static void shut(struct rn_dev *dev)
{
    struct counting *c = (struct counting *)dev;

    close(c->pipe[0]);
    close(c->pipe[1]);
    c->closed++;
}

static const struct rn_dev_ops ops = {"counting", burst, release, reserve, commit, push, arm, NULL, shut};

static void make(struct counting *c)
{
    memset(c, 0, sizeof *c);
    assert_int_equal(pipe(c->pipe), 0);
    c->dev = (struct rn_dev){.ops = &ops, .fd = c->pipe[0], .mtu = 1500, .rx_slots = 8, .tx_slots = 8};
}

static struct rn_stack *start(struct counting *c)
{
    struct rn_stack *net = NULL;

    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    make(c);
    assert_int_equal(rn_add_device(net, &c->dev, NULL), 0);
    return net;
}

/* ---- sleeping and waking ------------------------------------------------------------------------------- */

static void no_time_is_one_look(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    assert_int_equal(rn_wait(net, 0), 0);
    assert_int_equal(c.bursts, 1);
    assert_int_equal(c.arms, 0);
    assert_true(c.syncs >= 2); /* before, and again before the limit is told */
    rn_destroy(net);
    assert_int_equal(c.closed, 1);
}

static void limit_is_waited_for_and_no_less(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);
    rn_time before = rn_now();

    (void)state;
    assert_int_equal(rn_wait(net, 5 * MS), 0);
    assert_true(rn_now() - before >= 5 * MS);
    assert_true(c.bursts <= 2);
    rn_destroy(net);
}

static void readable_descriptor_wakes(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    c.fails_after = 1;
    assert_int_equal(write(c.pipe[1], "x", 1), 1);
    assert_int_equal(rn_wait(net, RN_FOREVER), -ENODEV);
    assert_int_equal(c.bursts, 2);
    rn_destroy(net);
}

static void nobody_sleeps_while_frames_come(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    c.frames = 5;
    assert_int_equal(write(c.pipe[1], "x", 1), 1);
    c.fails_after = 7;
    assert_int_equal(rn_wait(net, RN_FOREVER), -ENODEV);
    assert_int_equal(c.arms, 3); /* before the first, after the first that was empty, before the last */
    rn_destroy(net);
}

static void device_that_is_ready_forbids_sleep(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    c.refuses_to_sleep = 3;
    c.fails_after = 2;
    assert_int_equal(rn_wait(net, RN_FOREVER), -ENODEV);
    assert_int_equal(c.arms, 3);
    rn_destroy(net);
}

static void devices_own_deadline_wakes(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c);
    rn_time before = rn_now();

    (void)state;
    c.wakes_after = 4 * MS;
    c.refuses_to_sleep = 0;
    c.fails_after = 1;
    rn_wait(net, 0); /* the one look that succeeds */
    assert_int_equal(rn_wait(net, RN_FOREVER), -ENODEV);
    assert_true(rn_now() - before >= 4 * MS);
    rn_destroy(net);
}

static void on_alarm(int number)
{
    (void)number;
}

static void signal_ends_it(void **state)
{
    struct sigaction a = {.sa_handler = on_alarm};
    struct itimerval soon = {{0, 20000}, {0, 2000}};
    struct counting c;
    struct rn_stack *net = start(&c);

    (void)state;
    sigaction(SIGALRM, &a, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(rn_wait(net, RN_FOREVER), -EINTR);
    memset(&soon, 0, sizeof soon);
    setitimer(ITIMER_REAL, &soon, NULL);
    rn_destroy(net);
}

/* ---- opening, descriptors ------------------------------------------------------------------------------ */

static void impossible_options_are_told(void **state)
{
    struct rn_options o = {.connections = (1u << 26) + 1};
    struct rn_stack *net = NULL;
    char err[RN_ERRBUF] = "";

    (void)state;
    assert_int_equal(rn_open(&net, &o, err), -EINVAL);
    assert_null(net);
    assert_true(strlen(err) > 0);
    rn_destroy(NULL);
}

static void destroying_unmaps(void **state)
{
    struct rn_stack *net = NULL;

    (void)state;
    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    assert_int_equal(madvise(net, 1, MADV_NORMAL), 0);
    rn_destroy(net);
    assert_int_equal(madvise(net, 1, MADV_NORMAL), -1);
}

static void descriptor_of_the_only_device(void **state)
{
    struct rn_stack *net = NULL;
    struct counting a, b;

    (void)state;
    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    assert_int_equal(rn_fd(net), -ENOSYS);
    make(&a);
    make(&b);
    assert_int_equal(rn_add_device(net, &a.dev, NULL), 0);
    assert_int_equal(rn_fd(net), a.pipe[0]);
    assert_int_equal(rn_add_device(net, &b.dev, NULL), 1);
    assert_int_equal(rn_fd(net), -ENOSYS);
    rn_destroy(net);
    assert_int_equal(a.closed + b.closed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_time_is_one_look),
        cmocka_unit_test(limit_is_waited_for_and_no_less),
        cmocka_unit_test(readable_descriptor_wakes),
        cmocka_unit_test(nobody_sleeps_while_frames_come),
        cmocka_unit_test(device_that_is_ready_forbids_sleep),
        cmocka_unit_test(devices_own_deadline_wakes),
        cmocka_unit_test(signal_ends_it),
        cmocka_unit_test(impossible_options_are_told),
        cmocka_unit_test(destroying_unmaps),
        cmocka_unit_test(descriptor_of_the_only_device),
    };

    alarm(30); /* a sleep that never ends is a failure too */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
