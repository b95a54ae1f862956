/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 9293 3.8.6: the window as a sender keeps it and as a receiver offers it; none at all, one that shrinks,
 * and silly ones.
 */
#include "trace.h"

static void no_byte_goes_beyond_the_window(void)
{
    establish_with(1000, 300);
    app_send(1000);
    out(". 1:301 ack 1");
    quiet();
    in(". 1:1 ack 301 win 300");
    out(". 301:601 ack 1");
    in(". 1:1 ack 601 win 1000");
    out("P. 601:1001 ack 1");
    in(". 1:1 ack 1001");
}

static void a_window_is_unsigned(void)
{
    establish_with(1000, 65535);
    app_send(60000);
    for (unsigned acked = 1; acked < 60001;) {
        int n = trace_skip();

        assert_true(n > 0);
        acked += (unsigned)n * 1000;
        in(". 1:1 ack %u win 65535", acked);
    }
    quiet();
}

static void a_zero_window_is_probed(void)
{
    reach(ESTABLISHED);
    measure();
    in(". 1:1 ack 2 win 0");
    app_send(100);
    quiet();
    between(100, 1100, ". 2:3 ack 1"); /* SHLD-29: after about an RTO */
    in(". 1:1 ack 2 win 0");
    between(300, 2200, ". 2:3 ack 1"); /* SHLD-30: later each time */
    in(". 1:1 ack 2 win 0");
    between(600, 4200, ". 2:3 ack 1");
    in(". 1:1 ack 2 win 1000");
    out("P. 2:102 ack 1");
    in(". 1:1 ack 102");
    advance(10000);
    quiet();
}

static void a_probe_that_is_taken_counts(void)
{
    reach(ESTABLISHED);
    measure();
    in(". 1:1 ack 2 win 0");
    app_send(100);
    between(100, 1100, ". 2:3 ack 1");
    in(". 1:1 ack 3 win 0");
    between(100, 2200, ". 3:4 ack 1");
    in(". 1:1 ack 4 win 1000");
    out("P. 4:102 ack 1");
    in(". 1:1 ack 102");
}

/* MUST-37: a day long. */
static void a_window_may_stay_closed_while_probes_are_acknowledged(void)
{
    int probes = 0;

    reach(ESTABLISHED);
    measure();
    in(". 1:1 ack 2 win 0");
    app_send(100);
    for (int minute = 0; minute < 24 * 60; minute++) {
        advance(60000);
        if (trace_skip() > 0) {
            probes++;
            in(". 1:1 ack 2 win 0");
        }
    }
    assert_in_range(probes, 600, 24 * 60);
    app_no_event();
    in(". 1:1 ack 2 win 1000");
    out("P. 2:102 ack 1");
    in(". 1:1 ack 102");
}

static void a_probe_that_nobody_answers_ends_in_r2(void)
{
    reach(ESTABLISHED);
    measure();
    in(". 1:1 ack 2 win 0");
    app_send(100);
    for (int i = 0; i < 1200; i++) {
        if (app_has_failed(-ETIMEDOUT))
            return;
        advance(1000);
        trace_skip();
    }
    fail_msg("still there");
}

static void a_window_that_shrinks_stops_new_data_only(void)
{
    establish_with(1000, 64240);
    app_send(5000);
    assert_int_equal(trace_skip(), 5);
    in(". 1:1 ack 1001 win 1000"); /* MUST-34: the right edge goes from 64241 to 2001 */
    app_send(1000);
    quiet();
    in(". 1:1 ack 5001 win 64240");
    out("P. 5001:6001 ack 1");
    in(". 1:1 ack 6001");
}

static void a_window_that_shrinks_to_nothing_is_probed(void)
{
    establish_with(1000, 64240);
    measure();
    app_send(2000);
    assert_int_equal(trace_skip(), 2);
    in(". 1:1 ack 2 win 0"); /* MUST-35 */
    advance(70000);
    assert_in_range(trace_skip(), 1, 12);
    in(". 1:1 ack 2 win 64240");
    advance(1000);
    assert_true(trace_skip() > 0);
    in(". 1:1 ack 2002 win 64240");
    advance(10000);
    quiet();
}

static void an_older_segment_does_not_bring_its_window_back(void)
{
    establish_with(1000, 64240);
    in(". 201:301 ack 1 win 500"); /* the newest, by its number: SND.WL1 */
    out(". 1:1 ack 1");
    in(". 1:201 ack 1 win 64240");
    out(". 1:1 ack 301");
    app_recv(300);
    app_send(3000);
    advance(5);
    assert_int_equal(trace_skip(), 0); /* half a segment is left alone, and no more is allowed */
    in(". 301:301 ack 1 win 64240");
    assert_int_equal(trace_skip(), 3);
    in(". 301:301 ack 3001");
}

static void a_silly_window_is_not_filled(void)
{
    establish_with(1000, 4000);
    app_send(10000);
    assert_int_equal(trace_skip(), 4);
    in(". 1:1 ack 4001 win 100");
    in(". 1:1 ack 4001 win 500");
    quiet(); /* MUST-38 */
    in(". 1:1 ack 4001 win 1000");
    out(". 4001:5001 ack 1");
}

static void a_silly_window_is_used_in_the_end(void)
{
    establish_with(1000, 4000);
    app_send(10000);
    assert_int_equal(trace_skip(), 4);
    in(". 1:1 ack 4001 win 500");
    quiet();
    advance(1500);
    assert_true(trace_skip() > 0); /* the override timer or a probe */
}

static void no_silly_window_is_offered(void)
{
    uint32_t step = link_mss();

    trace_options(&(struct rn_options){.connections = 64, .receive_bytes = 4000});
    reach(ESTABLISHED);
    put(". 1:1001 ack 1");
    put(". 1001:2001 ack 1");
    put(". 2001:3001 ack 1");
    in(". 3001:4001 ack 1");
    out(". 1:1 ack 4001 win 0");
    for (uint32_t i = 1; i < step; i += 100)
        app_recv(i == 1 ? 1 : 100);
    advance(1000);
    quiet(); /* MUST-39 */
    app_recv(100);
    assert_int_equal(trace_skip(), 1);
    in(". 4001:4101 ack 1");
    trace_skip();
}

static void a_full_buffer_takes_nothing_more(void)
{
    trace_options(&(struct rn_options){.connections = 64, .receive_bytes = 1000});
    reach(ESTABLISHED);
    in(". 1:1401 ack 1");
    out(". 1:1 ack 1001 win 0");
    in(". 1001:1101 ack 1");
    out(". 1:1 ack 1001 win 0");
    app_recv(1000);
    out(". 1:1 ack 1001 win 1000");
    in("P. 1001:1401 ack 1");
    app_recv(400);
    trace_skip();
    within(500, ". 1:1 ack 1401");
}

/* It would be a duplicate ACK, and three of them a loss. */
static void a_window_that_cannot_be_said_to_grow_is_not_said_again(void)
{
    trace_options(&(struct rn_options){.connections = 64,
                                       .no_window_scale = 1,
                                       .receive_bytes = 100000,
                                       .receive_bytes_max = 100000,
                                       .no_sack = 1});
    reach(ESTABLISHED);
    in(". 1:1001 ack 1");
    in(". 1001:2001 ack 1");
    out(". 1:1 ack 2001 win 65535");
    for (int i = 0; i < 20; i++)
        app_recv(100);
    advance(1000);
    quiet();
}

static void the_window_never_shrinks(void)
{
    establish_with(1000, 64240);
    in(". 1:1001 ack 1");
    within(500, ". 1:1 ack 1001 win 39000"); /* SHLD-14 */
    in(". 1001:2001 ack 1");
    within(500, ". 1:1 ack 2001 win 38000");
}

/* Acknowledges one by one the n segments that follow *acked; returns how many were sent for it. */
static unsigned acknowledge_each(unsigned *acked, unsigned window, unsigned n)
{
    while (n-- > 0) {
        *acked += 1000;
        in(". 1:1 ack %u win %u", *acked, window);
    }
    return (unsigned)trace_skip();
}

static void send_much(void)
{
    trace_options(&(struct rn_options){
        .connections = 64, .send_bytes = 500000, .send_bytes_max = 500000, .no_timestamps = 1, .no_sack = 1});
}

/* MUST-1, where the sixteenth bit is set: as many bytes as the window says, and not one more. */
static void a_window_with_its_highest_bit_set_is_used_to_the_last_byte(void)
{
    unsigned acked = 1;

    send_much();
    establish_with(1000, 40000);
    app_send(500000);
    assert_int_equal(trace_skip(), 10);
    assert_int_equal(acknowledge_each(&acked, 40000, 10), 20);
    assert_int_equal(acknowledge_each(&acked, 40000, 20), 40);
    assert_int_equal(acknowledge_each(&acked, 40000, 40), 40); /* no longer for the network's sake */
    in(". 1:1 ack %u win 40999", acked);
    quiet(); /* part of a segment is not worth it */
    in(". 1:1 ack %u win 41000", acked);
    out(". %u:%u ack 1", acked + 40000, acked + 41000);
    quiet();
    app_abort();
    trace_skip();
}

/* REC-1: with the greatest scale a window has 30 bits. */
static void more_than_65535_bytes_may_be_in_flight(void)
{
    unsigned acked = 1;
    struct rn_info info;

    send_much();
    reach(LISTEN);
    in("S 0:0 win 65535 <mss 1000,nop,wscale 14>");
    out("S. 0:0 ack 1 <mss link,*>");
    in(". 1:1 ack 1 win 65535");
    app_accept();
    assert_int_equal(rn_info(trace_net(), trace_sock(), &info), 0);
    assert_int_equal(info.window_bytes, 1073725440);
    app_send(500000);
    assert_int_equal(trace_skip(), 10);
    for (unsigned n = 10; n < 80; n *= 2)
        assert_int_equal(acknowledge_each(&acked, 65535, n), 2 * n);
    assert_int_equal(acknowledge_each(&acked, 65535, 1), 2); /* 81,000 bytes */
    app_abort();
    trace_skip();
}

/* SHLD-16, SHLD-17: what is still inside goes again; what is outside does not count against the peer. */
static void what_a_shrunk_window_has_inside_is_sent_again(void)
{
    establish_with(1000, 64240);
    measure();
    app_send(10000);
    assert_int_equal(trace_skip(), 10);
    in(". 1:1 ack 2 win 2000"); /* two of ten */
    after(200, ". 2:1002 ack 1");
    in(". 1:1 ack 1002 win 1000");
    within(1000, ". 1002:2002 ack 1");
    in(". 1:1 ack 2002 win 0");
    for (int minute = 0; minute < 60; minute++) { /* much longer than R2 */
        advance(60000);
        if (trace_skip() > 0)
            in(". 1:1 ack 2002 win 0");
    }
    app_no_event();
    state_is(ESTABLISHED);
    in(". 1:1 ack 2003 win 64240"); /* the byte of the last probe is taken, and all the rest may come */
    out(". 2003:3003 ack 1");
    trace_skip();
    in(". 1:1 ack 10002 win 64240");
    advance(10000);
    quiet();
}

/* MUST-66: the mark is told although the byte itself has no room. */
static void an_urgent_mark_counts_with_a_closed_window(void)
{
    trace_options(&(struct rn_options){.connections = 64, .receive_bytes = 1000});
    reach(ESTABLISHED);
    in("P. 1:1001 ack 1");
    app_event(RN_READABLE);
    within(500, ". 1:1 ack 1001 win 0");
    in("PU. 1001:1002 ack 1 urg 1");
    out(". 1:1 ack 1001 win 0");
    app_event(RN_URGENT);
    app_recv(1000);
    out(". 1:1 ack 1001 win 1000");
    in("PU. 1001:1002 ack 1 urg 1");
    app_recv(1);
    trace_skip();
    advance(500);
    trace_skip();
}

/* MAY-8: who does not read may take all day. */
static void our_own_window_may_stay_closed(void)
{
    trace_options(&(struct rn_options){.connections = 64, .receive_bytes = 1000});
    reach(ESTABLISHED);
    in("P. 1:1001 ack 1");
    within(500, ". 1:1 ack 1001 win 0");
    for (int minute = 0; minute < 24 * 60; minute++) {
        in(". 1001:1002 ack 1");
        out(". 1:1 ack 1001 win 0");
        advance(60000);
    }
    quiet();
    app_recv(1000);
    out(". 1:1 ack 1001 win 1000");
}

static const struct trace_test tests[] = {
    TRACE(no_byte_goes_beyond_the_window),
    TRACE(a_window_is_unsigned),
    TRACE(a_zero_window_is_probed),
    TRACE(a_probe_that_is_taken_counts),
    TRACE(a_window_may_stay_closed_while_probes_are_acknowledged),
    TRACE(a_probe_that_nobody_answers_ends_in_r2),
    TRACE(a_window_that_shrinks_stops_new_data_only),
    TRACE(a_window_that_shrinks_to_nothing_is_probed),
    TRACE(an_older_segment_does_not_bring_its_window_back),
    TRACE(a_silly_window_is_not_filled),
    TRACE(a_silly_window_is_used_in_the_end),
    TRACE(no_silly_window_is_offered),
    TRACE(a_full_buffer_takes_nothing_more),
    TRACE(a_window_that_cannot_be_said_to_grow_is_not_said_again),
    TRACE(the_window_never_shrinks),
    TRACE(a_window_with_its_highest_bit_set_is_used_to_the_last_byte),
    TRACE(more_than_65535_bytes_may_be_in_flight),
    TRACE(what_a_shrunk_window_has_inside_is_sent_again),
    TRACE(an_urgent_mark_counts_with_a_closed_window),
    TRACE(our_own_window_may_stay_closed),
};

TRACE_MAIN("window", tests)
