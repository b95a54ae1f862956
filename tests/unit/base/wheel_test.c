/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The timing wheel against a naive list that counts ticks in 64 bits and so never wraps; the wheel starts
 * shortly before 2^32 wherever that matters. The wheel's memory is exactly what it asks for, so that the
 * sanitizer sees a chunk too many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/wheel.h"

enum { SEED = 20261122, MOST = 4096 };

static const uint64_t NEAR_WRAP = (UINT64_C(5) << 32) - 1000;

struct model_entry {
    uint32_t id;
    uint64_t surfaces;
};

struct rig {
    struct wheel w;
    void *memory;
    uint64_t cur; /* where the wheel should stand */
    struct model_entry model[MOST];
    uint32_t count;
    uint64_t seed;
};

static uint32_t draw(struct rig *r)
{
    r->seed ^= r->seed << 13;
    r->seed ^= r->seed >> 7;
    r->seed ^= r->seed << 17;
    return (uint32_t)(r->seed >> 32);
}

/* An empty wheel for that many entries at that tick. */
static struct rig *open_at(uint64_t tick, uint32_t entries)
{
    struct rig *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->memory = aligned_alloc(64, wheel_need(entries));
    assert_non_null(r->memory);
    memset(r->memory, 0xa5, wheel_need(entries)); /* it must not lean on zeroes */
    wheel_init(&r->w, r->memory, entries, (uint32_t)tick);
    r->cur = tick;
    r->seed = SEED;
    return r;
}

/* Tear-down: all that is left is in the model, nothing else, and every chunk comes back. */
static void close_rig(struct rig *r)
{
    uint32_t ids[64], tick, chunks = 0;
    int n;

    while (r->w.entries) {
        assert_true(wheel_next(&r->w, &tick));
        while ((n = wheel_collect(&r->w, tick, ids, 64, &tick)) > 0)
            r->count -= (uint32_t)n;
    }
    assert_int_equal(r->count, 0);
    assert_false(wheel_next(&r->w, &tick));
    for (uint32_t at = r->w.chunk_free; at; at = r->w.chunks[at - 1].next)
        chunks++;
    assert_int_equal(chunks, r->w.chunk_fresh);
    assert_in_range(r->w.chunk_fresh, 0, r->w.chunk_total);
    for (int level = 0; level < WHEEL_LEVELS; level++)
        assert_true(r->w.used[level] == 0);
    free(r->memory);
    free(r);
}

/* The rule, said naively: the finest grain at which the tick's slot is less than 64 ahead. */
static uint64_t rule(uint64_t cur, uint64_t tick)
{
    uint64_t grain = 1;

    if (tick <= cur)
        return cur + 1;
    if (tick > cur + WHEEL_FARTHEST)
        tick = cur + WHEEL_FARTHEST;
    while (tick / grain - cur / grain > 63)
        grain *= 64;
    return tick / grain * grain;
}

static uint64_t add(struct rig *r, uint32_t id, uint64_t tick)
{
    uint32_t surfaces;
    uint64_t expected = rule(r->cur, tick);

    assert_true(wheel_add(&r->w, id, (uint32_t)tick, &surfaces));
    assert_int_equal(surfaces, (uint32_t)expected);
    assert_true(expected > r->cur);
    assert_true(expected <= tick || tick <= r->cur);
    assert_in_range(r->count, 0, MOST - 1);
    r->model[r->count++] = (struct model_entry){id, expected};
    assert_int_equal(r->w.entries, r->count);
    return expected;
}

/* The earliest surfacing tick in the model. */
static uint64_t earliest(const struct rig *r)
{
    uint64_t tick = UINT64_MAX;

    for (uint32_t i = 0; i < r->count; i++)
        tick = r->model[i].surfaces < tick ? r->model[i].surfaces : tick;
    return tick;
}

static void forget(struct rig *r, uint32_t id, uint64_t surfaces)
{
    uint32_t i = 0;

    while (i < r->count && (r->model[i].id != id || r->model[i].surfaces != surfaces))
        i++;
    assert_in_range(i, 0, r->count - 1); /* else it surfaced though it was not in, or at another tick */
    r->model[i] = r->model[--r->count];
}

/* One call, of which everything is checked. Returns how many, and the tick. */
static int collect(struct rig *r, uint64_t now, uint32_t *ids, int max, uint64_t *surfaced)
{
    uint64_t first = earliest(r);
    uint32_t next = 0, at = 0;
    int n;

    assert_int_equal(wheel_next(&r->w, &next), r->count > 0);
    if (r->count)
        assert_int_equal(next, (uint32_t)first);
    n = wheel_collect(&r->w, (uint32_t)now, ids, max, &at);
    assert_in_range(n, 0, max);
    if (n == 0) {
        assert_true(first > now);
        r->cur = now > r->cur ? now : r->cur;
        assert_int_equal(r->w.cur, (uint32_t)r->cur);
        return 0;
    }
    assert_int_equal(at, (uint32_t)first);
    assert_true(first <= now);
    for (int i = 0; i < n; i++)
        forget(r, ids[i], first);
    assert_int_equal(r->w.entries, r->count);
    r->cur = first;
    *surfaced = first;
    return n;
}

/* Ticks that are near, far, past and at the edges of slots. */
static uint64_t some_tick(struct rig *r)
{
    unsigned bits = draw(r) % 30;
    uint64_t ahead = draw(r) & ((UINT32_C(2) << bits) - 1);

    if (draw(r) % 4 == 0)
        return ((r->cur + ahead) >> bits << bits) + draw(r) % 3 - 1;
    if (draw(r) % 16 == 0)
        return r->cur - ahead % 100000;
    return r->cur + ahead;
}

static void test_levels_at_their_edges(void **state)
{
    static const struct {
        uint32_t now, tick, surfaces;
    } rows[] = {
        {0, 1, 1},
        {0, 63, 63},
        {0, 64, 64},
        {0, 65, 64},
        {0, 127, 64},
        {0, 128, 128},
        {1, 64, 64}, /* less than 64 ahead: exact, across a round number too */
        {63, 126, 126},
        {63, 127, 64},
        {100, 163, 163},
        {100, 164, 128},
        {0, 4095, 4032},
        {0, 4096, 4096},
        {63, 4095, 4032},
        {63, 4096 + 62, 4096},
        {63, 4096 + 63, 4096}, /* 64 slots of level 1 ahead: level 2 */
        {64, 4096 + 63, 4096},
        {64, 4096 + 64, 4096},
        {0, 1 << 29, 1 << 29},
        {0, UINT32_C(1) << 30, 1 << 29}, /* too far */
        {7, 7, 8},                       /* past */
        {7, 6, 8},
        {7, 7 - 100000, 8},
        {UINT32_MAX, 0, 0},
        {UINT32_MAX, UINT32_MAX, 0},
        {UINT32_MAX - 1, 0, 0},
        {UINT32_MAX - 62, 0, 0},
        {UINT32_MAX - 63, 1, 0},
        {UINT32_MAX, 62, 62},
        {UINT32_MAX, 63, 0},
        {UINT32_MAX - 4095, 63, 0},
        {UINT32_MAX, (1 << 29) - 1, (1 << 29) - (1 << 24)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rig *r = open_at(rows[i].now, 1);
        uint32_t surfaces, next, id, at;

        assert_true(wheel_add(&r->w, 77, rows[i].tick, &surfaces));
        assert_int_equal(surfaces, rows[i].surfaces);
        assert_true(wheel_next(&r->w, &next));
        assert_int_equal(next, rows[i].surfaces);
        assert_int_equal(wheel_collect(&r->w, rows[i].surfaces - 1, &id, 1, &at), 0);
        assert_int_equal(wheel_collect(&r->w, rows[i].surfaces, &id, 1, &at), 1);
        assert_int_equal(id, 77);
        assert_int_equal(at, rows[i].surfaces);
        close_rig(r);
    }
}

static void test_model(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct rig *r = open_at(NEAR_WRAP, 600);
        uint32_t ids[40];
        uint64_t surfaced;

        r->seed += (uint64_t)round;
        for (int step = 0; step < 3000; step++) {
            uint64_t now = r->cur + (draw(r) & ((UINT32_C(1) << draw(r) % 26) - 1));

            for (unsigned n = draw(r) % 8; n && r->count < 600; n--) {
                uint64_t tick = some_tick(r);

                add(r, draw(r) % 50, tick);
            }
            if (draw(r) % 2)
                for (int calls = 0; calls < 8 && collect(r, now, ids, 1 + (int)(draw(r) % 40), &surfaced);
                     calls++)
                    continue;
        }
        close_rig(r);
    }
}

static void test_full_in_the_worst_spread(void **state)
{
    struct rig *r = open_at(NEAR_WRAP, 1500);
    uint32_t surfaces, ids[9];
    uint64_t surfaced;

    (void)state;
    for (int round = 0; round < 30; round++) {
        while (r->count < 1500) { /* a slot gets 15 at a time: a full chunk and one with a single entry */
            uint64_t tick = some_tick(r);

            for (int i = 0; i < 15 && r->count < 1500; i++)
                add(r, (uint32_t)i, tick);
        }
        assert_false(wheel_add(&r->w, 1, (uint32_t)r->cur + 5, &surfaces));
        assert_int_equal(r->w.entries, 1500);
        for (int i = 0; i < 40; i++)
            collect(r, r->cur + WHEEL_FARTHEST, ids, 9, &surfaced);
    }
    close_rig(r);
}

static void test_a_slot_needs_no_more_chunks_than_it_must(void **state)
{
    struct rig *r = open_at(NEAR_WRAP, 1500);
    uint32_t ids[1200];
    uint64_t surfaced;

    (void)state;
    for (uint32_t i = 0; i < 1500; i++) {
        add(r, i, NEAR_WRAP + 50);
        assert_int_equal(r->w.chunk_fresh, i / WHEEL_CHUNK_IDS + 1);
    }
    assert_int_equal(collect(r, NEAR_WRAP + 50, ids, 1200, &surfaced), 1200);
    for (uint32_t i = 0; i < 1200; i++)
        add(r, i, NEAR_WRAP + 60);
    assert_in_range(r->w.chunk_fresh, 108, 109); /* those that were freed are used again */
    close_rig(r);
}

static void test_clock_jump_of_hours(void **state)
{
    struct rig *r = open_at(NEAR_WRAP, 10);
    uint32_t id;
    uint64_t surfaced, deadline = r->cur + 400000000; /* 7.3 hours */

    (void)state;
    add(r, 1, deadline);
    add(r, 2, r->cur + 3);
    assert_int_equal(collect(r, deadline + 5, &id, 1, &surfaced), 1);
    assert_int_equal(id, 2);
    assert_int_equal(collect(r, deadline + 5, &id, 1, &surfaced), 1);
    assert_int_equal(id, 1);
    assert_int_equal(collect(r, deadline + 5, &id, 1, &surfaced), 0);
    assert_true(r->cur == deadline + 5);

    /* Empty, it may stand still for more than half the circle. */
    assert_int_equal(collect(r, r->cur + UINT64_C(3000000000), &id, 1, &surfaced), 0);
    assert_true(add(r, 3, r->cur + 9) == r->cur + 9);
    assert_int_equal(collect(r, r->cur + 9, &id, 1, &surfaced), 1);
    close_rig(r);
}

static void test_clock_that_steps_back_changes_nothing(void **state)
{
    struct rig *r = open_at(NEAR_WRAP, 10);
    uint32_t id;
    uint64_t surfaced, start = r->cur;

    (void)state;
    add(r, 1, start + 50);
    assert_int_equal(collect(r, start + 20, &id, 1, &surfaced), 0);
    assert_int_equal(collect(r, start + 10, &id, 1, &surfaced), 0);
    assert_int_equal(r->w.cur, (uint32_t)start + 20);
    assert_int_equal(collect(r, start + 50, &id, 1, &surfaced), 1);
    close_rig(r);
}

/* What surfaces goes in again at once while the rest of its slot is still to be collected. */
static void test_nothing_lands_in_a_slot_that_drains(void **state)
{
    static const uint32_t grains[] = {1, 64, 4096, 1 << 18, 1 << 24};

    (void)state;
    for (size_t g = 0; g < sizeof grains / sizeof *grains; g++) {
        uint64_t grain = grains[g], due = NEAR_WRAP / grain * grain + 40 * grain, surfaced = 0;
        struct rig *r = open_at(due - 40 * grain, 300);
        uint32_t ids[7], collected = 0;

        if (grain == 1 << 24)
            due -= 10 * grain; /* within WHEEL_FARTHEST */
        for (uint32_t i = 0; i < 100; i++)
            assert_true(add(r, i, due + i * grain / 100) == due);
        for (int n; collected < 100; collected += (uint32_t)n) {
            n = collect(r, due, ids, 7, &surfaced);
            assert_in_range(n, 1, 7);
            for (int i = 0; i < n; i++)
                assert_true(add(r, 1000 + ids[i], draw(r) % 2 ? due : due + draw(r) % 100 * grain) > due);
        }
        assert_int_equal(collected, 100);
        assert_int_equal(collect(r, due, ids, 7, &surfaced), 0);
        close_rig(r);
    }
}

/* Owners as tcp will have them: a deadline, the ticks of a near and a far entry that count, 0: none. An entry
 * that surfaces at neither is stale. */
struct owner {
    uint64_t deadline, near, far;
};

enum { OWNERS = 300, FAR = 100000 };

static void arm(struct rig *r, struct owner *o, uint32_t id)
{
    if ((o->near && o->near <= o->deadline) || (o->far && o->far <= o->deadline))
        return; /* something surfaces in time */
    if (o->deadline - r->cur > FAR && !o->far)
        o->far = add(r, id, o->deadline);
    else
        o->near = add(r, id, o->deadline);
}

/* True: its deadline was due. */
static bool surface(struct rig *r, struct owner *o, uint32_t id, uint64_t tick, uint64_t now)
{
    if (o->near == tick)
        o->near = 0;
    else if (o->far == tick)
        o->far = 0;
    else
        return false;
    if (!o->deadline)
        return false;
    if (o->deadline <= now) {
        o->deadline = 0;
        return true;
    }
    arm(r, o, id);
    return false;
}

static void test_an_earlier_deadline_after_a_later_one_fires_in_time(void **state)
{
    struct rig *r = open_at(NEAR_WRAP, 2);
    struct owner o = {.deadline = NEAR_WRAP + 15259}; /* 1 s */
    uint32_t id;
    uint64_t surfaced, fired = 0;

    (void)state;
    arm(r, &o, 0);
    o.deadline = NEAR_WRAP + 3052; /* 200 ms */
    arm(r, &o, 0);
    for (uint64_t now = r->cur; !fired; now++) {
        assert_true(now <= NEAR_WRAP + 3052);
        while (collect(r, now, &id, 1, &surfaced))
            if (surface(r, &o, id, surfaced, now))
                fired = now;
    }
    assert_true(fired == NEAR_WRAP + 3052);
    assert_int_equal(r->count, 1); /* the entry for 1 s: stale when it surfaces */
    close_rig(r);
}

/* Moves a deadline to a random place, or takes it away. */
static void move_deadline(struct rig *r, struct owner *o, uint32_t id, uint64_t now)
{
    o->deadline = now + 1 + (draw(r) & ((UINT32_C(1) << draw(r) % 22) - 1));
    if (draw(r) % 10 == 0)
        o->deadline = 0;
    if (o->deadline && r->count < MOST)
        arm(r, o, id);
}

static void test_lazy_owners_fire_exactly_in_time(void **state)
{
    static struct owner owners[OWNERS];
    struct rig *r = open_at(NEAR_WRAP, MOST);
    uint32_t ids[16], fired = 0;
    uint64_t now = NEAR_WRAP, surfaced;

    (void)state;
    memset(owners, 0, sizeof owners);
    for (int step = 0; step < 20000; step++) {
        now += draw(r) % 4 ? 1 : draw(r) % 700;
        for (int n; (n = collect(r, now, ids, 16, &surfaced)) > 0;)
            for (int i = 0; i < n; i++)
                fired += surface(r, &owners[ids[i]], ids[i], surfaced, now);
        for (uint32_t i = 0; i < OWNERS; i++)
            assert_true(!owners[i].deadline || owners[i].deadline > now); /* nothing is late */
        for (int i = 0; i < 3; i++) {
            uint32_t id = draw(r) % OWNERS;

            move_deadline(r, &owners[id], id, now);
        }
    }
    assert_true(fired > 10000);
    close_rig(r);
}

/* What stale() was asked of, and what it answers. */
struct asked {
    struct rig *rig;
    uint32_t times[MOST];
    uint32_t stale_from; /* ids from here on */
};

static bool is_stale(void *context, uint32_t id, uint32_t surfaces)
{
    struct asked *a = context;
    uint32_t i = 0;

    a->times[id]++;
    while (a->rig->model[i].id != id)
        i++;
    assert_int_equal(surfaces, (uint32_t)a->rig->model[i].surfaces);
    if (id < a->stale_from)
        return false;
    a->rig->model[i] = a->rig->model[--a->rig->count];
    return true;
}

static void test_sweep_takes_out_the_stale_and_nothing_else(void **state)
{
    static struct asked a;
    struct rig *r = open_at(NEAR_WRAP, MOST);
    uint32_t cursor = 0, ids[3];
    uint64_t surfaced;
    int taken = 0, calls = 0;

    (void)state;
    a = (struct asked){.rig = r, .stale_from = 1000};
    assert_int_equal(wheel_sweep(&r->w, &cursor, 10, is_stale, &a), 0);
    assert_int_equal(cursor, 0);
    for (uint32_t id = 0; id < 3000; id++)
        add(r, (id * 7) % 3000, some_tick(r));
    collect(r, r->cur + 1000, ids, 3, &surfaced); /* so that a slot is half drained */
    assert_int_equal(r->count, 2997);
    do {
        int n = wheel_sweep(&r->w, &cursor, 10, is_stale, &a);

        assert_in_range(n, 0, 10);
        assert_int_equal(r->w.entries, r->count);
        taken += n;
        assert_in_range(++calls, 1, 400); /* 10 places a call */
    } while (cursor);
    assert_int_equal(taken, 2997 - (int)r->count);
    for (uint32_t i = 0; i < r->count; i++) {
        assert_in_range(r->model[i].id, 0, 999);
        assert_in_range(a.times[r->model[i].id], 1, 3); /* moved into holes, some are asked again */
    }
    close_rig(r);
}

/* One slot, all stale: the first chunk shrinks while later ones are filled from it. */
static void test_sweep_empties_a_slot(void **state)
{
    static struct asked a;
    struct rig *r = open_at(0, 1000);
    uint32_t cursor = 0;
    int taken = 0;

    (void)state;
    a = (struct asked){.rig = r, .stale_from = 0};
    for (uint32_t id = 0; id < 1000; id++)
        add(r, id, 5000);
    do
        taken += wheel_sweep(&r->w, &cursor, 100, is_stale, &a);
    while (cursor);
    assert_int_equal(taken, 1000);
    close_rig(r);
}

/* Between the calls of a round, entries come and go; whatever was stale at its start and stayed is found. */
static void test_sweep_while_the_wheel_turns(void **state)
{
    static struct asked a;
    struct rig *r = open_at(NEAR_WRAP, MOST);
    uint32_t cursor = 0, ids[5], fresh = 0;
    uint64_t surfaced;

    (void)state;
    a = (struct asked){.rig = r, .stale_from = 1000};
    for (uint32_t id = 0; id < 1000; id++)
        add(r, 1000 + id, some_tick(r));
    do {
        wheel_sweep(&r->w, &cursor, 30, is_stale, &a);
        collect(r, r->cur + 100, ids, 5, &surfaced);
        for (int i = 0; i < 5; i++)
            add(r, fresh++, some_tick(r));
        assert_in_range(fresh, 0, 999);
    } while (cursor);
    for (uint32_t i = 0; i < r->count; i++)
        assert_in_range(r->model[i].id, 0, 999);
    close_rig(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_at_their_edges),
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_full_in_the_worst_spread),
        cmocka_unit_test(test_a_slot_needs_no_more_chunks_than_it_must),
        cmocka_unit_test(test_clock_jump_of_hours),
        cmocka_unit_test(test_clock_that_steps_back_changes_nothing),
        cmocka_unit_test(test_nothing_lands_in_a_slot_that_drains),
        cmocka_unit_test(test_an_earlier_deadline_after_a_later_one_fires_in_time),
        cmocka_unit_test(test_lazy_owners_fire_exactly_in_time),
        cmocka_unit_test(test_sweep_takes_out_the_stale_and_nothing_else),
        cmocka_unit_test(test_sweep_empties_a_slot),
        cmocka_unit_test(test_sweep_while_the_wheel_turns),
    };

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
