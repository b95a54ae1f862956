/* SPDX-License-Identifier: BSD-2-Clause
 *
 * netmap's kernel module in a test's own process: one interface, one memory (number 1), a table of calls. Written from
 * what the module was seen to do, not from any client.
 *
 *      wire --fake_wire_sends--> queue --NIOCRXSYNC--> receive ring          as many slots in each queue as in a ring
 *      wire <-fake_wire_receives-- queue <--NIOCTXSYNC-- transmit ring       the host rings' likewise, fake_host_...
 *
 *      memory:  4096 zeros | one netmap_if per descriptor | rings, in ring_ofs's order | buffers: 0, 1, rings', spare
 *
 * What the module was seen to suffer (a bad head, buffer number or length) it suffers here, and counts. What a program
 * must not do but nobody saw the answer to, fake_wrong() ends the test for, or counts it if fake.lenient.
 *
 * Descriptors are eventfds: readable while frames wait that a sync would deliver; POLLERR (POLLIN with it, as eventfds
 * are) before registration and when the interface is gone. They do not see poll(2), so it syncs nothing here and
 * POLLOUT says nothing: for what the module's own poll does there is fake_poll(). Slots of a ring that was full at the
 * last sync may be given back without a call, so the descriptor stays readable till a sync found none given back.
 */
#ifndef TESTS_DEV_NETMAP_FAKE_H
#define TESTS_DEV_NETMAP_FAKE_H

#undef NDEBUG /* it is for tests */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <net/netmap.h>
#include <net/netmap_legacy.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dev/netmap_calls.h"

enum { FAKE_RINGS = 4, FAKE_DESCRIPTORS = 8, FAKE_BUFFER = 2048, FAKE_FIRST = 2 /* buffers 0 and 1 are in no ring */ };
enum { FAKE_SPARE = 1024 /* buffers to lend as extra ones */, FAKE_MEMORY = 1, FAKE_PAGE = 4096, FAKE_IF = 256 };
enum { FAKE_NIC_TX, FAKE_HOST_TX, FAKE_NIC_RX, FAKE_HOST_RX, FAKE_KINDS }; /* ring_ofs's order */
enum { FAKE_DARK, FAKE_READABLE, FAKE_ERROR };

struct fake_port {
    const char *name;
    uint32_t tx_rings, rx_rings, host_tx_rings, host_rx_rings, slots, mtu;
    bool up;
};

struct fake_piece {
    uint32_t len;
    bool more;
    uint8_t bytes[FAKE_BUFFER];
};

struct fake_queue {
    struct fake_piece *pieces; /* port.slots of them */
    uint32_t first, count;
};

/* The kernel's side of a ring. The program's slots are hwcur to tail, all others the kernel's. */
struct fake_side {
    struct netmap_ring *ring;
    struct netmap_slot *known; /* each slot as the kernel last saw it */
    uint32_t hwcur, tail;      /* head at the last sync; tail as the kernel wrote it */
    uint32_t taken, back;      /* transmit: first slot the card has not sent; up to where it told so */
    bool stuck;                /* receive: the last sync got nothing back, delivered nothing, yet frames wait */
    struct fake_queue queue;   /* to the ring (receive) or from it (transmit) */
};

struct fake_descriptor {
    int fd, flags;
    bool open, bound, dead, exclusive;
    uint32_t rings[FAKE_KINDS]; /* bit: bound */
    uint64_t asked;             /* nr_flags */
    struct netmap_if *nifp;
    int lit;
};

static struct {
    /* for tests to set */
    bool no_device, no_rights, no_ctrl, map_fails, gone;
    uint32_t api;        /* the only version known; 0: 14 and 15 */
    int register_errno;  /* registration fails so */
    bool lazy;           /* sent slots come back at an NS_REPORT only, or when there is no room */
    bool emulated;       /* as seen of the emulated transmit path: of an NS_MOREFRAG chain only the tail is sent */
    bool lenient;        /* fake_wrong() counts only */
    uint32_t extra_most; /* lend no more extra buffers than that at once; 0: as many as there are */
    /* for tests to read */
    uint32_t opens, closes, maps, unmaps, txsyncs, rxsyncs; /* that succeeded */
    uint32_t resets;                                        /* rings, for a bad head or cur */
    uint32_t vanished;                                      /* frames with a bad buffer number or length */
    uint32_t wrongs;
    struct fake_port port;
    /* its own */
    uint8_t *memory;
    size_t bytes, buffers_at;
    uint32_t buffers;
    bool *spare, *held; /* by buffer: in nobody's hands; in a slot of the kernel's */
    struct fake_side sides[FAKE_KINDS][FAKE_RINGS];
    struct fake_descriptor descriptors[FAKE_DESCRIPTORS];
    size_t mapped[2 * FAKE_DESCRIPTORS]; /* mappings outlive descriptors */
} fake;

static inline void fake_wrong(const char *what)
{
    fake.wrongs++;
    if (!fake.lenient) {
        fprintf(stderr, "netmap_fake: the program %s\n", what);
        abort();
    }
}

static inline int fake_fails(int error)
{
    errno = error;
    return -1;
}

static inline uint32_t fake_rings(int kind)
{
    const uint32_t rings[] = {fake.port.tx_rings, fake.port.host_tx_rings, fake.port.rx_rings, fake.port.host_rx_rings};
    return rings[kind];
}

static inline bool fake_is_tx(int kind)
{
    return kind == FAKE_NIC_TX || kind == FAKE_HOST_TX;
}

static inline uint32_t fake_next(uint32_t slot)
{
    return slot + 1 == fake.port.slots ? 0 : slot + 1;
}

static inline uint32_t fake_span(uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + fake.port.slots - from;
}

static inline bool fake_is_buffer(uint32_t number)
{
    return number >= FAKE_FIRST && number < fake.buffers;
}

static inline uint8_t *fake_buffer(uint32_t number)
{
    assert(number < fake.buffers);
    return fake.memory + fake.buffers_at + (size_t)number * FAKE_BUFFER;
}

static inline struct fake_side *fake_side(bool host, bool tx, unsigned ring)
{
    int kind = (tx ? FAKE_NIC_TX : FAKE_NIC_RX) + (host ? 1 : 0);
    assert(ring < fake_rings(kind));
    return &fake.sides[kind][ring];
}

static inline struct netmap_ring *fake_ring(bool host, bool tx, unsigned ring)
{
    return fake_side(host, tx, ring)->ring;
}

/* Fresh rings: head = cur = 0; of a transmit ring all but one slot are the program's, of a receive ring none. Buffers
 * stay where the last program left them, that the books show what it did. */
static inline void fake_fresh(void)
{
    memset(fake.held, 0, fake.buffers);
    for (int kind = 0; kind < FAKE_KINDS; kind++) {
        for (uint32_t r = 0; r < fake_rings(kind); r++) {
            struct fake_side *side = &fake.sides[kind][r];
            side->hwcur = side->taken = side->back = 0;
            side->tail = fake_is_tx(kind) ? fake.port.slots - 1 : 0;
            side->stuck = false;
            if (!fake_is_tx(kind))
                side->queue.first = side->queue.count = 0;
            side->ring->head = side->ring->cur = 0;
            side->ring->tail = side->tail;
            side->ring->flags = 0;
            for (uint32_t i = 0; i < fake.port.slots; i++) {
                struct netmap_slot *slot = &side->ring->slot[i];
                slot->len = slot->flags = 0;
                slot->ptr = 0;
                side->known[i] = *slot;
                if (i >= side->tail && fake_is_buffer(slot->buf_idx))
                    fake.held[slot->buf_idx] = true;
            }
        }
    }
}

static inline void fake_forget(void)
{
    for (int i = 0; i < FAKE_DESCRIPTORS; i++) {
        if (fake.descriptors[i].open)
            close(fake.descriptors[i].fd);
    }
    for (int kind = 0; kind < FAKE_KINDS; kind++) {
        for (int r = 0; r < FAKE_RINGS; r++) {
            free(fake.sides[kind][r].known);
            free(fake.sides[kind][r].queue.pieces);
        }
    }
    free(fake.spare);
    free(fake.held);
    free(fake.memory);
    memset(&fake, 0, sizeof(fake));
}

/* Forgets all, open descriptors too; from now there is this one interface. */
static inline void fake_reset(const struct fake_port *port)
{
    fake_forget();
    fake.port = *port;
    uint32_t rings = 0, slots = port->slots;
    for (int kind = 0; kind < FAKE_KINDS; kind++) {
        assert(fake_rings(kind) <= FAKE_RINGS);
        rings += fake_rings(kind);
    }
    assert(slots >= 2 && slots <= 0x10000);
    size_t ring_bytes = (sizeof(struct netmap_ring) + slots * sizeof(struct netmap_slot) + NM_CACHE_ALIGN - 1) /
                        NM_CACHE_ALIGN * NM_CACHE_ALIGN;
    size_t rings_at = FAKE_PAGE + FAKE_DESCRIPTORS * FAKE_IF;
    fake.buffers = FAKE_FIRST + rings * slots + FAKE_SPARE;
    fake.buffers_at = (rings_at + rings * ring_bytes + FAKE_PAGE - 1) / FAKE_PAGE * FAKE_PAGE;
    fake.bytes = (fake.buffers_at + (size_t)fake.buffers * FAKE_BUFFER + FAKE_PAGE - 1) / FAKE_PAGE * FAKE_PAGE;
    fake.memory = aligned_alloc(FAKE_PAGE, fake.bytes);
    fake.spare = calloc(fake.buffers, sizeof(*fake.spare));
    fake.held = calloc(fake.buffers, sizeof(*fake.held));
    assert(fake.memory && fake.spare && fake.held);
    memset(fake.memory, 0, fake.bytes);
    uint32_t number = FAKE_FIRST;
    size_t at = rings_at;
    for (int kind = 0; kind < FAKE_KINDS; kind++) {
        for (uint32_t r = 0; r < fake_rings(kind); r++, at += ring_bytes) {
            struct fake_side *side = &fake.sides[kind][r];
            const struct netmap_ring start = {.buf_ofs = (int64_t)(fake.buffers_at - at),
                                              .num_slots = slots,
                                              .nr_buf_size = FAKE_BUFFER,
                                              .ringid = (uint16_t)r,
                                              .dir = fake_is_tx(kind)};
            side->ring = (struct netmap_ring *)(void *)(fake.memory + at);
            memcpy(side->ring, &start, sizeof(start));
            side->known = calloc(slots, sizeof(*side->known));
            side->queue.pieces = calloc(slots, sizeof(*side->queue.pieces));
            assert(side->known && side->queue.pieces);
            for (uint32_t i = 0; i < slots; i++)
                side->ring->slot[i].buf_idx = number++;
        }
    }
    while (number < fake.buffers)
        fake.spare[number++] = true;
    fake_fresh();
}

/* ---- descriptors */

/* Counts an eventfd past all a write can, the kernel's sign of an error: it reports POLLERR till read. Only the kernel
 * counts that far, here as it completes a read. Where it has no such reads POLLIN has to do. */
static inline void fake_overflow(int fd)
{
    aio_context_t context = 0;
    uint64_t most = UINT64_MAX - 1;
    char byte;
    ssize_t wrote = write(fd, &most, sizeof(most));
    int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert(wrote == sizeof(most) && zero >= 0);
    if (syscall(SYS_io_setup, 1, &context) == 0) {
        struct iocb read_it = {.aio_lio_opcode = IOCB_CMD_PREAD,
                               .aio_fildes = (uint32_t)zero,
                               .aio_buf = (uintptr_t)&byte,
                               .aio_nbytes = 1,
                               .aio_flags = IOCB_FLAG_RESFD,
                               .aio_resfd = (uint32_t)fd};
        struct iocb *list[] = {&read_it};
        long submitted = syscall(SYS_io_submit, context, 1, list);
        assert(submitted == 1);
        (void)submitted;
        syscall(SYS_io_destroy, context); /* waits for it */
    }
    close(zero);
}

/* Makes the descriptor report what it has to. */
static inline void fake_light(struct fake_descriptor *d)
{
    int want = !d->bound || d->dead ? FAKE_ERROR : FAKE_DARK;
    for (int kind = FAKE_NIC_RX; kind < FAKE_KINDS && want != FAKE_ERROR; kind++) {
        for (uint32_t r = 0; r < fake_rings(kind); r++) {
            const struct fake_side *side = &fake.sides[kind][r];
            if ((d->rings[kind] >> r & 1) && side->queue.count && !(side->stuck && side->ring->head == side->hwcur))
                want = FAKE_READABLE;
        }
    }
    if (want == d->lit)
        return;
    uint64_t one = 1, drained;
    ssize_t n = read(d->fd, &drained, sizeof(drained)); /* EAGAIN is well */
    if (want == FAKE_READABLE) {
        n = write(d->fd, &one, sizeof(one));
        assert(n == sizeof(one));
    } else if (want == FAKE_ERROR) {
        fake_overflow(d->fd);
    }
    (void)n;
    d->lit = want;
}

static inline void fake_light_all(void)
{
    for (int i = 0; i < FAKE_DESCRIPTORS; i++) {
        if (fake.descriptors[i].open)
            fake_light(&fake.descriptors[i]);
    }
}

static inline struct fake_descriptor *fake_find(int fd)
{
    for (int i = 0; i < FAKE_DESCRIPTORS; i++) {
        if (fake.descriptors[i].open && fake.descriptors[i].fd == fd)
            return &fake.descriptors[i];
    }
    fake_wrong("used a descriptor that is not open");
    return NULL;
}

/* Registered with rings: the kernel is cut off the interface. */
static inline bool fake_in_use(void)
{
    for (int i = 0; i < FAKE_DESCRIPTORS; i++) {
        const struct fake_descriptor *d = &fake.descriptors[i];
        if (d->open && d->bound && !d->dead && (d->rings[0] | d->rings[1] | d->rings[2] | d->rings[3]))
            return true;
    }
    return false;
}

/* ---- syncs */

static inline bool fake_push(struct fake_queue *queue, const uint8_t *bytes, uint32_t len, bool more)
{
    if (queue->count == fake.port.slots)
        return false;
    struct fake_piece *piece = &queue->pieces[(queue->first + queue->count++) % fake.port.slots];
    piece->len = len;
    piece->more = more;
    memcpy(piece->bytes, bytes, len);
    return true;
}

static inline struct fake_piece *fake_pop(struct fake_queue *queue)
{
    struct fake_piece *piece = &queue->pieces[queue->first];
    queue->first = fake_next(queue->first);
    queue->count--;
    return piece;
}

static inline void fake_check_kernels_slots(const struct fake_side *side)
{
    uint32_t n = fake.port.slots - fake_span(side->hwcur, side->tail);
    for (uint32_t i = side->tail; n > 0; n--, i = fake_next(i)) {
        if (memcmp(&side->ring->slot[i], &side->known[i], sizeof(side->known[i])) != 0)
            fake_wrong("changed a slot that is the kernel's");
    }
}

/* Takes the slots up to head; false: head or cur is bad and the ring was reset, to the last sync. */
static inline bool fake_take_slots(struct fake_side *side, bool tx)
{
    struct netmap_ring *ring = side->ring;
    if (ring->tail != side->tail) {
        fake_wrong("wrote tail");
        ring->tail = side->tail;
    }
    fake_check_kernels_slots(side);
    uint32_t mine = fake_span(side->hwcur, side->tail);
    if (ring->head >= fake.port.slots || ring->cur >= fake.port.slots || fake_span(side->hwcur, ring->head) > mine ||
        fake_span(side->hwcur, ring->cur) > mine ||
        fake_span(side->hwcur, ring->cur) < fake_span(side->hwcur, ring->head)) {
        ring->head = ring->cur = side->hwcur;
        fake.resets++;
        return false;
    }
    for (; side->hwcur != ring->head; side->hwcur = fake_next(side->hwcur)) {
        struct netmap_slot *slot = &ring->slot[side->hwcur], *known = &side->known[side->hwcur];
        uint32_t number = slot->buf_idx;
        if (number != known->buf_idx && !(slot->flags & NS_BUF_CHANGED))
            fake_wrong("exchanged a buffer without NS_BUF_CHANGED");
        if (slot->flags & (NS_INDIRECT | NS_FORWARD))
            fake_wrong("used NS_INDIRECT or NS_FORWARD, which this stand-in has not");
        if (!tx && !fake_is_buffer(number))
            fake_wrong("gave back no buffer in a receive slot");
        if (fake_is_buffer(number)) {
            if (fake.held[number] || fake.spare[number])
                fake_wrong("gave the kernel a buffer that it has");
            fake.held[number] = true;
            if (!tx)
                memset(fake_buffer(number), 0xa5, FAKE_BUFFER); /* the card may write there from now on */
        }
        slot->flags &= (uint16_t)~NS_BUF_CHANGED;
        *known = *slot;
    }
    if (ring->flags & NR_TIMESTAMP)
        gettimeofday(&ring->ts, NULL);
    return true;
}

/* Moves tail: the slots from the old one on are the program's. */
static inline void fake_give_slots(struct fake_side *side, uint32_t tail)
{
    for (; side->tail != tail; side->tail = fake_next(side->tail)) {
        struct netmap_slot *slot = &side->ring->slot[side->tail], *known = &side->known[side->tail];
        if (fake_is_buffer(slot->buf_idx))
            fake.held[slot->buf_idx] = false;
        slot->flags &= (uint16_t)~NS_REPORT;
        *known = *slot;
    }
    side->ring->tail = tail;
}

/* Slots of the frame at `taken`; 0: its end is not there yet. Bad if one has no buffer, no bytes, or too many. */
static inline uint32_t fake_chain(const struct fake_side *side, bool *bad, bool *report)
{
    *bad = *report = false;
    uint32_t n = 0;
    for (uint32_t i = side->taken; i != side->hwcur; i = fake_next(i)) {
        const struct netmap_slot *slot = &side->known[i];
        n++;
        *bad |= !fake_is_buffer(slot->buf_idx) || slot->len == 0 || slot->len > FAKE_BUFFER || n > NETMAP_MAX_FRAGS;
        *report |= slot->flags & NS_REPORT;
        if (!(slot->flags & NS_MOREFRAG))
            return n;
    }
    return 0;
}

/* The card sends while the queue has room, and only then gives slots back, here. Down, it seems to send. */
static inline bool fake_txsync(struct fake_side *side, bool up)
{
    if (!fake_take_slots(side, true))
        return false;
    bool bad, report;
    for (uint32_t n; (n = fake_chain(side, &bad, &report)) > 0;) {
        if (!bad && up && n > fake.port.slots - side->queue.count)
            break;
        fake.vanished += bad;
        for (; n > 0; n--, side->taken = fake_next(side->taken)) {
            const struct netmap_slot *slot = &side->known[side->taken];
            if (!bad && up && (n == 1 || !fake.emulated))
                fake_push(&side->queue, fake_buffer(slot->buf_idx), slot->len, n > 1);
        }
        if (report)
            side->back = side->taken;
    }
    if (!fake.lazy || side->hwcur == side->tail)
        side->back = side->taken;
    fake_give_slots(side, side->back == 0 ? fake.port.slots - 1 : side->back - 1);
    return true;
}

/* Takes slots back, then delivers whole frames into what is free; one slot of a ring always stays the kernel's. */
static inline bool fake_rxsync(struct fake_side *side)
{
    struct fake_queue *queue = &side->queue;
    uint32_t hwcur = side->hwcur, tail = side->tail;
    if (!fake_take_slots(side, false))
        return false;
    while (queue->count > 0) {
        uint32_t n = 1, to = tail;
        while (queue->pieces[(queue->first + n - 1) % fake.port.slots].more)
            n++;
        if (n > fake.port.slots - 1 - fake_span(side->hwcur, tail))
            break;
        for (; n > 0; n--, to = fake_next(to)) {
            const struct fake_piece *piece = fake_pop(queue);
            struct netmap_slot *slot = &side->ring->slot[to];
            if (fake_is_buffer(slot->buf_idx))
                memcpy(fake_buffer(slot->buf_idx), piece->bytes, piece->len);
            slot->len = (uint16_t)piece->len;
            slot->flags = piece->more ? NS_MOREFRAG : 0;
        }
        tail = to;
    }
    side->stuck = queue->count > 0 && tail == side->tail && hwcur == side->hwcur;
    fake_give_slots(side, tail);
    return true;
}

/* Syncs all rings bound one way; false: one was reset. */
static inline bool fake_sync(struct fake_descriptor *d, bool tx)
{
    bool well = true;
    for (int kind = tx ? FAKE_NIC_TX : FAKE_NIC_RX, end = kind + 2; kind < end; kind++) {
        for (uint32_t r = 0; r < fake_rings(kind); r++) {
            struct fake_side *side = &fake.sides[kind][r];
            if (d->rings[kind] >> r & 1)
                well &= tx ? fake_txsync(side, fake.port.up || kind == FAKE_HOST_TX) : fake_rxsync(side);
        }
    }
    return well;
}

/* ---- registration */

/* Spare buffers, linked by their first 4 bytes. Lends what there is, maybe fewer than asked for. */
static inline uint32_t fake_lend(struct netmap_if *nifp, uint32_t asked)
{
    uint32_t lent = 0, most = fake.extra_most > 0 && fake.extra_most < asked ? fake.extra_most : asked;
    for (uint32_t i = fake.buffers; i-- > FAKE_FIRST && lent < most;) {
        if (fake.spare[i]) {
            fake.spare[i] = false;
            memcpy(fake_buffer(i), &nifp->ni_bufs_head, sizeof(uint32_t));
            nifp->ni_bufs_head = i;
            lent++;
        }
    }
    return lent;
}

/* 0 or an errno: is there such a port, for such a version? */
static inline int fake_admits(const char *name, size_t room, uint32_t version)
{
    if (fake.api ? version != fake.api : version < NETMAP_MIN_API || version > NETMAP_MAX_API)
        return EINVAL;
    if (!memchr(name, 0, room) || strcmp(name, "lo") == 0)
        return EINVAL;
    return fake.gone || strcmp(name, fake.port.name) != 0 ? ENXIO : 0;
}

/* 0 or an errno. Two may have the same rings, unless one wants them alone. */
static inline int fake_register(struct fake_descriptor *d, struct nmreq_register *r)
{
    if (fake.register_errno)
        return fake.register_errno;
    if (d->bound)
        return EBUSY;
    if (fake.port.mtu + 14 > FAKE_BUFFER) /* seen with 9000 */
        return EINVAL;
    if (r->nr_mem_id != 0 && r->nr_mem_id != FAKE_MEMORY)
        return EINVAL;
    if (r->nr_flags & (NR_MONITOR_TX | NR_MONITOR_RX | NR_ZCOPY_MON))
        return EOPNOTSUPP;
    uint32_t mode = r->nr_mode, rings[FAKE_KINDS] = {0}, any = 0;
    bool nic = mode == NR_REG_ALL_NIC || mode == NR_REG_NIC_SW || mode == NR_REG_ONE_NIC;
    bool host = mode == NR_REG_SW || mode == NR_REG_NIC_SW || mode == NR_REG_ONE_SW;
    bool one = mode == NR_REG_ONE_NIC || mode == NR_REG_ONE_SW;
    for (int kind = 0; kind < FAKE_KINDS; kind++) {
        bool is_host = kind == FAKE_HOST_TX || kind == FAKE_HOST_RX;
        if ((is_host ? !host : !nic) || (r->nr_flags & (fake_is_tx(kind) ? NR_RX_RINGS_ONLY : NR_TX_RINGS_ONLY)))
            continue;
        for (uint32_t i = 0; i < fake_rings(kind); i++)
            rings[kind] |= !one || i == r->nr_ringid ? 1U << i : 0;
        any |= rings[kind];
    }
    if (!any && mode != NR_REG_NULL) /* no such ring or mode; pipes are not here */
        return EINVAL;
    for (int i = 0; i < FAKE_DESCRIPTORS; i++) {
        const struct fake_descriptor *other = &fake.descriptors[i];
        for (int kind = 0; kind < FAKE_KINDS && other->open && other->bound && !other->dead; kind++) {
            if ((other->rings[kind] & rings[kind]) && (other->exclusive || (r->nr_flags & NR_EXCLUSIVE)))
                return EBUSY;
        }
    }
    if (any && !fake_in_use())
        fake_fresh();
    const struct netmap_if start = {.ni_version = fake.api ? fake.api : NETMAP_API,
                                    .ni_tx_rings = fake.port.tx_rings,
                                    .ni_rx_rings = fake.port.rx_rings,
                                    .ni_host_tx_rings = fake.port.host_tx_rings,
                                    .ni_host_rx_rings = fake.port.host_rx_rings};
    size_t at = FAKE_PAGE + (size_t)(d - fake.descriptors) * FAKE_IF;
    memset(fake.memory + at, 0, FAKE_IF);
    d->nifp = (struct netmap_if *)(void *)(fake.memory + at);
    memcpy(d->nifp, &start, sizeof(start));
    memcpy(d->nifp->ni_name, fake.port.name, strnlen(fake.port.name, IF_NAMESIZE - 1));
    ssize_t offsets[FAKE_KINDS * FAKE_RINGS] = {0};
    uint32_t n = 0;
    for (int kind = 0; kind < FAKE_KINDS; kind++) {
        for (uint32_t i = 0; i < fake_rings(kind); i++, n++)
            offsets[n] = rings[kind] >> i & 1 ? (uint8_t *)fake.sides[kind][i].ring - (fake.memory + at) : 0;
    }
    memcpy(fake.memory + at + offsetof(struct netmap_if, ring_ofs), offsets, n * sizeof(offsets[0]));
    memcpy(d->rings, rings, sizeof(rings));
    d->bound = true;
    d->exclusive = (r->nr_flags & NR_EXCLUSIVE) != 0;
    d->asked = r->nr_flags;
    r->nr_extra_bufs = fake_lend(d->nifp, r->nr_extra_bufs);
    r->nr_offset = at;
    r->nr_memsize = fake.bytes;
    r->nr_tx_slots = r->nr_rx_slots = fake.port.slots; /* what was asked for is ignored */
    r->nr_tx_rings = (uint16_t)fake.port.tx_rings;
    r->nr_rx_rings = (uint16_t)fake.port.rx_rings;
    r->nr_host_tx_rings = (uint16_t)fake.port.host_tx_rings;
    r->nr_host_rx_rings = (uint16_t)fake.port.host_rx_rings;
    r->nr_mem_id = FAKE_MEMORY;
    fake_light(d);
    return 0;
}

static inline int fake_ctrl(struct fake_descriptor *d, struct nmreq_header *header)
{
    struct nmreq_register *r = (struct nmreq_register *)(uintptr_t)header->nr_body;
    int error = fake_admits(header->nr_name, sizeof(header->nr_name), header->nr_version);
    if (error || !r)
        return error ? error : EINVAL;
    for (struct nmreq_option *o = (void *)(uintptr_t)header->nr_options; o; o = (void *)(uintptr_t)o->nro_next)
        o->nro_status = EOPNOTSUPP;
    if (header->nr_options)
        return EOPNOTSUPP;
    return header->nr_reqtype == NETMAP_REQ_REGISTER ? fake_register(d, r) : EINVAL;
}

/* The earlier request. Without a mode nr_ringid's upper bits say it. */
static inline int fake_legacy(struct fake_descriptor *d, struct nmreq *request)
{
    uint32_t mode = request->nr_flags & NR_REG_MASK;
    int error = fake_admits(request->nr_name, sizeof(request->nr_name), request->nr_version);
    if (error || request->nr_cmd != 0)
        return error ? error : EINVAL;
    if (mode == NR_REG_DEFAULT && (request->nr_ringid & NETMAP_HW_RING))
        mode = NR_REG_ONE_NIC;
    else if (mode == NR_REG_DEFAULT)
        mode = request->nr_ringid & NETMAP_SW_RING ? NR_REG_SW : NR_REG_ALL_NIC;
    struct nmreq_register r = {.nr_mode = mode,
                               .nr_mem_id = request->nr_arg2,
                               .nr_ringid = request->nr_ringid & NETMAP_RING_MASK,
                               .nr_extra_bufs = request->nr_arg3,
                               .nr_flags = request->nr_flags & ~(uint32_t)NR_REG_MASK};
    r.nr_flags |= request->nr_ringid & NETMAP_NO_TX_POLL ? NR_NO_TX_POLL : 0;
    r.nr_flags |= request->nr_ringid & NETMAP_DO_RX_POLL ? NR_DO_RX_POLL : 0;
    if ((error = fake_register(d, &r)) != 0)
        return error;
    request->nr_offset = (uint32_t)r.nr_offset;
    request->nr_memsize = (uint32_t)r.nr_memsize;
    request->nr_tx_slots = r.nr_tx_slots;
    request->nr_rx_slots = r.nr_rx_slots;
    request->nr_tx_rings = r.nr_tx_rings;
    request->nr_rx_rings = r.nr_rx_rings;
    request->nr_arg2 = r.nr_mem_id;
    request->nr_arg3 = r.nr_extra_bufs;
    return 0;
}

/* ---- the calls */

static inline int fake_open(const char *path, int flags)
{
    if (fake.no_device || strcmp(path, "/dev/netmap") != 0)
        return fake_fails(ENOENT);
    if (fake.no_rights)
        return fake_fails(EACCES);
    for (int i = 0; i < FAKE_DESCRIPTORS; i++) {
        struct fake_descriptor *d = &fake.descriptors[i];
        if (d->open)
            continue;
        *d = (struct fake_descriptor){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .flags = flags, .open = true};
        assert(d->fd >= 0);
        fake_light(d);
        fake.opens++;
        return d->fd;
    }
    return fake_fails(EMFILE);
}

static inline int fake_ioctl(int fd, unsigned long request, void *argument)
{
    struct fake_descriptor *d = fake_find(fd);
    uint32_t which = (uint32_t)request; /* the kernel looks at 32 bits */
    int error = 0;
    if (!d)
        return fake_fails(EBADF);
    d->dead |= d->bound && fake.gone;
    if (which == NIOCTXSYNC || which == NIOCRXSYNC) {
        if (!d->bound || d->dead)
            error = ENXIO;
        else /* 0 though a ring was reset */
            fake_sync(d, which == NIOCTXSYNC);
        if (!error)
            ++*(which == NIOCTXSYNC ? &fake.txsyncs : &fake.rxsyncs);
    } else if ((which == NIOCCTRL && !fake.no_ctrl) || which == NIOCREGIF) {
        if (!argument)
            error = EFAULT;
        else
            error = which == NIOCCTRL ? fake_ctrl(d, argument) : fake_legacy(d, argument);
    } else {
        error = ENOTTY;
    }
    fake_light_all();
    return error ? fake_fails(error) : 0;
}

static inline void *fake_map(int fd, size_t bytes)
{
    const struct fake_descriptor *d = fake_find(fd);
    size_t slot = 0;
    int error = !d ? EBADF : fake.map_fails ? ENOMEM : !d->bound || bytes == 0 || bytes > fake.bytes ? EINVAL : 0;
    if (!error && (d->flags & O_ACCMODE) != O_RDWR)
        error = EACCES;
    while (!error && slot < 2 * FAKE_DESCRIPTORS && fake.mapped[slot])
        slot++;
    if (slot == 2 * FAKE_DESCRIPTORS)
        error = ENOMEM;
    if (error) {
        errno = error;
        return MAP_FAILED;
    }
    fake.mapped[slot] = bytes;
    fake.maps++;
    return fake.memory;
}

static inline int fake_unmap(void *at, size_t bytes)
{
    for (size_t i = 0; i < 2 * FAKE_DESCRIPTORS && at == fake.memory && bytes > 0; i++) {
        if (fake.mapped[i] == bytes) {
            fake.mapped[i] = 0;
            fake.unmaps++;
            return 0;
        }
    }
    fake_wrong("unmapped what is not mapped");
    return fake_fails(EINVAL);
}

/* The extra buffers are those in the list now, and go back; those neither there nor in a ring are lost. */
static inline int fake_close(int fd)
{
    struct fake_descriptor *d = fake_find(fd);
    if (!d)
        return fake_fails(EBADF);
    if (d->bound) {
        for (uint32_t i = d->nifp->ni_bufs_head, next; i != 0; i = next) {
            if (!fake_is_buffer(i) || fake.spare[i] || fake.held[i]) {
                fake_wrong("left a list of extra buffers with one that is none");
                break;
            }
            fake.spare[i] = true;
            memcpy(&next, fake_buffer(i), sizeof(next));
        }
        memset(d->nifp, 0xdb, FAKE_IF);
    }
    for (int kind = 0; kind < FAKE_KINDS && !d->dead; kind++) {
        for (uint32_t r = 0; r < fake_rings(kind); r++) {
            if (d->rings[kind] >> r & 1)
                fake_check_kernels_slots(&fake.sides[kind][r]);
        }
    }
    d->open = false;
    fake.closes++;
    return close(fd);
}

static inline const struct netmap_calls *fake_calls(void)
{
    static const struct netmap_calls calls = {
        .open = fake_open, .ioctl = fake_ioctl, .map = fake_map, .unmap = fake_unmap, .close = fake_close};
    return &calls;
}

/* What the module's poll(2) does at once, and its revents: it syncs the receive rings if POLLIN is asked for, and
 * pushes transmissions even if POLLOUT is not, unless NR_NO_TX_POLL. Of a ring it had to reset: POLLERR. */
static inline short fake_poll(int fd, short events)
{
    struct fake_descriptor *d = fake_find(fd);
    int revents = 0;
    bool well = true;
    if (!d || !d->bound || d->dead || fake.gone)
        return POLLERR;
    if ((events & POLLOUT) || !(d->asked & NR_NO_TX_POLL))
        well &= fake_sync(d, true);
    if ((events & POLLIN) || (d->asked & NR_DO_RX_POLL))
        well &= fake_sync(d, false);
    for (int kind = 0; kind < FAKE_KINDS; kind++) {
        for (uint32_t r = 0; r < fake_rings(kind); r++) {
            const struct netmap_ring *ring = fake.sides[kind][r].ring;
            if ((d->rings[kind] >> r & 1) && ring->cur != ring->tail)
                revents |= fake_is_tx(kind) ? POLLOUT : POLLIN;
        }
    }
    fake_light_all();
    return (short)((revents & (well ? events : events | POLLOUT)) | (well ? 0 : POLLERR));
}

/* ---- the far sides */

/* Each buffer from FAKE_FIRST on is in exactly one of: a slot of a ring (the program's or the kernel's, as the slot
 * says now), the list from ni_bufs_head of a registered descriptor, the spare ones. So a buffer that the program keeps
 * in its own hands is missing till it puts it back, and one in two places or a bad number is wrong at any time. */
static inline bool fake_books_balance(void)
{
    uint32_t *seen = calloc(fake.buffers, sizeof(*seen));
    bool well = true;
    assert(seen);
    for (int kind = 0; kind < FAKE_KINDS; kind++) {
        for (uint32_t r = 0; r < fake_rings(kind); r++) {
            for (uint32_t i = 0; i < fake.port.slots; i++) {
                uint32_t number = fake.sides[kind][r].ring->slot[i].buf_idx;
                if (fake_is_buffer(number))
                    seen[number]++;
                else
                    well = false;
            }
        }
    }
    for (int d = 0; d < FAKE_DESCRIPTORS; d++) {
        bool listed = fake.descriptors[d].open && fake.descriptors[d].bound;
        for (uint32_t i = listed ? fake.descriptors[d].nifp->ni_bufs_head : 0; i != 0 && well;) {
            well = fake_is_buffer(i) && seen[i]++ == 0;
            if (well)
                memcpy(&i, fake_buffer(i), sizeof(i));
        }
    }
    for (uint32_t i = FAKE_FIRST; i < fake.buffers; i++)
        well &= seen[i] + fake.spare[i] == 1;
    free(seen);
    return well;
}

static inline bool fake_sends(struct fake_side *side, const uint8_t *frame, uint32_t len, uint32_t piece)
{
    if (piece == 0 || piece > FAKE_BUFFER)
        piece = FAKE_BUFFER; /* seen: long frames come in several buffers */
    uint32_t n = (len + piece - 1) / piece;
    assert(len > 0 && n <= NETMAP_MAX_FRAGS && n < fake.port.slots);
    if (fake.gone || !fake_in_use() || n > fake.port.slots - side->queue.count)
        return false;
    for (; len > piece; len -= piece, frame += piece)
        fake_push(&side->queue, frame, piece, true);
    fake_push(&side->queue, frame, len, false);
    for (int i = 0; i < FAKE_DESCRIPTORS; i++) {
        if (fake.descriptors[i].lit == FAKE_READABLE)
            fake.descriptors[i].lit = -1; /* an edge for each frame */
    }
    fake_light_all();
    return true;
}

static inline uint32_t fake_receives(struct fake_queue *queue, uint8_t *frame, uint32_t max)
{
    uint32_t len = 0;
    for (bool more = queue->count > 0; more;) {
        const struct fake_piece *piece = fake_pop(queue);
        assert(piece->len <= max - len);
        memcpy(frame + len, piece->bytes, piece->len);
        len += piece->len;
        more = piece->more;
    }
    return len;
}

/* A frame reaches the card's ring in pieces of `piece` bytes (0: whole buffers). False: no room, the interface is down
 * or gone, or no program has it and the kernel got the frame. */
static inline bool fake_wire_sends(unsigned ring, const uint8_t *frame, uint32_t len, uint32_t piece)
{
    return fake.port.up && fake_sends(fake_side(false, false, ring), frame, len, piece);
}

/* The next frame that was sent, its pieces joined; 0: none. Those sent outlive the descriptor. */
static inline uint32_t fake_wire_receives(unsigned ring, uint8_t *frame, uint32_t max)
{
    return fake_receives(&fake_side(false, true, ring)->queue, frame, max);
}

/* The same for the kernel, which is at the other end of the host rings while a program has the interface. */
static inline bool fake_host_sends(unsigned ring, const uint8_t *frame, uint32_t len)
{
    return fake_sends(fake_side(true, false, ring), frame, len, 0);
}

static inline uint32_t fake_host_receives(unsigned ring, uint8_t *frame, uint32_t max)
{
    return fake_receives(&fake_side(true, true, ring)->queue, frame, max);
}

/* The interface disappears: descriptors are of no use from now on, nor when it comes back: that takes a new one. */
static inline void fake_goes(bool away)
{
    fake.gone = away;
    for (int i = 0; i < FAKE_DESCRIPTORS; i++)
        fake.descriptors[i].dead |= away && fake.descriptors[i].bound;
    fake_light_all();
}

#endif
