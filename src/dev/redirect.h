/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is ours of a shared link goes to AF_XDP sockets before the kernel sees it: a program for the interface, made of
 * the lines of steering.h, and the map of the sockets by queue. Both go with their descriptors.
 */
#ifndef DEV_REDIRECT_H
#define DEV_REDIRECT_H

#include "steering.h"

#include <linux/bpf.h>

enum { REDIRECT_MAX = 5120 }; /* instructions, which the lines do not reach */

/* A map for that many queues, and a socket's place in it. A descriptor or 0, or a negative errno. */
int redirect_map(uint32_t queues);
int redirect_put(int map, uint32_t queue, int socket);

/* Writes the program: what is ours to the map, all else to the kernel. Its length. */
int redirect_write(const struct steering *s, int map, struct bpf_insn insns[REDIRECT_MAX]);

/* Loads it and links it to the interface, in the driver (*native) where that can be, else behind it. A descriptor of the link, or
 * a negative errno: -EBUSY: another program is there. */
int redirect_open(uint32_t interface, int map, const struct steering *s, bool *native);

/* Puts another program in its place at once. 0 or a negative errno. */
int redirect_change(int link, int map, const struct steering *s);

#endif
