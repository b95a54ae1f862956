/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How much was read is counted until it is half of the limit; then it is asked whether that was within a
 * round trip, which is the sender's own measurement or, where there is none because nothing was sent, a guess
 * that fits most paths. The count lives in the active block: a connection whose queues are empty has no use
 * for a larger buffer.
 */
#include "tune.h"
#include "budget.h"

enum { GUESSED_RTT_US = 50000 };

void tune_much_was_read(struct conns *s, struct conn *c, struct conn_active *a)
{
    uint32_t limit = conn_receive_limit(s, c), trip_us = c->srtt_us ? c->srtt_us : GUESSED_RTT_US;
    bool in_time = s->now_us - a->tune_at < trip_us;

    if (in_time && (a->tune_read <= limit / 2 + 1 || budget_is_short(s)))
        return; /* it goes on counting */
    if (in_time && limit < s->config.receive_bytes_max)
        c->rcv_step++;
    a->tune_at = s->now_us;
    a->tune_read = 1;
}

void tune_send(struct conns *s, struct conn *c)
{
    uint32_t limit = conn_send_limit(s, c);

    if (c->cwnd > limit / 2 && limit < s->config.send_bytes_max && !budget_is_short(s))
        c->snd_step++;
}
