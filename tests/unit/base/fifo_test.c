/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Queues of ids: in order, over many chunks, joined, looked at without being changed, and never in want of a
 * chunk however they are joined. The last test plays against plain arrays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/fifo.h"

enum { IDS = 100, QUEUES = 6, SEED = 20261123 };

static struct fifo_store store;
static struct fifo queue[QUEUES];
static void *memory;

static int set_up(void **state)
{
    (void)state;
    memory = aligned_alloc(64, (fifo_need(IDS, QUEUES) + 63) & ~(size_t)63);
    assert_non_null(memory);
    fifo_init(&store, memory, IDS, QUEUES);
    memset(queue, 0, sizeof queue);
    return 0;
}

/* All queues are emptied; all chunks that were ever used are free again. */
static int tear_down(void **state)
{
    uint32_t id, chunks = 0;

    (void)state;
    for (unsigned i = 0; i < QUEUES; i++) {
        while (fifo_pop(&store, &queue[i], &id))
            ;
        assert_true(!queue[i].count && !queue[i].first && !queue[i].last);
    }
    for (uint32_t at = store.free; at; at = store.chunks[at - 1].next)
        chunks++;
    assert_int_equal(chunks, store.fresh);
    assert_in_range(store.fresh, 0, store.total);
    free(memory);
    return 0;
}

static void pops(struct fifo *f, uint32_t want)
{
    uint32_t id = UINT32_MAX;

    assert_true(fifo_pop(&store, f, &id));
    assert_int_equal(id, want);
}

static void test_first_in_first_out(void **state)
{
    uint32_t id = 77;

    (void)state;
    assert_false(fifo_pop(&store, &queue[0], &id));
    assert_int_equal(id, 77);
    for (uint32_t i = 0; i < 40; i++)
        fifo_push(&store, &queue[0], 1000 - i);
    assert_int_equal(queue[0].count, 40);
    for (uint32_t i = 0; i < 40; i++)
        pops(&queue[0], 1000 - i);
    assert_false(fifo_pop(&store, &queue[0], &id));
}

static void test_looking_changes_nothing(void **state)
{
    struct fifo_cursor cursor = {0};
    uint32_t id;

    (void)state;
    assert_false(fifo_look(&store, &queue[0], &cursor, &id));
    for (uint32_t i = 0; i < 30; i++)
        fifo_push(&store, &queue[0], i);
    pops(&queue[0], 0);
    cursor = (struct fifo_cursor){0};
    for (uint32_t i = 1; i < 30; i++) {
        assert_true(fifo_look(&store, &queue[0], &cursor, &id));
        assert_int_equal(id, i);
    }
    assert_false(fifo_look(&store, &queue[0], &cursor, &id));
    for (uint32_t i = 1; i < 30; i++)
        pops(&queue[0], i);
}

static void test_joined_in_front(void **state)
{
    (void)state;
    fifo_join(&store, &queue[0], &queue[1]); /* nothing to nothing */
    for (uint32_t i = 0; i < 20; i++)
        fifo_push(&store, &queue[1], i);
    fifo_join(&store, &queue[0], &queue[1]); /* to nothing */
    assert_int_equal(queue[0].count, 20);
    assert_int_equal(queue[1].count, 0);
    fifo_push(&store, &queue[1], 100);
    fifo_join(&store, &queue[0], &queue[1]);
    fifo_push(&store, &queue[0], 200);
    pops(&queue[0], 100);
    for (uint32_t i = 0; i < 20; i++)
        pops(&queue[0], i);
    pops(&queue[0], 200);
}

/* The store holds, however often a queue is joined into: queues of one id, and queues of which one is left.
 */
static void test_many_seams_cost_no_more_chunks(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < IDS; i++) {
        fifo_push(&store, &queue[1], i);
        fifo_join(&store, &queue[0], &queue[1]);
        assert_in_range(store.fresh, 0, store.total);
    }
    assert_int_equal(store.fresh, 9); /* 14 ids each, and the one that joins */
    for (uint32_t i = 0; i < IDS; i++)
        pops(&queue[0], IDS - 1 - i);
    for (uint32_t i = 0; i < IDS - FIFO_CHUNK_IDS; i++) {
        for (uint32_t k = 0; k < FIFO_CHUNK_IDS; k++)
            fifo_push(&store, &queue[1], k);
        fifo_join(&store, &queue[0], &queue[1]);
        for (uint32_t k = 0; k + 1 < FIFO_CHUNK_IDS; k++)
            pops(&queue[0], k);
        assert_in_range(store.fresh, 0, store.total);
    }
    for (uint32_t i = 0; i < IDS - FIFO_CHUNK_IDS; i++)
        pops(&queue[0], FIFO_CHUNK_IDS - 1);
}

static uint64_t seed = SEED;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static struct model {
    uint32_t ids[IDS], count;
} model[QUEUES];

static void put(unsigned q, uint32_t id)
{
    fifo_push(&store, &queue[q], id);
    model[q].ids[model[q].count++] = id;
}

static uint32_t take(unsigned q)
{
    uint32_t id = model[q].ids[0];

    pops(&queue[q], id);
    memmove(model[q].ids, model[q].ids + 1, --model[q].count * sizeof id);
    return id;
}

static void join(unsigned to, unsigned from)
{
    uint32_t all[IDS];

    memcpy(all, model[from].ids, model[from].count * sizeof *all);
    memcpy(all + model[from].count, model[to].ids, model[to].count * sizeof *all);
    model[to].count += model[from].count;
    model[from].count = 0;
    memcpy(model[to].ids, all, sizeof all);
    fifo_join(&store, &queue[to], &queue[from]);
}

/* Ids that are nowhere, as connections that owe nothing, go in, wander and come out. */
static void test_random_queues(void **state)
{
    uint32_t idle[IDS], idles = IDS;

    (void)state;
    memset(model, 0, sizeof model);
    for (uint32_t i = 0; i < IDS; i++)
        idle[i] = i;
    for (unsigned round = 0; round < 300000; round++) {
        unsigned a = draw(QUEUES), b = draw(QUEUES);
        const unsigned joins = round / 10000 % 2 ? 20 : 3; /* few, and many */

        if (draw(joins) == 0 && a != b)
            join(a, b);
        else if (idles && draw(2))
            put(a, idle[--idles]);
        else if (model[a].count)
            idle[idles++] = take(a);
        assert_int_equal(queue[a].count, model[a].count);
        assert_in_range(store.fresh, 0, store.total);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_in_first_out), TEST(test_looking_changes_nothing),
        TEST(test_joined_in_front),    TEST(test_many_seams_cost_no_more_chunks),
        TEST(test_random_queues),
    };

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
