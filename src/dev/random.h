/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random numbers that can be repeated: xoshiro256** (Blackman and Vigna), its state filled from one seed by
 * splitmix64. For faults and delays, where the same seed must give the same run on every machine; nothing
 * that a peer must not guess comes from here.
 */
#ifndef DEV_RANDOM_H
#define DEV_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t s[4];
};

/* One step of splitmix64: moves *state on and returns a number. */
static inline uint64_t random_split(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline void random_seed(struct random *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        r->s[i] = random_split(&seed);
}

static inline uint64_t random_next(struct random *r)
{
    uint64_t *s = r->s, x = s[1] * 5, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return (x << 7 | x >> 57) * 9;
}

/* From 0 to n - 1, even but for n / 2^64; n is not 0. */
static inline uint64_t random_below(struct random *r, uint64_t n)
{
    return random_next(r) % n;
}

/* True so many times in a million. Draws once, whatever ppm is. */
static inline bool random_chance(struct random *r, uint32_t ppm)
{
    return random_below(r, 1000000) < ppm;
}

#endif
