/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base/queue against plain arrays: three queues share a budget of a few chunks, so that "full" is common, and
 * everything is done to them at random. What each step leaves must be the arrays' bytes, at a cost that is
 * the sum of the chunks.
 */
#include "base/queue.h"
#include "base/sum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { QUEUES = 3, BUDGET = 12 * QUEUE_LARGE + 600, SMALL_ROOM = 240, LARGE_ROOM = 2032 };

static uint64_t random_state;

static uint32_t draw(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33);
}

/* Up to max, but small, or just about what chunks hold, more often than by chance. */
static uint32_t draw_up_to(uint32_t max)
{
    static const uint32_t edges[] = {0, 1, 239, 240, 241, 255, 256, 257, 2031, 2032, 2033, 2272, 4064};
    uint32_t n = draw() % (max + 1);

    if (draw() % 3 == 0)
        n = draw() % 300;
    else if (draw() % 3 == 0)
        n = edges[draw() % (sizeof edges / sizeof *edges)];
    return n < max ? n : max;
}

/* A queue, a reader of it, and what it should hold. */
struct model {
    struct queue q;
    struct queue_cursor cursor;
    uint32_t read; /* where the reader stands */
    uint32_t len;
    uint8_t bytes[BUDGET];
};

struct rig {
    struct slabs slabs;
    struct queue_pools pools;
    void *memory;
    uint8_t next; /* of the bytes that are put in */
    struct model m[QUEUES];
};

static struct rig *set_up(void)
{
    struct rig *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->memory = aligned_alloc(64, slab_need(BUDGET, 2));
    assert_non_null(r->memory);
    memset(r->memory, 0xee, slab_need(BUDGET, 2));
    slab_init(&r->slabs, r->memory, BUDGET, 2);
    queue_pools_init(&r->pools, &r->slabs);
    return r;
}

static size_t budget_left(const struct rig *r)
{
    return r->slabs.budget_bytes - r->slabs.used_bytes;
}

static void forget_cursor(struct model *m)
{
    m->cursor = (struct queue_cursor){0, 0};
}

/* What holds after every step. */
static void check(const struct rig *r)
{
    const struct queue_pools *p = &r->pools;
    size_t charged = 0;

    for (int i = 0; i < QUEUES; i++) {
        const struct queue *q = &r->m[i].q;

        assert_int_equal(q->bytes, r->m[i].len);
        assert_int_equal(q->head == 0, q->bytes == 0);
        assert_int_equal(q->tail == 0, q->bytes == 0);
        assert_int_equal(q->charged % QUEUE_SMALL, 0);
        assert_int_equal(queue_front(q, p).len == 0, q->bytes == 0);
        charged += q->charged;
    }
    assert_int_equal(charged, p->small.used * QUEUE_SMALL + p->large.used * QUEUE_LARGE);
    assert_int_equal(charged, r->slabs.used_bytes);
}

static void check_bytes(const struct rig *r, const struct model *m)
{
    static uint8_t out[BUDGET];
    const struct view front = queue_front(&m->q, &r->pools);

    queue_copy(&m->q, &r->pools, 0, out, m->len);
    assert_memory_equal(out, m->bytes, m->len);
    assert_true(front.len <= m->len);
    assert_memory_equal(front.at, m->bytes, front.len);
}

static uint32_t append(struct rig *r, struct model *m, uint32_t len)
{
    static uint8_t data[2 * BUDGET];
    uint32_t n;

    for (uint32_t i = 0; i < len; i++)
        data[i] = (uint8_t)(r->next + i * 7);
    r->next = (uint8_t)(r->next + len * 7);
    n = queue_append(&m->q, &r->pools, data, len);
    assert_true(n <= len);
    if (n < len)
        assert_true(budget_left(r) < QUEUE_SMALL);
    memcpy(m->bytes + m->len, data, n);
    m->len += n;
    return n;
}

static void forget_front(struct model *m, uint32_t n)
{
    memmove(m->bytes, m->bytes + n, m->len - n);
    m->len -= n;
    m->read = m->read > n ? m->read - n : 0;
}

static void consume(struct rig *r, struct model *m, uint32_t n)
{
    queue_consume(&m->q, &r->pools, n, &m->cursor);
    forget_front(m, n);
}

/* Copies into a block of exactly that size and compares bytes and sum. */
static void copy_sum(const struct rig *r, struct model *m, uint32_t offset, uint32_t len,
                     struct queue_cursor *cursor)
{
    uint8_t *out = malloc(len + (len == 0));
    uint64_t sum;

    assert_non_null(out);
    sum = queue_copy_sum(&m->q, &r->pools, offset, out, len, cursor);
    assert_memory_equal(out, m->bytes + offset, len);
    assert_int_equal(sum_fold_total(sum), sum_bytes(m->bytes + offset, len));
    free(out);
}

static void copy(const struct rig *r, const struct model *m, uint32_t offset, uint32_t len)
{
    uint8_t *out = malloc(len + (len == 0));

    assert_non_null(out);
    queue_copy(&m->q, &r->pools, offset, out, len);
    assert_memory_equal(out, m->bytes + offset, len);
    free(out);
}

/* The reader goes on, as a sender does; now and then it goes back. */
static void read_on(const struct rig *r, struct model *m)
{
    uint32_t len;

    if (draw() % 8 == 0)
        m->read = draw() % (m->len + 1);
    len = draw_up_to(m->len - m->read);
    copy_sum(r, m, m->read, len, &m->cursor);
    m->read += len;
}

static uint32_t move(struct rig *r, struct model *to, struct model *from, uint32_t n)
{
    const uint32_t moved = queue_move(&to->q, &from->q, &r->pools, n);

    assert_true(moved <= n);
    if (moved < n)
        assert_true(budget_left(r) < QUEUE_SMALL);
    memcpy(to->bytes + to->len, from->bytes, moved);
    to->len += moved;
    forget_front(from, moved);
    forget_cursor(from);
    return moved;
}

/* An answer of len bytes comes for all that from holds, in its chunk if that can be. */
static bool refill(struct rig *r, struct model *to, struct model *from, uint32_t len)
{
    struct queue_chunk *c = queue_refillable(&to->q, &from->q, &r->pools, len);
    const size_t left = budget_left(r);
    uint8_t data[SMALL_ROOM];

    if (!c)
        return false;
    for (uint32_t i = 0; i < len; i++)
        to->bytes[i] = data[i] = (uint8_t)(r->next + i * 7);
    r->next = (uint8_t)(r->next + len * 7);
    queue_refill(&to->q, &from->q, c, data, len);
    assert_int_equal(budget_left(r), left);
    to->len = len;
    from->len = from->read = 0;
    forget_cursor(from);
    return true;
}

static void concat(struct rig *r, struct model *to, struct model *from)
{
    queue_concat(&to->q, &from->q, &r->pools);
    memcpy(to->bytes + to->len, from->bytes, from->len);
    to->len += from->len;
    from->len = from->read = 0;
    forget_cursor(from);
    assert_int_equal(from->q.charged, 0);
}

/* Each queue gives back to the budget exactly what it was charged. */
static void clear(struct rig *r, struct model *m)
{
    const size_t left = budget_left(r), charged = m->q.charged;

    queue_clear(&m->q, &r->pools);
    assert_int_equal(budget_left(r), left + charged);
    assert_int_equal(m->q.charged, 0);
    m->len = m->read = 0;
    forget_cursor(m);
}

static void tear_down(struct rig *r)
{
    for (int i = 0; i < QUEUES; i++) {
        check_bytes(r, &r->m[i]);
        clear(r, &r->m[i]);
    }
    check(r);
    assert_int_equal(r->pools.small.used, 0);
    assert_int_equal(r->pools.large.used, 0);
    assert_int_equal(r->slabs.used_bytes, 0);
    free(r->memory);
    free(r);
}

static void one_random_step(struct rig *r)
{
    const uint32_t i = draw() % QUEUES;
    struct model *m = &r->m[i], *other = &r->m[(i + 1 + draw() % (QUEUES - 1)) % QUEUES];
    const uint32_t offset = draw() % (m->len + 1), what = draw() % 100;

    if (what < 35)
        append(r, m, draw_up_to(3000));
    else if (what < 55)
        consume(r, m, draw_up_to(m->len));
    else if (what < 65)
        copy(r, m, offset, draw_up_to(m->len - offset));
    else if (what < 72)
        copy_sum(r, m, offset, draw_up_to(m->len - offset), draw() % 2 ? &m->cursor : NULL);
    else if (what < 85)
        read_on(r, m);
    else if (what < 93)
        move(r, m, other, draw_up_to(other->len));
    else if (what < 97)
        refill(r, m, other, 1 + draw_up_to(SMALL_ROOM + 10));
    else if (what < 99)
        concat(r, m, other);
    else
        clear(r, m);
}

static void random_steps_match_plain_arrays(void **state)
{
    struct rig *r = set_up();

    (void)state;
    for (int step = 0; step < 60000; step++) {
        one_random_step(r);
        check(r);
        if (step % 16 == 0)
            check_bytes(r, &r->m[step / 16 % QUEUES]);
    }
    assert_true(r->slabs.full > 1000);
    tear_down(r);
}

static void an_empty_queue_costs_nothing(void **state)
{
    struct rig *r = set_up();
    struct model *m = &r->m[0];

    (void)state;
    assert_int_equal(queue_append(&m->q, &r->pools, NULL, 0), 0);
    assert_null(queue_front(&m->q, &r->pools).at);
    append(r, m, 64);
    assert_int_equal(queue_append(&m->q, &r->pools, NULL, 0), 0);
    assert_int_equal(m->q.charged, 256);
    copy_sum(r, m, 0, 64, &m->cursor);
    consume(r, m, 64);
    check(r);
    assert_int_equal(m->q.charged, 0);
    assert_int_equal(m->cursor.chunk, 0);
    tear_down(r);
}

static void chunks_fit_what_comes(void **state)
{
    static const struct {
        uint32_t len, charged;
    } cases[] = {{1, 256},           {240, 256},         {241, 2048},  {2032, 2048},
                 {2033, 2048 + 256}, {2272, 2048 + 256}, {2273, 4096}, {4064, 4096}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rig *r = set_up();

        append(r, &r->m[0], cases[i].len);
        assert_int_equal(r->m[0].q.charged, cases[i].charged);
        tear_down(r);
    }
}

static void the_last_chunk_is_filled_first(void **state)
{
    struct rig *r = set_up();

    (void)state;
    for (int i = 0; i < 240; i++)
        append(r, &r->m[0], 1);
    assert_int_equal(r->m[0].q.charged, 256);
    append(r, &r->m[0], 1);
    assert_int_equal(r->m[0].q.charged, 512);
    tear_down(r);
}

static void room_is_what_the_last_chunk_takes(void **state)
{
    struct rig *r = set_up();

    (void)state;
    assert_int_equal(queue_room(&r->m[0].q, &r->pools), 0);
    append(r, &r->m[0], 100);
    assert_int_equal(queue_room(&r->m[0].q, &r->pools), 140);
    append(r, &r->m[0], 1140);
    assert_int_equal(queue_room(&r->m[0].q, &r->pools), 1032); /* 140 went to the first one */
    consume(r, &r->m[0], 500);
    assert_int_equal(queue_room(&r->m[0].q, &r->pools), 1032);
    consume(r, &r->m[0], 740);
    assert_int_equal(queue_room(&r->m[0].q, &r->pools), 0);
    tear_down(r);
}

static void a_full_budget_takes_what_fits(void **state)
{
    struct rig *r = set_up();

    (void)state;
    /* 12 large chunks, and 600 bytes that are left for two small ones. */
    assert_int_equal(append(r, &r->m[0], 2 * BUDGET), 12 * LARGE_ROOM + 2 * SMALL_ROOM);
    assert_int_equal(append(r, &r->m[1], 1), 0);
    check(r);
    consume(r, &r->m[0], LARGE_ROOM);
    assert_int_equal(append(r, &r->m[1], LARGE_ROOM), LARGE_ROOM);
    tear_down(r);
}

static void the_cursor_stands_at_the_last_byte_read(void **state)
{
    struct rig *r = set_up();
    struct model *m = &r->m[0];

    (void)state;
    append(r, m, 3 * LARGE_ROOM);
    copy_sum(r, m, 0, LARGE_ROOM, &m->cursor);
    assert_int_equal(m->cursor.chunk, m->q.head);
    assert_int_equal(m->cursor.offset, 0);
    copy_sum(r, m, LARGE_ROOM, LARGE_ROOM + 1, &m->cursor);
    assert_int_equal(m->cursor.chunk, m->q.tail);
    assert_int_equal(m->cursor.offset, 2 * LARGE_ROOM);
    consume(r, m, LARGE_ROOM + 5);
    assert_int_equal(m->cursor.chunk, m->q.tail);
    assert_int_equal(m->cursor.offset, LARGE_ROOM - 5);
    copy_sum(r, m, LARGE_ROOM - 4, LARGE_ROOM - 1, &m->cursor);
    copy_sum(r, m, 3, 9, &m->cursor);
    consume(r, m, 2 * LARGE_ROOM - 6);
    assert_int_equal(m->cursor.chunk, 0);
    assert_int_equal(m->cursor.offset, 0);
    tear_down(r);
}

/* A cursor that lies is believed: that there is no walk from the head. */
static void a_reader_goes_on_from_its_cursor(void **state)
{
    struct rig *r = set_up();
    struct model *m = &r->m[0];
    uint8_t out[10];

    (void)state;
    append(r, m, 4 * LARGE_ROOM);
    copy_sum(r, m, 3 * LARGE_ROOM, 10, &m->cursor);
    m->cursor.offset -= 7;
    queue_copy_sum(&m->q, &r->pools, 3 * LARGE_ROOM, out, 10, &m->cursor);
    assert_memory_equal(out, m->bytes + 3 * LARGE_ROOM + 7, 10);
    m->cursor = (struct queue_cursor){m->q.tail, 0};
    queue_copy_sum(&m->q, &r->pools, 0, out, 10, &m->cursor);
    assert_memory_equal(out, m->bytes + 3 * LARGE_ROOM, 10);
    tear_down(r);
}

static void a_whole_chunk_is_handed_over(void **state)
{
    struct rig *r = set_up();
    const uint8_t *at;

    (void)state;
    append(r, &r->m[0], 1000);
    append(r, &r->m[1], 100);
    at = queue_front(&r->m[0].q, &r->pools).at;
    move(r, &r->m[2], &r->m[0], 1000);
    assert_ptr_equal(queue_front(&r->m[2].q, &r->pools).at, at);
    assert_int_equal(r->m[0].q.charged, 0);
    assert_int_equal(r->m[2].q.charged, 2048);
    move(r, &r->m[1], &r->m[2], 1000);
    assert_int_equal(r->m[1].q.charged, 256 + 2048);
    check(r);
    tear_down(r);
}

static void small_content_without_room_is_handed_over(void **state)
{
    struct rig *r = set_up();
    const uint8_t *at;

    (void)state;
    append(r, &r->m[0], 200);
    append(r, &r->m[1], 200);
    at = queue_front(&r->m[1].q, &r->pools).at;
    move(r, &r->m[0], &r->m[1], 200);
    consume(r, &r->m[0], 200);
    assert_ptr_equal(queue_front(&r->m[0].q, &r->pools).at, at);
    assert_int_equal(r->m[0].len, 200);
    tear_down(r);
}

static void an_odd_end_is_copied_and_stays_behind_without_budget(void **state)
{
    struct rig *r = set_up();

    (void)state;
    append(r, &r->m[0], LARGE_ROOM + 500);
    assert_int_equal(move(r, &r->m[1], &r->m[0], LARGE_ROOM + 100), LARGE_ROOM + 100);
    assert_int_equal(r->m[0].q.charged, 2048);
    assert_int_equal(r->m[1].q.charged, 2048 + 256);
    append(r, &r->m[2], BUDGET);
    assert_int_equal(move(r, &r->m[1], &r->m[0], 300), SMALL_ROOM - 100);
    assert_int_equal(r->m[0].len, 400 - (SMALL_ROOM - 100));
    check(r);
    /* Whole chunks need no budget. */
    assert_int_equal(move(r, &r->m[1], &r->m[0], r->m[0].len), 400 - (SMALL_ROOM - 100));
    tear_down(r);
}

static void many_tiny_pieces_do_not_cost_a_chunk_each(void **state)
{
    struct rig *r = set_up();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        append(r, &r->m[1], 3);
        assert_int_equal(move(r, &r->m[0], &r->m[1], 3), 3);
    }
    assert_int_equal(r->m[0].q.charged, 13 * 256); /* 240 of 256 each */
    tear_down(r);
}

/* Of a large chunk, too, whatever small remains: 256 is copied, 257 is handed over. */
static void small_content_of_a_large_chunk_is_copied(void **state)
{
    (void)state;
    for (uint32_t rest = 256; rest <= 257; rest++) {
        struct rig *r = set_up();

        append(r, &r->m[0], 1000);
        append(r, &r->m[1], 1000);
        consume(r, &r->m[1], 1000 - rest);
        move(r, &r->m[0], &r->m[1], rest);
        assert_int_equal(r->m[0].q.charged, rest == 256 ? 2048 : 4096);
        check(r);
        tear_down(r);
    }
}

/* Who drops the last byte of lent memory is told, in whichever queue that is. */
static void a_lent_piece_moves_with_its_last_byte(void **state)
{
    static const uint8_t lent[] = "lent bytes";
    struct rig *r = set_up();
    struct queue *from = &r->m[0].q, *to = &r->m[1].q;
    uint8_t out[14];

    (void)state;
    assert_int_equal(queue_append(to, &r->pools, "own ", 4), 4);
    assert_true(queue_append_lent(from, &r->pools, lent, 10));
    assert_int_equal(queue_move(to, from, &r->pools, 5), 5); /* the odd end, copied */
    assert_int_equal(from->bytes, 5);
    assert_int_equal(queue_move(to, from, &r->pools, 5), 5);
    assert_int_equal(from->charged, 0);
    queue_copy(to, &r->pools, 0, out, 14);
    assert_memory_equal(out, "own lent bytes", 14);
    assert_int_equal(queue_consume(to, &r->pools, 13, NULL), 0);
    assert_ptr_equal(queue_front(to, &r->pools).at, lent + 9);
    assert_int_equal(queue_consume(to, &r->pools, 1, NULL), 1);
    tear_down(r);
}

/* A small chunk takes the answer to what is in it, wherever that began. */
static void a_chunk_is_filled_again(void **state)
{
    struct rig *r = set_up();
    struct model *from = &r->m[0], *to = &r->m[1];

    (void)state;
    append(r, from, 100);
    consume(r, from, 40);
    assert_true(refill(r, to, from, SMALL_ROOM));
    check(r);
    check_bytes(r, to);
    assert_int_equal(to->q.charged, 256);
    assert_int_equal(queue_room(&to->q, &r->pools), 0);
    consume(r, to, 200);
    assert_true(refill(r, from, to, 3));
    check(r);
    check_bytes(r, from);
    assert_int_equal(queue_room(&from->q, &r->pools), SMALL_ROOM - 3);
    tear_down(r);
}

static void what_is_not_one_small_chunk_is_not_filled_again(void **state)
{
    static const uint8_t lent[] = "lent bytes";
    struct rig *r = set_up();
    struct model *from = &r->m[0], *to = &r->m[1];
    struct queue q = {0};

    (void)state;
    assert_false(refill(r, to, from, 1)); /* nothing is there */
    append(r, from, 100);
    assert_false(refill(r, to, from, SMALL_ROOM + 1));
    assert_true(refill(r, to, from, 1));
    append(r, from, 100);
    assert_false(refill(r, to, from, 1)); /* to is not empty */
    clear(r, to);
    append(r, from, SMALL_ROOM); /* two of them */
    assert_false(refill(r, to, from, 1));
    clear(r, from);
    append(r, from, SMALL_ROOM + 1); /* a large one */
    assert_false(refill(r, to, from, 1));
    assert_true(queue_append_lent(&q, &r->pools, lent, 10));
    assert_null(queue_refillable(&to->q, &q, &r->pools, 1));
    assert_int_equal(queue_clear(&q, &r->pools), 1);
    tear_down(r);
}

static void concat_copies_nothing(void **state)
{
    struct rig *r = set_up();
    const uint8_t *at;

    (void)state;
    append(r, &r->m[1], 10);
    at = queue_front(&r->m[1].q, &r->pools).at;
    concat(r, &r->m[0], &r->m[1]);
    assert_ptr_equal(queue_front(&r->m[0].q, &r->pools).at, at);
    concat(r, &r->m[0], &r->m[1]);
    append(r, &r->m[1], 10);
    concat(r, &r->m[0], &r->m[1]);
    assert_int_equal(r->m[0].q.charged, 512);
    check(r);
    append(r, &r->m[0], 230);
    assert_int_equal(r->m[0].q.charged, 512);
    tear_down(r);
}

static void reserve(struct rig *r, struct queue *q, uint32_t want, uint32_t charged)
{
    uint32_t room = 0;

    assert_non_null(queue_reserve(q, &r->pools, want, &room));
    assert_int_equal(room, want);
    assert_int_equal(q->charged, charged);
}

/* What was reserved and not committed hides nothing that comes behind it, and costs nothing then. */
static void a_reserved_chunk_does_not_stand_in_the_way(void **state)
{
    static const uint8_t lent[] = "lent";
    struct rig *r = set_up();
    struct queue *q = &r->m[0].q, *other = &r->m[1].q;

    (void)state;
    reserve(r, q, 1000, 2048);
    assert_true(queue_append_lent(q, &r->pools, lent, 4));
    assert_ptr_equal(queue_front(q, &r->pools).at, lent);
    assert_int_equal(q->charged, 64);

    reserve(r, other, 1000, 2048);
    assert_int_equal(queue_move(other, q, &r->pools, 4), 4);
    assert_ptr_equal(queue_front(other, &r->pools).at, lent);
    assert_int_equal(other->charged, 64);

    reserve(r, q, 1000, 2048);
    queue_concat(q, other, &r->pools);
    assert_ptr_equal(queue_front(q, &r->pools).at, lent);
    assert_int_equal(q->charged, 64);
    assert_int_equal(queue_clear(q, &r->pools), 1);
    tear_down(r);
}

static void a_reserved_chunk_goes_with_the_last_byte(void **state)
{
    struct rig *r = set_up();
    struct queue *q = &r->m[0].q, *other = &r->m[1].q;
    uint32_t room = 0;

    (void)state;
    assert_int_equal(queue_append(q, &r->pools, "0123", 4), 4);
    assert_non_null(queue_reserve(q, &r->pools, 1000, &room));
    assert_int_equal(room, SMALL_ROOM - 4);
    queue_commit(q, &r->pools, room);
    reserve(r, q, 1000, 256 + 2048);
    queue_consume(q, &r->pools, SMALL_ROOM, NULL);
    assert_int_equal(q->charged, 0);

    assert_int_equal(queue_append(other, &r->pools, "0", 1), 1);
    assert_true(queue_append_lent(q, &r->pools, "123", 3));
    reserve(r, q, 1000, 64 + 2048);
    assert_int_equal(queue_move(other, q, &r->pools, 3), 3);
    assert_int_equal(q->charged, 0);
    assert_int_equal(queue_clear(other, &r->pools), 1);
    tear_down(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_steps_match_plain_arrays),
        cmocka_unit_test(an_empty_queue_costs_nothing),
        cmocka_unit_test(chunks_fit_what_comes),
        cmocka_unit_test(the_last_chunk_is_filled_first),
        cmocka_unit_test(room_is_what_the_last_chunk_takes),
        cmocka_unit_test(a_full_budget_takes_what_fits),
        cmocka_unit_test(the_cursor_stands_at_the_last_byte_read),
        cmocka_unit_test(a_reader_goes_on_from_its_cursor),
        cmocka_unit_test(a_whole_chunk_is_handed_over),
        cmocka_unit_test(small_content_without_room_is_handed_over),
        cmocka_unit_test(an_odd_end_is_copied_and_stays_behind_without_budget),
        cmocka_unit_test(many_tiny_pieces_do_not_cost_a_chunk_each),
        cmocka_unit_test(small_content_of_a_large_chunk_is_copied),
        cmocka_unit_test(a_lent_piece_moves_with_its_last_byte),
        cmocka_unit_test(a_chunk_is_filled_again),
        cmocka_unit_test(what_is_not_one_small_chunk_is_not_filled_again),
        cmocka_unit_test(concat_copies_nothing),
        cmocka_unit_test(a_reserved_chunk_does_not_stand_in_the_way),
        cmocka_unit_test(a_reserved_chunk_goes_with_the_last_byte),
    };
    const char *seed = getenv("SEED");

    random_state = seed != NULL ? strtoull(seed, NULL, 0) : 1;
    printf("SEED=%llu\n", (unsigned long long)random_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
