/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datagram sockets in the room: their numbers, their calls, and what arrives for them. Which socket a packet
 * is for and what waits is udp/socket's; from which address and to which neighbour one goes is decided here,
 * when it is given, so that an answer leaves from the address that was asked. Sending is marked, not done:
 * flush encodes it.
 *
 *      BITS    MEANING
 *      62-32   generation of the record (31 bits)
 *      31, 30  1, 1: a datagram socket
 *      29-0    index of the record + 1
 */
#include "room.h"
#include "ip/path.h"
#include "tcp/budget.h"
#include "tcp/isn.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/udp.h"

#include <errno.h>
#include <string.h>

#define DATAGRAM_BITS (INT64_C(3) << 30)

enum { PORT_TRIES = 512, MERGED_MOST = 128 /* datagrams in one frame: nobody merges more */ };

/* A smaller path is believed for that long (RFC 1191 6.3, RFC 8201 4). */
static const rn_time path_time = 600 * TIME_S;

_Static_assert((int)SOCKET_CONNECTED == RN_CONNECTED && (int)SOCKET_READABLE == RN_READABLE &&
                   (int)SOCKET_WRITABLE == RN_WRITABLE,
               "events are the same bits inside and outside");

static uint32_t index_of(const struct rn_stack *net, const struct socket *k)
{
    return (uint32_t)(k - net->sockets.list);
}

static rn_sock number_of(const struct rn_stack *net, uint32_t index)
{
    uint64_t generation = net->sockets.list[index].generation & 0x7fffffff;

    return (rn_sock)(generation << 32 | (uint64_t)DATAGRAM_BITS | (index + 1));
}

struct socket *datagrams_of(struct rn_stack *net, rn_sock sock)
{
    uint32_t index = (uint32_t)(sock & 0x3fffffff) - 1;

    if (!net || sock <= 0 || (sock & DATAGRAM_BITS) != DATAGRAM_BITS || index >= net->sockets.fresh)
        return NULL;
    return net->sockets.list[index].used && number_of(net, index) == sock ? &net->sockets.list[index] : NULL;
}

/* ---- opening ------------------------------------------------------------------------------------------ */

/* With a port that nobody has towards that peer, if it has none (RFC 6056). */
static int open_with_port(struct rn_stack *net, struct socket_key *key)
{
    struct table_key to = {.remote = key->remote, .remote_port = key->remote_port, .local = key->local};

    if (key->local_port)
        return socket_open(&net->sockets, key);
    for (uint32_t n = 0; n < PORT_TRIES; n++) {
        key->local_port = isn_port(&net->conns, &to, (uint32_t)key->protocol << 16 | n);
        if (socket_find(&net->sockets, key) < 0)
            return socket_open(&net->sockets, key);
    }
    return -EADDRINUSE;
}

/* full: the errno where there is no room. */
static rn_sock open_socket(struct rn_stack *net, struct socket_key *key, int full, char *err)
{
    int i = open_with_port(net, key);

    if (i == -EADDRINUSE)
        return ERROR_LINE(err, i, "another datagram socket has that address and port");
    if (i < 0)
        return ERROR_LINE(err, full, "no room for one more datagram socket: raise rn_options.datagrams");
    net->sockets.list[i].settings = (uint8_t)conn_keep_settings(&net->conns, &net->conns.settings[0]);
    return number_of(net, (uint32_t)i);
}

rn_sock datagrams_bind(struct rn_stack *net, const struct addr *where, uint16_t port, char *err)
{
    struct socket_key key = {.local_port = port, .protocol = IP_UDP, .version6 = !addr_is4(where)};
    int own = address_find(&net->addresses, where);

    key.local = own < 0 ? SOCKET_ANY : (uint16_t)own;
    return open_socket(net, &key, -ENOSPC, err);
}

rn_sock datagrams_connect(struct rn_stack *net, int protocol, const struct table_key *to, char *err)
{
    bool version6 = !addr_is4(&to->remote);
    struct socket_key key = {.remote = to->remote,
                             .remote_port = to->remote_port,
                             .local_port = to->local_port,
                             .local = to->local,
                             .version6 = version6};
    rn_sock sock;

    key.protocol = protocol == RN_UDP ? IP_UDP : version6 ? IP_ICMP6 : IP_ICMP4;
    sock = open_socket(net, &key, -ENOBUFS, err);
    if (sock > 0)
        socket_tells(&net->sockets, index_of(net, datagrams_of(net, sock)),
                     SOCKET_CONNECTED | SOCKET_WRITABLE);
    return sock;
}

void datagrams_close(struct rn_stack *net, struct socket *k)
{
    conn_drop_settings(&net->conns, k->settings);
    socket_close(&net->sockets, index_of(net, k));
}

/* ---- what comes --------------------------------------------------------------------------------------- */

static enum drop deliver(struct rn_stack *net, int index, const struct datagram *d, struct view payload)
{
    if (!budget_may_queue(&net->conns, net->sockets.list[index].unread_charged))
        return DROP_BUDGET;
    return socket_receive(&net->sockets, (uint32_t)index, d, payload) ? DROP_NONE : DROP_SOCKET_FULL;
}

/* What is known of a packet's datagram: its port or identifier here, and the one there. */
static struct datagram datagram_of(const struct rn_stack *net, const struct room_packet *p,
                                   const struct socket_key *key)
{
    return (struct datagram){.peer = p->ip.src,
                             .local = p->ip.dst,
                             .peer_port = key->remote_port,
                             .local_port = key->local_port,
                             .own = p->own,
                             .protocol = key->protocol,
                             .ttl = p->ip.ttl,
                             .traffic_class = p->ip.traffic_class,
                             .device = (uint8_t)p->device,
                             .stamp = net->now};
}

/* Several datagrams that came in one frame. What to count for the last of them. */
static enum drop deliver_merged(struct rn_stack *net, int index, const struct datagram *d, struct view v,
                                size_t size)
{
    if (v.len > MERGED_MOST * size)
        return DROP_MALFORMED;
    while (v.len > size) {
        enum drop bad = deliver(net, index, d, view_of(v.at, size));

        net->drops[bad] += bad != DROP_NONE;
        view_take(&v, size);
    }
    return deliver(net, index, d, v);
}

enum drop datagrams_input(struct rn_stack *net, const struct room_packet *p)
{
    struct socket_key key = {.remote = p->ip.src, .local = p->own, .protocol = IP_UDP, .version6 = p->ipv6};
    struct view v = p->payload;
    struct datagram d;
    struct udp udp;
    enum drop bad = udp_decode(&v, &p->ip, p->verified, &udp);
    int index;

    if (bad)
        return bad;
    key.remote_port = udp.src_port;
    key.local_port = udp.dst_port;
    index = socket_find(&net->sockets, &key);
    if (index < 0)
        return DROP_NO_SOCKET;
    d = datagram_of(net, p, &key);
    return p->gso_size ? deliver_merged(net, index, &d, v, p->gso_size) : deliver(net, index, &d, v);
}

enum drop datagrams_echo(struct rn_stack *net, const struct room_packet *p, const struct icmp *m,
                         struct view data)
{
    struct socket_key key = {.remote = p->ip.src,
                             .local_port = m->id,
                             .local = p->own,
                             .protocol = p->ip.protocol,
                             .version6 = p->ipv6};
    int index = socket_find_connected(&net->sockets, &key);
    struct datagram d;

    if (index < 0)
        return DROP_ICMP;
    d = datagram_of(net, p, &key);
    d.sequence = m->sequence;
    return deliver(net, index, &d, data);
}

/* Most bytes in an IP packet of that socket's. */
static uint32_t mtu_of(const struct rn_stack *net, const struct socket *k, unsigned own)
{
    uint32_t mtu = net->devices[net->addresses.list[own].device].mtu;

    return k->mtu && k->mtu < mtu && net->now < k->mtu_until ? k->mtu : mtu;
}

/* The path takes less than the quoted packet. False: that packet would fit, or could not have been sent. */
static bool shrink_path(struct rn_stack *net, struct socket *k, const struct icmp *m,
                        const struct icmp_quote *q)
{
    uint32_t sent = q->ip.payload_len + (k->key.version6 ? IP6_LEN : IP4_LEN);
    uint32_t mtu = path_mtu(m->mtu, sent, k->key.version6);

    if (sent > mtu_of(net, k, k->key.local) || mtu >= sent)
        return false;
    k->mtu = mtu;
    k->mtu_until = net->now + path_time;
    return true;
}

/* It counts only if it quotes what a connected socket could have sent: its addresses, its ports, and no more
 * than the path was known to take (RFC 5927 in the spirit: nothing is remembered of what was sent). */
enum drop datagrams_error(struct rn_stack *net, const struct room_packet *p, const struct icmp *m,
                          const struct icmp_quote *q, int error)
{
    struct socket_key key = {.remote = q->ip.dst,
                             .remote_port = q->dst_port,
                             .local_port = q->src_port,
                             .local = p->own,
                             .protocol = q->ip.protocol,
                             .version6 = p->ipv6};
    int index = socket_find_connected(&net->sockets, &key);
    struct datagram d;

    if (index < 0 || !addr_eq(&q->ip.src, &p->ip.dst))
        return DROP_ICMP_QUOTE;
    if (m->kind == ICMP_TOO_BIG && !shrink_path(net, &net->sockets.list[index], m, q))
        return DROP_ICMP_QUOTE;
    d = datagram_of(net, p, &key);
    d.peer = q->ip.dst;
    d.sequence = (uint16_t)q->seq;
    d.router = p->ip.src;
    d.error = (int16_t)error;
    d.icmp_type = m->type;
    d.icmp_code = m->code;
    d.mtu = m->kind == ICMP_TOO_BIG ? net->sockets.list[index].mtu : 0;
    return deliver(net, index, &d, view_of(NULL, 0));
}

bool datagrams_next(struct rn_stack *net, struct rn_event *ev)
{
    unsigned events;
    int index = socket_pop_event(&net->sockets, &events);

    if (index < 0)
        return false;
    *ev = (struct rn_event){
        .sock = number_of(net, (uint32_t)index), .user = net->sockets.list[index].user, .mask = events};
    return true;
}

/* ---- calls -------------------------------------------------------------------------------------------- */

static void describe(const struct datagram *d, struct rn_datagram *out)
{
    *out = (struct rn_datagram){.peer_port = d->peer_port,
                                .local_port = d->local_port,
                                .sequence = d->sequence,
                                .ttl = d->ttl,
                                .tos = d->traffic_class,
                                .device = d->device,
                                .len = d->payload.bytes,
                                .stamp = d->stamp,
                                .icmp_type = d->icmp_type,
                                .icmp_code = d->icmp_code,
                                .mtu = d->mtu};
    memcpy(out->peer, &d->peer, sizeof out->peer);
    memcpy(out->local, &d->local, sizeof out->local);
    memcpy(out->router, &d->router, sizeof out->router);
}

ptrdiff_t datagrams_receive(struct rn_stack *net, struct socket *k, void *data, size_t len,
                            struct rn_datagram *out)
{
    const struct datagram *d = socket_front(&net->sockets, k);
    ptrdiff_t result;

    if (!d)
        return len || out ? -EAGAIN : 0;
    if (out)
        describe(d, out);
    result = d->error;
    if (!len)
        return result;
    len = len < d->payload.bytes ? len : d->payload.bytes;
    if (len)
        queue_copy(&d->payload, net->sockets.datagrams.queues, 0, data, (uint32_t)len);
    socket_was_read(&net->sockets, index_of(net, k));
    return result ? result : (ptrdiff_t)len;
}

/* The own address to send from to an unconnected socket's peer: its index, or a negative errno. */
static int own_for(const struct rn_stack *net, const struct socket *k, const struct addr *peer,
                   const struct addr *local)
{
    int own = k->key.local == SOCKET_ANY ? -1 : k->key.local, asked;
    struct route_hop hop;

    if (!addr_eq(local, &(struct addr){{0}})) {
        asked = address_find(&net->addresses, local);
        if (asked < 0 || (own >= 0 && own != asked) || addr_is4(local) == k->key.version6)
            return -EADDRNOTAVAIL;
        own = asked;
    }
    if (!route_find(&net->routes, &net->addresses, peer, own < 0 ? -1 : net->addresses.list[own].device,
                    &hop))
        return -ENETUNREACH;
    return own < 0 ? hop.own : own;
}

/* Where a datagram goes: peer, local, ports into *to. The own address's index, or a negative errno. */
static int direct(const struct rn_stack *net, const struct socket *k, const struct rn_datagram *d,
                  struct datagram *to)
{
    int own = k->key.local;

    to->peer = k->key.remote;
    to->peer_port = k->key.remote_port;
    if (!socket_is_connected(k)) {
        if (!d)
            return -ENOTCONN;
        memcpy(&to->peer, d->peer, sizeof to->peer);
        memcpy(&to->local, d->local, sizeof to->local);
        to->peer_port = d->peer_port;
        if (!to->peer_port || !addr_is_unicast(&to->peer) || addr_is4(&to->peer) == k->key.version6 ||
            address_find(&net->addresses, &to->peer) >= 0)
            return -EINVAL;
        own = own_for(net, k, &to->peer, &to->local);
        if (own < 0)
            return own;
        if (address_is_broadcast(&net->addresses, &to->peer, net->addresses.list[own].device))
            return -EINVAL;
    }
    if (address_is_taken(&net->addresses, (unsigned)own))
        return -EADDRNOTAVAIL;
    to->local = net->addresses.list[own].addr;
    return own;
}

static void label(const struct rn_stack *net, const struct socket *k, const struct rn_datagram *d,
                  struct datagram *out)
{
    const struct conn_settings *settings = &net->conns.settings[k->settings];

    out->protocol = k->key.protocol;
    out->local_port = k->key.local_port;
    out->ttl = settings->ttl;
    out->traffic_class = (uint8_t)(settings->dscp << 2);
    if (k->key.protocol != IP_UDP)
        out->sequence = d ? d->sequence : (uint16_t)(k->sequence + 1);
}

ptrdiff_t datagrams_send(struct rn_stack *net, struct socket *k, const void *data, size_t len,
                         const struct rn_datagram *d)
{
    struct datagram out = {0};
    int own = direct(net, k, d, &out), hop, rc;
    uint32_t headers = (k->key.version6 ? IP6_LEN : IP4_LEN) + DATAGRAM_HEADER;

    if (own < 0)
        return own;
    if (len > mtu_of(net, k, (unsigned)own) - headers)
        return -EMSGSIZE;
    if (!budget_may_queue(&net->conns, k->unsent_charged) && socket_may_send(&net->sockets, k))
        return -ENOBUFS;
    hop = neighbours_hop(net, (unsigned)own, &out.peer);
    if (hop < 0)
        return -ENOBUFS;
    out.own = (uint16_t)own;
    out.hop = (uint16_t)hop;
    label(net, k, d, &out);
    rc = socket_send(&net->sockets, index_of(net, k), &out, view_of(data, len));
    if (rc)
        return rc;
    k->sequence = out.sequence;
    return (ptrdiff_t)len;
}

int datagrams_ready(const struct rn_stack *net, const struct socket *k)
{
    return (k->unread.count ? RN_READABLE : 0) | (socket_may_send(&net->sockets, k) ? RN_WRITABLE : 0);
}

void datagrams_info(const struct rn_stack *net, const struct socket *k, struct rn_info *info)
{
    bool connected = socket_is_connected(k), all = k->key.local == SOCKET_ANY;
    struct addr any = k->key.version6 ? (struct addr){{0}} : addr_of4((const uint8_t[4]){0});
    uint32_t headers = (k->key.version6 ? IP6_LEN : IP4_LEN) + DATAGRAM_HEADER;

    memset(info, 0, sizeof *info);
    addr_print(info->local, all ? &any : &net->addresses.list[k->key.local].addr, k->key.local_port);
    if (connected)
        addr_print(info->peer, &k->key.remote, k->key.remote_port ? k->key.remote_port : -1);
    info->state = connected ? CONN_ESTABLISHED : CONN_CLOSED;
    info->unread = k->unread_bytes;
    info->unsent = k->unsent_bytes;
    info->mss = all ? 0 : mtu_of(net, k, k->key.local) - headers;
    info->receive_limit = net->sockets.receive_bytes;
    info->send_limit = net->sockets.send_bytes;
    info->congestion = info->limited_by = "";
    info->protocol = k->key.protocol == IP_UDP ? RN_UDP : RN_ICMP;
    info->sock = number_of(net, index_of(net, k));
}
