/* SPDX-License-Identifier: BSD-2-Clause
 *
 * TIME-WAIT (RFC 9293 3.6.1, 3.10.7.4; RFC 1337): entered, kept for 2 MSL of 30 s, left.
 */
#include "fixture.h"

/* A connection to that port that went through all of an orderly close, we first. */
static void closed_to(uint16_t port)
{
    struct conn *c = opened(port);

    call_close(&fx.s, c);
    drain();
    in(c, ". 1:1 ack 2");
    in(c, "F. 1:1 ack 2");
    drain();
}

/* The record of that port; -1: there is none. */
static int waiting(uint16_t port)
{
    for (uint32_t at = fx.w.oldest; at; at = fx.w.records[at - 1].next)
        if (fx.w.records[at - 1].key.remote_port == port)
            return (int)at - 1;
    return -1;
}

static struct verdict arrives(uint16_t port, const char *text)
{
    int i = waiting(port);
    struct tcp t;
    uint32_t len = segment_of(text, seq_of(IRS), seq_of(ISS), &t);

    assert_true(i >= 0);
    return timewait_input(&fx.w, &fx.s, (uint32_t)i, &t, len);
}

/* May that SYN open a new connection in the record's place? */
static bool may_reopen(uint16_t port, const char *text, seq32 *above)
{
    struct tcp t;

    segment_of(text, seq_of(IRS), seq_of(ISS), &t);
    return timewait_may_reopen(&fx.w, (uint32_t)waiting(port), &t, above);
}

static bool expire(double ms)
{
    clock_to(fx.s.now + (rn_time)(ms * TIME_MS));
    timewait_expire(&fx.w, &fx.s, 100);
    return waiting(80) < 0;
}

static void test_record_takes_the_connections_place(void **state)
{
    struct table_key key;
    uint32_t index = 99;

    (void)state;
    closed_to(80);
    assert_int_equal(fx.s.used, 0);
    assert_int_equal(fx.s.actives.used, 0);
    assert_int_equal(fx.w.used, 1);
    assert_int_equal(fx.s.table.buckets.entries, 1);
    key = fx.w.records[0].key;
    assert_int_equal(key.remote_port, 80);
    assert_int_equal(table_find(&fx.s.table, &key, table_hash(&fx.s.table, &key), &index), TABLE_TIME_WAIT);
    assert_int_equal(index, 0);
    assert_int_equal(fx.w.records[0].snd_nxt.v, ISS + 2);
    assert_int_equal(fx.w.records[0].rcv_nxt.v, IRS + 2);
    assert_int_equal(fx.s.counts.closed, 1);
}

static void test_two_maximum_segment_lifetimes(void **state)
{
    uint32_t tick;

    (void)state;
    assert_false(timewait_next(&fx.w, &tick));
    closed_to(80);
    assert_true(timewait_next(&fx.w, &tick));
    assert_int_equal(tick, tick_after(fx.s.now + 60 * TIME_S));
    assert_false(expire(59999)); /* MUST-13 */
    assert_true(expire(1.1));
    assert_false(timewait_next(&fx.w, &tick));
    assert_int_equal(fx.s.table.buckets.entries, 0);
}

static void test_the_oldest_goes_first(void **state)
{
    (void)state;
    closed_to(80);
    clock_to(fx.s.now + 10 * TIME_S);
    closed_to(81);
    clock_to(fx.s.now + 10 * TIME_S);
    closed_to(82);
    assert_false(expire(39799)); /* each handshake took 100 ms */
    assert_true(expire(2));
    assert_true(waiting(81) >= 0);
    expire(10100);
    assert_int_equal(waiting(81), -1);
    assert_true(waiting(82) >= 0);
    expire(10100);
    assert_int_equal(fx.w.used, 0);
}

static void test_no_more_than_asked_for_go_at_once(void **state)
{
    (void)state;
    for (uint16_t port = 80; port < 84; port++)
        closed_to(port);
    clock_to(fx.s.now + 100 * TIME_S);
    timewait_expire(&fx.w, &fx.s, 3);
    assert_int_equal(fx.w.used, 1);
    assert_true(waiting(83) >= 0);
}

/* "acknowledge it, and restart the 2 MSL timeout" */
static void test_repeated_fin(void **state)
{
    struct verdict v;
    (void)state;
    closed_to(80);
    closed_to(81);
    assert_false(expire(50000));
    v = arrives(80, "F. 1:1 ack 2");
    assert_int_equal(v.drop, DROP_NONE);
    assert_int_equal(v.reply, REPLY_ACK);
    assert_int_equal(v.seq.v, ISS + 2);
    assert_int_equal(v.ack.v, IRS + 2);
    assert_int_equal(v.window, 60000);
    assert_false(expire(59999));
    assert_int_equal(waiting(81), -1); /* that one was not restarted, and is now before it */
    assert_true(expire(1.1));
}

/* RFC 1337 3, fix (F1): a RST, in place or not, does not end it. */
static void test_reset_is_ignored(void **state)
{
    (void)state;
    closed_to(80);
    VERDICT(arrives(80, "R 2:2"), DROP_RESET, REPLY_NONE);
    VERDICT(arrives(80, "R. 100:100 ack 2"), DROP_RESET, REPLY_NONE);
    assert_true(waiting(80) >= 0);
    assert_false(expire(59999));
    assert_true(expire(1.1)); /* and does not lengthen it */
}

static void test_what_carries_nothing_is_quiet(void **state)
{
    (void)state;
    closed_to(80);
    VERDICT(arrives(80, ". 2:2 ack 2"), DROP_NONE, REPLY_NONE);
    VERDICT(arrives(80, ". 1:1 ack 2"), DROP_NONE,
            REPLY_NONE); /* two of us could answer each other for ever */
    VERDICT(arrives(80, "P. 1:11 ack 2"), DROP_SEQUENCE, REPLY_ACK);
}

/* MAY-2: a SYN beyond all that was used may open a new connection; the record tells what ours must lie above.
 */
static void test_newer_syn_may_reopen(void **state)
{
    seq32 above = seq_of(0);

    (void)state;
    closed_to(80);
    assert_true(may_reopen(80, "S 100000:100000", &above));
    assert_int_equal(above.v, ISS + 2);
    assert_true(may_reopen(80, "S 3:3", &above));
    assert_int_equal(fx.w.used, 1);
    timewait_let_go(&fx.w, &fx.s, (uint32_t)waiting(80));
    assert_int_equal(fx.w.used, 0);
    assert_int_equal(fx.s.table.buckets.entries, 0);
}

static void test_what_may_not_reopen(void **state)
{
    seq32 above;

    (void)state;
    closed_to(80);
    assert_false(may_reopen(80, "S 1:1", &above));
    assert_false(may_reopen(80, "S 0:0", &above));
    assert_false(may_reopen(80, "S. 5000:5000 ack 2", &above));
    assert_false(may_reopen(80, "SF 5000:5000", &above));
    assert_false(may_reopen(80, "SR 5000:5000", &above));
    assert_false(may_reopen(80, ". 5000:5000 ack 2", &above));
}

static void test_older_syn_is_challenged(void **state)
{
    (void)state;
    closed_to(80);
    VERDICT(arrives(80, "S 1:1"), DROP_SYN, REPLY_ACK);
    VERDICT(arrives(80, "S. 5000:5000 ack 2"), DROP_SYN, REPLY_ACK);
    assert_true(waiting(80) >= 0);
}

static void test_the_oldest_is_recycled_when_full(void **state)
{
    (void)state;
    for (uint16_t port = 80; port < 80 + WAITS; port++)
        closed_to(port);
    assert_int_equal(fx.w.recycled, 0);
    closed_to(90);
    assert_int_equal(fx.w.recycled, 1);
    assert_int_equal(fx.w.used, WAITS);
    assert_int_equal(fx.w.peak, WAITS);
    assert_int_equal(waiting(80), -1);
    assert_true(waiting(81) >= 0);
    assert_true(waiting(90) >= 0);
    assert_int_equal(fx.s.table.buckets.entries, WAITS);
}

/* The application may still read what came before the end, after the record has taken over. */
static void test_unread_bytes_stay(void **state)
{
    struct conn *c = conn_in(CONN_FIN_WAIT_2);

    (void)state;
    in(c, "FP. 1:11 ack 2");
    assert_int_equal(fx.w.used, 1);
    assert_int_equal(c->state, CONN_CLOSED);
    assert_int_equal(app_recv(c, 100), 10);
    assert_int_equal(app_recv(c, 100), 0);
}

/* The window is told as it stands on the wire: shifted. */
static void test_window_of_a_scaled_connection(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.config.rcv_scale = 2;
    fx.s.config.receive_bytes = fx.s.config.receive_bytes_max = 200000;
    c = opened_with(80, "S. 0:0 ack 1 <mss 1000,wscale 0>");
    call_close(&fx.s, c);
    drain();
    in(c, ". 1:1 ack 2");
    in(c, "F. 1:1 ack 2");
    drain();
    assert_int_equal(fx.w.records[0].window, 50000);
}

/* RFC 6191 2: with timestamps on both sides the clock decides, and the sequence number only where it stands.
 */
static void test_timestamps_decide_who_may_reopen(void **state)
{
    static const struct {
        const char *syn;
        bool may;
    } rows[] = {{"S 100:100 <ts 6000:0>", true},
                {"S 4294900000:4294900000 <ts 6001:0>", true},
                {"S 100:100 <ts 4999:0>", false},
                {"S 100:100 <ts 5000:0>", true},
                {"S 1:1 <ts 5000:0>", false},
                {"S 100:100", true},
                {"S 1:1", false}};
    struct conn *c;
    seq32 above;
    struct tcp t;

    (void)state;
    with_options(true, false);
    c = opened(80);
    call_close(&fx.s, c);
    drain();
    in(c, ". 1:1 ack 2 <ts 5000:0>");
    in(c, "F. 1:1 ack 2 <ts 5000:0>");
    assert_int_equal(fx.w.used, 1);
    assert_int_equal(fx.w.records[0].ts_recent, 5000);
    for (unsigned i = 0; i < COUNT(rows); i++) {
        segment_of(rows[i].syn, seq_of(IRS), seq_of(ISS), &t);
        assert_int_equal(timewait_may_reopen(&fx.w, 0, &t, &above), rows[i].may);
        assert_int_equal(above.v, ISS + 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_record_takes_the_connections_place),
        TEST(test_two_maximum_segment_lifetimes),
        TEST(test_the_oldest_goes_first),
        TEST(test_no_more_than_asked_for_go_at_once),
        TEST(test_repeated_fin),
        TEST(test_reset_is_ignored),
        TEST(test_what_carries_nothing_is_quiet),
        TEST(test_newer_syn_may_reopen),
        TEST(test_what_may_not_reopen),
        TEST(test_older_syn_is_challenged),
        TEST(test_the_oldest_is_recycled_when_full),
        TEST(test_unread_bytes_stay),
        TEST(test_window_of_a_scaled_connection),
        TEST(test_timestamps_decide_who_may_reopen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
