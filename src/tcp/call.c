/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The application's side of a connection. Whether a call is possible is asked of the state's facts; what is
 * done is done to the queues; what follows from it is marked.
 */
#include "call.h"
#include "budget.h"
#include "isn.h"
#include "timers.h"
#include "tune.h"

#include <errno.h>

enum { PORT_TRIES = 512 };

/* A local port under which the table has nobody yet. */
static bool choose_port(struct conns *s, struct table_key *key)
{
    uint32_t index;

    for (uint32_t n = 0; n < PORT_TRIES; n++) {
        key->local_port = isn_port(s, key, n);
        if (table_find(&s->table, key, table_hash(&s->table, key), &index) == TABLE_NONE)
            return true;
    }
    return false;
}

int call_open(struct conns *s, const struct table_key *key, uint16_t next_hop, uint16_t mss, bool ipv6,
              struct conn **made)
{
    struct table_key own = *key;
    struct conn *c;
    uint32_t index;

    if (own.local_port ? table_find(&s->table, &own, table_hash(&s->table, &own), &index) != TABLE_NONE
                       : !choose_port(s, &own))
        return -EADDRINUSE;
    c = conn_new(s);
    if (!c)
        return -ENOBUFS;
    c->key = own;
    conn_keep_hop(s, c, next_hop);
    c->mss = mss;
    c->rcv_mss = CONN_RCV_MSS;
    conn_follow_settings(s, c);
    c->flags |= ipv6 ? CONN_IPV6 : 0;
    c->ts_offset = isn_ts_offset(s, &own);
    conn_cold(s, c)->iss = isn_for(s, &own);
    conn_cold(s, c)->link_mss = mss;
    c->snd_una = c->snd_nxt = conn_cold(s, c)->iss;
    if (!conn_activate(s, c) || !table_insert(&s->table, TABLE_CONN, conn_index(s, c))) {
        conn_fold(s, c);
        c->flags |= CONN_ORPHAN;
        conn_release(s, c);
        return -ENOBUFS;
    }
    c->flags |= CONN_IN_TABLE;
    conn_set_state(s, c, CONN_SYN_SENT);
    conn_owes(s, c, OWE_SEND);
    *made = c;
    return 0;
}

/* No more bytes will come: what is here is all. */
static bool ended(const struct conn *c)
{
    return !conn_facts[c->state].may_receive && c->state != CONN_SYN_SENT && c->state != CONN_SYN_RECEIVED;
}

/* Why reading is not possible at all: its errno; 0: it is. */
static int read_fails(const struct conns *s, const struct conn *c)
{
    if (c->state == CONN_CLOSED && conn_cold(s, c)->error)
        return conn_cold(s, c)->error;
    return c->state == CONN_SYN_SENT || c->state == CONN_SYN_RECEIVED ? -ENOTCONN : 0;
}

/* What reading means when there is nothing to read. */
static ptrdiff_t read_nothing(struct conns *s, struct conn *c)
{
    int error = read_fails(s, c);

    if (error || !ended(c))
        return error ? error : -EAGAIN;
    if (!(c->flags & CONN_END_TOLD)) {
        c->flags |= CONN_END_TOLD;
        if (c->state == CONN_CLOSED)
            conn_tells(s, c, CONN_EV_CLOSED);
    }
    return 0;
}

/* The application has read past the urgent mark (MUST-33). */
static void pass_mark(struct conn *c, const struct conn_active *a)
{
    if (seq_le(a->rcv_up, seq_add(c->rcv_nxt, 0u - a->recv.bytes)))
        c->flags &= ~(uint32_t)CONN_URGENT_IN;
}

/* Bytes were taken: the window, the block, and the end if that is all that is left. */
static inline void was_taken(struct conns *s, struct conn *c, struct conn_active *a, uint32_t bytes)
{
    if (c->flags & CONN_URGENT_IN)
        pass_mark(c, a);
    tune_was_read(s, c, a, bytes);
    conn_was_read(s, c);
    if (!a->recv.bytes) {
        if (ended(c))
            conn_tells(s, c, CONN_EV_READABLE);
        conn_fold(s, c);
    }
}

ptrdiff_t call_receive(struct conns *s, struct conn *c, void *data, size_t len)
{
    uint32_t unread = conn_unread(s, c);
    struct conn_active *a = conn_active(s, c);

    if (!len)
        return read_fails(s, c);
    if (!unread)
        return read_nothing(s, c);
    if (len < unread)
        unread = (uint32_t)len;
    queue_copy(&a->recv, &s->queues, 0, data, unread);
    queue_consume(&a->recv, &s->queues, unread, NULL);
    was_taken(s, c, a, unread);
    return unread;
}

ptrdiff_t call_peek(struct conns *s, struct conn *c, const uint8_t **data)
{
    struct view front;

    if (!conn_unread(s, c))
        return read_nothing(s, c);
    front = queue_front(&conn_active(s, c)->recv, &s->queues);
    *data = front.at;
    return (ptrdiff_t)front.len;
}

ptrdiff_t call_consume(struct conns *s, struct conn *c, size_t len)
{
    struct conn_active *a = conn_active(s, c);
    uint32_t unread = conn_unread(s, c);

    if (!len)
        return read_fails(s, c);
    if (!unread)
        return read_nothing(s, c);
    if (len < unread)
        unread = (uint32_t)len;
    queue_consume(&a->recv, &s->queues, unread, NULL);
    was_taken(s, c, a, unread);
    return unread;
}

/* Why nothing can be sent, now or for ever. */
static int no_sending(const struct conns *s, const struct conn *c)
{
    if (c->state == CONN_CLOSED && conn_cold(s, c)->error)
        return conn_cold(s, c)->error;
    return c->state == CONN_SYN_SENT || c->state == CONN_SYN_RECEIVED ? -ENOTCONN : -EPIPE;
}

/* A send was cut short. Acknowledgements of what is queued will tell when there is room; where nothing is,
 * the budget is asked again in a while. */
static __attribute__((cold, noinline)) void cut_short(struct conns *s, struct conn *c)
{
    c->flags |= CONN_WANT_WRITE;
    if (!conn_queued(s, c))
        timers_memory_short(s, c);
}

/* How many of len bytes may be queued if there is that much room: their number, or why none. A short count
 * asks for WRITABLE. */
static inline ptrdiff_t room_for(struct conns *s, struct conn *c, size_t len, uint32_t room)
{
    if (!conn_facts[c->state].may_send || c->flags & CONN_FIN_WANTED)
        return no_sending(s, c);
    if (!len)
        return 0;
    if (!room || !conn_activate(s, c)) {
        cut_short(s, c);
        return -EAGAIN;
    }
    if (len > room)
        c->flags |= CONN_WANT_WRITE;
    return (ptrdiff_t)(len < room ? len : room);
}

/* got of want bytes were queued. */
static inline ptrdiff_t was_queued(struct conns *s, struct conn *c, ptrdiff_t want, uint32_t got)
{
    conn_active(s, c)->reserved = 0;
    if (got)
        conn_owes(s, c, OWE_SEND);
    if ((ptrdiff_t)got < want)
        cut_short(s, c);
    conn_fold(s, c);
    return got || !want ? (ptrdiff_t)got : -EAGAIN;
}

ptrdiff_t call_send(struct conns *s, struct conn *c, const void *data, size_t len)
{
    ptrdiff_t room = room_for(s, c, len, budget_send_room(s, c, BUDGET_SEND));

    if (room <= 0)
        return room;
    return was_queued(s, c, room, queue_append(&conn_active(s, c)->send, &s->queues, data, (uint32_t)room));
}

ptrdiff_t call_reserve(struct conns *s, struct conn *c, size_t len, uint32_t round, uint8_t **room)
{
    ptrdiff_t most = room_for(s, c, len, budget_send_room(s, c, BUDGET_SEND));
    uint32_t got = 0;
    uint8_t *at;

    if (most <= 0)
        return most;
    at = queue_reserve(&conn_active(s, c)->send, &s->queues, (uint32_t)most, &got);
    if (!at)
        return was_queued(s, c, most, 0);
    conn_active(s, c)->reserved = got;
    conn_active(s, c)->reserved_in = round;
    *room = at;
    return (ptrdiff_t)got;
}

ptrdiff_t call_commit(struct conns *s, struct conn *c, size_t len, uint32_t round)
{
    struct conn_active *a = conn_active(s, c);
    ptrdiff_t possible = room_for(s, c, 0, 0);

    if (possible < 0)
        return possible;
    if (!a || !a->reserved || a->reserved_in != round || len > a->reserved)
        return len ? -EINVAL : 0;
    queue_commit(&a->send, &s->queues, (uint32_t)len);
    return was_queued(s, c, (ptrdiff_t)len, (uint32_t)len);
}

int call_send_lent(struct conns *s, struct conn *c, const void *data, uint32_t len)
{
    ptrdiff_t room = room_for(s, c, len, budget_send_room(s, c, BUDGET_LEND));

    if (room < 0)
        return (int)room;
    if (room < (ptrdiff_t)len || !len) {
        conn_fold(s, c);
        return len ? -EAGAIN : -EINVAL;
    }
    if (!queue_append_lent(&conn_active(s, c)->send, &s->queues, data, len))
        return (int)was_queued(s, c, room, 0);
    was_queued(s, c, room, len);
    return 0;
}

ptrdiff_t call_send_urgent(struct conns *s, struct conn *c, const void *data, size_t len)
{
    ptrdiff_t n = call_send(s, c, data, len);
    struct conn_active *a = conn_active(s, c);

    if (n <= 0 || !a)
        return n;
    c->flags |= CONN_URGENT_OUT;
    a->snd_up = seq_add(c->snd_una, a->send.bytes);
    return n;
}

uint32_t call_urgent(const struct conns *s, const struct conn *c)
{
    const struct conn_active *a = conn_active(s, c);

    if (!(c->flags & CONN_URGENT_IN) || !a)
        return 0;
    return (uint32_t)seq_diff(a->rcv_up, seq_add(c->rcv_nxt, 0u - a->recv.bytes));
}

/* Whether a splice would be possible. */
static ptrdiff_t splice_nothing(struct conns *s, const struct conn *from, struct conn *to)
{
    int error = read_fails(s, from);

    return error ? error : room_for(s, to, 0, 0);
}

ptrdiff_t call_splice_some(struct conns *s, struct conn *from, struct conn *to, size_t len)
{
    struct conn_active *a = conn_active(s, from);
    uint32_t unread = conn_unread(s, from), moved;
    ptrdiff_t room;

    if (!len)
        return splice_nothing(s, from, to);
    if (!unread)
        return read_nothing(s, from);
    room = room_for(s, to, len < unread ? len : unread, budget_send_room(s, to, BUDGET_MOVE));
    if (room <= 0)
        return room;
    moved = queue_move(&conn_active(s, to)->send, &a->recv, &s->queues, (uint32_t)room);
    room = was_queued(s, to, room, moved);
    if (moved)
        was_taken(s, from, a, moved);
    return room;
}

int call_shutdown(struct conns *s, struct conn *c)
{
    if (c->state == CONN_CLOSED && conn_cold(s, c)->error)
        return -ENOTCONN;
    if (c->flags & CONN_FIN_WANTED)
        return 0;
    if (!conn_facts[c->state].may_send)
        return -ENOTCONN;
    c->flags |= CONN_FIN_WANTED;
    conn_set_state(s, c, c->state == CONN_ESTABLISHED ? CONN_FIN_WAIT_1 : CONN_LAST_ACK);
    conn_owes(s, c, OWE_SEND);
    return 0;
}

/* The application's number for it is stale from here on. */
static void let_go(struct conns *s, struct conn *c)
{
    struct conn_active *a = conn_active(s, c);

    c->flags |= CONN_ORPHAN;
    c->flags &= ~(uint32_t)CONN_WANT_WRITE;
    c->events = 0;
    conn_next_generation(c);
    if (a)
        queue_clear(&a->recv, &s->queues);
    c->flags &= ~(uint32_t)(CONN_URGENT_IN | CONN_KEEP);
}

void call_close(struct conns *s, struct conn *c)
{
    if (conn_unread(s, c) && c->state != CONN_CLOSED) {
        call_abort(s, c);
        return;
    }
    let_go(s, c);
    if (c->state == CONN_CLOSED) {
        conn_fold(s, c);
        conn_release(s, c);
    } else if (c->state == CONN_SYN_SENT) {
        conn_finish(s, c, 0); /* 3.10.4: nobody knows of it yet */
    } else if (c->state == CONN_SYN_RECEIVED) {
        call_abort(s, c); /* 3.10.4 would send a FIN; a reset tells the peer at once that nobody is here */
    } else {
        call_shutdown(s, c);
        timers_orphaned(s, c);
    }
}

void call_abort(struct conns *s, struct conn *c)
{
    bool tell_peer = conn_facts[c->state].synchronized;

    if (!(c->flags & CONN_ORPHAN))
        let_go(s, c);
    if (c->state == CONN_CLOSED) {
        conn_fold(s, c);
        conn_release(s, c);
        return;
    }
    if (tell_peer)
        conn_owes(s, c, OWE_RST);
    conn_finish(s, c, -ECONNABORTED);
}

unsigned call_ready(const struct conns *s, const struct conn *c)
{
    bool end = ended(c) && !(c->flags & CONN_END_TOLD);
    unsigned ready = conn_unread(s, c) || end ? CONN_EV_READABLE : 0;

    if (conn_facts[c->state].may_send && !(c->flags & CONN_FIN_WANTED) && budget_send_room(s, c, BUDGET_SEND))
        ready |= CONN_EV_WRITABLE;
    if (ended(c) && !conn_cold(s, c)->error)
        ready |= CONN_EV_PEER_CLOSED;
    return ready;
}

bool call_path_mtu(struct conns *s, struct conn *c, seq32 quoted, uint16_t mss)
{
    struct conn_active *a = conn_active(s, c);

    if (!seq_in(quoted, c->snd_una, conn_flight(c)))
        return false;
    if (mss >= c->mss)
        return false;
    conn_limit_mss(c, mss);
    c->careful |= CAREFUL_WINDOW; /* the initial window is a smaller one now */
    if (conn_facts[c->state].synchronized && a) {
        scoreboard_lose_all(&a->board, &s->arrays); /* cut too large, not lost: nothing is told to loss.h */
        conn_note_usual(s, c);
        conn_owes(s, c, OWE_SEND);
    }
    return true;
}
