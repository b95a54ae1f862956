/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A half-open connection is what LISTEN and a passively opened SYN-RECEIVED are in RFC 9293. Nothing here
 * needs a timer: the heads of the queues are the only records whose time can be up.
 */
#include "listen.h"
#include "cc.h"
#include "isn.h"
#include "rtt.h"
#include "ack.h"

int listen_find(const struct listeners *l, const struct addr *local, uint16_t port, bool ipv6)
{
    int any = -1;

    for (uint32_t i = 0; i < l->limit; i++) {
        const struct listener *at = &l->listeners[i];

        if (!at->used || at->port != port || at->ipv6 != ipv6)
            continue;
        if (addr_eq(&at->address, local))
            return (int)i;
        if (addr_is_any(&at->address))
            any = (int)i;
    }
    return any;
}

static uint32_t index_of(const struct listeners *l, const struct listen_syn *y)
{
    return (uint32_t)(y - l->syns);
}

static void leave_queue(struct listeners *l, struct listen_syn *y)
{
    struct listen_queue *q = &l->queues[y->queue];

    *(y->prev ? &l->syns[y->prev - 1].next : &q->head) = y->next;
    *(y->next ? &l->syns[y->next - 1].prev : &q->tail) = y->prev;
}

static void enter_queue(struct listeners *l, struct listen_syn *y, uint8_t queue, uint32_t due)
{
    struct listen_queue *q = &l->queues[queue];
    uint32_t link = index_of(l, y) + 1;

    y->queue = queue;
    y->due = due;
    y->next = 0;
    y->prev = q->tail;
    *(q->tail ? &l->syns[q->tail - 1].next : &q->head) = link;
    q->tail = link;
}

/* The record leaves its queue and is free; the table is the caller's. */
static void give(struct listeners *l, struct conns *s, struct listen_syn *y)
{
    leave_queue(l, y);
    s->hop_uses[y->next_hop]--;
    y->next = l->syn_free;
    l->syn_free = index_of(l, y) + 1;
    l->syn_used--;
}

static void forget(struct listeners *l, struct conns *s, struct listen_syn *y)
{
    table_remove(&s->table, TABLE_SYN, index_of(l, y));
    give(l, s, y);
}

static void forget_oldest(struct listeners *l, struct conns *s)
{
    for (unsigned i = 1; i <= LISTEN_SENDS + 1; i++) {
        uint32_t head = l->queues[i % (LISTEN_SENDS + 1)].head;

        if (head) {
            l->forgotten++;
            forget(l, s, &l->syns[head - 1]);
            return;
        }
    }
}

static struct listen_syn *take(struct listeners *l, struct conns *s)
{
    struct listen_syn *y;

    if (!l->syn_free && l->syn_fresh == l->syn_limit)
        forget_oldest(l, s);
    if (l->syn_free) {
        y = &l->syns[l->syn_free - 1];
        l->syn_free = y->next;
    } else {
        y = &l->syns[l->syn_fresh++];
    }
    if (++l->syn_used > l->syn_peak)
        l->syn_peak = l->syn_used;
    return y;
}

struct listen_syn *listen_syn_received(struct listeners *l, struct conns *s, const struct table_key *key,
                                       int listener, const struct tcp *seg, uint16_t next_hop, uint16_t mss,
                                       bool ipv6)
{
    struct listen_syn *y = take(l, s);

    memset(y, 0, sizeof *y);
    y->key = *key;
    y->next_hop = next_hop;
    s->hop_uses[next_hop]++;
    y->iss = isn_for(s, key);
    y->irs = seg->seq;
    y->peer_mss = seg->has & TCP_HAS_MSS ? seg->mss : ipv6 ? 1220 : 536; /* MUST-15 */
    y->mss = mss;
    y->window = seg->window;
    y->listener = (uint16_t)listener;
    y->wscale = seg->wscale;
    y->flags = (uint8_t)((seg->has & TCP_HAS_WSCALE ? LISTEN_WSCALE : 0) | (ipv6 ? LISTEN_IPV6 : 0));
    if (!(seg->has & TCP_HAS_WSCALE))
        y->wscale = 0;
    enter_queue(l, y, 0, tick_of(s->now));
    if (!table_insert(&s->table, TABLE_SYN, index_of(l, y))) {
        give(l, s, y);
        return NULL;
    }
    s->counts.entered[CONN_SYN_RECEIVED]++;
    return y;
}

void listen_start_above(struct listen_syn *y, seq32 above)
{
    if (seq_le(y->iss, above))
        y->iss = seq_add(above, 1u << 16);
}

/* Asks for the SYN-ACK once more, out of its turn. */
static void send_again(struct listeners *l, struct conns *s, struct listen_syn *y)
{
    leave_queue(l, y);
    enter_queue(l, y, 0, tick_of(s->now));
}

/* The handshake is complete: the record becomes a connection. */
static struct conn *open_conn(struct listeners *l, struct conns *s, struct listen_syn *y,
                              const struct tcp *seg)
{
    struct conn *c = conn_new(s);
    uint32_t index = index_of(l, y);
    uint16_t scale = (uint16_t)(s->config.rcv_scale << 4 | y->wscale);

    if (!c)
        return NULL;
    c->key = y->key;
    conn_keep_hop(s, c, y->next_hop);
    c->scale = (uint8_t)(y->flags & LISTEN_WSCALE ? scale : 0);
    c->flags |=
        (uint16_t)(CONN_IN_TABLE | (y->flags & LISTEN_IPV6 ? CONN_IPV6 : 0) |
                   (y->flags & LISTEN_WSCALE ? CONN_WSCALE : 0) | (s->config.no_delay ? CONN_NO_DELAY : 0));
    c->mss = y->mss;
    conn_limit_mss(c, y->peer_mss);
    c->rcv_mss = CONN_RCV_MSS;
    c->rcv_nxt = c->rcv_edge = seq_add(y->irs, 1);
    c->rcv_edge = seq_add(c->rcv_edge, conn_syn_window(s));
    c->snd_una = c->snd_nxt = c->snd_max = seq_add(y->iss, 1);
    c->snd_wnd = c->max_wnd = ack_window(c, seg);
    c->snd_wl1 = seg->seq;
    conn_cold(s, c)->iss = y->iss;
    conn_cold(s, c)->irs = y->irs;
    conn_cold(s, c)->listener = y->listener + 1u;
    if (y->sends == 1)
        rtt_measured(c, (uint32_t)(((uint64_t)(tick_of(s->now) - y->sent_at) << TICK_SHIFT) / TIME_US));
    else
        rtt_syn_repeated(s, c);
    cc_opened(s, c, y->sends - 1u);
    table_replace(&s->table, TABLE_SYN, index, TABLE_CONN, conn_index(s, c));
    l->listeners[y->listener].pending++;
    give(l, s, y);
    conn_set_state(s, c, CONN_ESTABLISHED);
    s->counts.opened_passive++;
    conn_tells(s, c, CONN_EV_ACCEPTED);
    return c;
}

/* What a half-open connection says when it is told something odd. */
static struct verdict acknowledge(const struct conns *s, const struct listen_syn *y, enum drop reason)
{
    uint32_t window = conn_syn_window(s);

    return (struct verdict){
        .drop = reason,
        .reply = REPLY_ACK,
        .seq = seq_add(y->iss, 1),
        .ack = seq_add(y->irs, 1),
        .window = (uint16_t)(y->flags & LISTEN_WSCALE ? window >> s->config.rcv_scale : window)};
}

struct verdict listen_input(struct listeners *l, struct conns *s, uint32_t index, const struct tcp *seg,
                            uint32_t len, struct conn **opened)
{
    struct listen_syn *y = &l->syns[index];
    seq32 rcv_nxt = seq_add(y->irs, 1), iss_next = seq_add(y->iss, 1);
    uint32_t window = conn_syn_window(s);
    bool in_window =
        seq_in(seg->seq, rcv_nxt, window) || (len && seq_in(seq_add(seg->seq, len - 1), rcv_nxt, window));

    *opened = NULL;
    if (seg->flags & TCP_RST) { /* RFC 5961 3.2; from a listener the application is not told (MUST-11) */
        if (!seq_eq(seg->seq, rcv_nxt))
            return in_window ? acknowledge(s, y, DROP_RESET) : verdict_of(DROP_RESET);
        forget(l, s, y);
        return verdict_of(DROP_NONE);
    }
    if (seg->flags & TCP_SYN) {
        if (!(seg->flags & TCP_ACK) && seq_eq(seg->seq, y->irs)) {
            send_again(l, s, y); /* our SYN-ACK was lost, or is late */
            return verdict_of(DROP_NONE);
        }
        return acknowledge(s, y, DROP_SYN);
    }
    if (!in_window && !(window == 0 && seq_eq(seg->seq, rcv_nxt)))
        return len || conn_may_answer(s, &y->answered) ? acknowledge(s, y, DROP_SEQUENCE)
                                                       : verdict_of(DROP_SEQUENCE);
    if (!(seg->flags & TCP_ACK))
        return verdict_of(DROP_FLAGS);
    if (!seq_eq(seg->ack, iss_next))
        return verdict_reset(DROP_ACK);
    if (l->listeners[y->listener].pending >= LISTEN_BACKLOG)
        return verdict_of(DROP_BACKLOG);
    *opened = open_conn(l, s, y, seg);
    return verdict_of(*opened ? DROP_NONE : DROP_CONNECTIONS_FULL);
}

struct listen_syn *listen_due(struct listeners *l, struct conns *s, struct tcp *out)
{
    uint32_t now = tick_of(s->now), window = conn_syn_window(s);

    for (unsigned i = 0; i <= LISTEN_SENDS; i++) {
        while (l->queues[i].head && !wheel_before(now, l->syns[l->queues[i].head - 1].due)) {
            struct listen_syn *y = &l->syns[l->queues[i].head - 1];

            if (i == LISTEN_SENDS) {
                forget(l, s, y);
                continue;
            }
            *out = (struct tcp){.src_port = y->key.local_port,
                                .dst_port = y->key.remote_port,
                                .seq = y->iss,
                                .ack = seq_add(y->irs, 1),
                                .flags = TCP_SYN | TCP_ACK,
                                .has = TCP_HAS_MSS,
                                .mss = y->mss,
                                .window = (uint16_t)window};
            if (y->flags & LISTEN_WSCALE) {
                out->has |= TCP_HAS_WSCALE;
                out->wscale = s->config.rcv_scale;
            }
            return y;
        }
    }
    return NULL;
}

void listen_sent(struct listeners *l, struct conns *s, struct listen_syn *y)
{
    uint8_t queue;

    if (y->sends == 0)
        y->sent_at = tick_of(s->now);
    if (y->sends < LISTEN_SENDS)
        y->sends++;
    queue = y->sends;
    leave_queue(l, y);
    enter_queue(l, y, queue, tick_after(s->now + (TIME_S << (queue - 1))));
}

bool listen_next(const struct listeners *l, uint32_t *tick)
{
    bool any = false;

    for (unsigned i = 0; i <= LISTEN_SENDS; i++) {
        uint32_t head = l->queues[i].head;

        if (head && (!any || wheel_before(l->syns[head - 1].due, *tick))) {
            *tick = l->syns[head - 1].due;
            any = true;
        }
    }
    return any;
}

void listen_forget(struct listeners *l, struct conns *s, int listener)
{
    for (unsigned i = 0; i <= LISTEN_SENDS; i++) {
        for (uint32_t at = l->queues[i].head; at;) {
            struct listen_syn *y = &l->syns[at - 1];

            at = y->next;
            if (y->listener == listener)
                forget(l, s, y);
        }
    }
}
