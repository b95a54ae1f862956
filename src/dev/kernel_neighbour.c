/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      RTM_GETNEIGH -> state, NDA_LLADDR      RTM_NEWNEIGH with NTF_USE: as if the kernel had sent him something
 */
#include "kernel_neighbour.h"

#include "rtnl.h"
#include "wire/addr.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

struct request {
    struct nlmsghdr head;
    struct ndmsg neighbour;
    struct rtattr what;
    uint8_t address[16]; /* of IPv4 the first four bytes */
};

static struct request request_of(uint16_t what, uint16_t flags, uint32_t interface, const uint8_t address[16])
{
    bool four = addr_holds4(address);
    uint8_t bytes = four ? 4 : 16;
    struct request r;

    memset(&r, 0, sizeof r);
    r.head.nlmsg_type = what;
    r.head.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    r.head.nlmsg_len = (uint32_t)(offsetof(struct request, address) + bytes);
    r.neighbour.ndm_family = four ? AF_INET : AF_INET6;
    r.neighbour.ndm_ifindex = (int)interface;
    r.what.rta_type = NDA_DST;
    r.what.rta_len = (uint16_t)(sizeof r.what + bytes);
    memcpy(r.address, address + (four ? 12 : 0), bytes);
    return r;
}

/* 1: an answer of n bytes has it. *well: it was heard of a short time ago, or entered by hand. */
static int find_mac(const struct nlmsghdr *h, int n, uint8_t mac[6], bool *well)
{
    const struct ndmsg *m = NLMSG_DATA(h);
    int left = n - (int)NLMSG_LENGTH(sizeof *m);

    if (left < 0 || h->nlmsg_type != RTM_NEWNEIGH ||
        !(m->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)))
        return 0;
    for (const struct rtattr *a = (const struct rtattr *)(const void *)((const uint8_t *)m + NLMSG_ALIGN(sizeof *m));
         RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == NDA_LLADDR && RTA_PAYLOAD(a) == 6) {
            memcpy(mac, RTA_DATA(a), 6);
            *well = m->ndm_state & (NUD_REACHABLE | NUD_PERMANENT);
            return 1;
        }
    return 0;
}

int kernel_neighbour_find(uint32_t interface, const uint8_t address[16], uint8_t mac[6])
{
    struct request use = request_of(RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE, interface, address);
    struct request get = request_of(RTM_GETNEIGH, 0, interface, address);
    _Alignas(struct nlmsghdr) uint8_t answer[512];
    bool well = false;
    int known = 0, rc = rtnl_ask(&get.head, answer, sizeof answer);

    if (rc > 0)
        known = find_mac((const struct nlmsghdr *)(const void *)answer, rc, mac, &well);
    if (well) /* that somebody has entered him to stay would not outlive the use */
        return 1;
    use.neighbour.ndm_flags = NTF_USE;
    rc = rtnl_ask(&use.head, answer, sizeof answer);
    return rc < 0 && !known ? rc : known;
}
