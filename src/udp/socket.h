/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datagram sockets, of UDP and of echo requests, which differ in nothing but their header: who a datagram is
 * for, what waits to be read, what waits to be sent. A connected socket has one peer; a bound one has any, at
 * one own address or at all of a family.
 *
 *      received -> [the socket's list] -> read          given -> [out] -> sent
 *                                                               |   ^
 *                                       its neighbour is asked  v   |  has answered
 *                                                            [waiting, by neighbour] -> nobody there: dropped
 */
#ifndef UDP_SOCKET_H
#define UDP_SOCKET_H

#include "base/bucket.h"
#include "base/hash.h"
#include "datagram.h"

enum { SOCKET_ANY = 0xffff }; /* as the index of an own address: all of that family */

/* Datagrams that wait for one neighbour's answer; a further one pushes out the first. */
enum { SOCKET_WAITING = 16 };

/* What the application is told. */
enum socket_events { SOCKET_CONNECTED = 2, SOCKET_READABLE = 4, SOCKET_WRITABLE = 8 };

struct socket_key {
    struct addr remote; /* all zero: any */
    uint16_t remote_port, local_port;
    uint16_t local;             /* index of the own address, or SOCKET_ANY */
    uint8_t protocol, version6; /* IP_UDP, IP_ICMP4, IP_ICMP6 */
};
_Static_assert(sizeof(struct socket_key) == 24, "a key has no holes: it is compared as bytes");

struct socket {
    struct socket_key key;
    void *user;
    uint32_t generation;
    uint32_t next; /* in the list of free ones, or of those that have events: index + 1 */
    struct datagram_list unread;
    uint32_t unread_bytes, unsent_bytes;     /* of payload */
    uint32_t unread_charged, unsent_charged; /* at true size */
    uint32_t mtu;                            /* of a connected one's path; 0: the link's ... */
    rn_time mtu_until;                       /* ... and until when that is believed */
    uint16_t events;                         /* enum socket_events, not yet told */
    uint16_t sequence;                       /* of the last echo request */
    uint8_t settings;
    bool used, in_events, wants_to_send;
};

struct sockets {
    struct socket *list;
    uint32_t limit, used, peak, fresh, free; /* fresh: never used from here on; free: list, index + 1 */
    uint64_t full;
    struct bucket_table table;
    struct hash_key hash_key;
    struct datagrams datagrams;
    uint32_t receive_bytes, send_bytes; /* what a socket's lists may be charged, or one datagram */
    struct datagram_list out;
    struct datagram_list *waiting;    /* by neighbour */
    uint32_t *hop_uses;               /* by neighbour: how many records keep it */
    uint32_t first_event, last_event; /* list of those that have events, or had: index + 1 */
    uint32_t telling;                 /* how many have */
    uint64_t in, sent, unsent;        /* datagrams; unsent: of those that could not be */
};

static inline bool socket_is_connected(const struct socket *k)
{
    return k->key.local != SOCKET_ANY && !addr_eq(&k->key.remote, &(struct addr){{0}});
}

/* A new one. Its index; -EADDRINUSE: there is one with that key; -ENOSPC (counted). */
int socket_open(struct sockets *s, const struct socket_key *key);

/* It goes, and with it what was not read. What was given to be sent stays. */
void socket_close(struct sockets *s, uint32_t index);

/* The socket for a datagram with that key: the one connected to its peer, else the one bound to its local
 * address, else to any. -1: none. */
int socket_find(const struct sockets *s, const struct socket_key *key);

/* The connected one with that very key. -1: none. */
int socket_find_connected(const struct sockets *s, const struct socket_key *key);

/* Puts a datagram, or an error, behind what is unread. False: full, or no memory. */
bool socket_receive(struct sockets *s, uint32_t index, const struct datagram *what, struct view payload);

/* The first that is unread; NULL: none. */
const struct datagram *socket_front(const struct sockets *s, const struct socket *k);

/* The first was read: it goes. */
void socket_was_read(struct sockets *s, uint32_t index);

/* May more be given to be sent? */
static inline bool socket_may_send(const struct sockets *s, const struct socket *k)
{
    return k->unsent_charged < s->send_bytes;
}

/* Puts a datagram behind those to be sent, which keeps its hop. 0; -EAGAIN: full, SOCKET_WRITABLE will come;
 * -ENOBUFS: no memory. */
int socket_send(struct sockets *s, uint32_t index, const struct datagram *what, struct view payload);

/* It has left the list and went out. */
void socket_was_sent(struct sockets *s, uint32_t id);

/* It has left the list and will not go out. */
void socket_was_lost(struct sockets *s, uint32_t id);

/* It has left the list and its neighbour has been asked for. */
void socket_waits(struct sockets *s, uint32_t id);

/* That neighbour has answered; it has not, for the last time: connected sockets are told. */
void socket_wake(struct sockets *s, unsigned hop);
void socket_unanswered(struct sockets *s, unsigned hop, rn_time now);

/* Further events of a socket. */
void socket_tells(struct sockets *s, uint32_t index, unsigned events);

/* The next that has events, which are told then. -1: none. */
int socket_pop_event(struct sockets *s, unsigned *events);

#endif
