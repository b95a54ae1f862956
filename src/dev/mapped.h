/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two rings of a packet socket (TPACKET_V2), mapped into our memory: the kernel writes received frames
 * into the slots of one and reads those to be sent from the other. The functions are what runnel_dev.h says
 * of a device's.
 */
#ifndef DEV_MAPPED_H
#define DEV_MAPPED_H

#include <runnel_dev.h>

enum { MAPPED_SLOTS = 256 };

/* One ring: equal slots in equal blocks, no slot across two. */
struct mapped_ring {
    uint32_t slots, slot_bytes, block_bytes;
    uint8_t *at[MAPPED_SLOTS];
};

struct mapped {
    int fd, alone;
    uint8_t *area;
    size_t bytes;
    struct mapped_ring rx, tx;

    uint32_t oldest, next, window; /* received: the oldest slot not given back, the next to lend, between */
    bool lent[MAPPED_SLOTS];       /* of those between; the others were passed over */
    uint32_t done, written, committed, reserved; /* sent: slots, as counters that wrap around at 2^32 */
    bool refused;                                /* the last push found no interface that takes frames */
};

/* Makes the rings of a packet socket that is not bound yet, for frames of that mtu, received ones merged up
 * to 64 KiB. alone: another one, for frames that are sent alone. 0, -ENOMEM, or another errno of the system's. */
int mapped_open(struct mapped *m, int fd, int alone, uint32_t mtu);

/* Unmaps them; the socket stays. */
void mapped_close(struct mapped *m);

int mapped_burst(struct mapped *m, struct rn_dev *dev, struct rn_frame *frames, int max, rn_time now);
void mapped_release(struct mapped *m, int n);
int mapped_reserve(struct mapped *m, struct rn_frame *slots, int max);
void mapped_commit(struct mapped *m, const struct rn_frame *slots, int n);
rn_time mapped_push(struct mapped *m, struct rn_dev *dev, rn_time now);

/* A frame has arrived that is not lent yet. */
bool mapped_has_frame(const struct mapped *m);

/* A transmit slot is free. */
bool mapped_has_slot(const struct mapped *m);

#endif
