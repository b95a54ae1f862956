/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The wheel is armed lazily. A connection's deadline is the least of its named deadlines; setting one later,
 * or taking it back, touches nothing but the connection. When its entry surfaces the deadlines are looked at
 * and the entry goes back for what is left. Only a deadline that moves *earlier* than all entries needs a
 * second one: a connection remembers a near and a far entry, what else surfaces for it is stale.
 *
 *      wheel:    . . . n . . . . . . . . . f . . .      near: surfaces first; far: the one before it
 *      deadline: . . . . . . d                          n surfaces, is looked at, goes back in for d
 */
#include "timers.h"
#include "cc.h"
#include "rtt.h"

#include <errno.h>

enum {
    FARTHEST_TICKS = (1 << 24) - (1 << 18), /* 18 minutes: beyond, a slot of the wheel is so wide that too
                                             * many entries would surface at one tick */
    SWEEP_IDS = 1024,                       /* looked at in one sweep */
    FIN_WAIT_2_S = 60, /* of an orphan (RFC 9293 3.9.1.5 leaves it to us; the usual time) */
    MEMORY_RETRY_MS = 50,
    BACKOFF_MAX = 16,
    SEEN_NEAR = 64,
    SEEN_FAR = 128
};

static bool is_stale(void *context, uint32_t id, uint32_t surfaces)
{
    const struct conn *c = conn_at((const struct conns *)context, id);

    return !(c->flags & CONN_NEAR && c->near == surfaces) && !(c->flags & CONN_FAR && c->far == surfaces);
}

/* The least of the named deadlines; false: there is none. */
static bool deadline(const struct conn *c, uint32_t *tick)
{
    uint32_t least = c->rexmt_at;

    if (c->ack_at && (!least || wheel_before(c->ack_at, least)))
        least = c->ack_at;
    if (c->other_at && (!least || wheel_before(c->other_at, least)))
        least = c->other_at;
    *tick = least;
    return least != 0;
}

/* The same, but of entries that surface at the same tick for the same connection only the first is not stale:
 * that it was seen is noted for the length of the sweep in two bits of `owe` that nothing else uses. */
static bool is_stale_or_double(void *context, uint32_t id, uint32_t surfaces)
{
    struct conn *c = conn_at((const struct conns *)context, id);

    if (c->flags & CONN_NEAR && c->near == surfaces && !(c->owe & SEEN_NEAR)) {
        c->owe |= SEEN_NEAR;
        return false;
    }
    if (c->flags & CONN_FAR && c->far == surfaces && !(c->owe & SEEN_FAR)) {
        c->owe |= SEEN_FAR;
        return false;
    }
    return true;
}

/* Takes out all that nobody waits for. What is left is at most two entries a connection, and the wheel has
 * three: so this comes after as many adds as there are connections, and never twice in a row. */
static void sweep_all(struct conns *s)
{
    s->sweep = 0;
    do
        wheel_sweep(&s->wheel, &s->sweep, SWEEP_IDS, is_stale_or_double, s);
    while (s->sweep);
    for (uint32_t i = 0; i < s->fresh; i++)
        conn_at(s, i)->owe &= (uint8_t) ~(SEEN_NEAR | SEEN_FAR);
}

static void link_entry(struct conns *s, struct conn *c, uint32_t tick)
{
    uint32_t surfaces;

    if (tick_diff(tick, tick_of(s->now)) > FARTHEST_TICKS)
        tick = tick_of(s->now) + FARTHEST_TICKS;
    if (!wheel_add(&s->wheel, conn_index(s, c), tick, &surfaces)) {
        sweep_all(s);
        wheel_add(&s->wheel, conn_index(s, c), tick, &surfaces);
    }
    /* The entry that was near is now the far one, unless there is one: then it is forgotten. */
    if (c->flags & CONN_NEAR && !(c->flags & CONN_FAR)) {
        c->far = c->near;
        c->flags |= CONN_FAR;
    }
    c->near = surfaces;
    c->flags |= CONN_NEAR;
}

static void arm(struct conns *s, struct conn *c)
{
    uint32_t tick;

    if (!deadline(c, &tick))
        return;
    if (c->flags & CONN_NEAR && !wheel_before(tick, c->near))
        return;
    if (c->flags & CONN_FAR && !wheel_before(tick, c->far))
        return;
    link_entry(s, c, tick);
}

/* A deadline that far from now, as a tick; never 0, which means none. */
static uint32_t after(const struct conns *s, rn_time wait)
{
    uint32_t tick = tick_after(s->now + wait);

    return tick ? tick : 1;
}

static void restart_rexmt(struct conns *s, struct conn *c)
{
    c->rexmt_at = after(s, rtt_timeout_us(s, c) * TIME_US);
    arm(s, c);
}

void timers_data_sent(struct conns *s, struct conn *c)
{
    /* With nothing in flight before, a timer that runs was for probing. */
    if (!c->rexmt_at || seq_eq(c->snd_una, c->snd_max))
        restart_rexmt(s, c); /* RFC 6298 (5.1) */
}

void timers_ack_advanced(struct conns *s, struct conn *c)
{
    c->retries = 0;
    if (seq_eq(c->snd_una, c->snd_max))
        c->rexmt_at = 0; /* (5.2) */
    else
        restart_rexmt(s, c); /* (5.3) */
}

void timers_window_closed(struct conns *s, struct conn *c)
{
    if (!c->rexmt_at)
        restart_rexmt(s, c);
}

void timers_window_opened(struct conns *s, struct conn *c)
{
    c->backoff = 0;
    c->flags &= (uint16_t)~CONN_FORCE;
    if (seq_eq(c->snd_una, c->snd_max))
        c->rexmt_at = 0;
    else
        restart_rexmt(s, c);
}

void timers_ack_put_off(struct conns *s, struct conn *c)
{
    if (c->ack_at)
        return;
    c->ack_at = after(s, s->config.delayed_ack);
    arm(s, c);
}

void timers_ack_sent(struct conn *c)
{
    c->ack_at = 0;
}

void timers_orphan_waits(struct conns *s, struct conn *c)
{
    c->other_at = after(s, FIN_WAIT_2_S * TIME_S);
    arm(s, c);
}

void timers_memory_short(struct conns *s, struct conn *c)
{
    c->other_at = after(s, MEMORY_RETRY_MS * TIME_MS);
    arm(s, c);
}

/* RFC 6298 (5.4) to (5.7): the earliest segment again, the timeout doubled, and all that followed it counts
 * as lost. A window that is closed is probed instead (RFC 9293 3.8.6.1). */
static void rexmt_ran_out(struct conns *s, struct conn *c)
{
    bool opening = c->state == CONN_SYN_SENT || c->state == CONN_SYN_RECEIVED;
    uint32_t flight = (uint32_t)seq_diff(c->snd_max, c->snd_una);
    struct conn_active *a = conn_active(s, c);

    c->rexmt_at = 0;
    if (c->retries >= (opening ? s->config.syn_retries : s->config.data_retries)) {
        s->counts.timed_out++;
        conn_finish(s, c, -ETIMEDOUT);
        return;
    }
    c->retries++;
    if (c->backoff < BACKOFF_MAX)
        c->backoff++;
    if (flight && !opening && c->snd_wnd)
        cc_timed_out(s, c, flight, c->retries == 1);
    else if (!opening)
        c->flags |= CONN_FORCE;
    c->snd_nxt = c->snd_una;
    if (a)
        a->timed_at = 0; /* Karn: what is sent twice is not timed */
    conn_owes(s, c, OWE_SEND);
    restart_rexmt(s, c);
}

static void other_ran_out(struct conns *s, struct conn *c)
{
    c->other_at = 0;
    if (c->flags & CONN_ORPHAN && c->state == CONN_FIN_WAIT_2)
        conn_finish(s, c, 0);
    else if (c->flags & CONN_WANT_WRITE) {
        c->flags &= (uint16_t)~CONN_WANT_WRITE;
        conn_tells(s, c, CONN_EV_WRITABLE);
    }
}

void timers_surfaced(struct conns *s, uint32_t index, uint32_t surfaced)
{
    struct conn *c = conn_at(s, index);
    uint32_t now = tick_of(s->now);

    if (c->flags & CONN_NEAR && c->near == surfaced)
        c->flags &= (uint16_t)~CONN_NEAR;
    else if (c->flags & CONN_FAR && c->far == surfaced)
        c->flags &= (uint16_t)~CONN_FAR;
    else
        return;
    if (c->ack_at && !wheel_before(now, c->ack_at)) {
        c->ack_at = 0;
        conn_owes(s, c, OWE_ACK);
    }
    if (c->other_at && !wheel_before(now, c->other_at))
        other_ran_out(s, c);
    if (c->rexmt_at && !wheel_before(now, c->rexmt_at))
        rexmt_ran_out(s, c);
    arm(s, c);
}

void timers_sweep(struct conns *s)
{
    if (s->wheel.entries > s->wheel.entries_max - s->wheel.entries_max / 8)
        wheel_sweep(&s->wheel, &s->sweep, SWEEP_IDS, is_stale, s);
}
