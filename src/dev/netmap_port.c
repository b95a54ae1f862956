/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      open("/dev/netmap") -> NIOCCTRL (version 14, then 15), else NIOCREGIF -> mmap -> rings found and looked at
 *
 * Called by netmap.c. An error of the kernel's is made a line here, with what would help.
 */
#include "netmap_port.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <net/netmap_legacy.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LEAST_BUFFER = 64, MOST_SLOTS = 1 << 20 };

/* What of a registration counts. */
struct where {
    uint64_t offset, bytes;
};

/* ---- the system's calls */

static int system_open(const char *path, int flags)
{
    return open(path, flags);
}

static int system_ioctl(int fd, unsigned long request, void *argument)
{
    return ioctl(fd, request, argument);
}

static void *system_map(int fd, size_t bytes)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

const struct netmap_calls netmap_port_system = {
    .open = system_open, .ioctl = system_ioctl, .map = system_map, .unmap = munmap, .close = close};

/* ---- registering */

/* 0 or a negative errno. */
static int ask(const struct netmap_port *p, unsigned long request, void *argument)
{
    return p->calls->ioctl(p->fd, request, argument) < 0 ? -errno : 0;
}

static int register_by_header(struct netmap_port *p, const struct netmap_name *n, uint16_t version, struct where *w)
{
    struct nmreq_register body = {
        .nr_mode = n->mode, .nr_ringid = n->ring, .nr_mem_id = n->memory, .nr_flags = n->flags};
    struct nmreq_header header = {
        .nr_version = version, .nr_reqtype = NETMAP_REQ_REGISTER, .nr_body = (uintptr_t)&body};
    int error;

    memcpy(header.nr_name, n->port, sizeof header.nr_name);
    error = ask(p, NIOCCTRL, &header);
    *w = (struct where){body.nr_offset, body.nr_memsize};
    return error;
}

static int register_by_nmreq(struct netmap_port *p, const struct netmap_name *n, struct where *w)
{
    struct nmreq r = {.nr_version = NETMAP_API, .nr_arg2 = n->memory};
    const char *name = n->pipe ? n->base : n->port;
    int error;

    if (strlen(name) >= sizeof r.nr_name)
        return -ENAMETOOLONG;
    memcpy(r.nr_name, name, strlen(name));
    r.nr_flags = (n->pipe ? n->pipe : n->mode) | (uint32_t)n->flags;
    r.nr_ringid = n->pipe ? n->pipe_id : n->ring;
    error = ask(p, NIOCREGIF, &r);
    *w = (struct where){r.nr_offset, r.nr_memsize};
    return error;
}

static int registered(struct netmap_port *p, const struct netmap_name *n, struct where *w)
{
    int error = register_by_header(p, n, NETMAP_MIN_API, w);

    if (error == -EINVAL)
        error = register_by_header(p, n, NETMAP_MAX_API, w);
    if (error == -EINVAL || error == -ENOTTY)
        error = register_by_nmreq(p, n, w);
    return error;
}

static int refused(const struct netmap_name *n, int error, char *err)
{
    static const struct {
        int error;
        const char *why;
    } reasons[] = {
        {ENXIO, "there is no such port: ip link shows the interfaces, vale-ctl the ports of switches"},
        {EBUSY, "another program has it for itself: end that, or take a queue that is free, as in netmap:NAME-1"},
        {EINVAL, "the module does not take it: a loopback interface, a ring that there is not, an MTU beyond "
                 "its buffers (ip link set NAME mtu 1500), or a version that is not 14 or 15"},
        {ENOMEM, "its memory is used up: raise the module's buf_num, ring_num or if_num"},
        {EOPNOTSUPP, "the module does not do that for this port"},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].error == -error)
            return error_line(err, error, "netmap:%s: %s", n->port, reasons[i].why);
    return error_line(err, error, "netmap:%s: it cannot be registered: %s", n->port, strerror(-error));
}

/* ---- what is mapped */

static bool lies_in(const struct netmap_port *p, uint64_t offset, uint64_t bytes)
{
    return offset <= p->bytes && bytes <= p->bytes - offset;
}

/* One ring at an offset from the interface. False: it is none that could be. */
static bool find_ring(struct netmap_port *p, const struct netmap_if *nif, ssize_t offset, struct nring *r)
{
    uint64_t at = (uint64_t)((const uint8_t *)nif - (const uint8_t *)p->memory) + (uint64_t)offset;
    struct netmap_ring *ring;

    if (at % 64 || !lies_in(p, at, sizeof *ring))
        return false;
    ring = (struct netmap_ring *)(void *)((uint8_t *)p->memory + at);
    *r = (struct nring){.ring = ring, .slots = ring->num_slots, .head = ring->head};
    if (!p->buffer_bytes)
        p->buffer_bytes = ring->nr_buf_size;
    r->next = r->synced = r->head;
    return r->slots >= 2 && r->slots <= MOST_SLOTS &&
           lies_in(p, at + sizeof *ring, r->slots * sizeof(struct netmap_slot)) &&
           r->head < r->slots && ring->nr_buf_size == p->buffer_bytes && p->buffer_bytes >= LEAST_BUFFER;
}

/* Those of n rings that are bound. How many; -1: one is none that could be. */
static int find_rings(struct netmap_port *p, const struct netmap_if *nif, uint32_t from, uint32_t n, struct nring *rings)
{
    int found = 0;

    for (uint32_t i = from; i < from + n && found < NETMAP_RINGS; i++) {
        if (!nif->ring_ofs[i])
            continue;
        if (!find_ring(p, nif, nif->ring_ofs[i], &rings[found]))
            return -1;
        found++;
    }
    return found;
}

/* False: what is mapped is no port. */
static bool find_all(struct netmap_port *p, uint64_t offset)
{
    const struct netmap_if *nif = (const struct netmap_if *)(const void *)((uint8_t *)p->memory + offset);
    uint32_t n[4];
    uint64_t sum = 0;
    struct nring *rings[] = {p->tx, p->host_tx, p->rx, p->host_rx};
    uint32_t *found[] = {&p->tx_rings, &p->host_tx_rings, &p->rx_rings, &p->host_rx_rings};

    if (offset % 8 || !lies_in(p, offset, sizeof *nif))
        return false;
    n[0] = nif->ni_tx_rings, n[1] = nif->ni_host_tx_rings;
    n[2] = nif->ni_rx_rings, n[3] = nif->ni_host_rx_rings;
    for (int i = 0; i < 4; i++)
        sum += n[i];
    if (!lies_in(p, offset + sizeof *nif, sum * sizeof(ssize_t)))
        return false;
    for (uint32_t i = 0, from = 0; i < 4; from += n[i++]) {
        int got = find_rings(p, nif, from, n[i], rings[i]);

        if (got < 0)
            return false;
        *found[i] = (uint32_t)got;
    }
    return p->tx_rings + p->host_tx_rings && p->rx_rings + p->host_rx_rings;
}

static int map(struct netmap_port *p, const struct netmap_name *n, const struct where *w, char *err)
{
    void *memory = w->bytes && w->bytes <= SIZE_MAX ? p->calls->map(p->fd, (size_t)w->bytes) : MAP_FAILED;

    if (memory == MAP_FAILED)
        return error_line(err, -ENOMEM, "netmap:%s: its memory of %llu bytes cannot be mapped", n->port,
                          (unsigned long long)w->bytes);
    p->memory = memory;
    p->bytes = (size_t)w->bytes;
    if (!find_all(p, w->offset))
        return error_line(err, -EPROTO, "netmap:%s: what the module maps has no rings of versions 14 and 15", n->port);
    return 0;
}

int netmap_port_open(struct netmap_port *p, const struct netmap_name *n, const struct netmap_calls *calls, char *err)
{
    struct where w;
    int error;

    memset(p, 0, sizeof *p);
    p->calls = calls;
    p->fd = calls->open("/dev/netmap", O_RDWR | O_CLOEXEC);
    if (p->fd < 0) {
        error = -errno;
        if (error == -ENOENT || error == -ENXIO || error == -ENODEV)
            return error_line(err, -ENOENT, "netmap:%s: no /dev/netmap: its module is not loaded (insmod netmap.ko)",
                              n->port);
        return error_line(err, error, "netmap:%s: /dev/netmap: %s: run as root, or give yourself rights to it", n->port,
                          strerror(-error));
    }
    error = registered(p, n, &w);
    error = error < 0 ? refused(n, error, err) : map(p, n, &w, err);
    if (error < 0)
        netmap_port_close(p);
    return error;
}

void netmap_port_close(struct netmap_port *p)
{
    if (p->memory)
        p->calls->unmap(p->memory, p->bytes);
    if (p->fd >= 0)
        p->calls->close(p->fd);
    p->memory = NULL;
    p->fd = -1;
    p->tx_rings = p->rx_rings = p->host_tx_rings = p->host_rx_rings = 0;
}

int netmap_port_sync(const struct netmap_port *p, unsigned long which)
{
    return ask(p, which, NULL);
}

/* ---- its buffers */

uint8_t *netmap_port_buffer(const struct netmap_port *p, const struct nring *r, uint32_t number)
{
    uint64_t at = (uint64_t)((const uint8_t *)r->ring - (const uint8_t *)p->memory) + (uint64_t)r->ring->buf_ofs +
                  (uint64_t)number * p->buffer_bytes;

    return lies_in(p, at, p->buffer_bytes) ? (uint8_t *)p->memory + at : NULL;
}

uint8_t *netmap_port_whole(const struct netmap_port *p, const struct nring *r, uint32_t slots, uint32_t bytes,
                           uint8_t *to, uint32_t room)
{
    uint32_t at = 0;

    if (slots == 1)
        return bytes && bytes <= p->buffer_bytes ? netmap_port_buffer(p, r, nring_slot(r, 0)->buf_idx) : NULL;
    for (uint32_t i = 0; i < slots; i++) {
        const struct netmap_slot *s = nring_slot(r, i);
        const uint8_t *from = netmap_port_buffer(p, r, s->buf_idx);
        uint32_t len = s->len;

        if (!from || len > p->buffer_bytes || len > room - at)
            return NULL;
        memcpy(to + at, from, len);
        at += len;
    }
    return at == bytes ? to : NULL;
}
