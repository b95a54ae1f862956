/* SPDX-License-Identifier: BSD-2-Clause
 *
 * netmap's earlier request, by which a port is registered where NIOCCTRL is not known; part of the same binary
 * interface as netmap.h.
 */
#ifndef _NET_NETMAP_LEGACY_H_
#define _NET_NETMAP_LEGACY_H_

#include <net/netmap.h>

struct nmreq {
    char nr_name[IF_NAMESIZE];
    uint32_t nr_version;
    uint32_t nr_offset, nr_memsize; /* as in struct nmreq_register */
    uint32_t nr_tx_slots, nr_rx_slots;
    uint16_t nr_tx_rings, nr_rx_rings;
    uint16_t nr_ringid; /* which, with NETMAP_... */
    uint16_t nr_cmd;    /* 0: register */
    uint16_t nr_arg1;
    uint16_t nr_arg2;  /* the memory's number */
    uint32_t nr_arg3;  /* extra buffers */
    uint32_t nr_flags; /* NR_REG_MASK: NR_REG_...; the rest as in struct nmreq_register */
    uint32_t spare2[1];
};

#define NETMAP_HW_RING    0x4000
#define NETMAP_SW_RING    0x2000
#define NETMAP_RING_MASK  0x0fff
#define NETMAP_NO_TX_POLL 0x1000
#define NETMAP_DO_RX_POLL 0x8000
#define NR_REG_MASK       0xf

#define NIOCGINFO _IOWR('i', 145, struct nmreq)
#define NIOCREGIF _IOWR('i', 146, struct nmreq)

_Static_assert(sizeof(struct nmreq) == 60 && (unsigned long)NIOCREGIF == 0xc03c6992,
               "what the kernel module copies in");

#endif
