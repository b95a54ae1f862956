/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a socket chooses, as the face says it (struct rn_settings: times, names) and as tcp/ wants it (struct
 * conn_settings: a few bytes, shared by all sockets that chose the same). Reading checks every range, and is
 * all that checks them; setup.c reads the stack's options with it, too.
 */
#include "room.h"
#include "tcp/timers.h"

#include <errno.h>

static bool is_time(rn_time t, rn_time least)
{
    return t >= least && t <= 24 * 3600 * TIME_S;
}

bool settings_read(const struct rn_settings *in, struct conn_settings *out)
{
    int cc = in->congestion ? cc_by_name(in->congestion) : -1;

    if (cc < 0 || !is_time(in->keep_idle, TIME_S) || !is_time(in->keep_interval, TIME_S) ||
        (in->user_timeout && !is_time(in->user_timeout, TIME_MS)) ||
        (in->linger && !is_time(in->linger, TIME_MS)) || !in->keep_count || !in->r1 || !in->syn_retries ||
        !in->data_retries || !in->ttl || in->dscp > 63 || in->keep_alive > 1 || in->no_delay > 1 ||
        in->no_delayed_ack > 1 || in->ecn > 1 || in->soft_errors > 1)
        return false;
    *out = (struct conn_settings){.keep_idle_ms = (uint32_t)(in->keep_idle / TIME_MS),
                                  .keep_interval_ms = (uint32_t)(in->keep_interval / TIME_MS),
                                  .user_timeout_ms = (uint32_t)(in->user_timeout / TIME_MS),
                                  .linger_ms = (uint32_t)(in->linger / TIME_MS),
                                  .keep_count = in->keep_count,
                                  .keep_alive = in->keep_alive,
                                  .no_delay = in->no_delay,
                                  .ecn = in->ecn,
                                  .r1 = in->r1,
                                  .data_retries = in->data_retries,
                                  .syn_retries = in->syn_retries,
                                  .cc = (uint8_t)cc,
                                  .dscp = in->dscp,
                                  .ttl = in->ttl,
                                  .soft_errors = in->soft_errors,
                                  .no_delayed_ack = in->no_delayed_ack};
    return true;
}

void settings_write(const struct conn_settings *in, struct rn_settings *out)
{
    *out = (struct rn_settings){.congestion = cc_name_of(in->cc),
                                .keep_idle = in->keep_idle_ms * TIME_MS,
                                .keep_interval = in->keep_interval_ms * TIME_MS,
                                .user_timeout = in->user_timeout_ms * TIME_MS,
                                .linger = in->linger_ms * TIME_MS,
                                .keep_alive = in->keep_alive,
                                .keep_count = in->keep_count,
                                .r1 = in->r1,
                                .syn_retries = in->syn_retries,
                                .data_retries = in->data_retries,
                                .ttl = in->ttl,
                                .dscp = in->dscp,
                                .no_delay = in->no_delay,
                                .no_delayed_ack = in->no_delayed_ack,
                                .ecn = in->ecn,
                                .soft_errors = in->soft_errors};
}

int settings_of_conn(struct rn_stack *net, struct conn *c, const struct conn_settings *wanted)
{
    struct conns *s = &net->conns;

    if (!conn_set_settings(s, c, wanted))
        return -ENOSPC;
    conn_follow_settings(s, c);
    if (c->state == CONN_CLOSED)
        return 0;
    timers_settings_changed(s, c);
    if (wanted->no_delay && c->state != CONN_SYN_SENT)
        conn_owes(s, c, OWE_SEND); /* what Nagle's algorithm held back */
    return 0;
}

int settings_of_other(struct rn_stack *net, uint8_t *number, const struct conn_settings *wanted)
{
    int now = conn_keep_settings(&net->conns, wanted);

    if (now < 0)
        return -ENOSPC;
    conn_drop_settings(&net->conns, *number);
    *number = (uint8_t)now;
    return 0;
}
