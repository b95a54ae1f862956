/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How many BPF programs stand at the tcx entry of an interface, for packet.sh: tc of Debian 12 does not know
 * of them, and bpftool is seldom installed.
 *
 *      guards NAME ...
 */
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TCX_INGRESS = 46 };

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        union bpf_attr attr;

        memset(&attr, 0, sizeof attr);
        attr.query.target_fd = if_nametoindex(argv[i]);
        attr.query.attach_type = TCX_INGRESS;
        if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof attr) < 0 && errno != ENOENT)
            return fprintf(stderr, "guards: %s: %s\n", argv[i], strerror(errno)), 1;
        printf("%s: %u\n", argv[i], errno == ENOENT ? 0 : attr.query.prog_cnt);
    }
    return 0;
}
