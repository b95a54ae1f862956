/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bucket table against a plain list. Hashes are made of a home and a tag, so that a test says where an
 * entry belongs; the model draws few tags, so that equal ones meet. Tear-down takes everything out and wants
 * every byte of the table to be zero again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bucket.h"

enum { SEED = 20261122, MOST = 4096 };

struct model_entry {
    uint64_t hash;
    uint32_t id;
    uint8_t kind;
};

struct rig {
    struct bucket_table t;
    struct model_entry model[MOST];
    uint32_t count;
    uint64_t seed;
};

static uint64_t draw(struct rig *r)
{
    uint64_t z = r->seed += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static struct rig *open_with(uint32_t buckets)
{
    struct rig *r = calloc(1, sizeof *r);
    struct bucket *memory = aligned_alloc(64, buckets * sizeof *memory);

    assert_non_null(r);
    assert_non_null(memory);
    memset(memory, 0, buckets * sizeof *memory);
    bucket_init(&r->t, memory, buckets);
    r->seed = SEED;
    return r;
}

static void close_rig(struct rig *r)
{
    const uint8_t *bytes = (const uint8_t *)r->t.buckets;

    while (r->count) {
        const struct model_entry *e = &r->model[--r->count];

        assert_true(bucket_remove(&r->t, e->hash, e->id, e->kind));
    }
    assert_int_equal(r->t.entries, 0);
    for (size_t i = 0; i < r->t.count * sizeof(struct bucket); i++)
        assert_int_equal(bytes[i], 0);
    free(r->t.buckets);
    free(r);
}

/* A hash of that home and tag. */
static uint64_t hash_at(const struct rig *r, uint32_t home, uint16_t tag)
{
    uint64_t hash = (((uint64_t)home << 32) / r->t.count + 1) << 32 | tag;

    assert_int_equal(bucket_home(&r->t, hash), home);
    return hash;
}

static bool insert(struct rig *r, uint64_t hash, uint32_t id, uint8_t kind)
{
    if (!bucket_insert(&r->t, hash, id, kind))
        return false;
    assert_in_range(r->count, 0, MOST - 1);
    r->model[r->count++] = (struct model_entry){hash, id, kind};
    assert_int_equal(r->t.entries, r->count);
    return true;
}

static void remove_at(struct rig *r, uint32_t i)
{
    const struct model_entry e = r->model[i];

    assert_true(bucket_remove(&r->t, e.hash, e.id, e.kind));
    r->model[i] = r->model[--r->count];
    assert_int_equal(r->t.entries, r->count);
}

/* How many entries a look-up of the hash gives that have that id and kind, and how many it gives in all. */
static int find(const struct rig *r, uint64_t hash, uint32_t id, uint8_t kind, int *all)
{
    struct bucket_cursor cursor = {0};
    uint32_t found_id;
    uint8_t found_kind;
    int found = 0, n = 0;

    while (bucket_find(&r->t, hash, &cursor, &found_id, &found_kind)) {
        found += found_id == id && found_kind == kind;
        n++;
        assert_in_range(n, 0, BUCKET_WAYS * BUCKET_PROBES);
    }
    assert_false(bucket_find(&r->t, hash, &cursor, &found_id, &found_kind)); /* and it stays at its end */
    if (all)
        *all = n;
    return found;
}

/* Each entry is found once, and never more often than the entries with its tag near its home allow. */
static void check_all(const struct rig *r)
{
    for (uint32_t i = 0; i < r->count; i++) {
        const struct model_entry *e = &r->model[i];

        assert_int_equal(find(r, e->hash, e->id, e->kind, NULL), 1);
        assert_int_equal(find(r, e->hash, e->id, (uint8_t)(e->kind + 100), NULL), 0);
    }
}

/* How many buckets a look-up of the hash looks into. */
static uint32_t probes(const struct rig *r, uint64_t hash)
{
    struct bucket_cursor cursor = {0};
    uint32_t id;
    uint8_t kind;

    while (bucket_find(&r->t, hash, &cursor, &id, &kind))
        continue;
    return cursor.probe;
}

static void test_count_for_a_load_of_six_tenths(void **state)
{
    (void)state;
    assert_int_equal(bucket_count_for(0), 1);
    assert_int_equal(bucket_count_for(1), 1);
    assert_int_equal(bucket_count_for(4), 1);
    assert_int_equal(bucket_count_for(5), 2);
    assert_int_equal(bucket_count_for(24), 5);
    assert_int_equal(bucket_count_for(25), 6);
    assert_int_equal(bucket_count_for(10000000), 2083334);
    assert_int_equal(bucket_count_for(UINT32_MAX), 894784854);
}

static void test_each_way_is_found(void **state)
{
    (void)state;
    for (unsigned way = 0; way < BUCKET_WAYS; way++) {
        struct rig *r = open_with(3);
        int all;

        for (uint16_t i = 0; i < BUCKET_WAYS; i++)
            insert(r, hash_at(r, 1, (uint16_t)(i == way ? 0x8001 : 0x0101 + (i << 9))), 100u + i, 1);
        for (unsigned i = 0; i < BUCKET_WAYS; i++)
            assert_int_equal(r->t.buckets[1].ids[i], 100 + i);
        assert_int_equal(find(r, hash_at(r, 1, 0x8001), 100 + way, 1, &all), 1);
        assert_int_equal(all, 1); /* neither a half of a tag nor a neighbour matches */
        assert_int_equal(find(r, hash_at(r, 1, 0x8101), 0, 0, &all), 0);
        assert_int_equal(all, 0);
        assert_int_equal(find(r, hash_at(r, 0, 0x8001), 0, 0, &all), 0);
        assert_int_equal(all, 0);
        close_rig(r);
    }
}

/* A tag's lowest bit is always set: a hash that ends in zeroes does not look like a free way. */
static void test_hash_of_zero(void **state)
{
    struct rig *r = open_with(2);

    (void)state;
    assert_int_equal(probes(r, 0), 1);
    assert_true(insert(r, 0, 0, 0));
    assert_int_equal(find(r, 0, 0, 0, NULL), 1);
    assert_false(bucket_remove(&r->t, 0, 0, 1));
    assert_false(bucket_remove(&r->t, 0, 1, 0));
    close_rig(r);
}

static void test_equal_tags_come_one_after_the_other(void **state)
{
    struct rig *r = open_with(40);
    uint64_t hash = hash_at(r, 38, 7); /* goes on at the table's beginning */
    int all;

    (void)state;
    for (uint32_t id = 0; id < 30; id++)
        assert_true(insert(r, hash, id, (uint8_t)(id % 3)));
    assert_int_equal(r->t.buckets[38].overflow, 22);
    assert_int_equal(r->t.buckets[39].overflow, 14);
    assert_int_equal(r->t.buckets[0].overflow, 6);
    assert_int_equal(r->t.buckets[1].overflow, 0);
    for (uint32_t id = 0; id < 30; id++) {
        assert_int_equal(find(r, hash, id, (uint8_t)(id % 3), &all), 1);
        assert_int_equal(all, 30);
    }
    close_rig(r);
}

static void test_misses_stop_early(void **state)
{
    struct rig *r = open_with(40);

    (void)state;
    for (uint16_t i = 0; i < 8; i++)
        insert(r, hash_at(r, 5, (uint16_t)(2 * i + 1)), i, 0);
    assert_int_equal(probes(r, hash_at(r, 5, 99)), 1); /* full, but nothing went on */
    for (uint16_t i = 8; i < 18; i++)
        insert(r, hash_at(r, 5, (uint16_t)(2 * i + 1)), i, 0);
    assert_int_equal(probes(r, hash_at(r, 5, 99)), 3);
    assert_int_equal(probes(r, hash_at(r, 6, 99)), 2); /* others went past its home */
    assert_int_equal(probes(r, hash_at(r, 7, 99)), 1);

    /* A hole in the middle hides nothing behind it. */
    remove_at(r, 8);
    assert_int_equal(find(r, hash_at(r, 5, 35), 17, 0, NULL), 1);
    assert_int_equal(probes(r, hash_at(r, 5, 99)), 3);

    while (r->count > 8)
        remove_at(r, r->count - 1);
    assert_int_equal(probes(r, hash_at(r, 5, 99)), 1);
    close_rig(r);
}

static void test_full_probes_are_refused_and_counted(void **state)
{
    struct rig *r = open_with(20);
    const uint32_t most = BUCKET_WAYS * BUCKET_PROBES;

    (void)state;
    for (uint32_t id = 0; id < most; id++)
        assert_true(insert(r, hash_at(r, 10, (uint16_t)(2 * id + 1)), id, 1));
    assert_int_equal(r->t.full, 0);
    assert_false(insert(r, hash_at(r, 10, 5), most, 1));
    assert_false(insert(r, hash_at(r, 10, 777), most, 1));
    assert_int_equal(r->t.full, 2);
    assert_int_equal(r->t.entries, most);
    assert_int_equal(r->t.buckets[10].overflow, 15 * 8);
    assert_int_equal(probes(r, hash_at(r, 10, 777)), BUCKET_PROBES);
    assert_true(insert(r, hash_at(r, 11, 777), most, 1)); /* the next home has one bucket more */
    check_all(r);
    close_rig(r);
}

/* A table of fewer buckets than probes: every way is used once. */
static void test_small_tables(void **state)
{
    (void)state;
    for (uint32_t buckets = 1; buckets < BUCKET_PROBES + 2; buckets++) {
        struct rig *r = open_with(buckets);
        uint32_t most = BUCKET_WAYS * (buckets < BUCKET_PROBES ? buckets : BUCKET_PROBES);

        for (uint32_t id = 0; id < most; id++)
            assert_true(insert(r, hash_at(r, buckets - 1, 9), id, 0));
        assert_false(insert(r, hash_at(r, buckets - 1, 9), most, 0));
        assert_int_equal(r->t.full, 1);
        check_all(r);
        close_rig(r);
    }
}

static void test_replace_changes_the_entry_where_it_stands(void **state)
{
    struct rig *r = open_with(20);
    uint64_t hash = hash_at(r, 3, 7);

    (void)state;
    for (uint32_t id = 0; id < 20; id++)
        insert(r, hash, id, 1);
    assert_true(bucket_replace(&r->t, hash, 19, 1, 500, 2));
    assert_false(bucket_replace(&r->t, hash, 19, 1, 500, 2));
    assert_int_equal(find(r, hash, 19, 1, NULL), 0);
    assert_int_equal(find(r, hash, 500, 2, NULL), 1);
    assert_int_equal(r->t.entries, 20);
    r->model[19] = (struct model_entry){hash, 500, 2};
    check_all(r);
    close_rig(r);
}

/* One step of the model, which fills up to that many entries and then stays near them. */
static void step_model(struct rig *r, uint32_t entries, uint32_t *next_id, uint16_t tags)
{
    uint64_t home = draw(r) >> 32 << 32, hash = home | draw(r) % tags;
    struct model_entry *e;

    if (r->count < entries && draw(r) % 4) {
        assert_true(insert(r, hash, (*next_id)++, (uint8_t)(draw(r) % 3)));
        return;
    }
    if (r->count == 0)
        return;
    e = &r->model[draw(r) % r->count];
    if (draw(r) % 2) {
        remove_at(r, (uint32_t)(e - r->model));
        return;
    }
    assert_true(bucket_replace(&r->t, e->hash, e->id, e->kind, *next_id, 9));
    e->id = (*next_id)++;
    e->kind = 9;
}

static void test_model_at_load_six_tenths(void **state)
{
    static const uint16_t tags[] = {6, 65535};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const uint32_t entries = 3000;
        struct rig *r = open_with(bucket_count_for(entries));
        uint32_t next_id = 0;
        uint64_t looked = 0;

        r->seed += i;
        for (int step = 0; step < 60000; step++) {
            step_model(r, entries, &next_id, tags[i]);
            if (step % 6000 == 5999)
                check_all(r);
        }
        assert_in_range(r->count, entries * 99 / 100, entries);
        for (int miss = 0; miss < 10000; miss++)
            looked += probes(r, draw(r));
        print_message("%d tags: %.3f buckets a miss\n", tags[i], (double)looked / 10000);
        assert_in_range(looked, 10000, 18000);
        close_rig(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count_for_a_load_of_six_tenths),
        cmocka_unit_test(test_each_way_is_found),
        cmocka_unit_test(test_hash_of_zero),
        cmocka_unit_test(test_equal_tags_come_one_after_the_other),
        cmocka_unit_test(test_misses_stop_early),
        cmocka_unit_test(test_full_probes_are_refused_and_counted),
        cmocka_unit_test(test_small_tables),
        cmocka_unit_test(test_replace_changes_the_entry_where_it_stands),
        cmocka_unit_test(test_model_at_load_six_tenths),
    };

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
