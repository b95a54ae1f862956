/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Buffers' limits: when they double, and what keeps them from it. A connection here has a round trip of 100
 * ms, receives into 10,000 bytes and sends from as many, until a test says otherwise.
 */
#include "fixture.h"
#include "tcp/tune.h"

enum { FIRST = 10000 };

static struct conn *with_limits(uint32_t most)
{
    struct conn *c;

    fx.s.config.receive_bytes = fx.s.config.send_bytes = FIRST;
    fx.s.config.receive_bytes_max = fx.s.config.send_bytes_max = most;
    c = opened(80);
    in(c, "P. 1:101 ack 1"); /* something is unread, so there is an active block */
    drain();
    assert_int_equal(conn_receive_limit(&fx.s, c), FIRST);
    assert_int_equal(conn_send_limit(&fx.s, c), FIRST);
    return c;
}

/* So many bytes are read so much later; the limit is that then. */
static void reads(struct conn *c, unsigned ms, uint32_t bytes, uint32_t limit)
{
    clock_to(fx.s.now + ms * TIME_MS);
    tune_was_read(&fx.s, c, conn_active(&fx.s, c), bytes);
    assert_int_equal(conn_receive_limit(&fx.s, c), limit);
}

static void test_half_a_buffer_in_a_round_trip_doubles_it(void **state)
{
    struct conn *c = with_limits(8 * FIRST);

    (void)state;
    reads(c, 0, 9999, 10000); /* the count begins */
    reads(c, 10, 5000, 10000);
    reads(c, 89, 1, 20000);
    reads(c, 1, 10000, 20000); /* it has begun anew */
    reads(c, 1, 1, 40000);
    reads(c, 1, 20001, 80000);
    reads(c, 1, 80000, 80000); /* the most */
}

static void test_less_in_a_round_trip_does_not(void **state)
{
    struct conn *c = with_limits(8 * FIRST);

    (void)state;
    for (unsigned i = 0; i < 50; i++)
        reads(c, 50, 2500, 10000);
    reads(c, 100, 9000, 10000); /* too late: the count begins */
    reads(c, 99, 5001, 20000);
}

static void test_the_most_need_not_be_a_double(void **state)
{
    struct conn *c = with_limits(15000);

    (void)state;
    reads(c, 0, 0, 10000);
    reads(c, 1, 5001, 15000);
    reads(c, 1, 15000, 15000);
    assert_int_equal(c->rcv_step, 1);
}

static void test_without_a_measurement_a_round_trip_is_guessed(void **state)
{
    struct conn *c = with_limits(8 * FIRST);

    (void)state;
    c->srtt_us = 0;
    reads(c, 0, 0, 10000);
    reads(c, 50, 5001, 10000);
    reads(c, 49, 5001, 20000);
}

static void test_no_buffer_grows_while_memory_is_short(void **state)
{
    struct conn *c = with_limits(8 * FIRST);
    size_t used = fx.slabs.used_bytes;

    (void)state;
    reads(c, 0, 0, 10000);
    fx.slabs.used_bytes = BUDGET / 4 * 3 + 1;
    reads(c, 1, 6000, 10000);
    c->cwnd = FIRST;
    tune_acked(&fx.s, c);
    assert_int_equal(conn_send_limit(&fx.s, c), 10000);
    fx.slabs.used_bytes = used;
    reads(c, 1, 1, 20000);
    tune_acked(&fx.s, c);
    assert_int_equal(conn_send_limit(&fx.s, c), 20000);
}

static void test_a_window_near_the_send_buffer_doubles_that(void **state)
{
    struct conn *c = with_limits(4 * FIRST);

    (void)state;
    c->cwnd = 5000;
    tune_acked(&fx.s, c);
    assert_int_equal(conn_send_limit(&fx.s, c), 10000);
    c->cwnd = 5001;
    tune_acked(&fx.s, c);
    assert_int_equal(conn_send_limit(&fx.s, c), 20000);
    tune_acked(&fx.s, c);
    assert_int_equal(conn_send_limit(&fx.s, c), 20000);
    c->cwnd = 1000000;
    for (int i = 0; i < 300; i++)
        tune_acked(&fx.s, c);
    assert_int_equal(conn_send_limit(&fx.s, c), 40000);
    assert_int_equal(c->snd_step, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_half_a_buffer_in_a_round_trip_doubles_it),
        TEST(test_less_in_a_round_trip_does_not),
        TEST(test_the_most_need_not_be_a_double),
        TEST(test_without_a_measurement_a_round_trip_is_guessed),
        TEST(test_no_buffer_grows_while_memory_is_short),
        TEST(test_a_window_near_the_send_buffer_doubles_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
