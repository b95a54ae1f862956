/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two devices in one process that are each other's wire. See rn_dev_pair in runnel_dev.h.
 */
#ifndef DEV_PAIR_H
#define DEV_PAIR_H

#include <runnel_dev.h>

/* Makes both ends; each is closed by its own close. options may be NULL. 0, -EINVAL, -ENOMEM; err as in
 * rn_dev_pair. */
int pair_open(struct rn_dev *ends[2], const struct rn_pair_options *options, char *err);

#endif
