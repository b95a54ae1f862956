/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CUBIC in whole numbers against RFC 9438's formulas in floating point: after a loss the window follows the
 * curve, is back where it was after K, and on short paths goes as Reno would.
 */
#include "fixture.h"
#include "tcp/cc.h"

static double root3(double x)
{
    double y = x > 1 ? x : 1;

    for (int i = 0; i < 100; i++)
        y -= (y * y * y - x) / (3 * y * y);
    return y;
}

static struct conn *lossy(uint32_t mss, uint32_t window, uint32_t rtt_ms)
{
    struct conn *c = conn_in(CONN_ESTABLISHED);

    fx.s.settings[0].cc = CC_CUBIC;
    c->mss = (uint16_t)mss;
    c->cwnd = window;
    c->srtt_us = rtt_ms * 1000;
    cc_lost(&fx.s, c, window);
    cc_recovered(&fx.s, c);
    return c;
}

/* A window's worth of bytes is acknowledged in a round trip, segment by segment, the window being what
 * limits. */
static void round_trip(struct conn *c, uint32_t rtt_ms)
{
    rn_time began = fx.s.now;
    uint32_t segments = c->cwnd / c->mss;

    for (uint32_t i = 0; i < segments; i++) {
        clock_to(began + (rn_time)rtt_ms * TIME_MS * i / segments);
        cc_acked(&fx.s, c, c->mss, true);
    }
    clock_to(began + (rn_time)rtt_ms * TIME_MS);
}

static void test_a_loss_takes_three_tenths(void **state)
{
    struct conn *c = lossy(1000, 100000, 100);

    (void)state;
    assert_int_equal(conn_cold(&fx.s, c)->ssthresh, 70000); /* 4.6: beta 0.7 */
    assert_int_equal(c->cwnd, 70000);
    assert_int_equal(conn_cold(&fx.s, c)->cc.w_max, 100000);
    cc_lost(&fx.s, c, 70000); /* below the last maximum: fast convergence, 4.7 */
    assert_int_equal(conn_cold(&fx.s, c)->ssthresh, 49000);
    assert_int_equal(conn_cold(&fx.s, c)->cc.w_max, 59500);
    cc_lost(&fx.s, c, 100);
    assert_int_equal(conn_cold(&fx.s, c)->ssthresh, 2000); /* two segments at least */
}

/* 4.2: W(t) = C (t - K)^3 + W_max, K = cbrt((W_max - cwnd) / C), on paths where Reno is slower. */
static void test_the_curve(void **state)
{
    static const struct {
        uint32_t mss, window, rtt_ms;
    } paths[] = {
        {1448, 1448 * 1000, 100}, {1448, 1448 * 4000, 50}, {9000, 9000 * 400, 200}, {536, 536 * 900, 150}};

    (void)state;
    for (unsigned i = 0; i < COUNT(paths); i++) {
        uint32_t mss = paths[i].mss, rtt = paths[i].rtt_ms;
        struct conn *c = lossy(mss, paths[i].window, rtt);
        double w_max = (double)paths[i].window / mss, k = root3(w_max * 0.3 / 0.4);
        rn_time began = fx.s.now;
        double t = 0;

        cc_acked(&fx.s, c, 1, true); /* the epoch begins */
        while (t < 1.5 * k) {
            double target, off;

            round_trip(c, rtt);
            t = (double)(fx.s.now - began) / 1e9;
            target = 0.4 * (t - k) * (t - k) * (t - k) + w_max;
            off = (double)c->cwnd / mss - target;
            if ((off < 0 ? -off : off) > 0.02 * target + 2)
                fail_msg("path %u after %.1f s: %.1f segments, the formula says %.1f", i, t,
                         (double)c->cwnd / mss, target);
        }
        abandon(c);
        tear_down(state);
        set_up(state);
    }
}

/* 4.3: half a segment a round trip (alpha = 9/17) until the last maximum, then a whole one. */
static void test_short_paths_go_as_reno(void **state)
{
    struct conn *c = lossy(1000, 20000, 2);
    uint32_t before;

    (void)state;
    assert_int_equal(c->cwnd, 14000);
    for (unsigned i = 0; i < 17; i++)
        round_trip(c, 2);
    assert_in_range(c->cwnd, 24000, 26000); /* eleven round trips to 20, then one segment each */
    before = c->cwnd;
    for (unsigned i = 0; i < 10; i++)
        round_trip(c, 2);
    assert_in_range(c->cwnd - before, 9000, 10000);
}

/* An epoch of days, and windows and segments of any size: nothing overflows, nothing shrinks. */
static void test_extremes(void **state)
{
    static const uint32_t sizes[] = {88, 536, 1460, 65000};

    (void)state;
    for (unsigned i = 0; i < COUNT(sizes); i++) {
        struct conn *c = lossy(sizes[i], 1 << 30, 60000);

        for (unsigned k = 0; k < 40; k++) {
            uint32_t before = c->cwnd;

            cc_acked(&fx.s, c, c->cwnd, true);
            assert_true(c->cwnd >= before);
            assert_true(c->cwnd <= 3u << 30);
            clock_to(fx.s.now + 3600 * TIME_S * (k % 7));
        }
        abandon(c);
        tear_down(state);
        set_up(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_loss_takes_three_tenths),
        TEST(test_the_curve),
        TEST(test_short_paths_go_as_reno),
        TEST(test_extremes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
