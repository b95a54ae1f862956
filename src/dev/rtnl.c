/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      socket -> request -> the message that was asked for, or NLMSG_ERROR (0: done, or an errno) -> close
 */
#include "rtnl.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void rtnl_set(struct rtnl_number *n, uint16_t what, uint32_t value)
{
    n->head.rta_type = what;
    n->head.rta_len = sizeof *n;
    n->value = value;
}

int rtnl_exchange(const struct nlmsghdr *request, void *answer, size_t max)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), error;
    ssize_t n;

    if (fd < 0)
        return -errno;
    n = send(fd, request, request->nlmsg_len, 0);
    if (n >= 0)
        n = recv(fd, answer, max, 0);
    error = n < 0 ? -errno : 0;
    close(fd);
    return error ? error : (int)n;
}

int rtnl_ask(const struct nlmsghdr *request, void *answer, size_t max)
{
    const struct nlmsghdr *told = answer;
    int n = rtnl_exchange(request, answer, max);

    if (n < 0)
        return n;
    if (!NLMSG_OK(told, (size_t)n))
        return -EPROTO;
    if (told->nlmsg_type != NLMSG_ERROR)
        return n;
    return told->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr)) ? -EPROTO
                                                                  : ((const struct nlmsgerr *)NLMSG_DATA(told))->error;
}
