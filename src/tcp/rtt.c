/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What follows from a SYN that had to be repeated; the rest is in line, in the header.
 */
#include "rtt.h"

enum { AFTER_LOST_SYN_US = 3000000 };

void rtt_syn_repeated(const struct conns *s, struct conn *c)
{
    uint32_t rto = s->config.rto_initial_us;

    c->srtt_us = 0;
    c->rttvar_us = (rto > AFTER_LOST_SYN_US ? rto : AFTER_LOST_SYN_US) / 4;
    c->backoff = 0;
}
