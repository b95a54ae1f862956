/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      socket -> request -> NLMSG_ERROR (0: done, or an errno), or the message that was asked for -> close
 */
#include "rtnl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1024 };

void rtnl_set(struct rtnl_number *n, uint16_t what, uint32_t value)
{
    n->head.rta_type = what;
    n->head.rta_len = sizeof *n;
    n->value = value;
}

/* What a message of n bytes comes to. */
static int read_answer(const struct nlmsghdr *told, ssize_t n, void *answer, size_t max)
{
    if (n < (ssize_t)sizeof *told || !NLMSG_OK(told, (size_t)n))
        return -EPROTO;
    if (told->nlmsg_type == NLMSG_ERROR)
        return told->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr)) ? -EPROTO
                                                                      : ((const struct nlmsgerr *)NLMSG_DATA(told))->error;
    if ((size_t)n > max)
        n = (ssize_t)max;
    memcpy(answer, told, (size_t)n);
    return (int)n;
}

int rtnl_ask(const struct nlmsghdr *request, void *answer, size_t max)
{
    _Alignas(struct nlmsghdr) uint8_t told[MOST];
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), rc;
    ssize_t n;

    if (fd < 0)
        return -errno;
    n = send(fd, request, request->nlmsg_len, 0);
    if (n >= 0)
        n = recv(fd, told, sizeof told, 0);
    rc = n < 0 ? -errno : read_answer((const struct nlmsghdr *)(const void *)told, n, answer, max);
    close(fd);
    return rc;
}
