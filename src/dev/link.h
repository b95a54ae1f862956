/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One direction of a bad link: frames enter, and come out when they are due, or never. It keeps its frames in
 * buffers of its own and knows nothing of devices; fault.c puts one on each side of one.
 */
#ifndef DEV_LINK_H
#define DEV_LINK_H

#include <runnel_dev.h>

#include "random.h"

/* A frame on the link. Whoever took it gives it back. */
struct held {
    struct held *next, *prev;
    rn_time due;
    uint32_t number;       /* tells it from the link's others */
    struct rn_frame frame; /* data points into bytes */
    uint8_t bytes[];
};

/* Frames in a row. */
struct held_list {
    struct held *first, *last;
    uint32_t count;
};

struct link {
    struct rn_fault faults;
    struct rn_fault_stats stats; /* passed is the caller's to count */
    struct random random;
    struct held_list waiting; /* by due time; equals in order of arrival */
    struct held *spare;       /* linked by next */
    rn_time in_order;         /* when the last frame that keeps order is due */
    rn_time idle_at;          /* when the link has sent all that it was given */
    uint32_t room;            /* bytes of every buffer */
    uint32_t numbers;         /* frames made so far */
    uint8_t medium;
};

/* An empty link without faults, in zeroed memory, for frames of at most room bytes. */
void link_init(struct link *l, uint32_t room, uint8_t medium, uint64_t seed);

/* Copies a frame in: a merged one is cut first, a partial checksum completed, and then it meets its fate. */
void link_enter(struct link *l, const struct rn_frame *frame, rn_time now);

/* When the first frame is due; RN_FOREVER: none waits. */
rn_time link_next(const struct link *l);

/* The first frame, if it is due, else NULL. It is the caller's until link_give. */
struct held *link_take(struct link *l, rn_time now);
void link_give(struct link *l, struct held *h);

/* Frees all frames but those that are taken. */
void link_free(struct link *l);

/* Puts h into a list behind `after`, which is in it (NULL: in front). */
void link_insert(struct held_list *list, struct held *after, struct held *h);

/* Takes the first one out of a list that is not empty. */
struct held *link_shift(struct held_list *list);

#endif
