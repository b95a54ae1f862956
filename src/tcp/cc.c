/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What all algorithms have in common is here: the initial window, slow start (RFC 5681, with RFC 3465's limit
 * of two segments an ACK at first and one after a loss), what a timeout and a silence do. An algorithm says
 * how the window grows above ssthresh and what a loss makes of ssthresh; it has a file of its own.
 *
 * The window grows only while it is what limits the sender (RFC 7661 4.3), so a connection that asks and
 * answers keeps the window that it has, and its cold line is not touched.
 */
#include "cc.h"
#include "cc_cubic.h"
#include "conn.h"

#include <string.h>

/* RFC 5681 3.1: above ssthresh one segment a window. */
static void newreno_grow(struct conns *s, struct conn *c, struct conn_cold *cold, uint32_t bytes)
{
    (void)s;
    cold->cc.avoided += bytes;
    if (cold->cc.avoided >= c->cwnd) {
        cold->cc.avoided -= c->cwnd;
        c->cwnd += c->mss;
    }
}

/* RFC 5681 (4). */
static uint32_t newreno_lost(struct conns *s, struct conn *c, struct conn_cold *cold, uint32_t flight)
{
    (void)s, (void)c, (void)cold;
    return flight / 2;
}

static const struct {
    const char *name;
    void (*grow)(struct conns *s, struct conn *c, struct conn_cold *cold, uint32_t bytes);
    uint32_t (*lost)(struct conns *s, struct conn *c, struct conn_cold *cold, uint32_t flight); /* ssthresh */
} algorithms[CC_NAMES] = {
    [CC_CUBIC] = {"cubic", cc_cubic_grow, cc_cubic_lost},
    [CC_NEWRENO] = {"newreno", newreno_grow, newreno_lost},
};

int cc_by_name(const char *name)
{
    for (int i = 0; i < CC_NAMES; i++)
        if (strcmp(algorithms[i].name, name) == 0)
            return i;
    return -1;
}

const char *cc_name_of(unsigned cc)
{
    return cc < CC_NAMES ? algorithms[cc].name : NULL;
}

void cc_opened(struct conns *s, struct conn *c, uint32_t repeated)
{
    c->cwnd = repeated > 1 ? c->mss : cc_initial(c->mss);
    c->flags |= CONN_SLOW_START;
    conn_cold(s, c)->ssthresh = UINT32_MAX;
}

void cc_grew(struct conns *s, struct conn *c, uint32_t bytes)
{
    struct conn_cold *cold = conn_cold(s, c);

    if (c->cwnd >= UINT32_MAX / 4)
        return;
    conn_window_is_large(s, c);
    if (c->flags & CONN_SLOW_START) {
        uint32_t most = cold->ssthresh == UINT32_MAX ? 2u * c->mss : c->mss;

        c->cwnd += bytes < most ? bytes : most;
        if (c->cwnd >= cold->ssthresh)
            c->flags &= ~(uint32_t)CONN_SLOW_START;
        return;
    }
    algorithms[conn_settings(s, c)->cc].grow(s, c, cold, bytes);
}

void cc_lost(struct conns *s, struct conn *c, uint32_t flight)
{
    struct conn_cold *cold = conn_cold(s, c);
    uint32_t ssthresh = algorithms[conn_settings(s, c)->cc].lost(s, c, cold, flight);

    cold->ssthresh = ssthresh > 2u * c->mss ? ssthresh : 2u * c->mss;
    cold->cc.avoided = 0;
}

void cc_recovered(struct conns *s, struct conn *c)
{
    c->cwnd = conn_cold(s, c)->ssthresh;
    conn_window_is_large(s, c);
    c->flags &= ~(uint32_t)CONN_SLOW_START;
}

void cc_timed_out(struct conns *s, struct conn *c, uint32_t flight, bool first)
{
    /* RFC 5681 (4): once for the same loss, however often the timer runs out again. */
    if (first)
        cc_lost(s, c, flight);
    c->cwnd = c->mss;
    c->flags |= CONN_SLOW_START;
    conn_cold(s, c)->cc.epoch = 0;
}

void cc_undo(struct conns *s, struct conn *c, uint32_t cwnd, uint32_t ssthresh)
{
    if (c->cwnd < cwnd)
        c->cwnd = cwnd;
    conn_window_is_large(s, c);
    conn_cold(s, c)->ssthresh = ssthresh;
    c->flags &= ~(uint32_t)CONN_SLOW_START;
    if (c->cwnd < ssthresh)
        c->flags |= CONN_SLOW_START;
}

void cc_idled(struct conns *s, struct conn *c)
{
    if (c->cwnd > cc_initial(c->mss))
        c->cwnd = cc_initial(c->mss);
    conn_cold(s, c)->cc.epoch = 0;
    if (c->cwnd < conn_cold(s, c)->ssthresh)
        c->flags |= CONN_SLOW_START;
}
