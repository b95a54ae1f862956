/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How much was read is counted over a round trip, which is the sender's own measurement or, where there is
 * none because nothing was sent, a guess that fits most paths. The count lives in the active block: a
 * connection whose queues are empty has no use for a larger one.
 */
#include "tune.h"
#include "budget.h"

void tune_round_is_over(struct conns *s, struct conn *c, struct conn_active *a, bool in_time)
{
    if (in_time && budget_is_short(s))
        return;
    if (in_time)
        c->rcv_step++;
    a->tune_at = s->now_us ? s->now_us : 1;
    a->tune_read = 0;
}

void tune_send(struct conns *s, struct conn *c)
{
    uint32_t limit = conn_send_limit(s, c);

    if (c->cwnd > limit / 2 && limit < s->config.send_bytes_max && !budget_is_short(s))
        c->snd_step++;
}
