/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/packet: the device contract over a veth pair, whose far end is a packet socket of the test's; what the
 * filter and the guard part; frames that are more than their bytes; and an interface that goes and comes. In
 * a network namespace of its own.
 *
 *      test: burst, commit, sync -- packet socket -- rnp0 === rnp1 -- packet socket: send, receive
 *                                                     |
 *                                             the kernel, 10.9.0.1
 *
 * Needs root; without it says so and is skipped (77).
 */
#include "kernel.h"
#include "suite.h"

#include "dev/packet.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/seccomp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/resource.h>
#include <unistd.h>

#define NAME "rnp0"
#define FAR  "rnp1"

static const uint8_t card_mac[6] = {2, 0, 0, 0, 9, 1}, own_mac[6] = {2, 0, 0, 0, 9, 7};

static void make_pair(void)
{
    kernel_makes_pair(NAME, FAR);
    kernel_does("ip addr add 10.9.0.1/24 dev " NAME);
}

static int make_pairs(void **state)
{
    (void)state;
    make_pair();
    return 0;
}

static int drop_pair(void **state)
{
    (void)state;
    return kernel_drops(NAME);
}

static void open_here(struct suite_link *l)
{
    char err[RN_ERRBUF] = "";

    if (packet_open(&l->dev, NAME, err) < 0)
        fail_msg("%s", err);
    kernel_is_peer(l, FAR, SUITE_TYPE);
    l->longest = 1514;
}

static struct suite_device packet = {"packet", open_here};

/* A case of its own: the device is opened, and told that one IPv4 address is ours. */
static void open_with(struct suite_link *l, void **state, const uint8_t *mac, uint8_t last)
{
    struct rn_steer rule = {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, last},
                            .take = true};

    suite_open(l, state);
    memcpy(l->dev->mac, mac, 6);
    assert_int_equal(l->dev->ops->steer(l->dev, &rule, 1), 0);
}

static void just_close(struct suite_link *l)
{
    l->dev->ops->close(l->dev);
    l->close_peer(l);
}

/* ---- opening ------------------------------------------------------------------------------------------- */

static void expect_refused(const char *name, int code, const char *words)
{
    kernel_expect_refused(packet_open, name, code, words);
}

static void what_will_not_do_is_refused(void **state)
{
    (void)state;
    expect_refused("", -EINVAL, "no name");
    expect_refused("nosuch0", -ENODEV, "no such interface");
    expect_refused("a-name-of-20-letters", -EINVAL, "at most 15");
    expect_refused("lo", -ENODEV, "loopback");
    kernel_does("ip tuntap add dev rntun0 mode tun");
    expect_refused("rntun0", -ENODEV, "no Ethernet");
    kernel_does("ip link delete rntun0");
}

static void without_capability(void)
{
    kernel_takes_rights();
    expect_refused(NAME, -EPERM, "cap_net_raw");
}

/* A kernel that knows no such family: system call number `call` fails with `error` when its first argument is
 * `first`. */
static void refuse(uint32_t call, uint32_t first, uint32_t error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        _exit(1);
}

static void without_packet_sockets(void)
{
    refuse(SYS_socket, AF_PACKET, EAFNOSUPPORT);
    expect_refused(NAME, -EAFNOSUPPORT, "modprobe af_packet");
}

/* Neither way to guard: the device works, and steer says that it cannot share. */
static void without_guard(void)
{
    struct rn_steer rule = {.take = true};
    struct rn_dev *d;

    assert_int_equal(packet_open(&d, NAME, NULL), 0);
    refuse(SYS_bpf, BPF_PROG_LOAD, EPERM);
    refuse(SYS_socket, AF_NETLINK, EPERM);
    assert_int_equal(d->ops->steer(d, &rule, 1), -EOPNOTSUPP);
    d->ops->close(d);
}

static void what_the_world_refuses_is_told_with_a_remedy(void **state)
{
    (void)state;
    kernel_in_child(without_capability);
    kernel_in_child(without_packet_sockets);
    kernel_in_child(without_guard);
}

static void opens_with_what_the_card_has(void **state)
{
    struct rn_dev *d;

    (void)state;
    kernel_does("ip link set " NAME " mtu 9000");
    assert_int_equal(packet_open(&d, NAME, NULL), 0);
    assert_int_equal(d->mtu, 9000);
    assert_memory_equal(d->mac, card_mac, 6);
    assert_int_equal(d->link, RN_LINK_UP);
    assert_int_equal(d->medium, RN_ETHERNET);
    d->ops->close(d);
    kernel_does("ip link set " NAME " mtu 1500");
}

/* ---- who gets what ------------------------------------------------------------------------------------- */

/* A UDP datagram to an address of 10.9.0.0/24, port 9; its length. */
static uint32_t datagram(uint8_t *frame, const uint8_t to[6], uint8_t last)
{
    static const uint8_t packet_to_1[] = {0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10,  9,   0,   2,
                                          10,   9, 0, 1,  0, 9, 0, 9, 0,  12, 0, 0, 'h', 'e', 'y', '!'};
    uint32_t sum = 0;

    memcpy(frame, to, 6);
    memcpy(frame + 6, (const uint8_t[]){2, 0, 0, 0, 9, 2, 8, 0}, 8);
    memcpy(frame + 14, packet_to_1, sizeof packet_to_1);
    frame[14 + 19] = last;
    for (int i = 0; i < 20; i += 2)
        sum += (uint32_t)frame[14 + i] << 8 | frame[15 + i];
    sum = ~((sum & 0xffff) + (sum >> 16));
    frame[14 + 10] = (uint8_t)(sum >> 8);
    frame[14 + 11] = (uint8_t)sum;
    return 14 + sizeof packet_to_1;
}

static uint32_t sent(struct suite_link *l, const uint8_t to[6], uint8_t last, uint8_t *frame)
{
    uint32_t len = datagram(frame, to, last);

    l->send(l, frame, len);
    return len;
}

static int kernels_socket(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(9)};
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    assert_true(s >= 0);
    assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof at), 0);
    return s;
}

/* So many datagrams came to the kernel, and so many frames to us. */
static void expect_parted(struct suite_link *l, int kernel, int theirs, int our)
{
    struct rn_frame frames[8];
    uint8_t data[64];
    int n = suite_burst(l, frames, 8);

    assert_int_equal(n, our);
    l->dev->ops->release(l->dev, n);
    for (int i = 0; i < theirs; i++)
        assert_in_range(read(kernel, data, sizeof data), 4, 32); /* with the headers, of a raw socket */
    assert_int_equal(read(kernel, data, sizeof data), -1);
}

static void card_is_shared_by_address(void **state)
{
    int kernel = kernels_socket();
    uint8_t frame[SUITE_FRAME];
    struct rn_frame f;
    struct suite_link l;
    uint32_t len;

    open_with(&l, state, card_mac, 7);
    sent(&l, card_mac, 1, frame);
    expect_parted(&l, kernel, 1, 0);
    len = sent(&l, card_mac, 7, frame);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    assert_int_equal(f.len, len);
    assert_memory_equal(f.data, frame, len);
    l.dev->ops->release(l.dev, 1);
    sent(&l, own_mac, 7, frame);
    expect_parted(&l, kernel, 0, 0);
    close(kernel);
    just_close(&l);
}

/* The kernel has the address, and would take what comes. */
static void kernel_does_not_see_what_is_ours(void **state)
{
    int kernel = kernels_socket();
    uint8_t frame[SUITE_FRAME];
    struct suite_link l;

    open_with(&l, state, card_mac, 1);
    sent(&l, card_mac, 1, frame);
    expect_parted(&l, kernel, 0, 1);
    close(kernel);
    just_close(&l);
}

/* One of the ports of the kernel's own address. */
static void kernels_address_is_shared_by_port(void **state)
{
    struct rn_steer rule = {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 1},
                            .protocol = IPPROTO_UDP,
                            .port_first = 10,
                            .port_last = 12,
                            .take = true};
    int kernel = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_UDP), holder; /* all is sent to port 9 */
    uint8_t frame[SUITE_FRAME];
    struct suite_link l;

    suite_open(&l, state);
    assert_int_equal(l.dev->ops->steer(l.dev, &rule, 1), 0);
    sent(&l, card_mac, 1, frame);
    expect_parted(&l, kernel, 1, 0);
    rule.port_first = 8;
    rule.port_last = 9;
    holder = kernels_socket();
    assert_int_equal(l.dev->ops->steer(l.dev, &rule, 1), -EADDRINUSE);
    sent(&l, card_mac, 1, frame);
    expect_parted(&l, kernel, 1, 0);
    close(holder);
    assert_int_equal(l.dev->ops->steer(l.dev, &rule, 1), 0);
    sent(&l, card_mac, 1, frame);
    expect_parted(&l, kernel, 0, 1);
    rule.protocol = IPPROTO_TCP;
    assert_int_equal(l.dev->ops->steer(l.dev, &rule, 1), 0);
    sent(&l, card_mac, 1, frame);
    expect_parted(&l, kernel, 1, 0);
    close(kernel);
    just_close(&l);
}

static void by_nftables(void)
{
    void *state = &packet;

    refuse(SYS_bpf, BPF_PROG_LOAD, EPERM);
    kernel_does_not_see_what_is_ours(&state);
}

static void ports_by_nftables(void)
{
    void *state = &packet;

    refuse(SYS_bpf, BPF_PROG_LOAD, EPERM);
    kernels_address_is_shared_by_port(&state);
}

/* An older kernel, or a user namespace. */
static void nor_where_bpf_is_refused(void **state)
{
    (void)state;
    kernel_in_child(by_nftables);
    kernel_in_child(ports_by_nftables);
}

/* Programs at the interface's tcx; other tests have theirs elsewhere. */
static unsigned guards(void)
{
    enum { TCX_INGRESS = 46 };
    union bpf_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.query.target_fd = if_nametoindex(NAME);
    attr.query.attach_type = TCX_INGRESS;
    return syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof attr) < 0 ? 0 : attr.query.prog_cnt;
}

static void guard_is_one_and_goes_with_the_device(void **state)
{
    struct suite_link l;
    struct rn_steer rule = {.take = true};

    open_with(&l, state, card_mac, 7);
    assert_int_equal(guards(), 1);
    assert_int_equal(l.dev->ops->steer(l.dev, &rule, 1), 0);
    assert_int_equal(guards(), 1);
    just_close(&l);
    assert_int_equal(guards(), 0);
}

static void address_of_our_own_is_let_in(void **state)
{
    int kernel = kernels_socket();
    uint8_t frame[SUITE_FRAME];
    struct suite_link l;

    open_with(&l, state, own_mac, 7);
    sent(&l, own_mac, 7, frame);
    expect_parted(&l, kernel, 0, 1);
    sent(&l, card_mac, 1, frame);
    expect_parted(&l, kernel, 1, 0);
    close(kernel);
    just_close(&l);
}

/* As a bridge wants it: what is for the kernel, for another host and in a VLAN. */
static void everything_is_taken(void **state)
{
    const struct rn_steer all = {.take = true}, ports = {.port_first = 7, .port_last = 7, .take = true};
    int kernel = kernels_socket();
    uint8_t frame[SUITE_FRAME];
    struct suite_link l;

    suite_open(&l, state);
    l.dev->promiscuous = 1;
    assert_int_equal(l.dev->ops->steer(l.dev, &ports, 1), -EOPNOTSUPP);
    assert_int_equal(l.dev->ops->steer(l.dev, &all, 1), 0);
    kernel_does("ip -d link show " NAME " | grep -q 'promiscuity 1'");
    sent(&l, card_mac, 1, frame);
    sent(&l, own_mac, 1, frame);
    memmove(frame + 16, frame + 12, SUITE_FRAME - 16);
    memcpy(frame + 12, (const uint8_t[]){0x81, 0, 0, 5}, 4);
    l.send(&l, frame, 60);
    expect_parted(&l, kernel, 0, 3);
    just_close(&l);
    kernel_does("ip -d link show " NAME " | grep -q 'promiscuity 0'");
    close(kernel);
}

static void ports_of_any_address_cannot_be_shared(void **state)
{
    const struct rn_steer rule = {.port_first = 7, .port_last = 7, .protocol = 6, .take = true};
    struct suite_link l;

    suite_open(&l, state);
    assert_int_equal(l.dev->ops->steer(l.dev, &rule, 1), -EOPNOTSUPP);
    suite_close(&l);
}

/* ---- frames that are more than their bytes ------------------------------------------------------------- */

/* The kernel takes the tag out; it comes beside the frame, to who is in that VLAN. */
static void tag_comes_beside_the_frame(void **state)
{
    uint8_t frame[SUITE_FRAME], tagged[SUITE_FRAME];
    struct suite_link l;
    struct rn_frame f;
    uint32_t len;

    open_with(&l, state, card_mac, 7);
    len = datagram(frame, card_mac, 7);
    memcpy(tagged, frame, 12);
    memcpy(tagged + 12, (const uint8_t[]){0x81, 0, 0x60, 5}, 4);
    memcpy(tagged + 16, frame + 12, len - 12);
    l.send(&l, tagged, len + 4);
    assert_int_equal(suite_burst(&l, &f, 1), 0);
    l.dev->vlan = 5;
    assert_int_equal(l.dev->ops->steer(l.dev, &(struct rn_steer){.take = true}, 1), 0);
    l.send(&l, tagged, len + 4);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    assert_int_equal(f.len, len);
    assert_memory_equal(f.data, frame, len);
    assert_int_equal(f.flags & RN_VLAN, RN_VLAN);
    assert_int_equal(f.vlan, 0x6005);
    l.dev->ops->release(l.dev, 1);
    l.send(&l, frame, len);
    assert_int_equal(suite_burst(&l, &f, 1), 0);
    just_close(&l);
}

/* A provider's tag (802.1ad) cannot be told to the stack: such a frame is passed over, wherever it lies. */
static void frame_that_cannot_be_told_is_passed_over(void **state)
{
    uint8_t frame[SUITE_FRAME];
    struct suite_link l;
    struct rn_frame f[4];

    suite_open(&l, state);
    suite_make(frame, 60, 0);
    memcpy(frame + 12, (const uint8_t[]){0x88, 0xa8, 0, 0, SUITE_TYPE >> 8, SUITE_TYPE & 0xff}, 6);
    for (uint32_t round = 0; round < 2; round++) {
        l.send(&l, frame, 60);
        l.send(&l, frame, 60);
        suite_peer_sends(&l, 2, 60, 2 * round);
        l.send(&l, frame, 60);
        assert_int_equal(suite_burst(&l, f, 4), 2);
        for (uint32_t i = 0; i < 2; i++)
            suite_expect(f[i].data, f[i].len, 60, 2 * round + i);
        l.dev->ops->release(l.dev, 1);
        l.dev->ops->release(l.dev, 1);
    }
    assert_int_equal(l.dev->rx_drops, 6);
    suite_close(&l);
}

static void merged_frame_comes_whole(void **state)
{
    static uint8_t frame[65536];
    struct suite_link l;
    struct rn_frame f;
    uint32_t len;

    suite_open(&l, state);
    len = kernel_sends_merged(FAR, card_mac, frame);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    kernel_expects_merged(&f, frame, len);
    l.dev->ops->release(l.dev, 1);
    suite_close(&l);
}

static void what_found_no_room_is_counted(void **state)
{
    static struct rn_frame frames[SUITE_SLOTS];
    struct suite_link l;
    uint32_t slots;

    suite_open(&l, state);
    slots = l.dev->rx_slots;
    suite_peer_sends(&l, slots + 5, 60, 0);
    assert_int_equal(suite_burst(&l, frames, SUITE_SLOTS), slots);
    l.dev->ops->release(l.dev, (int)slots);
    suite_peer_sends(&l, 1, 60, 0);
    assert_int_equal(suite_burst(&l, frames, SUITE_SLOTS), 1);
    l.dev->ops->release(l.dev, 1);
    assert_int_equal(l.dev->rx_drops, 5);
    suite_close(&l);
}

/* ---- the interface goes and comes ---------------------------------------------------------------------- */

/* As a stack sleeps and wakes. */
static void wake_up(struct suite_link *l)
{
    struct rn_frame f;

    assert_int_equal(l->dev->ops->arm(l->dev, true, false), 0);
    assert_int_equal(suite_burst(l, &f, 1), 0);
}

/* It looks every 100 ms, and says so. */
static void look_later(struct suite_link *l)
{
    assert_int_equal(l->dev->ops->sync(l->dev, l->now + 1), l->now + 100000000);
    l->now += 100000000;
    l->dev->ops->sync(l->dev, l->now);
}

static void down_is_told_and_up_again(void **state)
{
    struct suite_link l;

    suite_open(&l, state);
    kernel_does("ip link set " NAME " down");
    assert_true(suite_is_awake(&l, true, false));
    wake_up(&l);
    assert_int_equal(l.dev->link, RN_LINK_DOWN);
    assert_false(suite_is_awake(&l, true, false));
    suite_transmit(&l, 3, 60, 0);
    l.dev->ops->sync(l.dev, l.now);
    assert_int_equal(l.dev->tx_drops, 3);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_DOWN);
    kernel_does("ip link set " NAME " up");
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    assert_int_equal(l.dev->ops->sync(l.dev, l.now), RN_FOREVER);
    suite_close(&l);
}

static void opens_while_it_is_down(void **state)
{
    struct suite_link l;

    kernel_does("ip link set " NAME " down");
    suite_open(&l, state);
    assert_int_equal(l.dev->link, RN_LINK_DOWN);
    wake_up(&l);
    kernel_does("ip link set " NAME " up");
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    suite_close(&l);
}

/* Another interface of the same name, with another link address: ours stays what it was. */
static void removed_and_made_again_is_joined(void **state)
{
    uint8_t frame[SUITE_FRAME];
    struct rn_steer rule = {.take = true};
    struct suite_link l;
    struct rn_frame f;

    open_with(&l, state, card_mac, 7);
    kernel_does("ip link delete " NAME);
    wake_up(&l);
    assert_int_equal(l.dev->link, RN_LINK_GONE);
    assert_int_equal(l.dev->ops->steer(l.dev, &rule, 1), 0);
    suite_transmit(&l, 3, 60, 0);
    l.dev->ops->sync(l.dev, l.now);
    assert_int_equal(l.dev->tx_drops, 3);
    make_pair();
    kernel_does("ip link set " NAME " address 02:00:00:00:09:03");
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    assert_int_equal(guards(), 1);
    assert_memory_equal(l.dev->mac, card_mac, 6);
    kernel_hears_anew(&l);
    sent(&l, card_mac, 7, frame);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    l.dev->ops->release(l.dev, 1);
    suite_close(&l);
}

/* How many descriptors more may be opened. */
static void allow_descriptors(int n)
{
    int next = dup(0); /* -1: none may */
    struct rlimit limit;

    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = n < 0 ? limit.rlim_max : (rlim_t)(next + n);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* It needs two descriptors for a moment, and there is one. */
static void made_again_without_its_guard_it_waits_for_it(void **state)
{
    struct rn_steer rule = {.take = true};
    struct suite_link l;

    open_with(&l, state, card_mac, 7);
    assert_int_equal(l.dev->ops->steer(l.dev, &rule, 1), 0);
    kernel_does("ip link delete " NAME);
    wake_up(&l);
    make_pair();
    allow_descriptors(1);
    look_later(&l);
    allow_descriptors(-1);
    assert_int_equal(l.dev->link, RN_LINK_GONE);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    assert_int_equal(guards(), 1);
    kernel_hears_anew(&l);
    suite_close(&l);
}

/* ---- where it runs ------------------------------------------------------------------------------------- */

#define CASE(function)                                                                                       \
    {                                                                                                        \
#function, function, make_pairs, drop_pair, &packet                                                  \
    }

int main(void)
{
    struct CMUnitTest suite[] = {SUITE(&packet)};
    const struct CMUnitTest tests[] = {
        CASE(what_will_not_do_is_refused),
        CASE(what_the_world_refuses_is_told_with_a_remedy),
        CASE(opens_with_what_the_card_has),
        CASE(card_is_shared_by_address),
        CASE(kernel_does_not_see_what_is_ours),
        CASE(kernels_address_is_shared_by_port),
        CASE(nor_where_bpf_is_refused),
        CASE(address_of_our_own_is_let_in),
        CASE(guard_is_one_and_goes_with_the_device),
        CASE(tag_comes_beside_the_frame),
        CASE(frame_that_cannot_be_told_is_passed_over),
        CASE(merged_frame_comes_whole),
        CASE(what_found_no_room_is_counted),
        CASE(down_is_told_and_up_again),
        CASE(opens_while_it_is_down),
        CASE(removed_and_made_again_is_joined),
        CASE(made_again_without_its_guard_it_waits_for_it),
        CASE(ports_of_any_address_cannot_be_shared),
        CASE(everything_is_taken),
    };
    int failed;

    if (!kernel_namespace("packet_test"))
        return 77;
    for (size_t i = 0; i < sizeof suite / sizeof *suite; i++)
        suite[i].setup_func = make_pairs, suite[i].teardown_func = drop_pair;
    failed = cmocka_run_group_tests_name("suite", suite, NULL, NULL);
    return cmocka_run_group_tests_name("packet", tests, NULL, NULL) + failed;
}
