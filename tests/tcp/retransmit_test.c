/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 9293 3.8.1 to 3.8.3: what is lost is sent again when RFC 6298 says, at R2 the connection fails, and the
 * network is spared (RFC 5681, RFC 6928).
 */
#include "trace.h"

static void what_is_not_acknowledged_is_sent_again_each_time_later(void)
{
    reach(ESTABLISHED);
    measure();
    app_send(100);
    out("P. 2:102 ack 1");
    for (double wait = 200; wait < 50000; wait *= 2)
        after(wait, "P. 2:102 ack 1");
    after(51200, "P. 2:102 ack 1");
    after(60000, "P. 2:102 ack 1"); /* RFC 6298 (2.5) */
    in(". 1:1 ack 102");
    advance(100000);
    quiet();
}

static void data_that_is_never_acknowledged_fails_by_r2(void)
{
    int times = 1;
    double began;

    reach(ESTABLISHED);
    measure();
    began = trace_ms();
    app_send(100);
    out("P. 2:102 ack 1");
    for (int i = 0; i < 1000 && !app_has_failed(-ETIMEDOUT); i++) {
        advance(1000);
        times += trace_skip();
    }
    assert_int_equal(times, 16);
    assert_true(trace_ms() - began > 100 * 1000); /* SHLD-11 */
    assert_true(trace_ms() - began < 15 * 60 * 1000);
}

static void a_retransmitted_segment_is_not_measured(void)
{
    reach(ESTABLISHED);
    measure();
    app_send(100);
    out("P. 2:102 ack 1");
    after(200, "P. 2:102 ack 1");
    advance(150);
    in(". 1:1 ack 102");
    app_send(100);
    out("P. 102:202 ack 1");
    after(400, "P. 102:202 ack 1"); /* backed off until there is a sample: RFC 6298 (5.5), (5.7), section 3 */
    in(". 1:1 ack 202");
    app_send(100);
    out("P. 202:302 ack 1");
    advance(20);
    in(". 1:1 ack 302");
    app_send(100);
    out("P. 302:402 ack 1");
    after(200, "P. 302:402 ack 1");
    in(". 1:1 ack 402");
}

static void the_timeout_follows_the_round_trip(void)
{
    reach(ESTABLISHED);
    for (unsigned i = 0; i < 60; i++) { /* long enough for SRTT to be 1 s and RTTVAR next to nothing */
        app_send(1);
        out("P. %u:%u ack 1", 1 + i, 2 + i);
        advance(600);
        trace_skip(); /* in the beginning the timeout is shorter */
        in(". 1:1 ack %u", 2 + i);
    }
    app_send(1);
    out("P. 61:62 ack 1");
    between(600, 1300, "P. 61:62 ack 1");
    in(". 1:1 ack 62");
}

static void an_ack_of_new_data_restarts_the_timer(void)
{
    establish_with(100, 64240);
    measure();
    app_send(200);
    out(". 2:102 ack 1");
    out("P. 102:202 ack 1");
    advance(150);
    in(". 1:1 ack 102");
    between(190, 450, "P. 102:202 ack 1"); /* RFC 6298 (5.3) */
    in(". 1:1 ack 202");
    advance(10000);
    quiet();
}

static void an_ack_of_everything_stops_the_timer(void)
{
    reach(ESTABLISHED);
    app_send(100);
    out("P. 1:101 ack 1");
    in(". 1:1 ack 101");
    advance(100000);
    quiet();
}

static void what_was_lost_in_the_middle_is_sent_again(void)
{
    establish_with(100, 64240);
    measure();
    app_send(300);
    out(". 2:102 ack 1");
    out(". 102:202 ack 1");
    out("P. 202:302 ack 1");
    in(". 1:1 ack 102");
    in(". 1:1 ack 102"); /* the third has come */
    after(200, ". 102:202 ack 1");
    in(". 1:1 ack 302");
    advance(10000);
    quiet();
}

static void part_of_a_segment_may_be_acknowledged(void)
{
    reach(ESTABLISHED);
    measure();
    app_send(100);
    out("P. 2:102 ack 1");
    in(". 1:1 ack 42");
    between(190, 300, "P. 42:102 ack 1");
    in(". 1:1 ack 102");
}

/* RFC 6298 (5.7): a path on which the SYN was lost gets 3 s for its first data. */
static void after_a_lost_syn_the_first_timeout_is_three_seconds(void)
{
    reach(SYN_SENT);
    after(1000, "S 0:0 <mss link,wscale 0>");
    advance(20);
    in("S. 0:0 ack 1 <mss link>");
    out(". 1:1 ack 1");
    app_event(RN_CONNECTED);
    app_send(100);
    out("P. 1:101 ack 1");
    after(3000, "P. 1:101 ack 1");
    in(". 1:1 ack 101");
}

/* ---- congestion ---------------------------------------------------------------------------------------- */

static void slow_start_begins_with_ten_segments(void)
{
    int grown;

    establish_with(1000, 64240);
    app_send(40000);
    assert_int_equal(trace_skip(), 10); /* RFC 6928 */
    in(". 1:1 ack 1001");
    grown = trace_skip();
    assert_in_range(grown, 1, 2);
    in(". 1:1 ack 3001");
    grown = trace_skip();
    assert_in_range(grown, 3, 4); /* RFC 3465: at most two more than went */
}

static void a_timeout_begins_again_with_one_segment(void)
{
    establish_with(1000, 64240);
    measure();
    app_send(40000);
    assert_int_equal(trace_skip(), 10);
    after(200, ". 2:1002 ack 1");
    advance(300);
    quiet();
    in(". 1:1 ack 1002");
    assert_in_range(trace_skip(), 1, 2);
}

/* RFC 5681 3.1: after a loss half the window, and then a segment more for each window acknowledged. */
static void after_a_loss_the_window_grows_by_one_segment_a_round(void)
{
    unsigned acked, sent;

    trace_options(&(struct rn_options){.connections = 64,
                                       .send_bytes = 300000,
                                       .send_bytes_max = 300000,
                                       .congestion = "newreno",
                                       .no_timestamps = 1,
                                       .no_sack = 1});
    establish_with(1000, 64240);
    app_send(300000);
    assert_int_equal(trace_skip(), 10);
    for (int i = 0; i < 9; i++)
        in(". 1:1 ack 1");        /* the first is lost */
    sent = 10 + trace_skip() - 1; /* one of those is the first, again */
    acked = 1 + 1000 * sent;
    in(". 1:1 ack %u", acked);
    for (unsigned round = 0; round < 4; round++) {
        sent = (unsigned)trace_skip();
        assert_int_equal(sent, 6 + round);
        for (unsigned i = 0; i < sent; i++) {
            acked += 1000;
            in(". 1:1 ack %u", acked);
        }
    }
    app_abort();
    trace_skip();
}

/* RFC 3465: it is bytes that count. A receiver that cuts its acknowledgement into a thousand gets no more. */
static void acknowledgements_of_single_bytes_open_no_window(void)
{
    establish_with(1000, 64240);
    app_send(40000);
    assert_int_equal(trace_skip(), 10);
    for (unsigned acked = 2; acked <= 1001; acked++)
        in(". 1:1 ack %u", acked);
    assert_in_range(trace_skip(), 1, 2); /* as for one acknowledgement of the same */
    app_abort();
    trace_skip();
}

/* Nor does one who acknowledges what he has not seen, nor one who repeats himself with nothing in flight. */
static void acknowledgements_ahead_of_what_was_sent_open_no_window(void)
{
    establish_with(1000, 64240);
    for (int i = 0; i < 100; i++)
        in(". 1:1 ack 1");
    app_send(40000);
    assert_int_equal(trace_skip(), 10);
    in(". 1:1 ack 10002"); /* one more than there is */
    out(". 10001:10001 ack 1");
    quiet();
    in(". 1:1 ack 2147483649");
    quiet();
    app_abort();
    trace_skip();
}

static const struct trace_test tests[] = {
    TRACE(what_is_not_acknowledged_is_sent_again_each_time_later),
    TRACE(data_that_is_never_acknowledged_fails_by_r2),
    TRACE(a_retransmitted_segment_is_not_measured),
    TRACE(the_timeout_follows_the_round_trip),
    TRACE(an_ack_of_new_data_restarts_the_timer),
    TRACE(an_ack_of_everything_stops_the_timer),
    TRACE(what_was_lost_in_the_middle_is_sent_again),
    TRACE(part_of_a_segment_may_be_acknowledged),
    TRACE(slow_start_begins_with_ten_segments),
    TRACE(a_timeout_begins_again_with_one_segment),
    TRACE(after_a_lost_syn_the_first_timeout_is_three_seconds),
    TRACE(after_a_loss_the_window_grows_by_one_segment_a_round),
    TRACE(acknowledgements_of_single_bytes_open_no_window),
    TRACE(acknowledgements_ahead_of_what_was_sent_open_no_window),
};

TRACE_MAIN("retransmit", tests)
