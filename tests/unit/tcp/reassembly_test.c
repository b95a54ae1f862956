/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes ahead of their turn: kept once, in order, handed on when their turn comes, told of by SACK (RFC 2018
 * 4, RFC 2883 4), and never more than there is room for. The last test plays a hundred thousand segments
 * against a map of bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tcp/reassembly.h"

enum { BUDGET = 1 << 20, SEED = 20261123, SPACE = 4096 };

#define NXT 0xfffff000u /* RCV.NXT at first: the numbers turn over in the middle */

static struct {
    struct slabs slabs;
    struct array_pools arrays;
    struct queue_pools queues;
    struct reassembly r;
    struct queue recv;
    void *memory;
    uint32_t nxt; /* counted from NXT */
    uint32_t dup_at, dup_len;
} fx;

static int set_up_with(size_t budget)
{
    memset(&fx, 0, sizeof fx);
    fx.memory = aligned_alloc(64, slab_need(budget, 6));
    assert_non_null(fx.memory);
    slab_init(&fx.slabs, fx.memory, budget, 6);
    array_pools_init(&fx.arrays, &fx.slabs);
    queue_pools_init(&fx.queues, &fx.slabs);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_with(BUDGET);
}

static int tear_down(void **state)
{
    (void)state;
    reassembly_clear(&fx.r, &fx.arrays, &fx.queues);
    queue_clear(&fx.recv, &fx.queues);
    assert_int_equal(fx.slabs.used_bytes, 0);
    free(fx.memory);
    return 0;
}

static uint8_t byte_at(uint32_t number)
{
    return (uint8_t)(number * 31 ^ number >> 7);
}

/* Bytes from..to arrive, numbered from NXT. */
static enum drop keep(uint32_t from, uint32_t to)
{
    uint8_t *bytes = malloc(to - from);
    enum drop result;
    seq32 dup = seq_of(0);

    assert_non_null(bytes);
    for (uint32_t i = from; i < to; i++)
        bytes[i - from] = byte_at(i);
    result = reassembly_keep(&fx.r, &fx.arrays, &fx.queues, seq_of(NXT + from), bytes, to - from, &dup,
                             &fx.dup_len);
    fx.dup_at = dup.v - NXT;
    free(bytes);
    return result;
}

/* RCV.NXT reaches that number: the bytes that become readable are right. Returns how many. */
static uint32_t reach(uint32_t number)
{
    uint32_t n, at;

    fx.nxt = number;
    n = reassembly_reached(&fx.r, &fx.arrays, &fx.queues, &fx.recv, seq_of(NXT + number));
    assert_int_equal(fx.recv.bytes, n);
    for (at = 0; at < n; at++) {
        uint8_t byte;

        queue_copy(&fx.recv, &fx.queues, at, &byte, 1);
        assert_int_equal(byte, byte_at(number + at));
    }
    queue_clear(&fx.recv, &fx.queues);
    fx.nxt += n;
    return n;
}

/* The SACK blocks, as text. */
static const char *told(unsigned max)
{
    static char text[120];
    struct tcp_sack_block blocks[8];
    unsigned n = reassembly_blocks(&fx.r, &fx.arrays, blocks, max);
    char *at = text;

    *at = 0;
    for (unsigned i = 0; i < n; i++)
        at += sprintf(at, "%s%u:%u", i ? " " : "", blocks[i].left.v - NXT, blocks[i].right.v - NXT);
    return text;
}

static void test_a_hole_is_filled(void **state)
{
    (void)state;
    assert_int_equal(keep(100, 200), DROP_NONE);
    assert_int_equal(reach(50), 0);
    assert_int_equal(reach(100), 100);
    assert_false(reassembly_any(&fx.r));
}

static void test_what_rcv_nxt_has_passed_is_dropped(void **state)
{
    (void)state;
    keep(100, 200);
    keep(300, 400);
    assert_int_equal(reach(350), 50);
    assert_false(reassembly_any(&fx.r));
}

static void test_islands_meet_from_either_side_and_in_the_middle(void **state)
{
    (void)state;
    keep(100, 200);
    keep(200, 300); /* behind */
    keep(50, 100);  /* in front */
    assert_string_equal(told(4), "50:300");
    keep(400, 500);
    assert_string_equal(told(4), "400:500 50:300");
    keep(300, 400); /* between */
    assert_string_equal(told(4), "50:500");
    assert_int_equal(reach(50), 450);
}

static void test_a_segment_over_several_islands(void **state)
{
    (void)state;
    keep(100, 200);
    keep(300, 400);
    keep(500, 600);
    assert_int_equal(keep(50, 700), DROP_NONE);
    assert_string_equal(told(4), "50:700");
    assert_int_equal(fx.dup_at, 100);
    assert_int_equal(fx.dup_len, 100);
    assert_int_equal(reach(50), 650);
}

/* RFC 2018 4: the block of the segment that caused the ACK first, then those last reported. */
static void test_order_of_blocks(void **state)
{
    (void)state;
    keep(1000, 1100);
    assert_string_equal(told(3), "1000:1100");
    keep(3000, 3100);
    assert_string_equal(told(3), "3000:3100 1000:1100");
    keep(2000, 2100);
    assert_string_equal(told(3), "2000:2100 3000:3100 1000:1100");
    keep(500, 600);
    assert_string_equal(told(3), "500:600 2000:2100 3000:3100");
    assert_string_equal(told(4), "500:600 2000:2100 3000:3100 1000:1100");
    keep(3100, 3200);
    assert_string_equal(told(3), "3000:3200 500:600 2000:2100");
    assert_string_equal(told(1), "3000:3200");
    assert_string_equal(told(0), "");
}

/* RFC 2018 7, case 2: the first of eight segments of 500 bytes is lost, and case 3: the second, fourth, ...
 */
static void test_examples_of_the_rfc(void **state)
{
    (void)state;
    keep(500, 1000);
    assert_string_equal(told(3), "500:1000");
    for (uint32_t at = 1000; at < 4000; at += 500)
        keep(at, at + 500);
    assert_string_equal(told(3), "500:4000");
    assert_int_equal(reach(500), 3500);
    keep(5000, 5500);
    assert_string_equal(told(3), "5000:5500");
    keep(6000, 6500);
    assert_string_equal(told(3), "6000:6500 5000:5500");
    keep(7000, 7500);
    assert_string_equal(told(3), "7000:7500 6000:6500 5000:5500");
}

/* RFC 2883 4.1.3 and 4.2: which bytes came twice. */
static void test_duplicates_are_found(void **state)
{
    (void)state;
    keep(1000, 1500);
    assert_int_equal(fx.dup_len, 0);
    keep(1000, 1500);
    assert_int_equal(fx.dup_at, 1000);
    assert_int_equal(fx.dup_len, 500);
    keep(900, 1200);
    assert_int_equal(fx.dup_at, 1000);
    assert_int_equal(fx.dup_len, 200);
    keep(1400, 1700);
    assert_int_equal(fx.dup_at, 1400);
    assert_int_equal(fx.dup_len, 100);
}

static void test_two_hundred_islands_and_no_more(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < REASSEMBLY_ISLANDS; i++)
        assert_int_equal(keep(10 + i * 10, 15 + i * 10), DROP_NONE);
    assert_int_equal(keep(5, 8), DROP_REASSEMBLY);
    assert_int_equal(keep(15, 17), DROP_NONE); /* behind one that is there */
    assert_int_equal(keep(18, 20), DROP_NONE); /* in front of one */
    assert_int_equal(keep(17, 18), DROP_NONE); /* joins two */
    assert_int_equal(keep(5, 8), DROP_NONE);
}

/* A megabyte in single bytes, backwards: no chunk for each. */
static void test_single_bytes_do_not_cost_a_chunk_each(void **state)
{
    (void)state;
    for (uint32_t i = 4000; i > 10; i--)
        assert_int_equal(keep(i - 1, i), DROP_NONE);
    assert_in_range(fx.slabs.used_bytes, 4000, 4 * 4000 + ARRAY_SMALL);
    assert_int_equal(reach(10), 3990);
}

static void test_no_memory_loses_nothing_that_was_kept(void **state)
{
    uint32_t kept = 0;

    tear_down(state);
    set_up_with(4096);
    for (uint32_t i = 0; i < 40; i++)
        kept += keep(100 + i * 300, 200 + i * 300) == DROP_NONE;
    assert_in_range(kept, 5, 20);
    for (uint32_t i = 0; i < kept; i++)
        assert_int_equal(reach(100 + i * 300), 100);
    assert_false(reassembly_any(&fx.r));
}

/* ---- against a map of bytes */

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static void agree(const bool *map)
{
    struct tcp_sack_block blocks[REASSEMBLY_ISLANDS + 4];
    unsigned n = reassembly_blocks(&fx.r, &fx.arrays, blocks, REASSEMBLY_ISLANDS);
    uint32_t held = 0, said = 0;

    for (uint32_t i = 0; i < SPACE; i++)
        held += map[i];
    assert_int_equal(n, fx.r.islands.count);
    for (unsigned i = 0; i < n; i++) {
        uint32_t left = blocks[i].left.v - NXT, right = blocks[i].right.v - NXT;

        said += right - left;
        for (uint32_t at = left; at < right; at++)
            assert_true(map[at % SPACE]);
    }
    assert_int_equal(said, held);
}

static void play(size_t budget, unsigned rounds)
{
    static bool map[SPACE]; /* by number modulo SPACE: what is held */

    memset(map, 0, sizeof map);
    set_up_with(budget);
    fx.nxt = 0;
    for (unsigned round = 0; round < rounds; round++) {
        uint32_t from = fx.nxt + 1 + draw(SPACE - 200), to = from + 1 + draw(draw(4) ? 180 : 8);
        struct tcp_sack_block block;

        if (draw(12)) {
            enum drop result = keep(from, to);
            bool whole = result == DROP_NONE;

            for (uint32_t i = from; i < to; i++) {
                bool now = whole || map[i % SPACE];
                unsigned n = 0;

                if (!now) { /* kept in part: what is there is what the blocks say */
                    struct tcp_sack_block all[REASSEMBLY_ISLANDS];

                    n = reassembly_blocks(&fx.r, &fx.arrays, all, REASSEMBLY_ISLANDS);
                    for (unsigned k = 0; k < n; k++)
                        now |= i >= all[k].left.v - NXT && i < all[k].right.v - NXT;
                }
                map[i % SPACE] = now;
            }
            if (whole) {
                assert_int_equal(reassembly_blocks(&fx.r, &fx.arrays, &block, 1), 1);
                assert_true(block.left.v - NXT <= from && to <= block.right.v - NXT);
            }
        } else {
            uint32_t next = fx.nxt + 1 + draw(300), was = fx.nxt, n, run = 0;

            while (map[(next + run) % SPACE] && run < SPACE)
                run++;
            n = reach(next);
            assert_int_equal(n, run);
            for (uint32_t i = was; i < next + n; i++)
                map[i % SPACE] = false;
        }
        if (round % 16 == 0)
            agree(map);
    }
    tear_down(NULL);
}

static void test_random_segments(void **state)
{
    tear_down(state);
    seed = SEED;
    play(BUDGET, 60000);
    play(8192, 40000); /* hardly any memory */
    set_up(state);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_hole_is_filled),
        TEST(test_what_rcv_nxt_has_passed_is_dropped),
        TEST(test_islands_meet_from_either_side_and_in_the_middle),
        TEST(test_a_segment_over_several_islands),
        TEST(test_order_of_blocks),
        TEST(test_examples_of_the_rfc),
        TEST(test_duplicates_are_found),
        TEST(test_two_hundred_islands_and_no_more),
        TEST(test_single_bytes_do_not_cost_a_chunk_each),
        TEST(test_no_memory_loses_nothing_that_was_kept),
        TEST(test_random_segments),
    };

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
