/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      rtnetlink: RTM_NEWROUTE, RTM_DELROUTE { host/32 dev interface [src from] } -> NLMSG_ERROR with 0 or an errno
 */
#include "hostroute.h"

#include "rtnl.h"

#include <string.h>
#include <sys/socket.h>

struct request {
    struct nlmsghdr head;
    struct rtmsg route;
    struct rtnl_number host, interface, from; /* from: may be left out */
};

static struct request request_of(uint16_t what, uint32_t interface, uint32_t host, uint32_t from)
{
    struct request r;

    memset(&r, 0, sizeof r);
    r.head.nlmsg_type = what;
    r.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (what == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0);
    r.head.nlmsg_len = from ? sizeof r : offsetof(struct request, from);
    r.route.rtm_family = AF_INET;
    r.route.rtm_dst_len = 32;
    r.route.rtm_table = RT_TABLE_MAIN;
    r.route.rtm_protocol = RTPROT_STATIC;
    r.route.rtm_scope = RT_SCOPE_LINK;
    r.route.rtm_type = RTN_UNICAST;
    rtnl_set(&r.host, RTA_DST, host);
    rtnl_set(&r.interface, RTA_OIF, interface);
    rtnl_set(&r.from, RTA_PREFSRC, from);
    return r;
}

/* What there is to say is whether it was done. */
static int ask(const struct request *r)
{
    _Alignas(struct nlmsghdr) uint8_t answer[256];

    return rtnl_ask(&r->head, answer, sizeof answer);
}

int hostroute_add(uint32_t interface, uint32_t host, uint32_t from)
{
    const struct request r = request_of(RTM_NEWROUTE, interface, host, from);

    return ask(&r);
}

int hostroute_drop(uint32_t interface, uint32_t host)
{
    const struct request r = request_of(RTM_DELROUTE, interface, host, 0);

    return ask(&r);
}
