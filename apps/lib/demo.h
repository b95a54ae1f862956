/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two stacks in one process, for machines where no interface may be made: a client sends bytes through the
 * other stack's echo server and compares what comes back.
 */
#ifndef LIB_DEMO_H
#define LIB_DEMO_H

#include <stdint.h>

/* Echoes that many bytes and prints what came of it. Returns the exit code: 0 when every byte came back as it
 * went, else 1 with a line on stderr. */
int demo_run(const char *program, uint64_t bytes);

#endif
