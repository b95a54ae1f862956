/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of other threads (rn_post) beside a connection's events: how a thread that may touch no socket has
 * something sent.
 */
#include "trace.h"

static void expect_message(const void *message)
{
    struct rn_event ev;

    assert_true(rn_next(trace_net(), &ev));
    assert_int_equal(ev.mask, RN_POSTED);
    assert_int_equal(ev.sock, 0);
    assert_ptr_equal(ev.user, message);
}

static void sockets_come_before_messages(void)
{
    int m;

    reach(ESTABLISHED);
    in("P. 1:101 ack 1");
    assert_int_equal(rn_post(trace_net(), &m), 0);
    app_event(RN_READABLE);
    expect_message(&m);
    app_no_event();
    app_recv(100);
    within(500, ". 1:1 ack 101");
}

static void a_message_has_something_sent(void)
{
    size_t wanted = 50;
    struct rn_event ev;

    reach(ESTABLISHED);
    assert_int_equal(rn_post(trace_net(), &wanted), 0);
    assert_true(rn_next(trace_net(), &ev));
    app_send(*(const size_t *)ev.user);
    out("P. 1:51 ack 1");
    in(". 1:1 ack 51");
}

/* Its socket may have gone by then: the number says so. */
static void a_message_may_come_too_late(void)
{
    rn_sock wanted;

    reach(ESTABLISHED);
    wanted = trace_sock();
    assert_int_equal(rn_post(trace_net(), &wanted), 0);
    expect_message(&wanted);
    in("R 1:1");
    app_failed(-ECONNRESET);
    assert_int_equal(rn_send(trace_net(), wanted, "x", 1), -EBADF);
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(sockets_come_before_messages),
        TRACE(a_message_has_something_sent),
        TRACE(a_message_may_come_too_late),
    };

    return trace_main("post", tests, sizeof tests / sizeof tests[0]);
}
