/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who a segment is for: one table finds connections, half-open connections and those in TIME-WAIT. All three
 * kinds of record begin with the same key, so one comparison serves them all.
 */
#ifndef TCP_TABLE_H
#define TCP_TABLE_H

#include "base/bucket.h"
#include "base/hash.h"
#include "wire/addr.h"

/* What an entry of the table is. */
enum table_kind { TABLE_NONE, TABLE_CONN, TABLE_SYN, TABLE_TIME_WAIT, TABLE_KINDS };

/* The first bytes of every record. The local address is an index: there are few of them. */
struct table_key {
    struct addr remote;
    uint16_t remote_port, local_port;
    uint16_t local;
};
_Static_assert(sizeof(struct table_key) == 22, "a key has no holes: it is compared as bytes");

/* Two keys are the same: three words, of which the last two overlap. */
static inline bool table_same(const struct table_key *a, const struct table_key *b)
{
    uint64_t x[3], y[3];

    memcpy(x, a, 16);
    memcpy(y, b, 16);
    memcpy(&x[2], (const uint8_t *)a + sizeof *a - 8, 8);
    memcpy(&y[2], (const uint8_t *)b + sizeof *b - 8, 8);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2])) == 0;
}

struct table {
    struct bucket_table buckets;
    struct hash_key hash_key;
    struct {
        uint8_t *records;
        uint32_t bytes; /* of one record */
    } kinds[TABLE_KINDS];
};

static inline uint64_t table_hash(const struct table *t, const struct table_key *key)
{
    uint64_t a, b;

    memcpy(&a, key->remote.b, 8);
    memcpy(&b, key->remote.b + 8, 8);
    return hash_tuple(&t->hash_key, a, b,
                      (uint64_t)key->remote_port << 32 | (uint64_t)key->local_port << 16 | key->local);
}

/* The entry with that key: its kind and *index, or TABLE_NONE. hash is table_hash of the key. */
enum table_kind table_find(const struct table *t, const struct table_key *key, uint64_t hash,
                           uint32_t *index);

/* Puts a record in, under the key that it begins with. False: no room near its place (counted). */
bool table_insert(struct table *t, enum table_kind kind, uint32_t index);

void table_remove(struct table *t, enum table_kind kind, uint32_t index);

/* The record `index` of `kind`, which is in, gives its place to another one with the same key. */
void table_replace(struct table *t, enum table_kind kind, uint32_t index, enum table_kind new_kind,
                   uint32_t new_index);

#endif
