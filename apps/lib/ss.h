/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What running stacks are about, as ss(8) shows what the kernel is about.
 */
#ifndef LIB_SS_H
#define LIB_SS_H

#include "args.h"

struct ss_options {
    const char *whose; /* a process's number, or a socket's path; NULL: everybody's */
    bool summary;
};

extern const struct option ss_rows[];

/* Prints it. The exit code: 0, or 1 with a line on stderr. */
int ss_run(const char *program, const struct ss_options *o);

#endif
