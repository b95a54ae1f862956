/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel tells of one of its interfaces to somebody who only asks. Nothing is opened or changed.
 */
#ifndef DEV_INTERFACE_H
#define DEV_INTERFACE_H

#include "base/time.h"

#include <runnel_dev.h>

#define INTERFACE_LOOK (100 * TIME_MS) /* from one look for one that is down or gone to the next */

/* The public facts, and what a TUN or TAP has besides. */
struct interface {
    struct rn_interface facts;
    bool ethernet;    /* its frames begin with an Ethernet header */
    bool tun, tap;    /* it is one */
    bool xdp;         /* a program of somebody's has its frames first */
    bool taken;       /* ... to which a process is attached */
    bool multi_queue; /* ... of several queues */
    bool owned;       /* ... which `owner` may attach to without further rights */
    uint32_t owner;
};

/* Whether an interface may be called so: 1 to 15 bytes, nothing that the kernel refuses or (%) takes for a
 * pattern. 0 or -EINVAL with a line that begins with kind. */
int interface_check(const char *kind, const char *name, char *err);

/* Fills in *out for a name that interface_check has passed; facts.index is 0 where there is none. 0 or a
 * negative errno. */
int interface_look(const char *name, struct interface *out);

/* This process has a capability (CAP_NET_ADMIN and the like) in effect. */
bool interface_may(int capability);

#endif
