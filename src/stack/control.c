/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ICMP, both ways. What comes: a question is answered, an answer goes to the echo socket that asked, and an
 * error to whoever sent what it quotes, if that could have been so. What goes: errors about packets for a
 * protocol or a port that nobody has here. Those that must not be answered (to a group or a broadcast, from
 * one, fragments) have been dropped before; ICMP itself never comes here as unknown.
 */
#include "room.h"
#include "ip/path.h"
#include "tcp/call.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <errno.h>

enum { IP4_TAKEN = 576 /* so much every host takes in (RFC 1122 3.3.2) */ };

/* The connection that a quoted packet of ours belongs to, or NULL. */
static struct conn *quoted_conn(struct rn_stack *net, const struct icmp_quote *q)
{
    struct table_key key = {.remote = q->ip.dst, .remote_port = q->dst_port, .local_port = q->src_port};
    int own = address_find(&net->addresses, &q->ip.src);
    uint32_t index;

    if (own < 0)
        return NULL;
    key.local = (uint16_t)own;
    if (table_find(&net->conns.table, &key, table_hash(&net->conns.table, &key), &index) != TABLE_CONN)
        return NULL;
    return conn_at(&net->conns, index);
}

/* The errno of an error. Nobody is there, said by the host itself, is refusal. */
static int errno_of(const struct icmp *m, bool ipv6)
{
    if (m->kind == ICMP_TOO_BIG)
        return -EMSGSIZE;
    if (m->kind != ICMP_UNREACHABLE)
        return -EHOSTUNREACH;
    if (ipv6 ? m->code == 4 : m->code == 2 || m->code == 3)
        return -ECONNREFUSED;
    return m->code == 0 ? -ENETUNREACH : -EHOSTUNREACH;
}

/* TCP: an error counts only if it quotes what is in flight (RFC 5927 4.1). It then shrinks the path or ends
 * an attempt to connect; it never ends a connection (MUST-56; SHLD-26 as RFC 5461 has it). */
static enum drop error_of_conn(struct rn_stack *net, const struct icmp *m, const struct icmp_quote *q,
                               bool ipv6)
{
    struct conn *c = quoted_conn(net, q);
    uint32_t headers = ipv6 ? IP6_LEN + TCP_LEN : IP4_LEN + TCP_LEN, mtu;
    bool hard =
        m->kind == ICMP_UNREACHABLE && (ipv6 ? m->code == 1 || m->code == 4 : m->code == 2 || m->code == 3);

    if (!c || !seq_in(seq_of(q->seq), c->snd_una, conn_flight(c)))
        return DROP_ICMP_QUOTE;
    if (m->kind == ICMP_TOO_BIG) {
        mtu = path_mtu(m->mtu, q->ip.payload_len + (ipv6 ? IP6_LEN : IP4_LEN), ipv6);
        call_path_mtu(&net->conns, c, seq_of(q->seq), (uint16_t)((mtu < 65535 ? mtu : 65535) - headers));
    } else if (hard && c->state == CONN_SYN_SENT) {
        conn_finish(&net->conns, c, -ECONNREFUSED);
    } else if (conn_settings(&net->conns, c)->soft_errors) { /* MUST-47, SHLD-25 */
        conn_cold(&net->conns, c)->trouble =
            m->kind == ICMP_UNREACHABLE && m->code == 0 ? -ENETUNREACH : -EHOSTUNREACH;
        conn_tells(&net->conns, c, CONN_EV_TROUBLE);
    }
    return DROP_NONE;
}

static enum drop error(struct rn_stack *net, const struct room_packet *p, const struct icmp *m,
                       struct view rest)
{
    struct icmp_quote q;

    if (!icmp_decode_quote(rest, p->ipv6, &q))
        return DROP_ICMP_QUOTE;
    if (q.ip.protocol == IP_TCP)
        return error_of_conn(net, m, &q, p->ipv6);
    return datagrams_error(net, p, m, &q, errno_of(m, p->ipv6));
}

enum drop control_input(struct rn_stack *net, const struct room_packet *p)
{
    struct view v = p->payload;
    struct room_reply *r;
    struct icmp m;
    enum drop bad = p->ipv6 ? icmp6_decode(&v, &p->ip, &m) : icmp4_decode(&v, &m);

    if (bad)
        return bad;
    switch (m.kind) {
    case ICMP_OTHER: return DROP_ICMP;
    case ICMP_ECHO_REPLY: return datagrams_echo(net, p, &m, v);
    case ICMP_ECHO_REQUEST: break;
    default: return error(net, p, &m, v);
    }
    if (!reply_is_within_rate(net, &net->echoes))
        return DROP_RATE;
    r = reply_to(net, p, ROOM_ICMP);
    r->icmp.head = (struct icmp){.kind = ICMP_ECHO_REPLY, .id = m.id, .sequence = m.sequence};
    r->icmp.data = v.at;
    r->icmp.len = (uint32_t)v.len;
    return DROP_NONE;
}

/* The message that says so: RFC 1122 3.2.2.1; RFC 4443 3.1, 3.4. */
static struct icmp refusal(const struct room_packet *p, enum drop why)
{
    if (why == DROP_NO_SOCKET)
        return (struct icmp){.kind = ICMP_UNREACHABLE, .code = p->ipv6 ? 4 : 3};
    if (p->ipv6)
        return (struct icmp){.kind = ICMP_PARAMETER, .code = 1, .pointer = p->ip.protocol_at};
    return (struct icmp){.kind = ICMP_UNREACHABLE, .code = 2};
}

/* How much of a packet an error quotes: as much as everybody takes in (RFC 1812 4.3.2.3, RFC 4443 2.4 (c)),
 * and as fits the link. */
static uint32_t quotable(const struct rn_stack *net, const struct room_packet *p)
{
    uint32_t len = (uint32_t)(p->payload.at + p->payload.len - p->start);
    uint32_t headers = (p->ipv6 ? IP6_LEN : IP4_LEN) + ICMP_LEN, most = p->ipv6 ? IP6_MTU_MIN : IP4_TAKEN;

    if (net->devices[p->device].mtu < most)
        most = net->devices[p->device].mtu;
    return len < most - headers ? len : most - headers;
}

enum drop control_refuse(struct rn_stack *net, const struct room_packet *p, enum drop why)
{
    struct room_reply *r;

    if (!reply_is_within_rate(net, &net->refusals))
        return DROP_RATE;
    r = reply_to(net, p, ROOM_ICMP);
    r->icmp.head = refusal(p, why);
    r->icmp.data = p->start;
    r->icmp.len = quotable(net, p);
    net->refused++;
    return why;
}
