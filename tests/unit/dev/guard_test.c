/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/guard: what each way of keeping frames from the kernel drops, asked of the kernel. A packet socket for
 * one type of frame stands behind the guard, as the kernel's own protocols do:
 *
 *      test: send -- rng1 === rng0 -- guard -- packet socket of the frame's type: has it come?
 *
 * In a network namespace of its own. Needs root; without it says so and is skipped (77).
 */
#include "kernel.h"

#include "dev/guard.h"
#include "dev/nftables.h"
#include "dev/tcx.h"

#include <poll.h>

#define NAME "rng0"
#define FAR  "rng1"
enum { FRAME = 80, WAIT_MS = 10 };

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 7};

struct way {
    const char *name;
    int (*open)(unsigned interface, const struct steering *s);
};
static const struct way tcx = {"tcx", tcx_open}, nftables = {"nftables", nftables_open};

/* Frames of every sort, each with a letter. 7: our address, 8: another host's, as link address and behind it.
 */
enum { GROUP = 255, ARP = 0x0806, IP4 = 0x0800, IP6 = 0x86dd, OTHER = 0x88b5, NO_TAG = -1 };
static const struct {
    char letter;
    uint8_t to, address;
    uint16_t type;
    int tag;
} frames[] = {
    {'a', 7, 7, IP4, NO_TAG},     {'b', 7, 8, IP4, NO_TAG},   {'c', 8, 7, IP4, NO_TAG},
    {'d', GROUP, 7, IP4, NO_TAG}, {'e', 7, 7, IP6, NO_TAG},   {'f', 7, 8, IP6, NO_TAG},
    {'g', 7, 7, ARP, NO_TAG},     {'h', 7, 8, ARP, NO_TAG},   {'i', GROUP, 7, ARP, NO_TAG},
    {'j', 8, 7, ARP, NO_TAG},     {'k', 7, 7, OTHER, NO_TAG}, {'l', GROUP, 8, ARP, NO_TAG},
    {'m', 7, 7, IP4, 5},          {'n', 7, 7, IP4, 6},        {'o', GROUP, 7, ARP, 5},
    {'p', 7, 7, IP4, 0xe000},     {'q', 7, 7, IP4, 0xe005},
};
enum { FRAMES = sizeof frames / sizeof *frames };

static uint32_t make(int i, uint8_t *frame)
{
    uint8_t *at = frame + 12;

    memset(frame, 0, FRAME);
    memset(frame, frames[i].to == GROUP ? GROUP : 0, 6);
    if (frames[i].to != GROUP)
        frame[0] = 2, frame[5] = frames[i].to;
    frame[6] = 2;
    if (frames[i].tag != NO_TAG) {
        memcpy(at, (const uint8_t[]){0x81, 0, (uint8_t)(frames[i].tag >> 8), (uint8_t)frames[i].tag}, 4);
        at += 4;
    }
    *at++ = (uint8_t)(frames[i].type >> 8);
    *at++ = (uint8_t)frames[i].type;
    if (frames[i].type == IP6)
        at[24] = 0xfd, at[39] = frames[i].address;
    else
        memcpy(at + (frames[i].type == ARP ? 24 : 16), (const uint8_t[]){10, 9, 0, frames[i].address}, 4);
    return FRAME;
}

/* Whether it is seen behind the guard. */
static bool comes_through(int i)
{
    const struct kernel here = {.name = NAME, .type = frames[i].type}, far = {.name = FAR, .type = OTHER};
    struct pollfd behind = {.fd = kernel_socket(&here), .events = POLLIN};
    int before = kernel_socket(&far);
    uint8_t frame[FRAME];
    uint32_t len = make(i, frame);
    bool came;

    assert_int_equal(write(before, frame, len), len);
    came = poll(&behind, 1, WAIT_MS) == 1;
    close(before);
    close(behind.fd);
    return came;
}

static void expect_dropped(const char *letters)
{
    char dropped[FRAMES + 1] = "";
    int n = 0;

    for (int i = 0; i < FRAMES; i++)
        if (!comes_through(i))
            dropped[n++] = frames[i].letter;
    assert_string_equal(dropped, letters);
}

/* What that way drops; afterwards nothing is. */
static void expect(const struct way *way, const struct steering *s, const char *letters)
{
    int guard = way->open(if_nametoindex(NAME), s);

    if (guard < 0)
        fail_msg("%s: %s", way->name, strerror(-guard));
    expect_dropped(letters);
    close(guard);
}

static const struct rn_steer two[] = {
    {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 7}, .take = true},
    {.address = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}, .take = true}};
static const struct rn_steer others[] = {{.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 7}},
                                         {.take = true}};

static void shared_address(void **state)
{
    expect(*state, &(struct steering){.mac = mac, .shared = true, .rules = two, .n = 2}, "aegip");
}

static void address_of_our_own(void **state)
{
    expect(*state, &(struct steering){.mac = mac, .rules = two, .n = 2}, "abefghikp");
}

static void vlan(void **state)
{
    expect(*state, &(struct steering){.mac = mac, .shared = true, .vlan = 5, .rules = two, .n = 2}, "moq");
}

static void all_but_one(void **state)
{
    expect(*state, &(struct steering){.mac = mac, .shared = true, .rules = others, .n = 2}, "befhl");
}

static void everything(void **state)
{
    expect(*state, &(struct steering){.all = true}, "abcdefghijklmnopq");
}

static void nothing_said(void **state)
{
    expect(*state, &(struct steering){.mac = mac, .shared = true}, "");
}

static void two_at_once_and_none(void **state)
{
    const struct way *way = *state;
    const struct steering one = {.mac = mac, .shared = true, .rules = two, .n = 1};
    const struct steering other = {.mac = mac, .shared = true, .rules = two + 1, .n = 1};
    int first = way->open(if_nametoindex(NAME), &one), second = way->open(if_nametoindex(NAME), &other);

    assert_true(first >= 0 && second >= 0);
    expect_dropped("aegip");
    close(first);
    expect_dropped("e");
    close(second);
    expect_dropped("");
}

static void as_many_rules_as_there_may_be(void **state)
{
    struct rn_steer rules[STEERING_RULES];

    for (int i = 0; i < STEERING_RULES; i++) {
        rules[i] = two[1];
        rules[i].address[15] = (uint8_t)(200 - i);
    }
    rules[STEERING_RULES - 1].address[15] = 8;
    expect(*state, &(struct steering){.mac = mac, .shared = true, .rules = rules, .n = STEERING_RULES}, "f");
    for (int i = 0; i < STEERING_RULES; i++)
        rules[i] = two[0], rules[i].address[15] = (uint8_t)(200 - i);
    rules[STEERING_RULES - 1].address[15] = 8;
    expect(*state, &(struct steering){.mac = mac, .shared = true, .rules = rules, .n = STEERING_RULES},
           "bhl");
}

static void interface_that_is_not_there(void **state)
{
    const struct way *way = *state;

    assert_int_equal(way->open(0, &(struct steering){.mac = mac}), -ENODEV);
}

static void asking_changes_nothing(void **state)
{
    (void)state;
    assert_true(nftables_works(if_nametoindex(NAME)));
    assert_false(nftables_works(0));
    expect_dropped("");
}

#define CASES(way)                                                                                           \
    cmocka_unit_test_prestate(shared_address, (void *)(uintptr_t)&way),                                      \
        cmocka_unit_test_prestate(address_of_our_own, (void *)(uintptr_t)&way),                              \
        cmocka_unit_test_prestate(vlan, (void *)(uintptr_t)&way),                                            \
        cmocka_unit_test_prestate(all_but_one, (void *)(uintptr_t)&way),                                     \
        cmocka_unit_test_prestate(everything, (void *)(uintptr_t)&way),                                      \
        cmocka_unit_test_prestate(nothing_said, (void *)(uintptr_t)&way),                                    \
        cmocka_unit_test_prestate(two_at_once_and_none, (void *)(uintptr_t)&way),                            \
        cmocka_unit_test_prestate(as_many_rules_as_there_may_be, (void *)(uintptr_t)&way),                   \
        cmocka_unit_test_prestate(interface_that_is_not_there, (void *)(uintptr_t)&way)

int main(void)
{
    const struct CMUnitTest by_tcx[] = {CASES(tcx)};
    const struct CMUnitTest by_nftables[] = {CASES(nftables), cmocka_unit_test(asking_changes_nothing)};
    int failed = 0;

    if (!kernel_namespace("guard_test"))
        return 77;
    kernel_does("ip link add " NAME " type veth peer name " FAR);
    kernel_switches(NAME, true);
    kernel_switches(FAR, true);
    if (tcx_works())
        failed += cmocka_run_group_tests_name("tcx", by_tcx, NULL, NULL);
    else
        fprintf(stderr, "guard_test: skipped: tcx takes Linux 6.6 and CAP_BPF\n");
    if (nftables_works(if_nametoindex(NAME)))
        failed += cmocka_run_group_tests_name("nftables", by_nftables, NULL, NULL);
    else
        fprintf(stderr, "guard_test: skipped: this kernel has no nftables\n");
    return failed;
}
