/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes that arrived ahead of their turn (RFC 9293 3.10.7.4, SHLD-31), kept as islands of the stream, in
 * order and never touching, and what SACK says of them (RFC 2018 4, RFC 2883). Looking up is by halving; at
 * most REASSEMBLY_ISLANDS are kept, and a segment that would need one more is dropped and comes again.
 *
 *      rcv_nxt |------ hole ------|== island 0 ==|-- hole --|== island 1 ==|
 *
 * A pure machine: it knows sequence numbers and bytes, not connections.
 */
#ifndef TCP_REASSEMBLY_H
#define TCP_REASSEMBLY_H

#include "base/array.h"
#include "base/queue.h"
#include "base/seq.h"
#include "wire/drop.h"
#include "wire/tcp.h"

enum { REASSEMBLY_ISLANDS = 200, REASSEMBLY_RECENT = 3 };

struct reassembly_island {
    seq32 seq;
    struct queue bytes;
};

struct reassembly {
    struct array islands;
    uint32_t charged;                /* what it all costs the budget */
    seq32 recent[REASSEMBLY_RECENT]; /* a byte in each of the islands last added to, the latest first */
    uint8_t recents;
};

/* Keeps bytes that begin at seq, after RCV.NXT and inside the window. DROP_NONE, DROP_REASSEMBLY (too many
 * islands) or DROP_BUDGET; of a segment some bytes may be kept and others not. *dup_len: how many of its
 * bytes were here already, from *dup on (the first such run), 0: none. */
enum drop reassembly_keep(struct reassembly *r, struct array_pools *arrays, struct queue_pools *queues,
                          seq32 seq, const uint8_t *bytes, uint32_t len, seq32 *dup, uint32_t *dup_len);

/* Moves to recv what rcv_nxt, the end of recv, has reached, dropping what it has passed. Returns how many
 * bytes were added; rcv_nxt is the caller's. */
uint32_t reassembly_reached(struct reassembly *r, struct array_pools *arrays, struct queue_pools *queues,
                            struct queue *recv, seq32 rcv_nxt);

/* SACK blocks in the order that RFC 2018 4 asks for: the island of the segment that came last first, then
 * those reported most recently, then others from the left. Returns how many, at most max. */
unsigned reassembly_blocks(const struct reassembly *r, const struct array_pools *arrays,
                           struct tcp_sack_block *blocks, unsigned max);

/* Lets go of everything: the peer will send it again. */
void reassembly_clear(struct reassembly *r, struct array_pools *arrays, struct queue_pools *queues);

static inline bool reassembly_any(const struct reassembly *r)
{
    return r->islands.count != 0;
}

#endif
