/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bpf(2): a program is loaded, and linked to an interface. A link is a descriptor: when its last holder is gone,
 * killed or not, so are link and program. Called by tcx.c and redirect.c.
 */
#ifndef DEV_BPF_H
#define DEV_BPF_H

#include <linux/bpf.h>

/* The system's call. A descriptor or 0, or a negative errno. */
int bpf_ask(int what, union bpf_attr *attr);

/* A descriptor of the loaded program, or a negative errno. */
int bpf_load(enum bpf_prog_type type, const char *name, const struct bpf_insn *insns, int n,
             unsigned flags);

/* A descriptor of the link, or a negative errno. */
int bpf_attach(unsigned interface, int program, int attach_type, unsigned flags);

#endif
