/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A TAP or TUN interface: the stack's end of a link whose other end is the kernel's. On a TAP frames begin
 * with an Ethernet header, on a TUN with that of IP.
 */
#ifndef DEV_TAP_H
#define DEV_TAP_H

#include "interface.h"

/* Attaches to the interface of that name, or makes it (it then goes with the device). It is not brought up:
 * that is the host's business, before or after. 0, -EINVAL (the name), -EPERM (no right to), -EBUSY (somebody
 * else has it), -ENODEV (no TAP here, or an interface of that name that is none), -ENOMEM, or another errno
 * of the system's. err as in rn_attach. */
int tap_open(struct rn_dev **out, const char *name, char *err);
int tap_open_tun(struct rn_dev **out, const char *name, char *err);

/* The same as tap_open, and it is brought up, with that mtu. */
int tap_open_settled(struct rn_dev **out, const char *name, uint32_t mtu, char *err);

/* Whether that would succeed on an interface, or for a name that has none: fills in fit, mode and remedy of a
 * way that is zero else. */
void tap_survey(const struct interface *i, struct rn_way *way);
void tap_survey_tun(const struct interface *i, struct rn_way *way);

#endif
