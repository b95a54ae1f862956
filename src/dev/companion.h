/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A second link, to the programs of this machine, beside one whose other owner is this machine's kernel.
 */
#ifndef DEV_COMPANION_H
#define DEV_COMPANION_H

#include <runnel_dev.h>

/* Gives `card`, which is on an interface of the kernel's, a tap as a companion, and owns both from then on. The tap is
 * called rn0, or rn1 and so on, is switched on, and has the kernel's way to each address that steer is told of. 0; else
 * card is as it was: -EPERM, -ENODEV, -ENOMEM, or another negative errno, with a line. */
int companion_open(struct rn_dev **out, struct rn_dev *card, const char *ifname, char *err);

/* The same with any device as the companion, which is not told what is steered: frames to `mac` are for it. 0 or -ENOMEM;
 * on failure both are as they were. */
int companion_join(struct rn_dev **out, struct rn_dev *card, struct rn_dev *local, const uint8_t mac[6]);

#endif
