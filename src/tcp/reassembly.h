/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes that arrived ahead of their turn (RFC 9293 3.10.7.4, SHLD-31). They are kept as at most CONN_ISLANDS
 * islands of the stream, in order and apart; a segment that would need one more is dropped and comes again.
 *
 *      rcv_nxt |------ hole ------|== island 0 ==|-- hole --|== island 1 ==|
 */
#ifndef TCP_REASSEMBLY_H
#define TCP_REASSEMBLY_H

#include "conn.h"

/* Keeps bytes that begin at seq, after rcv_nxt and inside the window. DROP_NONE, DROP_REASSEMBLY or
 * DROP_BUDGET; of a segment some bytes may be kept and others not. */
enum drop reassembly_keep(struct conns *s, struct conn *c, seq32 seq, const uint8_t *bytes, uint32_t len);

/* Moves to the receive queue what rcv_nxt has reached. Returns how many bytes; rcv_nxt is the caller's. */
uint32_t reassembly_reached(struct conns *s, struct conn *c);

#endif
