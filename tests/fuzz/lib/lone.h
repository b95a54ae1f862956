/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One stack alone, the fuzzer being everybody else: what the targets of whole stacks share. The stack has
 * 10.0.0.7/24 and fd00::7/64 on one end of a pair; at the other end the target speaks for 10.0.0.1 and
 * fd00::1, whose link address the stack knows.
 *
 *      script -> step -> lone_put, calls, time -> lone_settle: poll, serve, flush, hear, until it is quiet
 */
#ifndef FUZZ_LONE_H
#define FUZZ_LONE_H

#include <runnel.h>

#include "wire/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LONE_FRAME = 1514 };

/* The script, its bytes taken from the front; zeros when it has ended. */
struct script {
    const uint8_t *at;
    size_t left;
};

uint8_t script_byte(struct script *s);
uint16_t script_word(struct script *s);

extern const uint8_t lone_peer_mac[6], lone_stack_mac[6];

/* A target's own state begins with this. */
struct lone {
    struct rn_stack *net;
    struct rn_dev *ends[2]; /* the target's, the stack's */
    rn_time now;
    bool six; /* what is spoken mostly */
};

/* Aborts on what may not fail. */
void lone_must(int64_t rc);

/* A stack in the same memory for every script: fresh pages would cost more than the script. */
void lone_begin(struct lone *l, const struct rn_options *o, bool six);

/* The address of the stack, or of its peer. */
struct addr lone_address(bool six, bool stack);

/* Puts a link header to the stack in front; its length. */
size_t lone_link_header(uint8_t *frame, uint16_t type);

/* Sends a frame to the stack: its data, len, flags and gso_size count; cut where it does not fit. */
void lone_put(struct lone *l, const struct rn_frame *frame);

/* Rounds until the stack is quiet; it must become quiet. serve is the application, hear gets each frame that
 * the stack sends. */
void lone_settle(struct lone *l, void (*serve)(struct lone *l),
                 void (*hear)(struct lone *l, const struct rn_frame *frame));

/* What is in use of a pool. */
uint64_t lone_used(const struct lone *l, const char *pool);

void lone_end(struct lone *l);

#endif
