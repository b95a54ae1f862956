/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 9293 3.6, closing a connection: in every order, by half, at once, with a segment lost, with bytes
 * unread; by reset, from either side; and what remains of it for two maximum segment lifetimes.
 */
#include "trace.h"

static void we_close_first(void)
{
    reach(ESTABLISHED);
    app_shutdown();
    out("F. 1:1 ack 1");
    state_is(FIN_WAIT_1);
    in(". 1:1 ack 2");
    state_is(FIN_WAIT_2);
    in("F. 1:1 ack 2");
    out(". 2:2 ack 2");
    app_event(RN_READABLE | RN_PEER_CLOSED);
    app_read_end();
    app_event(RN_CLOSED);
    app_stale();
    quiet();
}

static void the_peer_closes_first(void)
{
    reach(CLOSE_WAIT);
    app_send(100);
    out("P. 1:101 ack 2");
    in(". 2:2 ack 101");
    app_shutdown();
    out("F. 101:101 ack 2");
    state_is(LAST_ACK);
    in(". 2:2 ack 102");
    app_event(RN_CLOSED);
    app_stale();
    in(". 2:2 ack 102");
    out("R 102:102"); /* nothing is left: no TIME-WAIT for who closes last */
}

static void both_close_at_once(void)
{
    reach(CLOSING);
    app_event(RN_READABLE | RN_PEER_CLOSED);
    app_read_end();
    in(". 2:2 ack 2");
    app_event(RN_CLOSED);
    app_stale();
    in("F. 1:1 ack 2");
    out(". 2:2 ack 2"); /* TIME-WAIT */
}

static void a_fin_may_acknowledge_ours(void)
{
    reach(FIN_WAIT_1);
    in("F. 1:1 ack 2");
    out(". 2:2 ack 2");
    app_event(RN_READABLE | RN_PEER_CLOSED);
    app_read_end();
    app_event(RN_CLOSED);
}

static void the_fin_comes_behind_what_is_queued(void)
{
    reach(ESTABLISHED);
    app_queue(100);
    app_shutdown();
    out("FP. 1:101 ack 1");
    in(". 1:1 ack 102");
    state_is(FIN_WAIT_2);
}

static void the_fin_waits_for_the_window(void)
{
    reach(ESTABLISHED);
    in(". 1:1 ack 1 win 50");
    app_queue(100);
    app_shutdown();
    advance(1500);
    assert_true(trace_skip() > 0); /* small bits, sooner or later, and no FIN in front of them */
    in(". 1:1 ack 51 win 64240");
    between(0, 1500, "FP. 51:101 ack 1");
    in(". 1:1 ack 102");
    state_is(FIN_WAIT_2);
}

static void after_half_a_close_the_peer_may_go_on(void)
{
    uint8_t byte = 0;

    reach(FIN_WAIT_2);
    assert_int_equal(rn_send(trace_net(), trace_sock(), &byte, 1), -EPIPE);
    in("P. 1:1001 ack 2");
    app_event(RN_READABLE);
    app_recv(1000);
    within(500, ". 2:2 ack 1001");
    advance(600.0 * 1000); /* as long as it likes: the socket is not closed, only shut */
    quiet();
    in("FP. 1001:1101 ack 2");
    out(". 2:2 ack 1102");
    app_event(RN_READABLE | RN_PEER_CLOSED);
    app_recv(100);
    app_event(RN_READABLE); /* the end is here and not yet told */
    app_read_end();
    app_event(RN_CLOSED);
}

static void after_the_peers_half_we_may_go_on(void)
{
    reach(CLOSE_WAIT);
    for (unsigned i = 0; i < 10; i++) {
        app_send(1000);
        out("P. %u:%u ack 2", 1 + 1000 * i, 1001 + 1000 * i);
        in(". 2:2 ack %u", 1001 + 1000 * i);
    }
    app_close();
    out("F. 10001:10001 ack 2");
    in(". 2:2 ack 10002");
    quiet();
}

static void a_lost_fin_is_sent_again(void)
{
    reach(FIN_WAIT_1);
    between(190, 1010, "F. 1:1 ack 1");
    between(390, 2020, "F. 1:1 ack 1");
    in(". 1:1 ack 2");
    state_is(FIN_WAIT_2);
    advance(10000);
    quiet();
}

static void a_fin_without_its_data_is_sent_again_with_it(void)
{
    reach(ESTABLISHED);
    app_queue(100);
    app_shutdown();
    out("FP. 1:101 ack 1");
    between(190, 1010, "FP. 1:101 ack 1");
    in(". 1:1 ack 101");
    between(190, 4000, "F. 101:101 ack 1");
    in(". 1:1 ack 102");
    state_is(FIN_WAIT_2);
}

/* A FIN takes its turn: what stood before it was lost (tass-belgium/picotcp 124). */
static void a_fin_that_comes_early_waits(void)
{
    reach(ESTABLISHED);
    in("F. 101:101 ack 1");
    out(". 1:1 ack 1");
    app_read_nothing();
    in("P. 1:101 ack 1");
    out(". 1:1 ack 102");
    app_recv(100);
    app_read_end();
    state_is(CLOSE_WAIT);
}

static void data_with_a_fin_that_comes_early_waits(void)
{
    reach(ESTABLISHED);
    in("FP. 101:201 ack 1");
    out(". 1:1 ack 1");
    in("P. 1:101 ack 1");
    out(". 1:1 ack 202");
    app_recv(200);
    app_read_end();
    state_is(CLOSE_WAIT);
}

static void data_behind_a_fin_is_not_delivered(void)
{
    reach(CLOSE_WAIT);
    in("P. 2:102 ack 1");
    trace_skip();
    app_read_end();
}

static void the_end_is_told_by_the_read(void)
{
    reach(ESTABLISHED);
    in("FP. 1:101 ack 1");
    within(500, ". 1:1 ack 102");
    app_event(RN_READABLE | RN_PEER_CLOSED);
    app_recv(100);
    app_read_end();
    app_read_end();
}

static void a_splice_that_takes_the_last_byte_is_told_of_the_end(void)
{
    reach(ESTABLISHED);
    in("FP. 1:101 ack 1");
    app_event(RN_READABLE | RN_PEER_CLOSED);
    app_splice(100);
    trace_skip();
    in(". 102:102 ack 101");
    app_event(RN_READABLE);
    app_splice(0);
}

/* ---- TIME-WAIT ----------------------------------------------------------------------------------------- */

static void time_wait_answers_a_fin_again(void)
{
    reach(TIME_WAIT);
    advance(30000);
    in("F. 1:1 ack 2");
    out(". 2:2 ack 2");
    advance(50000); /* 80 s after its beginning, 50 s after it began again: MUST-13 */
    in("F. 1:1 ack 2");
    out(". 2:2 ack 2");
}

static void time_wait_ends_after_two_lifetimes(void)
{
    reach(TIME_WAIT);
    advance(59000);
    in(". 2:2 ack 2");
    quiet();
    advance(61000);
    in("F. 1:1 ack 2");
    out("R 2:2");
}

static void time_wait_is_not_ended_by_a_reset(void)
{
    reach(TIME_WAIT);
    in("R 2:2"); /* RFC 1337 */
    quiet();
    in("F. 1:1 ack 2");
    out(". 2:2 ack 2");
}

static void time_wait_gives_way_to_a_newer_syn(void)
{
    uint32_t old;

    reach(TIME_WAIT);
    old = trace_iss();
    advance(2000);
    trace_flow(PEER_PORT, LOCAL_PORT);
    in("S 100000:100000 <mss link>"); /* MAY-2 */
    out("S. 0:0 ack 100001 <mss link>");
    assert_true((int32_t)(trace_iss() - old) > 2);
    in(". 100001:100001 ack 1");
    app_accept();
}

static void time_wait_does_not_give_way_to_an_old_syn(void)
{
    reach(TIME_WAIT);
    in("S 0:0 <mss link>");
    out(". 2:2 ack 2");
    in("F. 1:1 ack 2");
    out(". 2:2 ack 2");
}

/* ---- a closed socket --------------------------------------------------------------------------------- */

static void close_sends_a_fin_behind_the_data(void)
{
    reach(ESTABLISHED);
    app_queue(100);
    app_close();
    out("FP. 1:101 ack 1");
    in(". 1:1 ack 102");
    in("F. 1:1 ack 102");
    out(". 102:102 ack 2");
    app_no_event();
}

static void close_with_unread_bytes_resets(void)
{
    reach(ESTABLISHED);
    in("P. 1:101 ack 1");
    app_close();
    out("R. 1:1 ack 101"); /* SHLD-3 */
    in(". 101:101 ack 1");
    out("R 1:1");
}

static void data_after_close_resets(void)
{
    reach(ESTABLISHED);
    app_close();
    out("F. 1:1 ack 1");
    in(". 1:1 ack 2");
    in("P. 1:101 ack 2");
    assert_int_equal(trace_skip(), 1); /* a RST: nothing is left behind it */
    in("P. 1:101 ack 2");
    out("R 2:2");
}

static void a_closed_socket_waits_a_minute_for_the_peers_end(void)
{
    reach(ESTABLISHED);
    app_close();
    out("F. 1:1 ack 1");
    in(". 1:1 ack 2");
    advance(59000);
    in(". 1:1 ack 2");
    quiet();
    advance(62000);
    in("F. 1:1 ack 2");
    out("R 2:2");
}

static void close_of_a_connection_that_does_not_stand_yet_is_quiet(void)
{
    reach(SYN_SENT);
    app_close();
    in("S. 0:0 ack 1 <mss link>");
    assert_int_equal(trace_skip(), 1); /* a RST */
    advance(200.0 * 1000);
    quiet();
}

/* ---- resets -------------------------------------------------------------------------------------------- */

static void an_abort_resets(void)
{
    reach(ESTABLISHED);
    app_queue(100);
    app_abort();
    assert_int_equal(trace_skip(), 1);
    in(". 1:1 ack 1");
    out("R 1:1");
    app_no_event();
}

static void an_abort_is_a_reset_in_place(void)
{
    reach(ESTABLISHED);
    app_send(100);
    out("P. 1:101 ack 1");
    in("P. 1:51 ack 101");
    app_abort();
    out("R. 101:101 ack 51");
    quiet();
}

static void an_abort_is_silent_before_the_connection_stands(void)
{
    reach(SYN_SENT);
    app_abort();
    quiet();
    advance(200.0 * 1000);
    quiet();
}

static void a_reset_is_told(void)
{
    reach(ESTABLISHED);
    in("R 1:1");
    app_failed(-ECONNRESET); /* MUST-12 */
    quiet();
    in("P. 1:101 ack 1");
    out("R 1:1");
}

static void a_reset_may_carry_bytes(void)
{
    reach(ESTABLISHED);
    in("R. 1:21 ack 1");
    app_failed(-ECONNRESET); /* SHLD-2 */
    quiet();
}

static void a_reset_counts_with_a_closed_window(void)
{
    trace_options(&(struct rn_options){.connections = 64, .receive_bytes = 1000});
    reach(ESTABLISHED);
    in(". 1:1001 ack 1");
    within(500, ". 1:1 ack 1001 win 0");
    in("R 1001:1001");
    app_failed(-ECONNRESET); /* MUST-66 */
    quiet();
}

static void closing_the_listener_resets_who_was_not_fetched(void)
{
    reach(SYN_RECEIVED);
    in(". 1:1 ack 1");
    trace_close_listener();
    assert_int_equal(trace_skip(), 1);
    app_no_event();
    in("P. 1:101 ack 1");
    out("R 1:1");
}

static const struct trace_test tests[] = {
    TRACE(we_close_first),
    TRACE(the_peer_closes_first),
    TRACE(both_close_at_once),
    TRACE(a_fin_may_acknowledge_ours),
    TRACE(the_fin_comes_behind_what_is_queued),
    TRACE(the_fin_waits_for_the_window),
    TRACE(after_half_a_close_the_peer_may_go_on),
    TRACE(after_the_peers_half_we_may_go_on),
    TRACE(a_lost_fin_is_sent_again),
    TRACE(a_fin_without_its_data_is_sent_again_with_it),
    TRACE(a_fin_that_comes_early_waits),
    TRACE(data_with_a_fin_that_comes_early_waits),
    TRACE(data_behind_a_fin_is_not_delivered),
    TRACE(the_end_is_told_by_the_read),
    TRACE(a_splice_that_takes_the_last_byte_is_told_of_the_end),
    TRACE(time_wait_answers_a_fin_again),
    TRACE(time_wait_ends_after_two_lifetimes),
    TRACE(time_wait_is_not_ended_by_a_reset),
    TRACE(time_wait_gives_way_to_a_newer_syn),
    TRACE(time_wait_does_not_give_way_to_an_old_syn),
    TRACE(close_sends_a_fin_behind_the_data),
    TRACE(close_with_unread_bytes_resets),
    TRACE(data_after_close_resets),
    TRACE(a_closed_socket_waits_a_minute_for_the_peers_end),
    TRACE(close_of_a_connection_that_does_not_stand_yet_is_quiet),
    TRACE(an_abort_resets),
    TRACE(an_abort_is_a_reset_in_place),
    TRACE(an_abort_is_silent_before_the_connection_stands),
    TRACE(a_reset_is_told),
    TRACE(a_reset_may_carry_bytes),
    TRACE(a_reset_counts_with_a_closed_window),
    TRACE(closing_the_listener_resets_who_was_not_fetched),
};

TRACE_MAIN("close", tests)
