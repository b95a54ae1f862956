/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes ahead of their turn, against the simplest model there is: an array that says of each byte whether it
 * is held. The byte at each place is a function of the place, so overlaps and duplicates must agree.
 */
#include "fixture.h"
#include "tcp/reassembly.h"

enum { SEED = 20261122, SPAN = 6000 };

static uint64_t seed = SEED;

static uint32_t draw(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % below;
}

/* Keeps len bytes, of which the first is the one after rcv_nxt + ahead. */
static enum drop keep(struct conn *c, uint32_t ahead, uint32_t len)
{
    uint32_t number = c->rcv_nxt.v - IRS + ahead;
    uint8_t *bytes = bytes_from(number, len);
    enum drop result = reassembly_keep(&fx.s, c, seq_add(c->rcv_nxt, ahead), bytes, len);

    free(bytes);
    return result;
}

/* The islands as text, "100-200 300-400", in bytes ahead of rcv_nxt; in order, apart, and the right bytes. */
static const char *islands(const struct conn *c)
{
    static char text[400];
    const struct conn_active *a = conn_active(&fx.s, c);
    char *at = text;

    *at = 0;
    for (unsigned i = 0; a && i < a->islands; i++) {
        uint32_t first = a->island[i].seq.v - c->rcv_nxt.v, len = a->island[i].bytes.bytes;
        uint8_t *bytes = malloc(len);

        assert_non_null(bytes);
        assert_int_not_equal(len, 0);
        queue_copy(&a->island[i].bytes, &fx.s.queues, 0, bytes, len);
        for (uint32_t k = 0; k < len; k++)
            assert_int_equal(bytes[k], byte_of(a->island[i].seq.v - IRS + k));
        free(bytes);
        at += sprintf(at, "%s%u-%u", i ? " " : "", first, first + len);
    }
    return text;
}

static void test_islands_in_order_and_apart(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    assert_int_equal(keep(c, 1000, 100), DROP_NONE);
    assert_string_equal(islands(c), "1000-1100");
    assert_int_equal(keep(c, 500, 100), DROP_NONE);
    assert_string_equal(islands(c), "500-600 1000-1100");
    assert_int_equal(keep(c, 2000, 100), DROP_NONE);
    assert_string_equal(islands(c), "500-600 1000-1100 2000-2100");
    assert_int_equal(keep(c, 1100, 50), DROP_NONE); /* touches the end */
    assert_string_equal(islands(c), "500-600 1000-1150 2000-2100");
    assert_int_equal(keep(c, 1900, 100), DROP_NONE); /* touches the beginning */
    assert_string_equal(islands(c), "500-600 1000-1150 1900-2100");
    assert_int_equal(keep(c, 550, 500), DROP_NONE); /* joins two */
    assert_string_equal(islands(c), "500-1150 1900-2100");
    assert_int_equal(keep(c, 400, 2000), DROP_NONE); /* covers all */
    assert_string_equal(islands(c), "400-2400");
    assert_int_equal(keep(c, 400, 2000), DROP_NONE); /* once more */
    assert_int_equal(keep(c, 1000, 10), DROP_NONE);
    assert_string_equal(islands(c), "400-2400");
}

static void test_what_rcv_nxt_reaches_is_received(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    keep(c, 100, 100);
    keep(c, 300, 100);
    assert_int_equal(reassembly_reached(&fx.s, c), 0);
    c->rcv_nxt = seq_add(c->rcv_nxt, 150);
    assert_int_equal(reassembly_reached(&fx.s, c), 50);
    c->rcv_nxt = seq_add(c->rcv_nxt, 50);
    assert_string_equal(islands(c), "100-200");
    assert_int_equal(conn_unread(&fx.s, c), 50);
    fx.got = 151;
    assert_int_equal(app_recv(c, 100), 50);
    c->rcv_nxt = seq_add(c->rcv_nxt, 500); /* past the last one: all of it is old */
    assert_int_equal(reassembly_reached(&fx.s, c), 0);
    assert_string_equal(islands(c), "");
    assert_int_equal(conn_unread(&fx.s, c), 0);
}

/* Eight islands are kept; a segment that would need one more is dropped, others are not. */
static void test_ninth_island_is_refused(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    for (uint32_t i = 1; i <= 8; i++)
        assert_int_equal(keep(c, i * 1000, 100), DROP_NONE);
    assert_int_equal(keep(c, 9000, 100), DROP_REASSEMBLY);
    assert_int_equal(keep(c, 500, 100), DROP_REASSEMBLY);
    assert_int_equal(keep(c, 4500, 100), DROP_REASSEMBLY);
    assert_string_equal(islands(c), "1000-1100 2000-2100 3000-3100 4000-4100 5000-5100 6000-6100 7000-7100 "
                                    "8000-8100");
    assert_int_equal(keep(c, 4100, 400), DROP_NONE); /* grows one */
    assert_int_equal(keep(c, 8050, 100), DROP_NONE);
    assert_string_equal(islands(c), "1000-1100 2000-2100 3000-3100 4000-4500 5000-5100 6000-6100 7000-7100 "
                                    "8000-8150");
    assert_int_equal(keep(c, 4500, 500), DROP_NONE); /* joins two: there is room again */
    assert_int_equal(keep(c, 9000, 100), DROP_NONE);
}

/* One that ends where an island begins makes that one longer: it needs no other. */
static void test_growing_to_the_left_needs_no_island(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    for (uint32_t i = 1; i <= 8; i++)
        assert_int_equal(keep(c, i * 1000, 100), DROP_NONE);
    assert_int_equal(keep(c, 2900, 100), DROP_NONE);
    assert_string_equal(islands(c), "1000-1100 2000-2100 2900-3100 4000-4100 5000-5100 6000-6100 7000-7100 "
                                    "8000-8100");
}

/* Without memory some of the bytes may be kept, none is wrong, and nothing is lost of what was there. */
static void test_budget_used_up(void **state)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);
    size_t budget = fx.slabs.budget_bytes;

    (void)state;
    fx.slabs.budget_bytes = fx.slabs.used_bytes;
    assert_int_equal(keep(c, 1000, 100), DROP_BUDGET); /* not even an active block */
    assert_int_equal(c->active, 0);
    fx.slabs.budget_bytes = fx.slabs.used_bytes + 256;
    assert_int_equal(keep(c, 1000, 100), DROP_BUDGET);
    assert_string_equal(islands(c), "");
    fx.slabs.budget_bytes = fx.slabs.used_bytes + 256;
    assert_int_equal(keep(c, 1000, 100), DROP_NONE);
    assert_int_equal(keep(c, 1100, 2000), DROP_BUDGET);
    assert_int_equal(strncmp(islands(c), "1000-1", 6), 0);
    assert_int_equal(keep(c, 3000, 1), DROP_BUDGET);
    assert_int_equal(conn_active(&fx.s, c)->islands, 1);
    fx.slabs.budget_bytes = budget;
    assert_int_equal(keep(c, 1100, 2000), DROP_NONE);
    assert_string_equal(islands(c), "1000-3100");
}

/* How many runs of held bytes there are in the model, with a piece added or not. */
static unsigned runs(const uint8_t *held)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < SPAN; i++)
        n += held[i] && (i == 0 || !held[i - 1]);
    return n;
}

static void check(const struct conn *c, const uint8_t *held)
{
    static uint8_t real[SPAN];
    const struct conn_active *a = conn_active(&fx.s, c);

    memset(real, 0, sizeof real);
    islands(c);
    for (unsigned i = 0; a && i < a->islands; i++) {
        uint32_t first = a->island[i].seq.v - c->rcv_nxt.v, len = a->island[i].bytes.bytes;

        assert_true(first + len <= SPAN);
        assert_true(i == 0 || !real[first - 1]); /* they never touch */
        memset(real + first, 1, len);
    }
    assert_memory_equal(real, held, SPAN);
}

/* One segment, in the islands and in the model. A refused one may have been kept in part. */
static void keep_both(struct conn *c, uint8_t *held, uint32_t ahead, uint32_t len)
{
    static uint8_t want[SPAN];
    enum drop result = keep(c, ahead, len);

    memcpy(want, held, SPAN);
    memset(want + ahead, 1, len);
    if (result == DROP_NONE) {
        memcpy(held, want, SPAN);
        check(c, held);
        return;
    }
    assert_int_equal(result, DROP_REASSEMBLY);
    assert_true(runs(held) == CONN_ISLANDS); /* refused only when there was no island left */
    for (uint32_t i = 0; i < SPAN; i++) {
        const struct conn_active *a = conn_active(&fx.s, c);
        bool in = false;

        for (unsigned k = 0; k < a->islands; k++)
            in |= i - (a->island[k].seq.v - c->rcv_nxt.v) < a->island[k].bytes.bytes;
        assert_true(in ? want[i] : !held[i]);
        held[i] = in;
    }
    check(c, held);
}

/* rcv_nxt moves on over n bytes that came in their turn. */
static void reach(struct conn *c, uint8_t *held, uint32_t n)
{
    uint32_t end = n, got;

    while (end < SPAN && held[end])
        end++;
    c->rcv_nxt = seq_add(c->rcv_nxt, n);
    got = reassembly_reached(&fx.s, c);
    assert_int_equal(got, end - n);
    fx.got = c->rcv_nxt.v - IRS;
    c->rcv_nxt = seq_add(c->rcv_nxt, got);
    if (got)
        assert_int_equal(app_recv(c, SPAN), got);
    memmove(held, held + end, SPAN - end);
    memset(held + SPAN - end, 0, end);
    check(c, held);
}

static void test_random_segments(void **state)
{
    static uint8_t held[SPAN];
    struct conn *c = conn_in(CONN_ESTABLISHED);

    (void)state;
    memset(held, 0, sizeof held);
    for (int round = 0; round < 20000; round++) {
        uint32_t len = 1 + draw(draw(4) ? 200 : 1500), ahead = 1 + draw(SPAN - 1 - len);

        if (draw(8))
            keep_both(c, held, ahead, len);
        else
            reach(c, held, 1 + draw(300));
    }
    c->rcv_edge = seq_add(c->rcv_nxt, 1000); /* the tear-down's RST tells a window */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_islands_in_order_and_apart),
        TEST(test_what_rcv_nxt_reaches_is_received),
        TEST(test_ninth_island_is_refused),
        TEST(test_growing_to_the_left_needs_no_island),
        TEST(test_budget_used_up),
        TEST(test_random_segments),
    };

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
