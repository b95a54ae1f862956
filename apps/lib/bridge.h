/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two devices as one wire.
 */
#ifndef LIB_BRIDGE_H
#define LIB_BRIDGE_H

#include "args.h"

struct bridge_options {
    const char *device[2];
    struct args_fault fault;
    bool force; /* whatever becomes of an ssh session */
};

extern const struct option bridge_rows[];

/* Joins them until SIGINT or SIGTERM, and prints a line for each direction. The exit code: 0, or 1 with a
 * line on stderr; ARGS_EXIT. */
int bridge_run(const char *program, const struct bridge_options *o);

#endif
