/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A half-open connection is what LISTEN and a passively opened SYN-RECEIVED are in RFC 9293. Nothing here
 * needs a timer: the heads of the queues are the only records whose time can be up.
 */
#include "listen.h"
#include "ack.h"
#include "budget.h"
#include "cc.h"
#include "isn.h"
#include "rtt.h"
#include "timers.h"

#include <errno.h>
#include <string.h>

enum {
    COOKIE_MSS_BITS = 3,
    COOKIE_COUNT_BITS = 5,
    COOKIE_HASH_BITS = 24,
    COOKIE_PERIOD_S = 64,
    COOKIE_TS_BITS = 6, /* of a timestamp: window scale (15: none), SACK, ECN */
    COOKIE_NO_SCALE = 15
};

/* The MSS values that a cookie can say, the largest that is not more than the peer's (RFC 4987 3.6). */
static const uint16_t cookie_mss[1 << COOKIE_MSS_BITS] = {88, 216, 536, 1220, 1360, 1440, 1460, 8940};

/* ---- listeners ---------------------------------------------------------------------------------------- */

static uint32_t *place_of(struct listeners *l, uint16_t port)
{
    return &l->places[(port ^ port >> 8) % LISTEN_PLACES];
}

int listen_find(const struct listeners *l, const struct addr *local, uint16_t port, bool ipv6)
{
    int any = -1;

    for (uint32_t link = *place_of((struct listeners *)(uintptr_t)l, port); link;) {
        const struct listener *at = &l->listeners[link - 1];

        if (at->port == port && at->ipv6 == ipv6) {
            if (addr_eq(&at->address, local))
                return (int)link - 1;
            if (addr_is_any(&at->address))
                any = (int)link - 1;
        }
        link = at->next;
    }
    return any;
}

int listen_open(struct listeners *l, struct conns *s, const struct addr *address, uint16_t port, bool ipv6)
{
    uint32_t *place = place_of(l, port), i;
    int same = listen_find(l, address, port, ipv6);
    struct listener *at;

    if (same >= 0 && addr_eq(&l->listeners[same].address, address))
        return -EADDRINUSE;
    for (i = 0; i < l->limit && l->listeners[i].used; i++)
        ;
    if (i == l->limit)
        return -ENOSPC;
    at = &l->listeners[i];
    *at = (struct listener){.address = *address,
                            .port = port,
                            .used = true,
                            .ipv6 = ipv6,
                            .generation = at->generation,
                            .next = *place};
    s->settings_uses[0]++;
    *place = i + 1;
    l->used++;
    return (int)i;
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

static void enter_queue(struct listeners *l, struct listen_syn *y, unsigned queue, uint32_t due)
{
    struct listen_queue *q = &l->queues[queue];
    uint32_t link = index_of(l, y) + 1;

    y->queue = queue & 15;
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
    y->queue = LISTEN_FREE;
    y->next = l->syn_free;
    l->syn_free = index_of(l, y) + 1;
    l->syn_used--;
}

static void forget(struct listeners *l, struct conns *s, struct listen_syn *y)
{
    table_remove(&s->table, TABLE_SYN, index_of(l, y));
    give(l, s, y);
}

/* One that was sent twice at least has had its second. False: there is none. */
static bool forget_one(struct listeners *l, struct conns *s)
{
    for (unsigned i = 2; i <= LISTEN_SENDS; i++) {
        uint32_t head = l->queues[i].head;

        if (head) {
            l->forgotten++;
            forget(l, s, &l->syns[head - 1]);
            return true;
        }
    }
    return false;
}

static struct listen_syn *take(struct listeners *l, struct conns *s)
{
    struct listen_syn *y;

    if (!l->syn_free && l->syn_fresh == l->syn_limit && !forget_one(l, s))
        return NULL;
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

/* What a SYN asks for and we have. */
static uint8_t agree(const struct listener *at, const struct conns *s, const struct tcp *seg)
{
    const struct conn_config *k = &s->config;
    unsigned options = 0;

    if (seg->has & TCP_HAS_WSCALE && !k->no_window_scale)
        options |= LISTEN_WSCALE | seg->wscale;
    if (seg->has & TCP_HAS_TIMESTAMP && !k->no_timestamps)
        options |= LISTEN_TIMESTAMPS;
    if (seg->has & TCP_HAS_SACK_PERMITTED && !k->no_sack)
        options |= LISTEN_SACK;
    if ((seg->flags & (TCP_ECE | TCP_CWR)) == (TCP_ECE | TCP_CWR) && s->settings[at->settings].ecn)
        options |= LISTEN_ECN;
    return (uint8_t)options;
}

/* What the SYN says, in a record that is nowhere yet. */
static struct listen_syn note_syn(const struct listeners *l, const struct conns *s,
                                  const struct table_key *key, int listener, const struct tcp *seg,
                                  uint16_t next_hop, uint16_t mss)
{
    return (struct listen_syn){.key = *key,
                               .next_hop = next_hop,
                               .irs = seg->seq,
                               .ts_recent = seg->ts_value,
                               .peer_mss = seg->has & TCP_HAS_MSS   ? seg->mss
                                           : addr_is4(&key->remote) ? 536
                                                                    : 1220, /* MUST-15 */
                               .mss = mss,
                               .listener = (uint16_t)listener,
                               .options = agree(&l->listeners[listener], s, seg)};
}

/* The window that its SYN-ACK offers, and so the first right edge. */
static uint32_t first_window(const struct conns *s, const struct listen_syn *y)
{
    uint32_t window = conn_syn_window(s);

    return y->tight && y->mss < window ? y->mss : window;
}

/* The SYN-ACK of a record. */
static struct tcp syn_ack(const struct conns *s, const struct listen_syn *y)
{
    struct tcp t = {.src_port = y->key.local_port,
                    .dst_port = y->key.remote_port,
                    .seq = y->iss,
                    .ack = seq_add(y->irs, 1),
                    .flags = TCP_SYN | TCP_ACK,
                    .has = TCP_HAS_MSS,
                    .mss = y->mss,
                    .window = (uint16_t)first_window(s, y)};

    if (y->options & LISTEN_WSCALE) {
        t.has |= TCP_HAS_WSCALE;
        t.wscale = s->config.rcv_scale;
    }
    if (y->options & LISTEN_TIMESTAMPS) {
        t.has |= TCP_HAS_TIMESTAMP;
        t.ts_value = s->now_ms + isn_ts_offset(s, &y->key);
        t.ts_echo = y->ts_recent;
    }
    if (y->options & LISTEN_SACK)
        t.has |= TCP_HAS_SACK_PERMITTED;
    if (y->options & LISTEN_ECN)
        t.flags |= TCP_ECE;
    return t;
}

/* ---- cookies ------------------------------------------------------------------------------------------ */

static uint32_t period(const struct conns *s)
{
    return (uint32_t)(s->now / (COOKIE_PERIOD_S * TIME_S));
}

static uint32_t cookie_of(const struct conns *s, const struct table_key *key, seq32 irs, uint32_t count,
                          uint32_t mss)
{
    uint32_t hash = isn_cookie(s, key, irs, count, mss) & ((1u << COOKIE_HASH_BITS) - 1);

    return count << (COOKIE_HASH_BITS + COOKIE_MSS_BITS) | mss << COOKIE_HASH_BITS | hash;
}

/* The timestamp that says the options, never later than the clock. */
static uint32_t timestamp_with(uint32_t clock, uint8_t options)
{
    uint32_t low = (1u << COOKIE_TS_BITS) - 1, said = COOKIE_NO_SCALE;

    if (options & LISTEN_WSCALE)
        said = options & 15;
    said |= options & LISTEN_SACK ? 16 : 0;
    said |= options & LISTEN_ECN ? 32 : 0;
    said |= clock & ~low;
    return (int32_t)(said - clock) > 0 ? said - low - 1 : said;
}

static struct verdict send_cookie(struct listeners *l, const struct conns *s, struct listen_syn *y)
{
    struct listener *at = &l->listeners[y->listener];
    uint32_t mss = (1 << COOKIE_MSS_BITS) - 1, now = tick_of(s->now);
    struct tcp t;

    while (mss && cookie_mss[mss] > y->peer_mss)
        mss--;
    y->iss = seq_of(cookie_of(s, &y->key, y->irs, period(s), mss));
    if (!(y->options & LISTEN_TIMESTAMPS))
        y->options = 0; /* the number alone cannot say them */
    t = syn_ack(s, y);
    if (t.has & TCP_HAS_TIMESTAMP)
        t.ts_value = timestamp_with(t.ts_value, y->options);
    at->cookie = now ? now : 1;
    l->cookies_sent++;
    return (struct verdict){.reply = REPLY_SYN_ACK,
                            .seq = t.seq,
                            .ack = t.ack,
                            .window = t.window,
                            .mss = t.mss,
                            .flags = t.flags,
                            .has = t.has,
                            .wscale = t.wscale,
                            .ts_value = t.ts_value,
                            .ts_echo = t.ts_echo};
}

bool listen_sent_cookies(const struct listeners *l, const struct conns *s, int listener)
{
    uint32_t at = l->listeners[listener].cookie;

    return at && tick_of(s->now) - at < tick_of(2 * COOKIE_PERIOD_S * TIME_S);
}

/* ---- a SYN -------------------------------------------------------------------------------------------- */

struct listen_syn *listen_syn_received(struct listeners *l, struct conns *s, const struct table_key *key,
                                       int listener, const struct tcp *seg, uint16_t next_hop, uint16_t mss,
                                       struct verdict *v)
{
    struct listen_syn *y = take(l, s), noted = note_syn(l, s, key, listener, seg, next_hop, mss);

    *v = verdict_of(DROP_NONE);
    if (!y) {
        *v = send_cookie(l, s, &noted);
        return NULL;
    }
    *y = noted;
    s->hop_uses[next_hop]++;
    y->iss = isn_for(s, key);
    y->tight = !conn_memory_is_ample(s) && budget_part(s, budget_receive_line(s), NULL) < conn_syn_window(s);
    enter_queue(l, y, 0, tick_of(s->now));
    if (!table_insert(&s->table, TABLE_SYN, index_of(l, y))) {
        give(l, s, y);
        *v = verdict_of(DROP_SYN_FULL);
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

/* The handshake is complete: a connection as the record says. */
static struct conn *make_conn(struct listeners *l, struct conns *s, const struct listen_syn *y,
                              const struct tcp *seg)
{
    struct conn *c = conn_new(s);
    const struct listener *at = &l->listeners[y->listener];

    if (!c)
        return NULL;
    c->key = y->key;
    conn_keep_hop(s, c, y->next_hop);
    conn_drop_settings(s, c->settings);
    c->settings = at->settings;
    s->settings_uses[c->settings]++;
    conn_follow_settings(s, c);
    c->flags |= (addr_is4(&y->key.remote) ? 0 : CONN_IPV6) |
                (y->options & LISTEN_TIMESTAMPS ? CONN_TIMESTAMPS : 0) |
                (y->options & LISTEN_SACK ? CONN_SACK : 0) | (y->options & LISTEN_ECN ? CONN_ECN : 0);
    if (y->options & LISTEN_WSCALE) {
        c->flags |= CONN_WSCALE;
        c->scale = (uint8_t)(s->config.rcv_scale << 4 | (y->options & 15));
    }
    conn_note_timestamp(s, c, y->ts_recent);
    c->ts_offset = isn_ts_offset(s, &y->key);
    c->mss = y->mss;
    conn_limit_mss(c, y->peer_mss);
    c->rcv_mss = CONN_RCV_MSS;
    c->rcv_nxt = seq_add(y->irs, 1);
    c->rcv_edge = seq_add(c->rcv_nxt, first_window(s, y));
    c->snd_una = c->snd_nxt = seq_add(y->iss, 1);
    c->snd_wnd = ack_window(c, seg);
    c->snd_wl1 = seg->seq;
    conn_cold(s, c)->iss = y->iss;
    conn_cold(s, c)->irs = y->irs;
    conn_cold(s, c)->link_mss = y->mss;
    conn_cold(s, c)->listener = y->listener + 1u;
    return c;
}

static void tell_accepted(struct listeners *l, struct conns *s, struct conn *c)
{
    c->flags |= CONN_IN_TABLE;
    l->listeners[conn_cold(s, c)->listener - 1].pending++;
    conn_set_state(s, c, CONN_ESTABLISHED);
    s->counts.opened_passive++;
    conn_tells(s, c, CONN_EV_ACCEPTED);
    if (c->flags & CONN_KEEP)
        timers_heard(s, c);
}

static struct conn *open_conn(struct listeners *l, struct conns *s, struct listen_syn *y,
                              const struct tcp *seg)
{
    struct conn *c = make_conn(l, s, y, seg);

    if (!c)
        return NULL;
    if (y->sends == 1)
        rtt_measured(c, (uint32_t)(((uint64_t)(tick_of(s->now) - y->sent_at) << TICK_SHIFT) / TIME_US));
    else
        rtt_syn_repeated(s, c);
    cc_opened(s, c, y->sends - 1u);
    table_replace(&s->table, TABLE_SYN, index_of(l, y), TABLE_CONN, conn_index(s, c));
    give(l, s, y);
    tell_accepted(l, s, c);
    return c;
}

/* The record as it would be, if the acknowledgement gives back a cookie of ours. */
static bool remember(const struct listeners *l, const struct conns *s, const struct tcp *seg, uint16_t mss,
                     struct listen_syn *y)
{
    const struct conn_settings *k = &s->settings[l->listeners[y->listener].settings];
    uint32_t cookie = seg->ack.v - 1, now = period(s), said = seg->ts_echo;
    uint32_t count = now - ((now - (cookie >> (32 - COOKIE_COUNT_BITS))) & ((1 << COOKIE_COUNT_BITS) - 1));
    uint32_t index = cookie >> COOKIE_HASH_BITS & ((1 << COOKIE_MSS_BITS) - 1);

    y->irs = seq_add(seg->seq, 0u - 1);
    if (now - count > 1 || cookie != cookie_of(s, &y->key, y->irs, count, index))
        return false;
    y->iss = seq_of(cookie);
    y->peer_mss = cookie_mss[index];
    y->mss = mss;
    if (!(seg->has & TCP_HAS_TIMESTAMP) || s->config.no_timestamps)
        return true;
    y->ts_recent = seg->ts_value;
    y->options = LISTEN_TIMESTAMPS;
    if ((said & 15) != COOKIE_NO_SCALE && !s->config.no_window_scale)
        y->options |= (uint8_t)(LISTEN_WSCALE | (said & 15));
    y->options |= said & 16 && !s->config.no_sack ? LISTEN_SACK : 0;
    y->options |= said & 32 && k->ecn ? LISTEN_ECN : 0;
    return true;
}

struct conn *listen_cookie(struct listeners *l, struct conns *s, const struct table_key *key, int listener,
                           const struct tcp *seg, uint16_t next_hop, uint16_t mss)
{
    struct listen_syn y = {.key = *key, .next_hop = next_hop, .listener = (uint16_t)listener};
    struct conn *c;

    if ((seg->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK || !remember(l, s, seg, mss, &y) ||
        l->listeners[listener].pending >= LISTEN_BACKLOG)
        return NULL;
    c = make_conn(l, s, &y, seg);
    if (!c)
        return NULL;
    if (!table_insert(&s->table, TABLE_CONN, conn_index(s, c))) {
        c->flags |= CONN_ORPHAN;
        conn_release(s, c);
        return NULL;
    }
    cc_opened(s, c, 0);
    l->cookies_taken++;
    tell_accepted(l, s, c);
    return c;
}

/* What a half-open connection says when it is told something odd. */
static struct verdict acknowledge(const struct conns *s, const struct listen_syn *y, enum drop reason)
{
    uint32_t window = first_window(s, y);
    struct verdict v = {.drop = reason,
                        .reply = REPLY_ACK,
                        .seq = seq_add(y->iss, 1),
                        .ack = seq_add(y->irs, 1),
                        .window =
                            (uint16_t)(y->options & LISTEN_WSCALE ? window >> s->config.rcv_scale : window)};

    if (y->options & LISTEN_TIMESTAMPS) {
        v.has = TCP_HAS_TIMESTAMP;
        v.ts_value = s->now_ms + isn_ts_offset(s, &y->key);
        v.ts_echo = y->ts_recent;
    }
    return v;
}

/* The same to what may be forged, or an answer itself: once in a while only (RFC 5961 7). */
static struct verdict challenge(const struct conns *s, struct listen_syn *y, enum drop reason)
{
    return conn_may_answer(s, &y->answered) ? acknowledge(s, y, reason) : verdict_of(reason);
}

/* PAWS (RFC 7323 5.3), and a segment that should have a timestamp and has none (3.2). */
static bool is_stale(const struct listen_syn *y, const struct tcp *seg)
{
    if (!(y->options & LISTEN_TIMESTAMPS) || seg->flags & (TCP_RST | TCP_SYN))
        return false;
    return !(seg->has & TCP_HAS_TIMESTAMP) || (int32_t)(seg->ts_value - y->ts_recent) < 0;
}

struct verdict listen_input(struct listeners *l, struct conns *s, uint32_t index, const struct tcp *seg,
                            uint32_t len, struct conn **opened)
{
    struct listen_syn *y = &l->syns[index];
    seq32 rcv_nxt = seq_add(y->irs, 1), iss_next = seq_add(y->iss, 1);
    uint32_t window = first_window(s, y);
    bool in_window =
        seq_in(seg->seq, rcv_nxt, window) || (len && seq_in(seq_add(seg->seq, len - 1), rcv_nxt, window));

    *opened = NULL;
    if (seg->flags & TCP_RST) { /* RFC 5961 3.2; from a listener the application is not told (MUST-11) */
        if (!seq_eq(seg->seq, rcv_nxt))
            return in_window ? challenge(s, y, DROP_RESET) : verdict_of(DROP_RESET);
        forget(l, s, y);
        return verdict_of(DROP_NONE);
    }
    if (seg->flags & TCP_SYN) {
        if (!(seg->flags & TCP_ACK) && seq_eq(seg->seq, y->irs)) {
            if ((seg->flags & (TCP_ECE | TCP_CWR)) != (TCP_ECE | TCP_CWR))
                y->options &= (uint8_t)~LISTEN_ECN; /* asked for no longer (RFC 3168 6.1.1) */
            send_again(l, s, y);                    /* our SYN-ACK was lost, or is late */
            return verdict_of(DROP_NONE);
        }
        return challenge(s, y, DROP_SYN);
    }
    if (is_stale(y, seg))
        return len ? acknowledge(s, y, DROP_TIMESTAMP) : verdict_of(DROP_TIMESTAMP);
    if (!in_window && !(window == 0 && seq_eq(seg->seq, rcv_nxt)))
        return len ? acknowledge(s, y, DROP_SEQUENCE) : challenge(s, y, DROP_SEQUENCE);
    if (!(seg->flags & TCP_ACK))
        return verdict_of(DROP_FLAGS);
    if (!seq_eq(seg->ack, iss_next))
        return verdict_reset(DROP_ACK);
    if (l->listeners[y->listener].pending >= LISTEN_BACKLOG)
        return verdict_of(DROP_BACKLOG);
    *opened = open_conn(l, s, y, seg);
    return verdict_of(*opened ? DROP_NONE : DROP_CONNECTIONS_FULL);
}

__attribute__((hot)) struct listen_syn *listen_due(struct listeners *l, struct conns *s, struct tcp *out)
{
    uint32_t now = tick_of(s->now);

    for (unsigned i = 0; i <= LISTEN_SENDS && l->syn_used; i++) {
        while (l->queues[i].head && !wheel_before(now, l->syns[l->queues[i].head - 1].due)) {
            struct listen_syn *y = &l->syns[l->queues[i].head - 1];

            if (i == LISTEN_SENDS) {
                forget(l, s, y);
                continue;
            }
            *out = syn_ack(s, y);
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

__attribute__((hot)) bool listen_next(const struct listeners *l, uint32_t *tick)
{
    bool any = false;

    for (unsigned i = 0; i <= LISTEN_SENDS && l->syn_used; i++) {
        uint32_t head = l->queues[i].head;

        if (head && (!any || wheel_before(l->syns[head - 1].due, *tick))) {
            *tick = l->syns[head - 1].due;
            any = true;
        }
    }
    return any;
}

void listen_close(struct listeners *l, struct conns *s, int listener)
{
    struct listener *at = &l->listeners[listener];
    uint32_t *link = place_of(l, at->port);

    for (unsigned i = 0; i <= LISTEN_SENDS; i++) {
        for (uint32_t next = l->queues[i].head; next;) {
            struct listen_syn *y = &l->syns[next - 1];

            next = y->next;
            if (y->listener == listener)
                forget(l, s, y);
        }
    }
    while (*link != (uint32_t)listener + 1)
        link = &l->listeners[*link - 1].next;
    *link = at->next;
    conn_drop_settings(s, at->settings);
    at->used = false;
    at->pending = 0;
    at->generation++;
    l->used--;
}
