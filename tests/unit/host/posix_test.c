/* SPDX-License-Identifier: BSD-2-Clause
 *
 * host/posix: memory that is zero and aligned, bytes that differ, a sleep that ends for a descriptor, at its
 * time and not before, and on a signal.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "host/posix.h"

#define MS INT64_C(1000000)

/* Pages of address space that are taken. */
static long pages_taken(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long pages = -1;

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%ld", &pages), 1);
    fclose(f);
    return pages;
}

static void memory_is_zero_aligned_and_given_back(void **state)
{
    static const size_t sizes[] = {
        1, 4096, 100000, ((size_t)4 << 20) - 1, (size_t)4 << 20, ((size_t)9 << 20) + 5};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        long before = pages_taken();
        uint8_t *m = posix_map(sizes[i]);

        assert_non_null(m);
        assert_int_equal(pages_taken() - before, (long)((sizes[i] + 4095) / 4096));
        assert_int_equal((uintptr_t)m % 4096, 0);
        if (sizes[i] >= (size_t)4 << 20)
            assert_int_equal((uintptr_t)m % ((size_t)2 << 20), 0); /* a huge page begins there */
        for (size_t at = 0; at < sizes[i]; at += 4093)
            assert_int_equal(m[at], 0);
        m[0] = m[sizes[i] - 1] = 1;
        posix_unmap(m, sizes[i]);
        assert_int_equal(madvise(m, 1, MADV_NORMAL), -1); /* nothing is there any more */
    }
}

static void too_much_memory_is_none(void **state)
{
    (void)state;
    assert_null(posix_map(SIZE_MAX - 100));
    assert_null(posix_map(SIZE_MAX / 2));
}

static void random_bytes_differ(void **state)
{
    uint8_t a[700] = {0}, b[700] = {0};

    (void)state;
    assert_int_equal(posix_random(a, sizeof a), 0);
    assert_int_equal(posix_random(b, sizeof b), 0);
    assert_memory_not_equal(a, b, 16);
    assert_memory_not_equal(a + 684, b + 684, 16);
}

static void sleep_ends_at_its_time(void **state)
{
    rn_time start = posix_now();

    (void)state;
    assert_int_equal(posix_sleep(NULL, 0, start + 3 * MS), 0);
    assert_true(posix_now() >= start + 3 * MS);
    assert_int_equal(posix_sleep(NULL, 0, start), 0);
    assert_int_equal(posix_sleep(NULL, 0, 0), 0);
}

static void sleep_ends_for_a_descriptor(void **state)
{
    struct pollfd fds[2];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    fds[0] = (struct pollfd){-1, POLLIN, 0};
    fds[1] = (struct pollfd){ends[0], POLLIN, 0};
    assert_int_equal(posix_sleep(fds, 2, posix_now()), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(posix_sleep(fds, 2, RN_FOREVER), 1);
    assert_int_equal(fds[1].revents, POLLIN);
    assert_int_equal(posix_sleep(fds, 2, posix_now() - 1), 1);
    close(ends[0]);
    close(ends[1]);
}

static void on_alarm(int number)
{
    (void)number;
}

static void sleep_ends_on_a_signal(void **state)
{
    struct sigaction a = {.sa_handler = on_alarm};
    struct itimerval soon = {{0, 20000}, {0, 2000}}; /* again and again: one may come before the sleep */

    (void)state;
    sigaction(SIGALRM, &a, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(posix_sleep(NULL, 0, RN_FOREVER), -EINTR);
    memset(&soon, 0, sizeof soon);
    setitimer(ITIMER_REAL, &soon, NULL);
}

static bool is_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1;
}

static void a_bell_counts(void **state)
{
    int bell = posix_bell();

    (void)state;
    assert_true(bell >= 0);
    assert_int_equal(posix_taken(bell), 0);
    assert_false(is_readable(bell));
    posix_ring(bell);
    posix_ring(bell);
    assert_true(is_readable(bell));
    assert_int_equal(posix_taken(bell), 2);
    assert_false(is_readable(bell));
    assert_int_equal(posix_taken(bell), 0);
    posix_close(bell);
    posix_close(-1);
}

static void a_set_is_ready_with_any_of_its_own(void **state)
{
    int set = posix_set(), bell = posix_bell(), ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(posix_watch(set, bell, false, true), 0);
    assert_int_equal(posix_watch(set, bell, false, true), -EEXIST);
    assert_int_equal(posix_watch(set, ends[1], false, true), 0);
    assert_false(is_readable(set));
    assert_int_equal(posix_watch(set, ends[1], true, false), 0); /* a pipe takes bytes */
    assert_true(is_readable(set));
    assert_int_equal(posix_watch(set, ends[1], false, false), 0);
    assert_false(is_readable(set));
    posix_ring(bell);
    assert_true(is_readable(set));
    posix_close(set);
    posix_close(bell);
    posix_close(ends[0]);
    posix_close(ends[1]);
}

static void a_timer_rings_once_its_time_has_come(void **state)
{
    int timer = posix_timer(), set = posix_set(), bell = posix_bell(), ready[POSIX_READY];
    rn_time start = posix_now();

    (void)state;
    assert_int_equal(posix_watch(set, bell, false, true), 0);
    assert_int_equal(posix_watch(set, timer, false, true), 0);
    posix_ring_at(timer, start + 3 * MS);
    assert_int_equal(posix_wait(set, ready), 1);
    assert_int_equal(ready[0], timer);
    assert_true(posix_now() >= start + 3 * MS);
    posix_ring_at(timer, RN_FOREVER); /* it is silent again ... */
    posix_ring(bell);
    assert_int_equal(posix_wait(set, ready), 1);
    assert_int_equal(ready[0], bell);
    posix_ring_at(timer, start); /* ... and what is past comes at once */
    assert_int_equal(posix_wait(set, ready), 2);
    posix_close(set);
    posix_close(bell);
    posix_close(timer);
}

static rn_time wall_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (rn_time)t.tv_sec * 1000 * MS + t.tv_nsec;
}

/* Both clocks are read around it. Where somebody sets the wall clock in between, it is asked again. */
static void epoch_is_what_the_wall_clock_is_ahead(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        rn_time wall = wall_clock(), own = posix_now(), epoch = posix_epoch();
        rn_time own_took = posix_now() - own, wall_took = wall_clock() - wall;

        if (wall_took < own_took - MS || wall_took > own_took + MS)
            continue;
        assert_in_range(epoch - (wall - own) + wall_took + MS, 0, 2 * (wall_took + MS));
        return;
    }
    fail_msg("the wall clock does not stand still for a moment");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epoch_is_what_the_wall_clock_is_ahead),
        cmocka_unit_test(memory_is_zero_aligned_and_given_back),
        cmocka_unit_test(too_much_memory_is_none),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(sleep_ends_at_its_time),
        cmocka_unit_test(sleep_ends_for_a_descriptor),
        cmocka_unit_test(sleep_ends_on_a_signal),
        cmocka_unit_test(a_bell_counts),
        cmocka_unit_test(a_set_is_ready_with_any_of_its_own),
        cmocka_unit_test(a_timer_rings_once_its_time_has_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
