/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who has to give memory back when it is pressed: those who keep it without using it. Islands behind a hole
 * that is not being filled go first, since what was SACKed may be dropped (RFC 2018 8), then connections
 * whose peer takes too little of what is queued for it, those that hold most before the others.
 */
#ifndef TCP_RECLAIM_H
#define TCP_RECLAIM_H

#include "budget.h"

enum {
    RECLAIM_LOOK = 1024,     /* connections looked at in one poll at most ... */
    RECLAIM_LOOK_MS = 16,    /* ... and how long it is to the next look */
    RECLAIM_PATIENCE_S = 10, /* in which a peer has to acknowledge ... */
    RECLAIM_PROGRESS = 8,    /* ... that part of what was queued for it */
    RECLAIM_ISLANDS_S = 1    /* the same for what has to be filled in front of islands */
};

/* Memory is pressed: looks at up to RECLAIM_LOOK connections, and takes back what some keep without using it,
 * until it is pressed no more. Connections that go are told -ENOBUFS, and so are their peers, by a reset. */
void reclaim_memory(struct conns *s);

/* Once a poll. Memory is pressed from the time when it is short until at most 3/8 are in use. */
static inline void reclaim_watch(struct conns *s)
{
    if (s->pressed_since || budget_is_short(s))
        reclaim_memory(s);
}

#endif
