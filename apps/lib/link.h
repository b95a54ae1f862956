/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A stack on one device, as a command line describes it: what the commands that have a stack share.
 */
#ifndef LIB_LINK_H
#define LIB_LINK_H

#include "args.h"

#include <runnel.h>

struct link_options {
    const char *device; /* "tap:tap0", or an interface's name alone */
    const char *mac;    /* NULL: the device's own */
    struct args_addresses ip;
    const char *gateway; /* NULL: none */
    bool busy_poll;      /* of xdp */
    bool share, force;   /* the kernel's address, by port; whatever becomes of an ssh session */
    bool no_local;       /* this machine's programs need not reach it */
    uint32_t vlan;       /* 0: none */
    uint32_t conflict;   /* enum rn_conflict */
    struct args_fault fault;
    struct args_capture capture;
};

/* Rows for addresses, and for the rest but the device; what they are read into begins with a struct
 * link_options. */
extern const struct option link_rows[], wire_rows[];

/* Makes a stack with these options, attaches the device, adds addresses and gateway, and serves a report to
 * `runnel ss`; NULL if it cannot, after a line that says why, with *status the exit code. What there is to
 * say of the device is said on stdout. */
struct rn_stack *link_open(const char *program, const struct rn_options *options,
                           const struct link_options *l, int *status);

/* Looks at an event of no socket, and says on stderr what happened. False: another host has the address, so
 * there is no going on. */
bool link_event(const char *program, struct rn_stack *net, const struct rn_event *ev);

#endif
