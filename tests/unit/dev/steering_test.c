/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/steering: whose a frame is. The kernel runs the program, as the filter of a socket that is sent a
 * frame's bytes: how many come out is what the program returned.
 */
#include "dev/steering.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { FRAME = 120, COMMON = 20, OURS = 30 };
static const uint8_t mac[6] = {2, 0, 0, 0, 0, 7};

#define ADDRESS4(d)                                                                                          \
    {                                                                                                        \
        .address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, d}, .take = true                     \
    }
#define ADDRESS6(d)                                                                                          \
    {                                                                                                        \
        .address = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, d}, .take = true                         \
    }
static const struct rn_steer two[] = {ADDRESS4(7), ADDRESS6(7)};

/* What the program returns for a frame: 0, COMMON or OURS. */
static int owner(const struct steering *s, const uint8_t *frame, size_t len)
{
    static const uint32_t verdicts[] = {0, COMMON, OURS};
    struct sock_filter code[STEERING_MAX];
    struct sock_fprog program = {.filter = code};
    uint8_t back[FRAME];
    int ends[2];
    ssize_t n;

    program.len = (unsigned short)steering_write(s, verdicts, code);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
    assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
    assert_int_equal(send(ends[0], frame, len, 0), len);
    n = recv(ends[1], back, sizeof back, 0);
    close(ends[0]);
    close(ends[1]);
    if (len > 13 && (frame[12] != 0x81 || frame[13] != 0)) { /* the socket is told of tags, not shown them */
        struct steering_line lines[STEERING_LINES];
        enum steering_of whose = steering_whose(lines, steering_list(s, lines), frame, (uint32_t)len);

        assert_int_equal(verdicts[whose], n < 0 ? 0 : n);
    }
    return n < 0 ? 0 : (int)n;
}

/* A frame to that link address, of that type, with four bytes at a place in it. */
static int owner_of(const struct steering *s, const uint8_t to[6], unsigned type, unsigned at,
                    const uint8_t bytes[4])
{
    uint8_t frame[FRAME] = {0};

    memcpy(frame, to, 6);
    frame[12] = (uint8_t)(type >> 8);
    frame[13] = (uint8_t)type;
    memcpy(frame + at, bytes, 4);
    return owner(s, frame, sizeof frame);
}

static const uint8_t other_mac[6] = {2, 0, 0, 0, 0, 8}, everybody[6] = {255, 255, 255, 255, 255, 255};
static const uint8_t us4[4] = {10, 9, 0, 7}, them4[4] = {10, 9, 0, 8};

static int ip4(const struct steering *s, const uint8_t to[6], const uint8_t address[4])
{
    return owner_of(s, to, 0x0800, 30, address);
}

static int arp(const struct steering *s, const uint8_t to[6], const uint8_t target[4])
{
    return owner_of(s, to, 0x0806, 38, target);
}

static int ip6(const struct steering *s, uint8_t last)
{
    uint8_t frame[FRAME] = {2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 1, 0x86, 0xdd};

    frame[38] = 0xfd;
    frame[53] = last;
    return owner(s, frame, sizeof frame);
}

static void address_that_is_shared_is_told_by_ip(void **state)
{
    const struct steering s = {.mac = mac, .shared = true, .rules = two, .n = 2};

    (void)state;
    assert_int_equal(ip4(&s, mac, us4), OURS);
    assert_int_equal(ip4(&s, mac, them4), 0);
    assert_int_equal(ip4(&s, other_mac, us4), 0);
    assert_int_equal(ip6(&s, 7), OURS);
    assert_int_equal(ip6(&s, 8), 0);
    assert_int_equal(arp(&s, mac, us4), OURS);
    assert_int_equal(arp(&s, mac, them4), COMMON);
    assert_int_equal(arp(&s, other_mac, us4), 0);
    assert_int_equal(owner_of(&s, mac, 0x88b5, 30, us4), 0);
}

static void address_of_our_own_is_all_ours(void **state)
{
    const struct steering s = {.mac = mac, .rules = two, .n = 2};

    (void)state;
    assert_int_equal(ip4(&s, mac, us4), OURS);
    assert_int_equal(ip4(&s, mac, them4), OURS);
    assert_int_equal(owner_of(&s, mac, 0x88b5, 30, us4), OURS);
    assert_int_equal(ip4(&s, other_mac, us4), 0);
}

static void groups_are_common_but_for_who_asks_for_us(void **state)
{
    const struct steering s = {.mac = mac, .shared = true, .rules = two, .n = 2};

    (void)state;
    assert_int_equal(arp(&s, everybody, us4), OURS);
    assert_int_equal(arp(&s, everybody, them4), COMMON);
    assert_int_equal(ip4(&s, everybody, us4), COMMON);
    assert_int_equal(owner_of(&s, (const uint8_t[6]){1, 0, 0x5e, 0, 0, 1}, 0x0800, 30, us4), COMMON);
}

static void before_anything_was_said_all_is_common(void **state)
{
    const struct steering s = {.mac = mac, .shared = true};

    (void)state;
    assert_int_equal(ip4(&s, mac, us4), COMMON);
    assert_int_equal(ip6(&s, 7), COMMON);
    assert_int_equal(arp(&s, mac, us4), COMMON);
    assert_int_equal(owner_of(&s, mac, 0x88b5, 30, us4), COMMON);
    assert_int_equal(arp(&s, everybody, us4), COMMON);
    assert_int_equal(ip4(&s, other_mac, us4), 0);
}

static void first_rule_that_holds_counts(void **state)
{
    static const struct rn_steer rules[] = {
        {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 8}}, {.take = true}};
    const struct steering s = {.mac = mac, .shared = true, .rules = rules, .n = 2};

    (void)state;
    assert_int_equal(ip4(&s, mac, them4), 0);
    assert_int_equal(ip4(&s, mac, us4), OURS);
    assert_int_equal(arp(&s, everybody, them4), COMMON);
    assert_int_equal(ip6(&s, 1), OURS);
}

static void as_many_rules_as_there_may_be(void **state)
{
    struct rn_steer rules[STEERING_RULES + 1];
    const struct steering s = {.mac = mac, .shared = true, .rules = rules, .n = STEERING_RULES};

    (void)state;
    for (int i = 0; i <= STEERING_RULES; i++) {
        rules[i] = i % 2 ? two[0] : two[1];
        rules[i].address[15] = (uint8_t)(100 + i);
    }
    assert_true(steering_can(rules, STEERING_RULES));
    assert_false(steering_can(rules, STEERING_RULES + 1));
    assert_int_equal(ip4(&s, mac, (const uint8_t[4]){10, 9, 0, 163}), OURS);
    assert_int_equal(ip4(&s, mac, (const uint8_t[4]){10, 9, 0, 162}), 0);
    assert_int_equal(ip6(&s, 162), OURS);
    assert_int_equal(ip6(&s, 163), 0);
}

static void all_is_ours_to_who_wants_all(void **state)
{
    const struct steering s = {.all = true};

    (void)state;
    assert_int_equal(ip4(&s, other_mac, them4), OURS);
    assert_int_equal(arp(&s, everybody, them4), OURS);
    assert_int_equal(owner_of(&s, mac, 0x88b5, 30, us4), OURS);
    assert_true(steering_takes_all(&(struct rn_steer){.take = true}, 1));
    assert_false(steering_takes_all(&(struct rn_steer){.take = false}, 1));
    assert_false(steering_takes_all(&(struct rn_steer){.protocol = 6, .take = true}, 1));
    assert_false(steering_takes_all(two, 1));
    assert_false(steering_takes_all(two, 2));
}

static void ports_need_a_protocol_and_an_address(void **state)
{
    struct rn_steer rule = ADDRESS4(7);

    (void)state;
    assert_true(steering_can(NULL, 0));
    rule.port_first = rule.port_last = 7;
    assert_false(steering_can(&rule, 1));
    rule.protocol = 1;
    assert_false(steering_can(&rule, 1));
    rule.protocol = 6;
    assert_true(steering_can(&rule, 1));
    rule.port_last = 6;
    assert_false(steering_can(&rule, 1));
    rule.port_first = 0;
    assert_false(steering_can(&rule, 1));
    rule = (struct rn_steer){.port_first = 7, .port_last = 7, .protocol = 6, .take = true};
    assert_false(steering_can(&rule, 1));
}

/* 1 to 65,534 falls apart into 30 blocks, of three lines each: one such range, but not two. */
static void ranges_that_fall_into_too_many_pieces(void **state)
{
    struct rn_steer rules[2] = {ADDRESS4(7), ADDRESS4(8)};

    (void)state;
    for (int i = 0; i < 2; i++)
        rules[i].protocol = 6, rules[i].port_first = 1, rules[i].port_last = 65534;
    assert_true(steering_can(rules, 1));
    assert_false(steering_can(rules, 2));
}

/* A packet of that protocol to 10.9.0.7 or fd00::7, with ports 1 and `port`. */
static size_t packet(uint8_t frame[FRAME], bool six, uint8_t protocol, unsigned port)
{
    uint8_t *ip = frame + 14, *ports = ip + (six ? 40 : 20);

    memset(frame, 0, FRAME);
    memcpy(frame, mac, 6);
    memcpy(frame + 12, six ? "\x86\xdd" : "\x08\x00", 2);
    ip[0] = six ? 0x60 : 0x45;
    ip[six ? 6 : 9] = protocol;
    if (six)
        ip[24] = 0xfd, ip[39] = 7;
    else
        memcpy(ip + 16, us4, 4);
    ports[1] = 1;
    ports[2] = (uint8_t)(port >> 8);
    ports[3] = (uint8_t)port;
    return FRAME;
}

/* An ICMP error about a packet of ours from that port. */
static size_t error(uint8_t frame[FRAME], bool six, uint8_t type, uint8_t protocol, unsigned port)
{
    uint8_t *icmp = frame + 14 + (six ? 40 : 20), *inner = icmp + 8, *ports = inner + (six ? 40 : 20);

    packet(frame, six, six ? 58 : 1, 0);
    icmp[0] = type;
    icmp[1] = icmp[3] = 0;
    inner[0] = six ? 0x60 : 0x45;
    inner[six ? 6 : 9] = protocol;
    ports[0] = (uint8_t)(port >> 8);
    ports[1] = (uint8_t)port;
    return FRAME;
}

static void address_of_the_kernels_is_shared_by_port(void **state)
{
    struct rn_steer rules[] = {ADDRESS4(7), ADDRESS4(7), ADDRESS6(7)};
    const struct steering s = {.mac = mac, .shared = true, .rules = rules, .n = 3};
    uint8_t f[FRAME];

    (void)state;
    rules[0].protocol = 6, rules[0].port_first = 40001, rules[0].port_last = 41030;
    rules[1].protocol = 17, rules[1].port_first = rules[1].port_last = 7;
    rules[2].protocol = 6, rules[2].port_first = rules[2].port_last = 80;
    assert_true(steering_can(rules, 3));
    for (unsigned port = 39000; port < 42000; port++)
        assert_int_equal(owner(&s, f, packet(f, false, 6, port)), port >= 40001 && port <= 41030 ? OURS : 0);
    assert_int_equal(owner(&s, f, packet(f, false, 17, 40500)), 0);
    assert_int_equal(owner(&s, f, packet(f, false, 17, 7)), OURS);
    assert_int_equal(owner(&s, f, packet(f, false, 17, 8)), 0);
    assert_int_equal(owner(&s, f, packet(f, false, 6, 80)), 0);
    assert_int_equal(owner(&s, f, packet(f, true, 6, 80)), OURS);
    assert_int_equal(owner(&s, f, packet(f, true, 6, 81)), 0);
    assert_int_equal(owner(&s, f, packet(f, true, 17, 80)), 0);
    assert_int_equal(arp(&s, everybody, us4), COMMON); /* the kernel answers */

    packet(f, false, 17, 7);
    f[14 + 7] = 1; /* a later fragment */
    assert_int_equal(owner(&s, f, FRAME), 0);
    packet(f, false, 17, 7);
    f[14] = 0x46; /* with options */
    assert_int_equal(owner(&s, f, FRAME), 0);
    packet(f, false, 17, 7);
    f[14 + 19] = 8; /* another address */
    assert_int_equal(owner(&s, f, FRAME), 0);
}

static void errors_go_to_who_sent_what_they_are_about(void **state)
{
    static const uint8_t types4[] = {3, 11, 12}, types6[] = {1, 2, 3, 4};
    struct rn_steer rules[] = {ADDRESS4(7), ADDRESS6(7)};
    const struct steering s = {.mac = mac, .shared = true, .rules = rules, .n = 2};
    uint8_t f[FRAME];

    (void)state;
    for (int i = 0; i < 2; i++)
        rules[i].protocol = 6, rules[i].port_first = 1024, rules[i].port_last = 2047;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(owner(&s, f, error(f, false, types4[i], 6, 1500)), OURS);
        assert_int_equal(owner(&s, f, error(f, false, types4[i], 6, 2048)), 0);
        assert_int_equal(owner(&s, f, error(f, false, types4[i], 17, 1500)), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(owner(&s, f, error(f, true, types6[i], 6, 1500)), OURS);
        assert_int_equal(owner(&s, f, error(f, true, types6[i], 6, 1023)), 0);
    }
    assert_int_equal(owner(&s, f, error(f, false, 8, 6, 1500)), 0); /* a ping is the kernel's */
    assert_int_equal(owner(&s, f, error(f, true, 128, 6, 1500)), 0);
    assert_int_equal(owner(&s, f, error(f, true, 135, 6, 1500)), 0);
}

/* Nobody's tag is on a frame here; packet_test has some. */
static void another_vlan_is_theirs(void **state)
{
    const struct steering s = {.mac = mac, .shared = true, .vlan = 5, .rules = two, .n = 2};

    (void)state;
    assert_int_equal(ip4(&s, mac, us4), 0);
    assert_int_equal(arp(&s, everybody, us4), 0);
}

static void frame_cut_off_is_nobodys(void **state)
{
    const struct steering s = {.mac = mac, .shared = true, .rules = two, .n = 2};
    uint8_t frame[FRAME] = {2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 1, 0x08, 0x00};

    (void)state;
    memcpy(frame + 30, us4, 4);
    for (size_t len = 1; len < 34; len++)
        assert_int_equal(owner(&s, frame, len), 0);
    assert_int_equal(owner(&s, frame, 34), OURS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_that_is_shared_is_told_by_ip),
        cmocka_unit_test(address_of_our_own_is_all_ours),
        cmocka_unit_test(groups_are_common_but_for_who_asks_for_us),
        cmocka_unit_test(before_anything_was_said_all_is_common),
        cmocka_unit_test(first_rule_that_holds_counts),
        cmocka_unit_test(as_many_rules_as_there_may_be),
        cmocka_unit_test(all_is_ours_to_who_wants_all),
        cmocka_unit_test(ports_need_a_protocol_and_an_address),
        cmocka_unit_test(ranges_that_fall_into_too_many_pieces),
        cmocka_unit_test(address_of_the_kernels_is_shared_by_port),
        cmocka_unit_test(errors_go_to_who_sent_what_they_are_about),
        cmocka_unit_test(another_vlan_is_theirs),
        cmocka_unit_test(frame_cut_off_is_nobodys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
