/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/icmp6: which type is which kind, both ways, under the pseudo-header; messages too short or wrong.
 */
#include "wire/icmp6.h"

#include "wire/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* fd00::1 > fd00::7 */
static const struct ip BETWEEN = {.src = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
                                  .dst = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}}};

static const struct {
    const char *name;
    uint8_t bytes[8]; /* the checksum, right for these 8 bytes between those two, at 2 */
    struct icmp icmp;
} MESSAGES[] = {
    {"echo request",
     {128, 0, 0x4a, 0x5c, 0x12, 0x34, 0x29, 0x23},
     {.kind = ICMP_ECHO_REQUEST, .type = 128, .id = 0x1234, .sequence = 0x2923}},
    {"echo reply",
     {129, 0, 0x49, 0x5c, 0x12, 0x34, 0x29, 0x23},
     {.kind = ICMP_ECHO_REPLY, .type = 129, .id = 0x1234, .sequence = 0x2923}},
    {"port unreachable", {1, 4, 0x04, 0xb0, 0, 0, 0, 0}, {.kind = ICMP_UNREACHABLE, .type = 1, .code = 4}},
    {"packet too big", {2, 0, 0xfe, 0xb2, 0, 1, 0x05, 0x00}, {.kind = ICMP_TOO_BIG, .type = 2, .mtu = 66816}},
    {"time exceeded", {3, 1, 0x02, 0xb3, 0, 0, 0, 0}, {.kind = ICMP_TIME_EXCEEDED, .type = 3, .code = 1}},
    {"parameter problem",
     {4, 1, 0xfd, 0xac, 1, 2, 3, 4},
     {.kind = ICMP_PARAMETER, .type = 4, .code = 1, .pointer = 0x01020304}},
    {"neighbour advertisement",
     {136, 0, 0x1d, 0xb3, 0x60, 0, 0, 0},
     {.kind = ICMP_OTHER, .type = 136, .id = 0x6000}},
};

enum { COUNT = sizeof MESSAGES / sizeof MESSAGES[0] };

static void each_message_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        const struct icmp *want = &MESSAGES[i].icmp;
        struct view v = view_of(MESSAGES[i].bytes, 8);
        struct icmp is;

        print_message("%s\n", MESSAGES[i].name);
        assert_int_equal(icmp6_decode(&v, &BETWEEN, &is), DROP_NONE);
        assert_int_equal(v.len, 0);
        assert_int_equal(is.kind, want->kind);
        assert_int_equal(is.type, want->type);
        assert_int_equal(is.code, want->code);
        assert_int_equal(is.id, want->id);
        assert_int_equal(is.sequence, want->sequence);
        assert_int_equal(is.mtu, want->mtu);
        assert_int_equal(is.pointer, want->pointer);
    }
}

static void each_message_is_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        struct icmp h = MESSAGES[i].icmp;
        uint8_t bytes[8];

        if (h.kind != ICMP_OTHER) /* it follows from the kind */
            h.type = 99;
        assert_int_equal(icmp6_encode(bytes, &h, &BETWEEN.src, &BETWEEN.dst, 0, 0), 8);
        assert_memory_equal(bytes, MESSAGES[i].bytes, 8);
    }
}

static void the_checksum_covers_the_payload_and_the_addresses(void **state)
{
    static const struct icmp h = {.kind = ICMP_ECHO_REPLY, .id = 1, .sequence = 2};

    (void)state;
    for (size_t len = 0; len < 64; len++) {
        uint8_t bytes[8 + 64];
        struct view v = view_of(bytes, 8 + len);
        struct ip other = BETWEEN;
        struct icmp is;

        for (size_t i = 0; i < 64; i++)
            bytes[8 + i] = (uint8_t)(i * 37 + 11);
        icmp6_encode(bytes, &h, &BETWEEN.src, &BETWEEN.dst, (uint32_t)len, sum_bytes(bytes + 8, len));
        assert_int_equal(icmp6_decode(&v, &BETWEEN, &is), DROP_NONE);
        assert_int_equal(v.len, len);
        for (size_t bit = 0; bit < 8 * (8 + len); bit++) {
            v = view_of(bytes, 8 + len);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(icmp6_decode(&v, &BETWEEN, &is), DROP_CHECKSUM);
            assert_int_equal(v.len, 8 + len);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        other.dst.b[15]++;
        assert_int_equal(icmp6_decode(&v, &other, &is), DROP_CHECKSUM);
    }
}

/* CVE-2020-17443: an echo request of 0 to 7 bytes. */
static void a_message_cut_short_is_truncated(void **state)
{
    (void)state;
    for (size_t len = 0; len < 8; len++) {
        struct view v = view_of(MESSAGES[0].bytes, len);
        struct icmp is;

        assert_int_equal(icmp6_decode(&v, &BETWEEN, &is), DROP_TRUNCATED);
        assert_int_equal(v.len, len);
    }
}

/* All types and codes: their kind by RFC 4443's list, and back to the same bytes. */
static void every_type_and_code_comes_back_as_it_went(void **state)
{
    static const enum icmp_kind kinds[256] = {
        [1] = ICMP_UNREACHABLE, [2] = ICMP_TOO_BIG,        [3] = ICMP_TIME_EXCEEDED,
        [4] = ICMP_PARAMETER,   [128] = ICMP_ECHO_REQUEST, [129] = ICMP_ECHO_REPLY};

    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        uint8_t bytes[8] = {(uint8_t)(i >> 8), (uint8_t)i}, again[8];
        enum icmp_kind kind = kinds[i >> 8];
        bool one_code = kind == ICMP_ECHO_REQUEST || kind == ICMP_ECHO_REPLY || kind == ICMP_TOO_BIG;
        struct view v = view_of(bytes, 8);
        struct icmp is;

        checksum_store(bytes + 2, checksum_pseudo(&BETWEEN.src, &BETWEEN.dst, 58, 8) + sum_bytes(bytes, 8));
        assert_int_equal(icmp6_decode(&v, &BETWEEN, &is), DROP_NONE);
        assert_int_equal(is.kind, kind);
        icmp6_encode(again, &is, &BETWEEN.src, &BETWEEN.dst, 0, 0);
        if (!one_code || (i & 255) == 0)
            assert_memory_equal(again, bytes, 8);
        else
            assert_int_equal(again[1], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_is_read),
        cmocka_unit_test(each_message_is_written),
        cmocka_unit_test(the_checksum_covers_the_payload_and_the_addresses),
        cmocka_unit_test(a_message_cut_short_is_truncated),
        cmocka_unit_test(every_type_and_code_comes_back_as_it_went),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
