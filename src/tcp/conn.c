/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The life of a connection's record: made, marked, told, finished, let go. A record is let go in one place,
 * conn_release, and only when nothing points to it any more: it is closed, stands in no queue, owes nothing
 * and the application has heard its last event or has let go itself.
 */
#include "conn.h"

#include <string.h>

const struct conn_facts conn_facts[CONN_STATES] = {
    [CONN_CLOSED] = {"CLOSED", false, false, false},
    [CONN_LISTEN] = {"LISTEN", false, false, false},
    [CONN_SYN_SENT] = {"SYN-SENT", false, false, false},
    [CONN_SYN_RECEIVED] = {"SYN-RECEIVED", true, false, false},
    [CONN_ESTABLISHED] = {"ESTABLISHED", true, true, true},
    [CONN_FIN_WAIT_1] = {"FIN-WAIT-1", true, false, true},
    [CONN_FIN_WAIT_2] = {"FIN-WAIT-2", true, false, true},
    [CONN_CLOSE_WAIT] = {"CLOSE-WAIT", true, true, false},
    [CONN_CLOSING] = {"CLOSING", true, false, false},
    [CONN_LAST_ACK] = {"LAST-ACK", true, false, false},
    [CONN_TIME_WAIT] = {"TIME-WAIT", true, false, false},
};

struct conn *conn_new(struct conns *s)
{
    struct conn *c;
    uint32_t near, far, generation;
    unsigned linked;

    if (s->free) {
        c = conn_at(s, s->free - 1);
        s->free = c->next_owing;
    } else if (s->fresh < s->limit) {
        c = conn_at(s, s->fresh++);
    } else {
        s->counts.connections_full++;
        return NULL;
    }
    if (++s->used > s->peak)
        s->peak = s->used;

    /* Entries of the record's last life may still be in the wheel; they serve this one. */
    near = c->near;
    far = c->far;
    generation = c->generation;
    linked = c->flags & (CONN_NEAR | CONN_FAR);
    memset(c, 0, sizeof *c);
    memset(conn_cold(s, c), 0, sizeof(struct conn_cold));
    c->near = near;
    c->far = far;
    c->generation = generation;
    c->flags = (uint16_t)linked;
    c->next_hop = CONN_NO_HOP;
    return c;
}

void conn_keep_hop(struct conns *s, struct conn *c, uint16_t next_hop)
{
    c->next_hop = next_hop;
    s->hop_uses[next_hop]++;
}

struct conn_active *conn_activate(struct conns *s, struct conn *c)
{
    struct conn_active *a;

    if (c->active)
        return conn_active(s, c);
    c->active = slab_take(&s->actives);
    if (!c->active)
        return NULL;
    a = conn_active(s, c);
    memset(a, 0, offsetof(struct conn_active, island));
    return a;
}

void conn_fold(struct conns *s, struct conn *c)
{
    struct conn_active *a = conn_active(s, c);

    if (!a || a->send.bytes || a->recv.bytes || a->islands || a->fin_early || !seq_eq(c->snd_una, c->snd_max))
        return;
    slab_give(&s->actives, c->active);
    c->active = 0;
}

void conn_set_state(struct conns *s, struct conn *c, enum conn_state state)
{
    c->state = (uint8_t)state;
    s->counts.entered[state]++;
}

void conn_push_owing(struct conns *s, struct conn_fifo *f, struct conn *c)
{
    uint32_t link = conn_index(s, c) + 1;

    c->next_owing = 0;
    if (f->tail)
        conn_at(s, f->tail - 1)->next_owing = link;
    else
        f->head = link;
    f->tail = link;
}

struct conn *conn_pop_owing(struct conns *s, struct conn_fifo *f)
{
    struct conn *c;

    if (!f->head)
        return NULL;
    c = conn_at(s, f->head - 1);
    f->head = c->next_owing;
    if (!f->head)
        f->tail = 0;
    return c;
}

void conn_join_owing(struct conns *s, struct conn_fifo *to, struct conn_fifo *from)
{
    if (!from->head)
        return;
    conn_at(s, from->tail - 1)->next_owing = to->head;
    if (!to->head)
        to->tail = from->tail;
    to->head = from->head;
    from->head = from->tail = 0;
}

void conn_owes(struct conns *s, struct conn *c, unsigned owe)
{
    c->owe |= (uint8_t)owe;
    if (c->flags & CONN_IN_OWING)
        return;
    c->flags |= CONN_IN_OWING;
    conn_push_owing(s, &s->owing, c);
}

void conn_tells(struct conns *s, struct conn *c, unsigned events)
{
    uint32_t link = conn_index(s, c) + 1;

    if (c->flags & CONN_ORPHAN)
        return;
    c->events |= (uint16_t)events;
    if (c->flags & CONN_IN_EVENTS)
        return;
    c->flags |= CONN_IN_EVENTS;
    c->next_event = 0;
    if (s->events.tail)
        conn_at(s, s->events.tail - 1)->next_event = link;
    else
        s->events.head = link;
    s->events.tail = link;
    s->event_count++;
}

struct conn *conn_pop_event(struct conns *s)
{
    struct conn *c;

    if (!s->events.head)
        return NULL;
    c = conn_at(s, s->events.head - 1);
    s->events.head = c->next_event;
    if (!s->events.head)
        s->events.tail = 0;
    c->flags &= (uint16_t)~CONN_IN_EVENTS;
    s->event_count--;
    return c;
}

bool conn_may_answer(const struct conns *s, uint32_t *answered)
{
    uint32_t now = tick_of(s->now);

    if (*answered && now - *answered < tick_of(CONN_ANSWER_AGAIN_MS * TIME_MS))
        return false;
    *answered = now ? now : 1;
    return true;
}

bool conn_memory_is_short(const struct conns *s)
{
    return s->slabs->used_bytes > s->slabs->budget_bytes / 4 * 3;
}

void conn_drop_islands(struct conns *s, struct conn_active *a)
{
    while (a->islands)
        queue_clear(&a->island[--a->islands].bytes, &s->queues);
    a->fin_early = false;
}

void conn_finish(struct conns *s, struct conn *c, int error)
{
    struct conn_active *a = conn_active(s, c);

    if (c->flags & CONN_IN_TABLE)
        table_remove(&s->table, TABLE_CONN, conn_index(s, c));
    c->flags &= (uint16_t) ~(CONN_IN_TABLE | CONN_WANT_WRITE);
    c->rexmt_at = c->ack_at = c->other_at = 0;
    c->owe &= OWE_RST;
    c->dup_acks = 0;
    if (a) {
        queue_clear(&a->send, &s->queues);
        conn_drop_islands(s, a);
        if (error || c->flags & CONN_ORPHAN)
            queue_clear(&a->recv, &s->queues);
    }
    c->snd_una = c->snd_nxt = c->snd_max;
    conn_fold(s, c);
    conn_set_state(s, c, CONN_CLOSED);
    if (error) {
        s->counts.failed++;
        conn_cold(s, c)->error = error;
        conn_tells(s, c, CONN_EV_FAILED);
    } else {
        s->counts.closed++;
        if (c->flags & CONN_END_TOLD)
            conn_tells(s, c, CONN_EV_CLOSED);
    }
    conn_release(s, c);
}

void conn_release(struct conns *s, struct conn *c)
{
    if (c->state != CONN_CLOSED || !(c->flags & CONN_ORPHAN) || c->flags & (CONN_IN_OWING | CONN_IN_EVENTS) ||
        c->owe)
        return;
    if (c->next_hop != CONN_NO_HOP)
        s->hop_uses[c->next_hop]--;
    c->generation++;
    c->next_owing = s->free;
    s->free = conn_index(s, c) + 1;
    s->used--;
}

uint32_t conn_window(const struct conns *s, const struct conn *c)
{
    uint32_t unread = conn_unread(s, c), room, step, offered = (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt);

    room = unread < s->config.receive_bytes ? s->config.receive_bytes - unread : 0;
    step = s->config.receive_bytes / 2 < c->mss ? s->config.receive_bytes / 2 : c->mss;
    /* RFC 9293 3.8.6.2.2: the edge moves by a useful step or not at all, and never back (SHLD-14). */
    return room >= offered + step ? room : offered;
}

void conn_was_read(struct conns *s, struct conn *c)
{
    uint32_t offered = (uint32_t)seq_diff(c->rcv_edge, c->rcv_nxt), grows, worth = 2u * c->mss;

    if (!conn_facts[c->state].may_receive)
        return;
    grows = conn_window(s, c) - offered;
    if (worth > s->config.receive_bytes / 2)
        worth = s->config.receive_bytes / 2;
    /* An update is worth a segment of its own when it is large, or when the peer may be waiting for it. */
    if (grows && (grows >= worth || offered < c->mss))
        conn_owes(s, c, OWE_ACK);
}
