/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A datagram that waits: received and not read, or given to be sent; or an error about one that was sent. A
 * record of two units for what is known of it and a byte queue for what is in it, both charged to the budget.
 * They stand in lists, one in one list at a time.
 */
#ifndef UDP_DATAGRAM_H
#define UDP_DATAGRAM_H

#include "base/queue.h"
#include "base/time.h"
#include "wire/ip.h"

enum { DATAGRAM_BYTES = 128, DATAGRAM_HEADER = 8 /* of UDP, and of an echo request */ };

struct datagram {
    uint32_t next;       /* in its list: id, 0: the last */
    uint32_t socket;     /* to be sent: whose it is ... */
    uint32_t generation; /* ... if it is still that one */
    struct addr peer, local;
    uint16_t peer_port, local_port; /* of an echo request or reply the local one is its identifier */
    uint16_t sequence;
    uint16_t own; /* index of the local address */
    uint16_t hop; /* to be sent: the neighbour that it goes through */
    uint8_t protocol, ttl, traffic_class, device;
    rn_time stamp;
    struct queue payload;
    int16_t error; /* negative errno: no datagram, but what became of one ... */
    uint8_t icmp_type, icmp_code;
    struct addr router; /* ... told by that host */
    uint32_t mtu;
};
_Static_assert(sizeof(struct datagram) <= DATAGRAM_BYTES, "a datagram's record is two units");

struct datagrams {
    struct pool records;
    struct queue_pools *queues;
};

struct datagram_list {
    uint32_t first, last, count; /* ids */
};

void datagram_init(struct datagrams *m, struct slabs *slabs, struct queue_pools *queues);

static inline struct datagram *datagram_at(const struct datagrams *m, uint32_t id)
{
    return slab_at(m->records.slabs, id);
}

/* What it costs the budget. */
static inline uint32_t datagram_charge(const struct datagram *d)
{
    return DATAGRAM_BYTES + d->payload.charged;
}

/* A copy of *what with that payload, its id; 0: the budget is used up. */
uint32_t datagram_take(struct datagrams *m, const struct datagram *what, struct view payload);
void datagram_give(struct datagrams *m, uint32_t id);

void datagram_push(const struct datagrams *m, struct datagram_list *l, uint32_t id);
/* The first, which stands in the list no more; 0: none. */
uint32_t datagram_pop(const struct datagrams *m, struct datagram_list *l);
/* Puts all of from in front of to. */
void datagram_join(const struct datagrams *m, struct datagram_list *to, struct datagram_list *from);

/* Writes it as it goes behind an IP header: a UDP datagram or an echo request. */
void datagram_encode(const struct datagrams *m, const struct datagram *d, uint8_t *at);

#endif
