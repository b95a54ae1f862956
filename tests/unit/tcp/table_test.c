/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table by key: three kinds of record under one roof, told apart by every part of the key, also where
 * their hashes look alike.
 */
#include "fixture.h"

/* Puts a key at the front of a record and the record into the table. */
static void put(enum table_kind k, uint32_t index, const struct table_key *key)
{
    memcpy(fx.s.table.kinds[k].records + (size_t)index * fx.s.table.kinds[k].bytes, key, sizeof *key);
    assert_true(table_insert(&fx.s.table, k, index));
}

static enum table_kind find(const struct table_key *key, uint32_t *index)
{
    return table_find(&fx.s.table, key, table_hash(&fx.s.table, key), index);
}

static void test_kinds_side_by_side(void **state)
{
    static const enum table_kind kinds[] = {TABLE_CONN, TABLE_SYN, TABLE_TIME_WAIT};
    uint32_t index;

    (void)state;
    for (uint16_t i = 0; i < 3; i++) {
        struct table_key key = key_of((uint16_t)(80 + i), 7);

        put(kinds[i], 2, &key);
    }
    for (uint16_t i = 0; i < 3; i++) {
        struct table_key key = key_of((uint16_t)(80 + i), 7);

        index = 99;
        assert_int_equal(find(&key, &index), kinds[i]);
        assert_int_equal(index, 2);
        table_remove(&fx.s.table, kinds[i], 2);
        index = 99;
        assert_int_equal(find(&key, &index), TABLE_NONE);
        assert_int_equal(index, 99);
    }
}

static void test_every_part_of_the_key_counts(void **state)
{
    struct table_key key = key_of(80, 7), other;
    uint32_t index;

    (void)state;
    put(TABLE_CONN, 0, &key);
    for (unsigned i = 0; i < 16; i++) {
        other = key;
        other.remote.b[i] ^= 0x80;
        assert_int_equal(find(&other, &index), TABLE_NONE);
    }
    other = key_of(81, 7);
    assert_int_equal(find(&other, &index), TABLE_NONE);
    other = key_of(80, 8);
    assert_int_equal(find(&other, &index), TABLE_NONE);
    other = key_of(7, 80);
    assert_int_equal(find(&other, &index), TABLE_NONE);
    other = key;
    other.local = 1;
    assert_int_equal(find(&other, &index), TABLE_NONE);
    assert_int_equal(find(&key, &index), TABLE_CONN);
    table_remove(&fx.s.table, TABLE_CONN, 0);
}

static void test_a_record_gives_its_place_to_another(void **state)
{
    struct table_key key = key_of(80, 7);
    uint32_t index;

    (void)state;
    put(TABLE_SYN, 3, &key);
    conn_at(&fx.s, 5)->key = key;
    table_replace(&fx.s.table, TABLE_SYN, 3, TABLE_CONN, 5);
    assert_int_equal(find(&key, &index), TABLE_CONN);
    assert_int_equal(index, 5);
    assert_int_equal(fx.s.table.buckets.entries, 1);
    table_remove(&fx.s.table, TABLE_CONN, 5);
}

/* Two keys whose 16-bit tags are the same stand in one bucket; each is found by the whole key. */
static void test_keys_that_look_alike(void **state)
{
    struct bucket one __attribute__((aligned(64)));
    struct table_key keys[2];
    uint32_t n = 0, index;

    (void)state;
    memset(&one, 0, sizeof one);
    bucket_init(&fx.s.table.buckets, &one, 1);
    keys[0] = key_of(80, 7);
    do {
        n++; /* tags have 15 bits that count, so some pair of ports will do on any machine */
        keys[1] = key_of((uint16_t)(81 + n % 1000), (uint16_t)(8 + n / 1000));
    } while (bucket_tag(table_hash(&fx.s.table, &keys[1])) != bucket_tag(table_hash(&fx.s.table, &keys[0])));
    for (uint32_t i = 0; i < 2; i++)
        put(TABLE_CONN, i, &keys[i]);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(find(&keys[i], &index), TABLE_CONN);
        assert_int_equal(index, i);
    }
    table_remove(&fx.s.table, TABLE_CONN, 0);
    assert_int_equal(find(&keys[0], &index), TABLE_NONE);
    assert_int_equal(find(&keys[1], &index), TABLE_CONN);
    table_remove(&fx.s.table, TABLE_CONN, 1);
}

static void test_no_room(void **state)
{
    struct bucket one __attribute__((aligned(64)));

    (void)state;
    memset(&one, 0, sizeof one);
    bucket_init(&fx.s.table.buckets, &one, 1);
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        struct table_key key = key_of((uint16_t)(80 + i), 7);

        put(TABLE_CONN, i, &key);
    }
    fx.l.syns[0].key = key_of(90, 7);
    assert_false(table_insert(&fx.s.table, TABLE_SYN, 0));
    assert_int_equal(fx.s.table.buckets.full, 1);
    for (uint32_t i = 0; i < CONNECTIONS; i++)
        table_remove(&fx.s.table, TABLE_CONN, i);
}

/* The hash is keyed: without the key nobody can aim at one bucket. */
static void test_hash_is_keyed(void **state)
{
    struct table_key key = key_of(80, 7);
    uint64_t hash = table_hash(&fx.s.table, &key);

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        fx.s.table.hash_key.k[i] ^= 1;
        assert_true(table_hash(&fx.s.table, &key) != hash);
        fx.s.table.hash_key.k[i] ^= 1;
    }
    assert_true(table_hash(&fx.s.table, &key) == hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kinds_side_by_side),
        TEST(test_every_part_of_the_key_counts),
        TEST(test_a_record_gives_its_place_to_another),
        TEST(test_keys_that_look_alike),
        TEST(test_no_room),
        TEST(test_hash_is_keyed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
