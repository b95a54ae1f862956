/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 7323: timestamps are taken up when offered, echo what they must, cost 12 bytes of each segment, and
 * keep old duplicates out (PAWS).
 */
#include "trace.h"

static void open_with_timestamps(void)
{
    trace_options(&(struct rn_options){.connections = 64, .no_sack = 1});
    reach(LISTEN);
    in("S 0:0 win 60000 <mss 1012,ts 5000:0>");
    out("S. 0:0 ack 1 <mss link,ts 0:5000>");
    advance(20);
    in(". 1:1 ack 1 win 60000 <ts 5020:0>");
    app_accept();
}

static void segments_carry_twelve_bytes_less(void)
{
    open_with_timestamps();
    app_send(2000);
    out(". 1:1001 ack 1 <ts 20:5020>"); /* MUST-16 */
    out("P. 1001:2001 ack 1 <ts 20:5020>");
    in(". 1:1 ack 2001 win 60000 <ts 5040:20>");
}

/* 4.3: the echo is of the segment that the acknowledgement's left edge came with, not of the latest. */
static void a_delayed_ack_echoes_the_first(void)
{
    open_with_timestamps();
    in("P. 1:101 ack 1 win 60000 <ts 5100:0>");
    advance(5);
    in("P. 101:201 ack 1 win 60000 <ts 5105:0>");
    within(500, ". 1:1 ack 201 <*>");
    app_recv(200);
    app_send(10);
    out("P. 1:11 ack 201 <ts *>");
    in(". 201:201 ack 11 win 60000 <ts 5200:0>");
}

static void an_old_duplicate_is_kept_out(void)
{
    open_with_timestamps();
    in("P. 1:101 ack 1 win 60000 <ts 5100:0>");
    app_recv(100);
    within(500, ". 1:1 ack 101 <ts *>");
    in("P. 101:201 ack 1 win 60000 <ts 5099:0>"); /* 5.3 R1: dropped, and acknowledged */
    out(". 1:1 ack 101 <ts *>");
    app_read_nothing();
    assert_int_equal(trace_drops("timestamp"), 1);
    in("R 101:101"); /* a RST is not judged by it */
    app_failed(-ECONNRESET);
}

/* 3.2: once agreed on, a segment without is dropped in silence. */
static void a_segment_without_is_dropped(void)
{
    open_with_timestamps();
    in("P. 1:101 ack 1 win 60000");
    quiet();
    app_read_nothing();
    assert_int_equal(trace_drops("timestamp"), 1);
    in("P. 1:101 ack 1 win 60000 <ts 5100:0>");
    app_recv(100);
    within(500, ". 1:1 ack 101 <ts *>");
}

/* 5.5: a connection that was idle for 24 days takes any timestamp. */
static void an_old_timestamp_is_forgotten(void)
{
    open_with_timestamps();
    in("P. 1:101 ack 1 win 60000 <ts 5100:0>");
    app_recv(100);
    within(500, ". 1:1 ack 101 <ts *>");
    advance(27.0 * 24 * 3600 * 1000);
    quiet();
    in("P. 101:201 ack 1 win 60000 <ts 4000:0>");
    app_recv(100);
    within(500, ". 1:1 ack 201 <ts *>");
}

static void none_are_offered_to_a_peer_without(void)
{
    trace_options(&(struct rn_options){.connections = 64});
    reach(LISTEN);
    in("S 0:0 <mss 1000>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    app_accept();
    app_send(1000);
    out("P. 1:1001 ack 1");
    in(". 1:1 ack 1001");
}

static void all_are_offered_by_an_active_open(void)
{
    trace_options(
        &(struct rn_options){.connections = 64, .receive_bytes = 65535, .receive_bytes_max = 65535});
    app_connect();
    out("S 0:0 win 65535 <mss link,wscale 0,sackOK,ts 0:0>");
    in("S. 0:0 ack 1 win 1000 <mss 1000,ts 7:0>");
    out(". 1:1 ack 1 <ts 0:7>");
    app_event(RN_CONNECTED);
}

/* SHLD-4, RFC 6191 2: whatever the sequence number is, the timestamp decides where there is one. */
static void an_earlier_timestamp_does_not_open_time_wait_again(void)
{
    open_with_timestamps();
    app_close();
    out("F. 1:1 ack 1 <ts *>");
    in("F. 1:1 ack 2 win 60000 <ts 5100:0>");
    out(". 2:2 ack 2 <ts *>");
    in("S 100000:100000 <mss 1012,ts 5099:0>");
    out(". 2:2 ack 2 <ts *>");
    advance(1000);
    trace_flow(PEER_PORT, LOCAL_PORT);
    in("S 100000:100000 <mss 1012>"); /* without one the sequence number decides */
    out("S. 0:0 ack 100001 <mss link>");
    in("R 100001:100001");
    quiet();
}

static void a_later_timestamp_opens_time_wait_again(void)
{
    open_with_timestamps();
    app_close();
    out("F. 1:1 ack 1 <ts *>");
    in("F. 1:1 ack 2 win 60000 <ts 5100:0>");
    out(". 2:2 ack 2 <ts *>");
    advance(1000);
    trace_flow(PEER_PORT, LOCAL_PORT);
    in("S 0:0 <mss 1012,ts 5101:0>");
    out("S. 0:0 ack 1 <mss link,ts 0:5101>");
    in(". 1:1 ack 1 <ts 5102:0>");
    app_accept();
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(segments_carry_twelve_bytes_less),
        TRACE(a_delayed_ack_echoes_the_first),
        TRACE(an_old_duplicate_is_kept_out),
        TRACE(a_segment_without_is_dropped),
        TRACE(an_old_timestamp_is_forgotten),
        TRACE(none_are_offered_to_a_peer_without),
        TRACE(all_are_offered_by_an_active_open),
        TRACE(an_earlier_timestamp_does_not_open_time_wait_again),
        TRACE(a_later_timestamp_opens_time_wait_again),
    };

    return trace_main("timestamps", tests, sizeof tests / sizeof tests[0]);
}
