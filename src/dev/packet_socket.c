/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whatever is set here is set on a descriptor and ends with it: no promiscuous flag, no address, no rule.
 */
#include "packet_socket.h"

#include "error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

int packet_socket_judge(const char *kind, const struct interface *i, char *err)
{
    const char *name = i->facts.name;

    if (!i->facts.index)
        return error_line(err, -ENODEV, "%s:%s: there is no such interface: ip link shows which there are", kind, name);
    if (i->facts.loopback)
        return error_line(err, -ENODEV,
                          "%s:%s: the kernel takes for itself all that comes over the loopback interface: use a card, "
                          "or tap:NAME to talk to this machine",
                          kind, name);
    if (!i->ethernet)
        return error_line(err, -ENODEV, "%s:%s: carries no Ethernet frames: use a card, or tap:NAME", kind, name);
    return 0;
}

int packet_socket_check(const char *kind, const char *name, struct interface *i, char *err)
{
    int error = interface_check(kind, name, err);

    if (error < 0)
        return error;
    error = interface_look(name, i);
    if (error < 0)
        return error_line(err, error, "%s:%s: the kernel says nothing of its interfaces: %s", kind, name,
                          strerror(-error));
    return packet_socket_judge(kind, i, err);
}

int packet_socket_open(const char *kind, const char *name, char *err)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0)
        return fd;
    if (errno == EPERM || errno == EACCES)
        return error_line(err, -EPERM,
                          "%s:%s: not permitted: run as root, or give the program the rights it needs: setcap "
                          "cap_net_raw,cap_net_admin,cap_bpf+ep PROGRAM",
                          kind, name);
    if (errno == EAFNOSUPPORT)
        return error_line(err, -EAFNOSUPPORT,
                          "%s:%s: this kernel has no packet sockets: modprobe af_packet, or one with CONFIG_PACKET",
                          kind, name);
    return error_line(err, -errno, "%s:%s: cannot open a packet socket: %s", kind, name, strerror(errno));
}

int packet_socket_bind(int fd, uint32_t index, uint16_t protocol)
{
    struct sockaddr_ll at = {
        .sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = (int)index};

    return bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 ? -errno : 0;
}

int packet_socket_let_in(int fd, uint32_t index, const uint8_t mac[6], bool everything)
{
    struct packet_mreq request = {.mr_ifindex = (int)index, .mr_type = PACKET_MR_UNICAST, .mr_alen = 6};

    memcpy(request.mr_address, mac, 6);
    if (!everything && setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) == 0)
        return 0;
    request.mr_type = PACKET_MR_PROMISC; /* it has no room for more addresses */
    return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) < 0 ? -errno : 0;
}

int packet_socket_filter(int fd, const struct steering *s, const uint32_t verdicts[3])
{
    struct sock_filter code[STEERING_MAX];
    struct sock_fprog program = {.len = (unsigned short)steering_write(s, verdicts, code), .filter = code};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ? -errno : 0;
}

int packet_socket_steer(int fd, uint32_t index, const struct steering *s, const uint32_t verdicts[3])
{
    int error = packet_socket_filter(fd, s, verdicts);

    return !error && (s->all || !s->shared) ? packet_socket_let_in(fd, index, s->mac, s->all) : error;
}

bool packet_socket_has_error(int fd)
{
    socklen_t len = sizeof(int);
    int error = 0;

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error;
}
