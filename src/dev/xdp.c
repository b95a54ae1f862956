/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card that the kernel drives and goes on using: we take our frames out of its receive queues, before the kernel has
 * made anything of them.
 *
 *      card -- redirect: ours? -- queue 0 .. n-1, each with its rings and buffers -- us
 *        |
 *        +---- the kernel: all else -- packet socket: what both need (broadcast, groups) -- us
 *
 * Frames are lent and sent where they lie in the queues' buffers; what comes by the packet socket is copied into one of
 * them. All is sent by the first queue. What the kernel at the other end of a software link left to a card of its own,
 * checksums, is known by half_sum.
 *
 * The interface may go down, or away, and come back: the packet socket tells, and all is opened anew on the interface of
 * that name. Whatever is set is set on descriptors, and ends with them. Made by rn_attach("xdp:NAME"); called by the
 * stack through rn_dev_ops.
 */
#include "xdp.h"

#include "error.h"
#include "packet_socket.h"

#include <errno.h>
#include <string.h>

#if __has_include(<xdp/xsk.h>)

#include "half_sum.h"
#include "kernel_neighbour.h"
#include "nap.h"
#include "ours.h"
#include "redirect.h"
#include "watch.h"
#include "xqueue.h"
#include "base/time.h"

#include <assert.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define AGAIN TIME_MS         /* what has not been sent yet is tried again so much later */

enum { QUEUES = 16, LENT = 4096, COMMON_EVERY = 32 };

/* What is lent, in the order in which it was. */
struct lent {
    uint32_t from, to; /* counters that wrap around at 2^32 */
    struct {
        uint16_t queue;
        uint32_t buffer;
    } at[LENT];
};

struct xdp {
    struct rn_dev dev;
    char name[IFNAMSIZ];
    int wanted;              /* the queue's number, -1: all */
    uint32_t first, count;   /* the queues that there are */
    uint32_t span;           /* pages of a frame, as when it was opened */
    struct xqueue *queues[QUEUES];
    uint32_t index;          /* of the interface; 0: none was joined */
    bool soft;               /* checksums may be half done */
    int map, link, common;   /* -1: none */
    uint32_t bursts, reserved;
    struct lent lent;
    struct nap nap;
    rn_time looked;
    struct ours ours;
};

static struct xdp *xdp_of(struct rn_dev *dev)
{
    return (struct xdp *)dev;
}

/* ---- what is ours -------------------------------------------------------------------------------------- */

/* Where the frames are taken out, and whether the card writes them to where we read them, as far as it does for all. */
static const char *mode(const struct xdp *x, bool native)
{
    for (uint32_t i = 0; i < x->count; i++)
        if (!xqueue_is_zero_copy(x->queues[i]))
            return native ? "native,copy" : "generic,copy";
    return native ? "native,zero-copy" : "generic,zero-copy";
}

/* Makes of the rules what they say. 0 or a negative errno. */
static int apply(struct xdp *x)
{
    static const uint32_t verdicts[] = {0, UINT32_MAX, 0};
    const struct steering s = ours_steering(&x->ours, &x->dev);
    int error = packet_socket_steer(x->common, x->index, &s, verdicts);
    bool native = false;

    for (uint32_t i = 0; !error && x->dev.busy_poll && i < x->count; i++)
        error = xqueue_busy_poll(x->queues[i]);
    if (error)
        return error;
    if (x->link >= 0)
        return redirect_change(x->link, x->map, &s);
    x->link = redirect_open(x->index, x->map, &s, &native);
    x->dev.mode = mode(x, native);
    return x->link < 0 ? x->link : 0;
}

static int steer(struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    struct xdp *x = xdp_of(dev);
    int error = ours_take(&x->ours, dev, rules, n);

    return error || dev->link == RN_LINK_GONE ? error : apply(x); /* else when it is joined again */
}

static int neighbour(struct rn_dev *dev, const uint8_t address[16], uint8_t mac[6])
{
    const struct xdp *x = xdp_of(dev);

    return kernel_neighbour_find(x->index, address, mac);
}

/* ---- the interface comes and goes ---------------------------------------------------------------------- */

static void leave(struct xdp *x)
{
    if (x->link >= 0)
        close(x->link);
    for (uint32_t i = 0; i < QUEUES; i++) {
        xqueue_close(x->queues[i]);
        x->queues[i] = NULL;
    }
    if (x->map >= 0)
        close(x->map);
    x->map = x->link = -1;
    x->index = x->count = 0;
}

static int join_queue(struct xdp *x, uint32_t i, char *err)
{
    const struct xqueue_how how = {.span = x->span, .asks_for_sums = x->soft};
    int error = xqueue_open(&x->queues[i], x->name, x->first + i, &how, err);

    if (error < 0)
        return error;
    error = redirect_put(x->map, x->first + i, xqueue_fd(x->queues[i]));
    if (!error)
        error = watch_fd(x->dev.fd, xqueue_fd(x->queues[i]), EPOLLIN);
    return error < 0 ? error_line(err, error, "xdp:%s: queue %u: %s", x->name, (unsigned)(x->first + i),
                                  strerror(-error))
                     : 0;
}

/* Opens the queues on the interface as it is now. 0, or a negative errno with a line; then it is as after leave. */
static int join(struct xdp *x, const struct rn_interface *card, char *err)
{
    uint32_t queues = card->rx_queues ? card->rx_queues : 1;
    int error = packet_socket_bind(x->common, card->index, ETH_P_ALL);

    x->soft = half_sum_may_be(card->driver); /* others were not tried with checksums left to them */
    x->first = x->wanted < 0 ? 0 : (uint32_t)x->wanted;
    x->count = x->wanted >= 0 ? 1 : queues < QUEUES ? queues : QUEUES;
    if (!error)
        error = x->map = redirect_map(x->first + x->count);
    if (error < 0)
        error_line(err, error, "xdp:%s: no map for its sockets: %s", x->name, strerror(-error));
    for (uint32_t i = 0; error >= 0 && i < x->count; i++) {
        error = join_queue(x, i, err);
        if (error == -ENODEV && i) { /* it could have so many, but has not */
            x->count = i;
            error = 0;
        }
    }
    if (error < 0) {
        leave(x);
        return error;
    }
    x->index = card->index;
    memcpy(x->ours.card_mac, card->mac, 6);
    return 0;
}

/* What the interface is now; one that was made again is joined, when nobody has a buffer of the one that was. */
static void look(struct xdp *x, rn_time now)
{
    struct interface i;

    x->looked = now;
    x->dev.link = RN_LINK_GONE;
    if (interface_look(x->name, &i) < 0 || !i.facts.index || !i.ethernet)
        return;
    if (i.facts.index != x->index) {
        if (x->lent.from != x->lent.to || x->reserved)
            return;
        leave(x);
        if (join(x, &i.facts, NULL) < 0)
            return;
        if (apply(x) < 0) {
            leave(x);
            return;
        }
    }
    x->dev.link = i.facts.up ? RN_LINK_UP : RN_LINK_DOWN;
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

static uint32_t lent_count(const struct xdp *x)
{
    return x->lent.to - x->lent.from;
}

static void note_lent(struct xdp *x, uint32_t queue, uint32_t buffer)
{
    uint32_t at = x->lent.to++ % LENT;

    x->lent.at[at].queue = (uint16_t)queue;
    x->lent.at[at].buffer = buffer;
}

/* A tag that the kernel took out stands beside the frame. */
static void take_tag(struct msghdr *m, struct rn_frame *f)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        struct tpacket_auxdata aux;

        if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
            continue;
        memcpy(&aux, CMSG_DATA(c), sizeof aux);
        if (aux.tp_status & TP_STATUS_VLAN_VALID) {
            f->flags |= RN_VLAN;
            f->vlan = aux.tp_vlan_tci;
        }
    }
}

/* One frame that the kernel sees as well, copied into a buffer. 1, or 0: there is none. */
static int take_common(struct xdp *x, struct rn_frame *f, rn_time now)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } beside;
    uint32_t buffer, room = 0;
    uint8_t *to = x->count && lent_count(x) < LENT ? xqueue_lend(x->queues[0], &buffer, &room) : NULL;
    struct iovec into = {to, room};
    struct msghdr m = {
        .msg_iov = &into, .msg_iovlen = 1, .msg_control = &beside, .msg_controllen = sizeof beside};
    ssize_t n;

    if (!to)
        return 0;
    n = recvmsg(x->common, &m, MSG_DONTWAIT | MSG_TRUNC);
    if (n <= 0 || n > (ssize_t)room) {
        x->dev.rx_drops += n > 0;
        xqueue_release(x->queues[0], buffer);
        if (n < 0 && errno != EAGAIN)
            look(x, now); /* that is how it tells that the interface is not what it was */
        return 0;
    }
    *f = (struct rn_frame){.data = to, .len = (uint32_t)n, .buffer = buffer, .stamp = now};
    take_tag(&m, f);
    note_lent(x, 0, buffer);
    x->dev.rx_frames++;
    x->dev.rx_bytes += (uint64_t)n;
    return 1;
}

static __attribute__((hot)) int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct xdp *x = xdp_of(dev);
    bool woken = x->nap.armed;
    int n = 0, limit = nap_over(&x->nap, max, now);

    for (uint32_t i = 0; i < x->count && n < limit; i++) {
        int room = limit - n < (int)(LENT - lent_count(x)) ? limit - n : (int)(LENT - lent_count(x));
        int got = xqueue_burst(x->queues[i], dev, &frames[n], room, now);

        for (int f = n; f < n + got; f++) {
            note_lent(x, i, frames[f].buffer);
            frames[f].region = (uint16_t)i;
            if (x->soft && half_sum_find(&frames[f]))
                dev->rx_half_sums++;
        }
        n += got;
    }
    /* A system call, which is not made while there is enough to do. */
    if (n < limit && (woken || n == 0 || x->bursts++ % COMMON_EVERY == 0))
        n += take_common(x, &frames[n], now);
    return n;
}

static __attribute__((hot)) void release(struct rn_dev *dev, int n)
{
    struct xdp *x = xdp_of(dev);

    assert(n >= 0 && (uint32_t)n <= lent_count(x));
    for (; n > 0; n--) {
        uint32_t at = x->lent.from++ % LENT;

        xqueue_release(x->queues[x->lent.at[at].queue], x->lent.at[at].buffer);
    }
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static __attribute__((hot)) int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    struct xdp *x = xdp_of(dev);
    int n = x->count ? xqueue_reserve(x->queues[0], slots, max) : 0;

    (void)now;
    x->reserved = (uint32_t)n;
    return n;
}

static __attribute__((hot)) void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    struct xdp *x = xdp_of(dev);

    if (x->count)
        xqueue_commit(x->queues[0], dev, slots, n);
    x->reserved = 0;
}

static __attribute__((hot)) rn_time push(struct rn_dev *dev, rn_time now)
{
    struct xdp *x = xdp_of(dev);
    rn_time next = RN_FOREVER;

    dev->resyncs = 0;
    for (uint32_t i = 0; i < x->count; i++) {
        if (xqueue_push(x->queues[i], dev, dev->link == RN_LINK_UP))
            next = now + AGAIN;
        dev->resyncs += xqueue_lies(x->queues[i]);
    }
    if (dev->link != RN_LINK_UP && now - x->looked >= INTERFACE_LOOK)
        look(x, now);
    if (dev->link != RN_LINK_UP && next > x->looked + INTERFACE_LOOK)
        next = x->looked + INTERFACE_LOOK;
    return next;
}

static __attribute__((hot)) int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct xdp *x = xdp_of(dev);

    x->nap.armed = rx;
    for (uint32_t i = 0; rx && i < x->count; i++)
        if (xqueue_has_frame(x->queues[i]))
            return -EAGAIN;
    return tx && x->count && xqueue_has_slot(x->queues[0]) ? -EAGAIN : 0;
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static void shut(struct rn_dev *dev)
{
    struct xdp *x = xdp_of(dev);

    ours_close(&x->ours);
    leave(x);
    if (x->common >= 0)
        close(x->common);
    if (x->dev.fd >= 0)
        close(x->dev.fd);
    free(x);
}

static const struct rn_dev_ops ops = {.kind = "xdp",
                                      .burst = burst,
                                      .release = release,
                                      .reserve = reserve,
                                      .commit = commit,
                                      .sync = push,
                                      .arm = arm,
                                      .steer = steer,
                                      .neighbour = neighbour,
                                      .close = shut};

/* The packet socket hears nothing before apply. */
static int open_common(struct xdp *x, char *err)
{
    static const uint32_t nothing[3];
    const struct steering all = {.all = true};
    int one = 1, error;

    x->common = packet_socket_open("xdp", x->name, err);
    if (x->common < 0)
        return x->common;
    error = packet_socket_filter(x->common, &all, nothing);
    if (!error && (setsockopt(x->common, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0 ||
                   setsockopt(x->common, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one) < 0))
        error = -errno;
    x->dev.fd = epoll_create1(EPOLL_CLOEXEC);
    if (!error && x->dev.fd < 0)
        error = -errno;
    if (!error)
        error = watch_fd(x->dev.fd, x->common, EPOLLIN);
    return error < 0 ? error_line(err, error, "xdp:%s: no packet socket beside it: %s", x->name, strerror(-error)) : 0;
}

int xdp_open(struct rn_dev **out, const char *name, int queue, char *err)
{
    struct interface i;
    struct xdp *x;
    int error = packet_socket_check("xdp", name, &i, err);

    if (error < 0)
        return error;
    if (queue >= 0 && i.facts.rx_queues && (uint32_t)queue >= i.facts.rx_queues)
        return error_line(err, -EINVAL, "xdp:%s-%d: %s has %u queues, from 0 up: try xdp:%s-0", name, queue, name,
                          (unsigned)i.facts.rx_queues, name);
    x = calloc(1, sizeof *x);
    if (!x)
        return error_line(err, -ENOMEM, "xdp:%s: no memory", name);
    memcpy(x->name, name, strlen(name));
    x->wanted = queue;
    x->map = x->link = x->common = x->dev.fd = -1;
    x->dev.ops = &ops;
    x->span = xqueue_spans(i.facts.mtu);
    x->dev.mtu = i.facts.mtu <= XQUEUE_MTU || x->span > 1 ? i.facts.mtu : XQUEUE_MTU;
    error = open_common(x, err);
    if (!error)
        error = join(x, &i.facts, err);
    if (error < 0) {
        shut(&x->dev);
        return error;
    }
    x->dev.medium = RN_ETHERNET;
    x->dev.link = i.facts.up ? RN_LINK_UP : RN_LINK_DOWN;
    x->dev.tx_csum = xqueue_fills_sums(x->queues[0]);
    x->dev.rx_slots = x->dev.tx_slots = xqueue_slots(x->queues[0]);
    memcpy(x->dev.mac, i.facts.mac, 6);
    *out = &x->dev;
    return 0;
}

/* ---- asking beforehand --------------------------------------------------------------------------------- */

void xdp_survey(const struct interface *i, struct rn_way *way)
{
    bool fits;
    int fd;

    if (packet_socket_judge("xdp", i, way->remedy) < 0)
        return;
    way->fit = RN_BLOCKED;
    if (!xqueue_can()) {
        error_line(way->remedy, 0, "xdp:%s: libxdp.so.1 is not there: apt install libxdp1", i->facts.name);
        return;
    }
    fd = redirect_map(1);
    if (fd < 0) {
        error_line(way->remedy, 0, "xdp:%s: no AF_XDP here (%s): it takes CAP_NET_ADMIN, CAP_BPF and Linux 5.11",
                   i->facts.name, strerror(-fd));
        return;
    }
    close(fd);
    fits = i->facts.mtu <= XQUEUE_MTU || xqueue_spans(i->facts.mtu) > 1;
    if (!fits || i->xdp) {
        error_line(way->remedy, 0,
                   i->xdp ? "xdp:%s: another program is attached to it: ip link set %s xdp off ends that"
                          : "xdp:%s: a frame of its MTU fits no buffer before Linux 6.6: ip link set %s mtu 3822",
                   i->facts.name, i->facts.name);
        return;
    }
    way->fit = RN_WORKS;
    if (half_sum_may_be(i->facts.driver)) {
        way->second = 1;
        error_line(way->remedy, 0, "between software and software packet does more, by merged frames");
    }
    snprintf(way->mode, sizeof way->mode, "AF_XDP, %u queue%s", (unsigned)i->facts.rx_queues,
             i->facts.rx_queues == 1 ? "" : "s");
}

#else

int xdp_open(struct rn_dev **out, const char *name, int queue, char *err)
{
    (void)queue;
    *out = NULL;
    return error_line(err, -ENOSYS, "xdp:%s: built without libxdp: apt install libxdp-dev, make clean, make", name);
}

void xdp_survey(const struct interface *i, struct rn_way *way)
{
    if (packet_socket_judge("xdp", i, way->remedy) < 0)
        return;
    way->fit = RN_BLOCKED;
    error_line(way->remedy, 0, "xdp:%s: built without libxdp: apt install libxdp-dev, make clean, make", i->facts.name);
}

#endif
