/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libpcap's frames, copied into our rings (copies.h).
 *
 *      pcap:eth0            an interface; as with packet, the kernel is kept from what is ours by guard.c
 *      pcap:./trace.pcap    a recording: each frame comes as long after the first as it did then; what is sent is gone.
 *                           At its end the link is down
 *
 * libpcap is looked for when a device is opened, so that programs need not have it. An interface that goes down or away
 * is opened anew when it is back. Made by rn_attach("pcap:NAME"); called by the stack through rn_dev_ops.
 */
#include "pcap.h"

#include "base/time.h"
#include "copies.h"
#include "error.h"
#include "guard.h"
#include "half_sum.h"
#include "library.h"
#include "nap.h"
#include "news.h"
#include "ours.h"
#include "packet_socket.h"
#include "watch.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <unistd.h>

#define RETRY TIME_MS
enum { LONGEST = 65535 + 18, DIRECTION_IN = 1 };
enum { DLT_ETHERNET = 1, DLT_RAW_OLD = 12, DLT_RAW = 101, DLT_IP4 = 228, DLT_IP6 };
enum { ERROR_BYTES = 256 /* libpcap's own lines */, BUFFER = 2 * COPIES_SLOTS * (64 << 10) /* for merged frames */ };

struct header {
    struct timeval stamp;
    uint32_t caught, len;
};

/* What we use of libpcap, whose handle is opaque. */
struct library {
    void *(*create)(const char *, char *);
    int (*set_snaplen)(void *, int);
    int (*set_buffer_size)(void *, int);
    int (*set_immediate_mode)(void *, int);
    int (*activate)(void *);
    int (*setnonblock)(void *, int, char *);
    int (*setdirection)(void *, int);
    int (*datalink)(void *);
    int (*get_selectable_fd)(void *);
    int (*next_ex)(void *, struct header **, const uint8_t **);
    int (*inject)(void *, const void *, size_t);
    void *(*open_offline)(const char *, char *);
    const char *(*geterr)(void *);
    void (*close)(void *);
};

struct pcap {
    struct rn_dev dev;
    char name[IFNAMSIZ]; /* of an interface; "": it is a recording */
    struct library lib;
    void *library, *handle; /* NULL: none */
    struct copies copies;
    struct nap nap;
    uint32_t index;
    bool soft;
    rn_time looked;
    int guard, news; /* -1: none */
    struct ours ours;
    struct header *next; /* of a recording: what comes next, and when; NULL: not read, or its end */
    const uint8_t *next_data;
    rn_time first_at, first_stamp, due;
};

static struct pcap *pcap_of(struct rn_dev *dev)
{
    return (struct pcap *)dev;
}

/* ---- the library --------------------------------------------------------------------------------------- */

#define SYMBOL(function) {"pcap_" #function, offsetof(struct library, function)}

static void *open_library(struct library *l)
{
    static const char *const names[] = {"libpcap.so.0.8", "libpcap.so.1", "libpcap.so", NULL};
    static const struct library_symbol symbols[] = {
        SYMBOL(create),
        SYMBOL(set_snaplen),
        SYMBOL(set_buffer_size),
        SYMBOL(set_immediate_mode),
        SYMBOL(activate),
        SYMBOL(setnonblock),
        SYMBOL(setdirection),
        SYMBOL(datalink),
        SYMBOL(get_selectable_fd),
        SYMBOL(next_ex),
        SYMBOL(inject),
        SYMBOL(open_offline),
        SYMBOL(geterr),
        SYMBOL(close),
        {0}};

    return library_open(names, symbols, l);
}

/* ---- an interface -------------------------------------------------------------------------------------- */

/* Makes of the rules what they say. 0 or a negative errno. */
static int apply(struct pcap *p)
{
    static const uint32_t verdicts[] = {0, UINT32_MAX, UINT32_MAX};
    const struct steering s = ours_steering(&p->ours, &p->dev);
    int error = packet_socket_steer(p->lib.get_selectable_fd(p->handle), p->index, &s, verdicts);

    if (error)
        return error;
    error = guard_change(&p->guard, p->index, &s);
    return error && s.all ? -EOPNOTSUPP : 0; /* else the kernel sees it too, which README tells */
}

static int steer(struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    struct pcap *p = pcap_of(dev);
    int error = ours_take(&p->ours, dev, rules, n);

    return error || !p->handle ? error : apply(p); /* else when it is opened anew */
}

static void leave(struct pcap *p)
{
    if (p->handle)
        p->lib.close(p->handle);
    p->handle = NULL;
    p->index = 0;
}

/* Opens the interface. 0, or a negative errno with a line. */
static int join(struct pcap *p, const struct rn_interface *card, char *err)
{
    char why[ERROR_BYTES] = "";
    int rc = -1;

    p->handle = p->lib.create(p->name, why);
    if (p->handle && p->lib.set_snaplen(p->handle, LONGEST) == 0 &&
        p->lib.set_buffer_size(p->handle, BUFFER) == 0 && p->lib.set_immediate_mode(p->handle, 1) == 0)
        rc = p->lib.activate(p->handle);
    if (rc >= 0)
        rc = p->lib.setnonblock(p->handle, 1, why);
    if (rc < 0) {
        error_line(err, 0, "pcap:%s: %.120s: run as root, or setcap cap_net_raw,cap_net_admin+ep PROGRAM", p->name,
                   p->handle && *p->lib.geterr(p->handle) ? p->lib.geterr(p->handle) : why);
        leave(p);
        return -EPERM;
    }
    if (p->lib.datalink(p->handle) != DLT_ETHERNET ||
        p->lib.setdirection(p->handle, DIRECTION_IN) < 0 ||
        watch_fd(p->dev.fd, p->lib.get_selectable_fd(p->handle), EPOLLIN) < 0) {
        leave(p);
        return error_line(err, -ENODEV, "pcap:%s: carries no Ethernet frames that libpcap could wait for", p->name);
    }
    p->index = card->index;
    p->soft = half_sum_may_be(card->driver);
    memcpy(p->ours.card_mac, card->mac, 6);
    return 0;
}

/* What the interface is now; it is opened anew when it is up. */
static void look(struct pcap *p, rn_time now)
{
    struct interface i;

    p->looked = now;
    p->dev.link = RN_LINK_GONE;
    if (interface_look(p->name, &i) < 0 || !i.facts.index || !i.ethernet) {
        leave(p);
        return;
    }
    p->dev.link = i.facts.up ? RN_LINK_UP : RN_LINK_DOWN;
    if (i.facts.up && p->handle && i.facts.index == p->index)
        return;
    leave(p);
    p->dev.link = RN_LINK_DOWN;
    if (!i.facts.up || join(p, &i.facts, NULL) < 0)
        return;
    if (p->ours.count && apply(p) < 0)
        leave(p);
    else
        p->dev.link = RN_LINK_UP;
}

/* ---- a recording --------------------------------------------------------------------------------------- */

static rn_time stamp_of(const struct header *h)
{
    return (rn_time)h->stamp.tv_sec * TIME_S + (rn_time)h->stamp.tv_usec * TIME_US;
}

/* Reads what comes next, if that is not known, and when it does. False: nothing does. */
static bool look_ahead(struct pcap *p, rn_time now)
{
    rn_time stamp;

    if (p->next)
        return true;
    if (p->dev.link != RN_LINK_UP)
        return false;
    if (p->lib.next_ex(p->handle, &p->next, &p->next_data) != 1) {
        p->next = NULL;
        p->dev.link = RN_LINK_DOWN;
        return false;
    }
    stamp = stamp_of(p->next);
    if (!p->first_stamp) {
        p->first_at = p->due = now;
        p->first_stamp = stamp;
    }
    if (p->first_at + (stamp - p->first_stamp) > p->due)
        p->due = p->first_at + (stamp - p->first_stamp); /* else it was written out of order, and follows at once */
    return true;
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

/* The next frame that is there; false: none. */
static bool next(struct pcap *p, struct header **h, const uint8_t **data, rn_time now)
{
    int rc;

    if (!*p->name) {
        if (!look_ahead(p, now) || p->due > now)
            return false;
        *h = p->next;
        *data = p->next_data;
        p->next = NULL;
        return true;
    }
    if (!p->handle)
        return false;
    rc = p->lib.next_ex(p->handle, h, data);
    if (rc < 0) {
        leave(p);
        look(p, now);
    }
    return rc == 1;
}

static int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct pcap *p = pcap_of(dev);
    struct header *h;
    const uint8_t *data;
    uint8_t *to;
    int n = 0;

    max = nap_over(&p->nap, max, now);
    copies_burst(&p->copies);
    while (n < max && (to = copies_next(&p->copies)) != NULL && next(p, &h, &data, now)) {
        if (h->caught < h->len || h->len > copies_room(&p->copies) || !h->len) {
            dev->rx_drops++; /* there is only a part of it */
            continue;
        }
        memcpy(to, data, h->len);
        copies_lend(&p->copies, dev, &frames[n], h->len, now);
        if (p->soft && half_sum_find(&frames[n]))
            dev->rx_half_sums++;
        n++;
    }
    return n;
}

static void release(struct rn_dev *dev, int n)
{
    copies_release(&pcap_of(dev)->copies, n);
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    (void)now;
    return copies_reserve(&pcap_of(dev)->copies, slots, max);
}

static void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    copies_commit(&pcap_of(dev)->copies, slots, n);
}

/* False: there is no room for it now. */
static bool hand_over(struct pcap *p, const struct rn_frame *f)
{
    if (*p->name && (!p->handle || p->lib.inject(p->handle, f->data, f->len) != (int)f->len)) {
        if (p->handle && (errno == EAGAIN || errno == ENOBUFS))
            return false;
        p->dev.tx_drops++;
        return true;
    }
    p->dev.tx_frames++;
    p->dev.tx_bytes += f->len;
    return true;
}

static rn_time push(struct rn_dev *dev, rn_time now)
{
    struct pcap *p = pcap_of(dev);

    for (const struct rn_frame *f; (f = copies_due(&p->copies)) != NULL; copies_done(&p->copies))
        if (!hand_over(p, f))
            return now + RETRY;
    if (!*p->name)
        return look_ahead(p, now) ? p->due : RN_FOREVER;
    if (news_came(p->news) || (dev->link != RN_LINK_UP && now - p->looked >= INTERFACE_LOOK))
        look(p, now);
    return dev->link == RN_LINK_UP ? RN_FOREVER : p->looked + INTERFACE_LOOK;
}

static int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct pcap *p = pcap_of(dev);

    p->nap.armed = rx;
    return tx && copies_has_slot(&p->copies) ? -EAGAIN : 0;
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static void shut(struct rn_dev *dev)
{
    struct pcap *p = pcap_of(dev);

    ours_close(&p->ours);
    leave(p);
    if (p->guard >= 0)
        close(p->guard);
    library_close(p->library);
    if (p->news >= 0)
        close(p->news);
    if (dev->fd >= 0)
        close(dev->fd);
    copies_close(&p->copies);
    free(p);
}

#define OPS(steers)                                                                                                    \
    {                                                                                                                  \
        .kind = "pcap", .burst = burst, .release = release, .reserve = reserve, .commit = commit, .sync = push,       \
        .arm = arm, .steer = (steers), .close = shut                                                                   \
    }
static const struct rn_dev_ops live_ops = OPS(steer), replay_ops = OPS(NULL);

static bool is_recording(const char *name)
{
    const char *dot = strrchr(name, '.');

    return strchr(name, '/') || (dot && (!strcmp(dot, ".pcap") || !strcmp(dot, ".pcapng")));
}

static int open_interface(struct pcap *p, const char *name, char *err)
{
    struct interface i;
    int error = packet_socket_check("pcap", name, &i, err);

    if (error < 0)
        return error;
    memcpy(p->name, name, strlen(name));
    p->dev.fd = epoll_create1(EPOLL_CLOEXEC);
    if (p->dev.fd < 0)
        return error_line(err, -errno, "pcap:%s: no descriptors", name);
    p->news = news_open(p->dev.fd, false);
    p->dev.ops = &live_ops;
    p->dev.mtu = i.facts.mtu < LONGEST - 18 ? i.facts.mtu : LONGEST - 18;
    memcpy(p->dev.mac, i.facts.mac, 6);
    p->dev.link = i.facts.up ? RN_LINK_UP : RN_LINK_DOWN;
    return i.facts.up ? join(p, &i.facts, err) : 0;
}

static int open_recording(struct pcap *p, const char *name, char *err)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    char why[ERROR_BYTES] = "";
    int link;

    if (access(name, R_OK) < 0)
        return error_line(err, -errno, "pcap:%.100s: %s", name, strerror(errno));
    p->handle = p->lib.open_offline(name, why);
    if (!p->handle)
        return error_line(err, -EPROTO, "pcap:%.60s: %.120s: tcpdump -w writes what can be played", name, why);
    link = p->lib.datalink(p->handle);
    if (link != DLT_ETHERNET && link != DLT_RAW && link != DLT_RAW_OLD && link != DLT_IP4 && link != DLT_IP6)
        return error_line(err, -EPROTO,
                          "pcap:%.100s: has neither Ethernet frames nor IP packets (link type %d): record on one "
                          "interface, not on any",
                          name, link);
    p->dev.medium = link == DLT_ETHERNET ? RN_ETHERNET : RN_IP;
    p->dev.mtu = 1500;
    p->dev.ops = &replay_ops;
    memcpy(p->dev.mac, mac, 6);
    return 0;
}

int pcap_dev_open(struct rn_dev **out, const char *name, char *err)
{
    struct pcap *p = calloc(1, sizeof *p);
    int error;

    if (!p)
        return error_line(err, -ENOMEM, "pcap:%.100s: no memory", name);
    p->guard = p->news = p->dev.fd = -1;
    p->library = open_library(&p->lib);
    if (!p->library)
        error = error_line(err, -ENOSYS, "pcap:%.100s: there is no libpcap here: apt install libpcap0.8", name);
    else if (!copies_open(&p->copies, &p->dev, LONGEST, LONGEST))
        error = error_line(err, -ENOMEM, "pcap:%.100s: no memory", name);
    else
        error = is_recording(name) ? open_recording(p, name, err) : open_interface(p, name, err);
    if (error < 0) {
        shut(&p->dev);
        return error;
    }
    *out = &p->dev;
    return 0;
}

/* ---- asking beforehand --------------------------------------------------------------------------------- */

void pcap_dev_survey(const struct interface *i, struct rn_way *way)
{
    struct library l;
    void *library;
    int fd;

    if (packet_socket_judge("pcap", i, way->remedy) < 0)
        return;
    way->fit = RN_BLOCKED;
    library = open_library(&l);
    if (!library) {
        error_line(way->remedy, 0, "there is no libpcap here: apt install libpcap0.8");
        return;
    }
    library_close(library);
    fd = packet_socket_open("pcap", i->facts.name, way->remedy);
    if (fd < 0)
        return;
    close(fd);
    way->fit = RN_WORKS;
    snprintf(way->mode, sizeof way->mode, "libpcap, a copy of each frame");
}
