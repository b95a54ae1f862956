/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device with several descriptors has one for all, an epoll set, as its own.
 */
#ifndef DEV_WATCH_H
#define DEV_WATCH_H

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>

/* From now on the set is ready when the descriptor has one of these events. 0 or a negative errno. */
static inline int watch_fd(int set, int fd, uint32_t events)
{
    struct epoll_event what = {.events = events};
    int rc = epoll_ctl(set, EPOLL_CTL_ADD, fd, &what);

    if (rc < 0 && errno == EEXIST)
        rc = epoll_ctl(set, EPOLL_CTL_MOD, fd, &what);
    return rc < 0 ? -errno : 0;
}

#endif
