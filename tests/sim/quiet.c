/* SPDX-License-Identifier: BSD-2-Clause
 *
 * After the faults. In a share of the worlds the wire becomes a good one at a drawn moment: nothing is lost,
 * damaged, doubled or put out of order any more, nobody is deaf, the path's MTU stays. From then on only what
 * had gone wrong before has to be put right, and how long that may take follows from the timers:
 *
 *      faults        | under way | quiet
 *      --------------+-----------+------------------------------------------------------> time
 *                 stop_at     quiet_at      progress   progress            end
 *                                 |<-patience->|<-patience->|<- ... ->|<- ... ->|
 *                                 |<------------ finish_by --------------------->|
 *
 * Two bounds, of every connection. It may stand still for its `patience`: the retransmission timeout (or the
 * probing of a closed window, which is timed alike), as far as it has been backed off, runs out once at most,
 * since what it then sends arrives; some round trips with delayed acknowledgements follow, and both
 * applications may pause. And it ends before `finish_by`, which is what it takes if every segment that is
 * left is the smallest there can be and waits for a timeout that is not backed off. Keep-alive (two hours)
 * plays no part.
 *
 * What is thrown away for want of room (a full ring or queue, a packet too big for the path, memory) is a
 * loss nobody stopped: then all begins anew. Called by world.c.
 */
#include "sim.h"

#include "wire/drop.h"

#include <stdio.h>

enum {
    QUEUE_ALL = 1 << 20,  /* frames that a wire without faults holds */
    ROUNDS = 4,           /* for what was lost last, what was lost before that, an answer, and an end */
    DELAYED_ACK_MS = 41,  /* 40, and a tick of the wheel */
    RTO_MIN_MS = 201,     /* and a tick */
    RTO_MAX_S = 60,       /* of rn_options, its default */
    SYN_ACK_MAX_S = 32,   /* the longest that a half-open connection waits to repeat itself */
    ARP_S = 5,            /* three questions, a second each, the application's second, and one to spare */
    RECLAIM_S = 12,       /* ten until who keeps memory has to go, and what takes its place */
    TURNS = 16,           /* how often a late caller is late in ROUNDS */
    SEGMENT_LEAST = 488,  /* MTU 576 without headers, timestamps and three blocks of SACK */
    SEGMENT_LITTLE = 240, /* what a queue takes when memory is short */
    STEPS_BESIDE = 4      /* SYN, two FINs, and the first window */
};

static bool has_little(const struct plan *p)
{
    return p->budget[0] || p->budget[1];
}

/* All that was thrown away, though no fault was drawn for it. */
static uint64_t thrown_away(const struct world *w)
{
    uint64_t n = router_thrown_away(w->router);
    struct rn_fault_stats wire[2];
    struct rn_stats stats;

    for (int s = 0; s < 2; s++) {
        rn_stats(w->net[s], &stats);
        rn_dev_fault_stats(w->fault[s], wire);
        n += wire[0].overflowed + wire[1].overflowed + w->fault[s]->rx_drops + w->fault[s]->tx_drops;
        n += stats.drops[DROP_BUDGET] + stats.drops[DROP_REASSEMBLY] + stats.drops[DROP_NEIGHBOUR] +
             stats.islands_dropped;
    }
    return n;
}

/* How long a frame takes at most that enters a wire with faults. */
static rn_time under_way(const struct plan *p)
{
    const struct rn_fault *f = &p->fault;
    rn_time sum = f->delay + f->jitter + (f->reorder_by ? f->reorder_by : 3 * TIME_MS);

    if (f->rate_bps)
        sum += (rn_time)((uint64_t)f->queue_frames * (p->link_mtu + 14) * 8 * TIME_S / f->rate_bps);
    return sum;
}

void quiet_begin(struct world *w)
{
    const struct plan *p = w->plan;
    struct rn_fault none = {.queue_frames = QUEUE_ALL}, slow = none;

    slow.delay = p->fault.delay;
    for (int s = 0; s < 2; s++) {
        bool sends = p->fault_place == 0 || (p->fault_place == 2 && s == 0);
        bool receives = p->fault_place == 1 || (p->fault_place == 2 && s == 0);

        rn_dev_fault_set(w->fault[s], receives ? &slow : &none, sends ? &slow : &none);
    }
    w->quiet_at = p->perfect ? w->now : w->now + under_way(p);
    w->thrown_away = thrown_away(w);
    w->totals->quiet_worlds++;
    w->check_at = w->now;
}

/* The timer of one side, as it may be running at `since`. The stack tells it as long as there is a socket.
 * Afterwards it follows from the clock, since each timeout is twice the one before. When the socket went, one
 * of r may have been about to run out; those of 2r, 4r ... that have run out since then are, all together, 2r
 * less than the one that runs now. Of a half-open connection the first is a second, and none ran before it.
 */
static rn_time timer_of(const struct world *w, const struct endpoint *e, rn_time since)
{
    struct rn_info info;
    rn_time timer = 0, most = RTO_MAX_S * TIME_S;

    if (e->sock && rn_info(w->net[e->stack], e->sock, &info) == 0)
        return info.rto_us * TIME_US;
    if (e->closed_at) {
        timer = 2 * e->rto_then + (since - e->closed_at);
    } else if (e->side == SERVER && !e->done) {
        timer = TIME_S + (since - e->connection->started);
        most = SYN_ACK_MAX_S * TIME_S;
    }
    return timer < most ? timer : most;
}

static rn_time patience(const struct world *w, const struct connection *c, rn_time since)
{
    const struct plan *p = w->plan;
    rn_time client = timer_of(w, &c->end[CLIENT], since), server = timer_of(w, &c->end[SERVER], since);

    return (client > server ? client : server) + ROUNDS * (2 * p->fault.delay + DELAYED_ACK_MS * TIME_MS) +
           TURNS * p->quantum + 2 * p->pause_max + (p->arp ? ARP_S * TIME_S : 0) +
           (has_little(p) ? RECLAIM_S * TIME_S : 0);
}

/* Everything that is left, one small segment after the other. */
static rn_time one_by_one(const struct world *w, const struct connection *c)
{
    const struct plan *p = w->plan;
    uint64_t left = (uint64_t)c->plan->side[CLIENT].size - c->end[SERVER].got + c->plan->side[SERVER].size -
                    c->end[CLIENT].got;
    uint64_t steps = left / (has_little(p) ? SEGMENT_LITTLE : SEGMENT_LEAST) + STEPS_BESIDE;

    return (rn_time)steps *
           (2 * p->fault.delay + (DELAYED_ACK_MS + RTO_MIN_MS) * TIME_MS + TURNS / ROUNDS * p->quantum);
}

/* What both sides looked like when one of them took too long. */
static void too_long(struct world *w, const struct connection *c, const char *what, rn_time took,
                     rn_time bound)
{
    char text[160], side[2][40] = {"no socket", "no socket"};
    struct rn_info info;

    for (int i = 0; i < 2; i++)
        if (c->end[i].sock && rn_info(w->net[c->end[i].stack], c->end[i].sock, &info) == 0)
            snprintf(side[i], sizeof side[i], "%s %u+%u>%u", rn_state_name(info.state), info.unacked,
                     info.unsent, info.unread);
    snprintf(text, sizeof text, "after the faults, client %s, server %s, %s for %lld ms, the bound being",
             side[0], side[1], what, (long long)(took / TIME_MS));
    app_broken(w, &c->end[c->end[CLIENT].done ? SERVER : CLIENT], VERDICT_STUCK, text,
               (long long)(bound / TIME_MS));
}

static void judge(struct world *w, struct connection *c)
{
    rn_time since = c->progress > w->quiet_at ? c->progress : w->quiet_at;

    if (c->quiet_since != since) {
        c->quiet_since = since;
        c->patience = patience(w, c, since);
    }
    if (c->judged_from != w->quiet_at) {
        w->totals->outlived += !c->judged_from;
        c->judged_from = w->quiet_at;
        c->finish_by = since + c->patience + one_by_one(w, c) - c->paused;
    }
    if (watch_is_forsaken(w, c))
        return;
    if (w->now - since > c->patience)
        too_long(w, c, "standing still", w->now - since, c->patience);
    if (w->now > c->finish_by + c->paused)
        too_long(w, c, "not finished", w->now - w->quiet_at, c->finish_by + c->paused - w->quiet_at);
}

void quiet_look(struct world *w)
{
    uint64_t n = thrown_away(w);

    if (n != w->thrown_away) {
        w->thrown_away = n;
        w->quiet_at = w->now > w->quiet_at ? w->now : w->quiet_at;
    }
    for (uint32_t i = 0; i < w->plan->connections && w->now > w->quiet_at; i++) {
        struct connection *c = &w->connection[i];

        if (c->started && !(c->end[CLIENT].done && c->end[SERVER].done))
            judge(w, c);
    }
}
