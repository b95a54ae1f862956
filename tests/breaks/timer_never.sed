# SPDX-License-Identifier: BSD-2-Clause
# breaks src/tcp/timers.[ch], and tcp/retransmit_test must fail
# The timer of what was sent first is never worked out: it stays at the soonest that there can be.
s/if (c->loss_at && c->timer == TIMER_UNSETTLED)/if (0)/
