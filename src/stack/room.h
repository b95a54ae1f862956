/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The room where everybody meets: a stack's whole state, and what the files of stack/ call of each other.
 * Nothing outside stack/ includes this, but the tests of its files.
 *
 *      api.c, setup.c   what the application calls
 *      links.c          the same, of addresses, neighbours and routes
 *      settings.c       what a single socket can choose
 *      list.c           a walk over all that is open
 *      post.c           messages from other threads
 *      claim.c          own addresses, until it is known that they are
 *      poll.c           a round's first half: bursts, stages, due timers
 *      input.c          a frame's way up: eth -> arp | ip -> tcp, one screen each
 *      control.c        ICMP, both ways
 *      datagrams.c      datagram sockets: their calls, and what comes for them
 *      neighbours.c     ARP, both ways; the next hop, and who waits for it
 *      reply.c          what is sent without a connection
 *      slots.c          the devices' transmit slots, and the headers that all frames have
 *      output.c         a round's second half: what is owed is encoded into transmit slots
 *      warm.c           what a round needs, asked for at once after a sleep
 */
#ifndef STACK_ROOM_H
#define STACK_ROOM_H

#include "stack.h"
#include "base/mailbox.h"
#include "ip/address.h"
#include "ip/neighbour.h"
#include "ip/route.h"
#include "tcp/conn.h"
#include "tcp/listen.h"
#include "tcp/segment.h"
#include "tcp/timewait.h"
#include "udp/socket.h"
#include "wire/arp.h"
#include "wire/icmp.h"
#include "wire/ip.h"

enum {
    ROOM_SHARES = 60,   /* ports, and ranges of them, of addresses that are shared */
    ROOM_BURST = 64,    /* frames of a device in one poll */
    ROOM_TIMERS = 256,  /* due timers in one poll */
    ROOM_REPLIES = 128, /* replies without a connection that wait for flush */
    ROOM_SEGMENTS = 16, /* of one connection before the next one's turn */
    ROOM_RATE = 1000    /* RSTs, echo replies, and ICMP errors, a second, and at once */
};

/* A reply that no connection sends: a value, encoded by the next flush. */
enum room_reply_kind { ROOM_TCP, ROOM_ARP, ROOM_ICMP };
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
            struct icmp head;
            const uint8_t *data; /* in the lent frame, which stays lent until the flush has sent it */
            uint32_t len;
        } icmp;
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

/* A packet of another protocol, for an own address. */
struct room_packet {
    struct ip ip;
    const uint8_t *start; /* of its IP header, in the lent frame */
    struct view payload;
    const uint8_t *mac; /* whom it came from; NULL on a medium without */
    uint16_t own;       /* index of the address that it is for */
    bool ipv6;
    bool verified;     /* the transport's checksum, by the device */
    uint16_t gso_size; /* of a merged one: payload bytes of each but the last; 0: it is not */
    int device;
};

/* A device as the stack sees it. */
struct room_device {
    struct rn_dev *dev;
    uint8_t mac[6];
    uint64_t mac_first6; /* eth_first6 of it */
    uint8_t link_len;    /* of the link header, a tag with it */
    bool fills_sums;     /* the device completes TCP's checksums */
    uint16_t vlan;       /* 0: none */
    uint16_t own4;       /* the own IPv4 address that the last such segment was for: its index ... */
    uint64_t own4_is;    /* ... and its bytes as a word, + 1; 0: there was none */
    uint32_t mtu;
    int lent;     /* frames that the last poll took, and that are not given back yet */
    bool full;    /* the ring had no slot for us */
    uint8_t link; /* enum rn_link, as it was told ... */
    uint8_t seen; /* ... and as the last round saw it */
    struct rn_frame *slots, *slot,
        *slots_end; /* reserved, ROOM_BURST at most: the next to be filled, the end */
};

/* So many a second, of a kind of reply, that a flood cannot be made to double itself: each takes its part of
 * a second, and there is at most one second to take from. */
struct room_rate {
    rn_time taken; /* until then */
};

/* Own addresses of which it is not known yet whether they are. */
struct claims {
    rn_time due;         /* when one of them has something to send */
    uint64_t used, seen; /* sets of own addresses, of which the application has not heard yet that they can be
                          * used, and that another host does */
    uint32_t lost;       /* conflicts before the use ... */
    rn_time lost_at;     /* ... and the last one's time */
    bool open[STACK_DEVICES]; /* by device: one of its addresses is being looked for */
    struct hash_key key; /* for random bits */
};
_Static_assert(ADDRESS_MAX <= 64, "a set of addresses is a word");

struct rn_stack {
    struct rn_options options;
    struct rn_host host;
    void *memory;
    size_t bytes;
    rn_time now;
    int error;     /* of a device that has gone */
    unsigned turn; /* counts polls; which device is polled first */
    struct room_device devices[STACK_DEVICES];
    struct {
        struct rn_steer rule;
        uint8_t device;
    } shares[ROOM_SHARES]; /* ports that are ours of addresses that are not */
    int share_count;
    int device_count;
    bool link_news; /* a device's link is not what was told */
    struct addresses addresses;
    struct claims claims;
    struct routes routes;
    struct neighbours neighbours;
    struct fifo *waiting; /* by neighbour: connections that wait for its link address */
    struct fifo held;     /* connections that wait for their own address */
    struct conns conns;
    struct listeners listeners;
    struct timewaits timewaits;
    struct slabs slabs;
    struct sockets sockets;                    /* of datagrams */
    struct room_rate resets, echoes, refusals; /* replies that nobody asked a connection for */
    uint64_t refused;                          /* ICMP errors sent */
    struct mailbox posts;                      /* messages from other threads */
    uint32_t posts_refused;                    /* counted by these threads */
    uint32_t posts_left; /* may be handed out before the next poll: sockets have their turn, too */
    unsigned wakes;      /* that the host was told of, or is about to, and has not taken back */
    bool may_sleep;      /* the mailbox was told so */
    uint64_t drops[DROP_COUNT];
    int first_slots; /* that a flush reserves of a device at first */
    uint32_t reply_count;
    struct room_reply replies[ROOM_REPLIES];
    struct rn_frame frames[ROOM_BURST + 1 /* to look ahead into */], slots[STACK_DEVICES][ROOM_BURST];
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

/* Sockets with events that were not fetched. */
static inline uint32_t room_events(const struct rn_stack *net)
{
    return net->conns.events.count + net->sockets.telling;
}

/* That address is this stack's own, so that on this device nobody else may have it. Where what is sent comes
 * back, the stack talks to itself. */
static inline bool room_is_self(const struct rn_stack *net, int device, const struct addr *a)
{
    int own = address_find(&net->addresses, a);

    return own >= 0 && !(net->addresses.list[own].device == device && net->devices[device].dev->loops);
}

/* What a device has lent goes back: before the stack sleeps, so that it does not keep it awake. */
static inline void room_give_back(struct room_device *d)
{
    if (d->lent)
        d->dev->ops->release(d->dev, d->lent);
    d->lent = 0;
}

/* ---- input.c */

/* Decodes that many of frames[], a burst of a device. TCP segments for us are put into segments[], hashed,
 * and their buckets prefetched; returns how many. Anything else is dealt with here. */
int input_burst(struct rn_stack *net, int device, int frames);

/* Gives that many of segments[] to whom they are for: kind and index say who that probably is. */
void input_segments(struct rn_stack *net, int device, int many);

/* ---- control.c */

/* An ICMP packet. Why it was not wanted, or DROP_NONE. */
enum drop control_input(struct rn_stack *net, const struct room_packet *p);

/* Nobody has the protocol (DROP_PROTOCOL) or the port (DROP_NO_SOCKET) of a packet: its sender is told, so
 * many a second. What to count for it: why, or DROP_RATE. */
enum drop control_refuse(struct rn_stack *net, const struct room_packet *p, enum drop why);

/* ---- datagrams.c: what comes; DROP_NONE, or why it was not wanted */

enum drop datagrams_input(struct rn_stack *net, const struct room_packet *p);

/* An echo reply with that data. */
enum drop datagrams_echo(struct rn_stack *net, const struct room_packet *p, const struct icmp *m,
                         struct view data);

/* An ICMP error that quotes a datagram, and the errno that it means. */
enum drop datagrams_error(struct rn_stack *net, const struct room_packet *p, const struct icmp *m,
                          const struct icmp_quote *q, int error);

/* ---- datagrams.c: calls, as in runnel.h */

/* A UDP socket at that own address, or at any; port 0: one is chosen. */
rn_sock datagrams_bind(struct rn_stack *net, const struct addr *where, uint16_t port, char *err);

/* A socket of RN_UDP or RN_ICMP; local_port 0: one is chosen. */
rn_sock datagrams_connect(struct rn_stack *net, int protocol, const struct table_key *to, char *err);

/* The socket of a number, or NULL. */
struct socket *datagrams_of(struct rn_stack *net, rn_sock sock);

ptrdiff_t datagrams_receive(struct rn_stack *net, struct socket *k, void *data, size_t len,
                            struct rn_datagram *out);
ptrdiff_t datagrams_send(struct rn_stack *net, struct socket *k, const void *data, size_t len,
                         const struct rn_datagram *d);
void datagrams_close(struct rn_stack *net, struct socket *k);
int datagrams_ready(const struct rn_stack *net, const struct socket *k);
void datagrams_info(const struct rn_stack *net, const struct socket *k, struct rn_info *info);

/* The next socket with events; false: none. */
bool datagrams_next(struct rn_stack *net, struct rn_event *ev);

/* ---- reply.c */

/* One more of that kind may go. */
bool reply_is_within_rate(struct rn_stack *net, struct room_rate *rate);

/* A place for a reply; poll takes no more frames than there are places. mac: whom it goes to, NULL on a
 * medium without. */
struct room_reply *reply_new(struct rn_stack *net, int device, enum room_reply_kind kind, const uint8_t *mac);

/* The same, back to where a packet came from. */
struct room_reply *reply_to(struct rn_stack *net, const struct room_packet *p, enum room_reply_kind kind);

/* All of them, into slots; what finds none is dropped and counted. */
void reply_put_all(struct rn_stack *net);

/* A segment without payload, an ARP packet, into the device's next slot, which there is. */
void reply_put_tcp(struct rn_stack *net, unsigned device, const uint8_t *mac, const struct addr *src,
                   const struct addr *dst, bool ipv6, const struct tcp *t, const struct conn_settings *k);
void reply_put_arp(struct rn_stack *net, unsigned device, const uint8_t *mac, const struct arp *a);

/* ---- neighbours.c */

/* The neighbour to send through from that own address to that host, asked for if it is new; -ENOBUFS: no
 * room, -ENETUNREACH: there is no way by that address's device. */
int neighbours_hop(struct rn_stack *net, unsigned own, const struct addr *to);

/* Connections that waited for that neighbour stand in `owing` again. */
void neighbours_wake(struct rn_stack *net, unsigned neighbour);

/* Somebody says who has an address. We learn from what is asked of us, and from what we asked for. Why it was
 * not wanted, or DROP_NONE. */
enum drop neighbours_arp(struct rn_stack *net, int device, struct view v);

/* Sends the questions that are due, for own addresses and for neighbours; lets go of who waited in vain. */
void neighbours_ask(struct rn_stack *net);

/* ---- slots.c */

/* What was reserved is sent on as far as it was filled. */
void slots_commit(struct room_device *d);

/* All slots are filled: sends them on and reserves others. */
struct rn_frame *slots_more(struct rn_stack *net, struct room_device *d);

/* The next free slot of a device; NULL: its ring is full. It is used once d->slot has moved past it. */
static inline struct rn_frame *slots_next(struct rn_stack *net, struct room_device *d)
{
    return d->slot < d->slots_end ? d->slot : slots_more(net, d);
}
static inline struct rn_frame *slots_of(struct rn_stack *net, unsigned device)
{
    return slots_next(net, &net->devices[device]);
}

/* The link's header, in front of a packet of that type; its length. */
uint32_t slots_link(const struct room_device *d, uint8_t *at, const uint8_t *mac, uint16_t type);

/* An atomic packet: identification 0, never to be cut (RFC 6864 4.1, path MTU discovery). */
struct ip slots_packet(const struct rn_stack *net, const struct addr *src, const struct addr *dst,
                       uint8_t protocol, uint32_t len);

/* Takes the slot: link and network headers, and its length with what they announce. Where the transport
 * begins. */
uint8_t *slots_fill(struct rn_stack *net, unsigned device, struct rn_frame *f, const uint8_t *mac,
                    const struct ip *ip, bool ipv6);

/* ---- settings.c */

/* False: something is out of range. */
bool settings_read(const struct rn_settings *in, struct conn_settings *out);
void settings_write(const struct conn_settings *in, struct rn_settings *out);

/* 0, or -ENOSPC. */
int settings_of_conn(struct rn_stack *net, struct conn *c, const struct conn_settings *wanted);

/* The same of a socket without a connection: the number of its settings becomes another one. */
int settings_of_other(struct rn_stack *net, uint8_t *number, const struct conn_settings *wanted);

/* On a link whose owner answers for our address we need not have heard who asks for it: a host that nobody knows yet is
 * where its frame came from. */
void neighbours_came_from(struct rn_stack *net, unsigned neighbour, const uint8_t *mac);

/* ---- share.c */

/* An address on a device that is shared: a range of its ports is ours to connect from. 0, -EADDRINUSE: no range is
 * free; -EOPNOTSUPP, or another negative errno. */
int share_address(struct rn_stack *net, unsigned device, const struct addr *address);

/* So is a port of RN_TCP or RN_UDP, of an address or (any) of all of its family, where they are shared; said: as it
 * was asked for. 0, or a negative errno with err: -EADDRINUSE, another program has it; -ENOSPC, they are too many. */
int share_port(struct rn_stack *net, const struct addr *where, int protocol, uint16_t port, const char *said,
               char *err);

/* ---- links.c */

/* That a device's link went or came, as an event; false: none did. */
bool links_tell(struct rn_stack *net, struct rn_event *ev);

/* ---- claim.c */

/* An address was added. */
void claim_begin(struct rn_stack *net, unsigned own);

/* A device's link has come up: its addresses are looked for anew. */
void claim_again(struct rn_stack *net, unsigned device);

/* Nothing may be sent from that own address now: it is being looked for, or its device is quiet since one is. */
static inline bool claim_is_held(const struct rn_stack *net, unsigned own)
{
    const struct address *a = &net->addresses.list[own];

    return !address_is_usable(&net->addresses, own) || (net->neighbours.quiet[a->device] && addr_is4(&a->addr));
}

/* True: the packet says that one of our addresses is another host's, and is good for nothing else. */
bool claim_heard(struct rn_stack *net, int device, const struct arp *a);

/* What is to be sent for which own address. */
static inline bool claim_is_due(const struct rn_stack *net)
{
    return net->now >= net->claims.due;
}
enum conflict_act claim_next(struct rn_stack *net, unsigned *own);

/* News of an own address as an event; false: none. */
bool claim_news(struct rn_stack *net, struct rn_event *ev);
static inline bool claim_has_news(const struct rn_stack *net)
{
    return net->claims.used | net->claims.seen;
}
static inline bool claim_tell(struct rn_stack *net, struct rn_event *ev)
{
    return claim_has_news(net) && claim_news(net, ev);
}

/* ---- post.c */

/* A round begins: the stack's thread is awake. */
void post_is_up(struct rn_stack *net);

/* A round ends. False: a message waits, so nobody may sleep. */
bool post_may_sleep(struct rn_stack *net);

/* The next message as an event; false: none, or enough for this round. */
bool post_next(struct rn_stack *net, struct rn_event *ev);

/* ---- info.c */

/* What rn_info says of them. */
void info_of_conn(const struct rn_stack *net, const struct conn *c, struct rn_info *info);
void info_of_listener(const struct rn_stack *net, const struct listener *l, struct rn_info *info);

/* ---- error.c */

/* Writes one line of error text, if err is not NULL. parts end with NULL. Returns code. */
int error_line(char *err, int code, const char *const parts[]);
#define ERROR_LINE(err, code, ...) error_line(err, code, (const char *const[]){__VA_ARGS__, NULL})
#define NO_STACK                   "no stack was given: make one with rn_open or rn_init"

#endif
