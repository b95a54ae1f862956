/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel has set on one of its interfaces: rn_defaults asks it, and changes nothing. Link address,
 * MTU and flags by ioctl; addresses and default routes by one dump of each over rtnetlink.
 *
 *      request: | nlmsghdr | rtgenmsg: the family, 0 is all |
 *      answer:  | nlmsghdr | ifaddrmsg or rtmsg | attributes ... |  ...  | nlmsghdr: done |
 *
 * Called by programs, before they have a stack or for one that they have.
 */
#include "dev/error.h"
#include "host/posix.h"
#include "wire/addr.h"

#include <runnel.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { ANSWER_BYTES = 32768 };

/* What is looked for, and what was found. */
struct search {
    uint32_t index; /* of the interface */
    struct rn_defaults *out;
    uint32_t priority4, priority6; /* of the default route that was found: the least counts */
};

/* An address of those bytes; false: they are of no family that we have. */
static bool read_address(struct addr *a, int family, const struct rtattr *bytes)
{
    if (family == AF_INET && RTA_PAYLOAD(bytes) == 4)
        *a = addr_of4(RTA_DATA(bytes));
    else if (family == AF_INET6 && RTA_PAYLOAD(bytes) == 16)
        memcpy(a->b, RTA_DATA(bytes), 16);
    else
        return false;
    return true;
}

static uint32_t read_number(const struct rtattr *bytes)
{
    uint32_t n = 0;

    if (RTA_PAYLOAD(bytes) == sizeof n)
        memcpy(&n, RTA_DATA(bytes), sizeof n);
    return n;
}

/* The attributes of a message, by type; NULL where there is none. */
static void sort(const struct rtattr *at, int len, const struct rtattr **by_type, unsigned types)
{
    memset(by_type, 0, types * sizeof *by_type);
    for (; RTA_OK(at, len); at = RTA_NEXT(at, len))
        if (at->rta_type < types)
            by_type[at->rta_type] = at;
}

static void see_address(struct search *s, const struct nlmsghdr *h)
{
    const struct ifaddrmsg *m = NLMSG_DATA(h);
    const struct rtattr *by[IFA_MAX + 1], *which;
    char text[ADDR_TEXT], *to = m->ifa_family == AF_INET ? s->out->address4 : s->out->address6;
    struct addr a;

    if (h->nlmsg_len < NLMSG_LENGTH(sizeof *m) || m->ifa_index != s->index || *to ||
        (m->ifa_family == AF_INET6 && m->ifa_scope == RT_SCOPE_LINK))
        return;
    sort(IFA_RTA(m), (int)IFA_PAYLOAD(h), by, IFA_MAX + 1);
    which = by[IFA_LOCAL] ? by[IFA_LOCAL] : by[IFA_ADDRESS]; /* the other end's, where there are but two */
    if (!which || !read_address(&a, m->ifa_family, which))
        return;
    addr_print(text, &a, -1);
    snprintf(to, sizeof s->out->address4, "%.45s/%u", text, (unsigned)m->ifa_prefixlen);
}

static void see_route(struct search *s, const struct nlmsghdr *h)
{
    const struct rtmsg *m = NLMSG_DATA(h);
    bool four = m->rtm_family == AF_INET;
    char *to = four ? s->out->gateway4 : s->out->gateway6;
    uint32_t *least = four ? &s->priority4 : &s->priority6, priority;
    const struct rtattr *by[RTA_MAX + 1];
    struct addr a;

    if (h->nlmsg_len < NLMSG_LENGTH(sizeof *m) || m->rtm_dst_len || m->rtm_type != RTN_UNICAST ||
        m->rtm_table != RT_TABLE_MAIN)
        return;
    sort(RTM_RTA(m), (int)RTM_PAYLOAD(h), by, RTA_MAX + 1);
    if (!by[RTA_OIF] || read_number(by[RTA_OIF]) != s->index || !by[RTA_GATEWAY])
        return;
    priority = by[RTA_PRIORITY] ? read_number(by[RTA_PRIORITY]) : 0;
    if ((*to && priority >= *least) || !read_address(&a, m->rtm_family, by[RTA_GATEWAY]))
        return;
    *least = priority;
    addr_print(to, &a, -1);
}

/* One datagram's messages. 1: there are more, 0: that was all, or a negative errno. */
static int see_all(const void *answer, int len, struct search *s,
                   void (*see)(struct search *s, const struct nlmsghdr *h))
{
    for (const struct nlmsghdr *h = answer; NLMSG_OK(h, (unsigned)len); h = NLMSG_NEXT(h, len)) {
        if (h->nlmsg_type == NLMSG_DONE)
            return 0;
        if (h->nlmsg_type == NLMSG_ERROR)
            return ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
        see(s, h);
    }
    return 1;
}

/* Asks for everything of that type. 0 or a negative errno. */
static int dump(int fd, uint16_t type, struct search *s,
                void (*see)(struct search *s, const struct nlmsghdr *h))
{
    struct {
        struct nlmsghdr h;
        struct rtgenmsg all;
    } request = {.h = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    _Alignas(struct nlmsghdr) uint8_t answer[ANSWER_BYTES];
    ssize_t n;
    int more;

    request.h.nlmsg_len = sizeof request;
    if (send(fd, &request, sizeof request, 0) < 0)
        return -errno;
    do {
        n = recv(fd, answer, sizeof answer, 0);
        more = n < 0 ? -errno : see_all(answer, (int)n, s, see);
    } while (more > 0);
    return more;
}

/* What is told by ioctl, over any socket. */
static int ask_link(int fd, const char *name, struct rn_defaults *out)
{
    struct ifreq r;

    memset(&r, 0, sizeof r);
    memcpy(r.ifr_name, name, strlen(name));
    if (ioctl(fd, SIOCGIFMTU, &r) < 0)
        return -errno;
    out->mtu = (uint32_t)r.ifr_mtu;
    if (ioctl(fd, SIOCGIFHWADDR, &r) < 0)
        return -errno;
    memcpy(out->mac, r.ifr_hwaddr.sa_data, sizeof out->mac);
    out->is_ethernet = r.ifr_hwaddr.sa_family == ARPHRD_ETHER;
    if (ioctl(fd, SIOCGIFFLAGS, &r) < 0)
        return -errno;
    out->is_up = (r.ifr_flags & IFF_UP) != 0;
    out->is_running = out->is_up && (r.ifr_flags & IFF_RUNNING) != 0;
    return 0;
}

int rn_defaults(const char *name, struct rn_defaults *interface, char *err)
{
    struct rn_defaults found = {.mtu = 0};
    struct search s = {.out = &found};
    int fd, error;

    if (!name || !interface || !*name || strlen(name) >= IFNAMSIZ)
        return error_line(err, -EINVAL, "'%.40s' is no name of an interface: 1 to %d letters",
                          name ? name : "", IFNAMSIZ - 1);
    s.index = if_nametoindex(name);
    if (!s.index)
        return error_line(err, -ENODEV, "there is no interface %s: `ip link` lists those that there are",
                          name);
    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    error = fd < 0 ? -errno : ask_link(fd, name, &found);
    if (error == 0)
        error = dump(fd, RTM_GETADDR, &s, see_address);
    if (error == 0)
        error = dump(fd, RTM_GETROUTE, &s, see_route);
    posix_close(fd);
    if (error < 0)
        return error_line(err, error, "%s: the kernel does not tell its settings: %s", name,
                          strerror(-error));
    *interface = found;
    return 0;
}
