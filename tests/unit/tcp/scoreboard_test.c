/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The scoreboard: what is timed, what RACK finds lost (RFC 8985 6.2 step 5), what an acknowledgement
 * delivers; and against a model that keeps the fate of every single byte, with plenty of memory and with
 * hardly any.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tcp/scoreboard.h"

enum { SEED = 20261123, SPACE = 1 << 12, BUDGET = 1 << 20 };
#define UNA 0xfffffe00u /* the numbers turn over soon */

static struct slabs slabs;
static struct array_pools pools;
static struct scoreboard b;
static void *memory;

static void begin(size_t budget)
{
    memory = aligned_alloc(64, slab_need(budget, 3));
    assert_non_null(memory);
    slab_init(&slabs, memory, budget, 3);
    array_pools_init(&pools, &slabs);
    scoreboard_init(&b, seq_of(UNA));
}

static void end(void)
{
    scoreboard_clear(&b, &pools);
    assert_int_equal(slabs.used_bytes, 0);
    assert_int_equal(b.una.v, b.nxt.v);
    free(memory);
}

static int set_up(void **state)
{
    (void)state;
    begin(BUDGET);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    end();
    return 0;
}

static seq32 seq(uint32_t number)
{
    return seq_of(UNA + number);
}

static void sent(uint32_t len, uint32_t now)
{
    scoreboard_sent(&b, &pools, len, now);
}

static struct scoreboard_news acked(uint32_t number, uint32_t now)
{
    struct scoreboard_news news = {0};

    scoreboard_acked(&b, &pools, seq(number), now, &news);
    return news;
}

static struct scoreboard_news sacked(uint32_t left, uint32_t right, uint32_t now)
{
    struct scoreboard_news news = {0};
    uint32_t n = scoreboard_sacked(&b, &pools, seq(left), seq(right), now, &news);

    assert_int_equal(n, news.delivered);
    return news;
}

static void test_one_batch_is_one_span(void **state)
{
    struct scoreboard_news n;

    (void)state;
    sent(1000, 500);
    sent(1000, 500);
    assert_int_equal(b.spans.count, 1);
    assert_int_equal(scoreboard_pipe(&b), 2000);
    n = acked(2000, 600);
    assert_int_equal(n.acked, 2000);
    assert_int_equal(n.delivered, 2000);
    assert_true(n.timed);
    assert_int_equal(n.rtt_us, 100);
    assert_int_equal(n.newest_us, 500);
    assert_int_equal(n.newest_end.v, seq(2000).v);
    assert_int_equal(n.lowest.v, seq(0).v);
    assert_int_equal(b.spans.count, 0);
}

static void test_latest_sent_is_measured(void **state)
{
    struct scoreboard_news n;

    (void)state;
    sent(1000, 500);
    sent(1000, 550);
    n = acked(1500, 600);
    assert_int_equal(n.rtt_us, 50);
    assert_int_equal(n.newest_us, 550);
    assert_int_equal(n.newest_end.v, seq(1500).v);
    n = acked(2000, 900);
    assert_int_equal(n.acked, 500);
    assert_int_equal(n.rtt_us, 350);
}

static void test_what_went_twice_is_not_timed(void **state)
{
    struct scoreboard_news n;
    uint32_t at_us, len;
    unsigned sends;
    seq32 at;

    (void)state;
    sent(1000, 500);
    scoreboard_lose_all(&b, &pools);
    assert_int_equal(scoreboard_pipe(&b), 0);
    assert_true(scoreboard_next_lost(&b, &pools, &at, &len));
    assert_int_equal(len, 1000);
    scoreboard_sent_again(&b, &pools, at, 1000, 700);
    assert_int_equal(scoreboard_pipe(&b), 1000);
    assert_true(scoreboard_first(&b, &pools, &at_us, &sends));
    assert_int_equal(at_us, 700);
    assert_int_equal(sends, 2);
    n = acked(1000, 800);
    assert_false(n.timed);
    assert_true(n.newest_again);
    assert_false(n.lowest_known);
}

static void test_blocks_are_counted_once(void **state)
{
    struct scoreboard_news n;

    (void)state;
    sent(4000, 500);
    assert_int_equal(sacked(1000, 2000, 600).delivered, 1000);
    assert_int_equal(sacked(1000, 2000, 600).delivered, 0);
    assert_int_equal(sacked(500, 2500, 600).delivered, 1000);
    assert_int_equal(sacked(3000, 9000, 600).delivered, 1000); /* beyond SND.NXT */
    assert_int_equal(sacked(2500, 2500, 600).delivered, 0);
    assert_int_equal(sacked(2800, 2600, 600).delivered, 0); /* inverted */
    assert_int_equal(b.sacked, 3000);
    assert_int_equal(scoreboard_pipe(&b), 1000);
    n = acked(2600, 700);
    assert_int_equal(n.acked, 2600);
    assert_int_equal(n.delivered, 600); /* 0:500 and 2500:2600: the rest was known */
    assert_int_equal(b.sacked, 1000);
    assert_false(scoreboard_reneged(&b, &pools));
    acked(3000, 700);
    assert_true(scoreboard_reneged(&b, &pools));
    scoreboard_forget_sacked(&b, &pools);
    assert_int_equal(scoreboard_pipe(&b), 1000);
}

/* RFC 8985 6.2 step 5. */
static void test_what_rack_finds_lost(void **state)
{
    uint32_t remain = 77;

    (void)state;
    sent(1000, 100);
    sent(1000, 200);
    sent(1000, 300);
    sacked(2000, 3000, 400);
    assert_int_equal(scoreboard_detect(&b, &pools, 300, seq(3000), 250, 400, &remain), 1000); /* the first */
    assert_int_equal(remain, 50); /* the second, sent at 200, is 250 old at 450 */
    assert_int_equal(b.lost, 1000);
    assert_int_equal(scoreboard_detect(&b, &pools, 300, seq(3000), 250, 450, &remain), 1000);
    assert_int_equal(remain, 0);
    assert_int_equal(scoreboard_pipe(&b), 0);
    assert_int_equal(b.spans.count, 2); /* one lost, one SACKed */
}

static void test_what_was_sent_later_is_not_lost(void **state)
{
    uint32_t remain;

    (void)state;
    sent(1000, 100);
    sent(1000, 300);
    assert_int_equal(scoreboard_detect(&b, &pools, 200, seq(0), 10, 1000, &remain), 1000);
    assert_int_equal(b.lost, 1000); /* of the two sent at once only what lies before counts */
    sacked(1500, 2000, 1000);
    assert_int_equal(scoreboard_detect(&b, &pools, 300, seq(2000), 10, 1000, &remain), 500);
}

/* ---- against every byte */

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static struct fate {
    bool sacked, lost, again;
    uint32_t sent_us;
} fates[SPACE]; /* by number modulo SPACE, from una to nxt */
static uint32_t una, nxt, now;
static bool plenty;

static struct fate *fate(uint32_t number)
{
    return &fates[number % SPACE];
}

static void check(void)
{
    uint32_t sacks = 0, lost = 0, len, number = una;
    const struct span *spans = array_at(&b.spans, &pools, b.own);
    seq32 at;

    assert_int_equal(b.una.v, seq(una).v);
    assert_int_equal(b.nxt.v, seq(nxt).v);
    for (unsigned i = 0; i < b.spans.count; i++) {
        assert_true(seq_lt(seq(number), spans[i].end));
        for (; seq_lt(seq(number), spans[i].end); number++) {
            sacks += (spans[i].flags & SPAN_SACKED) != 0;
            lost += (spans[i].flags & SPAN_LOST) != 0;
            assert_false(spans[i].flags & SPAN_SACKED && !fate(number)->sacked);
            if (!plenty)
                continue;
            assert_int_equal((spans[i].flags & SPAN_SACKED) != 0, fate(number)->sacked);
            assert_int_equal((spans[i].flags & SPAN_LOST) != 0, fate(number)->lost);
            if (!fate(number)->sacked && !fate(number)->lost)
                assert_int_equal(spans[i].sent_us, fate(number)->sent_us);
        }
    }
    assert_int_equal(number, nxt);
    assert_int_equal(b.sacked, sacks);
    assert_int_equal(b.lost, lost);
    assert_int_equal(scoreboard_next_lost(&b, &pools, &at, &len), lost > 0);
}

static void send_new(void)
{
    uint32_t len = 1 + draw(60);

    if (nxt + len - una > SPACE - 64)
        return;
    sent(len, now);
    for (; len; len--)
        *fate(nxt++) = (struct fate){.sent_us = now};
}

static void send_lost(void)
{
    uint32_t len, from;
    seq32 at;

    if (!scoreboard_next_lost(&b, &pools, &at, &len))
        return;
    len = 1 + draw(len);
    from = at.v - UNA;
    scoreboard_sent_again(&b, &pools, at, len, now);
    for (uint32_t i = from; i < from + len; i++) {
        assert_true(!plenty || fate(i)->lost);
        *fate(i) = (struct fate){.again = true, .sent_us = now};
    }
}

static void acknowledge(void)
{
    uint32_t to = una + 1 + draw(nxt - una), delivered = 0;
    struct scoreboard_news news;

    for (uint32_t i = una; i < to; i++)
        delivered += !fate(i)->sacked;
    news = acked(to, now);
    assert_int_equal(news.acked, to - una);
    if (plenty)
        assert_int_equal(news.delivered, delivered);
    una = to;
}

static void selectively(void)
{
    uint32_t left = una + draw(nxt - una + 40), right = left + draw(120), newly = 0;
    struct scoreboard_news news;

    left -= draw(30) < left ? draw(2) * (left > 20 ? 20 : 0) : 0;
    for (uint32_t i = left; i != right && i - left < 200; i++) {
        if (i < una || i >= nxt)
            continue;
        newly += !fate(i)->sacked;
    }
    news = sacked(left, right, now);
    if (plenty)
        assert_int_equal(news.delivered, newly);
    for (uint32_t i = left; i < right; i++)
        if (i >= una && i < nxt)
            fate(i)->sacked = true, fate(i)->lost = false;
}

static void lose(void)
{
    uint32_t len = 1 + draw(100), newest = now - draw(50), wait = draw(60), remain;

    if (draw(8) == 0) {
        scoreboard_lose_all(&b, &pools);
        for (uint32_t i = una; i < nxt; i++)
            fate(i)->lost = !fate(i)->sacked;
    } else if (draw(2)) {
        scoreboard_lose_first(&b, &pools, len);
        for (uint32_t i = una; i < nxt && i < una + len; i++)
            fate(i)->lost = !fate(i)->sacked;
    } else {
        scoreboard_detect(&b, &pools, newest, seq(una), wait, now, &remain);
        for (uint32_t i = una; i < nxt; i++)
            if (!fate(i)->sacked && (int32_t)(fate(i)->sent_us - newest) < 0 &&
                now - fate(i)->sent_us >= wait)
                fate(i)->lost = true;
    }
}

static void play(size_t budget, bool much, unsigned rounds)
{
    begin(budget);
    plenty = much;
    una = nxt = 0;
    now = UINT32_MAX - 50000; /* microseconds turn over, too */
    for (unsigned round = 0; round < rounds; round++) {
        now += draw(3) * draw(20);
        if (una == nxt || draw(3) == 0)
            send_new();
        else if (draw(3) == 0)
            selectively();
        else if (draw(3) == 0)
            send_lost();
        else if (draw(4) == 0)
            lose();
        else if (draw(2) == 0)
            acknowledge();
        if (round % 4 == 0)
            check();
    }
    end();
}

static void test_random_fates(void **state)
{
    (void)state;
    seed = SEED;
    play(BUDGET, true, 60000);
    play(256, false, 30000); /* 21 spans at most */
    play(0, false, 30000);   /* four */
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_batch_is_one_span),        TEST(test_latest_sent_is_measured),
        TEST(test_what_went_twice_is_not_timed), TEST(test_blocks_are_counted_once),
        TEST(test_what_rack_finds_lost),         TEST(test_what_was_sent_later_is_not_lost),
        cmocka_unit_test(test_random_fates),
    };

    printf("seed %d\n", SEED);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
