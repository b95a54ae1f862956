/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What keeps the kernel from frames that are ours: a BPF program where they come in from an interface, behind
 * the packet sockets and before everything else (tcx, from Linux 6.6). It goes with its descriptor.
 */
#ifndef DEV_GUARD_H
#define DEV_GUARD_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/* What the program returns for a frame. */
#define GUARD_PASS UINT32_MAX /* on to the next such program, and to the kernel */
#define GUARD_DROP 2u

/* Puts a program of steering_write before the interface. A descriptor, to be closed; -EPERM (it takes
 * CAP_BPF and CAP_NET_ADMIN), -EINVAL (the kernel is too old), or another errno of the system's. */
int guard_open(unsigned interface, const struct sock_filter *code, int n);

/* This process may, and this kernel can. */
bool guard_works(void);

#endif
