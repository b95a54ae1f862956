/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A device whose wire is an array: the bench puts a batch of frames in, the stack takes them by burst and
 * answers by commit, the bench looks at the answers. Nothing is copied and no system call is made, so that
 * what is measured between is the stack alone.
 */
#ifndef LIB_MEMORY_H
#define LIB_MEMORY_H

#include <runnel_dev.h>

enum { MEMORY_BURST = 64, MEMORY_SLOTS = 256, MEMORY_FRAME = 2048 };

/* A frame that was sent. */
struct memory_frame {
    const uint8_t *data;
    uint32_t len;
};

struct memory {
    struct rn_dev dev; /* must be first */
    uint8_t *rx, *tx;  /* two rings of MEMORY_SLOTS buffers of MEMORY_FRAME bytes */
    uint32_t rx_len[MEMORY_SLOTS];
    uint32_t put, taken, released; /* frames put in, lent by burst, given back; they count for ever */
    struct memory_frame sent[MEMORY_SLOTS];
    uint32_t sent_count; /* not looked at yet */
    uint32_t next_slot;  /* the ring goes round, as a card's does */
    uint32_t reserved;   /* slots of the open reservation */
    uint64_t broken;     /* calls that the contract of runnel_dev.h does not allow */
};

/* Makes the device; false: no memory. The stack closes it. */
bool memory_open(struct memory *m);

/* Where the next frame of the batch is to be written; at most MEMORY_BURST until memory_clear. */
uint8_t *memory_room(struct memory *m);

/* Puts that frame in: it has len bytes. */
void memory_put(struct memory *m, uint32_t len);

/* The batch is over: the stack has taken all frames, and what it sent has been looked at. It may keep the
 * last batch until its next burst. False when it left a frame, keeps older ones, or broke the contract. */
bool memory_clear(struct memory *m);

#endif
