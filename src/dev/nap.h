/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How many frames a burst takes after a sleep: one alone. Who has slept waits for one frame most of the time,
 * and what it costs to look for a second, a system call or a slot where nobody has looked for long, would
 * delay the answer to the first; that there are more is told when he is about to sleep again. Who looks in
 * every now and then without sleeping gets all.
 *
 * Kept by a device, which tells it of each arm and each burst.
 */
#ifndef DEV_NAP_H
#define DEV_NAP_H

#include "base/time.h"

#include <stdbool.h>

#define NAP_LEAST (TIME_MS / 20) /* shorter, it was no sleep */

struct nap {
    rn_time looked; /* the last burst */
    bool armed;     /* since then somebody said that he would sleep */
};

/* A burst of at most max frames begins: how many it may take. */
static inline int nap_over(struct nap *n, int max, rn_time now)
{
    bool slept = n->armed && now - n->looked > NAP_LEAST;

    n->armed = false;
    n->looked = now;
    return slept && max > 1 ? 1 : max;
}

#endif
