/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/netmap over a module that is not there: netmap_fake.h stands in for it. The device contract; how a port is
 * registered with each of three versions of the module; frames in several pieces; the kernel's network beside ours; and
 * rings that lie. Where an interface is needed it is one of a network namespace of the test's own; without root that
 * part is skipped.
 */
#include "kernel.h"
#include "packets.h"
#include "netmap_fake.h"
#include "suite.h"

#include "dev/netmap.h"

#include <stdlib.h>
#include <sys/mman.h>

#define NAME "rnm0"

static const struct fake_port one_ring = {
    .name = NAME, .tx_rings = 1, .rx_rings = 1, .host_tx_rings = 1, .host_rx_rings = 1, .slots = 128, .mtu = 1500, .up = true};

static const uint8_t card_mac[6] = {2, 0, 0, 0, 9, 1};

static struct rn_dev *opened(const char *name)
{
    struct rn_dev *d = NULL;
    char err[RN_ERRBUF] = "";

    if (netmap_open_with(&d, name, fake_calls(), err) < 0)
        fail_msg("%s", err);
    return d;
}

static int take_up(void **state)
{
    (void)state;
    fake_reset(&one_ring);
    return 0;
}

/* ---- the contract -------------------------------------------------------------------------------------- */

static void wire_sends(struct suite_link *l, const uint8_t *frame, uint32_t len)
{
    (void)l;
    fake_wire_sends(0, frame, len, 0);
}

static uint32_t wire_receives(struct suite_link *l, uint8_t *frame)
{
    (void)l;
    return fake_wire_receives(0, frame, SUITE_FRAME);
}

static void nothing_to_close(struct suite_link *l)
{
    (void)l;
    assert_int_equal(fake.opens, fake.closes);
    assert_int_equal(fake.maps, fake.unmaps);
}

static void connect_link(struct suite_link *l, const char *name)
{
    fake_reset(&one_ring);
    l->dev = opened(name);
    l->shortest = 14;
    l->longest = 1514;
    l->send = wire_sends;
    l->receive = wire_receives;
    l->close_peer = nothing_to_close;
}

static void open_here(struct suite_link *l)
{
    connect_link(l, NAME);
}

static struct suite_device netmap = {"netmap", open_here};

/* The same with the kernel's rings beside. */
static void open_both(struct suite_link *l)
{
    const struct rn_steer all = {.take = true};

    connect_link(l, NAME "*");
    l->dev->promiscuous = 1;
    assert_int_equal(l->dev->ops->steer(l->dev, &all, 1), 0);
}

static struct suite_device both = {"netmap*", open_both};

/* ---- registering --------------------------------------------------------------------------------------- */

static void each_version_of_the_module_is_spoken_to(void **state)
{
    struct rn_dev *d;

    (void)state;
    for (int i = 0; i < 4; i++) {
        fake_reset(&one_ring);
        fake.api = i == 1 ? 14 : i == 2 ? 15 : 0;
        fake.no_ctrl = i == 3;
        d = opened(NAME);
        assert_int_equal(d->mtu, 1500);
        assert_int_equal(d->medium, RN_ETHERNET);
        assert_int_equal(d->rx_slots, 127);
        assert_int_equal(d->tx_slots, 127);
        d->ops->close(d);
        assert_int_equal(fake.opens, fake.closes);
        assert_int_equal(fake.maps, fake.unmaps);
    }
}

static int open_fake(struct rn_dev **out, const char *name, char *err)
{
    return netmap_open_with(out, name, fake_calls(), err);
}

static void what_cannot_be_is_told_with_a_remedy(void **state)
{
    struct rn_dev *d;

    (void)state;
    kernel_expect_refused(open_fake, "", -EINVAL, "missing");
    kernel_expect_refused(open_fake, "nosuch0", -ENXIO, "no such port");
    kernel_expect_refused(open_fake, "lo", -EINVAL, "loopback");
    kernel_expect_refused(open_fake, NAME "-5", -EINVAL, "a ring that there is not");
    d = opened(NAME "/x");
    kernel_expect_refused(open_fake, NAME "/x", -EBUSY, "another program");
    d->ops->close(d);
    fake.no_device = true;
    kernel_expect_refused(open_fake, NAME, -ENOENT, "insmod netmap.ko");
    fake.no_device = false;
    fake.no_rights = true;
    kernel_expect_refused(open_fake, NAME, -EACCES, "run as root");
    fake.no_rights = false;
    fake.map_fails = true;
    kernel_expect_refused(open_fake, NAME, -ENOMEM, "cannot be mapped");
    fake.map_fails = false;
    fake.register_errno = ENOMEM;
    kernel_expect_refused(open_fake, NAME, -ENOMEM, "buf_num");
    assert_int_equal(fake.opens, fake.closes);
    assert_int_equal(fake.maps, fake.unmaps);
}

/* What is mapped is looked at before it is used: a count of rings that cannot be, or where one of them lies. */
static size_t wrong_count; /* where it stands; 0: ... */
static int wrong_ring;     /* ... the offset of that one */
static int64_t wrong_value;

static void *map_wrong(int fd, size_t bytes)
{
    uint8_t *at = fake_calls()->map(fd, bytes);
    uint32_t count = (uint32_t)wrong_value;
    ssize_t offset = (ssize_t)wrong_value;

    if (at == MAP_FAILED)
        return at;
    if (wrong_count)
        memcpy(at + 4096 + wrong_count, &count, sizeof count);
    else
        memcpy(at + 4096 + offsetof(struct netmap_if, ring_ofs) + (size_t)wrong_ring * sizeof offset, &offset,
               sizeof offset);
    return at;
}

static void memory_that_is_none_is_refused(void **state)
{
    static const struct {
        size_t count;
        int ring;
        int64_t value;
    } wrong[] = {{offsetof(struct netmap_if, ni_tx_rings), 0, 0xffffffff},
                 {offsetof(struct netmap_if, ni_rx_rings), 0, 0x10000000},
                 {offsetof(struct netmap_if, ni_host_tx_rings), 0, 0xfffffff0},
                 {0, 0, 1 << 30},
                 {0, 0, 3},
                 {0, 2, -8},
                 {0, 3, -(1 << 30)}};
    struct netmap_calls calls = *fake_calls();
    struct rn_dev *d = NULL;

    (void)state;
    calls.map = map_wrong;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char err[RN_ERRBUF] = "";

        fake_reset(&one_ring);
        wrong_count = wrong[i].count;
        wrong_ring = wrong[i].ring;
        wrong_value = wrong[i].value;
        assert_int_equal(netmap_open_with(&d, NAME "*", &calls, err), -EPROTO);
        assert_non_null(strstr(err, "versions 14 and 15"));
        assert_int_equal(fake.opens, fake.closes);
    }
}

static void one_ring_of_two_is_ours(void **state)
{
    struct fake_port port = one_ring;
    struct suite_link l = {0};
    struct rn_frame f;
    uint8_t frame[SUITE_FRAME];

    (void)state;
    port.tx_rings = port.rx_rings = 2;
    fake_reset(&port);
    l.dev = opened(NAME "-1");
    assert_int_equal(l.dev->rx_slots, 127);
    suite_make(frame, 100, 5);
    fake_wire_sends(0, frame, 100, 0);
    assert_int_equal(suite_burst(&l, &f, 1), 0);
    fake_wire_sends(1, frame, 100, 0);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    suite_expect(f.data, f.len, 100, 5);
    l.dev->ops->release(l.dev, 1);
    suite_transmit(&l, 1, 60, 9);
    suite_sync(&l);
    assert_int_equal(fake_wire_receives(0, frame, sizeof frame), 0);
    suite_expect(frame, fake_wire_receives(1, frame, sizeof frame), 60, 9);
    l.dev->ops->close(l.dev);

    l.dev = opened(NAME); /* both; what came to the other one meanwhile went with the first */
    assert_int_equal(l.dev->rx_slots, 254);
    for (uint32_t i = 0; i < 10; i++) {
        suite_make(frame, 100, i);
        fake_wire_sends(i % 2, frame, 100, 0);
    }
    for (uint32_t got = 0; got < 10; got++) {
        assert_int_equal(suite_burst(&l, &f, 1), 1);
        l.dev->ops->release(l.dev, 1);
    }
    assert_int_equal(suite_burst(&l, &f, 1), 0);
    l.dev->ops->close(l.dev);
}

/* ---- frames in several pieces -------------------------------------------------------------------------- */

static void pieces_are_joined(void **state)
{
    static uint8_t frame[20000];
    struct suite_link l = {0};
    struct rn_frame f[2];

    (void)state;
    l.dev = opened(NAME);
    for (int round = 0; round < 100; round++) { /* more than a ring of them */
        uint32_t len = 2049 + (uint32_t)round * 97;

        for (uint32_t i = 0; i < len; i++)
            frame[i] = (uint8_t)(i * 7 + (uint32_t)round);
        assert_true(fake_wire_sends(0, frame, len, 1000));
        assert_true(fake_wire_sends(0, frame, 60, 0));
        assert_int_equal(suite_burst(&l, f, 2), 2);
        assert_int_equal(f[0].len, len);
        assert_memory_equal(f[0].data, frame, len);
        assert_int_equal(f[1].len, 60);
        assert_memory_equal(f[1].data, frame, 60);
        l.dev->ops->release(l.dev, 2);
        assert_true(fake_books_balance());
    }
    assert_true(fake_wire_sends(0, frame, 16385, 2000)); /* longer than what we put together */
    assert_int_equal(suite_burst(&l, f, 2), 0);
    assert_int_equal(l.dev->rx_drops, 1);
    assert_true(fake_wire_sends(0, frame, 60, 0));
    assert_int_equal(suite_burst(&l, f, 2), 1);
    l.dev->ops->release(l.dev, 1);
    l.dev->ops->close(l.dev);
}

/* ---- the kernel beside us ------------------------------------------------------------------------------ */

static void make_interface(void)
{
    kernel_makes_pair(NAME, "rnm1");
    kernel_does("ip link set " NAME " mtu 1400");
}

/* IPv4 to 10.9.0.last, from the wire or the kernel. */
static void packet_to(uint8_t frame[60], const uint8_t mac[6], uint8_t last)
{
    memset(frame, 0, 60);
    memcpy(frame, mac, 6);
    memcpy(frame + 6, (const uint8_t[]){2, 0, 0, 0, 9, 2, 8, 0, 0x45}, 9);
    memcpy(frame + 30, (const uint8_t[]){10, 9, 0, last}, 4);
}

static struct rn_dev *shared_with_kernel(void)
{
    const struct rn_steer rule = {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 7}, .take = true};
    struct rn_dev *d = opened(NAME "*");

    memcpy(d->mac, card_mac, 6);
    assert_int_equal(d->ops->steer(d, &rule, 1), 0);
    return d;
}

/* Without the kernel's rings there is nobody to share an address with. */
static void what_is_ours_alone_is_not_shared(void **state)
{
    const struct rn_steer port = {.port_first = 7, .port_last = 7, .protocol = 6, .take = true};
    struct rn_dev *d = opened(NAME);

    (void)state;
    assert_int_equal(d->ops->steer(d, &port, 1), 0);
    d->shared = 1;
    assert_int_equal(d->ops->steer(d, &port, 1), -EOPNOTSUPP);
    d->ops->close(d);
}

static void kernel_keeps_its_network(void **state)
{
    static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
    struct suite_link l = {0};
    struct rn_frame f[4];
    uint8_t frame[60], got[SUITE_FRAME];

    (void)state;
    make_interface();
    l.dev = opened(NAME "*"); /* nothing was said yet: both get all */
    packet_to(frame, everybody, 7);
    fake_wire_sends(0, frame, 60, 0);
    assert_int_equal(suite_burst(&l, f, 4), 1);
    l.dev->ops->release(l.dev, 1);
    suite_sync(&l);
    assert_int_equal(fake_host_receives(0, got, sizeof got), 60);
    l.dev->ops->close(l.dev);

    fake_reset(&one_ring);
    l.dev = shared_with_kernel();
    for (uint32_t round = 0; round < 300; round++) { /* more than two rings of it */
        const uint8_t last = round % 3 == 0 ? 7 : 8;

        packet_to(frame, round % 3 == 2 ? everybody : l.dev->mac, last);
        frame[50] = (uint8_t)round;
        assert_true(fake_wire_sends(0, frame, 60, 0));
        assert_int_equal(suite_burst(&l, f, 4), round % 3 != 1);
        if (round % 3 != 1) {
            assert_memory_equal(f[0].data, frame, 60);
            l.dev->ops->release(l.dev, 1);
        }
        suite_sync(&l);
        assert_int_equal(fake_host_receives(0, got, sizeof got), round % 3 ? 60 : 0);
        if (round % 3)
            assert_memory_equal(got, frame, 60);
        frame[51] = 9;
        assert_true(fake_host_sends(0, frame, 60));
        assert_int_equal(suite_burst(&l, f, 4), 0);
        suite_sync(&l);
        assert_int_equal(fake_wire_receives(0, got, sizeof got), 60);
        assert_memory_equal(got, frame, 60);
        assert_true(fake_books_balance());
    }
    l.dev->ops->close(l.dev);
    kernel_does("ip link delete " NAME);
}

/* Frames of ours that are lent do not keep the kernel's from being handed over, nor its ring from filling up again. */
static void kernels_frames_pass_those_that_are_lent(void **state)
{
    struct suite_link l = {0};
    static struct rn_frame f[256];
    uint8_t frame[60], got[SUITE_FRAME];

    (void)state;
    make_interface();
    l.dev = shared_with_kernel();
    packet_to(frame, l.dev->mac, 7);
    fake_wire_sends(0, frame, 60, 0);
    assert_int_equal(suite_burst(&l, f, 256), 1);
    packet_to(frame, l.dev->mac, 8);
    for (int i = 0; i < 126; i++)
        assert_true(fake_wire_sends(0, frame, 60, 0));
    assert_int_equal(suite_burst(&l, f + 1, 255), 0);
    suite_sync(&l);
    for (int i = 0; i < 126; i++)
        assert_int_equal(fake_host_receives(0, got, sizeof got), 60);
    l.dev->ops->release(l.dev, 1);
    packet_to(frame, l.dev->mac, 7);
    for (int i = 0; i < 100; i++)
        assert_true(fake_wire_sends(0, frame, 60, 0));
    assert_int_equal(suite_burst(&l, f, 256), 100);
    l.dev->ops->release(l.dev, 100);
    assert_true(fake_books_balance());
    l.dev->ops->close(l.dev);
    kernel_does("ip link delete " NAME);
}

/* ---- rings that lie ------------------------------------------------------------------------------------ */

/* A frame goes each way. */
static void still_works(struct suite_link *l, uint32_t number)
{
    struct rn_frame f;
    uint8_t frame[SUITE_FRAME];
    int n;

    suite_make(frame, 100, number);
    fake_wire_sends(0, frame, 100, 0);
    n = suite_burst(l, &f, 1);
    if (n == 0)
        n = suite_burst(l, &f, 1);
    assert_int_equal(n, 1);
    suite_expect(f.data, f.len, 100, number);
    l->dev->ops->release(l->dev, 1);
    suite_transmit(l, 1, 60, number);
    suite_sync(l);
    suite_expect(frame, fake_wire_receives(0, frame, sizeof frame), 60, number);
}

static void head_that_somebody_moved_costs_a_resync(void **state)
{
    struct suite_link l = {0};
    struct rn_frame f;

    (void)state;
    l.dev = opened(NAME);
    still_works(&l, 1);
    fake_ring(false, false, 0)->head = 99999;
    assert_int_equal(suite_burst(&l, &f, 1), 1); /* the module has not heard that we had it */
    suite_expect(f.data, f.len, 100, 1);
    l.dev->ops->release(l.dev, 1);
    assert_int_equal(l.dev->resyncs, 1);
    still_works(&l, 2);
    l.dev->ops->close(l.dev);
}

/* The module has fewer free slots than its ring says: what was sent is lost, and told. */
static void transmit_ring_that_was_set_back_costs_what_was_in_it(void **state)
{
    struct suite_link l = {0};
    uint8_t frame[SUITE_FRAME];

    (void)state;
    l.dev = opened(NAME);
    still_works(&l, 1);
    fake.lenient = true;
    fake_side(false, true, 0)->tail = fake_side(false, true, 0)->hwcur;
    suite_transmit(&l, 2, 60, 3);
    suite_sync(&l);
    assert_int_equal(l.dev->resyncs, 1);
    assert_int_equal(l.dev->tx_drops, 2);
    assert_int_equal(fake_wire_receives(0, frame, sizeof frame), 0);
    suite_sync(&l);
    still_works(&l, 5);
    l.dev->ops->close(l.dev);
}

static void tail_out_of_the_ring_is_not_followed(void **state)
{
    static const uint32_t tails[] = {128, 129, 99999, UINT32_MAX};
    struct suite_link l = {0};
    struct rn_frame f;
    uint64_t before;

    (void)state;
    fake.lenient = true; /* or it would be us who wrote it */
    l.dev = opened(NAME);
    for (uint32_t i = 0; i < 4; i++) {
        before = l.dev->resyncs;
        fake_ring(false, false, 0)->tail = tails[i];
        suite_burst(&l, &f, 1);
        assert_true(l.dev->resyncs > before);
        before = l.dev->resyncs;
        fake_ring(false, true, 0)->tail = tails[i];
        assert_int_equal(l.dev->ops->reserve(l.dev, &f, 1, l.now), 0);
        l.dev->ops->commit(l.dev, NULL, 0);
        assert_true(l.dev->resyncs > before);
        suite_sync(&l);
        still_works(&l, i);
    }
    l.dev->ops->close(l.dev);
}

static void slot_that_lies_is_passed_over(void **state)
{
    struct suite_link l = {0};
    struct rn_frame f;
    uint8_t frame[SUITE_FRAME];

    (void)state;
    fake.lenient = true; /* or it would be us who wrote it */
    l.dev = opened(NAME);
    for (uint32_t i = 0; i < 3; i++) {
        struct netmap_ring *r = fake_ring(false, false, 0);
        struct netmap_slot *s, was;
        uint64_t before = l.dev->resyncs;
        uint32_t at = r->head;

        suite_make(frame, 100, i);
        fake_wire_sends(0, frame, 100, 0);
        fake_calls()->ioctl(fake.descriptors[0].fd, NIOCRXSYNC, NULL); /* it is in its slot */
        s = &r->slot[at];
        was = *s;
        if (i == 0)
            s->buf_idx = 0x7fffffff;
        else if (i == 1)
            s->len = 5000;
        else
            s->len = 0;
        assert_int_equal(suite_burst(&l, &f, 1), 0);
        assert_int_equal(l.dev->resyncs, before + 1);
        s->buf_idx = was.buf_idx;
        still_works(&l, 100 + i);
    }
    assert_int_equal(l.dev->rx_drops, 3);
    l.dev->ops->close(l.dev);
}

/* A frame without an end is as long as the ring: none of it is followed. */
static void frame_without_end_is_given_back(void **state)
{
    struct suite_link l = {0};
    struct netmap_ring *r = fake_ring(false, false, 0);
    struct rn_frame f;
    uint8_t frame[60] = {2};

    (void)state;
    l.dev = opened(NAME);
    for (int i = 0; i < 127; i++)
        assert_true(fake_wire_sends(0, frame, 60, 0));
    fake_calls()->ioctl(fake.descriptors[0].fd, NIOCRXSYNC, NULL);
    for (int i = 0; i < 127; i++)
        r->slot[i].flags |= NS_MOREFRAG;
    assert_int_equal(suite_burst(&l, &f, 1), 0);
    assert_int_equal(l.dev->rx_drops, 1);
    still_works(&l, 2);
    l.dev->ops->close(l.dev);
}

/* The card was left without slots, so that it has nothing more to tell of: who goes to sleep gives them back. */
static void nobody_sleeps_on_a_full_ring(void **state)
{
    struct rn_frame f[128];
    struct suite_link l = {0};
    uint8_t frame[60] = {2};

    (void)state;
    l.dev = opened(NAME);
    for (int i = 0; i < 128; i++)
        assert_true(fake_wire_sends(0, frame, 60, 0));
    assert_int_equal(suite_burst(&l, f, 128), 127);
    assert_int_equal(suite_burst(&l, f, 1), 0);
    l.dev->ops->release(l.dev, 127);
    assert_int_equal(l.dev->ops->arm(l.dev, true, false), -EAGAIN);
    assert_int_equal(suite_burst(&l, f, 1), 1);
    l.dev->ops->release(l.dev, 1);
    l.dev->ops->close(l.dev);
}

/* ---- a port that goes and comes ------------------------------------------------------------------------ */

static void look_later(struct suite_link *l)
{
    struct rn_frame f;

    l->now += 200000000;
    assert_int_equal(l->dev->ops->burst(l->dev, &f, 1, l->now), 0);
    l->dev->ops->sync(l->dev, l->now);
}

static void port_that_has_gone_is_joined_again(void **state)
{
    struct suite_link l = {0};

    (void)state;
    l.dev = opened(NAME);
    still_works(&l, 1);
    fake_goes(true);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_GONE);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_GONE);
    fake_goes(false);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    still_works(&l, 2);
    l.dev->ops->close(l.dev);
    assert_int_equal(fake.opens, fake.closes);
}

/* Asked before it sleeps, it tells of what netlink has told. */
static void expect_link(struct suite_link *l, enum rn_link link)
{
    assert_int_equal(l->dev->ops->arm(l->dev, true, false), -EAGAIN);
    assert_int_equal(l->dev->link, link);
}

static void interface_that_goes_down_is_told(void **state)
{
    struct suite_link l = {0};

    (void)state;
    make_interface();
    l.dev = opened(NAME);
    assert_int_equal(l.dev->mtu, 1400);
    assert_memory_equal(l.dev->mac, card_mac, 6);
    assert_int_equal(l.dev->ops->arm(l.dev, true, false), 0);
    kernel_does("ip link set " NAME " down");
    expect_link(&l, RN_LINK_DOWN);
    kernel_does("ip link set " NAME " up");
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    kernel_does("ip link delete " NAME);
    fake_goes(true);
    expect_link(&l, RN_LINK_GONE);
    make_interface();
    fake_goes(false);
    look_later(&l);
    assert_int_equal(l.dev->link, RN_LINK_UP);
    still_works(&l, 2);
    l.dev->ops->close(l.dev);
    kernel_does("ip link delete " NAME);
}

/* A checksum that a sender left to his card is known on a link of software, and completed for the kernel. */
static void half_done_checksums_are_known_on_software_links(void **state)
{
    struct suite_link l = {0};
    struct interface i;
    struct rn_frame f;
    uint8_t frame[SUITE_FRAME], got[SUITE_FRAME], right[2];
    uint32_t len = packet_make(frame, false, PACKET_UDP, 100, 3);
    uint16_t half = packet_pseudo(frame + 14, false, 17, len - 34);

    (void)state;
    make_interface();
    if (interface_look(NAME, &i) < 0 || !*i.facts.driver) { /* as under qemu-user */
        kernel_does("ip link delete " NAME);
        skip();
    }
    memcpy(right, frame + 40, 2);
    packet_put16(frame + 40, half);
    l.dev = opened(NAME "*");
    fake_wire_sends(0, frame, len, 0);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    l.dev->ops->release(l.dev, 1);
    suite_sync(&l);
    assert_int_equal(fake_host_receives(0, got, sizeof got), len);
    assert_memory_equal(got + 40, right, 2);
    l.dev->ops->close(l.dev);

    l.dev = opened(NAME);
    fake_wire_sends(0, frame, len, 0);
    assert_int_equal(suite_burst(&l, &f, 1), 1);
    assert_int_equal(f.flags & RN_CSUM_PARTIAL, RN_CSUM_PARTIAL);
    assert_int_equal(l.dev->rx_half_sums, 1);
    l.dev->ops->release(l.dev, 1);
    l.dev->ops->close(l.dev);
    kernel_does("ip link delete " NAME);
}

#define CASE(function) cmocka_unit_test_setup(function, take_up)

int main(void)
{
    const struct CMUnitTest suites[] = {SUITE(&netmap), SUITE(&both)};
    const struct CMUnitTest tests[] = {
        CASE(each_version_of_the_module_is_spoken_to),
        CASE(what_cannot_be_is_told_with_a_remedy),
        CASE(memory_that_is_none_is_refused),
        CASE(one_ring_of_two_is_ours),
        CASE(pieces_are_joined),
        CASE(head_that_somebody_moved_costs_a_resync),
        CASE(transmit_ring_that_was_set_back_costs_what_was_in_it),
        CASE(tail_out_of_the_ring_is_not_followed),
        CASE(slot_that_lies_is_passed_over),
        CASE(frame_without_end_is_given_back),
        CASE(nobody_sleeps_on_a_full_ring),
        CASE(port_that_has_gone_is_joined_again),
    };
    const struct CMUnitTest links[] = {
        CASE(what_is_ours_alone_is_not_shared),
        CASE(kernel_keeps_its_network),
        CASE(kernels_frames_pass_those_that_are_lent),
        CASE(interface_that_goes_down_is_told),
        CASE(half_done_checksums_are_known_on_software_links),
    };
    int failed = cmocka_run_group_tests_name("suite", suites, NULL, NULL);

    failed += cmocka_run_group_tests_name("netmap", tests, NULL, NULL);
    if (kernel_namespace("netmap_test"))
        failed += cmocka_run_group_tests_name("links", links, NULL, NULL);
    fake_forget();
    return failed;
}
