/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a world is: every number of it is drawn here, from its seed and number alone, before it begins. What
 * happens in it follows from this and from the code under test. Rates are those that the whole test promises
 * (sizes 0 or log-uniform to 1 MB; loss, reordering, duplication uniform to 20 %; buffers of 1 to 64
 * segments); everything else is drawn so that each kind comes in a good share of worlds. Called by main.c.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

enum {
    SIZE_MAX_BYTES = 1 << 20,
    SAMPLE_SIZE_MAX = 1 << 16,
    RATE_MAX_PPM = 200000,
    CALM_PPM = 50000,
    SEGMENT = 1460,
    CHUNK_MAX = 16384,
    PERFECT_STALL_MS = 100,
    PERFECT_PAUSE_MS = 20,
    SLEEP_S = 60,
    R2_TRIES = 16, /* of data: the first time and 15 more */
    RTO_MAX_S = 60
};

/* A retransmission is in vain when the segment or its ACK is lost. */
static double in_vain(const struct plan *p)
{
    double through = 1.0 - (double)draw_loss_ppm(p) / 1e6;

    return 1.0 - through * through;
}

uint32_t draw_loss_ppm(const struct plan *p)
{
    return p->fault.loss_ppm + p->fault.corrupt_ppm;
}

bool draw_calm(const struct plan *p)
{
    return draw_loss_ppm(p) < CALM_PPM;
}

/* A connection that stands still has something to send (again): data, FIN, SYN or a window probe, and each
 * try costs at most rto_max, which it may well do from the first try on, since a backed-off timeout stays
 * until there is a clean sample (RFC 6298 5.7). R2 ends it after R2_TRIES. With less loss it takes fewer
 * tries: so many that all being in vain is as unlikely as 10^-9 (where a queue may overflow, nobody knows how
 * much is lost). To that come the pauses of both applications, one blackout and the buffers that come back
 * late. */
rn_time draw_stall_bound(const struct plan *p)
{
    double chance = 1.0;
    bool crowded = p->fault.rate_bps || p->completion_max || p->slots < 64;
    int tries = crowded ? R2_TRIES : 2;

    for (; tries < R2_TRIES && chance > 1e-9; tries++)
        chance *= in_vain(p);
    return tries * RTO_MAX_S * TIME_S + 2 * p->pause_max + BLACKOUT_S * TIME_S + 8 * p->completion_max;
}

/* Two round trips, for what comes behind an acknowledgement that was delayed, and a pause on either side. It
 * is less than a retransmission timeout after them, which is 200 ms at least: so nobody waits for one unseen,
 * nor for a window to be probed of which he should have been told. */
rn_time draw_perfect_stall(const struct plan *p)
{
    return 4 * p->fault.delay + PERFECT_STALL_MS * TIME_MS + 2 * p->pause_max;
}

static void draw_wire(struct plan *p, struct rng *r)
{
    struct rn_fault *f = &p->fault;

    p->version6 = p->number & 1;
    p->medium = p->number % 8 < 6 ? RN_ETHERNET : RN_IP;
    p->arp = !p->version6 && p->medium == RN_ETHERNET && rng_once_in(r, 2);
    f->loss_ppm = (uint32_t)rng_below(r, (p->sample ? 30000 : RATE_MAX_PPM) + 1);
    f->reorder_ppm = (uint32_t)rng_below(r, (p->sample ? 20000 : RATE_MAX_PPM) + 1);
    f->duplicate_ppm = (uint32_t)rng_below(r, (p->sample ? 10000 : RATE_MAX_PPM) + 1);
    f->corrupt_ppm = rng_once_in(r, 4) && !p->sample ? (uint32_t)rng_below(r, 10001) : 0;
    f->delay = (rn_time)rng_log(r, 20 * TIME_US, 100 * TIME_MS);
    f->jitter = rng_once_in(r, 2) ? (rn_time)rng_below(r, (uint64_t)f->delay + 1) : 0;
    f->reorder_by = rng_once_in(r, 2) ? 0 : (rn_time)rng_log(r, 100 * TIME_US, 200 * TIME_MS);
    f->rate_bps = rng_once_in(r, 4) ? rng_log(r, 10000000, 1000000000) : 0;
    f->queue_frames = f->rate_bps ? (uint32_t)rng_log(r, 64, 1024) : 0;
    p->fault_place = (uint8_t)rng_below(r, 3);
}

static void draw_path_mtu(struct plan *p, struct rng *r, uint64_t bytes)
{
    static const uint32_t links[] = {1500, 1500, 1500, 9000, 1280};
    uint32_t least = p->version6 ? 1280 : 576;

    p->link_mtu = links[rng_below(r, 5)];
    if (rng_once_in(r, 2) || p->link_mtu <= least + 1)
        return;
    p->mtus[0] = least + (uint32_t)rng_below(r, p->link_mtu - least);
    p->shrink_after[0] = rng_below(r, bytes / 2 + 1);
    if (rng_once_in(r, 2))
        return;
    p->mtus[1] = least + (uint32_t)rng_below(r, p->mtus[0] - least + 1);
    p->shrink_after[1] = p->shrink_after[0] + rng_below(r, bytes / 2 + 1);
}

static void draw_hosts(struct plan *p, struct rng *r)
{
    p->slots = rng_once_in(r, 5) ? 8 : 256;
    p->completion_max = rng_once_in(r, 5) ? (rn_time)rng_below(r, 500 * TIME_MS + 1) : 0;
    for (int stack = 0; stack < 2; stack++) {
        p->segments[stack][0] = (uint32_t)rng_log(r, 1, 64);
        p->segments[stack][1] = (uint32_t)rng_log(r, 1, 64);
        p->fault_seed[stack] = rng_next(r);
        p->pair_seed[stack] = rng_next(r);
        for (int i = 0; i < 32; i++)
            p->host_seed[stack][i] = (uint8_t)rng_next(r);
    }
    p->quantum = rng_once_in(r, 2) ? 0 : (rn_time)rng_log(r, 1000, 2 * TIME_MS);
    /* Every eighth world sees the circular 32-bit tick turn over. */
    p->start = TIME_S + (rn_time)rng_below(r, UINT64_C(1) << 40);
    if (rng_once_in(r, 8))
        p->start = ((rn_time)1 << 48) - (rn_time)rng_below(r, 60 * TIME_S);
    p->no_delay = rng_once_in(r, 4);
    for (int stack = 0; stack < 2; stack++) {
        p->options[stack] = (uint8_t)rng_below(r, 8);
        p->options[stack] |= rng_once_in(r, 2) ? OPTION_ECN : 0;
        p->options[stack] |= rng_once_in(r, 2) ? OPTION_NEWRENO : 0;
        p->options[stack] |= rng_once_in(r, 4) ? OPTION_KEEP_ALIVE : 0;
        p->grow[stack] = rng_once_in(r, 2) ? 1 : (uint32_t)rng_log(r, 2, 16);
    }
    p->pause_ppm = rng_once_in(r, 2) ? 0 : (uint32_t)rng_log(r, 1000, 100000);
    p->pause_max = p->pause_ppm ? (rn_time)rng_log(r, TIME_MS, 5 * TIME_S) : 0;
    if (rng_once_in(r, 5) && !p->sample) {
        p->blackout_at = p->start + (rn_time)rng_log(r, TIME_MS, 20 * TIME_S);
        p->blackout_from = (uint8_t)rng_below(r, 2);
    }
}

/* Two worlds in 24, one of each family, have a wire that only takes time. Pauses are so short that a timer
 * which has to run out can still be told from them. */
static void make_perfect(struct plan *p, struct rng *r)
{
    p->perfect = true;
    p->stop_after = 1;
    p->arp = false; /* a SYN that comes before its sender is known may be dropped */
    p->fault = (struct rn_fault){.delay = (rn_time)rng_log(r, 20 * TIME_US, 40 * TIME_MS)};
    p->slots = 256;
    p->completion_max = p->blackout_at = p->quantum = 0;
    p->pause_ppm = rng_once_in(r, 2) ? 0 : (uint32_t)rng_log(r, 10000, 100000);
    p->pause_max = p->pause_ppm ? (rn_time)rng_log(r, TIME_MS, PERFECT_PAUSE_MS * TIME_MS) : 0;
}

static void draw_side(struct side_plan *s, struct rng *r, uint32_t most)
{
    s->size = rng_once_in(r, 20) ? 0 : (uint32_t)rng_log(r, 1, most);
    s->key = rng_next(r);
    s->chunk = (uint32_t)rng_log(r, s->size / 2048 + 1, CHUNK_MAX);
    s->read_dry = rng_once_in(r, 2);
    s->wait_closed = rng_once_in(r, 2);
    s->pause_seed = rng_next(r);
}

/* Whoever sends a byte and reads a million reads them in 8,192 pieces at most: more would be most of what the
 * simulator does, and show nothing that streams of 8,192 bytes do not show. */
static void bound_reads(struct side_plan *s, uint32_t from_peer)
{
    uint32_t least = from_peer / 8192 + 1;

    if (s->chunk < least)
        s->chunk = least;
}

/* Orders go round, so that each has its share even in a short run. */
static uint64_t draw_connection(struct plan *p, uint32_t i, struct rng *r)
{
    struct connection_plan *c = &p->connection[i];
    uint32_t turn = p->number + i, most = p->sample ? SAMPLE_SIZE_MAX : SIZE_MAX_BYTES;

    c->order = turn % ORDERS;
    c->leader = turn / ORDERS % 2;
    c->stack = (uint8_t)rng_below(r, 2);
    c->port_given = rng_once_in(r, 2);
    c->start = (rn_time)rng_below(r, 2 * TIME_S);
    draw_side(&c->side[CLIENT], r, most);
    draw_side(&c->side[SERVER], r, most);
    bound_reads(&c->side[CLIENT], c->side[SERVER].size);
    bound_reads(&c->side[SERVER], c->side[CLIENT].size);
    if (c->order == ORDER_ECHO_ONE || c->order == ORDER_ECHO_PIECES) {
        c->side[SERVER].size = c->side[CLIENT].size;
        c->side[SERVER].key = c->side[CLIENT].key;
    }
    c->leave_after = (rn_time)rng_log(r, 10 * TIME_US, 60 * TIME_S);
    c->leave_bytes = rng_below(r, (uint64_t)c->side[CLIENT].size + c->side[SERVER].size + 1);
    return (uint64_t)c->side[CLIENT].size + c->side[SERVER].size;
}

/* In one world of six either stack, or both, has little memory. In a part of these applications sleep for so
 * long that whoever sends to them may be evicted, which takes ten seconds. */
static void draw_budget(struct plan *p, struct rng *r)
{
    uint64_t which = rng_below(r, 18);

    if (which >= 3)
        return;
    for (int stack = 0; stack < 2; stack++)
        if ((which + 1) & 1u << stack)
            p->budget[stack] = (size_t)rng_log(r, 1 << 17, 1 << 20);
    if (p->perfect || p->sample || !rng_once_in(r, 3))
        return;
    p->pause_ppm = 10000;
    p->pause_max = SLEEP_S * TIME_S;
}

void draw_world(struct plan *p, uint64_t seed, uint32_t number)
{
    struct rng r = {seed * UINT64_C(0xd6e8feb86659fd93) + number};
    uint64_t bytes = 0;

    memset(p, 0, sizeof *p);
    p->seed = seed;
    p->number = number;
    p->sample = number >= SAMPLE_FIRST;
    p->connections = CONNECTIONS_LEAST + (uint32_t)rng_below(&r, CONNECTIONS_MOST - CONNECTIONS_LEAST + 1);
    if (p->sample)
        p->connections = ORDERS * 2;
    draw_wire(p, &r);
    draw_hosts(p, &r);
    for (uint32_t i = 0; i < p->connections; i++)
        bytes += draw_connection(p, i, &r);
    draw_path_mtu(p, &r, bytes);
    p->wraps = !rng_once_in(&r, 4) && p->start >> 47 == 0; /* not where the tick turns over */
    p->wraps_by = 1 + (uint32_t)rng_below(&r, p->connection[0].side[CLIENT].size + 2);
    if (p->wraps)
        p->connection[0].port_given = true;
    if (number % 24 == 23 || number % 24 == 10) {
        make_perfect(p, &r);
        p->mtus[0] = p->mtus[1] = 0;
    } else if (rng_once_in(&r, 2)) {
        p->stop_after = (rn_time)rng_log(&r, 10 * TIME_MS, 100 * TIME_S);
        p->completion_max = 0; /* it cannot be stopped */
    }
    draw_budget(p, &r);
}

void draw_print(const struct plan *p)
{
    const struct rn_fault *f = &p->fault;

    printf("world %u of seed %llu: %u connections, IPv%d%s, %s, link MTU %u, path MTU %u after %llu then %u "
           "after %llu\n",
           p->number, (unsigned long long)p->seed, p->connections, p->version6 ? 6 : 4,
           p->arp ? " with ARP" : "", p->medium == RN_ETHERNET ? "ethernet" : "plain IP", p->link_mtu,
           p->mtus[0], (unsigned long long)p->shrink_after[0], p->mtus[1],
           (unsigned long long)p->shrink_after[1]);
    printf("  ppm lost %u, reordered %u, doubled %u, damaged %u; %lld us + %lld us, reordered by %lld us, "
           "%llu bit/s, "
           "queue %u, place %d\n",
           f->loss_ppm, f->reorder_ppm, f->duplicate_ppm, f->corrupt_ppm, (long long)(f->delay / TIME_US),
           (long long)(f->jitter / TIME_US), (long long)(f->reorder_by / TIME_US),
           (unsigned long long)f->rate_bps, f->queue_frames, p->fault_place);
    printf(
        "  options %02x and %02x, buffers grow %u and %u times, memory %zu and %zu, faults stop after %lld "
        "ms%s%s\n",
        p->options[0], p->options[1], p->grow[0], p->grow[1], p->budget[0], p->budget[1],
        (long long)(p->stop_after / TIME_MS), p->wraps ? ", numbers turn over" : "",
        p->slow_road ? ", no fast path" : "");
    printf("  rings of %u, completions to %lld ms, receive %u and %u, send %u and %u segments, pauses %u ppm "
           "to %lld ms,"
           " quantum %lld us, blackout of %d at %lld ms\n",
           p->slots, (long long)(p->completion_max / TIME_MS), p->segments[0][0], p->segments[1][0],
           p->segments[0][1], p->segments[1][1], p->pause_ppm, (long long)(p->pause_max / TIME_MS),
           (long long)(p->quantum / TIME_US), p->blackout_from,
           p->blackout_at ? (long long)((p->blackout_at - p->start) / TIME_MS) : -1LL);
}
