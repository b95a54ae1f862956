/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Is an address somebody else's (RFC 5227)? What is sent when, what makes it another host's, and how one in
 * use is defended. The test asks as a flush does: whatever is due, until nothing is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ip/conflict.h"

static const uint8_t one[6] = {2, 0, 0, 0, 0, 1}, two[6] = {2, 0, 0, 0, 0, 2};
static const rn_time start = 5 * TIME_S;

/* All that is sent from `from` to `to`, each with its time in ms since `start`: "p0 p100 U300". */
static const char *sent(struct conflict *c, rn_time from, rn_time to, uint64_t random)
{
    static char text[200];
    static const char letters[] = "-pUa";
    int at = 0;

    text[0] = 0;
    for (rn_time now = from; now <= to; now = conflict_next(c) > now ? conflict_next(c) : now) {
        enum conflict_act act;

        while ((act = conflict_due(c, now, random)) != CONFLICT_NOTHING)
            at += snprintf(text + at, sizeof text - (size_t)at, "%s%c%d", at ? " " : "", letters[act],
                           (int)((now - start) / TIME_MS));
        assert_true(at < (int)sizeof text - 20);
        if (conflict_next(c) == TIME_FOREVER)
            break;
    }
    return text;
}

static struct conflict begun(bool full)
{
    struct conflict c;

    conflict_begin(&c, full, 0);
    return c;
}

/* One in use, whose announcements are over. */
static struct conflict settled(void)
{
    struct conflict c = begun(false);

    sent(&c, start, start + 60 * TIME_S, 0);
    assert_true(conflict_is_over(&c));
    return c;
}

static void nothing_begun_is_in_use(void **state)
{
    struct conflict c = {.phase = CONFLICT_SETTLED};

    (void)state;
    assert_true(conflict_is_over(&c));
    assert_true(conflict_next(&c) == TIME_FOREVER);
    assert_string_equal(sent(&c, start, start + 60 * TIME_S, 0), "");
}

static void quickly_three_probes_and_two_announcements(void **state)
{
    struct conflict c = begun(false);

    (void)state;
    assert_false(conflict_is_over(&c));
    assert_true(conflict_next(&c) <= start);
    assert_string_equal(sent(&c, start, start + 299 * TIME_MS, 77), "p0 p100 p200");
    assert_false(conflict_is_over(&c));
    assert_string_equal(sent(&c, start + 300 * TIME_MS, start + 300 * TIME_MS, 77), "U300");
    assert_true(conflict_is_over(&c));
    assert_string_equal(sent(&c, start + 301 * TIME_MS, start + 60 * TIME_S, 77), "a2300");
    assert_true(conflict_next(&c) == TIME_FOREVER);
}

/* PROBE_WAIT 1 s, PROBE_MIN 1 s, PROBE_MAX 2 s, ANNOUNCE_WAIT 2 s, ANNOUNCE_INTERVAL 2 s: at their least and
 * at their most. */
static void fully_with_the_times_of_the_rfc(void **state)
{
    struct conflict c = begun(true);
    uint64_t most = TIME_S; /* of the 10^9 + 1 values that each draw has */

    (void)state;
    assert_string_equal(sent(&c, start, start + 60 * TIME_S, 0), "p0 p1000 p2000 U4000 a6000");
    c = begun(true);
    assert_string_equal(sent(&c, start, start + 60 * TIME_S, most), "p1000 p3000 p5000 U7000 a9000");
}

/* A round that comes late does not hurry afterwards. */
static void late_rounds_keep_the_distance(void **state)
{
    struct conflict c = begun(false);

    (void)state;
    assert_string_equal(sent(&c, start, start, 0), "p0");
    assert_string_equal(sent(&c, start + 250 * TIME_MS, start + 349 * TIME_MS, 0), "p250");
    assert_string_equal(sent(&c, start + 350 * TIME_MS, start + 450 * TIME_MS, 0), "p350 U450");
}

static void not_begun_before_its_time(void **state)
{
    struct conflict c;

    (void)state;
    conflict_begin(&c, false, start + TIME_S);
    assert_string_equal(sent(&c, start, start + 1150 * TIME_MS, 0), "p1000 p1100");
}

static void whoever_says_he_has_it_has_it(void **state)
{
    (void)state;
    for (int probes = 0; probes <= 3; probes++)
        for (int is_probe = 0; is_probe <= 1; is_probe++) {
            struct conflict c = begun(false);
            rn_time now = start + probes * 100 * TIME_MS - 1;

            sent(&c, start, now, 0);
            assert_int_equal(conflict_heard(&c, is_probe, one, now), CONFLICT_LOST);
            assert_false(conflict_is_over(&c));
            assert_int_equal(c.phase, CONFLICT_TAKEN);
            assert_int_equal(c.count, 1);
            assert_memory_equal(c.other, one, 6);
            assert_string_equal(sent(&c, now, now + 60 * TIME_S, 0), "");
            assert_int_equal(conflict_heard(&c, is_probe, two, now), CONFLICT_KNOWN);
            assert_memory_equal(c.other, one, 6);
        }
}

static void one_in_use_is_announced_once_in_10_s(void **state)
{
    struct conflict c = settled();
    rn_time at = start + 100 * TIME_S;

    (void)state;
    assert_int_equal(conflict_heard(&c, false, one, at), CONFLICT_DEFENDED);
    assert_true(conflict_next(&c) <= at);
    assert_string_equal(sent(&c, at, at, 0), "a100000");
    for (int i = 1; i < 10; i++) {
        assert_int_equal(conflict_heard(&c, false, two, at + i * TIME_S), CONFLICT_KNOWN);
        assert_string_equal(sent(&c, at + i * TIME_S, at + i * TIME_S, 0), "");
    }
    assert_int_equal(conflict_heard(&c, false, two, at + 10 * TIME_S), CONFLICT_DEFENDED);
    assert_string_equal(sent(&c, at + 10 * TIME_S, at + 60 * TIME_S, 0), "a110000");
    assert_true(conflict_is_over(&c));
    assert_int_equal(c.count, 11);
    assert_memory_equal(c.other, two, 6);
}

static void one_that_is_being_announced_is_in_use(void **state)
{
    struct conflict c = begun(false);

    (void)state;
    sent(&c, start, start + 300 * TIME_MS, 0);
    assert_int_equal(conflict_heard(&c, false, one, start + TIME_S), CONFLICT_DEFENDED);
    assert_string_equal(sent(&c, start + TIME_S, start + 60 * TIME_S, 0), "a1000 a2300");
}

/* 2.5: it is a question, and answered. */
static void a_probe_for_one_in_use_is_no_conflict(void **state)
{
    struct conflict c = settled();

    (void)state;
    assert_int_equal(conflict_heard(&c, true, one, start + 100 * TIME_S), CONFLICT_KNOWN);
    assert_int_equal(c.count, 0);
    assert_true(conflict_next(&c) == TIME_FOREVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_begun_is_in_use),
        cmocka_unit_test(quickly_three_probes_and_two_announcements),
        cmocka_unit_test(fully_with_the_times_of_the_rfc),
        cmocka_unit_test(late_rounds_keep_the_distance),
        cmocka_unit_test(not_begun_before_its_time),
        cmocka_unit_test(whoever_says_he_has_it_has_it),
        cmocka_unit_test(one_in_use_is_announced_once_in_10_s),
        cmocka_unit_test(one_that_is_being_announced_is_in_use),
        cmocka_unit_test(a_probe_for_one_in_use_is_no_conflict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
