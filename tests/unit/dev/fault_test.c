/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/fault (and dev/link beneath it): a wire without faults keeps the device contract; with faults, each
 * rate is met over many frames with fixed seeds, each time is met to the nanosecond, and nothing is
 * unaccounted for.
 *
 *      peer -- pair -- [fault] -- test
 */
#include "suite.h"
#include "packets.h"

#include "dev/fault.h"
#include "dev/pair.h"

#include <stdlib.h>

#define MS INT64_C(1000000)
enum { PPM = 1000000 };

/* ---- the contract -------------------------------------------------------------------------------------- */

static void open_fault(struct suite_link *l, const struct rn_pair_options *pair,
                       const struct rn_fault_options *o)
{
    struct rn_dev *ends[2];

    assert_int_equal(pair_open(ends, pair, NULL), 0);
    assert_int_equal(fault_open(&l->dev, ends[0], o, NULL), 0);
    suite_pair_peer(l, ends[1]);
}

static void open_clean(struct suite_link *l)
{
    open_fault(l, &(struct rn_pair_options){.slots = 100}, NULL);
}

/* Delay both ways, inner buffers that complete late, and a transmit ring that is often full. */
static void open_far(struct suite_link *l)
{
    struct rn_fault_options o = {.rx.delay = 5 * MS, .rx.jitter = 100, .tx.delay = 5 * MS, .tx.jitter = MS};

    open_fault(l, &(struct rn_pair_options){.slots = 32, .completion_min = MS, .completion_max = 2 * MS}, &o);
    l->latency = 8 * MS;
    l->delayed = true;
}

/* A wire behind a wire. */
static void open_twice(struct suite_link *l)
{
    struct rn_dev *inner;

    open_fault(l, &(struct rn_pair_options){.slots = 16}, NULL);
    inner = l->dev;
    assert_int_equal(fault_open(&l->dev, inner, NULL, NULL), 0);
}

static struct suite_device clean = {"clean", open_clean}, far = {"far", open_far},
                           twice = {"twice", open_twice};

/* ---- what befalls frames ------------------------------------------------------------------------------- */

/* Sends count frames of len bytes through, gap apart, in the direction; what comes out is told to seen. */
struct run {
    struct suite_link l;
    bool sent; /* direction: sent by the stack, else received */
    void (*seen)(struct run *r, const uint8_t *frame, uint32_t len);
    uint32_t out;
    uint64_t digest; /* of numbers and times of what came out, in order */
    uint32_t number[3000];
    rn_time at[3000];
};

static uint32_t number_of(const uint8_t *frame)
{
    return packet_get32(frame + 8);
}

static void note(struct run *r, const uint8_t *frame, uint32_t len)
{
    if (r->out < 3000) {
        r->number[r->out] = number_of(frame);
        r->at[r->out] = r->l.now;
    }
    r->out++;
    r->digest = (r->digest ^ number_of(frame) ^ (uint64_t)r->l.now << 20) * UINT64_C(0x100000001b3);
    if (r->seen)
        r->seen(r, frame, len);
}

/* Takes out what has come by now. */
static void drain(struct run *r)
{
    struct rn_dev *d = r->l.dev;
    struct rn_frame frames[16];
    uint8_t frame[SUITE_FRAME];
    uint32_t len;
    int n;

    if (r->sent) {
        while ((len = r->l.receive(&r->l, frame)) > 0)
            note(r, frame, len);
        return;
    }
    while ((n = d->ops->burst(d, frames, 16, r->l.now)) > 0) {
        for (int i = 0; i < n; i++)
            note(r, frames[i].data, frames[i].len);
        d->ops->release(d, n);
    }
}

/* Lets time pass up to `until`, stopping whenever the device says that something happens. Returns what sync
 * says then. */
static rn_time pass(struct run *r, rn_time until)
{
    struct rn_dev *d = r->l.dev;
    rn_time next = d->ops->sync(d, r->l.now);

    drain(r);
    while (next <= until && next != RN_FOREVER) {
        assert_true(next > r->l.now);
        r->l.now = next;
        d->ops->sync(d, r->l.now);
        drain(r);
        next = d->ops->sync(d, r->l.now);
    }
    if (until != RN_FOREVER)
        r->l.now = until;
    return next;
}

static void give(struct run *r, const uint8_t *frame, uint32_t len)
{
    struct rn_dev *d = r->l.dev;
    struct rn_frame slot;

    if (!r->sent) {
        r->l.send(&r->l, frame, len);
        drain(r);
        return;
    }
    assert_int_equal(d->ops->reserve(d, &slot, 1, r->l.now), 1);
    memcpy(slot.data, frame, len);
    slot.len = len;
    d->ops->commit(d, &slot, 1);
    d->ops->sync(d, r->l.now);
}

static void start(struct run *r, const struct rn_fault *faults, bool sent, uint64_t seed)
{
    struct rn_fault_options o = {.seed = seed};

    memset(r, 0, sizeof *r);
    *(sent ? &o.tx : &o.rx) = *faults;
    r->sent = sent;
    r->l.now = 1000 * MS;
    open_fault(&r->l, &(struct rn_pair_options){.slots = 1100, .mtu = 1100}, &o);
}

/* Ends a run: everything comes out, everything is accounted for. Returns the direction's statistics. */
static struct rn_fault_stats finish(struct run *r, uint32_t frames)
{
    struct rn_fault_stats stats[2], *s = &stats[r->sent];

    assert_int_equal(pass(r, RN_FOREVER), RN_FOREVER);
    fault_stats(r->l.dev, stats);
    assert_int_equal(s->passed, r->out);
    assert_int_equal(s->passed + s->lost + s->overflowed, frames + s->duplicated);
    assert_int_equal(stats[!r->sent].passed, 0);
    r->l.dev->ops->close(r->l.dev);
    r->l.close_peer(&r->l);
    return *s;
}

static struct rn_fault_stats run_plain(struct run *r, const struct rn_fault *faults, bool sent, uint64_t seed,
                                       uint32_t frames, rn_time gap)
{
    uint8_t frame[SUITE_FRAME];

    start(r, faults, sent, seed);
    for (uint32_t i = 0; i < frames; i++) {
        suite_make(frame, 60, i);
        give(r, frame, 60);
        pass(r, r->l.now + gap);
    }
    return finish(r, frames);
}

/* Both directions: sent is 0 for received frames. */
#define BOTH_WAYS(sent) for (int sent = 0; sent < 2; sent++)

/* Within five deviations of the mean: with fixed seeds a matter of once and for all. */
static void expect_rate(uint64_t got, uint32_t frames, uint32_t ppm)
{
    double mean = (double)frames * ppm / PPM, variance = mean * (1 - (double)ppm / PPM);

    print_message("# %u of %u, expected %.0f\n", (unsigned)got, (unsigned)frames, mean);
    assert_true(((double)got - mean) * ((double)got - mean) <= 25 * variance + 0.01);
}

static void rates_are_met(void **state)
{
    static const uint32_t rates[] = {0, 10000, 250000, 1000000};
    static struct run r;

    (void)state;
    BOTH_WAYS(sent)
    {
        for (int i = 0; i < 4; i++) {
            struct rn_fault f = {.loss_ppm = rates[i]};

            expect_rate(run_plain(&r, &f, sent, 11, 20000, 1000).lost, 20000, rates[i]);
            f = (struct rn_fault){.duplicate_ppm = rates[i]};
            expect_rate(run_plain(&r, &f, sent, 12, 20000, 1000).duplicated, 20000, rates[i]);
            f = (struct rn_fault){.reorder_ppm = rates[i]};
            expect_rate(run_plain(&r, &f, sent, 13, 20000, 10000).reordered, 20000, rates[i]);
        }
    }
}

/* Each rate is drawn by itself: switching one on does not change whom another hits. */
static void rates_do_not_disturb_each_other(void **state)
{
    static struct run a, b;
    struct rn_fault one = {.loss_ppm = 100000},
                    more = {.loss_ppm = 100000, .jitter = 5000, .corrupt_ppm = 500000};

    (void)state;
    run_plain(&a, &one, true, 5, 1000, 1000);
    run_plain(&b, &more, true, 5, 1000, 1000);
    assert_int_equal(a.out, b.out);
    assert_memory_equal(a.number, b.number, sizeof a.number);
}

static void same_seed_same_run(void **state)
{
    struct rn_fault f = {.loss_ppm = 50000,
                         .reorder_ppm = 50000,
                         .duplicate_ppm = 50000,
                         .corrupt_ppm = 50000,
                         .delay = MS,
                         .jitter = MS,
                         .rate_bps = 100000000};
    static struct run a, b, c;

    (void)state;
    BOTH_WAYS(sent)
    {
        run_plain(&a, &f, sent, 1, 3000, 10000);
        run_plain(&b, &f, sent, 1, 3000, 10000);
        run_plain(&c, &f, sent, 2, 3000, 10000);
        assert_true(a.digest == b.digest && a.out == b.out);
        assert_true(a.digest != c.digest);
    }
}

static void delay_is_exact_and_jitter_keeps_order(void **state)
{
    static struct run r;
    rn_time least = RN_FOREVER, most = 0;

    (void)state;
    BOTH_WAYS(sent)
    {
        run_plain(&r, &(struct rn_fault){.delay = 7 * MS}, sent, 1, 500, 12345);
        assert_int_equal(r.out, 500);
        for (uint32_t i = 0; i < 500; i++) {
            assert_int_equal(r.number[i], i);
            assert_int_equal(r.at[i], 1000 * MS + i * 12345 + 7 * MS);
        }
        for (rn_time gap = 100000; gap <= 2 * MS; gap *= 20) { /* delays that overlap, and that do not */
            run_plain(&r, &(struct rn_fault){.delay = 7 * MS, .jitter = MS}, sent, 1, 2000, gap);
            assert_int_equal(r.out, 2000);
            for (uint32_t i = 0; i < 2000; i++) {
                rn_time took = r.at[i] - (1000 * MS + i * gap);

                assert_int_equal(r.number[i], i);
                assert_true(took >= 7 * MS && took <= 8 * MS);
                least = took < least ? took : least;
                most = took > most ? took : most;
            }
        }
        assert_true(least < 7 * MS + MS / 10 && most > 8 * MS - MS / 10);
    }
}

/* Only the reordered ones come late, by so much; the others keep their order and their time. */
static void reordered_frames_come_later_by_so_much(void **state)
{
    static struct run r;

    (void)state;
    BOTH_WAYS(sent)
    {
        for (int by = 0; by < 2; by++) {
            struct rn_fault f = {.delay = MS, .reorder_ppm = 100000, .reorder_by = by ? 55555 : 0};
            uint32_t late = 0, last = 0;
            rn_time more = by ? 55555 : 3 * MS;

            run_plain(&r, &f, sent, 21, 2000, 10000);
            for (uint32_t i = 0; i < 2000; i++) {
                rn_time took = r.at[i] - (1000 * MS + (rn_time)r.number[i] * 10000);

                if (took == MS + more) {
                    late++;
                    continue;
                }
                assert_int_equal(took, MS);
                assert_true(i == 0 || r.number[i] > last || (r.number[i] == 0 && last == 0));
                last = r.number[i];
            }
            expect_rate(late, 2000, 100000);
        }
    }
}

static void rate_spaces_frames_out(void **state)
{
    static struct run r;
    struct rn_fault f = {.rate_bps = 1000000, .delay = 10 * MS}; /* 60 bytes: 480 us */

    (void)state;
    BOTH_WAYS(sent)
    {
        run_plain(&r, &f, sent, 1, 50, 0);
        assert_int_equal(r.out, 50);
        for (uint32_t i = 0; i < 50; i++)
            assert_int_equal(r.at[i], 1000 * MS + 10 * MS + (i + 1) * 480000);
        run_plain(&r, &f, sent, 1, 50, MS); /* slower than the link: it is idle in between */
        for (uint32_t i = 0; i < 50; i++)
            assert_int_equal(r.at[i], 1000 * MS + 10 * MS + 480000 + i * MS);
    }
}

static void full_queue_drops_the_newest(void **state)
{
    static struct run r;
    struct rn_fault_stats s;

    (void)state;
    BOTH_WAYS(sent)
    {
        s = run_plain(&r, &(struct rn_fault){.delay = MS, .queue_frames = 10}, sent, 1, 25, 0);
        assert_int_equal(s.overflowed, 15);
        assert_int_equal(r.out, 10);
        for (uint32_t i = 0; i < 10; i++)
            assert_int_equal(r.number[i], i);
        s = run_plain(&r, &(struct rn_fault){.delay = MS, .duplicate_ppm = PPM, .queue_frames = 3}, sent, 1,
                      2, 0);
        assert_int_equal(s.duplicated, 1); /* the second found room for itself only */
        assert_int_equal(r.out, 3);
        s = run_plain(&r, &(struct rn_fault){.delay = MS}, sent, 1, 1030, 0);
        assert_int_equal(s.overflowed, 6);
    }
}

/* ---- damage -------------------------------------------------------------------------------------------- */

static uint32_t damaged;

static void judge(struct run *r, const uint8_t *frame, uint32_t len)
{
    (void)r;
    damaged += !packet_header_right(frame, false) || !packet_transport_right(frame, len, false, PACKET_TCP);
}

static void every_corrupted_frame_fails_its_checksum(void **state)
{
    static struct run r;
    uint8_t frame[SUITE_FRAME];
    struct rn_fault f = {.corrupt_ppm = 300000, .duplicate_ppm = 1};

    (void)state;
    BOTH_WAYS(sent)
    {
        struct rn_fault_stats s;

        start(&r, &f, sent, 4);
        r.seen = judge;
        damaged = 0;
        for (uint32_t i = 0; i < 10000; i++) {
            give(&r, frame, packet_make(frame, false, PACKET_TCP, i % 1000, (uint8_t)i));
            pass(&r, r.l.now + 1000);
        }
        s = finish(&r, 10000);
        assert_int_equal(s.corrupted, damaged);
        expect_rate(s.corrupted, 10000, 300000);
    }
}

/* A device's word that the checksum is right does not outlive the damage. */
static void damaged_frames_are_not_trusted(void **state)
{
    struct rn_fault_options o = {.rx.corrupt_ppm = 500000};
    struct rn_fault_stats stats[2];
    struct suite_link l = {.now = 1};
    uint32_t untrusted = 0;
    struct rn_dev *p;

    (void)state;
    open_fault(&l, NULL, &o);
    p = l.peer;
    for (int i = 0; i < 200; i++) {
        struct rn_frame f;

        assert_int_equal(p->ops->reserve(p, &f, 1, 1), 1);
        f.len = packet_make(f.data, true, PACKET_TCP, 100, 0);
        f.flags = RN_CSUM_VERIFIED | RN_CSUM_TRUSTED;
        p->ops->commit(p, &f, 1);
        p->ops->sync(p, 1);
        assert_int_equal(l.dev->ops->burst(l.dev, &f, 1, 1), 1);
        assert_true(f.flags == 0 || f.flags == (RN_CSUM_VERIFIED | RN_CSUM_TRUSTED));
        assert_true((f.flags == 0) == !packet_transport_right(f.data, f.len, true, PACKET_TCP));
        untrusted += f.flags == 0;
        l.dev->ops->release(l.dev, 1);
    }
    fault_stats(l.dev, stats);
    assert_int_equal(stats[0].corrupted, untrusted);
    assert_true(untrusted > 50);
    l.dev->ops->close(l.dev);
    l.close_peer(&l);
}

/* ---- offload ------------------------------------------------------------------------------------------- */

/* Merged frames are cut before they are lost one by one, and partial checksums completed. */
static void offloaded_frames_meet_the_wire_as_packets(void **state)
{
    struct rn_pair_options pair = {.buffer_bytes = 65600};
    struct rn_fault_options o = {.tx.loss_ppm = 200000, .seed = 3};
    struct rn_fault_stats stats[2];
    struct suite_link l = {.now = 1};
    uint32_t came = 0;
    struct rn_frame f;
    struct rn_dev *p;

    (void)state;
    open_fault(&l, &pair, &o);
    p = l.peer;
    assert_int_equal(l.dev->ops->reserve(l.dev, &f, 1, 1), 1);
    assert_true(f.room >= 65600);
    f.len = packet_make(f.data, false, PACKET_TCP, 50000, 0);
    packet_put16(f.data + 34 + 16, 0x1234);
    f.flags = RN_MERGED | RN_CSUM_PARTIAL;
    f.gso_size = 1000;
    l.dev->ops->commit(l.dev, &f, 1);
    l.dev->ops->sync(l.dev, 1);
    while (p->ops->burst(p, &f, 1, 1) == 1) {
        assert_int_equal(f.len, 14 + 20 + 32 + 1000);
        assert_int_equal(f.flags, 0);
        assert_int_equal(f.gso_size, 0);
        assert_true(packet_header_right(f.data, false));
        assert_true(packet_transport_right(f.data, f.len, false, PACKET_TCP));
        p->ops->release(p, 1);
        came++;
    }
    fault_stats(l.dev, stats);
    assert_int_equal(stats[1].passed, came);
    assert_int_equal(stats[1].passed + stats[1].lost, 50);
    assert_true(stats[1].lost > 0);
    l.dev->ops->close(l.dev);
    l.close_peer(&l);
}

static void partial_checksum_is_completed_on_the_way(void **state)
{
    struct suite_link l = {.now = 1};
    struct rn_frame f;
    struct rn_dev *p;

    (void)state;
    open_fault(&l, NULL, NULL);
    p = l.peer;
    assert_int_equal(l.dev->ops->reserve(l.dev, &f, 1, 1), 1);
    f.len = packet_make(f.data, true, PACKET_UDP, 51, 1);
    packet_put16(f.data + 60, packet_pseudo(f.data + 14, true, 17, 59));
    f.flags = RN_CSUM_PARTIAL;
    f.csum_start = 54;
    f.csum_offset = 6;
    l.dev->ops->commit(l.dev, &f, 1);
    l.dev->ops->sync(l.dev, 1);
    assert_int_equal(p->ops->burst(p, &f, 1, 1), 1);
    assert_int_equal(f.flags, 0);
    assert_true(packet_transport_right(f.data, f.len, true, PACKET_UDP));
    l.dev->ops->close(l.dev);
    l.close_peer(&l);
}

/* ---- the device ---------------------------------------------------------------------------------------- */

/* With inner's ring full, frames wait here in order; sync tells inner's time and not the past. */
static void due_frames_wait_for_inners_ring(void **state)
{
    struct rn_pair_options pair = {.slots = 4, .completion_min = 100, .completion_max = 100};
    struct suite_link l = {.now = 1000};

    (void)state;
    open_fault(&l, &pair, NULL);
    suite_transmit(&l, 4, 60, 0);
    assert_int_equal(l.dev->ops->sync(l.dev, l.now), 1100);
    suite_peer_expects(&l, 4, 60, 0);
    suite_transmit(&l, 4, 60, 4);
    l.now = 1050;
    assert_int_equal(l.dev->ops->sync(l.dev, l.now), 1100);
    assert_int_equal(l.dev->ops->arm(l.dev, true, false), 0);
    suite_peer_expects(&l, 0, 60, 4);
    l.now = 1100;
    assert_int_equal(l.dev->ops->sync(l.dev, l.now), 1200);
    suite_peer_expects(&l, 4, 60, 4);
    assert_int_equal(l.dev->tx_drops, 0);
    l.dev->ops->close(l.dev);
    l.close_peer(&l);
}

/* More are due than inner's ring holds, whose buffers complete at once: one sync sends them all. */
static void one_sync_sends_all_that_is_due(void **state)
{
    struct rn_fault_options o = {.tx.delay = MS};
    struct suite_link l = {.now = 1000};
    const struct rn_dev *p;

    (void)state;
    open_fault(&l, &(struct rn_pair_options){.slots = 4}, &o);
    p = l.peer;
    for (int i = 0; i < 3; i++) {
        suite_transmit(&l, 4, 60, 0);
        assert_int_equal(l.dev->ops->sync(l.dev, l.now), 1000 + MS);
    }
    assert_int_equal(l.dev->ops->sync(l.dev, 1000 + MS), RN_FOREVER);
    assert_int_equal(p->rx_frames + p->rx_drops, 12);
    l.dev->ops->close(l.dev);
    l.close_peer(&l);
}

static void faults_can_be_changed_while_it_runs(void **state)
{
    static struct run r;
    uint8_t frame[SUITE_FRAME];

    (void)state;
    start(&r, &(struct rn_fault){.delay = 10 * MS}, true, 1);
    suite_make(frame, 60, 0);
    give(&r, frame, 60);
    fault_set(r.l.dev, NULL, &(struct rn_fault){.loss_ppm = 2 * PPM}); /* brought to all */
    suite_make(frame, 60, 1);
    give(&r, frame, 60);
    fault_set(r.l.dev, &(struct rn_fault){.loss_ppm = PPM}, NULL);
    suite_make(frame, 60, 2);
    give(&r, frame, 60);
    fault_set(r.l.dev, NULL, &(struct rn_fault){0});
    suite_make(frame, 60, 3);
    give(&r, frame, 60);
    assert_int_equal(finish(&r, 4).lost, 2);
    assert_int_equal(r.out, 2);
    assert_int_equal(r.number[0], 0);
    assert_int_equal(r.at[0], 1010 * MS);
    assert_int_equal(r.number[1], 3);
    assert_int_equal(r.at[1], 1010 * MS); /* order is kept */
}

static void looks_like_inner(void **state)
{
    struct rn_pair_options pair = {.slots = 9, .mtu = 777, .medium = RN_IP};
    struct rn_dev *ends[2], *d;

    (void)state;
    assert_int_equal(pair_open(ends, &pair, NULL), 0);
    assert_int_equal(fault_open(&d, ends[0], NULL, NULL), 0);
    assert_int_equal(d->mtu, 777);
    assert_int_equal(d->medium, RN_IP);
    assert_int_equal(d->rx_slots, 9);
    assert_int_equal(d->tx_slots, 9);
    assert_int_equal(d->fd, ends[0]->fd);
    assert_memory_equal(d->mac, ends[0]->mac, 6);
    assert_int_equal(d->ops->steer(d, NULL, 0), -EOPNOTSUPP);
    d->ops->close(d);
    ends[1]->ops->close(ends[1]);
}

static void options_out_of_range_are_refused(void **state)
{
    static const struct rn_fault bad[] = {
        {.loss_ppm = 1000001},
        {.reorder_ppm = 1000001},
        {.duplicate_ppm = 1000001},
        {.corrupt_ppm = 1000001},
        {.delay = -1},
        {.jitter = 3600 * 1000 * MS + 1},
        {.reorder_by = -5},
        {.rate_bps = 999},
        {.queue_frames = (1 << 20) + 1},
    };
    struct rn_dev *ends[2], *d = NULL;

    (void)state;
    assert_int_equal(pair_open(ends, NULL, NULL), 0);
    for (size_t i = 0; i < 2 * sizeof bad / sizeof bad[0]; i++) {
        struct rn_fault_options o = {.seed = 0};
        char err[RN_ERRBUF] = "";

        *(i & 1 ? &o.rx : &o.tx) = bad[i / 2];
        assert_int_equal(fault_open(&d, ends[0], &o, err), -EINVAL);
        assert_null(d);
        assert_non_null(strstr(err, i & 1 ? "fault: receiving: " : "fault: sending: "));
    }
    ends[0]->ops->close(ends[0]);
    ends[1]->ops->close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUITE(&clean),
        SUITE(&far),
        SUITE(&twice),
        cmocka_unit_test(rates_are_met),
        cmocka_unit_test(rates_do_not_disturb_each_other),
        cmocka_unit_test(same_seed_same_run),
        cmocka_unit_test(delay_is_exact_and_jitter_keeps_order),
        cmocka_unit_test(reordered_frames_come_later_by_so_much),
        cmocka_unit_test(rate_spaces_frames_out),
        cmocka_unit_test(full_queue_drops_the_newest),
        cmocka_unit_test(every_corrupted_frame_fails_its_checksum),
        cmocka_unit_test(damaged_frames_are_not_trusted),
        cmocka_unit_test(offloaded_frames_meet_the_wire_as_packets),
        cmocka_unit_test(partial_checksum_is_completed_on_the_way),
        cmocka_unit_test(due_frames_wait_for_inners_ring),
        cmocka_unit_test(one_sync_sends_all_that_is_due),
        cmocka_unit_test(faults_can_be_changed_while_it_runs),
        cmocka_unit_test(looks_like_inner),
        cmocka_unit_test(options_out_of_range_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
