/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets that a Linux 6 kernel sent, each with what tshark and tcpdump say of it: the rows of
 * packets_test.c.
 *
 * They were captured between two network namespaces: 10.0.0.1 and fd00::1 are ...:01, 10.0.0.7 and fd00::7
 * are
 * ...:07, and 10.0.9.0/24 and fd09::/64 lie behind the latter. Out-of-order segments were sent by hand to
 * make the kernel answer with SACK, and the tag in the last row was put in by hand. Where our printer says
 * less than tcpdump (fragments, multicast listener reports, tags) the row has our words.
 */
#ifndef TESTS_WIRE_PACKETS_H
#define TESTS_WIRE_PACKETS_H

#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/icmp.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"
#include "wire/vlan.h"

#define ADDR4(a, b, c, d)                                                                                    \
    {                                                                                                        \
        {                                                                                                    \
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d                                             \
        }                                                                                                    \
    }
#define PAIR(x) (x) >> 8, (x)&0xff
#define ADDR6(a, b, c, d, e, f, g, h)                                                                        \
    {                                                                                                        \
        {                                                                                                    \
            PAIR(a), PAIR(b), PAIR(c), PAIR(d), PAIR(e), PAIR(f), PAIR(g), PAIR(h)                           \
        }                                                                                                    \
    }

/* What a frame decodes to; what it does not hold is zero. */
struct packet {
    const char *name, *line, *hex;
    struct eth eth;
    struct vlan vlan;
    struct arp arp;
    struct ip ip;
    struct tcp tcp;
    struct udp udp;
    struct icmp icmp;
    struct {
        uint16_t src_port, dst_port;
    } quoted;
    size_t payload; /* bytes behind TCP's or UDP's header */
};

/* clang-format off */
static const struct packet PACKETS[] = {
    {
        "neighbour solicitation from the unspecified address",
        ":: > ff02::1:ff00:1: ICMP6, neighbor solicitation, who has fe80::ff:fe00:1, length 32",
        "3333ff00000102000000000186dd6000000000203aff00000000000000000000000000000000ff0200000000"
        "000000000001ff0000018700ac0900000000fe80000000000000000000fffe0000010e0190ec25390ced",
        .eth = {{0x33, 0x33, 0xff, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x86dd},
        .ip = {.src = ADDR6(0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000),
               .dst = ADDR6(0xff02, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001, 0xff00, 0x0001),
               .protocol = 58, .ttl = 255, .traffic_class = 0, .flow = 0, .dont_fragment = true,
               .payload_len = 32},
        .icmp = {.kind = ICMP_OTHER, .type = 135, .code = 0, .id = 0, .sequence = 0},
    },
    {
        "IPv6 hop-by-hop header with a router alert",
        ":: > ff02::16: ICMP6, type-143, length 88",
        "33330000001602000000000786dd600000000060000100000000000000000000000000000000ff0200000000"
        "000000000000000000163a000502000001008f0067320000000404000000ff0200000000000000000001ff00"
        "000004000000ff0200000000000000000001ff00000704000000ff0500000000000000000000000000020400"
        "0000ff020000000000000000000000000002",
        .eth = {{0x33, 0x33, 0x00, 0x00, 0x00, 0x16}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x86dd},
        .ip = {.src = ADDR6(0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000),
               .dst = ADDR6(0xff02, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0016),
               .protocol = 58, .ttl = 1, .traffic_class = 0, .flow = 0, .dont_fragment = true,
               .payload_len = 88},
        .icmp = {.kind = ICMP_OTHER, .type = 143, .code = 0, .id = 0, .sequence = 4},
    },
    {
        "ARP request",
        "ARP, Request who-has 10.0.0.7 tell 10.0.0.1, length 28",
        "ffffffffffff020000000001080600010800060400010200000000010a0000010000000000000a000007",
        .eth = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0806},
        .arp = {1, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
                ADDR4(10, 0, 0, 1), ADDR4(10, 0, 0, 7)},
    },
    {
        "ARP reply",
        "ARP, Reply 10.0.0.7 is-at 02:00:00:00:00:07, length 28",
        "020000000001020000000007080600010800060400020200000000070a0000070200000000010a000001",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x0806},
        .arp = {2, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01},
                ADDR4(10, 0, 0, 7), ADDR4(10, 0, 0, 1)},
    },
    {
        "echo request",
        "10.0.0.1 > 10.0.0.7: ICMP echo request, id 14089, seq 1, length 24",
        "02000000000702000000000108004500002c1d724000400109580a0000010a0000070800e8be37090001bd5c"
        "036b00000000166f010000000000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 1, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 7538, .payload_len = 24},
        .icmp = {.kind = ICMP_ECHO_REQUEST, .type = 8, .code = 0, .id = 14089, .sequence = 1},
    },
    {
        "echo reply",
        "10.0.0.7 > 10.0.0.1: ICMP echo reply, id 14089, seq 1, length 24",
        "02000000000102000000000708004500002ca94600004001bd830a0000070a0000010000f0be37090001bd5c"
        "036b00000000166f010000000000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 7),
               .dst = ADDR4(10, 0, 0, 1),
               .protocol = 1, .ttl = 64, .traffic_class = 0, .dont_fragment = false,
               .id = 43334, .payload_len = 24},
        .icmp = {.kind = ICMP_ECHO_REPLY, .type = 0, .code = 0, .id = 14089, .sequence = 1},
    },
    {
        "neighbour advertisement",
        "fd00::7 > fd00::1: ICMP6, neighbor advertisement, tgt is fd00::7, length 32",
        "02000000000102000000000786dd6000000000203afffd000000000000000000000000000007fd0000000000"
        "0000000000000000000188009c8ae0000000fd0000000000000000000000000000070201020000000007",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .protocol = 58, .ttl = 255, .traffic_class = 0, .flow = 0, .dont_fragment = true,
               .payload_len = 32},
        .icmp = {.kind = ICMP_OTHER, .type = 136, .code = 0, .id = 57344, .sequence = 0},
    },
    {
        "echo request over IPv6",
        "fd00::1 > fd00::7: ICMP6, echo request, id 14092, seq 1, length 24",
        "02000000000702000000000186dd60095b3b00183a40fd000000000000000000000000000001fd0000000000"
        "00000000000000000007800003e8370c0001bd5c036b0000000088e6010000000000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .protocol = 58, .ttl = 64, .traffic_class = 0, .flow = 613179, .dont_fragment = true,
               .payload_len = 24},
        .icmp = {.kind = ICMP_ECHO_REQUEST, .type = 128, .code = 0, .id = 14092, .sequence = 1},
    },
    {
        "echo reply over IPv6",
        "fd00::7 > fd00::1: ICMP6, echo reply, id 14092, seq 1, length 24",
        "02000000000102000000000786dd600c432500183a40fd000000000000000000000000000007fd0000000000"
        "00000000000000000001810002e8370c0001bd5c036b0000000088e6010000000000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .protocol = 58, .ttl = 64, .traffic_class = 0, .flow = 803621, .dont_fragment = true,
               .payload_len = 24},
        .icmp = {.kind = ICMP_ECHO_REPLY, .type = 129, .code = 0, .id = 14092, .sequence = 1},
    },
    {
        "IPv4 record route option, full header",
        "10.0.0.1 > 10.0.0.7: ICMP echo request, id 14093, seq 1, length 24",
        "02000000000702000000000108004f0000541d7a40004001cd170a0000010a000007010727080a0000010000"
        "000000000000000000000000000000000000000000000000000000000000080045c9370d0001bd5c036b0000"
        "0000b860020000000000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 1, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 7546, .payload_len = 24},
        .icmp = {.kind = ICMP_ECHO_REQUEST, .type = 8, .code = 0, .id = 14093, .sequence = 1},
    },
    {
        "IPv4 timestamp option",
        "10.0.0.1 > 10.0.0.7: ICMP echo request, id 14094, seq 1, length 24",
        "02000000000702000000000108004f0000541d7b40004001de5f0a0000010a000007442809000494cf0a0000"
        "0000000000000000000000000000000000000000000000000000000000000800a030370e0001bd5c036b0000"
        "00005df8020000000000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 1, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 7547, .payload_len = 24},
        .icmp = {.kind = ICMP_ECHO_REQUEST, .type = 8, .code = 0, .id = 14094, .sequence = 1},
    },
    {
        "last fragment",
        "10.0.0.1 > 10.0.0.7: frag (2960|48)",
        "0200000000070200000000010800450000441d7d0172400147c30a0000010a00000788898a8b8c8d8e8f9091"
        "92939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 1, .ttl = 64, .traffic_class = 0, .dont_fragment = false,
               .fragment = true, .more = false, .offset = 2960, .id = 7549, .payload_len = 48},
    },
    {
        "last fragment over IPv6",
        "fd00::1 > fd00::7: frag (2896|112)",
        "02000000000702000000000186dd60095b3b00782c40fd000000000000000000000000000001fd0000000000"
        "000000000000000000073a000b50a25c653b48494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f6061"
        "62636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d"
        "8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .protocol = 58, .ttl = 64, .traffic_class = 0, .flow = 613179, .dont_fragment = true,
               .fragment = true, .more = false, .offset = 2896, .id = 2723964219, .payload_len = 112},
    },
    {
        "fragmentation needed",
        "10.0.0.7 > 10.0.0.1: ICMP 10.0.9.9 unreachable - need to frag (mtu 1280), length 556",
        "020000000001020000000007080045c00240a95d00004001ba980a0000070a00000103040ec9000005004500"
        "059400004000400118600a0000010a0009090800b5c637120001bd5c036b00000000db410400000000001011"
        "12131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d"
        "3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60616263646566676869"
        "6a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495"
        "969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1"
        "c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebeced"
        "eeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f10111213141516171819"
        "1a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445"
        "464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f7071"
        "72737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d"
        "9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9"
        "cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5"
        "f6f7f8f9fafbfcfdfeff0001020304050607",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 7),
               .dst = ADDR4(10, 0, 0, 1),
               .protocol = 1, .ttl = 64, .traffic_class = 192, .dont_fragment = false,
               .id = 43357, .payload_len = 556},
        .icmp = {.kind = ICMP_TOO_BIG, .type = 3, .code = 4, .mtu = 1280},
    },
    {
        "time exceeded",
        "10.0.0.7 > 10.0.0.1: ICMP time exceeded in-transit, length 52",
        "020000000001020000000007080045c00048a96500004001bc880a0000070a0000010b00f4ff000000004500"
        "002c5ee740000101fde00a0000010a00090908005de437180001bd5c036b000000009d3a050000000000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 7),
               .dst = ADDR4(10, 0, 0, 1),
               .protocol = 1, .ttl = 64, .traffic_class = 192, .dont_fragment = false,
               .id = 43365, .payload_len = 52},
        .icmp = {.kind = ICMP_TIME_EXCEEDED, .type = 11, .code = 0},
    },
    {
        "time exceeded over IPv6",
        "fd00::7 > fd00::1: ICMP6, time exceeded in-transit for fd09::9, length 72",
        "02000000000102000000000786dd600873e100483a40fd000000000000000000000000000007fd0000000000"
        "000000000000000000010300892000000000600ddf7e00183a01fd000000000000000000000000000001fd09"
        "00000000000000000000000000098000adf6371a0001bd5c036b00000000dabe050000000000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .protocol = 58, .ttl = 64, .traffic_class = 0, .flow = 553953, .dont_fragment = true,
               .payload_len = 72},
        .icmp = {.kind = ICMP_TIME_EXCEEDED, .type = 3, .code = 0},
    },
    {
        "SYN with ECN of Linux 6",
        "10.0.0.1.58276 > 10.0.0.7.7: Flags [SEW], seq 37659042, win 64240, "
        "options [mss 1460,sackOK,TS val 1953755158 ecr 0,nop,wscale 10], length 0",
        "02000000000702000000000108004500003ccf634000400657510a0000010a000007e3a40007023ea1a20000"
        "0000a0c2faf04c2e0000020405b40402080a7473f016000000000103030a",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 53091, .payload_len = 40},
        .tcp = {.src_port = 58276, .dst_port = 7, .seq = {37659042u}, .ack = {0u}, .flags = 0xc2,
                .window = 64240, .urgent = 0,
                .has = TCP_HAS_MSS | TCP_HAS_WSCALE | TCP_HAS_SACK_PERMITTED | TCP_HAS_TIMESTAMP,
                .mss = 1460, .wscale = 10, .ts_value = 1953755158u, .ts_echo = 0u},
        .payload = 0,
    },
    {
        "SYN-ACK with ECN",
        "10.0.0.7.7 > 10.0.0.1.58276: Flags [S.E], seq 547175122, ack 37659043, win 65160, "
        "options [mss 1460,sackOK,TS val 1307474114 ecr 1953755158,nop,wscale 10], length 0",
        "02000000000102000000000708004500003c00004000400626b50a0000070a0000010007e3a4209d3ad2023e"
        "a1a3a052fe8826e50000020405b40402080a4dee78c27473f0160103030a",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 7),
               .dst = ADDR4(10, 0, 0, 1),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 0, .payload_len = 40},
        .tcp = {.src_port = 7, .dst_port = 58276, .seq = {547175122u}, .ack = {37659043u}, .flags = 0x52,
                .window = 65160, .urgent = 0,
                .has = TCP_HAS_MSS | TCP_HAS_WSCALE | TCP_HAS_SACK_PERMITTED | TCP_HAS_TIMESTAMP,
                .mss = 1460, .wscale = 10, .ts_value = 1307474114u, .ts_echo = 1953755158u},
        .payload = 0,
    },
    {
        "ACK",
        "10.0.0.1.58276 > 10.0.0.7.7: Flags [.], ack 547175123, win 63, "
        "options [nop,nop,TS val 1953755158 ecr 1307474114], length 0",
        "020000000007020000000001080045000034cf644000400657580a0000010a000007e3a40007023ea1a3209d"
        "3ad38010003f543e00000101080a7473f0164dee78c2",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 53092, .payload_len = 32},
        .tcp = {.src_port = 58276, .dst_port = 7, .seq = {37659043u}, .ack = {547175123u}, .flags = 0x10,
                .window = 63, .urgent = 0, .has = TCP_HAS_TIMESTAMP,
                .ts_value = 1953755158u, .ts_echo = 1307474114u},
        .payload = 0,
    },
    {
        "data",
        "10.0.0.1.58276 > 10.0.0.7.7: Flags [P.], seq 37659043:37659054, ack 547175123, win 63, "
        "options [nop,nop,TS val 1953755159 ecr 1307474114], length 11",
        "02000000000702000000000108004502003fcf6540004006574a0a0000010a000007e3a40007023ea1a3209d"
        "3ad38018003fc25b00000101080a7473f0174dee78c268656c6c6f20776f726c64",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 6, .ttl = 64, .traffic_class = 2, .dont_fragment = true,
               .id = 53093, .payload_len = 43},
        .tcp = {.src_port = 58276, .dst_port = 7, .seq = {37659043u}, .ack = {547175123u}, .flags = 0x18,
                .window = 63, .urgent = 0, .has = TCP_HAS_TIMESTAMP,
                .ts_value = 1953755159u, .ts_echo = 1307474114u},
        .payload = 11,
    },
    {
        "urgent data",
        "10.0.0.1.58276 > 10.0.0.7.7: Flags [P.U], seq 37659054:37659055, ack 547175134, win 63, urg 1, "
        "options [nop,nop,TS val 1953755159 ecr 1307474115], length 1",
        "020000000007020000000001080045020035cf674000400657520a0000010a000007e3a40007023ea1ae209d"
        "3ade8038003f32fc00010101080a7473f0174dee78c321",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 6, .ttl = 64, .traffic_class = 2, .dont_fragment = true,
               .id = 53095, .payload_len = 33},
        .tcp = {.src_port = 58276, .dst_port = 7, .seq = {37659054u}, .ack = {547175134u}, .flags = 0x38,
                .window = 63, .urgent = 1, .has = TCP_HAS_TIMESTAMP,
                .ts_value = 1953755159u, .ts_echo = 1307474115u},
        .payload = 1,
    },
    {
        "FIN",
        "10.0.0.1.58276 > 10.0.0.7.7: Flags [F.], seq 37659055, ack 547175134, win 63, "
        "options [nop,nop,TS val 1953755260 ecr 1307474158], length 0",
        "020000000007020000000001080045000034cf684000400657540a0000010a000007e3a40007023ea1af209d"
        "3ade8011003f539400000101080a7473f07c4dee78ee",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 53096, .payload_len = 32},
        .tcp = {.src_port = 58276, .dst_port = 7, .seq = {37659055u}, .ack = {547175134u}, .flags = 0x11,
                .window = 63, .urgent = 0, .has = TCP_HAS_TIMESTAMP,
                .ts_value = 1953755260u, .ts_echo = 1307474158u},
        .payload = 0,
    },
    {
        "RST-ACK of a closed port",
        "10.0.0.7.81 > 10.0.0.1.43828: Flags [R.], seq 0, ack 3963390181, win 0, length 0",
        "02000000000102000000000708004500002800004000400626c90a0000070a0000010051ab3400000000ec3c"
        "88e5501400007b210000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 7),
               .dst = ADDR4(10, 0, 0, 1),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 0, .payload_len = 20},
        .tcp = {.src_port = 81, .dst_port = 43828, .seq = {0u}, .ack = {3963390181u}, .flags = 0x14,
                .window = 0, .urgent = 0, .has = 0},
        .payload = 0,
    },
    {
        "UDP",
        "10.0.0.1.60206 > 10.0.0.7.9: UDP, length 3",
        "02000000000702000000000108004500001f5c6640004011ca600a0000010a000007eb2e0009000b3c366162"
        "63",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 17, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 23654, .payload_len = 11},
        .udp = {.src_port = 60206, .dst_port = 9},
        .payload = 3,
    },
    {
        "port unreachable",
        "10.0.0.7 > 10.0.0.1: ICMP 10.0.0.7 udp port 9 unreachable, length 39",
        "020000000001020000000007080045c0003ba98c00004001bc6e0a0000070a00000103031121000000004500"
        "001f5c6640004011ca600a0000010a000007eb2e0009000b3c36616263",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 7),
               .dst = ADDR4(10, 0, 0, 1),
               .protocol = 1, .ttl = 64, .traffic_class = 192, .dont_fragment = false,
               .id = 43404, .payload_len = 39},
        .icmp = {.kind = ICMP_UNREACHABLE, .type = 3, .code = 3},
        .quoted = {60206, 9},
    },
    {
        "duplicate FIN acknowledged by SACK (RFC 2883)",
        "fd00::7.7 > fd00::1.52754: Flags [.], ack 1934782624, win 43, "
        "options [nop,nop,TS val 3337843731 ecr 1135153397,nop,nop,sack 1 {1934782623:1934782624}], length 0",
        "02000000000102000000000786dd60045e2f002c0640fd000000000000000000000000000007fd0000000000"
        "000000000000000000010007ce12aeb00fbd735270a0b010002b7e6d00000101080ac6f3741343a910f50101"
        "050a7352709f735270a0",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .flow = 286255, .dont_fragment = true,
               .payload_len = 44},
        .tcp = {.src_port = 7, .dst_port = 52754, .seq = {2930773949u}, .ack = {1934782624u}, .flags = 0x10,
                .window = 43, .urgent = 0, .has = TCP_HAS_TIMESTAMP | TCP_HAS_SACK,
                .ts_value = 3337843731u, .ts_echo = 1135153397u,
                .sack_blocks = 1,
                .sack = {{{1934782623u}, {1934782624u}}}},
        .payload = 0,
    },
    {
        "RST over IPv6",
        "fd00::1.52768 > fd00::7.7: Flags [R.], seq 2973386406, ack 2074276651, win 64, "
        "options [nop,nop,TS val 2738957176 ecr 293151220], length 0",
        "02000000000702000000000186dd600facf400200640fd000000000000000000000000000001fd0000000000"
        "00000000000000000007ce200007b13a46a67ba2f32b80140040457200000101080aa3412b78117921f4",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .flow = 1027316, .dont_fragment = true,
               .payload_len = 32},
        .tcp = {.src_port = 52768, .dst_port = 7, .seq = {2973386406u}, .ack = {2074276651u}, .flags = 0x14,
                .window = 64, .urgent = 0, .has = TCP_HAS_TIMESTAMP,
                .ts_value = 2738957176u, .ts_echo = 293151220u},
        .payload = 0,
    },
    {
        "RST-ACK of a closed port over IPv6",
        "fd00::7.81 > fd00::1.38892: Flags [R.], seq 0, ack 2033915028, win 0, length 0",
        "02000000000102000000000786dd600fb05700140640fd000000000000000000000000000007fd0000000000"
        "00000000000000000001005197ec00000000793b1494501400008fba0000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .flow = 1028183, .dont_fragment = true,
               .payload_len = 20},
        .tcp = {.src_port = 81, .dst_port = 38892, .seq = {0u}, .ack = {2033915028u}, .flags = 0x14,
                .window = 0, .urgent = 0, .has = 0},
        .payload = 0,
    },
    {
        "UDP over IPv6",
        "fd00::1.52599 > fd00::7.9: UDP, length 3",
        "02000000000702000000000186dd6001d45d000b1140fd000000000000000000000000000001fd0000000000"
        "00000000000000000007cd770009000b73eb616263",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .protocol = 17, .ttl = 64, .traffic_class = 0, .flow = 119901, .dont_fragment = true,
               .payload_len = 11},
        .udp = {.src_port = 52599, .dst_port = 9},
        .payload = 3,
    },
    {
        "port unreachable over IPv6",
        "fd00::7 > fd00::1: ICMP6, destination unreachable, unreachable port, fd00::7 udp port 9, length 59",
        "02000000000102000000000786dd60089347003b3a40fd000000000000000000000000000007fd0000000000"
        "000000000000000000010104beee000000006001d45d000b1140fd000000000000000000000000000001fd00"
        "0000000000000000000000000007cd770009000b73eb616263",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .protocol = 58, .ttl = 64, .traffic_class = 0, .flow = 561991, .dont_fragment = true,
               .payload_len = 59},
        .icmp = {.kind = ICMP_UNREACHABLE, .type = 1, .code = 4},
        .quoted = {52599, 9},
    },
    {
        "SYN over IPv6",
        "fd00::1.55510 > fd00::7.7: Flags [S], seq 2001547265, win 64800, "
        "options [mss 1440,sackOK,TS val 3079799884 ecr 0,nop,wscale 10], length 0",
        "02000000000702000000000186dd600dfc3d00280640fd000000000000000000000000000001fd0000000000"
        "00000000000000000007d8d60007774d300100000000a002fd2014dc0000020405a00402080ab792044c0000"
        "00000103030a",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .flow = 916541, .dont_fragment = true,
               .payload_len = 40},
        .tcp = {.src_port = 55510, .dst_port = 7, .seq = {2001547265u}, .ack = {0u}, .flags = 0x02,
                .window = 64800, .urgent = 0,
                .has = TCP_HAS_MSS | TCP_HAS_WSCALE | TCP_HAS_SACK_PERMITTED | TCP_HAS_TIMESTAMP,
                .mss = 1440, .wscale = 10, .ts_value = 3079799884u, .ts_echo = 0u},
        .payload = 0,
    },
    {
        "SYN-ACK over IPv6",
        "fd00::7.7 > fd00::1.55510: Flags [S.], seq 687734605, ack 2001547266, win 64260, "
        "options [mss 1440,sackOK,TS val 2783335329 ecr 3079799884,nop,wscale 10], length 0",
        "02000000000102000000000786dd600a0a5f00280640fd000000000000000000000000000007fd0000000000"
        "000000000000000000010007d8d628fdff4d774d3002a012fb04f5130000020405a00402080aa5e653a1b792"
        "044c0103030a",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .flow = 658015, .dont_fragment = true,
               .payload_len = 40},
        .tcp = {.src_port = 7, .dst_port = 55510, .seq = {687734605u}, .ack = {2001547266u}, .flags = 0x12,
                .window = 64260, .urgent = 0,
                .has = TCP_HAS_MSS | TCP_HAS_WSCALE | TCP_HAS_SACK_PERMITTED | TCP_HAS_TIMESTAMP,
                .mss = 1440, .wscale = 10, .ts_value = 2783335329u, .ts_echo = 3079799884u},
        .payload = 0,
    },
    {
        "data over IPv6",
        "fd00::1.55510 > fd00::7.7: Flags [P.], seq 2001547266:2001547282, ack 687734606, win 64, "
        "options [nop,nop,TS val 3079799885 ecr 2783335329], length 16",
        "02000000000702000000000186dd600dfc3d00300640fd000000000000000000000000000001fd0000000000"
        "00000000000000000007d8d60007774d300228fdff4e801800409cf900000101080ab792044da5e653a13030"
        "3030303030303030303030303030",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x86dd},
        .ip = {.src = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0001),
               .dst = ADDR6(0xfd00, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0007),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .flow = 916541, .dont_fragment = true,
               .payload_len = 48},
        .tcp = {.src_port = 55510, .dst_port = 7, .seq = {2001547266u}, .ack = {687734606u}, .flags = 0x18,
                .window = 64, .urgent = 0, .has = TCP_HAS_TIMESTAMP,
                .ts_value = 3079799885u, .ts_echo = 2783335329u},
        .payload = 16,
    },
    {
        "SYN of Linux 6 without timestamps",
        "10.0.0.1.43046 > 10.0.0.7.7: Flags [S], seq 1064853792, win 64240, "
        "options [mss 1460,nop,nop,sackOK,nop,wscale 10], length 0",
        "020000000007020000000001080045000034467240004006e04a0a0000010a000007a82600073f7861200000"
        "00008002faf017500000020405b4010104020103030a",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 18034, .payload_len = 32},
        .tcp = {.src_port = 43046, .dst_port = 7, .seq = {1064853792u}, .ack = {0u}, .flags = 0x02,
                .window = 64240, .urgent = 0, .has = TCP_HAS_MSS | TCP_HAS_WSCALE | TCP_HAS_SACK_PERMITTED,
                .mss = 1460, .wscale = 10},
        .payload = 0,
    },
    {
        "first fragment",
        "10.0.0.1 > 10.0.9.9: frag (0|80)",
        "020000000007020000000001080045000064682020004001d56f0a0000010a0009090800059340b10001f45c"
        "036b000000004d65090000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d"
        "2e2f303132333435363738393a3b3c3d3e3f4041424344454647",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 9, 9),
               .protocol = 1, .ttl = 64, .traffic_class = 0, .dont_fragment = false,
               .fragment = true, .more = true, .offset = 0, .id = 26656, .payload_len = 80},
    },
    {
        "one SACK block",
        "10.0.0.7.7 > 10.0.0.1.54330: Flags [.], ack 1576424519, win 63, "
        "options [nop,nop,sack 1 {1576424619:1576424629}], length 0",
        "0200000000010200000000070800450000340cbe4000400619ff0a0000070a0000010007d43abc3d7bdc5df6"
        "54478010003f419000000101050a5df654ab5df654b5",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 7),
               .dst = ADDR4(10, 0, 0, 1),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 3262, .payload_len = 32},
        .tcp = {.src_port = 7, .dst_port = 54330, .seq = {3158146012u}, .ack = {1576424519u}, .flags = 0x10,
                .window = 63, .urgent = 0, .has = TCP_HAS_SACK,
                .sack_blocks = 1,
                .sack = {{{1576424619u}, {1576424629u}}}},
        .payload = 0,
    },
    {
        "four SACK blocks",
        "10.0.0.7.7 > 10.0.0.1.54330: Flags [.], ack 1576424519, win 63, "
        "options [nop,nop,sack 4 {1576424919:1576424929}{1576424819:1576424829}"
        "{1576424719:1576424729}{1576424619:1576424629}], length 0",
        "02000000000102000000000708004500004c0cc14000400619e40a0000070a0000010007d43abc3d7bdc5df6"
        "5447e010003facc70000010105225df655d75df655e15df655735df6557d5df6550f5df655195df654ab5df6"
        "54b5",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 7),
               .dst = ADDR4(10, 0, 0, 1),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 3265, .payload_len = 56},
        .tcp = {.src_port = 7, .dst_port = 54330, .seq = {3158146012u}, .ack = {1576424519u}, .flags = 0x10,
                .window = 63, .urgent = 0, .has = TCP_HAS_SACK,
                .sack_blocks = 4,
                .sack = {{{1576424919u}, {1576424929u}}, {{1576424819u}, {1576424829u}},
                         {{1576424719u}, {1576424729u}}, {{1576424619u}, {1576424629u}}}},
        .payload = 0,
    },
    {
        "three SACK blocks and a timestamp",
        "10.0.0.7.7 > 10.0.0.1.33806: Flags [.], ack 3070916036, win 64, "
        "options [nop,nop,TS val 2801119945 ecr 1221125841,nop,nop,sack 3 "
        "{3070916436:3070916446}{3070916336:3070916346}{3070916236:3070916246}], length 0",
        "020000000001020000000007080045000050959640004006910a0a0000070a0000010007840e36c59c17b70a"
        "75c4f0100040cb2200000101080aa6f5b2c948c8e6d10101051ab70a7754b70a775eb70a76f0b70a76fab70a"
        "768cb70a7696",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 7),
               .dst = ADDR4(10, 0, 0, 1),
               .protocol = 6, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 38294, .payload_len = 60},
        .tcp = {.src_port = 7, .dst_port = 33806, .seq = {918920215u}, .ack = {3070916036u}, .flags = 0x10,
                .window = 64, .urgent = 0, .has = TCP_HAS_TIMESTAMP | TCP_HAS_SACK,
                .ts_value = 2801119945u, .ts_echo = 1221125841u,
                .sack_blocks = 3,
                .sack = {{{3070916436u}, {3070916446u}}, {{3070916336u}, {3070916346u}},
                         {{3070916236u}, {3070916246u}}}},
        .payload = 0,
    },
    {
        "echo request behind a tag",
        "vlan 5, p 3, 10.0.0.1 > 10.0.0.7: ICMP echo request, id 14089, seq 1, length 24",
        "0200000000070200000000018100600508004500002c1d724000400109580a0000010a0000070800e8be3709"
        "0001bd5c036b00000000166f010000000000",
        .eth = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x07}, {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}, 0x8100},
        .vlan = {5, 3, false, 0x0800},
        .ip = {.src = ADDR4(10, 0, 0, 1),
               .dst = ADDR4(10, 0, 0, 7),
               .protocol = 1, .ttl = 64, .traffic_class = 0, .dont_fragment = true,
               .id = 7538, .payload_len = 24},
        .icmp = {.kind = ICMP_ECHO_REQUEST, .type = 8, .code = 0, .id = 14089, .sequence = 1},
    },
};
/* clang-format on */

#endif
