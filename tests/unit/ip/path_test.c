/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The MTU of a path, from what a router says (RFC 1191 4, 5 and 7; RFC 8201 4) or a forger.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ip/path.h"

/* A router that says how much it takes is believed. */
static void test_told(void **state)
{
    (void)state;
    assert_int_equal(path_mtu(1400, 1500, false), 1400);
    assert_int_equal(path_mtu(1499, 1500, false), 1499);
    assert_int_equal(path_mtu(576, 1500, false), 576);
    assert_int_equal(path_mtu(1400, 1500, true), 1400);
    assert_int_equal(path_mtu(1280, 9000, true), 1280);
}

/* An old one says 0: the next plateau below what was sent (RFC 1191 7, table 7-1). */
static void test_plateaus(void **state)
{
    static const struct {
        uint32_t sent, mtu;
    } rows[] = {{65535, 32000}, {32001, 32000}, {32000, 17914}, {17914, 8166}, {9000, 8166},
                {8166, 4352},   {4352, 2002},   {2002, 1492},   {1500, 1492},  {1492, 1006},
                {1007, 1006},   {1006, 552},    {600, 552}};

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(path_mtu(0, rows[i].sent, false), rows[i].mtu);
}

/* One that tells no less than what was sent has counted wrongly (RFC 1191 5): the same. */
static void test_not_below_what_was_sent(void **state)
{
    (void)state;
    assert_int_equal(path_mtu(1500, 1500, false), 1492);
    assert_int_equal(path_mtu(1520, 1500, false), 1492);
    assert_int_equal(path_mtu(UINT32_MAX, 1006, false), 552);
}

/* What is told is never believed so far that packets carry nothing: 552, and 1,280 (RFC 8201 4). */
static void test_floors(void **state)
{
    (void)state;
    assert_int_equal(path_mtu(68, 1500, false), 552);
    assert_int_equal(path_mtu(1, 1500, false), 552);
    assert_int_equal(path_mtu(551, 1500, false), 552);
    assert_int_equal(path_mtu(552, 1500, false), 552);
    assert_int_equal(path_mtu(553, 1500, false), 553);
    assert_int_equal(path_mtu(1279, 1500, true), 1280);
    assert_int_equal(path_mtu(1281, 1500, true), 1281);
    assert_int_equal(path_mtu(68, 1500, true), 1280);
    assert_int_equal(path_mtu(0, 1500, true), 1280);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_plateaus),
        cmocka_unit_test(test_not_below_what_was_sent),
        cmocka_unit_test(test_floors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
