/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tcp/reclaim: whose memory is taken back, when, and how many are looked at to find them. Memory is pressed
 * here by telling the slabs that half of it is in use besides. Timers do not run: what is not acknowledged is
 * not sent again either.
 */
#include "fixture.h"

#include "tcp/reclaim.h"

#include <errno.h>

enum { MANY = 2500, MUCH = 16 << 20 };

/* From here on that many bytes more are taken to be in use, or fewer. */
static void press(size_t more)
{
    fx.slabs.used_bytes += more;
}

static void relieve(size_t less)
{
    fx.slabs.used_bytes -= less;
}

/* A connection with that much queued, of which its peer acknowledges nothing. */
static struct conn *holding(uint16_t port, uint32_t much)
{
    struct conn *c = opened(port);

    assert_int_equal(app_send(c, much), much);
    drain();
    heard(c);
    return c;
}

/* Looks again and again for so long. */
static void look_for(unsigned ms)
{
    for (unsigned i = 0; i < ms; i += 20) {
        conn_clock(&fx.s, fx.s.now + 20 * TIME_MS);
        reclaim_watch(&fx.s);
    }
    drain();
}

static void test_nobody_is_looked_at_while_there_is_enough(void **state)
{
    struct conn *c = holding(80, 30000);

    (void)state;
    look_for(20000);
    assert_int_equal(conn_active(&fx.s, c)->send_watch.since, 0);
    assert_int_equal(fx.s.pressed_since, 0);
    assert_int_equal(c->state, CONN_ESTABLISHED);
}

static void test_silent_for_ten_seconds(void **state)
{
    struct conn *c = holding(80, 30000);

    (void)state;
    press(BUDGET / 2);
    look_for(9980);
    assert_int_equal(c->state, CONN_ESTABLISHED);
    look_for(60);
    relieve(BUDGET / 2);
    assert_int_equal(c->state, CONN_CLOSED);
    assert_int_equal(heard(c), CONN_EV_FAILED);
    assert_int_equal(conn_cold(&fx.s, c)->error, -ENOBUFS);
    assert_int_equal(fx.s.counts.evicted, 1);
    assert_int_equal(fx.s.counts.failed, 1);
    assert_int_equal(fx.s.counts.resets_out, 1);
}

/* 3,750 bytes are an eighth. */
static void test_an_eighth_in_ten_seconds_is_enough(void **state)
{
    struct conn *c = holding(80, 30000);

    (void)state;
    press(BUDGET / 2);
    look_for(9000);
    in(c, ". 1:1 ack 3752");
    drain();
    look_for(9000);
    assert_int_equal(c->state, CONN_ESTABLISHED);
    in(c, ". 1:1 ack 7001"); /* an eighth of the 26,249 that were left is 3,281 */
    drain();
    look_for(2000);
    relieve(BUDGET / 2);
    assert_int_equal(c->state, CONN_CLOSED);
    heard(c);
}

/* The ten seconds count from when memory is pressed. */
static void test_silence_before_does_not_count(void **state)
{
    struct conn *c = holding(80, 30000);

    (void)state;
    press(BUDGET / 2);
    look_for(6000);
    relieve(BUDGET / 2);
    look_for(6000);
    press(BUDGET / 2);
    look_for(6000);
    relieve(BUDGET / 2);
    assert_int_equal(c->state, CONN_ESTABLISHED);
}

/* Who has been sent nothing owes no acknowledgement, even if the queue was full a moment before. */
static void test_the_idle_are_left_alone(void **state)
{
    struct conn *c = holding(80, 1000);

    (void)state;
    press(BUDGET / 2);
    look_for(1000);
    in(c, ". 1:1 ack 1001");
    look_for(20000);
    assert_int_equal(app_send(c, 1000), 1000);
    drain();
    look_for(9000);
    assert_int_equal(c->state, CONN_ESTABLISHED);
    relieve(BUDGET / 2);
}

static void test_the_dearest_go_first_and_no_more_than_needed(void **state)
{
    struct conn *small = holding(80, 2000), *large = holding(81, 40000), *middle = holding(82, 15000);
    size_t line = BUDGET / 8 * 3, more = line - fx.slabs.used_bytes + 20000;

    (void)state;
    press(BUDGET / 16); /* so that it begins */
    press(more);
    reclaim_watch(&fx.s);
    relieve(BUDGET / 16);
    look_for(11000);
    relieve(more);
    assert_int_equal(large->state, CONN_CLOSED);
    assert_int_equal(middle->state, CONN_ESTABLISHED);
    assert_int_equal(small->state, CONN_ESTABLISHED);
    heard(large);
}

static void test_islands_behind_a_hole_that_stays(void **state)
{
    struct conn *c = opened(80);

    (void)state;
    drain();
    in(c, ". 2001:3001 ack 1");
    press(BUDGET / 16 * 7);
    look_for(980);
    assert_int_equal(conn_active(&fx.s, c)->ahead.islands.count, 1);
    look_for(60);
    relieve(BUDGET / 16 * 7);
    assert_int_equal(c->active, 0);
    assert_int_equal(fx.s.counts.islands_dropped, 1);
    assert_int_equal(fx.s.counts.evicted, 0);
    in(c, ". 2001:3001 ack 1");
    in(c, ". 1:2001 ack 1"); /* all comes again */
    assert_int_equal(app_recv(c, 5000), 3000);
    drain();
    heard(c);
}

static void test_islands_go_at_once_when_they_have_no_share(void **state)
{
    struct conn *c = opened(80);

    (void)state;
    drain();
    in(c, ". 2001:3001 ack 1");
    press(BUDGET / 2);
    look_for(40);
    relieve(BUDGET / 2);
    assert_int_equal(fx.s.counts.islands_dropped, 1);
    drain();
    heard(c);
}

/* One look is at 1,024, however many there are and hold, and the hand goes round them all. */
static void test_a_look_is_bounded(void **state)
{
    unsigned watched = 0;

    (void)state;
    set_up_sized(MANY, MUCH);
    for (unsigned i = 0; i < MANY; i++)
        holding((uint16_t)(1000 + i), 100);
    press(MUCH / 2);
    for (unsigned look = 1; look <= 3; look++) {
        conn_clock(&fx.s, fx.s.now + 20 * TIME_MS);
        reclaim_watch(&fx.s);
        reclaim_watch(&fx.s); /* not again at the same moment */
        watched = 0;
        for (unsigned i = 0; i < MANY; i++)
            watched += conn_active(&fx.s, conn_at(&fx.s, i))->send_watch.since != 0;
        assert_int_equal(watched, look < 3 ? look * 1024 : MANY);
    }
    assert_int_equal(fx.s.hand, 3 * 1024 - MANY);
    relieve(MUCH / 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_nobody_is_looked_at_while_there_is_enough),
        TEST(test_silent_for_ten_seconds),
        TEST(test_an_eighth_in_ten_seconds_is_enough),
        TEST(test_silence_before_does_not_count),
        TEST(test_the_idle_are_left_alone),
        TEST(test_the_dearest_go_first_and_no_more_than_needed),
        TEST(test_islands_behind_a_hole_that_stays),
        TEST(test_islands_go_at_once_when_they_have_no_share),
        cmocka_unit_test_teardown(test_a_look_is_bounded, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
