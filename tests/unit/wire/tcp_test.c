/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/tcp: the header, every option in every place, the SYNs of many systems, the layout that we write.
 */
#include "wire/tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A header of 1000 > 80 with as many option bytes as len (a multiple of 4), and a payload of 3 bytes. */
static size_t segment(uint8_t *to, const uint8_t *options, size_t len)
{
    static const uint8_t header[TCP_LEN] = {0x03, 0xe8, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0xa1, 0xa2,
                                            0xa3, 0xa4, 0x50, 0x12, 0xfa, 0xf0, 0xcc, 0xcc, 0x00, 0x09};

    memcpy(to, header, TCP_LEN);
    to[12] = (uint8_t)((TCP_LEN + len) << 2);
    memcpy(to + TCP_LEN, options, len);
    memcpy(to + TCP_LEN + len, "abc", 3);
    return TCP_LEN + len + 3;
}

/* What is decoded from that segment; all that no option wrote is 0. */
static struct tcp decoded(const uint8_t *options, size_t len)
{
    uint8_t bytes[TCP_LEN_MAX + 3];
    struct view v = view_of(bytes, segment(bytes, options, len));
    struct tcp t;

    memset(&t, 0, sizeof t);
    assert_int_equal(tcp_decode(&v, &t), DROP_NONE);
    assert_ptr_equal(v.at, bytes + TCP_LEN + len);
    assert_int_equal(v.len, 3);
    return t;
}

static void same(const struct tcp *is, const struct tcp *want)
{
    assert_int_equal(is->src_port, want->src_port);
    assert_int_equal(is->dst_port, want->dst_port);
    assert_int_equal(is->seq.v, want->seq.v);
    assert_int_equal(is->ack.v, want->ack.v);
    assert_int_equal(is->flags, want->flags);
    assert_int_equal(is->window, want->window);
    assert_int_equal(is->urgent, want->urgent);
    assert_int_equal(is->has, want->has);
    assert_int_equal(is->mss, want->mss);
    assert_int_equal(is->wscale, want->wscale);
    assert_int_equal(is->ts_value, want->ts_value);
    assert_int_equal(is->ts_echo, want->ts_echo);
    assert_int_equal(is->sack_blocks, want->sack_blocks);
    for (unsigned i = 0; i < want->sack_blocks; i++) {
        assert_int_equal(is->sack[i].left.v, want->sack[i].left.v);
        assert_int_equal(is->sack[i].right.v, want->sack[i].right.v);
    }
}

/* ---- the header ---------------------------------------------------------------------------------------- */

static void every_field_is_where_the_rfc_draws_it(void **state)
{
    struct tcp t = decoded((const uint8_t *)"", 0);

    (void)state;
    same(&t, &(struct tcp){.src_port = 1000,
                           .dst_port = 80,
                           .seq = {0x01020304},
                           .ack = {0xa1a2a3a4},
                           .flags = TCP_SYN | TCP_ACK,
                           .window = 64240,
                           .urgent = 9});
}

static void a_header_that_is_not_there_is_truncated(void **state)
{
    uint8_t bytes[TCP_LEN_MAX + 3];

    (void)state;
    segment(bytes, (const uint8_t *)"", 0);
    for (size_t len = 0; len < TCP_LEN; len++) {
        struct view v = view_of(bytes, len);
        struct tcp t;

        assert_int_equal(tcp_decode(&v, &t), DROP_TRUNCATED);
        assert_int_equal(v.len, len);
    }
}

static void a_data_offset_below_5_or_past_the_end_is_malformed(void **state)
{
    uint8_t bytes[TCP_LEN_MAX] = {0};

    (void)state;
    for (size_t words = 0; words < 16; words++) {
        for (size_t len = TCP_LEN; len <= TCP_LEN_MAX; len++) {
            struct view v = view_of(bytes, len);
            bool good = words >= 5 && words * 4 <= len;
            struct tcp t;

            bytes[12] = (uint8_t)(words << 4);
            assert_int_equal(tcp_decode(&v, &t), good ? DROP_NONE : DROP_MALFORMED);
            assert_int_equal(v.len, good ? len - words * 4 : len);
        }
    }
}

static void reserved_bits_are_ignored(void **state)
{
    uint8_t bytes[TCP_LEN_MAX + 3];
    struct view v = view_of(bytes, segment(bytes, (const uint8_t *)"", 0));
    struct tcp t;

    (void)state;
    bytes[12] |= 0x0f;
    assert_int_equal(tcp_decode(&v, &t), DROP_NONE);
    assert_int_equal(v.len, 3);
    assert_int_equal(t.flags, TCP_SYN | TCP_ACK);
}

/* ---- options ------------------------------------------------------------------------------------------- */

/* The bit that an option of this kind and length sets, said again by hand. */
static uint8_t bit_of(unsigned kind, unsigned len)
{
    if (kind == 2)
        return len == 4 ? TCP_HAS_MSS : 0;
    if (kind == 3)
        return len == 3 ? TCP_HAS_WSCALE : 0;
    if (kind == 4)
        return len == 2 ? TCP_HAS_SACK_PERMITTED : 0;
    if (kind == 5)
        return len == 10 || len == 18 || len == 26 || len == 34 ? TCP_HAS_SACK : 0;
    return kind == 8 && len == 10 ? TCP_HAS_TIMESTAMP : 0;
}

/* One option of each kind and length at each place among NOPs: 256 * 256 * 40 segments. Up to place 33 an MSS
 * option at the end shows whether the walk went on behind it. */
static void every_kind_and_length_at_every_place(void **state)
{
    uint8_t bytes[TCP_LEN_MAX + 3], options[40];

    (void)state;
    memset(options, 1, sizeof options);
    for (unsigned i = 0; i < 256 * 256 * 40; i++) {
        unsigned place = i >> 16, kind = i >> 8 & 255, len = i & 255;
        bool whole = kind >= 2 && len >= 2 && place + len <= 40;
        bool goes_on = kind == 1 ? len == 1 : whole && place + len <= 36;
        uint8_t want = whole ? bit_of(kind, len) : 0;
        struct view v;
        struct tcp t;

        memcpy(options + 36, place <= 33 ? "\2\4\5\264" : "\1\1\1\1", 4);
        if (place <= 33 && goes_on)
            want |= TCP_HAS_MSS;
        segment(bytes, options, sizeof options);
        bytes[TCP_LEN + place] = (uint8_t)kind;
        if (place < 39)
            bytes[TCP_LEN + place + 1] = (uint8_t)len;
        v = view_of(bytes, TCP_LEN_MAX);
        if (tcp_decode(&v, &t) != DROP_NONE || v.len != 0 || t.has != want) {
            print_error("kind %u length %u at %u: has %u, not %u\n", kind, len, place, t.has, want);
            assert_true(false);
        }
    }
}

/* The last bytes of the options, where there is no room for an option: 5 bytes, then 4, ... then 1. */
static void an_option_cut_by_the_end_of_the_options_ends_them(void **state)
{
    uint8_t options[40];

    (void)state;
    for (size_t place = 31; place < 40; place++) {
        memset(options, 1, sizeof options);
        options[place] = 8;
        if (place < 39)
            options[place + 1] = 10;
        assert_int_equal(decoded(options, sizeof options).has, 0);
    }
    options[30] = 8, options[31] = 10;
    assert_int_equal(decoded(options, sizeof options).has, TCP_HAS_TIMESTAMP);
}

static void the_first_of_a_kind_counts(void **state)
{
    struct tcp t = decoded((const uint8_t *)"\2\4\0\1\2\4\0\2\3\3\1\3\3\2\1\1", 16);

    (void)state;
    assert_int_equal(t.mss, 1);
    assert_int_equal(t.wscale, 1);
    t = decoded((const uint8_t *)"\2\3\11\2\4\0\7\1", 8); /* a malformed one is none */
    assert_int_equal(t.mss, 7);
}

static void a_window_scale_above_14_counts_as_14(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 256; shift++) {
        uint8_t options[4] = {1, 3, 3, (uint8_t)shift};

        assert_int_equal(decoded(options, 4).wscale, shift < 14 ? shift : 14);
    }
}

static void every_mss_is_given_as_it_is(void **state)
{
    (void)state;
    for (unsigned mss = 0; mss < 65536; mss++) {
        uint8_t options[4] = {2, 4, (uint8_t)(mss >> 8), (uint8_t)mss};

        assert_int_equal(decoded(options, 4).mss, mss);
    }
}

/* The 12 bytes that are told by one comparison, and those that differ from them in one bit. */
static void a_timestamp_alone_decodes_as_one_among_others(void **state)
{
    uint8_t options[12] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
    struct tcp t = decoded(options, 12);

    (void)state;
    assert_int_equal(t.has, TCP_HAS_TIMESTAMP);
    assert_int_equal(t.ts_value, 0x01020304);
    assert_int_equal(t.ts_echo, 0x05060708);
    for (unsigned bit = 0; bit < 32; bit++) {
        options[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(decoded(options, 12).has, 0);
        options[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    t = decoded((const uint8_t *)"\1\1\1\1\1\1\10\12\1\2\3\4\5\6\7\10", 16);
    assert_int_equal(t.has, TCP_HAS_TIMESTAMP);
    assert_int_equal(t.ts_value, 0x01020304);
    assert_int_equal(t.ts_echo, 0x05060708);
}

static void blocks_of_sack_are_given_as_they_stand(void **state)
{
    struct tcp t = decoded((const uint8_t *)"\1\1\5\22"
                                            "\0\0\0\2\0\0\0\1"          /* left is right of right */
                                            "\377\377\377\377\0\0\0\0", /* across zero */
                           20);

    (void)state;
    assert_int_equal(t.has, TCP_HAS_SACK);
    assert_int_equal(t.sack_blocks, 2);
    assert_int_equal(t.sack[0].left.v, 2);
    assert_int_equal(t.sack[0].right.v, 1);
    assert_int_equal(t.sack[1].left.v, 0xffffffff);
    assert_int_equal(t.sack[1].right.v, 0);
}

/* ---- the SYNs of many systems -------------------------------------------------------------------------- */

#define ALL (TCP_HAS_MSS | TCP_HAS_WSCALE | TCP_HAS_SACK_PERMITTED | TCP_HAS_TIMESTAMP)
#define TS  "\10\12\21\42\63\104\0\0\0\0" /* 0x11223344, 0 */

static const struct {
    const char *system;
    size_t len;
    const char *options;
    unsigned has, mss, wscale;
} SYNS[] = {
    {"Linux 3 to 6", 20, "\2\4\5\264\4\2" TS "\1\3\3\7", ALL, 1460, 7},
    {"Android", 20, "\2\4\5\264\4\2" TS "\1\3\3\10", ALL, 1460, 8},
    {"Windows 10 and 11", 12, "\2\4\5\264\1\3\3\10\1\1\4\2", ALL & ~TCP_HAS_TIMESTAMP, 1460, 8},
    {"Windows 7", 12, "\2\4\5\264\1\3\3\2\1\1\4\2", ALL & ~TCP_HAS_TIMESTAMP, 1460, 2},
    {"macOS and iOS", 24, "\2\4\5\264\1\3\3\6\1\1" TS "\4\2\0\0", ALL, 1460, 6},
    {"FreeBSD", 20, "\2\4\5\264\1\3\3\6\4\2" TS, ALL, 1460, 6},
    {"OpenBSD", 24, "\2\4\5\264\1\1\4\2\1\3\3\6\1\1" TS, ALL, 1460, 6},
    {"lwIP", 4, "\2\4\5\264", TCP_HAS_MSS, 1460, 0},
    {"uIP and Contiki", 4, "\2\4\0\110", TCP_HAS_MSS, 72, 0},
    {"nmap -sS", 4, "\2\4\5\264", TCP_HAS_MSS, 1460, 0},
    {"hping3 -S", 0, "", 0, 0, 0},
    {"end of options only", 4, "\0\0\0\0", 0, 0, 0},
    {"an option behind the end", 8, "\0\2\4\5\264\0\0\0", 0, 0, 0},
    {"40 NOPs", 40, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", 0, 0,
     0},
    {"an unknown kind", 8, "\115\4\1\2\2\4\5\264", TCP_HAS_MSS, 1460, 0},
    {"an experiment", 8, "\376\4\371\211\2\4\5\264", TCP_HAS_MSS, 1460, 0},
    {"kind 77 of length 0 (CVE-2020-24337)", 4, "\115\0\0\0", 0, 0, 0},
    {"kind 77 of length 0 behind an MSS", 8, "\2\4\5\264\115\0\3\3", TCP_HAS_MSS, 1460, 0},
    {"kind 77 of length 1", 8, "\115\1\2\4\5\264\0\0", 0, 0, 0},
    {"MSS of length 3 (CVE-2020-13988)", 4, "\2\3\5\1", 0, 0, 0},
    {"MSS of length 5", 8, "\2\5\5\264\1\3\3\4", TCP_HAS_WSCALE, 0, 4},
    {"MSS 0 (CVE-2023-35847)", 4, "\2\4\0\0", TCP_HAS_MSS, 0, 0},
    {"MSS 65535", 4, "\2\4\377\377", TCP_HAS_MSS, 65535, 0},
    {"MSS twice", 8, "\2\4\5\264\2\4\0\1", TCP_HAS_MSS, 1460, 0},
    {"window scale 15", 4, "\1\3\3\17", TCP_HAS_WSCALE, 0, 14},
    {"SACK permitted of length 3", 4, "\4\3\0\1", 0, 0, 0},
    {"timestamp of length 9", 12, "\10\11\1\2\3\4\5\6\7\1\1\1", 0, 0, 0},
    {"SACK without a block", 4, "\5\2\1\1", 0, 0, 0},
    {"SACK of half a block", 8, "\5\6\1\2\3\4\1\1", 0, 0, 0},
};

static void the_options_of_a_syn_are_read_whoever_sent_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(SYNS); i++) {
        struct tcp t = decoded((const uint8_t *)SYNS[i].options, SYNS[i].len);

        print_message("%s\n", SYNS[i].system);
        assert_int_equal(t.has, SYNS[i].has);
        assert_int_equal(t.mss, SYNS[i].mss);
        assert_int_equal(t.wscale, SYNS[i].wscale);
        assert_int_equal(t.ts_value, SYNS[i].has & TCP_HAS_TIMESTAMP ? 0x11223344 : 0);
    }
}

/* ---- encoding ------------------------------------------------------------------------------------------ */

static const struct tcp FULL = {
    .src_port = 0x1234,
    .dst_port = 0x5678,
    .seq = {0x9abcdef0},
    .ack = {0x0fedcba9},
    .flags = TCP_CWR | TCP_ACK | TCP_FIN,
    .window = 0x8765,
    .urgent = 0x4321,
    .mss = 0x05b4,
    .wscale = 7,
    .sack_blocks = 4,
    .ts_value = 0xdeadbeef,
    .ts_echo = 0x01234567,
    .sack = {{{1}, {2}}, {{3}, {4}}, {{5}, {6}}, {{7}, {8}}},
};

#define HEADER(offset)                                                                                       \
    "\x12\x34\x56\x78\x9a\xbc\xde\xf0\x0f\xed\xcb\xa9" offset "\x91\x87\x65\x00\x00\x43\x21"
#define WIRE_TS "\x08\x0a\xde\xad\xbe\xef\x01\x23\x45\x67"
#define BLOCK1  "\0\0\0\1\0\0\0\2"
#define BLOCK2  "\0\0\0\3\0\0\0\4"
#define BLOCK3  "\0\0\0\5\0\0\0\6"
#define BLOCK4  "\0\0\0\7\0\0\0\x8"

static const struct {
    unsigned has;
    size_t len;
    const char *bytes;
} LAYOUTS[] = {
    {0, 20, HEADER("\x50")},
    {TCP_HAS_MSS, 24, HEADER("\x60") "\x02\x04\x05\xb4"},
    {TCP_HAS_WSCALE, 24, HEADER("\x60") "\x01\x03\x03\x07"},
    {TCP_HAS_SACK_PERMITTED, 24, HEADER("\x60") "\x01\x01\x04\x02"},
    {TCP_HAS_TIMESTAMP, 32, HEADER("\x80") "\x01\x01" WIRE_TS},
    {TCP_HAS_TIMESTAMP | TCP_HAS_SACK_PERMITTED, 32, HEADER("\x80") "\x04\x02" WIRE_TS},
    {ALL, 40, HEADER("\xa0") "\x02\x04\x05\xb4\x04\x02" WIRE_TS "\x01\x03\x03\x07"},
    {ALL & ~TCP_HAS_TIMESTAMP, 32, HEADER("\x80") "\x02\x04\x05\xb4\x01\x01\x04\x02\x01\x03\x03\x07"},
    {TCP_HAS_SACK, 56, HEADER("\xe0") "\x01\x01\x05\x22" BLOCK1 BLOCK2 BLOCK3 BLOCK4},
    {TCP_HAS_SACK | TCP_HAS_TIMESTAMP, 60,
     HEADER("\xf0") "\x01\x01" WIRE_TS "\x01\x01\x05\x1a" BLOCK1 BLOCK2 BLOCK3},
    {ALL | TCP_HAS_SACK, 60,
     HEADER("\xf0") "\x02\x04\x05\xb4\x04\x02" WIRE_TS "\x01\x03\x03\x07\x01\x01\x05\x12" BLOCK1 BLOCK2},
};

static void what_is_written_is_laid_out_as_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(LAYOUTS); i++) {
        struct tcp t = FULL;
        uint8_t bytes[TCP_LEN_MAX];

        t.has = (uint8_t)LAYOUTS[i].has;
        assert_int_equal(tcp_encoded_len(&t), LAYOUTS[i].len);
        assert_int_equal(tcp_encode(bytes, &t), LAYOUTS[i].len);
        assert_memory_equal(bytes, LAYOUTS[i].bytes, LAYOUTS[i].len);
    }
}

/* t as it comes back: without what has does not name, and with as many blocks as fit. */
static struct tcp visible(const struct tcp *t)
{
    struct tcp v = {.src_port = t->src_port,
                    .dst_port = t->dst_port,
                    .seq = t->seq,
                    .ack = t->ack,
                    .flags = t->flags,
                    .has = t->has,
                    .window = t->window,
                    .urgent = t->urgent};
    size_t fixed = (t->has & TCP_HAS_MSS ? 4u : 0u) + (t->has & TCP_HAS_WSCALE ? 4u : 0u) +
                   (t->has & TCP_HAS_TIMESTAMP        ? 12u
                    : t->has & TCP_HAS_SACK_PERMITTED ? 4u
                                                      : 0u);

    if (t->has & TCP_HAS_MSS)
        v.mss = t->mss;
    if (t->has & TCP_HAS_WSCALE)
        v.wscale = t->wscale;
    if (t->has & TCP_HAS_TIMESTAMP) {
        v.ts_value = t->ts_value;
        v.ts_echo = t->ts_echo;
    }
    if (t->has & TCP_HAS_SACK) {
        v.sack_blocks = t->sack_blocks;
        while (fixed + 4 + 8u * v.sack_blocks > 40)
            v.sack_blocks--;
        memcpy(v.sack, t->sack, sizeof v.sack);
        if (v.sack_blocks == 0)
            v.has &= (uint8_t)~TCP_HAS_SACK;
    }
    return v;
}

static void every_combination_comes_back_as_it_went(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 32 * 5; i++) {
        struct tcp t = FULL, want, got;
        uint8_t bytes[TCP_LEN_MAX + 1];
        size_t len;
        struct view v;

        t.has = (uint8_t)(i % 32);
        t.sack_blocks = (uint8_t)(i / 32);
        want = visible(&t);
        memset(bytes, 0xee, sizeof bytes);
        memset(&got, 0, sizeof got);
        len = tcp_encode(bytes, &t);
        assert_int_equal(len, tcp_encoded_len(&t));
        assert_int_equal(len % 4, 0);
        assert_int_equal(bytes[len], 0xee);
        v = view_of(bytes, len);
        assert_int_equal(tcp_decode(&v, &got), DROP_NONE);
        assert_int_equal(v.len, 0);
        same(&got, &want);
    }
}

static void more_blocks_than_there_are_places_are_not_written(void **state)
{
    struct tcp t = FULL;
    uint8_t bytes[TCP_LEN_MAX];

    (void)state;
    t.has = TCP_HAS_SACK;
    t.sack_blocks = 255;
    assert_int_equal(tcp_encode(bytes, &t), 56);
    assert_int_equal(tcp_encoded_len(&t), 56);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_where_the_rfc_draws_it),
        cmocka_unit_test(a_header_that_is_not_there_is_truncated),
        cmocka_unit_test(a_data_offset_below_5_or_past_the_end_is_malformed),
        cmocka_unit_test(reserved_bits_are_ignored),
        cmocka_unit_test(every_kind_and_length_at_every_place),
        cmocka_unit_test(an_option_cut_by_the_end_of_the_options_ends_them),
        cmocka_unit_test(the_first_of_a_kind_counts),
        cmocka_unit_test(a_window_scale_above_14_counts_as_14),
        cmocka_unit_test(every_mss_is_given_as_it_is),
        cmocka_unit_test(a_timestamp_alone_decodes_as_one_among_others),
        cmocka_unit_test(blocks_of_sack_are_given_as_they_stand),
        cmocka_unit_test(the_options_of_a_syn_are_read_whoever_sent_it),
        cmocka_unit_test(what_is_written_is_laid_out_as_documented),
        cmocka_unit_test(every_combination_comes_back_as_it_went),
        cmocka_unit_test(more_blocks_than_there_are_places_are_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
