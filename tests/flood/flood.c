/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Many frames over every device, both ways: each arrives once, in order and byte by byte, and at every call the books of
 * the buffers balance (tests/unit/dev/ledger.h). Lengths, batches, and how many frames are kept at once are drawn from a
 * seed.
 *
 *      build/fast/flood                      FRAMES in all, 10,000,000 unless the environment says another number
 *      FRAMES=1000000000 MEMORY=1 SEED=7     ... over those alone that need no kernel
 *
 * Needs root for tap, packet, xdp and pcap, which are skipped without.
 */
#include "../unit/dev/kernel.h"
#include "../unit/dev/netmap_fake.h"
#include "../unit/dev/suite.h"

#include "dev/fault.h"
#include "dev/netmap.h"
#include "dev/packet.h"
#include "dev/pair.h"
#include "dev/pcap.h"
#include "dev/tap.h"
#include "dev/xdp.h"

#include <inttypes.h>
#include <stdlib.h>

enum { BATCH = 64, LONGEST = 400 };

struct flood {
    struct suite_link link;
    uint64_t random, sent, received; /* frames */
    uint32_t numbers[2], next[2];    /* to us, from us: of the next frame to send, to arrive */
    uint32_t lent;
};

/* Of each device: its part of all frames. */
struct source {
    struct suite_device device;
    uint32_t percent;
    bool kernel; /* it needs one */
};

static uint64_t total = 10000000, seed = 1;
static bool memory_alone;

/* The next of Marsaglia's xorshift. */
static uint32_t draw(struct flood *f, uint32_t below)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return (uint32_t)((f->random >> 16) % below);
}

/* A frame's length hangs on its number, so that both sides know it. */
static uint32_t length_of(const struct flood *f, uint32_t number)
{
    uint32_t most = f->link.longest < LONGEST ? f->link.longest : LONGEST;

    return 60 + (number * 2654435761u >> 8) % (most - 60);
}

static void give_back(struct flood *f, uint32_t n)
{
    f->link.dev->ops->release(f->link.dev, (int)n);
    f->lent -= n;
}

/* The peer sends some, of which we take some, and give back some. */
static void to_us(struct flood *f)
{
    struct suite_link *l = &f->link;
    struct rn_frame frames[BATCH];
    uint8_t frame[SUITE_FRAME];
    uint32_t most = l->dev->rx_slots / 2, n = 1 + draw(f, BATCH < most ? BATCH : most);

    for (uint32_t i = 0; i < n; i++, f->numbers[0]++) {
        suite_make(frame, length_of(f, f->numbers[0]), f->numbers[0]);
        l->send(l, frame, length_of(f, f->numbers[0]));
    }
    while (f->next[0] != f->numbers[0]) {
        int got = suite_burst(l, frames, 1 + (int)draw(f, BATCH));

        assert_true(got > 0);
        for (int i = 0; i < got; i++, f->next[0]++)
            suite_expect(frames[i].data, frames[i].len, length_of(f, f->next[0]), f->next[0]);
        f->lent += (uint32_t)got;
        f->received += (uint32_t)got;
        if (f->lent > most / 2)
            give_back(f, f->lent - draw(f, most / 2));
    }
}

/* We send some, which the peer gets. */
static void from_us(struct flood *f)
{
    struct suite_link *l = &f->link;
    struct rn_frame slots[BATCH];
    uint8_t frame[SUITE_FRAME];
    uint32_t most = l->dev->tx_slots, n = 1 + draw(f, BATCH < most ? BATCH : most);
    int used, got;

    if (l->peer == l->dev) /* which would give back, as the peer, what we have */
        give_back(f, f->lent);
    got = l->dev->ops->reserve(l->dev, slots, (int)n, l->now);
    assert_true(got > 0);
    used = 1 + (int)draw(f, (uint32_t)got); /* the rest goes back */
    for (int i = 0; i < used; i++, f->numbers[1]++) {
        slots[i].len = length_of(f, f->numbers[1]);
        suite_make(slots[i].data, slots[i].len, f->numbers[1]);
    }
    l->dev->ops->commit(l->dev, slots, used);
    suite_sync(l);
    for (; f->next[1] != f->numbers[1]; f->next[1]++)
        suite_expect(frame, l->receive(l, frame), length_of(f, f->next[1]), f->next[1]);
    suite_sync(l);
    f->sent += (uint32_t)used;
}

static void over_a_device(void **state)
{
    const struct source *s = *state;
    static struct flood f;
    void *device = (void *)(uintptr_t)&s->device;
    uint64_t want = total / 100 * s->percent;

    memset(&f, 0, sizeof f);
    f.random = seed * 0x9e3779b97f4a7c15 + s->percent;
    suite_open(&f.link, &device);
    while (f.sent + f.received < want) {
        to_us(&f);
        from_us(&f);
    }
    give_back(&f, f.lent);
    assert_int_equal(f.link.dev->rx_drops + f.link.dev->tx_drops + f.link.dev->resyncs, 0);
    suite_close(&f.link);
    printf("# %s: %" PRIu64 " frames\n", s->device.name, f.sent + f.received);
}

/* ---- the devices --------------------------------------------------------------------------------------- */

static void open_pair_of(struct suite_link *l, const struct rn_pair_options *o)
{
    struct rn_dev *ends[2];

    assert_int_equal(pair_open(ends, o, NULL), 0);
    l->dev = ends[0];
    suite_pair_peer(l, ends[1]);
}

static void open_pair(struct suite_link *l)
{
    open_pair_of(l, NULL);
}

static void open_slow(struct suite_link *l)
{
    open_pair_of(l, &(struct rn_pair_options){.slots = 200, .mtu = 600, .completion_min = 5000, .completion_max = 7000});
    l->latency = 7000;
}

static void open_fault(struct suite_link *l)
{
    open_pair_of(l, NULL);
    assert_int_equal(fault_open(&l->dev, l->dev, NULL, NULL), 0);
}

static void stays_open(struct suite_link *l)
{
    (void)l; /* the peer is the device itself */
}

static void open_loop(struct suite_link *l)
{
    assert_int_equal(pair_open_loop(&l->dev, "", NULL), 0);
    suite_pair_peer(l, l->dev);
    l->longest = SUITE_FRAME;
    l->close_peer = stays_open;
}

static void wire_sends(struct suite_link *l, const uint8_t *frame, uint32_t len)
{
    (void)l;
    assert_true(fake_wire_sends(0, frame, len, 0));
}

static uint32_t wire_receives(struct suite_link *l, uint8_t *frame)
{
    (void)l;
    return fake_wire_receives(0, frame, SUITE_FRAME);
}

/* Over what stands in for its module, with the kernel's rings beside. */
static void open_netmap(struct suite_link *l)
{
    const struct fake_port port = {.name = "card0",
                                   .tx_rings = 1,
                                   .rx_rings = 1,
                                   .host_tx_rings = 1,
                                   .host_rx_rings = 1,
                                   .slots = 256,
                                   .mtu = 1500,
                                   .up = true};
    const struct rn_steer everything = {.take = true};
    char err[RN_ERRBUF] = "";

    fake_reset(&port);
    if (netmap_open_with(&l->dev, "card0*", fake_calls(), err) < 0)
        fail_msg("%s", err);
    l->dev->promiscuous = 1;
    assert_int_equal(l->dev->ops->steer(l->dev, &everything, 1), 0);
    l->shortest = 14;
    l->longest = 1514;
    l->send = wire_sends;
    l->receive = wire_receives;
    l->close_peer = stays_open;
}

#define NAME "flood0"
#define FAR  "flood1"

static void opened(struct suite_link *l, int rc, const char *err, const char *peer)
{
    if (rc < 0)
        fail_msg("%s", err);
    kernel_is_peer(l, peer, SUITE_TYPE);
    l->longest = 1514;
}

static void open_tap(struct suite_link *l)
{
    char err[RN_ERRBUF] = "";

    opened(l, tap_open(&l->dev, "floodtap", err), err, "floodtap");
}

static void open_packet(struct suite_link *l)
{
    char err[RN_ERRBUF] = "";

    opened(l, packet_open(&l->dev, NAME, err), err, FAR);
}

static void open_pcap(struct suite_link *l)
{
    char err[RN_ERRBUF] = "";

    opened(l, pcap_dev_open(&l->dev, NAME, err), err, FAR);
}

static void open_xdp(struct suite_link *l)
{
    const struct rn_steer everything = {.take = true};
    char err[RN_ERRBUF] = "";

    opened(l, xdp_open(&l->dev, NAME, -1, err), err, FAR);
    l->dev->promiscuous = 1;
    assert_int_equal(l->dev->ops->steer(l->dev, &everything, 1), 0);
}

static int make_link(void **state)
{
    if (((const struct source *)*state)->kernel)
        kernel_makes_pair(NAME, FAR);
    return 0;
}

static int drop_link(void **state)
{
    if (((const struct source *)*state)->kernel)
        kernel_does("ip link delete " NAME);
    return 0;
}

static struct source sources[] = {
    {{"pair", open_pair}, 35, false},      {{"pair, late", open_slow}, 10, false}, {{"fault", open_fault}, 10, false},
    {{"loop", open_loop}, 15, false},      {{"tap", open_tap}, 5, true},           {{"packet", open_packet}, 6, true},
    {{"xdp", open_xdp}, 6, true},          {{"pcap", open_pcap}, 3, true},        {{"netmap", open_netmap}, 10, false},
};
enum { SOURCES = sizeof sources / sizeof *sources };

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

int main(void)
{
    struct CMUnitTest tests[SOURCES];
    size_t n = 0;

    total = number_of("FRAMES", total);
    seed = number_of("SEED", seed);
    memory_alone = number_of("MEMORY", 0) != 0;
    if (!memory_alone && !kernel_namespace("flood"))
        memory_alone = true;
    printf("# FRAMES=%" PRIu64 " SEED=%" PRIu64 "%s\n", total, seed, memory_alone ? " MEMORY=1" : "");
    for (size_t i = 0; i < SOURCES; i++)
        if (!sources[i].kernel || !memory_alone)
            tests[n++] = (struct CMUnitTest){sources[i].device.name, over_a_device, make_link, drop_link, &sources[i]};
    return _cmocka_run_group_tests("flood", tests, n, NULL, NULL);
}
