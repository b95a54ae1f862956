/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection: what is kept of it and in how many bytes, and the set that all of a stack's connections form.
 *
 *      hot     128 B, two cache lines      every connection, what a segment or a timer touches
 *      cold     64 B, one line             every connection, what is looked at now and then
 *      active  256 B from the pool         while bytes are in flight, out of order or unread
 *
 * TCP here is a machine: it is handed decoded segments, calls and the time; it changes connections, *marks*
 * what they owe and what the application should hear, and returns. It sends nothing and calls nobody. The
 * marks are two queues threaded through the connections: `owing`, which stack/ drains when it flushes, and
 * `events`, which the application drains. A connection stands in each at most once.
 */
#ifndef TCP_CONN_H
#define TCP_CONN_H

#include "base/queue.h"
#include "base/seq.h"
#include "base/time.h"
#include "base/wheel.h"
#include "wire/tcp.h"
#include "table.h"

/* RFC 9293 3.3.2, in its order. LISTEN is never a connection's: listeners and SYNs are kept in listen.h. */
enum conn_state {
    CONN_CLOSED,
    CONN_LISTEN,
    CONN_SYN_SENT,
    CONN_SYN_RECEIVED,
    CONN_ESTABLISHED,
    CONN_FIN_WAIT_1,
    CONN_FIN_WAIT_2,
    CONN_CLOSE_WAIT,
    CONN_CLOSING,
    CONN_LAST_ACK,
    CONN_TIME_WAIT,
    CONN_STATES
};

/* What a state means, as facts, so that code asks for the fact and not for the state. */
struct conn_facts {
    const char *name;
    bool synchronized; /* both sides know both sequence numbers */
    bool may_send;     /* the application may still add bytes */
    bool may_receive;  /* the peer has not finished */
};
extern const struct conn_facts conn_facts[CONN_STATES];

enum conn_flags {
    CONN_FIN_WANTED = 1 << 0, /* the application has finished: FIN after the queue */
    CONN_FIN_SENT = 1 << 1,   /* at least once */
    CONN_FIN_ACKED = 1 << 2,
    CONN_ORPHAN = 1 << 3,   /* the application let go: no events, no reads, data is answered by RST */
    CONN_IN_OWING = 1 << 4, /* stands in `owing`, or where stack/ put it: it waits for its next hop */
    CONN_IN_EVENTS = 1 << 5,
    CONN_IN_TABLE = 1 << 6,
    CONN_WANT_WRITE = 1 << 7,  /* a send was cut short: say WRITABLE when there is room */
    CONN_END_TOLD = 1 << 8,    /* a read returned 0 */
    CONN_NEAR = 1 << 9,        /* the wheel holds an entry that surfaces at `near` */
    CONN_FAR = 1 << 10,        /* ... at `far` */
    CONN_NO_DELAY = 1 << 11,   /* Nagle's algorithm off */
    CONN_SLOW_START = 1 << 12, /* cwnd is below ssthresh */
    CONN_FORCE = 1 << 13,      /* the persist timer ran out: send at least one byte, whatever the window */
    CONN_IPV6 = 1 << 14,
    CONN_WSCALE = 1 << 15 /* the peer's SYN had the option */
};

enum conn_owe {
    OWE_SEND = 1,      /* look whether bytes, a SYN or a FIN may go */
    OWE_ACK = 2,       /* an acknowledgement, now */
    OWE_ACK_LATER = 4, /* an acknowledgement, which may wait for company */
    OWE_RST = 8        /* a reset, after which the record goes */
};

/* What the application hears; the same bits as enum rn_mask. */
enum conn_event {
    CONN_EV_ACCEPTED = 1,
    CONN_EV_CONNECTED = 2,
    CONN_EV_READABLE = 4,
    CONN_EV_WRITABLE = 8,
    CONN_EV_PEER_CLOSED = 16,
    CONN_EV_CLOSED = 128,
    CONN_EV_FAILED = 256
};

struct conn {
    /* line 0: what every segment needs */
    struct table_key key;
    uint16_t next_hop; /* which neighbour */
    uint8_t state;     /* enum conn_state; changed by conn_set_state alone */
    uint8_t scale;     /* shift of the windows we receive (high 4 bits) and send (low 4) */
    uint16_t flags;    /* enum conn_flags */
    seq32 rcv_nxt;
    seq32 rcv_edge; /* the right edge that the peer was told: never moves left */
    seq32 snd_una, snd_nxt;
    uint32_t snd_wnd;    /* bytes, scaled */
    uint16_t mss;        /* most payload bytes we put in a segment */
    uint8_t owe;         /* enum conn_owe */
    uint8_t dup_acks;    /* acknowledgements owed one by one for segments out of order */
    uint32_t active;     /* id of the active block, 0: none */
    uint32_t next_owing; /* index + 1 */
    uint16_t ack_bytes;  /* received in order and not yet acknowledged, saturated */
    uint16_t rcv_mss;    /* the largest segment seen from the peer */

    /* line 1: timers, round trips, the application */
    union {
        void *user;
        uint64_t user_bits; /* keeps the layout the same where pointers are short */
    };
    uint32_t near, far; /* ticks at which the wheel's entries that count surface */
    uint32_t rexmt_at, ack_at,
        other_at;                /* deadlines as ticks, 0: none. other: FIN-WAIT-2, waiting for memory */
    uint32_t srtt_us, rttvar_us; /* 0: not measured yet */
    seq32 snd_max;               /* the highest sequence number sent, plus 1 */
    seq32 snd_wl1;               /* sequence number of the last window update (RFC 9293 3.10.7.4) */
    uint32_t max_wnd;            /* the largest window the peer ever offered */
    uint16_t events;             /* enum conn_event, for rn_next */
    uint8_t retries, backoff;    /* transmissions unanswered in a row; doublings of the RTO */
    uint32_t next_event;         /* index + 1 */
    uint32_t generation;
    uint32_t cwnd; /* bytes */
};

struct conn_cold {
    seq32 iss, irs;
    uint32_t ssthresh;  /* bytes */
    uint32_t avoided;   /* bytes acknowledged towards the next segment of congestion avoidance */
    uint32_t last_sent; /* tick of the last data segment, for the restart after idle */
    int32_t error;      /* with CONN_EV_FAILED: negative errno */
    uint32_t listener;  /* index + 1 of the listener that accepted it, until the application knows */
    uint32_t retransmitted;
    uint16_t link_mss; /* what our SYN says: the most that the link brings us in a segment */
    uint16_t unused16;
    uint32_t answered; /* tick of the last answer to an unacceptable segment that carried nothing, 0: none */
    uint32_t unused[6];
};

/* Bytes ahead of rcv_nxt, kept until the hole before them is filled. */
struct conn_island {
    seq32 seq;
    struct queue bytes;
};

enum {
    CONN_ISLANDS = 8,
    CONN_MSS_MIN = 88,  /* however little a peer asks for: a smaller one costs more headers than bytes */
    CONN_RCV_MSS = 536, /* what a peer is taken to send until it has */
    CONN_NO_HOP = 65535,
    CONN_WHEEL_ENTRIES = 3, /* in the wheel: two count, one is for those left behind by an earlier deadline */
    CONN_ANSWER_AGAIN_MS = 500 /* between two answers to segments that carry nothing */
};

struct conn_active {
    struct queue send;          /* from snd_una on (a SYN apart) */
    struct queue recv;          /* up to rcv_nxt */
    struct queue_cursor cursor; /* where the next segment is taken from send */
    rn_time timed_at;           /* when the segment that is being timed was sent; 0: none is */
    seq32 timed_seq;            /* its last sequence number + 1 */
    seq32 fin_seq;              /* where the peer's FIN stands that came too early */
    bool fin_early;
    uint8_t islands;                         /* of island[] */
    struct conn_island island[CONN_ISLANDS]; /* in order, never touching */
};

_Static_assert(sizeof(struct conn) == 128, "hot state is two cache lines");
_Static_assert(sizeof(struct conn_cold) == 64, "cold state is one cache line");
_Static_assert(sizeof(struct conn_active) <= 256, "an active block");

/* A queue of connections, threaded through next_owing or next_event: index + 1, 0: end. */
struct conn_fifo {
    uint32_t head, tail;
};

/* Everything that can be chosen, in the units that the code wants. */
struct conn_config {
    uint32_t receive_bytes, send_bytes;
    uint32_t rto_initial_us, rto_min_us, rto_max_us;
    rn_time msl, delayed_ack;
    uint8_t syn_retries, data_retries, rcv_scale;
    bool no_delay;
};

/* Counters, the same as in struct rn_stats. */
struct conn_counts {
    uint64_t segments_in, segments_out, retransmitted, duplicate_acks_out, resets_in, resets_out;
    uint64_t opened_passive, opened_active, closed, failed, timed_out;
    uint64_t entered[CONN_STATES];
    uint64_t connections_full;
};

/* All connections of a stack. */
struct conns {
    struct conn *hot;
    struct conn_cold *cold;
    uint32_t limit, fresh, free, used, peak; /* records; fresh: never used from here on; free: index + 1 */
    struct table table;
    struct wheel wheel;
    uint32_t sweep; /* where the sweep of stale wheel entries goes on */
    struct slabs *slabs;
    struct queue_pools queues;
    struct pool actives;
    struct conn_fifo owing, events;
    uint32_t event_count;
    struct hash_key secret; /* for what peers see */
    uint32_t *hop_uses;     /* by next hop: how many records keep it */
    struct conn_config config;
    struct conn_counts counts;
    rn_time now; /* of the round that runs */
};

static inline struct conn *conn_at(const struct conns *s, uint32_t index)
{
    return &s->hot[index];
}

static inline uint32_t conn_index(const struct conns *s, const struct conn *c)
{
    return (uint32_t)(c - s->hot);
}

static inline struct conn_cold *conn_cold(const struct conns *s, const struct conn *c)
{
    return &s->cold[c - s->hot];
}

/* The active block, or NULL. */
static inline struct conn_active *conn_active(const struct conns *s, const struct conn *c)
{
    return c->active ? (struct conn_active *)slab_at(s->slabs, c->active) : NULL;
}

/* The peer, or the path, takes no more than that in a segment. */
static inline void conn_limit_mss(struct conn *c, uint32_t mss)
{
    uint32_t least = c->mss < CONN_MSS_MIN ? c->mss : CONN_MSS_MIN;

    if (mss < c->mss)
        c->mss = (uint16_t)(mss > least ? mss : least);
}

/* The window that a SYN or SYN-ACK offers: never scaled (RFC 7323 2.2). */
static inline uint32_t conn_syn_window(const struct conns *s)
{
    return s->config.receive_bytes < 65535 ? s->config.receive_bytes : 65535;
}

/* Bytes that the application may read now. */
static inline uint32_t conn_unread(const struct conns *s, const struct conn *c)
{
    return c->active ? conn_active(s, c)->recv.bytes : 0;
}

/* Bytes queued to be sent or acknowledged. */
static inline uint32_t conn_queued(const struct conns *s, const struct conn *c)
{
    return c->active ? conn_active(s, c)->send.bytes : 0;
}

/* A new record in state CLOSED, all fields at their first value; NULL: all are in use (counted). */
struct conn *conn_new(struct conns *s);

/* The record keeps that next hop from now on; conn_release lets go of it. */
void conn_keep_hop(struct conns *s, struct conn *c, uint16_t next_hop);

/* The active block, taken if there is none; NULL: the budget is used up. */
struct conn_active *conn_activate(struct conns *s, struct conn *c);

/* Gives the active block back if nothing is in it and nothing in flight. */
void conn_fold(struct conns *s, struct conn *c);

/* The only place where a state changes; it counts. */
void conn_set_state(struct conns *s, struct conn *c, enum conn_state state);

/* Marks what is owed and queues the connection for the next flush. */
void conn_owes(struct conns *s, struct conn *c, unsigned owe);

/* Tells the application; an orphan's are dropped. */
void conn_tells(struct conns *s, struct conn *c, unsigned events);

/* The connection is over for TCP: bytes to be sent are dropped, timers off, out of the table. error 0: in
 * order, and bytes that were not read stay until they are; else unread bytes go too. The record goes when
 * the application has heard, or at once if nobody listens. */
void conn_finish(struct conns *s, struct conn *c, int error);

/* Lets go of the record if nothing needs it any more: closed, heard, owing nothing. */
void conn_release(struct conns *s, struct conn *c);

/* Puts at the end, takes from the front; NULL: empty. Taking from `owing` does not clear what is owed. */
void conn_push_owing(struct conns *s, struct conn_fifo *f, struct conn *c);
struct conn *conn_pop_owing(struct conns *s, struct conn_fifo *f);
struct conn *conn_pop_event(struct conns *s);

/* Puts all of from in front of to, and empties it. */
void conn_join_owing(struct conns *s, struct conn_fifo *to, struct conn_fifo *from);

/* Lets go of all that arrived ahead of its turn: the peer will send it again. */
void conn_drop_islands(struct conns *s, struct conn_active *a);

/* An answer to a segment that carries nothing is due only once in a while, since it may be an answer itself
 * and two ends could go on for ever (RFC 5961 7). *answered: the tick of the last one, 0: none; noted if
 * true. */
bool conn_may_answer(const struct conns *s, uint32_t *answered);

/* Little of the budget is left: what the stack asks for itself, or can do without, has to wait, so that bytes
 * which arrive in their turn find room and queues can drain. */
bool conn_memory_is_short(const struct conns *s);

/* How much more the peer may send: from rcv_nxt to the right edge that the buffer allows now. */
uint32_t conn_window(const struct conns *s, const struct conn *c);

/* After the application took bytes: owes a window update when the right edge can move by as much as RFC 9293
 * 3.8.6.2.2 asks for. */
void conn_was_read(struct conns *s, struct conn *c);

#endif
