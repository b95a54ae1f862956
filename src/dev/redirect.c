/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The frame lies between two pointers, and nothing may be read of which the program has not seen that it lies before
 * the second:
 *
 *      r6 = the context, r2 = data, r3 = data_end         too short for its link header?  to the kernel
 *      a tag where there is to be none, or another one?   to the kernel
 *      for each line of steering:
 *          what it looks at lies behind the end?          on to the next line
 *          for each test: r4 = the number; not so?        on to the next line
 *          ours?                                          to the end
 *          else                                           to the kernel
 *      end: bpf_redirect_map(map, the queue); where that has no socket, to the kernel
 *
 * Numbers are compared as they stand in memory, so it is the constants that are turned. Called by xdp.c.
 */
#include "redirect.h"

#include "bpf.h"
#include "wire/eth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAG_TYPE = 0x8100, TAG = 4, TAG_AT = 14, TYPE_AT = 12, VLAN_ID = 0xfff };
enum { DATA = 2, END = 3, NUMBER = 4, CONTEXT = 6 };                  /* registers */
enum { IN_DRIVER = 4, BEHIND_IT = 2, XDP = 37, REDIRECT_MAP = 51 }; /* of the kernel's interface */
#define TO_KERNEL 2 /* XDP_PASS */
#define CHAINS    32 /* BPF_F_XDP_HAS_FRAGS of Linux 5.18: it may be given frames in several buffers */

struct writer {
    struct bpf_insn *insns;
    int n;
    int ours[STEERING_LINES], ours_count; /* jumps to the end */
    uint32_t base;                        /* bytes of the link header */
};

static void put(struct writer *w, int code, int dst, int src, int off, int32_t imm)
{
    w->insns[w->n++] = (struct bpf_insn){.code = (uint8_t)code,
                                         .dst_reg = (uint8_t)(dst & 15),
                                         .src_reg = (uint8_t)(src & 15),
                                         .off = (int16_t)off,
                                         .imm = imm};
}

static void put_return(struct writer *w)
{
    put(w, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, TO_KERNEL);
    put(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* The jump that is taken where fewer bytes than that are there; its place. */
static int put_bound(struct writer *w, uint32_t bytes)
{
    put(w, BPF_ALU64 | BPF_MOV | BPF_X, NUMBER, DATA, 0, 0);
    put(w, BPF_ALU64 | BPF_ADD | BPF_K, NUMBER, 0, 0, (int32_t)bytes);
    put(w, BPF_JMP | BPF_JGT | BPF_X, NUMBER, END, 0, 0);
    return w->n - 1;
}

/* As it stands in memory. */
static int32_t turned(uint32_t value, int size)
{
    return (int32_t)(size == 4 ? htonl(value) : size == 2 ? htons((uint16_t)value) : value);
}

/* The jump that is taken where the number there is not (is_not: is) that; its place. */
static int put_compare(struct writer *w, uint32_t at, int size, uint32_t mask, uint32_t value, bool is_not)
{
    static const uint8_t sizes[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W};

    put(w, BPF_LDX | BPF_MEM | sizes[size], NUMBER, DATA, (int)at, 0);
    if (mask)
        put(w, BPF_ALU | BPF_AND | BPF_K, NUMBER, 0, 0, turned(mask, size));
    put(w, BPF_JMP32 | (is_not ? BPF_JEQ : BPF_JNE) | BPF_K, NUMBER, 0, 0, turned(value, size));
    return w->n - 1;
}

static void land(struct writer *w, int jump)
{
    w->insns[jump].off = (int16_t)(w->n - jump - 1);
}

/* The link header is there, and the tag is as it should be. */
static void put_link(struct writer *w, uint16_t vlan)
{
    int bad[3], n = 0;

    bad[n++] = put_bound(w, w->base);
    bad[n++] = put_compare(w, TYPE_AT, 2, 0, TAG_TYPE, !vlan);
    if (vlan)
        bad[n++] = put_compare(w, TAG_AT, 2, VLAN_ID, vlan, false);
    put(w, BPF_JMP | BPF_JA, 0, 0, 2, 0); /* all is well: over the return */
    while (n > 0)
        land(w, bad[--n]);
    put_return(w);
}

/* Where a number stands. */
static uint32_t place(const struct writer *w, const struct steering_test *t)
{
    switch (t->from) {
    case STEERING_TYPE: return w->base - 2;
    case STEERING_LINK: return t->at;
    default: return w->base + t->at;
    }
}

static void put_line(struct writer *w, const struct steering_line *line)
{
    int jumps[STEERING_TESTS + 1], n = 0;
    uint32_t end = 0;

    for (int i = 0; i < line->n; i++) {
        const struct steering_test *t = &line->tests[i];
        uint32_t behind = place(w, t) + t->size;

        if (t->from == STEERING_VLAN)
            return; /* put_link has looked at it */
        end = behind > end ? behind : end;
    }
    if (end > w->base)
        jumps[n++] = put_bound(w, end);
    for (int i = 0; i < line->n; i++) {
        const struct steering_test *t = &line->tests[i];

        jumps[n++] = put_compare(w, place(w, t), t->size, t->mask, t->value, t->differs);
    }
    if (line->whose == STEERING_OURS) {
        w->ours[w->ours_count++] = w->n;
        put(w, BPF_JMP | BPF_JA, 0, 0, 0, 0);
    } else {
        put_return(w);
    }
    while (n > 0)
        land(w, jumps[--n]);
}

int redirect_write(const struct steering *s, int map, struct bpf_insn insns[REDIRECT_MAX])
{
    struct steering_line lines[STEERING_LINES];
    struct writer w = {.insns = insns, .base = !s->all && s->vlan ? ETH_LEN + TAG : ETH_LEN};
    int count = steering_list(s, lines);

    put(&w, BPF_ALU64 | BPF_MOV | BPF_X, CONTEXT, 1, 0, 0);
    put(&w, BPF_LDX | BPF_MEM | BPF_W, DATA, 1, offsetof(struct xdp_md, data), 0);
    put(&w, BPF_LDX | BPF_MEM | BPF_W, END, 1, offsetof(struct xdp_md, data_end), 0);
    if (!s->all)
        put_link(&w, s->vlan);
    for (int i = 0; i < count; i++)
        put_line(&w, &lines[i]);
    for (int i = 0; i < w.ours_count; i++)
        land(&w, w.ours[i]);
    put(&w, BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map);
    put(&w, 0, 0, 0, 0, 0);
    put(&w, BPF_LDX | BPF_MEM | BPF_W, 2, CONTEXT, offsetof(struct xdp_md, rx_queue_index), 0);
    put(&w, BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, TO_KERNEL);
    put(&w, BPF_JMP | BPF_CALL, 0, 0, 0, REDIRECT_MAP);
    put(&w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    return w.n;
}

int redirect_map(uint32_t queues)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.map_type = BPF_MAP_TYPE_XSKMAP;
    attr.key_size = attr.value_size = 4;
    attr.max_entries = queues;
    return bpf_ask(BPF_MAP_CREATE, &attr);
}

int redirect_put(int map, uint32_t queue, int socket)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.map_fd = (uint32_t)map;
    attr.key = (uintptr_t)&queue;
    attr.value = (uintptr_t)&socket;
    return bpf_ask(BPF_MAP_UPDATE_ELEM, &attr);
}

static int load(int map, const struct steering *s)
{
    struct bpf_insn *insns = calloc(REDIRECT_MAX, sizeof *insns);
    int program = -ENOMEM;

    if (insns) {
        int n = redirect_write(s, map, insns);

        program = bpf_load(BPF_PROG_TYPE_XDP, "runnel_steer", insns, n, CHAINS);
        if (program == -EINVAL)
            program = bpf_load(BPF_PROG_TYPE_XDP, "runnel_steer", insns, n, 0);
    }
    free(insns);
    return program;
}

int redirect_open(uint32_t interface, int map, const struct steering *s, bool *native)
{
    int program = load(map, s), link;

    if (program < 0)
        return program;
    link = bpf_attach(interface, program, XDP, IN_DRIVER);
    *native = link >= 0;
    if (link < 0 && link != -EBUSY)
        link = bpf_attach(interface, program, XDP, BEHIND_IT);
    close(program);
    return link;
}

int redirect_change(int link, int map, const struct steering *s)
{
    int program = load(map, s), error;
    union bpf_attr attr;

    if (program < 0)
        return program;
    memset(&attr, 0, sizeof attr);
    attr.link_update.link_fd = (uint32_t)link;
    attr.link_update.new_prog_fd = (uint32_t)program;
    error = bpf_ask(BPF_LINK_UPDATE, &attr);
    close(program);
    return error;
}
