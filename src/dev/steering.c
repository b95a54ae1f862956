/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A frame's owner, told by its headers alone:
 *
 *      another VLAN                        -> theirs
 *      to a group:  ARP for our address    -> ours     (only we answer)
 *                   anything else          -> common
 *      to another link address             -> theirs
 *      to ours, which nobody shares        -> ours
 *      to ours, which the other shares:
 *                   IP to our address      -> ours,  else theirs
 *                   ARP for our address    -> ours,  else common
 *                   anything else          -> theirs
 *
 * The program is a list of comparisons that go on when they hold and else skip what hangs on them, so that
 * every jump but those to a section is short, and whoever wants another machine's instructions (guard.c) has
 * five kinds to translate: load, mask, compare, jump, return. Called by packet.c, for its socket and for its
 * guard.
 */
#include "steering.h"

#include "wire/eth.h"

#include <string.h>

enum {
    GROUP_BIT = 1,
    TYPE_AT = 12,
    ARP_TARGET_AT = ETH_LEN + 24,
    IP4_DST_AT = ETH_LEN + 16,
    IP6_DST_AT = ETH_LEN + 24,
    VLAN_ID = 0xfff
};

struct writer {
    struct sock_filter *code;
    int n;
    const uint32_t *verdicts;
    const struct steering *s;
};

static void put(struct writer *w, uint16_t what, uint32_t k)
{
    w->code[w->n++] = (struct sock_filter){.code = what, .k = k};
}

/* size: BPF_W, BPF_H, BPF_B. */
static void load(struct writer *w, uint16_t size, uint32_t at)
{
    put(w, (uint16_t)(BPF_LD | BPF_ABS | size), at);
}

static void done(struct writer *w, enum steering_of whose)
{
    put(w, BPF_RET | BPF_K, w->verdicts[whose]);
}

/* What was loaded is that value; else `skip` instructions are passed over. */
static void expect(struct writer *w, uint32_t value, int skip)
{
    put(w, BPF_JMP | BPF_JEQ | BPF_K, value);
    w->code[w->n - 1].jf = (uint8_t)skip;
}

/* A jump to what is written later: lands there. */
static int jump(struct writer *w)
{
    put(w, BPF_JMP | BPF_JA, 0);
    return w->n - 1;
}

static void land(struct writer *w, int from)
{
    w->code[from].k = (uint32_t)(w->n - from - 1);
}

/* What was loaded is that value: on to a section. */
static int jump_if(struct writer *w, uint32_t value)
{
    expect(w, value, 1);
    return jump(w);
}

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, any[16];

static bool is4(const struct rn_steer *rule)
{
    return memcmp(rule->address, mapped, sizeof mapped) == 0;
}

static bool is_any(const struct rn_steer *rule)
{
    return memcmp(rule->address, any, sizeof any) == 0;
}

/* An IPv4 address at that place; left: whose it is when no rule takes it. Nothing may stand behind a rule
 * that always holds: the kernel refuses a program with steps that nobody reaches. */
static void match4(struct writer *w, uint32_t at, enum steering_of left)
{
    load(w, BPF_W, at);
    for (int i = 0; i < w->s->n; i++) {
        const struct rn_steer *rule = &w->s->rules[i];

        if (is4(rule))
            expect(w, word(rule->address + 12), 1);
        if (is4(rule) || is_any(rule))
            done(w, rule->take ? STEERING_OURS : left);
        if (is_any(rule))
            return;
    }
    done(w, left);
}

static void match6(struct writer *w, enum steering_of left)
{
    for (int i = 0; i < w->s->n; i++) {
        const struct rn_steer *rule = &w->s->rules[i];

        if (is4(rule))
            continue;
        for (uint32_t part = 0; part < 4 && !is_any(rule); part++) {
            load(w, BPF_W, IP6_DST_AT + 4 * part);
            expect(w, word(rule->address + 4 * part), 7 - 2 * (int)part);
        }
        done(w, rule->take ? STEERING_OURS : left);
        if (is_any(rule))
            return;
    }
    done(w, left);
}

/* Goes on when what was loaded is that value. */
static void insist(struct writer *w, uint32_t value)
{
    int on = jump_if(w, value);

    done(w, STEERING_THEIRS);
    land(w, on);
}

bool steering_can(const struct rn_steer *rules, int n)
{
    if (n > STEERING_RULES)
        return false;
    for (int i = 0; i < n; i++)
        if (rules[i].protocol || rules[i].port_first || rules[i].port_last)
            return false;
    return true;
}

/* Frames to our link address, which the other owner has, too. */
static void match_shared(struct writer *w, int *arp)
{
    enum steering_of left = w->s->n ? STEERING_THEIRS : STEERING_COMMON;
    int ip4, ip6;

    load(w, BPF_H, TYPE_AT);
    ip4 = jump_if(w, ETH_IP4);
    ip6 = jump_if(w, ETH_IP6);
    *arp = jump_if(w, ETH_ARP);
    done(w, left);
    land(w, ip4);
    match4(w, IP4_DST_AT, left);
    land(w, ip6);
    match6(w, left);
}

int steering_write(const struct steering *s, const uint32_t verdicts[3],
                   struct sock_filter code[STEERING_MAX])
{
    struct writer w = {.code = code, .verdicts = verdicts, .s = s};
    int group, arp, arp_to_us = -1;

    load(&w, BPF_W, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG)); /* 0 where there is none */
    put(&w, BPF_ALU | BPF_AND | BPF_K, VLAN_ID);
    insist(&w, s->vlan);
    load(&w, BPF_B, 0);
    put(&w, BPF_ALU | BPF_AND | BPF_K, GROUP_BIT);
    group = jump_if(&w, GROUP_BIT);
    load(&w, BPF_W, 0);
    insist(&w, word(s->mac));
    load(&w, BPF_H, 4);
    insist(&w, (uint32_t)s->mac[4] << 8 | s->mac[5]);
    if (s->shared)
        match_shared(&w, &arp_to_us);
    else
        done(&w, STEERING_OURS);
    land(&w, group);
    load(&w, BPF_H, TYPE_AT);
    arp = jump_if(&w, ETH_ARP);
    done(&w, STEERING_COMMON);
    land(&w, arp);
    if (arp_to_us >= 0)
        land(&w, arp_to_us);
    match4(&w, ARP_TARGET_AT, STEERING_COMMON);
    return w.n;
}
