/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base/mailbox: order, a full ring, counters that turn over, the words about sleep; and many writers at once,
 * of whose messages none is lost, doubled or out of its writer's order, and whose reader never sleeps beside
 * a message.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sched.h>
#include <cmocka.h>

#include "base/mailbox.h"

enum { CELLS = 8, WRITERS = 4, EACH = 20000 };

static struct mailbox_cell cells[CELLS];
static struct mailbox box;
static int things[100];

static bool put(int thing)
{
    bool wake = true, done = mailbox_put(&box, &things[thing], &wake);

    if (done)
        assert_false(wake);
    return done;
}

static int take(void)
{
    void *message = NULL;

    return mailbox_take(&box, &message) ? (int)((int *)message - things) : -1;
}

static void messages_come_in_their_order(void **state)
{
    (void)state;
    mailbox_init(&box, cells, CELLS);
    assert_false(mailbox_any(&box));
    assert_int_equal(take(), -1);
    for (int i = 0; i < 5; i++)
        assert_true(put(i));
    assert_int_equal(mailbox_count(&box), 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(take(), i);
    assert_int_equal(take(), -1);
    assert_int_equal(mailbox_count(&box), 0);
}

static void a_full_one_refuses_and_then_takes_again(void **state)
{
    (void)state;
    mailbox_init(&box, cells, CELLS);
    for (int i = 0; i < CELLS; i++)
        assert_true(put(i));
    assert_false(put(50));
    assert_int_equal(take(), 0);
    assert_true(put(51));
    assert_false(put(52));
    for (int i = 1; i < CELLS; i++)
        assert_int_equal(take(), i);
    assert_int_equal(take(), 51);
    assert_int_equal(take(), -1);
}

/* The counters as they stand after 2^32 - 20 messages. */
static void counters_turn_over(void **state)
{
    uint32_t start = UINT32_MAX - 19;

    (void)state;
    mailbox_init(&box, cells, CELLS);
    box.head = box.tail = start;
    for (uint32_t i = 0; i < CELLS; i++)
        cells[(start + i) % CELLS].turn = start + i;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < CELLS; i++)
            assert_true(put(10 * round + i));
        assert_false(put(99));
        for (int i = 0; i < CELLS; i++)
            assert_int_equal(take(), 10 * round + i);
        assert_int_equal(take(), -1);
    }
}

static void one_writer_wakes_a_sleeper(void **state)
{
    bool wake = false;

    (void)state;
    mailbox_init(&box, cells, CELLS);
    assert_true(mailbox_sleeps(&box));
    assert_true(mailbox_put(&box, things, &wake));
    assert_true(wake);
    assert_true(put(1)); /* wakes nobody: that has been done */
    assert_true(mailbox_is_up(&box));
    assert_false(mailbox_sleeps(&box)); /* there are two */
    assert_false(mailbox_is_up(&box));
    assert_true(put(2)); /* and nobody sleeps */
    while (take() >= 0)
        ;
    assert_true(mailbox_sleeps(&box));
    assert_false(mailbox_is_up(&box));
    assert_true(put(3));
}

/* ---- threads */

static uint32_t numbers[WRITERS][EACH];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bell = PTHREAD_COND_INITIALIZER;
static unsigned rung;

static void *write_all(void *of)
{
    uint32_t *mine = of;

    for (uint32_t i = 0; i < EACH; i++) {
        bool wake;

        mine[i] = i;
        while (!mailbox_put(&box, &mine[i], &wake))
            sched_yield();
        if (!wake)
            continue;
        pthread_mutex_lock(&lock);
        rung++;
        pthread_cond_signal(&bell);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

/* Until the bell was rung; a writer that did not see the sleeper would leave it here for ever. */
static void sleep_till_rung(void)
{
    pthread_mutex_lock(&lock);
    while (!rung)
        pthread_cond_wait(&bell, &lock);
    rung--;
    pthread_mutex_unlock(&lock);
    assert_true(mailbox_is_up(&box));
}

static void many_writers_and_a_reader_that_sleeps(void **state)
{
    uint32_t expected[WRITERS] = {0}, left = WRITERS * EACH;
    pthread_t threads[WRITERS];
    void *message;

    (void)state;
    mailbox_init(&box, cells, CELLS);
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_all, numbers[i]), 0);
    while (left > 0) {
        if (mailbox_take(&box, &message)) {
            size_t place = (size_t)((uint32_t *)message - numbers[0]);

            assert_int_equal(*(uint32_t *)message, expected[place / EACH]++);
            left--;
        } else if (mailbox_sleeps(&box)) {
            sleep_till_rung();
        } else if (mailbox_is_up(&box)) { /* somebody rings although it did not sleep */
            pthread_mutex_lock(&lock);
            while (!rung)
                pthread_cond_wait(&bell, &lock);
            rung--;
            pthread_mutex_unlock(&lock);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(expected[i], EACH);
    }
    assert_int_equal(rung, 0);
    assert_false(mailbox_any(&box));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_their_order),
        cmocka_unit_test(a_full_one_refuses_and_then_takes_again),
        cmocka_unit_test(counters_turn_over),
        cmocka_unit_test(one_writer_wakes_a_sleeper),
        cmocka_unit_test(many_writers_and_a_reader_that_sleeps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
