/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entries lie in one array, found by a keyed hash, replaced where no connection keeps them. Half of them at
 * most may be unanswered questions, so that a scan of a prefix cannot push out who is there (RFC 6583).
 */
#include "neighbour.h"

#include <errno.h>

enum { ASK_AGAIN_S = 1, QUESTIONS = 3 };

static uint64_t hash_of(const struct neighbours *n, const struct addr *addr, unsigned device)
{
    uint64_t a, b;

    memcpy(&a, addr->b, 8);
    memcpy(&b, addr->b + 8, 8);
    return hash_tuple(&n->key, a, b, device);
}

static bool has_mac(const struct neighbour *e)
{
    return e->state == NEIGHBOUR_KNOWN || e->state == NEIGHBOUR_CHECKED || e->state >= NEIGHBOUR_STATIC;
}

/* Nothing may be sent to it, whatever is known of it. */
static bool is_quiet(const struct neighbours *n, const struct neighbour *e)
{
    return n->quiet[e->device] && addr_is4(&e->addr);
}

int neighbour_find(const struct neighbours *n, const struct addr *addr, unsigned device)
{
    struct bucket_cursor cursor = {0};
    uint32_t id;
    uint8_t kind;

    while (bucket_find(&n->table, hash_of(n, addr, device), &cursor, &id, &kind))
        if (addr_eq(&n->list[id].addr, addr) && n->list[id].device == device)
            return (int)id;
    return -1;
}

static void unqueue(struct neighbours *n, uint32_t index)
{
    uint32_t *at = &n->head, last = 0;

    if (!n->list[index].queued)
        return;
    while (*at != index + 1) {
        last = *at;
        at = &n->list[*at - 1].next;
    }
    *at = n->list[index].next;
    if (n->tail == index + 1)
        n->tail = last;
    n->list[index].queued = 0;
    n->asking--;
}

/* Its question comes before one that is due then. A first one is due whatever the clock said when it was put: it may
 * not have been set yet. */
static bool is_before(const struct neighbour *e, uint32_t due)
{
    return !e->asked || tick_diff(e->due, due) <= 0;
}

/* The queue is in order: a first question goes before all others, and a later one, most of which wait equally long and so
 * go behind all, behind those that are due earlier. */
static void enqueue(struct neighbours *n, uint32_t index, uint32_t due, bool first)
{
    struct neighbour *e = &n->list[index];
    uint32_t *at = &n->head, last = 0;

    if (!first && n->tail && is_before(&n->list[n->tail - 1], due)) {
        last = n->tail;
        at = &n->list[last - 1].next;
    }
    while (!first && *at && is_before(&n->list[*at - 1], due)) {
        last = *at;
        at = &n->list[last - 1].next;
    }
    e->due = due;
    e->queued = 1;
    e->next = *at;
    *at = index + 1;
    if (n->tail == last)
        n->tail = index + 1;
    n->asking++;
}

/* A place for a new entry: a free one, else one that nobody keeps. */
static int take(struct neighbours *n)
{
    for (uint32_t tries = 0; tries < n->limit; tries++) {
        uint32_t i = n->hand++ % n->limit;
        struct neighbour *e = &n->list[i];

        if (e->state == NEIGHBOUR_FREE) {
            n->used++;
            return (int)i;
        }
        if (n->uses[i] || e->state >= NEIGHBOUR_STATIC || n->used < n->limit)
            continue;
        unqueue(n, i);
        bucket_remove(&n->table, hash_of(n, &e->addr, e->device), i, 0);
        return (int)i;
    }
    n->full++;
    return -1;
}

static int make(struct neighbours *n, const struct addr *addr, unsigned device)
{
    int i = take(n);

    if (i < 0)
        return -1;
    memset(&n->list[i], 0, sizeof n->list[i]);
    n->list[i].addr = *addr;
    n->list[i].device = (uint8_t)device;
    memcpy(n->list[i].mac + 6, n->own_macs[device], 6);
    if (!bucket_insert(&n->table, hash_of(n, addr, device), (uint32_t)i, 0)) {
        n->used--;
        n->full++;
        return -1;
    }
    return i;
}

/* Begins a round of questions, the first one at once, or a second after the last. */
static void ask(struct neighbours *n, uint32_t index, enum neighbour_state state, rn_time now)
{
    struct neighbour *e = &n->list[index];

    e->state = (uint8_t)state;
    e->asked = e->again = 0;
    if (!e->queued)
        enqueue(n, index, tick_of(now), true);
}

int neighbour_want(struct neighbours *n, const struct addr *addr, unsigned device, rn_time now)
{
    int i = neighbour_find(n, addr, device);

    if (i >= 0)
        return i;
    if (n->asking >= (n->limit + 1) / 2) {
        n->full++;
        return -1;
    }
    i = make(n, addr, device);
    if (i >= 0)
        ask(n, (uint32_t)i, NEIGHBOUR_ASKED, now);
    return i;
}

int neighbour_want_later(struct neighbours *n, const struct addr *addr, unsigned device)
{
    int i = neighbour_find(n, addr, device);

    if (i >= 0)
        return i;
    i = make(n, addr, device);
    if (i >= 0)
        n->list[i].state = NEIGHBOUR_FAILED;
    return i;
}

bool neighbour_ready_else(struct neighbours *n, unsigned index, rn_time now)
{
    struct neighbour *e = &n->list[index];

    if (is_quiet(n, e))
        return false;
    if (e->state == NEIGHBOUR_KNOWN && tick_of(now) - e->confirmed > NEIGHBOUR_CHECK_TICKS)
        ask(n, index, NEIGHBOUR_CHECKED, now);
    else if (e->state == NEIGHBOUR_FAILED)
        ask(n, index, NEIGHBOUR_ASKED, now);
    return has_mac(e);
}

void neighbour_doubt(struct neighbours *n, unsigned index)
{
    struct neighbour *e = &n->list[index];

    if (e->state == NEIGHBOUR_KNOWN)
        e->confirmed -= NEIGHBOUR_CHECK_TICKS + 1;
}

void neighbour_quiet(struct neighbours *n, unsigned device, bool quiet)
{
    if (n->quiet[device] == quiet)
        return;
    n->quiet[device] = quiet;
    for (uint32_t i = 0; i < n->limit; i++) {
        struct neighbour *e = &n->list[i];

        if (e->device != device || !addr_is4(&e->addr))
            continue;
        if (e->state >= NEIGHBOUR_STATIC) {
            e->state = quiet ? NEIGHBOUR_PAUSED : NEIGHBOUR_STATIC;
        } else if (e->state != NEIGHBOUR_FREE) {
            unqueue(n, i);
            e->state = NEIGHBOUR_FAILED;
        }
    }
}

int neighbour_heard(struct neighbours *n, const struct addr *addr, unsigned device, const uint8_t mac[6],
                    bool asks, rn_time now)
{
    int i = neighbour_find(n, addr, device);
    struct neighbour *e;
    bool had;

    if (i < 0 && asks)
        i = make(n, addr, device);
    if (i < 0)
        return -1;
    e = &n->list[i];
    had = has_mac(e);
    /* An answer counts while we ask; a question counts always: it is how a moved host makes itself known. */
    if (e->state >= NEIGHBOUR_STATIC || is_quiet(n, e) || (!asks && !e->queued))
        return -1;
    memcpy(e->mac, mac, 6);
    e->state = NEIGHBOUR_KNOWN;
    e->asked = 0;
    e->confirmed = tick_of(now);
    unqueue(n, (uint32_t)i);
    return had ? -1 : i;
}

int neighbour_fix(struct neighbours *n, const struct addr *addr, unsigned device, const uint8_t mac[6])
{
    int i = neighbour_find(n, addr, device);

    if (i < 0)
        i = make(n, addr, device);
    if (i < 0)
        return -ENOSPC;
    unqueue(n, (uint32_t)i);
    memcpy(n->list[i].mac, mac, 6);
    n->list[i].state = is_quiet(n, &n->list[i]) ? NEIGHBOUR_PAUSED : NEIGHBOUR_STATIC;
    return i;
}

__attribute__((hot)) enum neighbour_act neighbour_due(struct neighbours *n, rn_time now, unsigned *index)
{
    struct neighbour *e;

    if (!n->head || !is_before(&n->list[n->head - 1], tick_of(now)))
        return NEIGHBOUR_NOTHING;
    *index = n->head - 1;
    e = &n->list[*index];
    unqueue(n, *index);
    if (e->asked == QUESTIONS + e->again) {
        e->state = NEIGHBOUR_FAILED;
        return NEIGHBOUR_GIVE_UP;
    }
    e->asked++;
    enqueue(n, *index, tick_after(now + ASK_AGAIN_S * TIME_S), false);
    return NEIGHBOUR_ASK;
}

void neighbour_again(struct neighbours *n, unsigned index, rn_time now)
{
    static const rn_time waits[NEIGHBOUR_AGAIN] = {10 * TIME_MS, 100 * TIME_MS};
    struct neighbour *e = &n->list[index];

    if (e->again == NEIGHBOUR_AGAIN)
        return;
    unqueue(n, index);
    enqueue(n, index, tick_after(now + waits[e->again++]), false);
}

__attribute__((hot)) bool neighbour_next(const struct neighbours *n, uint32_t *tick)
{
    if (!n->head)
        return false;
    *tick = n->list[n->head - 1].due;
    return true;
}
