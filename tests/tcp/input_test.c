/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 9293 3.10.7, segment arrives, in its order: no connection, LISTEN, SYN-SENT (in open_test.c), and all
 * other states: sequence number, RST, SYN, ACK; with the defences of RFC 5961.
 */
#include "trace.h"

/* ---- no connection (3.10.7.1) ------------------------------------------------------------------------ */

static void a_segment_to_nobody_is_reset(void)
{
    trace_count_from(0); /* without an ACK of theirs our number is 0 */
    in("S 0:0 <mss link>");
    out("R. 0:0 ack 1");
    in("S 0:100");
    out("R. 0:0 ack 101");
    in("F 5:5");
    out("R. 0:0 ack 6");
    in("P 5:15");
    out("R. 0:0 ack 15");
    in(". 1:101 ack 700");
    out("R 700:700");
    in("S. 1:1 ack 800");
    out("R 800:800");
    assert_true(trace_drops("no_listener") + trace_drops("no_connection") == 6);
}

static void a_reset_to_nobody_is_not_answered(void)
{
    in("R 1:1");
    in("R. 1:1 ack 1");
    in("SR 1:1");
    quiet();
}

/* ---- LISTEN (3.10.7.2) -------------------------------------------------------------------------------- */

static void an_ack_to_a_listener_is_reset(void)
{
    reach(LISTEN);
    in(". 1:1 ack 300");
    out("R 300:300");
    in("P. 1:101 ack 300");
    out("R 300:300");
    in("S. 1:1 ack 300");
    out("R 300:300");
}

static void a_reset_to_a_listener_is_ignored(void)
{
    reach(LISTEN);
    in("R 1:1");
    in("R. 1:1 ack 1");
    quiet();
}

static void a_listener_drops_what_neither_opens_nor_acknowledges(void)
{
    reach(LISTEN);
    in("F 1:1");
    in("P 1:101");
    quiet();
    app_no_event();
}

static void strange_flags_open_nothing(void)
{
    reach(LISTEN);
    in("SF 0:0");
    in("SR 0:0");
    in("SFPU 0:0 urg 1");
    quiet();
    app_no_event();
    in("SEW 0:0 <mss link>"); /* asks for ECN, RFC 3168: an ordinary SYN for who does not know it */
    out("S. 0:0 ack 1 <mss link>");
}

/* ---- sequence number (3.10.7.4, first) ---------------------------------------------------------------- */

static void an_old_segment_is_answered_by_an_ack(void)
{
    reach(ESTABLISHED);
    in("P. 1:101 ack 1");
    app_recv(100);
    within(500, ". 1:1 ack 101");
    in("P. 1:101 ack 1");
    out(". 1:1 ack 101");
    app_read_nothing();
    quiet();
}

static void a_segment_beyond_the_window_is_answered_by_an_ack(void)
{
    reach(ESTABLISHED);
    in(". 50001:50101 ack 1");
    out(". 1:1 ack 1");
    in("F. 60000:60000 ack 1");
    out(". 1:1 ack 1");
    app_no_event();
    assert_int_equal(trace_drops("sequence"), 2);
}

/* There stands a peer that has sent all that the window takes, and lost some of it. */
static void a_bare_ack_at_the_right_edge_counts(void)
{
    reach(ESTABLISHED);
    app_send(100);
    out("P. 1:101 ack 1");
    in(". 40001:40001 ack 101");
    assert_int_equal(trace_drops("sequence"), 0);
    advance(100000);
    quiet();
    in(". 40002:40002 ack 101");
    out(". 101:101 ack 1");
    assert_int_equal(trace_drops("sequence"), 1);
}

static void a_reset_beyond_the_window_is_ignored(void)
{
    reach(ESTABLISHED);
    in("R 40001:40001");
    in("R 4000000000:4000000000");
    quiet();
    app_no_event();
    state_is(ESTABLISHED);
}

static void a_keep_alive_is_answered(void)
{
    reach(ESTABLISHED);
    in("P. 1:101 ack 1");
    app_recv(100);
    within(500, ". 1:1 ack 101");
    in(". 100:100 ack 1");
    out(". 1:1 ack 101");
    in(". 100:101 ack 1");
    out(". 1:1 ack 101");
}

/* ---- RST, SYN (second, fourth) ------------------------------------------------------------------------ */

static void a_reset_not_quite_in_place_is_challenged(void)
{
    reach(ESTABLISHED);
    in("R 2:2");
    out(". 1:1 ack 1"); /* RFC 5961 3.2 */
    app_no_event();
    assert_int_equal(trace_drops("reset"), 1);
    in("R 1:1");
    app_failed(-ECONNRESET);
}

static void a_syn_inside_is_challenged(void)
{
    reach(ESTABLISHED);
    in("S 1:1");
    out(". 1:1 ack 1"); /* RFC 5961 4.2 */
    in("S 30000:30000");
    quiet(); /* not two within half a second: RFC 5961 7 */
    advance(500);
    in("S 30000:30000");
    out(". 1:1 ack 1");
    advance(500);
    in("S. 1:1 ack 1");
    out(". 1:1 ack 1");
    app_no_event();
    state_is(ESTABLISHED);
}

static void a_reset_in_place_ends_every_state(void)
{
    static const enum trace_state states[] = {ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2,
                                              CLOSE_WAIT,  CLOSING,    LAST_ACK};

    reach(LISTEN);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        bool fin_came = states[i] == CLOSE_WAIT || states[i] == CLOSING || states[i] == LAST_ACK;
        struct rn_event ev = {0};

        trace_flow((uint16_t)(PEER_PORT + i), LOCAL_PORT);
        reach_again(states[i]);
        in(fin_came ? "R 2:2" : "R 1:1");
        quiet();
        while (!(ev.mask & (RN_FAILED | RN_CLOSED)))
            assert_true(rn_next(trace_net(), &ev));
        app_stale();
        in(". 2:2 ack 1");
        out("R 1:1");
    }
}

/* ---- ACK (fifth) --------------------------------------------------------------------------------------- */

static void a_segment_without_ack_is_dropped(void)
{
    reach(ESTABLISHED);
    in("P 1:101");
    quiet();
    app_read_nothing();
    advance(1000);
    quiet();
}

static void an_ack_of_what_was_not_sent_is_answered_and_brings_nothing(void)
{
    reach(ESTABLISHED);
    in("P. 1:101 ack 500");
    out(". 1:1 ack 1");
    app_read_nothing();
    quiet();
}

static void an_old_ack_is_taken_for_what_it_brings(void)
{
    reach(ESTABLISHED);
    app_send(100);
    out("P. 1:101 ack 1");
    in(". 1:1 ack 101");
    in("P. 1:51 ack 50");
    app_recv(50);
    within(500, ". 101:101 ack 51");
}

static void a_very_old_ack_is_challenged(void)
{
    reach(ESTABLISHED);
    in("P. 1:101 ack 2147483000"); /* as far behind as can be: RFC 5961 5.2 */
    out(". 1:1 ack 1");
    app_read_nothing();
}

static void nothing_comes_between_the_states(void)
{
    reach(FIN_WAIT_2);
    in("S 1:1");
    out(". 2:2 ack 1");
    advance(500);
    in(". 1:1 ack 3");
    out(". 2:2 ack 1");
    state_is(FIN_WAIT_2);
}

/* RFC 5961 7. Two that disagree about a connection would else answer each other's answers for ever: this
 * happens when an old SYN, doubled on the way, opens a half that the other side knows nothing of. */
static void answers_to_bare_acks_out_of_place_are_limited(void)
{
    int answers = 0;

    reach(ESTABLISHED);
    for (int i = 0; i < 5000; i++) {
        in(". 50001:50001 ack 1");
        answers += trace_skip();
        advance(0.02);
        answers += trace_skip();
    }
    assert_in_range(answers, 1, 100);
    state_is(ESTABLISHED);
    in("P. 1:101 ack 1");
    app_recv(100);
    within(500, ". 1:1 ack 101");
}

static void answers_of_a_half_open_one_are_limited(void)
{
    int answers = 0;

    reach(SYN_RECEIVED);
    for (int i = 0; i < 5000; i++) {
        in(". 50001:50001 ack 1");
        answers += trace_skip();
        advance(0.02);
        answers += trace_skip();
    }
    assert_in_range(answers, 0, 100);
    in(". 1:1 ack 1");
    app_accept();
}

/* RFC 9293 3.10.7.4: a segment that was challenged is dropped, with all that it carries. */
static void nothing_is_taken_of_what_was_challenged(void)
{
    reach(ESTABLISHED);
    app_send(100);
    out("P. 1:101 ack 1");
    in("R. 2:52 ack 101");
    out(". 101:101 ack 1");
    advance(500);
    out("P. 1:101 ack 1"); /* it was not acknowledged either */
    trace_skip();
    in("SPU. 1:51 ack 101 urg 10 win 0");
    out(". 101:101 ack 1");
    app_read_nothing();
    app_no_event();
    in("P. 1:51 ack 101");
    app_recv(50);
    within(500, ". 101:101 ack 51");
}

static void a_syn_inside_is_challenged_in_every_state(void)
{
    static const enum trace_state states[] = {ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2,
                                              CLOSE_WAIT,  CLOSING,    LAST_ACK};

    reach(LISTEN);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        unsigned nxt = states[i] == ESTABLISHED || states[i] == CLOSE_WAIT ? 1 : 2;
        unsigned peer = states[i] == CLOSE_WAIT || states[i] == CLOSING || states[i] == LAST_ACK ? 2 : 1;

        for (unsigned at = 0; at < 4; at++) { /* the old SYN itself, in place, in the window, beyond it */
            static const unsigned seq[] = {0, 1, 30000, 3000000000};

            trace_flow((uint16_t)(PEER_PORT + i * 4 + at), LOCAL_PORT);
            reach_again(states[i]);
            in("S %u:%u", seq[at], seq[at]);
            out(". %u:%u ack %u", nxt, nxt, peer);
            state_is(states[i]);
            app_abort();
            trace_skip();
        }
    }
}

/* RFC 5961 3.2, 7: of all numbers one alone resets; the rest costs one answer in half a second. */
static void a_reset_must_guess_the_one_number(void)
{
    uint32_t x = 12345;

    reach(ESTABLISHED);
    for (uint32_t seq = 2; seq < 40001; seq += 7)
        in("R %u:%u", seq, seq);
    for (int i = 0; i < 5000; i++) {
        x = x * 1664525 + 1013904223;
        if (x != 1)
            in("R %u:%u", x, x);
    }
    in("R 0:0");
    assert_int_equal(trace_skip(), 1);
    state_is(ESTABLISHED);
    in("R 1:1");
    app_failed(-ECONNRESET);
}

/* RFC 5961 10: else whoever can count the answers to himself learns of another's connection. */
static void each_connection_has_challenges_of_its_own(void)
{
    rn_sock other;

    reach(ESTABLISHED);
    for (int i = 0; i < 500; i++)
        in("S 1:1");
    assert_int_equal(trace_skip(), 1);
    other = trace_sock();
    trace_flow(PEER_PORT + 1, LOCAL_PORT);
    reach_again(ESTABLISHED);
    in("S 1:1");
    out(". 1:1 ack 1");
    in("S 1:1");
    quiet();
    assert_int_equal(rn_abort(trace_net(), other), 0);
    advance(0);
    trace_skip();
}

/* The same of a half that is open: 3.10.7.4 has SYN-RECEIVED among its states. */
static void challenges_of_a_half_open_one_are_limited(void)
{
    reach(SYN_RECEIVED);
    for (int i = 0; i < 500; i++) {
        in("R 2:2");
        in("S 5:5");
    }
    assert_in_range(trace_skip(), 1, 2);
    in(". 1:1 ack 1");
    app_accept();
}

/* A port scan gets a thousand answers a second and no more. */
static void resets_to_nobody_are_limited(void)
{
    int answers = 0;

    for (unsigned i = 0; i < 5000; i++) {
        trace_flow((uint16_t)(1000 + i), 80);
        in("S 0:0");
        answers += trace_skip();
    }
    assert_int_equal(answers, 1000);
    assert_int_equal(trace_drops("rate"), 4000);
    advance(100);
    for (unsigned i = 0; i < 500; i++)
        in("S 0:0");
    assert_in_range(trace_skip(), 99, 101);
}

static const struct trace_test tests[] = {
    TRACE(a_segment_to_nobody_is_reset),
    TRACE(a_reset_to_nobody_is_not_answered),
    TRACE(an_ack_to_a_listener_is_reset),
    TRACE(a_reset_to_a_listener_is_ignored),
    TRACE(a_listener_drops_what_neither_opens_nor_acknowledges),
    TRACE(strange_flags_open_nothing),
    TRACE(an_old_segment_is_answered_by_an_ack),
    TRACE(a_segment_beyond_the_window_is_answered_by_an_ack),
    TRACE(a_bare_ack_at_the_right_edge_counts),
    TRACE(a_reset_beyond_the_window_is_ignored),
    TRACE(a_keep_alive_is_answered),
    TRACE(a_reset_not_quite_in_place_is_challenged),
    TRACE(a_syn_inside_is_challenged),
    TRACE(a_reset_in_place_ends_every_state),
    TRACE(a_segment_without_ack_is_dropped),
    TRACE(an_ack_of_what_was_not_sent_is_answered_and_brings_nothing),
    TRACE(an_old_ack_is_taken_for_what_it_brings),
    TRACE(a_very_old_ack_is_challenged),
    TRACE(nothing_comes_between_the_states),
    TRACE(answers_to_bare_acks_out_of_place_are_limited),
    TRACE(answers_of_a_half_open_one_are_limited),
    TRACE(nothing_is_taken_of_what_was_challenged),
    TRACE(a_syn_inside_is_challenged_in_every_state),
    TRACE(a_reset_must_guess_the_one_number),
    TRACE(each_connection_has_challenges_of_its_own),
    TRACE(challenges_of_a_half_open_one_are_limited),
    TRACE(resets_to_nobody_are_limited),
};

TRACE_MAIN("input", tests)
