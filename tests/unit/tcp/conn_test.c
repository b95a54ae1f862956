/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection's record: made, marked, told, finished, let go; its two queues, its block, and the window that
 * it offers (RFC 9293 3.8.6.2.2).
 */
#include "fixture.h"

#include <errno.h>

/* A record alone, which nobody keeps. */
static struct conn *alone(void)
{
    struct conn *c = conn_new(&fx.s);

    assert_non_null(c);
    return c;
}

static void let_go(struct conn *c)
{
    c->flags |= CONN_ORPHAN;
    conn_release(&fx.s, c);
    assert_true(is_gone(c));
}

static void test_new_records(void **state)
{
    struct conn *conns[CONNECTIONS];

    (void)state;
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        conns[i] = alone();
        assert_int_equal(conns[i]->state, CONN_CLOSED);
        assert_int_equal(conns[i]->flags, 0);
        assert_int_equal(conns[i]->next_hop, CONN_NO_HOP);
        assert_int_equal(conns[i]->active, 0);
        conns[i]->srtt_us = 5;
        conn_cold(&fx.s, conns[i])->error = -1;
    }
    assert_null(conn_new(&fx.s));
    assert_int_equal(fx.s.counts.connections_full, 1);
    assert_int_equal(fx.s.used, CONNECTIONS);
    assert_int_equal(fx.s.peak, CONNECTIONS);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        let_go(conns[i]);
    assert_int_equal(fx.s.used, 0);
    assert_int_equal(fx.s.peak, CONNECTIONS);
    conns[0] = alone();
    assert_int_equal(conns[0]->srtt_us, 0);
    assert_int_equal(conn_cold(&fx.s, conns[0])->error, 0);
    let_go(conns[0]);
}

static void test_generation_tells_lives_apart(void **state)
{
    struct conn *c = alone();
    uint32_t first = c->generation;

    (void)state;
    let_go(c);
    assert_ptr_equal(conn_new(&fx.s), c);
    assert_int_not_equal(c->generation, first);
    let_go(c);
}

/* The wheel's entries of the last life serve the next one. */
static void test_entries_serve_the_next_life(void **state)
{
    struct conn *c = alone();

    (void)state;
    timers_ack_put_off(&fx.s, c);
    assert_int_equal(fx.s.wheel.entries, 1);
    c->ack_at = 0;
    let_go(c);
    assert_ptr_equal(conn_new(&fx.s), c);
    timers_ack_put_off(&fx.s, c);
    assert_int_equal(fx.s.wheel.entries, 1);
    c->ack_at = 0;
    let_go(c);
}

static void test_next_hop_is_counted(void **state)
{
    struct conn *c = alone(), *d = alone();

    (void)state;
    conn_keep_hop(&fx.s, c, 1);
    conn_keep_hop(&fx.s, d, 1);
    assert_int_equal(fx.s.hop_uses[1], 2);
    let_go(c);
    assert_int_equal(fx.s.hop_uses[1], 1);
    let_go(d);
    assert_int_equal(fx.s.hop_uses[1], 0);
}

static void test_facts_of_the_states(void **state)
{
    static const char *const names[] = {"CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
                                        "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
                                        "CLOSING",     "LAST-ACK",   "TIME-WAIT"};
    /* by RFC 9293 3.10.2 and 3.10.7.4, seventh step */
    static const bool send[] = {false, false, false, false, true, false, false, true, false, false, false};
    static const bool receive[] = {false, false, false, false, true, true, true, false, false, false, false};

    (void)state;
    for (unsigned i = 0; i < CONN_STATES; i++) {
        assert_string_equal(conn_facts[i].name, names[i]);
        assert_int_equal(conn_facts[i].may_send, send[i]);
        assert_int_equal(conn_facts[i].may_receive, receive[i]);
    }
    assert_true(conn_facts[CONN_ESTABLISHED].synchronized);
    assert_false(conn_facts[CONN_SYN_SENT].synchronized);
    assert_false(conn_facts[CONN_CLOSED].synchronized);
}

/* ---- the queues */

static void test_owing_is_a_queue_without_doubles(void **state)
{
    struct conn *a = alone(), *b = alone(), *c = alone();

    (void)state;
    conn_owes(&fx.s, a, OWE_ACK);
    conn_owes(&fx.s, b, OWE_SEND);
    conn_owes(&fx.s, a, OWE_SEND);
    conn_owes(&fx.s, c, OWE_ACK_LATER);
    assert_int_equal(a->owe, OWE_ACK | OWE_SEND);
    for (struct conn *each = a; each <= c; each++) {
        uint32_t index;

        assert_true(fifo_pop(&fx.s.fifos, &fx.s.owing, &index));
        assert_ptr_equal(conn_at(&fx.s, index), each);
    }
    assert_int_equal(fx.s.owing.count, 0);
    assert_int_equal(a->owe, OWE_ACK | OWE_SEND);
    for (struct conn *each = a; each <= c; each++) {
        each->flags &= ~(uint32_t)CONN_IN_OWING;
        each->owe = 0;
        let_go(each);
    }
}

static void test_events_add_up(void **state)
{
    struct conn *a = alone(), *b = alone();

    (void)state;
    conn_tells(&fx.s, a, CONN_EV_READABLE);
    conn_tells(&fx.s, b, CONN_EV_CONNECTED);
    conn_tells(&fx.s, a, CONN_EV_PEER_CLOSED);
    assert_int_equal(fx.s.events.count, 2);
    assert_int_equal(heard(a), CONN_EV_READABLE | CONN_EV_PEER_CLOSED);
    assert_int_equal(heard(b), CONN_EV_CONNECTED);
    assert_int_equal(heard(b), 0);
    assert_int_equal(fx.s.events.count, 0);
    a->flags |= CONN_ORPHAN;
    conn_tells(&fx.s, a, CONN_EV_READABLE);
    assert_int_equal(fx.s.events.count, 0);
    let_go(a);
    let_go(b);
}

/* ---- the block */

static void test_block_is_held_while_something_is_in_it(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    assert_int_equal(c->active, 0);
    in(c, "P. 1:11 ack 1");
    assert_int_equal(fx.s.actives.used, 1); /* unread */
    app_recv(c, 100);
    assert_int_equal(fx.s.actives.used, 0);
    app_send(c, 10);
    assert_int_equal(fx.s.actives.used, 1); /* queued */
    LEAVES("P. 1:11 ack 11 win 59990");
    conn_fold(&fx.s, c);
    assert_int_equal(fx.s.actives.used, 1); /* in flight */
    in(c, ". 11:11 ack 11");
    assert_int_equal(fx.s.actives.used, 0);
    in(c, ". 21:31 ack 11");
    assert_int_equal(fx.s.actives.used, 1); /* out of order */
    in(c, ". 11:21 ack 11");
    app_recv(c, 100);
    assert_int_equal(fx.s.actives.used, 0);
    in(c, "F. 32:32 ack 11");
    assert_int_equal(fx.s.actives.used, 1); /* an end that came early */
}

static void test_block_without_memory(void **state)
{
    struct conn *c = alone();
    size_t budget = fx.slabs.budget_bytes;

    (void)state;
    fx.slabs.budget_bytes = 0;
    assert_null(conn_activate(&fx.s, c));
    fx.slabs.budget_bytes = budget;
    assert_non_null(conn_activate(&fx.s, c));
    assert_ptr_equal(conn_activate(&fx.s, c), conn_active(&fx.s, c));
    assert_int_equal(conn_active(&fx.s, c)->ahead.islands.count, 0);
    conn_fold(&fx.s, c);
    assert_int_equal(fx.s.actives.used, 0);
    let_go(c);
}

/* ---- the end */

static void test_finish_in_order_keeps_what_was_not_read(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, "P. 1:11 ack 1");
    in(c, "P. 101:111 ack 1");
    app_send(c, 10);
    conn_finish(&fx.s, c, 0);
    assert_int_equal(c->state, CONN_CLOSED);
    assert_false(c->flags & CONN_IN_TABLE);
    assert_int_equal(fx.s.table.buckets.entries, 0);
    assert_int_equal(conn_queued(&fx.s, c), 0);
    assert_int_equal(conn_active(&fx.s, c)->ahead.islands.count, 0);
    assert_int_equal(conn_unread(&fx.s, c), 10);
    assert_int_equal(fx.s.counts.closed, 1);
    LEAVES("");
    assert_int_equal(heard(c), CONN_EV_READABLE);
    assert_int_equal(app_recv(c, 100), 10);
    assert_int_equal(heard(c), CONN_EV_READABLE);
    assert_int_equal(app_recv(c, 100), 0);
    assert_int_equal(heard(c), CONN_EV_CLOSED);
    assert_true(is_gone(c));
    pass(100000);
}

static void test_finish_with_an_error_drops_all(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, "P. 1:11 ack 1");
    app_send(c, 10);
    drain();
    conn_finish(&fx.s, c, -ETIMEDOUT);
    assert_int_equal(conn_unread(&fx.s, c), 0);
    assert_int_equal(fx.slabs.used_bytes, 0);
    assert_int_equal(fx.s.counts.failed, 1);
    assert_false(is_gone(c)); /* the application has not heard yet */
    assert_int_equal(conn_cold(&fx.s, c)->error, -ETIMEDOUT);
    assert_true(heard(c) & CONN_EV_FAILED);
    assert_true(is_gone(c));
    pass(100000);
}

static void test_an_orphan_goes_when_it_owes_nothing(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    call_abort(&fx.s, c);
    assert_false(is_gone(c)); /* its RST has not gone */
    LEAVES("R. 1:1 ack 1 win 0");
    LEAVES("");
    assert_true(is_gone(c));
    assert_int_equal(fx.s.hop_uses[0], 0);
}

/* ---- the window */

/* The edge moves by min(half of the buffer, a segment) or not at all, and never back. */
static void test_window(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 10000;
    c = conn_in(CONN_ESTABLISHED);
    assert_int_equal(conn_window(&fx.s, c), 10000);
    in(c, "P. 1:901 ack 1");
    assert_int_equal(conn_window(&fx.s, c), 9100);
    app_recv(c, 899);
    assert_int_equal(conn_window(&fx.s, c), 9100);
    app_recv(c, 1);
    assert_int_equal(conn_window(&fx.s, c), 9100); /* 900 more would fit */
    in(c, "P. 901:1001 ack 1");
    app_recv(c, 100);
    assert_int_equal(conn_window(&fx.s, c), 10000); /* 1,000 */
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 5000;
    assert_int_equal(conn_window(&fx.s, c), 9000); /* what was offered stays offered */
}

static void test_window_of_a_small_buffer(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 1000;
    c = conn_in(CONN_ESTABLISHED);
    in(c, "P. 1:1001 ack 1");
    AFTER(40, ". 1:1 ack 1001 win 0");
    app_recv(c, 499);
    assert_int_equal(conn_window(&fx.s, c), 0);
    LEAVES("");
    app_recv(c, 1);
    assert_int_equal(conn_window(&fx.s, c), 500);
    LEAVES(". 1:1 ack 1001 win 500");
}

/* An update of its own only for two segments or half of the buffer, or where the peer may be waiting. */
static void test_updates_are_worth_a_segment(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 10000;
    c = conn_in(CONN_ESTABLISHED);
    in(c, ". 1:1001 ack 1");
    in(c, ". 1001:2001 ack 1");
    in(c, ". 2001:3001 ack 1");
    LEAVES(". 1:1 ack 3001 win 7000");
    app_recv(c, 1000);
    LEAVES(""); /* it could move by one segment, but the peer has seven */
    app_recv(c, 1000);
    LEAVES(". 1:1 ack 3001 win 9000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_records),
        TEST(test_generation_tells_lives_apart),
        TEST(test_entries_serve_the_next_life),
        TEST(test_next_hop_is_counted),
        TEST(test_facts_of_the_states),
        TEST(test_owing_is_a_queue_without_doubles),
        TEST(test_events_add_up),
        TEST(test_block_is_held_while_something_is_in_it),
        TEST(test_block_without_memory),
        TEST(test_finish_in_order_keeps_what_was_not_read),
        TEST(test_finish_with_an_error_drops_all),
        TEST(test_an_orphan_goes_when_it_owes_nothing),
        TEST(test_window),
        TEST(test_window_of_a_small_buffer),
        TEST(test_updates_are_worth_a_segment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
