/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What was played and how it went: the distribution, class by class, so that nobody need believe that each
 * kind came, and the sums with their limits. A class that stayed empty fails the run, as a wrong byte does.
 * Called by world.c (count) and main.c (the rest).
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

/* The classes of each group stand together, from the group's first. */
enum {
    SIZE = 0,
    LOSS = SIZE + 7,
    REORDER = LOSS + 4,
    DUPLICATE = REORDER + 4,
    ORDER = DUPLICATE + 4,
    FAMILY = ORDER + 13,
    RECEIVE = FAMILY + 4,
    SEND = RECEIVE + 6,
    FAULT = SEND + 6,
    WRAPS = 18, /* of the circumstances: it is one connection's alone */
    OPTIONS = FAULT + 22,
    USED = OPTIONS + 64
};
_Static_assert((int)USED <= SIM_CLASSES, "struct totals has room for all classes");

static const char *const labels[OPTIONS] = {"0",
                                            "to 9",
                                            "to 99",
                                            "to 999",
                                            "to 9,999",
                                            "to 99,999",
                                            "to 1 MB", /* SIZE */
                                            "0-5 %",
                                            "5-10 %",
                                            "10-15 %",
                                            "15-20 %", /* LOSS */
                                            "0-5 %",
                                            "5-10 %",
                                            "10-15 %",
                                            "15-20 %", /* REORDER */
                                            "0-5 %",
                                            "5-10 %",
                                            "10-15 %",
                                            "15-20 %", /* DUPLICATE */
                                            "client first",
                                            "server first",
                                            "both at once",
                                            "half, client",
                                            "half, server",
                                            "close, client",
                                            "close, server",
                                            "abort, client",
                                            "abort, server",
                                            "abandon, client",
                                            "abandon, server",
                                            "echo by event",
                                            "echo in pieces",
                                            "IPv4",
                                            "IPv4 with ARP",
                                            "IPv6",
                                            "plain IP", /* FAMILY */
                                            "1",
                                            "2-3",
                                            "4-7",
                                            "8-15",
                                            "16-31",
                                            "32-64", /* RECEIVE */
                                            "1",
                                            "2-3",
                                            "4-7",
                                            "8-15",
                                            "16-31",
                                            "32-64", /* SEND */
                                            "damage",
                                            "rate limit",
                                            "jitter",
                                            "late completions",
                                            "rings of 8",
                                            "deaf for 10 s",
                                            "path MTU shrinks",
                                            "shrinks twice",
                                            "link MTU 9,000",
                                            "link MTU 1,280",
                                            "pauses",
                                            "late caller",
                                            "Nagle off",
                                            "32-bit tick wraps",
                                            "faults at sender",
                                            "faults at receiver",
                                            "faults at one end",
                                            "perfect wire",
                                            "numbers wrap",
                                            "buffers grow",
                                            "faults stop",
                                            "little memory"};

static const struct group {
    const char *name;
    int first, count;
} groups[] = {{"bytes each way", SIZE, 7},      {"loss", LOSS, 4},          {"reordering", REORDER, 4},
              {"duplication", DUPLICATE, 4},    {"closing", ORDER, 13},     {"family", FAMILY, 4},
              {"receive segments", RECEIVE, 6}, {"send segments", SEND, 6}, {"circumstances", FAULT, 22}};

const char *report_verdict(enum verdict v)
{
    static const char *const names[VERDICTS] = {"good", "WRONG", "LEAKED", "STUCK", "BROKEN", "LOST"};

    return names[v];
}

static int size_class(uint32_t size)
{
    int class = 0;

    for (uint32_t bound = 1; bound <= size && class < 6; bound *= 10)
        class ++;
    return class;
}

static int segment_class(uint32_t segments)
{
    int class = 0;

    for (; segments > 1 && class < 5; segments /= 2)
        class ++;
    return class;
}

static int band(uint32_t ppm)
{
    return ppm >= 200000 ? 3 : (int)(ppm / 50000);
}

/* Leaders: the client's class, then the server's; BOTH and the echoes have but one. */
static int order_class(const struct connection_plan *c)
{
    static const int first[ORDERS] = {0, 2, 3, 5, 7, 9, 11, 12};
    bool led = c->order != ORDER_BOTH && c->order < ORDER_ECHO_ONE;

    return first[c->order] + (led ? c->leader : 0);
}

static void count_circumstances(struct totals *t, const struct plan *p)
{
    const bool is[] = {p->fault.corrupt_ppm > 0,
                       p->fault.rate_bps > 0,
                       p->fault.jitter > 0,
                       p->completion_max > 0,
                       p->slots == 8,
                       p->blackout_at != 0,
                       p->mtus[0] != 0,
                       p->mtus[1] != 0,
                       p->link_mtu == 9000,
                       p->link_mtu == 1280,
                       p->pause_ppm > 0,
                       p->quantum > 0,
                       p->no_delay,
                       p->start >> 47 == 1,
                       p->fault_place == 0,
                       p->fault_place == 1,
                       p->fault_place == 2,
                       p->perfect,
                       p->wraps,
                       p->grow[0] > 1 || p->grow[1] > 1,
                       p->stop_after && !p->perfect,
                       p->budget[0] || p->budget[1]};

    for (int i = 0; i < 22; i++)
        t->classes[FAULT + i] += !is[i] ? 0 : i == WRAPS ? 1 : p->connections;
}

void report_count(struct totals *t, const struct plan *p)
{
    uint32_t n = p->connections;

    t->classes[LOSS + band(draw_loss_ppm(p))] += n;
    t->classes[REORDER + band(p->fault.reorder_ppm)] += n;
    t->classes[DUPLICATE + band(p->fault.duplicate_ppm)] += n;
    t->classes[FAMILY + (p->version6 ? 2 : p->arp)] += n;
    t->classes[FAMILY + 3] += p->medium == RN_IP ? n : 0;
    for (int stack = 0; stack < 2; stack++) {
        t->classes[RECEIVE + segment_class(p->segments[stack][0])] += n;
        t->classes[SEND + segment_class(p->segments[stack][1])] += n;
    }
    count_circumstances(t, p);
    t->classes[OPTIONS + (p->options[0] & 7) * 8 + (p->options[1] & 7)] += n;
    for (uint32_t i = 0; i < n; i++) {
        t->classes[ORDER + order_class(&p->connection[i])]++;
        for (int side = 0; side < 2; side++)
            t->classes[SIZE + size_class(p->connection[i].side[side].size)]++;
    }
}

/* Everything in struct totals is a sum, but for the longest times. */
void report_add(struct totals *to, const struct totals *from)
{
    rn_time longest = to->longest_stall > from->longest_stall ? to->longest_stall : from->longest_stall;
    rn_time quiet = to->longest_quiet > from->longest_quiet ? to->longest_quiet : from->longest_quiet;
    uint64_t sums[sizeof *to / sizeof(uint64_t)], more[sizeof *to / sizeof(uint64_t)];

    memcpy(sums, to, sizeof sums);
    memcpy(more, from, sizeof more);
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        sums[i] += more[i];
    memcpy(to, sums, sizeof sums);
    to->longest_stall = longest;
    to->longest_quiet = quiet;
}

/* Window scale, timestamps and SACK, on or off on either side. */
static int print_options(const struct totals *t)
{
    uint64_t least = UINT64_MAX;
    int empty = 0;

    for (int i = OPTIONS; i < USED; i++) {
        least = t->classes[i] < least ? t->classes[i] : least;
        empty += t->classes[i] == 0;
    }
    printf("  options           64 sets on two sides, each had at least %llu\n", (unsigned long long)least);
    return empty;
}

/* Prints the distribution; returns how many classes are empty. */
static int print_classes(const struct totals *t)
{
    int empty = 0;

    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        printf("  %-17s", groups[g].name);
        for (int i = 0; i < groups[g].count; i++) {
            int class = groups[g].first + i;

            if (i > 0 && i % 7 == 0)
                printf("\n  %-17s", "");
            printf("%s %s: %llu", i % 7 ? "," : "", labels[class], (unsigned long long)t->classes[class]);
            empty += t->classes[class] == 0;
        }
        printf("\n");
    }
    return empty + print_options(t);
}

static void print_sums(const struct totals *t)
{
    printf("  %llu bytes read and right, %llu frames at the router, %llu retransmitted, %llu turns, %llu s "
           "of virtual time\n",
           (unsigned long long)t->bytes, (unsigned long long)t->frames, (unsigned long long)t->retransmitted,
           (unsigned long long)t->steps, (unsigned long long)t->virtual_s);
    printf(
        "  router: %llu too big, %llu not heard, %llu damaged headers, %llu queue full; stacks: %llu drops\n",
        (unsigned long long)t->too_big, (unsigned long long)t->blacked_out,
        (unsigned long long)t->bad_at_router, (unsigned long long)t->queue_full,
        (unsigned long long)t->drops);
    printf("  longest standstill %.1f s; %llu late resets after both ends, %llu forsaken by an abort never "
           "heard\n",
           (double)t->longest_stall / 1e9, (unsigned long long)t->late_resets, (unsigned long long)t->idle);
    printf(
        "  faults stopped in %llu worlds before %llu connections had ended; longest standstill from then on "
        "%.1f s\n",
        (unsigned long long)t->quiet_worlds, (unsigned long long)t->outlived, (double)t->longest_quiet / 1e9);
    printf(
        "  little memory: %llu evicted, %llu after their close, %llu segments dropped, %llu times islands\n",
        (unsigned long long)t->evicted, (unsigned long long)t->evicted_behind,
        (unsigned long long)t->short_drops, (unsigned long long)t->islands_dropped);
    printf(
        "  %llu initial sequence numbers within 2 MiB of 2^32; %llu ghosts of connections that had ended\n",
        (unsigned long long)t->near_wrap, (unsigned long long)t->ghosts);
    printf("  %llu times nobody answered ARP, and the client tried again\n",
           (unsigned long long)t->no_neighbour);
    printf("  %llu worlds played again without the fast path: the same frames at the same times\n",
           (unsigned long long)t->twice);
}

bool report_judge(const struct totals *t, uint64_t seed, bool judge_classes)
{
    uint64_t failed = t->timed_out + t->never_heard, allowed = t->connections / 500;
    uint64_t bad = t->worlds - t->verdicts[VERDICT_GOOD];
    int empty;

    printf("simulator: seed %llu, %llu worlds, %llu connections\n", (unsigned long long)seed,
           (unsigned long long)t->worlds, (unsigned long long)t->connections);
    empty = print_classes(t);
    print_sums(t);
    printf("  failed by R2: %llu of data or SYN, %llu of a SYN-ACK (at most %llu, 0.2 %%)\n",
           (unsigned long long)t->timed_out, (unsigned long long)t->never_heard, (unsigned long long)allowed);
    printf("  worlds with wrong bytes %llu, leaks %llu, stuck %llu, broken promises %llu, failures below 5 "
           "%% loss %llu\n",
           (unsigned long long)t->verdicts[VERDICT_WRONG], (unsigned long long)t->verdicts[VERDICT_LEAKED],
           (unsigned long long)t->verdicts[VERDICT_STUCK], (unsigned long long)t->verdicts[VERDICT_BROKEN],
           (unsigned long long)t->verdicts[VERDICT_LOST]);
    if (!judge_classes)
        printf("  (too few connections to judge the distribution and the share that failed)\n");
    else if (empty > 0)
        printf("  FAILED: %d classes are empty\n", empty);
    if (judge_classes && failed > allowed)
        printf("  FAILED: more than 0.2 %% failed\n");
    return bad == 0 && t->worlds > 0 && !(judge_classes && (empty > 0 || failed > allowed));
}
