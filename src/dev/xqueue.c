/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each buffer is in one place, which its mark says:
 *
 *      FREE --fill ring--> FILLED --receive ring--> LENT --release--> FREE
 *        |                                            ^
 *        |                                            +--xqueue_lend-- FREE
 *        +--reserve--> RESERVED --transmit ring--> SENT --completion ring--> FREE
 *
 * A ring's word is believed only where it agrees with that: what names a buffer that the kernel does not have, or bytes
 * outside of one, is counted and passed over. The kernel has FILL buffers to receive into at all times but for those
 * that are on their way through us, since there are enough for everybody at once.
 *
 * The rings are libxdp's, which is looked for when the first queue is opened, so that programs need not have it. It
 * loads no program for us: that is redirect.c's. Called by xdp.c.
 */
#include "xqueue.h"

#if __has_include(<xdp/xsk.h>) /* else xdp.c says that it is not */

#include "error.h"
#include "library.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <xdp/xsk.h>

enum { TRIES = 200, TRY_MS = 10 };
enum { FILL = 1024, BUFFERS = FILL + 2 * XQUEUE_SLOTS, KICKS = 64 };
enum mark { FREE, FILLED, LENT, RESERVED, SENT, MARKS };

struct library {
    int (*umem_create)(struct xsk_umem **, void *, __u64, struct xsk_ring_prod *, struct xsk_ring_cons *,
                       const struct xsk_umem_config *);
    int (*umem_delete)(struct xsk_umem *);
    int (*create)(struct xsk_socket **, const char *, __u32, struct xsk_umem *, struct xsk_ring_cons *,
                  struct xsk_ring_prod *, const struct xsk_socket_config *);
    void (*delete)(struct xsk_socket *);
    int (*fd)(const struct xsk_socket *);
};

struct xqueue {
    void *handle;
    struct library lib;
    uint8_t *area;
    struct xsk_umem *umem;
    struct xsk_socket *socket;
    struct xsk_ring_prod fill, tx;
    struct xsk_ring_cons comp, rx;
    int fd;
    bool zero_copy;
    uint8_t mark[BUFFERS];
    uint32_t count[MARKS];
    uint32_t free[BUFFERS];      /* the first count[FREE] */
    uint32_t order[XQUEUE_SLOTS]; /* of the reservation */
    uint32_t reserved, committed; /* committed: put into the transmit ring, but not shown to the kernel */
    uint64_t lies;
};

/* ---- the library --------------------------------------------------------------------------------------- */

static void *open_library(struct library *l)
{
    static const char *const names[] = {"libxdp.so.1", NULL};
    static const struct library_symbol symbols[] = {
        {"xsk_umem__create", offsetof(struct library, umem_create)},
        {"xsk_umem__delete", offsetof(struct library, umem_delete)},
        {"xsk_socket__create", offsetof(struct library, create)},
        {"xsk_socket__delete", offsetof(struct library, delete)},
        {"xsk_socket__fd", offsetof(struct library, fd)},
        {0}};

    return library_open(names, symbols, l);
}

bool xqueue_can(void)
{
    struct library l;
    void *library = open_library(&l);

    library_close(library);
    return library;
}

/* ---- the marks ----------------------------------------------------------------------------------------- */

static void set(struct xqueue *q, uint32_t buffer, enum mark to)
{
    q->count[q->mark[buffer]]--;
    q->mark[buffer] = (uint8_t)to;
    if (to == FREE)
        q->free[q->count[FREE]] = buffer;
    q->count[to]++;
}

/* The last that became free. There is one. */
static uint32_t take(struct xqueue *q, enum mark to)
{
    uint32_t buffer = q->free[q->count[FREE] - 1];

    set(q, buffer, to);
    return buffer;
}

/* The kernel says that it is done with the buffer that holds addr, in which it has len bytes. */
static bool is_true(struct xqueue *q, uint64_t addr, uint32_t len, enum mark had)
{
    if (addr < (uint64_t)BUFFERS * XQUEUE_FRAME && q->mark[addr / XQUEUE_FRAME] == had &&
        len <= XQUEUE_FRAME - addr % XQUEUE_FRAME)
        return true;
    q->lies++;
    return false;
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

static void refill(struct xqueue *q)
{
    uint32_t want = FILL - q->count[FILLED], at;

    if (want > q->count[FREE])
        want = q->count[FREE];
    if (!want || xsk_ring_prod__reserve(&q->fill, want, &at) != want)
        return;
    for (uint32_t i = 0; i < want; i++)
        *xsk_ring_prod__fill_addr(&q->fill, at + i) = (uint64_t)take(q, FILLED) * XQUEUE_FRAME;
    xsk_ring_prod__submit(&q->fill, want);
}

__attribute__((hot)) int xqueue_burst(struct xqueue *q, struct rn_dev *dev, struct rn_frame *frames, int max,
                                      rn_time now)
{
    uint32_t room = XQUEUE_SLOTS - q->count[LENT], at, n;
    int lent = 0;

    refill(q);
    n = xsk_ring_cons__peek(&q->rx, (uint32_t)max < room ? (uint32_t)max : room, &at);
    for (uint32_t i = 0; i < n; i++) {
        const struct xdp_desc *d = xsk_ring_cons__rx_desc(&q->rx, at + i);
        uint32_t buffer = (uint32_t)(d->addr / XQUEUE_FRAME);

        if (!is_true(q, d->addr, d->len, FILLED))
            continue;
        set(q, buffer, LENT);
        frames[lent++] =
            (struct rn_frame){.data = q->area + d->addr, .len = d->len, .buffer = buffer, .stamp = now};
        dev->rx_frames++;
        dev->rx_bytes += d->len;
    }
    if (n)
        xsk_ring_cons__release(&q->rx, n);
    else if (xsk_ring_prod__needs_wakeup(&q->fill))
        recv(q->fd, NULL, 0, MSG_DONTWAIT);
    return lent;
}

void xqueue_release(struct xqueue *q, uint32_t buffer)
{
    assert(buffer < BUFFERS && q->mark[buffer] == LENT);
    set(q, buffer, FREE);
}

uint8_t *xqueue_lend(struct xqueue *q, uint32_t *buffer)
{
    if (!q->count[FREE] || q->count[LENT] == XQUEUE_SLOTS)
        return NULL;
    *buffer = take(q, LENT);
    return q->area + (size_t)*buffer * XQUEUE_FRAME;
}

bool xqueue_has_frame(struct xqueue *q)
{
    return q->count[LENT] < XQUEUE_SLOTS && xsk_cons_nb_avail(&q->rx, 1) > 0;
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static void complete(struct xqueue *q)
{
    uint32_t at, n = xsk_ring_cons__peek(&q->comp, XQUEUE_SLOTS, &at);

    for (uint32_t i = 0; i < n; i++) {
        uint64_t addr = *xsk_ring_cons__comp_addr(&q->comp, at + i);

        if (is_true(q, addr, 0, SENT))
            set(q, (uint32_t)(addr / XQUEUE_FRAME), FREE);
    }
    if (n)
        xsk_ring_cons__release(&q->comp, n);
}

bool xqueue_has_slot(struct xqueue *q)
{
    return q->count[FREE] && q->count[SENT] + q->count[RESERVED] < XQUEUE_SLOTS;
}

__attribute__((hot)) int xqueue_reserve(struct xqueue *q, struct rn_frame *slots, int max)
{
    int n = 0;

    assert(!q->reserved);
    for (; n < max && xqueue_has_slot(q); n++) {
        uint32_t buffer = q->order[n] = take(q, RESERVED);

        slots[n] = (struct rn_frame){
            .data = q->area + (size_t)buffer * XQUEUE_FRAME, .room = XQUEUE_FRAME, .buffer = buffer};
    }
    q->reserved = (uint32_t)n;
    return n;
}

__attribute__((hot)) void xqueue_commit(struct xqueue *q, const struct rn_frame *slots, int n)
{
    uint32_t at = 0;

    assert(n >= 0 && (uint32_t)n <= q->reserved);
    /* There is room: the ring holds as many as may be under way. */
    if (n && xsk_ring_prod__reserve(&q->tx, (uint32_t)n, &at) != (uint32_t)n)
        n = 0;
    for (int i = 0; i < n; i++) {
        struct xdp_desc *d = xsk_ring_prod__tx_desc(&q->tx, at + (uint32_t)i);

        assert(slots[i].buffer == q->order[i] && slots[i].fragments == 0 && slots[i].len > 0);
        *d = (struct xdp_desc){.addr = (uint64_t)(slots[i].data - q->area), .len = slots[i].len};
        assert(d->addr / XQUEUE_FRAME == q->order[i] && d->addr % XQUEUE_FRAME + d->len <= XQUEUE_FRAME);
        set(q, q->order[i], SENT);
    }
    for (uint32_t i = (uint32_t)n; i < q->reserved; i++)
        set(q, q->order[i], FREE);
    q->committed += (uint32_t)n;
    q->reserved = 0;
}

/* What was committed is taken out of the ring again: the kernel has not seen it. */
static void take_back(struct xqueue *q, struct rn_dev *dev)
{
    for (; q->committed; q->committed--) {
        const struct xdp_desc *d = xsk_ring_prod__tx_desc(&q->tx, --q->tx.cached_prod);

        set(q, (uint32_t)(d->addr / XQUEUE_FRAME), FREE);
        dev->tx_drops++;
    }
}

static void count_sent(struct xqueue *q, struct rn_dev *dev)
{
    for (uint32_t i = q->committed; i > 0; i--)
        dev->tx_bytes += xsk_ring_prod__tx_desc(&q->tx, q->tx.cached_prod - i)->len;
    dev->tx_frames += q->committed;
}

/* The kernel sends some at a time when it is asked. True: there are still some. */
static bool kick(struct xqueue *q)
{
    for (int i = 0; i < KICKS; i++) {
        if (__atomic_load_n(q->tx.consumer, __ATOMIC_ACQUIRE) == q->tx.cached_prod ||
            !xsk_ring_prod__needs_wakeup(&q->tx))
            return false;
        if (sendto(q->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EBUSY)
            return true;
    }
    return true;
}

__attribute__((hot)) bool xqueue_push(struct xqueue *q, struct rn_dev *dev, bool link_is_up)
{
    bool left = false;

    if (!link_is_up)
        take_back(q, dev);
    if (q->committed) {
        count_sent(q, dev);
        xsk_ring_prod__submit(&q->tx, q->committed);
        q->committed = 0;
    }
    if (q->count[SENT] && link_is_up)
        left = kick(q);
    complete(q);
    assert(q->count[FREE] + q->count[FILLED] + q->count[LENT] + q->count[RESERVED] + q->count[SENT] == BUFFERS);
    return left || !xqueue_has_slot(q);
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static int refused(const char *name, uint32_t queue, int error, char *err)
{
    switch (-error) {
    case EPERM:
    case EACCES:
        return error_line(err, -EPERM,
                          "xdp:%s: not permitted: run as root, or give the program the rights it needs: setcap "
                          "cap_net_raw,cap_net_admin,cap_bpf+ep PROGRAM",
                          name);
    case EBUSY:
        return error_line(err, error, "xdp:%s: queue %u already has an AF_XDP socket: try another, xdp:%s-N", name,
                          (unsigned)queue, name);
    case EINVAL:
        return error_line(err, -ENODEV, "xdp:%s: there is no queue %u, or no way to it by AF_XDP: try xdp:%s-0", name,
                          (unsigned)queue, name);
    case ENOMEM:
    case ENOBUFS:
        return error_line(err, -ENOMEM,
                          "xdp:%s: no memory for a queue, %d KiB that stay in place: raise ulimit -l, or free some",
                          name, BUFFERS * XQUEUE_FRAME / 1024);
    default:
        return error_line(err, error, "xdp:%s: no AF_XDP socket (Linux 5.11 is needed): %s", name, strerror(-error));
    }
}

static int set_up(struct xqueue *q, const char *name, uint32_t queue)
{
    const struct xsk_umem_config memory = {.fill_size = FILL,
                                           .comp_size = XQUEUE_SLOTS,
                                           .frame_size = XQUEUE_FRAME};
    const struct xsk_socket_config socket = {.rx_size = FILL,
                                             .tx_size = XQUEUE_SLOTS,
                                             .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
                                             .bind_flags = XDP_USE_NEED_WAKEUP};
    struct xdp_options options = {0};
    socklen_t len = sizeof options;
    int error = q->lib.umem_create(&q->umem, q->area, (uint64_t)BUFFERS * XQUEUE_FRAME, &q->fill, &q->comp, &memory);

    if (!error)
        error = q->lib.create(&q->socket, name, queue, q->umem, &q->rx, &q->tx, &socket);
    if (error)
        return error;
    q->fd = q->lib.fd(q->socket);
    q->zero_copy = getsockopt(q->fd, SOL_XDP, XDP_OPTIONS, &options, &len) == 0 &&
                   options.flags & XDP_OPTIONS_ZEROCOPY;
    for (uint32_t i = 0; i < BUFFERS; i++)
        q->free[i] = BUFFERS - 1 - i;
    q->count[FREE] = BUFFERS;
    refill(q);
    return 0;
}

/* 0 or a negative errno with a line. */
static int try(struct xqueue **out, const char *name, uint32_t queue, char *err)
{
    struct xqueue *q;
    int error;

    q = calloc(1, sizeof *q);
    if (!q)
        return refused(name, queue, -ENOMEM, err);
    q->fd = -1;
    q->area = MAP_FAILED;
    q->handle = open_library(&q->lib);
    if (!q->handle) {
        xqueue_close(q);
        return error_line(err, -ENOSYS, "xdp:%s: libxdp.so.1 is not there: apt install libxdp1", name);
    }
    q->area = mmap(NULL, (size_t)BUFFERS * XQUEUE_FRAME, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    error = q->area == MAP_FAILED ? -ENOMEM : set_up(q, name, queue);
    if (error < 0) {
        xqueue_close(q);
        return refused(name, queue, error, err);
    }
    *out = q;
    return 0;
}

/* The kernel frees a queue some time after its last holder has gone, so that one who follows him at once has to wait. */
int xqueue_open(struct xqueue **out, const char *name, uint32_t queue, char *err)
{
    int error = try(out, name, queue, err);

    for (int i = 0; error == -EBUSY && i < TRIES; i++) {
        poll(NULL, 0, TRY_MS);
        error = try(out, name, queue, err);
    }
    return error;
}

void xqueue_close(struct xqueue *q)
{
    if (!q)
        return;
    if (q->socket)
        q->lib.delete(q->socket);
    if (q->umem)
        q->lib.umem_delete(q->umem);
    if (q->area != MAP_FAILED)
        munmap(q->area, (size_t)BUFFERS * XQUEUE_FRAME);
    library_close(q->handle);
    free(q);
}

int xqueue_fd(const struct xqueue *q)
{
    return q->fd;
}

bool xqueue_is_zero_copy(const struct xqueue *q)
{
    return q->zero_copy;
}

uint64_t xqueue_lies(const struct xqueue *q)
{
    return q->lies;
}

#endif
