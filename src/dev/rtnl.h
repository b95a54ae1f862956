/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One question to the kernel by rtnetlink, and its answer. Called by interface.c, hostroute.c and
 * kernel_neighbour.c.
 */
#ifndef DEV_RTNL_H
#define DEV_RTNL_H

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/* An attribute of four bytes. */
struct rtnl_number {
    struct rtattr head;
    uint32_t value;
};

void rtnl_set(struct rtnl_number *n, uint16_t what, uint32_t value);

/* Sends the request and takes the datagram with which the kernel answers at once, up to max bytes of it. How many came,
 * or a negative errno of asking. */
int rtnl_exchange(const struct nlmsghdr *request, void *answer, size_t max);

/* The same, and looks at how it went: the bytes of the message that was asked for; 0: the kernel has done it, and that was
 * all to say; or a negative errno, its own or of asking. */
int rtnl_ask(const struct nlmsghdr *request, void *answer, size_t max);

#endif
