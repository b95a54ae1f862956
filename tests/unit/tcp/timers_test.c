/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When things happen: retransmission, probing, delayed acknowledgements, orphans, memory; and the lazily
 * armed wheel beneath, which may be neither late nor full.
 */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

enum { SEED = 20261122 };

static uint64_t seed = SEED;

static uint32_t draw(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % below;
}

/* ---- retransmission (RFC 6298 5) */

static void test_timeout_doubles_up_to_its_limit_and_r2_ends_it(void **state)
{
    static const double waits[15] = {300,   600,   1200,  2400,  4800,  9600,  19200, 38400,
                                     60000, 60000, 60000, 60000, 60000, 60000, 60000};
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 100);
    LEAVES("P. 1:101 ack 1");
    for (unsigned i = 0; i < COUNT(waits); i++)
        AFTER(waits[i], "P. 1:101 ack 1");
    pass(59999);
    assert_int_equal(c->state, CONN_ESTABLISHED);
    pass(2);
    assert_int_equal(c->state, CONN_CLOSED);
    assert_int_equal(conn_cold(&fx.s, c)->error, -ETIMEDOUT);
    assert_int_equal(heard(c), CONN_EV_FAILED);
    assert_int_equal(fx.s.counts.timed_out, 1);
    assert_int_equal(fx.s.counts.retransmitted, 15);
    assert_true(is_gone(c));
}

static void test_syn_is_repeated_for_three_minutes(void **state)
{
    static const double waits[7] = {1000, 2000, 4000, 8000, 16000, 32000, 60000};
    struct conn *c = conn_in(CONN_SYN_SENT);

    (void)state;
    for (unsigned i = 0; i < COUNT(waits); i++)
        AFTER(waits[i], "S 0:0 <mss 1460,wscale 0>");
    pass(59999); /* 183 s since the first: MUST-23 asks for 180 */
    assert_int_equal(c->state, CONN_SYN_SENT);
    pass(2);
    assert_int_equal(conn_cold(&fx.s, c)->error, -ETIMEDOUT);
    assert_int_equal(heard(c), CONN_EV_FAILED);
}

static void test_syn_ack_of_a_simultaneous_open_is_repeated(void **state)
{
    struct conn *c = conn_in(CONN_SYN_RECEIVED);

    (void)state;
    AFTER(1000, "S. 0:0 ack 1 <mss 1460>");
    AFTER(2000, "S. 0:0 ack 1 <mss 1460>");
    in(c, ". 1:1 ack 1");
    pass(100000);
    assert_int_equal(c->state, CONN_ESTABLISHED);
}

static void test_a_later_segment_does_not_restart_the_timer(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 1000);
    LEAVES("P. 1:1001 ack 1");
    pass(200);
    app_send(c, 1000);
    LEAVES("P. 1001:2001 ack 1");
    AFTER(100, ". 1:1001 ack 1"); /* (5.1) */
}

static void test_an_acknowledgement_restarts_it(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 2000);
    assert_int_equal(drain(), 2);
    pass(200);
    in(c, ". 1:1 ack 1001");            /* 200 ms: RTTVAR 62,500, SRTT 112,500, RTO 362.5 ms */
    AFTER(362.5, "P. 1001:2001 ack 1"); /* (5.3) */
}

static void test_it_stops_when_all_is_acknowledged(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 2000);
    assert_int_equal(drain(), 2);
    pass(100);
    in(c, ". 1:1 ack 2001"); /* (5.2) */
    pass(1000000);
    assert_int_equal(c->state, CONN_ESTABLISHED);
}

/* While a tail loss probe is what comes next, at 400 ms. */
static void test_a_user_timeout_set_later_is_in_time(void **state)
{
    struct conn *c;

    (void)state;
    with_options(false, true);
    c = opened(80);
    c->rttvar_us = 500000; /* RTO 2.1 s */
    app_send(c, 100);
    LEAVES("P. 1:101 ack 1");
    pass(50);
    fx.s.settings[0].user_timeout_ms = 300;
    conn_follow_settings(&fx.s, c);
    timers_settings_changed(&fx.s, c);
    pass(249);
    assert_int_equal(c->state, CONN_ESTABLISHED);
    pass(2);
    assert_int_equal(c->state, CONN_CLOSED);
    assert_int_equal(conn_cold(&fx.s, c)->error, -ETIMEDOUT);
    assert_int_equal(heard(c), CONN_EV_FAILED);
}

static void test_a_fin_is_repeated(void **state)
{
    struct conn *c = conn_in(CONN_FIN_WAIT_1);

    (void)state;
    AFTER(300, "F. 1:1 ack 1");
    AFTER(600, "F. 1:1 ack 1");
    in(c, ". 1:1 ack 2");
    assert_int_equal(c->state, CONN_FIN_WAIT_2);
    pass(1000000);
}

/* ---- a closed window (RFC 9293 3.8.6.1) */

static struct conn *closed_window(void)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    in(c, ". 1:1 ack 1 win 0");
    app_send(c, 3000);
    LEAVES("");
    return c;
}

static void test_closed_window_is_probed_ever_more_rarely(void **state)
{
    static const double waits[] = {300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 60000, 60000};
    struct conn *c = closed_window();

    (void)state;
    for (unsigned i = 0; i < COUNT(waits); i++) { /* MUST-36, SHLD-29, SHLD-30 */
        AFTER(waits[i], ". 1:2 ack 1");
        in(c, ". 1:1 ack 1 win 0");
    }
    in(c, ". 1:1 ack 1 win 2500");
    LEAVES(". 1:1001 ack 1");
    LEAVES(". 1001:2001 ack 1");
    LEAVES("");
}

static void test_answered_probes_keep_a_connection_for_a_day(void **state)
{
    struct conn *c = closed_window();

    (void)state;
    for (rn_time end = fx.s.now + 24 * 3600 * TIME_S; fx.s.now < end;) { /* MUST-37 */
        run_to(end);
        if (!drain())
            continue;
        in(c, ". 1:1 ack 1 win 0");
        assert_int_equal(c->state, CONN_ESTABLISHED);
    }
    in(c, ". 1:1 ack 1");
    assert_int_equal(drain(), 3);
}

static void test_unanswered_probes_end_it(void **state)
{
    struct conn *c = closed_window();
    unsigned probes = 0;

    (void)state;
    for (rn_time end = fx.s.now + 3600 * TIME_S; fx.s.now < end && c->state == CONN_ESTABLISHED;) {
        run_to(end);
        probes += drain();
    }
    assert_int_equal(probes, 15);
    assert_int_equal(conn_cold(&fx.s, c)->error, -ETIMEDOUT);
}

/* RFC 6429 3: nobody waits for an orphan's bytes, so it may not be kept for ever by a closed window. */
static void test_orphan_with_a_closed_window_ends(void **state)
{
    struct conn *c = closed_window();

    (void)state;
    call_close(&fx.s, c);
    for (rn_time end = fx.s.now + 3600 * TIME_S; fx.s.now < end && !is_gone(c);) {
        run_to(end);
        if (drain() && !is_gone(c))
            in(c, ". 1:1 ack 1 win 0");
    }
    assert_true(is_gone(c));
}

/* The peer takes the byte of a probe: it is acknowledged, and the next probe is of the next byte. */
static void test_probe_that_is_taken(void **state)
{
    struct conn *c = closed_window();

    (void)state;
    AFTER(300, ". 1:2 ack 1");
    in(c, ". 1:1 ack 2 win 0");
    AFTER(600, ". 2:3 ack 1");
}

/* A window too small to be worth a segment: the override timeout sends what fits (3.8.6.2.1 (4)). */
static void test_small_window_is_used_after_a_while(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, ". 1:1 ack 1 win 400");
    app_send(c, 3000);
    LEAVES("");
    AFTER(300, ". 1:401 ack 1");
}

/* The wait for a better window ends when it comes: what is sent then has a timeout of its own, (5.1). */
static void test_sending_after_a_wait_starts_a_timeout_of_its_own(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, ". 1:1 ack 1 win 400");
    app_send(c, 900);
    LEAVES("");
    pass(290);
    in(c, ". 1:1 ack 1 win 5000");
    LEAVES("P. 1:901 ack 1");
    AFTER(300, "P. 1:901 ack 1");
}

/* ---- the other deadlines */

static void test_delayed_acknowledgement(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, "P. 1:101 ack 1");
    AFTER(40, ". 1:1 ack 101 win 59900");
    pass(1000);
}

static void test_delayed_acknowledgement_rides_on_the_answer(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, "P. 1:101 ack 1");
    pass(30);
    app_recv(c, 1000);
    app_send(c, 10);
    LEAVES("P. 1:11 ack 101 win 59900");
    in(c, ". 101:101 ack 11");
    pass(1000);
}

/* The second small segment does not put the acknowledgement of the first off. */
static void test_delayed_acknowledgement_is_not_put_off_again(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    in(c, "P. 1:101 ack 1");
    pass(30);
    in(c, "P. 101:201 ack 1");
    AFTER(10, ". 1:1 ack 201 win 59800");
}

static void test_orphan_in_fin_wait_2_has_a_minute(void **state)
{
    struct conn *c = conn_in(CONN_FIN_WAIT_2);

    (void)state;
    pass(1000000); /* whose application still reads has all the time of the world */
    call_close(&fx.s, c);
    pass(59999);
    assert_int_equal(c->state, CONN_FIN_WAIT_2);
    pass(2);
    assert_true(is_gone(c));
}

static void test_orphan_has_its_minute_from_fin_wait_2_on(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    call_close(&fx.s, c);
    LEAVES("F. 1:1 ack 1");
    pass(200);
    in(c, ". 1:1 ack 2");
    pass(59999);
    assert_int_equal(c->state, CONN_FIN_WAIT_2);
    pass(2);
    assert_true(is_gone(c));
}

static void test_writable_when_memory_may_have_come(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    size_t budget = fx.slabs.budget_bytes;

    (void)state;
    fx.slabs.budget_bytes = fx.slabs.used_bytes;
    assert_int_equal(app_send(c, 100), -EAGAIN);
    fx.slabs.budget_bytes = budget;
    assert_int_equal(heard(c), 0);
    pass(1000); /* soon, whatever soon is */
    assert_int_equal(heard(c), CONN_EV_WRITABLE);
    pass(1000);
    assert_int_equal(heard(c), 0);
}

/* ---- the wheel */

static void test_an_earlier_deadline_after_a_later_one(void **state)
{
    struct conn *c = conn_in(CONN_FIN_WAIT_2);

    (void)state;
    pass(5000);                   /* the opening's entries have surfaced */
    call_close(&fx.s, c);         /* 60 s: a far entry */
    timers_ack_put_off(&fx.s, c); /* 40 ms: a near one */
    assert_int_equal(fx.s.wheel.entries, 2);
    pass(39);
    AFTER(1, ". 2:2 ack 1");
    pass(59958);
    assert_int_equal(c->state, CONN_FIN_WAIT_2);
    pass(5);
    assert_true(is_gone(c));
}

static void test_three_deadlines_each_earlier_than_the_last(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    app_send(c, 10);
    drain();                       /* 300 ms: far */
    timers_memory_short(&fx.s, c); /* 50 ms: near */
    c->flags |= CONN_WANT_WRITE;
    in(c, "P. 1:101 ack 1");
    LEAVES(""); /* 40 ms: nearer */
    AFTER(40, ". 11:11 ack 101 win 59900");
    assert_int_equal(heard(c), CONN_EV_READABLE);
    pass(9.8);
    assert_int_equal(heard(c), 0);
    pass(0.4);
    assert_int_equal(heard(c), CONN_EV_WRITABLE);
    AFTER(249.7, "P. 1:11 ack 101 win 59900");
}

/* An entry of a record's last life does no harm in the next one. */
static void test_entries_outlive_a_connection(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED), *next;

    (void)state;
    app_send(c, 10);
    drain();
    pass(100);
    in(c, "P. 1:11 ack 1");
    drain();
    call_abort(&fx.s, c);
    drain();
    heard(NULL);
    next = opening(81);
    assert_ptr_equal(next, c);
    LEAVES("S 0:0 <mss 1460,wscale 0>");
    AFTER(1000, "S 0:0 <mss 1460,wscale 0>");
    assert_in_range(fx.s.wheel.entries, 1, 2);
}

/* A second of a conversation: the peer asks, we answer, the peer acknowledges with its next question. */
static void ask_and_answer(struct conn *c, uint32_t round)
{
    char text[60];
    uint32_t number = 1 + round * 10;

    snprintf(text, sizeof text, "P. %u:%u ack %u", number, number + 10, number);
    in(c, text);
    fx.got = fx.sent = number;
    assert_int_equal(app_recv(c, 100), 10);
    assert_int_equal(app_send(c, 10), 10);
    assert_int_equal(drain(), 1);
}

static void test_a_request_a_second_for_three_hours(void **state)
{
    struct conn *conns[CONNECTIONS];
    uint32_t most = 0;

    (void)state;
    for (uint16_t i = 0; i < CONNECTIONS; i++)
        conns[i] = opened((uint16_t)(80 + i));
    for (uint32_t round = 0; round < 3 * 3600; round++) {
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            char ack[60];
            uint32_t number = 11 + round * 10;

            ask_and_answer(conns[i], round);
            pass(50);
            snprintf(ack, sizeof ack, ". %u:%u ack %u", number, number, number);
            in(conns[i], ack);
            pass(75);
            if (fx.s.wheel.entries > most)
                most = fx.s.wheel.entries;
        }
    }
    /* Of eight connections each has one timer at a time, which lives for 50 ms of a second. */
    assert_in_range(most, 1, 2 * CONNECTIONS);
    assert_int_equal(fx.s.counts.retransmitted, 0);
}

/* All that is due has happened, and what is due later has an entry that surfaces in time. */
static void nobody_is_late(void)
{
    uint32_t now = tick_of(fx.s.now), next;

    for (uint32_t i = 0; i < fx.s.fresh; i++) {
        const struct conn *c = conn_at(&fx.s, i);
        const uint32_t at[] = {c->loss_at, c->ack_at, c->other_at};

        for (unsigned k = 0; k < COUNT(at); k++) {
            if (!at[k])
                continue;
            assert_true(wheel_before(now, at[k]));
            assert_true(wheel_next(&fx.s.wheel, &next));
            assert_false(wheel_before(at[k], next));
            assert_true((c->flags & CONN_NEAR && !wheel_before(at[k], c->near)) ||
                        (c->flags & CONN_FAR && !wheel_before(at[k], c->far)));
        }
    }
}

static void any_event(struct conn *c)
{
    switch (draw(8)) {
    case 0: timers_ack_put_off(&fx.s, c); break;
    case 1: timers_ack_sent(c); break;
    case 2: timers_memory_short(&fx.s, c); break;
    case 3:
        assert_non_null(conn_activate(&fx.s, c));
        timers_data_sent(&fx.s, c, false);
        break;
    case 4: timers_ack_advanced(&fx.s, c); break;
    case 5: timers_window_closed(&fx.s, c); break;
    case 6: fx.s.config.delayed_ack = 1 + draw(400) * TIME_MS; break;
    default: c->srtt_us = 1 + draw(3000000); break;
    }
}

static void hangs(int number)
{
    static const char text[] = "# the wheel is full of entries that are still good: endless sweep\n";

    (void)number;
    if (write(2, text, sizeof text - 1) < 0)
        _exit(3);
    _exit(2);
}

/* Whatever happens in whatever order: nothing is late, and the wheel is never too small. */
static void test_random_deadlines(void **state)
{
    struct conn *conns[CONNECTIONS];

    (void)state;
    for (uint16_t i = 0; i < CONNECTIONS; i++)
        conns[i] = opened((uint16_t)(80 + i));
    fx.s.settings[0].data_retries = 255;
    signal(SIGALRM, hangs);
    alarm(60);
    for (int round = 0; round < 200000; round++) {
        struct conn *c = conns[draw(CONNECTIONS)];

        any_event(c);
        c->retries = 0;
        if (draw(3) == 0)
            run_to(fx.s.now + draw(200) * TIME_MS * (draw(50) == 0 ? 100 : 1));
        drain();
        nobody_is_late();
        assert_in_range(fx.s.wheel.entries, 0, CONN_WHEEL_ENTRIES * CONNECTIONS);
    }
    alarm(0);
}

/* The least stack: two entries, both good, and then an earlier deadline comes before both. */
static void test_wheel_of_one_connection_is_never_too_small(void **state)
{
    struct conn *c;

    tear_down(state);
    set_up_sized(1, BUDGET);
    signal(SIGALRM, hangs);
    alarm(20);
    c = conn_in(CONN_ESTABLISHED);
    pass(5000); /* all entries of the opening have surfaced */
    app_send(c, 10);
    drain();                       /* 300 ms: far */
    timers_memory_short(&fx.s, c); /* 50 ms: near */
    assert_int_equal(fx.s.wheel.entries, 2);
    timers_ack_put_off(&fx.s, c); /* 40 ms: nearer */
    alarm(0);
    nobody_is_late();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_timeout_doubles_up_to_its_limit_and_r2_ends_it),
        TEST(test_syn_is_repeated_for_three_minutes),
        TEST(test_syn_ack_of_a_simultaneous_open_is_repeated),
        TEST(test_a_later_segment_does_not_restart_the_timer),
        TEST(test_an_acknowledgement_restarts_it),
        TEST(test_it_stops_when_all_is_acknowledged),
        TEST(test_a_user_timeout_set_later_is_in_time),
        TEST(test_a_fin_is_repeated),
        TEST(test_closed_window_is_probed_ever_more_rarely),
        TEST(test_answered_probes_keep_a_connection_for_a_day),
        TEST(test_unanswered_probes_end_it),
        TEST(test_orphan_with_a_closed_window_ends),
        TEST(test_probe_that_is_taken),
        TEST(test_small_window_is_used_after_a_while),
        TEST(test_sending_after_a_wait_starts_a_timeout_of_its_own),
        TEST(test_delayed_acknowledgement),
        TEST(test_delayed_acknowledgement_rides_on_the_answer),
        TEST(test_delayed_acknowledgement_is_not_put_off_again),
        TEST(test_orphan_in_fin_wait_2_has_a_minute),
        TEST(test_orphan_has_its_minute_from_fin_wait_2_on),
        TEST(test_writable_when_memory_may_have_come),
        TEST(test_an_earlier_deadline_after_a_later_one),
        TEST(test_three_deadlines_each_earlier_than_the_last),
        TEST(test_entries_outlive_a_connection),
        TEST(test_a_request_a_second_for_three_hours),
        TEST(test_random_deadlines),
        TEST(test_wheel_of_one_connection_is_never_too_small), /* last: a failure ends the program */
    };

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
