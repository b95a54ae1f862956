/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/half_sum: a checksum that was left to the card is known from one that is right, and from one that is wrong.
 */
#include "dev/half_sum.h"
#include "packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const uint16_t offset[] = {16, 6};

static struct rn_frame made(uint8_t *whole, bool six, enum packet_kind kind, uint32_t payload)
{
    return (struct rn_frame){.data = whole, .len = packet_make(whole, six, kind, payload, 9)};
}

static void left_to_the_card_it_is_found(void **state)
{
    uint8_t whole[256];

    (void)state;
    for (int six = 0; six < 2; six++)
        for (int kind = PACKET_TCP; kind <= PACKET_UDP; kind++)
            for (uint32_t payload = 0; payload < 70; payload++) {
                struct rn_frame f = made(whole, six, (enum packet_kind)kind, payload);
                uint32_t at = six ? 54 : 34;

                packet_put16(whole + at + offset[kind],
                             packet_pseudo(whole + 14, six, kind == PACKET_TCP ? 6 : 17, f.len - at));
                f.len += payload % 3; /* padding does not count */
                assert_true(half_sum_find(&f));
                assert_int_equal(f.flags, RN_CSUM_PARTIAL | RN_CSUM_TRUSTED);
                assert_int_equal(f.csum_start, at);
                assert_int_equal(f.csum_offset, offset[kind]);
            }
}

static void right_or_wrong_it_is_not(void **state)
{
    uint8_t whole[256];

    (void)state;
    for (int six = 0; six < 2; six++)
        for (int kind = PACKET_TCP; kind <= PACKET_UDP; kind++)
            for (uint32_t payload = 1; payload < 70; payload++) {
                struct rn_frame f = made(whole, six, (enum packet_kind)kind, payload);
                uint8_t *field = whole + (six ? 54 : 34) + offset[kind];
                uint32_t half = packet_pseudo(whole + 14, six, kind == PACKET_TCP ? 6 : 17, f.len - (six ? 54 : 34));

                assert_false(half_sum_find(&f));
                packet_put16(field, packet_get16(field) ^ 0x100);
                assert_false(half_sum_find(&f));
                packet_put16(field, ~half & 0xffff); /* its complement would be one over no bytes */
                assert_false(half_sum_find(&f));
                assert_int_equal(f.flags, 0);
            }
}

static void what_has_no_such_checksum_is_left_alone(void **state)
{
    uint8_t whole[256];
    struct rn_frame f = made(whole, false, PACKET_ICMP, 20);

    (void)state;
    assert_false(half_sum_find(&f));
    f = made(whole, false, PACKET_TCP, 20);
    packet_put16(whole + 34 + 16, packet_pseudo(whole + 14, false, 6, f.len - 34));
    for (uint32_t len = 0; len < 34 + 18; len++) {
        struct rn_frame cut = {.data = whole, .len = len};

        assert_false(half_sum_find(&cut));
    }
    assert_true(half_sum_may_be("veth"));
    assert_false(half_sum_may_be("ixgbe"));
    assert_false(half_sum_may_be(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(left_to_the_card_it_is_found),
        cmocka_unit_test(right_or_wrong_it_is_not),
        cmocka_unit_test(what_has_no_such_checksum_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
