/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Is an IPv4 address that we mean to use somebody else's (RFC 5227)? One such question for each own address:
 * what was heard goes in, what is to be sent comes out.
 *
 *      BEGUN --probes--> PROBING --nobody objects--> ANNOUNCED --announcements--> SETTLED
 *        |                  |                            |                           |
 *        +--- a conflict ---+--> TAKEN                   +-------- a conflict -------+--> defended, and kept
 *        +<-------------------------- the link was gone and is back -----------------+
 *
 * In the upper row's second half the address is used; before that nobody hears of it but by probes, which
 * leave no trace in others. An address in use is kept whatever happens (2.4 (c)): a server that gives up its
 * address because somebody says so gives up all of its connections, and whoever wants that has only to say
 * so. It is defended by one announcement, and not again for 10 s, so that two who both hold on do not fill
 * the link.
 */
#ifndef IP_CONFLICT_H
#define IP_CONFLICT_H

#include "base/time.h"

#include <stdbool.h>

enum conflict_phase {
    CONFLICT_SETTLED, /* used; also where nobody is asked */
    CONFLICT_ANNOUNCED,
    CONFLICT_BEGUN, /* the clock may not have been set yet */
    CONFLICT_PROBING,
    CONFLICT_TAKEN
};

struct conflict {
    uint8_t phase;
    uint8_t full;        /* with the RFC's times */
    uint8_t sent;        /* probes, then announcements */
    uint8_t owes;        /* 1: an announcement in defence */
    uint8_t other[6];    /* the link address of the last who said that it is his */
    uint32_t count;      /* how often that was */
    rn_time due;         /* when something is to be sent; BEGUN: not to begin before */
    rn_time defend_from; /* not to be defended again before */
};

/* The address may be used. */
static inline bool conflict_is_over(const struct conflict *c)
{
    return c->phase <= CONFLICT_ANNOUNCED;
}

/* Begins, not before that time: quickly or with the RFC's times. */
void conflict_begin(struct conflict *c, bool full, rn_time from);

/* The link was gone: one that is used is looked for anew, as at first. Who said that it is his stays known. */
void conflict_again(struct conflict *c);

/* Nobody hears of it now, nor could object: what was sent counts for nothing. */
void conflict_unheard(struct conflict *c);

/* What is to be sent. USE: an announcement too, and from now on the address may be used. */
enum conflict_act { CONFLICT_NOTHING, CONFLICT_PROBE, CONFLICT_USE, CONFLICT_ANNOUNCE };

/* What is due now; random: bits for the times, others at each call. To be asked until there is nothing. */
enum conflict_act conflict_due(struct conflict *c, rn_time now, uint64_t random);

/* When something will be due; TIME_FOREVER: nothing. */
rn_time conflict_next(const struct conflict *c);

/* KNOWN: no news, if it is one at all. */
enum conflict_news { CONFLICT_KNOWN, CONFLICT_LOST, CONFLICT_DEFENDED };

/* Another host sent ARP from that address, or (is_probe) asks itself whether it may. */
enum conflict_news conflict_heard(struct conflict *c, bool is_probe, const uint8_t mac[6], rn_time now);

#endif
