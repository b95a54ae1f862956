/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a single socket chooses (rn_set_settings), seen on the wire: keep-alive (RFC 9293 3.8.4), the user
 * timeout and R1, linger, Nagle's algorithm; and the ranges that are refused.
 */
#include "trace.h"

static struct rn_settings settings(void)
{
    struct rn_settings s;

    assert_int_equal(rn_get_settings(trace_net(), trace_sock(), &s), 0);
    return s;
}

static void set(const struct rn_settings *s)
{
    assert_int_equal(rn_set_settings(trace_net(), trace_sock(), s), 0);
}

static void keep_alive_on(void)
{
    struct rn_settings s = settings();

    s.keep_alive = 1;
    s.keep_idle = 10 * INT64_C(1000000000);
    s.keep_interval = 2 * INT64_C(1000000000);
    s.keep_count = 3;
    set(&s);
}

static void an_idle_connection_says_nothing(void)
{
    reach(ESTABLISHED);
    advance(24.0 * 3600 * 1000); /* MUST-25 */
    quiet();
    state_is(ESTABLISHED);
}

static void silence_is_asked_after(void)
{
    reach(ESTABLISHED);
    keep_alive_on();
    after(10000, ". 0:0 ack 1"); /* SHLD-12: one before SND.NXT, no data */
    in(". 1:1 ack 1");
    advance(5000);
    in("P. 1:101 ack 1"); /* MUST-26: from the last that was heard */
    app_recv(100);
    within(500, ". 1:1 ack 101");
    between(9400, 10002, ". 0:0 ack 101");
    in(". 101:101 ack 1");
    state_is(ESTABLISHED);
}

static void one_answer_is_enough(void)
{
    reach(ESTABLISHED);
    keep_alive_on();
    after(10000, ". 0:0 ack 1");
    after(2000, ". 0:0 ack 1");
    in(". 1:1 ack 1"); /* MUST-29 */
    after(10000, ". 0:0 ack 1");
    after(2000, ". 0:0 ack 1");
    after(2000, ". 0:0 ack 1");
    state_is(ESTABLISHED);
    advance(2001);
    app_failed(-ETIMEDOUT);
    quiet();
}

static void keep_alive_waits_for_what_is_outstanding(void)
{
    struct rn_settings s;

    reach(ESTABLISHED);
    measure();
    keep_alive_on();
    s = settings();
    s.keep_idle = INT64_C(1000000000);
    set(&s);
    app_send(10);
    out("P. 2:12 ack 1");
    for (double wait = 200; wait < 5000; wait *= 2)
        after(wait, "P. 2:12 ack 1"); /* retransmissions, and no probe among them */
    in(". 1:1 ack 12");
}

static void the_user_timeout_ends_it(void)
{
    struct rn_settings s;

    reach(ESTABLISHED);
    measure();
    s = settings();
    s.user_timeout = 5 * INT64_C(1000000000);
    set(&s);
    app_send(10);
    advance(4990);
    assert_true(trace_skip() > 3);
    state_is(ESTABLISHED);
    advance(20);
    app_failed(-ETIMEDOUT);
    trace_skip();
}

/* It may be shorter than the first retransmission timeout, and end before an older timer would have: then nothing
 * goes twice. */
static void a_short_user_timeout_comes_before_any_other(void)
{
    struct rn_settings s;

    reach(ESTABLISHED);
    measure();
    s = settings();
    s.user_timeout = 40 * INT64_C(1000000);
    set(&s);
    app_send(10);
    out("P. 2:12 ack 1");
    advance(38);
    state_is(ESTABLISHED);
    advance(4);
    app_failed(-ETIMEDOUT);
    trace_skip();
}

static void trouble_is_told_after_r1(void)
{
    struct rn_settings s;
    struct rn_event ev;

    reach(ESTABLISHED);
    measure();
    s = settings();
    s.soft_errors = 1;
    set(&s);
    app_send(10);
    advance(200 + 400 + 700); /* two retransmissions */
    assert_false(rn_next(trace_net(), &ev));
    advance(110);
    assert_true(rn_next(trace_net(), &ev));
    assert_int_equal(ev.mask, RN_TROUBLE);
    assert_int_equal(ev.error, -ETIMEDOUT);
    state_is(ESTABLISHED);
    trace_skip();
    in(". 1:1 ack 12");
}

static void who_lingers_is_cut_off(void)
{
    struct rn_settings s;

    reach(ESTABLISHED);
    s = settings();
    s.linger = 3 * INT64_C(1000000000);
    set(&s);
    app_close();
    out("F. 1:1 ack 1");
    advance(2990);
    trace_skip();
    advance(20);
    out("R. 2:2 ack 1");
    quiet();
}

static void nagles_algorithm_can_be_turned_off(void)
{
    struct rn_settings s;

    reach(ESTABLISHED);
    app_send(10);
    out("P. 1:11 ack 1");
    app_send(10);
    quiet();
    s = settings();
    s.no_delay = 1;
    set(&s);
    app_send(10); /* MUST-17 */
    out("P. 11:31 ack 1");
    in(". 1:1 ack 31");
}

static void a_listeners_settings_go_to_those_it_accepts(void)
{
    struct rn_settings s;
    struct rn_event ev;
    rn_sock listener;
    char err[RN_ERRBUF];

    listener = rn_listen(trace_net(), RN_TCP, v6() ? "[::]:9" : "0.0.0.0:9", err);
    assert_true(listener > 0);
    assert_int_equal(rn_get_settings(trace_net(), listener, &s), 0);
    s.no_delay = 1;
    s.congestion = "cubic";
    assert_int_equal(rn_set_settings(trace_net(), listener, &s), 0);
    trace_flow(50000, 9);
    in("S 0:0 <mss 1000>");
    out("S. 0:0 ack 1 <mss link>");
    in(". 1:1 ack 1");
    assert_true(rn_next(trace_net(), &ev));
    assert_int_equal(ev.listener, listener);
    assert_int_equal(rn_get_settings(trace_net(), ev.sock, &s), 0);
    assert_int_equal(s.no_delay, 1);
    assert_string_equal(s.congestion, "cubic");
    assert_int_equal(rn_abort(trace_net(), ev.sock), 0);
    advance(0);
    out("R. 1:1 ack 1");
    assert_int_equal(rn_close(trace_net(), listener), 0);
}

static void what_is_out_of_range_changes_nothing(void)
{
    struct rn_settings good, bad;

    reach(ESTABLISHED);
    good = settings();
#define REFUSED(field, value)                                                                                \
    bad = good;                                                                                              \
    bad.field = value;                                                                                       \
    assert_int_equal(rn_set_settings(trace_net(), trace_sock(), &bad), -EINVAL)
    REFUSED(congestion, "bbr");
    REFUSED(congestion, NULL);
    REFUSED(keep_idle, 999999999);
    REFUSED(keep_interval, 0);
    REFUSED(keep_idle, INT64_C(86400000000001));
    REFUSED(user_timeout, 999999);
    REFUSED(linger, -1);
    REFUSED(keep_count, 0);
    REFUSED(keep_alive, 2);
    REFUSED(r1, 0);
    REFUSED(data_retries, 0);
    REFUSED(syn_retries, 0);
    REFUSED(ttl, 0);
    REFUSED(dscp, 64);
    REFUSED(no_delay, 2);
    bad = settings();
    assert_true(bad.keep_idle == good.keep_idle && bad.user_timeout == good.user_timeout &&
                bad.linger == good.linger);
    assert_true(bad.ttl == good.ttl && bad.r1 == good.r1 && bad.keep_alive == good.keep_alive);
    assert_int_equal(rn_set_settings(trace_net(), 12345, &good), -EBADF);
    assert_int_equal(rn_get_settings(trace_net(), 12345, &good), -EBADF);
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(an_idle_connection_says_nothing),
        TRACE(silence_is_asked_after),
        TRACE(one_answer_is_enough),
        TRACE(keep_alive_waits_for_what_is_outstanding),
        TRACE(the_user_timeout_ends_it),
        TRACE(a_short_user_timeout_comes_before_any_other),
        TRACE(trouble_is_told_after_r1),
        TRACE(who_lingers_is_cut_off),
        TRACE(nagles_algorithm_can_be_turned_off),
        TRACE(a_listeners_settings_go_to_those_it_accepts),
        TRACE(what_is_out_of_range_changes_nothing),
    };

    return trace_main("settings", tests, sizeof tests / sizeof tests[0]);
}
