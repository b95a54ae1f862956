/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's side of a card that netmap has: what of the card's frames is the kernel's goes to it, and what it sends
 * goes to the card. Buffers change places, and nothing is copied but what both need.
 */
#ifndef DEV_NETMAP_HOST_H
#define DEV_NETMAP_HOST_H

#include "netmap_port.h"
#include "ours.h"

struct netmap_host {
    struct ours ours;
    bool soft; /* checksums may be half done: they are completed on the way */
    struct steering_line lines[STEERING_LINES];
    int count; /* 0: nothing was said yet, and all is common */
};

/* What is ours, as runnel_dev.h says of steer. */
int netmap_host_steer(struct netmap_host *h, const struct rn_dev *dev, const struct rn_steer *rules, int n);
void netmap_host_close(struct netmap_host *h);

/* Hands over the frame at a receive ring's next slot, which fills that slot alone, if it is the kernel's; a copy, if both
 * need it. True: it is the kernel's, so that the slot is free. What finds no room is lost, as on a wire. */
bool netmap_host_takes(struct netmap_host *h, struct netmap_port *p, struct nring *from, struct rn_frame *f,
                       uint64_t *resyncs);

/* Moves what the kernel sends to the card's first transmit ring, as far as there is room: committed, not yet told. */
void netmap_host_sends(struct netmap_host *h, struct netmap_port *p, uint64_t *resyncs);

/* The kernel has sent what has found no room yet. */
bool netmap_host_waits(const struct netmap_port *p);

#endif
