/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection: what is kept of it and in how many bytes, and the set that all of a stack's connections form.
 *
 *      hot     128 B, two cache lines      every connection, what a segment or a timer touches
 *      cold     64 B, one line             every connection, what is looked at now and then
 *      active  384 B from the pool         while anything is in flight, out of order or unread
 *      settings                            what a socket can choose, shared by all that chose the same
 *
 * TCP here is a machine: it is handed decoded segments, calls and the time; it changes connections, *marks*
 * what they owe and what the application should hear, and returns. It sends nothing and calls nobody. The
 * marks are two queues of connections: `owing`, which stack/ drains when it flushes, and `events`, which the
 * application drains. A connection stands in each at most once.
 *
 * Whoever has something in flight, be it only a SYN or a FIN, has an active block: what was sent when is
 * written there (scoreboard.h).
 */
#ifndef TCP_CONN_H
#define TCP_CONN_H

#include "base/fifo.h"
#include "base/queue.h"
#include "base/seq.h"
#include "base/time.h"
#include "base/wheel.h"
#include "wire/tcp.h"
#include "cc.h"
#include "loss.h"
#include "reassembly.h"
#include "scoreboard.h"
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
    CONN_WSCALE = 1 << 15,     /* both SYNs had the option (RFC 7323 2.2) */
    CONN_TIMESTAMPS = 1 << 16, /* both SYNs had the option (RFC 7323 3.2) */
    CONN_SACK = 1 << 17,       /* both SYNs had the option (RFC 2018 2) */
    CONN_PROBED = 1 << 18,     /* the byte at snd_nxt was sent to probe a closed window; it is not counted */
    CONN_TAIL_PROBE = 1 << 19, /* a tail loss probe is due: one segment, whatever the congestion window */
    CONN_KEEP = 1 << 20,       /* keep-alive is on */
    CONN_PROBE_OWED = 1 << 21, /* a keep-alive probe is due */
    CONN_URGENT_OUT = 1 << 22, /* urgent bytes wait or are in flight, up to snd_up */
    CONN_URGENT_IN = 1 << 23,  /* urgent bytes are unread, up to rcv_up */
    CONN_ECN = 1 << 24,        /* both ends do ECN (RFC 3168 6.1) */
    CONN_ECE_OWED = 1 << 25,   /* congestion was seen and CWR has not come */
    CONN_CWR_OWED = 1 << 26,
    CONN_SEEN_NEAR = 1 << 27, /* for the length of a sweep of the wheel */
    CONN_SEEN_FAR = 1 << 28,
    CONN_KEEP_PROBING = 1 << 29, /* keep-alive probes are unanswered: cold.keep_sent counts them */
    CONN_UNUSUAL = 1 << 30       /* the fast path is not for it: see conn_note_usual */
};

enum conn_careful {
    CAREFUL_ACK = 1,     /* the settings have no_delayed_ack */
    CAREFUL_TIMEOUT = 2, /* ... a user timeout */
    CAREFUL_WINDOW = 4   /* the congestion window may be beyond the initial one: see conn_window_is_large */
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
    CONN_EV_URGENT = 32,
    CONN_EV_SENT = 64,
    CONN_EV_CLOSED = 128,
    CONN_EV_FAILED = 256,
    CONN_EV_TROUBLE = 512
};

/* What loss_at stands for: never more than one of them is wanted (RFC 8985 7.2). TIMER_UNSETTLED: for all
 * that is in flight, sent at once, it is not worked out yet which of them and when; see timers_first_sent. */
enum conn_timer { TIMER_RTO, TIMER_PROBE, TIMER_REORDER, TIMER_UNSETTLED };

struct conn {
    /* line 0: what every segment needs */
    struct table_key key;
    uint16_t next_hop; /* which neighbour */
    seq32 rcv_nxt;
    seq32 rcv_edge; /* the right edge that the peer was told: never moves left */
    seq32 snd_una;
    seq32 snd_nxt;      /* all below was sent */
    uint32_t snd_wnd;   /* bytes, scaled */
    seq32 snd_wl1;      /* sequence number of the last window update (RFC 9293 3.10.7.4) */
    uint32_t flags;     /* enum conn_flags */
    uint32_t active;    /* id of the active block, 0: none */
    uint8_t state;      /* enum conn_state; changed by conn_set_state alone */
    uint8_t scale;      /* shift of the windows we receive (high 4 bits) and send (low 4) */
    uint8_t owe;        /* enum conn_owe */
    uint8_t dup_acks;   /* acknowledgements owed one by one for segments out of order */
    uint32_t ts_recent; /* TS.Recent (RFC 7323 4.3) */

    /* line 1: timers, round trips, the application */
    union {
        void *user;
        uint64_t user_bits; /* keeps the layout the same where pointers are short */
    };
    uint32_t near, far;                 /* ticks at which the wheel's entries that count surface */
    uint32_t loss_at, ack_at, other_at; /* deadlines as ticks, 0: none; see timers.h */
    uint32_t srtt_us, rttvar_us;        /* 0: not measured yet */
    uint32_t cwnd;                      /* bytes */
    uint32_t generation;                /* 31 bits */
    uint32_t ts_offset;                 /* of the timestamps that we send (RFC 7323 5.4) */
    uint16_t mss;               /* most bytes that we put in a segment, options (but MSS's own) included */
    uint16_t events;            /* enum conn_event, for rn_next */
    uint16_t ack_bytes;         /* received in order and not yet acknowledged, saturated */
    uint16_t rcv_mss;           /* the largest segment seen from the peer */
    uint8_t retries, backoff;   /* transmissions unanswered in a row; doublings of the RTO */
    uint8_t timer;              /* enum conn_timer: what loss_at is */
    uint8_t settings;           /* index into conns.settings */
    uint8_t rcv_step, snd_step; /* doublings of the buffers' limits so far */
    uint8_t ts_age;             /* when ts_recent was last set, in units of 2^48 ns (3.3 days) */
    uint8_t careful; /* enum conn_careful: what few have, and everybody would have to be asked for */
};

struct conn_cold {
    seq32 iss, irs;
    uint32_t ssthresh;  /* bytes */
    uint32_t last_sent; /* tick of the last data segment or change of the window, for the restart after idle */
    int32_t error;      /* with CONN_EV_FAILED: negative errno */
    uint32_t listener;  /* index + 1 of the listener that accepted it, until the application knows */
    uint32_t retransmitted;
    uint16_t link_mss; /* what our SYN says: the most that the link brings us in a segment */
    int16_t trouble;   /* with CONN_EV_TROUBLE: negative errno */
    uint32_t answered; /* tick of the last answer to an unacceptable segment that carried nothing, 0: none */
    uint32_t max_wnd;  /* the largest window that the peer offered before it offered less; see conn_max_wnd */
    struct cc_state cc;
    uint8_t keep_sent; /* keep-alive probes unanswered in a row */
    uint8_t unused[3];
};

enum {
    CONN_MSS_MIN = 88,  /* however little a peer asks for: a smaller one costs more headers than bytes */
    CONN_RCV_MSS = 536, /* what a peer is taken to send until it has */
    CONN_NO_HOP = 65535,
    CONN_WHEEL_ENTRIES = 3, /* in the wheel: two count, one is for those left behind by an earlier deadline */
    CONN_TS_AGE = 8,        /* units of ts_age after which TS.Recent proves nothing: 23 to 26 days */
    CONN_DUP_ACKS_SACK = 3, /* duplicate ACKs owed at once to a peer that reads SACK */
    CONN_ANSWER_AGAIN_MS = 500, /* between two answers to segments that carry nothing */
    CONN_SETTINGS = 256,        /* different sets of settings at once */
    CONN_ACTIVE_BYTES = 384
};

/* What a queue that should be moving has to get past, and since when: see reclaim.c. */
struct conn_watch {
    uint32_t since; /* tick, 0: not watched */
    seq32 mark;
};

struct conn_active {
    struct queue send;          /* from snd_una on (a SYN apart) */
    struct queue recv;          /* up to rcv_nxt */
    struct queue_cursor cursor; /* where the next segment is taken from send */
    struct reassembly ahead;    /* what came after a hole */
    struct loss loss;
    seq32 fin_seq;        /* where the peer's FIN stands that came too early */
    seq32 snd_up, rcv_up; /* behind the last urgent byte sent, received (RFC 6093) */
    seq32 dsack_left;     /* a duplicate to be told of by D-SACK (RFC 2883), dsack_len bytes */
    uint32_t dsack_len;
    uint32_t flew;        /* bytes in the network when something new was last sent */
    uint32_t progress_at; /* tick since when the oldest unacknowledged byte waits, for the user timeout */
    uint32_t tune_at, tune_read; /* since when, how much the application has read, + 1; see tune.h */
    uint32_t reserved;           /* bytes of room at the end of send that the application writes to ... */
    uint32_t reserved_in;        /* ... in that round of the stack */
    uint32_t refs_done;          /* lent pieces that the application may have back and has not heard of */
    struct conn_watch send_watch, ahead_watch;
    bool fin_early;
    struct scoreboard board; /* last: its own spans need not be cleared */
};

_Static_assert(sizeof(struct conn) == 128, "hot state is two cache lines");
_Static_assert(sizeof(struct conn_cold) == 64, "cold state is one cache line");
_Static_assert(sizeof(struct conn_active) <= CONN_ACTIVE_BYTES, "an active block");

/* What a socket can choose for itself. Sockets that chose the same share one: conn holds its number. */
struct conn_settings {
    uint32_t keep_idle_ms, keep_interval_ms; /* RFC 9293 3.8.4 */
    uint32_t user_timeout_ms;                /* 0: R2 counts retransmissions; else how long, RFC 9293 3.9.1 */
    uint32_t linger_ms; /* after a close: until a reset cuts off what was not acknowledged; 0: no limit */
    uint8_t keep_count; /* probes unanswered before the connection fails */
    uint8_t keep_alive, no_delay, ecn; /* 1: on */
    uint8_t r1;                        /* retransmissions before trouble is told */
    uint8_t data_retries, syn_retries; /* R2 */
    uint8_t cc;                        /* enum cc_name */
    uint8_t dscp, ttl;
    uint8_t soft_errors; /* 1: CONN_EV_TROUBLE is told */
    uint8_t no_delayed_ack;
    uint8_t unused[4]; /* 32 bytes in all, so that a number is soon an address */
};

/* Everything that can be chosen for the stack alone, in the units that the code wants. */
struct conn_config {
    uint32_t receive_bytes, send_bytes;         /* a buffer's limit at first ... */
    uint32_t receive_bytes_max, send_bytes_max; /* ... and when it was tuned */
    uint32_t rto_initial_us, rto_min_us, rto_max_us;
    rn_time msl, delayed_ack;
    uint8_t rcv_scale;
    bool no_window_scale, no_timestamps, no_sack; /* not offered, not taken up */
    bool no_fast_path;
};

/* Counters, the same as in struct rn_stats. */
struct conn_counts {
    uint64_t segments_in, segments_out, retransmitted, duplicate_acks_out, resets_in, resets_out;
    uint64_t opened_passive, opened_active, closed, failed, timed_out;
    uint64_t entered[CONN_STATES];
    uint64_t connections_full;
    uint64_t evicted, islands_dropped; /* to take memory back */
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
    struct array_pools arrays;
    struct pool actives;
    struct fifo_store fifos;
    struct fifo owing, events; /* of connections' indices */
    struct hash_key secret;    /* for what peers see */
    uint32_t port_first, ports; /* to connect from */
    uint32_t *hop_uses;        /* by next hop: how many records keep it */
    struct conn_config config;
    struct conn_settings settings[CONN_SETTINGS]; /* 0: the stack's own */
    uint32_t settings_uses[CONN_SETTINGS];
    struct conn_counts counts;
    size_t ample_bytes; /* in use: up to there nobody asks the budget; see budget.h */
    uint32_t pressed_since,
        looked_at;    /* ticks: memory is pressed, 0: it is not; the last look at who keeps it */
    uint32_t hand;    /* where the next one begins */
    rn_time now;      /* of the round that runs ... */
    uint32_t now_us;  /* ... in microseconds and ... */
    uint32_t now_ms;  /* ... in milliseconds, modulo 2^32 */
    uint32_t soonest; /* tick before which nothing that is sent now can be taken to be lost; never 0 */
};

/* The least time after which a segment's acknowledgement is missed, whatever the round trip. */
static inline uint32_t conn_least_wait_us(const struct conn_config *k)
{
    uint32_t least = k->rto_min_us < k->rto_initial_us ? k->rto_min_us : k->rto_initial_us;

    least = least < k->rto_max_us ? least : k->rto_max_us;
    return least < LOSS_DELAYED_ACK_US ? least : LOSS_DELAYED_ACK_US;
}

/* A round begins. */
static inline void conn_clock(struct conns *s, rn_time now)
{
    s->now = now;
    s->now_us = (uint32_t)(now / TIME_US);
    s->now_ms = (uint32_t)(now / TIME_MS);
    s->soonest = tick_after(now + conn_least_wait_us(&s->config) * TIME_US);
    s->soonest += !s->soonest;
}

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

/* The record's number so far names it no longer. */
static inline void conn_next_generation(struct conn *c)
{
    c->generation = (c->generation + 1) & 0x7fffffff;
}

/* The congestion window may now be beyond the initial one: from now on it is asked whether it lies idle. */
static inline void conn_window_is_large(const struct conns *s, struct conn *c)
{
    c->careful |= CAREFUL_WINDOW;
    conn_cold(s, c)->last_sent = tick_of(s->now);
}

/* The peer, or the path, takes no more than that in a segment. */
static inline void conn_limit_mss(struct conn *c, uint32_t mss)
{
    uint32_t least = c->mss < CONN_MSS_MIN ? c->mss : CONN_MSS_MIN;

    if (mss < c->mss)
        c->mss = (uint16_t)(mss > least ? mss : least);
}

static inline const struct conn_settings *conn_settings(const struct conns *s, const struct conn *c)
{
    return &s->settings[c->settings];
}

/* The connection has those settings from now on: what is asked for often of them is noted in it. */
static inline void conn_follow_settings(const struct conns *s, struct conn *c)
{
    const struct conn_settings *k = conn_settings(s, c);

    c->flags &= ~(uint32_t)(CONN_NO_DELAY | CONN_KEEP);
    c->flags |= (k->no_delay ? CONN_NO_DELAY : 0) | (k->keep_alive ? CONN_KEEP : 0);
    c->careful &= CAREFUL_WINDOW;
    c->careful |=
        (uint8_t)((k->no_delayed_ack ? CAREFUL_ACK : 0) | (k->user_timeout_ms ? CAREFUL_TIMEOUT : 0));
}

/* How much the connection may leave unread, and queue: doubled as often as it was worth it, and never again once
 * the most, at most 2^30, is reached. So the word cannot turn over. */
static inline uint32_t conn_receive_limit(const struct conns *s, const struct conn *c)
{
    uint32_t limit = s->config.receive_bytes << c->rcv_step;

    return limit < s->config.receive_bytes_max ? limit : s->config.receive_bytes_max;
}

static inline uint32_t conn_send_limit(const struct conns *s, const struct conn *c)
{
    uint32_t limit = s->config.send_bytes << c->snd_step;

    return limit < s->config.send_bytes_max ? limit : s->config.send_bytes_max;
}

/* MAX(SND.WND): the cold line holds it only from when the window became smaller. */
static inline uint32_t conn_max_wnd(const struct conns *s, const struct conn *c)
{
    uint32_t before = conn_cold(s, c)->max_wnd;

    return before > c->snd_wnd ? before : c->snd_wnd;
}

/* The clock of the timestamps that we send: milliseconds, from a place that the peer cannot guess. */
static inline uint32_t conn_timestamp(const struct conns *s, const struct conn *c)
{
    return s->now_ms + c->ts_offset;
}

/* Bytes of the sequence space that were sent and are not acknowledged: data, a SYN, a FIN. */
static inline uint32_t conn_flight(const struct conn *c)
{
    return (uint32_t)seq_diff(c->snd_nxt, c->snd_una);
}

/* The present in the units of ts_age. */
static inline uint8_t conn_ts_age(const struct conns *s)
{
    return (uint8_t)((uint64_t)s->now >> 48);
}

/* TS.Recent is that from now on (RFC 7323 4.3). */
static inline void conn_note_timestamp(const struct conns *s, struct conn *c, uint32_t value)
{
    c->ts_recent = value;
    c->ts_age = conn_ts_age(s);
}

/* Bytes of options that each segment but a SYN carries, SACK blocks apart. */
static inline uint32_t conn_option_bytes(const struct conn *c)
{
    return c->flags & CONN_TIMESTAMPS ? 12 : 0;
}

/* Most payload bytes in a segment without SACK blocks (RFC 6691). */
static inline uint32_t conn_payload_max(const struct conn *c)
{
    return c->mss - conn_option_bytes(c);
}

/* Bytes in the network (RFC 6937's pipe): without SACK duplicate acknowledgements tell what has left it. */
static inline uint32_t conn_pipe(const struct conn_active *a)
{
    uint32_t pipe = scoreboard_pipe(&a->board);

    return pipe > a->loss.dup_bytes ? pipe - a->loss.dup_bytes : 0;
}

/* The sender fills at least half of the congestion window, so it may grow (RFC 7661 4.3: it is validated). What
 * counts is what was out when he last sent, not what is left of that when one of many acknowledgements is read. */
static inline bool conn_window_is_used(const struct conn *c, const struct conn_active *a)
{
    return a->flew >= c->cwnd / 2;
}

/* The window that a SYN or SYN-ACK offers: never scaled (RFC 7323 2.2), always the same, and no more than the
 * budget has for one of many. */
static inline uint32_t conn_syn_window(const struct conns *s)
{
    size_t part = s->slabs->budget_bytes / 8;
    uint32_t most = part < 65535 ? (uint32_t)part : 65535;

    return s->config.receive_bytes < most ? s->config.receive_bytes : most;
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
struct conn_active *conn_activate_new(struct conns *s, struct conn *c);
static inline struct conn_active *conn_activate(struct conns *s, struct conn *c)
{
    return c->active ? conn_active(s, c) : conn_activate_new(s, c);
}

/* Whether the connection is open, nothing is being repaired, nothing waits behind a hole and no duplicate is
 * owed, so that the fast path may be taken. Noted wherever that may have come to be otherwise: with the
 * state, and at the end of a segment that took the long road, of a decision about what is sent, of a timer,
 * and of what a path that takes less makes lost. Who only lets go of something (reclaim.c) need not: the next
 * such end notes it. */
static inline void conn_note_usual(const struct conns *s, struct conn *c)
{
    const struct conn_active *a = conn_active(s, c);

    c->flags &= ~(uint32_t)CONN_UNUSUAL;
    if (c->state != CONN_ESTABLISHED || s->config.no_fast_path || (c->retries | c->dup_acks) ||
        (a && (a->board.sacked | a->board.lost | a->ahead.islands.count | a->dsack_len | a->loss.phase |
               a->loss.dup_acks | a->loss.probe_out | a->fin_early)))
        c->flags |= CONN_UNUSUAL;
}

/* Gives the active block back if nothing is in it and nothing in flight. */
void conn_fold_block(struct conns *s, struct conn *c, struct conn_active *a);
static inline void conn_fold(struct conns *s, struct conn *c)
{
    struct conn_active *a = conn_active(s, c);

    if (a && c->snd_una.v == c->snd_nxt.v && !(a->send.head | a->recv.head))
        conn_fold_block(s, c, a);
}

/* The only place where a state changes; it counts. */
void conn_set_state(struct conns *s, struct conn *c, enum conn_state state);

/* Marks what is owed and queues the connection for the next flush. */
static inline void conn_owes(struct conns *s, struct conn *c, unsigned owe)
{
    c->owe |= (uint8_t)owe;
    if (c->flags & CONN_IN_OWING)
        return;
    c->flags |= CONN_IN_OWING;
    fifo_push(&s->fifos, &s->owing, conn_index(s, c));
}

/* Tells the application; an orphan's are dropped. */
static inline void conn_tells(struct conns *s, struct conn *c, unsigned events)
{
    if (c->flags & CONN_ORPHAN)
        return;
    c->events |= (uint16_t)events;
    if (c->flags & CONN_IN_EVENTS)
        return;
    c->flags |= CONN_IN_EVENTS;
    fifo_push(&s->fifos, &s->events, conn_index(s, c));
}

/* Both, of a connection that has an application. */
static inline void conn_tells_and_owes(struct conns *s, struct conn *c, unsigned events, unsigned owe)
{
    uint32_t flags = c->flags, index = conn_index(s, c);

    c->owe |= (uint8_t)owe;
    c->events |= (uint16_t)events;
    c->flags = flags | CONN_IN_EVENTS | CONN_IN_OWING;
    if (!(flags & CONN_IN_EVENTS))
        fifo_push(&s->fifos, &s->events, index);
    if (!(flags & CONN_IN_OWING))
        fifo_push(&s->fifos, &s->owing, index);
}

/* took of a segment's len bytes were put into the receive queue in their turn, and more that had waited for
 * them; at_once: they closed a hole. RCV.NXT moves, the application is told, an acknowledgement is owed: at
 * once for at least every second full-sized segment (SHLD-19) and for what closes a hole (RFC 5681 4.2). */
static inline void conn_took_in(struct conns *s, struct conn *c, uint32_t len, uint32_t took, uint32_t more,
                                bool at_once)
{
    uint32_t sum = c->ack_bytes + took;
    unsigned owe = OWE_ACK_LATER;

    c->rcv_nxt = seq_add(c->rcv_nxt, took + more);
    if (len > c->rcv_mss)
        c->rcv_mss = (uint16_t)(len < UINT16_MAX ? len : UINT16_MAX);
    c->ack_bytes = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
    if (at_once || sum >= 2u * c->rcv_mss || c->careful & CAREFUL_ACK)
        owe = OWE_ACK;
    conn_tells_and_owes(s, c, CONN_EV_READABLE, owe);
}

/* The connection is over for TCP: bytes to be sent are dropped, timers off, out of the table. error 0: in
 * order, and bytes that were not read stay until they are; else unread bytes go too. The record goes when
 * the application has heard, or at once if nobody listens. */
void conn_finish(struct conns *s, struct conn *c, int error);

/* Lets go of the record if nothing needs it any more: closed, heard, owing nothing. */
void conn_release(struct conns *s, struct conn *c);

/* The first that the application has to hear of; NULL: none. It stands in the queue no more. */
static inline struct conn *conn_pop_event(struct conns *s)
{
    struct conn *c;
    uint32_t index;

    if (!fifo_pop(&s->fifos, &s->events, &index))
        return NULL;
    c = conn_at(s, index);
    c->flags &= ~(uint32_t)CONN_IN_EVENTS;
    return c;
}

/* The number of a set of settings like that one, taken for one more user; -1: CONN_SETTINGS different ones
 * are in use. conn_drop_settings gives it back. */
int conn_keep_settings(struct conns *s, const struct conn_settings *wanted);
void conn_drop_settings(struct conns *s, unsigned number);

/* The connection has these settings from now on. False: too many different ones. */
bool conn_set_settings(struct conns *s, struct conn *c, const struct conn_settings *wanted);

/* Lets go of all that arrived ahead of its turn: the peer will send it again. */
void conn_drop_ahead(struct conns *s, struct conn_active *a);

/* An answer to a segment that carries nothing is due only once in a while, since it may be an answer itself
 * and two ends could go on for ever (RFC 5961 7). *answered: the tick of the last one, 0: none; noted if
 * true. */
bool conn_may_answer(const struct conns *s, uint32_t *answered);

/* So little is in use that nobody is asked: every queue may grow as far as its connection's limits. Else
 * budget.h says how far. */
static inline bool conn_memory_is_ample(const struct conns *s)
{
    return s->slabs->used_bytes <= s->ample_bytes;
}

/* How much more the peer may send when that many bytes are unread and no more than limit may be. RFC 9293
 * 3.8.6.2.2: the edge moves by a useful step or not at all, and never back (SHLD-14). */
static inline uint32_t conn_window_for(const struct conn *c, uint32_t unread, uint32_t limit)
{
    uint32_t room = unread < limit ? limit - unread : 0, step = limit / 2 < c->mss ? limit / 2 : c->mss;
    uint32_t offered = (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt);

    return room >= offered + step ? room : offered;
}

/* The same where memory is not ample. */
__attribute__((cold)) uint32_t conn_window_within_budget(const struct conns *s, const struct conn *c);

/* How much more the peer may send: from rcv_nxt to the right edge that the buffer and the budget allow now.
 * An empty queue invites a segment, whatever is left: else nobody would tell the peer that memory is back. */
static inline uint32_t conn_window(const struct conns *s, const struct conn *c)
{
    uint32_t limit = conn_receive_limit(s, c), step = limit / 2 < c->mss ? limit / 2 : c->mss;
    uint32_t offered = (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt);

    if (limit < offered + step) /* however little is unread, and whatever is left of the budget */
        return offered;
    return conn_memory_is_ample(s) ? conn_window_for(c, conn_unread(s, c), limit)
                                   : conn_window_within_budget(s, c);
}

/* After the application took bytes: owes a window update when the right edge can move by as much as RFC 9293
 * 3.8.6.2.2 asks for, which is worth a segment of its own when it is much, or when the peer may be waiting
 * for it. */
static inline void conn_was_read(struct conns *s, struct conn *c)
{
    uint32_t offered = (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt), limit = conn_receive_limit(s, c), grows;
    uint32_t worth = 2u * c->mss < limit / 2 ? 2u * c->mss : limit / 2, unsaid;

    if (offered >= c->mss && limit < offered + worth) /* however little is unread */
        return;
    grows = conn_window(s, c) - offered;
    unsaid = (65535u << (c->scale >> 4)) - offered;
    grows = grows < unsaid ? grows : unsaid; /* more than that the field does not say */
    if (grows && (grows >= worth || offered < c->mss) && conn_facts[c->state].may_receive)
        conn_owes(s, c, OWE_ACK);
}

#endif
