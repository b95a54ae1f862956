/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/quick: two packets read field by field; and then always against the ordinary codecs. Where the quick
 * decoder says yes they must have said the same, where it says no they may say what they like, unless the
 * packet is of the usual form. What the quick encoder writes must be what they write, to the byte.
 */
#include "wire/quick.h"

#include "wire/checksum.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 20261123, MOST = 2048 };

/* 10.1.0.1.1024 > 10.0.0.1.7, 5 bytes, ACK and PSH, don't fragment, ECT(0). */
static const uint8_t BARE4[45] = {0x45, 0x02, 0x00, 0x2d, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x14, 0x93,
                                  0x0a, 0x01, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x01, 0x04, 0x00, 0x00, 0x07,
                                  0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x50, 0x18, 0xfa, 0xf0,
                                  0x47, 0xa6, 0x00, 0x00, 'h',  'e',  'l',  'l',  'o'};

/* fd00::1.40000 > fd00::7.7, 3 bytes, ACK, a timestamp of 1000 and 2000, CE. */
static const uint8_t STAMPED6[75] = {
    0x60, 0x30, 0x00, 0x00, 0x00, 0x23, 0x06, 0x40, 0xfd, 0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    1,    0xfd, 0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    7,    0x9c, 0x40, 0x00, 0x07, 0x00,
    0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x00, 0x80, 0x10, 0x01, 0x00, 0x8f, 0x4d, 0x00, 0x00,
    0x01, 0x01, 0x08, 0x0a, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x07, 0xd0, 'a',  'b',  'c'};

static uint64_t state_of_draw = SEED;

static uint32_t draw(void)
{
    state_of_draw = state_of_draw * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state_of_draw >> 33);
}

static bool is_six(const uint8_t *at)
{
    return at[0] >> 4 == 6;
}

/* The same, asked of the layers one by one. */
static bool ordinary(const uint8_t *at, size_t len, bool six, bool verified, struct quick *out,
                     struct tcp *tcp)
{
    struct view v = view_of(at, len);
    struct ip ip;

    if ((six ? ip6_decode(&v, &ip) : ip4_decode(&v, &ip)) || ip.fragment || ip.protocol != IP_TCP)
        return false;
    if (!verified && !checksum_right(checksum_pseudo(&ip.src, &ip.dst, IP_TCP, (uint32_t)v.len), v.at, v.len))
        return false;
    if (tcp_decode(&v, tcp))
        return false;
    *out = (struct quick){.payload = v.at, .len = (uint32_t)v.len, .traffic_class = ip.traffic_class};
    memcpy(out->src, &ip.src, sizeof out->src);
    memcpy(out->dst, &ip.dst, sizeof out->dst);
    return true;
}

static void assert_same_tcp(const struct tcp *a, const struct tcp *b)
{
    assert_int_equal(a->src_port, b->src_port);
    assert_int_equal(a->dst_port, b->dst_port);
    assert_int_equal(a->seq.v, b->seq.v);
    assert_int_equal(a->ack.v, b->ack.v);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->has, b->has);
    assert_int_equal(a->window, b->window);
    assert_int_equal(a->urgent, b->urgent);
    if (a->has & TCP_HAS_TIMESTAMP) {
        assert_int_equal(a->ts_value, b->ts_value);
        assert_int_equal(a->ts_echo, b->ts_echo);
    }
}

/* Asks both roads; true: the quick one said yes, and then they agree. The packet stands at the very end of
 * its memory, so that a read behind it is seen. */
static bool both(const uint8_t *packet, size_t len, bool six, bool verified)
{
    uint8_t *at = malloc(len ? len : 1);
    struct quick q, o;
    struct tcp t, u;
    bool yes;

    assert_non_null(at);
    memcpy(at, packet, len);
    yes = six ? quick_decode6(at, len, verified, &q, &t) : quick_decode4(at, len, verified, &q, &t);
    if (yes) {
        assert_true(ordinary(at, len, six, verified, &o, &u));
        assert_memory_equal(&q.src, &o.src, 16);
        assert_memory_equal(&q.dst, &o.dst, 16);
        assert_ptr_equal(q.payload, o.payload);
        assert_int_equal(q.len, o.len);
        assert_int_equal(q.traffic_class, o.traffic_class);
        assert_same_tcp(&t, &u);
    }
    free(at);
    return yes;
}

/* Puts right checksums into a packet whose headers are whole. */
static void put_sums(uint8_t *at, size_t len)
{
    size_t ip = is_six(at) ? IP6_LEN : IP4_LEN;
    struct addr src, dst;

    memset(at + ip + 16, 0, 2);
    if (is_six(at)) {
        memcpy(&src, at + 8, 16);
        memcpy(&dst, at + 24, 16);
    } else {
        memset(at + 10, 0, 2);
        checksum_store(at + 10, sum_bytes(at, IP4_LEN));
        src = addr_of4(at + 12);
        dst = addr_of4(at + 16);
    }
    checksum_store(at + ip + 16,
                   checksum_pseudo(&src, &dst, IP_TCP, (uint32_t)(len - ip)) + sum_bytes(at + ip, len - ip));
}

/* ---- decoding ----------------------------------------------------------------------------------------- */

static void a_bare_segment_is_read_field_by_field(void **state)
{
    static const struct tcp wanted = {.src_port = 1024,
                                      .dst_port = 7,
                                      .seq = {0x11223344},
                                      .ack = {0x55667788},
                                      .flags = TCP_ACK | TCP_PSH,
                                      .window = 64240};
    const struct addr src = addr_of4((const uint8_t[]){10, 1, 0, 1}),
                      dst = addr_of4((const uint8_t[]){10, 0, 0, 1});
    struct quick q;
    struct tcp t;

    (void)state;
    assert_true(quick_decode4(BARE4, sizeof BARE4, false, &q, &t));
    assert_memory_equal(&q.src, &src, 16);
    assert_memory_equal(&q.dst, &dst, 16);
    assert_ptr_equal(q.payload, BARE4 + 40);
    assert_int_equal(q.len, 5);
    assert_int_equal(q.traffic_class, 2);
    assert_same_tcp(&t, &wanted);
}

static void a_stamped_segment_is_read_field_by_field(void **state)
{
    static const struct tcp wanted = {.src_port = 40000,
                                      .dst_port = 7,
                                      .seq = {1},
                                      .ack = {0x80000000},
                                      .flags = TCP_ACK,
                                      .has = TCP_HAS_TIMESTAMP,
                                      .window = 256,
                                      .ts_value = 1000,
                                      .ts_echo = 2000};
    struct quick q;
    struct tcp t;

    (void)state;
    assert_true(quick_decode6(STAMPED6, sizeof STAMPED6, false, &q, &t));
    assert_memory_equal(&q.src, STAMPED6 + 8, 16);
    assert_memory_equal(&q.dst, STAMPED6 + 24, 16);
    assert_ptr_equal(q.payload, STAMPED6 + 72);
    assert_int_equal(q.len, 3);
    assert_int_equal(q.traffic_class, 3);
    assert_same_tcp(&t, &wanted);
}

static void what_follows_the_packet_is_not_its_own(void **state)
{
    uint8_t padded[sizeof BARE4 + 9];

    (void)state;
    memset(padded, 0xaa, sizeof padded);
    memcpy(padded, BARE4, sizeof BARE4);
    assert_true(both(padded, sizeof padded, false, false));
}

static void a_packet_cut_short_is_not_read(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof BARE4; len++)
        assert_false(both(BARE4, len, false, true));
    for (size_t len = 0; len < sizeof STAMPED6; len++)
        assert_false(both(STAMPED6, len, true, true));
}

static void a_family_is_not_taken_for_the_other(void **state)
{
    (void)state;
    assert_false(both(BARE4, sizeof BARE4, true, true));
    assert_false(both(STAMPED6, sizeof STAMPED6, false, true));
}

/* A packet with one byte changed and its checksums right again is none of the quick decoder's. */
struct change {
    bool six;
    uint8_t at, value;
};

static void what_is_not_usual_is_left_to_the_others(void **state)
{
    static const struct change changes[] = {
        {false, 0, 0x46},  /* a header of 24 bytes */
        {false, 0, 0x44},  /* ... of 16 */
        {false, 0, 0x55},  /* version 5 */
        {false, 3, 39},    /* no room for TCP */
        {false, 3, 46},    /* more than there is */
        {false, 6, 0x20},  /* more fragments */
        {false, 7, 1},     /* not the first of them */
        {false, 9, 17},    /* UDP */
        {false, 32, 0x40}, /* a TCP header of 16 bytes */
        {false, 32, 0x60}, /* ... of 24 */
        {false, 32, 0x80}, /* ... longer than the packet */
        {false, 33, 0x12}, /* SYN */
        {false, 33, 0x14}, /* RST */
        {true, 0, 0x50},   /* version 5 */
        {true, 5, 19},     /* no room for TCP */
        {true, 5, 36},     /* more than there is */
        {true, 6, 0},      /* a hop-by-hop header */
        {true, 6, 44},     /* a fragment */
        {true, 60, 0},     /* options in another order */
        {true, 63, 9},     /* a timestamp of no known length */
        {true, 52, 0x90},  /* more options than the timestamp */
    };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const struct change *c = &changes[i];
        size_t len = c->six ? sizeof STAMPED6 : sizeof BARE4;
        uint8_t packet[sizeof STAMPED6];

        memcpy(packet, c->six ? STAMPED6 : BARE4, len);
        assert_int_not_equal(packet[c->at], c->value);
        packet[c->at] = c->value;
        put_sums(packet, len);
        if (c->at == 0) /* whatever put_sums took it for */
            memcpy(packet + 1, (c->six ? STAMPED6 : BARE4) + 1, len - 1);
        assert_false(both(packet, len, c->six, false));
        assert_false(both(packet, len, c->six, true));
    }
}

static void an_ipv4_address_in_ipv6_is_refused(void **state)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1};

    (void)state;
    for (size_t at = 8; at <= 24; at += 16) {
        uint8_t packet[sizeof STAMPED6];

        memcpy(packet, STAMPED6, sizeof packet);
        memcpy(packet + at, mapped, 16);
        put_sums(packet, sizeof packet);
        assert_false(both(packet, sizeof packet, true, false));
    }
}

/* Every damage of one bit is seen by a checksum, or by a field; where TCP's checksum is said to be right it
 * is not looked at, IPv4's always. */
static void damage_is_seen_unless_the_device_has_looked(void **state)
{
    (void)state;
    for (unsigned six = 0; six < 2; six++) {
        size_t len = six ? sizeof STAMPED6 : sizeof BARE4, ip = six ? IP6_LEN : IP4_LEN;
        unsigned verified = 0;

        for (size_t bit = 0; bit < 8 * len; bit++) {
            uint8_t packet[sizeof STAMPED6];

            memcpy(packet, six ? STAMPED6 : BARE4, len);
            packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
            /* IPv6 has no checksum: traffic class, flow and hop limit may be anything. */
            if (!six || bit / 8 >= 8)
                assert_false(both(packet, len, six, false));
            if (both(packet, len, six, true)) {
                assert_true(six || bit / 8 >= ip);
                verified++;
            }
        }
        assert_in_range(verified, 8 * (len - ip) / 2, 8 * len); /* most of TCP's */
    }
}

/* Any one or two bytes changed to anything, checksums made right again or not. */
static void both_roads_agree_on_what_is_drawn(void **state)
{
    unsigned yes = 0;

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        bool six = draw() % 2;
        size_t len = six ? sizeof STAMPED6 : sizeof BARE4;
        uint8_t packet[sizeof STAMPED6];

        memcpy(packet, six ? STAMPED6 : BARE4, len);
        for (unsigned n = draw() % 3; n > 0; n--)
            packet[draw() % len] = (uint8_t)(draw() % 4 ? draw() : 0);
        if (draw() % 4 && is_six(packet) == six)
            put_sums(packet, len);
        yes += both(packet, len - (draw() % 8 ? 0 : draw() % len), six, draw() % 4 == 0);
    }
    assert_in_range(yes, 50000, 199000);
}

/* ---- encoding ----------------------------------------------------------------------------------------- */

/* The whole packet by the ordinary encoders, the payload standing where it belongs. Returns its length. */
static size_t encode_ordinarily(uint8_t *at, bool six, const struct quick_packet *p, const struct tcp *t,
                                const uint8_t *payload)
{
    uint32_t header = (uint32_t)tcp_encoded_len(t), len = header + p->len;
    struct ip ip = {.src = *p->src,
                    .dst = *p->dst,
                    .protocol = IP_TCP,
                    .ttl = p->ttl,
                    .traffic_class = p->traffic_class,
                    .dont_fragment = true,
                    .payload_len = len};
    uint8_t *tcp = at + (six ? ip6_encode(at, &ip) : ip4_encode(at, &ip));

    tcp_encode(tcp, t);
    memcpy(tcp + header, payload, p->len);
    checksum_store(tcp + 16, checksum_pseudo(p->src, p->dst, IP_TCP, len) + sum_bytes(tcp, len));
    return (size_t)(tcp - at) + len;
}

static void compare_encoders(bool six, struct quick_packet *p, const struct tcp *t, const uint8_t *payload)
{
    static uint8_t mine[MOST], theirs[MOST];
    size_t len, header = (six ? IP6_LEN : IP4_LEN) + quick_len(t);

    assert_true(quick_can(t));
    memset(mine, 0xee, sizeof mine);
    memset(theirs, 0xee, sizeof theirs);
    len = encode_ordinarily(theirs, six, p, t, payload);
    p->sum = sum_total(payload, p->len);
    if (six)
        quick_encode6(mine, p, t);
    else
        quick_encode4(mine, p, t);
    memcpy(mine + header, payload, p->len);
    assert_int_equal(len, header + p->len);
    assert_memory_equal(mine, theirs, sizeof mine);
    assert_int_equal(both(mine, len, six, false), !(t->flags & (TCP_SYN | TCP_RST)));
}

static void the_quick_encoder_writes_what_the_ordinary_ones_write(void **state)
{
    static uint8_t payload[1500];

    (void)state;
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)draw();
    for (unsigned i = 0; i < 20000; i++) {
        bool six = i % 2, stamp = draw() % 2;
        uint8_t bytes[32];
        struct addr src, dst;
        struct quick_packet p = {
            .src = &src, .dst = &dst, .ttl = (uint8_t)draw(), .traffic_class = (uint8_t)draw()};
        struct tcp t = {.src_port = (uint16_t)draw(),
                        .dst_port = (uint16_t)draw(),
                        .seq = {draw() << 1},
                        .ack = {draw() << 1},
                        .flags = (uint8_t)draw(),
                        .has = stamp ? TCP_HAS_TIMESTAMP : 0,
                        .window = (uint16_t)draw(),
                        .urgent = (uint16_t)draw(),
                        .ts_value = draw() << 1,
                        .ts_echo = draw() << 1};

        for (unsigned k = 0; k < sizeof bytes; k++)
            bytes[k] = (uint8_t)draw();
        memcpy(&src, bytes, 16);
        memcpy(&dst, bytes + 16, 16);
        if (!six) {
            src = addr_of4(bytes);
            dst = addr_of4(bytes + 16);
        }
        p.len = draw() % 4 ? draw() % 1460 : 0;
        compare_encoders(six, &p, &t, payload);
    }
}

/* A total that is nearly 2^64 may not lose its carry to the header's words. */
static void a_large_total_keeps_its_carry(void **state)
{
    uint8_t payload[8];
    const struct addr src4 = addr_of4((const uint8_t[]){10, 0, 0, 1}), src6 = {{0xfd, [15] = 1}};
    const struct addr dst4 = addr_of4((const uint8_t[]){10, 0, 0, 2}), dst6 = {{0xfd, [15] = 2}};
    struct quick_packet p4 = {.src = &src4, .dst = &dst4, .ttl = 64};
    struct quick_packet p6 = {.src = &src6, .dst = &dst6, .ttl = 64};
    struct tcp t = {.src_port = 7,
                    .dst_port = 40000,
                    .seq = {0x12345678},
                    .flags = TCP_ACK,
                    .has = TCP_HAS_TIMESTAMP,
                    .ts_value = 0xffffffff};

    (void)state;
    p4.len = p6.len = sizeof payload;
    for (uint64_t k = 0; k < 256; k++) {
        uint64_t word = UINT64_MAX - (k << 28);

        memcpy(payload, &word, sizeof word);
        compare_encoders(false, &p4, &t, payload);
        compare_encoders(true, &p6, &t, payload);
    }
}

/* Among all windows there is one for each checksum, zero included, which has two names in ones' complement.
 */
static void every_checksum_is_the_same(void **state)
{
    const struct addr src = addr_of4((const uint8_t[]){10, 0, 0, 1}),
                      dst = addr_of4((const uint8_t[]){10, 0, 0, 2});
    struct quick_packet p = {.src = &src, .dst = &dst, .len = 3, .ttl = 64};
    struct tcp t = {.src_port = 7, .dst_port = 40000, .flags = TCP_ACK};

    (void)state;
    for (unsigned window = 0; window < 65536; window++) {
        t.window = (uint16_t)window;
        compare_encoders(false, &p, &t, (const uint8_t *)"abc");
    }
    for (unsigned ttl = 0; ttl < 256; ttl++) /* and of the IPv4 header */
        for (unsigned class = 0; class < 256; class ++) {
            p.ttl = (uint8_t)ttl;
            p.traffic_class = (uint8_t) class;
            compare_encoders(false, &p, &t, (const uint8_t *)"abc");
        }
}

static void only_a_timestamp_is_written_as_an_option(void **state)
{
    (void)state;
    for (unsigned has = 0; has < 32; has++)
        assert_int_equal(quick_can(&(struct tcp){.has = (uint8_t)has}), has == 0 || has == TCP_HAS_TIMESTAMP);
    assert_int_equal(quick_len(&(struct tcp){.has = 0}), 20);
    assert_int_equal(quick_len(&(struct tcp){.has = TCP_HAS_TIMESTAMP}), 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_segment_is_read_field_by_field),
        cmocka_unit_test(a_stamped_segment_is_read_field_by_field),
        cmocka_unit_test(what_follows_the_packet_is_not_its_own),
        cmocka_unit_test(a_packet_cut_short_is_not_read),
        cmocka_unit_test(a_family_is_not_taken_for_the_other),
        cmocka_unit_test(what_is_not_usual_is_left_to_the_others),
        cmocka_unit_test(an_ipv4_address_in_ipv6_is_refused),
        cmocka_unit_test(damage_is_seen_unless_the_device_has_looked),
        cmocka_unit_test(both_roads_agree_on_what_is_drawn),
        cmocka_unit_test(the_quick_encoder_writes_what_the_ordinary_ones_write),
        cmocka_unit_test(a_large_total_keeps_its_carry),
        cmocka_unit_test(every_checksum_is_the_same),
        cmocka_unit_test(only_a_timestamp_is_written_as_an_option),
    };

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
