/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dev/redirect: the program says of every frame what the lines of steering say. The lines are read here in the plainest
 * way, and the program is run by a machine of the test's that knows the few instructions it is made of and refuses what
 * the kernel would: a load outside of the frame.
 */
#include "dev/redirect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { FRAME = 110, FRAMES = 40000 };

/* ---- the lines ----------------------------------------------------------------------------------------- */

static uint32_t number(const uint8_t *at, int size)
{
    uint32_t n = 0;

    for (int i = 0; i < size; i++)
        n = n << 8 | at[i];
    return n;
}

/* A test of a line; false too where the frame ends before what is asked for. */
static bool holds(const struct steering_test *t, const uint8_t *frame, uint32_t len, bool tagged)
{
    uint32_t base = tagged ? 18 : 14, at = 0, n;

    if (t->from == STEERING_VLAN)
        n = tagged ? number(frame + 14, 2) : 0;
    else {
        at = t->from == STEERING_TYPE ? base - 2 : t->from == STEERING_LINK ? t->at : base + t->at;
        if (at + t->size > len)
            return false;
        n = number(frame + at, t->size);
    }
    if (t->mask)
        n &= t->mask;
    return (n == t->value) != t->differs;
}

static bool is_ours(const struct steering *s, const uint8_t *frame, uint32_t len)
{
    struct steering_line lines[STEERING_LINES];
    int n = steering_list(s, lines);
    bool tagged = number(frame + 12, 2) == 0x8100;

    if (!s->all && (len < (tagged ? 18u : 14u) || (tagged && !s->vlan)))
        return false; /* priority without a VLAN is the kernel's */
    for (int i = 0; i < n; i++) {
        bool all = true;

        for (int t = 0; all && t < lines[i].n; t++)
            all = holds(&lines[i].tests[t], frame, len, tagged && !s->all);
        if (all)
            return lines[i].whose == STEERING_OURS;
    }
    fail();
    return false;
}

/* ---- the machine --------------------------------------------------------------------------------------- */

/* Registers hold addresses as offsets in a space of its own: the frame begins at 1000. */
static bool run(const struct bpf_insn *code, int n, const uint8_t *frame, uint32_t len)
{
    uint64_t r[11] = {0};

    for (int at = 0, steps = 0; at < n && steps < 10000; at++, steps++) {
        const struct bpf_insn *i = &code[at];
        uint64_t *d = &r[i->dst_reg];
        uint32_t imm = (uint32_t)i->imm;

        switch (i->code) {
        case BPF_ALU64 | BPF_MOV | BPF_X: *d = r[i->src_reg]; break;
        case BPF_ALU64 | BPF_MOV | BPF_K: *d = (uint64_t)(int64_t)i->imm; break;
        case BPF_ALU64 | BPF_ADD | BPF_K: *d += (uint64_t)(int64_t)i->imm; break;
        case BPF_ALU | BPF_AND | BPF_K: *d = (uint32_t)*d & imm; break;
        case BPF_JMP | BPF_JA: at += i->off; break;
        case BPF_JMP | BPF_JGT | BPF_X: at += *d > r[i->src_reg] ? i->off : 0; break;
        case BPF_JMP32 | BPF_JEQ | BPF_K: at += (uint32_t)*d == imm ? i->off : 0; break;
        case BPF_JMP32 | BPF_JNE | BPF_K: at += (uint32_t)*d != imm ? i->off : 0; break;
        case BPF_LD | BPF_DW | BPF_IMM: at++; break;
        case BPF_JMP | BPF_CALL: return true;
        case BPF_JMP | BPF_EXIT: assert_int_equal(r[0], 2); return false;
        case BPF_LDX | BPF_MEM | BPF_W:
        case BPF_LDX | BPF_MEM | BPF_H:
        case BPF_LDX | BPF_MEM | BPF_B: {
            uint32_t size = BPF_SIZE(i->code) == BPF_W ? 4 : BPF_SIZE(i->code) == BPF_H ? 2 : 1, w = 0;
            uint64_t from = r[i->src_reg] + (uint64_t)(int64_t)i->off;
            uint16_t h;

            if (i->src_reg == 1 || i->src_reg == 6) {
                *d = i->off == offsetof(struct xdp_md, data) ? 1000 : i->off == offsetof(struct xdp_md, data_end) ? 1000 + len : 0;
                break;
            }
            assert_true(from >= 1000 && from + size <= 1000 + len);
            memcpy(&w, frame + from - 1000, 4 < len - (from - 1000) ? 4 : len - (from - 1000));
            memcpy(&h, frame + from - 1000, size == 1 ? 1 : 2);
            *d = size == 4 ? w : size == 2 ? h : frame[from - 1000];
            break;
        }
        default: fail_msg("instruction 0x%x", i->code);
        }
    }
    fail_msg("it does not end");
    return false;
}

/* ---- frames -------------------------------------------------------------------------------------------- */

static uint64_t state_of = 7;

static uint32_t drawn(uint32_t below)
{
    state_of = state_of * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(state_of >> 33) % below;
}

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 7}, macs[][6] = {{2, 0, 0, 0, 0, 7}, {2, 0, 0, 0, 0, 8}, {2, 0, 0, 1, 0, 7},
                                                               {255, 255, 255, 255, 255, 255}, {0x33, 0x33, 0, 0, 0, 1}};
static const struct rn_steer rules[] = {
    {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 7}, .take = true},
    {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 8}, .take = false},
    {.address = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}, .take = true}};

/* Likely values at the places that count, and any length. */
static uint32_t draw_frame(uint8_t frame[FRAME])
{
    static const uint16_t types[] = {0x0800, 0x0806, 0x86dd, 0x88b5, 0x0008};
    static const uint8_t tags[][4] = {{0x81, 0, 0, 5}, {0x81, 0, 0x20, 5}, {0x81, 0, 0, 6}, {0x81, 0, 0, 0}};
    uint32_t at = 12, type = types[drawn(5)], last = 6 + drawn(3);

    memset(frame, 0, FRAME);
    memcpy(frame, macs[drawn(5)], 6);
    if (drawn(3) == 0) {
        memcpy(frame + at, tags[drawn(4)], 4);
        at += 4;
    }
    frame[at] = (uint8_t)(type >> 8);
    frame[at + 1] = (uint8_t)type;
    at += 2;
    memcpy(frame + at + 16, (const uint8_t[]){10, 9, 0, (uint8_t)last}, 4);
    if (type == 0x0806)
        memcpy(frame + at + 24, (const uint8_t[]){10, 9, 0, (uint8_t)last}, 4);
    if (type == 0x86dd) {
        memset(frame + at + 16, 0, 24);
        frame[at + 24] = 0xfd;
        frame[at + 39] = (uint8_t)last;
    }
    if (type == 0x0800 && drawn(4)) { /* TCP, UDP, an error */
        frame[at] = 0x45;
        frame[at + 9] = (uint8_t)(drawn(2) ? 6 : drawn(2) ? 17 : 1);
        frame[at + 20] = (uint8_t)(drawn(4) * 4 - drawn(2));
        frame[at + 22 + drawn(2)] = (uint8_t)(7 + drawn(2));
        frame[at + 28] = 0x45;
        frame[at + 37] = 6;
        frame[at + 49] = (uint8_t)(7 + drawn(2));
    }
    return drawn(4) ? FRAME : drawn(FRAME + 1);
}

static void agrees(const struct steering *s)
{
    static struct bpf_insn code[REDIRECT_MAX];
    int n = redirect_write(s, 3, code);
    uint8_t frame[FRAME];
    int ours = 0;

    assert_in_range(n, 1, REDIRECT_MAX);
    for (int i = 0; i < FRAMES; i++) {
        uint32_t len = draw_frame(frame);
        bool got = run(code, n, frame, len);

        assert_int_equal(got, (len >= 14 || s->all) && is_ours(s, frame, len));
        ours += got;
    }
    assert_in_range(ours, FRAMES / 1000, FRAMES);
}

static void it_says_what_the_lines_say(void **state)
{
    (void)state;
    for (uint16_t vlan = 0; vlan < 6; vlan = (uint16_t)(vlan + 5))
        for (int shared = 0; shared < 2; shared++)
            agrees(&(struct steering){.mac = mac, .shared = shared, .vlan = vlan, .rules = rules, .n = 3});
    agrees(&(struct steering){.all = true, .mac = mac, .rules = rules, .n = 1});
}

static void it_says_so_of_ports(void **state)
{
    static struct rn_steer some[2];

    (void)state;
    some[0] = some[1] = rules[0];
    some[0].protocol = 6, some[0].port_first = 7, some[0].port_last = 7;
    some[1].protocol = 17, some[1].port_first = 1, some[1].port_last = 65534;
    assert_true(steering_can(some, 2));
    agrees(&(struct steering){.mac = mac, .shared = true, .rules = some, .n = 2});
}

/* As many rules as there may be fit, and are told apart. */
static void as_many_as_there_may_be(void **state)
{
    static struct rn_steer many[STEERING_RULES];

    (void)state;
    for (int i = 0; i < STEERING_RULES; i++)
        many[i] = i % 2 ? rules[2] : rules[0], many[i].address[14] = (uint8_t)i;
    agrees(&(struct steering){.mac = mac, .shared = true, .rules = many, .n = STEERING_RULES});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_the_lines_say),
        cmocka_unit_test(it_says_so_of_ports),
        cmocka_unit_test(as_many_as_there_may_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
