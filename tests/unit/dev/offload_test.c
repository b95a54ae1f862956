/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/offload: a merged frame becomes the segments that a sender without offload would have sent, each whole
 * and right; a partial checksum becomes the right one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dev/offload.h"
#include "packets.h"

static uint8_t whole[PACKET_MAX], piece[PACKET_MAX];

static struct rn_frame merged(bool six, enum packet_kind kind, uint32_t payload, uint16_t size)
{
    struct rn_frame f = {.data = whole, .flags = RN_MERGED, .gso_size = size};

    f.len = packet_make(whole, six, kind, payload, 3);
    return f;
}

/* Cuts payload bytes in segments of size and looks at each as a whole packet. */
static void cut(bool six, enum packet_kind kind, uint32_t payload, uint16_t size, uint32_t want_segments)
{
    struct rn_frame f = merged(six, kind, payload, size);
    uint32_t ip_len = six ? 40 : 20, header = kind == PACKET_TCP ? 32 : 8;
    uint32_t t_at = 14 + ip_len, at = 0;
    struct offload_merged m;

    assert_true(offload_look(&f, RN_ETHERNET, &m));
    assert_int_equal(m.segments, want_segments);
    for (uint32_t i = 0; i < m.segments; i++) {
        uint32_t slice = payload - at < size ? payload - at : size;
        uint32_t len = offload_cut(&m, i, piece);
        bool last = i == m.segments - 1;

        assert_int_equal(len, t_at + header + slice);
        assert_memory_equal(piece, whole, 14);
        assert_true(packet_header_right(piece, six));
        assert_true(packet_transport_right(piece, len, six, kind));
        assert_memory_equal(piece + t_at + header, whole + t_at + header + at, slice);
        assert_int_equal(packet_get16(piece + (six ? 18 : 16)), six ? header + slice : 20 + header + slice);
        if (!six)
            assert_int_equal(packet_get16(piece + 18), (0xfffe + i) & 0xffff);
        if (kind == PACKET_TCP) {
            assert_int_equal(packet_get32(piece + t_at + 4), (uint32_t)(0xffffff00 + at));
            assert_int_equal(piece[t_at + 13], 0x10 | (i == 0 ? 0x80 : 0) | (last ? 0x09 : 0));
            assert_memory_equal(piece + t_at + 20, whole + t_at + 20, 12);
        } else {
            assert_int_equal(packet_get16(piece + t_at + 4), 8 + slice);
        }
        at += slice;
    }
    assert_int_equal(at, payload);
}

static void segments_are_whole_packets(void **state)
{
    (void)state;
    for (int six = 0; six < 2; six++)
        for (int kind = PACKET_TCP; kind <= PACKET_UDP; kind++) {
            cut(six, (enum packet_kind)kind, 4000, 1000, 4);
            cut(six, (enum packet_kind)kind, 4001, 1000, 5);
            cut(six, (enum packet_kind)kind, 999, 1000, 1);
            cut(six, (enum packet_kind)kind, 65000, 1448, 45);
            cut(six, (enum packet_kind)kind, 7, 1, 7);
            cut(six, (enum packet_kind)kind, 0, 1000, 1);
        }
}

static void others_are_not_cut(void **state)
{
    struct rn_frame f = merged(false, PACKET_ICMP, 4000, 1000);
    struct offload_merged m;

    (void)state;
    assert_false(offload_look(&f, RN_ETHERNET, &m));
    f = merged(false, PACKET_TCP, 4000, 0);
    assert_false(offload_look(&f, RN_ETHERNET, &m));
    f = merged(false, PACKET_TCP, 4000, 1000);
    f.flags = 0;
    assert_false(offload_look(&f, RN_ETHERNET, &m));
    f = merged(false, PACKET_TCP, 4000, 1000);
    whole[46] = 0x40; /* a data offset of 4 words */
    assert_false(offload_look(&f, RN_ETHERNET, &m));
}

static void partial_checksum_is_completed(void **state)
{
    static const uint16_t offset[] = {16, 6};

    (void)state;
    for (int six = 0; six < 2; six++)
        for (int kind = PACKET_TCP; kind <= PACKET_UDP; kind++)
            for (uint32_t payload = 0; payload < 70; payload++) {
                struct rn_frame f = {.data = whole, .flags = RN_CSUM_PARTIAL | RN_VLAN};
                uint32_t t_at = six ? 54 : 34;
                uint8_t want[200];

                f.len = packet_make(whole, six, (enum packet_kind)kind, payload, 9);
                memcpy(want, whole, f.len);
                f.csum_start = (uint16_t)t_at;
                f.csum_offset = offset[kind];
                packet_put16(whole + t_at + offset[kind],
                             packet_pseudo(whole + 14, six, kind == PACKET_TCP ? 6 : 17, f.len - t_at));
                offload_checksum(&f);
                assert_int_equal(f.flags, RN_VLAN);
                assert_memory_equal(whole, want, f.len);
            }
}

/* RFC 768: a computed zero is sent as all ones. */
static void udp_checksum_of_zero_is_sent_as_ones(void **state)
{
    struct rn_frame f = {.data = whole, .flags = RN_CSUM_PARTIAL, .csum_start = 34, .csum_offset = 6};
    uint32_t sum;

    (void)state;
    f.len = packet_make(whole, false, PACKET_UDP, 2, 0);
    packet_put16(whole + 40, 0);
    packet_put16(whole + 42, 0);
    sum = packet_sum(packet_pseudo(whole + 14, false, 17, 10), whole + 34, 10);
    packet_put16(whole + 42, 0xffff - sum); /* now all sums to 0xffff */
    packet_put16(whole + 40, packet_pseudo(whole + 14, false, 17, 10));
    offload_checksum(&f);
    assert_int_equal(packet_get16(whole + 40), 0xffff);
}

static void offsets_outside_change_nothing(void **state)
{
    uint8_t *tight = malloc(60), want[60];
    struct rn_frame f = {.data = tight, .len = 60};

    (void)state;
    memset(tight, 7, 60);
    memset(want, 7, 60);
    for (uint32_t start = 0; start <= 0xffff; start += 0xff)
        for (uint32_t offset = 59; offset <= 0xffff; offset += 0xff4) {
            f.flags = RN_CSUM_PARTIAL;
            f.csum_start = (uint16_t)start;
            f.csum_offset = (uint16_t)offset;
            offload_checksum(&f);
            assert_int_equal(f.flags, 0);
            assert_memory_equal(tight, want, 60);
        }
    free(tight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_are_whole_packets),
        cmocka_unit_test(others_are_not_cut),
        cmocka_unit_test(partial_checksum_is_completed),
        cmocka_unit_test(udp_checksum_of_zero_is_sent_as_ones),
        cmocka_unit_test(offsets_outside_change_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
