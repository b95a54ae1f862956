/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/icmp4: which type is which kind, both ways, and messages too short or wrong.
 */
#include "wire/icmp4.h"

#include "wire/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *name;
    uint8_t bytes[8]; /* the checksum, right for these 8 bytes alone, at 2 */
    struct icmp icmp;
} MESSAGES[] = {
    {"echo request",
     {8, 0, 0xbc, 0xa8, 0x12, 0x34, 0x29, 0x23},
     {.kind = ICMP_ECHO_REQUEST, .type = 8, .id = 0x1234, .sequence = 0x2923}},
    {"echo reply",
     {0, 0, 0xc4, 0xa8, 0x12, 0x34, 0x29, 0x23},
     {.kind = ICMP_ECHO_REPLY, .type = 0, .id = 0x1234, .sequence = 0x2923}},
    {"port unreachable", {3, 3, 0xfc, 0xfc, 0, 0, 0, 0}, {.kind = ICMP_UNREACHABLE, .type = 3, .code = 3}},
    {"fragmentation needed",
     {3, 4, 0xf7, 0x83, 0, 0, 0x05, 0x78},
     {.kind = ICMP_TOO_BIG, .type = 3, .code = 4, .mtu = 1400}},
    {"fragmentation needed, from an old router",
     {3, 4, 0xfc, 0xfb, 0, 0, 0, 0},
     {.kind = ICMP_TOO_BIG, .type = 3, .code = 4, .mtu = 0}},
    {"time exceeded", {11, 1, 0xf4, 0xfe, 0, 0, 0, 0}, {.kind = ICMP_TIME_EXCEEDED, .type = 11, .code = 1}},
    {"parameter problem",
     {12, 0, 0xdf, 0xff, 20, 0, 0, 0},
     {.kind = ICMP_PARAMETER, .type = 12, .pointer = 20}},
    {"redirect",
     {5, 1, 0xf0, 0xfd, 10, 0, 0, 1},
     {.kind = ICMP_OTHER, .type = 5, .code = 1, .id = 0x0a00, .sequence = 1}},
    {"source quench", {4, 0, 0xfb, 0xff, 0, 0, 0, 0}, {.kind = ICMP_OTHER, .type = 4}},
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
        assert_int_equal(icmp4_decode(&v, &is), DROP_NONE);
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
        assert_int_equal(icmp4_encode(bytes, &h, 0), 8);
        assert_memory_equal(bytes, MESSAGES[i].bytes, 8);
    }
}

static void the_checksum_covers_the_payload(void **state)
{
    static const struct icmp h = {.kind = ICMP_ECHO_REPLY, .id = 1, .sequence = 2};

    (void)state;
    for (size_t len = 0; len < 64; len++) {
        uint8_t bytes[8 + 64];
        struct view v = view_of(bytes, 8 + len);
        struct icmp is;

        for (size_t i = 0; i < 64; i++)
            bytes[8 + i] = (uint8_t)(i * 37 + 11);
        icmp4_encode(bytes, &h, sum_bytes(bytes + 8, len));
        assert_int_equal(icmp4_decode(&v, &is), DROP_NONE);
        assert_int_equal(v.len, len);
        for (size_t bit = 0; bit < 8 * (8 + len); bit++) {
            v = view_of(bytes, 8 + len);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(icmp4_decode(&v, &is), DROP_CHECKSUM);
            assert_int_equal(v.len, 8 + len);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void a_message_cut_short_is_truncated(void **state)
{
    (void)state;
    for (size_t len = 0; len < 8; len++) {
        struct view v = view_of(MESSAGES[0].bytes, len);
        struct icmp is;

        assert_int_equal(icmp4_decode(&v, &is), DROP_TRUNCATED);
        assert_int_equal(v.len, len);
    }
}

/* All types and codes: their kind by RFC 792's list, and back to the same bytes. */
static void every_type_and_code_comes_back_as_it_went(void **state)
{
    static const enum icmp_kind kinds[256] = {[0] = ICMP_ECHO_REPLY,
                                              [3] = ICMP_UNREACHABLE,
                                              [8] = ICMP_ECHO_REQUEST,
                                              [11] = ICMP_TIME_EXCEEDED,
                                              [12] = ICMP_PARAMETER};

    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        uint8_t bytes[8] = {(uint8_t)(i >> 8), (uint8_t)i}, again[8];
        enum icmp_kind kind = i == 0x304 ? ICMP_TOO_BIG : kinds[i >> 8];
        bool echo = kind == ICMP_ECHO_REQUEST || kind == ICMP_ECHO_REPLY;
        struct view v = view_of(bytes, 8);
        struct icmp is;

        checksum_store(bytes + 2, sum_bytes(bytes, 8));
        assert_int_equal(icmp4_decode(&v, &is), DROP_NONE);
        assert_int_equal(is.kind, kind);
        icmp4_encode(again, &is, 0);
        if (!echo || (i & 255) == 0) /* an echo has but code 0 when it is ours */
            assert_memory_equal(again, bytes, 8);
        else
            assert_int_equal(again[1], 0);
    }
}

static void an_mtu_that_does_not_fit_is_the_largest_that_does(void **state)
{
    static const struct icmp h = {.kind = ICMP_TOO_BIG, .mtu = 65536};
    uint8_t bytes[8];

    (void)state;
    icmp4_encode(bytes, &h, 0);
    assert_memory_equal(bytes + 4, "\0\0\377\377", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_is_read),
        cmocka_unit_test(each_message_is_written),
        cmocka_unit_test(the_checksum_covers_the_payload),
        cmocka_unit_test(a_message_cut_short_is_truncated),
        cmocka_unit_test(every_type_and_code_comes_back_as_it_went),
        cmocka_unit_test(an_mtu_that_does_not_fit_is_the_largest_that_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
