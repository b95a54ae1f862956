/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base/sum against RFC 1071's own example and against its definition taken literally: 16-bit words,
 * big-endian, added one by one. Compared is always what is stored in memory, so that the machine's byte order
 * is tested too.
 */
#include "base/sum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state;

static uint32_t draw(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33);
}

static void draw_bytes(uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)draw();
}

/* RFC 1071 section 4.1, in big-endian numbers: the folded sum, before the complement. */
static uint32_t literally(const uint8_t *data, size_t len)
{
    uint64_t sum = 0;

    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)data[i] << 8 | data[i + 1];
    if (len & 1)
        sum += (uint32_t)data[len - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

/* What the two bytes of that sum in memory mean in big-endian; fails if it is not folded. */
static uint32_t in_memory(uint32_t sum)
{
    const uint16_t word = (uint16_t)sum;
    uint8_t bytes[2];

    assert_true(sum <= 0xffff);
    memcpy(bytes, &word, 2);
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void rfc_1071_example(void **state)
{
    static const uint8_t words[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    const uint16_t checksum = sum_finish(sum_bytes(words, sizeof words));
    uint8_t field[2];

    (void)state;
    assert_int_equal(in_memory(sum_bytes(words, sizeof words)), 0xddf2);
    memcpy(field, &checksum, 2);
    assert_int_equal(field[0], 0x22);
    assert_int_equal(field[1], 0x0d);
}

static void nothing_and_zeros_are_zero(void **state)
{
    static const uint8_t zeros[200];
    uint8_t out[200];

    (void)state;
    for (size_t len = 0; len <= sizeof zeros; len++) {
        assert_int_equal(sum_bytes(zeros, len), 0);
        assert_int_equal(sum_copy(out, zeros, len), 0);
    }
}

static void odd_byte_is_the_first_of_its_word(void **state)
{
    (void)state;
    assert_int_equal(in_memory(sum_bytes("\x12", 1)), 0x1200);
    assert_int_equal(in_memory(sum_bytes("\x01\x02\x03", 3)), 0x0402);
}

/* Blocks of exactly that length, so that the sanitizer sees one byte too many; shifted, so that none is
 * aligned. */
static void check_at(size_t len, size_t in_shift, size_t out_shift, const uint8_t *data)
{
    uint8_t *in = malloc(in_shift + len + (in_shift + len == 0));
    uint8_t *out = malloc(out_shift + len + (out_shift + len == 0));
    const uint32_t want = literally(data, len);

    assert_non_null(in);
    assert_non_null(out);
    memset(out, 0xa5, out_shift + len);
    memcpy(in + in_shift, data, len);
    assert_int_equal(in_memory(sum_bytes(in + in_shift, len)), want);
    assert_int_equal(in_memory(sum_copy(out + out_shift, in + in_shift, len)), want);
    assert_memory_equal(out + out_shift, data, len);
    for (size_t i = 0; i < out_shift; i++)
        assert_int_equal(out[i], 0xa5);
    free(in);
    free(out);
}

static void every_length_at_every_alignment(void **state)
{
    uint8_t data[200];

    (void)state;
    for (size_t len = 0; len <= sizeof data; len++) {
        for (size_t shift = 0; shift < 8; shift++) {
            draw_bytes(data, len);
            check_at(len, shift, (shift * 3 + len) % 8, data);
        }
    }
}

static void random_lengths_up_to_64k(void **state)
{
    static uint8_t data[65536];

    (void)state;
    draw_bytes(data, sizeof data);
    for (int i = 0; i < 200; i++)
        check_at(draw() % (sizeof data + 1), draw() % 8, draw() % 8, data);
}

/* The carries themselves overflow when they are added. */
static void the_last_carry_comes_round(void **state)
{
    static const uint64_t words[] = {UINT64_MAX, 1, UINT64_MAX};
    uint8_t data[sizeof words], out[sizeof words];

    (void)state;
    memcpy(data, words, sizeof words);
    assert_int_equal(in_memory(sum_bytes(data, sizeof data)), literally(data, sizeof data));
    assert_int_equal(in_memory(sum_copy(out, data, sizeof data)), literally(data, sizeof data));
}

/* All ones overflow at every addition; a sum of ones is ones, never zero. */
static void every_carry_comes_round(void **state)
{
    static uint8_t ones[1 << 20];
    static uint8_t out[sizeof ones];

    (void)state;
    memset(ones, 0xff, sizeof ones);
    for (size_t len = 2; len <= 300; len++)
        assert_int_equal(in_memory(sum_copy(out, ones, len)), literally(ones, len));
    assert_int_equal(sum_bytes(ones, sizeof ones), 0xffff);
    assert_int_equal(sum_copy(out, ones, sizeof ones), 0xffff);
    ones[sizeof ones - 1] = 0xfe;
    assert_int_equal(in_memory(sum_bytes(ones, sizeof ones)), 0xfffe);
}

static void parts_add_up_to_the_whole(void **state)
{
    uint8_t data[150];

    (void)state;
    draw_bytes(data, sizeof data);
    for (size_t cut = 0; cut <= sizeof data; cut++) {
        const uint32_t first = sum_bytes(data, cut), rest = sum_bytes(data + cut, sizeof data - cut);
        const uint32_t sum = sum_fold(first + (cut & 1 ? sum_odd(rest) : rest));

        assert_int_equal(in_memory(sum), literally(data, sizeof data));
    }
}

static void fold_takes_65536_sums(void **state)
{
    (void)state;
    assert_int_equal(sum_fold(0xffff0000), 0xffff);
    assert_int_equal(sum_fold(0x0001ffff), 1);
    assert_int_equal(sum_fold(0xfffeffff), 0xfffe);
    assert_int_equal(sum_finish(0x0001ffff), 0xfffe);
    assert_int_equal(sum_odd(0x1234), 0x3412);
}

static void stored_checksum_makes_the_sum_ones(void **state)
{
    uint8_t data[61];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint16_t checksum = 0;

        draw_bytes(data, sizeof data);
        memcpy(data + 16, &checksum, 2);
        checksum = sum_finish(sum_bytes(data, sizeof data));
        memcpy(data + 16, &checksum, 2);
        assert_int_equal(sum_finish(sum_bytes(data, sizeof data)), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_1071_example),
        cmocka_unit_test(nothing_and_zeros_are_zero),
        cmocka_unit_test(odd_byte_is_the_first_of_its_word),
        cmocka_unit_test(every_length_at_every_alignment),
        cmocka_unit_test(random_lengths_up_to_64k),
        cmocka_unit_test(every_carry_comes_round),
        cmocka_unit_test(the_last_carry_comes_round),
        cmocka_unit_test(parts_add_up_to_the_whole),
        cmocka_unit_test(fold_takes_65536_sums),
        cmocka_unit_test(stored_checksum_makes_the_sum_ones),
    };
    const char *seed = getenv("SEED");

    random_state = seed != NULL ? strtoull(seed, NULL, 0) : 1;
    printf("SEED=%llu\n", (unsigned long long)random_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
