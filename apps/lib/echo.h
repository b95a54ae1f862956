/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An echo server (RFC 862) on a stack that somebody else drives: it acts on one event and returns. What it
 * adds to the one in examples/echo.c is that it knows its connections, so that it can finish them when it is
 * told to stop.
 */
#ifndef LIB_ECHO_H
#define LIB_ECHO_H

#include <runnel.h>

enum { ECHO_LISTENERS = 4 };

struct echo {
    struct rn_stack *net;              /* the caller's */
    rn_sock listeners[ECHO_LISTENERS]; /* of TCP, and bound sockets of UDP */
    int listening;                     /* so many; 0: stopping */
    rn_sock *socks; /* the open connections, in no order; a socket's user pointer is its index + 1 */
    uint32_t count, room;
    uint64_t bytes, datagrams; /* sent back so far */
};

/* room: the stack's number of connections. 0 or -ENOMEM. */
int echo_open(struct echo *e, struct rn_stack *net, uint32_t room);

/* Listens on "ADDRESS:PORT" as well, with RN_TCP or RN_UDP; four times at most. 0 or a negative errno with
 * err. */
int echo_listen(struct echo *e, int protocol, const char *where, char *err);

/* Acts on an event. */
void echo_serve(struct echo *e, const struct rn_event *ev);

/* Accepts nobody any more and sends a FIN to all behind what is queued for them. echo_serve then reads what
 * clients still send, throws it away, and closes as they close. */
void echo_stop(struct echo *e);

/* Resets the connections that are left and frees what echo_open took; the counts stay. The stack stays the
 * caller's. */
void echo_close(struct echo *e);

#endif
