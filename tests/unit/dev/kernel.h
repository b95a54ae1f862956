/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel as the peer of a device: an interface in a network namespace of the test's own, and a packet
 * socket on it, which sends and receives whole frames.
 *
 *      test: burst, commit, sync -- the device -- interface -- packet socket: send, receive
 */
#ifndef TESTS_DEV_KERNEL_H
#define TESTS_DEV_KERNEL_H

#include "packets.h"
#include "suite.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct kernel {
    char name[IFNAMSIZ];
    uint16_t type; /* of the frames that the socket hears and sends */
    int socket;
};

/* An ioctl about an interface. 0 or -errno. */
static inline int kernel_asked(const char *name, unsigned long what, struct ifreq *r)
{
    int s = socket(AF_UNIX, SOCK_DGRAM, 0), error;

    snprintf(r->ifr_name, sizeof r->ifr_name, "%s", name);
    error = ioctl(s, what, r) < 0 ? -errno : 0;
    close(s);
    return error;
}

/* A command of the shell's, which must succeed. */
static inline void kernel_does(const char *command)
{
    if (system(command) != 0)
        fail_msg("%s", command);
}

static inline void kernel_switches(const char *name, bool up)
{
    struct ifreq r = {0};

    assert_int_equal(kernel_asked(name, SIOCGIFFLAGS, &r), 0);
    r.ifr_flags = (short)(up ? r.ifr_flags | IFF_UP | IFF_NOARP : r.ifr_flags & ~IFF_UP);
    assert_int_equal(kernel_asked(name, SIOCSIFFLAGS, &r), 0);
}

/* Makes a veth pair, both ends up, the first with the link address 02:00:00:00:09:01. */
static inline void kernel_makes_pair(const char *name, const char *far)
{
    char command[256];

    snprintf(command, sizeof command,
             "ip link add %s address 02:00:00:00:09:01 type veth peer name %s && ip link set %s up && ip link set %s up",
             name, far, name, far);
    kernel_does(command);
}

/* Deletes an interface, if it is there. */
static inline int kernel_drops(const char *name)
{
    char command[64];

    snprintf(command, sizeof command, "ip link delete %s 2>/dev/null", name);
    return system(command) < 0;
}

static inline int kernel_socket(const struct kernel *k)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(k->type)};
    int s = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(k->type)), bytes = 4 << 20;

    assert_true(s >= 0);
    at.sll_ifindex = (int)if_nametoindex(k->name);
    assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes), 0);
    assert_int_equal(setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes), 0);
    return s;
}

static inline void kernel_sends(struct suite_link *l, const uint8_t *frame, uint32_t len)
{
    const struct kernel *k = l->peer;

    assert_int_equal(write(k->socket, frame, len), len);
}

static inline uint32_t kernel_receives(struct suite_link *l, uint8_t *frame)
{
    const struct kernel *k = l->peer;
    ssize_t n = read(k->socket, frame, SUITE_FRAME);

    return n > 0 ? (uint32_t)n : 0;
}

static inline void kernel_closes(struct suite_link *l)
{
    struct kernel *k = l->peer;

    close(k->socket);
    free(k);
}

static inline void kernel_hears_anew(struct suite_link *l)
{
    struct kernel *k = l->peer;

    close(k->socket);
    k->socket = kernel_socket(k);
}

/* Sends 60,000 bytes of TCP in one frame, to be cut by whoever has to put it on a wire, as a sender does that
 * leaves this to its card. frame holds 65,536 and gets it; returns its length. */
static inline uint32_t kernel_sends_merged(const char *name, const uint8_t to[6], uint8_t *frame)
{
    struct kernel k = {.type = ETH_P_IP};
    const struct virtio_net_hdr v = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                     .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
                                     .hdr_len = 66,
                                     .gso_size = 1448,
                                     .csum_start = 34,
                                     .csum_offset = 16};
    uint32_t len = packet_make(frame, false, PACKET_TCP, 60000, 3);
    struct iovec parts[2] = {{(void *)(uintptr_t)&v, sizeof v}, {frame, len}};
    int one = 1, s;

    snprintf(k.name, sizeof k.name, "%s", name);
    s = kernel_socket(&k);
    assert_int_equal(setsockopt(s, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one), 0);
    memcpy(frame, to, 6);
    assert_int_equal(writev(s, parts, 2), sizeof v + len);
    close(s);
    return len;
}

/* It came whole, with what is to be known of it. */
static inline void kernel_expects_merged(const struct rn_frame *f, const uint8_t *frame, uint32_t len)
{
    assert_int_equal(f->len, len);
    assert_memory_equal(f->data, frame, len);
    assert_int_equal(f->flags, RN_MERGED | RN_CSUM_PARTIAL | RN_CSUM_TRUSTED);
    assert_int_equal(f->gso_size, 1448);
    assert_int_equal(f->csum_start, 34);
    assert_int_equal(f->csum_offset, 16);
}

/* Brings the interface up and makes the kernel the peer of l. */
static inline void kernel_is_peer(struct suite_link *l, const char *name, uint16_t type)
{
    struct kernel *k = calloc(1, sizeof *k);

    assert_non_null(k);
    snprintf(k->name, sizeof k->name, "%s", name);
    k->type = type;
    kernel_switches(name, true);
    k->socket = kernel_socket(k);
    l->peer = k;
    l->shortest = 14;
    l->send = kernel_sends;
    l->receive = kernel_receives;
    l->close_peer = kernel_closes;
}

/* Opening by that name is refused with the code and one line that says the words, and without the line. */
static inline void kernel_expect_refused(int (*open_device)(struct rn_dev **out, const char *name, char *err),
                                         const char *name, int code, const char *words)
{
    char err[RN_ERRBUF] = "";
    struct rn_dev *d = NULL;

    assert_int_equal(open_device(&d, name, err), code);
    assert_null(d);
    assert_null(strchr(err, '\n'));
    print_message("# %s\n", err);
    if (!strstr(err, words))
        fail_msg("\"%s\" does not say \"%s\"", err, words);
    assert_int_equal(open_device(&d, name, NULL), code);
}

/* Runs a test's part in a child that may give up its rights; its assertions are told by its exit. */
static inline void kernel_in_child(void (*act)(void))
{
    int status;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        act();
        fflush(NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* In such a child: from here on it is nobody in particular. */
static inline void kernel_takes_rights(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0}};

    if (syscall(SYS_capset, &header, none) < 0)
        _exit(1);
}

/* A namespace where nobody but the test speaks on a new interface. True, or false and why not. */
static inline bool kernel_namespace(const char *test)
{
    int fd = open("/dev/net/tun", O_RDWR);

    if (fd < 0) {
        fprintf(stderr, "%s: skipped: cannot open /dev/net/tun: %s\n", test, strerror(errno));
        return false;
    }
    close(fd);
    if (unshare(CLONE_NEWNET) < 0) {
        fprintf(stderr, "%s: skipped: no network namespace of its own: %s\n", test, strerror(errno));
        return false;
    }
    fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY);
    if (fd >= 0) { /* there is no IPv6 where it is missing */
        if (write(fd, "1", 1) != 1)
            fprintf(stderr, "%s: cannot disable IPv6\n", test);
        close(fd);
    }
    return true;
}

#endif
