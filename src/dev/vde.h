/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A port of a VDE switch, or of whatever else libvdeplug plugs into.
 */
#ifndef DEV_VDE_H
#define DEV_VDE_H

#include "interface.h"

/* Opens by what vde_open takes: the folder of a switch's socket, or another of libvdeplug's names. 0, -ENOSYS (no
 * libvdeplug), -ENODEV (nobody is there), -ENOMEM. */
int vde_dev_open(struct rn_dev **out, const char *name, char *err);

/* It needs no interface. */
void vde_dev_survey(const struct interface *i, struct rn_way *way);

#endif
