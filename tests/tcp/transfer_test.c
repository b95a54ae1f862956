/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ways to receive and send without a copy, and urgent data (RFC 9293 3.8.5, RFC 6093).
 */
#include "trace.h"
#include "segment.h"

static void peeking_lends_and_consuming_takes(void)
{
    const void *at = NULL;

    reach(ESTABLISHED);
    assert_int_equal(rn_peek(trace_net(), trace_sock(), &at), -EAGAIN);
    assert_null(at);
    in("P. 1:101 ack 1");
    assert_int_equal(rn_peek(trace_net(), trace_sock(), &at), 100);
    assert_true(segment_right(at, SIDE_PEER, 1, 100));
    assert_int_equal(rn_peek(trace_net(), trace_sock(), &at), 100);
    assert_int_equal(rn_consume(trace_net(), trace_sock(), 60), 60);
    assert_int_equal(rn_peek(trace_net(), trace_sock(), &at), 40);
    assert_true(segment_right(at, SIDE_PEER, 61, 40));
    assert_int_equal(rn_consume(trace_net(), trace_sock(), 1000), 40);
    assert_int_equal(rn_consume(trace_net(), trace_sock(), 1), -EAGAIN);
    assert_int_equal(rn_consume(trace_net(), trace_sock(), 0), 0);
    within(500, ". 1:1 ack 101");
}

static void reserved_room_is_sent_as_far_as_it_was_filled(void)
{
    void *at = NULL;
    ptrdiff_t n;

    reach(ESTABLISHED);
    n = rn_reserve(trace_net(), trace_sock(), 100, &at);
    assert_int_equal(n, 100);
    segment_fill(at, SIDE_STACK, 1, 60);
    assert_int_equal(rn_commit(trace_net(), trace_sock(), 101), -EINVAL);
    assert_int_equal(rn_commit(trace_net(), trace_sock(), 60), 60);
    advance(0);
    out("P. 1:61 ack 1");
    in(". 1:1 ack 61");
    assert_true(rn_reserve(trace_net(), trace_sock(), 100, &at) > 0);
    assert_int_equal(rn_commit(trace_net(), trace_sock(), 0), 0);
    assert_int_equal(rn_commit(trace_net(), trace_sock(), 1), -EINVAL);
    advance(0);
    quiet();
    assert_true(rn_reserve(trace_net(), trace_sock(), 100, &at) > 0); /* and never committed */
}

static void reserved_room_is_good_until_the_next_round(void)
{
    void *at = NULL;

    reach(ESTABLISHED);
    assert_int_equal(rn_reserve(trace_net(), trace_sock(), 100, &at), 100);
    advance(0);
    assert_int_equal(rn_commit(trace_net(), trace_sock(), 50), -EINVAL);
    quiet();
    assert_int_equal(rn_reserve(trace_net(), trace_sock(), 100, &at), 100);
    segment_fill(at, SIDE_STACK, 1, 50);
    assert_int_equal(rn_commit(trace_net(), trace_sock(), 50), 50);
    advance(0);
    out("P. 1:51 ack 1");
    in(". 1:1 ack 51");
    assert_int_equal(rn_reserve(trace_net(), trace_sock(), 100, &at), 100);
    app_send(1); /* another call */
    assert_int_equal(rn_commit(trace_net(), trace_sock(), 50), -EINVAL);
    trace_skip();
}

static void reserved_room_goes_with_what_was_acknowledged(void)
{
    void *at = NULL;

    reach(ESTABLISHED);
    in("P. 1:11 ack 1"); /* unread, so that the connection keeps its queues */
    app_send(10);
    out("P. 1:11 ack 11");
    assert_int_equal(rn_reserve(trace_net(), trace_sock(), 100, &at), 100); /* behind the ten */
    in(". 11:11 ack 11");
    assert_int_equal(rn_commit(trace_net(), trace_sock(), 50), -EINVAL);
    assert_int_equal(rn_commit(trace_net(), trace_sock(), 0), 0);
    app_send(10);
    out("P. 11:21 ack 11");
    in(". 11:11 ack 21");
    app_recv(10);
}

static void a_lent_piece_may_be_larger_than_the_buffer_is_at_first(void)
{
    static uint8_t bytes[50000];
    struct rn_event ev;

    trace_options(&(struct rn_options){.connections = 64,
                                       .send_bytes = 10000,
                                       .send_bytes_max = 50000,
                                       .no_timestamps = 1,
                                       .no_sack = 1,
                                       .no_window_scale = 1});
    establish_with(1000, 65535);
    segment_fill(bytes, SIDE_STACK, 1, sizeof bytes);
    assert_int_equal(rn_send_ref(trace_net(), trace_sock(), bytes, 40000), 0);
    assert_int_equal(rn_send_ref(trace_net(), trace_sock(), bytes, 20000), -EAGAIN);
    advance(0);
    assert_int_equal(trace_skip(), 10);
    for (unsigned acked = 10001; acked < 40001; acked += 10000) {
        in(". 1:1 ack %u", acked);
        trace_skip();
    }
    in(". 1:1 ack 40001");
    assert_true(rn_next(trace_net(), &ev));
    assert_int_equal(ev.mask, RN_SENT | RN_WRITABLE);
    assert_int_equal(rn_send_ref(trace_net(), trace_sock(), bytes + 40000, 10000), 0);
    advance(0);
    assert_int_equal(trace_skip(), 10);
    in(". 1:1 ack 50001");
}

static void lent_memory_comes_back_when_it_is_acknowledged(void)
{
    static uint8_t bytes[3000];
    struct rn_event ev;

    reach(ESTABLISHED);
    segment_fill(bytes, SIDE_STACK, 1, sizeof bytes);
    assert_int_equal(rn_send_ref(trace_net(), trace_sock(), bytes, 1000), 0);
    assert_int_equal(rn_send_ref(trace_net(), trace_sock(), bytes + 1000, 2000), 0);
    assert_int_equal(rn_send_ref(trace_net(), trace_sock(), bytes, 0), -EINVAL);
    advance(0);
    out(". 1:%u ack 1", 1 + link_mss());
    out(". %u:%u ack 1", 1 + link_mss(), 1 + 2 * link_mss());
    in(". 1:1 ack 900");
    assert_false(rn_next(trace_net(), &ev));
    in(". 1:1 ack 1001");
    assert_true(rn_next(trace_net(), &ev));
    assert_int_equal(ev.mask, RN_SENT);
    assert_int_equal(ev.sent, 1);
    in(". 1:1 ack %u", 1 + 2 * link_mss());
    out("P. %u:3001 ack 1", 1 + 2 * link_mss());
    in(". 1:1 ack 3001");
    assert_true(rn_next(trace_net(), &ev));
    assert_int_equal(ev.mask, RN_SENT);
    assert_int_equal(ev.sent, 1);
    trace_skip();
}

static void urgent_bytes_are_marked(void)
{
    uint8_t bytes[20];

    reach(ESTABLISHED);
    segment_fill(bytes, SIDE_STACK, 1, 20);
    assert_int_equal(rn_send_urgent(trace_net(), trace_sock(), bytes, 10), 10);
    advance(0);
    out("PU. 1:11 ack 1 urg 10"); /* MUST-62: behind the last urgent byte */
    in(". 1:1 ack 11");
    assert_int_equal(rn_send(trace_net(), trace_sock(), bytes + 10, 10), 10);
    advance(0);
    out("P. 11:21 ack 1");
    in(". 1:1 ack 21");
}

static void the_peers_mark_is_told_and_counted_down(void)
{
    reach(ESTABLISHED);
    assert_int_equal(rn_urgent(trace_net(), trace_sock()), 0);
    in("PU. 1:101 ack 1 urg 50");
    app_event(RN_READABLE | RN_URGENT); /* MUST-32 */
    assert_int_equal(rn_urgent(trace_net(), trace_sock()), 50);
    app_recv(30);
    assert_int_equal(rn_urgent(trace_net(), trace_sock()), 20); /* MUST-33 */
    in("PU. 101:111 ack 1 urg 5000");                           /* MUST-31: further than the segment */
    app_event(RN_READABLE | RN_URGENT);
    in("PU. 111:121 ack 1 urg 4990"); /* the same mark */
    app_event(RN_READABLE);
    assert_int_equal(rn_urgent(trace_net(), trace_sock()), 5070);
    app_recv(90);
    trace_skip();
    advance(500);
    trace_skip();
}

/* RFC 6093: a mark, wherever it points, changes nothing in the bytes or their number. */
static void no_urgent_pointer_changes_the_stream(void)
{
    static const unsigned pointers[] = {0, 1, 5, 9, 10, 11, 12, 255, 1460, 32767, 32768, 64000, 65535};
    static const char *const flags[] = {"PU", "U"};
    unsigned at = 1;

    reach(ESTABLISHED);
    for (unsigned f = 0; f < 2; f++)
        for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++, at += 10) {
            in("%s. %u:%u ack 1 urg %u", flags[f], at, at + 10, pointers[i]);
            app_recv(10);
            app_read_nothing();
            trace_skip();
        }
    in("U. %u:%u ack 1 urg 65535", at, at);        /* nothing but a mark */
    in("PU. %u:%u ack 1 urg 0", at - 5, at + 10);  /* half of it old */
    in("PU. %u:%u ack 1 urg 3", at + 20, at + 30); /* ahead of its turn */
    in("PU. %u:%u ack 1 urg 65535", at + 10, at + 20);
    in("UF. %u:%u ack 1 urg 1", at + 30, at + 30);
    app_recv(30);
    app_read_end();
    trace_skip();
    advance(500);
    trace_skip();
}

int main(void)
{
    static const struct trace_test tests[] = {
        TRACE(peeking_lends_and_consuming_takes),
        TRACE(reserved_room_is_sent_as_far_as_it_was_filled),
        TRACE(reserved_room_is_good_until_the_next_round),
        TRACE(reserved_room_goes_with_what_was_acknowledged),
        TRACE(a_lent_piece_may_be_larger_than_the_buffer_is_at_first),
        TRACE(lent_memory_comes_back_when_it_is_acknowledged),
        TRACE(urgent_bytes_are_marked),
        TRACE(the_peers_mark_is_told_and_counted_down),
        TRACE(no_urgent_pointer_changes_the_stream),
    };

    return trace_main("transfer", tests, sizeof tests / sizeof tests[0]);
}
