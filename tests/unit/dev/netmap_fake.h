/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What netmap's module was seen to do, for a client that is tested where it is not: one interface with its rings in
 * memory that several descriptors share. The far end of its wire, and the kernel on the other side of the host rings,
 * are the test's:
 *
 *      fake_wire_sends -> queue -> NIOCRXSYNC -> receive ring      transmit ring -> NIOCTXSYNC -> fake_wire_receives
 *      fake_host_sends -> queue -> NIOCRXSYNC -> host ring         host ring -> NIOCTXSYNC -> fake_host_receives
 *
 * A descriptor is readable while something waits in a queue. A sync that finds head outside of head to tail sets the
 * ring back and succeeds; a slot whose buffer or length cannot be vanishes. A queue holds
 * as much as its ring, whatever of that the program has not given back yet.
 */
#ifndef TESTS_DEV_NETMAP_FAKE_H
#define TESTS_DEV_NETMAP_FAKE_H

#include "dev/netmap_calls.h"

#include <assert.h>
#include <errno.h>
#include <net/netmap.h>
#include <net/netmap_legacy.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FAKE_RINGS = 4, FAKE_DESCRIPTORS = 8, FAKE_BUFFER = 2048, FAKE_FIRST = 2 /* buffers that are in no ring */ };
enum fake_kind { FAKE_TX, FAKE_HOST_TX, FAKE_RX, FAKE_HOST_RX, FAKE_KINDS };

struct fake_port {
    const char *name;
    uint32_t tx_rings, rx_rings, host_tx_rings, host_rx_rings, slots, mtu;
    bool up;
};

struct fake_frame {
    struct fake_frame *next;
    uint32_t len, piece;
    uint16_t flags;
    uint8_t bytes[];
};

struct fake_queue {
    struct fake_frame *first;
    uint32_t count;
};

/* The module's own view of a ring, and what has not come into it yet, or has gone out of it. */
struct fake_ring {
    struct netmap_ring *ring;
    uint32_t head, tail;
    struct fake_queue queue;
};

struct fake_descriptor {
    int fd;
    bool open, bound, exclusive;
    bool has[FAKE_KINDS][FAKE_RINGS];
};

static struct {
    bool no_device, no_rights, no_ctrl, map_fails, gone;
    uint32_t api; /* the only version that is known; 0: 14 and 15 */
    int register_errno;
    uint32_t opens, closes, maps, unmaps, txsyncs, rxsyncs;
    struct fake_port port;
    uint8_t *memory;
    size_t bytes;
    uint32_t buffers;
    struct fake_ring rings[FAKE_KINDS][FAKE_RINGS];
    struct fake_descriptor descriptors[FAKE_DESCRIPTORS];
} fake;

/* ---- memory -------------------------------------------------------------------------------------------- */

static inline uint32_t fake_count(int kind)
{
    const struct fake_port *p = &fake.port;

    return kind == FAKE_TX ? p->tx_rings : kind == FAKE_HOST_TX ? p->host_tx_rings : kind == FAKE_RX ? p->rx_rings
                                                                                                      : p->host_rx_rings;
}

static inline void fake_forget(struct fake_queue *q)
{
    for (struct fake_frame *f; (f = q->first) != NULL; free(f))
        q->first = f->next;
    q->count = 0;
}

/* Fields that programs may only read. */
static inline void fake_put32(void *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

static inline void fake_make_ring(int kind, uint32_t i, size_t at, size_t buffers_at, uint32_t *next)
{
    struct netmap_ring *r = (struct netmap_ring *)(void *)(fake.memory + at);
    int64_t distance = (int64_t)(buffers_at - at);
    bool tx = kind == FAKE_TX || kind == FAKE_HOST_TX;

    memcpy(fake.memory + at, &distance, sizeof distance);
    fake_put32(fake.memory + at + 8, fake.port.slots);
    fake_put32(fake.memory + at + 12, FAKE_BUFFER);
    fake.memory[at + 18] = tx;
    for (uint32_t s = 0; s < fake.port.slots; s++)
        r->slot[s].buf_idx = (*next)++;
    r->tail = tx ? fake.port.slots - 1 : 0;
    fake.rings[kind][i] = (struct fake_ring){.ring = r, .tail = r->tail};
}

/* Forgets all there was: from now on there is this interface. */
static inline void fake_reset(const struct fake_port *port)
{
    size_t ring_bytes = (sizeof(struct netmap_ring) + port->slots * sizeof(struct netmap_slot) + 4095) & ~(size_t)4095;
    size_t rings = port->tx_rings + port->rx_rings + port->host_tx_rings + port->host_rx_rings;
    size_t at = 16384, buffers_at = at + rings * ring_bytes;
    uint32_t next = FAKE_FIRST;

    for (int k = 0; k < FAKE_KINDS; k++)
        for (int i = 0; i < FAKE_RINGS; i++)
            fake_forget(&fake.rings[k][i].queue);
    free(fake.memory);
    memset(&fake, 0, sizeof fake);
    fake.port = *port;
    fake.buffers = FAKE_FIRST + (uint32_t)rings * port->slots;
    fake.bytes = buffers_at + (size_t)fake.buffers * FAKE_BUFFER;
    fake.memory = aligned_alloc(4096, (fake.bytes + 4095) & ~(size_t)4095);
    assert(fake.memory && rings);
    memset(fake.memory, 0, fake.bytes);
    for (int k = 0; k < FAKE_KINDS; k++)
        for (uint32_t i = 0; i < fake_count(k); i++, at += ring_bytes)
            fake_make_ring(k, i, at, buffers_at, &next);
}

static inline uint8_t *fake_buffer(uint32_t number)
{
    return number < fake.buffers ? fake.memory + fake.bytes - (size_t)(fake.buffers - number) * FAKE_BUFFER : NULL;
}

static inline struct netmap_ring *fake_ring(bool host, bool tx, unsigned ring)
{
    return fake.rings[host ? (tx ? FAKE_HOST_TX : FAKE_HOST_RX) : tx ? FAKE_TX : FAKE_RX][ring].ring;
}

/* Every buffer is in one slot. */
static inline bool fake_books_balance(void)
{
    uint8_t *seen = calloc(1, fake.buffers);
    bool balance = seen;

    for (int k = 0; k < FAKE_KINDS; k++)
        for (uint32_t i = 0; balance && i < fake_count(k); i++)
            for (uint32_t s = 0; balance && s < fake.port.slots; s++) {
                uint32_t number = fake.rings[k][i].ring->slot[s].buf_idx;

                balance = number >= FAKE_FIRST && number < fake.buffers && !seen[number]++;
            }
    free(seen);
    return balance;
}

/* ---- queues -------------------------------------------------------------------------------------------- */

static inline bool fake_put(struct fake_queue *q, const uint8_t *bytes, uint32_t len, uint32_t piece, uint16_t flags)
{
    struct fake_frame **at = &q->first, *f = malloc(sizeof *f + len);

    assert(f);
    while (*at)
        at = &(*at)->next;
    *f = (struct fake_frame){.len = len, .piece = piece, .flags = flags};
    memcpy(f->bytes, bytes, len);
    *at = f;
    q->count++;
    return true;
}

static inline struct fake_frame *fake_get(struct fake_queue *q)
{
    struct fake_frame *f = q->first;

    if (f) {
        q->first = f->next;
        q->count--;
    }
    return f;
}

/* Each descriptor is readable while something waits for it. */
static inline void fake_tell(void)
{
    for (int i = 0; i < FAKE_DESCRIPTORS; i++) {
        const struct fake_descriptor *d = &fake.descriptors[i];
        eventfd_t was;
        bool some = false;

        for (int r = 0; r < FAKE_RINGS; r++)
            some |= (d->has[FAKE_RX][r] && fake.rings[FAKE_RX][r].queue.count) ||
                    (d->has[FAKE_HOST_RX][r] && fake.rings[FAKE_HOST_RX][r].queue.count);
        if (!d->open)
            continue;
        eventfd_read(d->fd, &was);
        if (some)
            eventfd_write(d->fd, 1);
    }
}

static inline bool fake_sends(int kind, unsigned ring, const uint8_t *frame, uint32_t len, uint32_t piece)
{
    struct fake_queue *q = &fake.rings[kind][ring].queue;

    if (q->count + 1 >= fake.port.slots) /* it has as much room as the ring */
        return false;
    fake_put(q, frame, len, piece, 0);
    fake_tell();
    return true;
}

/* A frame from what a transmit ring has sent, its pieces joined. */
static inline uint32_t fake_receives(int kind, unsigned ring, uint8_t *frame, uint32_t max)
{
    struct fake_frame *f;
    uint32_t len = 0;
    bool more = true;

    while (more && (f = fake_get(&fake.rings[kind][ring].queue)) != NULL) {
        assert(len + f->len <= max);
        memcpy(frame + len, f->bytes, f->len);
        len += f->len;
        more = f->flags & NS_MOREFRAG;
        free(f);
    }
    return len;
}

/* The wire's other end: a frame arrives, in pieces of so many bytes if piece is not 0. False: there was no room. */
static inline bool fake_wire_sends(unsigned ring, const uint8_t *frame, uint32_t len, uint32_t piece)
{
    return fake_sends(FAKE_RX, ring, frame, len, piece);
}

static inline uint32_t fake_wire_receives(unsigned ring, uint8_t *frame, uint32_t max)
{
    return fake_receives(FAKE_TX, ring, frame, max);
}

/* The kernel sends, and gets. */
static inline bool fake_host_sends(unsigned ring, const uint8_t *frame, uint32_t len)
{
    return fake_sends(FAKE_HOST_RX, ring, frame, len, 0);
}

static inline uint32_t fake_host_receives(unsigned ring, uint8_t *frame, uint32_t max)
{
    return fake_receives(FAKE_HOST_TX, ring, frame, max);
}

/* ---- syncs --------------------------------------------------------------------------------------------- */

static inline uint32_t fake_distance(uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + fake.port.slots - from;
}

static inline uint32_t fake_after(uint32_t at)
{
    return at + 1 == fake.port.slots ? 0 : at + 1;
}

/* What the program says is within what it had; else the ring is set back. */
static inline bool fake_looks_right(struct fake_ring *r)
{
    uint32_t head = r->ring->head, cur = r->ring->cur;

    if (head < fake.port.slots && cur < fake.port.slots &&
        fake_distance(r->head, head) <= fake_distance(r->head, r->tail) &&
        fake_distance(head, cur) <= fake_distance(head, r->tail))
        return true;
    r->ring->head = r->ring->cur = r->head;
    r->ring->tail = r->tail;
    return false;
}

static inline void fake_sync_tx(struct fake_ring *r)
{
    if (!fake_looks_right(r))
        return;
    for (; r->head != r->ring->head; r->head = fake_after(r->head)) {
        struct netmap_slot *s = &r->ring->slot[r->head];
        const uint8_t *from = fake_buffer(s->buf_idx);

        if (from && s->len && s->len <= FAKE_BUFFER)
            fake_put(&r->queue, from, s->len, 0, s->flags);
        s->flags = 0;
    }
    r->tail = r->head ? r->head - 1 : fake.port.slots - 1;
    r->ring->tail = r->tail;
}

/* Puts a waiting frame into slots from tail on. False: they are too few. */
static inline bool fake_deliver(struct fake_ring *r, const struct fake_frame *f)
{
    uint32_t piece = f->piece ? f->piece : FAKE_BUFFER, slots = (f->len + piece - 1) / piece;
    uint32_t room = fake.port.slots - 1 - fake_distance(r->head, r->tail);

    if (slots > room)
        return false;
    for (uint32_t at = 0; at < f->len; at += piece) {
        struct netmap_slot *s = &r->ring->slot[r->tail];
        uint8_t *to = fake_buffer(s->buf_idx);

        s->len = (uint16_t)(f->len - at < piece ? f->len - at : piece);
        s->flags = at + piece < f->len ? NS_MOREFRAG : 0;
        if (to)
            memcpy(to, f->bytes + at, s->len);
        r->tail = fake_after(r->tail);
    }
    return true;
}

static inline void fake_sync_rx(struct fake_ring *r)
{
    if (!fake_looks_right(r))
        return;
    for (; r->head != r->ring->head; r->head = fake_after(r->head))
        r->ring->slot[r->head].flags = 0;
    while (r->queue.first && fake_deliver(r, r->queue.first))
        free(fake_get(&r->queue));
    r->ring->tail = r->tail;
}

static inline int fake_sync(const struct fake_descriptor *d, bool tx)
{
    tx ? fake.txsyncs++ : fake.rxsyncs++;
    if (!d->bound || fake.gone)
        return errno = ENXIO, -1;
    for (int i = 0; i < FAKE_RINGS; i++)
        for (int host = 0; host < 2; host++) {
            int kind = tx ? (host ? FAKE_HOST_TX : FAKE_TX) : host ? FAKE_HOST_RX : FAKE_RX;

            if (d->has[kind][i])
                tx ? fake_sync_tx(&fake.rings[kind][i]) : fake_sync_rx(&fake.rings[kind][i]);
        }
    fake_tell();
    return 0;
}

/* ---- calls --------------------------------------------------------------------------------------------- */

static inline struct fake_descriptor *fake_of(int fd)
{
    for (int i = 0; i < FAKE_DESCRIPTORS; i++)
        if (fake.descriptors[i].open && fake.descriptors[i].fd == fd)
            return &fake.descriptors[i];
    assert(!"a descriptor of netmap's");
    return NULL;
}

static inline int fake_open(const char *path, int flags)
{
    (void)flags;
    assert(strcmp(path, "/dev/netmap") == 0);
    if (fake.no_device || fake.no_rights)
        return errno = fake.no_device ? ENOENT : EACCES, -1;
    for (int i = 0; i < FAKE_DESCRIPTORS; i++)
        if (!fake.descriptors[i].open) {
            fake.descriptors[i] = (struct fake_descriptor){.fd = eventfd(0, EFD_NONBLOCK), .open = true};
            fake.opens++;
            return fake.descriptors[i].fd;
        }
    return errno = EMFILE, -1;
}

/* Binds rings by mode. 0 or an errno. */
static inline int fake_bind(struct fake_descriptor *d, uint32_t mode, uint32_t ring, uint64_t flags)
{
    bool one = mode == NR_REG_ONE_NIC || mode == NR_REG_ONE_SW;
    bool nic = mode == NR_REG_ALL_NIC || mode == NR_REG_NIC_SW || mode == NR_REG_ONE_NIC;
    bool host = mode == NR_REG_SW || mode == NR_REG_NIC_SW || mode == NR_REG_ONE_SW;

    if ((!nic && !host) || (one && (ring >= fake_count(nic ? FAKE_TX : FAKE_HOST_TX) ||
                                    ring >= fake_count(nic ? FAKE_RX : FAKE_HOST_RX))))
        return EINVAL;
    for (int i = 0; i < FAKE_DESCRIPTORS; i++)
        if (fake.descriptors[i].bound && (fake.descriptors[i].exclusive || flags & NR_EXCLUSIVE))
            return EBUSY;
    for (int k = 0; k < FAKE_KINDS; k++)
        for (uint32_t i = 0; i < fake_count(k); i++)
            d->has[k][i] = (k == FAKE_TX || k == FAKE_RX ? nic : host) && (!one || i == ring);
    d->bound = true;
    d->exclusive = flags & NR_EXCLUSIVE;
    return 0;
}

/* Registers, and makes the descriptor's own view. 0 or an errno; *offset: where that is. */
static inline int fake_register(struct fake_descriptor *d, const char *name, uint32_t mode, uint32_t ring,
                                uint64_t flags, uint64_t *offset)
{
    uint64_t at = 4096 + (uint64_t)(d - fake.descriptors) * 512;
    int error = fake.register_errno    ? fake.register_errno
                : !strcmp(name, "lo")  ? EINVAL
                : fake.gone || strcmp(name, fake.port.name) ? ENXIO
                : fake.port.mtu > FAKE_BUFFER ? EINVAL
                                       : fake_bind(d, mode, ring, flags);
    uint8_t *nif = fake.memory + at;

    if (error)
        return error;
    strncpy((char *)nif, name, IF_NAMESIZE - 1);
    fake_put32(nif + 16, NETMAP_API);
    fake_put32(nif + 24, fake.port.tx_rings);
    fake_put32(nif + 28, fake.port.rx_rings);
    fake_put32(nif + 36, fake.port.host_tx_rings);
    fake_put32(nif + 40, fake.port.host_rx_rings);
    for (uint32_t k = 0, n = 0; k < FAKE_KINDS; k++)
        for (uint32_t i = 0; i < fake_count((int)k); i++, n++) {
            ssize_t far = d->has[k][i] ? (uint8_t *)fake.rings[k][i].ring - nif : 0;

            memcpy(nif + 56 + n * sizeof far, &far, sizeof far);
        }
    *offset = at;
    return 0;
}

static inline int fake_by_header(struct fake_descriptor *d, struct nmreq_header *h)
{
    struct nmreq_register *r = (struct nmreq_register *)(uintptr_t)h->nr_body;
    uint32_t api = h->nr_version;

    assert(h->nr_reqtype == NETMAP_REQ_REGISTER && !h->nr_options);
    if (fake.no_ctrl || (fake.api ? api != fake.api : api < NETMAP_MIN_API || api > NETMAP_MAX_API))
        return EINVAL;
    r->nr_memsize = fake.bytes;
    r->nr_tx_slots = r->nr_rx_slots = fake.port.slots;
    return fake_register(d, h->nr_name, r->nr_mode, r->nr_ringid, r->nr_flags, &r->nr_offset);
}

static inline int fake_by_nmreq(struct fake_descriptor *d, struct nmreq *r)
{
    uint64_t offset = 0;
    int error;

    if (r->nr_version != NETMAP_API)
        return EINVAL;
    error = fake_register(d, r->nr_name, r->nr_flags & NR_REG_MASK, r->nr_ringid & NETMAP_RING_MASK,
                          r->nr_flags & ~(uint32_t)NR_REG_MASK, &offset);
    r->nr_offset = (uint32_t)offset;
    r->nr_memsize = (uint32_t)fake.bytes;
    return error;
}

static inline int fake_ioctl(int fd, unsigned long request, void *argument)
{
    struct fake_descriptor *d = fake_of(fd);

    if (request == NIOCTXSYNC || request == NIOCRXSYNC)
        return fake_sync(d, request == NIOCTXSYNC);
    errno = d->bound              ? EBUSY
            : request == NIOCCTRL  ? fake_by_header(d, argument)
            : request == NIOCREGIF ? fake_by_nmreq(d, argument)
                                   : EINVAL;
    return errno ? -1 : 0;
}

static inline void *fake_map(int fd, size_t bytes)
{
    if (!fake_of(fd)->bound || bytes > fake.bytes || fake.map_fails)
        return errno = EINVAL, MAP_FAILED;
    fake.maps++;
    return fake.memory;
}

static inline int fake_unmap(void *at, size_t bytes)
{
    assert(at == fake.memory && bytes);
    fake.unmaps++;
    return 0;
}

static inline int fake_close(int fd)
{
    struct fake_descriptor *d = fake_of(fd);

    close(fd);
    *d = (struct fake_descriptor){.open = false};
    fake.closes++;
    return 0;
}

static inline const struct netmap_calls *fake_calls(void)
{
    static const struct netmap_calls calls = {
        .open = fake_open, .ioctl = fake_ioctl, .map = fake_map, .unmap = fake_unmap, .close = fake_close};

    return &calls;
}

/* The interface is taken away, or put back. */
static inline void fake_goes(bool away)
{
    fake.gone = away;
}

#endif
