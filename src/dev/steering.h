/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which frames of a shared link are ours, as a program of classic BPF.
 */
#ifndef DEV_STEERING_H
#define DEV_STEERING_H

#include <runnel_dev.h>

#include <linux/filter.h>

enum { STEERING_RULES = 64, STEERING_MAX = 1024 /* instructions for so many rules */ };

/* What a frame can be, and so the places in verdicts[]. */
enum steering_of {
    STEERING_THEIRS, /* the other owner's alone */
    STEERING_COMMON, /* both see it */
    STEERING_OURS    /* ours alone */
};

struct steering {
    const uint8_t *mac;
    bool shared;                  /* the other owner of the link has that address, too */
    uint16_t vlan;                /* of frames with that 802.1Q tag; 0: without one */
    const struct rn_steer *rules; /* the first that holds counts */
    int n;                        /* 0: nothing was said yet; what comes to a shared address is common */
};

/* False: there are more than STEERING_RULES, or one names a port or a protocol. */
bool steering_can(const struct rn_steer *rules, int n);

/* Writes the program, which returns one of verdicts[] for a frame that begins with its Ethernet header, its
 * tag taken out; for one too short to tell, 0. Its length. */
int steering_write(const struct steering *s, const uint32_t verdicts[3],
                   struct sock_filter code[STEERING_MAX]);

#endif
