/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One queue of a card by AF_XDP: memory of equal buffers that the kernel writes received frames into and reads those to
 * be sent from, and the four rings that say which. The functions are what runnel_dev.h says of a device's, but for the
 * buffers that are given back one by one.
 */
#ifndef DEV_XQUEUE_H
#define DEV_XQUEUE_H

#include <runnel_dev.h>

enum {
    XQUEUE_SLOTS = 512,   /* that can be lent, and that can be under way, at once, where a frame has one buffer */
    XQUEUE_MTU = 4096 - 256 - 18 /* whose frames fit a buffer of a page, some of which is the kernel's */
};

struct xqueue;

/* How many pages lie side by side for the frames of an MTU (up to 65,535); 1 as well where the kernel knows frames in
 * one buffer only (before Linux 6.6). */
uint32_t xqueue_spans(uint32_t mtu);

struct xqueue_calls;

struct xqueue_how {
    uint32_t span;                    /* xqueue_spans of the interface's MTU */
    bool asks_for_sums;               /* checksums may be left to the kernel, where it does them */
    const struct xqueue_calls *calls; /* instead of the library's; NULL: those */
};

/* Opens a queue of an interface. 0; or a negative errno with a line that begins with "xdp:NAME": -EBUSY: somebody has it;
 * -ENOSYS: the library is not there. */
int xqueue_open(struct xqueue **out, const char *name, uint32_t queue, const struct xqueue_how *how, char *err);

/* The library is there, and what of it is needed. */
bool xqueue_can(void);

/* NULL: nothing. Who is lent a buffer may not use it any more. */
void xqueue_close(struct xqueue *q);

/* To sleep on, and to be put into a map. */
int xqueue_fd(const struct xqueue *q);

/* The card writes into our memory by itself. */
bool xqueue_is_zero_copy(const struct xqueue *q);

/* From now on each look that finds no frame has the kernel look after the card at once. 0 or a negative errno. */
int xqueue_busy_poll(struct xqueue *q);

int xqueue_burst(struct xqueue *q, struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now);
void xqueue_release(struct xqueue *q, uint32_t buffer);
int xqueue_reserve(struct xqueue *q, struct rn_frame *slots, int max);
void xqueue_commit(struct xqueue *q, struct rn_dev *dev, const struct rn_frame *slots, int n);

/* Pushes what was committed, or where the link takes nothing drops it. True: not all has gone yet, and nothing tells
 * when. */
bool xqueue_push(struct xqueue *q, struct rn_dev *dev, bool link_is_up);

/* A buffer for a frame that comes another way, and its bytes: it counts as lent. NULL: there is none. */
uint8_t *xqueue_lend(struct xqueue *q, uint32_t *buffer, uint32_t *room);

/* It takes frames whose checksum is to be filled in behind it (RN_CSUM_PARTIAL). */
bool xqueue_fills_sums(const struct xqueue *q);

/* That can be lent, and that can be under way, at once. */
uint32_t xqueue_slots(const struct xqueue *q);

bool xqueue_has_frame(struct xqueue *q);
bool xqueue_has_slot(struct xqueue *q);

/* What the kernel's rings said that could not be true: each time it was passed over. */
uint64_t xqueue_lies(const struct xqueue *q);

#endif
