/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 6298 by its own numbers: each expected value was worked out by hand from its formulas.
 */
#include "fixture.h"
#include "tcp/rtt.h"

static uint32_t rto(const struct conn *c)
{
    return rtt_timeout_us(&fx.s, c);
}

/* (2.1) and (2.5): 1 s before there is a measurement. */
static void test_initial(void **state)
{
    struct conn *c = opening(80);

    (void)state;
    assert_int_equal(rto(c), 1000000);
    fx.s.config.rto_initial_us = 2500000;
    assert_int_equal(rto(c), 2500000);
}

/* (2.2): SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR. */
static void test_first_measurement(void **state)
{
    struct conn *c = opening(80);

    (void)state;
    rtt_measured(c, 100000);
    assert_int_equal(c->srtt_us, 100000);
    assert_int_equal(c->rttvar_us, 50000);
    assert_int_equal(rto(c), 300000);
}

/* (2.3): RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R'|, with the old SRTT; then SRTT = 7/8 SRTT + 1/8 R'. */
static void test_later_measurements(void **state)
{
    struct conn *c = opening(80);

    (void)state;
    rtt_measured(c, 100000);
    rtt_measured(c, 180000);
    assert_int_equal(c->rttvar_us, 37500 + 20000);
    assert_int_equal(c->srtt_us, 87500 + 22500);
    assert_int_equal(rto(c), 110000 + 4 * 57500);
    rtt_measured(c, 30000);
    assert_int_equal(c->rttvar_us, 43125 + 20000);
    assert_int_equal(c->srtt_us, 96250 + 3750);
    assert_int_equal(rto(c), 100000 + 4 * 63125);
}

/* A path that does not vary: RTTVAR shrinks towards 0, and (2.4) holds the timeout up. */
static void test_steady_path(void **state)
{
    struct conn *c = opening(80);

    (void)state;
    for (int i = 0; i < 100; i++)
        rtt_measured(c, 1000);
    assert_int_equal(c->srtt_us, 1000);
    assert_in_range(c->rttvar_us, 0, 3);
    assert_int_equal(rto(c), 200000);
    fx.s.config.rto_min_us = 1;
    assert_in_range(rto(c), 1000 + 65, 1000 + 70); /* never less than SRTT + G, a tick */
}

static void test_measurement_of_nothing(void **state)
{
    struct conn *c = opening(80);

    (void)state;
    rtt_measured(c, 0);
    assert_in_range(c->srtt_us, 1, 10); /* 0 would mean not measured */
    assert_int_equal(rto(c), 200000);
}

/* (5.5): doubled each time, up to rto_max. */
static void test_doubling(void **state)
{
    static const uint32_t want[] = {300000,  600000,   1200000,  2400000,  4800000,
                                    9600000, 19200000, 38400000, 60000000, 60000000};
    struct conn *c = opening(80);

    (void)state;
    rtt_measured(c, 100000);
    for (unsigned i = 0; i < COUNT(want); i++) {
        c->backoff = (uint8_t)i;
        assert_int_equal(rto(c), want[i]);
    }
    c->backoff = 16;
    assert_int_equal(rto(c), 60000000);
    rtt_measured(c, 100000); /* a new measurement ends it */
    assert_int_equal(c->backoff, 0);
    assert_int_equal(rto(c), 100000 + 4 * 37500);
}

static void test_long_path_keeps_to_the_greatest(void **state)
{
    struct conn *c = opening(80);

    (void)state;
    rtt_measured(c, 50000000);
    assert_int_equal(rto(c), 60000000);
}

/* (5.7): 3 s when data transmission begins, until there is a measurement. */
static void test_repeated_syn(void **state)
{
    struct conn *c = opening(80);

    (void)state;
    c->backoff = 4;
    rtt_syn_repeated(&fx.s, c);
    assert_int_equal(rto(c), 3000000);
    rtt_measured(c, 100000);
    assert_int_equal(rto(c), 300000);
}

/* (5.7) speaks of an RTO of less than 3 s. */
static void test_repeated_syn_does_not_shorten_the_timeout(void **state)
{
    struct conn *c = opening(80);

    (void)state;
    fx.s.config.rto_initial_us = 5000000;
    rtt_syn_repeated(&fx.s, c);
    assert_int_equal(c->srtt_us, 0);
    assert_true(rto(c) >= 3000000);
}

/* Karn: what was sent twice is not timed; the first new segment after it is. */
static void test_what_is_sent_twice_is_not_timed(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 100);
    LEAVES("P. 1:101 ack 1");
    AFTER(300, "P. 1:101 ack 1");
    pass(10);
    in(c, ". 1:1 ack 101");
    assert_int_equal(c->srtt_us, 100000);
    assert_int_equal(rto(c), 600000); /* "MUST use ... the backed off RTO" until then */
    app_send(c, 100);
    LEAVES("P. 101:201 ack 1");
    pass(100);
    in(c, ". 1:1 ack 201");
    assert_int_equal(rto(c), 100000 + 4 * 37500);
}

/* Of what an acknowledgement tells of, the segment that was sent last is measured. */
static void test_last_segment_of_a_flight_is_measured(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 1000);
    drain();
    pass(50);
    app_send(c, 1000);
    drain();
    pass(130);
    in(c, ". 1:1 ack 2001"); /* 180 ms after the first, 130 ms after the second */
    assert_int_equal(c->srtt_us, 103750);
}

/* Each acknowledgement that moves on is a measurement (RFC 6298 3), be it of a part. */
static void test_each_part_is_measured(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 1000);
    drain();
    pass(20);
    in(c, ". 1:1 ack 501");
    assert_int_equal(c->srtt_us, 90000);
    pass(160);
    in(c, ". 1:1 ack 1001");
    assert_int_equal(c->srtt_us, 101250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_initial),
        TEST(test_first_measurement),
        TEST(test_later_measurements),
        TEST(test_steady_path),
        TEST(test_measurement_of_nothing),
        TEST(test_doubling),
        TEST(test_long_path_keeps_to_the_greatest),
        TEST(test_repeated_syn),
        TEST(test_repeated_syn_does_not_shorten_the_timeout),
        TEST(test_what_is_sent_twice_is_not_timed),
        TEST(test_last_segment_of_a_flight_is_measured),
        TEST(test_each_part_is_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
