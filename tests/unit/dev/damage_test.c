/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/damage: what is hit is always found by its checksum, lies inside of what one covers, and is one bit or
 * a burst of at most 15; what no checksum covers is never hit. Thousands of blows over fixed seeds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "dev/damage.h"
#include "packets.h"

#include <runnel_dev.h>

enum { BLOWS = 4000 };

/* The first and last bit in which two frames differ; returns how many do. */
static uint32_t difference(const uint8_t *a, const uint8_t *b, uint32_t len, uint32_t *first, uint32_t *last)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < len * 8; i++)
        if ((a[i / 8] ^ b[i / 8]) & 0x80 >> i % 8) {
            if (n++ == 0)
                *first = i;
            *last = i;
        }
    return n;
}

struct tally {
    uint32_t single, widest, in_header, in_transport;
};

static void strike(bool six, enum packet_kind kind, uint32_t payload, uint8_t fill, uint64_t seed,
                   struct tally *tally)
{
    uint8_t good[512], bad[512];
    uint32_t len = packet_make(good, six, kind, payload, fill), first = 0, last = 0, bits;
    uint32_t transport_at = six ? 54 : 34;
    struct random r;

    assert_true(packet_header_right(good, six) && packet_transport_right(good, len, six, kind));
    memset(good + len, 0x5a, 6); /* Ethernet padding */
    memcpy(bad, good, len + 6);
    random_seed(&r, seed);
    assert_true(damage_frame(bad, len + 6, RN_ETHERNET, &r));
    bits = difference(good, bad, len + 6, &first, &last);
    assert_true(bits >= 1 && last - first < 15);
    assert_true(first >= (six ? transport_at : 14) * 8 && last < len * 8);
    if (first < transport_at * 8) {
        assert_true(last < transport_at * 8);
        assert_false(packet_header_right(bad, six));
        tally->in_header++;
    } else {
        assert_false(packet_transport_right(bad, len, six, kind));
        assert_false(kind == PACKET_UDP && packet_get16(bad + transport_at + 6) == 0);
        tally->in_transport++;
    }
    tally->single += bits == 1;
    if (last - first + 1 > tally->widest)
        tally->widest = last - first + 1;
}

static void every_blow_is_found(void **state)
{
    (void)state;
    for (int six = 0; six < 2; six++)
        for (int kind = 0; kind < PACKET_KINDS; kind++) {
            struct tally t = {0};

            for (uint32_t i = 0; i < BLOWS; i++)
                strike(six, (enum packet_kind)kind, i % 90, i & 1 ? 0xff : 0, i, &t);
            assert_int_equal(t.widest, 15);
            assert_true(t.single > BLOWS * 4 / 10 && t.single < BLOWS * 6 / 10);
            assert_true(six ? t.in_header == 0 : t.in_header > BLOWS / 10);
            assert_true(t.in_transport > BLOWS / 10);
        }
}

/* All bytes zero or all ones: where a burst of 16 would pass. */
static void payload_of_one_value_is_no_hiding_place(void **state)
{
    uint8_t good[512], bad[512];
    struct random r;

    (void)state;
    random_seed(&r, 5);
    for (int i = 0; i < BLOWS; i++) {
        uint32_t len = packet_make(good, true, PACKET_UDP, 200, 0);

        memset(good + 62, i & 1 ? 0xff : 0, 200);
        packet_put16(good + 60, 0);
        packet_put16(good + 60, ~packet_sum(packet_pseudo(good + 14, true, 17, 208), good + 54, 208));
        memcpy(bad, good, len);
        assert_true(damage_frame(bad, len, RN_ETHERNET, &r));
        assert_false(packet_transport_right(bad, len, true, PACKET_UDP));
    }
}

static void expect_untouched(const uint8_t *frame, uint32_t len)
{
    uint8_t copy[512];
    struct random r;

    for (uint64_t seed = 0; seed < 100; seed++) {
        random_seed(&r, seed);
        memcpy(copy, frame, len);
        assert_false(damage_frame(copy, len, RN_ETHERNET, &r));
        assert_memory_equal(copy, frame, len);
    }
}

static void what_has_no_checksum_is_left_alone(void **state)
{
    uint8_t frame[512] = {0};
    uint32_t len;

    (void)state;
    memcpy(frame + 12, "\x08\x06\0\1\x08\0\6\4\0\1", 10); /* ARP */
    expect_untouched(frame, 60);
    memcpy(frame + 12, "\x88\xb5", 2);
    expect_untouched(frame, 60);
    expect_untouched(frame, 13);
    for (uint32_t type = 133; type <= 137; type++) { /* neighbour discovery, its checksum right */
        len = packet_make(frame, true, PACKET_ICMP, 24, 0);
        frame[54] = (uint8_t)type;
        packet_put16(frame + 56, 0);
        packet_put16(frame + 56, ~packet_sum(packet_pseudo(frame + 14, true, 58, 32), frame + 54, 32));
        assert_true(packet_transport_right(frame, len, true, PACKET_ICMP));
        expect_untouched(frame, len);
    }
    len = packet_make(frame, true, PACKET_UDP, 24, 0);
    packet_put16(frame + 60, 0); /* no checksum */
    expect_untouched(frame, len);
    packet_put16(frame + 62, 0); /* the same, though its bytes sum up as if it were one */
    packet_put16(frame + 62, ~packet_sum(packet_pseudo(frame + 14, true, 17, 32), frame + 54, 32));
    assert_true(packet_transport_right(frame, len, true, PACKET_UDP));
    expect_untouched(frame, len);
    len = packet_make(frame, true, PACKET_TCP, 24, 0);
    frame[54] ^= 1; /* wrong already: another blow could mend it */
    expect_untouched(frame, len);
}

/* A UDP checksum of 0 says that there is none, so that all would be believed: a checksum of one bit is never
 * flipped to that. */
static void udp_checksum_never_becomes_none(void **state)
{
    uint8_t good[512], bad[512];
    struct random r;

    (void)state;
    random_seed(&r, 8);
    for (int i = 0; i < BLOWS; i++) {
        uint32_t len = packet_make(good, false, PACKET_UDP, 2, 0);

        packet_put16(good + 42, 0);
        packet_put16(good + 40, 1 << i % 16);
        packet_put16(good + 42, ~packet_sum(packet_pseudo(good + 14, false, 17, 10), good + 34, 10));
        assert_true(packet_transport_right(good, len, false, PACKET_UDP));
        memcpy(bad, good, len);
        assert_true(damage_frame(bad, len, RN_ETHERNET, &r));
        assert_int_not_equal(packet_get16(bad + 40), 0);
    }
}

/* Of a fragment, and of UDP without a checksum, over IPv4 only the header may be hit. */
static void only_the_header_where_the_rest_is_not_covered(void **state)
{
    uint8_t good[512], bad[512];
    uint32_t first = 0, last = 0;
    struct random r;

    (void)state;
    for (int fragment = 0; fragment < 2; fragment++)
        for (uint64_t seed = 0; seed < 500; seed++) {
            uint32_t len = packet_make(good, false, PACKET_UDP, 64, 0);

            if (fragment) {
                good[20] |= 0x20; /* more fragments */
                packet_put16(good + 24, 0);
                packet_put16(good + 24, ~packet_sum(0, good + 14, 20));
            } else {
                packet_put16(good + 40, 0);
            }
            memcpy(bad, good, len);
            random_seed(&r, seed);
            assert_true(damage_frame(bad, len, RN_ETHERNET, &r));
            assert_true(difference(good, bad, len, &first, &last) > 0);
            assert_true(first >= 14 * 8 && last < 34 * 8);
        }
}

static void tags_and_links_without_header(void **state)
{
    uint8_t plain[512], good[512], bad[512];
    uint32_t len = packet_make(plain, false, PACKET_TCP, 20, 0), first = 0, last = 0;
    struct random r;

    (void)state;
    memcpy(good, plain, 12);
    memcpy(good + 12, "\x88\xa8\0\5\x81\0\0\7", 8);
    memcpy(good + 20, plain + 12, len - 12);
    for (uint64_t seed = 0; seed < 200; seed++) {
        random_seed(&r, seed);
        memcpy(bad, good, len + 8);
        assert_true(damage_frame(bad, len + 8, RN_ETHERNET, &r));
        assert_true(difference(good, bad, len + 8, &first, &last) > 0);
        assert_true(first >= 22 * 8);
        memcpy(bad, plain + 14, len - 14);
        assert_true(damage_frame(bad, len - 14, RN_IP, &r));
        assert_true(difference(plain + 14, bad, len - 14, &first, &last) > 0);
    }
}

static void same_seed_same_blow(void **state)
{
    uint8_t a[512], b[512];
    uint32_t len = packet_make(a, false, PACKET_TCP, 300, 1);
    struct random r;

    (void)state;
    packet_make(b, false, PACKET_TCP, 300, 1);
    random_seed(&r, 77);
    damage_frame(a, len, RN_ETHERNET, &r);
    random_seed(&r, 77);
    damage_frame(b, len, RN_ETHERNET, &r);
    assert_memory_equal(a, b, len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_blow_is_found),
        cmocka_unit_test(payload_of_one_value_is_no_hiding_place),
        cmocka_unit_test(what_has_no_checksum_is_left_alone),
        cmocka_unit_test(udp_checksum_never_becomes_none),
        cmocka_unit_test(only_the_header_where_the_rest_is_not_covered),
        cmocka_unit_test(tags_and_links_without_header),
        cmocka_unit_test(same_seed_same_blow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
