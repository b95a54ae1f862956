/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which way to a host, and from which own address: a table of questions each to a few addresses and routes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "ip/route.h"

static struct addresses own;
static struct routes routes;

static int set_up(void **state)
{
    (void)state;
    memset(&own, 0, sizeof own);
    memset(&routes, 0, sizeof routes);
    return 0;
}

static void address(const char *text, unsigned device)
{
    struct addr a;
    unsigned bits;

    assert_true(addr_parse_prefix(text, &a, &bits));
    assert_int_equal(address_add(&own, &a, bits, device), 0);
}

/* gateway NULL: none. */
static int route(const char *prefix, const char *gateway, uint8_t device)
{
    struct route r = {.device = device};
    unsigned bits;

    assert_true(addr_parse_prefix(prefix, &r.prefix, &bits));
    assert_true(!gateway || addr_parse(gateway, &r.gateway));
    r.bits = (uint8_t)bits;
    return route_add(&routes, &r);
}

/* "NEXT from OWN", or "no way". */
static const char *way(const char *to, int device)
{
    static char text[2 * ADDR_TEXT + 8];
    char next[ADDR_TEXT], from[ADDR_TEXT];
    struct route_hop hop;
    struct addr a;

    assert_true(addr_parse(to, &a));
    if (!route_find(&routes, &own, &a, device, &hop))
        return "no way";
    addr_print(next, &hop.next, -1);
    addr_print(from, &own.list[hop.own].addr, -1);
    snprintf(text, sizeof text, "%s from %s", next, from);
    return text;
}

static void on_the_link_without_any_route(void **state)
{
    (void)state;
    address("10.0.0.7/24", 0);
    address("fd00::7/64", 0);
    assert_string_equal(way("10.0.0.1", -1), "10.0.0.1 from 10.0.0.7");
    assert_string_equal(way("10.0.0.1", 0), "10.0.0.1 from 10.0.0.7");
    assert_string_equal(way("10.0.0.1", 1), "no way");
    assert_string_equal(way("fd00::1", -1), "fd00::1 from fd00::7");
    assert_string_equal(way("10.0.1.1", -1), "no way");
    assert_string_equal(way("2001:db8::1", -1), "no way");
}

static void all_others_by_the_gateway(void **state)
{
    (void)state;
    address("10.0.0.7/24", 0);
    address("fd00::7/64", 0);
    assert_int_equal(route("0.0.0.0/0", "10.0.0.1", 0), 0);
    assert_string_equal(way("10.0.0.2", -1), "10.0.0.2 from 10.0.0.7");
    assert_string_equal(way("192.0.2.1", -1), "10.0.0.1 from 10.0.0.7");
    assert_string_equal(way("192.0.2.1", 1), "no way");
    assert_string_equal(way("2001:db8::1", -1), "no way");
    assert_int_equal(route("::/0", "fd00::1", 0), 0);
    assert_string_equal(way("2001:db8::1", -1), "fd00::1 from fd00::7");
    assert_string_equal(way("192.0.2.1", -1), "10.0.0.1 from 10.0.0.7");
}

static void the_longest_prefix_counts(void **state)
{
    (void)state;
    address("10.0.0.7/24", 0);
    address("10.1.0.7/16", 1);
    assert_int_equal(route("10.1.2.0/24", "10.0.0.3", 0), 0);
    assert_int_equal(route("0.0.0.0/0", "10.0.0.1", 0), 0);
    assert_int_equal(route("10.0.0.0/8", "10.1.0.2", 1), 0);
    assert_int_equal(route("10.1.2.128/25", "10.0.0.4", 0), 0);
    assert_int_equal(route("10.1.0.0/16", "10.0.0.5", 0), 0); /* an own prefix goes before */
    assert_string_equal(way("11.0.0.1", -1), "10.0.0.1 from 10.0.0.7");
    assert_string_equal(way("10.2.0.1", -1), "10.1.0.2 from 10.1.0.7");
    assert_string_equal(way("10.1.3.1", -1), "10.1.3.1 from 10.1.0.7");
    assert_string_equal(way("10.1.2.1", -1), "10.0.0.3 from 10.0.0.7");
    assert_string_equal(way("10.1.2.129", -1), "10.0.0.4 from 10.0.0.7");
    assert_string_equal(way("10.1.2.1", 1), "10.1.2.1 from 10.1.0.7");
    assert_string_equal(way("11.0.0.1", 1), "no way");
}

static void from_the_address_on_the_gateways_link(void **state)
{
    (void)state;
    address("10.0.0.7/24", 0);
    address("172.16.0.7/16", 0);
    assert_int_equal(route("192.0.2.0/24", "172.16.0.1", 0), 0);
    assert_string_equal(way("192.0.2.1", -1), "172.16.0.1 from 172.16.0.7");
    assert_string_equal(way("192.0.2.1", 0), "172.16.0.1 from 172.16.0.7");
}

/* A link without gateway: the own address that is most like the host's. */
static void direct_from_the_nearest_address(void **state)
{
    (void)state;
    address("10.0.0.7/32", 0);
    address("192.0.2.7/32", 0);
    address("192.0.0.7/32", 1);
    address("fd00::7/128", 0);
    assert_int_equal(route("0.0.0.0/0", NULL, 0), 0);
    assert_string_equal(way("192.0.2.1", -1), "192.0.2.1 from 192.0.2.7");
    assert_string_equal(way("192.1.0.1", -1), "192.1.0.1 from 192.0.2.7");
    assert_string_equal(way("10.0.0.1", -1), "10.0.0.1 from 10.0.0.7");
    assert_string_equal(way("11.0.0.1", -1), "11.0.0.1 from 10.0.0.7");
    assert_string_equal(way("fd00::1", -1), "no way");
}

static void what_another_host_has_is_no_source(void **state)
{
    (void)state;
    address("10.0.0.7/24", 0);
    address("10.0.0.8/24", 0);
    assert_int_equal(route("0.0.0.0/0", "10.0.0.1", 0), 0);
    own.conflicts[0].phase = CONFLICT_PROBING;
    assert_string_equal(way("192.0.2.1", -1), "10.0.0.1 from 10.0.0.8");
    own.conflicts[1].phase = CONFLICT_PROBING;
    assert_string_equal(way("192.0.2.1", -1), "10.0.0.1 from 10.0.0.7");
    own.conflicts[0].phase = CONFLICT_TAKEN;
    assert_string_equal(way("10.0.0.2", -1), "10.0.0.2 from 10.0.0.8");
    own.conflicts[1].phase = CONFLICT_TAKEN;
    assert_string_equal(way("10.0.0.2", -1), "no way");
    assert_string_equal(way("192.0.2.1", -1), "no way");
}

/* A route that leads nowhere now hides none that does. */
static void a_route_whose_link_is_lost_is_passed_over(void **state)
{
    (void)state;
    address("10.0.0.7/24", 0);
    address("10.1.0.7/24", 1);
    assert_int_equal(route("192.0.2.0/24", "10.1.0.1", 1), 0);
    assert_int_equal(route("0.0.0.0/0", "10.0.0.1", 0), 0);
    assert_string_equal(way("192.0.2.1", -1), "10.1.0.1 from 10.1.0.7");
    own.conflicts[1].phase = CONFLICT_TAKEN;
    assert_string_equal(way("192.0.2.1", -1), "10.0.0.1 from 10.0.0.7");
}

static void twice_and_too_many(void **state)
{
    char prefix[24];

    (void)state;
    for (int i = 0; i < 64; i++) {
        snprintf(prefix, sizeof prefix, "10.%d.0.0/16", i);
        assert_int_equal(route(prefix, "10.0.0.1", 0), 0);
    }
    assert_int_equal(route("10.7.0.0/16", "10.0.0.2", 0), -EEXIST);
    assert_int_equal(route("10.7.0.0/17", "10.0.0.2", 0), -ENOSPC);
    assert_int_equal(routes.count, 64);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(on_the_link_without_any_route),
        TEST(all_others_by_the_gateway),
        TEST(the_longest_prefix_counts),
        TEST(from_the_address_on_the_gateways_link),
        TEST(direct_from_the_nearest_address),
        TEST(what_another_host_has_is_no_source),
        TEST(a_route_whose_link_is_lost_is_passed_over),
        TEST(twice_and_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
