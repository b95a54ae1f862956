/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base/slab against a model that knows who owns each 64 bytes: three pools of unlike sizes take and give at
 * random, up to exhaustion and back. Each item is full of its own pattern while it is out, so that one that
 * overlaps another, or that the pools write into, shows when it comes back.
 */
#include "base/slab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { POOLS = 3, BUDGET = 5 * SLAB_BYTES + 1000, ITEMS_MAX = BUDGET / 256 + 1 };

static const uint32_t sizes[POOLS] = {256, 2048, 512};

static uint64_t random_state;

static uint32_t draw(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33);
}

struct rig {
    struct slabs slabs;
    struct pool pools[POOLS];
    void *memory;
    uint32_t ids[POOLS][ITEMS_MAX], out[POOLS];
    size_t out_bytes, peak_bytes;
    uint64_t refused;
};

static size_t whole(size_t n)
{
    return (n + 63) / 64 * 64;
}

static struct rig *set_up(void)
{
    struct rig *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->memory = aligned_alloc(64, slab_need(BUDGET, POOLS));
    assert_non_null(r->memory);
    memset(r->memory, 0x5a, slab_need(BUDGET, POOLS));
    slab_init(&r->slabs, r->memory, BUDGET, POOLS);
    for (int i = 0; i < POOLS; i++)
        slab_pool(&r->pools[i], &r->slabs, sizes[i]);
    return r;
}

/* How many of the slabs hold no item, as the items that are out tell. */
static uint32_t slabs_without_items(const struct rig *r)
{
    bool holds[64] = {false};
    uint32_t n = r->slabs.total;

    for (int i = 0; i < POOLS; i++) {
        for (uint32_t k = 0; k < r->out[i]; k++) {
            bool *slab = &holds[(r->ids[i][k] - 1) / SLAB_UNITS];

            n -= !*slab;
            *slab = true;
        }
    }
    return n;
}

/* A pool's list: linked both ways, each slab neither full nor, unless it is alone, empty. */
static void check_room(const struct slabs *s, const struct pool *p)
{
    uint32_t prev = 0;

    for (uint32_t slab = p->room; slab != 0; prev = slab, slab = s->info[slab - 1].next) {
        const struct slab_info *info = &s->info[slab - 1];

        assert_int_equal(info->prev, prev);
        assert_true(info->used < p->per_slab);
        assert_true(info->used > 0 || (info->prev == 0 && info->next == 0));
    }
}

static void check_counts(const struct rig *r)
{
    for (int i = 0; i < POOLS; i++) {
        assert_int_equal(r->pools[i].used, r->out[i]);
        check_room(&r->slabs, &r->pools[i]);
    }
    assert_int_equal(r->slabs.used_bytes, r->out_bytes);
    assert_int_equal(r->slabs.peak_bytes, r->peak_bytes);
    assert_int_equal(r->slabs.full, r->refused);
}

/* A take, into the model. False: refused, as it had to be. */
static bool take(struct rig *r, int pool)
{
    const uint32_t id = slab_take(&r->pools[pool]);
    const uint32_t *words;

    if (id == 0) {
        r->refused++;
        /* Either for the budget, or because each empty slab left stands with another pool. */
        if (r->out_bytes + sizes[pool] <= BUDGET)
            assert_true(slabs_without_items(r) <= POOLS - 1);
        return false;
    }
    words = slab_at(&r->slabs, id);
    assert_true((uintptr_t)words % 64 == 0);
    assert_true((const uint8_t *)words >= r->slabs.region);
    assert_true((const uint8_t *)words + sizes[pool] <= (uint8_t *)r->memory + slab_need(BUDGET, POOLS));
    for (uint32_t i = 0; i < sizes[pool] / 4; i++)
        ((uint32_t *)slab_at(&r->slabs, id))[i] = id;
    r->ids[pool][r->out[pool]++] = id;
    r->out_bytes += sizes[pool];
    if (r->out_bytes > r->peak_bytes)
        r->peak_bytes = r->out_bytes;
    assert_true(r->out_bytes <= BUDGET);
    return true;
}

static void give(struct rig *r, int pool, uint32_t which)
{
    const uint32_t id = r->ids[pool][which];
    const uint32_t *words = slab_at(&r->slabs, id);

    for (uint32_t i = 0; i < sizes[pool] / 4; i++)
        assert_int_equal(words[i], id);
    slab_give(&r->pools[pool], id);
    r->ids[pool][which] = r->ids[pool][--r->out[pool]];
    r->out_bytes -= sizes[pool];
}

static void give_all(struct rig *r, int pool)
{
    while (r->out[pool] > 0)
        give(r, pool, draw() % r->out[pool]);
}

/* Every slab is untouched, in the free list, or the one empty slab that a pool keeps; none is lost or twice.
 */
static void check_all_free(const struct rig *r)
{
    const struct slabs *s = &r->slabs;
    uint32_t n = s->total - s->fresh;

    for (uint32_t slab = s->free; slab != 0; slab = s->info[slab - 1].next)
        assert_true(++n <= s->total);
    for (int i = 0; i < POOLS; i++) {
        if (r->pools[i].room == 0)
            continue;
        assert_int_equal(s->info[r->pools[i].room - 1].used, 0);
        assert_int_equal(s->info[r->pools[i].room - 1].next, 0);
        n++;
    }
    assert_int_equal(n, s->total);
    assert_int_equal(s->used_bytes, 0);
}

static void tear_down(struct rig *r)
{
    for (int i = 0; i < POOLS; i++)
        give_all(r, i);
    check_counts(r);
    check_all_free(r);
    free(r->memory);
    free(r);
}

/* Takes until refused: all of the budget but what is less than an item. */
static void take_all(struct rig *r, int pool)
{
    while (take(r, pool))
        ;
    assert_true(BUDGET - r->out_bytes < sizes[pool]);
}

static void random_takes_and_gives_to_exhaustion_and_back(void **state)
{
    struct rig *r = set_up();

    (void)state;
    for (int round = 0; round < 40; round++) {
        const uint32_t bias = round % 2 == 0 ? 70 : 30; /* per cent of takes: up, then down */

        for (int i = 0; i < 3000; i++) {
            const int pool = (int)(draw() % POOLS);

            if (draw() % 100 < bias)
                take(r, pool);
            else if (r->out[pool] > 0)
                give(r, pool, draw() % r->out[pool]);
            check_counts(r);
        }
        if (round % 2 == 0)
            assert_true(r->refused > 0);
    }
    tear_down(r);
}

static void any_pool_gets_the_whole_budget_after_any_other(void **state)
{
    struct rig *r = set_up();

    (void)state;
    for (int i = 0; i < 12; i++) {
        take_all(r, i % POOLS);
        check_counts(r);
        give_all(r, i % POOLS);
        check_all_free(r);
    }
    tear_down(r);
}

static void half_used_slabs_do_not_eat_the_budget_of_others(void **state)
{
    (void)state;
    for (int pool = 0; pool < POOLS; pool++) {
        struct rig *r = set_up();

        for (int i = 0; i < POOLS; i++) {
            take(r, i);
            take(r, i);
            give(r, i, 0);
        }
        take_all(r, pool);
        tear_down(r);
    }
}

static void an_empty_slab_kept_does_not_eat_the_budget_of_others(void **state)
{
    struct rig *r = set_up();

    (void)state;
    /* The first pool keeps an empty slab, then gets room in another: the empty one has to go. */
    for (uint32_t i = 0; i < SLAB_BYTES / sizes[0] + 1; i++)
        take(r, 0);
    give(r, 0, SLAB_BYTES / sizes[0]);
    assert_int_equal(r->slabs.free, 0);
    give(r, 0, 0);
    assert_int_not_equal(r->slabs.free, 0);
    take_all(r, 1);
    tear_down(r);
}

/* What slab.h says of the limit of this: one item in each of 6 slabs leaves 3 of the 9 to another pool. */
static void scattered_items_hold_their_slabs(void **state)
{
    struct rig *r = set_up();
    uint32_t kept = 0;

    (void)state;
    take_all(r, 0);
    for (uint32_t i = r->out[0]; i-- > 0;) {
        if (r->ids[0][i] % SLAB_UNITS == 1)
            kept++;
        else
            give(r, 0, i);
    }
    assert_int_equal(kept, 6);
    while (take(r, 1))
        ;
    assert_int_equal(r->out[1], 3 * SLAB_BYTES / 2048);
    check_counts(r);
    give_all(r, 0);
    take_all(r, 1);
    tear_down(r);
}

static void up_and_down_by_one_keeps_its_slab(void **state)
{
    struct rig *r = set_up();
    uint32_t first;

    (void)state;
    take(r, 1);
    first = r->ids[1][0];
    for (int i = 0; i < 10; i++) {
        give(r, 1, 0);
        assert_int_equal(r->slabs.free, 0);
        take(r, 1);
        assert_int_equal(r->ids[1][0], first);
    }
    tear_down(r);
}

static void last_given_is_first_taken(void **state)
{
    struct rig *r = set_up();
    uint32_t ids[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        ids[i] = slab_take(&r->pools[0]);
    slab_give(&r->pools[0], ids[1]);
    slab_give(&r->pools[0], ids[3]);
    slab_give(&r->pools[0], ids[0]);
    assert_int_equal(slab_take(&r->pools[0]), ids[0]);
    assert_int_equal(slab_take(&r->pools[0]), ids[3]);
    assert_int_equal(slab_take(&r->pools[0]), ids[1]);
    for (int i = 0; i < 4; i++)
        slab_give(&r->pools[0], ids[i]);
    r->peak_bytes = 4 * 256;
    tear_down(r);
}

static void nothing_is_touched_before_it_is_used(void **state)
{
    struct rig *r = set_up();
    const uint8_t *end = (const uint8_t *)r->memory + slab_need(BUDGET, POOLS);

    (void)state;
    for (int i = 0; i < 5; i++)
        take(r, 1);
    for (int i = 0; i < 5; i++)
        give(r, 1, 0);
    for (int i = 0; i < 3; i++)
        take(r, 1);
    for (const uint8_t *at = r->slabs.region + 5 * (size_t)sizes[1]; at < end; at++)
        assert_int_equal(*at, 0x5a);
    for (const uint8_t *at = (const uint8_t *)(r->slabs.info + 1); at < r->slabs.region; at++)
        assert_int_equal(*at, 0x5a);
    tear_down(r);
}

static void ids_are_places_and_zero_is_none(void **state)
{
    struct rig *r = set_up();

    (void)state;
    take(r, 1);
    take(r, 1);
    take(r, 2);
    assert_int_equal(r->ids[1][0], 1);
    assert_int_equal(r->ids[1][1], 1 + 2048 / 64);
    assert_int_equal(r->ids[2][0], 1 + SLAB_UNITS);
    assert_ptr_equal(slab_at(&r->slabs, 1), r->slabs.region);
    assert_ptr_equal(slab_at(&r->slabs, 1 + SLAB_UNITS), r->slabs.region + SLAB_BYTES);
    tear_down(r);
}

static void items_of_a_whole_slab(void **state)
{
    struct rig *r = set_up();
    struct pool big;
    uint32_t ids[5];

    (void)state;
    slab_pool(&big, &r->slabs, SLAB_BYTES);
    for (int i = 0; i < 5; i++)
        assert_int_not_equal(ids[i] = slab_take(&big), 0);
    assert_int_equal(slab_take(&big), 0);
    for (int i = 0; i < 5; i++)
        slab_give(&big, ids[i]);
    assert_int_equal(r->slabs.info[big.room - 1].used, 0);
    assert_int_equal(r->slabs.info[big.room - 1].next, 0);
    assert_int_equal(r->slabs.used_bytes, 0);
    assert_int_equal(r->slabs.peak_bytes, 5 * SLAB_BYTES);
    assert_int_equal(r->slabs.full, 1);
    free(r->memory);
    free(r);
}

static void need_is_slabs_and_what_is_known_of_them(void **state)
{
    (void)state;
    assert_int_equal(slab_need(0, 0), 0);
    assert_int_equal(slab_need(1, 0), SLAB_BYTES + whole(sizeof(struct slab_info)));
    assert_int_equal(slab_need(SLAB_BYTES, 0), SLAB_BYTES + whole(sizeof(struct slab_info)));
    assert_int_equal(slab_need(SLAB_BYTES + 1, 3), 5 * SLAB_BYTES + whole(5 * sizeof(struct slab_info)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_takes_and_gives_to_exhaustion_and_back),
        cmocka_unit_test(any_pool_gets_the_whole_budget_after_any_other),
        cmocka_unit_test(half_used_slabs_do_not_eat_the_budget_of_others),
        cmocka_unit_test(an_empty_slab_kept_does_not_eat_the_budget_of_others),
        cmocka_unit_test(scattered_items_hold_their_slabs),
        cmocka_unit_test(up_and_down_by_one_keeps_its_slab),
        cmocka_unit_test(last_given_is_first_taken),
        cmocka_unit_test(nothing_is_touched_before_it_is_used),
        cmocka_unit_test(ids_are_places_and_zero_is_none),
        cmocka_unit_test(items_of_a_whole_slab),
        cmocka_unit_test(need_is_slabs_and_what_is_known_of_them),
    };
    const char *seed = getenv("SEED");

    random_state = seed != NULL ? strtoull(seed, NULL, 0) : 1;
    printf("SEED=%llu\n", (unsigned long long)random_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
