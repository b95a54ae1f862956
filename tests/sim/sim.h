/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The simulator: whole worlds of two stacks, played on virtual time.
 *
 *      application        application
 *      stack A            stack B
 *      fault              fault           loses, reorders, duplicates, damages, delays
 *      pair --- router --- pair           enforces a path MTU that shrinks, goes deaf for ten seconds
 *
 * A world is drawn from (seed, number) and from nothing else, so that one line replays it. The files follow
 * a world's life: draw.c says what it is, world.c builds it, turns it and looks after it when it is over,
 * router.c and app.c live in it, watch.c counts its dead, quiet.c ends its faults and then holds everybody to
 * what the timers promise, stream.c knows which byte stands where, pcap.c
 * keeps what the router saw, report.c adds the worlds up and judges, expert.c asks tshark. Nothing here knows
 * the stack's insides.
 */
#ifndef SIM_H
#define SIM_H

#include <runnel.h>

#include "base/hash.h"
#include "base/time.h"

enum { CLIENT = 0, SERVER = 1 };

/* Who closes how. All but BOTH and ECHO have a leader, the client or the server. */
enum order {
    ORDER_FIRST,       /* the leader shuts down when it has sent all, the other after it has read that end */
    ORDER_BOTH,        /* each shuts down when it has sent all */
    ORDER_HALF,        /* the leader shuts down, and only then the other begins to send */
    ORDER_CLOSE,       /* the leader closes when it has sent and received all, without waiting for the end */
    ORDER_ABORT,       /* the leader aborts somewhere on the way */
    ORDER_ABANDON,     /* the leader closes somewhere on the way, whatever is still to come */
    ORDER_ECHO_ONE,    /* the server splices back, one call an event */
    ORDER_ECHO_PIECES, /* the server splices back in pieces until there is no more */
    ORDERS
};

enum { CONNECTIONS_LEAST = 20, CONNECTIONS_MOST = 50, SAMPLE_FIRST = 1000000, SAMPLES = 8 };

/* Splitmix64: one word of state, any seed is as good as another. */
struct rng {
    uint64_t s;
};

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->s += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 to n - 1; n is not 0 and small against 2^64. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
    return rng_next(r) % n;
}

/* True once in n. */
static inline bool rng_once_in(struct rng *r, uint64_t n)
{
    return rng_below(r, n) == 0;
}

/* lo to hi, every octave alike: log-uniform but for the steps inside an octave. */
static inline uint64_t rng_log(struct rng *r, uint64_t lo, uint64_t hi)
{
    uint64_t octaves = 1, at;

    while (lo << octaves < hi)
        octaves++;
    at = lo << rng_below(r, octaves);
    at += rng_below(r, at + 1);
    return at < hi ? at : hi;
}

/* What one side of a connection will do. */
struct side_plan {
    uint32_t size;       /* bytes it sends */
    uint64_t key;        /* of its stream */
    uint32_t chunk;      /* bytes it reads or writes at once */
    bool read_dry;       /* reads until there is nothing; else stops at a short read */
    bool wait_closed;    /* keeps the socket after both ends until RN_CLOSED comes; else closes it */
    uint64_t pause_seed; /* where it stops to think */
};

struct connection_plan {
    enum order order;
    uint8_t leader;       /* CLIENT or SERVER */
    uint8_t stack;        /* which stack the client lives on */
    bool port_given;      /* the client names its port; else the stack chooses */
    rn_time start;        /* after the world's beginning */
    rn_time leave_after;  /* ORDER_ABORT, ORDER_ABANDON: at the latest so long after start */
    uint64_t leave_bytes; /* or when the leader has sent and received so much */
    struct side_plan side[2];
};

enum option {
    OPTION_NO_SCALE = 1,
    OPTION_NO_TIMESTAMPS = 2,
    OPTION_NO_SACK = 4,
    OPTION_ECN = 8,
    OPTION_NEWRENO = 16,
    OPTION_KEEP_ALIVE = 32
};

/* A world as drawn. */
struct plan {
    uint64_t seed;
    uint32_t number;
    bool sample;  /* small and nearly clean, for tshark */
    bool perfect; /* nothing befalls any frame, so nothing may be sent twice */

    bool version6, arp;
    uint8_t medium;           /* enum rn_medium */
    uint32_t link_mtu;        /* of both pairs */
    uint32_t mtus[2];         /* what the router's path shrinks to, in two steps; 0: it stays */
    uint64_t shrink_after[2]; /* bytes forwarded */
    uint32_t slots;           /* of the rings */
    rn_time completion_max;   /* sent buffers come back that late; 0: at once */
    rn_time blackout_at;      /* the router loses one direction for BLACKOUT from then on; 0: never */
    uint8_t blackout_from;    /* which stack is not heard */
    struct rn_fault fault;    /* of each direction of the path */
    uint8_t fault_place;      /* 0 where it is sent, 1 where it is received, 2 all at stack A */
    uint64_t fault_seed[2], pair_seed[2];
    uint32_t segments[2][2]; /* [stack][0 receive, 1 send] buffers */
    rn_time quantum;         /* the caller comes that late at most */
    rn_time start;           /* the clock when the world begins */
    uint32_t pause_ppm;      /* chance of a pause at each read or write */
    rn_time pause_max;
    bool no_delay;
    uint8_t options[2]; /* what each stack does without, or with: enum option */
    uint32_t grow[2];   /* how many times its size a buffer may be tuned to */
    bool wraps;         /* the first connection's client begins just below 2^32 ... */
    uint32_t wraps_by;  /* ... by so much */
    rn_time stop_after; /* the faults stop so long after the beginning; 0: never */
    size_t budget[2];   /* memory for all that a stack queues; 0: plenty */
    bool slow_road;     /* not drawn: the stacks' fast path is off, which changes no frame */
    uint8_t host_seed[2][32];

    uint32_t connections;
    struct connection_plan connection[CONNECTIONS_MOST];
};

enum { BLACKOUT_S = 10 };

void draw_world(struct plan *p, uint64_t seed, uint32_t number);
/* Loss and damage of one direction, parts per million. */
uint32_t draw_loss_ppm(const struct plan *p);
/* Below 5 %: no connection may fail here. */
bool draw_calm(const struct plan *p);
/* The longest that a connection may stand still without being stuck; see draw.c for why. */
rn_time draw_stall_bound(const struct plan *p);
/* The longest that it may on a perfect wire, where no timer but that of delayed ACKs has to run out. */
rn_time draw_perfect_stall(const struct plan *p);
void draw_print(const struct plan *p);

/* ---- streams: the byte at each offset is a function of key and offset, so nobody keeps a copy -----------
 */
void stream_fill(uint8_t *to, uint64_t key, uint64_t offset, size_t len);
/* How many of the len bytes are right, counted up to the first wrong one. */
size_t stream_check(const uint8_t *bytes, uint64_t key, uint64_t offset, size_t len);

/* ---- what happened ------------------------------------------------------------------------------------- */
enum verdict {
    VERDICT_GOOD,
    VERDICT_WRONG,  /* a byte, an end or a reset that should not be */
    VERDICT_LEAKED, /* a pool is not empty again */
    VERDICT_STUCK,  /* neither finished nor failed within the bound */
    VERDICT_BROKEN, /* the API's contract was broken, or a frame was ill-made */
    VERDICT_LOST,   /* failed by R2 where loss is below 5 % */
    VERDICTS
};

#define SIM_CLASSES 160

/* Sums over worlds; in memory that the jobs share, each job its own. */
struct totals {
    uint64_t worlds, connections, bytes, frames, steps, retransmitted, drops;
    uint64_t verdicts[VERDICTS];
    uint64_t timed_out;    /* failed by R2 */
    uint64_t never_heard;  /* the client connected, but the server's R2 for its SYN-ACK ran out */
    uint64_t late_resets;  /* after both ends were read: the peer's TIME-WAIT was over */
    uint64_t idle;         /* left alone by a peer that aborted, with nothing to send: gave up by itself */
    uint64_t no_neighbour; /* ARP found nobody: asked again */
    uint64_t too_big;      /* dropped by the router, which said so */
    uint64_t blacked_out, bad_at_router, queue_full;
    uint64_t twice; /* worlds played a second time without the fast path, with the same frames */
    uint64_t virtual_s;
    uint64_t quiet_worlds;            /* in which the faults stopped ... */
    uint64_t outlived;                /* ... before so many connections had ended */
    uint64_t ghosts;                  /* connections of those that had ended, see app.c */
    uint64_t near_wrap;               /* initial sequence numbers within 2 MiB of 2^32, seen by the router */
    uint64_t evicted, evicted_behind; /* failed with -ENOBUFS; the same after the application had closed */
    uint64_t short_drops, islands_dropped; /* for want of memory: segments; times that islands were dropped */
    rn_time longest_stall, longest_quiet;  /* the latter after the faults, in the perfect worlds too */
    uint64_t classes[SIM_CLASSES];
    uint32_t running; /* world number + 1, for a crash's epitaph */
};

void report_count(struct totals *t, const struct plan *p);
void report_add(struct totals *to, const struct totals *from);
/* Prints the distribution and the sums; false: something is not as it must be. */
bool report_judge(const struct totals *t, uint64_t seed, bool judge_classes);
const char *report_verdict(enum verdict v);

/* ---- pcap ---------------------------------------------------------------------------------------------- */
struct pcap;
/* NULL: the file cannot be written (said on stderr). */
struct pcap *pcap_open(const char *path, bool ethernet);
void pcap_write(struct pcap *p, rn_time now, const uint8_t *frame, size_t len); /* p NULL: does nothing */
void pcap_close(struct pcap *p);

/* ---- the world ----------------------------------------------------------------------------------------- */
struct world;
struct router;

/* One side of a connection, alive. */
struct endpoint {
    struct connection *connection;
    uint8_t side, stack;
    rn_sock sock;        /* 0: none yet, or no more */
    rn_sock stale;       /* the number it had */
    uint64_t sent, got;  /* bytes */
    bool up;             /* connected or accepted */
    bool end_read, shut; /* read returned 0; rn_shutdown was called */
    bool done;
    rn_time resume_at;           /* 0: not pausing */
    rn_time closed_at, rto_then; /* when its socket was closed, and the retransmission timeout then */
    bool overdue;                /* leave_at has passed: leaves as soon as it can */
    rn_time leave_at; /* the leader who goes without a word: at the latest; 0: not so, or not yet */
    struct rng rng;
};

struct connection {
    const struct connection_plan *plan;
    struct endpoint end[2];
    rn_time started, progress;      /* 0: not yet started; when it last moved */
    bool orphan;                    /* one side has gone without telling the other, who may never hear */
    rn_time paused;                 /* how long its applications have paused in all */
    rn_time quiet_since, patience;  /* after the faults: it stands still since; as long as it may */
    rn_time judged_from, finish_by; /* since which quiet, and until when; see quiet.c */
    uint16_t port;
};

struct world {
    const struct plan *plan;
    struct totals *totals;
    struct pcap *pcap;
    rn_time now, began;
    rn_time late;    /* how much later than planned it began */
    bool digests;    /* somebody wants to know ... */
    uint64_t digest; /* ... the hash of all frames that the router saw, and when */
    struct rn_stack *net[2];
    void *memory[2];
    size_t memory_bytes[2];
    rn_sock listener[2];
    struct rn_dev *fault[2]; /* owned by the stacks; kept for their statistics */
    struct router *router;
    struct connection connection[CONNECTIONS_MOST];
    uint32_t unfinished; /* sides that are not done */
    rn_time app_due;     /* when app_run wants to be called although nothing happens */
    rn_time check_at;
    rn_time stop_at;      /* when the faults stop; RN_FOREVER: they do not, or they have */
    rn_time quiet_at;     /* since when the wire is good; 0: it is not */
    uint64_t thrown_away; /* for want of room, as of the last look */
    uint64_t evicted[2];  /* sockets that were told -ENOBUFS */
    uint64_t steps, steps_at_progress;
    struct rn_use empty[2][RN_POOLS]; /* what an idle stack uses */
    enum verdict verdict;
    char why[320];
};

/* Plays a world. why may be NULL, else it gets the reason of anything but VERDICT_GOOD. pcap_path may be
 * NULL. digest may be NULL, else it gets a hash of all frames that passed, and of when. */
enum verdict world_run(const struct plan *p, struct totals *t, const char *pcap_path, char why[320],
                       uint64_t *digest);
/* Ends the world with a verdict; the first one counts. */
void world_fail(struct world *w, enum verdict v, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Takes the far ends of both pairs, which it closes. */
struct router *router_new(struct world *w, struct rn_dev *ends[2]);
void router_free(struct router *r);
/* Frames that it had no room for, and that were too big. */
uint64_t router_thrown_away(const struct router *r);
/* Forwards what there is; *due is when it next has something to do. Returns how many frames moved. */
int router_run(struct router *r, rn_time now, rn_time *due);
/* The link address of a stack on its pair, and the router's there. */
extern const uint8_t router_stack_mac[2][6], router_mac[2][6];

void app_start(struct world *w);
/* The application of one stack: fetches events, acts; then whatever is due by the clock. */
void app_run(struct world *w, int stack);
/* The side is done; its number must be stale from here on. */
void app_finish(struct world *w, struct endpoint *e);
/* Ends the world for what happened to that side. */
void app_broken(struct world *w, const struct endpoint *e, enum verdict v, const char *what, long long n);
/* A closed connection may be evicted like any; then nobody is told but its peer. */
bool app_evicted_behind(const struct world *w, const struct endpoint *e);
/* Finds who is stuck or forsaken. */
void watch_all(struct world *w);
/* Somebody only waits for a peer that has gone, or that never knew of it. */
bool watch_is_forsaken(const struct world *w, const struct connection *c);
/* The faults stop; from then on quiet_look finds who takes longer than the timers imply. */
void quiet_begin(struct world *w);
void quiet_look(struct world *w);
/* The address of a stack, without prefix. */
const char *app_address(const struct plan *p, int stack);

/* Plays the sample worlds, has tshark read them, prints what it found. False: something unexplained. */
bool expert_check(uint64_t seed, struct totals *t, const char *folder);

#endif
