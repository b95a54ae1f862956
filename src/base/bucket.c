/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bucket table. A look-up compares all eight tags of a bucket at once and gets a bit for each way that
 * has the hash's tag; a tag is never 0, so that a free way never matches, and a free way is found by asking
 * for the tag 0.
 *
 *      home         home + 1     home + 2
 *      [xxxxxxxx]   [xxxxx...]   [x.......]     an entry of home that stands in home + 1 counts in home's
 *      overflow 3   overflow 0                  overflow only; a look-up of home's ends at home + 1
 *
 * A bucket's overflow counts the entries that went past it and are still in: it stays right whoever's home
 * it is, at most 15 * 8 stand behind a bucket, and a way that becomes free in the middle of a run does not
 * break the run. Nothing is ever moved, so that a cursor and a prefetched line stay good between calls.
 *
 * Callers: tcp's table, which compares keys and decides what a kind means. It does not grow and does not
 * rehash; a table for twice the entries is another table.
 */
#include "bucket.h"

#include <string.h>

/* The bucket that many after the hash's home. */
static struct bucket *bucket_after(const struct bucket_table *t, uint64_t hash, uint32_t probe)
{
    uint32_t left = t->count - bucket_home(t, hash); /* buckets from home to the table's end */

    return &t->buckets[probe < left ? t->count - left + probe : probe - left];
}

/* A table smaller than the probes is not gone round twice. */
static uint32_t probes_of(const struct bucket_table *t)
{
    return t->count < BUCKET_PROBES ? t->count : BUCKET_PROBES;
}

uint32_t bucket_count_for(uint32_t entries)
{
    uint64_t count = ((uint64_t)entries * 5 + 23) / 24; /* 8 ways * 0.6 = 24 / 5 */

    return count ? (uint32_t)count : 1;
}

void bucket_init(struct bucket_table *t, struct bucket *memory, uint32_t count)
{
    *t = (struct bucket_table){.buckets = memory, .count = count};
}

bool bucket_find(const struct bucket_table *t, uint64_t hash, struct bucket_cursor *cursor, uint32_t *id,
                 uint8_t *kind)
{
    const struct bucket *b = cursor->probe ? bucket_after(t, hash, cursor->probe - 1) : NULL;
    unsigned way;

    while (cursor->mask == 0) {
        if (cursor->probe == probes_of(t) || (b && b->overflow == 0))
            return false;
        b = bucket_after(t, hash, cursor->probe++);
        cursor->mask = bucket_ways(b, bucket_tag(hash));
    }
    way = (unsigned)__builtin_ctz(cursor->mask);
    cursor->mask &= cursor->mask - 1;
    *id = b->ids[way];
    *kind = b->kinds[way];
    return true;
}

bool bucket_insert(struct bucket_table *t, uint64_t hash, uint32_t id, uint8_t kind)
{
    uint32_t probe = 0, probes = probes_of(t), room;
    struct bucket *b = bucket_after(t, hash, 0);
    unsigned way;

    while ((room = bucket_ways(b, 0)) == 0) {
        if (++probe == probes) {
            t->full++;
            return false;
        }
        b = bucket_after(t, hash, probe);
    }
    way = (unsigned)__builtin_ctz(room);
    b->tags[way] = bucket_tag(hash);
    b->ids[way] = id;
    b->kinds[way] = kind;
    while (probe--)
        bucket_after(t, hash, probe)->overflow++;
    t->entries++;
    return true;
}

/* Where an entry stands: the bucket, the way, and how many buckets it went past. NULL: it is not in. */
static struct bucket *locate(const struct bucket_table *t, uint64_t hash, uint32_t id, uint8_t kind,
                             unsigned *way, uint32_t *past)
{
    for (uint32_t probe = 0; probe < probes_of(t); probe++) {
        struct bucket *b = bucket_after(t, hash, probe);

        for (uint32_t mask = bucket_ways(b, bucket_tag(hash)); mask; mask &= mask - 1) {
            *way = (unsigned)__builtin_ctz(mask);
            *past = probe;
            if (b->ids[*way] == id && b->kinds[*way] == kind)
                return b;
        }
        if (b->overflow == 0)
            break;
    }
    return NULL;
}

bool bucket_remove(struct bucket_table *t, uint64_t hash, uint32_t id, uint8_t kind)
{
    unsigned way;
    uint32_t past;
    struct bucket *b = locate(t, hash, id, kind, &way, &past);

    if (!b)
        return false;
    b->tags[way] = 0;
    b->ids[way] = 0;
    b->kinds[way] = 0;
    while (past--)
        bucket_after(t, hash, past)->overflow--;
    t->entries--;
    return true;
}

bool bucket_replace(struct bucket_table *t, uint64_t hash, uint32_t id, uint8_t kind, uint32_t new_id,
                    uint8_t new_kind)
{
    unsigned way;
    uint32_t past;
    struct bucket *b = locate(t, hash, id, kind, &way, &past);

    if (!b)
        return false;
    b->ids[way] = new_id;
    b->kinds[way] = new_kind;
    return true;
}
