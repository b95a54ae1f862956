/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The whole of echoing is one call, rn_splice(sock, sock): bytes received become bytes to send without being
 * seen here. Back-pressure needs no code: what does not fit stays unread, so the peer's window closes; when
 * room comes, so does RN_WRITABLE. The rest of this file is keeping the list of open sockets.
 *
 * Called by serve.c (until a signal) and demo.c (against a client in the same process).
 */
#include "echo.h"

#include <errno.h>
#include <stdlib.h>

enum { SERVICES = 1024 /* ports of well-known services are below it */ };

int echo_open(struct echo *e, struct rn_stack *net, uint32_t room)
{
    *e = (struct echo){.net = net, .socks = calloc(room, sizeof *e->socks), .room = room};
    return e->socks ? 0 : -ENOMEM;
}

int echo_listen(struct echo *e, int protocol, const char *where, char *err)
{
    rn_sock sock = rn_listen(e->net, protocol, where, err);

    if (sock < 0)
        return (int)sock;
    e->listeners[e->listening++] = sock;
    return 0;
}

static void *mark(uint32_t index)
{
    return (void *)((uintptr_t)index + 1);
}

/* Puts a new connection on the list. There is room: a stack has no more connections than it was given. */
static void *remember(struct echo *e, rn_sock sock)
{
    if (e->count == e->room)
        return NULL;
    e->socks[e->count] = sock;
    rn_set_user(e->net, sock, mark(e->count));
    return mark(e->count++);
}

/* Takes the one with that user pointer off the list; the last one moves into its place. */
static void forget(struct echo *e, void *user)
{
    uint32_t index = (uint32_t)((uintptr_t)user - 1);
    rn_sock last;

    if (!user)
        return;
    last = e->socks[--e->count];
    e->socks[index] = last;
    if (index < e->count)
        rn_set_user(e->net, last, mark(index));
}

/* Moves what there is; when stopping, throws it away instead. As rn_splice and rn_recv: 0 is the end. */
static __attribute__((hot)) ptrdiff_t move(struct echo *e, rn_sock sock)
{
    char waste[4096];
    ptrdiff_t n;

    if (e->listening) {
        n = rn_splice(e->net, sock, sock, RN_ALL);
        e->bytes += n > 0 ? (uint64_t)n : 0;
        return n;
    }
    do
        n = rn_recv(e->net, sock, waste, sizeof waste);
    while (n > 0);
    return n;
}

static __attribute__((hot)) void carry_on(struct echo *e, rn_sock sock, void *user)
{
    ptrdiff_t n = move(e, sock);

    if (n > 0 || n == -EAGAIN)
        return;
    forget(e, user);
    if (n == 0)
        rn_close(e->net, sock); /* after what is queued */
    else
        rn_abort(e->net, sock);
}

/* There may be one who answers whatever comes, too: another echo server, or a service of old. One forged
 * datagram, and the two would answer each other for ever. */
static bool may_answer_too(const struct rn_datagram *d)
{
    return d->peer_port == d->local_port || d->peer_port < SERVICES;
}

/* Sends datagrams back to where they came from, from the address that they were for. What cannot be sent now
 * waits unread, and is dropped by the stack when its socket's room is used up: a datagram may be lost. */
static void answer(struct echo *e, rn_sock sock)
{
    char data[65536];
    struct rn_datagram d;
    ptrdiff_t n;

    while (rn_ready(e->net, sock) & RN_WRITABLE &&
           (n = rn_recv_from(e->net, sock, data, sizeof data, &d)) >= 0)
        if (!may_answer_too(&d))
            e->datagrams += rn_send_to(e->net, sock, data, (size_t)n, &d) >= 0;
}

static bool is_listening(const struct echo *e, rn_sock sock)
{
    for (int i = 0; i < e->listening; i++)
        if (e->listeners[i] == sock)
            return true;
    return false;
}

__attribute__((hot)) void echo_serve(struct echo *e, const struct rn_event *ev)
{
    void *user = ev->user;

    if (ev->mask & (RN_CLOSED | RN_FAILED)) {
        forget(e, user);
        return;
    }
    if (ev->mask & RN_ACCEPTED)
        user = remember(e, ev->sock);
    if (is_listening(e, ev->sock))
        answer(e, ev->sock);
    else if (!user)
        rn_abort(e->net, ev->sock);
    else if (ev->mask & (RN_READABLE | RN_WRITABLE))
        carry_on(e, ev->sock, user);
}

void echo_stop(struct echo *e)
{
    while (e->listening)
        rn_close(e->net, e->listeners[--e->listening]);
    /* From the end, since one that is closed here gives its place to the last. What is unread would make a
     * close a reset, and for what was unread before no event comes: hence carry_on. */
    for (uint32_t i = e->count; i-- > 0;) {
        rn_sock sock = e->socks[i];

        rn_shutdown(e->net, sock);
        carry_on(e, sock, mark(i));
    }
}

void echo_close(struct echo *e)
{
    while (e->count)
        rn_abort(e->net, e->socks[--e->count]);
    while (e->listening)
        rn_close(e->net, e->listeners[--e->listening]);
    free(e->socks);
    e->socks = NULL;
    e->room = 0;
}
