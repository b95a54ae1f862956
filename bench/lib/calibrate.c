/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each cost is the least of several short runs: the least is what the machine can do, the rest is what else
 * it was doing.
 */
#include "calibrate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RUNS = 10, CALLS = 2000, COPIES = 10000, LOADS = 10000, COPY = 1448, LINE = 64, LINES = 1 << 20 };

static double clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double time_syscalls(void)
{
    double start = clock_ns();

    for (int i = 0; i < CALLS; i++)
        syscall(SYS_getppid);
    return (clock_ns() - start) / CALLS;
}

static double time_copies(uint8_t *memory)
{
    double start = clock_ns();

    for (int i = 0; i < COPIES; i++) {
        memcpy(memory + 4096, memory, COPY);
        __asm__ volatile("" : : "r"(memory) : "memory"); /* the copy must be made */
    }
    return (clock_ns() - start) / COPIES;
}

/* Each line holds the number of the next: a walk in an order that no prefetcher knows. The multiplier and the
 * odd step make it one circle through all lines (Hull and Dobell). */
static void link_lines(uint8_t *memory)
{
    for (uint32_t i = 0; i < LINES; i++) {
        uint32_t next = (i * 1664525U + 1013904223U) % LINES;

        memcpy(memory + (size_t)i * LINE, &next, sizeof next);
    }
}

static double time_loads(const uint8_t *memory, uint32_t *at)
{
    double start = clock_ns();

    for (int i = 0; i < LOADS; i++)
        memcpy(at, memory + (size_t)*at * LINE, sizeof *at);
    __asm__ volatile("" : : "r"(*at)); /* the walk must be made */
    return (clock_ns() - start) / LOADS;
}

static void keep_least(double *least, double value)
{
    if (*least == 0 || value < *least)
        *least = value;
}

struct calibration calibrate(void)
{
    struct calibration c = {0};
    uint8_t *memory = malloc((size_t)LINES * LINE);
    uint32_t at = 1;

    if (!memory)
        return c;
    for (int run = 0; run < RUNS; run++) {
        memset(memory, 0, 8192);
        keep_least(&c.syscall_ns, time_syscalls());
        keep_least(&c.copy_ns, time_copies(memory));
    }
    link_lines(memory);
    for (int run = 0; run < RUNS; run++)
        keep_least(&c.miss_ns, time_loads(memory, &at));
    free(memory);
    return c;
}
