/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An echo server as a program's main job: from the device to the summary line.
 */
#ifndef LIB_SERVE_H
#define LIB_SERVE_H

#include "link.h"

struct serve_options {
    struct link_options link;
    uint32_t port;
    uint32_t spin_us;      /* how long it looks before it sleeps */
    uint32_t keep_alive_s; /* silence before a client is asked whether it is there; 0: never */
    bool no_window_scale, no_timestamps, no_sack;
    bool udp;                         /* echoes datagrams, too */
    uint32_t budget_kib, connections; /* 0: the stack's own budget, 10,000 */
};

/* Rows for all of the options but those of the link, which has its own. */
extern const struct option serve_rows[];

/* Serves until SIGINT or SIGTERM, then stops listening, gives connections two seconds to finish, a second
 * signal none, resets the rest, forgets those in TIME-WAIT and prints one line about it all. Returns the exit
 * code: 0; 1 with a line on stderr: the world says no, or something was still in use at the end. */
int serve_run(const char *program, const struct serve_options *o);

#endif
