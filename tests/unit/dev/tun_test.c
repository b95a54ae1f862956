/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/tap's other kind, tun: the device contract over packets without a link header, with the kernel as the
 * peer; and what is said of interfaces by the surveys of both. In a network namespace of its own.
 *
 * Needs root and /dev/net/tun; without them it says so and is skipped (77).
 */
#include "kernel.h"
#include "suite.h"

#include "dev/tap.h"

#include <linux/if_tun.h>

#define NAME "rntun0"
enum { TYPE_IP6 = 0x86dd };

static void open_here(struct suite_link *l)
{
    char err[RN_ERRBUF] = "";

    assert_int_equal(tap_open_tun(&l->dev, NAME, err), 0);
    assert_int_equal(l->dev->medium, RN_IP);
    kernel_is_peer(l, NAME, TYPE_IP6);
    l->longest = 1500;
}

static struct suite_device tun = {"tun", open_here};

/* The kernel passes on what is a packet, and nothing else. */
static void what_is_no_packet_is_dropped(void **state)
{
    struct suite_link l;
    struct rn_frame slot;

    suite_open(&l, state);
    assert_int_equal(l.dev->ops->reserve(l.dev, &slot, 1, l.now), 1);
    memset(slot.data, 0x20, 60);
    slot.len = 60;
    l.dev->ops->commit(l.dev, &slot, 1);
    l.dev->ops->sync(l.dev, l.now);
    assert_int_equal(l.dev->tx_drops, 1);
    suite_close(&l);
}

static void bad_names_are_refused_as_tun(void **state)
{
    char err[RN_ERRBUF] = "";
    struct rn_dev *d = NULL;

    (void)state;
    assert_int_equal(tap_open_tun(&d, "", err), -EINVAL);
    assert_string_equal(err, "tun: no name: write tun:NAME, for instance tun:tun0");
    assert_int_equal(tap_open_tun(&d, "lo", err), -ENODEV);
    assert_string_equal(err,
                        "tun:lo: there is an interface of that name that is not a tun, or one of several "
                        "queues: take another name");
    assert_null(d);
}

/* ---- surveys ------------------------------------------------------------------------------------------- */

/* What both surveys say of a name. */
static void expect_ways(const char *name, enum rn_fit as_tap, enum rn_fit as_tun, const char *tap_remedy)
{
    struct rn_way ways[2] = {{0}};
    struct interface i;

    assert_int_equal(interface_look(name, &i), 0);
    tap_survey(&i, &ways[0]);
    tap_survey_tun(&i, &ways[1]);
    print_message("# %s: tap %d '%s', tun %d '%s'\n", name, (int)ways[0].fit, ways[0].remedy,
                  (int)ways[1].fit, ways[1].remedy);
    assert_int_equal(ways[0].fit, as_tap);
    assert_int_equal(ways[1].fit, as_tun);
    assert_non_null(strstr(ways[0].remedy, tap_remedy));
}

/* Makes an interface that stays, of one queue or several, as `ip tuntap add` does; its descriptor. */
static int make(const char *name, int flags)
{
    int fd = open("/dev/net/tun", O_RDWR);
    struct ifreq r = {0};

    assert_true(fd >= 0);
    r.ifr_flags = (short)(flags | IFF_NO_PI);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    assert_int_equal(ioctl(fd, TUNSETIFF, &r), 0);
    return fd;
}

/* Each verdict is that of opening it; and asking has made nothing. */
static void surveys_say_what_opening_would(void **state)
{
    struct rn_dev *d;
    int fd;

    (void)state;
    expect_ways("rnsurvey", RN_WORKS, RN_WORKS, "");
    assert_int_equal(if_nametoindex("rnsurvey"), 0);
    expect_ways("lo", RN_UNFIT, RN_UNFIT, "it is no tap");

    fd = make("rnsurvey", IFF_TAP);
    assert_int_equal(ioctl(fd, TUNSETPERSIST, 1), 0);
    expect_ways("rnsurvey", RN_BLOCKED, RN_UNFIT, "in use by another process");
    assert_int_equal(tap_open(&d, "rnsurvey", NULL), -EBUSY);
    close(fd);
    expect_ways("rnsurvey", RN_WORKS, RN_UNFIT, "");
    assert_int_equal(tap_open(&d, "rnsurvey", NULL), 0);
    assert_int_equal(ioctl(d->fd, TUNSETPERSIST, 0), 0);
    d->ops->close(d);

    fd = make("rnmany", IFF_TUN | IFF_MULTI_QUEUE);
    assert_int_equal(ioctl(fd, TUNSETPERSIST, 1), 0);
    close(fd);
    expect_ways("rnmany", RN_UNFIT, RN_BLOCKED, "it is no tap");
    assert_int_equal(tap_open_tun(&d, "rnmany", NULL), -ENODEV);
}

/* Facts that can be known beforehand: a fresh TAP's. */
static void an_interface_is_described(void **state)
{
    struct interface i;
    struct ifreq r = {0};
    int fd = make("rnfacts", IFF_TAP);

    (void)state;
    r.ifr_mtu = 1280;
    assert_int_equal(kernel_asked("rnfacts", SIOCSIFMTU, &r), 0);
    assert_int_equal(interface_look("rnfacts", &i), 0);
    assert_string_equal(i.facts.name, "rnfacts");
    assert_string_equal(i.facts.driver, "tun");
    assert_int_equal(i.facts.index, if_nametoindex("rnfacts"));
    assert_int_equal(i.facts.mtu, 1280);
    assert_int_equal(i.facts.rx_queues, 1);
    assert_int_equal(i.facts.tx_queues, 1);
    assert_false(i.facts.up || i.facts.loopback);
    assert_true(i.tap && i.taken && !i.tun && !i.multi_queue && !i.owned);
    assert_int_equal(kernel_asked("rnfacts", SIOCGIFHWADDR, &r), 0);
    assert_memory_equal(i.facts.mac, r.ifr_hwaddr.sa_data, 6);
    close(fd);

    assert_int_equal(interface_look("lo", &i), 0);
    assert_true(i.facts.loopback && !i.tap && !i.tun);
    assert_int_equal(i.facts.mtu, 65536);
    assert_int_equal(interface_look("rnfacts", &i), 0);
    assert_int_equal(i.facts.index, 0);
    assert_int_equal(i.facts.mtu, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUITE(&tun),
        cmocka_unit_test_prestate(what_is_no_packet_is_dropped, &tun),
        cmocka_unit_test(bad_names_are_refused_as_tun),
        cmocka_unit_test(surveys_say_what_opening_would),
        cmocka_unit_test(an_interface_is_described),
    };

    if (!kernel_namespace("tun_test"))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
