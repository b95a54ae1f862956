/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Translates the program of steering.c from classic BPF, which sockets take, to the instructions that the
 * kernel takes elsewhere, loads it, and links it to an interface:
 *
 *      classic                            here
 *      (start)                            r6 = r1             the frame, for the loads
 *      ld [k], ldh, ldb                   the same            into r0
 *      ld [tag]                           r0 = r6->vlan_tci
 *      and #k                             r0 &= k
 *      jeq #k, 0, skip                    if r0 != k goto     (skip translated)
 *      jeq #k, skip, 0                    if r0 == k goto
 *      ret #k                             r0 = k; exit
 *
 * Some of these become two, so a first pass notes where each will stand. Called by guard.c.
 */
#include "tcx.h"

#include "bpf.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/* What headers before Linux 6.6 do not have: BPF_TCX_INGRESS, BPF_F_BEFORE. */
enum { TCX_INGRESS = 46, BEFORE = 8 };
enum { VLAN_TAG = SKF_AD_OFF + SKF_AD_VLAN_TAG };

/* What the program returns for a frame. */
#define PASS UINT32_MAX /* on to the next such program, and to the kernel */
#define DROP 2u

static bool is_return(const struct sock_filter *step)
{
    return step->code == (BPF_RET | BPF_K);
}

/* The i-th step, to its place out; at says where each will stand. */
static void translate(const struct sock_filter *code, int i, const int *at, struct bpf_insn *out)
{
    const struct sock_filter *step = &code[i];
    const int32_t k = (int32_t)step->k;

    switch (step->code) {
    case BPF_RET | BPF_K:
        out[0] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = k};
        out[1] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
        break;
    case BPF_JMP | BPF_JEQ | BPF_K:
        out[0] = (struct bpf_insn){.code = BPF_JMP32 | (step->jt ? BPF_JEQ : BPF_JNE) | BPF_K,
                                   .off = (int16_t)(at[i + 1 + step->jt + step->jf] - at[i] - 1),
                                   .imm = k};
        break;
    case BPF_LD | BPF_ABS | BPF_W:
        if (k == VLAN_TAG) {
            out[0] = (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W,
                                       .dst_reg = 0,
                                       .src_reg = 6,
                                       .off = offsetof(struct __sk_buff, vlan_tci)};
            break;
        }
        /* fall through */
    default: out[0] = (struct bpf_insn){.code = (uint8_t)step->code, .imm = k};
    }
}

/* The whole; its length. insns holds 2 * n + 1. */
static int translate_all(const struct sock_filter *code, int n, int *at, struct bpf_insn *insns)
{
    int len = 1;

    for (int i = 0; i < n; i++) {
        at[i] = len;
        len += is_return(&code[i]) ? 2 : 1;
    }
    at[n] = len;
    insns[0] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1};
    for (int i = 0; i < n; i++)
        translate(code, i, at, &insns[at[i]]);
    return len;
}

/* Loads it and links it. A descriptor, or a negative errno. */
static int set(unsigned interface, const struct sock_filter *code, int n)
{
    struct bpf_insn *insns = calloc(2 * (size_t)n + 1, sizeof *insns);
    int *at = calloc((size_t)n + 1, sizeof *at), program = -ENOMEM, link;

    if (insns && at)
        program = bpf_load(BPF_PROG_TYPE_SCHED_CLS, "runnel_guard", insns, translate_all(code, n, at, insns), 0);
    free(insns);
    free(at);
    if (program < 0)
        return program;
    link = bpf_attach(interface, program, TCX_INGRESS, BEFORE); /* so that nobody passes what is ours before it */
    close(program);
    return link;
}

int tcx_open(unsigned interface, const struct steering *s)
{
    static const uint32_t verdicts[] = {PASS, PASS, DROP};
    struct sock_filter code[STEERING_MAX];

    return set(interface, code, steering_write(s, verdicts, code));
}

/* There is no interface 0, but who says so would have linked to another. */
bool tcx_works(void)
{
    const struct sock_filter pass = {.code = BPF_RET | BPF_K, .k = PASS};

    return set(0, &pass, 1) == -ENODEV;
}
