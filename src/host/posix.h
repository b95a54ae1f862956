/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a POSIX host (with Linux's few additions) gives: a clock, random bytes, memory and sleep.
 */
#ifndef HOST_POSIX_H
#define HOST_POSIX_H

#include <runnel_dev.h>

#include <poll.h>
#include <stddef.h>

/* CLOCK_MONOTONIC. */
rn_time posix_now(void);

/* Fills bytes that nobody can foresee. 0 or a negative errno. */
int posix_random(void *bytes, size_t len);

/* Zeroed memory, aligned to 4,096, that costs nothing until it is touched; from 4 MiB on huge pages are
 * advised. NULL: there is none. */
void *posix_map(size_t len);

/* Gives back what posix_map gave for the same len. */
void posix_unmap(void *memory, size_t len);

/* Sleeps until one of n descriptors is ready or it is `until` (RN_FOREVER: no limit). Returns how many are
 * ready, 0 at the time, -EINTR on a signal or another negative errno. Never wakes before the time. */
int posix_sleep(struct pollfd *fds, int n, rn_time until);

#endif
