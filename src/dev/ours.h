/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What was said to be ours on a link that has another owner: kept, so that it can be said again to an interface that was
 * made again, and its ports held.
 */
#ifndef DEV_OURS_H
#define DEV_OURS_H

#include "hold.h"
#include "steering.h"

struct ours {
    uint8_t card_mac[6]; /* the other owner's */
    struct hold hold;
    struct rn_steer rules[STEERING_RULES];
    int count; /* 0: nothing was said yet */
};

/* Takes over what steer says, of whom runnel_dev.h has the words. 0, -EOPNOTSUPP: it cannot be said in a filter's lines; or
 * as hold_ports; then all is as it was. */
int ours_take(struct ours *o, const struct rn_dev *dev, const struct rn_steer *rules, int n);

/* The same as a steering, which lasts as long as both. */
struct steering ours_steering(const struct ours *o, const struct rn_dev *dev);

/* Lets the ports go. */
void ours_close(struct ours *o);

#endif
