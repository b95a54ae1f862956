/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device whose traffic is recorded. See rn_dev_capture in runnel_dev.h, of which these are the bodies; but
 * there is no clock here, so that epoch is what it says, be it 0.
 */
#ifndef DEV_CAPTURE_H
#define DEV_CAPTURE_H

#include <runnel_dev.h>

/* Wraps inner, which *out then owns. 0 or a negative errno; then inner is as it was. */
int capture_open(struct rn_dev **out, struct rn_dev *inner, const struct rn_capture_options *options,
                 char *err);

/* dev was made by capture_open. */
void capture_stats(const struct rn_dev *dev, struct rn_capture_stats *stats);

#endif
