/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a client of /dev/netmap asks of the system, as a table, so that a test can stand in for a module that is not
 * there. Each call is as the system's of that name: -1 and errno when it fails.
 */
#ifndef DEV_NETMAP_CALLS_H
#define DEV_NETMAP_CALLS_H

#include <stddef.h>

struct netmap_calls {
    int (*open)(const char *path, int flags);
    int (*ioctl)(int fd, unsigned long request, void *argument); /* NIOCCTRL, NIOCREGIF, NIOCTXSYNC, NIOCRXSYNC */
    void *(*map)(int fd, size_t bytes);                          /* MAP_FAILED: it failed */
    int (*unmap)(void *at, size_t bytes);
    int (*close)(int fd);
};

#endif
