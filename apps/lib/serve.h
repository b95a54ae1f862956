/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An echo server as a program's main job: from the device to the summary line.
 */
#ifndef LIB_SERVE_H
#define LIB_SERVE_H

#include <runnel.h>
#include <stdint.h>

struct serve_options {
    const char *program; /* begins each line printed */
    const char *device;  /* "tap:tap0" */
    const char *mac;     /* NULL: the device's own */
    const char *address; /* "10.7.0.7/24" */
    uint16_t port;
    uint32_t keep_alive_s; /* silence before a client is asked whether it is there; 0: never */
    bool no_window_scale, no_timestamps, no_sack;
    uint32_t budget_kib, connections;     /* 0: the stack's own budget, 10,000 */
    const struct rn_fault_options *fault; /* a bad wire; NULL: as it is */
};

/* Serves until SIGINT or SIGTERM, then stops listening, gives connections a second to finish, resets the rest
 * and prints one line about it all. Returns the exit code: 0, or 1 with a line on stderr. */
int serve_run(const struct serve_options *o);

#endif
