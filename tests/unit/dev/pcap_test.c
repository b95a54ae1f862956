/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/pcap: the device contract over a veth pair, whose far end is a packet socket of the test's; an interface that goes
 * and comes; and recordings, made here byte by byte, that are played in their own time. In a network namespace of its
 * own. Needs root and libpcap; without them says so and is skipped (77).
 */
#include "kernel.h"
#include "suite.h"

#include "dev/pcap.h"

#include <stdlib.h>

#define NAME "rnc0"
#define FAR  "rnc1"
#define FILE_NAME "./build/pcap_test.pcap"

static const uint8_t card_mac[6] = {2, 0, 0, 0, 9, 1};

static int make_pair(void **state)
{
    (void)state;
    kernel_makes_pair(NAME, FAR);
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

    if (pcap_dev_open(&l->dev, NAME, err) < 0)
        fail_msg("%s", err);
    kernel_is_peer(l, FAR, SUITE_TYPE);
    l->longest = 1514;
}

static struct suite_device pcap = {"pcap", open_here};

static void just_close(struct suite_link *l)
{
    l->dev->ops->close(l->dev);
    l->close_peer(l);
}

/* ---- an interface -------------------------------------------------------------------------------------- */

static void what_will_not_do_is_refused(void **state)
{
    (void)state;
    kernel_expect_refused(pcap_dev_open, "nosuch0", -ENODEV, "no such interface");
    kernel_expect_refused(pcap_dev_open, "lo", -ENODEV, "loopback");
    kernel_expect_refused(pcap_dev_open, "./nosuch.pcap", -ENOENT, "No such file");
    kernel_expect_refused(pcap_dev_open, "/dev/null", -EPROTO, "tcpdump -w");
}

static void without_rights(void)
{
    kernel_takes_rights();
    kernel_expect_refused(pcap_dev_open, NAME, -EPERM, "cap_net_raw");
}

static void rights_are_asked_for(void **state)
{
    (void)state;
    kernel_in_child(without_rights);
}

/* What is for others stays out once it was said what is ours; a group's comes. */
static void what_is_ours_is_told_from_the_rest(void **state)
{
    const struct rn_steer rule = {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 7}, .take = true};
    uint8_t frame[60] = {2, 0, 0, 0, 9, 1, 2, 0, 0, 0, 9, 2, 8, 0, 0x45};
    struct rn_frame f;
    struct suite_link l;

    suite_open(&l, state);
    assert_memory_equal(l.dev->mac, card_mac, 6);
    assert_int_equal(l.dev->ops->steer(l.dev, &rule, 1), 0);
    memcpy(frame + 30, (const uint8_t[]){10, 9, 0, 8}, 4);
    l.send(&l, frame, sizeof frame);
    assert_int_equal(suite_burst(&l, &f, 1), 0);
    frame[33] = 7;
    l.send(&l, frame, sizeof frame);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    assert_memory_equal(f.data, frame, sizeof frame);
    l.dev->ops->release(l.dev, 1);
    just_close(&l);
}

static void look_later(struct suite_link *l)
{
    struct rn_frame f;

    l->now += 200000000;
    assert_int_equal(l->dev->ops->burst(l->dev, &f, 1, l->now), 0);
    l->dev->ops->sync(l->dev, l->now);
}

static void goes_down_and_away_and_comes_back(void **state)
{
    struct suite_link l;

    suite_open(&l, state);
    kernel_switches(NAME, false);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_DOWN);
    kernel_switches(NAME, true);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    drop_pair(NULL);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_GONE);
    make_pair(NULL);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    kernel_hears_anew(&l);
    suite_close(&l);
}

/* ---- a recording --------------------------------------------------------------------------------------- */

static void put32(FILE *f, uint32_t value)
{
    assert_int_equal(fwrite(&value, sizeof value, 1, f), 1);
}

/* Three frames: at 10.0 s, 10.5 s, and 10.2 s, the last cut off. */
static void record(uint32_t link_type)
{
    static const uint32_t at[][2] = {{10, 0}, {10, 500000}, {10, 200000}};
    FILE *f = fopen(FILE_NAME, "w");
    uint8_t frame[SUITE_FRAME];

    assert_non_null(f);
    put32(f, 0xa1b2c3d4);
    put32(f, 4 << 16 | 2);
    put32(f, 0);
    put32(f, 0);
    put32(f, 65535);
    put32(f, link_type);
    for (uint32_t i = 0; i < 3; i++) {
        suite_make(frame, 100 + i, i);
        put32(f, at[i][0]);
        put32(f, at[i][1]);
        put32(f, i == 2 ? 50 : 100 + i);
        put32(f, 100 + i);
        assert_int_equal(fwrite(frame, i == 2 ? 50 : 100 + i, 1, f), 1);
    }
    fclose(f);
}

static void recording_is_played_in_its_own_time(void **state)
{
    struct suite_link l = {.now = 5000000000};
    struct rn_frame f;
    char err[RN_ERRBUF] = "";

    (void)state;
    record(1);
    assert_int_equal(pcap_dev_open(&l.dev, FILE_NAME, err), 0);
    assert_int_equal(l.dev->medium, RN_ETHERNET);
    assert_int_equal(l.dev->fd, -1);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    suite_expect(f.data, f.len, 100, 0);
    l.dev->ops->release(l.dev, 1);
    assert_int_equal(suite_burst(&l, &f, 1), 0);
    assert_int_equal(l.dev->ops->sync(l.dev, l.now), l.now + 500000000);
    l.now += 499999999;
    assert_int_equal(suite_burst(&l, &f, 1), 0);
    l.now += 1;
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    suite_expect(f.data, f.len, 101, 1);
    l.dev->ops->release(l.dev, 1);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    assert_int_equal(suite_burst(&l, &f, 1), 0);
    assert_int_equal(l.dev->rx_drops, 1);
    assert_int_equal(l.dev->link, RN_LINK_DOWN); /* its end */
    assert_true(l.dev->ops->sync(l.dev, l.now) == RN_FOREVER);
    suite_transmit(&l, 3, 60, 0);
    l.dev->ops->sync(l.dev, l.now);
    assert_int_equal(l.dev->tx_frames, 3);
    l.dev->ops->close(l.dev);
    remove(FILE_NAME);
}

static void recording_of_packets_or_of_something_else(void **state)
{
    struct rn_dev *d;

    (void)state;
    record(101);
    assert_int_equal(pcap_dev_open(&d, FILE_NAME, NULL), 0);
    assert_int_equal(d->medium, RN_IP);
    d->ops->close(d);
    record(113); /* of all interfaces, by Linux */
    kernel_expect_refused(pcap_dev_open, FILE_NAME, -EPROTO, "link type 113");
    remove(FILE_NAME);
}

#define CASE(function)                                                                                       \
    {                                                                                                        \
#function, function, make_pair, drop_pair, &pcap                                                     \
    }

int main(void)
{
    struct CMUnitTest suite[] = {SUITE(&pcap)};
    const struct CMUnitTest tests[] = {
        CASE(what_will_not_do_is_refused),
        CASE(rights_are_asked_for),
        CASE(what_is_ours_is_told_from_the_rest),
        CASE(goes_down_and_away_and_comes_back),
        CASE(recording_is_played_in_its_own_time),
        CASE(recording_of_packets_or_of_something_else),
    };
    struct rn_dev *d;
    char err[RN_ERRBUF];
    int failed;

    if (!kernel_namespace("pcap_test"))
        return 77;
    if (pcap_dev_open(&d, "./nosuch.pcap", err) == -ENOSYS) {
        printf("pcap_test: skipped: %s\n", err);
        return 77;
    }
    for (size_t i = 0; i < sizeof suite / sizeof *suite; i++)
        suite[i].setup_func = make_pair, suite[i].teardown_func = drop_pair;
    failed = cmocka_run_group_tests_name("suite", suite, NULL, NULL);
    return cmocka_run_group_tests_name("pcap", tests, NULL, NULL) + failed;
}
