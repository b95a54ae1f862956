/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A network interface of the kernel's, shared with it through a packet socket.
 */
#ifndef DEV_PACKET_H
#define DEV_PACKET_H

#include "interface.h"

/* Opens the interface of that name, which may be down, as long as it carries Ethernet. What it sets goes with
 * the process, however that ends. 0, -EINVAL (no name), -ENODEV (there is none, or one that will not do),
 * -EPERM (no right to), -EAFNOSUPPORT (a kernel without), -ENOMEM, or another errno of the system's. err as in
 * rn_attach. */
int packet_open(struct rn_dev **out, const char *name, char *err);

/* Whether that would succeed, as tap_survey. */
void packet_survey(const struct interface *i, struct rn_way *way);

#endif
