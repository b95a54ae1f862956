/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The neighbour cache: who is asked when, who is believed, who has to go when it is full (RFC 826; RFC 1122
 * 2.3.2; RFC 6583). The test asks as a flush does: whatever is due, until nothing is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "ip/neighbour.h"

enum { LIMIT = 8 };

/* 10 s before the ticks wrap. */
#define START ((INT64_C(1) << 48) - 10 * TIME_S)

static struct neighbours n;
static uint32_t uses[LIMIT];
static rn_time now;

static const uint8_t one[6] = {2, 0, 0, 0, 0, 1}, two[6] = {2, 0, 0, 0, 0, 2};

static int set_up(void **state)
{
    uint32_t buckets = bucket_count_for(LIMIT);
    struct bucket *memory = aligned_alloc(64, buckets * sizeof *memory);

    (void)state;
    memset(&n, 0, sizeof n);
    memset(uses, 0, sizeof uses);
    n.list = calloc(LIMIT, sizeof *n.list);
    assert_non_null(memory);
    assert_non_null(n.list);
    memset(memory, 0, buckets * sizeof *memory);
    bucket_init(&n.table, memory, buckets);
    n.key = (struct hash_key){{1, 2, 3, 4}};
    n.limit = LIMIT;
    n.uses = uses;
    now = START;
    return 0;
}

/* What stands in the queue is what is being asked; what is used is in the table. */
static int tear_down(void **state)
{
    uint32_t asking = 0, used = 0;

    (void)state;
    for (uint32_t at = n.head; at; at = n.list[at - 1].next) {
        assert_in_range(++asking, 1, LIMIT);
        assert_true(n.list[at - 1].queued);
        assert_true(n.list[at - 1].next || n.tail == at);
    }
    for (uint32_t i = 0; i < LIMIT; i++)
        used += n.list[i].state != NEIGHBOUR_FREE;
    assert_int_equal(asking, n.asking);
    assert_int_equal(used, n.used);
    assert_int_equal(n.table.entries, n.used);
    free(n.table.buckets);
    free(n.list);
    return 0;
}

static struct addr host(uint8_t number)
{
    const uint8_t b[4] = {10, 0, 0, number};

    return addr_of4(b);
}

static int find(uint8_t number)
{
    struct addr a = host(number);

    return neighbour_find(&n, &a, 0);
}

static int want(uint8_t number)
{
    struct addr a = host(number);

    return neighbour_want(&n, &a, 0, now);
}

static int heard(uint8_t number, const uint8_t mac[6], bool asks)
{
    struct addr a = host(number);

    return neighbour_heard(&n, &a, 0, mac, asks, now);
}

static int fix(uint8_t number)
{
    struct addr a = host(number);

    return neighbour_fix(&n, &a, 0, one);
}

/* A neighbour that is known. */
static unsigned known(uint8_t number)
{
    int i = heard(number, one, true);

    assert_true(i >= 0);
    return (unsigned)i;
}

static void pass(double ms)
{
    now += (rn_time)(ms * TIME_MS);
}

/* What is due now: "" or a sequence of ask N, give up N, as in "?4?5!6". */
static const char *due(void)
{
    static char text[80];
    enum neighbour_act act;
    char *at = text;
    unsigned i = 99;

    *at = 0;
    while ((act = neighbour_due(&n, now, &i)) != NEIGHBOUR_NOTHING) {
        *at++ = act == NEIGHBOUR_ASK ? '?' : '!';
        *at++ = (char)('0' + n.list[i].addr.b[15]);
        *at = 0;
        assert_true(at < text + sizeof text - 3);
    }
    return text;
}

static void test_asked_three_times_a_second_apart(void **state)
{
    int i = want(4);
    uint32_t tick;

    (void)state;
    assert_true(i >= 0);
    assert_false(neighbour_ready(&n, (unsigned)i, now));
    assert_true(neighbour_next(&n, &tick));
    assert_int_equal(tick, tick_of(now));
    assert_string_equal(due(), "?4");
    assert_true(neighbour_next(&n, &tick));
    assert_int_equal(tick, tick_after(now + TIME_S));
    pass(999);
    assert_string_equal(due(), "");
    pass(1.1);
    assert_string_equal(due(), "?4");
    pass(999);
    assert_string_equal(due(), "");
    pass(1.1);
    assert_string_equal(due(), "?4");
    pass(999);
    assert_string_equal(due(), "");
    pass(1.1);
    assert_string_equal(due(), "!4"); /* those who wait for it are to be told */
    assert_int_equal(n.list[i].state, NEIGHBOUR_FAILED);
    assert_false(neighbour_next(&n, &tick));
    pass(1000000);
    assert_string_equal(due(), "");
}

static void test_wanted_twice_is_asked_once(void **state)
{
    int i = want(4);

    (void)state;
    assert_int_equal(want(4), i);
    assert_string_equal(due(), "?4");
    assert_int_equal(want(4), i);
    assert_false(neighbour_ready(&n, (unsigned)i, now));
    assert_string_equal(due(), "");
}

static void test_failed_is_asked_again_when_it_is_used(void **state)
{
    unsigned i = (unsigned)want(4);

    (void)state;
    for (int k = 0; k < 4; k++) {
        due();
        pass(1001);
    }
    assert_int_equal(n.list[i].state, NEIGHBOUR_FAILED);
    assert_false(neighbour_ready(&n, i, now));
    assert_string_equal(due(), "?4");
    assert_int_equal(heard(4, one, false), i);
    assert_true(neighbour_ready(&n, i, now));
}

static void test_answer(void **state)
{
    unsigned i = (unsigned)want(4);
    uint32_t tick;

    (void)state;
    assert_string_equal(due(), "?4");
    pass(300);
    assert_int_equal(heard(4, one, false), i); /* wakes those who wait */
    assert_memory_equal(n.list[i].mac, one, 6);
    assert_int_equal(n.list[i].state, NEIGHBOUR_KNOWN);
    assert_true(neighbour_ready(&n, i, now));
    assert_false(neighbour_next(&n, &tick));
    pass(5000);
    assert_string_equal(due(), "");
}

/* RFC 826's "merge" is for who asks or was asked; else anybody could say who everybody is. */
static void test_unsolicited_answers_are_not_learnt(void **state)
{
    unsigned i;

    (void)state;
    assert_int_equal(heard(4, one, false), -1);
    assert_int_equal(find(4), -1);
    assert_int_equal(n.used, 0);
    i = (unsigned)want(5);
    due();
    assert_int_equal(heard(5, one, false), i);
    assert_int_equal(heard(5, two, false), -1);
    assert_memory_equal(n.list[i].mac, one, 6);
    i = (unsigned)want(6);
    for (int k = 0; k < 4; k++) {
        due();
        pass(1001);
    }
    assert_int_equal(heard(6, two, false), -1);
    assert_int_equal(n.list[i].state, NEIGHBOUR_FAILED);
}

static void test_who_asks_for_us_is_learnt(void **state)
{
    int i = heard(4, one, true);

    (void)state;
    assert_true(i >= 0);
    assert_int_equal(find(4), i);
    assert_true(neighbour_ready(&n, (unsigned)i, now));
    assert_string_equal(due(), "");
    assert_int_equal(heard(4, two, true), -1); /* it has moved; nobody waited */
    assert_memory_equal(n.list[i].mac, two, 6);
}

static void test_a_question_of_his_answers_ours(void **state)
{
    int i = want(4);

    (void)state;
    due();
    assert_int_equal(heard(4, one, true), i);
    pass(5000);
    assert_string_equal(due(), "");
}

static void test_checked_after_a_minute(void **state)
{
    unsigned i = known(4);

    (void)state;
    pass(60000);
    assert_true(neighbour_ready(&n, i, now));
    assert_string_equal(due(), "");
    pass(1);
    assert_string_equal(due(), ""); /* only where it is used */
    assert_true(neighbour_ready(&n, i, now));
    assert_int_equal(n.list[i].state, NEIGHBOUR_CHECKED);
    assert_string_equal(due(), "?4");
    pass(500);
    assert_true(neighbour_ready(&n, i, now)); /* it stays in use meanwhile */
    assert_int_equal(heard(4, one, false), -1);
    assert_int_equal(n.list[i].state, NEIGHBOUR_KNOWN);
    pass(60000);
    assert_true(neighbour_ready(&n, i, now));
    assert_string_equal(due(), "");
}

static void test_check_that_nobody_answers(void **state)
{
    unsigned i = known(4);

    (void)state;
    pass(60001);
    neighbour_ready(&n, i, now);
    assert_string_equal(due(), "?4");
    pass(1001);
    assert_string_equal(due(), "?4");
    pass(1001);
    assert_string_equal(due(), "?4");
    assert_true(neighbour_ready(&n, i, now));
    pass(1001);
    assert_string_equal(due(), "!4");
    assert_false(neighbour_ready(&n, i, now));
}

/* 40 hours are more than half of a tick counter's circle. */
static void test_checked_after_days(void **state)
{
    unsigned i = known(4);

    (void)state;
    pass(40 * 3600 * 1000.0);
    assert_true(neighbour_ready(&n, i, now));
    assert_string_equal(due(), "?4");
}

static void test_doubt(void **state)
{
    unsigned i = known(4);

    (void)state;
    neighbour_doubt(&n, i);
    assert_string_equal(due(), "");
    assert_true(neighbour_ready(&n, i, now));
    assert_string_equal(due(), "?4");
    neighbour_doubt(&n, i); /* it is being checked already */
    neighbour_ready(&n, i, now);
    assert_string_equal(due(), "");
    heard(4, one, false);
    assert_true(neighbour_ready(&n, i, now));
    assert_string_equal(due(), "");
}

static void test_static_never_changes(void **state)
{
    unsigned i;

    (void)state;
    assert_true(fix(4) >= 0);
    i = (unsigned)find(4);
    assert_int_equal(want(4), i);
    assert_true(neighbour_ready(&n, i, now));
    neighbour_doubt(&n, i);
    pass(100000);
    assert_true(neighbour_ready(&n, i, now));
    assert_string_equal(due(), "");
    assert_int_equal(heard(4, two, true), -1);
    assert_int_equal(heard(4, two, false), -1);
    assert_memory_equal(n.list[i].mac, one, 6);
    assert_int_equal(n.list[i].state, NEIGHBOUR_STATIC);
}

static void test_static_ends_the_asking(void **state)
{
    int i = want(4);

    (void)state;
    due();
    assert_int_equal(fix(4), i);
    assert_true(neighbour_ready(&n, (unsigned)i, now));
    pass(10000);
    assert_string_equal(due(), "");
}

static void test_devices_are_apart(void **state)
{
    struct addr a = host(4);
    int i = want(4);

    (void)state;
    assert_int_equal(neighbour_find(&n, &a, 1), -1);
    assert_int_equal(neighbour_heard(&n, &a, 1, two, false, now), -1);
    assert_false(neighbour_ready(&n, (unsigned)i, now));
    assert_int_not_equal(neighbour_want(&n, &a, 1, now), i);
}

/* One that may not be asked for yet: its first use asks. */
static void test_wanted_later_is_asked_at_its_first_use(void **state)
{
    struct addr a = host(4);
    int i = neighbour_want_later(&n, &a, 0);

    (void)state;
    assert_true(i >= 0);
    assert_string_equal(due(), "");
    assert_int_equal(neighbour_want_later(&n, &a, 0), i);
    assert_int_equal(want(4), i);
    assert_string_equal(due(), "");
    assert_false(neighbour_ready(&n, (unsigned)i, now));
    assert_string_equal(due(), "?4");
    assert_int_equal(heard(4, one, false), i);
    assert_true(neighbour_ready(&n, (unsigned)i, now));
}

/* Each has its own second; a first question does not wait for anybody else's next one. */
static void test_first_questions_go_at_once(void **state)
{
    (void)state;
    want(4);
    assert_string_equal(due(), "?4");
    pass(500);
    want(5);
    want(6);
    want(7);
    assert_int_equal(strlen(due()), 6);
    pass(501);
    assert_string_equal(due(), "?4");
    pass(500);
    assert_int_equal(strlen(due()), 6);
    pass(501);
    assert_string_equal(due(), "?4");
}

/* An answer takes it out of the queue, wherever it stands there. */
static void test_answers_in_any_order(void **state)
{
    uint32_t tick;

    (void)state;
    for (uint8_t i = 1; i <= 4; i++) {
        want(i);
        due();
        pass(1);
    }
    heard(2, one, false);
    heard(4, one, false);
    heard(1, one, false);
    pass(1000);
    assert_string_equal(due(), "?3");
    heard(3, one, false);
    assert_false(neighbour_next(&n, &tick));
    want(5);
    assert_string_equal(due(), "?5");
}

/* At most half may be unanswered questions: a scan of a prefix does not push out who is there. */
static void test_scan(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 4; i++)
        known(i);
    for (uint8_t i = 11; i <= 14; i++)
        assert_true(want(i) >= 0);
    for (uint8_t i = 15; i < 100; i++)
        assert_int_equal(want(i), -1);
    assert_int_equal(n.full, 85);
    for (uint8_t i = 1; i <= 4; i++)
        assert_true(find(i) >= 0);
}

/* Full: one that no connection keeps has to go; kept and static ones stay. */
static void test_full(void **state)
{
    (void)state;
    assert_true(fix(1) >= 0);
    for (uint8_t i = 2; i <= LIMIT; i++)
        uses[known(i)] = 1;
    assert_int_equal(heard(20, one, true), -1);
    assert_int_equal(want(21), -1);
    assert_int_equal(n.full, 2);
    assert_int_equal(fix(22), -ENOSPC);
    uses[find(5)] = 0;
    assert_true(heard(20, one, true) >= 0);
    assert_int_equal(find(5), -1);
    for (uint8_t i = 1; i <= LIMIT; i++)
        assert_true(i == 5 || find(i) >= 0);
    assert_int_equal(n.used, LIMIT);
}

/* One that is being asked and has to go leaves the queue, too. */
static void test_full_of_those_asked(void **state)
{
    (void)state;
    want(1);
    due();
    for (uint8_t i = 2; i <= LIMIT; i++)
        uses[known(i)] = 1;
    assert_true(heard(20, one, true) >= 0);
    assert_int_equal(find(1), -1);
    pass(2000);
    assert_string_equal(due(), "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_wanted_later_is_asked_at_its_first_use),
        TEST(test_asked_three_times_a_second_apart),
        TEST(test_wanted_twice_is_asked_once),
        TEST(test_failed_is_asked_again_when_it_is_used),
        TEST(test_answer),
        TEST(test_unsolicited_answers_are_not_learnt),
        TEST(test_who_asks_for_us_is_learnt),
        TEST(test_a_question_of_his_answers_ours),
        TEST(test_checked_after_a_minute),
        TEST(test_check_that_nobody_answers),
        TEST(test_checked_after_days),
        TEST(test_doubt),
        TEST(test_static_never_changes),
        TEST(test_static_ends_the_asking),
        TEST(test_devices_are_apart),
        TEST(test_first_questions_go_at_once),
        TEST(test_answers_in_any_order),
        TEST(test_scan),
        TEST(test_full),
        TEST(test_full_of_those_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
