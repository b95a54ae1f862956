/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The applications of a world: clients and servers that send streams, read them byte by byte, and end in
 * every order there is. They are strict customers of the API: they act on a socket only when an event says so
 * (or when their own pause is over), so an event that does not come is a connection that stands still, and is
 * found.
 *
 *      event -> receive, transmit, conclude -> done: closed, RN_CLOSED, RN_FAILED or aborted
 *
 * What may happen is decided here: whether a reset is one that the peer had reason to send, whether an end
 * comes at its right byte, whether a time-out is R2's. Called by world.c.
 */
#include "sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 16384 };

const char *app_address(const struct plan *p, int stack)
{
    static const char *const names[2][2] = {{"10.0.0.1", "10.0.0.2"}, {"fd00::1", "fd00::2"}};

    return names[p->version6][stack];
}

static uint32_t number_of(const struct world *w, const struct endpoint *e)
{
    return (uint32_t)(e->connection - w->connection);
}

static const struct side_plan *plan_of(const struct endpoint *e)
{
    return &e->connection->plan->side[e->side];
}

static struct endpoint *peer_of(const struct endpoint *e)
{
    return &e->connection->end[1 - e->side];
}

static bool leads(const struct endpoint *e)
{
    return e->connection->plan->leader == e->side;
}

static bool echoes(const struct endpoint *e)
{
    return e->side == SERVER && e->connection->plan->order >= ORDER_ECHO_ONE;
}

/* The orders in which one side goes without a word. */
static bool leaving(const struct endpoint *e)
{
    enum order order = e->connection->plan->order;

    return order == ORDER_ABORT || order == ORDER_ABANDON;
}

void app_broken(struct world *w, const struct endpoint *e, enum verdict v, const char *what, long long n)
{
    world_fail(
        w, v, "connection %u (order %d, leader %d), %s on stack %d: %s %lld; sent %llu of %u, got %llu of %u",
        number_of(w, e), e->connection->plan->order, e->connection->plan->leader,
        e->side ? "server" : "client", e->stack, what, n, (unsigned long long)e->sent, plan_of(e)->size,
        (unsigned long long)e->got, plan_of(peer_of(e))->size);
}

/* It moves: after how long, counted from when the faults were over? */
static void after_faults(struct world *w, struct endpoint *e)
{
    const struct connection *c = e->connection;
    rn_time stood = w->now - (c->progress > w->quiet_at ? c->progress : w->quiet_at);

    if (!c->started || c->orphan)
        return;
    if (stood > w->totals->longest_quiet)
        w->totals->longest_quiet = stood;
    if (w->plan->perfect && !w->plan->budget[0] && !w->plan->budget[1] && stood > draw_perfect_stall(w->plan))
        app_broken(w, e, VERDICT_STUCK,
                   "a timer had to run out where nothing is lost; stood still for us:", stood / TIME_US);
}

static void progress(struct world *w, struct endpoint *e)
{
    rn_time stood = w->now - e->connection->progress;

    if (stood > w->totals->longest_stall && e->connection->started && !e->connection->orphan)
        w->totals->longest_stall = stood;
    if (w->quiet_at)
        after_faults(w, e);
    e->connection->progress = w->now;
    w->steps_at_progress = w->steps;
}

/* The side is done; its number must be stale from here on. */
void app_finish(struct world *w, struct endpoint *e)
{
    if (e->done)
        return;
    e->done = true;
    e->stale = e->sock;
    e->sock = 0;
    w->unfinished--;
    progress(w, e);
    if (e->stale && rn_ready(w->net[e->stack], e->stale) != -EBADF)
        app_broken(w, e, VERDICT_BROKEN, "the number of an ended socket is not stale", e->stale);
}

/* ---- pauses -------------------------------------------------------------------------------------------- */

static void wake_at(struct world *w, struct endpoint *e, rn_time when)
{
    e->resume_at = when;
    if (when < w->app_due)
        w->app_due = when;
}

static void leave_at(struct world *w, struct endpoint *e, rn_time when)
{
    e->leave_at = when;
    if (when < w->app_due)
        w->app_due = when;
}

/* Now and then an application has something else to do. */
static bool pauses(struct world *w, struct endpoint *e)
{
    const struct plan *p = w->plan;
    rn_time pause;

    if (p->pause_ppm == 0 || rng_below(&e->rng, 1000000) >= p->pause_ppm)
        return false;
    pause = (rn_time)rng_log(&e->rng, 100 * TIME_US, (uint64_t)p->pause_max);
    wake_at(w, e, w->now + pause);
    e->connection->paused += pause;
    return true;
}

/* ---- moving bytes -------------------------------------------------------------------------------------- */

/* Where the peer's stream ends: short when it closed on the way, nowhere when it aborts. */
static uint64_t end_of_stream(const struct endpoint *e)
{
    const struct endpoint *peer = peer_of(e);

    if (e->connection->plan->order == ORDER_ABORT && leads(peer))
        return UINT64_MAX;
    return leaving(e) && leads(peer) && peer->done ? peer->sent : plan_of(peer)->size;
}

static void end_of_reading(struct world *w, struct endpoint *e)
{
    if (e->got != end_of_stream(e))
        app_broken(w, e, VERDICT_WRONG, "the end was read too early, the peer having sent",
                   (long long)peer_of(e)->sent);
    e->end_read = true;
    progress(w, e);
}

/* Reads until there is nothing, the end, or a pause. */
static void receive(struct world *w, struct endpoint *e)
{
    uint8_t buffer[BUFFER];
    size_t want = plan_of(e)->chunk, right;

    while (!e->end_read && !e->resume_at) {
        ptrdiff_t n = rn_recv(w->net[e->stack], e->sock, buffer, want);

        if (n == -EAGAIN)
            return;
        if (n == 0)
            end_of_reading(w, e);
        if (n < 0 || n > (ptrdiff_t)want)
            app_broken(w, e, VERDICT_BROKEN, "rn_recv says", n);
        if (n <= 0)
            return;
        right = stream_check(buffer, plan_of(peer_of(e))->key, e->got, (size_t)n);
        e->got += right;
        if (right < (size_t)n || e->got > peer_of(e)->sent)
            app_broken(w, e, VERDICT_WRONG, "wrong byte at offset", (long long)e->got);
        w->totals->bytes += right;
        progress(w, e);
        if (pauses(w, e) || ((size_t)n < want && !plan_of(e)->read_dry))
            return;
    }
}

/* ORDER_HALF: whoever does not lead begins when it has read the end. */
static bool may_send(const struct endpoint *e)
{
    return !e->shut && (e->connection->plan->order != ORDER_HALF || leads(e) || e->end_read);
}

static void transmit(struct world *w, struct endpoint *e)
{
    uint8_t buffer[BUFFER];
    const struct side_plan *plan = plan_of(e);

    while (e->sent < plan->size && may_send(e) && !e->resume_at) {
        uint64_t left = plan->size - e->sent;
        size_t len = left < plan->chunk ? (size_t)left : plan->chunk;
        ptrdiff_t n;

        stream_fill(buffer, plan->key, e->sent, len);
        n = rn_send(w->net[e->stack], e->sock, buffer, len);
        if (n == -EAGAIN)
            return;
        if (n <= 0 || n > (ptrdiff_t)len) {
            app_broken(w, e, VERDICT_BROKEN, "rn_send says", n);
            return;
        }
        e->sent += (uint64_t)n;
        progress(w, e);
        if (pauses(w, e) || (size_t)n < len)
            return;
    }
}

/* Closes the socket, and remembers what timer the stack goes on with. */
static void let_go(struct world *w, struct endpoint *e)
{
    struct rn_info info = {0};
    int n;

    rn_info(w->net[e->stack], e->sock, &info);
    e->closed_at = w->now;
    e->rto_then = info.rto_us * TIME_US;
    n = rn_close(w->net[e->stack], e->sock);
    if (n != 0)
        app_broken(w, e, VERDICT_BROKEN, "rn_close says", n);
}

/* The echo server of the manual: one call for each event; or in pieces. */
static void echo(struct world *w, struct endpoint *e)
{
    bool one = e->connection->plan->order == ORDER_ECHO_ONE;
    size_t want = one ? RN_ALL : plan_of(e)->chunk;
    ptrdiff_t n;

    do {
        n = rn_splice(w->net[e->stack], e->sock, e->sock, want);
        if (n > 0) {
            e->got += (uint64_t)n;
            e->sent += (uint64_t)n;
            progress(w, e);
        }
    } while (n > 0 && !one && !pauses(w, e));
    if (n < 0 && n != -EAGAIN)
        app_broken(w, e, VERDICT_BROKEN, "rn_splice says", n);
    if (n != 0)
        return;
    end_of_reading(w, e);
    let_go(w, e);
    app_finish(w, e);
}

/* ---- closing ------------------------------------------------------------------------------------------- */

static void shut(struct world *w, struct endpoint *e)
{
    int n = rn_shutdown(w->net[e->stack], e->sock);

    if (n != 0)
        app_broken(w, e, VERDICT_BROKEN, "rn_shutdown says", n);
    e->shut = true;
    progress(w, e);
}

static void leave(struct world *w, struct endpoint *e)
{
    if (e->connection->plan->order != ORDER_ABORT)
        let_go(w, e);
    else if (rn_abort(w->net[e->stack], e->sock) != 0)
        app_broken(w, e, VERDICT_BROKEN, "rn_abort fails", 0);
    e->connection->orphan = true;
    app_finish(w, e);
}

static bool time_to_leave(const struct endpoint *e)
{
    return leaving(e) && leads(e) &&
           (e->overdue || (e->up && e->sent + e->got >= e->connection->plan->leave_bytes));
}

/* All sent, and the moment has come to say so. */
static bool time_to_shut(const struct endpoint *e)
{
    if (e->shut || e->sent < plan_of(e)->size)
        return false;
    switch (e->connection->plan->order) {
    case ORDER_FIRST: return leads(e) || e->end_read;
    case ORDER_HALF: return leads(e) || e->end_read;
    case ORDER_CLOSE: return !leads(e) && e->end_read;
    case ORDER_ABORT: return !leads(e);
    case ORDER_ABANDON: return !leads(e);
    default: return true;
    }
}

/* Does what the connection's order says now that bytes have moved. */
static void conclude(struct world *w, struct endpoint *e)
{
    bool all = e->sent == plan_of(e)->size && e->got == plan_of(peer_of(e))->size;

    if (time_to_leave(e)) {
        leave(w, e);
        return;
    }
    if (time_to_shut(e))
        shut(w, e);
    if ((e->connection->plan->order == ORDER_CLOSE && leads(e) && all) ||
        (e->shut && e->end_read && !plan_of(e)->wait_closed)) {
        let_go(w, e);
        app_finish(w, e);
    }
}

static void work(struct world *w, struct endpoint *e)
{
    if (e->done || e->resume_at || !e->up)
        return;
    if (echoes(e)) {
        echo(w, e);
        return;
    }
    receive(w, e);
    transmit(w, e);
    conclude(w, e);
}

/* ---- events -------------------------------------------------------------------------------------------- */

static uint16_t port_in(const char *text)
{
    const char *colon = strrchr(text, ':');

    return colon ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
}

/* Whose a new connection is, its peer's port says; of several that had the port one after the other it is the
 * last one's. NULL: nobody's. */
static struct endpoint *owner_of(struct world *w, int stack, uint16_t port)
{
    struct endpoint *found = NULL;

    for (uint32_t i = 0; i < w->plan->connections; i++) {
        struct connection *c = &w->connection[i];
        struct endpoint *e = &c->end[SERVER];

        if (c->plan->stack == stack || c->port != port || !c->started || e->up ||
            (e->done && !c->end[CLIENT].done))
            continue;
        if (!found || found->connection->started < c->started)
            found = e;
    }
    return found;
}

static struct endpoint *accepted(struct world *w, int stack, const struct rn_event *ev)
{
    struct rn_info info = {0};
    struct endpoint *e;

    if (ev->listener != w->listener[stack] || ev->user || rn_info(w->net[stack], ev->sock, &info) != 0)
        return NULL;
    e = owner_of(w, stack, port_in(info.peer));
    if (!e)
        return NULL;
    if (e->done) { /* its client has long gone; it will learn that now */
        e->done = false;
        w->unfinished++;
    }
    e->sock = ev->sock;
    e->up = true;
    rn_set_user(w->net[stack], e->sock, e);
    progress(w, e);
    return e;
}

bool app_evicted_behind(const struct world *w, const struct endpoint *e)
{
    struct rn_stats stats;

    if (!e->done || !e->closed_at || !w->plan->budget[e->stack])
        return false;
    rn_stats(w->net[e->stack], &stats);
    return stats.evicted > w->evicted[e->stack];
}

/* Whether a reset is one that the peer had reason to send; the reason is counted. */
static bool reset_explained(struct world *w, const struct endpoint *e)
{
    if (e->connection->orphan)
        return true;
    if (e->end_read && e->shut && e->sent == plan_of(e)->size) {
        w->totals->late_resets++; /* a FIN again, after the peer's TIME-WAIT */
        return true;
    }
    if (e->side == CLIENT && e->up && !e->connection->end[SERVER].up) {
        w->totals->never_heard++; /* the half-open connection was given up: R2 of the SYN-ACK */
        return true;
    }
    return app_evicted_behind(w, peer_of(e));
}

/* ARP's few questions were lost: the host said so within seconds, and the client tries again. */
static bool tries_again(struct world *w, struct endpoint *e, int error)
{
    if (error != -EHOSTUNREACH || !w->plan->arp || e->up || e->side != CLIENT)
        return false;
    w->totals->no_neighbour++;
    e->sock = 0;
    e->connection->started = 0;
    progress(w, e);
    wake_at(w, e, w->now + TIME_S);
    return true;
}

/* Memory was pressed, and the peer did not take what was queued for it: that takes ten seconds at least. */
static bool was_evicted(struct world *w, const struct endpoint *e, int error)
{
    if (error != -ENOBUFS || !w->plan->budget[e->stack] || !e->sent || w->now - w->began < 10 * TIME_S)
        return false;
    w->evicted[e->stack]++;
    return true;
}

static void failed(struct world *w, struct endpoint *e, int error)
{
    bool calm = draw_calm(w->plan) && !e->connection->orphan;

    if (tries_again(w, e, error))
        return;
    if (error == -ETIMEDOUT) {
        w->totals->timed_out += !e->connection->orphan;
        if (calm)
            app_broken(w, e, VERDICT_LOST, "failed where little is lost:", error);
    } else if (!was_evicted(w, e, error) && (error != -ECONNRESET || !reset_explained(w, e))) {
        app_broken(w, e, VERDICT_WRONG, "failed without reason:", error);
    }
    e->connection->orphan = true;
    app_finish(w, e);
}

/* RN_CLOSED: both ends have been told and acknowledged. */
static void closed(struct world *w, struct endpoint *e)
{
    if (!e->shut || !e->end_read)
        app_broken(w, e, VERDICT_WRONG, "RN_CLOSED although an end is missing", e->shut);
    app_finish(w, e);
}

/* Accepted and failed in one event: the socket is gone already, so nobody can be asked whose it was. That is
 * in order when a client has aborted; any other client would now wait for ever, and be found. */
static bool came_and_went(const struct world *w, int stack, const struct rn_event *ev)
{
    return (ev->mask & RN_ACCEPTED) && (ev->mask & RN_FAILED) && ev->error == -ECONNRESET &&
           ev->listener == w->listener[stack];
}

/* A connection that nobody opened: the SYN of one that has ended came once more, and what its client then
 * says from TIME-WAIT acknowledges just the byte that the new initial sequence number happens to be before.
 * So it may be where both have ended and frames are doubled. It is told to go. */
static bool is_ghost(struct world *w, int stack, const struct rn_event *ev)
{
    struct rn_info info = {0};

    if (!(ev->mask & RN_ACCEPTED) || !w->plan->fault.duplicate_ppm ||
        rn_info(w->net[stack], ev->sock, &info) != 0)
        return false;
    for (uint32_t i = 0; i < w->plan->connections; i++) {
        const struct connection *c = &w->connection[i];

        if (c->plan->stack == stack || c->port != port_in(info.peer) || !c->end[SERVER].up ||
            !c->end[SERVER].done || !c->end[CLIENT].done)
            continue;
        w->totals->ghosts++;
        return rn_abort(w->net[stack], ev->sock) == 0;
    }
    return false;
}

static void handle(struct world *w, int stack, const struct rn_event *ev)
{
    struct endpoint *e;

    if (came_and_went(w, stack, ev))
        return;
    e = ev->mask & RN_ACCEPTED ? accepted(w, stack, ev) : ev->user;
    if (!e && is_ghost(w, stack, ev))
        return;

    if (!e || e->sock != ev->sock || e->stack != stack || (e->up && (ev->mask & RN_CONNECTED)) ||
        ev->mask == 0) {
        world_fail(w, VERDICT_BROKEN, "stack %d: an event that cannot be, mask %x of socket %llx", stack,
                   (unsigned)ev->mask, (unsigned long long)ev->sock);
        return;
    }
    if (ev->mask & RN_CONNECTED) {
        e->up = true;
        progress(w, e);
    }
    if (!e->up && !(ev->mask & RN_FAILED))
        app_broken(w, e, VERDICT_BROKEN, "an event before the first one:", ev->mask);
    if (ev->mask & RN_FAILED)
        failed(w, e, ev->error);
    else if (ev->mask & RN_CLOSED)
        closed(w, e);
    else
        work(w, e);
}

/* ---- time ---------------------------------------------------------------------------------------------- */

static void begin(struct world *w, struct endpoint *e)
{
    struct connection *c = e->connection;
    char to[80], from[80], err[RN_ERRBUF] = "";
    bool v6 = w->plan->version6;
    struct rn_info info;

    c->started = c->progress = w->now;
    snprintf(to, sizeof to, v6 ? "[%s]:7" : "%s:7", app_address(w->plan, 1 - e->stack));
    snprintf(from, sizeof from, v6 ? "[%s]:%u" : "%s:%u", app_address(w->plan, e->stack),
             10000 + number_of(w, e));
    e->sock = rn_connect(w->net[e->stack], RN_TCP, to, c->plan->port_given ? from : NULL, err);
    if (e->sock <= 0 || rn_info(w->net[e->stack], e->sock, &info) != 0) {
        app_broken(w, e, VERDICT_BROKEN, err, e->sock);
        e->sock = 0;
        return;
    }
    c->port = port_in(info.local);
    rn_set_user(w->net[e->stack], e->sock, e);
    if (leaving(e) && !c->end[c->plan->leader].overdue)
        for (int side = 0; side < 2; side++)
            if (leads(&c->end[side]))
                leave_at(w, &c->end[side], w->now + c->plan->leave_after);
}

/* What an application does of its own accord when its time has come. */
static void tend(struct world *w, struct endpoint *e)
{
    bool leaves = e->leave_at && e->leave_at <= w->now, resumes = e->resume_at && e->resume_at <= w->now;

    if (leaves) {
        e->leave_at = 0;
        e->overdue = true;
    }
    if (resumes)
        e->resume_at = 0;
    if (resumes && e->side == CLIENT && !e->connection->started)
        begin(w, e);
    else if (leaves && !e->done && e->sock)
        leave(w, e);
    else if (resumes)
        work(w, e);
}

static rn_time sooner(rn_time due, rn_time at)
{
    return at && at < due ? at : due;
}

static void run_due(struct world *w, int stack)
{
    rn_time due = RN_FOREVER;

    for (uint32_t i = 0; i < w->plan->connections; i++)
        for (int side = 0; side < 2; side++) {
            struct endpoint *e = &w->connection[i].end[side];

            if (e->stack == stack)
                tend(w, e);
        }
    for (uint32_t i = 0; i < w->plan->connections; i++)
        for (int side = 0; side < 2; side++) {
            const struct endpoint *e = &w->connection[i].end[side];

            due = sooner(sooner(due, e->resume_at), e->leave_at);
        }
    w->app_due = due;
}

static void take_events(struct world *w, int stack)
{
    struct rn_event ev;

    while (w->verdict == VERDICT_GOOD && rn_next(w->net[stack], &ev))
        handle(w, stack, &ev);
}

void app_run(struct world *w, int stack)
{
    take_events(w, stack);
    if (w->now < w->app_due)
        return;
    run_due(w, stack);
    take_events(w, stack); /* what the calls have brought about, the end behind the last byte for one */
}

void app_start(struct world *w)
{
    w->app_due = RN_FOREVER;
    for (uint32_t i = 0; i < w->plan->connections; i++) {
        struct connection *c = &w->connection[i];

        c->plan = &w->plan->connection[i];
        for (uint8_t side = 0; side < 2; side++) {
            c->end[side].connection = c;
            c->end[side].side = side;
            c->end[side].stack = side ^ c->plan->stack;
            c->end[side].rng.s = c->plan->side[side].pause_seed;
            w->unfinished++;
        }
        wake_at(w, &c->end[CLIENT], w->now + c->plan->start);
    }
}
