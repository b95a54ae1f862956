/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A port of netmap's, registered and mapped, and its rings. The memory is shared with the kernel and, but for private
 * ones, with other programs: nothing in it is believed. A position outside of a ring, a buffer outside of the memory, a
 * length beyond its buffer are never followed; what they cost is that the ring is taken anew as it stands.
 */
#ifndef DEV_NETMAP_PORT_H
#define DEV_NETMAP_PORT_H

#include "netmap_calls.h"
#include "netmap_name.h"
#include "nring.h"

#include <net/netmap.h>

enum { NETMAP_RINGS = 64 };

struct netmap_port {
    const struct netmap_calls *calls;
    int fd; /* -1: none */
    void *memory;
    size_t bytes;
    uint32_t buffer_bytes; /* of each; the same in all rings */
    uint32_t tx_rings, rx_rings, host_tx_rings, host_rx_rings; /* that are ours */
    struct nring tx[NETMAP_RINGS], rx[NETMAP_RINGS], host_tx[NETMAP_RINGS], host_rx[NETMAP_RINGS];
};

/* The system's own. */
extern const struct netmap_calls netmap_port_system;

/* Registers a port and maps it. 0, or a negative errno with a line that has the remedy: -ENOENT (no module), -EACCES,
 * -ENXIO (no such port), -EBUSY, -EINVAL, -ENOMEM, -EPROTO (what is mapped is no such memory). */
int netmap_port_open(struct netmap_port *p, const struct netmap_name *n, const struct netmap_calls *calls, char *err);
void netmap_port_close(struct netmap_port *p);

/* The buffer of that number; NULL: there is none. */
uint8_t *netmap_port_buffer(const struct netmap_port *p, const struct nring *r, uint32_t number);

/* The frame at next in one piece: where it lies, or of several slots copied together to `to`, which holds so much.
 * NULL: it cannot be had. */
uint8_t *netmap_port_whole(const struct netmap_port *p, const struct nring *r, uint32_t slots, uint32_t bytes,
                           uint8_t *to, uint32_t room);

/* NIOCTXSYNC or NIOCRXSYNC. 0 or a negative errno. */
int netmap_port_sync(const struct netmap_port *p, unsigned long which);

#endif
