/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base/view: what is taken goes from the front, and what does not fit changes nothing.
 */
#include "base/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t bytes[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static void takes_from_the_front(void **state)
{
    struct view v = view_of(bytes, 10);

    (void)state;
    assert_ptr_equal(view_take(&v, 3), bytes);
    assert_ptr_equal(view_take(&v, 1), bytes + 3);
    assert_ptr_equal(v.at, bytes + 4);
    assert_int_equal(v.len, 6);
}

static void takes_all_and_then_nothing(void **state)
{
    struct view v = view_of(bytes, 10);

    (void)state;
    assert_ptr_equal(view_take(&v, 10), bytes);
    assert_int_equal(v.len, 0);
    assert_null(view_take(&v, 1));
    assert_ptr_equal(view_take(&v, 0), bytes + 10);
}

static void too_much_leaves_it_as_it_was(void **state)
{
    static const size_t lens[] = {11, 12, 1000, SIZE_MAX / 2, SIZE_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct view v = view_of(bytes, 10);

        assert_null(view_take(&v, lens[i]));
        assert_ptr_equal(v.at, bytes);
        assert_int_equal(v.len, 10);
    }
}

static void trim_only_shortens(void **state)
{
    struct view v = view_of(bytes, 10);

    (void)state;
    view_trim(&v, 11);
    assert_int_equal(v.len, 10);
    view_trim(&v, 10);
    assert_int_equal(v.len, 10);
    view_trim(&v, 4);
    assert_int_equal(v.len, 4);
    view_trim(&v, 5);
    assert_int_equal(v.len, 4);
    assert_ptr_equal(v.at, bytes);
    view_trim(&v, 0);
    assert_int_equal(v.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_from_the_front),
        cmocka_unit_test(takes_all_and_then_nothing),
        cmocka_unit_test(too_much_leaves_it_as_it_was),
        cmocka_unit_test(trim_only_shortens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
