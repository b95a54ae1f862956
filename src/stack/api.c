/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sockets: numbers for connections and listeners; datagrams.c has those of the third kind. A number is
 * checked against the record's generation at each call, and what it stands for is then asked of tcp/call. What
 * they are told of themselves is info.c's.
 */
#include "room.h"
#include "sock.h"
#include "tcp/call.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <errno.h>
#include <string.h>

_Static_assert((int)CONN_EV_ACCEPTED == RN_ACCEPTED && (int)CONN_EV_CONNECTED == RN_CONNECTED &&
                   (int)CONN_EV_READABLE == RN_READABLE && (int)CONN_EV_WRITABLE == RN_WRITABLE &&
                   (int)CONN_EV_PEER_CLOSED == RN_PEER_CLOSED && (int)CONN_EV_CLOSED == RN_CLOSED &&
                   (int)CONN_EV_FAILED == RN_FAILED && (int)CONN_EV_URGENT == RN_URGENT &&
                   (int)CONN_EV_SENT == RN_SENT && (int)CONN_EV_TROUBLE == RN_TROUBLE,
               "events are the same bits inside and outside");

/* The connection of a number, or NULL. */
static inline struct conn *conn_of(struct rn_stack *net, rn_sock sock)
{
    /* Of a listener, and of 0, it is larger than any; a negative number has a generation that nobody has. */
    uint32_t index = (uint32_t)sock - 1;
    struct conn *c;

    if (!net || index >= net->conns.fresh)
        return NULL;
    c = conn_at(&net->conns, index);
    return c->flags & CONN_ORPHAN || c->generation != (uint64_t)sock >> 32 ? NULL : c;
}

/* The listener of a number, or NULL. */
static struct listener *listener_of(struct rn_stack *net, rn_sock sock)
{
    uint32_t index = (uint32_t)(sock & 0x7fffffff) - 1;

    if (!net || sock <= 0 || !(sock & LISTENER_BIT) || index >= net->listeners.limit)
        return NULL;
    return net->listeners.listeners[index].used && sock_of_listener(net, index) == sock
               ? &net->listeners.listeners[index]
               : NULL;
}

/* Why a call that wants a connection finds none: a listener is a socket, but never connected; a datagram
 * socket has no stream. */
static int no_conn(struct rn_stack *net, rn_sock sock)
{
    return listener_of(net, sock) ? -ENOTCONN : datagrams_of(net, sock) ? -EOPNOTSUPP : -EBADF;
}

/* Why a call that wants a datagram socket finds none. */
static int no_datagrams(struct rn_stack *net, rn_sock sock)
{
    return conn_of(net, sock) || listener_of(net, sock) ? -EOPNOTSUPP : -EBADF;
}

/* ---- opening */

/* pings: echo sockets will do. */
static int check_protocol(const struct rn_stack *net, int protocol, bool pings, char *err)
{
    if (!net)
        return ERROR_LINE(err, -EINVAL, NO_STACK);
    if (protocol == RN_TCP || protocol == RN_UDP || (protocol == RN_ICMP && pings))
        return 0;
    return ERROR_LINE(err, -EPROTONOSUPPORT,
                      pings ? "a protocol must be RN_TCP, RN_UDP or RN_ICMP"
                            : "only RN_TCP and RN_UDP can be listened on");
}

rn_sock rn_listen(struct rn_stack *net, int protocol, const char *where, char *err)
{
    struct addr a;
    uint16_t port;
    int i, rc = check_protocol(net, protocol, false, err);

    if (rc)
        return rc;
    if (!where || !addr_parse_port(where, &a, &port) || (!port && protocol == RN_TCP))
        return ERROR_LINE(err, -EINVAL, "'", where ? where : "",
                          "' is no place to listen on: write it as 0.0.0.0:7 or [::]:7, port 1 to 65535");
    if (!addr_is_any(&a) && address_find(&net->addresses, &a) < 0)
        return ERROR_LINE(err, -EADDRNOTAVAIL, where,
                          " is not an address of this stack: rn_add_address first");
    rc = port ? share_port(net, &a, protocol, port, where, err) : 0;
    if (rc < 0)
        return rc;
    if (protocol == RN_UDP)
        return datagrams_bind(net, &a, port, err);
    i = listen_open(&net->listeners, &net->conns, &a, port, !addr_is4(&a));
    if (i == -EADDRINUSE)
        return ERROR_LINE(err, i, where, " is listened on already");
    if (i < 0)
        return ERROR_LINE(err, i, "no room for one more listener: raise rn_options.listeners");
    return sock_of_listener(net, (uint32_t)i);
}

/* "ADDRESS:PORT", or for an echo socket "ADDRESS", which leaves the port 0. */
static bool parse_end(int protocol, const char *text, struct addr *a, uint16_t *port)
{
    *port = 0;
    return protocol == RN_ICMP ? addr_parse(text, a) : addr_parse_port(text, a, port);
}

/* The own address to connect from: the one asked for, else the one that is on the next hop's link. */
static int choose_source(struct rn_stack *net, int protocol, const struct addr *to, const char *from,
                         uint16_t *port, char *err)
{
    struct route_hop hop;
    struct addr a = {{0}};
    int own = -1;

    *port = 0;
    if (from && (!parse_end(protocol, from, &a, port) || addr_is4(&a) != addr_is4(to)))
        return ERROR_LINE(err, -EINVAL, "'", from, "' is no source: write it as ",
                          protocol == RN_ICMP ? "10.0.0.7" : "10.0.0.7:0", ", of the peer's family");
    if (!addr_is_any(&a)) {
        own = address_find(&net->addresses, &a);
        if (own < 0)
            return ERROR_LINE(err, -EADDRNOTAVAIL, from,
                              " is not an address of this stack, or another host has it");
    }
    if (!route_find(&net->routes, &net->addresses, to, own < 0 ? -1 : net->addresses.list[own].device, &hop))
        return ERROR_LINE(err, -ENETUNREACH, "that host is on no link of ",
                          from ? "that source" : "this stack",
                          ", and no route leads there: rn_add_route names a gateway");
    return own < 0 ? hop.own : own;
}

/* A way to there, and a connection that has begun. */
static rn_sock connect_stream(struct rn_stack *net, const struct table_key *key, char *err)
{
    int rc, hop = neighbours_hop(net, key->local, &key->remote);
    bool ipv6 = !addr_is4(&key->remote);
    struct conn *c;

    if (hop < 0)
        return ERROR_LINE(err, hop, "no room for one more neighbour: raise rn_options.neighbours");
    rc = call_open(&net->conns, key, (uint16_t)hop,
                   (uint16_t)(net->devices[net->addresses.list[key->local].device].mtu -
                              (ipv6 ? IP6_LEN + TCP_LEN : IP4_LEN + TCP_LEN)),
                   ipv6, &c);
    if (rc == -EADDRINUSE)
        return ERROR_LINE(err, rc, "that pair of addresses and ports is in use");
    if (rc < 0)
        return ERROR_LINE(err, rc, "no room for one more connection: raise rn_options.connections");
    return sock_of(net, c);
}

rn_sock rn_connect(struct rn_stack *net, int protocol, const char *to, const char *from, char *err)
{
    struct table_key key;
    uint16_t port, source;
    int own, rc = check_protocol(net, protocol, true, err);

    if (rc)
        return rc;
    memset(&key, 0, sizeof key);
    if (!to || !parse_end(protocol, to, &key.remote, &port) || (!port && protocol != RN_ICMP) ||
        !addr_is_unicast(&key.remote))
        return ERROR_LINE(err, -EINVAL, "'", to ? to : "", "' is no place to connect to: write it as ",
                          protocol == RN_ICMP ? "10.0.0.7 or fd00::7" : "10.0.0.7:80 or [fd00::7]:80");
    own = choose_source(net, protocol, &key.remote, from, &source, err);
    if (own < 0)
        return own;
    key.remote_port = port;
    key.local_port = source;
    key.local = (uint16_t)own;
    if (room_is_self(net, net->addresses.list[own].device, &key.remote) ||
        address_is_broadcast(&net->addresses, &key.remote, net->addresses.list[own].device))
        return ERROR_LINE(err, -EINVAL, to, " is this stack itself, or everybody: connect to another host");
    rc = source ? share_port(net, &net->addresses.list[own].addr, protocol, source, from, err) : 0;
    if (rc < 0)
        return rc;
    return protocol == RN_TCP ? connect_stream(net, &key, err) : datagrams_connect(net, protocol, &key, err);
}

/* ---- events */

enum {
    EVENTS_WITH_MORE = CONN_EV_ACCEPTED | CONN_EV_FAILED | CONN_EV_TROUBLE | CONN_EV_SENT | CONN_EV_CLOSED
};

/* What some events have to say besides, and the end of those that are the last. True. */
static __attribute__((noinline)) bool tell_more(struct rn_stack *net, struct conn *c, struct rn_event *ev)
{
    struct conns *s = &net->conns;
    struct conn_cold *cold = conn_cold(s, c);

    if (ev->mask & CONN_EV_ACCEPTED && cold->listener) {
        ev->listener = sock_of_listener(net, cold->listener - 1);
        net->listeners.listeners[cold->listener - 1].pending--;
        cold->listener = 0;
    }
    if (ev->mask & (CONN_EV_FAILED | CONN_EV_TROUBLE))
        ev->error = ev->mask & CONN_EV_FAILED ? cold->error : cold->trouble;
    if (ev->mask & CONN_EV_SENT && c->active) {
        ev->sent = conn_active(s, c)->refs_done;
        conn_active(s, c)->refs_done = 0;
        conn_fold(s, c);
    }
    if (ev->mask & (CONN_EV_FAILED | CONN_EV_CLOSED))
        call_close(s, c);
    return true;
}

/* What happened to c, in the event; nothing is left to be told then. */
static inline bool tell(struct rn_stack *net, struct conn *c, struct rn_event *ev)
{
    *ev = (struct rn_event){.sock = sock_of(net, c), .user = c->user, .mask = c->events};
    c->events = 0;
    return ev->mask & EVENTS_WITH_MORE ? tell_more(net, c, ev) : true;
}

/* Nobody listens for it any more, or there is nothing to say. */
static inline bool is_mute(const struct conn *c)
{
    return c->flags & CONN_ORPHAN || !c->events;
}

/* No connection has anything to say. */
static __attribute__((hot)) bool next_other(struct rn_stack *net, struct rn_event *ev)
{
    return (net->sockets.telling && datagrams_next(net, ev)) || claim_tell(net, ev) ||
           (net->link_news && links_tell(net, ev)) || post_next(net, ev);
}

/* c is mute, and so may be others behind it: the next that is not. */
static __attribute__((noinline)) bool pass_over(struct rn_stack *net, struct conn *c, struct rn_event *ev)
{
    do {
        c->events = 0;
        conn_release(&net->conns, c);
        c = conn_pop_event(&net->conns);
    } while (c && is_mute(c));
    return c ? tell(net, c, ev) : next_other(net, ev);
}

__attribute__((hot)) bool rn_next(struct rn_stack *net, struct rn_event *ev)
{
    struct conn *c = net ? conn_pop_event(&net->conns) : NULL;

    if (!c)
        return net && next_other(net, ev);
    return is_mute(c) ? pass_over(net, c, ev) : tell(net, c, ev);
}

/* ---- transfers and ends
 *
 * What is wrong is said in this order: the number, the kind of socket, the arguments, the state. */

ptrdiff_t rn_recv(struct rn_stack *net, rn_sock sock, void *data, size_t len)
{
    struct conn *c = conn_of(net, sock);

    if (!c)
        return datagrams_of(net, sock) ? rn_recv_from(net, sock, data, len, NULL) : no_conn(net, sock);
    return data || !len ? call_receive(&net->conns, c, data, len) : -EINVAL;
}

ptrdiff_t rn_recv_from(struct rn_stack *net, rn_sock sock, void *data, size_t len, struct rn_datagram *d)
{
    struct socket *k = datagrams_of(net, sock);

    if (!k)
        return no_datagrams(net, sock);
    return data || !len ? datagrams_receive(net, k, data, len, d) : -EINVAL;
}

/* To a connected one without more ado; a length of 0 sends nothing. */
static ptrdiff_t send_datagram(struct rn_stack *net, struct socket *k, const void *data, size_t len)
{
    if (!data && len)
        return -EINVAL;
    if (!socket_is_connected(k))
        return -ENOTCONN;
    return len ? datagrams_send(net, k, data, len, NULL) : 0;
}

ptrdiff_t rn_send(struct rn_stack *net, rn_sock sock, const void *data, size_t len)
{
    struct conn *c = conn_of(net, sock);
    struct socket *k = c ? NULL : datagrams_of(net, sock);

    if (!c)
        return k ? send_datagram(net, k, data, len) : no_conn(net, sock);
    return data || !len ? call_send(&net->conns, c, data, len) : -EINVAL;
}

ptrdiff_t rn_send_to(struct rn_stack *net, rn_sock sock, const void *data, size_t len,
                     const struct rn_datagram *d)
{
    struct socket *k = datagrams_of(net, sock);

    if (!k)
        return no_datagrams(net, sock);
    return data || !len ? datagrams_send(net, k, data, len, d) : -EINVAL;
}

ptrdiff_t rn_peek(struct rn_stack *net, rn_sock sock, const void **data)
{
    struct conn *c = conn_of(net, sock);
    const uint8_t *at = NULL;
    ptrdiff_t n;

    if (!c)
        return no_conn(net, sock);
    n = data ? call_peek(&net->conns, c, &at) : -EINVAL;
    if (n > 0)
        *data = at;
    return n;
}

ptrdiff_t rn_consume(struct rn_stack *net, rn_sock sock, size_t len)
{
    struct conn *c = conn_of(net, sock);

    return c ? call_consume(&net->conns, c, len) : no_conn(net, sock);
}

ptrdiff_t rn_reserve(struct rn_stack *net, rn_sock sock, size_t len, void **room)
{
    struct conn *c = conn_of(net, sock);
    uint8_t *at = NULL;
    ptrdiff_t n;

    if (!c)
        return no_conn(net, sock);
    n = room ? call_reserve(&net->conns, c, len, net->turn, &at) : -EINVAL;
    if (n > 0)
        *room = at;
    return n;
}

ptrdiff_t rn_commit(struct rn_stack *net, rn_sock sock, size_t len)
{
    struct conn *c = conn_of(net, sock);

    return c ? call_commit(&net->conns, c, len, net->turn) : no_conn(net, sock);
}

int rn_send_ref(struct rn_stack *net, rn_sock sock, const void *data, size_t len)
{
    struct conn *c = conn_of(net, sock);

    if (!c)
        return no_conn(net, sock);
    if (!data || !len)
        return -EINVAL;
    if (len > net->conns.config.send_bytes_max)
        return -EMSGSIZE;
    return call_send_lent(&net->conns, c, data, (uint32_t)len);
}

ptrdiff_t rn_send_urgent(struct rn_stack *net, rn_sock sock, const void *data, size_t len)
{
    struct conn *c = conn_of(net, sock);

    if (!c)
        return no_conn(net, sock);
    return data || !len ? call_send_urgent(&net->conns, c, data, len) : -EINVAL;
}

ptrdiff_t rn_urgent(struct rn_stack *net, rn_sock sock)
{
    struct conn *c = conn_of(net, sock);

    return c ? (ptrdiff_t)call_urgent(&net->conns, c) : no_conn(net, sock);
}

__attribute__((hot)) ptrdiff_t rn_splice(struct rn_stack *net, rn_sock from, rn_sock to, size_t len)
{
    struct conn *f = conn_of(net, from), *t = from == to ? f : conn_of(net, to);

    if (f && t)
        return call_splice(&net->conns, f, t, len);
    return no_conn(net, f ? to : from);
}

int rn_shutdown(struct rn_stack *net, rn_sock sock)
{
    struct conn *c = conn_of(net, sock);

    return c ? call_shutdown(&net->conns, c) : no_conn(net, sock);
}

/* Resets what the application has not heard of yet, and forgets who is half open. */
static void close_listener(struct rn_stack *net, struct listener *at)
{
    struct conns *s = &net->conns;
    uint32_t index = (uint32_t)(at - net->listeners.listeners), next;
    struct fifo_cursor cursor = {0};

    while (fifo_look(&s->fifos, &s->events, &cursor, &next)) {
        struct conn *c = conn_at(s, next);

        if (conn_cold(s, c)->listener == index + 1) {
            conn_cold(s, c)->listener = 0;
            call_abort(s, c);
        }
    }
    listen_close(&net->listeners, s, (int)index);
}

int rn_close(struct rn_stack *net, rn_sock sock)
{
    struct conn *c = conn_of(net, sock);
    struct listener *l = listener_of(net, sock);
    struct socket *k = datagrams_of(net, sock);

    if (c)
        call_close(&net->conns, c);
    else if (l)
        close_listener(net, l);
    else if (k)
        datagrams_close(net, k);
    return c || l || k ? 0 : -EBADF;
}

int rn_abort(struct rn_stack *net, rn_sock sock)
{
    struct conn *c = conn_of(net, sock);

    if (!c)
        return rn_close(net, sock);
    call_abort(&net->conns, c);
    return 0;
}

int rn_ready(struct rn_stack *net, rn_sock sock)
{
    struct conn *c = conn_of(net, sock);
    struct socket *k = c ? NULL : datagrams_of(net, sock);

    if (c)
        return (int)call_ready(&net->conns, c);
    return k ? datagrams_ready(net, k) : no_conn(net, sock);
}

int rn_set_user(struct rn_stack *net, rn_sock sock, void *user)
{
    struct conn *c = conn_of(net, sock);
    struct socket *k = c ? NULL : datagrams_of(net, sock);

    if (c)
        c->user = user;
    else if (k)
        k->user = user;
    return c || k ? 0 : no_conn(net, sock);
}

/* The number of the settings that a socket without a connection has, or NULL. */
static uint8_t *other_settings(struct rn_stack *net, rn_sock sock)
{
    struct listener *l = listener_of(net, sock);
    struct socket *k = datagrams_of(net, sock);

    return l ? &l->settings : k ? &k->settings : NULL;
}

int rn_get_settings(struct rn_stack *net, rn_sock sock, struct rn_settings *settings)
{
    struct conn *c = conn_of(net, sock);
    const uint8_t *number = c ? &c->settings : other_settings(net, sock);

    if (!number)
        return -EBADF;
    if (!settings)
        return -EINVAL;
    settings_write(&net->conns.settings[*number], settings);
    return 0;
}

int rn_set_settings(struct rn_stack *net, rn_sock sock, const struct rn_settings *settings)
{
    struct conn *c = conn_of(net, sock);
    uint8_t *number = c ? &c->settings : other_settings(net, sock);
    struct conn_settings wanted;

    if (!number)
        return -EBADF;
    if (!settings || !settings_read(settings, &wanted))
        return -EINVAL;
    return c ? settings_of_conn(net, c, &wanted) : settings_of_other(net, number, &wanted);
}

/* ---- what is going on */

int rn_info(struct rn_stack *net, rn_sock sock, struct rn_info *info)
{
    struct conn *c = conn_of(net, sock);
    struct listener *l = listener_of(net, sock);
    struct socket *k = datagrams_of(net, sock);

    if (!c && !l && !k)
        return -EBADF;
    if (!info)
        return -EINVAL;
    if (c)
        info_of_conn(net, c, info);
    else if (l)
        info_of_listener(net, l, info);
    else
        datagrams_info(net, k, info);
    return 0;
}
