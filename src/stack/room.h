/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The room where everybody meets: a stack's whole state, and what the files of stack/ call of each other.
 * Nothing outside stack/ includes this, but the tests of its files.
 *
 *      api.c, setup.c   what the application calls
 *      settings.c       what a single socket can choose
 *      post.c           messages from other threads
 *      poll.c           a round's first half: bursts, stages, due timers
 *      input.c          a frame's way up: eth -> arp | ip -> icmp | tcp, one screen each
 *      output.c         a round's second half: what is owed is encoded into transmit slots
 */
#ifndef STACK_ROOM_H
#define STACK_ROOM_H

#include "stack.h"
#include "base/mailbox.h"
#include "ip/address.h"
#include "ip/neighbour.h"
#include "tcp/conn.h"
#include "tcp/listen.h"
#include "tcp/segment.h"
#include "tcp/timewait.h"
#include "wire/icmp.h"
#include "wire/ip.h"

enum {
    ROOM_BURST = 64,    /* frames of a device in one poll */
    ROOM_TIMERS = 256,  /* due timers in one poll */
    ROOM_REPLIES = 128, /* replies without a connection that wait for flush */
    ROOM_SEGMENTS = 16, /* of one connection before the next one's turn */
    ROOM_RATE = 1000    /* RSTs, and echo replies, a second, and at once */
};

/* A reply that no connection sends: a value, encoded by the next flush. */
enum room_reply_kind { ROOM_TCP, ROOM_ARP, ROOM_ECHO };
struct room_reply {
    enum room_reply_kind kind;
    uint8_t device;
    uint8_t mac[6]; /* where it goes: the next hop */
    bool ipv6;
    struct addr src, dst;
    union {
        struct {
            uint16_t src_port, dst_port, window, mss;
            uint8_t flags, has, wscale;
            seq32 seq, ack;
            uint32_t ts_value, ts_echo;
        } tcp;
        struct {
            const uint8_t *data; /* in the lent frame, which stays lent until the next poll */
            uint32_t len;
            uint16_t id, sequence;
        } echo;
    };
};
_Static_assert(sizeof(struct room_reply) <= 96, "a reply is a small value");

/* A TCP segment between the stages of a poll. */
struct room_segment {
    struct table_key key; /* names the own address, too */
    bool ipv6;
    bool source_seen; /* and found to be one that may send */
    uint8_t kind;     /* enum table_kind: of the record that is probably its own ... */
    uint32_t index;   /* ... and which one */
    uint64_t hash;
    const struct bucket *home; /* the hash's */
    const uint8_t *src_mac;    /* in the lent frame; NULL on a medium without */
    struct segment text;
};

/* A device as the stack sees it. */
struct room_device {
    struct rn_dev *dev;
    uint8_t mac[6];
    uint64_t mac_first6; /* eth_first6 of it */
    uint8_t link_len;    /* of the link header */
    uint16_t own4;       /* the own IPv4 address that the last such segment was for: its index ... */
    uint64_t own4_is;    /* ... and its bytes as a word, + 1; 0: there was none */
    uint32_t mtu;
    int lent;  /* frames that the last poll took */
    bool full; /* the ring had no slot for us */
    struct rn_frame *slots, *slot,
        *slots_end; /* reserved, ROOM_BURST at most: the next to be filled, the end */
};

/* So many a second, of a kind of reply, that a flood cannot be made to double itself: each takes its part of
 * a second, and there is at most one second to take from. */
struct room_rate {
    rn_time taken; /* until then */
};

struct rn_stack {
    struct rn_options options;
    struct rn_host host;
    void *memory;
    size_t bytes;
    rn_time now;
    int error;     /* of a device that has gone */
    unsigned turn; /* counts polls; which device is polled first */
    struct room_device devices[STACK_DEVICES];
    int device_count;
    struct addresses addresses;
    struct neighbours neighbours;
    struct fifo *waiting; /* by neighbour: connections that wait for its link address */
    struct conns conns;
    struct listeners listeners;
    struct timewaits timewaits;
    struct slabs slabs;
    struct room_rate resets, echoes; /* replies that nobody asked a connection for */
    struct mailbox posts;            /* messages from other threads */
    uint32_t posts_refused;          /* counted by these threads */
    uint32_t posts_left; /* may be handed out before the next poll: sockets have their turn, too */
    unsigned wakes;      /* that the host was told of, or is about to, and has not taken back */
    bool may_sleep;      /* the mailbox was told so */
    uint64_t drops[DROP_COUNT];
    int first_slots; /* that a flush reserves of a device at first */
    uint32_t reply_count;
    struct room_reply replies[ROOM_REPLIES];
    struct rn_frame frames[ROOM_BURST], slots[STACK_DEVICES][ROOM_BURST];
    struct room_segment segments[ROOM_BURST + 1]; /* one more, so that each has a next one */
};

/* The time of the round that begins. An empty wheel may be set to any time. */
static inline void room_clock(struct rn_stack *net, rn_time now)
{
    net->now = now;
    conn_clock(&net->conns, now);
    if (!net->conns.wheel.entries)
        net->conns.wheel.cur = tick_of(now);
}

/* That address is this stack's own, so that on this device nobody else may have it. Where what is sent comes
 * back, the stack talks to itself. */
static inline bool room_is_self(const struct rn_stack *net, int device, const struct addr *a)
{
    int own = address_find(&net->addresses, a);

    return own >= 0 && !(net->addresses.list[own].device == device && net->devices[device].dev->loops);
}

/* ---- input.c */

/* Decodes that many of frames[], a burst of a device. TCP segments for us are put into segments[], hashed,
 * and their buckets prefetched; returns how many. Anything else is dealt with here. */
int input_burst(struct rn_stack *net, int device, int frames);

/* Gives that many of segments[] to whom they are for: kind and index say who that probably is. */
void input_segments(struct rn_stack *net, int device, int many);

/* ---- output.c */

/* The neighbour to send through from that own address to that host, asked for if it is new; -1: no room. */
int output_hop(struct rn_stack *net, unsigned own, const struct addr *to);

/* Connections that waited for that neighbour stand in `owing` again. */
void output_wake(struct rn_stack *net, unsigned neighbour);

/* ---- settings.c */

/* False: something is out of range. */
bool settings_read(const struct rn_settings *in, struct conn_settings *out);
void settings_write(const struct conn_settings *in, struct rn_settings *out);

/* 0, or -ENOSPC. */
int settings_of_conn(struct rn_stack *net, struct conn *c, const struct conn_settings *wanted);
int settings_of_listener(struct rn_stack *net, struct listener *l, const struct conn_settings *wanted);

/* ---- post.c */

/* A round begins: the stack's thread is awake. */
void post_is_up(struct rn_stack *net);

/* A round ends. False: a message waits, so nobody may sleep. */
bool post_may_sleep(struct rn_stack *net);

/* The next message as an event; false: none, or enough for this round. */
bool post_next(struct rn_stack *net, struct rn_event *ev);

/* ---- setup.c, api.c */

/* Writes one line of error text, if err is not NULL. parts end with NULL. Returns code. */
int error_line(char *err, int code, const char *const parts[]);
#define ERROR_LINE(err, code, ...) error_line(err, code, (const char *const[]){__VA_ARGS__, NULL})
#define NO_STACK                   "no stack was given: make one with rn_open or rn_init"

#endif
