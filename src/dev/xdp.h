/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device over the packet rings of a card that the kernel drives (AF_XDP), with all of its queues or one.
 */
#ifndef DEV_XDP_H
#define DEV_XDP_H

#include "interface.h"

/* Opens the queues of an interface, of number `queue` alone or (-1) all. 0, -EPERM, -ENODEV, -EBUSY, -ENOMEM, -ENOSYS, or
 * another errno of the system's. */
int xdp_open(struct rn_dev **out, const char *name, int queue, char *err);

/* How it works on an interface, or what helps where it does not. */
void xdp_survey(const struct interface *i, struct rn_way *way);

#endif
