/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CUBIC (RFC 9438), as cc.c's table wants it.
 */
#ifndef TCP_CC_CUBIC_H
#define TCP_CC_CUBIC_H

#include <stdint.h>

struct conns;
struct conn;
struct conn_cold;

/* Bytes were acknowledged in congestion avoidance (4.2 to 4.5): cwnd grows. */
void cc_cubic_grow(struct conns *s, struct conn *c, struct conn_cold *cold, uint32_t bytes);

/* A congestion event (4.6, 4.7): the new ssthresh. */
uint32_t cc_cubic_lost(struct conns *s, struct conn *c, struct conn_cold *cold, uint32_t flight);

#endif
