/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/ip6: the header, chains of extension headers and their options, fragments.
 */
#include "wire/ip6.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, ESP = 50, AH = 51, NO_NEXT = 59, DESTINATION = 60 };

/* fd00::1 > fd00::7, TCP, traffic class 0xb9, flow label 0xabcde, 8 bytes behind it. */
static const uint8_t PACKET[48] = {0x6b, 0x9a, 0xbc, 0xde, 0x00, 0x08, 0x06, 0x40, 0xfd, 0,   0,   0,
                                   0,    0,    0,    0,    0,    0,    0,    0,    0,    0,   0,   1,
                                   0xfd, 0,    0,    0,    0,    0,    0,    0,    0,    0,   0,   0,
                                   0,    0,    0,    7,    'p',  'a',  'y',  'l',  'o',  'a', 'd', '!'};

static const struct ip HEADER = {
    .src = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    .dst = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}},
    .protocol = IP_TCP,
    .ttl = 64,
    .traffic_class = 0xb9,
    .dont_fragment = true,
    .flow = 0xabcde,
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

/* ---- the header ---------------------------------------------------------------------------------------- */

static void a_packet_is_read_and_trimmed(void **state)
{
    uint8_t bytes[60] = {0};
    struct view v = view_of(bytes, sizeof bytes);
    struct ip h;

    (void)state;
    memcpy(bytes, PACKET, sizeof PACKET);
    assert_int_equal(ip6_decode(&v, &h), DROP_NONE);
    same(&h, &HEADER);
    assert_ptr_equal(v.at, bytes + IP6_LEN);
    assert_int_equal(v.len, 8);
}

static void writes_what_it_reads(void **state)
{
    uint8_t bytes[IP6_LEN];

    (void)state;
    assert_int_equal(ip6_encode(bytes, &HEADER), IP6_LEN);
    assert_memory_equal(bytes, PACKET, IP6_LEN);
}

static void only_version_6_is_read(void **state)
{
    uint8_t bytes[sizeof PACKET];

    (void)state;
    memcpy(bytes, PACKET, sizeof PACKET);
    for (unsigned first = 0; first < 256; first++) {
        struct view v = view_of(bytes, sizeof bytes);
        struct ip h;

        bytes[0] = (uint8_t)first;
        assert_int_equal(ip6_decode(&v, &h), first >> 4 == 6 ? DROP_NONE : DROP_MALFORMED);
        assert_int_equal(v.len, first >> 4 == 6 ? 8 : sizeof bytes);
    }
}

static void a_payload_that_is_not_there_is_truncated(void **state)
{
    uint8_t bytes[sizeof PACKET];

    (void)state;
    memcpy(bytes, PACKET, sizeof PACKET);
    for (unsigned claimed = 0; claimed < 65536; claimed++) {
        struct view v = view_of(bytes, sizeof bytes);
        struct ip h;

        bytes[4] = (uint8_t)(claimed >> 8);
        bytes[5] = (uint8_t)claimed;
        assert_int_equal(ip6_decode(&v, &h), claimed <= 8 ? DROP_NONE : DROP_TRUNCATED);
        assert_int_equal(v.len, claimed <= 8 ? claimed : sizeof bytes);
    }
    for (size_t len = 0; len < sizeof PACKET; len++) {
        struct view v = view_of(PACKET, len);
        struct ip h;

        assert_int_equal(ip6_decode(&v, &h), DROP_TRUNCATED);
        assert_int_equal(v.len, len);
    }
}

static void an_ipv4_mapped_address_does_not_come_from_a_wire(void **state)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 1};

    (void)state;
    for (size_t offset = 8; offset <= 24; offset += 16) {
        uint8_t bytes[sizeof PACKET];
        struct view v = view_of(bytes, sizeof bytes);
        struct ip h;

        memcpy(bytes, PACKET, sizeof PACKET);
        memcpy(bytes + offset, mapped, 16);
        assert_int_equal(ip6_decode(&v, &h), DROP_MALFORMED);
    }
}

/* ---- extension headers --------------------------------------------------------------------------------- */

/* A packet whose first extension header is of that kind, with len bytes behind the IPv6 header. */
static size_t packet(uint8_t *to, uint8_t first, const void *behind, size_t len)
{
    memcpy(to, PACKET, IP6_LEN);
    memcpy(to + IP6_LEN, behind, len);
    to[4] = (uint8_t)(len >> 8);
    to[5] = (uint8_t)len;
    to[6] = first;
    return IP6_LEN + len;
}

static enum drop decode(uint8_t first, const void *behind, size_t len, struct ip *out)
{
    uint8_t bytes[IP6_LEN + 2100];
    struct view v = view_of(bytes, packet(bytes, first, behind, len));
    enum drop drop = ip6_decode(&v, out);

    assert_int_equal(v.len, drop ? IP6_LEN + len : out->payload_len);
    return drop;
}

static const struct {
    const char *name;
    uint8_t first;
    size_t len;
    const char *behind;
    enum drop drop;
    unsigned protocol, payload; /* of those that are read */
} CHAINS[] = {
    {"hop-by-hop", 0, 16, "\6\0\1\4\0\0\0\0payload!", DROP_NONE, 6, 8},
    {"hop-by-hop with a router alert", 0, 16, "\72\0\5\2\0\0\1\0payload!", DROP_NONE, 58, 8},
    {"destination options", 60, 16, "\6\0\0\0\0\0\0\0payload!", DROP_NONE, 6, 8},
    {"routing with nothing left", 43, 16, "\6\0\2\0\0\0\0\0payload!", DROP_NONE, 6, 8},
    {"routing of type 0 with nothing left", 43, 16, "\6\0\0\0\0\0\0\0payload!", DROP_NONE, 6, 8},
    {"routing of type 0 with one left (RFC 5095)", 43, 16, "\6\0\0\1\0\0\0\0payload!", DROP_EXTENSION, 0, 0},
    {"routing of an unknown type with some left", 43, 16, "\6\0\375\377\0\0\0\0payload!", DROP_EXTENSION, 0,
     0},
    {"an atomic fragment (RFC 6946)", 44, 16, "\6\0\0\0\1\2\3\4payload!", DROP_NONE, 6, 8},
    {"hop-by-hop, routing, destination", 0, 32, "\53\0\1\4\0\0\0\0\74\0\0\0\0\0\0\0\6\0\1\4\0\0\0\0payload!",
     DROP_NONE, 6, 8},
    {"hop-by-hop not first", 60, 24, "\0\0\1\4\0\0\0\0\6\0\1\4\0\0\0\0payload!", DROP_EXTENSION, 0, 0},
    {"hop-by-hop twice", 0, 24, "\0\0\1\4\0\0\0\0\6\0\1\4\0\0\0\0payload!", DROP_EXTENSION, 0, 0},
    {"no next header", 59, 8, "payload!", DROP_EXTENSION, 0, 0},
    {"no next header behind another", 60, 16, "\73\0\1\4\0\0\0\0payload!", DROP_EXTENSION, 0, 0},
    {"ESP is a protocol", 50, 8, "payload!", DROP_NONE, 50, 8},
    {"AH is a protocol", 51, 8, "payload!", DROP_NONE, 51, 8},
    {"an unknown header is a protocol", 253, 8, "payload!", DROP_NONE, 253, 8},
    {"nothing behind the extension header", 60, 8, "\6\0\1\4\0\0\0\0", DROP_NONE, 6, 0},
    {"no extension header where one is announced", 60, 0, "", DROP_TRUNCATED, 0, 0},
    {"half of one", 60, 4, "\6\0\1\4", DROP_TRUNCATED, 0, 0},
    {"one longer than the packet", 60, 16, "\6\2\1\14\0\0\0\0payload!", DROP_TRUNCATED, 0, 0},
    {"length 255 (CVE-2020-17444)", 60, 16, "\6\377\1\4\0\0\0\0payload!", DROP_TRUNCATED, 0, 0},
    {"hop-by-hop of length 255 (CVE-2020-17442)", 0, 16, "\6\377\1\4\0\0\0\0payload!", DROP_TRUNCATED, 0, 0},
    {"a fragment header cut short", 44, 7, "\6\0\0\0\1\2\3", DROP_TRUNCATED, 0, 0},
    {"an option past its header (CVE-2020-17445)", 60, 16, "\6\0\1\5\0\0\0\0payload!", DROP_MALFORMED, 0, 0},
    {"an option of length 255", 60, 16, "\6\0\36\377\0\0\0\0payload!", DROP_MALFORMED, 0, 0},
    {"an option without its length", 60, 16, "\6\0\1\3\0\0\0\1payload!", DROP_MALFORMED, 0, 0},
    {"an unknown option to be skipped", 60, 16, "\6\0\36\4\1\2\3\4payload!", DROP_NONE, 6, 8},
    {"an unknown option that discards", 60, 16, "\6\0\136\4\1\2\3\4payload!", DROP_EXTENSION, 0, 0},
    {"one that discards and tells", 60, 16, "\6\0\236\4\1\2\3\4payload!", DROP_EXTENSION, 0, 0},
    {"one that discards and tells unicast", 60, 16, "\6\0\336\4\1\2\3\4payload!", DROP_EXTENSION, 0, 0},
    {"a jumbo payload", 0, 16, "\6\0\302\4\0\1\0\0payload!", DROP_EXTENSION, 0, 0},
};

static void each_chain_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CHAINS / sizeof *CHAINS; i++) {
        struct ip h, want = HEADER;

        print_message("%s\n", CHAINS[i].name);
        assert_int_equal(decode(CHAINS[i].first, CHAINS[i].behind, CHAINS[i].len, &h), CHAINS[i].drop);
        if (CHAINS[i].drop)
            continue;
        want.protocol = (uint8_t)CHAINS[i].protocol;
        want.payload_len = CHAINS[i].payload;
        want.id = CHAINS[i].first == FRAGMENT ? 0x01020304 : 0;
        same(&h, &want);
    }
}

static void at_most_8_headers_are_walked(void **state)
{
    uint8_t chain[8 * 100];
    struct ip h;

    (void)state;
    for (size_t headers = 1; headers <= 100; headers++) {
        for (size_t i = 0; i < headers; i++)
            memcpy(chain + 8 * i, i + 1 < headers ? "\74\0\1\4\0\0\0\0" : "\6\0\1\4\0\0\0\0", 8);
        assert_int_equal(decode(DESTINATION, chain, 8 * headers, &h),
                         headers <= IP6_HEADERS ? DROP_NONE : DROP_EXTENSION);
    }
    for (size_t i = 0; i < 100; i++) /* atomic fragments count too */
        memcpy(chain + 8 * i, i + 1 < 9 ? "\54\0\0\0\0\0\0\0" : "\6\0\0\0\0\0\0\0", 8);
    assert_int_equal(decode(FRAGMENT, chain, sizeof chain, &h), DROP_EXTENSION);
    assert_int_equal(decode(FRAGMENT, chain + 8, sizeof chain - 8, &h), DROP_NONE);
    assert_int_equal(h.protocol, IP_TCP);
}

/* For an error that says which byte was not understood (RFC 4443 3.4). */
static void where_the_protocol_stands_is_told(void **state)
{
    static const uint8_t chain[24] = {60, 0, 1, 4, [8] = 44, 0, 1, 4, [16] = 99};
    struct ip h;

    (void)state;
    assert_int_equal(decode(99, chain, sizeof chain, &h), DROP_NONE);
    assert_int_equal(h.protocol_at, 6);
    assert_int_equal(decode(0, chain, sizeof chain, &h), DROP_NONE); /* hop-by-hop, destination, fragment */
    assert_int_equal(h.protocol, 99);
    assert_int_equal(h.protocol_at, 40 + 16);
}

/* What a chain of headers of 8 bytes, lengths as given, should come to: walked by hand over a string. */
static enum drop judge(const uint8_t *kinds, const uint8_t *lengths, size_t n, size_t len)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        size_t own = kinds[i] == FRAGMENT ? 8 : ((size_t)lengths[i] + 1) * 8;

        if (kinds[i] == HOP_BY_HOP && i > 0)
            return DROP_EXTENSION;
        if (at + own > len)
            return DROP_TRUNCATED;
        if (own > 8) /* it swallows the header behind it, of which we then know nothing more */
            return DROP_COUNT;
        at += own;
    }
    return DROP_NONE;
}

/* All chains of up to 4 headers out of the 4 kinds x lengths 0, 1, 254, 255, in a packet of 64 bytes. A
 * header of length 1 swallows the next: then it is enough that the walk ends inside the packet. */
static void every_chain_of_up_to_4_headers(void **state)
{
    static const uint8_t all_kinds[4] = {HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION};
    static const uint8_t all_lengths[4] = {0, 1, 254, 255};

    (void)state;
    for (unsigned i = 0; i < 4 * 65536; i++) {
        uint8_t bytes[64] = {0}, kinds[5], lengths[4];
        size_t n = 1 + (i >> 16);
        enum drop want, got;
        struct ip h;

        for (size_t k = 0; k < n; k++) {
            kinds[k] = all_kinds[i >> (4 * k) & 3];
            lengths[k] = all_lengths[i >> (4 * k + 2) & 3];
        }
        kinds[n] = IP_TCP;
        for (size_t k = 0; k < n; k++) {
            bytes[8 * k] = kinds[k + 1];
            bytes[8 * k + 1] = kinds[k] == FRAGMENT ? 0 : lengths[k];
        }
        want = judge(kinds, lengths, n, sizeof bytes);
        got = decode(kinds[0], bytes, sizeof bytes, &h);
        if (want != DROP_COUNT)
            assert_int_equal(got, want);
        if (want == DROP_NONE)
            assert_int_equal(h.protocol, IP_TCP);
    }
}

/* One option of each type and length at each place of a header of 16 bytes. */
static void every_option_type_and_length_at_every_place(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256 * 256 * 14; i++) {
        unsigned place = 2 + (i >> 16), type = i >> 8 & 255, len = i & 255;
        uint8_t bytes[16] = {IP_TCP, 1};
        enum drop want = DROP_NONE;
        struct ip h;

        bytes[place] = (uint8_t)type;
        if (place < 15)
            bytes[place + 1] = (uint8_t)len;
        if (type != 0)
            want = place == 15 || place + 2 + len > 16 ? DROP_MALFORMED
                   : type >> 6                         ? DROP_EXTENSION
                                                       : DROP_NONE;
        else if (place < 15 && len != 0) /* Pad1: the length is the next option's type, of length 0 */
            want = place == 14 ? DROP_MALFORMED : len >> 6 ? DROP_EXTENSION : DROP_NONE;
        assert_int_equal(decode(DESTINATION, bytes, sizeof bytes, &h), want);
    }
}

/* ---- fragments ----------------------------------------------------------------------------------------- */

static void a_fragment_is_decoded_up_to_its_header(void **state)
{
    /* What stands behind it would be refused, were it looked at. */
    static const char behind[] = "\0\0\4\321\1\2\3\4"
                                 "\73\377\377\377\377\377\377\377";
    struct ip h, want = HEADER;

    (void)state;
    assert_int_equal(decode(FRAGMENT, behind, 16, &h), DROP_NONE);
    want.protocol = HOP_BY_HOP;
    want.fragment = want.more = true;
    want.offset = 1232;
    want.id = 0x01020304;
    same(&h, &want);
}

static void a_fragment_with_others_behind_it_is_whole_units(void **state)
{
    (void)state;
    for (size_t len = 0; len < 64; len++) {
        uint8_t bytes[8 + 64] = {IP_TCP, 0, 0, 1};
        struct ip h;

        assert_int_equal(decode(FRAGMENT, bytes, 8 + len, &h), len % 8 ? DROP_MALFORMED : DROP_NONE);
        bytes[2] = 1, bytes[3] = 0;
        assert_int_equal(decode(FRAGMENT, bytes, 8 + len, &h), DROP_NONE);
        assert_true(h.fragment && !h.more);
        assert_int_equal(h.offset, 256);
    }
}

static void a_fragment_that_ends_past_65535_is_malformed(void **state)
{
    (void)state;
    for (unsigned offset = 65528; offset >= 64000; offset -= 8) {
        for (size_t len = 0; len <= 1500; len += 1 + len / 100) {
            /* 8 bytes of destination options, which count as part of the packet, stand in front. */
            uint8_t bytes[16 + 1500] = {
                FRAGMENT,        0, 1, 4, 0, 0, 0, 0, IP_TCP, 0, (uint8_t)(offset >> 8),
                (uint8_t)offset, 0, 0, 0, 7};
            bool fits = 8 + offset + len <= 65535;
            struct ip h;

            assert_int_equal(decode(DESTINATION, bytes, 16 + len, &h), fits ? DROP_NONE : DROP_MALFORMED);
        }
    }
}

/* ---- quoted -------------------------------------------------------------------------------------------- */

static void a_quoted_packet_may_be_cut_short(void **state)
{
    uint8_t bytes[100] = {0};
    struct ip want = HEADER;

    (void)state;
    packet(bytes, DESTINATION, "\6\0\1\4\0\0\0\0payload!", 16);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct view v = view_of(bytes, len);
        size_t left = len > 56 ? 8 : len - 48;
        struct ip h;

        assert_int_equal(ip6_decode_quoted(&v, &h), len < 48 ? DROP_TRUNCATED : DROP_NONE);
        assert_int_equal(v.len, len < 48 ? len : left);
        if (len >= 48)
            same(&h, &want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_is_read_and_trimmed),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(only_version_6_is_read),
        cmocka_unit_test(a_payload_that_is_not_there_is_truncated),
        cmocka_unit_test(an_ipv4_mapped_address_does_not_come_from_a_wire),
        cmocka_unit_test(each_chain_is_judged),
        cmocka_unit_test(at_most_8_headers_are_walked),
        cmocka_unit_test(where_the_protocol_stands_is_told),
        cmocka_unit_test(every_chain_of_up_to_4_headers),
        cmocka_unit_test(every_option_type_and_length_at_every_place),
        cmocka_unit_test(a_fragment_is_decoded_up_to_its_header),
        cmocka_unit_test(a_fragment_with_others_behind_it_is_whole_units),
        cmocka_unit_test(a_fragment_that_ends_past_65535_is_malformed),
        cmocka_unit_test(a_quoted_packet_may_be_cut_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
