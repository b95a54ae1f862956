/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A TAP or TUN interface, which differ in what a frame begins with: an Ethernet header, or that of IP. The
 * kernel gives and takes one frame per read and write, so the two rings are ours (copies.h):
 *
 *      burst    reads into free receive buffers until there is no more        (a system call per frame);
 *               after a sleep one frame alone, since asking for a second would delay the answer to it
 *      sync     writes what was committed                                     (a system call per frame)
 *
 * On an interface that we make, the kernel is told that we take merged frames, with a virtio header in front
 * of each. One that was there before and will be there afterwards is left as it is: its frames are whole, and
 * the kernel has cut them and filled in their checksums. A write to an interface that is down, or deleted, is
 * a frame lost. That it was deleted, which ends the device, is seen by the next read.
 *
 * Made by rn_attach("tap:NAME"), "tun:NAME"; called by the stack through rn_dev_ops. It sets no address, no
 * route, and brings nothing up.
 */
#include "tap.h"

#include "copies.h"
#include "error.h"
#include "interface.h"
#include "nap.h"
#include "random.h"
#include "virtio.h"
#include "base/time.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_MIN = 2048 - COPIES_LEAD, LINK_HEADER_MAX = 18, MERGED = 65535 };
#define RETRY TIME_MS /* a write that found no room is tried again so much later */

/* What tells the two kinds apart. */
struct flavour {
    const struct rn_dev_ops *ops;
    uint16_t flag; /* of TUNSETIFF */
    uint8_t medium;
};

struct tap {
    struct rn_dev dev;
    int gone;                    /* the errno with which the interface went, negative; 0: it is there */
    uint32_t head;               /* bytes of virtio header in front of a frame: none, or VIRTIO_LEN */
    struct copies copies;
    struct nap nap;
};

static struct tap *tap_of(struct rn_dev *dev)
{
    return (struct tap *)dev;
}

/* EBADFD is how the kernel says that the interface behind the descriptor was deleted. */
static int gone_with(int error)
{
    return error == EBADFD ? -ENODEV : -error;
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

/* That there is no more costs a system call to learn. */
static __attribute__((hot)) int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct tap *t = tap_of(dev);
    int n = 0;

    max = nap_over(&t->nap, max, now);
    copies_burst(&t->copies);
    while (n < max && !t->gone) {
        uint8_t *data = copies_next(&t->copies);
        ssize_t got = data ? read(dev->fd, data - t->head, copies_room(&t->copies) + t->head) : 0;

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            if (got < 0 && errno != EAGAIN)
                t->gone = gone_with(errno);
            break;
        }
        copies_lend(&t->copies, dev, &frames[n], (uint32_t)got - t->head, now);
        if (t->head)
            virtio_read(&frames[n]);
        n++;
    }
    return n ? n : t->gone;
}

static __attribute__((hot)) void release(struct rn_dev *dev, int n)
{
    copies_release(&tap_of(dev)->copies, n);
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static __attribute__((hot)) int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    (void)now;
    return copies_reserve(&tap_of(dev)->copies, slots, max);
}

static __attribute__((hot)) void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    copies_commit(&tap_of(dev)->copies, slots, n);
}

/* One frame to the kernel. False: it has no room for it now. Any other refusal (EIO: the interface is down)
 * drops the frame. */
static bool hand_over(struct tap *t, const struct rn_frame *frame)
{
    ssize_t put;

    if (t->head)
        virtio_write(frame, 0);
    do {
        put = write(t->dev.fd, frame->data - t->head, frame->len + t->head);
    } while (put < 0 && errno == EINTR);
    if (put == (ssize_t)(frame->len + t->head)) {
        t->dev.tx_frames++;
        t->dev.tx_bytes += frame->len;
        return true;
    }
    if (put < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM))
        return false;
    t->dev.tx_drops++;
    return true;
}

static __attribute__((hot)) rn_time push(struct rn_dev *dev, rn_time now)
{
    struct tap *t = tap_of(dev);

    for (const struct rn_frame *f; (f = copies_due(&t->copies)) != NULL; copies_done(&t->copies))
        if (!hand_over(t, f))
            return now + RETRY;
    return RN_FOREVER;
}

/* poll(2) tells of waiting frames and of room by itself; only our own free slots are ours to tell. */
static __attribute__((hot)) int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct tap *t = tap_of(dev);

    t->nap.armed = rx;
    return tx && copies_has_slot(&t->copies) ? -EAGAIN : 0;
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static void discard(struct tap *t)
{
    if (!t)
        return;
    if (t->dev.fd >= 0)
        close(t->dev.fd);
    copies_close(&t->copies);
    free(t);
}

static void shut(struct rn_dev *dev)
{
    discard(tap_of(dev));
}

#define OPS(name)                                                                                            \
    {                                                                                                        \
        .kind = (name), .burst = burst, .release = release, .reserve = reserve, .commit = commit,            \
        .sync = push, .arm = arm, .close = shut                                                              \
    }

static const struct rn_dev_ops tap_ops = OPS("tap"), tun_ops = OPS("tun");
static const struct flavour tap = {&tap_ops, IFF_TAP, RN_ETHERNET}, tun = {&tun_ops, IFF_TUN, RN_IP};

/* Why TUNSETIFF said no, and what helps. */
static int refused(const char *kind, const char *name, int error, char *err)
{
    switch (error) {
    case EPERM:
    case EACCES:
        return error_line(err, -EPERM,
                          "%s:%s: not permitted: run as root or give CAP_NET_ADMIN, or have root make it: "
                          "ip tuntap add mode %s user NAME name %s",
                          kind, name, kind, name);
    case EBUSY:
        return error_line(
            err, -EBUSY,
            "%s:%s: in use by another process: end it, or take another name (fuser /dev/net/tun "
            "shows who)",
            kind, name);
    case EINVAL:
        return error_line(
            err, -ENODEV,
            "%s:%s: there is an interface of that name that is not a %s, or one of several queues: take "
            "another name",
            kind, name, kind);
    default:
        return error_line(err, -error, "%s:%s: cannot make the interface: %s", kind, name, strerror(error));
    }
}

static int open_tun(const char *kind, const char *name, char *err)
{
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        return fd;
    if (errno == EPERM || errno == EACCES)
        return error_line(err, -EPERM, "%s:%s: no right to open /dev/net/tun: run as root, or chmod 666 it",
                          kind, name);
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        return error_line(err, -ENODEV,
                          "%s:%s: no /dev/net/tun here: modprobe tun, or in a container give it that device",
                          kind, name);
    return error_line(err, -errno, "%s:%s: cannot open /dev/net/tun: %s", kind, name, strerror(errno));
}

/* Switches the interface on with an mtu, and with its address as one that was set, which nobody chooses anew. 0 or a negative
 * errno. */
static int settle(int s, struct ifreq *request, uint32_t mtu)
{
    if (ioctl(s, SIOCSIFHWADDR, request) < 0)
        return -errno;
    request->ifr_mtu = (int)mtu;
    if (ioctl(s, SIOCSIFMTU, request) < 0)
        return -errno;
    request->ifr_flags = IFF_UP;
    return ioctl(s, SIOCSIFFLAGS, request) < 0 ? -errno : 0;
}

/* The kernel's own address on the link and the mtu, which is to be that (0: as it is). 0 or a negative errno. */
static int ask_interface(const char *name, uint8_t kernel_mac[6], uint32_t *mtu, uint32_t wanted)
{
    struct ifreq request = {0};
    int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

    if (s < 0)
        return -errno;
    memcpy(request.ifr_name, name, strlen(name));
    if (ioctl(s, SIOCGIFHWADDR, &request) < 0)
        error = -errno;
    memcpy(kernel_mac, request.ifr_hwaddr.sa_data, 6);
    if (!error && wanted)
        error = settle(s, &request, wanted);
    if (!error && ioctl(s, SIOCGIFMTU, &request) < 0)
        error = -errno;
    *mtu = (uint32_t)request.ifr_mtu;
    close(s);
    return error;
}

/* Our address: locally administered, made of the kernel's. So it is not the kernel's, differs between hosts,
 * and stays the same for as long as the interface lives: nobody's ARP cache is left with a dead one. */
static void derive_mac(uint8_t mac[6], const uint8_t kernel_mac[6])
{
    uint64_t state = 0, bits;

    for (int i = 0; i < 6; i++)
        state = state << 8 | kernel_mac[i];
    do {
        bits = random_split(&state);
        for (int i = 0; i < 6; i++)
            mac[i] = (uint8_t)(bits >> 8 * i);
        mac[0] = (uint8_t)((mac[0] & 0xfc) | 2);
    } while (memcmp(mac, kernel_mac, 6) == 0);
}

/* What the kernel is told of merged frames stays with the interface: so only one that goes with us is. */
static int attach(struct tap *t, const struct flavour *as, const char *name, char *err)
{
    const unsigned long offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
    bool made = !if_nametoindex(name);
    struct ifreq request = {0};

    request.ifr_flags = (short)(as->flag | IFF_NO_PI | (made ? IFF_VNET_HDR : 0));
    memcpy(request.ifr_name, name, strlen(name));
    if (ioctl(t->dev.fd, TUNSETIFF, &request) < 0)
        return refused(as->ops->kind, name, errno, err);
    if (!made)
        return 0;
    t->head = VIRTIO_LEN;
    t->dev.tx_csum = 1;
    ioctl(t->dev.fd, TUNSETOFFLOAD, offloads); /* where it is refused frames come whole */
    return 0;
}

/* Everything after the descriptor, which t owns already. mtu: 0: as it is. */
static int set_up(struct tap *t, const struct flavour *as, const char *name, uint32_t mtu, char *err)
{
    const char *kind = as->ops->kind;
    uint8_t kernel_mac[6];
    uint32_t longest;
    int error = attach(t, as, name, err);

    if (error < 0)
        return error;
    error = ask_interface(name, kernel_mac, &t->dev.mtu, mtu);
    if (error < 0)
        return error_line(err, error, "%s:%s: cannot %s its mtu and address: %s", kind, name, mtu ? "set" : "ask for",
                          strerror(-error));
    if (as->medium == RN_ETHERNET)
        derive_mac(t->dev.mac, kernel_mac);
    longest = t->dev.mtu + LINK_HEADER_MAX > FRAME_MIN ? t->dev.mtu + LINK_HEADER_MAX : FRAME_MIN;
    if (!copies_open(&t->copies, &t->dev, t->head ? LINK_HEADER_MAX + MERGED : longest, longest))
        return error_line(err, -ENOMEM, "%s:%s: no memory for %d buffers", kind, name, 2 * COPIES_SLOTS);
    t->dev.ops = as->ops;
    t->dev.medium = as->medium;
    return 0;
}

static int open_as(struct rn_dev **out, const struct flavour *as, const char *name, uint32_t mtu, char *err)
{
    const char *kind = as->ops->kind;
    struct tap *t;
    int error = interface_check(kind, name, err);

    if (error < 0)
        return error;
    t = calloc(1, sizeof *t);
    if (!t)
        return error_line(err, -ENOMEM, "%s:%s: no memory", kind, name);
    t->dev.fd = open_tun(kind, name, err);
    error = t->dev.fd < 0 ? t->dev.fd : set_up(t, as, name, mtu, err);
    if (error < 0) {
        discard(t);
        return error;
    }
    *out = &t->dev;
    return 0;
}

int tap_open(struct rn_dev **out, const char *name, char *err)
{
    return open_as(out, &tap, name, 0, err);
}

int tap_open_settled(struct rn_dev **out, const char *name, uint32_t mtu, char *err)
{
    return open_as(out, &tap, name, mtu, err);
}

int tap_open_tun(struct rn_dev **out, const char *name, char *err)
{
    return open_as(out, &tun, name, 0, err);
}

/* ---- asking beforehand --------------------------------------------------------------------------------- */

/* What opening would say. */
static void survey_as(const struct flavour *as, const struct interface *i, struct rn_way *way)
{
    const char *kind = as->ops->kind, *name = i->facts.name;
    bool ours = i->owned && i->owner == geteuid();
    int fd;

    if (i->facts.index && !(as->flag == IFF_TAP ? i->tap : i->tun)) {
        error_line(way->remedy, 0, "it is no %s", kind);
        return;
    }
    way->fit = RN_BLOCKED;
    fd = open_tun(kind, name, way->remedy);
    if (fd < 0)
        return;
    close(fd);
    if (i->taken)
        refused(kind, name, EBUSY, way->remedy);
    else if (i->multi_queue)
        refused(kind, name, EINVAL, way->remedy);
    else if (!ours && !interface_may(CAP_NET_ADMIN))
        refused(kind, name, EPERM, way->remedy);
    else
        way->fit = RN_WORKS;
    snprintf(way->mode, sizeof way->mode, "a system call a frame%s",
             i->facts.index ? "" : "; it is made, and goes again");
}

void tap_survey(const struct interface *i, struct rn_way *way)
{
    survey_as(&tap, i, way);
}

void tap_survey_tun(const struct interface *i, struct rn_way *way)
{
    survey_as(&tun, i, way);
}
