/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/xdp: the device contract over a veth pair, whose far end is a packet socket of the test's; what is taken out of
 * the card's queue and what the kernel keeps; checksums that are half done; and an interface that goes and comes. In a
 * network namespace of its own.
 *
 *      test: burst, commit, sync -- AF_XDP -- rnx0 === rnx1 -- packet socket: send, receive
 *                                               |
 *                                       the kernel, 10.9.0.1
 *
 * Needs root and libxdp; without it says so and is skipped (77).
 */
#include "kernel.h"
#include "suite.h"

#include "dev/xdp.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME "rnx0"
#define FAR  "rnx1"

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

static void open_plain(struct suite_link *l)
{
    char err[RN_ERRBUF] = "";

    if (xdp_open(&l->dev, NAME, -1, err) < 0)
        fail_msg("%s", err);
    kernel_is_peer(l, FAR, SUITE_TYPE);
    l->longest = 1514;
}

/* The suite's frames are to a group, which both owners would see: it takes everything. */
static void open_all(struct suite_link *l)
{
    const struct rn_steer all = {.take = true};

    open_plain(l);
    l->dev->promiscuous = 1;
    assert_int_equal(l->dev->ops->steer(l->dev, &all, 1), 0);
}

/* Frames of three buffers. */
static void open_long(struct suite_link *l)
{
    kernel_does("ip link set " NAME " mtu 9000 && ip link set " FAR " mtu 9000");
    open_all(l);
    l->longest = 9014;
}

/* Whoever looks has the card looked after. */
static void open_busy(struct suite_link *l)
{
    const struct rn_steer all = {.take = true};

    open_plain(l);
    l->dev->promiscuous = 1;
    l->dev->busy_poll = 1;
    assert_int_equal(l->dev->ops->steer(l->dev, &all, 1), 0);
}

static struct suite_device whole = {"xdp", open_all}, plain = {"xdp", open_plain}, jumbo = {"xdp, MTU 9000", open_long},
                           busy = {"xdp, busy polling", open_busy};

/* A case of its own: the device is opened, and told that one IPv4 address is ours. */
static void open_with(struct suite_link *l, void **state, const uint8_t *mac, uint8_t last)
{
    struct rn_steer rule = {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, last}, .take = true};

    suite_open(l, state);
    memcpy(l->dev->mac, mac, 6);
    assert_int_equal(l->dev->ops->steer(l->dev, &rule, 1), 0);
}

static void just_close(struct suite_link *l)
{
    l->dev->ops->close(l->dev);
    l->close_peer(l);
}

static void expect_refused(const char *name, int queue, int code, const char *words)
{
    char err[RN_ERRBUF] = "";
    struct rn_dev *dev;

    assert_int_equal(xdp_open(&dev, name, queue, err), code);
    if (!strstr(err, words))
        fail_msg("it does not say '%s': %s", words, err);
}

static void what_will_not_do_is_refused(void **state)
{
    struct rn_dev *dev;

    (void)state;
    expect_refused("nosuch0", -1, -ENODEV, "no such interface");
    expect_refused("lo", -1, -ENODEV, "loopback");
    expect_refused(NAME, 77, -EINVAL, "queues, from 0 up");
    assert_int_equal(xdp_open(&dev, NAME, 0, NULL), 0);
    expect_refused(NAME, 0, -EBUSY, "queue 0 already has an AF_XDP socket");
    dev->ops->close(dev);
    assert_int_equal(xdp_open(&dev, NAME, 0, NULL), 0);
    dev->ops->close(dev);
}

/* ---- whose it is --------------------------------------------------------------------------------------- */

/* UDP from 10.9.0.FROM to port 7 of 10.9.0.LAST; its checksum is right, or (half) left to a card. */
static void build(uint8_t frame[60], const uint8_t to[6], uint8_t from, uint8_t last, bool half)
{
    static const uint8_t like[] = {0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 9, 2, 8,  0, 0x45, 0, 0, 32, 0, 0, 0x40, 0,
                                   64, 17, 0, 0, 10, 9, 0, 2, 10, 9, 0, 0, 0x13, 0x88, 0, 7, 0, 12, 0, 0, 'h', 'e',
                                   'y', '!'};
    uint32_t sum = 0;

    memset(frame, 0, 60);
    memcpy(frame, like, sizeof like);
    memcpy(frame, to, 6);
    frame[29] = from;
    frame[33] = last;
    for (int i = 14; i < 34; i += 2)
        sum += (uint32_t)frame[i] << 8 | frame[i + 1];
    sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
    frame[24] = (uint8_t)(sum >> 8);
    frame[25] = (uint8_t)sum;
    sum = 17 + 12;
    for (int i = 26; i < (half ? 34 : 46); i += 2)
        sum += (uint32_t)frame[i] << 8 | frame[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    if (!half)
        sum = ~sum & 0xffff;
    frame[40] = (uint8_t)(sum >> 8);
    frame[41] = (uint8_t)sum;
}

/* The same from the far end. */
static void sent(struct suite_link *l, const uint8_t to[6], uint8_t last, bool half)
{
    uint8_t frame[60];

    build(frame, to, 2, last, half);
    l->send(l, frame, sizeof frame);
}

static int kernels_socket(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7)};
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof at), 0);
    return s;
}

/* So many came to the kernel's socket, so many to us; flags: the last one's of ours. */
static void expect_parted(struct suite_link *l, int kernel, int theirs, int ours, unsigned flags)
{
    struct rn_frame f = {0};
    char data[16];

    for (int i = 0; i < ours; i++) {
        assert_int_equal(suite_burst(l, &f, 1), 1);
        assert_int_equal(f.flags, flags);
        l->dev->ops->release(l->dev, 1);
    }
    assert_int_equal(suite_burst(l, &f, 1), 0);
    for (int i = 0; i < theirs; i++)
        assert_int_equal(read(kernel, data, sizeof data), 4);
    assert_int_equal(read(kernel, data, sizeof data), -1);
}

static void card_is_shared_by_address(void **state)
{
    int kernel = kernels_socket();
    struct suite_link l;

    open_with(&l, state, card_mac, 7);
    sent(&l, card_mac, 1, false);
    expect_parted(&l, kernel, 1, 0, 0);
    sent(&l, card_mac, 7, false);
    expect_parted(&l, kernel, 0, 1, 0);
    sent(&l, own_mac, 7, false);
    expect_parted(&l, kernel, 0, 0, 0);
    close(kernel);
    just_close(&l);
}

static void address_of_our_own_is_let_in(void **state)
{
    int kernel = kernels_socket();
    struct suite_link l;

    open_with(&l, state, own_mac, 7);
    sent(&l, own_mac, 7, false);
    expect_parted(&l, kernel, 0, 1, 0);
    sent(&l, card_mac, 1, false);
    expect_parted(&l, kernel, 1, 0, 0);
    close(kernel);
    just_close(&l);
}

/* Another address is taken from now on, and the one before is the kernel's again. */
static void what_is_ours_may_change(void **state)
{
    const struct rn_steer other = {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 8}, .take = true};
    int kernel = kernels_socket();
    struct suite_link l;

    open_with(&l, state, card_mac, 1);
    sent(&l, card_mac, 1, false);
    expect_parted(&l, kernel, 0, 1, 0);
    assert_int_equal(l.dev->ops->steer(l.dev, &other, 1), 0);
    sent(&l, card_mac, 1, false);
    sent(&l, card_mac, 8, false);
    expect_parted(&l, kernel, 1, 1, 0);
    close(kernel);
    just_close(&l);
}

static void half_a_checksum_is_told(void **state)
{
    int kernel = kernels_socket();
    struct suite_link l;

    open_with(&l, state, card_mac, 7);
    sent(&l, card_mac, 7, true);
    expect_parted(&l, kernel, 0, 1, RN_CSUM_PARTIAL | RN_CSUM_TRUSTED);
    assert_int_equal(l.dev->rx_half_sums, 1);
    close(kernel);
    just_close(&l);
}

/* By the kernel, where it does that, else by the device: it is right for who receives it. */
static void checksum_that_is_left_to_the_card_is_filled_in(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = htonl(0x0a090003)};
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct rn_frame slot;
    struct suite_link l;
    char data[16];

    kernel_does("ip addr add 10.9.0.3/32 dev " FAR);
    assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof at), 0);
    memset(&l, 0, sizeof l); /* without the ledger, for the device may have to write into what is committed */
    open_all(&l);
    (void)state;
    print_message("# by the %s\n", l.dev->tx_csum ? "kernel" : "device");
    for (int i = 0; i < 2; i++) { /* one that is half done and does not say so is not taken */
        assert_int_equal(l.dev->ops->reserve(l.dev, &slot, 1, l.now), 1);
        build(slot.data, (const uint8_t[]){255, 255, 255, 255, 255, 255}, 9, 3, true);
        slot.len = 60;
        if (i == 0) {
            slot.flags = RN_CSUM_PARTIAL;
            slot.csum_start = 34;
            slot.csum_offset = 6;
        }
        l.dev->ops->commit(l.dev, &slot, 1);
        suite_sync(&l);
        assert_int_equal(read(s, data, sizeof data), i == 0 ? 4 : -1);
    }
    close(s);
    just_close(&l);
}

/* Broadcast: both see it, whoever is asked. */
static void what_is_for_all_comes_to_both(void **state)
{
    static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
    struct rn_frame f;
    struct suite_link l;

    open_with(&l, state, card_mac, 7);
    sent(&l, everybody, 255, false);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    assert_memory_equal(f.data, everybody, 6);
    l.dev->ops->release(l.dev, 1);
    assert_int_equal(suite_burst(&l, &f, 1), 0);
    just_close(&l);
}

/* Nothing of it is left when it is closed. */
static void the_program_goes_with_the_device(void **state)
{
    struct suite_link l;

    kernel_does("! ip link show " NAME " | grep -q xdp");
    open_with(&l, state, card_mac, 7);
    kernel_does("ip link show " NAME " | grep -q xdp");
    assert_string_equal(l.dev->mode, "native,copy");
    just_close(&l);
    kernel_does("! ip link show " NAME " | grep -q xdp");
}

/* ---- the interface goes and comes ---------------------------------------------------------------------- */

static void look_later(struct suite_link *l)
{
    l->now += 100000000;
    l->dev->ops->sync(l->dev, l->now);
}

static void wake_up(struct suite_link *l)
{
    struct rn_frame f;

    assert_int_equal(l->dev->ops->arm(l->dev, true, false), 0);
    assert_int_equal(suite_burst(l, &f, 1), 0);
}

static void down_is_told_and_up_again(void **state)
{
    struct suite_link l;

    suite_open(&l, state);
    kernel_does("ip link set " NAME " down");
    wake_up(&l);
    assert_int_equal(l.dev->link, RN_LINK_DOWN);
    suite_transmit(&l, 3, 60, 0);
    l.dev->ops->sync(l.dev, l.now);
    assert_int_equal(l.dev->tx_drops, 3);
    kernel_does("ip link set " NAME " up");
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    assert_int_equal(l.dev->ops->sync(l.dev, l.now), RN_FOREVER);
    suite_close(&l);
}

static void removed_and_made_again_is_joined(void **state)
{
    struct suite_link l;
    struct rn_frame f;

    open_with(&l, state, card_mac, 7);
    sent(&l, card_mac, 7, false);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    kernel_does("ip link delete " NAME);
    wake_up(&l);
    assert_int_equal(l.dev->link, RN_LINK_GONE);
    make_pair();
    look_later(&l); /* not while somebody reads a frame of the one that was */
    assert_int_equal(l.dev->link, RN_LINK_GONE);
    l.dev->ops->release(l.dev, 1);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    kernel_hears_anew(&l);
    sent(&l, card_mac, 7, false);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    l.dev->ops->release(l.dev, 1);
    just_close(&l);
}

/* ---- where it runs ------------------------------------------------------------------------------------- */

#define CASE(function, device)                                                                                         \
    {                                                                                                                  \
#function, function, make_pairs, drop_pair, &device                                                            \
    }

int main(void)
{
    struct CMUnitTest suite[] = {SUITE(&whole), SUITE(&jumbo), SUITE(&busy)};
    const struct CMUnitTest tests[] = {
        CASE(what_will_not_do_is_refused, plain),
        CASE(card_is_shared_by_address, plain),
        CASE(address_of_our_own_is_let_in, plain),
        CASE(what_is_ours_may_change, plain),
        CASE(half_a_checksum_is_told, plain),
        CASE(checksum_that_is_left_to_the_card_is_filled_in, plain),
        CASE(what_is_for_all_comes_to_both, plain),
        CASE(the_program_goes_with_the_device, plain),
        CASE(down_is_told_and_up_again, whole),
        CASE(removed_and_made_again_is_joined, plain),
    };
    struct rn_way way = {.fit = RN_UNFIT};
    struct interface i;
    int failed;

    if (!kernel_namespace("xdp_test"))
        return 77;
    make_pair();
    if (interface_look(NAME, &i) < 0)
        return 1;
    xdp_survey(&i, &way);
    drop_pair(NULL);
    if (way.fit != RN_WORKS) {
        printf("%s\n", way.remedy);
        return 77;
    }
    for (size_t n = 0; n < sizeof suite / sizeof *suite; n++)
        suite[n].setup_func = make_pairs, suite[n].teardown_func = drop_pair;
    failed = cmocka_run_group_tests_name("suite", suite, NULL, NULL);
    return cmocka_run_group_tests_name("xdp", tests, NULL, NULL) + failed;
}
