/* SPDX-License-Identifier: BSD-2-Clause
 *
 * run/defaults: what the kernel has set on an interface, against what ip(8) has set there, in a network
 * namespace of its own; skipped aloud without the rights.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <runnel.h>

static void set(const char *words)
{
    char command[200];

    snprintf(command, sizeof command, "ip %s", words);
    if (system(command) != 0)
        fail_msg("%s", command);
}

static void enter(void)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 || system("ip link >/dev/null 2>&1") != 0) {
        fprintf(stderr, "defaults_test: skipped: a namespace needs root, setting up the program ip\n");
        skip();
    }
}

static void settings_are_what_was_set(void **state)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    struct rn_defaults i;
    char err[RN_ERRBUF] = "";

    (void)state;
    enter();
    set("link add v0 address 02:00:00:00:00:09 mtu 1400 type veth peer name v1");
    assert_int_equal(rn_defaults("v0", &i, err), 0);
    assert_int_equal(i.mtu, 1400);
    assert_memory_equal(i.mac, mac, 6);
    assert_true(i.is_ethernet && !i.is_up && !i.is_running);
    assert_string_equal(i.address4, "");
    assert_string_equal(i.address6, "");
    assert_string_equal(i.gateway4, "");
    assert_string_equal(i.gateway6, "");

    set("addr add 10.9.0.2/20 dev v0");
    set("addr add 10.9.0.3/20 dev v0"); /* the first counts */
    set("addr add 10.8.0.1/30 dev v1");
    set("-6 addr add fd09::2/56 nodad dev v0");
    set("link set v0 up");
    assert_int_equal(rn_defaults("v0", &i, err), 0);
    assert_true(i.is_up && !i.is_running); /* the other end is down */
    set("link set v1 up");
    set("route add default via 10.9.0.9 dev v0 metric 200");
    set("route add default via 10.9.0.1 dev v0 metric 100");
    set("route add default via 10.8.0.2 dev v1 metric 50");
    set("route add 10.0.0.0/8 via 10.9.0.8 dev v0");
    set("-6 route add default via fd09::1 dev v0");
    assert_int_equal(rn_defaults("v0", &i, err), 0);
    assert_true(i.is_up && i.is_running);
    assert_string_equal(i.address4, "10.9.0.2/20");
    assert_string_equal(i.gateway4, "10.9.0.1");
    assert_string_equal(i.address6, "fd09::2/56");
    assert_string_equal(i.gateway6, "fd09::1");
    assert_int_equal(rn_defaults("v1", &i, err), 0);
    assert_string_equal(i.address4, "10.8.0.1/30");
    assert_string_equal(i.gateway4, "10.8.0.2");
    assert_string_equal(i.address6, ""); /* but a link-local one */
    assert_int_equal(rn_defaults("lo", &i, err), 0);
    assert_false(i.is_ethernet);
}

/* More than one datagram of answer. */
static void many_addresses_hide_none(void **state)
{
    struct rn_defaults i;
    char words[100];

    (void)state;
    enter();
    set("link add v0 type veth peer name v1");
    for (int n = 0; n < 250; n++) {
        snprintf(words, sizeof words, "addr add 10.%d.0.1/24 dev v1", n);
        set(words);
    }
    for (int n = 0; n < 250; n++) {
        snprintf(words, sizeof words, "addr add 10.%d.1.1/24 dev v1", n);
        set(words);
    }
    set("addr add 192.0.2.1/32 dev v0");
    set("link set v0 up");
    set("link set v1 up");
    assert_int_equal(rn_defaults("v0", &i, NULL), 0);
    assert_string_equal(i.address4, "192.0.2.1/32");
}

static void what_is_not_there_is_said(void **state)
{
    struct rn_defaults i = {.mtu = 7};
    char err[RN_ERRBUF] = "";

    (void)state;
    assert_int_equal(rn_defaults("nosuch0", &i, err), -ENODEV);
    assert_non_null(strstr(err, "nosuch0"));
    assert_non_null(strstr(err, "ip link"));
    assert_int_equal(rn_defaults("", &i, err), -EINVAL);
    assert_int_equal(rn_defaults("a-name-of-16-chars", &i, err), -EINVAL);
    assert_int_equal(rn_defaults(NULL, &i, NULL), -EINVAL);
    assert_int_equal(rn_defaults("lo", NULL, NULL), -EINVAL);
    assert_int_equal(i.mtu, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_what_was_set),
        cmocka_unit_test(many_addresses_hide_none),
        cmocka_unit_test(what_is_not_there_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
