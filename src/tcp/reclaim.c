/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Taking memory back. A clock's hand goes round all connections, RECLAIM_LOOK of them at a look, and sets for
 * each queue that should be moving a mark that has to be passed by a certain time:
 *
 *      send queue:  una ------- mark (1/8 of it) ------------------- end         10 s to get there
 *      islands:     rcv_nxt --- mark (1/8 of them) ... | island |                 1 s
 *
 * So nobody who takes his bytes is ever found, however slow his path, if it carries an eighth of what is
 * queued in that time; and he who acknowledges a byte now and then is found like him who is silent. Marks
 * count from when memory became pressed: while it is not, nobody is looked at.
 *
 * Called by stack/poll once a poll; what it decides leaves as marks like everything here.
 */
#include "reclaim.h"
#include "budget.h"

#include <errno.h>

/* Memory is pressed no more. */
static bool is_relieved(const struct conns *s)
{
    return s->slabs->used_bytes <= s->slabs->budget_bytes / 8 * 3;
}

static uint32_t some_tick(uint32_t tick)
{
    return tick ? tick : 1;
}

/* True: `at`, which had to pass the mark within `patience` ticks, has not. A mark that was passed, or is from
 * before memory was pressed, is set anew. */
static bool lags(const struct conns *s, struct conn_watch *w, seq32 at, uint32_t bytes, uint32_t patience)
{
    uint32_t now = tick_of(s->now);

    if (w->since && !wheel_before(w->since, s->pressed_since) && seq_lt(at, w->mark))
        return now - w->since >= patience;
    w->since = some_tick(now);
    w->mark = seq_add(at, bytes / RECLAIM_PROGRESS + 1);
    return false;
}

/* Islands whose hole is not being filled go at once: the peer has to send them again (RFC 2018 8). */
static void look_at_islands(struct conns *s, struct conn *c, struct conn_active *a)
{
    if (!reassembly_any(&a->ahead)) {
        a->ahead_watch.since = 0;
        return;
    }
    if (!lags(s, &a->ahead_watch, c->rcv_nxt, a->ahead.charged, tick_of(RECLAIM_ISLANDS_S * TIME_S)) &&
        budget_may_wait(s, a->ahead.charged))
        return;
    conn_drop_ahead(s, a);
    conn_fold(s, c);
    s->counts.islands_dropped++;
}

/* What a connection costs whose peer takes too little; 0: it does not, or not for long enough. */
static uint32_t cost_if_stalled(struct conns *s, const struct conn *c)
{
    struct conn_active *a = conn_active(s, c);

    if (!a || c->state == CONN_CLOSED)
        return 0;
    if (!a->send.bytes) {
        a->send_watch.since = 0;
        return 0;
    }
    if (!lags(s, &a->send_watch, c->snd_una, a->send.bytes, tick_of(RECLAIM_PATIENCE_S * TIME_S)))
        return 0;
    return CONN_ACTIVE_BYTES + a->send.charged + a->recv.charged + a->ahead.charged;
}

static void evict(struct conns *s, struct conn *c)
{
    s->counts.evicted++;
    conn_owes(s, c, OWE_RST);
    conn_finish(s, c, -ENOBUFS);
}

/* The one that the hand points to, n further on. */
static struct conn *pointed_at(const struct conns *s, uint32_t n)
{
    uint32_t i = s->hand + n;

    return conn_at(s, i < s->fresh ? i : i - s->fresh);
}

/* One look. Those go first that cost most: each that costs at least half of what the dearest does. */
static void look(struct conns *s)
{
    uint32_t n = s->fresh < RECLAIM_LOOK ? s->fresh : RECLAIM_LOOK, most = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct conn *c = pointed_at(s, i);
        struct conn_active *a = conn_active(s, c);
        uint32_t cost = cost_if_stalled(s, c);

        if (a && c->state != CONN_CLOSED)
            look_at_islands(s, c, a);
        most = cost > most ? cost : most;
    }
    for (uint32_t i = 0; most && i < n && !is_relieved(s); i++)
        if (cost_if_stalled(s, pointed_at(s, i)) >= most / 2)
            evict(s, pointed_at(s, i));
    s->hand += n;
    if (s->hand >= s->fresh)
        s->hand -= s->fresh;
}

void reclaim_memory(struct conns *s)
{
    uint32_t now = tick_of(s->now);

    if (is_relieved(s)) {
        s->pressed_since = 0;
        return;
    }
    if (!s->pressed_since)
        s->pressed_since = some_tick(now);
    else if (now - s->looked_at < tick_of(RECLAIM_LOOK_MS * TIME_MS))
        return;
    s->looked_at = now;
    look(s);
}
