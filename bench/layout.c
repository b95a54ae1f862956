/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Do ten million connections fit, and are they quick? Records of the real sizes, found through the real
 * bucket table, timed by the real wheel, with active blocks from the real slabs, but no packets and no
 * protocol: what is left is the price of the layout, which is the price of cache lines.
 *
 *      key -> hash -> bucket (64 B) -> hot (128 B, two lines) -> active block (512 B, while in flight)
 *                                      cold (64 B)               wheel (4 B an entry, two reserved)
 *
 * Connections are visited at random in batches of 64 and in stages, as the stack's poll does it: hash all and
 * prefetch buckets; find all and prefetch both hot lines; then process each. A visit compares the 22-byte
 * key, moves sequence numbers, holds an active block until it is acknowledged 256 visits later, and sets a
 * deadline 200 ms ahead, lazily. The acknowledgement moves it to two hours; every 64th never comes, and then
 * the timer must fire and give the block back. Time is virtual and moves by what the batches took, and at
 * most 256 entries of the wheel are collected a batch; making up the next keys is not timed.
 *
 *      bench/layout [--count N]        all three sizes, or one; exits 1 if a goal or a check is missed
 */
#define _DEFAULT_SOURCE

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/bucket.h"
#include "base/hash.h"
#include "base/seq.h"
#include "base/slab.h"
#include "base/time.h"
#include "base/wheel.h"

enum { BATCH = 64, TIMERS = 256, IN_FLIGHT = 256, LOST_ONE_IN = 64, ACTIVE_BYTES = 512, SEGMENT = 64 };

static const rn_time RTO = 200 * TIME_MS, KEEPALIVE = 7200 * TIME_S;

struct key {
    uint8_t address[16];
    uint8_t ports[4], local[2];
};
_Static_assert(sizeof(struct key) == 22, "the key is packed");

struct hot {
    /* line 0: who it is, when it is due, what every segment moves */
    struct key key;
    uint8_t state, armed; /* NEAR | FAR: which of the two entries are in the wheel */
    uint32_t deadline, near, far;
    uint32_t active; /* slab id, 0: nothing in flight */
    uint32_t snd_una, snd_nxt, rcv_nxt, snd_wnd, rcv_wnd, ts_recent;
    /* line 1 */
    uint32_t srtt_us, rttvar_us, rto_us, cwnd, ssthresh, ts_offset;
    uint64_t bytes_in, bytes_out;
    uint8_t unused[24];
};
_Static_assert(sizeof(struct hot) == 128, "two lines");
enum { NEAR = 1, FAR = 2 };

struct cold {
    uint8_t bytes[64];
};

/* Unfolding touches two lines; the rest is written when there is something to be put there. */
struct active {
    uint32_t segments, cwnd, rack_seq, rack_tick;
    uint8_t queues[48], scoreboard[64], rest[384];
};
_Static_assert(sizeof(struct active) == ACTIVE_BYTES, "an active block");
enum { UNFOLDED = offsetof(struct active, rest) };

/* One segment on its way through the stages. */
struct item {
    struct key key;
    uint64_t hash;
    struct bucket_cursor cursor;
    struct hot *hot;
    uint32_t id;
};

/* A segment of ours that waits for its acknowledgement. */
struct flight {
    uint32_t id, seq_end;
};

struct due {
    uint32_t id, surfaced;
};

struct world {
    uint32_t count;
    void *memory;
    size_t bytes;
    struct hot *hot;
    struct cold *cold;
    struct bucket_table table;
    struct wheel wheel;
    struct slabs slabs;
    struct pool active;
    struct hash_key hash_key;
    rn_time now;
    uint64_t random;
    struct flight flights[IN_FLIGHT]; /* in the order of their visits */
    uint64_t visits, acked, fired, surfaced;
    uint32_t most_late; /* ticks */
};

/* What was asked for, and what came out. Zero: no goal. */
struct goal {
    uint32_t count, median_ns;
    uint64_t resident;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "layout: %s\n", what);
    exit(1);
}

static int64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * TIME_S + t.tv_nsec;
}

static uint32_t draw(struct world *w, uint32_t below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)((w->random >> 32) * below >> 32);
}

/* Memory in huge pages, zero. */
static void *map(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED)
        die("no memory");
    madvise(at, bytes, MADV_HUGEPAGE);
    return at;
}

static uint64_t resident(void)
{
    unsigned long total, pages;
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f || fscanf(f, "%lu %lu", &total, &pages) != 2)
        die("cannot read /proc/self/statm");
    fclose(f);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A load from DRAM of which the next one's address depends, and a system call that does nothing. */
static void calibrate(const char *when)
{
    enum { LOADS = 1 << 20, CALLS = 1 << 16 };
    const size_t lines = (size_t)1 << 23;
    uint8_t *at = map(lines * 64);
    uint64_t line = 1;
    volatile uint64_t last;
    int64_t start, load, call;

    memset(at, 1, lines * 64);
    start = clock_ns();
    for (int i = 0; i < LOADS; i++) /* a full cycle modulo 2^23, in an order no prefetcher guesses */
        line = (line * 1664525 + 1013904222 + at[line * 64]) & (lines - 1);
    last = line; /* so that the loads are needed */
    (void)last;
    load = clock_ns() - start;
    munmap(at, lines * 64);
    start = clock_ns();
    for (int i = 0; i < CALLS; i++)
        syscall(SYS_getppid);
    call = clock_ns() - start;
    printf("calibration %s: dependent DRAM load %.0f ns, null system call %.0f ns\n", when,
           (double)load / LOADS, (double)call / CALLS);
}

static struct key key_of(uint32_t id)
{
    const uint32_t port = 1024 + id % 50000, host = id / 50000;

    return (struct key){{[10] = 0xff, 0xff, 10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host},
                        {(uint8_t)(port >> 8), (uint8_t)port, 0, 80},
                        {0, 1}};
}

/* Word by word into registers: put together in an array first, each load waits for the stores under it, and
 * that cost 25 ns a visit at a million. */
static uint64_t hash_of(const struct world *w, const struct key *key)
{
    uint64_t upper, lower;
    uint32_t ports;
    uint16_t local;

    memcpy(&upper, key->address, sizeof upper);
    memcpy(&lower, key->address + 8, sizeof lower);
    memcpy(&ports, key->ports, sizeof ports);
    memcpy(&local, key->local, sizeof local);
    return hash_tuple(&w->hash_key, upper, lower, (uint64_t)local << 32 | ports);
}

/* Sees to it that something surfaces at or before the deadline. */
static void arm(struct world *w, struct hot *c, uint32_t id)
{
    uint32_t surfaces;

    if (((c->armed & NEAR) && tick_diff(c->near, c->deadline) <= 0) ||
        ((c->armed & FAR) && tick_diff(c->far, c->deadline) <= 0))
        return;
    if (!wheel_add(&w->wheel, id, c->deadline, &surfaces))
        die("the wheel is full");
    if (tick_diff(c->deadline, tick_of(w->now)) < 1 << 18) {
        c->near = surfaces;
        c->armed |= NEAR;
    } else {
        c->far = surfaces;
        c->armed |= FAR;
    }
}

static void give_back(struct world *w, struct hot *c)
{
    slab_give(&w->active, c->active);
    c->active = 0;
    c->deadline = tick_after(w->now + KEEPALIVE);
}

/* Handles one entry that surfaced. */
static void surface(struct world *w, uint32_t id, uint32_t surfaced)
{
    struct hot *c = &w->hot[id];
    int32_t late = tick_diff(tick_of(w->now), c->deadline);

    w->surfaced++;
    if ((c->armed & NEAR) && c->near == surfaced)
        c->armed &= (uint8_t)~NEAR;
    else if ((c->armed & FAR) && c->far == surfaced)
        c->armed &= (uint8_t)~FAR;
    else
        return;
    if (late >= 0) {
        w->fired++;
        w->most_late = (uint32_t)late > w->most_late ? (uint32_t)late : w->most_late;
        c->cwnd = SEGMENT;
        c->snd_una = c->snd_nxt; /* as if sent again, and acknowledged */
        if (c->active)
            give_back(w, c);
    }
    arm(w, c, id);
}

static void run_timers(struct world *w)
{
    struct due due[TIMERS];
    uint32_t ids[TIMERS], surfaced;
    int n = 0, got;

    while (n < TIMERS && (got = wheel_collect(&w->wheel, tick_of(w->now), ids, TIMERS - n, &surfaced)) > 0) {
        for (int i = 0; i < got; i++) {
            __builtin_prefetch(&w->hot[ids[i]], 1);
            due[n++] = (struct due){ids[i], surfaced};
        }
    }
    for (int i = 0; i < n; i++)
        surface(w, due[i].id, due[i].surfaced);
}

/* The acknowledgement of a visit: of all up to it. */
static void acknowledge(struct world *w, const struct flight *f)
{
    struct hot *c = &w->hot[f->id];

    if (w->visits % LOST_ONE_IN == 0)
        return; /* lost: a later one or the timer will have to see to it */
    w->acked++;
    if (!c->active || !seq_lt(seq_of(c->snd_una), seq_of(f->seq_end)))
        return;
    c->snd_una = f->seq_end;
    if (c->snd_una == c->snd_nxt)
        give_back(w, c);
}

/* What a segment does to its connection. */
static void process(struct world *w, const struct item *v)
{
    struct hot *c = v->hot;
    struct active *a;

    c->rcv_nxt += SEGMENT;
    c->snd_nxt += SEGMENT;
    c->bytes_in += SEGMENT;
    c->bytes_out += SEGMENT;
    c->srtt_us += (100 - c->srtt_us) / 8;
    if (!c->active) {
        c->active = slab_take(&w->active);
        if (!c->active)
            die("no active block");
        a = slab_at(&w->slabs, c->active);
        memset(a, 0, UNFOLDED);
        a->cwnd = c->cwnd;
    }
    a = slab_at(&w->slabs, c->active);
    a->segments++;
    a->rack_seq = c->snd_nxt;
    a->rack_tick = tick_of(w->now);
    memcpy(a->scoreboard, &v->key, sizeof v->key);
    c->deadline = tick_after(w->now + RTO);
    arm(w, c, v->id);
    if (w->visits >= IN_FLIGHT)
        acknowledge(w, &w->flights[w->visits % IN_FLIGHT]);
    w->flights[w->visits++ % IN_FLIGHT] = (struct flight){v->id, c->snd_nxt};
}

/* The next entry with the item's tag, as far as the table knows. */
static void find(struct world *w, struct item *v)
{
    uint8_t kind;

    if (!bucket_find(&w->table, v->hash, &v->cursor, &v->id, &kind))
        die("a connection was not found");
    v->hot = &w->hot[v->id];
}

/* The stages of a poll. */
static void run_batch(struct world *w, struct item items[BATCH])
{
    for (int i = 0; i < BATCH; i++) {
        items[i].hash = hash_of(w, &items[i].key);
        bucket_prefetch(&w->table, items[i].hash);
    }
    for (int i = 0; i < BATCH; i++) {
        find(w, &items[i]);
        __builtin_prefetch(items[i].hot, 1);
        __builtin_prefetch((char *)items[i].hot + 64, 1);
    }
    for (int i = 0; i < BATCH; i++) {
        while (memcmp(&items[i].hot->key, &items[i].key, sizeof items[i].key) != 0)
            find(w, &items[i]);
        process(w, &items[i]);
    }
    run_timers(w);
}

/* The part of the memory that begins at *offset. */
static void *carve(struct world *w, size_t *offset, size_t bytes)
{
    void *at = (uint8_t *)w->memory + *offset;

    *offset += (bytes + 63) / 64 * 64;
    return at;
}

static void open_world(struct world *w, uint32_t count)
{
    const size_t budget = (size_t)256 << 20;
    const uint32_t buckets = bucket_count_for(count);
    size_t offset = 0, n = count;

    memset(w, 0, sizeof *w);
    w->count = count;
    w->random = 20261122;
    w->now = 5 * TIME_S;
    for (int i = 0; i < 8; i++)
        w->hash_key.k[i / 2] = w->hash_key.k[i / 2] << 32 | draw(w, UINT32_MAX);
    w->bytes = n * (sizeof *w->hot + sizeof *w->cold) + (size_t)buckets * sizeof(struct bucket) +
               wheel_need(2 * count) + slab_need(budget, 1);
    w->memory = map(w->bytes);
    w->hot = carve(w, &offset, n * sizeof *w->hot);
    w->cold = carve(w, &offset, n * sizeof *w->cold);
    bucket_init(&w->table, carve(w, &offset, (size_t)buckets * sizeof(struct bucket)), buckets);
    wheel_init(&w->wheel, carve(w, &offset, wheel_need(2 * count)), 2 * count, tick_of(w->now));
    slab_init(&w->slabs, carve(w, &offset, slab_need(budget, 1)), budget, 1);
    slab_pool(&w->active, &w->slabs, ACTIVE_BYTES);
}

/* All connections, each with an entry in the wheel some time in the next two hours. */
static void fill(struct world *w)
{
    uint64_t hashes[BATCH];

    for (uint32_t first = 0; first < w->count; first += BATCH) {
        uint32_t end = w->count - first < BATCH ? w->count : first + BATCH;

        for (uint32_t id = first; id < end; id++) {
            w->hot[id].key = key_of(id);
            hashes[id - first] = hash_of(w, &w->hot[id].key);
            bucket_prefetch(&w->table, hashes[id - first]);
        }
        for (uint32_t id = first; id < end; id++) {
            memset(&w->cold[id], 1, sizeof w->cold[id]);
            w->hot[id].cwnd = 10 * SEGMENT;
            w->hot[id].deadline = tick_after(w->now + 600 * TIME_S) + draw(w, 100000000);
            if (!bucket_insert(&w->table, hashes[id - first], id, 1))
                die("the table is full");
            arm(w, &w->hot[id], id);
        }
    }
}

/* Visits that many batches; ns[] gets what each took, if not NULL. */
static void run(struct world *w, uint32_t batches, uint32_t *ns)
{
    struct item items[BATCH];

    for (uint32_t i = 0; i < batches; i++) {
        int64_t start, took;

        memset(items, 0, sizeof items);
        for (int k = 0; k < BATCH; k++)
            items[k].key = key_of(draw(w, w->count));
        start = clock_ns();
        run_batch(w, items);
        took = clock_ns() - start;
        w->now += took;
        if (ns)
            ns[i] = (uint32_t)took;
    }
}

/* Every visit has left its mark, and nothing was lost on the way. */
static void check(const struct world *w)
{
    uint64_t segments = 0, blocks = 0, entries = 0;

    for (uint32_t id = 0; id < w->count; id++) {
        segments += w->hot[id].bytes_in / SEGMENT;
        blocks += w->hot[id].active != 0;
        entries += (w->hot[id].armed & NEAR) + (w->hot[id].armed / FAR);
    }
    if (segments != w->visits)
        die("visits were lost");
    if (blocks != w->active.used)
        die("active blocks were lost");
    if (entries != w->wheel.entries)
        die("entries of the wheel were lost");
    if (w->acked == 0 || (w->fired == 0 && w->count >= 1000000))
        die("nothing was acknowledged, or no timer fired");
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static bool miss(const char *what, double is, double goal, const char *unit)
{
    if (is <= goal)
        return false;
    printf("MISSED: %s %.2f %s, goal %.2f %s\n", what, is, unit, goal, unit);
    return true;
}

/* One size from nothing to its line of figures. Returns whether a goal was missed. */
static bool measure(const struct goal *g)
{
    static struct world w;
    const uint32_t batches = g->count > 100000 ? 125000 : 32000;
    uint32_t *ns = calloc(batches, sizeof *ns);
    const int64_t start = clock_ns();
    double fill_s, mean = 0, median, gigabytes;
    bool missed = false;

    if (!ns)
        die("no memory");
    open_world(&w, g->count);
    fill(&w);
    fill_s = (double)(clock_ns() - start) / 1e9;
    run(&w, batches, NULL);
    w.most_late = 0;
    run(&w, batches, ns);
    check(&w);
    gigabytes = (double)resident() / 1e9;

    qsort(ns, batches, sizeof *ns, by_value);
    for (uint32_t i = 0; i < batches; i++)
        mean += (double)ns[i] / BATCH / batches;
    median = (double)ns[batches / 2] / BATCH;
    printf("%9u %6.1f %7.1f %6.1f %6.1f %9.3f %8.0f %8.2f %8u %9.1f %6.1f\n", g->count,
           (double)ns[batches / 10] / BATCH, median, mean, (double)ns[batches - batches / 100] / BATCH,
           gigabytes, gigabytes * 1e9 / g->count, (double)w.surfaced / (double)w.visits, w.active.used,
           w.most_late * 65536 / 1e6, fill_s);
    if (g->median_ns)
        missed |= miss("median of a visit", median, g->median_ns, "ns");
    if (g->resident)
        missed |= miss("resident set", gigabytes, (double)g->resident / 1e9, "GB");
    munmap(w.memory, w.bytes);
    free(ns);
    return missed;
}

int main(int argc, char **argv)
{
    static const struct goal goals[] = {
        {10000, 0, 0}, {1000000, 90, 0}, {10000000, 140, UINT64_C(2400000000)}};
    const bool one = argc == 3 && strcmp(argv[1], "--count") == 0;
    const unsigned long count = one ? strtoul(argv[2], NULL, 10) : 0;
    bool missed = false, known = false;

    if (argc != 1 && (!one || count < 1 || count > 100000000)) {
        fprintf(stderr, "usage: layout [--count 1..100000000]\n");
        return 2;
    }
    calibrate("before");
    printf("ns a visit, by batches of %d; late: the latest timer; surf: wheel entries surfaced a visit\n",
           BATCH);
    printf("        N    p10  median   mean    p99  resident  B/conn     surf   active   late ms fill s\n");
    for (size_t i = 0; i < sizeof goals / sizeof *goals; i++) {
        if (one && count != goals[i].count)
            continue;
        missed |= measure(&goals[i]);
        known = true;
    }
    if (!known)
        measure(&(struct goal){(uint32_t)count, 0, 0});
    calibrate("after");
    return missed;
}
