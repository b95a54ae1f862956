/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Three of bpf(2)'s commands, by the system's own call: the library that has them brings more than is needed.
 */
#include "bpf.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int bpf_ask(int what, union bpf_attr *attr)
{
    int fd = (int)syscall(SYS_bpf, what, attr, sizeof *attr);

    return fd < 0 ? -errno : fd;
}

int bpf_load(enum bpf_prog_type type, const char *name, const struct bpf_insn *insns, int n,
             unsigned flags)
{
    static const char license[] = "BSD";
    union bpf_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.prog_type = type;
    attr.insns = (uintptr_t)insns;
    attr.insn_cnt = (uint32_t)n;
    attr.prog_flags = flags;
    attr.license = (uintptr_t)license;
    memcpy(attr.prog_name, name, strlen(name));
    return bpf_ask(BPF_PROG_LOAD, &attr);
}

int bpf_attach(unsigned interface, int program, int attach_type, unsigned flags)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.link_create.prog_fd = (uint32_t)program;
    attr.link_create.target_ifindex = interface;
    attr.link_create.attach_type = (uint32_t)attach_type;
    attr.link_create.flags = flags;
    return bpf_ask(BPF_LINK_CREATE, &attr);
}
