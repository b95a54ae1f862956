/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A guard (guard.h) that is a chain of nftables at the entry of an interface, from Linux 5.12.
 */
#ifndef DEV_NFTABLES_H
#define DEV_NFTABLES_H

#include "steering.h"

/* A descriptor, to be closed; -EPERM (it takes CAP_NET_ADMIN), -ENODEV (no such interface), -EOPNOTSUPP or
 * -EINVAL (the kernel is too old), or another errno of the system's. */
int nftables_open(unsigned interface, const struct steering *s);

/* The kernel would do that now. It is asked, and nothing is changed. */
bool nftables_works(unsigned interface);

#endif
