/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Time as the core knows it: nanoseconds of a monotonic clock, an argument of every call; and the wheel's
 * ticks, 2^16 ns each, kept in 32 circular bits where a connection remembers a moment.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdint.h>

typedef int64_t rn_time;

#define TIME_US      INT64_C(1000)
#define TIME_MS      INT64_C(1000000)
#define TIME_S       INT64_C(1000000000)
#define TIME_FOREVER INT64_MAX

enum { TICK_SHIFT = 16 };

/* The tick in which that moment lies. */
static inline uint32_t tick_of(rn_time t)
{
    return (uint32_t)((uint64_t)t >> TICK_SHIFT);
}

/* The tick that begins at or after that moment: a deadline rounded up never fires early. */
static inline uint32_t tick_after(rn_time t)
{
    return (uint32_t)(((uint64_t)t + 65535) >> TICK_SHIFT);
}

/* How many ticks a is ahead of b. */
static inline int32_t tick_diff(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

#endif
