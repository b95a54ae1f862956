/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A record is taken from the free list, stands in the queue by age and in the table under its key, and goes
 * back; when there is none left the oldest is recycled, so that closing never fails.
 */
#include "timewait.h"
#include "isn.h"

static void unlink_record(struct timewaits *w, struct timewait *t)
{
    *(t->prev ? &w->records[t->prev - 1].next : &w->oldest) = t->next;
    *(t->next ? &w->records[t->next - 1].prev : &w->newest) = t->prev;
}

static void link_newest(struct timewaits *w, struct timewait *t)
{
    uint32_t link = (uint32_t)(t - w->records) + 1;

    t->next = 0;
    t->prev = w->newest;
    *(w->newest ? &w->records[w->newest - 1].next : &w->oldest) = link;
    w->newest = link;
}

static void let_go(struct timewaits *w, struct conns *s, struct timewait *t)
{
    uint32_t index = (uint32_t)(t - w->records);

    table_remove(&s->table, TABLE_TIME_WAIT, index);
    unlink_record(w, t);
    t->next = w->free;
    t->prev = index + 1; /* as no record in use has it */
    w->free = index + 1;
    w->used--;
}

static struct timewait *take(struct timewaits *w, struct conns *s)
{
    struct timewait *t;

    if (!w->free && w->fresh == w->limit) {
        w->recycled++;
        let_go(w, s, &w->records[w->oldest - 1]);
    }
    if (w->free) {
        t = &w->records[w->free - 1];
        w->free = t->next;
    } else {
        t = &w->records[w->fresh++];
    }
    if (++w->used > w->peak)
        w->peak = w->used;
    return t;
}

/* An acknowledgement as the connection would have sent it. */
static struct verdict acknowledge(const struct conns *s, const struct timewait *t)
{
    struct verdict v = {.reply = REPLY_ACK, .seq = t->snd_nxt, .ack = t->rcv_nxt, .window = t->window};

    if (!t->ts_recent)
        return v;
    v.has = TCP_HAS_TIMESTAMP;
    v.ts_value = s->now_ms + isn_ts_offset(s, &t->key);
    v.ts_echo = t->ts_recent;
    return v;
}

struct verdict timewait_enter(struct timewaits *w, struct conns *s, struct conn *c)
{
    uint32_t window = conn_window(s, c) >> (c->scale >> 4);
    struct timewait *t = take(w, s);
    struct verdict v = verdict_of(DROP_NONE);

    conn_set_state(s, c, CONN_TIME_WAIT);
    t->key = c->key;
    t->window = (uint16_t)(window < 65535 ? window : 65535);
    t->snd_nxt = c->snd_nxt;
    t->rcv_nxt = c->rcv_nxt;
    t->ts_recent = c->flags & CONN_TIMESTAMPS ? c->ts_recent + !c->ts_recent : 0;
    t->until = tick_after(s->now + 2 * s->config.msl);
    link_newest(w, t);
    table_replace(&s->table, TABLE_CONN, conn_index(s, c), TABLE_TIME_WAIT, (uint32_t)(t - w->records));
    c->flags &= ~(uint32_t)CONN_IN_TABLE;
    if (c->owe & (OWE_ACK | OWE_ACK_LATER))
        v = acknowledge(s, t);
    conn_finish(s, c, 0);
    return v;
}

/* RFC 6191 2: by the timestamp where both connections have one, else, and where it has not moved, by the
 * sequence number. */
bool timewait_may_reopen(const struct timewaits *w, uint32_t index, const struct tcp *seg, seq32 *above)
{
    const struct timewait *t = &w->records[index];
    bool newer = seq_le(t->rcv_nxt, seg->seq);

    *above = t->snd_nxt;
    if ((seg->flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) != TCP_SYN)
        return false;
    if (t->ts_recent && seg->has & TCP_HAS_TIMESTAMP && seg->ts_value != t->ts_recent)
        return (int32_t)(seg->ts_value - t->ts_recent) > 0;
    return newer;
}

bool timewait_is_used(const struct timewaits *w, uint32_t index)
{
    return w->records[index].prev != index + 1;
}

void timewait_let_go(struct timewaits *w, struct conns *s, uint32_t index)
{
    let_go(w, s, &w->records[index]);
}

struct verdict timewait_input(struct timewaits *w, struct conns *s, uint32_t index, const struct tcp *seg,
                              uint32_t len)
{
    struct timewait *t = &w->records[index];
    struct verdict v = acknowledge(s, t);

    if (seg->flags & TCP_RST)
        return verdict_of(DROP_RESET);
    if (t->ts_recent && seg->has & TCP_HAS_TIMESTAMP && (int32_t)(seg->ts_value - t->ts_recent) < 0) {
        v.drop = DROP_TIMESTAMP; /* PAWS */
        if (!len && !(seg->flags & (TCP_SYN | TCP_FIN)))
            v.reply = REPLY_NONE;
        return v;
    }
    if (seg->flags & TCP_SYN) {
        v.drop = DROP_SYN;
    } else if (seg->flags & TCP_FIN && seq_eq(seq_add(seg->seq, len + 1), t->rcv_nxt)) {
        t->until = tick_after(s->now + 2 * s->config.msl);
        unlink_record(w, t);
        link_newest(w, t);
    } else if (len == 0 && !(seg->flags & TCP_FIN)) {
        return verdict_of(DROP_NONE); /* what carries nothing wants no answer */
    } else {
        v.drop = DROP_SEQUENCE;
    }
    return v;
}

__attribute__((hot)) void timewait_expire(struct timewaits *w, struct conns *s, int max)
{
    uint32_t now = tick_of(s->now);

    while (max-- > 0 && w->oldest && !wheel_before(now, w->records[w->oldest - 1].until))
        let_go(w, s, &w->records[w->oldest - 1]);
}

__attribute__((hot)) bool timewait_next(const struct timewaits *w, uint32_t *tick)
{
    if (!w->oldest)
        return false;
    *tick = w->records[w->oldest - 1].until;
    return true;
}
