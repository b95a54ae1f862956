/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/tap: the device contract with the kernel as the peer, whose side is a packet socket on the interface;
 * and what can go wrong when one is opened, goes down, or is deleted. In a network namespace of its own.
 *
 *      test: burst, commit, sync -- /dev/net/tun -- interface rntap0 -- packet socket: send, receive
 *
 * Needs root and /dev/net/tun; without them it says so and is skipped (77).
 */
#include "kernel.h"
#include "suite.h"

#include "dev/tap.h"
#include "dev/virtio.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NAME "rntap0"

static void open_here(struct suite_link *l)
{
    char err[RN_ERRBUF] = "";

    assert_int_equal(tap_open(&l->dev, NAME, err), 0);
    kernel_is_peer(l, NAME, SUITE_TYPE);
    l->longest = 1514;
}

static struct suite_device tap = {"tap", open_here};

/* ---- opening ------------------------------------------------------------------------------------------- */

static void expect_refused(const char *name, int code, const char *words)
{
    kernel_expect_refused(tap_open, name, code, words);
}

static void bad_names_are_refused(void **state)
{
    (void)state;
    expect_refused("", -EINVAL, "no name");
    expect_refused("sixteen-letters-", -EINVAL, "at most 15");
    expect_refused("a/b", -EINVAL, "'/'");
    expect_refused("tap%d", -EINVAL, "'%'");
    expect_refused("a b", -EINVAL, "blank");
    expect_refused("..", -EINVAL, "..");
    expect_refused("lo", -ENODEV, "not a tap");
}

static void longest_name_is_taken(void **state)
{
    struct rn_dev *d;

    (void)state;
    assert_int_equal(tap_open(&d, "fifteen-letters", NULL), 0);
    assert_true(if_nametoindex("fifteen-letters") > 0);
    d->ops->close(d);
    assert_int_equal(if_nametoindex("fifteen-letters"), 0);
}

static void one_in_use_is_refused(void **state)
{
    struct rn_dev *d;

    (void)state;
    assert_int_equal(tap_open(&d, NAME, NULL), 0);
    expect_refused(NAME, -EBUSY, "another process");
    d->ops->close(d);
}

static void without_capability(void)
{
    kernel_takes_rights();
    expect_refused(NAME, -EPERM, "ip tuntap add mode tap user NAME name " NAME);
}

/* A /dev/net of the child's own, empty; the machine's stays as it is. */
static void empty_dev_net(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", "/dev/net", "tmpfs", 0, NULL) < 0)
        _exit(1);
}

static void without_tun(void)
{
    empty_dev_net();
    expect_refused(NAME, -ENODEV, "modprobe tun");
}

static void without_file_rights(void)
{
    empty_dev_net();
    if (mknod("/dev/net/tun", S_IFCHR | 0600, makedev(10, 200)) < 0 || setuid(65534) < 0)
        _exit(1);
    expect_refused(NAME, -EPERM, "/dev/net/tun");
}

static void what_the_world_refuses_is_told_with_a_remedy(void **state)
{
    (void)state;
    kernel_in_child(without_capability);
    kernel_in_child(without_tun);
    kernel_in_child(without_file_rights);
}

/* A persistent interface made by somebody else, with an mtu of its own. */
static void attaches_to_one_that_is_there(void **state)
{
    int fd = open("/dev/net/tun", O_RDWR);
    struct ifreq r = {0};
    uint8_t mac[6];
    struct rn_dev *d;

    (void)state;
    r.ifr_flags = IFF_TAP | IFF_NO_PI;
    memcpy(r.ifr_name, NAME, sizeof NAME);
    assert_int_equal(ioctl(fd, TUNSETIFF, &r), 0);
    assert_int_equal(ioctl(fd, TUNSETPERSIST, 1), 0);
    close(fd);
    r.ifr_mtu = 9000;
    assert_int_equal(kernel_asked(NAME, SIOCSIFMTU, &r), 0);

    assert_int_equal(tap_open(&d, NAME, NULL), 0);
    assert_int_equal(d->mtu, 9000);
    assert_int_equal(kernel_asked(NAME, SIOCGIFHWADDR, &r), 0);
    assert_memory_not_equal(d->mac, r.ifr_hwaddr.sa_data, 6);
    assert_int_equal(d->mac[0] & 3, 2);
    memcpy(mac, d->mac, 6);
    d->ops->close(d);
    assert_int_equal(tap_open(&d, NAME, NULL), 0); /* the same again, so the same address */
    assert_memory_equal(d->mac, mac, 6);
    assert_int_equal(ioctl(d->fd, TUNSETPERSIST, 0), 0);
    d->ops->close(d);
    assert_int_equal(if_nametoindex(NAME), 0);
}

/* ---- while it runs ------------------------------------------------------------------------------------- */

static void interface_that_is_down_drops(void **state)
{
    struct suite_link l;
    struct rn_frame f;

    suite_open(&l, state);
    kernel_switches(NAME, false);
    suite_transmit(&l, 3, 60, 0);
    assert_int_equal(l.dev->ops->sync(l.dev, l.now), RN_FOREVER);
    assert_int_equal(l.dev->tx_drops, 3);
    assert_int_equal(l.dev->ops->burst(l.dev, &f, 1, l.now), 0);
    assert_false(suite_is_awake(&l, true, false));
    kernel_switches(NAME, true);
    kernel_hears_anew(&l); /* it has a "network down" to tell */
    suite_close(&l);
}

/* What was lent before stays readable; then the device is gone, and nothing hangs on it. */
static void interface_that_is_deleted_is_gone(void **state)
{
    struct suite_link l;
    struct rn_frame f[2];

    suite_open(&l, state);
    suite_peer_sends(&l, 1, 60, 0);
    assert_int_equal(suite_burst(&l, f, 1), 1);
    assert_int_equal(system("ip link delete " NAME), 0);
    assert_true(suite_is_awake(&l, true, false));
    assert_int_equal(l.dev->ops->burst(l.dev, f + 1, 1, l.now), -ENODEV);
    assert_int_equal(l.dev->ops->burst(l.dev, f + 1, 1, l.now), -ENODEV);
    suite_expect(f[0].data, f[0].len, 60, 0);
    l.dev->ops->release(l.dev, 1);
    suite_transmit(&l, 2, 60, 0);
    assert_int_equal(l.dev->ops->sync(l.dev, l.now), RN_FOREVER);
    assert_int_equal(l.dev->tx_drops, 2);
    l.dev->ops->close(l.dev);
    l.close_peer(&l);
}

/* That there is no second frame costs a system call to learn, which the answer to the first would wait for.
 */
static void after_a_sleep_one_frame_is_taken_alone(void **state)
{
    struct suite_link l;
    struct rn_frame f[4];

    suite_open(&l, state);
    assert_int_equal(l.dev->ops->arm(l.dev, true, false), 0);
    l.now += 50001;
    suite_peer_sends(&l, 3, 60, 0);
    assert_int_equal(suite_burst(&l, f, 4), 1);
    assert_true(suite_is_awake(&l, true, false)); /* the others are not slept over */
    l.now += 50000;
    assert_int_equal(suite_burst(&l, f + 1, 3), 2);
    for (uint32_t i = 0; i < 3; i++)
        suite_expect(f[i].data, f[i].len, 60, i);
    l.dev->ops->release(l.dev, 3);
    suite_close(&l);
}

/* Who never sleeps has nobody to tell him of a second frame: he gets all, however seldom he looks. */
static void who_does_not_sleep_gets_all(void **state)
{
    struct suite_link l;
    struct rn_frame f[4];

    suite_open(&l, state);
    for (uint32_t round = 0; round < 2; round++) {
        l.now += 10000000;
        suite_peer_sends(&l, 3, 60, 3 * round);
        assert_int_equal(suite_burst(&l, f, 4), 3);
        for (uint32_t i = 0; i < 3; i++)
            suite_expect(f[i].data, f[i].len, 60, 3 * round + i);
        l.dev->ops->release(l.dev, 3);
    }
    suite_close(&l);
}

/* Frames that come one at a time all use one buffer, which is warm; the other 255 stay untouched. */
static void a_ring_that_is_empty_begins_again(void **state)
{
    struct suite_link l;
    struct rn_frame in, out;
    const uint8_t *received = NULL, *sent = NULL;

    suite_open(&l, state);
    for (uint32_t i = 0; i < 3; i++) {
        suite_peer_sends(&l, 1, 60, i);
        assert_int_equal(suite_burst(&l, &in, 1), 1);
        assert_true(i == 0 || in.data == received);
        received = in.data;
        l.dev->ops->release(l.dev, 1);
        assert_int_equal(l.dev->ops->reserve(l.dev, &out, 1, l.now), 1);
        assert_true(i == 0 || out.data == sent);
        sent = out.data;
        suite_make(out.data, 60, i);
        out.len = 60;
        l.dev->ops->commit(l.dev, &out, 1);
        assert_int_equal(l.dev->ops->sync(l.dev, l.now), RN_FOREVER);
        suite_peer_expects(&l, 1, 60, i);
    }
    suite_close(&l);
}

static void merged_frame_comes_whole(void **state)
{
    static uint8_t frame[65536];
    struct suite_link l;
    struct rn_frame f;
    uint32_t len;

    suite_open(&l, state);
    len = kernel_sends_merged(NAME, l.dev->mac, frame);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    kernel_expects_merged(&f, frame, len);
    l.dev->ops->release(l.dev, 1);
    suite_close(&l);
}

/* One that stays when we are gone keeps nothing of us: the kernel cuts what it sends there. */
static void interface_that_stays_is_left_as_it_is(void **state)
{
    static uint8_t frame[65536];
    struct suite_link l;
    struct rn_frame f[64];

    kernel_does("ip tuntap add mode tap name " NAME);
    suite_open(&l, state);
    kernel_sends_merged(NAME, l.dev->mac, frame);
    assert_int_equal(suite_burst(&l, f, 64), 42);
    assert_int_equal(f[0].len, 66 + 1448);
    assert_int_equal(f[0].flags, 0);
    l.dev->ops->release(l.dev, 42);
    suite_close(&l);
    kernel_does("ip tuntap del mode tap name " NAME);
}

/* A kernel without room: a datagram socket with a small buffer is put in the descriptor's place. */
static void frames_wait_while_the_kernel_has_no_room(void **state)
{
    uint8_t frame[VIRTIO_LEN + SUITE_FRAME]; /* with the header that the kernel is given in front */
    struct suite_link l = {.now = 5};
    uint32_t came = 0, waits = 0;
    int ends[2], bytes = 1;
    struct rn_dev *d;

    (void)state;
    assert_int_equal(tap_open(&d, NAME, NULL), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
    assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
    assert_int_equal(dup2(ends[0], d->fd), d->fd);
    l.dev = d;
    suite_transmit(&l, d->tx_slots, 60, 0);
    for (rn_time next = d->ops->sync(d, l.now); next != RN_FOREVER; next = d->ops->sync(d, l.now), waits++) {
        assert_int_equal(next, l.now + 1000000);
        l.now = next;
        while (read(ends[1], frame, sizeof frame) > 0)
            suite_expect(frame + VIRTIO_LEN, 60, 60, came++);
    }
    while (read(ends[1], frame, sizeof frame) > 0)
        suite_expect(frame + VIRTIO_LEN, 60, 60, came++);
    assert_int_equal(came, d->tx_slots);
    assert_true(waits > 2);
    assert_int_equal(d->tx_frames, d->tx_slots);
    assert_int_equal(d->tx_drops, 0);
    d->ops->close(d);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUITE(&tap),
        cmocka_unit_test(bad_names_are_refused),
        cmocka_unit_test(longest_name_is_taken),
        cmocka_unit_test(one_in_use_is_refused),
        cmocka_unit_test(what_the_world_refuses_is_told_with_a_remedy),
        cmocka_unit_test(attaches_to_one_that_is_there),
        cmocka_unit_test_prestate(interface_that_is_down_drops, &tap),
        cmocka_unit_test_prestate(interface_that_is_deleted_is_gone, &tap),
        cmocka_unit_test_prestate(after_a_sleep_one_frame_is_taken_alone, &tap),
        cmocka_unit_test_prestate(who_does_not_sleep_gets_all, &tap),
        cmocka_unit_test_prestate(a_ring_that_is_empty_begins_again, &tap),
        cmocka_unit_test_prestate(merged_frame_comes_whole, &tap),
        cmocka_unit_test_prestate(interface_that_stays_is_left_as_it_is, &tap),
        cmocka_unit_test(frames_wait_while_the_kernel_has_no_room),
    };

    if (!kernel_namespace("tap_test"))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
