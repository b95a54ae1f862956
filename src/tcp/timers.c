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
    BACKOFF_MAX = 16
};

static bool is_stale(void *context, uint32_t id, uint32_t surfaces)
{
    const struct conn *c = conn_at((const struct conns *)context, id);

    return !(c->flags & CONN_NEAR && c->near == surfaces) && !(c->flags & CONN_FAR && c->far == surfaces);
}

/* The least of the named deadlines; false: there is none. */
static inline bool deadline(const struct conn *c, uint32_t *tick)
{
    uint32_t least = c->loss_at;

    if (c->ack_at && (!least || wheel_before(c->ack_at, least)))
        least = c->ack_at;
    if (c->other_at && (!least || wheel_before(c->other_at, least)))
        least = c->other_at;
    *tick = least;
    return least != 0;
}

/* The same, but of entries that surface at the same tick for the same connection only the first is not stale:
 * that it was seen is noted for the length of the sweep. */
static bool is_stale_or_double(void *context, uint32_t id, uint32_t surfaces)
{
    struct conn *c = conn_at((const struct conns *)context, id);

    if (c->flags & CONN_NEAR && c->near == surfaces && !(c->flags & CONN_SEEN_NEAR)) {
        c->flags |= CONN_SEEN_NEAR;
        return false;
    }
    if (c->flags & CONN_FAR && c->far == surfaces && !(c->flags & CONN_SEEN_FAR)) {
        c->flags |= CONN_SEEN_FAR;
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
        conn_at(s, i)->flags &= ~(uint32_t)(CONN_SEEN_NEAR | CONN_SEEN_FAR);
}

static __attribute__((noinline)) void link_entry(struct conns *s, struct conn *c, uint32_t tick)
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

static inline void arm(struct conns *s, struct conn *c)
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
static inline uint32_t after(const struct conns *s, rn_time wait)
{
    uint32_t tick = tick_after(s->now + wait);

    return tick ? tick : 1;
}

static inline void set_loss(struct conns *s, struct conn *c, enum conn_timer timer, uint32_t wait_us)
{
    c->timer = (uint8_t)timer;
    c->loss_at = after(s, wait_us * TIME_US);
    arm(s, c);
}

/* What is left of the user timeout, if the socket has one (RFC 9293 3.9.1.2 has it with SEND). */
static __attribute__((noinline)) uint32_t left_of_user_timeout(const struct conns *s, const struct conn *c,
                                                               uint32_t wait_us)
{
    uint32_t limit = conn_settings(s, c)->user_timeout_ms;
    const struct conn_active *a = conn_active(s, c);
    uint64_t waited_us, left_us;

    if (!a)
        return wait_us;
    waited_us = ((uint64_t)(tick_of(s->now) - a->progress_at) << TICK_SHIFT) / TIME_US;
    left_us = (uint64_t)limit * 1000 > waited_us ? (uint64_t)limit * 1000 - waited_us : 1;
    return left_us < wait_us ? (uint32_t)left_us : wait_us;
}

static inline uint32_t within_user_timeout(const struct conns *s, const struct conn *c, uint32_t wait_us)
{
    return conn_settings(s, c)->user_timeout_ms ? left_of_user_timeout(s, c, wait_us) : wait_us;
}

static void restart_rto(struct conns *s, struct conn *c)
{
    set_loss(s, c, TIMER_RTO, within_user_timeout(s, c, rtt_timeout_us(s, c)));
}

/* Something is in flight: the one timer of RFC 8985 7.2 and 6.2 that comes before a retransmission timeout,
 * or that. */
static inline void restart_loss(struct conns *s, struct conn *c, const struct conn_active *a)
{
    uint32_t wait = within_user_timeout(s, c, rtt_timeout_us(s, c)), probe = 0;
    enum conn_timer timer = TIMER_RTO;

    if (a->loss.reorder_us && a->loss.reorder_us < wait) {
        timer = TIMER_REORDER;
        wait = a->loss.reorder_us;
    } else if (c->flags & CONN_SACK) {
        probe = loss_probe_us(&a->loss, c->srtt_us, a->board.sacked != 0, conn_flight(c) <= c->mss);
    }
    if (probe && probe < wait) {
        timer = TIMER_PROBE;
        wait = probe;
    }
    set_loss(s, c, timer, wait);
}

void timers_first_deadline(struct conns *s, struct conn *c)
{
    if (conn_settings(s, c)->user_timeout_ms)
        restart_loss(s, c, conn_active(s, c)); /* it may be sooner than any other */
    else
        arm(s, c);
}

/* As restart_loss would have when all that is in flight was sent: the path was a calm one then. */
void timers_settle_now(struct conns *s, struct conn *c)
{
    const struct conn_active *a = conn_active(s, c);
    uint32_t wait = rtt_timeout_us(s, c), probe = 0, sent_us = s->now_us;
    unsigned sends;

    if (a && c->flags & CONN_SACK)
        probe = loss_probe_us(&a->loss, c->srtt_us, false, true);
    c->timer = probe && probe < wait ? TIMER_PROBE : TIMER_RTO;
    if (c->timer == TIMER_PROBE)
        wait = probe;
    if (a)
        scoreboard_first(&a->board, &s->arrays, &sent_us, &sends);
    c->loss_at = after(s, ((rn_time)wait - (s->now_us - sent_us)) * TIME_US);
}

void timers_data_sent(struct conns *s, struct conn *c, bool again)
{
    struct conn_active *a = conn_active(s, c);

    timers_settle(s, c);
    if (!conn_flight(c) && conn_facts[c->state].synchronized) {
        timers_first_sent(s, c, a); /* RFC 6298 (5.1); a timer that runs was for probing */
    } else if (!conn_flight(c)) {
        a->progress_at = tick_of(s->now);
        restart_loss(s, c, a);
    } else if (c->loss_at && c->timer == TIMER_PROBE && !again) {
        restart_loss(s, c, a); /* RFC 8985 7.2: with each transmission of new data */
    } else if (!c->loss_at) {
        restart_rto(s, c);
    }
}

void timers_rest_in_flight(struct conns *s, struct conn *c)
{
    restart_loss(s, c, conn_active(s, c)); /* (5.3) */
}

/* The retransmission timer runs longer than it would if it were set now: what was SACKed has been timed, which
 * ended the doubling. */
static bool is_outdated(const struct conns *s, const struct conn *c)
{
    return wheel_before(after(s, rtt_timeout_us(s, c) * TIME_US), c->loss_at);
}

/* RFC 6298 has the timer go on when SND.UNA stays; only the reordering timer may come in between, or have
 * come to its end. But nobody waits out a timeout that was doubled six times when he knows a better one. */
void timers_sacked(struct conns *s, struct conn *c)
{
    const struct conn_active *a = conn_active(s, c);

    timers_settle(s, c);
    if (a->loss.reorder_us)
        set_loss(s, c, TIMER_REORDER, a->loss.reorder_us);
    else if (c->timer != TIMER_RTO || is_outdated(s, c))
        restart_rto(s, c);
}

void timers_window_closed(struct conns *s, struct conn *c)
{
    struct conn_active *a = conn_active(s, c);

    if (c->loss_at)
        return;
    if (a)
        a->progress_at = tick_of(s->now);
    restart_rto(s, c);
}

void timers_window_opened(struct conns *s, struct conn *c)
{
    c->backoff = 0;
    c->flags &= ~(uint32_t)(CONN_FORCE | CONN_PROBED);
    if (conn_flight(c))
        restart_rto(s, c);
    else
        c->loss_at = 0;
}

void timers_ack_put_off(struct conns *s, struct conn *c)
{
    if (c->ack_at)
        return;
    c->ack_at = after(s, s->config.delayed_ack);
    arm(s, c);
}

static void set_other(struct conns *s, struct conn *c, rn_time wait)
{
    c->other_at = after(s, wait);
    arm(s, c);
}

void timers_orphaned(struct conns *s, struct conn *c)
{
    uint32_t linger_ms = conn_settings(s, c)->linger_ms;

    c->flags &= ~(uint32_t)(CONN_KEEP | CONN_PROBE_OWED);
    if (c->state == CONN_FIN_WAIT_2)
        set_other(s, c, FIN_WAIT_2_S * TIME_S);
    else if (linger_ms)
        set_other(s, c, linger_ms * TIME_MS);
    else
        c->other_at = 0;
}

void timers_memory_short(struct conns *s, struct conn *c)
{
    if (!(c->flags & CONN_ORPHAN) || c->state == CONN_SYN_SENT || !c->other_at)
        set_other(s, c, MEMORY_RETRY_MS * TIME_MS);
}

void timers_heard(struct conns *s, struct conn *c)
{
    const struct conn_settings *k = conn_settings(s, c);

    if (c->flags & CONN_WANT_WRITE && c->other_at)
        return; /* it waits for memory, and there is something to send: nothing to keep alive */
    if (c->flags & CONN_KEEP_PROBING) {
        c->flags &= ~(uint32_t)CONN_KEEP_PROBING;
        conn_cold(s, c)->keep_sent = 0;
    }
    set_other(s, c, k->keep_idle_ms * TIME_MS);
}

void timers_settings_changed(struct conns *s, struct conn *c)
{
    if (c->flags & CONN_KEEP)
        timers_heard(s, c);
    else if (!(c->flags & (CONN_ORPHAN | CONN_WANT_WRITE)))
        c->other_at = 0;
    timers_settle(s, c);
    if (c->loss_at && c->timer == TIMER_RTO)
        restart_rto(s, c);
    else if (c->loss_at && conn_settings(s, c)->user_timeout_ms)
        timers_rest_in_flight(s, c); /* it may be sooner than the probe */
}

/* Out of patience: by the clock if the socket has a user timeout, else by R2 (RFC 9293 3.8.3). */
static bool gives_up(const struct conns *s, const struct conn *c, bool opening)
{
    const struct conn_settings *k = conn_settings(s, c);
    const struct conn_active *a = conn_active(s, c);

    if (k->user_timeout_ms && a)
        return ((uint64_t)(tick_of(s->now) - a->progress_at) << TICK_SHIFT) >= k->user_timeout_ms * TIME_MS;
    return c->retries >= (opening ? k->syn_retries : k->data_retries);
}

static void give_up(struct conns *s, struct conn *c)
{
    s->counts.timed_out++;
    conn_finish(s, c, -ETIMEDOUT);
}

/* Between R1 and R2 the application is told, once (RFC 9293 3.8.3, SHLD-9). */
static void tell_trouble(struct conns *s, struct conn *c)
{
    const struct conn_settings *k = conn_settings(s, c);

    if (c->retries != k->r1 || !k->soft_errors)
        return;
    conn_cold(s, c)->trouble = -ETIMEDOUT;
    conn_tells(s, c, CONN_EV_TROUBLE);
}

/* RFC 6298 (5.4) to (5.7): what is lost goes again, the timeout is doubled. A window that is closed is probed
 * instead (RFC 9293 3.8.6.1). */
static void rto_ran_out(struct conns *s, struct conn *c)
{
    bool opening = c->state == CONN_SYN_SENT || c->state == CONN_SYN_RECEIVED;
    struct conn_active *a = conn_active(s, c);
    uint32_t flight = conn_flight(c);

    if (gives_up(s, c, opening)) {
        give_up(s, c);
        return;
    }
    if (c->retries < UINT8_MAX)
        c->retries++;
    if (c->backoff < BACKOFF_MAX)
        c->backoff++;
    tell_trouble(s, c);
    if (flight && a && (opening || !c->snd_wnd))
        scoreboard_lose_all(&a->board, &s->arrays);
    else if (flight && a)
        loss_timed_out(s, c, a, c->retries == 1);
    if (!opening && (!flight || !c->snd_wnd))
        c->flags |= CONN_FORCE;
    conn_owes(s, c, OWE_SEND);
    restart_rto(s, c);
}

static void loss_ran_out(struct conns *s, struct conn *c)
{
    enum conn_timer timer;

    timers_settle(s, c);
    if (wheel_before(tick_of(s->now), c->loss_at))
        return; /* it was only the soonest */
    timer = c->timer;
    c->loss_at = 0;
    if (timer == TIMER_RTO || !conn_flight(c)) {
        rto_ran_out(s, c);
    } else if (timer == TIMER_PROBE) {
        c->flags |= CONN_TAIL_PROBE; /* RFC 8985 7.3, and the RTO is what comes next */
        conn_owes(s, c, OWE_SEND);
        restart_rto(s, c);
    } else {
        loss_reorder_ran_out(s, c, conn_active(s, c));
        timers_sacked(s, c);
        if (!c->loss_at)
            restart_rto(s, c);
    }
}

/* Nothing was heard for so long: asks whether anybody is there (RFC 9293 3.8.4). */
static void keep_alive(struct conns *s, struct conn *c)
{
    const struct conn_settings *k = conn_settings(s, c);
    struct conn_cold *cold = conn_cold(s, c);

    if (conn_flight(c) || conn_queued(s, c) || !conn_facts[c->state].synchronized) {
        set_other(s, c, k->keep_idle_ms * TIME_MS); /* MUST-26: only when nothing is outstanding */
        return;
    }
    if (cold->keep_sent >= k->keep_count) {
        give_up(s, c);
        return;
    }
    cold->keep_sent++;
    c->flags |= CONN_KEEP_PROBING | CONN_PROBE_OWED;
    conn_owes(s, c, OWE_ACK);
    set_other(s, c, k->keep_interval_ms * TIME_MS);
}

/* A close waited long enough for its bytes to be acknowledged. */
static void cut_off(struct conns *s, struct conn *c)
{
    conn_owes(s, c, OWE_RST);
    conn_finish(s, c, -ECONNABORTED);
}

static void other_ran_out(struct conns *s, struct conn *c)
{
    c->other_at = 0;
    if (c->flags & CONN_ORPHAN && c->state == CONN_FIN_WAIT_2) {
        conn_finish(s, c, 0);
    } else if (c->flags & CONN_ORPHAN && conn_settings(s, c)->linger_ms) {
        cut_off(s, c);
    } else if (c->flags & CONN_WANT_WRITE) {
        c->flags &= ~(uint32_t)CONN_WANT_WRITE;
        conn_tells(s, c, CONN_EV_WRITABLE);
    } else if (c->flags & CONN_KEEP) {
        keep_alive(s, c);
        return;
    }
    if (c->state == CONN_CLOSED)
        return;
    if (c->flags & CONN_FIN_WANTED || c->state == CONN_SYN_SENT)
        conn_owes(s, c, OWE_SEND); /* a FIN or SYN for which there was no memory */
    if (c->flags & CONN_KEEP)
        timers_heard(s, c);
}

void timers_surfaced(struct conns *s, uint32_t index, uint32_t surfaced)
{
    struct conn *c = conn_at(s, index);
    uint32_t now = tick_of(s->now);

    if (c->flags & CONN_NEAR && c->near == surfaced)
        c->flags &= ~(uint32_t)CONN_NEAR;
    else if (c->flags & CONN_FAR && c->far == surfaced)
        c->flags &= ~(uint32_t)CONN_FAR;
    else
        return;
    if (c->ack_at && !wheel_before(now, c->ack_at)) {
        c->ack_at = 0;
        conn_owes(s, c, OWE_ACK);
    }
    if (c->other_at && !wheel_before(now, c->other_at))
        other_ran_out(s, c);
    if (c->loss_at && !wheel_before(now, c->loss_at))
        loss_ran_out(s, c);
    conn_note_usual(s, c);
    arm(s, c);
}

__attribute__((hot)) void timers_sweep(struct conns *s)
{
    if (s->wheel.entries > s->wheel.entries_max - s->wheel.entries_max / 8)
        wheel_sweep(&s->wheel, &s->sweep, SWEEP_IDS, is_stale, s);
}
