/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The congestion window: RFC 6928's beginning, RFC 5681's growth and fall, RFC 3465's counting of bytes. What
 * grows is looked at alone; when it grows, on a connection that sends.
 */
#include "fixture.h"
#include "tcp/cc.h"

/* min (10*MSS, max (2*MSS, 14600)) (RFC 6928 2). */
static void test_initial_window(void **state)
{
    (void)state;
    assert_int_equal(cc_initial(88), 880);
    assert_int_equal(cc_initial(536), 5360);
    assert_int_equal(cc_initial(1220), 12200);
    assert_int_equal(cc_initial(1460), 14600);
    assert_int_equal(cc_initial(1461), 14600);
    assert_int_equal(cc_initial(7300), 14600);
    assert_int_equal(cc_initial(8960), 17920);
    assert_int_equal(cc_initial(65495), 130990);
}

static void test_opening(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    assert_int_equal(c->cwnd, 10000);
    assert_int_equal(conn_cold(&fx.s, c)->ssthresh, UINT32_MAX);
}

/* Slow start: what is acknowledged, at most two segments an acknowledgement (RFC 3465 2.2, 2.3). */
static void test_slow_start(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    cc_acked(&fx.s, c, 1000, true);
    assert_int_equal(c->cwnd, 11000);
    cc_acked(&fx.s, c, 2000, true);
    assert_int_equal(c->cwnd, 13000);
    cc_acked(&fx.s, c, 8000, true);
    assert_int_equal(c->cwnd, 15000);
    cc_acked(&fx.s, c, 1, true);
    assert_int_equal(c->cwnd, 15001);
}

/* A window that was not used does not grow (RFC 7661 4.3). */
static void test_no_growth_unused(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    for (int i = 0; i < 1000; i++)
        cc_acked(&fx.s, c, 1000, false);
    assert_int_equal(c->cwnd, 10000);
}

/* Congestion avoidance: one segment for each window of acknowledged bytes. */
static void test_congestion_avoidance(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    conn_cold(&fx.s, c)->ssthresh = 11000;
    cc_acked(&fx.s, c, 1000, true);
    assert_int_equal(c->cwnd, 11000);
    for (int i = 0; i < 10; i++)
        cc_acked(&fx.s, c, 1000, true);
    assert_int_equal(c->cwnd, 11000);
    cc_acked(&fx.s, c, 1000, true);
    assert_int_equal(c->cwnd, 12000);
    for (int i = 0; i < 11; i++)
        cc_acked(&fx.s, c, 1000, true);
    assert_int_equal(c->cwnd, 12000);
    cc_acked(&fx.s, c, 1000, true);
    assert_int_equal(c->cwnd, 13000);
}

/* RFC 5681 (4): ssthresh = max (FlightSize / 2, 2*SMSS), cwnd = the loss window of one segment. */
static void test_timeout(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    struct conn_cold *cold = conn_cold(&fx.s, c);

    (void)state;
    c->cwnd = 40000;
    cc_timed_out(&fx.s, c, 30000, true);
    assert_int_equal(cold->ssthresh, 15000);
    assert_int_equal(c->cwnd, 1000);
    cc_timed_out(&fx.s, c, 10000, false); /* held constant when the same segment is lost again */
    assert_int_equal(cold->ssthresh, 15000);
    cc_timed_out(&fx.s, c, 900, true);
    assert_int_equal(cold->ssthresh, 2000);
    assert_int_equal(c->cwnd, 1000);
}

/* RFC 3465 2.3: "during a slow start phase that follows a retransmission timeout ... a TCP MUST use
 * L=1*SMSS". */
static void test_slow_start_after_a_timeout_counts_one_segment(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    cc_timed_out(&fx.s, c, 30000, true);
    cc_acked(&fx.s, c, 5000, true);
    assert_int_equal(c->cwnd, 2000);
    cc_acked(&fx.s, c, 5000, true);
    assert_int_equal(c->cwnd, 3000);
}

/* And it ends at ssthresh. */
static void test_slow_start_after_a_timeout_ends(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    cc_timed_out(&fx.s, c, 6000, true);
    cc_acked(&fx.s, c, 1000, true);
    cc_acked(&fx.s, c, 1000, true);
    assert_int_equal(c->cwnd, 3000);
    cc_acked(&fx.s, c, 1000, true);
    cc_acked(&fx.s, c, 1000, true);
    assert_int_equal(c->cwnd, 3000);
    cc_acked(&fx.s, c, 1000, true);
    assert_int_equal(c->cwnd, 4000);
}

static void test_idle(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    c->cwnd = 50000;
    cc_idled(&fx.s, c);
    assert_int_equal(c->cwnd, 10000);
    c->cwnd = 3000; /* RW = min (IW, cwnd): never more than it was */
    cc_idled(&fx.s, c);
    assert_int_equal(c->cwnd, 3000);
}

static void test_window_does_not_overflow(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    c->cwnd = UINT32_MAX - 2000;
    cc_acked(&fx.s, c, 1000000, true);
    assert_true(c->cwnd >= UINT32_MAX - 2000);
}

/* RFC 6928 2: after more than one repeated SYN the connection begins with one segment. */
static void test_after_two_lost_syns_one_segment(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    AFTER(1000, "S 0:0 <mss 1460,wscale 0>");
    AFTER(2000, "S 0:0 <mss 1460,wscale 0>");
    in(c, "S. 0:0 ack 1 <mss 1000>");
    assert_int_equal(c->cwnd, 1000);
}

static void test_after_one_lost_syn_the_whole_initial_window(void **state)
{
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    AFTER(1000, "S 0:0 <mss 1460,wscale 0>");
    in(c, "S. 0:0 ack 1 <mss 1000>");
    assert_int_equal(c->cwnd, 10000);
}

/* ---- on a connection that sends */

/* Fills the window, and has it acknowledged a round trip later; returns how many segments went. */
static unsigned round_trip(struct conn *c)
{
    char ack[40];
    unsigned n;

    app_send(c, 60000);
    n = drain();
    pass(100);
    snprintf(ack, sizeof ack, ". 1:1 ack %u", c->snd_nxt.v - ISS);
    in(c, ack);
    return n;
}

static void test_segments_of_a_round(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    assert_int_equal(round_trip(c), 10);
    assert_int_equal(round_trip(c), 12);
    assert_int_equal(round_trip(c), 14);
}

/* RFC 5681 4.1 is about silence of more than a timeout: who sends as soon as all is acknowledged is not idle.
 */
static void test_window_is_kept_by_who_sends_at_once(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        app_send(c, c->cwnd);
        drain();
        pass(100);
        c->flags |= CONN_WANT_WRITE;
        char ack[40];
        snprintf(ack, sizeof ack, ". 1:1 ack %u", c->snd_nxt.v - ISS);
        in(c, ack);
        assert_int_equal(c->cwnd, 12000 + 2000 * i);
    }
}

static void test_window_is_forgotten_by_who_was_idle(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 10000);
    drain();
    in(c, ". 1:1 ack 10001");
    assert_int_equal(c->cwnd, 12000);
    pass(10000);
    app_send(c, 30000);
    assert_int_equal(drain(), 10);
}

static void test_request_and_answer_do_not_grow_the_window(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    char ack[40];

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        app_send(c, 500);
        drain();
        pass(10);
        snprintf(ack, sizeof ack, ". 1:1 ack %u", c->snd_nxt.v - ISS);
        in(c, ack);
    }
    assert_int_equal(c->cwnd, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_initial_window),
        TEST(test_opening),
        TEST(test_slow_start),
        TEST(test_no_growth_unused),
        TEST(test_congestion_avoidance),
        TEST(test_timeout),
        TEST(test_slow_start_after_a_timeout_counts_one_segment),
        TEST(test_slow_start_after_a_timeout_ends),
        TEST(test_idle),
        TEST(test_window_does_not_overflow),
        TEST(test_after_two_lost_syns_one_segment),
        TEST(test_after_one_lost_syn_the_whole_initial_window),
        TEST(test_segments_of_a_round),
        TEST(test_window_is_kept_by_who_sends_at_once),
        TEST(test_window_is_forgotten_by_who_was_idle),
        TEST(test_request_and_answer_do_not_grow_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
