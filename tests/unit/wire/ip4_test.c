/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/ip4: the header, all lengths that can be wrong, options of every kind, fragments.
 */
#include "wire/ip4.h"

#include "wire/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { FRAME_MAX = 128 };

/* 10.0.0.1 > 10.0.0.7, TCP, id 0xbeef, don't fragment, DSCP 46 and ECN 1, 8 bytes behind it. */
static const uint8_t PACKET[28] = {0x45, 0xb9, 0x00, 0x1c, 0xbe, 0xef, 0x40, 0x00, 0x40, 0x06,
                                   0x67, 0x2c, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x07,
                                   'p',  'a',  'y',  'l',  'o',  'a',  'd',  '!'};

static const struct ip HEADER = {
    .src = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}},
    .dst = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7}},
    .protocol = IP_TCP,
    .ttl = 64,
    .traffic_class = 0xb9,
    .dont_fragment = true,
    .id = 0xbeef,
    .payload_len = 8,
};

static void same(const struct ip *is, const struct ip *want)
{
    assert_memory_equal(&is->src, &want->src, 16);
    assert_memory_equal(&is->dst, &want->dst, 16);
    assert_int_equal(is->protocol, want->protocol);
    assert_int_equal(is->ttl, want->ttl);
    assert_int_equal(is->traffic_class, want->traffic_class);
    assert_int_equal(is->fragment, want->fragment);
    assert_int_equal(is->more, want->more);
    assert_int_equal(is->dont_fragment, want->dont_fragment);
    assert_int_equal(is->id, want->id);
    assert_int_equal(is->offset, want->offset);
    assert_int_equal(is->flow, want->flow);
    assert_int_equal(is->payload_len, want->payload_len);
}

/* Makes the checksum of a header of that many bytes right, unless they are fewer than a header has. */
static void seal(uint8_t *header, size_t len)
{
    header[10] = header[11] = 0;
    checksum_store(header + 10, sum_bytes(header, len));
}

static void a_packet_is_read_and_trimmed(void **state)
{
    uint8_t bytes[46] = {0};
    struct view v = view_of(bytes, sizeof bytes);
    struct ip h;

    (void)state;
    memcpy(bytes, PACKET, sizeof PACKET); /* and padding behind it */
    assert_int_equal(ip4_decode(&v, &h), DROP_NONE);
    same(&h, &HEADER);
    assert_ptr_equal(v.at, bytes + IP4_LEN);
    assert_int_equal(v.len, 8);
}

static void writes_what_it_reads(void **state)
{
    uint8_t bytes[IP4_LEN];

    (void)state;
    memset(bytes, 0xee, sizeof bytes);
    assert_int_equal(ip4_encode(bytes, &HEADER), IP4_LEN);
    assert_memory_equal(bytes, PACKET, IP4_LEN);
}

/* Every bit of the header counts: each one turned is seen, most of them by the checksum. */
static void no_bit_may_be_wrong(void **state)
{
    uint8_t bytes[sizeof PACKET];

    (void)state;
    memcpy(bytes, PACKET, sizeof PACKET);
    for (unsigned bit = 0; bit < 8 * IP4_LEN; bit++) {
        struct view v = view_of(bytes, sizeof bytes);
        struct ip h;

        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(ip4_decode(&v, &h), DROP_NONE);
        assert_int_equal(v.len, sizeof bytes);
        if (bit >= 32)
            assert_int_equal(ip4_decode(&v, &h), DROP_CHECKSUM);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* What a first byte, a total length and a number of bytes received make of a packet: said again by hand. */
static enum drop shape(unsigned first, size_t total, size_t len)
{
    size_t header = (first & 15) * 4;

    if (len < 20)
        return DROP_TRUNCATED;
    if (first >> 4 != 4 || header < 20)
        return DROP_MALFORMED;
    if (header > len)
        return DROP_TRUNCATED;
    if (total < header)
        return DROP_MALFORMED;
    return total > len ? DROP_TRUNCATED : DROP_NONE;
}

/* All first bytes x total lengths around the header's and the frame's x frame lengths, options being NOPs. */
static void every_version_header_length_and_total(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256 * 100 * 17; i++) {
        unsigned first = i & 255, total = (i >> 8) % 100, len = (i >> 8) / 100 * 5;
        size_t header = (first & 15) * 4;
        uint8_t bytes[FRAME_MAX];
        struct view v = view_of(bytes, len);
        enum drop want = shape(first, total, len);
        struct ip h;

        memset(bytes, 1, sizeof bytes);
        memcpy(bytes, PACKET, IP4_LEN);
        bytes[0] = (uint8_t)first;
        bytes[3] = (uint8_t)total;
        seal(bytes, header < 20 ? 20 : header);
        if (ip4_decode(&v, &h) != want)
            print_error("first byte 0x%02x, total %u, frame %u\n", first, total, len);
        v = view_of(bytes, len);
        assert_int_equal(ip4_decode(&v, &h), want);
        assert_int_equal(v.len, want ? len : total - header);
        if (!want)
            assert_int_equal(h.payload_len, total - header);
    }
}

/* ---- options ------------------------------------------------------------------------------------------- */

/* A packet with those option bytes, a multiple of 4 of them, and a right checksum. */
static enum drop with_options(const void *options, size_t len)
{
    uint8_t bytes[IP4_LEN_MAX + 8] = {0};
    struct view v = view_of(bytes, IP4_LEN + len + 8);
    struct ip h;
    enum drop drop;

    memcpy(bytes, PACKET, IP4_LEN);
    memcpy(bytes + IP4_LEN, options, len);
    memcpy(bytes + IP4_LEN + len, PACKET + IP4_LEN, 8);
    bytes[0] = (uint8_t)(0x40 | (IP4_LEN + len) / 4);
    bytes[3] = (uint8_t)(IP4_LEN + len + 8);
    seal(bytes, IP4_LEN + len);
    drop = ip4_decode(&v, &h);
    if (drop)
        return drop;
    same(&h, &HEADER);
    assert_ptr_equal(v.at, bytes + IP4_LEN + len);
    assert_int_equal(v.len, 8);
    return drop;
}

static void options_that_are_whole_are_stepped_over(void **state)
{
    (void)state;
    assert_int_equal(with_options("\1\1\1\1", 4), DROP_NONE);
    assert_int_equal(with_options("\0\203\0\0", 4), DROP_NONE);          /* behind the end is nothing */
    assert_int_equal(with_options("\224\4\0\0", 4), DROP_NONE);          /* router alert */
    assert_int_equal(with_options("\7\7\4\0\0\0\0\0", 8), DROP_NONE);    /* record route */
    assert_int_equal(with_options("\104\10\5\0\0\0\0\0", 8), DROP_NONE); /* timestamp */
    assert_int_equal(with_options("\7\7\377\0\0\0\0\0", 8), DROP_NONE);  /* its pointer is not looked at */
}

static void a_source_route_is_refused(void **state)
{
    (void)state;
    assert_int_equal(with_options("\203\7\4\12\0\0\11\0", 8), DROP_MALFORMED); /* loose */
    assert_int_equal(with_options("\211\7\4\12\0\0\11\0", 8), DROP_MALFORMED); /* strict */
    assert_int_equal(with_options("\1\203\3\4", 4), DROP_MALFORMED);
    assert_int_equal(with_options("\203\7\377\12\0\0\11\0", 8),
                     DROP_MALFORMED); /* with a pointer past its end */
}

/* One option of each kind and length at each place among NOPs: 256 * 256 * 40 headers. */
static void every_kind_and_length_at_every_place(void **state)
{
    uint8_t options[40];

    (void)state;
    memset(options, 1, sizeof options);
    for (unsigned i = 0; i < 256 * 256 * 40; i += 1 + i / 65536 % 7) { /* thinned out: 1 in 4 */
        unsigned place = i >> 16, kind = i >> 8 & 255, len = i & 255;
        bool good = kind == 0 || (kind >= 2 && kind != 131 && kind != 137 && len >= 2 && place + len <= 40);

        /* Behind a NOP the length is a kind, whose length is the NOP behind it. */
        if (kind == 1)
            good = place == 39 || len <= 1;
        options[place] = (uint8_t)kind;
        if (place < 39)
            options[place + 1] = (uint8_t)len;
        if (with_options(options, 40) != (good ? DROP_NONE : DROP_MALFORMED)) {
            print_error("kind %u length %u at %u\n", kind, len, place);
            assert_true(false);
        }
        options[place] = 1;
        if (place < 39)
            options[place + 1] = 1;
    }
}

/* Random bytes under every header length: nothing but these two answers, and the lengths stay right. */
static void random_options_of_every_length(void **state)
{
    uint32_t seed = 7;
    unsigned good = 0;

    (void)state;
    for (unsigned i = 0; i < 110000; i++) {
        uint8_t options[40];
        enum drop drop;

        for (unsigned k = 0; k < 40; k++) {
            seed = seed * 1664525 + 1013904223;
            options[k] = (uint8_t)(seed >> 24) & (i % 2 ? 0x07 : 0xff);
        }
        drop = with_options(options, i % 11 * 4);
        assert_true(drop == DROP_NONE || drop == DROP_MALFORMED);
        good += !drop;
    }
    assert_in_range(good, 110000 / 11, 110000 - 1000);
}

/* ---- fragments ----------------------------------------------------------------------------------------- */

/* A fragment at that offset with that much payload. */
static enum drop fragment(uint32_t offset, bool more, uint32_t len, struct ip *out)
{
    static uint8_t bytes[65536];
    struct ip h = HEADER;
    struct view v;

    h.dont_fragment = false;
    h.offset = offset;
    h.more = more;
    h.payload_len = len;
    ip4_encode(bytes, &h);
    v = view_of(bytes, IP4_LEN + len);
    return ip4_decode(&v, out);
}

static void offset_and_more_make_a_fragment(void **state)
{
    struct ip h;

    (void)state;
    assert_int_equal(fragment(0, false, 100, &h), DROP_NONE);
    assert_false(h.fragment);
    assert_int_equal(fragment(0, true, 104, &h), DROP_NONE);
    assert_true(h.fragment && h.more && h.offset == 0);
    assert_int_equal(fragment(1480, false, 100, &h), DROP_NONE);
    assert_true(h.fragment && !h.more && h.offset == 1480);
    assert_int_equal(fragment(8 * 4095, true, 8, &h), DROP_NONE);
    assert_true(h.fragment && h.more && h.offset == 8 * 4095);
}

/* The ping of death: all ends from 65,500 to 67,000. */
static void a_fragment_that_ends_past_65535_is_malformed(void **state)
{
    struct ip h;

    (void)state;
    for (uint32_t offset = 65528 - 65528 % 8; offset >= 65000; offset -= 8) {
        for (uint32_t len = 1; len <= 1480; len++) {
            bool fits = IP4_LEN + offset + len <= 65535;

            assert_int_equal(fragment(offset, false, len, &h), fits ? DROP_NONE : DROP_MALFORMED);
        }
    }
}

static void a_fragment_with_others_behind_it_is_whole_units(void **state)
{
    struct ip h;

    (void)state;
    for (uint32_t len = 0; len < 64; len++) {
        assert_int_equal(fragment(0, true, len, &h), len % 8 ? DROP_MALFORMED : DROP_NONE);
        assert_int_equal(fragment(64, false, len, &h), DROP_NONE);
    }
}

/* ---- quoted -------------------------------------------------------------------------------------------- */

static void a_quoted_packet_may_be_cut_short_and_have_a_wrong_checksum(void **state)
{
    uint8_t bytes[40] = {0};

    (void)state;
    memcpy(bytes, PACKET, sizeof PACKET);
    bytes[10] ^= 1;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct view v = view_of(bytes, len);
        size_t left = len > sizeof PACKET ? 8 : len - IP4_LEN;
        struct ip h;

        assert_int_equal(ip4_decode_quoted(&v, &h), len < IP4_LEN ? DROP_TRUNCATED : DROP_NONE);
        assert_int_equal(v.len, len < IP4_LEN ? len : left);
        if (len >= IP4_LEN)
            same(&h, &HEADER); /* payload_len too: what the header claims */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_is_read_and_trimmed),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(no_bit_may_be_wrong),
        cmocka_unit_test(every_version_header_length_and_total),
        cmocka_unit_test(options_that_are_whole_are_stepped_over),
        cmocka_unit_test(a_source_route_is_refused),
        cmocka_unit_test(every_kind_and_length_at_every_place),
        cmocka_unit_test(random_options_of_every_length),
        cmocka_unit_test(offset_and_more_make_a_fragment),
        cmocka_unit_test(a_fragment_that_ends_past_65535_is_malformed),
        cmocka_unit_test(a_fragment_with_others_behind_it_is_whole_units),
        cmocka_unit_test(a_quoted_packet_may_be_cut_short_and_have_a_wrong_checksum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
