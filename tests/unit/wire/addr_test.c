/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/addr: the kinds of addresses, and their texts both ways.
 */
#include "wire/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* An address of which the test knows that it is one. */
static struct addr A(const char *text) {
    struct addr a;

    memset(&a, 0xee, sizeof a);
    if (!addr_parse(text, &a))
        print_error("no address: %s\n", text);
    assert_true(addr_parse(text, &a));
    return a;
}

/* ---- kinds --------------------------------------------------------------------------------------------- */

enum kind {
    ANY = 1,
    MULTICAST = 2,
    LOOPBACK = 4,
    UNICAST = 8
};

static const struct {
    const char *text;
    unsigned kinds;
} KINDS[] = {
    {"0.0.0.0", ANY},
    {"0.0.0.1", 0},
    {"0.255.255.255", 0},
    {"1.0.0.0", UNICAST},
    {"10.0.0.7", UNICAST},
    {"126.255.255.255", UNICAST},
    {"127.0.0.0", LOOPBACK},
    {"127.0.0.1", LOOPBACK},
    {"127.255.255.255", LOOPBACK},
    {"128.0.0.0", UNICAST},
    {"169.254.1.1", UNICAST},
    {"223.255.255.255", UNICAST},
    {"224.0.0.0", MULTICAST},
    {"239.255.255.255", MULTICAST},
    {"240.0.0.0", 0},
    {"255.255.255.254", 0},
    {"255.255.255.255", 0},
    {"::", ANY},
    {"::1", LOOPBACK},
    {"::2", UNICAST},
    {"1::", UNICAST},
    {"::1:0", UNICAST},
    {"fd00::7", UNICAST},
    {"fe80::1", UNICAST},
    {"feff::1", UNICAST},
    {"ff00::", MULTICAST},
    {"ff02::1", MULTICAST},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", MULTICAST},
};

static void every_address_has_its_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(KINDS); i++) {
        struct addr a = A(KINDS[i].text);

        print_message("%s\n", KINDS[i].text);
        assert_int_equal(addr_is_any(&a), !!(KINDS[i].kinds & ANY));
        assert_int_equal(addr_is_multicast(&a), !!(KINDS[i].kinds & MULTICAST));
        assert_int_equal(addr_is_loopback(&a), !!(KINDS[i].kinds & LOOPBACK));
        assert_int_equal(addr_is_unicast(&a), !!(KINDS[i].kinds & UNICAST));
        assert_int_equal(addr_is4(&a), strchr(KINDS[i].text, '.') != NULL);
    }
}

static void an_ipv4_address_is_a_mapped_one(void **state)
{
    static const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7};
    struct addr a = addr_of4(mapped + 12), b = A("::ffff:10.0.0.7"), c = A("::10.0.0.7");

    (void)state;
    assert_memory_equal(a.b, mapped, 16);
    assert_true(addr_eq(&a, &b));
    assert_true(addr_is4(&a));
    assert_false(addr_is4(&c));
    assert_false(addr_eq(&a, &c));
}

/* ---- prefixes ------------------------------------------------------------------------------------------ */

/* Two addresses that differ in one bit share as many bits as stand before it. */
static void a_prefix_is_the_same_up_to_the_first_bit_that_differs(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 128; bit++) {
        struct addr a = A("1234:5678:9abc:def0:fedc:ba98:7654:3210"), b = a;

        b.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        for (unsigned bits = 0; bits <= 128; bits++) {
            assert_int_equal(addr_same_prefix(&a, &b, bits), bits <= bit);
            assert_true(addr_same_prefix(&a, &a, bits));
        }
    }
}

static const struct {
    const char *address, *net;
    unsigned prefix;
    bool broadcast;
} BROADCASTS[] = {
    {"10.0.0.255", "10.0.0.7", 24, true},      {"10.0.0.254", "10.0.0.7", 24, false},
    {"10.0.1.255", "10.0.0.7", 24, false},     {"10.0.0.255", "10.0.0.7", 25, false},
    {"10.0.0.127", "10.0.0.7", 25, true},      {"10.255.255.255", "10.0.0.7", 8, true},
    {"10.15.255.255", "10.0.0.7", 12, true},   {"10.0.0.7", "10.0.0.5", 30, true},
    {"10.0.0.5", "10.0.0.4", 31, false},       {"10.0.0.7", "10.0.0.7", 32, false},
    {"255.255.255.255", "10.0.0.7", 32, true}, {"255.255.255.255", "10.0.0.7", 24, true},
    {"127.255.255.255", "10.0.0.7", 1, true},  {"11.255.255.255", "10.0.0.7", 0, false},
};

static void the_last_address_of_a_prefix_is_its_broadcast(void **state)
{
    struct addr six = A("fd00::ffff:ffff"), net6 = A("fd00::"), limited = A("255.255.255.255");

    (void)state;
    for (size_t i = 0; i < COUNT(BROADCASTS); i++) {
        struct addr a = A(BROADCASTS[i].address), net = A(BROADCASTS[i].net);

        print_message("%s in %s/%u\n", BROADCASTS[i].address, BROADCASTS[i].net, BROADCASTS[i].prefix);
        assert_int_equal(addr_is_broadcast(&a, &net, 96 + BROADCASTS[i].prefix), BROADCASTS[i].broadcast);
    }
    assert_false(addr_is_broadcast(&six, &net6, 96));
    assert_true(addr_is_broadcast(&limited, &net6, 64));
}

/* ---- texts --------------------------------------------------------------------------------------------- */

/* Each address as RFC 5952 writes it, and in other ways that mean the same. */
static const struct {
    const char *printed, *also;
} TEXTS[] = {
    {"0.0.0.0", "::ffff:0.0.0.0"},
    {"255.255.255.255", "::ffff:ffff:ffff"},
    {"10.0.0.7", "::ffff:a00:7"},
    {"::", "0:0:0:0:0:0:0:0"},
    {"::", "0::0"},
    {"::1", "0:0:0:0:0:0:0:1"},
    {"1::", "1:0:0:0:0:0:0:0"},
    {"::a00:7", "::10.0.0.7"},
    {"fd00::7", "FD00:0000:0000:0000:0000:0000:0000:0007"},
    {"2001:db8::1", "2001:0db8::0001"},
    {"2001:db8::2:1", "2001:db8:0:0:0:0:2:1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8::1:1:1:1:1"}, /* one group is not shortened */
    {"2001:0:0:1::1", "2001:0:0:1:0:0:0:1"},         /* the longest run is */
    {"2001:db8::1:0:0:1", "2001:db8:0:0:1:0:0:1"},   /* of equal ones the first */
    {"::1:0:0:1:0:0", "0:0:1:0:0:1:0:0"},
    {"1:0:0:1::", "1:0:0:1:0:0:0:0"},
    {"::1:2:3:4:5:6", "0:0:1:2:3:4:5:6"},
    {"0:1:2:3:4:5:6:7", "::1:2:3:4:5:6:7"},
    {"1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7::"},
    {"1:2:3:4:5:6:708:90a", "1:2:3:4:5:6:7.8.9.10"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "FFFF:ffff:FFFF:ffff:FFFF:ffff:FFFF:ffff"},
    {"64:ff9b::c000:221", "64:ff9b::192.0.2.33"},
};

static void each_address_is_printed_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        struct addr a = A(TEXTS[i].printed), b = A(TEXTS[i].also);
        char text[ADDR_TEXT];

        assert_true(addr_eq(&a, &b));
        assert_int_equal(addr_print(text, &a, -1), strlen(TEXTS[i].printed));
        assert_string_equal(text, TEXTS[i].printed);
    }
}

static const char *const NO_ADDRESSES[] = {
    "",
    " ",
    "x",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    "1.2.3.256",
    "1.2.3.04",
    "00.0.0.0",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.-4",
    "1.2.3.0x4",
    "1.2.3.4/24",
    "1.2.3.4:80",
    "999999999999.0.0.1",
    "4294967297.0.0.1",
    ":",
    ":::",
    "1:",
    ":1",
    "1:2",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    ":1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8:",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1::2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::8:9",
    "1::2::3",
    "::1::",
    "1:::2",
    "12345::",
    "g::",
    "::g",
    "fe80::1%eth0",
    "[::1]",
    "::1 ",
    "::1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.256",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1.2.3.4::",
    "::12345",
    "1:2:3:4:5:1.2.3.4",
    "::ffff:1.2.3.04",
    "1:2:3:4:5:6:7:8.9.10.11",
    "::a.b.c.d",
};

static void what_is_no_address_is_refused_and_nothing_is_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(NO_ADDRESSES); i++) {
        struct addr a, before;

        memset(&a, 0xee, sizeof a);
        before = a;
        if (addr_parse(NO_ADDRESSES[i], &a))
            print_error("taken for an address: '%s'\n", NO_ADDRESSES[i]);
        assert_false(addr_parse(NO_ADDRESSES[i], &a));
        assert_true(addr_eq(&a, &before));
    }
}

static const struct {
    const char *text, *address; /* NULL: refused */
    unsigned number;
} PREFIXES[] =
    {
        {"10.0.0.7/24", "10.0.0.7", 120},
        {"10.0.0.7/0", "10.0.0.7", 96},
        {"10.0.0.7/32", "10.0.0.7", 128},
        {"fd00::7/64", "fd00::7", 64},
        {"::/0", "::", 0},
        {"fd00::/128", "fd00::", 128},
        {"::ffff:10.0.0.7/120", "10.0.0.7", 120},
        {"::ffff:10.0.0.7/24", NULL, 0},
        {"10.0.0.7", NULL, 0},
        {"10.0.0.7/", NULL, 0},
        {"10.0.0.7/33", NULL, 0},
        {"10.0.0.7/024", NULL, 0},
        {"10.0.0.7/24 ", NULL, 0},
        {"10.0.0.7/-1", NULL, 0},
        {"fd00::7/129", NULL, 0},
        {"fd00::7/4294967296", NULL, 0},
        {"/24", NULL, 0},
        {"", NULL, 0},
},
  PORTS[] = {
      {"10.0.0.7:80", "10.0.0.7", 80},
      {"0.0.0.0:0", "0.0.0.0", 0},
      {"10.0.0.7:65535", "10.0.0.7", 65535},
      {"[fd00::7]:80", "fd00::7", 80},
      {"[::]:7", "::", 7},
      {"[1::]:7", "1::", 7},
      {"[::ffff:10.0.0.7]:80", "10.0.0.7", 80},
      {"10.0.0.7", NULL, 0},
      {"10.0.0.7:", NULL, 0},
      {"10.0.0.7:65536", NULL, 0},
      {"10.0.0.7:080", NULL, 0},
      {"10.0.0.7:80 ", NULL, 0},
      {"10.0.0.7:http", NULL, 0},
      {"[10.0.0.7]:80", NULL, 0},
      {"fd00::7:80", NULL, 0},
      {"[fd00::7]", NULL, 0},
      {"[fd00::7]80", NULL, 0},
      {"[fd00::7:80", NULL, 0},
      {"[]:80", NULL, 0},
      {":80", NULL, 0},
      {"", NULL, 0},
};

static void prefixes_count_in_128_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(PREFIXES); i++) {
        struct addr a = A("1:2:3:4:5:6:7:8"),
                    want = A(PREFIXES[i].address ? PREFIXES[i].address : "1:2:3:4:5:6:7:8");
        unsigned bits = 777;

        print_message("%s\n", PREFIXES[i].text);
        assert_int_equal(addr_parse_prefix(PREFIXES[i].text, &a, &bits), PREFIXES[i].address != NULL);
        assert_true(addr_eq(&a, &want));
        assert_int_equal(bits, PREFIXES[i].address ? PREFIXES[i].number : 777);
    }
}

static void ports_follow_a_colon(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(PORTS); i++) {
        struct addr a = A("1:2:3:4:5:6:7:8"),
                    want = A(PORTS[i].address ? PORTS[i].address : "1:2:3:4:5:6:7:8");
        uint16_t port = 777;

        print_message("%s\n", PORTS[i].text);
        assert_int_equal(addr_parse_port(PORTS[i].text, &a, &port), PORTS[i].address != NULL);
        assert_true(addr_eq(&a, &want));
        assert_int_equal(port, PORTS[i].address ? PORTS[i].number : 777);
    }
}

static void a_port_is_printed_behind_the_address(void **state)
{
    struct addr four = A("255.255.255.255"), six = A("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    char text[ADDR_TEXT];

    (void)state;
    assert_int_equal(addr_print(text, &four, 0), 17);
    assert_string_equal(text, "255.255.255.255:0");
    assert_int_equal(addr_print(text, &six, 65535), 47);
    assert_string_equal(text, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

static void link_addresses_are_six_pairs(void **state)
{
    static const char *const wrong[] = {"",
                                        "02:00:00:00:00",
                                        "02:00:00:00:00:",
                                        "02:00:00:00:00:07:",
                                        "02:00:00:00:00:07:08",
                                        "2:0:0:0:0:7",
                                        "02-00-00-00-00-07",
                                        "02:00:00:00:00:0g",
                                        "02:00:00:00:00:070",
                                        " 02:00:00:00:00:07",
                                        "020000000007"};
    uint8_t mac[6] = {1, 2, 3, 4, 5, 6};
    char text[18];

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(addr_parse_mac(wrong[i], mac));
        assert_memory_equal(mac, "\1\2\3\4\5\6", 6);
    }
    assert_true(addr_parse_mac("0a:B1:2c:00:ff:07", mac));
    assert_memory_equal(mac, "\x0a\xb1\x2c\x00\xff\x07", 6);
    assert_int_equal(addr_print_mac(text, mac), 17);
    assert_string_equal(text, "0a:b1:2c:00:ff:07");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_address_has_its_kind),
        cmocka_unit_test(an_ipv4_address_is_a_mapped_one),
        cmocka_unit_test(a_prefix_is_the_same_up_to_the_first_bit_that_differs),
        cmocka_unit_test(the_last_address_of_a_prefix_is_its_broadcast),
        cmocka_unit_test(each_address_is_printed_and_read),
        cmocka_unit_test(what_is_no_address_is_refused_and_nothing_is_written),
        cmocka_unit_test(prefixes_count_in_128_bits),
        cmocka_unit_test(ports_follow_a_colon),
        cmocka_unit_test(a_port_is_printed_behind_the_address),
        cmocka_unit_test(link_addresses_are_six_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
