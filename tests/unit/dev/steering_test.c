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

enum { FRAME = 80, COMMON = 20, OURS = 30 };
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

static void ports_and_protocols_cannot_be_told(void **state)
{
    const struct rn_steer port = {.port_first = 7, .port_last = 7, .take = true};
    const struct rn_steer protocol = {.protocol = 6, .take = true};

    (void)state;
    assert_false(steering_can(&port, 1));
    assert_false(steering_can(&protocol, 1));
    assert_true(steering_can(NULL, 0));
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
        cmocka_unit_test(ports_and_protocols_cannot_be_told),
        cmocka_unit_test(another_vlan_is_theirs),
        cmocka_unit_test(frame_cut_off_is_nobodys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
