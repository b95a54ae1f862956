/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel knows of the neighbours of one of its interfaces. Called by packet.c, xdp.c and netmap.c.
 */
#ifndef DEV_KERNEL_NEIGHBOUR_H
#define DEV_KERNEL_NEIGHBOUR_H

#include <stdint.h>

/* The link address of a host (IPv6, or IPv4 as ::ffff:a.b.c.d) as the kernel has it, who is told that it is in use, so that
 * he looks for one that he does not know and goes on knowing it. 1: it is in mac; 0: not known yet; or a negative errno:
 * -EPERM: it takes CAP_NET_ADMIN. */
int kernel_neighbour_find(uint32_t interface, const uint8_t address[16], uint8_t mac[6]);

#endif
