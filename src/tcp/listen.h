/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Listeners, and the connections that are half open because of them. A SYN costs a record of 64 bytes and no
 * connection; only the acknowledgement of our SYN-ACK makes one. The records stand in queues by how often
 * their SYN-ACK was sent, and each queue waits a fixed time, so each is in the order of its deadlines:
 *
 *      now: to be sent      sent 1: 1 s      sent 2: 2 s      ...      sent 6: 32 s, then forgotten
 *
 * When there is no record left the one that has waited longest in `sent 1` (or further) is forgotten.
 */
#ifndef TCP_LISTEN_H
#define TCP_LISTEN_H

#include "conn.h"
#include "verdict.h"

enum { LISTEN_SENDS = 6, LISTEN_BACKLOG = 1024 };

struct listen_syn {
    struct table_key key;
    uint16_t next_hop;
    seq32 iss, irs;
    uint32_t due;           /* tick */
    uint32_t next, prev;    /* index + 1 */
    uint32_t sent_at;       /* tick of the first SYN-ACK */
    uint16_t peer_mss, mss; /* as the peer said; as the link allows us to send and receive */
    uint16_t window;        /* of the SYN */
    uint16_t listener;      /* index */
    uint8_t wscale;         /* the peer's */
    uint8_t sends;          /* SYN-ACKs sent */
    uint8_t queue;          /* which one it stands in */
    uint8_t flags;          /* enum listen_flags */
    uint32_t answered;      /* tick of the last answer to a segment that carried nothing, 0: none */
};
_Static_assert(sizeof(struct listen_syn) == 64, "half open is one cache line");

enum listen_flags { LISTEN_WSCALE = 1, LISTEN_IPV6 = 2 };

struct listener {
    struct addr address; /* any: all of that family */
    uint16_t port;
    bool used, ipv6;
    uint32_t generation;
    uint32_t pending; /* connections that the application has not heard of */
};

struct listen_queue {
    uint32_t head, tail;
};

struct listeners {
    struct listener *listeners;
    uint32_t limit, used;
    struct listen_syn *syns;
    uint32_t syn_limit, syn_fresh, syn_free, syn_used, syn_peak;
    struct listen_queue queues[LISTEN_SENDS + 1]; /* by sends; 0: to be sent now */
    uint64_t forgotten;                           /* for want of records */
};

/* The listener for that local address and port: an exact address first. -1: none. */
int listen_find(const struct listeners *l, const struct addr *local, uint16_t port, bool ipv6);

/* A SYN for a listener, in the middle of nothing (3.10.7.2, second step): a record is made and its SYN-ACK
 * owed. mss: what the link allows. NULL: the table has no place for it. */
struct listen_syn *listen_syn_received(struct listeners *l, struct conns *s, const struct table_key *key,
                                       int listener, const struct tcp *seg, uint16_t next_hop, uint16_t mss,
                                       bool ipv6);

/* The record's sequence numbers have to lie above those of the connection before it (MAY-2). */
void listen_start_above(struct listen_syn *y, seq32 above);

/* A segment for a half-open connection (3.10.7.4 in SYN-RECEIVED). *opened: the connection that it makes,
 * which then takes the segment itself. */
struct verdict listen_input(struct listeners *l, struct conns *s, uint32_t index, const struct tcp *seg,
                            uint32_t len, struct conn **opened);

/* The next record whose SYN-ACK is to be sent now, with its fields in *out; NULL: none. Forgets on its way
 * those that were sent often enough. */
struct listen_syn *listen_due(struct listeners *l, struct conns *s, struct tcp *out);

/* It went out: waits for its next turn. */
void listen_sent(struct listeners *l, struct conns *s, struct listen_syn *syn);

/* When the next one is due; false: none waits. */
bool listen_next(const struct listeners *l, uint32_t *tick);

/* Forgets all half-open connections of a listener. */
void listen_forget(struct listeners *l, struct conns *s, int listener);

#endif
