/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/checksum: against the sum of 16-bit words as RFC 1071 and RFC 8200 write it down, and against packets
 * whose checksums others have computed.
 */
#include "wire/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The pseudo-headers of both families as their RFCs draw them, summed a word at a time, in the wire's order.
 */
static uint16_t drawn(const struct addr *src, const struct addr *dst, uint8_t protocol, uint32_t len)
{
    uint32_t sum = protocol + (len >> 16) + (len & 0xffff);
    unsigned first = addr_is4(src) ? 12 : 0;

    for (unsigned i = first; i < 16; i += 2) {
        sum += (uint32_t)src->b[i] << 8 | src->b[i + 1];
        sum += (uint32_t)dst->b[i] << 8 | dst->b[i + 1];
    }
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* A sum in the wire's order, with one name for zero. */
static unsigned on_the_wire(uint32_t sum)
{
    uint16_t word = (uint16_t)sum;
    uint8_t b[2];

    assert_in_range(sum, 0, 0xffff);
    memcpy(b, &word, 2);
    return ((unsigned)b[0] << 8 | b[1]) % 0xffff;
}

static void the_pseudo_header_sums_as_the_rfcs_draw_it(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        struct addr a, b;
        uint8_t bytes[32], protocol;
        uint32_t len;

        for (unsigned k = 0; k < 32; k++) {
            seed = seed * 1664525 + 1013904223;
            bytes[k] = i % 3 == 0 ? 0xff : (uint8_t)(seed >> 24);
        }
        memcpy(&a, bytes, 16);
        memcpy(&b, bytes + 16, 16);
        if (i % 2) {
            a = addr_of4(bytes);
            b = addr_of4(bytes + 16);
        }
        protocol = (uint8_t)(seed >> 8);
        len = i % 5 ? seed >> 16 : seed;
        assert_int_equal(on_the_wire(checksum_pseudo(&a, &b, protocol, len)),
                         drawn(&a, &b, protocol, len) % 0xffff);
    }
}

/* A SYN of Linux, 10.0.0.1.40000 > 10.0.0.7.7, whose checksum is 0x9cbe. */
static const uint8_t SYN[40] = {0x9c, 0x40, 0x00, 0x07, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
                                0x00, 0x00, 0xa0, 0x02, 0xfa, 0xf0, 0x9c, 0xbe, 0x00, 0x00,
                                0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a, 0x00, 0x00,
                                0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07};

static uint32_t pseudo_of_syn(void)
{
    const struct addr src = addr_of4((const uint8_t[]){10, 0, 0, 1});
    const struct addr dst = addr_of4((const uint8_t[]){10, 0, 0, 7});

    return checksum_pseudo(&src, &dst, 6, sizeof SYN);
}

static void a_right_segment_is_right_and_any_wrong_bit_is_wrong(void **state)
{
    uint8_t bytes[sizeof SYN];

    (void)state;
    memcpy(bytes, SYN, sizeof SYN);
    assert_true(checksum_right(pseudo_of_syn(), bytes, sizeof bytes));
    for (unsigned bit = 0; bit < 8 * sizeof SYN; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(checksum_right(pseudo_of_syn(), bytes, sizeof bytes));
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void a_segment_in_which_the_checksum_was_stored_is_right(void **state)
{
    uint8_t bytes[sizeof SYN];

    (void)state;
    memcpy(bytes, SYN, sizeof SYN);
    bytes[16] = bytes[17] = 0;
    checksum_store(bytes + 16, pseudo_of_syn() + sum_bytes(bytes, sizeof bytes));
    assert_memory_equal(bytes, SYN, sizeof SYN);
}

/* The header of RFC 791's kind that every text uses as its example: 0xb861. */
static void without_a_pseudo_header_it_is_that_of_an_ip_header(void **state)
{
    static const uint8_t header[20] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                                       0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};

    (void)state;
    assert_true(checksum_right(0, header, sizeof header));
    assert_int_equal(sum_fold_total(checksum_add16(0, header)), sum_bytes(header, 16));
}

static void nothing_but_zeros_is_wrong(void **state)
{
    static const uint8_t zeros[8];

    (void)state;
    assert_false(checksum_right(0, zeros, sizeof zeros));
}

static void unfolded_totals_of_any_size_fold(void **state)
{
    (void)state;
    assert_int_equal(sum_fold_total(0), 0);
    assert_int_equal(sum_fold_total(UINT64_MAX), 0xffff);
    assert_int_equal(sum_fold_total(UINT64_C(0xffff0000ffff0000)), 0xffff);
    assert_int_equal(sum_fold_total(UINT64_C(0x0001000200030004)), 10);
    assert_int_equal(sum_fold_total(UINT64_C(0xfffffffffffffffe)), 0xfffe);
    assert_true(checksum_add(UINT64_MAX, 1) == 1);
    assert_true(checksum_add(UINT64_MAX, UINT64_MAX) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pseudo_header_sums_as_the_rfcs_draw_it),
        cmocka_unit_test(a_right_segment_is_right_and_any_wrong_bit_is_wrong),
        cmocka_unit_test(a_segment_in_which_the_checksum_was_stored_is_right),
        cmocka_unit_test(without_a_pseudo_header_it_is_that_of_an_ip_header),
        cmocka_unit_test(nothing_but_zeros_is_wrong),
        cmocka_unit_test(unfolded_totals_of_any_size_fold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
