/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A trace that is being played, as the harness's own files see it: trace.c (wire and time), application.c
 * (what an application does). The tests see trace.h alone.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include "segment.h"

enum { KEPT = 1024 };

struct kept {
    rn_time at;
    uint32_t len;
    uint8_t bytes[TRACE_FRAME];
};

struct trace {
    bool version6, made, neighbour, gateway;
    struct rn_options options;
    uint32_t mtu;
    uint16_t vlan;      /* the stack's */
    int tag;            /* of the peer's frames, -1: none ... */
    bool tag_taken_out; /* ... which the stack's device has taken out of them */
    uint16_t gso_size;  /* of the peer's frames, 0: they are not merged */
    enum rn_conflict conflict;
    struct rn_stack *net;
    struct rn_dev *wire; /* the peer's end ... */
    struct rn_dev *own;  /* ... and the stack's */
    void *memory;
    size_t memory_bytes;
    rn_time now, due;
    struct flow flow;
    rn_sock listener, sock;
    uint32_t app_sent, app_got; /* bytes of the present connection's streams */
    uint32_t first, count;      /* sent by the stack, not looked at */
    struct kept kept[KEPT];
    struct rn_use empty[RN_POOLS];
};
extern struct trace *trace; /* the one that is being played */

/* The stack, made if it is not there yet. */
struct trace *trace_need(void);
/* Rounds at the present moment until nothing happens any more. */
void trace_run(void);
const char *trace_address(bool peer);
void trace_fail(const char *file, int line, const char *what, const char *wanted, const struct kept *got);

#define must(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            trace_fail(__FILE__, __LINE__, #condition, "", NULL);                                            \
    } while (0)

#endif
