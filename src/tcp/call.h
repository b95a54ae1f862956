/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the application asks of a connection: RFC 9293 section 3.9.1's calls. Results are byte counts or
 * negative errnos, as in runnel.h; sending is marked, not done.
 */
#ifndef TCP_CALL_H
#define TCP_CALL_H

#include "tune.h"

#include <stddef.h>

/* OPEN, active: the record is in state SYN-SENT and owes its SYN. key: local_port 0 takes a free one. mss:
 * what the link allows. 0 and *made; -EADDRINUSE, -ENOBUFS. */
int call_open(struct conns *s, const struct table_key *key, uint16_t next_hop, uint16_t mss, bool ipv6,
              struct conn **made);

/* RECEIVE: copies out. The count; 0: the end; -EAGAIN, -ENOTCONN. */
ptrdiff_t call_receive(struct conns *s, struct conn *c, void *data, size_t len);

/* SEND: copies in. The count; -EAGAIN, -ENOTCONN, -EPIPE. */
ptrdiff_t call_send(struct conns *s, struct conn *c, const void *data, size_t len);

/* RECEIVE without a copy: the bytes that lie together at the front, which stay until call_consume takes up to
 * that many out. The count; 0: the end; errors as call_receive. */
ptrdiff_t call_peek(struct conns *s, struct conn *c, const uint8_t **data);
ptrdiff_t call_consume(struct conns *s, struct conn *c, size_t len);

/* SEND without a copy: room for up to len bytes, of which call_commit sends the first so many, in the same
 * round only: what arrives in between may take the room away. round: a number that changes with each. */
ptrdiff_t call_reserve(struct conns *s, struct conn *c, size_t len, uint32_t round, uint8_t **room);
ptrdiff_t call_commit(struct conns *s, struct conn *c, size_t len, uint32_t round);

/* SEND of memory that is lent until CONN_EV_SENT has told of it. All or nothing: 0, or an error as call_send.
 */
int call_send_lent(struct conns *s, struct conn *c, const void *data, uint32_t len);

/* SEND with the URGENT flag: the last of these bytes is where urgent data ends (RFC 6093). */
ptrdiff_t call_send_urgent(struct conns *s, struct conn *c, const void *data, size_t len);

/* Unread bytes up to the peer's urgent mark; 0: there is none. */
uint32_t call_urgent(const struct conns *s, const struct conn *c);

/* RECEIVE and SEND in one, without a copy. */
ptrdiff_t call_splice_some(struct conns *s, struct conn *from, struct conn *to, size_t len);
static inline ptrdiff_t call_splice(struct conns *s, struct conn *from, struct conn *to, size_t len)
{
    struct conn_active *a = conn_active(s, from), *b = from == to ? a : conn_active(s, to);
    uint32_t n = a ? a->recv.bytes : 0;

    if (!n || !b || b->send.head || n > len || n > s->config.send_bytes || !conn_memory_is_ample(s) ||
        (from->flags | to->flags) & (CONN_UNUSUAL | CONN_URGENT_IN | CONN_FIN_WANTED))
        return call_splice_some(s, from, to, len);
    /* Nearly always: all that is unread, to where nothing waits, and both go on. */
    b->send = a->recv;
    a->recv = (struct queue){0};
    conn_owes(s, to, OWE_SEND);
    tune_was_read(s, from, a, n);
    conn_was_read(s, from);
    if (a != b)
        conn_fold(s, from);
    return n;
}

/* Half of CLOSE: a FIN after what is queued. 0, -ENOTCONN. */
int call_shutdown(struct conns *s, struct conn *c);

/* CLOSE: the application lets go. */
void call_close(struct conns *s, struct conn *c);

/* ABORT: a RST, and the application lets go. */
void call_abort(struct conns *s, struct conn *c);

/* STATUS, the part that changes: CONN_EV_READABLE, CONN_EV_WRITABLE, CONN_EV_PEER_CLOSED as they are now. */
unsigned call_ready(const struct conns *s, const struct conn *c);

/* An ICMP error says that a segment with that sequence number did not fit: mss is what does. True if it was
 * in flight and the path is smaller than known: the bytes go again, cut anew (RFC 1191 6.4, RFC 5927 7.2). */
bool call_path_mtu(struct conns *s, struct conn *c, seq32 quoted, uint16_t mss);

#endif
