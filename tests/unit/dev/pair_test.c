/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/pair: the device contract over pairs of several shapes, and what is a pair's own: when buffers
 * complete, what a full receiver drops, one end alone, options.
 */
#include "suite.h"

#include "dev/pair.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the contract -------------------------------------------------------------------------------------- */

static void open_pair(struct suite_link *l, const struct rn_pair_options *options)
{
    struct rn_dev *ends[2];

    assert_int_equal(pair_open(ends, options, NULL), 0);
    l->dev = ends[0];
    suite_pair_peer(l, ends[1]);
}

static void open_default(struct suite_link *l)
{
    open_pair(l, NULL);
}

static void open_tiny(struct suite_link *l)
{
    open_pair(l, &(struct rn_pair_options){.slots = 5, .mtu = 200, .buffer_bytes = 218});
}

/* Buffers of both ends complete late. */
static void open_slow(struct suite_link *l)
{
    open_pair(l, &(struct rn_pair_options){
                     .slots = 64, .mtu = 300, .completion_min = 5000, .completion_max = 7000});
    l->latency = 7000;
}

static struct suite_device pair_default = {"pair", open_default}, pair_tiny = {"tiny pair", open_tiny},
                           pair_slow = {"patient pair", open_slow};

/* ---- a pair's own -------------------------------------------------------------------------------------- */

static void send_one(struct rn_dev *d, uint32_t len, uint32_t number, rn_time now)
{
    struct rn_frame slot;

    assert_int_equal(d->ops->reserve(d, &slot, 1, now), 1);
    suite_make(slot.data, len, number);
    slot.len = len;
    d->ops->commit(d, &slot, 1);
}

/* Completion times of n frames sent at once: at each time that sync tells, slots become free. */
static void completions(uint64_t seed, rn_time times[], uint32_t n)
{
    struct rn_pair_options o = {.slots = n, .completion_min = 1000, .completion_max = 9000, .seed = seed};
    struct rn_dev *ends[2], *d;
    struct rn_frame slots[64];
    rn_time now = 500, next;
    int free_before = 0;

    assert_int_equal(pair_open(ends, &o, NULL), 0);
    d = ends[0];
    for (uint32_t i = 0; i < n; i++)
        send_one(d, 60, i, now);
    for (next = d->ops->sync(d, now); next != RN_FOREVER; next = d->ops->sync(d, now)) {
        int free_now;

        assert_true(next > now && next >= 500 + 1000 && next <= 500 + 9000);
        assert_int_equal(d->ops->reserve(d, slots, 64, next - 1), free_before);
        d->ops->commit(d, NULL, 0);
        now = next;
        free_now = d->ops->reserve(d, slots, 64, now);
        d->ops->commit(d, NULL, 0);
        assert_true(free_now > free_before);
        for (; free_before < free_now; free_before++)
            times[free_before] = now;
    }
    assert_int_equal(free_before, n);
    ends[0]->ops->close(ends[0]);
    ends[1]->ops->close(ends[1]);
}

static void buffers_complete_within_their_times(void **state)
{
    rn_time a[64], b[64], c[64];
    int distinct = 1;

    (void)state;
    completions(1, a, 64);
    completions(1, b, 64);
    completions(2, c, 64);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    for (int i = 1; i < 64; i++)
        distinct += a[i] != a[i - 1];
    assert_true(distinct >= 3); /* delays vary; most of 64 hide behind the running greatest */
    assert_true(a[63] > 500 + 8000);
}

static void exact_completion_time(void **state)
{
    struct rn_dev *ends[2], *d;
    struct rn_frame slots[4];

    (void)state;
    assert_int_equal(
        pair_open(ends, &(struct rn_pair_options){.slots = 2, .completion_min = 70, .completion_max = 70},
                  NULL),
        0);
    d = ends[0];
    send_one(d, 60, 0, 10);
    assert_int_equal(d->ops->sync(d, 10), 80);
    send_one(d, 60, 1, 30);
    assert_int_equal(d->ops->sync(d, 30), 80);
    assert_int_equal(d->ops->arm(d, true, true), 0);
    assert_int_equal(d->ops->reserve(d, slots, 4, 79), 0);
    d->ops->commit(d, NULL, 0);
    assert_int_equal(d->ops->sync(d, 80), 100);
    assert_int_equal(d->ops->arm(d, false, true), -EAGAIN);
    assert_int_equal(d->ops->sync(d, 100), RN_FOREVER);
    assert_int_equal(d->ops->reserve(d, slots, 4, 100), 2);
    ends[1]->ops->close(ends[1]);
    d->ops->close(d);
}

static void full_receiver_drops_the_newest(void **state)
{
    struct rn_dev *ends[2];
    struct rn_frame frames[8];

    (void)state;
    assert_int_equal(pair_open(ends, &(struct rn_pair_options){.slots = 4}, NULL), 0);
    for (uint32_t i = 0; i < 6; i++) {
        send_one(ends[0], 60, i, 1);
        ends[0]->ops->sync(ends[0], 1);
    }
    assert_int_equal(ends[0]->tx_frames, 6);
    assert_int_equal(ends[0]->tx_bytes, 360);
    assert_int_equal(ends[1]->rx_frames, 4);
    assert_int_equal(ends[1]->rx_drops, 2);
    assert_int_equal(ends[1]->ops->burst(ends[1], frames, 8, 1), 4);
    for (uint32_t i = 0; i < 4; i++)
        suite_expect(frames[i].data, frames[i].len, 60, i);
    ends[0]->ops->close(ends[0]);
    ends[1]->ops->close(ends[1]);
}

static void facts_travel_with_the_frame(void **state)
{
    struct rn_dev *ends[2];
    struct rn_frame f;

    (void)state;
    assert_int_equal(pair_open(ends, &(struct rn_pair_options){.medium = RN_IP, .mtu = 400}, NULL), 0);
    assert_int_equal(ends[1]->medium, RN_IP);
    assert_int_equal(ends[0]->ops->reserve(ends[0], &f, 1, 1), 1);
    f.len = 100;
    f.flags = RN_CSUM_PARTIAL | RN_VLAN;
    f.vlan = 7;
    f.csum_start = 34;
    f.csum_offset = 16;
    f.hash = 99;
    ends[0]->ops->commit(ends[0], &f, 1);
    ends[0]->ops->sync(ends[0], 4321);
    memset(&f, 0, sizeof f);
    assert_int_equal(ends[1]->ops->burst(ends[1], &f, 1, 5000), 1);
    assert_int_equal(f.flags, RN_CSUM_PARTIAL | RN_VLAN);
    assert_int_equal(f.vlan, 7);
    assert_int_equal(f.csum_start, 34);
    assert_int_equal(f.csum_offset, 16);
    assert_int_equal(f.hash, 99);
    assert_int_equal(f.stamp, 4321);
    ends[0]->ops->close(ends[0]);
    ends[1]->ops->close(ends[1]);
}

static void one_end_lives_on_alone(void **state)
{
    struct rn_dev *ends[2];
    struct rn_frame f;

    (void)state;
    assert_int_equal(pair_open(ends, NULL, NULL), 0);
    send_one(ends[0], 60, 3, 1);
    ends[0]->ops->sync(ends[0], 1);
    ends[0]->ops->close(ends[0]);
    assert_int_equal(ends[1]->ops->burst(ends[1], &f, 1, 2), 1);
    suite_expect(f.data, f.len, 60, 3);
    send_one(ends[1], 60, 4, 2);
    ends[1]->ops->sync(ends[1], 2);
    assert_int_equal(ends[1]->tx_drops, 1);
    assert_int_equal(ends[1]->tx_frames, 0);
    ends[1]->ops->close(ends[1]);
}

static void ends_have_addresses_of_their_own(void **state)
{
    struct rn_dev *ends[2];

    (void)state;
    assert_int_equal(pair_open(ends, NULL, NULL), 0);
    assert_memory_not_equal(ends[0]->mac, ends[1]->mac, 6);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ends[i]->mac[0] & 3, 2);
        assert_int_equal(ends[i]->mtu, 1500);
        assert_int_equal(ends[i]->rx_slots, 256);
        assert_int_equal(ends[i]->fd, -1);
        ends[i]->ops->close(ends[i]);
    }
}

static void options_out_of_range_are_refused(void **state)
{
    static const struct rn_pair_options bad[] = {
        {.slots = 65537},        {.mtu = 67},
        {.mtu = 65536},          {.buffer_bytes = 127},
        {.buffer_bytes = 65665}, {.mtu = 1500, .buffer_bytes = 1517},
        {.medium = 2},           {.completion_min = 2, .completion_max = 1},
        {.completion_min = -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rn_dev *ends[2] = {NULL, NULL};
        char err[RN_ERRBUF] = "";

        assert_int_equal(pair_open(ends, &bad[i], err), -EINVAL);
        assert_null(ends[0]);
        assert_true(strncmp(err, "pair: ", 6) == 0 && !strchr(err, '\n'));
    }
}

/* The caller's bugs end the program, each told by its exit. */
static bool aborts(void (*act)(struct rn_dev *d))
{
    struct rn_dev *ends[2];
    int status;
    pid_t child;

    assert_int_equal(pair_open(ends, &(struct rn_pair_options){.slots = 2}, NULL), 0);
    fflush(NULL);
    child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        fclose(stderr);
        act(ends[0]);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    ends[0]->ops->close(ends[0]);
    ends[1]->ops->close(ends[1]);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void commit_of_len(struct rn_dev *d, uint32_t more)
{
    struct rn_frame slot;

    d->ops->reserve(d, &slot, 1, 0);
    slot.len = slot.room + more;
    d->ops->commit(d, &slot, 1);
}

static void commit_just_fitting(struct rn_dev *d)
{
    commit_of_len(d, 0);
}

static void commit_too_long(struct rn_dev *d)
{
    commit_of_len(d, 1);
}

static void release_what_was_not_lent(struct rn_dev *d)
{
    d->ops->release(d, 1);
}

static void callers_bugs_are_assertions(void **state)
{
    (void)state;
    assert_false(aborts(commit_just_fitting));
    assert_true(aborts(commit_too_long));
    assert_true(aborts(release_what_was_not_lent));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUITE(&pair_default),
        SUITE(&pair_tiny),
        SUITE(&pair_slow),
        cmocka_unit_test(buffers_complete_within_their_times),
        cmocka_unit_test(exact_completion_time),
        cmocka_unit_test(full_receiver_drops_the_newest),
        cmocka_unit_test(facts_travel_with_the_frame),
        cmocka_unit_test(one_end_lives_on_alone),
        cmocka_unit_test(ends_have_addresses_of_their_own),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(callers_bugs_are_assertions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
