/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/print: lines that real packets do not show (those are in tests/wire): what is broken, cut short, rare
 * or too long for its line.
 */
#include "wire/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define MACS                                                                                                 \
    "020000000007"                                                                                           \
    "020000000001"
#define IP4(len, protocol)                                                                                   \
    "4500" len "00000000"                                                                                    \
    "40" protocol "0000"                                                                                     \
    "0a000001"                                                                                               \
    "0a000007"
#define IP6(len, next)                                                                                       \
    "60000000" len next "40"                                                                                 \
    "fd00000000000000"                                                                                       \
    "0000000000000001"                                                                                       \
    "fd00000000000000"                                                                                       \
    "0000000000000007"
#define TCP(offset, flags)                                                                                   \
    "9c400007"                                                                                               \
    "00000001"                                                                                               \
    "00000002" offset flags "faf0"                                                                           \
    "0000"                                                                                                   \
    "0005"

static const struct {
    const char *hex, *line; /* Ethernet where the text begins with MACS, else IP */
} LINES[] = {
    {"", "[|ip]"},
    {"00", "[|ip]"},
    {"45", "[|ip]"},
    {"60", "[|ip6]"},
    {"10000000000000000000000000000000000000000000000000000000", "ip malformed"},
    {IP4("0013", "06"), "ip malformed"},
    {IP4("0028", "06") TCP("50", "02"), "10.0.0.1.40000 > 10.0.0.7.7: Flags [S], seq 1, win 64240, length 0"},
    {IP4("0028", "06") TCP("50", "10"), "10.0.0.1.40000 > 10.0.0.7.7: Flags [.], ack 2, win 64240, length 0"},
    {IP4("0028", "06") TCP("50", "00"), "10.0.0.1.40000 > 10.0.0.7.7: Flags [none], win 64240, length 0"},
    {IP4("002b", "06") TCP("50", "ff") "616263",
     "10.0.0.1.40000 > 10.0.0.7.7: Flags [FSRP.UEW], seq 1:4, ack 2, win 64240, urg 5, length 3"},
    {IP4("002c", "06") TCP("60", "02") "020405b4",
     "10.0.0.1.40000 > 10.0.0.7.7: Flags [S], seq 1, win 64240, options [mss 1460], length 0"},
    {IP4("0030", "06") TCP("70", "02") "020405b401030307",
     "10.0.0.1.40000 > 10.0.0.7.7: Flags [S], seq 1, win 64240, options [mss 1460,nop,wscale 7], length 0"},
    {IP4("0030", "06") TCP("70", "02") "4d0401020101ff00",
     "10.0.0.1.40000 > 10.0.0.7.7: Flags [S], seq 1, win 64240, "
     "options [unknown-77 0x0102,nop,nop,bad opt], length 0"},
    {IP4("0030", "06") TCP("70", "02") "0203050100000000",
     "10.0.0.1.40000 > 10.0.0.7.7: Flags [S], seq 1, win 64240, "
     "options [unknown-2 0x05,nop,eol], length 0"},
    {IP4("0028", "06") TCP("40", "02"), "10.0.0.1 > 10.0.0.7: tcp malformed"},
    {IP4("0020", "06") "9c40000700000001ffffffff", "10.0.0.1 > 10.0.0.7: [|tcp]"},
    {IP4("05dc", "06") TCP("50", "10"), "truncated-ip - 1460 bytes missing! 10.0.0.1.40000 > 10.0.0.7.7: "
                                        "Flags [.], seq 1:1461, ack 2, win 64240, "
                                        "length 1460"},
    {IP4("001f", "11") "13880009000b0000616263", "10.0.0.1.5000 > 10.0.0.7.9: UDP, length 3"},
    {IP4("001c", "11") "1388000900070000", "10.0.0.1.5000 > 10.0.0.7.9: udp malformed"},
    {IP4("001b", "11") "13880009000800", "10.0.0.1 > 10.0.0.7: [|udp]"},
    {IP4("0018", "c8") "01020304", "10.0.0.1 > 10.0.0.7: ip-proto-200 4"},
    {IP4("0018", "3a") "01020304", "10.0.0.1 > 10.0.0.7: ip-proto-58 4"},
    {IP4("001c", "01") "0800f7ff00000001", "10.0.0.1 > 10.0.0.7: ICMP bad cksum, length 8"},
    {IP4("001b", "01") "0800f7ff000000", "10.0.0.1 > 10.0.0.7: ICMP [|icmp], length 7"},
    {IP4("001c", "01") "0501f0fd0a000001", "10.0.0.1 > 10.0.0.7: ICMP type-5 code-1, length 8"},
    {IP4("001c", "01") "0c00dfff14000000",
     "10.0.0.1 > 10.0.0.7: ICMP parameter problem - octet 20, length 8"},
    {IP4("001c", "01") "0301fcfe00000000", "10.0.0.1 > 10.0.0.7: ICMP host [|ip] unreachable, length 8"},
    {IP6("0014", "06") TCP("50", "14"),
     "fd00::1.40000 > fd00::7.7: Flags [R.], seq 1, ack 2, win 64240, length 0"},
    {IP6("0008", "3a") "85001db600000000", "fd00::1 > fd00::7: ICMP6, bad cksum, length 8"},
    {IP6("0008", "2b") "0600000100000000", "ip malformed"},
    {MACS, "[|ether]"},
    {MACS "88cc0102", "02:00:00:00:00:01 > 02:00:00:00:00:07, ethertype 0x88cc, length 16"},
    {MACS "0040e0e0", "02:00:00:00:00:01 > 02:00:00:00:00:07, 802.3, length 16"},
    {MACS "0806", "[|arp]"},
    {MACS "0806"
          "00060800060400010200000000010a0000010000000000000a000007",
     "ARP malformed"},
    {MACS "8100", "[|vlan]"},
    {MACS "81000fff0800", "vlan malformed"},
    {MACS "88a8700581001006"
          "0806",
     "vlan 5, p 3, DEI, vlan 6, p 0, DEI, [|arp]"},
};

static size_t read_hex(uint8_t *to, const char *hex)
{
    size_t len = 0;

    for (; hex[0] && hex[1]; hex += 2) {
        char byte[3] = {hex[0], hex[1], 0};

        to[len++] = (uint8_t)strtoul(byte, NULL, 16);
    }
    return len;
}

static bool is_ethernet(const char *hex)
{
    return strncmp(hex, MACS, strlen(MACS)) == 0;
}

static void each_frame_has_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(LINES); i++) {
        uint8_t frame[128];
        size_t len = read_hex(frame, LINES[i].hex);
        char line[256];

        size_t printed = print_frame(line, sizeof line, frame, len, is_ethernet(LINES[i].hex));

        assert_string_equal(line, LINES[i].line);
        assert_int_equal(printed, strlen(line));
    }
}

static void a_line_too_short_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(LINES); i++) {
        uint8_t frame[128];
        size_t len = read_hex(frame, LINES[i].hex), whole = strlen(LINES[i].line);

        for (size_t size = 0; size <= whole + 2; size++) {
            char line[256];
            size_t want = size == 0 ? 0 : size - 1 < whole ? size - 1 : whole;

            memset(line, '#', sizeof line);
            assert_int_equal(print_frame(line, size, frame, len, is_ethernet(LINES[i].hex)), want);
            assert_memory_equal(line, LINES[i].line, want);
            if (size > 0)
                assert_int_equal(line[want], '\0');
            assert_int_equal(line[size > 0 ? want + 1 : 0], '#');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_frame_has_its_line),
        cmocka_unit_test(a_line_too_short_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
