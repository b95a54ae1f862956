/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The stack's own addresses: which one an address is, which one to talk from, and who is everybody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "ip/address.h"

static struct addr address(const char *text)
{
    struct addr a;

    assert_true(addr_parse(text, &a));
    return a;
}

static int add(struct addresses *list, const char *text, unsigned device)
{
    struct addr a;
    unsigned bits;

    assert_true(addr_parse_prefix(text, &a, &bits));
    return address_add(list, &a, bits, device);
}

static int find(const struct addresses *list, const char *text)
{
    struct addr a = address(text);

    return address_find(list, &a);
}

static int towards(const struct addresses *list, const char *text)
{
    struct addr a = address(text);

    return address_towards(list, &a, -1);
}

static bool broadcast(const struct addresses *list, const char *text, unsigned device)
{
    struct addr a = address(text);

    return address_is_broadcast(list, &a, device);
}

static void test_none(void **state)
{
    struct addresses list = {.count = 0};

    (void)state;
    assert_int_equal(find(&list, "10.0.0.1"), -1);
    assert_int_equal(towards(&list, "10.0.0.1"), -1);
    assert_false(broadcast(&list, "10.0.0.255", 0));
}

static void test_found_by_index(void **state)
{
    struct addresses list = {.count = 0};

    (void)state;
    assert_int_equal(add(&list, "10.0.0.1/24", 0), 0);
    assert_int_equal(add(&list, "fd00::1/64", 1), 0);
    assert_int_equal(add(&list, "10.0.0.2/24", 1), 0);
    assert_int_equal(find(&list, "10.0.0.1"), 0);
    assert_int_equal(find(&list, "fd00::1"), 1);
    assert_int_equal(find(&list, "10.0.0.2"), 2);
    assert_int_equal(find(&list, "10.0.0.3"), -1);
    assert_int_equal(list.list[1].device, 1);
    assert_int_equal(list.list[0].bits, 120);
    assert_int_equal(list.list[1].bits, 64);
}

static void test_twice_and_too_many(void **state)
{
    struct addresses list = {.count = 0};
    char text[24];

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        snprintf(text, sizeof text, "10.0.%u.1/24", i);
        assert_int_equal(add(&list, text, 0), 0);
    }
    assert_int_equal(add(&list, "10.0.7.1/16", 1), -EADDRINUSE);
    assert_int_equal(add(&list, "10.1.0.1/24", 0), -ENOSPC);
    assert_int_equal(list.count, 64);
    assert_int_equal(find(&list, "10.0.63.1"), 63);
    assert_int_equal(find(&list, "10.1.0.1"), -1);
}

static void test_longest_prefix(void **state)
{
    struct addresses list = {.count = 0};

    (void)state;
    add(&list, "10.0.0.1/8", 0);
    add(&list, "10.1.0.1/16", 1);
    add(&list, "10.1.2.1/24", 2);
    add(&list, "10.1.2.129/25", 3);
    assert_int_equal(towards(&list, "10.9.9.9"), 0);
    assert_int_equal(towards(&list, "10.1.9.9"), 1);
    assert_int_equal(towards(&list, "10.1.2.3"), 2);
    assert_int_equal(towards(&list, "10.1.2.200"), 3);
    assert_int_equal(towards(&list, "11.0.0.1"), -1);
}

/* Nobody finds one that another host has; it may be added again where it was, and nowhere else. */
static void test_taken(void **state)
{
    struct addresses list = {.count = 0};

    (void)state;
    add(&list, "10.0.0.1/24", 0);
    add(&list, "10.0.0.2/24", 0);
    assert_true(address_is_usable(&list, 0));
    list.conflicts[0].phase = CONFLICT_TAKEN;
    assert_false(address_is_usable(&list, 0));
    assert_int_equal(find(&list, "10.0.0.1"), -1);
    assert_int_equal(find(&list, "10.0.0.2"), 1);
    assert_int_equal(towards(&list, "10.0.0.9"), 1);
    assert_int_equal(add(&list, "10.0.0.1/24", 1), -EADDRINUSE);
    assert_int_equal(add(&list, "10.0.0.1/16", 0), 0);
    assert_int_equal(list.count, 2);
    assert_int_equal(find(&list, "10.0.0.1"), 0);
    assert_int_equal(list.list[0].bits, 112);
    assert_true(address_is_usable(&list, 0));
}

/* A prefix of no bits holds all of its family and nobody else. */
static void test_families_are_apart(void **state)
{
    struct addresses list = {.count = 0};

    (void)state;
    add(&list, "fd00::1/0", 0);
    assert_int_equal(towards(&list, "10.0.0.1"), -1);
    assert_int_equal(towards(&list, "2001:db8::1"), 0);
    add(&list, "10.0.0.1/0", 1);
    assert_int_equal(towards(&list, "192.0.2.1"), 1);
    assert_int_equal(towards(&list, "2001:db8::1"), 0);
}

static void test_broadcast(void **state)
{
    struct addresses list = {.count = 0};

    (void)state;
    add(&list, "10.0.0.1/24", 0);
    add(&list, "10.2.0.1/23", 1);
    add(&list, "10.3.0.1/31", 1);
    assert_true(broadcast(&list, "10.0.0.255", 0));
    assert_false(broadcast(&list, "10.0.0.254", 0));
    assert_false(broadcast(&list, "10.0.0.255", 1)); /* somebody else's link */
    assert_true(broadcast(&list, "10.2.1.255", 1));
    assert_false(broadcast(&list, "10.2.0.255", 1));
    assert_false(broadcast(&list, "10.3.0.1", 1)); /* two hosts, no broadcast (RFC 3021) */
    assert_true(broadcast(&list, "255.255.255.255", 0));
    assert_true(broadcast(&list, "255.255.255.255", 1));
    assert_false(broadcast(&list, "ff02::1", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_found_by_index),
        cmocka_unit_test(test_twice_and_too_many),
        cmocka_unit_test(test_longest_prefix),
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_families_are_apart),
        cmocka_unit_test(test_broadcast),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
