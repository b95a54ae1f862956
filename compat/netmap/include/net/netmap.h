/* SPDX-License-Identifier: BSD-2-Clause
 *
 * netmap's binary interface, API versions 14 and 15: what its kernel module and a program share. A port is a file
 * descriptor of /dev/netmap that was registered; its memory, mapped, holds
 *
 *      OFFSET                      SIZE    MEANING
 *      nr_offset                   56+     struct netmap_if, with where its rings are
 *      + ring_ofs[i]               256+    struct netmap_ring: transmit, host transmit, receive, host receive
 *      ring + 256                  16 each struct netmap_slot
 *      ring + buf_ofs + i * nr_buf_size    buffer i; those of all rings of one memory have the same numbers
 *
 *      slots of a ring:  ... | head: the program's ... cur: looked at up to here ... | tail: the kernel's ...
 *
 * A program moves head and cur, never past tail; the kernel moves tail, in NIOCTXSYNC, NIOCRXSYNC and poll(2). A
 * receive ring's slots from head to tail hold frames, a transmit ring's are free. To keep a buffer, or to send it
 * without a copy, a slot gets another number and NS_BUF_CHANGED.
 *
 * The layouts are facts of that interface, of which the assertions below are the record; names as there, so that
 * programs written for it compile.
 */
#ifndef _NET_NETMAP_H_
#define _NET_NETMAP_H_

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/types.h>

#define NETMAP_API     14
#define NETMAP_MIN_API 14
#define NETMAP_MAX_API 15

#define NM_CACHE_ALIGN 128

/* ---- what is mapped */

struct netmap_slot {
    uint32_t buf_idx; /* the buffer's number */
    uint16_t len;     /* bytes in it */
    uint16_t flags;   /* NS_... */
    uint64_t ptr;     /* with NS_INDIRECT the bytes themselves; the offset under the ring's offset_mask */
};

#define NS_BUF_CHANGED 0x0001 /* buf_idx is another than the kernel knows */
#define NS_REPORT      0x0002 /* tell of this slot as soon as it is sent */
#define NS_FORWARD     0x0004 /* on a receive ring: to the other side, host or card */
#define NS_NO_LEARN    0x0008 /* VALE: do not learn from its source address */
#define NS_INDIRECT    0x0010 /* the bytes are at ptr */
#define NS_MOREFRAG    0x0020 /* the frame goes on in the next slot */
#define NS_TXMON       0x0040 /* of a monitor: was sent */
#define NS_PORT_SHIFT  8
#define NS_PORT_MASK   (0xff << NS_PORT_SHIFT)
#define NS_RFRAGS(s)   (((s)->flags >> 8) & 0xff) /* of a received frame: its slots */
#define NETMAP_MAX_FRAGS 64

struct netmap_ring {
    const int64_t buf_ofs;      /* from here to buffer 0 */
    const uint32_t num_slots;
    const uint32_t nr_buf_size; /* bytes */
    const uint16_t ringid;
    const uint16_t dir; /* 1: transmit, 0: receive */
    uint32_t head, cur; /* the program's */
    uint32_t tail;      /* the kernel's */
    uint32_t flags;     /* NR_TIMESTAMP, NR_FORWARD */
    struct timeval ts;  /* of the last sync */
    const uint64_t offset_mask, buf_align;
    uint8_t sem[128] __attribute__((aligned(NM_CACHE_ALIGN)));
    struct netmap_slot slot[];
};

#define NR_TIMESTAMP 0x0002 /* set ts at each sync */
#define NR_FORWARD   0x0004 /* pay heed to NS_FORWARD */

struct netmap_if {
    char ni_name[IF_NAMESIZE];
    const uint32_t ni_version, ni_flags;
    const uint32_t ni_tx_rings, ni_rx_rings; /* the card's */
    uint32_t ni_bufs_head; /* first extra buffer, whose first 4 bytes are the next one's number; 0: none */
    const uint32_t ni_host_tx_rings, ni_host_rx_rings;
    uint32_t ni_spare1[3];
    const ssize_t ring_ofs[]; /* from here; 0: not bound */
};

#define NI_PRIV_MEM 0x1 /* nobody else has this memory */

static inline int nm_ring_empty(struct netmap_ring *ring)
{
    return ring->head == ring->tail;
}

/* ---- what is asked for */

#define NETMAP_REQ_MAXSIZE   4096
#define NETMAP_REQ_IFNAMSIZ  64
#define NM_BDG_NAME          "vale"

struct nmreq_option {
    uint64_t nro_next;    /* address of the next one */
    uint32_t nro_reqtype; /* NETMAP_REQ_OPT_... */
    uint32_t nro_status;  /* 0, or an errno */
    uint64_t nro_size;
};

struct nmreq_header {
    uint16_t nr_version; /* NETMAP_API */
    uint16_t nr_reqtype; /* NETMAP_REQ_... */
    uint32_t nr_reserved;
    char nr_name[NETMAP_REQ_IFNAMSIZ];
    uint64_t nr_options; /* address of the first */
    uint64_t nr_body;    /* address of what follows, by nr_reqtype */
};

enum {
    NETMAP_REQ_REGISTER = 1,
    NETMAP_REQ_PORT_INFO_GET,
    NETMAP_REQ_VALE_ATTACH,
    NETMAP_REQ_VALE_DETACH,
    NETMAP_REQ_VALE_LIST,
    NETMAP_REQ_PORT_HDR_SET,
    NETMAP_REQ_PORT_HDR_GET,
    NETMAP_REQ_VALE_NEWIF,
    NETMAP_REQ_VALE_DELIF,
    NETMAP_REQ_VALE_POLLING_ENABLE,
    NETMAP_REQ_VALE_POLLING_DISABLE,
    NETMAP_REQ_POOLS_INFO_GET,
    NETMAP_REQ_SYNC_KLOOP_START,
    NETMAP_REQ_SYNC_KLOOP_STOP,
    NETMAP_REQ_CSB_ENABLE
};

enum {
    NETMAP_REQ_OPT_EXTMEM = 1,
    NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS,
    NETMAP_REQ_OPT_CSB,
    NETMAP_REQ_OPT_SYNC_KLOOP_MODE,
    NETMAP_REQ_OPT_OFFSETS,
    NETMAP_REQ_OPT_MAX
};

/* Asked for as 0: as it is; and filled in. */
struct nmreq_register {
    uint64_t nr_offset;  /* of struct netmap_if, in the memory */
    uint64_t nr_memsize; /* bytes to map */
    uint32_t nr_tx_slots, nr_rx_slots;
    uint16_t nr_tx_rings, nr_rx_rings, nr_host_tx_rings, nr_host_rx_rings;
    uint16_t nr_mem_id;
    uint16_t nr_ringid;     /* for one ring: which */
    uint32_t nr_mode;       /* NR_REG_... */
    uint32_t nr_extra_bufs; /* buffers besides those in the rings */
    uint64_t nr_flags;      /* NR_EXCLUSIVE ... */
};

enum {
    NR_REG_DEFAULT,
    NR_REG_ALL_NIC,
    NR_REG_SW,
    NR_REG_NIC_SW,
    NR_REG_ONE_NIC,
    NR_REG_PIPE_MASTER,
    NR_REG_PIPE_SLAVE,
    NR_REG_NULL,
    NR_REG_ONE_SW
};

#define NR_MONITOR_TX      0x100
#define NR_MONITOR_RX      0x200
#define NR_ZCOPY_MON       0x400
#define NR_EXCLUSIVE       0x800
#define NR_RX_RINGS_ONLY   0x2000
#define NR_TX_RINGS_ONLY   0x4000
#define NR_ACCEPT_VNET_HDR 0x8000
#define NR_DO_RX_POLL      0x10000 /* poll(2) syncs receive rings though POLLIN is not asked for */
#define NR_NO_TX_POLL      0x20000 /* ... and leaves transmit rings alone unless POLLOUT is */

struct nmreq_port_info_get {
    uint64_t nr_memsize;
    uint32_t nr_tx_slots, nr_rx_slots;
    uint16_t nr_tx_rings, nr_rx_rings, nr_host_tx_rings, nr_host_rx_rings;
    uint16_t nr_mem_id;
    uint16_t pad[3];
};

struct nmreq_port_hdr {
    uint32_t nr_hdr_len; /* bytes of a virtio-net header in front of each frame */
    uint32_t pad1;
};

#define NIOCCTRL   _IOWR('i', 151, struct nmreq_header)
#define NIOCTXSYNC _IO('i', 148)
#define NIOCRXSYNC _IO('i', 149)

#define NM_LAYOUT(what) _Static_assert(what, #what)
NM_LAYOUT(sizeof(struct netmap_slot) == 16 && offsetof(struct netmap_slot, len) == 4);
NM_LAYOUT(offsetof(struct netmap_slot, flags) == 6 && offsetof(struct netmap_slot, ptr) == 8);
NM_LAYOUT(offsetof(struct netmap_ring, num_slots) == 8 && offsetof(struct netmap_ring, nr_buf_size) == 12);
NM_LAYOUT(offsetof(struct netmap_ring, ringid) == 16 && offsetof(struct netmap_ring, dir) == 18);
NM_LAYOUT(offsetof(struct netmap_ring, head) == 20 && offsetof(struct netmap_ring, cur) == 24);
NM_LAYOUT(offsetof(struct netmap_ring, tail) == 28 && offsetof(struct netmap_ring, flags) == 32);
NM_LAYOUT(offsetof(struct netmap_ring, sem) == 128 && offsetof(struct netmap_ring, slot) == 256);
NM_LAYOUT(sizeof(void *) < 8 || offsetof(struct netmap_ring, ts) == 40);
NM_LAYOUT(offsetof(struct netmap_if, ni_version) == 16 && offsetof(struct netmap_if, ni_tx_rings) == 24);
NM_LAYOUT(offsetof(struct netmap_if, ni_bufs_head) == 32 && offsetof(struct netmap_if, ring_ofs) == 56);
NM_LAYOUT(sizeof(struct nmreq_header) == 88 && offsetof(struct nmreq_header, nr_body) == 80);
NM_LAYOUT(offsetof(struct nmreq_register, nr_mem_id) == 32 && offsetof(struct nmreq_register, nr_extra_bufs) == 40);
NM_LAYOUT(sizeof(void *) < 8 || sizeof(struct nmreq_register) == 56);
NM_LAYOUT((unsigned long)NIOCCTRL == 0xc0586997 && NIOCTXSYNC == 0x6994 && NIOCRXSYNC == 0x6995);
#undef NM_LAYOUT

#endif
