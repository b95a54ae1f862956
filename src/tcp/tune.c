/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How much was read is counted over a round trip, which is the sender's own measurement or, where there is
 * none because nothing was sent, a guess that fits most paths. The count lives in the active block: a
 * connection whose queues are empty has no use for a larger one.
 */
#include "tune.h"
#include "budget.h"

enum { GUESSED_RTT_US = 50000 };

void tune_was_read(struct conns *s, struct conn *c, uint32_t bytes)
{
    struct conn_active *a = conn_active(s, c);
    uint32_t limit = conn_receive_limit(s, c), trip_us = c->srtt_us ? c->srtt_us : GUESSED_RTT_US;

    if (!a || limit >= s->config.receive_bytes_max)
        return;
    a->tune_read += bytes;
    if (a->tune_at && s->now_us - a->tune_at < trip_us) {
        if (a->tune_read <= limit / 2 || budget_is_short(s))
            return;
        c->rcv_step++;
    }
    a->tune_at = s->now_us ? s->now_us : 1;
    a->tune_read = 0;
}

void tune_grow_send(struct conns *s, struct conn *c)
{
    if (!budget_is_short(s))
        c->snd_step++;
}
