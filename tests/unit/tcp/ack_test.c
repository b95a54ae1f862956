/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ACK field (RFC 9293 3.10.7.4, fifth step; RFC 5961 5.2): what is acceptable, what it frees, which
 * window counts.
 */
#include "fixture.h"
#include "tcp/ack.h"

/* The acknowledgement in a segment. */
static enum drop ack(struct conn *c, const char *text)
{
    struct segment seg = {0};

    seg.len = segment_of(text, conn_cold(&fx.s, c)->irs, conn_cold(&fx.s, c)->iss, &seg.tcp);
    return ack_received(&fx.s, c, &seg);
}

/* An open connection with that many bytes in flight. */
static struct conn *with_flight(uint32_t bytes)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    app_send(c, bytes);
    drain();
    assert_int_equal(c->snd_nxt.v, ISS + 1 + bytes);
    return c;
}

/* (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT; else an ACK is sent back. */
static void test_what_is_acceptable(void **state)
{
    struct conn *c = with_flight(3000);

    (void)state;
    assert_int_equal(ack(c, ". 1:1 ack 3002"), DROP_ACK);
    LEAVES(". 3001:3001 ack 1");
    assert_int_equal(ack(c, ". 1:1 ack 2000001"), DROP_ACK);
    LEAVES(""); /* not two within half a second: RFC 5961 7 */
    clock_to(fx.s.now + 500 * TIME_MS);
    assert_int_equal(ack(c, ". 1:1 ack 2000001"), DROP_ACK);
    LEAVES(". 3001:3001 ack 1");
    assert_int_equal(c->snd_una.v, ISS + 1);
    assert_int_equal(ack(c, ". 1:1 ack 3001"), DROP_NONE);
    assert_int_equal(c->snd_una.v, ISS + 3001);
    LEAVES("");
    assert_int_equal(ack(c, ". 1:1 ack 1"), DROP_NONE); /* an old duplicate */
    LEAVES("");
    assert_int_equal(ack(c, ". 1:1 ack 4294910297"), DROP_NONE); /* 3,001 - 60,000 */
    LEAVES("");
    clock_to(fx.s.now + 500 * TIME_MS);
    assert_int_equal(ack(c, ". 1:1 ack 4294910296"), DROP_ACK);
    LEAVES(". 3001:3001 ack 1");
    assert_int_equal(c->snd_una.v, ISS + 3001);
}

static void test_acknowledged_bytes_are_freed(void **state)
{
    struct conn *c = with_flight(3000);

    (void)state;
    assert_int_equal(conn_queued(&fx.s, c), 3000);
    assert_int_equal(ack(c, ". 1:1 ack 1501"), DROP_NONE);
    assert_int_equal(conn_queued(&fx.s, c), 1500);
    drain();
    assert_int_equal(ack(c, ". 1:1 ack 3001"), DROP_NONE);
    assert_int_equal(conn_queued(&fx.s, c), 0);
    assert_false(c->flags & CONN_FIN_ACKED);
}

static void test_fin_is_acknowledged_only_as_the_last(void **state)
{
    struct conn *c = with_flight(100);

    (void)state;
    call_shutdown(&fx.s, c);
    LEAVES("F. 101:101 ack 1");
    ack(c, ". 1:1 ack 101");
    assert_false(c->flags & CONN_FIN_ACKED);
    ack(c, ". 1:1 ack 102");
    assert_true(c->flags & CONN_FIN_ACKED);
    drain();
}

/* A segment that goes again begins where the acknowledgement stands, in the middle of an old segment. */
static void test_partial_acknowledgement(void **state)
{
    struct conn *c = with_flight(3000);

    (void)state;
    ack(c, ". 1:1 ack 501");
    LEAVES("");
    run_to(fx.s.now + 2 * TIME_S);
    LEAVES(". 501:1501 ack 1");
}

/* An acknowledgement beyond what goes again: the next one is what follows. */
static void test_acknowledgement_of_what_is_to_be_repeated(void **state)
{
    struct conn *c = with_flight(3000);

    (void)state;
    AFTER(300, ". 1:1001 ack 1");
    LEAVES("");
    ack(c, ". 1:1 ack 2001");
    LEAVES("P. 2001:3001 ack 1");
    LEAVES("");
    ack(c, ". 1:1 ack 3001");
    pass(100000);
}

/* SND.WL1: an older segment's window does not count; the same segment's newer one does. */
static void test_which_window_counts(void **state)
{
    struct conn *c = with_flight(1000);

    (void)state;
    ack(c, ". 100:100 ack 1 win 5000");
    assert_int_equal(c->snd_wnd, 5000);
    ack(c, ". 99:99 ack 1 win 7000");
    assert_int_equal(c->snd_wnd, 5000);
    ack(c, ". 100:100 ack 501 win 6000");
    assert_int_equal(c->snd_wnd, 6000);
    ack(c, ". 101:101 ack 1 win 9000"); /* acknowledges less than SND.UNA: not to be used */
    assert_int_equal(c->snd_wnd, 6000);
    ack(c, ". 50:50 ack 1001 win 9000"); /* acknowledges more, but is older */
    assert_int_equal(c->snd_wnd, 5500);  /* the edge stays where the newer one put it */
    assert_int_equal(c->snd_una.v, ISS + 1001);
    assert_int_equal(conn_max_wnd(&fx.s, c), 60000);
}

/* MUST-1, REC-1: windows are unsigned and held in 32 bits. */
static void test_window_in_bytes(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    struct tcp t = {.flags = TCP_ACK, .window = 65535};

    (void)state;
    assert_int_equal(ack_window(c, &t), 65535);
    c->scale = 14;
    assert_int_equal(ack_window(c, &t), 1073725440);
    t.flags |= TCP_SYN;
    assert_int_equal(ack_window(c, &t), 65535);
    c->scale = 0x70; /* the high half is our own shift */
    t.flags = TCP_ACK;
    assert_int_equal(ack_window(c, &t), 65535);
}

static void test_growing_window_lets_more_go(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    ack(c, ". 1:1 ack 1 win 2000");
    app_send(c, 5000);
    assert_int_equal(drain(), 2);
    ack(c, ". 1:1 ack 1 win 3000");
    LEAVES(". 2001:3001 ack 1");
    LEAVES("");
}

/* MUST-34: a window that shrinks over what is in flight stops what is new, and harms nothing. */
static void test_shrinking_window(void **state)
{
    struct conn *c = with_flight(5000);

    (void)state;
    app_send(c, 1000);
    drain();
    ack(c, ". 1:1 ack 1001 win 1500");
    LEAVES("");
    app_send(c, 5000);
    LEAVES("");
    AFTER(337.5, ". 1001:2001 ack 1"); /* SHLD-16: what the window still covers goes again */
    ack(c, ". 1:1 ack 6001 win 1500");
    LEAVES(". 6001:7001 ack 1");
}

/* WRITABLE comes once, when a segment's worth or half of the buffer is free again. */
static void test_room_is_told_once(void **state)
{
    struct conn *c;

    (void)state;
    fx.s.config.send_bytes = fx.s.config.send_bytes_max = 3000;
    c = conn_in(CONN_ESTABLISHED);
    assert_int_equal(app_send(c, 5000), 3000);
    drain();
    ack(c, ". 1:1 ack 500");
    assert_int_equal(heard(c), 0);
    ack(c, ". 1:1 ack 1001");
    assert_int_equal(heard(c), CONN_EV_WRITABLE);
    ack(c, ". 1:1 ack 3001");
    assert_int_equal(heard(c), 0);
    fx.sent = 3001;
    assert_int_equal(app_send(c, 100), 100); /* not cut short: nothing to be told */
    drain();
    ack(c, ". 1:1 ack 3101");
    assert_int_equal(heard(c), 0);
}

/* Only a window that is used grows. */
static void test_congestion_window_is_told(void **state)
{
    struct conn *c = with_flight(1000);

    (void)state;
    ack(c, ". 1:1 ack 1001");
    assert_int_equal(c->cwnd, 10000);
    app_send(c, 20000);
    assert_int_equal(drain(), 10);
    ack(c, ". 1:1 ack 3001");
    assert_int_equal(c->cwnd, 12000);
}

/* Acknowledgements come many at a time, and nothing is sent in between: each of them counts. */
static void test_a_batch_of_acknowledgements_doubles_the_window(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    fx.s.config.send_bytes = 1 << 20;
    app_send(c, 50000);
    for (int acked = 0, sent = 10; acked < 30; acked += sent, sent *= 2) {
        assert_int_equal(drain(), sent);
        for (int i = 1; i <= sent; i++) {
            char text[40];

            snprintf(text, sizeof text, ". 1:1 ack %d", 1000 * (acked + i) + 1);
            ack(c, text);
        }
        assert_int_equal(c->cwnd, 2000 * sent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_acceptable),
        TEST(test_acknowledged_bytes_are_freed),
        TEST(test_fin_is_acknowledged_only_as_the_last),
        TEST(test_partial_acknowledgement),
        TEST(test_acknowledgement_of_what_is_to_be_repeated),
        TEST(test_which_window_counts),
        TEST(test_window_in_bytes),
        TEST(test_growing_window_lets_more_go),
        TEST(test_shrinking_window),
        TEST(test_room_is_told_once),
        TEST(test_congestion_window_is_told),
        TEST(test_a_batch_of_acknowledgements_doubles_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
