/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a POSIX host (with Linux's few additions) gives: a clock, random bytes, memory, sleep, and what ends a
 * sleep from another thread.
 */
#ifndef HOST_POSIX_H
#define HOST_POSIX_H

#include <runnel_dev.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/* CLOCK_MONOTONIC. */
rn_time posix_now(void);

/* Nanoseconds since 1970 when posix_now was 0, as far as the system's clock is right at this moment. */
rn_time posix_epoch(void);

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

/* A bell: a descriptor that is readable when it was rung and that has not been taken. -errno: none. */
int posix_bell(void);

/* From any thread. */
void posix_ring(int bell);

/* How often it was rung since it was last asked; it is not readable any more. */
unsigned posix_taken(int bell);

/* A timer: a descriptor that is readable when its time has come. -errno: none. */
int posix_timer(void);

/* From now on that is its time, on the clock of posix_now and above 0; RN_FOREVER: it has none. */
void posix_ring_at(int timer, rn_time when);

/* A descriptor that is readable when one of those is ready that it watches; -errno: none. */
int posix_set(void);

/* Has the set watch fd for input, out: and for output. fresh: it does not watch it yet. 0 or -errno. */
int posix_watch(int set, int fd, bool out, bool fresh);

/* Sleeps until one that the set watches is ready. Their number, POSIX_READY at most, and which they are; -EINTR on a
 * signal, or another negative errno. */
enum { POSIX_READY = 4 };
int posix_wait(int set, int ready[POSIX_READY]);

/* Closes a descriptor; a negative one is none. */
void posix_close(int fd);

#endif
