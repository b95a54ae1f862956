/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who has which link address: one cache for both families (RFC 826, RFC 1122 2.3.2, RFC 4861 7.3 in outline).
 *
 *      FREE --wanted--> ASKED --answer--> KNOWN --60 s, wanted--> CHECKED --answer--> KNOWN
 *                         |                                          |
 *                         +-- 3 questions unanswered: FAILED <-------+      STATIC: never asked, never changed
 *
 * An entry is made when we want to send to somebody or when somebody asks for us, never because of what is
 * merely said aloud; a KNOWN entry is changed only by an answer to our question, by its own question, or when
 * it announces itself (RFC 5227 2.3). While a device is quiet none of its IPv4 entries is ready, static or not; those
 * that were known are asked for anew afterwards, since the link may have become another one. Those who are being asked
 * stand in a queue in the order of their next questions, a second from one to the next, or less at first.
 */
#ifndef IP_NEIGHBOUR_H
#define IP_NEIGHBOUR_H

#include "base/bucket.h"
#include "base/hash.h"
#include "base/time.h"
#include "wire/addr.h"

enum neighbour_state {
    NEIGHBOUR_FREE,
    NEIGHBOUR_ASKED,
    NEIGHBOUR_KNOWN,
    NEIGHBOUR_CHECKED,
    NEIGHBOUR_FAILED,
    NEIGHBOUR_STATIC,
    NEIGHBOUR_PAUSED /* one that is static, while its device is quiet */
};

enum { NEIGHBOUR_DEVICES = 8 };

/* Questions besides those of each second, of one of whom something may be known soon. */
enum { NEIGHBOUR_AGAIN = 2 };

/* So long after its last answer one is checked when it is next sent to. */
enum { NEIGHBOUR_CHECK_TICKS = (int)(60 * TIME_S >> TICK_SHIFT) };

struct neighbour {
    _Alignas(16) struct addr addr; /* so that an index is multiplied by 48, which is two shifts */
    uint8_t mac[12]; /* its link address and then ours, as they stand in front of what is sent to it */
    uint8_t state, device;
    uint8_t asked;      /* questions since the last answer */
    uint8_t queued;     /* 1: stands in the queue */
    uint8_t again;      /* of them besides those of each second, NEIGHBOUR_AGAIN at most */
    uint32_t confirmed; /* tick of the last answer */
    uint32_t due;       /* tick of the next question */
    uint32_t next;      /* in the queue: index + 1 */
};

struct neighbours {
    struct neighbour *list;
    bool quiet[NEIGHBOUR_DEVICES];
    uint8_t own_macs[NEIGHBOUR_DEVICES][6]; /* by device: its own link address, before it has neighbours */
    const uint32_t *uses;                   /* by index: how many connections keep it; counted by them */
    struct bucket_table table;
    struct hash_key key;
    uint32_t limit, used, asking; /* asking: those in the queue */
    uint32_t hand;                /* where the search for one that can go goes on */
    uint32_t head, tail;          /* of the queue: index + 1 */
    uint64_t full;
};

/* What the queue's head asks for. */
enum neighbour_act { NEIGHBOUR_NOTHING, NEIGHBOUR_ASK, NEIGHBOUR_GIVE_UP };

/* The entry for an address; -1: there is none. */
int neighbour_find(const struct neighbours *n, const struct addr *addr, unsigned device);

/* The entry, made if there is none and then asked for; -1: no room (counted). */
int neighbour_want(struct neighbours *n, const struct addr *addr, unsigned device, rn_time now);

/* The same, but asked for at its first use only: FAILED until then. */
int neighbour_want_later(struct neighbours *n, const struct addr *addr, unsigned device);

/* The same as neighbour_ready, for those of whom it cannot be said at once. */
bool neighbour_ready_else(struct neighbours *n, unsigned index, rn_time now);

/* May we send to it now? Its link address is valid then. Asks, again or for a check, where it is time. */
static inline bool neighbour_ready(struct neighbours *n, unsigned index, rn_time now)
{
    const struct neighbour *e = &n->list[index];

    if (e->state == NEIGHBOUR_STATIC ||
        (e->state == NEIGHBOUR_KNOWN && tick_of(now) - e->confirmed <= NEIGHBOUR_CHECK_TICKS))
        return true;
    return neighbour_ready_else(n, index, now);
}

/* It does not seem to hear us: check at the next use (RFC 1122 4.2.3.5's advice to IP). */
void neighbour_doubt(struct neighbours *n, unsigned index);

/* From now on nothing may be sent to the IPv4 neighbours of a device, or it may again; they are to be asked for anew,
 * and who waits for one is to ask. */
void neighbour_quiet(struct neighbours *n, unsigned device, bool quiet);

/* It said who it is, to us: by asking for us (asks) or by answering. Returns its index if it is known now and
 * was not before, so that those who wait can go; else -1. */
int neighbour_heard(struct neighbours *n, const struct addr *addr, unsigned device, const uint8_t mac[6],
                    bool asks, rn_time now);

/* An entry that stays. Its index, whose waiters can go, or -ENOSPC. */
int neighbour_fix(struct neighbours *n, const struct addr *addr, unsigned device, const uint8_t mac[6]);

/* What is due now and for whom; the question counts as asked. */
enum neighbour_act neighbour_due(struct neighbours *n, rn_time now, unsigned *index);

/* The question that was just put had no answer yet, which one may have soon: the next is put in 10 ms, and one more
 * 100 ms later, besides those of each second. */
void neighbour_again(struct neighbours *n, unsigned index, rn_time now);

/* When the next is due; false: nobody is being asked. */
bool neighbour_next(const struct neighbours *n, uint32_t *tick);

#endif
