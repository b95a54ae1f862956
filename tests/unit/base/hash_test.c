/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The keyed hashes. SipHash is held against the vector in its paper and against what OpenSSL's SIPHASH MAC
 * says of the same inputs; the fold's 32-bit twin, which this machine would not compile, is included a
 * second time under other names and held against the 128-bit one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/hash.h"

#undef BASE_HASH_H
#undef __SIZEOF_INT128__
#define hash_key   key_of_twin
#define hash_sip   sip_of_twin
#define hash_fold  fold_of_twin
#define hash_tuple tuple_of_twin
#include "base/hash.h"
#undef hash_key
#undef hash_sip
#undef hash_fold
#undef hash_tuple

enum { SEED = 20261122 };

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Key 00 01 .. 0f, input 00 01 .. len - 1. */
static void test_sip_vectors(void **state)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } vectors[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
        {2, UINT64_C(0x0d6c8009d9a94f5a)},  {7, UINT64_C(0xab0200f58b01d137)},
        {8, UINT64_C(0x93f5f5799a932462)},  {9, UINT64_C(0x9e0082df0ba9e4b0)},
        {15, UINT64_C(0xa129ca6149be45e5)}, /* the paper's, appendix A */
        {16, UINT64_C(0x3f2acc7f57c29bdb)}, {63, UINT64_C(0x958a324ceb064572)},
    };
    const struct hash_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908), 0, 0}};
    uint8_t bytes[65];

    (void)state;
    for (size_t at = 0; at < 2; at++) { /* at both an even and an odd address */
        for (unsigned i = 0; i < 64; i++)
            bytes[at + i] = (uint8_t)i;
        for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
            assert_true(hash_sip(&key, bytes + at, vectors[i].len) == vectors[i].hash);
    }
}

static void test_sip_depends_on_every_key_bit_it_uses(void **state)
{
    const struct hash_key key = {{1, 2, 3, 4}};
    const uint64_t hash = hash_sip(&key, "runnel", 6);

    (void)state;
    for (unsigned bit = 0; bit < 256; bit++) {
        struct hash_key other = key;

        other.k[bit / 64] ^= UINT64_C(1) << bit % 64;
        assert_int_equal(hash_sip(&other, "runnel", 6) == hash, bit >= 128);
    }
}

static void test_fold_of_known_products(void **state)
{
    const uint64_t ones = UINT64_MAX, half = UINT64_C(1) << 32;

    (void)state;
    assert_true(hash_fold(0, ones) == 0);
    assert_true(hash_fold(1, ones) == ones);
    assert_true(hash_fold(half, half) == 1);            /* 2^64: high word 1, low word 0 */
    assert_true(hash_fold(ones, ones) == ones);         /* 2^128 - 2^65 + 1: fe..fe ^ 1 */
    assert_true(hash_fold(half + 1, half - 1) == ones); /* 2^64 - 1 */
    assert_true(hash_fold(ones, half) == ones);         /* 2^96 - 2^32: ffffffff ^ ffffffff00000000 */
}

static void test_fold_is_the_same_without_128_bits(void **state)
{
    static const uint64_t edges[] = {0,          1,          UINT32_MAX,     UINT64_C(1) << 32,
                                     UINT64_MAX, INT64_MAX,  UINT64_MAX - 1, UINT64_C(0xffffffff00000000),
                                     0x80000000, 0x80000001, 0x100000001,    UINT64_C(0x8000000000000000)};
    const struct hash_key key = {{11, 12, 13, 14}};
    const struct key_of_twin twin = {{11, 12, 13, 14}};
    const size_t count = sizeof edges / sizeof *edges;
    uint64_t seed = SEED;

    (void)state;
    for (size_t i = 0; i < count * count; i++) {
        uint64_t a = edges[i / count], b = edges[i % count];

        assert_true(fold_of_twin(a, b) == hash_fold(a, b));
    }
    for (int i = 0; i < 100000; i++) {
        uint64_t a = draw(&seed) >> (i & 63), b = draw(&seed) >> (i >> 6 & 63);

        assert_true(fold_of_twin(a, b) == hash_fold(a, b));
        assert_true(tuple_of_twin(&twin, a, b, ~a) == hash_tuple(&key, a, b, ~a));
    }
}

/* Flips each of the 192 bits in many inputs: how often each of the 64 bits of the hash follows. */
static void test_tuple_avalanche(void **state)
{
    enum { ROUNDS = 4096 };
    static uint32_t flips[192][64];
    uint64_t seed = SEED, total = 0;
    struct hash_key key;

    (void)state;
    for (int i = 0; i < 4; i++)
        key.k[i] = draw(&seed);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t in[3], hash;

        for (int i = 0; i < 3; i++)
            in[i] = draw(&seed);
        hash = hash_tuple(&key, in[0], in[1], in[2]);

        for (int bit = 0; bit < 192; bit++) {
            uint64_t turned;

            in[bit / 64] ^= UINT64_C(1) << bit % 64;
            turned = hash ^ hash_tuple(&key, in[0], in[1], in[2]);
            in[bit / 64] ^= UINT64_C(1) << bit % 64;
            for (int out = 0; out < 64; out++)
                flips[bit][out] += turned >> out & 1;
        }
    }
    for (int bit = 0; bit < 192; bit++) {
        for (int out = 0; out < 64; out++) {
            assert_in_range(flips[bit][out], ROUNDS * 40 / 100, ROUNDS * 60 / 100);
            total += flips[bit][out];
        }
    }
    assert_in_range(total, UINT64_C(192) * 64 * ROUNDS * 49 / 100, UINT64_C(192) * 64 * ROUNDS * 51 / 100);
}

/* What demultiplexing feeds it: addresses and ports that count up. */
static void test_tuple_spreads_counting_tuples(void **state)
{
    enum { TUPLES = 65536, BINS = 1024 };
    static uint32_t upper[BINS], lower[BINS];
    uint64_t seed = SEED;
    struct hash_key key;

    (void)state;
    for (int i = 0; i < 4; i++)
        key.k[i] = draw(&seed);
    for (uint32_t i = 0; i < TUPLES; i++) {
        uint64_t hash = hash_tuple(&key, 0, UINT64_C(0xffff0a000000) + (i >> 8), 1024 + (i & 255));

        upper[hash >> 54]++;
        lower[hash % BINS]++;
    }
    for (int i = 0; i < BINS; i++) { /* 64 on average, one standard deviation is 8 */
        assert_in_range(upper[i], 24, 104);
        assert_in_range(lower[i], 24, 104);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sip_vectors),
        cmocka_unit_test(test_sip_depends_on_every_key_bit_it_uses),
        cmocka_unit_test(test_fold_of_known_products),
        cmocka_unit_test(test_fold_is_the_same_without_128_bits),
        cmocka_unit_test(test_tuple_avalanche),
        cmocka_unit_test(test_tuple_spreads_counting_tuples),
    };

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
