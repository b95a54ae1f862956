/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/xqueue over rings that the test fills in the kernel's place, be it with what cannot be: each lie is counted, and
 * no buffer is lost or had twice for it, which xqueue_push asserts at each call.
 *
 *      fill -> given()   rx <- comes()      tx -> gone()   completion <- done()
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#if __has_include(<xdp/xsk.h>)

#include "dev/xqueue.h"
#include "dev/xqueue_calls.h"

#include <cmocka.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PAGE = 4096, RING = 4096, MORE = 1, REQUEST = 2 };

/* The memory behind one ring. */
struct shared {
    uint32_t producer, consumer, flags;
    union {
        uint64_t addr[RING];
        struct xdp_desc desc[RING];
    };
};

static struct shared fill, comp, rx, tx;
static uint32_t fill_size, comp_size, rx_size, tx_size;
static uint8_t *area;
static bool asked;
static int descriptor;

/* ---- in libxdp's place --------------------------------------------------------------------------------- */

static void make_prod(struct xsk_ring_prod *p, struct shared *s, uint32_t size, void *ring)
{
    memset(s, 0, sizeof *s);
    *p = (struct xsk_ring_prod){.cached_cons = size,
                                .mask = size - 1,
                                .size = size,
                                .producer = &s->producer,
                                .consumer = &s->consumer,
                                .ring = ring,
                                .flags = &s->flags};
}

static void make_cons(struct xsk_ring_cons *c, struct shared *s, uint32_t size, void *ring)
{
    memset(s, 0, sizeof *s);
    *c = (struct xsk_ring_cons){.mask = size - 1,
                                .size = size,
                                .producer = &s->producer,
                                .consumer = &s->consumer,
                                .ring = ring,
                                .flags = &s->flags};
}

static void make_area(void *at, struct xsk_ring_prod *f, struct xsk_ring_cons *c, uint32_t fills, uint32_t comps)
{
    area = at;
    fill_size = fills;
    comp_size = comps;
    assert_true(fills <= RING && comps <= RING);
    make_prod(f, &fill, fills, fill.addr);
    make_cons(c, &comp, comps, comp.addr);
}

static int umem_create(struct xsk_umem **u, void *at, __u64 bytes, struct xsk_ring_prod *f, struct xsk_ring_cons *c,
                       const struct xsk_umem_config *config)
{
    (void)bytes;
    make_area(at, f, c, config->fill_size, config->comp_size);
    *u = (struct xsk_umem *)&fill;
    return 0;
}

static struct xsk_umem *umem_create_opts(void *at, struct xsk_ring_prod *f, struct xsk_ring_cons *c,
                                         struct xqueue_area_options *o)
{
    make_area(at, f, c, o->fill_size, o->comp_size);
    asked = o->tx_metadata_len == 16;
    return (struct xsk_umem *)&fill;
}

static int umem_delete(struct xsk_umem *u)
{
    (void)u;
    return 0;
}

static int create(struct xsk_socket **s, const char *name, __u32 queue, struct xsk_umem *u, struct xsk_ring_cons *r,
                  struct xsk_ring_prod *t, const struct xsk_socket_config *config)
{
    (void)name, (void)queue, (void)u;
    rx_size = config->rx_size;
    tx_size = config->tx_size;
    assert_true(rx_size <= RING && tx_size <= RING);
    make_cons(r, &rx, rx_size, rx.desc);
    make_prod(t, &tx, tx_size, tx.desc);
    *s = (struct xsk_socket *)&rx;
    descriptor = eventfd(0, EFD_NONBLOCK);
    return 0;
}

static void delete(struct xsk_socket *s)
{
    (void)s;
    close(descriptor);
}

static int fd_of(const struct xsk_socket *s)
{
    (void)s;
    return descriptor;
}

static const struct xqueue_calls calls = {umem_create, NULL, umem_delete, create, delete, fd_of},
                                 newer = {umem_create, umem_create_opts, umem_delete, create, delete, fd_of};

/* ---- in the kernel's place ----------------------------------------------------------------------------- */

/* The next buffer to receive into. */
static uint64_t given(void)
{
    assert_true(fill.consumer != fill.producer);
    return fill.addr[fill.consumer++ & (fill_size - 1)];
}

static void comes(uint64_t addr, uint32_t len, uint32_t options)
{
    rx.desc[rx.producer++ & (rx_size - 1)] = (struct xdp_desc){addr, len, options};
}

/* The next descriptor to send. */
static struct xdp_desc gone(void)
{
    assert_true(tx.consumer != tx.producer);
    return tx.desc[tx.consumer++ & (tx_size - 1)];
}

static void done(uint64_t addr)
{
    comp.addr[comp.producer++ & (comp_size - 1)] = addr;
}

/* ---- a queue ------------------------------------------------------------------------------------------- */

static struct rn_dev dev;

static struct xqueue *opened(uint32_t span, const struct xqueue_calls *with)
{
    const struct xqueue_how how = {.span = span, .asks_for_sums = true, .calls = with};
    struct xqueue *q = NULL;

    memset(&dev, 0, sizeof dev);
    asked = false;
    assert_int_equal(xqueue_open(&q, "none", 0, &how, NULL), 0);
    return q;
}

static int taken(struct xqueue *q, struct rn_frame *f, int max)
{
    int n = xqueue_burst(q, &dev, f, max, 1);

    xqueue_push(q, &dev, true);
    return n;
}

/* Lends so many slots for frames of that length. */
static void reserve(struct xqueue *q, struct rn_frame *f, int n, uint32_t len)
{
    assert_int_equal(xqueue_reserve(q, f, n), n);
    for (int i = 0; i < n; i++)
        f[i].len = len;
}

/* They are committed, and shown to the kernel where the link is up. */
static void send_all(struct xqueue *q, const struct rn_frame *f, int n, bool up)
{
    xqueue_commit(q, &dev, f, n);
    xqueue_push(q, &dev, up);
}

/* All buffers are there: as many frames as can be lent come and go, as many as can be under way do. */
static void expect_whole(struct xqueue *q)
{
    uint32_t slots = xqueue_slots(q);
    static struct rn_frame f[XQUEUE_SLOTS];

    for (int turn = 0; turn < 4; turn++) {
        assert_int_equal(taken(q, f, 1), 0);
        for (uint32_t i = 0; i < slots; i++)
            comes(given() + 256, 60, 0);
        assert_int_equal(taken(q, f, XQUEUE_SLOTS), slots);
        for (uint32_t i = 0; i < slots; i++)
            xqueue_release(q, f[i].buffer);
        assert_int_equal(xqueue_reserve(q, f, XQUEUE_SLOTS), slots);
        for (uint32_t i = 0; i < slots; i++)
            f[i].len = 60;
        send_all(q, f, (int)slots, true);
        for (uint32_t i = 0; i < slots; i++)
            done(gone().addr);
        xqueue_push(q, &dev, true);
    }
    xqueue_close(q);
}

static void descriptors_that_cannot_be_are_passed_over(void **state)
{
    struct xqueue *q = opened(1, &calls);
    struct rn_frame f[8];
    uint64_t right, first;

    (void)state;
    assert_int_equal(taken(q, f, 8), 0);
    right = given();
    const struct {
        uint64_t addr;
        uint32_t len;
    } wrong[] = {{UINT64_C(1) << 63, 60},          {UINT64_MAX, 60},         {UINT64_C(1) << 44, 60},
                 {(uint64_t)2048 * PAGE, 60},      {right + 256, PAGE},      {right + 256, UINT32_MAX},
                 {right + PAGE - 1, 2},            {(uint64_t)2047 * PAGE, 60} /* which nobody filled */};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        comes(wrong[i].addr, wrong[i].len, 0);
        assert_int_equal(taken(q, f, 8), 0);
        assert_int_equal(xqueue_lies(q), i + 1);
    }
    comes(right + 256, 100, 0);
    comes(right + 256, 100, 0); /* twice */
    assert_int_equal(taken(q, f, 8), 1);
    assert_int_equal(xqueue_lies(q), 9);
    first = f[0].buffer;
    assert_ptr_equal(f[0].data, area + first * PAGE + 256);
    assert_int_equal(f[0].len, 100);
    xqueue_release(q, f[0].buffer);
    expect_whole(q);
}

static void completions_that_cannot_be_are_passed_over(void **state)
{
    struct xqueue *q = opened(1, &calls);
    struct rn_frame f[4];
    uint64_t sent[4];

    (void)state;
    reserve(q, f, 4, 60);
    send_all(q, f, 4, true);
    for (int i = 0; i < 4; i++)
        sent[i] = gone().addr;
    done(UINT64_MAX);
    done(UINT64_C(1) << 63);
    done(0 * PAGE + (uint64_t)2000 * PAGE); /* never sent */
    xqueue_push(q, &dev, true);
    assert_int_equal(xqueue_lies(q), 3);
    done(sent[1]);
    done(sent[1]);
    xqueue_push(q, &dev, true);
    assert_int_equal(xqueue_lies(q), 4);
    done(sent[0]);
    done(sent[2]);
    done(sent[3]);
    expect_whole(q);
}

/* A frame of 9,000 bytes in three pages, with a lie at one of them or none. */
static void chains_are_joined_or_dropped(void **state)
{
    static const uint32_t lens[] = {3840, 3840, 1320};
    struct xqueue *q = opened(3, &calls);
    struct rn_frame f[8];

    (void)state;
    assert_int_equal(taken(q, f, 8), 0);
    for (int wrong = -1; wrong < 3; wrong++) {
        uint64_t at[3], lies = xqueue_lies(q), drops = dev.rx_drops;

        for (int i = 0; i < 3; i++) {
            at[i] = given() + 256;
            for (uint32_t j = 0; j < lens[i]; j++)
                area[at[i] + j] = (uint8_t)(j * 7 + (uint32_t)i);
            comes(i == wrong ? UINT64_MAX / 2 : at[i], lens[i], i < 2 ? MORE : 0);
        }
        assert_int_equal(taken(q, f, 8), wrong < 0);
        assert_int_equal(xqueue_lies(q), lies + (wrong >= 0));
        assert_int_equal(dev.rx_drops, drops + (wrong >= 0));
        if (wrong >= 0) {
            comes(at[wrong], 60, 0); /* what the kernel still had it may use */
            assert_int_equal(taken(q, f, 8), 1);
            xqueue_release(q, f[0].buffer);
            continue;
        }
        assert_int_equal(f[0].len, 9000);
        for (uint32_t i = 0, n = 0; i < 3; i++)
            for (uint32_t j = 0; j < lens[i]; j++, n++)
                assert_int_equal(f[0].data[n], (uint8_t)(j * 7 + i));
        xqueue_release(q, f[0].buffer);
    }
    for (int i = 0; i < 4; i++) /* longer than a long buffer */
        comes(given() + 256, 3840, i < 3 ? MORE : 0);
    assert_int_equal(taken(q, f, 8), 0);
    assert_int_equal(dev.rx_drops, 4);
    for (int i = 0; i < 2; i++) /* without an end; one that is whole comes behind it */
        comes(given() + 256, 100, MORE);
    assert_int_equal(taken(q, f, 8), 0);
    assert_int_equal(dev.rx_drops, 5);
    comes(given() + 256, 100, MORE);
    assert_int_equal(taken(q, f, 8), 0);
    assert_int_equal(dev.rx_drops, 6);
    expect_whole(q);
}

/* A page is a descriptor; the buffer is free when the last of its own has gone, in whatever order. */
static void long_frames_go_page_by_page(void **state)
{
    struct xqueue *q = opened(3, &calls);
    struct rn_frame f[2];
    struct xdp_desc d[3];

    (void)state;
    reserve(q, f, 2, 9000);
    f[0].data += 2;
    f[1].len = 60;
    send_all(q, f, 2, true);
    assert_int_equal(dev.tx_frames, 2);
    assert_int_equal(dev.tx_bytes, 9060);
    for (uint32_t i = 0, at = 0; i < 3; at += d[i++].len) {
        d[i] = gone();
        assert_ptr_equal(area + d[i].addr, f[0].data + at);
        assert_int_equal(d[i].options, i < 2 ? MORE : 0);
        assert_true(d[i].addr % PAGE + d[i].len <= PAGE);
    }
    assert_int_equal(d[0].len + d[1].len + d[2].len, 9000);
    done(d[2].addr);
    done(d[0].addr);
    done(d[0].addr); /* once more */
    done(gone().addr);
    xqueue_push(q, &dev, true);
    assert_int_equal(xqueue_lies(q), 1);
    done(d[1].addr);
    expect_whole(q);
}

static void link_that_is_down_gives_chains_back(void **state)
{
    struct xqueue *q = opened(3, &calls);
    struct rn_frame f[2];

    (void)state;
    reserve(q, f, 2, 9000);
    f[1].len = 5000;
    send_all(q, f, 2, false);
    assert_int_equal(dev.tx_drops, 2);
    assert_int_equal(tx.producer, 0);
    expect_whole(q);
}

/* Who is told that frames have gone which still stand in the ring finds it full: what does not fit is dropped whole. */
static void full_ring_takes_no_part_of_a_frame(void **state)
{
    struct xqueue *q = opened(3, &calls);
    struct rn_frame f[128];
    uint32_t put = 0;

    (void)state;
    while (!dev.tx_drops) {
        reserve(q, f, 8, 9000);
        send_all(q, f, 8, true);
        for (; put != tx.producer; put++)
            done(tx.desc[put & (tx_size - 1)].addr);
        xqueue_push(q, &dev, true);
        assert_true(put < 10 * tx_size);
    }
    assert_int_equal(put % 3, 0);
    assert_true(put <= tx_size);
    tx.consumer = tx.producer;
    expect_whole(q);
}

static void sums_are_asked_for_where_they_are_done(void **state)
{
    struct xqueue *q = opened(1, &newer);
    struct xdp_desc d;
    struct rn_frame f;
    uint64_t flags;

    (void)state;
    assert_true(asked && xqueue_fills_sums(q));
    for (int outside = 0; outside < 2; outside++) {
        reserve(q, &f, 1, 60);
        memset(f.data, 0, 60);
        f.flags = RN_CSUM_PARTIAL;
        f.csum_start = outside ? 50 : 34;
        f.csum_offset = 16;
        send_all(q, &f, 1, true);
        d = gone();
        assert_int_equal(d.options, outside ? 0 : REQUEST);
        memcpy(&flags, area + d.addr - 16, sizeof flags);
        if (!outside) {
            assert_int_equal(flags, 2);
            assert_memory_equal(area + d.addr - 8, &f.csum_start, 2);
            assert_memory_equal(area + d.addr - 6, &f.csum_offset, 2);
        }
        done(d.addr);
    }
    expect_whole(q);
    q = opened(3, &newer);
    assert_false(asked || xqueue_fills_sums(q));
    xqueue_close(q);
}

static void spans_hold_a_frame_and_say_if_chains_are_known(void **state)
{
    (void)state;
    assert_int_equal(xqueue_spans(1500), 1);
    assert_int_equal(xqueue_spans(3822), 1);
    if (xqueue_spans(9000) == 1) /* Linux before 6.6, or no right to ask */
        skip();
    assert_int_equal(xqueue_spans(3823), 2);
    assert_int_equal(xqueue_spans(4046), 2);
    assert_int_equal(xqueue_spans(9000), 3);
    assert_int_equal(xqueue_spans(65535), 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_that_cannot_be_are_passed_over),
        cmocka_unit_test(completions_that_cannot_be_are_passed_over),
        cmocka_unit_test(chains_are_joined_or_dropped),
        cmocka_unit_test(long_frames_go_page_by_page),
        cmocka_unit_test(link_that_is_down_gives_chains_back),
        cmocka_unit_test(full_ring_takes_no_part_of_a_frame),
        cmocka_unit_test(sums_are_asked_for_where_they_are_done),
        cmocka_unit_test(spans_hold_a_frame_and_say_if_chains_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

#include <stdio.h>

int main(void)
{
    puts("built without libxdp");
    return 77;
}

#endif
