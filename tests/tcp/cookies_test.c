/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A flood of SYNs: when there is no record left, cookies answer (RFC 4987 3.6), and a client that gives one
 * back has its connection, with all that was agreed on.
 */
#include "trace.h"

enum { RECORDS = 64 };

static void flood(void)
{
    trace_options(&(struct rn_options){
        .connections = 64, .half_open = RECORDS, .receive_bytes = 200000, .receive_bytes_max = 200000});
    reach(LISTEN);
    for (unsigned i = 0; i < RECORDS; i++) {
        trace_flow((uint16_t)(1000 + i), LOCAL_PORT);
        in("S 0:0 <mss 1000>");
        out("S. 0:0 ack 1 <mss link>");
    }
    trace_flow(PEER_PORT, LOCAL_PORT);
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
    out(". 1:1 ack 101"); /* the window grows to what the buffer holds */
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

static void options_come_back_in_the_timestamp(void)
{
    flood();
    in("S 0:0 win 1000 <mss 1460,sackOK,ts 700:0,nop,wscale 7>");
    out("S. 0:0 ack 1 <mss link,wscale 2,sackOK,ts 0:700>");
    advance(20);
    in(". 1:1 ack 1 win 500 <ts 720:0>"); /* echoes the first timestamp, which counts as 0 here */
    trace_skip();
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
        TRACE(a_cookie_given_back_is_a_connection),    TRACE(with_data_in_its_first_segment),
        TRACE(options_come_back_in_the_timestamp),     TRACE(what_is_not_a_cookie_is_reset),
        TRACE(after_a_second_there_are_records_again),
    };

    return trace_main("cookies", tests, sizeof tests / sizeof tests[0]);
}
