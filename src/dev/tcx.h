/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A guard (guard.h) that is a BPF program at the tcx entry of an interface, from Linux 6.6.
 */
#ifndef DEV_TCX_H
#define DEV_TCX_H

#include "steering.h"

/* A descriptor, to be closed; -EPERM (it takes CAP_BPF and CAP_NET_ADMIN), -EINVAL (the kernel is too old),
 * or another errno of the system's. */
int tcx_open(unsigned interface, const struct steering *s);

/* This process may, and this kernel can. */
bool tcx_works(void);

#endif
