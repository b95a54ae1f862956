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
 * No buffer is larger than a page. Where a frame may be, there is a second kind, of as many pages side by side as it
 * needs: what is sent lies in one of those and goes as one descriptor a page; what came in several buffers is copied
 * together into one.
 *
 *      area:  | page | page | ... | pages of a long buffer | pages of a long buffer | ... |
 *
 * The rings are libxdp's, which is looked for when the first queue is opened, so that programs need not have it. It
 * loads no program for us: that is redirect.c's. Called by xdp.c.
 */
#include "xqueue.h"

#if __has_include(<xdp/xsk.h>) /* else xdp.c says that it is not */

#include "error.h"
#include "library.h"
#include "offload.h"
#include "xqueue_calls.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TRIES = 200, TRY_MS = 10 };
enum { FILL = 1024, BUFFERS = FILL + 2 * XQUEUE_SLOTS, KICKS = 64 };
enum { PAGE = 4096, LEAD = 32 /* where a sent frame begins */, OVERHEAD = 18 /* Ethernet and a tag */ };
enum { LONG_SLOTS = 128, LONG_BUFFERS = 2 * LONG_SLOTS };
enum { PREFER_BUSY_POLL = 69, BUSY_POLL_BUDGET = 70, BUDGET = 64, LOOK_US = 20 }; /* of Linux 5.11 */
enum { USE_CHAINS = 16, MORE_FOLLOWS = 1 }; /* XDP_USE_SG and XDP_PKT_CONTD of Linux 6.6 */
enum { REQUEST_BEFORE = 2, REQUEST_LEN = 4, FILL_SUM = 2 }; /* XDP_TX_METADATA, XDP_UMEM_TX_METADATA_LEN and
                                                               XDP_TXMD_FLAGS_CHECKSUM of Linux 6.8 and 6.11 */

enum mark { FREE, FILLED, LENT, RESERVED, SENT, MARKS };

/* What the kernel is asked to do with a frame, right in front of it: struct xsk_tx_metadata of Linux 6.8. */
struct request {
    uint64_t flags;
    uint16_t csum_start, csum_offset;
    uint8_t rest[4];
};

/* The numbers of the free ones of a kind. */
struct pool {
    uint32_t n;
    uint32_t *at;
};

struct xqueue {
    void *handle;
    struct xqueue_calls lib;
    uint8_t *area;
    uint64_t bytes; /* of the area */
    struct xsk_umem *umem;
    struct xsk_socket *socket;
    struct xsk_ring_prod fill, tx;
    struct xsk_ring_cons comp, rx;
    int fd;
    bool zero_copy, busy_poll;
    bool fills_sums;        /* the kernel takes requests */
    uint32_t slots, span;   /* span: pages of a long buffer, 1: there are none */
    uint32_t pages, buffers; /* buffers up to pages are one, those behind are long */
    uint8_t mark[BUFFERS];
    uint32_t count[MARKS];
    uint32_t free[BUFFERS];
    struct pool page_pool, long_pool, *whole; /* whole: whose hold a frame, however long */
    uint32_t under_way[LONG_BUFFERS]; /* the pages that the kernel is still sending, a bit each */
    uint32_t order[XQUEUE_SLOTS]; /* of the reservation */
    uint32_t reserved, committed; /* committed: descriptors put into the transmit ring, but not shown to the kernel */
    uint64_t lies;
};

/* ---- the library --------------------------------------------------------------------------------------- */

static void *open_library(struct xqueue_calls *l)
{
    static const char *const names[] = {"libxdp.so.1", NULL};
    static const struct library_symbol symbols[] = {
        {"xsk_umem__create", offsetof(struct xqueue_calls, umem_create)},
        {"xsk_umem__delete", offsetof(struct xqueue_calls, umem_delete)},
        {"xsk_socket__create", offsetof(struct xqueue_calls, create)},
        {"xsk_socket__delete", offsetof(struct xqueue_calls, delete)},
        {"xsk_socket__fd", offsetof(struct xqueue_calls, fd)},
        {0}};
    void *library = library_open(names, symbols, l);

    if (library)
        library_find(library, "xsk_umem__create_opts", &l->umem_create_opts);
    return library;
}

bool xqueue_can(void)
{
    struct xqueue_calls l;
    void *library = open_library(&l);

    library_close(library);
    return library;
}

/* A name of no interface is looked up after what was asked for is known to the kernel. */
uint32_t xqueue_spans(uint32_t mtu)
{
    const struct sockaddr_xdp nowhere = {.sxdp_family = AF_XDP, .sxdp_flags = USE_CHAINS};
    uint32_t span;
    int fd;

    if (mtu <= XQUEUE_MTU)
        return 1;
    fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0 || (bind(fd, (const struct sockaddr *)&nowhere, sizeof nowhere) < 0 && errno == EINVAL))
        mtu = 0;
    if (fd >= 0)
        close(fd);
    span = (mtu + LEAD + OVERHEAD + PAGE - 1) / PAGE;
    return !mtu ? 1 : span < 2 ? 2 : span; /* what is received has less room in a page */
}

/* ---- the marks ----------------------------------------------------------------------------------------- */

static uint64_t address(const struct xqueue *q, uint32_t buffer)
{
    return (buffer < q->pages ? buffer : q->pages + (uint64_t)(buffer - q->pages) * q->span) * PAGE;
}

/* Whose page that is; one that there is not: nobody's in the area. */
static uint32_t buffer_at(const struct xqueue *q, uint64_t addr)
{
    uint64_t page = addr / PAGE;

    if (page < q->pages)
        return (uint32_t)page;
    return addr < q->bytes ? q->pages + (uint32_t)(page - q->pages) / q->span : q->buffers;
}

static struct pool *pool_of(struct xqueue *q, uint32_t buffer)
{
    return buffer < q->pages ? &q->page_pool : &q->long_pool;
}

static void set(struct xqueue *q, uint32_t buffer, enum mark to)
{
    q->count[q->mark[buffer]]--;
    q->mark[buffer] = (uint8_t)to;
    if (to == FREE) {
        struct pool *p = pool_of(q, buffer);

        p->at[p->n++] = buffer;
    }
    q->count[to]++;
}

/* The last that became free. There is one. */
static uint32_t take(struct xqueue *q, struct pool *from, enum mark to)
{
    uint32_t buffer = from->at[--from->n];

    set(q, buffer, to);
    return buffer;
}

/* The kernel says that it is done with the page that holds addr, in which it has len bytes. */
static bool is_true(struct xqueue *q, uint64_t addr, uint32_t len, enum mark had)
{
    uint32_t buffer = buffer_at(q, addr);

    if (buffer < q->buffers && q->mark[buffer] == had && len <= PAGE - addr % PAGE)
        return true;
    q->lies++;
    return false;
}

/* A descriptor as it stands, read once: who shares the ring may write into it. */
static struct xdp_desc read_once(const struct xdp_desc *d)
{
    return *(const volatile struct xdp_desc *)d;
}

static struct xdp_desc read_rx(const struct xqueue *q, uint32_t at)
{
    return read_once(xsk_ring_cons__rx_desc(&q->rx, at));
}

/* ---- receiving ----------------------------------------------------------------------------------------- */

static void refill(struct xqueue *q)
{
    uint32_t want = FILL - q->count[FILLED], at;

    if (want > q->page_pool.n)
        want = q->page_pool.n;
    if (!want || xsk_ring_prod__reserve(&q->fill, want, &at) != want)
        return;
    for (uint32_t i = 0; i < want; i++)
        *xsk_ring_prod__fill_addr(&q->fill, at + i) = (uint64_t)take(q, &q->page_pool, FILLED) * PAGE;
    xsk_ring_prod__submit(&q->fill, want);
}

/* A frame that lies in one page. */
static void lend(struct xqueue *q, struct rn_dev *dev, uint32_t buffer, uint64_t addr, uint32_t len,
                 struct rn_frame *f, rn_time now)
{
    set(q, buffer, LENT);
    *f = (struct rn_frame){.data = q->area + addr, .len = len, .buffer = buffer, .stamp = now};
    dev->rx_frames++;
    dev->rx_bytes += len;
}

/* How many descriptors the frame at `at` has, of n that are there; 0: its end is not among them. */
static uint32_t chain_at(const struct xqueue *q, uint32_t at, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!(read_rx(q, at + i).options & MORE_FOLLOWS))
            return i + 1;
    return 0;
}

/* Copies a chain into a long buffer. False: it is no frame, or too long for one. ends: its end is there. */
static bool join(struct xqueue *q, struct rn_dev *dev, uint32_t at, uint32_t n, bool ends, struct rn_frame *f,
                 rn_time now)
{
    uint32_t to = take(q, &q->long_pool, RESERVED), len = 0;
    uint64_t addr = address(q, to);
    bool whole = ends;

    for (uint32_t i = 0; i < n; i++) {
        const struct xdp_desc d = read_rx(q, at + i);

        if (!is_true(q, d.addr, d.len, FILLED)) {
            whole = false;
            continue;
        }
        set(q, buffer_at(q, d.addr), FREE);
        whole = whole && d.len <= q->span * PAGE - len;
        if (whole)
            memcpy(q->area + addr + len, q->area + d.addr, d.len);
        len += whole ? d.len : 0;
    }
    if (whole)
        lend(q, dev, to, addr, len, f, now);
    else
        set(q, to, FREE);
    dev->rx_drops += !whole;
    return whole;
}

/* As below, where a frame may come in several buffers. The kernel shows no part of a frame before all of it. */
static int burst_of_chains(struct xqueue *q, struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now)
{
    uint32_t at, n = xsk_ring_cons__peek(&q->rx, FILL, &at), i = 0;
    int lent = 0;

    while (lent < max && i < n && q->count[LENT] < q->slots && q->long_pool.n) {
        const struct xdp_desc d = read_rx(q, at + i);
        uint32_t parts = chain_at(q, at + i, n - i);
        bool ends = parts;

        q->lies += !ends;
        parts = ends ? parts : n - i;
        if (parts > 1 || !ends)
            lent += join(q, dev, at + i, parts, ends, &frames[lent], now);
        else if (is_true(q, d.addr, d.len, FILLED))
            lend(q, dev, buffer_at(q, d.addr), d.addr, d.len, &frames[lent++], now);
        i += parts;
    }
    xsk_ring_cons__cancel(&q->rx, n - i);
    if (i)
        xsk_ring_cons__release(&q->rx, i);
    return lent;
}

__attribute__((hot)) int xqueue_burst(struct xqueue *q, struct rn_dev *dev, struct rn_frame *frames, int max,
                                      rn_time now)
{
    uint32_t room = q->slots - q->count[LENT], at, n;
    int lent = 0;

    refill(q);
    if (xsk_cons_nb_avail(&q->rx, 1) == 0 && (q->busy_poll || xsk_ring_prod__needs_wakeup(&q->fill)))
        recv(q->fd, NULL, 0, MSG_DONTWAIT); /* what the card has by now is there then */
    if (q->span > 1)
        return burst_of_chains(q, dev, frames, max, now);
    n = xsk_ring_cons__peek(&q->rx, (uint32_t)max < room ? (uint32_t)max : room, &at);
    for (uint32_t i = 0; i < n; i++) {
        const struct xdp_desc d = read_rx(q, at + i);

        if (is_true(q, d.addr, d.len, FILLED))
            lend(q, dev, (uint32_t)(d.addr / PAGE), d.addr, d.len, &frames[lent++], now);
    }
    if (n)
        xsk_ring_cons__release(&q->rx, n);
    return lent;
}

void xqueue_release(struct xqueue *q, uint32_t buffer)
{
    assert(buffer < q->buffers && q->mark[buffer] == LENT);
    set(q, buffer, FREE);
}

uint8_t *xqueue_lend(struct xqueue *q, uint32_t *buffer, uint32_t *room)
{
    if (!q->whole->n || q->count[LENT] >= q->slots)
        return NULL;
    *buffer = take(q, q->whole, LENT);
    *room = q->span * PAGE;
    return q->area + address(q, *buffer);
}

bool xqueue_has_frame(struct xqueue *q)
{
    return q->count[LENT] < q->slots && xsk_cons_nb_avail(&q->rx, 1) > 0;
}

/* ---- sending ------------------------------------------------------------------------------------------- */

/* Of a long buffer, one page has gone. True: the last. */
static bool page_went(struct xqueue *q, uint32_t buffer, uint64_t addr)
{
    uint32_t *left = &q->under_way[buffer - q->pages], page = (uint32_t)((addr - address(q, buffer)) / PAGE);

    q->lies += !(*left >> page & 1);
    *left &= ~(UINT32_C(1) << page);
    return !*left;
}

static void complete(struct xqueue *q)
{
    uint32_t at, n = xsk_ring_cons__peek(&q->comp, q->comp.size, &at);

    for (uint32_t i = 0; i < n; i++) {
        uint64_t addr = *(const volatile __u64 *)xsk_ring_cons__comp_addr(&q->comp, at + i);
        uint32_t buffer = buffer_at(q, addr);

        if (is_true(q, addr, 0, SENT) && (buffer < q->pages || page_went(q, buffer, addr)))
            set(q, buffer, FREE);
    }
    if (n)
        xsk_ring_cons__release(&q->comp, n);
}

bool xqueue_has_slot(struct xqueue *q)
{
    return q->whole->n && q->count[SENT] + q->count[RESERVED] < q->slots;
}

__attribute__((hot)) int xqueue_reserve(struct xqueue *q, struct rn_frame *slots, int max)
{
    int n = 0;

    assert(!q->reserved);
    for (; n < max && xqueue_has_slot(q); n++) {
        uint32_t buffer = q->order[n] = take(q, q->whole, RESERVED);

        slots[n] = (struct rn_frame){
            .data = q->area + address(q, buffer) + LEAD, .room = q->span * PAGE - LEAD, .buffer = buffer};
    }
    q->reserved = (uint32_t)n;
    return n;
}

/* Has the checksum filled in by whoever is next behind us, or does it. The descriptor's word for that. */
static uint32_t ask_for_sum(struct xqueue *q, const struct rn_frame *f)
{
    const struct request r = {.flags = FILL_SUM, .csum_start = f->csum_start, .csum_offset = f->csum_offset};
    struct rn_frame own = *f;

    /* The kernel stops at a sum that lies outside. */
    if (q->fills_sums && (uint32_t)f->csum_start + f->csum_offset + 2 <= f->len) {
        memcpy(f->data - sizeof r, &r, sizeof r);
        return REQUEST_BEFORE;
    }
    offload_checksum(&own);
    return 0;
}

/* Puts a frame into the transmit ring, a descriptor for each page. first: what the first says besides. False: the ring,
 * which holds as many as may be under way, has no room all the same. */
static bool put(struct xqueue *q, uint32_t buffer, uint64_t addr, uint32_t len, uint32_t first)
{
    uint32_t n = (uint32_t)((addr % PAGE + len + PAGE - 1) / PAGE), at, part;

    if (xsk_ring_prod__reserve(&q->tx, n, &at) != n)
        return false;
    for (uint32_t i = 0; i < n; i++, addr += part, len -= part, first = 0) {
        part = PAGE - (uint32_t)(addr % PAGE);
        part = len < part ? len : part;
        *xsk_ring_prod__tx_desc(&q->tx, at + i) =
            (struct xdp_desc){.addr = addr, .len = part, .options = first | (len > part ? MORE_FOLLOWS : 0)};
        if (buffer >= q->pages)
            q->under_way[buffer - q->pages] |= UINT32_C(1) << (addr - address(q, buffer)) / PAGE;
    }
    q->committed += n;
    return true;
}

__attribute__((hot)) void xqueue_commit(struct xqueue *q, struct rn_dev *dev, const struct rn_frame *slots, int n)
{
    assert(n >= 0 && (uint32_t)n <= q->reserved);
    for (int i = 0; i < n; i++) {
        uint64_t addr = (uint64_t)(slots[i].data - q->area), from = addr - address(q, q->order[i]);

        assert(slots[i].buffer == q->order[i] && slots[i].fragments == 0 && slots[i].len > 0);
        assert(from < q->span * PAGE && slots[i].len <= q->span * PAGE - from);
        if (put(q, q->order[i], addr, slots[i].len,
                slots[i].flags & RN_CSUM_PARTIAL ? ask_for_sum(q, &slots[i]) : 0)) {
            set(q, q->order[i], SENT);
        } else {
            set(q, q->order[i], FREE);
            dev->tx_drops++;
        }
    }
    for (uint32_t i = (uint32_t)n; i < q->reserved; i++)
        set(q, q->order[i], FREE);
    q->reserved = 0;
}

/* What was committed is taken out of the ring again: the kernel has not seen it. */
static void take_back(struct xqueue *q, struct rn_dev *dev)
{
    for (; q->committed; q->committed--) {
        const struct xdp_desc d = read_once(xsk_ring_prod__tx_desc(&q->tx, --q->tx.cached_prod));
        uint32_t buffer = buffer_at(q, d.addr);

        if (d.options & MORE_FOLLOWS || !is_true(q, d.addr, 0, SENT))
            continue;
        set(q, buffer, FREE);
        if (buffer >= q->pages)
            q->under_way[buffer - q->pages] = 0;
        dev->tx_drops++;
    }
}

static void count_sent(struct xqueue *q, struct rn_dev *dev)
{
    for (uint32_t i = q->committed; i > 0; i--) {
        const struct xdp_desc *d = xsk_ring_prod__tx_desc(&q->tx, q->tx.cached_prod - i);

        dev->tx_bytes += d->len;
        dev->tx_frames += !(d->options & MORE_FOLLOWS);
    }
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
    assert(q->count[FREE] + q->count[FILLED] + q->count[LENT] + q->count[RESERVED] + q->count[SENT] == q->buffers);
    assert(q->page_pool.n + q->long_pool.n == q->count[FREE]);
    return left || !xqueue_has_slot(q);
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static int refused(const char *name, uint32_t queue, uint64_t bytes, int error, char *err)
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
                          "xdp:%s: no memory for a queue, %u KiB that stay in place: raise ulimit -l, or free some",
                          name, (unsigned)(bytes / 1024));
    default:
        return error_line(err, error, "xdp:%s: no AF_XDP socket (Linux 5.11 is needed): %s", name, strerror(-error));
    }
}

/* A power of two, and so many at least. */
static uint32_t ring_size(uint32_t least)
{
    uint32_t size = XQUEUE_SLOTS;

    while (size < least)
        size *= 2;
    return size;
}

/* How many buffers of which kind there are. */
static void divide(struct xqueue *q, uint32_t span)
{
    q->span = span;
    q->slots = q->span > 1 ? LONG_SLOTS : XQUEUE_SLOTS;
    q->pages = q->span > 1 ? FILL + LONG_SLOTS : BUFFERS;
    q->buffers = q->span > 1 ? q->pages + LONG_BUFFERS : BUFFERS;
    q->bytes = address(q, q->buffers);
    q->page_pool.at = q->free;
    q->long_pool.at = q->free + q->pages;
    q->whole = q->span > 1 ? &q->long_pool : &q->page_pool;
    q->count[FREE] = q->buffers;
    for (uint32_t i = q->buffers; i-- > 0;) {
        struct pool *p = pool_of(q, i);

        p->at[p->n++] = i;
    }
}

/* Registers the area, with room for requests where library and kernel know them. Of a frame of several pages the kernel
 * would have that room in front of each. 0 or a negative errno. */
static int create_area(struct xqueue *q, uint32_t ring)
{
    const struct xsk_umem_config plain = {.fill_size = FILL, .comp_size = ring, .frame_size = PAGE};
    struct xqueue_area_options o = {.sz = sizeof o,
                             .size = q->bytes,
                             .fill_size = FILL,
                             .comp_size = ring,
                             .frame_size = PAGE,
                             .flags = REQUEST_LEN,
                             .tx_metadata_len = sizeof(struct request)};

    q->umem = q->lib.umem_create_opts && q->fills_sums && q->span == 1 ? q->lib.umem_create_opts(q->area, &q->fill, &q->comp, &o) : NULL;
    q->fills_sums = q->umem;
    return q->umem ? 0 : q->lib.umem_create(&q->umem, q->area, q->bytes, &q->fill, &q->comp, &plain);
}

static int set_up(struct xqueue *q, const char *name, uint32_t queue)
{
    const uint32_t ring = ring_size(q->slots * q->span);
    const struct xsk_socket_config socket = {
        .rx_size = FILL,
        .tx_size = ring,
        .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
        .bind_flags = (uint16_t)(XDP_USE_NEED_WAKEUP | (q->span > 1 ? USE_CHAINS : 0))};
    struct xdp_options options = {0};
    socklen_t len = sizeof options;
    int error = create_area(q, ring);

    if (!error)
        error = q->lib.create(&q->socket, name, queue, q->umem, &q->rx, &q->tx, &socket);
    if (error)
        return error;
    q->fd = q->lib.fd(q->socket);
    q->zero_copy = getsockopt(q->fd, SOL_XDP, XDP_OPTIONS, &options, &len) == 0 &&
                   options.flags & XDP_OPTIONS_ZEROCOPY;
    q->fills_sums = q->fills_sums && !q->zero_copy; /* not every driver does, and none says so here */
    refill(q);
    return 0;
}

/* 0 or a negative errno with a line. */
static int try(struct xqueue **out, const char *name, uint32_t queue, const struct xqueue_how *how, char *err)
{
    struct xqueue *q;
    uint64_t bytes;
    int error;

    q = calloc(1, sizeof *q);
    if (!q)
        return refused(name, queue, 0, -ENOMEM, err);
    q->fd = -1;
    q->area = MAP_FAILED;
    q->fills_sums = how->asks_for_sums;
    if (how->calls)
        q->lib = *how->calls;
    else
        q->handle = open_library(&q->lib);
    if (!how->calls && !q->handle) {
        xqueue_close(q);
        return error_line(err, -ENOSYS, "xdp:%s: libxdp.so.1 is not there: apt install libxdp1", name);
    }
    divide(q, how->span);
    bytes = q->bytes;
    q->area = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    error = q->area == MAP_FAILED ? -ENOMEM : set_up(q, name, queue);
    if (error < 0) {
        xqueue_close(q);
        return refused(name, queue, bytes, error, err);
    }
    *out = q;
    return 0;
}

/* The kernel frees a queue some time after its last holder has gone, so that one who follows him at once has to wait. */
int xqueue_open(struct xqueue **out, const char *name, uint32_t queue, const struct xqueue_how *how, char *err)
{
    int error = try(out, name, queue, how, err);

    for (int i = 0; error == -EBUSY && i < TRIES; i++) {
        poll(NULL, 0, TRY_MS);
        error = try(out, name, queue, how, err);
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
        munmap(q->area, (size_t)q->bytes);
    library_close(q->handle);
    free(q);
}

int xqueue_busy_poll(struct xqueue *q)
{
    const struct {
        int option, value;
    } set[] = {{PREFER_BUSY_POLL, 1}, {SO_BUSY_POLL, LOOK_US}, {BUSY_POLL_BUDGET, BUDGET}};

    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        if (setsockopt(q->fd, SOL_SOCKET, set[i].option, &set[i].value, sizeof set[i].value) < 0)
            return -errno;
    q->busy_poll = true;
    return 0;
}

int xqueue_fd(const struct xqueue *q)
{
    return q->fd;
}

bool xqueue_is_zero_copy(const struct xqueue *q)
{
    return q->zero_copy;
}

bool xqueue_fills_sums(const struct xqueue *q)
{
    return q->fills_sums;
}

uint32_t xqueue_slots(const struct xqueue *q)
{
    return q->slots;
}

uint64_t xqueue_lies(const struct xqueue *q)
{
    return q->lies;
}

#endif
