/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/kernel_neighbour and dev/hostroute: what the kernel knows of a host, and its way to one, which are asked for here
 * and looked at by ip(8). In a network namespace of its own; takes root, else it is skipped (77).
 */
#include "kernel.h"

#include "dev/hostroute.h"
#include "dev/kernel_neighbour.h"

#include <net/if.h>
#include <arpa/inet.h>

#define NAME "rnx0"

static const uint8_t four[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 9},
                     six[16] = {0xfd, [14] = 9, [15] = 9};

static uint32_t make_pair(void)
{
    kernel_makes_pair(NAME, "rnx1");
    kernel_does("echo 0 >/proc/sys/net/ipv6/conf/" NAME "/disable_ipv6");
    kernel_does("ip addr add 10.9.0.1/24 dev " NAME " && ip addr add fd00::1/64 dev " NAME " nodad");
    return if_nametoindex(NAME);
}

static int drop_pair(void **state)
{
    (void)state;
    return kernel_drops(NAME);
}

static void who_is_known_is_told(void **state)
{
    static const uint8_t there[6] = {2, 0, 0, 0, 0xaa, 0xbb};
    uint32_t index = make_pair();
    uint8_t mac[6] = {0};

    (void)state;
    kernel_does("ip neigh add 10.9.0.9 lladdr 02:00:00:00:aa:bb nud stale dev " NAME);
    kernel_does("ip neigh add fd00::909 lladdr 02:00:00:00:aa:bb nud permanent dev " NAME);
    assert_int_equal(kernel_neighbour_find(index, four, mac), 1);
    assert_memory_equal(mac, there, 6);
    memset(mac, 0, 6);
    assert_int_equal(kernel_neighbour_find(index, six, mac), 1);
    assert_memory_equal(mac, there, 6);
    kernel_does("ip neigh show 10.9.0.9 | grep -qE 'DELAY|PROBE'"); /* he is in use */
    kernel_does("ip neigh show fd00::909 | grep -q PERMANENT");
}

static void who_is_not_known_is_looked_for(void **state)
{
    uint32_t index = make_pair();
    uint8_t mac[6];

    (void)state;
    assert_int_equal(kernel_neighbour_find(index, four, mac), 0);
    assert_int_equal(kernel_neighbour_find(index, six, mac), 0);
    kernel_does("ip neigh show nud incomplete | grep -q 10.9.0.9 && ip neigh show nud incomplete | grep -q fd00::909");
    assert_int_equal(kernel_neighbour_find(index, four, mac), 0);
    assert_int_equal(kernel_neighbour_find(9999, four, mac), -ENODEV);
}

static void without_rights(void)
{
    uint8_t mac[6];

    kernel_takes_rights();
    assert_int_equal(kernel_neighbour_find(if_nametoindex(NAME), four, mac), -EPERM);
    assert_int_equal(hostroute_add(if_nametoindex(NAME), inet_addr("10.9.0.9"), 0), -EPERM);
}

static void it_takes_rights(void **state)
{
    (void)state;
    make_pair();
    kernel_in_child(without_rights);
}

static void way_is_added_once_and_taken_away(void **state)
{
    uint32_t index = make_pair(), host = inet_addr("10.9.1.9");

    (void)state;
    assert_int_equal(hostroute_add(index, host, inet_addr("10.9.0.1")), 0);
    kernel_does("ip route | grep -q '10.9.1.9 dev " NAME " .*scope link src 10.9.0.1'");
    assert_int_equal(hostroute_add(index, host, 0), -EEXIST);
    assert_int_equal(hostroute_drop(index, host), 0);
    assert_int_equal(hostroute_drop(index, host), -ESRCH);
    assert_int_equal(hostroute_add(index, host, 0), 0);
    kernel_does("ip route | grep '10.9.1.9 dev " NAME "' | grep -vq src");
    assert_int_equal(hostroute_drop(index, host), 0);
}

#define CASE(function)                                                                                                 \
    {                                                                                                                  \
#function, function, NULL, drop_pair, NULL                                                                     \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(who_is_known_is_told), CASE(who_is_not_known_is_looked_for),
                                       CASE(it_takes_rights), CASE(way_is_added_once_and_taken_away)};

    if (!kernel_namespace("kernel_neighbour_test"))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
