/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Arrays that grow from the owner's memory into pools and back: against a plain one, with and without memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/array.h"

enum { SEED = 20261123, LARGEST = ARRAY_LARGE / 12 };

struct element {
    uint32_t a, b, c;
};
static const struct array_kind owning = {sizeof(struct element), 4}, bare = {sizeof(struct element), 0};

static struct slabs slabs;
static struct array_pools pools;
static struct array array;
static struct element own[4];
static void *memory;

static void begin(size_t budget)
{
    memory = aligned_alloc(64, slab_need(budget, 3));
    assert_non_null(memory);
    slab_init(&slabs, memory, budget, 3);
    array_pools_init(&pools, &slabs);
    array = (struct array){0};
}

static void end(const struct array_kind *k)
{
    array_clear(&array, &pools, k);
    assert_int_equal(slabs.used_bytes, 0);
    assert_int_equal(array.count, 0);
    free(memory);
}

static struct element *at(unsigned i)
{
    return (struct element *)array_at(&array, &pools, own) + i;
}

static bool insert(const struct array_kind *k, unsigned i, uint32_t value)
{
    if (!array_insert(&array, &pools, k, own, i))
        return false;
    *at(i) = (struct element){value, ~value, value * 3};
    return true;
}

static void test_places(void **state)
{
    (void)state;
    begin(1 << 20);
    for (unsigned i = 0; i < 4; i++)
        assert_true(insert(&owning, i, i));
    assert_int_equal(slabs.used_bytes, 0); /* the owner's memory holds four */
    assert_true(insert(&owning, 0, 99));
    assert_int_equal(slabs.used_bytes, 256);
    for (unsigned i = 5; i <= 256 / 12; i++)
        assert_true(insert(&owning, i, i));
    assert_int_equal(slabs.used_bytes, 1024);
    for (unsigned i = array.count; i <= 1024 / 12; i++)
        assert_true(insert(&owning, i, i));
    assert_int_equal(slabs.used_bytes, 4096);
    for (unsigned i = array.count; i < LARGEST; i++)
        assert_true(insert(&owning, i, i));
    assert_false(insert(&owning, 0, 1)); /* as large as it gets */
    assert_int_equal(array.count, LARGEST);
    assert_int_equal(at(0)->a, 99);
    assert_int_equal(at(1)->a, 0);
    assert_int_equal(at(LARGEST - 1)->a, LARGEST - 1);
    array_remove(&array, &pools, &owning, own, 1, LARGEST - 1);
    assert_int_equal(at(0)->a, 99);
    assert_in_range(slabs.used_bytes, 0, 1024); /* it gives back what it does not need */
    array_remove(&array, &pools, &owning, own, 0, 1);
    assert_int_equal(slabs.used_bytes, 0);
    end(&owning);
}

static uint64_t seed = SEED;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static void play(const struct array_kind *k, size_t budget, bool too_small)
{
    static uint32_t model[LARGEST];
    unsigned count = 0, refused = 0;

    begin(budget);
    for (unsigned round = 0; round < 100000; round++) {
        bool grows = draw(1000) < (round / 2000 % 2 ? 300u : 700u);

        if (grows) {
            unsigned i = draw(count + 1);
            uint32_t value = draw(1 << 30);

            if (insert(k, i, value)) {
                memmove(&model[i + 1], &model[i], (count++ - i) * sizeof *model);
                model[i] = value;
            } else {
                refused++;
            }
        } else if (count) {
            unsigned i = draw(count), n = 1 + draw(draw(10) ? 1 : count - i);

            array_remove(&array, &pools, k, own, i, n);
            memmove(&model[i], &model[i + n], (count - i - n) * sizeof *model);
            count -= n;
        }
        assert_int_equal(array.count, count);
        if (count) {
            unsigned i = draw(count);

            assert_int_equal(at(i)->a, model[i]);
            assert_int_equal(at(i)->b, ~model[i]);
        }
    }
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(at(i)->a, model[i]);
    assert_true(!too_small || refused > 0);
    end(k);
}

static void test_random_elements(void **state)
{
    (void)state;
    play(&owning, 1 << 20, false);
    play(&bare, 1 << 20, false);
    play(&owning, 1280, true); /* a small item, and a middle one to move to */
    play(&bare, 256, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_places), cmocka_unit_test(test_random_elements)};

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
