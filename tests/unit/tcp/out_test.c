/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What goes next: RFC 9293 3.7.4 (Nagle), 3.8.6.2.1 (silly windows), 3.8.6.1 (probes), the windows of the
 * peer and of the network, PSH, FIN, RST, and retransmission from SND.UNA.
 */
#include "fixture.h"

/* ---- how bytes become segments */

static void test_segments_of_a_stream(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 2500);
    LEAVES(". 1:1001 ack 1"); /* SHLD-28 */
    LEAVES(". 1001:2001 ack 1");
    LEAVES("");
    in(c, ". 1:1 ack 2001");
    LEAVES("P. 2001:2501 ack 1"); /* MUST-61: the last one of what is queued */
    LEAVES("");
}

static void test_whole_segments_and_push(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 2000);
    LEAVES(". 1:1001 ack 1");
    LEAVES("P. 1001:2001 ack 1");
    LEAVES("");
}

static void test_acknowledgement_rides_along(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, ". 1:1001 ack 1");
    in(c, "P. 1001:2001 ack 1");
    app_send(c, 10);
    LEAVES("P. 1:11 ack 2001 win 58000");
    LEAVES("");
}

/* ---- Nagle (SHLD-7) */

static void test_nagle_waits_for_the_acknowledgement(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 10);
    LEAVES("P. 1:11 ack 1");
    app_send(c, 10);
    app_send(c, 10);
    LEAVES("");
    in(c, ". 1:1 ack 11");
    LEAVES("P. 11:31 ack 1"); /* SHLD-27 */
    LEAVES("");
}

static void test_nagle_lets_a_full_segment_go(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 10);
    LEAVES("P. 1:11 ack 1");
    app_send(c, 990);
    LEAVES("");
    app_send(c, 10);
    LEAVES("P. 11:1011 ack 1");
    LEAVES("");
}

static void test_nagle_off(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.settings[0].no_delay = true; /* MUST-17 */
    c = conn_in(CONN_ESTABLISHED);
    app_send(c, 10);
    LEAVES("P. 1:11 ack 1");
    app_send(c, 10);
    LEAVES("P. 11:21 ack 1");
}

/* Nothing can join the last bytes, so there is nothing to wait for. */
static void test_last_bytes_do_not_wait(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 10);
    LEAVES("P. 1:11 ack 1");
    app_send(c, 10);
    LEAVES("");
    call_shutdown(&fx.s, c);
    LEAVES("FP. 11:21 ack 1");
    LEAVES("");
}

/* ---- the peer's window */

static void test_window_limits_what_goes(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, ". 1:1 ack 1 win 2500");
    app_send(c, 5000);
    LEAVES(". 1:1001 ack 1");
    LEAVES(". 1001:2001 ack 1");
    LEAVES(""); /* 500 are not worth a segment: MUST-38 */
    in(c, ". 1:1 ack 1001 win 1500");
    LEAVES("");
    in(c, ". 1:1 ack 1001 win 2000");
    LEAVES(". 2001:3001 ack 1");
    LEAVES("");
}

/* The window opens by small steps: nothing goes before a whole segment fits. */
static void test_silly_windows_are_not_used(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    char text[50];

    (void)state;
    in(c, ". 1:1 ack 1 win 0");
    app_send(c, 5000);
    for (unsigned window = 100; window < 1000; window += 100) {
        snprintf(text, sizeof text, ". 1:1 ack 1 win %u", window);
        in(c, text);
        LEAVES("");
    }
    in(c, ". 1:1 ack 1 win 1000");
    LEAVES(". 1:1001 ack 1");
}

/* A peer whose window never was a segment's size: half of the largest will do (3.8.6.2.1 (3), Fs = 1/2). */
static void test_half_of_a_small_buffer_is_worth_a_segment(void **state)
{
    struct conn *c = opened_with(80, "S. 0:0 ack 1 win 600 <mss 1000>");

    (void)state;
    app_send(c, 2000);
    LEAVES(". 1:601 ack 1");
    LEAVES("");
    in(c, ". 1:1 ack 601 win 299");
    LEAVES("");
    in(c, ". 1:1 ack 601 win 300");
    LEAVES(". 601:901 ack 1");
}

/* ---- a closed window: one byte, again and again */

static void test_probe_is_one_byte(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, ". 1:1 ack 1 win 0");
    app_send(c, 2000);
    LEAVES("");
    AFTER(300, ". 1:2 ack 1");
    LEAVES("");
    AFTER(600, ". 1:2 ack 1");
    in(c, ". 1:1 ack 1 win 5000");
    LEAVES(". 1:1001 ack 1");                       /* from SND.UNA: the probe's byte was not taken */
    assert_int_equal(fx.s.counts.retransmitted, 0); /* who is refused unseen was not sent */
    LEAVES("P. 1001:2001 ack 1");
    LEAVES("");
}

static void test_window_that_closes_over_flight_is_probed(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 2000);
    assert_int_equal(drain(), 2);
    in(c, ". 1:1 ack 1 win 0");
    LEAVES("");
    AFTER(300, ". 1:2 ack 1"); /* MUST-35 */
    LEAVES("");
    assert_int_equal(c->cwnd, 10000); /* nothing was lost for want of the network */
}

/* ---- the network's window */

static void test_congestion_window_limits_what_goes(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 20000);
    assert_int_equal(drain(), 10);
    in(c, ". 1:1 ack 2001"); /* slow start: two more and two again */
    assert_int_equal(drain(), 4);
}

static void test_timeout_sends_one_segment_from_snd_una(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 5000);
    assert_int_equal(drain(), 5);
    AFTER(300, ". 1:1001 ack 1");
    LEAVES("");
    assert_int_equal(c->cwnd, 1000);
    assert_int_equal(conn_cold(&fx.s, c)->ssthresh, 2500);
    in(c, ". 1:1 ack 1001");
    LEAVES(". 1001:2001 ack 1"); /* what followed counts as lost, too */
    LEAVES(". 2001:3001 ack 1");
    LEAVES("");
    assert_int_equal(fx.s.counts.retransmitted, 3);
    in(c, ". 1:1 ack 5001"); /* it was there after all */
    LEAVES("");
    pass(100000);
}

/* What goes again is cut anew: small pieces become whole segments. */
static void test_retransmission_is_cut_anew(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.settings[0].no_delay = true;
    c = conn_in(CONN_ESTABLISHED);
    for (int i = 0; i < 5; i++) {
        app_send(c, 100);
        assert_int_equal(drain(), 1);
    }
    AFTER(300, "P. 1:501 ack 1");
    LEAVES("");
}

/* ---- FIN and RST */

static void test_fin_follows_the_last_byte(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, ". 1:1 ack 1 win 2000");
    app_send(c, 2500);
    call_shutdown(&fx.s, c);
    LEAVES(". 1:1001 ack 1");
    LEAVES(". 1001:2001 ack 1");
    LEAVES("");
    in(c, ". 1:1 ack 2001 win 2000");
    LEAVES("FP. 2001:2501 ack 1");
    LEAVES("");
    AFTER(337.5, "FP. 2001:2501 ack 1"); /* the timed segment had taken no time: SRTT 87.5, RTTVAR 62.5 ms */
    in(c, ". 1:1 ack 2501");
    AFTER(675, "F. 2501:2501 ack 1"); /* still doubled: nothing new was timed */
    in(c, ". 1:1 ack 2502");
    pass(10000);
}

static void test_fin_alone(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    call_shutdown(&fx.s, c);
    LEAVES("F. 1:1 ack 1");
    LEAVES("");
    assert_int_equal(c->snd_nxt.v, ISS + 2);
    in(c, ". 1:1 ack 2 win 100"); /* no second one */
    LEAVES("");
}

static void test_reset_stands_behind_all_that_was_sent(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 3000);
    drain();
    call_abort(&fx.s, c);
    LEAVES("R. 3001:3001 ack 1 win 0"); /* <SEQ=SND.NXT><CTL=RST> */
    LEAVES("");
    assert_true(is_gone(c));
    assert_int_equal(fx.s.counts.resets_out, 1);
}

/* ---- SYN */

static void test_syn(void **state)
{
    (void)state;
    opening(80);
    LEAVES("S 0:0 <mss 1460,wscale 0>");
    LEAVES("");
}

static void test_syn_offers_a_scale_for_a_large_buffer(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.config.rcv_scale = 2;
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 200000;
    c = opening(80);
    LEAVES("S 0:0 win 65535 <mss 1460,wscale 2>");
    in(c, "S. 0:0 ack 1 <mss 1000>"); /* the peer does not */
    LEAVES(". 1:1 ack 1 win 65535");
}

/* A segment's right edge, what is not a multiple of the scale included, never moves left (SHLD-14). */
static void test_window_never_shrinks(void **state)
{
    struct conn *c;
    seq32 edge;

    (void)state;
    fx.s.config.rcv_scale = 2;
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 200000;
    c = opened_with(80, "S. 0:0 ack 1 <mss 1000,wscale 0>");
    edge = c->rcv_edge;
    for (uint32_t i = 0; i < 500; i++) {
        char text[60];
        uint32_t first = c->rcv_nxt.v - IRS;
        const char *left;

        snprintf(text, sizeof text, ". %u:%u ack 1", first, first + 333);
        in(c, text);
        if (i % 7 == 0)
            app_recv(c, 1 + i * 5);
        while (*(left = out())) {
            unsigned ack, window = WINDOW;

            assert_true(sscanf(left, ". 1:1 ack %u win %u", &ack, &window) >= 1);
            assert_true(seq_le(edge, seq_of(IRS + ack + (window << 2))));
            edge = seq_of(IRS + ack + (window << 2));
            assert_true(seq_eq(edge, c->rcv_edge));
        }
    }
}

/* ---- several acknowledgements */

static void test_duplicate_acknowledgements_go_one_by_one(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, ". 1001:2001 ack 1");
    in(c, ". 2001:3001 ack 1");
    in(c, ". 3001:4001 ack 1");
    LEAVES(". 1:1 ack 1");
    LEAVES(". 1:1 ack 1");
    LEAVES(". 1:1 ack 1");
    LEAVES("");
}

static void test_nothing_owed_nothing_goes(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    struct out_segment o;

    (void)state;
    assert_false(out_next(&fx.s, c, &o));
    in(c, ". 1:1 ack 1"); /* an acknowledgement asks for no answer */
    LEAVES("");
    pass(10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_segments_of_a_stream),
        TEST(test_whole_segments_and_push),
        TEST(test_acknowledgement_rides_along),
        TEST(test_nagle_waits_for_the_acknowledgement),
        TEST(test_nagle_lets_a_full_segment_go),
        TEST(test_nagle_off),
        TEST(test_last_bytes_do_not_wait),
        TEST(test_window_limits_what_goes),
        TEST(test_silly_windows_are_not_used),
        TEST(test_half_of_a_small_buffer_is_worth_a_segment),
        TEST(test_probe_is_one_byte),
        TEST(test_window_that_closes_over_flight_is_probed),
        TEST(test_congestion_window_limits_what_goes),
        TEST(test_timeout_sends_one_segment_from_snd_una),
        TEST(test_retransmission_is_cut_anew),
        TEST(test_fin_follows_the_last_byte),
        TEST(test_fin_alone),
        TEST(test_reset_stands_behind_all_that_was_sent),
        TEST(test_syn),
        TEST(test_syn_offers_a_scale_for_a_large_buffer),
        TEST(test_window_never_shrinks),
        TEST(test_duplicate_acknowledgements_go_one_by_one),
        TEST(test_nothing_owed_nothing_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
