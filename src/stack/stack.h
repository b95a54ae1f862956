/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The face of the stack towards run/, which joins it with devices and a clock. Everything else that run/
 * needs is public. The stack's own insides are in room.h, which only stack/ includes.
 */
#ifndef STACK_STACK_H
#define STACK_STACK_H

#include <runnel.h>

/* The stack's devices, in the order of their numbers; at most STACK_DEVICES. Returns how many. */
enum { STACK_DEVICES = 8 };
int stack_devices(struct rn_stack *net, struct rn_dev *devices[STACK_DEVICES]);

/* A sleep has ended because something is there: what the next round needs is on its way into the caches. */
void stack_woken(const struct rn_stack *net);

/* What the stack was made with. */
const struct rn_host *stack_host(const struct rn_stack *net);

/* How long who waits looks before he sleeps. */
rn_time stack_spin(const struct rn_stack *net);

/* How many events wait for rn_next; messages that were posted count as one. */
int stack_events(const struct rn_stack *net);

/* True when that device owes us transmit slots: sleep for them too. */
bool stack_wants_tx(const struct rn_stack *net, int device);

/* The error of a device that has gone (negative errno), else 0. */
int stack_error(const struct rn_stack *net);

#endif
