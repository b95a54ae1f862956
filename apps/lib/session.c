/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sshd says in SSH_CONNECTION whence and whereto a session is: client's address and port, own address and port.
 * Called by link.c and bridge.c.
 */
#include "session.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <runnel.h>
#include <stdlib.h>
#include <string.h>

struct host {
    int family; /* 0: none */
    uint8_t bytes[16];
};

/* An address up to the first of these characters. */
static struct host read_host(const char *text, const char *ends)
{
    char host[INET6_ADDRSTRLEN] = "";
    size_t len = strcspn(text, ends);
    struct host h = {0};

    if (len >= sizeof host)
        return h;
    memcpy(host, text, len);
    h.family = strchr(host, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(h.family, host, h.bytes) != 1)
        h.family = 0;
    return h;
}

/* Where sshd got the session. */
static struct host whereto(void)
{
    const char *at = getenv("SSH_CONNECTION");

    for (int word = 0; at && word < 2; word++)
        at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
    return at ? read_host(at, " %") : (struct host){0};
}

static bool is_same(const struct host *a, const struct host *b)
{
    return a->family && a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool session_comes_to(const char *address)
{
    struct host session = whereto(), own = read_host(address, "/");

    return is_same(&session, &own);
}

/* An address of the kernel's. */
static struct host kernels(const struct sockaddr *at)
{
    struct host h = {0};

    if (at && at->sa_family == AF_INET) {
        h.family = AF_INET;
        memcpy(h.bytes, &((const struct sockaddr_in *)(const void *)at)->sin_addr, 4);
    } else if (at && at->sa_family == AF_INET6) {
        h.family = AF_INET6;
        memcpy(h.bytes, &((const struct sockaddr_in6 *)(const void *)at)->sin6_addr, 16);
    }
    return h;
}

bool session_comes_over(const char *device)
{
    struct host session = whereto();
    char ifname[RN_IFNAME];
    struct ifaddrs *all;
    bool over = false;

    if (!session.family || rn_dev_interface(device, ifname) != 0 || getifaddrs(&all) < 0)
        return false;
    for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
        struct host own = kernels(a->ifa_addr);

        over = over || (strcmp(a->ifa_name, ifname) == 0 && is_same(&own, &session));
    }
    freeifaddrs(all);
    return over;
}
