/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ACK field of a segment of an open connection (RFC 9293 3.10.7.4, fifth step): what the peer has, and
 * how much more it wants.
 */
#ifndef TCP_ACK_H
#define TCP_ACK_H

#include "conn.h"

/* Takes in the acknowledgement and the window. DROP_NONE, or DROP_ACK for one that acknowledges what was not
 * sent or is too old (RFC 5961 5.2); an acknowledgement is then owed. */
enum drop ack_received(struct conns *s, struct conn *c, const struct tcp *seg);

/* The window of a segment in bytes; that of a SYN is never scaled (RFC 7323 2.2). */
uint32_t ack_window(const struct conn *c, const struct tcp *seg);

#endif
