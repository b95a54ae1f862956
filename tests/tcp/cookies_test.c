/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A flood of SYNs: when there is no record left, cookies answer (RFC 4987 3.6), and a client that gives one
 * back has its connection, with all that was agreed on.
 */
#include "trace.h"

enum { RECORDS = 64 };

static void flood_with(uint8_t ecn)
{
    trace_options(&(struct rn_options){.connections = 64,
                                       .half_open = RECORDS,
                                       .receive_bytes = 200000,
                                       .receive_bytes_max = 200000,
                                       .ecn = ecn});
    reach(LISTEN);
    for (unsigned i = 0; i < RECORDS; i++) {
        trace_flow((uint16_t)(1000 + i), LOCAL_PORT);
        in("S 0:0 <mss 1000>");
        out("S. 0:0 ack 1 <mss link>");
    }
    trace_flow(PEER_PORT, LOCAL_PORT);
}

static void flood(void)
{
    flood_with(0);
}

static uint64_t cookies_taken(void)
{
    struct rn_stats stats;

    rn_stats(trace_net(), &stats);
    return stats.cookies_taken;
}

static void a_cookie_given_back_is_a_connection(void)
{
    flood();
    in("S 0:0 win 1000 <mss 1460>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1 win 1000");
    app_accept();
    assert_int_equal(cookies_taken(), 1);
    in("P. 1:101 ack 1");
    app_recv(100);
    quiet(); /* the buffer holds more than the window can say */
    app_send(50);
    out("P. 1:51 ack 101");
    in(". 101:101 ack 51");
    advance(70000); /* the flood is forgotten */
    trace_skip();
}

static void with_data_in_its_first_segment(void)
{
    flood();
    in("S 0:0 <mss 1460>");
    out("S. 0:0 ack 1 <mss link>");
    in("P. 1:101 ack 1");
    app_accept();
    app_recv(100);
    within(500, ". 1:1 ack 101");
    advance(70000);
    trace_skip();
}

/* Two cookies, so that the second timestamp can be named: it counts from the first. */
static void options_come_back_in_the_timestamp(void)
{
    struct rn_info info;

    flood();
    in("S 0:0 win 1000 <mss 1460,sackOK,ts 700:0,nop,wscale 7>");
    out("S. 0:0 ack 1 <mss link,wscale 2,sackOK,ts 0:700>");
    advance(64);
    in("S 0:0 win 1000 <mss 1460,sackOK,ts 764:0,nop,wscale 7>");
    out("S. 0:0 ack 1 <mss link,wscale 2,sackOK,ts 64:764>");
    in(". 1:1 ack 1 win 500 <ts 784:64>");
    app_accept();
    assert_int_equal(rn_info(trace_net(), trace_sock(), &info), 0);
    assert_int_equal(info.timestamps, 1);
    assert_int_equal(info.sack, 1);
    assert_int_equal(info.ecn, 0);
    assert_int_equal(info.window_bytes, 500 << 7);
    advance(70000);
    trace_skip();
}

/* RFC 3168 6.1.1: both ends hold the same of it, with timestamps and without. */
static void ecn_comes_back_in_the_timestamp(void)
{
    flood_with(1);
    in("SEW 0:0 <mss 1460,ts 700:0>");
    out("SE. 0:0 ack 1 <mss link,ts 0:700>");
    advance(64);
    in("SEW 0:0 <mss 1460,ts 764:0>");
    out("SE. 0:0 ack 1 <mss link,ts 64:764>");
    in(". 1:1 ack 1 <ts 784:64>");
    app_accept();
    app_send(100);
    out("P. 1:101 ack 1 ect <ts *>");
    in(". 1:1 ack 101 <ts 800:64>");
    advance(70000);
    trace_skip();
}

static void without_timestamps_there_is_no_ecn(void)
{
    flood_with(1);
    in("SEW 0:0 <mss 1460>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    app_send(100);
    out("P. 1:101 ack 1");
    in(". 1:1 ack 101");
    advance(70000);
    trace_skip();
}

/* What a cookie is said to say counts only as far as it can be true. */
static void ecn_that_is_off_does_not_come_back(void)
{
    flood();
    in("SEW 0:0 <mss 1460,ts 700:0>");
    out("S. 0:0 ack 1 <mss link,ts 0:700>"); /* its low bits say: neither scale nor SACK nor ECN */
    in(". 1:1 ack 1 <ts 720:32>");           /* as if it had said ECN */
    app_accept();
    app_send(100);
    out("P. 1:101 ack 1 <ts *>");
    in(". 1:1 ack 101 <ts 740:0>");
    advance(70000);
    trace_skip();
}

static void what_is_not_a_cookie_is_reset(void)
{
    flood();
    in("S 0:0 <mss 1460>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 2");
    out("R 2:2");
    assert_int_equal(cookies_taken(), 0);
    advance(70000);
    trace_skip();
}

/* Who waited for a second makes room: no cookie is needed then. */
static void after_a_second_there_are_records_again(void)
{
    struct rn_stats stats;

    flood();
    advance(1100);
    trace_skip();
    in("S 0:0 <mss 1460>");
    out("S. 0:0 ack 1 <mss link>");
    rn_stats(trace_net(), &stats);
    assert_int_equal(stats.cookies_sent, 0);
    in(". 1:1 ack 1");
    app_accept();
    advance(70000);
    trace_skip();
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(a_cookie_given_back_is_a_connection), TRACE(with_data_in_its_first_segment),
        TRACE(options_come_back_in_the_timestamp),  TRACE(ecn_comes_back_in_the_timestamp),
        TRACE(without_timestamps_there_is_no_ecn),  TRACE(ecn_that_is_off_does_not_come_back),
        TRACE(what_is_not_a_cookie_is_reset),       TRACE(after_a_second_there_are_records_again),
    };

    return trace_main("cookies", tests, sizeof tests / sizeof tests[0]);
}
