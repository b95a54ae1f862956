/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tcp/budget: how much a queue may take at each place of the budget. 1 MiB, and 64 connections at most, for
 * each of which a kibibyte lies in front of the last line: lines at 524,288, 786,432 and 983,040, and nothing
 * but small chunks from 917,504 on.
 */
#include "fixture.h"

#include "tcp/budget.h"

enum { MIB = 1 << 20 };

static int begin(void **state)
{
    (void)state;
    set_up_sized(64, MIB);
    return 0;
}

static void test_a_quarter_of_what_is_left(void **state)
{
    static const struct {
        size_t used, line;
        uint32_t charged, part;
    } rows[] = {
        {0, 524288, 0, 130048},         /* all of a quarter */
        {0, 524288, 131071, 2032},      /* if any, a large chunk at least */
        {0, 524288, 131072, 0},         /* that is the quarter */
        {262144, 524288, 0, 65024},     /* the quarter shrinks */
        {262144, 524288, 40000, 25337}, /* and with it what is missing to it; */
        {262144, 524288, 70000, 0},     /* what one has, one has */
        {524284, 524288, 0, 4064},      /* nothing is left: two large chunks */
        {524288, 524288, 2048, 2032},   /* in all */
        {524288, 524288, 4096, 0},      /* and no more, */
        {917503, 524288, 0, 4064},      /* nearly to the end; */
        {917504, 524288, 0, 240},       /* a small one from here on, */
        {917504, 524288, 256, 0},       /* one only, */
        {983040, 524288, 0, 240},       /* up to the last line */
        {983041, 524288, 0, 0},         /* behind it are active blocks */
        {1048576, 524288, 0, 0},        /* and the end */
        {524288, 786432, 0, 65024},     /* a queue with another line has something left */
        {786431, 786432, 4096, 0},      /* until that comes */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct queue q = {.charged = rows[i].charged};

        fx.slabs.used_bytes = rows[i].used;
        assert_int_equal(budget_part(&fx.s, rows[i].line, &q), rows[i].part);
    }
    fx.slabs.used_bytes = 0;
    assert_int_equal(budget_send_line(&fx.s), 524288);
    assert_int_equal(budget_receive_line(&fx.s), 786432);
}

/* Islands have no first chunk. */
static void test_islands_wait_for_memory(void **state)
{
    (void)state;
    fx.slabs.used_bytes = 524284;
    assert_true(budget_may_wait(&fx.s, 1));
    assert_false(budget_may_wait(&fx.s, 2));
    fx.slabs.used_bytes = 524288;
    assert_false(budget_may_wait(&fx.s, 0));
    fx.slabs.used_bytes = 0;
}

static void test_ample_is_what_full_queues_cannot_use_up(void **state)
{
    (void)state;
    fx.s.config.receive_bytes_max = 40000;
    fx.s.config.send_bytes_max = 64000;
    budget_init(&fx.s);
    assert_int_equal(fx.s.ample_bytes, 524288 - 4 * 72000);
    fx.slabs.used_bytes = fx.s.ample_bytes;
    assert_true(conn_memory_is_ample(&fx.s));
    fx.slabs.used_bytes++;
    assert_false(conn_memory_is_ample(&fx.s));
    assert_true(budget_part(&fx.s, budget_send_line(&fx.s), NULL) >= 64000);
    fx.slabs.used_bytes = 0;
    fx.s.config.send_bytes_max = 1 << 30;
    budget_init(&fx.s);
    assert_int_equal(fx.s.ample_bytes, 0);
}

static void test_what_enters_a_send_queue(void **state)
{
    static const struct {
        size_t used;
        uint32_t send, lend, move;
    } rows[] = {
        {0, 65536, 65536, 65536},     /* the connection's own limit */
        {500000, 6025, 65536, 65536}, /* what is lent costs 64 bytes for each 65,535 */
        {600000, 4064, 65536, 46608}, /* what is moved is here already */
        {920000, 240, 65536, 2032},
        {1000000, 0, 0, 2032}, /* and a queue that is empty takes it in any case */
    };
    struct conn *c = conn_in(CONN_ESTABLISHED);
    size_t used = fx.slabs.used_bytes;

    (void)state;
    fx.s.ample_bytes = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        fx.slabs.used_bytes = rows[i].used;
        assert_int_equal(budget_send_room(&fx.s, c, BUDGET_SEND), rows[i].send);
        assert_int_equal(budget_send_room(&fx.s, c, BUDGET_LEND), rows[i].lend);
        assert_int_equal(budget_send_room(&fx.s, c, BUDGET_MOVE), rows[i].move);
    }
    fx.slabs.used_bytes = used;
}

/* The block that bytes in their turn need counts before them: 260 bytes would be a share that is worth a
 * large chunk, the 164 that are left are not. */
static void test_the_block_counts_before_the_bytes(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    fx.slabs.budget_bytes = 4096;
    fx.slabs.used_bytes += 2032;
    in(c, ". 1:1001 ack 1");
    fx.slabs.used_bytes -= 2032;
    fx.slabs.budget_bytes = MIB;
    assert_int_equal(conn_unread(&fx.s, c), 240);
    abandon(c);
}

/* The sizes are what the documentation says. */
static void test_true_sizes(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct conn), 128);
    assert_int_equal(sizeof(struct conn_cold), 64);
    assert_int_equal(CONN_ACTIVE_BYTES, 384);
    assert_int_equal(QUEUE_SMALL, 256);
    assert_int_equal(QUEUE_LARGE, 2048);
    assert_int_equal(QUEUE_LENT, 64);
    assert_int_equal(sizeof(struct listen_syn), 64);
    assert_int_equal(sizeof(struct timewait), 48);
}

#undef TEST
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_a_quarter_of_what_is_left),
        TEST(test_islands_wait_for_memory),
        TEST(test_ample_is_what_full_queues_cannot_use_up),
        TEST(test_what_enters_a_send_queue),
        TEST(test_the_block_counts_before_the_bytes),
        TEST(test_true_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
