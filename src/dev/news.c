/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rtnetlink's groups for links and their addresses. What is told is not read: who asks looks at his interface by
 * himself. Called by netmap.c, pcap.c and companion.c.
 */
#include "news.h"

#include "watch.h"

#include <linux/rtnetlink.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

int news_open(int epoll, bool addresses)
{
    struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | (addresses ? RTMGRP_IPV4_IFADDR : 0)};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && watch_fd(epoll, fd, EPOLLIN) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

bool news_came(int fd)
{
    uint8_t told[1024]; /* what is longer is cut off */
    bool some = false;

    while (fd >= 0 && recv(fd, told, sizeof told, 0) > 0)
        some = true;
    return some;
}
