/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base/be: the bytes in memory are those of the wire, and come back, at any address.
 */
#include "base/be.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void most_significant_byte_is_first(void **state)
{
    const be16 two = be16_of(0x1234);
    const be32 four = be32_of(0x89abcdef);

    (void)state;
    assert_memory_equal(&two, "\x12\x34", 2);
    assert_memory_equal(&four, "\x89\xab\xcd\xef", 4);
}

static void reads_back_at_any_address(void **state)
{
    static const uint8_t wire[] = {0x00, 0xff, 0xfe, 0x80, 0x01, 0x02};
    be16 two;
    be32 four;

    (void)state;
    memcpy(&two, wire + 1, 2);
    assert_int_equal(be16_get(two), 0xfffe);
    memcpy(&four, wire + 1, 4);
    assert_int_equal(be32_get(four), 0xfffe8001);
}

static void every_16_bit_value(void **state)
{
    (void)state;
    for (uint32_t v = 0; v <= 0xffff; v++) {
        assert_int_equal(be16_get(be16_of(v)), v);
        assert_int_equal(be32_get(be32_of(v << 16 | (v ^ 0x5a5a))), v << 16 | (v ^ 0x5a5a));
    }
}

/* What headers are laid over: no padding, no alignment. */
static void structs_of_them_have_no_holes(void **state)
{
    struct header {
        uint8_t a;
        be32 b;
        be16 c;
        uint8_t d;
    };

    (void)state;
    assert_int_equal(sizeof(struct header), 8);
    assert_int_equal(offsetof(struct header, b), 1);
    assert_int_equal(_Alignof(be32), 1);
}

static void upper_bits_are_cut(void **state)
{
    (void)state;
    assert_int_equal(be16_get(be16_of(0xabcd1234)), 0x1234);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(most_significant_byte_is_first),
        cmocka_unit_test(reads_back_at_any_address),
        cmocka_unit_test(every_16_bit_value),
        cmocka_unit_test(structs_of_them_have_no_holes),
        cmocka_unit_test(upper_bits_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
