/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a stack asks of its host when there is nothing to do: nothing. A timer that ticks for its own sake
 * would be seen here as a round that is wanted, long before it is seen as a processor that does not rest.
 */
#include "trace.h"

enum { MANY = 50 };

static void exchange_and_fall_silent(void)
{
    in("P. 1:101 ack 1");
    app_event(RN_READABLE);
    app_recv(100);
    app_send(100);
    trace_skip();
    in(". 101:101 ack 101");
    advance(2000); /* what had been set for the exchange comes due, and finds nothing */
    quiet();
}

static void keep_alive_after(rn_time idle)
{
    struct rn_settings s;

    assert_int_equal(rn_get_settings(trace_net(), trace_sock(), &s), 0);
    s.keep_alive = 1;
    s.keep_idle = idle;
    assert_int_equal(rn_set_settings(trace_net(), trace_sock(), &s), 0);
}

static void a_listener_alone_wants_no_round(void)
{
    app_listen();
    advance(1);
    assert_true(trace_due() < 0);
    advance(10000);
    assert_true(trace_due() < 0);
}

static void silent_connections_want_no_round(void)
{
    rn_sock socks[MANY];

    reach(LISTEN);
    for (uint16_t i = 0; i < MANY; i++) {
        trace_flow(PEER_PORT + i, LOCAL_PORT);
        reach_again(ESTABLISHED);
        exchange_and_fall_silent();
        socks[i] = trace_sock();
    }
    assert_true(trace_due() < 0);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(rn_abort(trace_net(), socks[i]), 0);
    advance(0);
    assert_int_equal(trace_skip(), MANY);
}

/* The default is two hours; nothing is wanted in the seconds before. */
static void kept_alive_ones_want_one_when_the_probe_is_due(void)
{
    reach(ESTABLISHED);
    keep_alive_after(7200 * INT64_C(1000000000));
    exchange_and_fall_silent();
    for (int i = 0; i < 10; i++) {
        assert_true(trace_due() > 10000);
        advance(10000);
        quiet();
    }
}

static void one_that_is_closed_wants_at_most_the_end_of_time_wait(void)
{
    reach(TIME_WAIT);
    advance(2000);
    assert_true(trace_due() > 50000);
    advance(60000);
    assert_true(trace_due() < 0);
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(a_listener_alone_wants_no_round),
        TRACE(silent_connections_want_no_round),
        TRACE(kept_alive_ones_want_one_when_the_probe_is_due),
        TRACE(one_that_is_closed_wants_at_most_the_end_of_time_wait),
    };

    return trace_main("idle", tests, sizeof tests / sizeof tests[0]);
}
