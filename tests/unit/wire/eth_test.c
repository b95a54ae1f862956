/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/eth: the three fields, and frames too short for them.
 */
#include "wire/eth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t FRAME[ETH_LEN + 2] = {0x02, 0, 0, 0, 0, 7, 0x02, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0x00};
static const struct eth HEADER = {{0x02, 0, 0, 0, 0, 7}, {0x02, 0, 0, 0, 0, 1}, 0x86dd};

static void takes_the_header_off(void **state)
{
    struct view v = view_of(FRAME, sizeof FRAME);
    struct eth h;

    (void)state;
    assert_int_equal(eth_decode(&v, &h), DROP_NONE);
    assert_memory_equal(h.dst, HEADER.dst, 6);
    assert_memory_equal(h.src, HEADER.src, 6);
    assert_int_equal(h.type, ETH_IP6);
    assert_ptr_equal(v.at, FRAME + ETH_LEN);
    assert_int_equal(v.len, 2);
}

static void writes_what_it_reads(void **state)
{
    uint8_t bytes[ETH_LEN];

    (void)state;
    assert_int_equal(eth_encode(bytes, &HEADER), ETH_LEN);
    assert_memory_equal(bytes, FRAME, ETH_LEN);
}

static void a_frame_shorter_than_its_header_stays_whole(void **state)
{
    (void)state;
    for (size_t len = 0; len < ETH_LEN; len++) {
        struct view v = view_of(FRAME, len);
        struct eth h;

        assert_int_equal(eth_decode(&v, &h), DROP_TRUNCATED);
        assert_ptr_equal(v.at, FRAME);
        assert_int_equal(v.len, len);
    }
}

static void a_length_is_given_as_it_is(void **state)
{
    static const uint8_t frame[ETH_LEN] = {[12] = 0x05, [13] = 0xdc};
    struct view v = view_of(frame, sizeof frame);
    struct eth h;

    (void)state;
    assert_int_equal(eth_decode(&v, &h), DROP_NONE);
    assert_int_equal(h.type, 1500);
    assert_int_equal(v.len, 0);
}

static void the_lowest_bit_of_the_first_byte_makes_a_group(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        const uint8_t mac[6] = {(uint8_t)first, 0xff, 0xff, 0xff, 0xff, 0xff};

        assert_int_equal(eth_is_group(mac), first % 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_header_off),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(a_frame_shorter_than_its_header_stays_whole),
        cmocka_unit_test(a_length_is_given_as_it_is),
        cmocka_unit_test(the_lowest_bit_of_the_first_byte_makes_a_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
