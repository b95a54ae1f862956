/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a stack is about, told to whoever connects to a UNIX socket. See rn_report in runnel.h.
 */
#ifndef RUN_REPORT_H
#define RUN_REPORT_H

#include <runnel.h>

struct report;

/* Begins to serve at path, NULL: at the default one. 0 or a negative errno with err. */
int report_open(struct report **out, const char *path, char *err);

/* Readable when somebody has to be served. */
int report_fd(const struct report *r);

/* Serves all readers a piece each. ready: report_fd was; without it that is looked at once in a while only,
 * so that this may be called in each round. */
void report_serve(struct report *r, struct rn_stack *net, rn_time now, bool ready);

/* When the next reader has to be let go; RN_FOREVER: there is none. */
rn_time report_next(const struct report *r);

/* Lets go of all readers and takes the file away. NULL is allowed. */
void report_close(struct report *r);

#endif
