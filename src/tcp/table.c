/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base/bucket knows tags and ids; this file adds the key. A candidate whose 16-bit tag fits is compared by
 * its whole key, wherever its record lies.
 */
#include "table.h"

static const struct table_key *key_of(const struct table *t, unsigned kind, uint32_t index)
{
    return (const struct table_key *)(const void *)(t->kinds[kind].records +
                                                    (size_t)index * t->kinds[kind].bytes);
}

enum table_kind table_find(const struct table *t, const struct table_key *key, uint64_t hash, uint32_t *index)
{
    struct bucket_cursor cursor = {0};
    uint32_t id;
    uint8_t kind;

    while (bucket_find(&t->buckets, hash, &cursor, &id, &kind)) {
        if (table_same(key_of(t, kind, id), key)) {
            *index = id;
            return (enum table_kind)kind;
        }
    }
    return TABLE_NONE;
}

bool table_insert(struct table *t, enum table_kind kind, uint32_t index)
{
    return bucket_insert(&t->buckets, table_hash(t, key_of(t, kind, index)), index, (uint8_t)kind);
}

void table_remove(struct table *t, enum table_kind kind, uint32_t index)
{
    bucket_remove(&t->buckets, table_hash(t, key_of(t, kind, index)), index, (uint8_t)kind);
}

void table_replace(struct table *t, enum table_kind kind, uint32_t index, enum table_kind new_kind,
                   uint32_t new_index)
{
    bucket_replace(&t->buckets, table_hash(t, key_of(t, kind, index)), index, (uint8_t)kind, new_index,
                   (uint8_t)new_kind);
}
