/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A world's life: built from its plan, turned until every connection has ended and every pool of both stacks
 * is empty again, taken down. Time goes from deadline to deadline; nothing sleeps.
 *
 *      turn:  for each stack poll, application, flush;  router;  then on to the least deadline
 *
 * Four things end a world before its time: a wrong byte or broken promise (app.c, router.c), a turn that
 * comes round and round without time going on, a storm of frames without progress, and a connection or a pool
 * that is not done within its bound. Called by main.c and expert.c.
 */
#include "sim.h"

#include "base/be.h"
#include "wire/addr.h"
#include "wire/drop.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    ROUNDS_MAX = 5000,             /* turns at one moment */
    STORM_STEPS = 2000000,         /* turns without any progress of any connection */
    DRAIN_BOUND_S = 16 * 60 + 300, /* R2 of closed sockets' last words, then TIME-WAIT and FIN-WAIT-2 */
    SEGMENT = 1460,
    BURST = 64, /* what rn_poll takes at most */
    SPARE = 8,
    CHECK_S = 20, /* from one look at all connections to the next ... */
    QUIET_CHECK_S = 1
};

void world_fail(struct world *w, enum verdict v, const char *format, ...)
{
    va_list list;
    int at;

    if (w->verdict != VERDICT_GOOD)
        return;
    w->verdict = v;
    at = snprintf(w->why, sizeof w->why, "%.6f s: ", (double)(w->now - w->began) / 1e9);
    va_start(list, format);
    vsnprintf(w->why + at, sizeof w->why - (size_t)at, format, list);
    va_end(list);
}

static void make_devices(struct world *w)
{
    const struct plan *p = w->plan;
    static const struct rn_fault clean;
    struct rn_dev *near[2], *far[2], *ends[2];
    char err[RN_ERRBUF];

    for (int s = 0; s < 2; s++) {
        struct rn_pair_options pair = {.slots = p->slots,
                                       .mtu = p->link_mtu,
                                       .medium = p->medium,
                                       .completion_max = p->completion_max,
                                       .seed = p->pair_seed[s]};
        bool sends = p->fault_place == 0 || (p->fault_place == 2 && s == 0);
        bool receives = p->fault_place == 1 || (p->fault_place == 2 && s == 0);
        struct rn_fault_options fault = {
            .seed = p->fault_seed[s], .tx = sends ? p->fault : clean, .rx = receives ? p->fault : clean};

        if (rn_dev_pair(ends, &pair, err) < 0) {
            fprintf(stderr, "sim: %s\n", err);
            exit(1);
        }
        near[s] = ends[0];
        far[s] = ends[1];
        memcpy(near[s]->mac, router_stack_mac[s], 6);
        memcpy(far[s]->mac, router_mac[s], 6);
        if (rn_dev_fault(&w->fault[s], near[s], &fault, err) < 0) {
            fprintf(stderr, "sim: %s\n", err);
            exit(1);
        }
    }
    w->router = router_new(w, far);
}

static void check_call(int result, const char *what, const char *err)
{
    if (result >= 0)
        return;
    fprintf(stderr, "sim: %s: %s (%s)\n", what, err, strerror(-result));
    exit(1);
}

static struct rn_options options_of(const struct plan *p, int s)
{
    uint8_t o = p->options[s];

    return (struct rn_options){.connections = p->connections + SPARE,
                               .receive_bytes = p->segments[s][0] * SEGMENT,
                               .receive_bytes_max = p->segments[s][0] * SEGMENT * p->grow[s],
                               .send_bytes = p->segments[s][1] * SEGMENT,
                               .send_bytes_max = p->segments[s][1] * SEGMENT * p->grow[s],
                               .no_delay = p->no_delay,
                               .no_window_scale = (o & OPTION_NO_SCALE) != 0,
                               .no_timestamps = (o & OPTION_NO_TIMESTAMPS) != 0,
                               .no_sack = (o & OPTION_NO_SACK) != 0,
                               .ecn = (o & OPTION_ECN) != 0,
                               .congestion = o & OPTION_NEWRENO ? "newreno" : "cubic",
                               .keep_alive = (o & OPTION_KEEP_ALIVE) != 0,
                               .budget_bytes = p->budget[s],
                               .no_fast_path = p->slow_road,
                               .conflict = RN_CONFLICT_OFF};
}

static void make_stack(struct world *w, int s)
{
    const struct plan *p = w->plan;
    struct rn_options options = options_of(p, s);
    struct rn_host host = {0};
    char err[RN_ERRBUF] = "", address[64], mac[18], where[16];

    memcpy(host.seed, p->host_seed[s], sizeof host.seed);
    w->memory_bytes[s] = rn_need(&options);
    w->memory[s] = mmap(NULL, w->memory_bytes[s], PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (w->memory[s] == MAP_FAILED)
        abort();
    check_call(rn_init(&w->net[s], &options, w->memory[s], w->memory_bytes[s], &host, err), "rn_init", err);
    check_call(rn_add_device(w->net[s], w->fault[s], err), "rn_add_device", err);
    snprintf(address, sizeof address, "%s/%d", app_address(p, s), p->version6 ? 64 : 24);
    check_call(rn_add_address(w->net[s], address, err), "rn_add_address", err);
    addr_print_mac(mac, router_mac[s]);
    if (p->medium == RN_ETHERNET && !p->arp)
        check_call(rn_add_neighbour(w->net[s], app_address(p, 1 - s), mac, err), "rn_add_neighbour", err);
    snprintf(where, sizeof where, p->version6 ? "[::]:7" : "0.0.0.0:7");
    w->listener[s] = rn_listen(w->net[s], RN_TCP, where, err);
    check_call(w->listener[s] < 0 ? (int)w->listener[s] : 0, "rn_listen", err);
}

/* The first connection's initial sequence number follows from the host's secret, the addresses and the clock
 * (RFC 6528); the clock is all that can be chosen. So the connection is opened once, alone, to see what the
 * number would be, and the world then begins so much later that it is wraps_by below 2^32. */
static rn_time wait_to_wrap(const struct plan *p)
{
    const struct connection_plan *c = &p->connection[0];
    struct rn_pair_options pair = {.slots = 8, .mtu = p->link_mtu, .medium = RN_IP, .seed = 1};
    struct rn_options options = options_of(p, c->stack);
    struct rn_host host = {0};
    rn_time at = p->start + c->start;
    char err[RN_ERRBUF] = "", text[80], from[80];
    struct rn_frame frame;
    struct rn_dev *ends[2];
    struct rn_stack *net;
    size_t bytes = rn_need(&options);
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    be32 iss;

    if (memory == MAP_FAILED)
        abort();
    memcpy(host.seed, p->host_seed[c->stack], sizeof host.seed);
    check_call(rn_dev_pair(ends, &pair, err), "rn_dev_pair", err);
    check_call(rn_init(&net, &options, memory, bytes, &host, err), "rn_init", err);
    check_call(rn_add_device(net, ends[0], err), "rn_add_device", err);
    snprintf(text, sizeof text, "%s/%d", app_address(p, c->stack), p->version6 ? 64 : 24);
    check_call(rn_add_address(net, text, err), "rn_add_address", err);
    snprintf(text, sizeof text, p->version6 ? "[%s]:7" : "%s:7", app_address(p, 1 - c->stack));
    snprintf(from, sizeof from, p->version6 ? "[%s]:10000" : "%s:10000", app_address(p, c->stack));
    rn_poll(net, at);
    check_call(rn_connect(net, RN_TCP, text, from, err) < 0 ? -1 : 0, "rn_connect", err);
    rn_flush(net, at);
    if (ends[1]->ops->burst(ends[1], &frame, 1, at) != 1)
        abort();
    memcpy(&iss, frame.data + (p->version6 ? 40 : 20) + 4, sizeof iss);
    ends[1]->ops->release(ends[1], 1);
    rn_destroy(net);
    ends[1]->ops->close(ends[1]);
    munmap(memory, bytes);
    return (rn_time)(uint32_t)(0 - p->wraps_by - be32_get(iss)) * 4 * TIME_US;
}

static void note_empty(struct world *w)
{
    struct rn_stats stats;

    for (int s = 0; s < 2; s++) {
        rn_stats(w->net[s], &stats);
        memcpy(w->empty[s], stats.use, sizeof stats.use);
    }
}

/* The first pool that holds more than in the beginning; NULL: none. What is known of neighbours may stay. */
static const char *not_empty(const struct world *w, int s, uint64_t *used)
{
    struct rn_stats stats;

    rn_stats(w->net[s], &stats);
    for (int i = 0; i < RN_POOLS && stats.use[i].name; i++)
        if (stats.use[i].used > w->empty[s][i].used && strcmp(stats.use[i].name, "neighbours") != 0) {
            *used = stats.use[i].used - w->empty[s][i].used;
            return stats.use[i].name;
        }
    return NULL;
}

/* Everybody once. Returns the next deadline, or now when another turn is due at once. */
static rn_time turn(struct world *w)
{
    rn_time due = RN_FOREVER, next;
    bool again = false;

    for (int s = 0; s < 2; s++) {
        again |= rn_poll(w->net[s], w->now) >= BURST; /* there may be more */
        app_run(w, s);
        next = rn_flush(w->net[s], w->now);
        due = next < due ? next : due;
    }
    again |= router_run(w->router, w->now, &next) > 0;
    due = next < due ? next : due;
    due = w->app_due < due ? w->app_due : due;
    return again ? w->now : due;
}

/* Turns until nothing more is to be done at this moment, then moves the clock. */
static void move_on(struct world *w, rn_time no_later)
{
    rn_time due;
    int rounds = 0;

    do {
        due = turn(w);
        w->steps++;
    } while (due <= w->now && ++rounds < ROUNDS_MAX && w->verdict == VERDICT_GOOD);
    if (rounds == ROUNDS_MAX)
        world_fail(w, VERDICT_STUCK, "livelock: %d turns and the clock does not move", ROUNDS_MAX);
    if (w->steps - w->steps_at_progress > STORM_STEPS)
        world_fail(w, VERDICT_STUCK, "storm: %d turns and no connection moves", STORM_STEPS);
    due = due < no_later ? due : no_later;
    w->now = due > w->now + w->plan->quantum ? due : w->now + w->plan->quantum;
}

static void run_connections(struct world *w)
{
    while (w->unfinished > 0 && w->verdict == VERDICT_GOOD) {
        if (w->now >= w->check_at) {
            watch_all(w);
            if (w->quiet_at)
                quiet_look(w);
            w->check_at = w->now + (w->quiet_at ? QUIET_CHECK_S : CHECK_S) * TIME_S;
        }
        if (w->now >= w->stop_at) {
            w->stop_at = RN_FOREVER;
            quiet_begin(w);
        }
        move_on(w, w->check_at < w->stop_at ? w->check_at : w->stop_at);
    }
}

/* After the last connection: until TIME-WAIT has passed and nobody holds anything. */
static void run_dry(struct world *w)
{
    rn_time bound = w->now + DRAIN_BOUND_S * TIME_S;
    const char *pool = NULL;
    uint64_t used = 0;
    int s = 0;

    w->steps_at_progress = w->steps;
    while (w->now < bound && w->verdict == VERDICT_GOOD) {
        for (s = 0; s < 2 && !(pool = not_empty(w, s, &used)); s++)
            ;
        if (!pool && w->unfinished == 0)
            return;
        run_connections(w); /* a connection may yet be accepted that its client has long left */
        move_on(w, w->now + 5 * TIME_S);
    }
    if (w->verdict == VERDICT_GOOD)
        world_fail(w, VERDICT_LEAKED, "stack %d: pool %s holds %llu items that nobody owns", s,
                   pool ? pool : "?", (unsigned long long)used);
}

/* Every number of a socket that has ended is stale, now as ever, and listeners leave nothing behind. */
static void close_listeners(struct world *w)
{
    for (int s = 0; s < 2; s++) {
        if (rn_close(w->net[s], w->listener[s]) != 0)
            world_fail(w, VERDICT_BROKEN, "a listener cannot be closed");
        rn_poll(w->net[s], w->now);
        rn_flush(w->net[s], w->now);
    }
    for (uint32_t i = 0; i < w->plan->connections; i++)
        for (int side = 0; side < 2; side++) {
            const struct endpoint *e = &w->connection[i].end[side];
            uint8_t byte;

            if (e->stale && rn_recv(w->net[e->stack], e->stale, &byte, 1) != -EBADF)
                world_fail(w, VERDICT_BROKEN, "connection %u: a stale number reads", i);
        }
}

/* Had either stack to drop what had arrived? Only then may they send something again on a perfect wire: the
 * other one what was dropped, and it itself what is then acknowledged by a segment that comes twice, which
 * does not count. */
static bool dropped_for_memory(const struct world *w)
{
    uint64_t n = 0;

    for (int s = 0; s < 2; s++) {
        struct rn_stats stats;

        rn_stats(w->net[s], &stats);
        n += w->plan->budget[s] ? stats.drops[DROP_BUDGET] + stats.islands_dropped : 0;
    }
    return n > 0;
}

/* A tail loss probe waits for a delayed acknowledgement only where a single segment is in flight (RFC
 * 8985 7.2). An application that pauses makes two small ones, which are acknowledged as late. Probes need
 * SACK. */
static bool may_probe_tails(const struct plan *p)
{
    return p->pause_ppm && !((p->options[0] | p->options[1]) & OPTION_NO_SACK);
}

/* Where there is plenty nobody loses anything for want of memory; where there is little whoever was told so
 * was evicted, and is counted. */
static void account_for_memory(struct world *w, int s, const struct rn_stats *stats)
{
    struct totals *t = w->totals;

    if (!w->plan->budget[s] && stats->evicted + stats->islands_dropped + stats->drops[DROP_BUDGET] > 0)
        world_fail(w, VERDICT_BROKEN,
                   "stack %d: evicted %llu, islands %llu, drops %llu where memory is plenty", s,
                   (unsigned long long)stats->evicted, (unsigned long long)stats->islands_dropped,
                   (unsigned long long)stats->drops[DROP_BUDGET]);
    if (w->evicted[s] > stats->evicted)
        world_fail(w, VERDICT_BROKEN, "stack %d: %llu sockets were told of %llu evictions", s,
                   (unsigned long long)w->evicted[s], (unsigned long long)stats->evicted);
    t->evicted += w->evicted[s];
    t->evicted_behind += stats->evicted - w->evicted[s];
    t->short_drops += stats->drops[DROP_BUDGET];
    t->islands_dropped += stats->islands_dropped;
}

static void collect(struct world *w)
{
    struct rn_stats stats;

    for (int s = 0; s < 2; s++) {
        rn_stats(w->net[s], &stats);
        w->totals->retransmitted += stats.retransmitted;
        if (w->plan->perfect && stats.retransmitted > 0 && !dropped_for_memory(w) &&
            !may_probe_tails(w->plan))
            world_fail(w, VERDICT_BROKEN, "stack %d: %llu sent again where nothing is lost", s,
                       (unsigned long long)stats.retransmitted);
        account_for_memory(w, s, &stats);
        for (int i = 0; i < RN_DROPS; i++)
            w->totals->drops += stats.drops[i];
    }
    w->totals->worlds++;
    w->totals->connections += w->plan->connections;
    w->totals->steps += w->steps;
    w->totals->virtual_s += (uint64_t)((w->now - w->began) / TIME_S);
    w->totals->verdicts[w->verdict]++;
    report_count(w->totals, w->plan);
}

enum verdict world_run(const struct plan *p, struct totals *t, const char *pcap_path, char why[320],
                       uint64_t *digest)
{
    struct world *w = calloc(1, sizeof *w);
    enum verdict v;

    if (!w)
        abort();
    w->plan = p;
    w->totals = t;
    w->digests = digest != NULL;
    w->late = p->wraps ? wait_to_wrap(p) : 0;
    w->began = w->now = p->start + w->late;
    w->check_at = w->now;
    w->stop_at = p->stop_after ? w->now + p->stop_after : RN_FOREVER;
    w->pcap = pcap_path ? pcap_open(pcap_path, p->medium == RN_ETHERNET) : NULL;
    make_devices(w);
    make_stack(w, 0);
    make_stack(w, 1);
    rn_poll(w->net[0], w->now);
    rn_poll(w->net[1], w->now);
    note_empty(w);
    app_start(w);
    run_connections(w);
    run_dry(w);
    close_listeners(w);
    collect(w);
    v = w->verdict;
    if (digest)
        *digest = w->digest;
    if (why)
        memcpy(why, w->why, sizeof w->why);
    for (int s = 0; s < 2; s++) {
        rn_destroy(w->net[s]);
        munmap(w->memory[s], w->memory_bytes[s]);
    }
    router_free(w->router);
    pcap_close(w->pcap);
    free(w);
    return v;
}
