/* SPDX-License-Identifier: BSD-2-Clause
 *
 * run/devices: names of devices, what is said to those that are none, options of an attached one. What needs
 * a TAP runs in a network namespace of its own, and is skipped aloud without the rights.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <runnel.h>

static void expect_refused(const char *device, const struct rn_attach_options *o, const char *words)
{
    struct rn_stack *net = NULL;
    char err[RN_ERRBUF] = "";

    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    assert_int_equal(rn_attach(net, device, o, err), -EINVAL);
    print_message("# %s\n", err);
    if (!strstr(err, words))
        fail_msg("\"%s\" does not say \"%s\"", err, words);
    assert_int_equal(rn_attach(net, device, o, NULL), -EINVAL);
    rn_destroy(net);
}

static void unknown_kinds_are_told_what_there_is(void **state)
{
    (void)state;
    expect_refused("tup:tap0", NULL, "'tup:tap0': no such kind of device: there is tap:NAME");
    expect_refused("tap0", NULL, "'tap0': a device is written KIND:NAME: there is tap:NAME");
    expect_refused("ta:tap0", NULL, "no such kind");
    expect_refused("tapp:tap0", NULL, "no such kind");
    expect_refused("", NULL, "KIND:NAME");
    expect_refused(":x", NULL, "no such kind");
    expect_refused("tap:", NULL, "no name");
}

static void bad_options_are_refused_and_the_device_closed(void **state)
{
    (void)state;
    if (geteuid() != 0 || access("/dev/net/tun", R_OK | W_OK) < 0 || unshare(CLONE_NEWNET) < 0) {
        fprintf(stderr, "devices_test: skipped: attaching needs root and /dev/net/tun\n");
        skip();
    }
    expect_refused("tap:rntap1", &(struct rn_attach_options){.mac = "02:00:00:00:00"}, "02:00:00:00:00:07");
    expect_refused("tap:rntap1", &(struct rn_attach_options){.mac = "03:00:00:00:00:01"}, "must be even");
    expect_refused("tap:rntap1", &(struct rn_attach_options){.mtu = 67}, "68 to 1500");
    expect_refused("tap:rntap1", &(struct rn_attach_options){.mtu = 1501}, "68 to 1500");
    expect_refused("tap:rntap1", &(struct rn_attach_options){.vlan = 4095}, "1 to 4094");
}

static void attached_ones_are_numbered(void **state)
{
    struct rn_stack *net = NULL;
    char err[RN_ERRBUF] = "";

    (void)state;
    if (geteuid() != 0 || access("/dev/net/tun", R_OK | W_OK) < 0 || unshare(CLONE_NEWNET) < 0) {
        fprintf(stderr, "devices_test: skipped: attaching needs root and /dev/net/tun\n");
        skip();
    }
    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    assert_int_equal(rn_attach(net, "tap:rntap1", NULL, err), 0);
    assert_true(rn_fd(net) >= 0);
    assert_int_equal(rn_attach(net, "tap:rntap2",
                               &(struct rn_attach_options){.mac = "02:00:00:00:00:07", .mtu = 1500}, err),
                     1);
    rn_destroy(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_kinds_are_told_what_there_is),
        cmocka_unit_test(bad_options_are_refused_and_the_device_closed),
        cmocka_unit_test(attached_ones_are_numbered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
