/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base/ring: its counters in one thread, across their wrap; and in two, where each value pushed must come out
 * once, in order and whole.
 */
#include "base/ring.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void size_is_the_next_power_of_two(void **state)
{
    (void)state;
    assert_int_equal(ring_size(1), 1);
    assert_int_equal(ring_size(2), 2);
    assert_int_equal(ring_size(3), 4);
    assert_int_equal(ring_size(1024), 1024);
    assert_int_equal(ring_size(1025), 2048);
    assert_int_equal(ring_size((1u << 31) - 1), 1u << 31);
    assert_int_equal(ring_size(1u << 31), 1u << 31);
}

static void counts_what_is_filled_and_free(void **state)
{
    struct ring r;

    (void)state;
    ring_init(&r, 4);
    assert_int_equal(ring_filled(&r), 0);
    assert_int_equal(ring_free(&r), 4);
    ring_push(&r, 3);
    assert_int_equal(ring_filled(&r), 3);
    assert_int_equal(ring_free(&r), 1);
    ring_pop(&r, 2);
    assert_int_equal(ring_filled(&r), 1);
    assert_int_equal(ring_free(&r), 3);
    ring_push(&r, 3);
    assert_int_equal(ring_filled(&r), 4);
    assert_int_equal(ring_free(&r), 0);
}

static void slots_go_round(void **state)
{
    struct ring r;

    (void)state;
    ring_init(&r, 4);
    ring_push(&r, 3);
    ring_pop(&r, 2);
    assert_int_equal(ring_in(&r, 0), 3);
    assert_int_equal(ring_in(&r, 1), 0);
    assert_int_equal(ring_in(&r, 2), 1);
    assert_int_equal(ring_out(&r, 0), 2);
    assert_int_equal(ring_out(&r, 2), 0);
}

static void counters_wrap_unseen(void **state)
{
    struct ring r;

    (void)state;
    ring_init(&r, 8);
    r.head = r.tail = 0xfffffffd;
    ring_push(&r, 6);
    assert_int_equal(r.tail, 3);
    assert_int_equal(ring_filled(&r), 6);
    assert_int_equal(ring_free(&r), 2);
    assert_int_equal(ring_out(&r, 0), 5);
    assert_int_equal(ring_out(&r, 3), 0);
    assert_int_equal(ring_in(&r, 0), 3);
    ring_pop(&r, 6);
    assert_int_equal(ring_filled(&r), 0);
    assert_int_equal(ring_free(&r), 8);
}

enum { SLOTS = 16, VALUES = 30000 };

/* Two words in a slot, so that one that is read before it is whole shows. */
struct shared {
    struct ring ring;
    struct {
        uint32_t value, inverse;
    } slots[SLOTS];
};

static void *produce(void *context)
{
    struct shared *s = context;
    uint32_t value = 0;

    while (value < VALUES) {
        const uint32_t room = ring_free(&s->ring), left = VALUES - value;
        const uint32_t n = room < left ? room : left;

        for (uint32_t i = 0; i < n; i++, value++) {
            s->slots[ring_in(&s->ring, i)].value = value;
            s->slots[ring_in(&s->ring, i)].inverse = ~value;
        }
        if (n > 0)
            ring_push(&s->ring, n);
        else
            sched_yield();
    }
    return NULL;
}

static void two_threads_pass_all_in_order(void **state)
{
    static struct shared s;
    pthread_t producer;
    uint32_t value = 0;
    int wrong = 0;

    (void)state;
    ring_init(&s.ring, SLOTS);
    s.ring.head = s.ring.tail = 0xffffff00; /* so that the counters wrap on the way */
    assert_int_equal(pthread_create(&producer, NULL, produce, &s), 0);
    while (value < VALUES) {
        const uint32_t n = ring_filled(&s.ring);

        for (uint32_t i = 0; i < n; i++, value++) {
            const uint32_t slot = ring_out(&s.ring, i);

            wrong += s.slots[slot].value != value || s.slots[slot].inverse != ~value;
        }
        if (n > 0)
            ring_pop(&s.ring, n);
        else
            sched_yield();
    }
    assert_int_equal(pthread_join(producer, NULL), 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(ring_filled(&s.ring), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_is_the_next_power_of_two),
        cmocka_unit_test(counts_what_is_filled_and_free),
        cmocka_unit_test(slots_go_round),
        cmocka_unit_test(counters_wrap_unseen),
        cmocka_unit_test(two_threads_pass_all_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
