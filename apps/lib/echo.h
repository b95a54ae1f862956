/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An echo server (RFC 862) on a stack that somebody else drives: it acts on the events of one round and
 * returns. What it adds to the one in examples/echo.c is that it knows its connections, so that it can finish
 * them when it is told to stop.
 */
#ifndef LIB_ECHO_H
#define LIB_ECHO_H

#include <runnel.h>

struct echo {
    struct rn_stack *net; /* the caller's */
    rn_sock listener;     /* 0: stopping */
    rn_sock *socks;       /* the open ones, in no order; a socket's user pointer is its index + 1 */
    uint32_t count, room;
    uint64_t bytes; /* sent back so far */
};

/* Listens on "ADDRESS:PORT"; room: the stack's number of connections. 0 or a negative errno with err. */
int echo_open(struct echo *e, struct rn_stack *net, const char *where, uint32_t room, char *err);

/* Acts on every event there is. */
void echo_serve(struct echo *e);

/* Accepts nobody any more and sends a FIN to all behind what is queued for them. echo_serve then reads what
 * clients still send, throws it away, and closes as they close. */
void echo_stop(struct echo *e);

/* Resets the connections that are left and frees what echo_open took. The stack stays the caller's. */
void echo_close(struct echo *e);

#endif
