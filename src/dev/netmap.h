/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device over netmap's rings: of a card, of the kernel's side of it, of a switch's port or a pipe.
 */
#ifndef DEV_NETMAP_H
#define DEV_NETMAP_H

#include "interface.h"
#include "netmap_calls.h"

/* Opens a port by what stands behind "netmap:", or by "valeX:PORT". 0, -EINVAL (the name), -ENOENT (no module), -ENXIO,
 * -EBUSY, -EACCES, -ENOMEM, -EPROTO or another errno of the system's. */
int netmap_open(struct rn_dev **out, const char *name, char *err);

/* The same with other calls than the system's. */
int netmap_open_with(struct rn_dev **out, const char *name, const struct netmap_calls *calls, char *err);

/* How it works on an interface, or what helps where it does not. */
void netmap_survey(const struct interface *i, struct rn_way *way);

#endif
