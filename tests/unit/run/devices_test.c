/* SPDX-License-Identifier: BSD-2-Clause
 *
 * run/devices: names of devices, what is said to those that are none, options of an attached one. What needs
 * a TAP runs in a network namespace of its own, and is skipped aloud without the rights.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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

static void wrong_names_are_told_where_and_what_there_is(void **state)
{
    (void)state;
    expect_refused(
        "tup:tap0", NULL,
        "device 'tup:tap0', at 'tup:tap0': no such kind of device: write KIND[:NAME][-QUEUE], there "
        "is tap:NAME, tun:NAME");
    expect_refused("ta:tap0", NULL, "no such kind");
    expect_refused("tapp:tap0", NULL, "no such kind");
    expect_refused(":x", NULL, "at ':x': no such kind");
    expect_refused("", NULL, "no device was named");
    expect_refused("tap", NULL, "device 'tap', at 'tap': an interface's name is missing");
    expect_refused("tap:", NULL, "device 'tap:', at ':': an interface's name is missing");
    expect_refused("tap-0", NULL, "device 'tap-0', at 'tap-0': an interface's name is missing");
    expect_refused("tap:rntap1-1", NULL,
                   "device 'tap:rntap1-1', at '-1': there is one queue, 0: write 'tap:rntap1'");
    expect_refused("tap:rntap1-18446744073709551616", NULL, "there is one queue");
    expect_refused("tap:a/b-0", NULL, "tap:a/b: an interface's name has no");
    expect_refused("tap:sixteen-letters-", NULL, "at most 15");
    expect_refused("tap:more-than-sixteen-0", NULL, "at most 15");
    expect_refused("loop:x", NULL, "device 'loop:x', at ':x': this kind has no name");
    expect_refused("null-2", NULL, "device 'null-2', at '-2': there is one queue, 0: write 'null'");
    expect_refused("a b", NULL, "interface:a b: an interface's name has no blank");
}

static void in_namespace(void)
{
    if (geteuid() != 0 || access("/dev/net/tun", R_OK | W_OK) < 0 || unshare(CLONE_NEWNET) < 0) {
        fprintf(stderr, "devices_test: skipped: attaching needs root and /dev/net/tun\n");
        skip();
    }
}

/* ---- loop and null ------------------------------------------------------------------------------------- */

/* A stack on a device that needs no interface, with two addresses. */
static struct rn_stack *open_on(const char *device)
{
    struct rn_stack *net = NULL;
    char err[RN_ERRBUF] = "";

    assert_int_equal(rn_open(&net, NULL, err), 0);
    assert_int_equal(rn_attach(net, device, NULL, err), 0);
    assert_int_equal(rn_add_address(net, "10.9.0.1/24", err), 0);
    assert_int_equal(rn_add_address(net, "10.9.0.2/24", err), 0);
    return net;
}

/* At most 1,000 bytes, not beyond the chunk's end. */
static size_t piece(uint64_t sent, uint64_t bytes, size_t chunk)
{
    uint64_t left = bytes - sent, together = chunk - sent % chunk;

    left = left < together ? left : together;
    return left < 1000 ? (size_t)left : 1000;
}

/* Moves `bytes` from a client of the stack to a server of the same; counts what came. */
static uint64_t talk_to_oneself(struct rn_stack *net, uint64_t bytes)
{
    static uint8_t chunk[64000], in[1000];
    rn_sock client = rn_connect(net, RN_TCP, "10.9.0.2:7", "10.9.0.1:0", NULL), server = 0;
    uint64_t sent = 0, came = 0;
    rn_time now = 1000000;

    assert_true(client > 0);
    for (size_t i = 0; i < sizeof chunk; i++)
        chunk[i] = (uint8_t)(i * 7 + i / 251);
    for (int round = 0; round < 10000 && came < bytes; round++, now += 1000000) {
        struct rn_event ev;
        ptrdiff_t n;

        rn_flush(net, now);
        rn_poll(net, now);
        while (rn_next(net, &ev))
            server = ev.mask & RN_ACCEPTED ? ev.sock : server;
        while (sent < bytes &&
               (n = rn_send(net, client, chunk + sent % sizeof chunk, piece(sent, bytes, sizeof chunk))) > 0)
            sent += (uint64_t)n;
        while (server && (n = rn_recv(net, server, in, sizeof in)) > 0) {
            for (ptrdiff_t i = 0; i < n; i++)
                assert_int_equal(in[i], chunk[(came + (uint64_t)i) % sizeof chunk]);
            came += (uint64_t)n;
        }
    }
    return came;
}

static void on_loop_a_stack_talks_to_itself(void **state)
{
    struct rn_stack *net = open_on("loop");
    struct rn_stats s;

    (void)state;
    assert_true(rn_listen(net, RN_TCP, "0.0.0.0:7", NULL) > 0);
    assert_int_equal(talk_to_oneself(net, 1024 * 1000), 1024 * 1000);
    rn_stats(net, &s);
    assert_true(s.rx_frames > 20 && s.rx_frames <= s.tx_frames);
    for (int i = 0; i < RN_DROPS; i++)
        assert_int_equal(s.drops[i], 0);
    rn_destroy(net);
}

static void on_null_all_is_gone(void **state)
{
    struct rn_stack *net = open_on("null-0");
    rn_sock sock = rn_connect(net, RN_TCP, "10.9.0.77:7", NULL, NULL);
    struct rn_stats s;

    (void)state;
    assert_true(sock > 0);
    for (rn_time now = 1000000; now < INT64_C(4000000000); now += 100000000) {
        rn_poll(net, now);
        rn_flush(net, now);
    }
    rn_stats(net, &s);
    assert_int_equal(s.tx_frames, 3); /* a SYN at 0 s, 1 s and 3 s */
    assert_int_equal(s.rx_frames, 0);
    assert_int_equal(rn_connect(net, RN_TCP, "10.9.0.2:7", NULL, NULL), -EINVAL); /* itself: only on loop */
    rn_destroy(net);
}

/* By name and with options, as a program does it: everything that the stack said to itself is in the file,
 * and at the time that a clock on the wall shows. */
static void an_attached_device_can_be_recorded(void **state)
{
    char path[] = "/tmp/rn-devices-XXXXXX";
    const struct rn_capture_options capture = {.path = path};
    struct rn_stack *net = NULL;
    char err[RN_ERRBUF] = "";
    struct rn_stats s;
    uint32_t words[10];
    struct timespec wall;
    FILE *file;

    (void)state;
    close(mkstemp(path));
    clock_gettime(CLOCK_REALTIME, &wall); /* not time(2), which a machine may keep apart */
    assert_int_equal(rn_open(&net, NULL, err), 0);
    assert_int_equal(rn_attach(net, "loop", &(struct rn_attach_options){.capture = &capture}, err), 0);
    assert_int_equal(rn_add_address(net, "10.9.0.1/24", err), 0);
    assert_true(rn_connect(net, RN_TCP, "10.9.0.1:7", NULL, err) > 0);
    for (int i = 0; i < 3; i++) {
        rn_flush(net, rn_now());
        rn_poll(net, rn_now());
    }
    rn_stats(net, &s);
    assert_int_equal(s.tx_frames, 2); /* a SYN, and the reset: nobody listens */
    assert_int_equal(s.rx_frames, 2);
    rn_destroy(net);

    file = fopen(path, "rb");
    assert_non_null(file);
    unlink(path);
    assert_int_equal(fread(words, sizeof words, 1, file), 1);
    assert_int_equal(words[5], 101); /* raw IP */
    assert_in_range(words[6], wall.tv_sec - 1, wall.tv_sec + 60);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    assert_int_equal(ftell(file), 24 + 4 * 16 + 2 * 60 + 2 * 40);
    fclose(file);
}

/* ---- what a bare name means ---------------------------------------------------------------------------- */

static void expect_choice(const char *ifname, const char *device, const char *words)
{
    char chosen[RN_DEVNAME] = "", why[RN_ERRBUF] = "", err[RN_ERRBUF] = "";

    assert_int_equal(rn_choose(ifname, chosen, why, err), 0);
    print_message("# %s: %s: %s\n", ifname, chosen, why);
    assert_string_equal(chosen, device);
    if (!strstr(why, words))
        fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void expect_no_choice(const char *ifname, int code, const char *words)
{
    char chosen[RN_DEVNAME] = "as it was", why[RN_ERRBUF] = "so too", err[RN_ERRBUF] = "";

    assert_int_equal(rn_choose(ifname, chosen, why, err), code);
    assert_string_equal(chosen, "as it was");
    assert_string_equal(why, "so too");
    if (!strstr(err, words))
        fail_msg("\"%s\" does not say \"%s\"", err, words);
}

static void names_that_do_not_exist_are_made_if_they_say_a_kind(void **state)
{
    (void)state;
    expect_choice("tap7", "tap:tap7", "");
    expect_choice("tun12", "tun:tun12", "");
    expect_no_choice("tap", -ENODEV, "tap: there is no interface of that name");
    expect_no_choice("tap7x", -ENODEV, "tap:tap7x makes one");
    expect_no_choice("packet0", -ENODEV, "there is no interface of that name");
    expect_no_choice("loop1", -ENODEV, "there is no interface of that name");
    expect_no_choice("no-such-one", -ENODEV, "ip link shows which there are");
    expect_no_choice("", -EINVAL, "no interface was named");
    expect_no_choice("a/b", -EINVAL, "'/'");
    expect_no_choice(NULL, -EINVAL, "no interface was named");
}

static void bad_options_are_refused_and_the_device_closed(void **state)
{
    (void)state;
    in_namespace();
    expect_refused("tap:rntap1", &(struct rn_attach_options){.mac = "02:00:00:00:00"}, "02:00:00:00:00:07");
    expect_refused("tap:rntap1", &(struct rn_attach_options){.mac = "03:00:00:00:00:01"}, "must be even");
    expect_refused("tap:rntap1", &(struct rn_attach_options){.share = 1}, "nobody to share an address with");
    expect_refused("tap:rntap1", &(struct rn_attach_options){.busy_poll = 1}, "xdp:NAME does that");
    expect_refused("tap:rntap1", &(struct rn_attach_options){.mtu = 67}, "68 to 1500");
    expect_refused("tap:rntap1", &(struct rn_attach_options){.mtu = 1501}, "68 to 1500");
    expect_refused("tap:rntap1", &(struct rn_attach_options){.vlan = 4095}, "1 to 4094");
}

static void attached_ones_are_numbered(void **state)
{
    struct rn_stack *net = NULL;
    char err[RN_ERRBUF] = "";

    (void)state;
    in_namespace();
    assert_int_equal(rn_open(&net, NULL, NULL), 0);
    assert_int_equal(rn_attach(net, "tap:rntap1", NULL, err), 0);
    assert_true(rn_fd(net) >= 0);
    assert_int_equal(rn_attach(net, "tap:rntap2",
                               &(struct rn_attach_options){.mac = "02:00:00:00:00:07", .mtu = 1500}, err),
                     1);
    rn_destroy(net);
}

/* An interface that is there is opened as what it is, its name being the longest that exists. */
static void interfaces_that_exist_are_opened_as_what_they_are(void **state)
{
    struct rn_dev *whole, *other, *bare;
    struct rn_way ways[8];
    struct rn_interface facts;
    char err[RN_ERRBUF] = "";

    (void)state;
    in_namespace();
    assert_int_equal(rn_dev_open(&whole, "tap:rn-0", err), 0); /* makes rn: there is no rn-0 */
    assert_true(if_nametoindex("rn") > 0 && if_nametoindex("rn-0") == 0);
    assert_int_equal(rn_dev_open(&other, "tun:rn-1", err), -EINVAL);
    assert_int_equal(system("ip tuntap add mode tap name rn-1"), 0);
    assert_int_equal(rn_dev_open(&other, "tap:rn-1", err), 0);
    assert_true(if_nametoindex("rn-1") > 0);
    other->ops->close(other);
    expect_choice("rn-1", "tap:rn-1", "a system call a frame");
    assert_int_equal(rn_dev_open(&bare, "rn-1", err), 0);
    assert_string_equal(bare->ops->kind, "tap");
    bare->ops->close(bare);
    expect_choice("rn", "tap:rn", "in use by another process");
    whole->ops->close(whole);

    assert_true(rn_survey("rn-1", &facts, ways, 2, err) >= 4);
    assert_string_equal(facts.name, "rn-1");
    assert_string_equal(ways[0].kind, "tap");
    assert_int_equal(ways[0].fit, RN_WORKS);
    assert_int_equal(ways[1].fit, RN_UNFIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_names_are_told_where_and_what_there_is),
        cmocka_unit_test(on_loop_a_stack_talks_to_itself),
        cmocka_unit_test(on_null_all_is_gone),
        cmocka_unit_test(an_attached_device_can_be_recorded),
        cmocka_unit_test(names_that_do_not_exist_are_made_if_they_say_a_kind),
        cmocka_unit_test(interfaces_that_exist_are_opened_as_what_they_are),
        cmocka_unit_test(bad_options_are_refused_and_the_device_closed),
        cmocka_unit_test(attached_ones_are_numbered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
