/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/icmp: what an ICMP error quotes, cut short at every length.
 */
#include "wire/icmp.h"

#include "wire/ip4.h"
#include "wire/ip6.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct addr A4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}};
static const struct addr B4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7}};
static const struct addr A6 = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
static const struct addr B6 = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}};

/* The first 8 bytes of TCP 40000 > 80, sequence 0x01020304; for UDP, length 0x0102 and checksum 0x0304. */
static const uint8_t START[8] = {0x9c, 0x40, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04};

enum { QUOTE_MAX = IP6_LEN + 8 };

static size_t quote(uint8_t *to, bool version6, uint8_t protocol, uint32_t offset)
{
    struct ip h = {.src = version6 ? A6 : A4,
                   .dst = version6 ? B6 : B4,
                   .protocol = protocol,
                   .ttl = 1,
                   .offset = offset,
                   .payload_len = 1460};
    size_t len = version6 ? ip6_encode(to, &h) : ip4_encode(to, &h);

    memcpy(to + len, START, 8);
    return len + 8;
}

static void a_quoted_segment_tells_its_connection(void **state)
{
    (void)state;
    for (int version6 = 0; version6 < 2; version6++) {
        uint8_t bytes[QUOTE_MAX];
        size_t len = quote(bytes, version6, IP_TCP, 0);
        struct icmp_quote q;

        assert_true(icmp_decode_quote(view_of(bytes, len), version6, &q));
        assert_true(addr_eq(&q.ip.src, version6 ? &A6 : &A4));
        assert_true(addr_eq(&q.ip.dst, version6 ? &B6 : &B4));
        assert_int_equal(q.ip.protocol, IP_TCP);
        assert_int_equal(q.ip.payload_len, 1460);
        assert_int_equal(q.src_port, 40000);
        assert_int_equal(q.dst_port, 80);
        assert_int_equal(q.seq, 0x01020304);
    }
}

static void a_quoted_datagram_has_no_sequence_number(void **state)
{
    uint8_t bytes[QUOTE_MAX];
    size_t len = quote(bytes, false, IP_UDP, 0);
    struct icmp_quote q;

    (void)state;
    assert_true(icmp_decode_quote(view_of(bytes, len), false, &q));
    assert_int_equal(q.src_port, 40000);
    assert_int_equal(q.dst_port, 80);
    assert_int_equal(q.seq, 0);
}

static void a_quoted_echo_request_tells_who_asked(void **state)
{
    static const uint8_t start[2][8] = {{8, 0, 0xbe, 0xef, 0x12, 0x34, 0, 9},
                                        {128, 0, 0xbe, 0xef, 0x12, 0x34, 0, 9}};

    (void)state;
    for (int version6 = 0; version6 < 2; version6++) {
        uint8_t bytes[QUOTE_MAX];
        size_t len = quote(bytes, version6, version6 ? IP_ICMP6 : IP_ICMP4, 0);
        struct icmp_quote q;

        memcpy(bytes + len - 8, start[version6], 8);
        assert_true(icmp_decode_quote(view_of(bytes, len), version6, &q));
        assert_int_equal(q.src_port, 0x1234);
        assert_int_equal(q.dst_port, 0);
        assert_int_equal(q.seq, 9);
        memcpy(bytes + len - 8, start[!version6], 8); /* a type of the other family */
        assert_false(icmp_decode_quote(view_of(bytes, len), version6, &q));
        memcpy(bytes + len - 8, start[version6], 8);
        bytes[len - 7] = 1; /* a code that none has */
        assert_false(icmp_decode_quote(view_of(bytes, len), version6, &q));
    }
}

static void a_quote_without_8_bytes_of_transport_is_none(void **state)
{
    (void)state;
    for (int version6 = 0; version6 < 2; version6++) {
        uint8_t bytes[QUOTE_MAX];
        size_t whole = quote(bytes, version6, IP_TCP, 0);
        struct icmp_quote q;

        for (size_t len = 0; len < whole; len++)
            assert_false(icmp_decode_quote(view_of(bytes, len), version6, &q));
        assert_false(icmp_decode_quote(view_of(bytes, whole), !version6, &q)); /* the other family */
    }
}

static void other_protocols_and_later_fragments_are_no_quotes(void **state)
{
    uint8_t bytes[QUOTE_MAX];
    struct icmp_quote q;

    (void)state;
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        size_t len = quote(bytes, false, (uint8_t)protocol, 0);

        assert_int_equal(icmp_decode_quote(view_of(bytes, len), false, &q), protocol == 6 || protocol == 17);
    }
    assert_false(icmp_decode_quote(view_of(bytes, quote(bytes, false, IP_TCP, 1480)), false, &q));
}

static void a_quote_behind_an_extension_header_is_found(void **state)
{
    uint8_t bytes[QUOTE_MAX + 8];
    struct ip h = {.src = A6, .dst = B6, .protocol = 60, .ttl = 1, .payload_len = 1468};
    struct icmp_quote q;

    (void)state;
    ip6_encode(bytes, &h);
    memcpy(bytes + IP6_LEN, "\6\0\1\4\0\0\0\0", 8);
    memcpy(bytes + IP6_LEN + 8, START, 8);
    assert_true(icmp_decode_quote(view_of(bytes, sizeof bytes), true, &q));
    assert_int_equal(q.ip.protocol, IP_TCP);
    assert_int_equal(q.seq, 0x01020304);
    assert_false(icmp_decode_quote(view_of(bytes, sizeof bytes - 1), true, &q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quoted_segment_tells_its_connection),
        cmocka_unit_test(a_quoted_datagram_has_no_sequence_number),
        cmocka_unit_test(a_quoted_echo_request_tells_who_asked),
        cmocka_unit_test(a_quote_without_8_bytes_of_transport_is_none),
        cmocka_unit_test(other_protocols_and_later_fragments_are_no_quotes),
        cmocka_unit_test(a_quote_behind_an_extension_header_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
