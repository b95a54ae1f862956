/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two devices in one process that are each other's wire (see rn_dev_pair in runnel_dev.h), or one that is its
 * own.
 */
#ifndef DEV_PAIR_H
#define DEV_PAIR_H

#include "interface.h"

/* Makes both ends; each is closed by its own close. options may be NULL. 0, -EINVAL, -ENOMEM; err as in
 * rn_dev_pair. */
int pair_open(struct rn_dev *ends[2], const struct rn_pair_options *options, char *err);

/* Makes a device without link addresses on which a stack talks to itself: each frame sent is received, in
 * order. name is not looked at. 0, -ENOMEM; err as in rn_attach. */
int pair_open_loop(struct rn_dev **out, const char *name, char *err);

/* It always works. */
void pair_survey_loop(const struct interface *i, struct rn_way *way);

#endif
