/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel does not hear what we send by its own card, nor we what it sends there. So its programs get a link of their
 * own: a tap, over which the kernel has a way to each of our addresses.
 *
 *      the network ------------- card ---+
 *                                        +--- the stack: one device, one link address
 *      this machine's programs -- tap ---+
 *
 * What comes is lent as it comes, and it is noted by whom. What is sent to the tap's other end is copied to it, and
 * the frames behind move up in the card's slots, over what was copied: so who keeps a record of the card does it below
 * us; what is for everybody goes by both. Looking at the tap is a system call: it is made when a sleep has ended and not
 * by the card, and now and then while there is no sleep. Both tap and ways end with the process. Made by
 * rn_attach; called by the stack through rn_dev_ops.
 */
#include "companion.h"

#include "error.h"
#include "hostroute.h"
#include "interface.h"
#include "news.h"
#include "offload.h"
#include "tap.h"
#include "watch.h"
#include "wire/addr.h"

#include <assert.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES = 64, WAYS = 64, EVERY = 32 };

/* The kernel's to an address of ours, and the address that its programs have then (0: any); network order. */
struct way {
    uint32_t host, from;
};

/* A slot as the card lent it. */
struct slot {
    uint8_t *data;
    uint32_t room, buffer;
    uint16_t region;
};

struct companion {
    struct rn_dev dev;
    struct rn_dev_ops ops;         /* of the card's kind */
    struct rn_dev *card, *local;
    uint8_t mac[6];                /* of local's other end */
    char ifname[RN_IFNAME];        /* the card's */
    uint32_t index;                /* the tap's, 0: there is none */
    struct way ways[WAYS];
    uint32_t way_count;
    bool alive;                    /* local is there */
    int both, news;                /* local's descriptor and news in one set, -1: there is none */
    uint64_t tx_frames, tx_bytes, tx_drops; /* by local alone */
    uint64_t pending, pending_bytes;        /* of them since the last sync */
    uint32_t bursts;
    rn_time now;                   /* of the reservation */
    bool armed;
    uint32_t from, to, order_size; /* counters that wrap around at 2^32 */
    uint8_t *order;                /* of what is lent, 1: by local */
    struct slot *slots;            /* of the reservation */
    struct rn_frame *moved;
};

static struct companion *companion_of(struct rn_dev *dev)
{
    return (struct companion *)dev;
}

/* The device is the card to whoever looks at it. */
static void look_like_card(struct companion *c)
{
    const struct rn_dev_ops *ops = c->dev.ops;

    c->dev = *c->card;
    c->dev.ops = ops;
    c->dev.beside = c->both > 0 ? c->both : 0;
    c->dev.rx_frames += c->local->rx_frames;
    c->dev.rx_bytes += c->local->rx_bytes;
    c->dev.rx_drops += c->local->rx_drops;
    c->dev.tx_frames += c->tx_frames;
    c->dev.tx_bytes += c->tx_bytes;
    c->dev.tx_drops += c->tx_drops;
}

/* ---- the kernel's ways to us --------------------------------------------------------------------------- */

/* It is the card's; an address may have a label behind the interface's name. */
static bool is_of_card(const struct companion *c, const struct ifaddrs *i)
{
    size_t len = strlen(c->ifname);

    return i->ifa_addr && i->ifa_netmask && i->ifa_addr->sa_family == AF_INET &&
           strncmp(i->ifa_name, c->ifname, len) == 0 && (!i->ifa_name[len] || i->ifa_name[len] == ':');
}

static uint32_t read4(const struct sockaddr *a)
{
    return ((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr;
}

/* The kernel's own address in the network that the host is in by the card; 0: it has none. */
static uint32_t address_towards(const struct companion *c, const struct ifaddrs *all, uint32_t host)
{
    for (const struct ifaddrs *i = all; i; i = i->ifa_next)
        if (is_of_card(c, i) && read4(i->ifa_addr) != host &&
            ((read4(i->ifa_addr) ^ host) & read4(i->ifa_netmask)) == 0)
            return read4(i->ifa_addr);
    return 0;
}

static void lead_no_more(struct companion *c)
{
    for (uint32_t i = 0; i < c->way_count; i++)
        hostroute_drop(c->index, c->ways[i].host);
    c->way_count = 0;
}

/* Each way as it should be now: one that is there stays, also where it is somebody else's. */
static void lead(struct companion *c)
{
    struct ifaddrs *all = NULL;

    if (getifaddrs(&all) < 0)
        return;
    for (uint32_t i = 0; i < c->way_count; i++) {
        struct way *w = &c->ways[i];
        uint32_t from = address_towards(c, all, w->host);

        if (from != w->from)
            hostroute_drop(c->index, w->host);
        hostroute_add(c->index, w->host, from);
        w->from = from;
    }
    freeifaddrs(all);
}

/* The kernel's ways are those to the hosts that the rules name. */
static void lead_to(struct companion *c, const struct rn_steer *rules, int n)
{
    lead_no_more(c);
    for (int i = 0; i < n && c->way_count < WAYS; i++) {
        struct way w = {0};

        memcpy(&w.host, rules[i].address + 12, sizeof w.host);
        if (addr_holds4(rules[i].address) && w.host && rules[i].take && !rules[i].protocol)
            c->ways[c->way_count++] = w;
    }
    lead(c);
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

static void note(struct companion *c, int n, bool local)
{
    for (; n > 0; n--)
        c->order[c->to++ % c->order_size] = local;
}

/* What the tap has. Its other end is whoever that comes from. One that somebody has deleted is not missed. */
static int take_local(struct companion *c, struct rn_frame *frames, int max, rn_time now)
{
    int n = c->alive ? c->local->ops->burst(c->local, frames, max, now) : 0;

    if (n < 0) {
        c->alive = false;
        if (c->both >= 0)
            epoll_ctl(c->both, EPOLL_CTL_DEL, c->local->fd, NULL);
        return 0;
    }
    if (n > 0 && frames[n - 1].len >= 2 * sizeof c->mac)
        memcpy(c->mac, frames[n - 1].data + sizeof c->mac, sizeof c->mac);
    note(c, n, true);
    return n;
}

static __attribute__((hot)) int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct companion *c = companion_of(dev);
    int room = (int)(dev->rx_slots - (c->to - c->from)), n = 0, got;
    bool turn = c->bursts++ % EVERY == 0, woken = c->armed;

    c->armed = false;
    max = max < room ? max : room;
    if (turn)
        n = take_local(c, frames, max, now);
    got = c->card->ops->burst(c->card, frames + n, max - n, now);
    note(c, got, false);
    if (woken && got == 0 && !turn) {
        n = take_local(c, frames, max, now);
        if (news_came(c->news))
            lead(c);
    }
    look_like_card(c);
    return got < 0 && n == 0 ? got : got < 0 ? n : n + got;
}

static __attribute__((hot)) void release(struct rn_dev *dev, int n)
{
    struct companion *c = companion_of(dev);

    assert(n >= 0 && (uint32_t)n <= c->to - c->from);
    while (n > 0) {
        bool local = c->order[c->from % c->order_size];
        int run = 0;

        for (; n > 0 && c->order[c->from % c->order_size] == local; run++, n--)
            c->from++;
        if (local)
            c->local->ops->release(c->local, run);
        else
            c->card->ops->release(c->card, run);
    }
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static __attribute__((hot)) int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    struct companion *c = companion_of(dev);
    int n = c->card->ops->reserve(c->card, slots, max, now);

    c->now = now;
    for (int i = 0; i < n; i++)
        c->slots[i] = (struct slot){slots[i].data, slots[i].room, slots[i].buffer, slots[i].region};
    return n;
}

/* Copies a frame to the companion. False: it has no room. */
static bool copy(struct companion *c, const struct rn_frame *f)
{
    struct rn_dev *d = c->local;
    struct rn_frame to;
    int n = c->alive ? d->ops->reserve(d, &to, 1, c->now) : 0;

    if (c->alive && n == 0) { /* what it has may go by now */
        d->ops->commit(d, NULL, 0);
        d->ops->sync(d, c->now);
        n = d->ops->reserve(d, &to, 1, c->now);
    }
    if (n == 0 || f->len > to.room) {
        if (c->alive)
            d->ops->commit(d, NULL, 0);
        return false;
    }
    memcpy(to.data, f->data, f->len);
    to.len = f->len;
    to.flags = f->flags;
    to.vlan = f->vlan;
    to.gso_size = f->gso_size;
    to.csum_start = f->csum_start;
    to.csum_offset = f->csum_offset;
    if (to.flags & RN_CSUM_PARTIAL && !d->tx_csum)
        offload_checksum(&to);
    d->ops->commit(d, &to, 1);
    return true;
}

static bool is_local(const struct companion *c, const struct rn_frame *f)
{
    return f->len >= sizeof c->mac && memcmp(f->data, c->mac, sizeof c->mac) == 0;
}

/* Copies what is local, and says how many frames stand in front of the first that is so alone; n: none is. */
static __attribute__((hot)) int copy_local(struct companion *c, const struct rn_frame *slots, int n)
{
    int first = n;

    for (int i = 0; i < n; i++) {
        if (slots[i].data[0] & 1) {
            copy(c, &slots[i]);
        } else if (is_local(c, &slots[i])) {
            bool went = copy(c, &slots[i]);

            c->pending += went;
            c->pending_bytes += went ? slots[i].len : 0;
            c->tx_drops += !went;
            first = i < first ? i : first;
        }
    }
    return first;
}

static __attribute__((hot)) void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    struct companion *c = companion_of(dev);
    int kept = copy_local(c, slots, n);

    if (kept == n) {
        c->card->ops->commit(c->card, slots, n);
        return;
    }
    memcpy(c->moved, slots, (size_t)kept * sizeof *slots);
    for (int i = kept; i < n; i++) {
        struct rn_frame *to = &c->moved[kept];
        const struct slot *s = &c->slots[kept];

        if (is_local(c, &slots[i]))
            continue;
        *to = slots[i];
        to->data = s->data;
        to->buffer = s->buffer;
        to->region = s->region;
        assert(to->len <= s->room);
        memcpy(to->data, slots[i].data, to->len);
        kept++;
    }
    c->card->ops->commit(c->card, c->moved, kept);
}

static __attribute__((hot)) int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct companion *c = companion_of(dev);
    int card = c->card->ops->arm(c->card, rx, tx);
    int local = c->alive ? c->local->ops->arm(c->local, rx, false) : 0;

    c->armed = rx;
    return card ? card : local;
}

static int steer(struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    struct companion *c = companion_of(dev);
    int error = c->card->ops->steer ? c->card->ops->steer(c->card, rules, n) : 0;

    if ((!error || error == -EOPNOTSUPP) && c->index) /* -EOPNOTSUPP: the kernel sees as well what is ours */
        lead_to(c, rules, n);
    return error;
}

/* Local's own frames are counted as sent, but for those that its link has refused, as far as they can be told from copies
 * of what is for everybody. */
static rn_time push_local(struct companion *c, rn_time now)
{
    uint64_t before = c->local->tx_drops, lost;
    rn_time next = c->alive ? c->local->ops->sync(c->local, now) : RN_FOREVER;

    lost = c->local->tx_drops - before;
    lost = lost < c->pending ? lost : c->pending;
    c->tx_drops += lost;
    c->tx_frames += c->pending - lost;
    c->tx_bytes += lost ? 0 : c->pending_bytes;
    c->pending = c->pending_bytes = 0;
    return next;
}

static __attribute__((hot)) rn_time push(struct rn_dev *dev, rn_time now)
{
    struct companion *c = companion_of(dev);
    rn_time card = c->card->ops->sync(c->card, now), local = push_local(c, now);

    look_like_card(c);
    return card < local ? card : local;
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static void discard(struct companion *c)
{
    if (!c)
        return;
    if (c->news >= 0)
        close(c->news);
    if (c->both >= 0)
        close(c->both);
    free(c->order);
    free(c->slots);
    free(c->moved);
    free(c);
}

static void shut(struct rn_dev *dev)
{
    struct companion *c = companion_of(dev);

    c->local->ops->close(c->local);
    c->card->ops->close(c->card);
    discard(c);
}

static const struct rn_dev_ops like = {.burst = burst,
                                       .release = release,
                                       .reserve = reserve,
                                       .commit = commit,
                                       .sync = push,
                                       .arm = arm,
                                       .steer = steer,
                                       .close = shut};

static uint32_t power_of_two(uint32_t least)
{
    uint32_t n = 1;

    while (n < least)
        n *= 2;
    return n;
}

int companion_join(struct rn_dev **out, struct rn_dev *card, struct rn_dev *local, const uint8_t mac[6])
{
    struct companion *c = calloc(1, sizeof *c);

    if (!c)
        return -ENOMEM;
    c->both = c->news = -1;
    c->alive = true;
    c->order_size = power_of_two(card->rx_slots + local->rx_slots);
    c->order = malloc(c->order_size);
    c->slots = calloc(card->tx_slots, sizeof *c->slots);
    c->moved = calloc(card->tx_slots, sizeof *c->moved);
    if (!c->order || !c->slots || !c->moved) {
        discard(c);
        return -ENOMEM;
    }
    c->ops = like;
    c->ops.kind = card->ops->kind;
    c->dev.ops = &c->ops;
    c->card = card;
    c->local = local;
    memcpy(c->mac, mac, sizeof c->mac);
    look_like_card(c);
    *out = &c->dev;
    return 0;
}

/* A tap of the first name that is free. 0 or a negative errno with a line. */
static int open_tap(struct rn_dev **tap, char name[RN_IFNAME], uint32_t mtu, char *err)
{
    int error = -EBUSY;

    for (int i = 0; error == -EBUSY && i < NAMES; i++) {
        snprintf(name, RN_IFNAME, "rn%d", i);
        if (!if_nametoindex(name))
            error = tap_open_settled(tap, name, mtu, err);
    }
    return error == -EBUSY ? error_line(err, error, "all names from rn0 to rn%d are taken", NAMES - 1) : error;
}

/* What wakes a sleeper besides the card. 0 or a negative errno. */
static int watch(struct companion *c)
{
    c->both = epoll_create1(EPOLL_CLOEXEC);
    if (c->both < 0)
        return -errno;
    c->news = news_open(c->both, true);
    return watch_fd(c->both, c->local->fd, EPOLLIN);
}

int companion_open(struct rn_dev **out, struct rn_dev *card, const char *ifname, char *err)
{
    struct rn_dev *tap, *made = NULL;
    struct companion *c;
    struct interface i;
    char name[RN_IFNAME];
    int error = open_tap(&tap, name, card->mtu, err);

    if (error < 0)
        return error;
    error = interface_look(name, &i);
    if (!error)
        error = companion_join(&made, card, tap, i.facts.mac);
    c = made ? companion_of(made) : NULL;
    if (!error)
        error = watch(c);
    if (error < 0) {
        discard(c);
        tap->ops->close(tap);
        return error_line(err, error, "%s: cannot be joined: %s", name, strerror(-error));
    }
    c->index = i.facts.index;
    memcpy(c->ifname, ifname, strnlen(ifname, RN_IFNAME - 1));
    look_like_card(c);
    *out = made;
    return 0;
}
