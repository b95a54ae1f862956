/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card that the kernel drives and goes on using: we take our frames from it beside the kernel.
 *
 *      card -- packet socket: filter -> receive ring -> us      (the kernel's taps come first)
 *        |
 *        +---- guard: ours? dropped                             (so that nobody else answers, or forwards it)
 *        |
 *        +---- the kernel's own protocols, bridges, VLANs ...
 *
 * The filter keeps from us what is the kernel's, the guard keeps from the kernel what is ours; both are made
 * of what steer was told. With the card's own link address it is the IP addresses that tell; with another,
 * that address, which the card is asked to let in. To who is promiscuous all is ours. What we send goes to
 * the card and is not seen by the kernel on the same machine.
 *
 * The interface may go down, or away, and come back: the socket waits for it, looking every 100 ms, and joins
 * it again by name.
 *
 *      RN_LINK_UP --(the socket tells an error)--> RN_LINK_DOWN, RN_LINK_GONE --(a look)--> RN_LINK_UP
 *
 * Whatever is set is set on descriptors, and ends with them: no promiscuous flag, no address, no rule. Made
 * by rn_attach("packet:NAME"); called by the stack through rn_dev_ops.
 */
#include "packet.h"

#include "error.h"
#include "guard.h"
#include "kernel_neighbour.h"
#include "mapped.h"
#include "nap.h"
#include "ours.h"
#include "packet_socket.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct packet {
    struct rn_dev dev;
    struct mapped rings;
    char name[IFNAMSIZ];
    uint32_t index; /* of the interface as it was last joined: another when it is made again; 0: none was */
    int alone;      /* a socket for frames that are sent alone */
    int guard;      /* -1: none ... */
    bool guarded;   /* ... of late, but there was one */
    struct nap nap;
    rn_time looked; /* while the interface is down or gone */
    struct ours ours;
};

static struct packet *packet_of(struct rn_dev *dev)
{
    return (struct packet *)dev;
}

/* ---- what is ours -------------------------------------------------------------------------------------- */

/* Makes of the rules what they say. Without a guard, -EOPNOTSUPP, the rest is done nevertheless. */
static int apply(struct packet *p)
{
    static const uint32_t verdicts[] = {0, UINT32_MAX, UINT32_MAX};
    const struct steering s = ours_steering(&p->ours, &p->dev);
    bool guarded = s.n && guard_change(&p->guard, p->index, &s) == 0;
    int error = packet_socket_steer(p->dev.fd, p->index, &s, verdicts);

    p->guarded |= guarded;
    return error ? error : s.n && !guarded ? -EOPNOTSUPP : 0;
}

static int steer(struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    struct packet *p = packet_of(dev);
    int error = ours_take(&p->ours, dev, rules, n);

    return error || dev->link == RN_LINK_GONE ? error : apply(p); /* else when it is joined again */
}

static int neighbour(struct rn_dev *dev, const uint8_t address[16], uint8_t mac[6])
{
    const struct packet *p = packet_of(dev);

    return kernel_neighbour_find(p->index, address, mac);
}

/* ---- the interface comes and goes ---------------------------------------------------------------------- */

/* Binds the sockets to the interface as it is now; the one for frames alone receives nothing. 0 or a negative
 * errno. */
static int join(struct packet *p, const struct rn_interface *card)
{
    int error = packet_socket_bind(p->dev.fd, card->index, ETH_P_ALL);

    p->index = 0;
    if (!error)
        error = packet_socket_bind(p->alone, card->index, 0);
    if (error)
        return error;
    p->index = card->index;
    memcpy(p->ours.card_mac, card->mac, 6);
    return 0;
}

/* Joins an interface that was made again, and makes of the rules there what they say; a guard that there was has to
 * be there again. 0 or a negative errno: it is tried again. */
static int join_again(struct packet *p, const struct rn_interface *card)
{
    int error = join(p, card);

    if (!error)
        error = apply(p);
    if (error == -EOPNOTSUPP && !p->guarded)
        return 0;
    if (error)
        p->index = 0;
    return error;
}

/* What the interface is now. */
static void look(struct packet *p, rn_time now)
{
    struct interface i;

    p->looked = now;
    p->dev.link = RN_LINK_GONE;
    if (interface_look(p->name, &i) < 0 || !i.facts.index || !i.ethernet)
        return;
    if (i.facts.index != p->index && join_again(p, &i.facts) < 0)
        return;
    p->dev.link = i.facts.up ? RN_LINK_UP : RN_LINK_DOWN;
}

/* ---- the rings ----------------------------------------------------------------------------------------- */

/* Who was woken and finds nothing asks the socket why. */
static __attribute__((hot)) int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct packet *p = packet_of(dev);
    bool woken = p->nap.armed;
    int n = mapped_burst(&p->rings, dev, frames, nap_over(&p->nap, max, now), now);

    if (!n && woken && packet_socket_has_error(p->dev.fd))
        look(p, now);
    return n;
}

static __attribute__((hot)) void release(struct rn_dev *dev, int n)
{
    mapped_release(&packet_of(dev)->rings, n);
}

static __attribute__((hot)) int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    (void)now;
    return mapped_reserve(&packet_of(dev)->rings, slots, max);
}

static __attribute__((hot)) void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    mapped_commit(&packet_of(dev)->rings, slots, n);
}

static __attribute__((hot)) rn_time push(struct rn_dev *dev, rn_time now)
{
    struct packet *p = packet_of(dev);
    rn_time next = mapped_push(&p->rings, dev, now);

    if (p->rings.refused || (dev->link != RN_LINK_UP && now - p->looked >= INTERFACE_LOOK))
        look(p, now);
    p->rings.refused = false;
    if (dev->link != RN_LINK_UP && next > p->looked + INTERFACE_LOOK)
        next = p->looked + INTERFACE_LOOK;
    return next;
}

/* poll(2) tells of frames by itself, but not without being called. */
static __attribute__((hot)) int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct packet *p = packet_of(dev);

    p->nap.armed = rx;
    return (rx && mapped_has_frame(&p->rings)) || (tx && mapped_has_slot(&p->rings)) ? -EAGAIN : 0;
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static void discard(struct packet *p)
{
    ours_close(&p->ours);
    mapped_close(&p->rings);
    if (p->guard >= 0)
        close(p->guard);
    if (p->alone >= 0)
        close(p->alone);
    if (p->dev.fd >= 0)
        close(p->dev.fd);
    free(p);
}

static void shut(struct rn_dev *dev)
{
    discard(packet_of(dev));
}

static const struct rn_dev_ops ops = {.kind = "packet",
                                      .burst = burst,
                                      .release = release,
                                      .reserve = reserve,
                                      .commit = commit,
                                      .sync = push,
                                      .arm = arm,
                                      .steer = steer,
                                      .neighbour = neighbour,
                                      .close = shut};

/* Everything after the descriptors, which p owns already. Nothing comes in before the filter is set. */
static int set_up(struct packet *p, const struct rn_interface *card, char *err)
{
    int one = 1, error = mapped_open(&p->rings, p->dev.fd, p->alone, card->mtu);

    if (error == -ENOMEM)
        return error_line(err, error,
                          "packet:%s: no memory for its rings, about 20 MiB: raise the limit on this "
                          "program's memory, or free some",
                          p->name);
    memcpy(p->ours.card_mac, card->mac, 6);
    memcpy(p->dev.mac, card->mac, 6);
    if (!error && setsockopt(p->dev.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0)
        error = -errno;
    if (!error)
        error = apply(p);
    if (!error)
        error = join(p, card);
    if (error)
        return error_line(err, error, "packet:%s: cannot set up a packet socket (Linux 4.20 is needed): %s",
                          p->name, strerror(-error));
    p->dev.ops = &ops;
    p->dev.medium = RN_ETHERNET;
    p->dev.tx_csum = 1;
    p->dev.mtu = card->mtu;
    p->dev.link = card->up ? RN_LINK_UP : RN_LINK_DOWN;
    p->dev.rx_slots = p->rings.rx.slots;
    p->dev.tx_slots = p->rings.tx.slots;
    return 0;
}

int packet_open(struct rn_dev **out, const char *name, char *err)
{
    struct interface i;
    struct packet *p;
    int error = packet_socket_check("packet", name, &i, err);

    if (error < 0)
        return error;
    p = calloc(1, sizeof *p);
    if (!p)
        return error_line(err, -ENOMEM, "packet:%s: no memory", name);
    memcpy(p->name, name, strlen(name));
    p->guard = p->alone = -1;
    error = p->dev.fd = packet_socket_open("packet", name, err);
    if (error >= 0)
        error = p->alone = packet_socket_open("packet", name, err);
    if (error >= 0)
        error = set_up(p, &i.facts, err);
    if (error < 0) {
        discard(p);
        return error;
    }
    *out = &p->dev;
    return 0;
}

/* ---- asking beforehand --------------------------------------------------------------------------------- */

/* What opening would say, and whether steering would find a guard. */
void packet_survey(const struct interface *i, struct rn_way *way)
{
    const char *guard;
    int fd;

    if (packet_socket_judge("packet", i, way->remedy) < 0)
        return;
    way->fit = RN_BLOCKED;
    fd = packet_socket_open("packet", i->facts.name, way->remedy);
    if (fd < 0)
        return;
    close(fd);
    way->fit = RN_WORKS;
    guard = guard_name(i->facts.index);
    snprintf(way->mode, sizeof way->mode, "mapped rings, %s%s",
             guard ? "what is ours is kept from the kernel by "
                   : "no guard: it takes CAP_NET_ADMIN and nftables",
             guard ? guard : "");
}
