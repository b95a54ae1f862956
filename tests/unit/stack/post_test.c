/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stack/post: whom rn_post wakes, and when, told by a host that only counts. No thread is needed for that:
 * whether the stack is asleep is a state that flush enters and poll leaves. What threads do to it is shown in
 * run/run_test.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <runnel.h>

struct counting {
    unsigned woken, asked; /* how often it was called with true and with false */
    unsigned untold;       /* woken since it was last asked */
    void *memory;
};

static unsigned wake(void *context, bool on)
{
    struct counting *c = context;
    unsigned untold = c->untold;

    if (on) {
        c->woken++;
        c->untold++;
        return 0;
    }
    c->asked++;
    c->untold = 0;
    return untold;
}

static struct rn_stack *start(struct counting *c, bool can_wake)
{
    struct rn_host host = {.seed = {1}, .wake = can_wake ? wake : NULL, .context = c};
    struct rn_options o = {.connections = 4, .budget_bytes = 1 << 16, .posts = 4};
    struct rn_stack *net = NULL;
    size_t bytes = rn_need(&o);

    *c = (struct counting){.memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63)};
    assert_non_null(c->memory);
    memset(c->memory, 0, bytes);
    assert_int_equal(rn_init(&net, &o, c->memory, bytes, &host, NULL), 0);
    return net;
}

static void stop(struct counting *c, struct rn_stack *net)
{
    rn_destroy(net);
    free(c->memory);
}

static void expect_message(struct rn_stack *net, const void *message)
{
    struct rn_event ev;

    assert_true(rn_next(net, &ev));
    assert_int_equal(ev.mask, RN_POSTED);
    assert_int_equal(ev.sock, 0);
    assert_int_equal(ev.listener, 0);
    assert_ptr_equal(ev.user, message);
}

/* A round up to the sleep. */
static rn_time round_at(struct rn_stack *net, rn_time now)
{
    rn_poll(net, now);
    return rn_flush(net, now);
}

static void a_stack_that_is_up_is_not_woken(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c, true);
    int m;

    (void)state;
    rn_poll(net, 1000);
    assert_int_equal(rn_post(net, &m), 0);
    assert_int_equal(c.woken, 0);
    assert_int_equal(rn_flush(net, 1000), 1000); /* it must not sleep now */
    assert_int_equal(rn_post(net, &m), 0);
    assert_int_equal(c.woken, 0);
    expect_message(net, &m);
    expect_message(net, &m);
    assert_true(rn_flush(net, 1000) == RN_FOREVER);
    assert_int_equal(c.woken, 0);
    stop(&c, net);
}

static void a_sleeper_is_woken_once(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c, true);
    int m[3];

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        rn_time now = 1000 * (rn_time)i;

        assert_true(round_at(net, now) == RN_FOREVER);
        for (int k = 0; k < 3; k++) {
            assert_int_equal(rn_post(net, &m[k]), 0);
            assert_int_equal(c.woken, i);
        }
        rn_poll(net, now);
        assert_int_equal(c.untold, 0); /* what woke it was taken back */
        for (int k = 0; k < 3; k++)
            expect_message(net, &m[k]);
    }
    stop(&c, net);
}

/* The host is asked only if there is something to be taken back: that is a system call. */
static void polls_of_a_quiet_stack_ask_nothing(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c, true);

    (void)state;
    for (rn_time now = 1000; now < 100000; now += 1000)
        assert_true(round_at(net, now) == RN_FOREVER);
    assert_int_equal(c.asked, 0);
    stop(&c, net);
}

static void without_a_bell_the_message_waits(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c, false);
    int m;

    (void)state;
    assert_true(round_at(net, 1000) == RN_FOREVER);
    assert_int_equal(rn_post(net, &m), 0);
    assert_int_equal(rn_flush(net, 2000), 2000); /* due at once, if somebody looks */
    rn_poll(net, 2000);
    expect_message(net, &m);
    assert_true(rn_flush(net, 2000) == RN_FOREVER);
    stop(&c, net);
}

static void a_full_box_refuses_and_forgets_nothing(void **state)
{
    struct counting c;
    struct rn_stack *net = start(&c, true);
    struct rn_stats stats;
    struct rn_event ev;
    int m[5];

    (void)state;
    round_at(net, 1000);
    for (int i = 0; i < 4; i++)
        assert_int_equal(rn_post(net, &m[i]), 0);
    assert_int_equal(rn_post(net, &m[4]), -EAGAIN);
    rn_poll(net, 2000);
    for (int i = 0; i < 4; i++)
        expect_message(net, &m[i]);
    assert_false(rn_next(net, &ev));
    rn_stats(net, &stats);
    assert_string_equal(stats.use[7].name, "posts");
    assert_int_equal(stats.use[7].used, 0);
    assert_int_equal(stats.use[7].full, 1);
    assert_int_equal(rn_post(net, &m[4]), 0);
    stop(&c, net); /* with one that nobody has fetched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_that_is_up_is_not_woken),
        cmocka_unit_test(a_sleeper_is_woken_once),
        cmocka_unit_test(polls_of_a_quiet_stack_ask_nothing),
        cmocka_unit_test(without_a_bell_the_message_waits),
        cmocka_unit_test(a_full_box_refuses_and_forgets_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
