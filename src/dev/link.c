/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One direction of a bad link. A frame that enters meets its fate at once, all of it drawn before anything is
 * done, and then stands in a list sorted by the time it is due:
 *
 *      enter    cut merged frames, complete checksums (offload.c)
 *      suffer   lost?  queue full?  damaged? (damage.c)  when due?  twice?
 *      waiting  [ due 10 | due 12 | due 12 | due 40 ] -> taken, given back -> spare
 *
 * Time passes only as the caller says, and the same seed, frames and times give the same again. Buffers are
 * made as they are needed and used again; the queue's limit is theirs too.
 */
#include "link.h"

#include "damage.h"
#include "offload.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_DEFAULT = 1024 };
#define REORDER_DEFAULT (3 * TIME_MS)

/* What befalls one frame. */
struct fate {
    bool lost, reordered, duplicated, corrupted;
    rn_time jitter;
    uint64_t damage_seed;
};

/* ---- frames and lists ---------------------------------------------------------------------------------- */

void link_insert(struct held_list *list, struct held *after, struct held *h)
{
    h->prev = after;
    h->next = after ? after->next : list->first;
    if (h->next)
        h->next->prev = h;
    else
        list->last = h;
    if (after)
        after->next = h;
    else
        list->first = h;
    list->count++;
}

struct held *link_shift(struct held_list *list)
{
    struct held *h = list->first;

    list->first = h->next;
    if (list->first)
        list->first->prev = NULL;
    else
        list->last = NULL;
    list->count--;
    return h;
}

/* A free frame with those facts and no bytes yet; NULL: no memory. */
static struct held *make(struct link *l, const struct rn_frame *facts)
{
    struct held *h = l->spare;

    if (h) {
        l->spare = h->next;
    } else {
        h = malloc(sizeof *h + l->room);
        if (!h)
            return NULL;
        h->number = l->numbers++;
    }
    h->frame = *facts;
    h->frame.data = h->bytes;
    return h;
}

static struct held *copy(struct link *l, const struct rn_frame *frame)
{
    struct held *h = frame->len <= l->room ? make(l, frame) : NULL;

    if (h)
        memcpy(h->bytes, frame->data, frame->len);
    return h;
}

static void free_all(struct held *h)
{
    while (h) {
        struct held *next = h->next;

        free(h);
        h = next;
    }
}

/* ---- what befalls a frame ------------------------------------------------------------------------------ */

/* Every frame draws the same number of times, so that one rate can be changed without changing whom the
 * others hit. */
static struct fate draw(struct link *l)
{
    const struct rn_fault *s = &l->faults;
    struct fate fate;

    fate.lost = random_chance(&l->random, s->loss_ppm);
    fate.reordered = random_chance(&l->random, s->reorder_ppm);
    fate.duplicated = random_chance(&l->random, s->duplicate_ppm);
    fate.corrupted = random_chance(&l->random, s->corrupt_ppm);
    fate.jitter = (rn_time)random_below(&l->random, (uint64_t)s->jitter + 1);
    fate.damage_seed = random_next(&l->random);
    return fate;
}

static bool is_full(const struct link *l)
{
    return l->waiting.count >= (l->faults.queue_frames ? l->faults.queue_frames : QUEUE_DEFAULT);
}

/* Sets when h is due and lets it wait: sent in turn at the link's rate, then under way for the delay. A
 * reordered frame comes later than that; the others keep their order among themselves. */
static void schedule(struct link *l, struct held *h, const struct fate *fate, rn_time now)
{
    const struct rn_fault *s = &l->faults;
    struct held *after = l->waiting.last;

    if (l->idle_at < now)
        l->idle_at = now;
    if (s->rate_bps)
        l->idle_at += (rn_time)((uint64_t)h->frame.len * 8 * TIME_S / s->rate_bps);
    h->due = l->idle_at + s->delay + fate->jitter;
    if (h->due < l->in_order)
        h->due = l->in_order;
    if (fate->reordered) {
        l->stats.reordered++;
        h->due += s->reorder_by ? s->reorder_by : REORDER_DEFAULT;
    } else {
        l->in_order = h->due;
    }
    while (after && after->due > h->due)
        after = after->prev;
    link_insert(&l->waiting, after, h);
}

/* Nobody may trust a device's word on the checksum of a frame that was hit afterwards. */
static void damage(struct link *l, struct held *h, uint64_t seed)
{
    struct random own;

    random_seed(&own, seed);
    if (!damage_frame(h->bytes, h->frame.len, l->medium, &own))
        return;
    l->stats.corrupted++;
    h->frame.flags &= (uint16_t) ~(RN_CSUM_VERIFIED | RN_CSUM_TRUSTED);
}

static void suffer(struct link *l, struct held *h, rn_time now)
{
    struct fate fate = draw(l);
    struct held *twin;

    if (fate.lost || is_full(l)) {
        if (fate.lost)
            l->stats.lost++;
        else
            l->stats.overflowed++;
        link_give(l, h);
        return;
    }
    if (fate.corrupted)
        damage(l, h, fate.damage_seed);
    schedule(l, h, &fate, now);
    twin = fate.duplicated && !is_full(l) ? copy(l, &h->frame) : NULL;
    if (twin) {
        l->stats.duplicated++;
        fate.reordered = false;
        schedule(l, twin, &fate, now);
    }
}

static void enter_cut(struct link *l, const struct rn_frame *frame, const struct offload_merged *m,
                      rn_time now)
{
    for (uint32_t i = 0; i < m->segments; i++) {
        struct held *h = m->headers + m->size <= l->room ? make(l, frame) : NULL;

        if (!h) {
            l->stats.overflowed++;
            continue;
        }
        h->frame.len = offload_cut(m, i, h->bytes);
        h->frame.flags &= (uint16_t) ~(RN_MERGED | RN_CSUM_PARTIAL);
        h->frame.gso_size = h->frame.csum_start = h->frame.csum_offset = 0;
        suffer(l, h, now);
    }
}

/* ---- the link ------------------------------------------------------------------------------------------ */

void link_init(struct link *l, uint32_t room, uint8_t medium, uint64_t seed)
{
    l->room = room;
    l->medium = medium;
    random_seed(&l->random, seed);
}

void link_enter(struct link *l, const struct rn_frame *frame, rn_time now)
{
    struct offload_merged merged;
    struct held *h;

    assert(frame->fragments == 0);
    if (offload_look(frame, l->medium, &merged)) {
        enter_cut(l, frame, &merged, now);
        return;
    }
    h = copy(l, frame);
    if (!h) {
        l->stats.overflowed++;
        return;
    }
    if (h->frame.flags & RN_CSUM_PARTIAL)
        offload_checksum(&h->frame);
    suffer(l, h, now);
}

rn_time link_next(const struct link *l)
{
    return l->waiting.first ? l->waiting.first->due : RN_FOREVER;
}

struct held *link_take(struct link *l, rn_time now)
{
    return link_next(l) <= now && l->waiting.first ? link_shift(&l->waiting) : NULL;
}

void link_give(struct link *l, struct held *h)
{
    h->next = l->spare;
    l->spare = h;
}

void link_free(struct link *l)
{
    free_all(l->waiting.first);
    free_all(l->spare);
}
