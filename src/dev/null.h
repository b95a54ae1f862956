/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device that leads nowhere: whatever is sent is counted and gone, and nothing is ever received.
 */
#ifndef DEV_NULL_H
#define DEV_NULL_H

#include "interface.h"

/* Makes one, without link addresses, so that nobody asks for any before he sends. name is not looked at.
 * 0, -ENOMEM; err as in rn_attach. */
int null_open(struct rn_dev **out, const char *name, char *err);

/* It always works. */
void null_survey(const struct interface *i, struct rn_way *way);

#endif
