/* SPDX-License-Identifier: BSD-2-Clause
 *
 * netmap's rings as a device. Frames are lent and sent where they lie in the rings' buffers; one that came in several
 * is copied together. All is sent by the first ring.
 *
 *      card rx --+-- ours: lent ------------- us ---- card tx
 *                |                                       |
 *                +-- the kernel's: swapped -- host tx    host rx -- swapped --+
 *
 * With the kernel's rings (netmap:eth0*) the kernel keeps its network: what steering leaves to it, and what it sends, is
 * handed over by exchanging buffers; what both need is copied. Without them it is cut off the card while we have it.
 *
 * A ring that the module has set back, or that says what cannot be, is taken anew as it stands and counted
 * (rn_dev.resyncs). An interface that has gone is looked for, and joined again. Made by rn_attach("netmap:NAME"); called
 * by the stack through rn_dev_ops.
 */
#include "netmap.h"

#include "base/time.h"
#include "error.h"
#include "half_sum.h"
#include "kernel_neighbour.h"
#include "nap.h"
#include "netmap_host.h"
#include "netmap_port.h"
#include "news.h"
#include "watch.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGAIN TIME_MS         /* what has not been sent yet is tried again so much later */

enum { LENT = 4096, JOINED = 32, JOINED_BYTES = 16384, MTU = 1500, OVERHEAD = 18 /* Ethernet and a tag */ };

/* What is lent, in the order in which it was. */
struct lent {
    uint32_t from, to; /* counters that wrap around at 2^32 */
    struct {
        struct nring *ring;
        uint32_t end, epoch; /* the ring's head is then there, if it has not been taken anew since */
        bool joined;
    } at[LENT];
};

struct netmap {
    struct rn_dev dev;
    struct netmap_name name;
    const struct netmap_calls *calls;
    struct netmap_port port;
    struct netmap_host host;
    uint32_t index; /* of the interface; 0: it has none */
    bool wants_slots;
    int news;       /* -1: none */
    uint32_t reserved;
    struct lent lent;
    uint32_t joined_from, joined_to;
    uint8_t *joined; /* JOINED times JOINED_BYTES */
    struct nap nap;
    rn_time looked;
};

static struct netmap *netmap_of(struct rn_dev *dev)
{
    return (struct netmap *)dev;
}

static struct nring *tx_ring(struct netmap *m)
{
    return m->port.tx_rings ? &m->port.tx[0] : m->port.host_tx_rings ? &m->port.host_tx[0] : NULL;
}

static uint32_t lent_count(const struct netmap *m)
{
    return m->lent.to - m->lent.from;
}

/* ---- the interface comes and goes ---------------------------------------------------------------------- */

static void leave(struct netmap *m)
{
    if (m->port.fd >= 0)
        epoll_ctl(m->dev.fd, EPOLL_CTL_DEL, m->port.fd, NULL);
    netmap_port_close(&m->port);
    m->lent.from = m->lent.to;
    m->joined_from = m->joined_to;
    m->reserved = 0;
    m->dev.link = RN_LINK_GONE;
}

/* What the port has as its interface, in *i: facts.index is 0 if it has none. 0, or a negative errno with a line. */
static int join(struct netmap *m, struct interface *i, char *err)
{
    int error = netmap_port_open(&m->port, &m->name, m->calls, err);

    if (error < 0)
        return error;
    m->wants_slots = false;
    watch_fd(m->dev.fd, m->port.fd, EPOLLIN);
    if (!*m->name.base || m->name.pipe || interface_look(m->name.base, i) < 0)
        i->facts.index = 0;
    m->index = i->facts.index;
    m->dev.link = m->index && !i->facts.up ? RN_LINK_DOWN : RN_LINK_UP;
    if (m->index) {
        m->host.soft = half_sum_may_be(i->facts.driver);
        memcpy(m->host.ours.card_mac, i->facts.mac, 6);
    }
    return 0;
}

/* What the interface is now; one that has gone is left, one that was made again joined, when nobody has a buffer of
 * it. */
static void look(struct netmap *m, rn_time now)
{
    struct interface i;

    m->looked = now;
    if (m->dev.link != RN_LINK_GONE && !m->index)
        return; /* there is none */
    if (*m->name.base && (interface_look(m->name.base, &i) < 0 || i.facts.index != m->index || !m->index))
        m->dev.link = RN_LINK_GONE;
    if (m->dev.link != RN_LINK_GONE) {
        m->dev.link = i.facts.up ? RN_LINK_UP : RN_LINK_DOWN;
        return;
    }
    if (lent_count(m) || m->reserved)
        return;
    leave(m);
    join(m, &i, NULL);
}

/* A sync, after which each ring may have been set back. */
static void sync_rings(struct netmap *m, unsigned long which, rn_time now)
{
    struct netmap_port *p = &m->port;
    bool tx = which == NIOCTXSYNC;
    int error = netmap_port_sync(p, which);

    for (uint32_t i = 0; !error && i < (tx ? p->tx_rings : p->rx_rings); i++)
        nring_resync(tx ? &p->tx[i] : &p->rx[i], &m->dev.resyncs);
    for (uint32_t i = 0; !error && i < (tx ? p->host_tx_rings : p->host_rx_rings); i++)
        nring_resync(tx ? &p->host_tx[i] : &p->host_rx[i], &m->dev.resyncs);
    if (error < 0 && error != -EINTR && error != -EAGAIN) {
        m->dev.link = RN_LINK_GONE;
        look(m, now);
    }
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

/* The kernel gets every slot up to next, if nobody has a frame of them. */
static void tell_all(struct nring *r)
{
    if (!r->lent && r->head != r->next)
        nring_tell(r, r->next);
}

static uint8_t *joined_next(const struct netmap *m)
{
    return m->joined + (size_t)(m->joined_to % JOINED) * JOINED_BYTES;
}

/* Lends the frame at next. */
static void lend(struct netmap *m, struct nring *r, uint32_t slots, struct rn_frame *f)
{
    uint32_t at = m->lent.to++ % LENT;

    m->lent.at[at].ring = r;
    m->lent.at[at].end = r->next = nring_after(r, r->next, slots);
    m->lent.at[at].epoch = r->epoch;
    m->lent.at[at].joined = slots > 1;
    r->lent++;
    m->joined_to += slots > 1;
    m->dev.rx_frames++;
    m->dev.rx_bytes += f->len;
    if (m->host.soft && half_sum_find(f))
        m->dev.rx_half_sums++;
}

/* One frame that is not lent. */
static void skip(struct nring *r, uint32_t slots)
{
    r->next = nring_after(r, r->next, slots);
    tell_all(r);
}

/* Lends up to max frames of a ring. */
static int take(struct netmap *m, struct nring *r, struct rn_frame *frames, int max, rn_time now)
{
    uint32_t ready = nring_ready(r, &m->dev.resyncs), bytes, slots;
    bool both = m->port.rx_rings && m->port.host_tx_rings; /* the kernel's network is ours to serve */
    int n = 0;

    while (n < max && ready && lent_count(m) < LENT && m->joined_to - m->joined_from < JOINED) {
        struct rn_frame *f = &frames[n];

        slots = nring_frame(r, ready, &bytes);
        if (!slots && ready + 1 < r->slots)
            break;
        if (!slots) /* a frame that is longer than the ring has no end */
            slots = ready, bytes = UINT32_MAX;
        ready -= slots;
        *f = (struct rn_frame){.data = netmap_port_whole(&m->port, r, slots, bytes, joined_next(m), JOINED_BYTES),
                               .len = bytes,
                               .buffer = nring_slot(r, 0)->buf_idx,
                               .stamp = now};
        if (!f->data || !bytes) {
            m->dev.resyncs++;
            m->dev.rx_drops++;
            skip(r, slots);
        } else if (both && slots == 1 && netmap_host_takes(&m->host, &m->port, r, f, &m->dev.resyncs)) {
            skip(r, slots);
        } else {
            lend(m, r, slots, f);
            n++;
        }
    }
    return n;
}

static int take_all(struct netmap *m, struct rn_frame *frames, int max, rn_time now)
{
    struct netmap_port *p = &m->port;
    int n = 0;

    for (uint32_t i = 0; i < p->rx_rings && n < max; i++)
        n += take(m, &p->rx[i], frames + n, max - n, now);
    if (p->rx_rings && p->host_rx_rings && !m->reserved)
        netmap_host_sends(&m->host, p, &m->dev.resyncs);
    else if (!p->rx_rings) /* the kernel's rings alone are ours: we are its wire */
        for (uint32_t i = 0; i < p->host_rx_rings && n < max; i++)
            n += take(m, &p->host_rx[i], frames + n, max - n, now);
    return n;
}

static __attribute__((hot)) int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct netmap *m = netmap_of(dev);
    int n, limit = nap_over(&m->nap, max, now);

    if (m->port.fd < 0)
        return 0;
    n = take_all(m, frames, limit, now);
    if (n == 0) { /* one system call for all that has come since the last */
        sync_rings(m, NIOCRXSYNC, now);
        n = take_all(m, frames, limit, now);
    }
    return n;
}

static __attribute__((hot)) void release(struct rn_dev *dev, int n)
{
    struct netmap *m = netmap_of(dev);

    assert(n >= 0 && (uint32_t)n <= lent_count(m));
    for (; n > 0; n--) {
        uint32_t at = m->lent.from++ % LENT;
        struct nring *r = m->lent.at[at].ring;

        m->joined_from += m->lent.at[at].joined;
        if (m->lent.at[at].epoch != r->epoch)
            continue;
        r->lent--;
        nring_tell(r, r->lent ? m->lent.at[at].end : r->next); /* with what was not lent behind it */
    }
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static __attribute__((hot)) int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    struct netmap *m = netmap_of(dev);
    struct nring *r = tx_ring(m);
    uint32_t ready = r ? nring_ready(r, &dev->resyncs) : 0;
    int n = 0;

    (void)now;
    for (; n < max && (uint32_t)n < ready; n++) {
        uint32_t number = nring_slot(r, (uint32_t)n)->buf_idx;
        uint8_t *data = netmap_port_buffer(&m->port, r, number);

        if (!data) {
            dev->resyncs += n == 0;
            break;
        }
        slots[n] = (struct rn_frame){.data = data, .room = m->port.buffer_bytes, .buffer = number};
    }
    m->reserved = (uint32_t)n;
    return n;
}

static __attribute__((hot)) void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    struct netmap *m = netmap_of(dev);
    struct nring *r = tx_ring(m);

    for (int i = 0; i < n && r; i++) {
        struct netmap_slot *s = nring_slot(r, 0);
        const uint8_t *begin = netmap_port_buffer(&m->port, r, slots[i].buffer);

        s->ptr = begin ? (uint64_t)(slots[i].data - begin) : 0; /* until it is handed over */
        s->len = (uint16_t)slots[i].len;
        s->flags = 0;
        r->next = nring_after(r, r->next, 1);
        dev->tx_frames++;
        dev->tx_bytes += slots[i].len;
    }
    m->reserved = 0;
}

/* Hands a ring's committed slots to the kernel. True: there were some. A frame goes from the beginning of its buffer. */
static bool hand_over(struct netmap_port *p, struct nring *r)
{
    if (r->next == r->head)
        return false;
    for (uint32_t at = r->head; at != r->next; at = nring_after(r, at, 1)) {
        struct netmap_slot *s = &r->ring->slot[at];
        uint8_t *buffer = s->ptr ? netmap_port_buffer(p, r, s->buf_idx) : NULL;
        uint64_t from = s->ptr;

        if (buffer && from < p->buffer_bytes && s->len <= p->buffer_bytes - from)
            memmove(buffer, buffer + from, s->len);
        s->ptr = 0;
    }
    nring_tell(r, r->next);
    return true;
}

static __attribute__((hot)) rn_time push(struct rn_dev *dev, rn_time now)
{
    struct netmap *m = netmap_of(dev);
    struct netmap_port *p = &m->port;
    struct nring *r = tx_ring(m);
    uint64_t before = dev->resyncs;
    uint32_t pending = r ? nring_distance(r, r->head, r->next) : 0;
    bool some = false;

    if (dev->link != RN_LINK_UP && now - m->looked >= INTERFACE_LOOK)
        look(m, now);
    for (uint32_t i = 0; i < p->tx_rings; i++)
        some = hand_over(p, &p->tx[i]) || some;
    for (uint32_t i = 0; i < p->host_tx_rings; i++)
        some = hand_over(p, &p->host_tx[i]) || some;
    if (p->fd >= 0 && (some || (r && nring_ready(r, &dev->resyncs) == 0)))
        sync_rings(m, NIOCTXSYNC, now);
    if (dev->resyncs != before)
        dev->tx_drops += pending;
    if (dev->link != RN_LINK_UP)
        return m->looked + INTERFACE_LOOK;
    return netmap_host_waits(p) ? now + AGAIN : RN_FOREVER;
}

/* Slots were given back since the last sync, which tells the kernel. */
static bool owes(const struct netmap_port *p)
{
    for (uint32_t i = 0; i < p->rx_rings; i++)
        if (p->rx[i].head != p->rx[i].synced)
            return true;
    for (uint32_t i = 0; i < p->host_rx_rings; i++)
        if (p->host_rx[i].head != p->host_rx[i].synced)
            return true;
    return false;
}

static __attribute__((hot)) int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct netmap *m = netmap_of(dev);
    struct nring *r = tx_ring(m);
    bool slots = r && nring_ready(r, &dev->resyncs) > 0;

    m->nap.armed = rx;
    if (m->port.fd < 0)
        return 0;
    if (news_came(m->news)) {
        look(m, m->looked);
        return -EAGAIN; /* to tell of it */
    }
    if (rx && owes(&m->port)) /* a card whose ring is full has nothing to wake us for */
        sync_rings(m, NIOCRXSYNC, m->looked);
    if (m->port.fd < 0)
        return -EAGAIN; /* to look for it again */
    for (uint32_t i = 0; rx && i < m->port.rx_rings; i++)
        if (nring_ready(&m->port.rx[i], &dev->resyncs))
            return -EAGAIN;
    for (uint32_t i = 0; rx && i < m->port.host_rx_rings; i++)
        if (nring_ready(&m->port.host_rx[i], &dev->resyncs) && (slots || !m->port.rx_rings))
            return -EAGAIN;
    if (tx != m->wants_slots && !slots) {
        watch_fd(m->dev.fd, m->port.fd, tx ? EPOLLIN | EPOLLOUT : EPOLLIN);
        m->wants_slots = tx;
    }
    return tx && slots ? -EAGAIN : 0;
}

/* ---- what is ours -------------------------------------------------------------------------------------- */

static int steer(struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    struct netmap *m = netmap_of(dev);

    if (m->port.rx_rings && m->port.host_tx_rings)
        return netmap_host_steer(&m->host, dev, rules, n);
    return dev->shared ? -EOPNOTSUPP : 0; /* the kernel has no part of the port */
}

static int neighbour(struct rn_dev *dev, const uint8_t address[16], uint8_t mac[6])
{
    const struct netmap *m = netmap_of(dev);

    return kernel_neighbour_find(m->index, address, mac);
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static void shut(struct rn_dev *dev)
{
    struct netmap *m = netmap_of(dev);

    netmap_host_close(&m->host);
    leave(m);
    if (m->news >= 0)
        close(m->news);
    if (dev->fd >= 0)
        close(dev->fd);
    free(m->joined);
    free(m);
}

static const struct rn_dev_ops ops = {.kind = "netmap",
                                      .burst = burst,
                                      .release = release,
                                      .reserve = reserve,
                                      .commit = commit,
                                      .sync = push,
                                      .arm = arm,
                                      .steer = steer,
                                      .neighbour = neighbour,
                                      .close = shut};

/* What the device is, once the port is there. */
static void describe(struct netmap *m, const struct interface *i)
{
    struct rn_dev *d = &m->dev;
    uint32_t most = m->port.buffer_bytes - OVERHEAD;
    struct nring *r = tx_ring(m);

    d->medium = RN_ETHERNET;
    d->mtu = most < MTU ? most : MTU;
    d->tx_slots = r ? r->slots - 1 : 0;
    for (uint32_t n = 0; n < m->port.rx_rings; n++)
        d->rx_slots += m->port.rx[n].slots - 1;
    if (!m->port.rx_rings)
        for (uint32_t n = 0; n < m->port.host_rx_rings; n++)
            d->rx_slots += m->port.host_rx[n].slots - 1;
    if (d->rx_slots > LENT)
        d->rx_slots = LENT;
    netmap_name_mac(d->mac, &m->name);
    if (m->index) {
        memcpy(d->mac, i->facts.mac, 6);
        d->mtu = i->facts.mtu < most ? i->facts.mtu : most;
    }
}

int netmap_open_with(struct rn_dev **out, const char *name, const struct netmap_calls *calls, char *err)
{
    struct netmap_name n;
    struct interface i;
    struct netmap *m;
    int error = netmap_name_read(&n, name, err);

    if (error < 0)
        return error;
    m = calloc(1, sizeof *m);
    if (!m)
        return error_line(err, -ENOMEM, "netmap:%s: no memory", name);
    m->name = n;
    m->calls = calls;
    m->port.fd = m->news = -1;
    m->dev.ops = &ops;
    m->joined = malloc((size_t)JOINED * JOINED_BYTES);
    m->dev.fd = epoll_create1(EPOLL_CLOEXEC);
    if (!m->joined || m->dev.fd < 0)
        error = error_line(err, m->joined ? -errno : -ENOMEM, "netmap:%s: no memory or descriptors", name);
    if (!error)
        error = join(m, &i, err);
    if (error < 0) {
        shut(&m->dev);
        return error;
    }
    m->news = news_open(m->dev.fd, false);
    describe(m, &i);
    *out = &m->dev;
    return 0;
}

int netmap_open(struct rn_dev **out, const char *name, char *err)
{
    return netmap_open_with(out, name, &netmap_port_system, err);
}

/* ---- asking beforehand --------------------------------------------------------------------------------- */

void netmap_survey(const struct interface *i, struct rn_way *way)
{
    int fd;

    if (!i->facts.index || !i->ethernet) {
        error_line(way->remedy, 0, "it is no card");
        return;
    }
    fd = netmap_port_system.open("/dev/netmap", O_RDWR);
    if (fd < 0) {
        error_line(way->remedy, 0, errno == EACCES ? "/dev/netmap: no rights to it" : "its module is not loaded");
        return;
    }
    netmap_port_system.close(fd);
    way->fit = RN_WORKS;
    snprintf(way->mode, sizeof way->mode, "netmap's rings, %u of them, and the kernel's",
             (unsigned)i->facts.rx_queues);
}
