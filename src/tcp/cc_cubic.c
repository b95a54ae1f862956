/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The window as a cubic function of the time since the last loss: it comes back fast to where that was
 * (w_max), stays near it for a while, and then looks for more.
 *
 *      W(t) = 0.4 (t - K)^3 + w_max        K: when W is w_max again        t in seconds, W in segments
 *
 * On short or slow paths Reno would be faster; what Reno would have (w_est) is counted beside it, and the
 * larger one is used (4.3). Whole numbers only: milliseconds and bytes; the cube is cut at 131 s from K,
 * where the window has long reached any limit. An epoch begins with the first growth after a loss, a timeout
 * or a silence.
 */
#include "cc_cubic.h"
#include "conn.h"

enum { FARTHEST_MS = 1 << 17 };

/* The whole part of the cube root. */
static uint32_t cube_root(uint64_t x)
{
    uint64_t root = 0;

    for (int bit = 20; bit >= 0; bit--) {
        uint64_t next = root | UINT64_C(1) << bit;

        if (next * next * next <= x)
            root = next;
    }
    return (uint32_t)root;
}

/* 0.4 (d / 1000)^3 segments, in bytes. */
static uint32_t cube(uint32_t d_ms, uint32_t mss)
{
    uint64_t d = d_ms < FARTHEST_MS ? d_ms : FARTHEST_MS;
    uint64_t bytes = d * d * d / 1000000 * mss * 4 / 10000;

    return bytes < UINT32_MAX / 4 ? (uint32_t)bytes : UINT32_MAX / 4;
}

static uint32_t window_at(const struct conn_cold *cold, uint32_t mss, uint32_t t_ms)
{
    uint32_t k = cold->cc.k_ms, part;

    if (t_ms >= k)
        return cold->cc.w_max + cube(t_ms - k, mss);
    part = cube(k - t_ms, mss);
    return cold->cc.w_max > part ? cold->cc.w_max - part : 0;
}

/* 4.2: K from how far the window is below w_max now: (w_max - cwnd) / (0.4 mss) s^3. */
static void begin_epoch(const struct conns *s, struct conn *c, struct conn_cold *cold)
{
    uint32_t now = tick_of(s->now);
    uint64_t below;

    cold->cc.epoch = now ? now : 1;
    if (c->cwnd < cold->cc.w_max) {
        below = cold->cc.w_max - c->cwnd;
        cold->cc.k_ms = cube_root(below * UINT64_C(2500000000) / c->mss);
    } else {
        cold->cc.k_ms = 0;
        cold->cc.w_max = c->cwnd;
    }
    cold->cc.w_est = c->cwnd;
    cold->cc.avoided = 0;
}

/* 4.3: 0.53 segments a window until w_est is back where the last loss was, then one. Fractions are kept in
 * `avoided`, in bytes acknowledged. */
static void count_reno(struct conn *c, struct conn_cold *cold, uint32_t bytes)
{
    uint32_t window =
        cold->cc.w_est < cold->cc.w_max ? c->cwnd / 9 * 17 : c->cwnd; /* 3 (1 - b) / (1 + b) = 9/17 */

    cold->cc.avoided += bytes;
    if (cold->cc.avoided >= window) {
        cold->cc.avoided -= window;
        cold->cc.w_est += c->mss;
    }
}

void cc_cubic_grow(struct conns *s, struct conn *c, struct conn_cold *cold, uint32_t bytes)
{
    uint32_t t_ms, target, most = c->cwnd + c->cwnd / 2;

    if (!cold->cc.epoch)
        begin_epoch(s, c, cold);
    t_ms = (uint32_t)(((uint64_t)(tick_of(s->now) - cold->cc.epoch) << TICK_SHIFT) / TIME_MS);
    count_reno(c, cold, bytes);
    if (window_at(cold, c->mss, t_ms) < cold->cc.w_est) {
        if (c->cwnd < cold->cc.w_est)
            c->cwnd = cold->cc.w_est;
        return;
    }
    target = window_at(cold, c->mss, t_ms + c->srtt_us / 1000);
    target = target > most ? most : target;
    if (target > c->cwnd)
        c->cwnd += (uint32_t)((uint64_t)(target - c->cwnd) * bytes / c->cwnd);
}

uint32_t cc_cubic_lost(struct conns *s, struct conn *c, struct conn_cold *cold, uint32_t flight)
{
    (void)s;
    /* 4.7: who loses below its last maximum leaves room for others. */
    if (c->cwnd < cold->cc.w_max)
        cold->cc.w_max = (uint32_t)((uint64_t)c->cwnd * 17 / 20);
    else
        cold->cc.w_max = c->cwnd;
    cold->cc.epoch = 0;
    return (uint32_t)((uint64_t)flight * 7 / 10);
}
