/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A TAP interface: the stack's end of a link whose other end is the kernel's.
 */
#ifndef DEV_TAP_H
#define DEV_TAP_H

#include <runnel_dev.h>

/* Attaches to the interface of that name, or makes it (it then goes with the device). It is not brought up:
 * that is the host's business, before or after. 0, -EINVAL (the name), -EPERM (no right to), -EBUSY (somebody
 * else has it), -ENODEV (no TAP here, or an interface of that name that is none), -ENOMEM, or another errno
 * of the system's. err as in rn_attach. */
int tap_open(struct rn_dev **out, const char *name, char *err);

#endif
