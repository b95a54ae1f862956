/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device with a bad wire in front of it. See rn_dev_fault in runnel_dev.h, of which these are the bodies.
 */
#ifndef DEV_FAULT_H
#define DEV_FAULT_H

#include <runnel_dev.h>

/* Wraps inner, which *out then owns. options may be NULL. 0, -EINVAL, -ENOMEM; then inner is as it was. */
int fault_open(struct rn_dev **out, struct rn_dev *inner, const struct rn_fault_options *options, char *err);

/* stats[0]: received, stats[1]: sent. dev was made by fault_open. */
void fault_stats(const struct rn_dev *dev, struct rn_fault_stats stats[2]);

/* NULL: as it is. dev was made by fault_open. */
void fault_set(struct rn_dev *dev, const struct rn_fault *rx, const struct rn_fault *tx);

#endif
