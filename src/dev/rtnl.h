/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One question to the kernel by rtnetlink, and its answer. Called by hostroute.c and kernel_neighbour.c.
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

/* Sends the request and takes the first message that comes back, of which up to max bytes go to `answer`. How many; 0: the
 * kernel has done it, and that was all to say; or a negative errno, the kernel's or of asking. */
int rtnl_ask(const struct nlmsghdr *request, void *answer, size_t max);

#endif
