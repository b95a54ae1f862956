/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A UNIX stream socket that serves to whoever may open its file. Nothing here blocks.
 */
#ifndef HOST_LOCAL_H
#define HOST_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which file is ours, however it may be called by now. */
struct local_file {
    uint64_t device, inode;
};

/* A listening socket at that path, mode 0600; a socket that nobody serves any more is replaced. The
 * descriptor, and *file; -EADDRINUSE: somebody serves there; -EEXIST: something else is there; -ENAMETOOLONG
 * and other negative errnos. */
int local_listen(const char *path, struct local_file *file);

/* Removes the file if it is still ours. */
void local_remove(const char *path, const struct local_file *file);

/* The next who connects; -EAGAIN: nobody. Where no descriptor is left for him, *spare (of local_spare) is given up for
 * a moment, so that he can be turned away: -ECONNABORTED. Else he would wait, and end every sleep. */
int local_accept(int listener, int *spare);

/* A descriptor that is good for nothing; -1: there is none left. */
int local_spare(int listener);

/* Takes a part of the bytes: how many; -EAGAIN: full; else another negative errno: the reader has gone. */
int local_send(int fd, const void *data, size_t len);

/* Has the set (posix_set) watch fd for room to send into. 0 or -errno. */
int local_watch(int set, int fd);

/* The path for a program that does not care, in `size` bytes: its folder is made if it is not there. 0,
 * -ENOENT: there is no such place for this user, -ENAMETOOLONG, or why the folder cannot be made. */
int local_default_path(char *path, size_t size);

/* Takes away what killed programs have left in the folder of that default path: sockets at which nobody answers,
 * called after processes that are no more. */
void local_sweep(const char *path);

#endif
