/* SPDX-License-Identifier: BSD-2-Clause
 *
 * There are two ways, of which the first that this kernel has, and this process may go, is taken:
 *
 *      tcx.c        a BPF program, from Linux 6.6, with CAP_BPF in the first user namespace
 *      nftables.c   a chain of rules, from Linux 5.12, with CAP_NET_ADMIN alone
 *
 * Called by packet.c and pcap.c.
 */
#include "guard.h"

#include "nftables.h"
#include "tcx.h"

#include <unistd.h>

int guard_open(unsigned interface, const struct steering *s)
{
    int fd = tcx_open(interface, s);

    return fd < 0 ? nftables_open(interface, s) : fd;
}

int guard_change(int *guard, unsigned interface, const struct steering *s)
{
    int fd = guard_open(interface, s);

    if (*guard >= 0)
        close(*guard);
    *guard = fd < 0 ? -1 : fd;
    return fd < 0 ? fd : 0;
}

const char *guard_name(unsigned interface)
{
    return tcx_works() ? "BPF" : nftables_works(interface) ? "nftables" : NULL;
}
