/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets that a Linux 6 kernel sent, each with what tshark and tcpdump say of it. Every packet is decoded
 * and compared field by field and word by word, encoded again where our layout is the kernel's, and then cut
 * short at every length, its last byte lying in front of a page that nobody may read:
 *
 *      |  ...  | packet, first n bytes |  no access  |
 *
 * The packets stand in packets.h.
 */
#include "base/sum.h"
#include "packets.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { COUNT = sizeof PACKETS / sizeof PACKETS[0], FRAME_MAX = 2048 };

static size_t read_hex(uint8_t *to, const char *hex)
{
    size_t len = 0;

    for (; hex[0] && hex[1]; hex += 2) {
        char byte[3] = {hex[0], hex[1], 0};

        to[len++] = (uint8_t)strtoul(byte, NULL, 16);
    }
    return len;
}

/* ---- decoding as the stack does ------------------------------------------------------------------------ */

static enum drop decode_transport(struct view v, struct packet *out, bool version6)
{
    enum drop drop;

    if (out->ip.fragment)
        return DROP_NONE;
    if (out->ip.protocol == IP_TCP) {
        uint32_t pseudo = checksum_pseudo(&out->ip.src, &out->ip.dst, IP_TCP, (uint32_t)v.len);

        if (!checksum_right(pseudo, v.at, v.len))
            return DROP_CHECKSUM;
        drop = tcp_decode(&v, &out->tcp);
        out->payload = v.len;
        return drop;
    }
    if (out->ip.protocol == IP_UDP) {
        drop = udp_decode(&v, &out->ip, false, &out->udp);
        out->payload = v.len;
        return drop;
    }
    if (out->ip.protocol == (version6 ? IP_ICMP6 : IP_ICMP4)) {
        struct icmp_quote quote = {0};

        drop = version6 ? icmp6_decode(&v, &out->ip, &out->icmp) : icmp4_decode(&v, &out->icmp);
        if (!drop && out->icmp.kind == ICMP_UNREACHABLE && icmp_decode_quote(v, version6, &quote)) {
            out->quoted.src_port = quote.src_port;
            out->quoted.dst_port = quote.dst_port;
        }
        return drop;
    }
    return DROP_NONE;
}

static enum drop decode_frame(struct view v, struct packet *out)
{
    uint16_t type;
    enum drop drop = eth_decode(&v, &out->eth);

    type = out->eth.type;
    if (!drop && type == ETH_VLAN) {
        drop = vlan_decode(&v, &out->vlan);
        type = out->vlan.type;
    }
    if (drop)
        return drop;
    if (type == ETH_ARP)
        return arp_decode(&v, &out->arp);
    drop = type == ETH_IP6 ? ip6_decode(&v, &out->ip) : ip4_decode(&v, &out->ip);
    return drop ? drop : decode_transport(v, out, type == ETH_IP6);
}

/* ---- whole --------------------------------------------------------------------------------------------- */

#define SAME(field) assert_int_equal(is->field, want->field)

static void same_ip(const struct ip *is, const struct ip *want)
{
    assert_memory_equal(&is->src, &want->src, sizeof is->src);
    assert_memory_equal(&is->dst, &want->dst, sizeof is->dst);
    SAME(protocol);
    SAME(ttl);
    SAME(traffic_class);
    SAME(fragment);
    SAME(more);
    SAME(dont_fragment);
    SAME(id);
    SAME(offset);
    SAME(flow);
    SAME(payload_len);
}

static void same_tcp(const struct tcp *is, const struct tcp *want)
{
    SAME(src_port);
    SAME(dst_port);
    SAME(seq.v);
    SAME(ack.v);
    SAME(flags);
    SAME(window);
    SAME(urgent);
    SAME(has);
    SAME(mss);
    SAME(wscale);
    SAME(ts_value);
    SAME(ts_echo);
    SAME(sack_blocks);
    for (unsigned i = 0; i < want->sack_blocks; i++) {
        SAME(sack[i].left.v);
        SAME(sack[i].right.v);
    }
}

static void same_icmp(const struct icmp *is, const struct icmp *want)
{
    SAME(kind);
    SAME(type);
    SAME(code);
    SAME(id);
    SAME(sequence);
    SAME(mtu);
    SAME(pointer);
}

static void each_packet_decodes_as_tshark_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        const struct packet *want = &PACKETS[i];
        struct packet got = {0}, *is = &got;
        uint8_t frame[FRAME_MAX];
        size_t len = read_hex(frame, want->hex);

        print_message("%s\n", want->name);
        assert_int_equal(decode_frame(view_of(frame, len), &got), DROP_NONE);
        assert_memory_equal(is->eth.dst, want->eth.dst, 6);
        assert_memory_equal(is->eth.src, want->eth.src, 6);
        SAME(eth.type);
        SAME(vlan.id);
        SAME(vlan.priority);
        SAME(vlan.drop_eligible);
        SAME(vlan.type);
        assert_memory_equal(&is->arp, &want->arp, sizeof is->arp);
        same_ip(&is->ip, &want->ip);
        same_tcp(&is->tcp, &want->tcp);
        same_icmp(&is->icmp, &want->icmp);
        SAME(udp.src_port);
        SAME(udp.dst_port);
        SAME(quoted.src_port);
        SAME(quoted.dst_port);
        SAME(payload);
    }
}

static void each_packet_is_printed_in_the_words_of_tcpdump(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t frame[FRAME_MAX];
        size_t len = read_hex(frame, PACKETS[i].hex);
        char line[256];

        assert_int_equal(print_frame(line, sizeof line, frame, len, true), strlen(PACKETS[i].line));
        assert_string_equal(line, PACKETS[i].line);
    }
}

/* ---- again --------------------------------------------------------------------------------------------- */

/* The bytes that our encoders make of what was decoded, in front of the same payload. */
static size_t encode_frame(uint8_t *to, const struct packet *p, const uint8_t *payload)
{
    bool version6 = p->eth.type == ETH_IP6;
    size_t at = eth_encode(to, &p->eth), transport;

    if (p->eth.type == ETH_ARP)
        return at + arp_encode(to + at, &p->arp);
    at += version6 ? ip6_encode(to + at, &p->ip) : ip4_encode(to + at, &p->ip);
    transport = at;
    if (p->ip.protocol == IP_TCP) {
        at += tcp_encode(to + at, &p->tcp);
        memcpy(to + at, payload, p->payload);
        at += p->payload;
        checksum_store(to + transport + 16,
                       checksum_pseudo(&p->ip.src, &p->ip.dst, IP_TCP, (uint32_t)(at - transport)) +
                           sum_bytes(to + transport, at - transport));
        return at;
    }
    if (p->ip.protocol == IP_UDP) {
        at += udp_encode(to + at, &p->udp, &p->ip.src, &p->ip.dst, (uint32_t)p->payload,
                         sum_bytes(payload, p->payload));
        memcpy(to + at, payload, p->payload);
        return at + p->payload;
    }
    transport = p->ip.payload_len - ICMP_LEN;
    if (version6)
        at += icmp6_encode(to + at, &p->icmp, &p->ip.src, &p->ip.dst, (uint32_t)transport,
                           sum_bytes(payload, transport));
    else
        at += icmp4_encode(to + at, &p->icmp, sum_bytes(payload, transport));
    memcpy(to + at, payload, transport);
    return at + transport;
}

/* False for those that hold what we never write: IP options, extension headers, tags, fragments. */
static bool ours(const struct packet *p, size_t len)
{
    size_t header = p->eth.type == ETH_IP6 ? IP6_LEN : IP4_LEN;

    if (p->eth.type == ETH_ARP)
        return true;
    return p->eth.type != ETH_VLAN && !p->ip.fragment && len == ETH_LEN + header + p->ip.payload_len;
}

static void encoding_what_was_decoded_gives_the_same_bytes(void **state)
{
    size_t done = 0;

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        const struct packet *p = &PACKETS[i];
        uint8_t frame[FRAME_MAX], again[FRAME_MAX] = {0};
        size_t len = read_hex(frame, p->hex), payload;

        if (!ours(p, len))
            continue;
        payload =
            p->ip.protocol == IP_TCP || p->ip.protocol == IP_UDP ? p->payload : p->ip.payload_len - ICMP_LEN;
        assert_int_equal(encode_frame(again, p, frame + len - payload), len);
        assert_memory_equal(again, frame, len);
        done++;
    }
    assert_in_range(done, COUNT - 8, COUNT); /* most rows are of our kind */
}

/* ---- cut short ----------------------------------------------------------------------------------------- */

/* Two pages' worth of memory in front of one that may not be read; returns where that one begins. */
static uint8_t *fence(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(at != MAP_FAILED && page >= FRAME_MAX);
    assert_int_equal(mprotect(at + page, page, PROT_NONE), 0);
    return at + page;
}

static void unfence(uint8_t *end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    assert_int_equal(munmap(end - page, 2 * page), 0);
}

/* Every decoder on the same bytes, whatever they are. */
static void decode_as_everything(struct view v)
{
    const struct ip between = {.src = ADDR4(10, 0, 0, 1), .dst = ADDR4(10, 0, 0, 7)};
    struct packet out;
    struct icmp_quote quote;
    struct view w;

    w = v, eth_decode(&w, &out.eth);
    w = v, vlan_decode(&w, &out.vlan);
    w = v, arp_decode(&w, &out.arp);
    w = v, ip4_decode(&w, &out.ip);
    w = v, ip4_decode_quoted(&w, &out.ip);
    w = v, ip6_decode(&w, &out.ip);
    w = v, ip6_decode_quoted(&w, &out.ip);
    w = v, tcp_decode(&w, &out.tcp);
    w = v, udp_decode(&w, &between, false, &out.udp);
    w = v, icmp4_decode(&w, &out.icmp);
    w = v, icmp6_decode(&w, &between, &out.icmp);
    icmp_decode_quote(v, false, &quote);
    icmp_decode_quote(v, true, &quote);
}

static void no_decoder_reads_past_a_packet_cut_at_any_length(void **state)
{
    uint8_t *end = fence();

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t frame[FRAME_MAX];
        size_t whole = read_hex(frame, PACKETS[i].hex);

        for (size_t len = 0; len <= whole; len++) {
            uint8_t *at = end - len;
            struct packet got = {0};
            char line[256];

            memcpy(at, frame, len);
            /* None of these frames is padded, so each missing byte is missed. */
            assert_int_equal(decode_frame(view_of(at, len), &got), len < whole ? DROP_TRUNCATED : DROP_NONE);
            assert_in_range(print_frame(line, sizeof line, at, len, true), 1, sizeof line - 1);
            for (size_t from = 0; from <= len && from <= 80; from += 2)
                decode_as_everything(view_of(at + from, len - from));
        }
    }
    unfence(end);
}

/* Frames of every length up to 64 with each EtherType, filled with each of a few bytes. */
static void no_runt_is_read_past_its_end(void **state)
{
    static const uint16_t types[] = {ETH_IP4, ETH_ARP, ETH_VLAN, ETH_IP6, ETH_QINQ, 0x8035, 0x0040};
    static const uint8_t fill[] = {0x00, 0x45, 0x60, 0xff};
    uint8_t *end = fence();

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0] * sizeof fill; i++) {
        for (size_t len = 0; len <= 64; len++) {
            uint8_t frame[64], *at = end - len;
            struct packet got = {0};
            char line[256];

            memset(frame, fill[i % sizeof fill], sizeof frame);
            frame[12] = (uint8_t)(types[i / sizeof fill] >> 8);
            frame[13] = (uint8_t)types[i / sizeof fill];
            memcpy(at, frame, len);
            assert_int_not_equal(decode_frame(view_of(at, len), &got), DROP_NONE);
            assert_in_range(print_frame(line, sizeof line, at, len, true), 1, sizeof line - 1);
        }
    }
    unfence(end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_packet_decodes_as_tshark_says),
        cmocka_unit_test(each_packet_is_printed_in_the_words_of_tcpdump),
        cmocka_unit_test(encoding_what_was_decoded_gives_the_same_bytes),
        cmocka_unit_test(no_decoder_reads_past_a_packet_cut_at_any_length),
        cmocka_unit_test(no_runt_is_read_past_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
