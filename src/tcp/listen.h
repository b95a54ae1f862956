/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Listeners, and the connections that are half open because of them. A SYN costs a record of 64 bytes and no
 * connection; only the acknowledgement of our SYN-ACK makes one. The records stand in queues by how often
 * their SYN-ACK was sent, and each queue waits a fixed time, so each is in the order of its deadlines:
 *
 *      now: to be sent      sent 1: 1 s      sent 2: 2 s      ...      sent 6: 32 s, then forgotten
 *
 * When there is no record left one whose first SYN-ACK brought no answer for a second is forgotten. If all
 * are younger the SYN is answered by a cookie (RFC 4987 3.6): its sequence number says all that has to be
 * known when the acknowledgement comes back, and nothing is kept. It holds for 64 to 128 s; with timestamps
 * it carries window scale, SACK and ECN, too. No acknowledgement is looked at as a cookie's unless its
 * listener has sent one in the last 128 s.
 */
#ifndef TCP_LISTEN_H
#define TCP_LISTEN_H

#include "conn.h"
#include "verdict.h"

enum { LISTEN_SENDS = 6, LISTEN_FREE = 15, LISTEN_BACKLOG = 1024, LISTEN_PLACES = 256 };

struct listen_syn {
    struct table_key key;
    uint16_t next_hop;
    seq32 iss, irs;
    uint32_t due;           /* tick */
    uint32_t next, prev;    /* index + 1 */
    uint32_t sent_at;       /* tick of the first SYN-ACK */
    uint32_t ts_recent;     /* with LISTEN_TIMESTAMPS */
    uint32_t answered;      /* tick of the last answer to a segment that carried nothing, 0: none */
    uint16_t peer_mss, mss; /* as the peer said; as the link allows us to send and receive */
    uint16_t listener;      /* index */
    uint8_t options;        /* enum listen_options, and the peer's window scale in the low 4 bits */
    uint8_t sends : 3;      /* SYN-ACKs sent */
    uint8_t queue : 4;      /* which one it stands in; LISTEN_FREE: none, nobody uses the record */
    uint8_t tight : 1; /* the budget was when the SYN came: the SYN-ACK offers a segment, not a window full */
};
_Static_assert(sizeof(struct listen_syn) == 64, "half open is one cache line");

/* What both sides want. */
enum listen_options { LISTEN_WSCALE = 16, LISTEN_TIMESTAMPS = 32, LISTEN_SACK = 64, LISTEN_ECN = 128 };

struct listener {
    struct addr address; /* any: all of that family */
    uint16_t port;
    bool used, ipv6;
    uint8_t settings; /* of the connections that it accepts; kept by conn_keep_settings */
    uint32_t generation;
    uint32_t pending; /* connections that the application has not heard of */
    uint32_t next;    /* in its place of the look-up, index + 1 */
    uint32_t cookie;  /* tick at which the last SYN cookie was sent, 0: none */
};

struct listen_queue {
    uint32_t head, tail;
};

struct listeners {
    struct listener *listeners;
    uint32_t limit, used;
    uint32_t places[LISTEN_PLACES]; /* by port: the first of its listeners, index + 1 */
    struct listen_syn *syns;
    uint32_t syn_limit, syn_fresh, syn_free, syn_used, syn_peak;
    struct listen_queue queues[LISTEN_SENDS + 1]; /* by sends; 0: to be sent now */
    uint64_t forgotten;                           /* for want of records */
    uint64_t cookies_sent, cookies_taken;
};

/* The listener for that local address and port: an exact address first. -1: none. */
int listen_find(const struct listeners *l, const struct addr *local, uint16_t port, bool ipv6);

/* A new listener. Its index; -EADDRINUSE: there is one; -ENOSPC. */
int listen_open(struct listeners *l, struct conns *s, const struct addr *address, uint16_t port, bool ipv6);

/* The listener goes, and with it all that is half open because of it. */
void listen_close(struct listeners *l, struct conns *s, int listener);

/* A SYN for a listener, in the middle of nothing (3.10.7.2, second step): a record is made and its SYN-ACK
 * owed. mss: what the link allows. NULL: *v says what to do instead: a cookie to send (REPLY_SYN_ACK), or
 * drop it: the table has no place for it. */
struct listen_syn *listen_syn_received(struct listeners *l, struct conns *s, const struct table_key *key,
                                       int listener, const struct tcp *seg, uint16_t next_hop, uint16_t mss,
                                       struct verdict *v);

/* An ACK for a listener, of no connection that is known: if it gives back a cookie the connection that it
 * makes, which then takes the segment itself; else NULL. To be asked only if listen_sent_cookies says true.
 */
struct conn *listen_cookie(struct listeners *l, struct conns *s, const struct table_key *key, int listener,
                           const struct tcp *seg, uint16_t next_hop, uint16_t mss);
bool listen_sent_cookies(const struct listeners *l, const struct conns *s, int listener);

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

#endif
