/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What keeps the kernel from frames that are ours, where they come in from an interface: behind the packet
 * sockets and before everything else. It goes with its descriptor.
 */
#ifndef DEV_GUARD_H
#define DEV_GUARD_H

#include "steering.h"

/* Puts one before the interface, which drops what is STEERING_OURS. A descriptor, to be closed; or a negative
 * errno: neither way is there. */
int guard_open(unsigned interface, const struct steering *s);

/* Puts another one in the place of *guard (-1: there is none), which goes when the new one stands. 0, or a negative errno:
 * now there is none. */
int guard_change(int *guard, unsigned interface, const struct steering *s);

/* By what that would be, for a line of rn_survey: "BPF", "nftables"; NULL: by nothing. Nothing is changed. */
const char *guard_name(unsigned interface);

#endif
