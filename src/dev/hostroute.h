/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's way to one host by one of its interfaces. It goes with the interface. Called by companion.c.
 */
#ifndef DEV_HOSTROUTE_H
#define DEV_HOSTROUTE_H

#include <stdint.h>

/* Adds or takes away the way to an IPv4 host. from: the address that the kernel's programs then have, 0: whichever it
 * chooses; both in network order. 0 or a negative errno: -EEXIST, -ESRCH, -EPERM. */
int hostroute_add(uint32_t interface, uint32_t host, uint32_t from);
int hostroute_drop(uint32_t interface, uint32_t host);

#endif
