/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 9293 3.7 and 3.8.6.3, moving data: segments and their sizes, acknowledgements and when they go, what
 * comes out of order. Retransmission and windows have files of their own.
 */
#include "trace.h"

static void bytes_arrive_in_order(void)
{
    reach(ESTABLISHED);
    in("P. 1:101 ack 1");
    app_event(RN_READABLE);
    app_recv(60);
    app_recv(40);
    app_read_nothing();
    in(". 101:201 ack 1");
    app_event(RN_READABLE);
    app_recv(100);
    trace_skip();
    advance(500);
    trace_skip();
}

static void one_segment_is_acknowledged_in_time(void)
{
    reach(ESTABLISHED);
    in("P. 1:101 ack 1");
    quiet();
    within(499, ". 1:1 ack 101"); /* MUST-40 */
    advance(2000);
    quiet();
}

static void every_second_full_segment_is_acknowledged_at_once(void)
{
    uint32_t mss;

    reach(ESTABLISHED);
    mss = link_mss();
    in(". 1:%u ack 1", 1 + mss);
    quiet();
    in(". %u:%u ack 1", 1 + mss, 1 + 2 * mss);
    out(". 1:1 ack %u", 1 + 2 * mss); /* SHLD-19 */
    advance(1000);
    quiet();
}

static void a_batch_is_acknowledged_once(void)
{
    reach(ESTABLISHED);
    for (unsigned i = 0; i < 7; i++)
        put(". %u:%u ack 1", 1 + i * 1000, 1001 + i * 1000);
    in(". 7001:8001 ack 1");
    out(". 1:1 ack 8001"); /* MUST-58, MUST-59 */
    quiet();
    app_recv(8000);
    trace_skip();
}

static void an_acknowledgement_rides_on_data(void)
{
    reach(ESTABLISHED);
    in("P. 1:101 ack 1");
    app_recv(100);
    app_send(50);
    out("P. 1:51 ack 101");
    in(". 101:101 ack 51");
    advance(2000);
    quiet();
}

static void a_pure_ack_is_not_answered(void)
{
    reach(ESTABLISHED);
    for (int i = 0; i < 5; i++)
        in(". 1:1 ack 1");
    in(". 1:1 ack 1 win 1000");
    quiet();
}

static void an_echo_by_splice_is_one_segment_each_way(void)
{
    reach(ESTABLISHED);
    in("P. 1:101 ack 1");
    app_splice(100);
    assert_int_equal(trace_skip(), 1); /* the bytes are the peer's own; their numbers are checked below */
    in("P. 101:102 ack 101");
    app_recv(0);
    in(". 102:102 ack 101");
    within(500, ". 101:101 ack 102");
}

static void data_is_cut_at_the_peers_mss(void)
{
    establish_with(1000, 64240);
    app_send(3000);
    out(". 1:1001 ack 1");
    out(". 1001:2001 ack 1");
    out("P. 2001:3001 ack 1"); /* MUST-61 */
    in(". 1:1 ack 3001");
}

static void without_an_mss_536_or_1220_is_assumed(void)
{
    uint32_t mss = v6() ? 1220 : 536;

    reach(LISTEN);
    in("S 0:0");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    app_send(3 * (size_t)mss);
    out(". 1:%u ack 1", 1 + mss); /* MUST-15 */
    out(". %u:%u ack 1", 1 + mss, 1 + 2 * mss);
    out("P. %u:%u ack 1", 1 + 2 * mss, 1 + 3 * mss);
    in(". 1:1 ack %u", 1 + 3 * mss);
}

static void a_peer_with_a_larger_mss_gets_what_the_link_carries(void)
{
    establish_with(9000, 64240);
    app_send(2 * (size_t)link_mss());
    out(". 1:%u ack 1", 1 + link_mss());
    out("P. %u:%u ack 1", 1 + link_mss(), 1 + 2 * link_mss());
    in(". 1:1 ack %u", 1 + 2 * link_mss());
}

static void nagle_holds_a_small_segment_back(void)
{
    reach(ESTABLISHED);
    app_send(10);
    out("P. 1:11 ack 1");
    app_send(10);
    app_send(10);
    quiet();
    in(". 1:1 ack 11");
    out("P. 11:31 ack 1"); /* SHLD-7 */
    in(". 1:1 ack 31");
}

static void nagle_lets_a_full_segment_go(void)
{
    establish_with(1000, 64240);
    app_send(10);
    out("P. 1:11 ack 1");
    app_send(1500);
    out(". 11:1011 ack 1");
    quiet();
    in(". 1:1 ack 1011");
    out("P. 1011:1511 ack 1");
    in(". 1:1 ack 1511");
}

static void without_nagle_all_goes_at_once(void)
{
    trace_options(&(struct rn_options){.connections = 64, .no_delay = 1});
    reach(LISTEN);
    in("S 0:0 <mss link>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    app_send(10);
    out("P. 1:11 ack 1");
    app_send(10);
    out("P. 11:21 ack 1"); /* MUST-17 */
    in(". 1:1 ack 21");
}

static void two_writes_before_a_flush_are_one_segment(void)
{
    reach(ESTABLISHED);
    app_queue(10);
    app_send(10);
    out("P. 1:21 ack 1");
    in(". 1:1 ack 21");
}

/* ---- out of order -------------------------------------------------------------------------------------- */

static void what_comes_early_is_kept(void)
{
    reach(ESTABLISHED);
    in(". 101:201 ack 1");
    out(". 1:1 ack 1");
    in("P. 1:101 ack 1");
    out(". 1:1 ack 201"); /* SHLD-31, and at once: RFC 5681 4.2 */
    app_recv(200);
    app_read_nothing();
}

static void each_early_segment_gets_its_own_ack(void)
{
    reach(ESTABLISHED);
    put(". 101:201 ack 1");
    put(". 201:301 ack 1");
    in(". 401:501 ack 1");
    out(". 1:1 ack 1");
    out(". 1:1 ack 1");
    out(". 1:1 ack 1");
    quiet();
    in(". 1:101 ack 1");
    out(". 1:1 ack 301");
    in(". 301:401 ack 1");
    out(". 1:1 ack 501");
    app_recv(500);
}

/* MUST-59: the whole batch first, whatever its order. */
static void a_batch_that_fills_its_own_hole_is_acknowledged_as_a_whole(void)
{
    reach(ESTABLISHED);
    put(". 101:201 ack 1");
    put(". 201:301 ack 1");
    in(". 1:101 ack 1");
    out(". 1:1 ack 301");
    quiet();
    app_recv(300);
}

static void overlaps_are_cut(void)
{
    reach(ESTABLISHED);
    in(". 101:201 ack 1");
    out(". 1:1 ack 1");
    in(". 151:301 ack 1");
    out(". 1:1 ack 1");
    in(". 1:251 ack 1");
    out(". 1:1 ack 301");
    in(". 201:401 ack 1");
    app_recv(400);
    within(500, ". 1:1 ack 401");
}

static void a_thousand_holes_are_survived(void)
{
    reach(ESTABLISHED);
    for (unsigned i = 0; i < 1000; i++)
        in(". %u:%u ack 1", 3 + 2 * i, 4 + 2 * i);
    trace_skip();
    for (unsigned i = 0; i < 1000; i++)
        in(". %u:%u ack 1", 2 + 2 * i, 3 + 2 * i);
    in(". 1:1001 ack 1");
    in(". 1001:2001 ack 1");
    advance(500);
    trace_skip();
    app_recv(2000);
    trace_skip();
}

/* ---- the application's side ---------------------------------------------------------------------------- */

static void a_full_send_buffer_says_so_and_when_it_has_room(void)
{
    uint8_t bytes[3000] = {0};

    trace_options(&(struct rn_options){.connections = 64, .send_bytes = 2000});
    establish_with(1000, 64240);
    assert_int_equal(rn_send(trace_net(), trace_sock(), bytes, 3000), 2000);
    assert_int_equal(rn_send(trace_net(), trace_sock(), bytes, 1), -EAGAIN);
    advance(0);
    assert_int_equal(trace_skip(), 2);
    app_no_event();
    in(". 1:1 ack 2001");
    app_event(RN_WRITABLE);
    assert_int_equal(rn_send(trace_net(), trace_sock(), bytes, 1000), 1000);
    advance(0);
    assert_int_equal(trace_skip(), 1);
    in(". 1:1 ack 3001");
    app_no_event();
}

static void options_in_data_are_passed_over(void)
{
    reach(ESTABLISHED);
    in("P. 1:101 ack 1 <nop,nop,nop,nop>");
    in("P. 101:201 ack 1 <mss 500>");
    in("P. 201:301 ack 1 <raw c8040000>");
    in("P. 301:401 ack 1 <raw c800>"); /* MUST-5, MUST-6, MUST-7 */
    app_recv(400);
    trace_skip();
    advance(500);
    trace_skip();
}

static void urgent_data_is_data(void)
{
    reach(ESTABLISHED);
    in("PU. 1:101 ack 1 urg 10");
    app_recv(100);
    within(500, ". 1:1 ack 101");
}

static void a_quiet_connection_is_quiet_for_a_day(void)
{
    reach(ESTABLISHED);
    advance(24 * 3600 * 1000.0); /* MUST-25 */
    quiet();
    state_is(ESTABLISHED);
}

static const struct trace_test tests[] = {
    TRACE(bytes_arrive_in_order),
    TRACE(one_segment_is_acknowledged_in_time),
    TRACE(every_second_full_segment_is_acknowledged_at_once),
    TRACE(a_batch_is_acknowledged_once),
    TRACE(an_acknowledgement_rides_on_data),
    TRACE(a_pure_ack_is_not_answered),
    TRACE(an_echo_by_splice_is_one_segment_each_way),
    TRACE(data_is_cut_at_the_peers_mss),
    TRACE(without_an_mss_536_or_1220_is_assumed),
    TRACE(a_peer_with_a_larger_mss_gets_what_the_link_carries),
    TRACE(nagle_holds_a_small_segment_back),
    TRACE(nagle_lets_a_full_segment_go),
    TRACE(without_nagle_all_goes_at_once),
    TRACE(two_writes_before_a_flush_are_one_segment),
    TRACE(what_comes_early_is_kept),
    TRACE(each_early_segment_gets_its_own_ack),
    TRACE(overlaps_are_cut),
    TRACE(a_thousand_holes_are_survived),
    TRACE(a_full_send_buffer_says_so_and_when_it_has_room),
    TRACE(options_in_data_are_passed_over),
    TRACE(urgent_data_is_data),
    TRACE(a_quiet_connection_is_quiet_for_a_day),
    TRACE(a_batch_that_fills_its_own_hole_is_acknowledged_as_a_whole),
};

TRACE_MAIN("data", tests)
