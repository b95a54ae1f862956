/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The timing wheel. A slot of level l holds 64^l ticks; an entry goes into the finest level on which its slot
 * is less than 64 slots ahead of the one that the wheel stands in, and surfaces when the wheel reaches the
 * slot's first tick.
 *
 *      level 0   |.|.|.|x|.|.|.|  ...  64 slots of 1 tick        65 us
 *      level 1   |......|x.....|  ...  64 slots of 64 ticks       4 ms
 *      level 2   ...                   64 slots of 2^12 ticks   268 ms
 *      level 3                         64 slots of 2^18 ticks    17 s
 *      level 4                         64 slots of 2^24 ticks    18 min
 *
 * The level goes by distance and not by the highest digit that changes, so that nothing special happens at
 * a round tick: the entries due behind one do not all surface at it. As a slot is 1 to 63 slots ahead when it
 * is filled, its number and `cur` give back the tick at which it surfaces, on every level and across 2^32;
 * the slot that the wheel stands in is the only one that can be 0 ahead, and it only drains. One bit for each
 * slot in use makes a jump of hours as cheap as a step.
 *
 * Only the first chunk of a chain is partly filled, and a hole is filled with the chain's first entry: that
 * bounds the chunks, so that an add within entries_max never fails. Chunks are taken fresh one after the
 * other and kept in a list when freed. Callers: tcp's timers and stack/, by way of ids only.
 */
#include "wheel.h"

#include <string.h>

enum { BITS = 6, SLOT_MASK = WHEEL_SLOTS - 1 };

/* One chunk for each 14 entries and, for each slot, one that is partly filled. */
static size_t chunks_for(uint32_t entries)
{
    return (size_t)entries / WHEEL_CHUNK_IDS + (size_t)WHEEL_LEVELS * WHEEL_SLOTS;
}

size_t wheel_need(uint32_t entries)
{
    return chunks_for(entries) * sizeof(struct wheel_chunk);
}

void wheel_init(struct wheel *w, void *memory, uint32_t entries, uint32_t now)
{
    *w = (struct wheel){0};
    w->chunks = memory;
    w->chunk_total = (uint32_t)chunks_for(entries);
    w->entries_max = entries;
    w->cur = now;
}

/* The tick at which a slot surfaces that is not empty. */
static uint32_t surfaces_at(const struct wheel *w, unsigned slot)
{
    unsigned shift = BITS * (slot / WHEEL_SLOTS);
    uint32_t stand = w->cur >> shift;

    return (stand + ((slot - stand) & SLOT_MASK)) << shift;
}

/* The finest level on which a tick, 1 to WHEEL_FARTHEST ahead, is less than 64 slots ahead. */
static unsigned level_for(const struct wheel *w, uint32_t tick)
{
    /* Ahead by less than 64^(level + 1) ticks, it is at most 64 slots ahead: 64 if the wheel stands inside
     * a slot, and the tick in the round after it. */
    unsigned level = (31u - (unsigned)__builtin_clz(tick - w->cur)) / BITS;
    uint32_t stand = w->cur >> BITS * level << BITS * level;

    return level + ((tick - stand) >> BITS * level == WHEEL_SLOTS);
}

static uint32_t *chain_of(struct wheel *w, unsigned slot)
{
    return &w->slots[slot / WHEEL_SLOTS][slot % WHEEL_SLOTS];
}

/* Puts an empty chunk in front of a slot's chain. */
static void push_chunk(struct wheel *w, unsigned slot)
{
    uint32_t *chain = chain_of(w, slot), taken = w->chunk_free;
    struct wheel_chunk *chunk;

    if (taken)
        w->chunk_free = w->chunks[taken - 1].next;
    else
        taken = ++w->chunk_fresh;
    chunk = &w->chunks[taken - 1];
    chunk->next = *chain;
    chunk->count = 0;
    chunk->slot = (uint16_t)slot;
    *chain = taken;
    w->used[slot / WHEEL_SLOTS] |= UINT64_C(1) << slot % WHEEL_SLOTS;
}

/* Frees the first chunk of a slot's chain, which is empty. */
static void pop_chunk(struct wheel *w, unsigned slot)
{
    uint32_t *chain = chain_of(w, slot), freed = *chain;
    struct wheel_chunk *chunk = &w->chunks[freed - 1];

    *chain = chunk->next;
    if (*chain == 0)
        w->used[slot / WHEEL_SLOTS] &= ~(UINT64_C(1) << slot % WHEEL_SLOTS);
    chunk->next = w->chunk_free;
    w->chunk_free = freed;
}

bool wheel_add(struct wheel *w, uint32_t id, uint32_t tick, uint32_t *surfaces)
{
    const struct wheel_chunk *first;
    struct wheel_chunk *chunk;
    unsigned level, shift, slot;
    uint32_t chain;

    if (w->entries == w->entries_max)
        return false;
    if (!wheel_before(w->cur, tick))
        tick = w->cur + 1;
    else if (tick - w->cur > WHEEL_FARTHEST)
        tick = w->cur + WHEEL_FARTHEST;

    level = level_for(w, tick);
    shift = BITS * level;
    slot = level * WHEEL_SLOTS + (tick >> shift & SLOT_MASK);
    chain = *chain_of(w, slot);
    first = chain ? &w->chunks[chain - 1] : NULL;
    if (!first || first->count == WHEEL_CHUNK_IDS)
        push_chunk(w, slot);
    chunk = &w->chunks[*chain_of(w, slot) - 1];
    chunk->ids[chunk->count++] = id;
    *surfaces = tick >> shift << shift;
    if (!w->entries++)
        w->first_known = true;
    else if (!w->first_known || wheel_before(w->first, *surfaces))
        return true;
    w->first = *surfaces;
    return true;
}

/* The slot that surfaces first; false: the wheel is empty. */
static bool find_first(const struct wheel *w, unsigned *slot, uint32_t *tick)
{
    bool found = false;

    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        unsigned stand = w->cur >> BITS * level & SLOT_MASK, candidate;
        uint64_t used = w->used[level], turned = used >> stand | used << (-stand & SLOT_MASK);
        uint32_t at;

        if (!used)
            continue;
        candidate = level * WHEEL_SLOTS + ((stand + (unsigned)__builtin_ctzll(turned)) & SLOT_MASK);
        at = surfaces_at(w, candidate);
        if (!found || wheel_before(at, *tick)) {
            *slot = candidate;
            *tick = at;
        }
        found = true;
    }
    return found;
}

bool wheel_find_first(struct wheel *w)
{
    unsigned slot;

    w->first_known = find_first(w, &slot, &w->first);
    return w->first_known;
}

/* Takes up to max ids out of a slot. */
static int drain(struct wheel *w, unsigned slot, uint32_t *ids, int max)
{
    uint32_t *chain = chain_of(w, slot);
    int n = 0;

    while (*chain && n < max) {
        struct wheel_chunk *chunk = &w->chunks[*chain - 1];
        int take = chunk->count < max - n ? chunk->count : max - n;

        /* The next chunk is most likely cold: it is fetched while the caller works on these ids. */
        if (chunk->next)
            __builtin_prefetch(&w->chunks[chunk->next - 1]);
        chunk->count = (uint16_t)(chunk->count - take);
        memcpy(ids + n, chunk->ids + chunk->count, (size_t)take * sizeof *ids);
        n += take;
        if (chunk->count == 0)
            pop_chunk(w, slot);
    }
    w->entries -= (uint32_t)n;
    return n;
}

int wheel_collect(struct wheel *w, uint32_t now, uint32_t *ids, int max, uint32_t *surfaced)
{
    unsigned slot;
    uint32_t tick;

    if (!find_first(w, &slot, &tick)) {
        w->cur = now; /* even if it stood still for so long that now seems to be before it */
        return 0;
    }
    if (wheel_before(now, tick)) {
        if (wheel_before(w->cur, now))
            w->cur = now;
        return 0;
    }
    w->cur = tick;
    w->first_known = false;
    *surfaced = tick;
    return drain(w, slot, ids, max);
}

/* Takes out the entry at a place of a chunk; the chain's first entry fills the hole. */
static void drop_at(struct wheel *w, struct wheel_chunk *chunk, uint32_t place)
{
    unsigned slot = chunk->slot;
    struct wheel_chunk *first = &w->chunks[*chain_of(w, slot) - 1];

    chunk->ids[place] = first->ids[--first->count];
    if (first->count == 0)
        pop_chunk(w, slot);
    w->entries--;
    w->first_known = false;
}

int wheel_sweep(struct wheel *w, uint32_t *cursor, int max,
                bool (*stale)(void *context, uint32_t id, uint32_t surfaces), void *context)
{
    /* Chunk number * 14 + place, and 1 to tell the first place from none. A free chunk or the end of one is
     * a step, too. */
    uint32_t at = *cursor ? *cursor - 1 : 0;
    int taken = 0;

    for (int step = 0; step < max && at / WHEEL_CHUNK_IDS < w->chunk_fresh; step++) {
        struct wheel_chunk *chunk = &w->chunks[at / WHEEL_CHUNK_IDS];
        uint32_t place = at % WHEEL_CHUNK_IDS;

        if (place >= chunk->count) {
            at += WHEEL_CHUNK_IDS - place;
        } else if (stale(context, chunk->ids[place], surfaces_at(w, chunk->slot))) {
            drop_at(w, chunk, place); /* stays: what fills the hole has not been asked, perhaps */
            taken++;
        } else {
            at++;
        }
    }
    *cursor = at / WHEEL_CHUNK_IDS < w->chunk_fresh ? at + 1 : 0;
    return taken;
}
