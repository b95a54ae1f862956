/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which frames of a shared link are ours: as a list of lines, for whoever writes it in the words of his
 * machine, and as a program of classic BPF.
 */
#ifndef DEV_STEERING_H
#define DEV_STEERING_H

#include <runnel_dev.h>

#include <linux/filter.h>

enum {
    STEERING_RULES = 64,
    STEERING_LINES = 2 * STEERING_RULES + 16, /* for so many addresses, or fewer rules with ports */
    STEERING_TESTS = 9,
    STEERING_MAX = 4096 /* instructions: BPF_MAXINSNS, which the lines do not reach */
};

/* What a frame can be, and so the places in verdicts[]. */
enum steering_of {
    STEERING_THEIRS, /* the other owner's alone */
    STEERING_COMMON, /* both see it */
    STEERING_OURS    /* ours alone */
};

struct steering {
    bool all; /* everything is ours, and the rest does not count */
    const uint8_t *mac;
    bool shared;                  /* the other owner of the link has that address, too */
    uint16_t vlan;                /* of frames with that 802.1Q tag; 0: without one */
    const struct rn_steer *rules; /* the first that holds counts */
    int n;                        /* 0: nothing was said yet; what comes to a shared address is common */
};

enum steering_from {
    STEERING_VLAN,   /* the tag's ID, 0 where there is none */
    STEERING_TYPE,   /* what is behind the link header and the tag, as ETH_IP4 */
    STEERING_LINK,   /* bytes of the link header */
    STEERING_PACKET, /* bytes behind it */
};

/* A number in the frame, of 1, 2 or 4 bytes, is that value, or is not. */
struct steering_test {
    uint8_t from, at, size; /* enum steering_from; for VLAN and TYPE at is 0 and size is 2 */
    bool differs;
    uint32_t mask, value; /* mask 0: all of it */
};

/* A frame for which all tests hold is whose. */
struct steering_line {
    enum steering_of whose;
    int n;
    struct steering_test tests[STEERING_TESTS];
};

/* False: there are more than STEERING_RULES, or they come to more than STEERING_LINES; or one names ports without a
 * protocol that has them, or an address of which they are to be. */
bool steering_can(const struct rn_steer *rules, int n);

/* They are one that takes everything. */
bool steering_takes_all(const struct rn_steer *rules, int n);

/* Writes the lines, of which the first that holds counts; the last always holds. How many. A test of the VLAN
 * stands in the first alone. */
int steering_list(const struct steering *s, struct steering_line lines[STEERING_LINES]);

/* Whose a frame is by such lines: the whole, from its Ethernet header on, with its tag in it. STEERING_THEIRS if it is too
 * short to tell. */
enum steering_of steering_whose(const struct steering_line *lines, int n, const uint8_t *frame, uint32_t len);

/* Writes the program, which returns one of verdicts[] for a frame that begins with its Ethernet header, its
 * tag taken out; for one too short to tell, 0. Its length. */
int steering_write(const struct steering *s, const uint32_t verdicts[3],
                   struct sock_filter code[STEERING_MAX]);

#endif
