/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A timing wheel that cannot fail and never calls anybody.
 *
 *      5 levels of 64 slots; a slot is a chain of 64-byte chunks of 14 ids
 *
 * It holds ids, not deadlines. An id put in for tick t *surfaces* at wheel_add's result, at or before t and
 * at a coarser grain the further t is away; whoever owns it then looks at its own deadline and adds it again
 * if that is later. So moving a deadline later costs nothing (the id surfaces, is looked at, goes back), and
 * a deadline that moves earlier is a second add, whose first entry is stale when it surfaces. The owner
 * tells a stale entry by remembering the surfacing ticks that count; the wheel counts entries.
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WHEEL_LEVELS = 5, WHEEL_SLOTS = 64, WHEEL_CHUNK_IDS = 14, WHEEL_FARTHEST = 1 << 29 };

struct wheel_chunk {
    uint32_t ids[WHEEL_CHUNK_IDS];
    uint32_t next;  /* chunk number + 1, 0: the last */
    uint16_t count; /* only the first chunk of a chain may be partly filled; 0: the chunk is free */
    uint16_t slot;  /* whose chain it is in: level * 64 + slot */
};

struct wheel {
    struct wheel_chunk *chunks;
    uint32_t chunk_total, chunk_fresh, chunk_free; /* fresh: those from here on were never used; free: list */
    uint32_t entries, entries_max;
    uint32_t cur; /* all that surfaces at or before this tick has been collected, but for a rest of it */
    uint32_t slots[WHEEL_LEVELS][WHEEL_SLOTS]; /* chunk number + 1 */
    uint64_t used[WHEEL_LEVELS];               /* a bit for each slot that is not empty */
    uint32_t first; /* the earliest tick at which something surfaces, if ... */
    bool first_known;
};

/* Bytes of memory (aligned to 64) for that many entries. */
size_t wheel_need(uint32_t entries);

/* An empty wheel over that memory, standing at tick now. Memory is touched only as entries come. */
void wheel_init(struct wheel *w, void *memory, uint32_t entries, uint32_t now);

/* Puts id in, to surface at or before tick (at the next tick if that has passed; ticks more than
 * WHEEL_FARTHEST ahead surface by then). *surfaces gets the tick at which it will. False: entries_max are in.
 */
bool wheel_add(struct wheel *w, uint32_t id, uint32_t tick, uint32_t *surfaces);

/* Takes out up to max ids that surface at one tick, the earliest, if that is at or before now. Returns their
 * number, and *surfaced the tick; 0: none up to now, and the wheel stands at now. Call again until 0. */
int wheel_collect(struct wheel *w, uint32_t now, uint32_t *ids, int max, uint32_t *surfaced);

/* Nothing surfaces up to now, as far as is known without looking: the wheel stands at now then. */
static inline bool wheel_is_quiet(struct wheel *w, uint32_t now)
{
    if (!w->first_known || (int32_t)(now - w->first) >= 0)
        return false;
    if ((int32_t)(now - w->cur) > 0)
        w->cur = now;
    return true;
}

/* The earliest tick at which something surfaces; false: the wheel is empty. */
bool wheel_find_first(struct wheel *w);
static inline bool wheel_next(struct wheel *w, uint32_t *tick)
{
    if (!w->first_known && !wheel_find_first(w))
        return false;
    *tick = w->first;
    return true;
}

/* Walks the wheel for a sweep of stale entries: looks at max places from *cursor on (0 to start), asks
 * stale(context, id, surfaces) of each entry there and takes out those for which it says true; stale must not
 * call the wheel. Returns how many it took out; *cursor is 0 again after a full round, which has seen every
 * entry that was in at its start and neither surfaced nor went since. */
int wheel_sweep(struct wheel *w, uint32_t *cursor, int max,
                bool (*stale)(void *context, uint32_t id, uint32_t surfaces), void *context);

/* a is before b, ticks being circular. */
static inline bool wheel_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

#endif
