/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The times are a table of two rows; all else is counting. The picture stands in conflict.h.
 *
 * Called by stack/claim, which knows the addresses and the clock; stack/output sends what it says.
 */
#include "conflict.h"

#include <string.h>

enum { PROBES = 3, ANNOUNCEMENTS = 2 };

/* RFC 5227 1.1 */
#define ANNOUNCE_INTERVAL (2 * TIME_S)
#define DEFEND_INTERVAL   (10 * TIME_S)

/* The first probe waits at most `wait`, the next ones `least` to `most`, use `settle` after the last. */
struct pace {
    rn_time wait, least, most, settle;
};

/* Where no host is slower than a tenth of a second, and few begin at the same moment; and the RFC's. */
static const struct pace paces[2] = {{0, 100 * TIME_MS, 100 * TIME_MS, 100 * TIME_MS},
                                     {TIME_S, TIME_S, 2 * TIME_S, 2 * TIME_S}};

void conflict_begin(struct conflict *c, bool full, rn_time from)
{
    memset(c, 0, sizeof *c);
    c->phase = CONFLICT_BEGUN;
    c->full = full;
    c->due = from;
}

void conflict_again(struct conflict *c)
{
    c->phase = CONFLICT_BEGUN;
    c->sent = c->owes = 0;
    c->due = c->defend_from = 0;
}

void conflict_unheard(struct conflict *c)
{
    if (c->phase == CONFLICT_PROBING)
        c->phase = CONFLICT_BEGUN;
    c->sent = 0;
}

static rn_time drawn(uint64_t random, rn_time least, rn_time most)
{
    return least + (rn_time)(random % (uint64_t)(most - least + 1));
}

/* The next probe; after the last one nobody may object for a while. */
static enum conflict_act probe(struct conflict *c, const struct pace *p, rn_time now, uint64_t random)
{
    c->sent++;
    c->due = now + (c->sent < PROBES ? drawn(random, p->least, p->most) : p->settle);
    return CONFLICT_PROBE;
}

static enum conflict_act announce(struct conflict *c, rn_time now)
{
    bool first = c->phase == CONFLICT_PROBING;

    if (first)
        c->sent = 0;
    c->sent++;
    c->phase = c->sent < ANNOUNCEMENTS ? CONFLICT_ANNOUNCED : CONFLICT_SETTLED;
    c->due = now + ANNOUNCE_INTERVAL;
    return first ? CONFLICT_USE : CONFLICT_ANNOUNCE;
}

enum conflict_act conflict_due(struct conflict *c, rn_time now, uint64_t random)
{
    const struct pace *p = &paces[c->full];

    if (c->owes) {
        c->owes = 0;
        return CONFLICT_ANNOUNCE;
    }
    if (conflict_next(c) > now)
        return CONFLICT_NOTHING;
    if (c->phase == CONFLICT_BEGUN) {
        c->phase = CONFLICT_PROBING;
        c->due = now + drawn(random, 0, p->wait);
        if (c->due > now)
            return CONFLICT_NOTHING;
    }
    if (c->phase == CONFLICT_PROBING && c->sent < PROBES)
        return probe(c, p, now, random);
    return announce(c, now);
}

rn_time conflict_next(const struct conflict *c)
{
    if (c->owes)
        return 0;
    return c->phase == CONFLICT_SETTLED || c->phase == CONFLICT_TAKEN ? TIME_FOREVER : c->due;
}

enum conflict_news conflict_heard(struct conflict *c, bool is_probe, const uint8_t mac[6], rn_time now)
{
    bool ours = conflict_is_over(c);

    /* A probe for an address in use is answered like any question (2.5). */
    if (c->phase == CONFLICT_TAKEN || (is_probe && ours))
        return CONFLICT_KNOWN;
    memcpy(c->other, mac, sizeof c->other);
    c->count++;
    if (!ours) {
        c->phase = CONFLICT_TAKEN;
        return CONFLICT_LOST;
    }
    if (now < c->defend_from)
        return CONFLICT_KNOWN;
    c->defend_from = now + DEFEND_INTERVAL;
    c->owes = 1;
    return CONFLICT_DEFENDED;
}
