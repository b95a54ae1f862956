/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/udp: what the kernel sent, both ways; every length that a header can claim; the checksum that is none,
 * and the one that would look like none.
 */
#include "wire/udp.h"

#include "base/sum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct ip IP4 = {.src = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}},
                              .dst = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7}}};
static const struct ip IP6 = {.src = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
                              .dst = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}}};

enum { LEN = 11 };

/* "abc" from 10.0.0.1:60206 to 10.0.0.7:9 and from [fd00::1]:52599 to [fd00::7]:9, as Linux 6 sent them. */
static const uint8_t SENT4[LEN] = {0xeb, 0x2e, 0, 9, 0, 11, 0x3c, 0x36, 'a', 'b', 'c'};
static const uint8_t SENT6[LEN] = {0xcd, 0x77, 0, 9, 0, 11, 0x73, 0xeb, 'a', 'b', 'c'};

static enum drop decode(const uint8_t *bytes, size_t len, const struct ip *ip, bool verified)
{
    struct view v = view_of(bytes, len);
    struct udp h = {0};
    enum drop drop = udp_decode(&v, ip, verified, &h);

    if (drop) {
        assert_ptr_equal(v.at, bytes);
        assert_int_equal(v.len, len);
    } else {
        assert_ptr_equal(v.at, bytes + UDP_LEN);
        assert_int_equal(v.len, (size_t)(bytes[4] << 8 | bytes[5]) - UDP_LEN);
    }
    return drop;
}

static void a_datagram_of_the_kernel_is_read(void **state)
{
    struct view v = view_of(SENT4, LEN);
    struct udp h;

    (void)state;
    assert_int_equal(udp_decode(&v, &IP4, false, &h), DROP_NONE);
    assert_int_equal(h.src_port, 60206);
    assert_int_equal(h.dst_port, 9);
    assert_int_equal(v.len, 3);
    assert_memory_equal(v.at, "abc", 3);
    assert_int_equal(decode(SENT6, LEN, &IP6, false), DROP_NONE);
}

static void the_same_is_written(void **state)
{
    uint8_t bytes[UDP_LEN];

    (void)state;
    assert_int_equal(udp_encode(bytes, &(struct udp){60206, 9}, &IP4.src, &IP4.dst, 3, sum_bytes("abc", 3)),
                     8);
    assert_memory_equal(bytes, SENT4, UDP_LEN);
    udp_encode(bytes, &(struct udp){52599, 9}, &IP6.src, &IP6.dst, 3, sum_bytes("abc", 3));
    assert_memory_equal(bytes, SENT6, UDP_LEN);
}

static void each_bit_is_covered_by_the_checksum(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < LEN * (size_t)8; bit++) {
        uint8_t bytes[LEN];

        memcpy(bytes, SENT4, LEN);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(decode(bytes, LEN, &IP4, false), DROP_NONE);
    }
    assert_int_equal(decode(SENT4, LEN, &IP6, false), DROP_CHECKSUM); /* and so are the addresses */
}

/* What the IP packet has behind the datagram belongs to nobody (RFC 9868), a length that the packet does not
 * have is a datagram cut short, one below the header's is none. */
static void each_length_is_judged(void **state)
{
    uint8_t bytes[64] = {0x9c, 0x40, 0, 9};

    (void)state;
    for (unsigned claimed = 0; claimed < 80; claimed++) {
        bytes[5] = (uint8_t)claimed;
        assert_int_equal(decode(bytes, sizeof bytes, &IP4, false), claimed < 8              ? DROP_MALFORMED
                                                                   : claimed > sizeof bytes ? DROP_TRUNCATED
                                                                                            : DROP_NONE);
    }
    bytes[5] = 8;
    for (size_t len = 0; len < 8; len++)
        assert_int_equal(decode(bytes, len, &IP4, false), DROP_TRUNCATED);
    bytes[4] = bytes[5] = 0xff;
    assert_int_equal(decode(bytes, sizeof bytes, &IP4, true), DROP_TRUNCATED);
}

/* RFC 768 allows for it, RFC 8200 8.1 does not. */
static void no_checksum_is_right_over_ipv4_only(void **state)
{
    static const uint8_t bytes[LEN] = {0xeb, 0x2e, 0, 9, 0, 11, 0, 0, 'a', 'b', 'c'};

    (void)state;
    assert_int_equal(decode(bytes, LEN, &IP4, false), DROP_NONE);
    assert_int_equal(decode(bytes, LEN, &IP6, false), DROP_CHECKSUM);
    assert_int_equal(decode(bytes, LEN, &IP6, true), DROP_CHECKSUM);
}

static void a_sum_of_zero_is_written_as_its_other_form(void **state)
{
    uint8_t bytes[UDP_LEN + 2];

    (void)state;
    udp_encode(bytes, &(struct udp){60206, 9}, &IP4.src, &IP4.dst, 2, 0);
    memcpy(bytes + UDP_LEN, bytes + 6, 2); /* a payload that is what is missing to all ones */
    udp_encode(bytes, &(struct udp){60206, 9}, &IP4.src, &IP4.dst, 2, sum_bytes(bytes + UDP_LEN, 2));
    assert_int_equal(bytes[6], 0xff);
    assert_int_equal(bytes[7], 0xff);
    assert_int_equal(decode(bytes, sizeof bytes, &IP4, false), DROP_NONE);
}

static void what_the_device_verified_is_not_summed(void **state)
{
    static const uint8_t bytes[LEN] = {0xeb, 0x2e, 0, 9, 0, 11, 1, 2, 'a', 'b', 'c'};

    (void)state;
    assert_int_equal(decode(bytes, LEN, &IP4, true), DROP_NONE);
    assert_int_equal(decode(bytes, LEN, &IP4, false), DROP_CHECKSUM);
}

/* Nobody has port 0; from it nobody wants an answer. */
static void port_0_may_send_and_not_receive(void **state)
{
    static const uint8_t to[UDP_LEN] = {0xeb, 0x2e, 0, 0, 0, 8}, from[UDP_LEN] = {0, 0, 0, 9, 0, 8};

    (void)state;
    assert_int_equal(decode(to, UDP_LEN, &IP4, false), DROP_MALFORMED);
    assert_int_equal(decode(from, UDP_LEN, &IP4, false), DROP_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_datagram_of_the_kernel_is_read),
        cmocka_unit_test(the_same_is_written),
        cmocka_unit_test(each_bit_is_covered_by_the_checksum),
        cmocka_unit_test(each_length_is_judged),
        cmocka_unit_test(no_checksum_is_right_over_ipv4_only),
        cmocka_unit_test(a_sum_of_zero_is_written_as_its_other_form),
        cmocka_unit_test(what_the_device_verified_is_not_summed),
        cmocka_unit_test(port_0_may_send_and_not_receive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
