/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base/seq: the circle has no first number, so each relation is checked at many turns of it.
 */
#include "base/seq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint32_t turns[] = {0, 1, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff};
#define TURNS (sizeof turns / sizeof *turns)

static void ahead_is_greater_across_the_wrap(void **state)
{
    static const uint32_t steps[] = {1, 2, 1460, 0x10000, 0x7ffffffe, 0x7fffffff};

    (void)state;
    for (size_t i = 0; i < TURNS; i++) {
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            const seq32 a = seq_of(turns[i]), b = seq_add(a, steps[k]);

            assert_true(seq_lt(a, b));
            assert_true(seq_le(a, b));
            assert_false(seq_lt(b, a));
            assert_false(seq_le(b, a));
            assert_false(seq_eq(a, b));
            assert_int_equal(seq_diff(b, a), (int32_t)steps[k]);
            assert_int_equal(seq_diff(a, b), -(int32_t)steps[k]);
            assert_int_equal(seq_max(a, b).v, b.v);
            assert_int_equal(seq_max(b, a).v, b.v);
            assert_int_equal(seq_min(a, b).v, a.v);
            assert_int_equal(seq_min(b, a).v, a.v);
        }
    }
}

static void equal_is_neither(void **state)
{
    (void)state;
    for (size_t i = 0; i < TURNS; i++) {
        const seq32 a = seq_of(turns[i]);

        assert_true(seq_eq(a, a));
        assert_true(seq_le(a, a));
        assert_false(seq_lt(a, a));
        assert_int_equal(seq_diff(a, a), 0);
        assert_int_equal(seq_max(a, a).v, a.v);
        assert_int_equal(seq_min(a, a).v, a.v);
    }
}

static void a_range_holds_its_first_and_not_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < TURNS; i++) {
        const seq32 first = seq_of(turns[i]);

        assert_true(seq_in(first, first, 1));
        assert_true(seq_in(seq_add(first, 9), first, 10));
        assert_false(seq_in(seq_add(first, 10), first, 10));
        assert_false(seq_in(seq_add(first, 0xffffffff), first, 10));
        assert_false(seq_in(first, first, 0));
        assert_true(seq_in(seq_add(first, 0xfffffffe), first, 0xffffffff));
    }
}

static void adding_wraps(void **state)
{
    (void)state;
    assert_int_equal(seq_add(seq_of(0xfffffff0), 0x20).v, 0x10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ahead_is_greater_across_the_wrap),
        cmocka_unit_test(equal_is_neither),
        cmocka_unit_test(a_range_holds_its_first_and_not_its_end),
        cmocka_unit_test(adding_wraps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
