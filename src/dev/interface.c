/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two doors lead to what the kernel knows of an interface, and both are asked in the network namespace that
 * the caller is in, which /sys is not:
 *
 *      RTM_GETLINK   index, mtu, address, flags, carrier, queues, and of a TUN or TAP its type and owner
 *      SIOCETHTOOL   the driver's name, and each offload by a question of its own
 *
 * An answer that an older kernel does not give leaves its field 0. Called by the kinds' surveys and by run/.
 */
#include "interface.h"

#include "error.h"
#include "rtnl.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ANSWER = 32768, TYPE_TUN = 1, TYPE_TAP = 2 };

int interface_check(const char *kind, const char *name, char *err)
{
    size_t len = strlen(name);

    if (len == 0)
        return error_line(err, -EINVAL, "%s: no name: write %s:NAME, for instance %s:%s0", kind, kind, kind,
                          kind);
    if (len >= RN_IFNAME)
        return error_line(err, -EINVAL,
                          "%s:%.40s: the name has %zu characters, an interface's has at most %d", kind, name,
                          len, RN_IFNAME - 1);
    if (strpbrk(name, "/%: \t\n\v\f\r") || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return error_line(err, -EINVAL, "%s:%s: an interface's name has no blank, '/', ':' or '%%' in it",
                          kind, name);
    return 0;
}

bool interface_may(int capability)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2] = {{0}};

    return syscall(SYS_capget, &header, sets) == 0 && sets[capability / 32].effective >> capability % 32 & 1;
}

/* ---- rtnetlink ----------------------------------------------------------------------------------------- */

/* Bytes of the answer or -errno. */
static int ask(int index, char answer[ANSWER])
{
    struct {
        struct nlmsghdr head;
        struct ifinfomsg link;
    } question = {
        {.nlmsg_len = sizeof question, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
        {.ifi_index = index},
    };

    return rtnl_exchange(&question.head, answer, ANSWER);
}

static uint32_t number(const struct rtattr *a)
{
    uint32_t value = 0;

    memcpy(&value, RTA_DATA(a), RTA_PAYLOAD(a) < sizeof value ? RTA_PAYLOAD(a) : sizeof value);
    return value;
}

static uint8_t byte(const struct rtattr *a)
{
    return RTA_PAYLOAD(a) ? *(const uint8_t *)RTA_DATA(a) : 0;
}

/* What is said of a TUN or TAP: the attributes within IFLA_INFO_DATA. */
static void read_tun(struct interface *out, const struct rtattr *a, int len)
{
    for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
        switch (a->rta_type) {
        case IFLA_TUN_TYPE:
            out->tun = byte(a) == TYPE_TUN;
            out->tap = byte(a) == TYPE_TAP;
            break;
        case IFLA_TUN_OWNER:
            out->owned = true;
            out->owner = number(a);
            break;
        case IFLA_TUN_MULTI_QUEUE: out->multi_queue = byte(a); break;
        default: break;
        }
    }
}

/* IFLA_LINKINFO: the kind's name, and behind it what only that kind has. */
static void read_kind(struct interface *out, const struct rtattr *a, int len)
{
    bool tun = false;

    for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
        if (a->rta_type == IFLA_INFO_KIND)
            tun = RTA_PAYLOAD(a) >= 3 && memcmp(RTA_DATA(a), "tun", 3) == 0;
        else if (a->rta_type == IFLA_INFO_DATA && tun)
            read_tun(out, RTA_DATA(a), (int)RTA_PAYLOAD(a));
    }
}

static void read_xdp(struct interface *out, const struct rtattr *a, int len)
{
    for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
        if (a->rta_type == IFLA_XDP_ATTACHED)
            out->xdp = byte(a) != XDP_ATTACHED_NONE;
}

static void read_link(struct interface *out, const struct rtattr *a, int len)
{
    struct rn_interface *f = &out->facts;

    for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
        switch (a->rta_type) {
        case IFLA_MTU: f->mtu = number(a); break;
        case IFLA_NUM_RX_QUEUES: f->rx_queues = number(a); break;
        case IFLA_NUM_TX_QUEUES: f->tx_queues = number(a); break;
        case IFLA_CARRIER: f->carrier = byte(a); break;
        case IFLA_XDP: read_xdp(out, RTA_DATA(a), (int)RTA_PAYLOAD(a)); break;
        case IFLA_LINKINFO: read_kind(out, RTA_DATA(a), (int)RTA_PAYLOAD(a)); break;
        case IFLA_ADDRESS:
            if (RTA_PAYLOAD(a) == sizeof f->mac)
                memcpy(f->mac, RTA_DATA(a), sizeof f->mac);
            break;
        default: break;
        }
    }
    /* A TUN has a carrier for as long as a process is attached to it. */
    out->taken = (out->tun || out->tap) && f->carrier;
}

/* ---- ethtool ------------------------------------------------------------------------------------------- */

static bool ethtool(int s, const char *name, void *question)
{
    struct ifreq request = {0};

    memcpy(request.ifr_name, name, strlen(name));
    request.ifr_data = question;
    return ioctl(s, SIOCETHTOOL, &request) == 0;
}

static void read_driver(int s, struct rn_interface *f)
{
    static const struct {
        uint32_t question, asked, means; /* asked: the bits of the answer that count */
    } offloads[] = {
        {ETHTOOL_GRXCSUM, ~0u, RN_OFFLOAD_RX_CSUM},
        {ETHTOOL_GTXCSUM, ~0u, RN_OFFLOAD_TX_CSUM},
        {ETHTOOL_GTSO, ~0u, RN_OFFLOAD_TSO},
        {ETHTOOL_GGSO, ~0u, RN_OFFLOAD_GSO},
        {ETHTOOL_GGRO, ~0u, RN_OFFLOAD_GRO},
        {ETHTOOL_GFLAGS, ETH_FLAG_LRO, RN_OFFLOAD_LRO},
        {ETHTOOL_GFLAGS, ETH_FLAG_RXVLAN, RN_OFFLOAD_VLAN_RX},
        {ETHTOOL_GFLAGS, ETH_FLAG_TXVLAN, RN_OFFLOAD_VLAN_TX},
    };
    struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};

    if (ethtool(s, f->name, &driver))
        memcpy(f->driver, driver.driver, sizeof f->driver - 1);
    for (size_t i = 0; i < sizeof offloads / sizeof offloads[0]; i++) {
        struct ethtool_value value = {.cmd = offloads[i].question};

        if (ethtool(s, f->name, &value) && value.data & offloads[i].asked)
            f->offloads |= offloads[i].means;
    }
}

int interface_look(const char *name, struct interface *out)
{
    struct rn_interface *f = &out->facts;
    _Alignas(struct nlmsghdr) char answer[ANSWER];
    const struct nlmsghdr *head = (const struct nlmsghdr *)(void *)answer;
    const struct ifinfomsg *link = NLMSG_DATA(head);
    int s, got;

    memset(out, 0, sizeof *out);
    memcpy(f->name, name, strlen(name));
    got = ask((int)if_nametoindex(name), answer);
    if (got < 0)
        return got;
    if (got < (int)NLMSG_LENGTH(sizeof *link) || head->nlmsg_type != RTM_NEWLINK)
        return 0; /* an error: there is no such index, which may have gone since */
    f->index = (uint32_t)link->ifi_index;
    f->up = link->ifi_flags & IFF_UP;
    out->ethernet = link->ifi_type == ARPHRD_ETHER;
    f->loopback = link->ifi_flags & IFF_LOOPBACK;
    read_link(out, IFLA_RTA(link), (int)IFLA_PAYLOAD(head));
    s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return -errno;
    read_driver(s, f);
    close(s);
    return 0;
}
