/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames of a virtual switch (VDE), by libvdeplug, copied into our rings (copies.h). The library is looked for when a
 * device is opened, so that programs need not have it. A switch that has gone ends the device (-ENODEV). Made by
 * rn_attach("vde:/run/vde.ctl"); called by the stack through rn_dev_ops.
 */
#include "vde.h"

#include "base/time.h"
#include "copies.h"
#include "error.h"
#include "library.h"
#include "nap.h"
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define RETRY TIME_MS
enum { MTU = 1500, LONGEST = 9216 + 18, INTERFACE_VERSION = 1, FALSE_FRAME = 1 /* bytes: vde_recv's word for none */ };

/* What we use of libvdeplug, whose connection is opaque. */
struct library {
    void *(*open_real)(char *, const char *, int, void *);
    ssize_t (*recv)(void *, void *, size_t, int);
    ssize_t (*send)(void *, const void *, size_t, int);
    int (*datafd)(void *);
    int (*ctlfd)(void *); /* its end is the switch's */
    int (*close)(void *);
};

struct vde {
    struct rn_dev dev;
    struct library lib;
    void *library, *plug; /* NULL: none */
    int gone;
    struct copies copies;
    struct nap nap;
};

static struct vde *vde_of(struct rn_dev *dev)
{
    return (struct vde *)dev;
}

#define SYMBOL(function) {"vde_" #function, offsetof(struct library, function)}

static void *open_library(struct library *l)
{
    static const char *const names[] = {"libvdeplug.so.2", NULL};
    static const struct library_symbol symbols[] = {
        SYMBOL(open_real), SYMBOL(recv), SYMBOL(send), SYMBOL(datafd), SYMBOL(ctlfd), SYMBOL(close), {0}};

    return library_open(names, symbols, l);
}

/* ---- the rings ----------------------------------------------------------------------------------------- */

/* The switch has ended, which its datagrams do not tell. */
static bool has_ended(const struct vde *v)
{
    uint8_t byte;
    int fd = v->lib.ctlfd(v->plug);

    return fd >= 0 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static int burst(struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    struct vde *v = vde_of(dev);
    uint8_t *to;
    bool woken = v->nap.armed;
    int n = 0;

    max = nap_over(&v->nap, max, now);
    copies_burst(&v->copies);
    while (n < max && !v->gone && (to = copies_next(&v->copies)) != NULL) {
        ssize_t got = v->lib.recv(v->plug, to, copies_room(&v->copies), MSG_DONTWAIT);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (got <= 0) {
            v->gone = -ENODEV;
            break;
        }
        if (got > FALSE_FRAME)
            copies_lend(&v->copies, dev, &frames[n++], (uint32_t)got, now);
    }
    if (n == 0 && woken && has_ended(v))
        v->gone = -ENODEV;
    return n ? n : v->gone;
}

static void release(struct rn_dev *dev, int n)
{
    copies_release(&vde_of(dev)->copies, n);
}

static int reserve(struct rn_dev *dev, struct rn_frame *slots, int max, rn_time now)
{
    (void)now;
    return copies_reserve(&vde_of(dev)->copies, slots, max);
}

static void commit(struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    copies_commit(&vde_of(dev)->copies, slots, n);
}

/* False: there is no room for it now. */
static bool hand_over(struct vde *v, const struct rn_frame *f)
{
    ssize_t put = v->lib.send(v->plug, f->data, f->len, MSG_DONTWAIT);

    if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS))
        return false;
    if (put < 0) {
        v->dev.tx_drops++;
        return true;
    }
    v->dev.tx_frames++;
    v->dev.tx_bytes += f->len;
    return true;
}

static rn_time push(struct rn_dev *dev, rn_time now)
{
    struct vde *v = vde_of(dev);

    for (const struct rn_frame *f; (f = copies_due(&v->copies)) != NULL; copies_done(&v->copies))
        if (!hand_over(v, f))
            return now + RETRY;
    return RN_FOREVER;
}

static int arm(struct rn_dev *dev, bool rx, bool tx)
{
    struct vde *v = vde_of(dev);

    v->nap.armed = rx;
    return tx && copies_has_slot(&v->copies) ? -EAGAIN : 0;
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static void shut(struct rn_dev *dev)
{
    struct vde *v = vde_of(dev);

    if (v->plug)
        v->lib.close(v->plug);
    library_close(v->library);
    if (dev->fd >= 0)
        close(dev->fd);
    copies_close(&v->copies);
    free(v);
}

static const struct rn_dev_ops ops = {.kind = "vde",
                                      .burst = burst,
                                      .release = release,
                                      .reserve = reserve,
                                      .commit = commit,
                                      .sync = push,
                                      .arm = arm,
                                      .close = shut};

/* A port has no address: one that nobody else has. */
static int make_mac(uint8_t mac[6])
{
    if (getrandom(mac, 6, 0) != 6)
        return -EIO;
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 2);
    return 0;
}

static int plug_in(struct vde *v, const char *name, char *err)
{
    char place[256];

    if (strlen(name) >= sizeof place)
        return error_line(err, -EINVAL, "vde:%.60s...: the name is too long", name);
    memcpy(place, name, strlen(name) + 1);
    v->plug = v->lib.open_real(place, "runnel", INTERFACE_VERSION, NULL);
    if (!v->plug)
        return error_line(err, -ENODEV, "vde:%.100s: no switch is there (%s): vde_switch -d -s %.60s starts one", name,
                          strerror(errno), name);
    v->dev.fd = epoll_create1(EPOLL_CLOEXEC);
    if (v->dev.fd < 0 || watch_fd(v->dev.fd, v->lib.datafd(v->plug), EPOLLIN) < 0 ||
        fcntl(v->lib.datafd(v->plug), F_SETFL, O_NONBLOCK) < 0) /* not all of its ways heed the flags of its calls */
        return error_line(err, -errno, "vde:%.100s: cannot be waited for: %s", name, strerror(errno));
    watch_fd(v->dev.fd, v->lib.ctlfd(v->plug), EPOLLIN);
    return make_mac(v->dev.mac) < 0 ? error_line(err, -EIO, "vde:%.100s: no random bytes", name) : 0;
}

int vde_dev_open(struct rn_dev **out, const char *name, char *err)
{
    struct vde *v = calloc(1, sizeof *v);
    int error;

    if (!v)
        return error_line(err, -ENOMEM, "vde:%.100s: no memory", name);
    v->dev.fd = -1;
    v->dev.ops = &ops;
    v->dev.medium = RN_ETHERNET;
    v->dev.mtu = MTU;
    v->library = open_library(&v->lib);
    if (!v->library)
        error = error_line(err, -ENOSYS, "vde:%.100s: there is no libvdeplug here: apt install libvdeplug2", name);
    else if (!copies_open(&v->copies, &v->dev, LONGEST, LONGEST))
        error = error_line(err, -ENOMEM, "vde:%.100s: no memory", name);
    else
        error = plug_in(v, name, err);
    if (error < 0) {
        shut(&v->dev);
        return error;
    }
    *out = &v->dev;
    return 0;
}

void vde_dev_survey(const struct interface *i, struct rn_way *way)
{
    struct library l;
    void *library = open_library(&l);

    (void)i;
    way->fit = library ? RN_WORKS : RN_BLOCKED;
    if (!library) {
        error_line(way->remedy, 0, "there is no libvdeplug here: apt install libvdeplug2");
        return;
    }
    library_close(library);
    snprintf(way->mode, sizeof way->mode, "vde:FOLDER of a switch's socket");
}
