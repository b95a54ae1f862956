/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is taken to be lost, and how much goes while it is repaired: RACK and its adaptation to reordering,
 * PRR, NewReno, timeouts, needless reductions taken back. Segments are 1,000 bytes, a round trip 100 ms, the
 * congestion control NewReno.
 */
#include "fixture.h"

/* An open connection with SACK and that many segments in flight. */
static struct conn *flight(unsigned segments, bool sack)
{
    struct conn *c;

    with_options(false, sack);
    c = conn_in(CONN_ESTABLISHED);
    c->cwnd = 20000;
    app_send(c, segments * 1000);
    assert_int_equal(drain(), segments);
    pass(100);
    return c;
}

static struct loss *loss_of(struct conn *c)
{
    return &conn_active(&fx.s, c)->loss;
}

/* With nothing in flight there is no block, and no phase. */
static enum loss_phase phase_of(struct conn *c)
{
    return c->active ? loss_of(c)->phase : LOSS_OPEN;
}

/* RFC 8985 6.2 step 4: three segments SACKed and no reordering seen: no waiting. */
static void test_three_sacked_segments_show_a_loss(void **state)
{
    struct conn *c = flight(10, true);

    (void)state;
    in(c, ". 1:1 ack 1 <sack 1001:3001>");
    LEAVES("");
    assert_int_equal(phase_of(c), LOSS_OPEN);
    in(c, ". 1:1 ack 1 <sack 1001:4001>");
    assert_int_equal(phase_of(c), LOSS_RECOVERY);
    assert_int_equal(conn_cold(&fx.s, c)->ssthresh, 5000); /* half of what was in flight */
    LEAVES(". 1:1001 ack 1");
    LEAVES("");
    in(c, ". 1:1 ack 10001");
    assert_int_equal(phase_of(c), LOSS_OPEN);
    assert_int_equal(c->cwnd, 5000);
    drain();
}

/* RFC 6937: of ten segments one is lost; for each two that arrive one goes. */
static void test_rate_is_reduced_in_proportion(void **state)
{
    struct conn *c = flight(10, true);
    unsigned went = 0;

    (void)state;
    app_send(c, 20000);
    in(c, ". 1:1 ack 1 <sack 1001:4001>");
    LEAVES(". 1:1001 ack 1");
    went += drain();
    for (unsigned i = 5; i <= 10; i++) {
        char text[60];

        snprintf(text, sizeof text, ". 1:1 ack 1 <sack 1001:%u>", i * 1000 + 1);
        in(c, text);
        went += drain();
    }
    assert_in_range(went, 3, 4); /* (9 x 5 / 10) - 1 */
    in(c, ". 1:1 ack 10001");
    drain();
    assert_int_equal(c->cwnd, 5000);
    assert_true(conn_pipe(conn_active(&fx.s, c)) <= 5000);
}

/* A segment that was overtaken arrives: reordering is seen, and from now on a loss needs a quarter of a round
 * trip. */
static void test_reordering_makes_patient(void **state)
{
    struct conn *c = flight(4, true);

    (void)state;
    in(c, ". 1:1 ack 1 <sack 1001:3001>");
    in(c, ". 1:1 ack 3001");
    assert_true(loss_of(c)->reordering_seen);
    app_send(c, 5000);
    assert_int_equal(drain(), 5);
    in(c, ". 1:1 ack 4001");
    drain();
    pass(100);
    in(c, ". 1:1 ack 4001 <sack 5001:9001>");
    LEAVES(""); /* three would have been enough */
    assert_int_equal(phase_of(c), LOSS_OPEN);
    AFTER(25, ". 4001:5001 ack 1");
    in(c, ". 1:1 ack 9001");
    drain();
}

/* RFC 8985 6.2 step 4: each round with a D-SACK adds a quarter of a round trip. */
static void test_dsack_widens_the_window(void **state)
{
    struct conn *c = flight(4, true);

    (void)state;
    in(c, ". 1:1 ack 1001 <sack 1:1001>");
    assert_int_equal(loss_of(c)->reo_mult, 2);
    in(c, ". 1:1 ack 2001 <sack 1:1001>");
    assert_int_equal(loss_of(c)->reo_mult, 2); /* the same round */
    in(c, ". 1:1 ack 4001");
    drain();
}

/* All that was sent again had arrived: the window is as before. */
static void test_needless_recovery_is_taken_back(void **state)
{
    struct conn *c = flight(10, true);
    uint32_t cwnd = c->cwnd;

    (void)state;
    in(c, ". 1:1 ack 1 <sack 1001:4001>");
    LEAVES(". 1:1001 ack 1");
    in(c, ". 1:1 ack 10001 <sack 1:1001>"); /* the original came, and then the copy */
    assert_int_equal(c->cwnd, cwnd + 2000); /* as before, and what this acknowledgement adds */
    assert_int_equal(conn_cold(&fx.s, c)->ssthresh, UINT32_MAX);
    drain();
}

static void test_timeout_repairs_from_one_segment(void **state)
{
    struct conn *c = flight(10, false);

    (void)state;
    run_to(fx.s.now + 2 * TIME_S);
    assert_int_equal(phase_of(c), LOSS_REPAIR);
    assert_int_equal(c->cwnd, 1000);
    assert_int_equal(conn_cold(&fx.s, c)->ssthresh, 5000);
    LEAVES(". 1:1001 ack 1");
    LEAVES("");
    in(c, ". 1:1 ack 1001");
    LEAVES(". 1001:2001 ack 1"); /* slow start */
    LEAVES(". 2001:3001 ack 1");
    LEAVES("");
    in(c, ". 1:1 ack 10001");
    assert_int_equal(phase_of(c), LOSS_OPEN);
    drain();
}

/* A peer that takes back what it SACKed (RFC 2018 8) is sent it again. */
static void test_reneging_is_survived(void **state)
{
    struct conn *c = flight(4, true);

    (void)state;
    in(c, ". 1:1 ack 1 <sack 1001:4001>");
    drain();
    in(c, ". 1:1 ack 1001"); /* the rest, which it SACKed, is not acknowledged */
    LEAVES("");
    run_to(fx.s.now + 5 * TIME_S);
    LEAVES(". 1001:2001 ack 1");
    in(c, ". 1:1 ack 4001");
    drain();
}

/* RFC 6582: without SACK each partial acknowledgement tells of the next hole. */
static void test_partial_acknowledgements(void **state)
{
    struct conn *c = flight(10, false);

    (void)state;
    c->cwnd = 10000;
    for (unsigned i = 0; i < 2; i++) {
        in(c, ". 1:1 ack 1");
        LEAVES("");
    }
    in(c, ". 1:1 ack 1");
    LEAVES(". 1:1001 ack 1");
    LEAVES("");
    in(c, ". 1:1 ack 4001");
    LEAVES(""); /* five are out, as many as ssthresh allows: the next that arrives lets it go (RFC 6937) */
    in(c, ". 1:1 ack 4001");
    LEAVES(". 4001:5001 ack 1");
    in(c, ". 1:1 ack 10001");
    assert_int_equal(phase_of(c), LOSS_OPEN);
    assert_int_equal(c->cwnd, 5000);
    drain();
}

/* RFC 3168 6.1.2: once for each window of data, and CWR is owed. */
static void test_congestion_echo_halves_once(void **state)
{
    struct conn *c = flight(10, false);

    (void)state;
    c->flags |= CONN_ECN;
    loss_congestion(&fx.s, c, conn_active(&fx.s, c), 10000);
    assert_int_equal(c->cwnd, 5000);
    assert_true(c->flags & CONN_CWR_OWED);
    loss_congestion(&fx.s, c, conn_active(&fx.s, c), 10000);
    assert_int_equal(c->cwnd, 5000);
    in(c, ". 1:1 ack 10001");
    drain();
}

/* After 2^31 bytes a number lies before, or after, whatever is in flight. */
static void test_a_cwr_of_long_ago_is_forgotten(void **state)
{
    struct conn *c = flight(10, false);
    struct conn_active *a = conn_active(&fx.s, c);

    (void)state;
    c->flags |= CONN_ECN;
    loss_cwr_sent(a, seq_add(c->snd_una, 1u << 30));
    loss_congestion(&fx.s, c, a, 10000);
    assert_int_equal(c->cwnd, 5000);
    c->flags &= ~(uint32_t)CONN_CWR_OWED;
    loss_cwr_sent(a, seq_add(c->snd_una, 9000)); /* this one is in flight */
    loss_congestion(&fx.s, c, a, 10000);
    assert_int_equal(c->cwnd, 5000);
    in(c, ". 1:1 ack 10001");
    drain();
}

static uint32_t probe_us(const struct conn *c, const struct conn_active *a)
{
    return loss_probe_us(&a->loss, c->srtt_us, a->board.sacked != 0, conn_flight(c) <= c->mss);
}

/* RFC 8985 7.2. */
static void test_when_a_tail_probe_is_due(void **state)
{
    struct conn *c = flight(2, true);
    const struct conn_active *a = conn_active(&fx.s, c);

    (void)state;
    assert_int_equal(probe_us(c, a), 200000); /* two round trips */
    in(c, ". 1:1 ack 1001");
    assert_int_equal(probe_us(c, a), 400000); /* a lone segment's ACK may be delayed */
    c->srtt_us = 0;
    assert_int_equal(probe_us(c, a), 1200000);
    in(c, ". 1:1 ack 2001");
    drain();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_three_sacked_segments_show_a_loss),
        TEST(test_rate_is_reduced_in_proportion),
        TEST(test_reordering_makes_patient),
        TEST(test_dsack_widens_the_window),
        TEST(test_needless_recovery_is_taken_back),
        TEST(test_timeout_repairs_from_one_segment),
        TEST(test_reneging_is_survived),
        TEST(test_partial_acknowledgements),
        TEST(test_congestion_echo_halves_once),
        TEST(test_a_cwr_of_long_ago_is_forgotten),
        TEST(test_when_a_tail_probe_is_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
