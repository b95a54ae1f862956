/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Five questions about an interface, by name; nothing is kept and nothing is set. Called by packet.c.
 */
#include "card.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(int s, unsigned long what, struct ifreq *request)
{
    return ioctl(s, what, request) < 0 ? -errno : 0;
}

static int ask_all(int s, struct ifreq *request, struct card *out)
{
    int error = ask(s, SIOCGIFINDEX, request);

    out->index = request->ifr_ifindex;
    if (!error)
        error = ask(s, SIOCGIFFLAGS, request);
    out->up = request->ifr_flags & IFF_UP;
    out->loopback = request->ifr_flags & IFF_LOOPBACK;
    if (!error)
        error = ask(s, SIOCGIFHWADDR, request);
    out->ethernet = request->ifr_hwaddr.sa_family == ARPHRD_ETHER;
    memcpy(out->mac, request->ifr_hwaddr.sa_data, sizeof out->mac);
    if (!error)
        error = ask(s, SIOCGIFMTU, request);
    out->mtu = (uint32_t)request->ifr_mtu;
    return error;
}

int card_ask(const char *name, struct card *out)
{
    struct ifreq request = {0};
    struct card card;
    int s, error;

    if (strlen(name) >= IFNAMSIZ)
        return -ENODEV;
    s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return -errno;
    memcpy(request.ifr_name, name, strlen(name));
    error = ask_all(s, &request, &card);
    close(s);
    if (!error)
        *out = card;
    return error;
}
