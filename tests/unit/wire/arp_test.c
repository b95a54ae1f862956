/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/arp: one shape is ARP, and everything else is not.
 */
#include "wire/arp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t REPLY[ARP_LEN] = {0,    1, 8, 0, 6, 4, 0,  2,        /* the shape, a reply */
                                       0x02, 0, 0, 0, 0, 7, 10, 0, 0, 7,  /* sender */
                                       0x02, 0, 0, 0, 0, 1, 10, 0, 0, 1}; /* target */

/* Decodes a reply in which one byte is another. */
static enum drop with(size_t offset, uint8_t value, struct arp *out)
{
    uint8_t bytes[ARP_LEN + 18] = {0}; /* padded to 60 bytes of frame */
    struct view v = view_of(bytes, sizeof bytes);
    enum drop drop;

    memcpy(bytes, REPLY, ARP_LEN);
    bytes[offset] = value;
    drop = arp_decode(&v, out);
    assert_int_equal(v.len, drop ? ARP_LEN + 18 : 18);
    return drop;
}

static void a_reply_is_read(void **state)
{
    static const struct addr sender = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7}};
    static const struct addr target = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}};
    struct arp h;

    (void)state;
    assert_int_equal(with(0, 0, &h), DROP_NONE);
    assert_int_equal(h.operation, ARP_REPLY);
    assert_memory_equal(h.sender_mac, REPLY + 8, 6);
    assert_memory_equal(h.target_mac, REPLY + 18, 6);
    assert_true(addr_eq(&h.sender, &sender));
    assert_true(addr_eq(&h.target, &target));
}

static void writes_what_it_reads(void **state)
{
    uint8_t bytes[ARP_LEN];
    struct arp h;

    (void)state;
    assert_int_equal(with(0, 0, &h), DROP_NONE);
    assert_int_equal(arp_encode(bytes, &h), ARP_LEN);
    assert_memory_equal(bytes, REPLY, ARP_LEN);
}

static void any_other_value_in_the_first_6_bytes_is_refused(void **state)
{
    struct arp h;

    (void)state;
    for (size_t offset = 0; offset < 6; offset++) {
        for (unsigned value = 0; value < 256; value++)
            assert_int_equal(with(offset, (uint8_t)value, &h), value == REPLY[offset] ? DROP_NONE : DROP_ARP);
    }
}

static void only_requests_and_replies_are_served(void **state)
{
    struct arp h;

    (void)state;
    assert_int_equal(with(6, 1, &h), DROP_ARP);
    for (unsigned value = 0; value < 256; value++) { /* 3 and 4 are reverse ARP */
        assert_int_equal(with(7, (uint8_t)value, &h), value == 1 || value == 2 ? DROP_NONE : DROP_ARP);
    }
}

static void a_sender_with_a_group_address_is_refused(void **state)
{
    struct arp h;

    (void)state;
    assert_int_equal(with(8, 0xff, &h), DROP_ARP);
    assert_int_equal(with(8, 0x01, &h), DROP_ARP);
    assert_int_equal(with(8, 0xfe, &h), DROP_NONE);
    assert_int_equal(with(18, 0xff, &h), DROP_NONE); /* the target of a request may be anything */
}

static void a_packet_cut_short_stays_whole(void **state)
{
    (void)state;
    for (size_t len = 0; len < ARP_LEN; len++) {
        struct view v = view_of(REPLY, len);
        struct arp h;

        assert_int_equal(arp_decode(&v, &h), DROP_TRUNCATED);
        assert_int_equal(v.len, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_read),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(any_other_value_in_the_first_6_bytes_is_refused),
        cmocka_unit_test(only_requests_and_replies_are_served),
        cmocka_unit_test(a_sender_with_a_group_address_is_refused),
        cmocka_unit_test(a_packet_cut_short_stays_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
