/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A hash table of 64-byte buckets: one cache line answers most look-ups, hit or miss.
 *
 *      OFFSET SIZE MEANING
 *       0     16   8 tags of 16 bits, 0: free
 *      16     32   8 ids
 *      48      8   8 kinds
 *      56      2   how many entries went past this bucket, which was full, to stand further on
 *      58      6   unused
 *
 * An entry stands in its home bucket or in one of the next BUCKET_PROBES - 1, the first that had a free way,
 * and each bucket that it went past counts it in its overflow. So a look-up, hit or miss, goes past a bucket
 * only while that bucket's own count says that something did, and a removal takes the counts back: there are
 * no tombstones. The table knows hashes, ids and kinds; whose key an id has is for the caller to compare.
 */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BUCKET_WAYS = 8, BUCKET_PROBES = 16 };

struct bucket {
    uint16_t tags[BUCKET_WAYS];
    uint32_t ids[BUCKET_WAYS];
    uint8_t kinds[BUCKET_WAYS];
    uint16_t overflow;
    uint8_t unused[6];
};
_Static_assert(sizeof(struct bucket) == 64, "a bucket is a cache line");

struct bucket_table {
    struct bucket *buckets;
    uint32_t count; /* any number: the home is hash * count / 2^32, of the hash's upper half */
    uint32_t entries;
    uint64_t full; /* inserts refused because every probe was full */
};

/* Where a look-up stands. */
struct bucket_cursor {
    uint32_t probe, mask; /* buckets looked into so far; which ways of the last one are still to be tried */
};

/* Buckets for that many entries at a load of at most 0.6. */
uint32_t bucket_count_for(uint32_t entries);

/* Takes over memory (count * 64 bytes, aligned to 64, zero). */
void bucket_init(struct bucket_table *t, struct bucket *memory, uint32_t count);

static inline uint32_t bucket_home(const struct bucket_table *t, uint64_t hash)
{
    return (uint32_t)((hash >> 32) * t->count >> 32);
}

static inline uint16_t bucket_tag(uint64_t hash)
{
    return (uint16_t)(hash | 1);
}

/* The hash's home, which is on its way into the cache from now on: for bucket_guess. */
static inline const struct bucket *bucket_prefetch(const struct bucket_table *t, uint64_t hash)
{
    const struct bucket *home = &t->buckets[bucket_home(t, hash)];

    __builtin_prefetch(home);
    return home;
}

/* Vectors of the compiler, which it takes apart where the machine has none. */
typedef uint16_t bucket_words __attribute__((vector_size(16)));
typedef int8_t bucket_bytes __attribute__((vector_size(8)));

/* A byte of ones for each way of the bucket that has that tag, in the machine's order; tag 0: that is free.
 */
static inline uint64_t bucket_mask(const struct bucket *b, uint16_t tag)
{
    bucket_words tags;
    bucket_bytes same;
    uint64_t mask;

    memcpy(&tags, b->tags, sizeof tags);
    same = __builtin_convertvector(tags == tag, bucket_bytes);
    memcpy(&mask, &same, sizeof mask);
    return mask;
}

/* A bit for each of them. Each byte keeps its own bit or none: their sum, which the multiplication leaves in
 * the top byte, is the same in either byte order. */
static inline uint32_t bucket_ways(const struct bucket *b, uint16_t tag)
{
    static const uint8_t bit_of_way[BUCKET_WAYS] = {1, 2, 4, 8, 16, 32, 64, 128};
    uint64_t bits;

    memcpy(&bits, bit_of_way, sizeof bits);
    return (uint32_t)((bucket_mask(b, tag) & bits) * UINT64_C(0x0101010101010101) >> 56);
}

/* An entry of the home bucket: its kind, and *id. If one there has the hash's tag it is the first of them,
 * and that is nearly always the one that bucket_find would come to an end with; if none has it is any, or a
 * free one (0 and 0). What is named like this can be fetched, and is looked at later. */
static inline uint8_t bucket_guess(const struct bucket *b, uint64_t hash, uint32_t *id)
{
    uint64_t mask = bucket_mask(b, bucket_tag(hash));
    bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__; /* known when this is compiled */
    unsigned way =
        (unsigned)(little ? __builtin_ctzll(mask | UINT64_C(1) << 63) : __builtin_clzll(mask | 1)) / 8;

    *id = b->ids[way];
    return b->kinds[way];
}

/* The next entry whose tag is the hash's: true, with *id and *kind. False: no more. Start with a zero cursor.
 */
bool bucket_find(const struct bucket_table *t, uint64_t hash, struct bucket_cursor *cursor, uint32_t *id,
                 uint8_t *kind);

/* Puts an entry in. False: all of its probes are full (counted). The caller knows that it is not in yet. */
bool bucket_insert(struct bucket_table *t, uint64_t hash, uint32_t id, uint8_t kind);

/* Takes the entry with that id and kind out; false: it is not in. */
bool bucket_remove(struct bucket_table *t, uint64_t hash, uint32_t id, uint8_t kind);

/* Changes the entry's id and kind where it stands (a SYN that becomes a connection). False: it is not in. */
bool bucket_replace(struct bucket_table *t, uint64_t hash, uint32_t id, uint8_t kind, uint32_t new_id,
                    uint8_t new_kind);

#endif
