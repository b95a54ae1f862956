/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ping, from a stack of its own.
 */
#ifndef LIB_PING_H
#define LIB_PING_H

#include "link.h"

struct ping_options {
    struct link_options link;
    const char *to;
    uint32_t count; /* 0: until a signal */
    uint32_t bytes; /* of data in each */
    rn_time interval, timeout;
};

/* Rows for all of the options but those of the link. */
extern const struct option ping_rows[];

/* Asks and prints what ping(8) of iputils prints. The exit code: 0: somebody answered; 1: nobody did, or the
 * world says no; ARGS_EXIT. */
int ping_run(const char *program, const struct ping_options *o);

#endif
