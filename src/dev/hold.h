/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ports of the kernel's that are ours: each is held in the kernel by a socket that is bound and does nothing, so that
 * no other program gets it. All are free when their descriptors are closed, by whomever.
 */
#ifndef DEV_HOLD_H
#define DEV_HOLD_H

#include <runnel_dev.h>

#define HOLD_RULES 64

struct held {
    struct rn_steer rule;
    int *sockets, count;
};

struct hold {
    struct held list[HOLD_RULES];
    int count;
};

/* From now on the ports of these rules are held, and no others. An address that is not the kernel's has none to be
 * held. Those of one protocol and address do not overlap. 0, -EADDRINUSE: another program has one; -EMFILE, -ENOMEM or
 * another errno of the system's: then what was held is as it was. */
int hold_ports(struct hold *h, const struct rn_steer *rules, int n);

/* Lets all go. */
void hold_nothing(struct hold *h);

#endif
