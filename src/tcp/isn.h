/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a stranger must not guess: initial sequence numbers (RFC 6528), ephemeral ports (RFC 6056), and where
 * our timestamps begin (RFC 7323 5.4).
 */
#ifndef TCP_ISN_H
#define TCP_ISN_H

#include "conn.h"

/* M + F(tuple, secret): a clock of 4 us and a keyed hash of who is talking to whom. */
seq32 isn_for(const struct conns *s, const struct table_key *key);

/* The ports to connect from, where nothing speaks for others: 32,768 to 60,999. */
enum { ISN_PORT_FIRST = 32768, ISN_PORTS = 28232 };

/* The n-th port to try for a connection of ours, of those that there are for it; n from 0. */
uint16_t isn_port(const struct conns *s, const struct table_key *key, uint32_t n);

/* The offset of the timestamps to that host from that address of ours. It is the same for all ports and
 * incarnations, so that a host which remembers an old connection of the pair finds the clock moved on (RFC
 * 7323 appendix B.2, RFC 6191). */
uint32_t isn_ts_offset(const struct conns *s, const struct table_key *key);

/* What a SYN cookie is made of (RFC 4987 3.6): nobody else can say it for that SYN and that time. */
uint32_t isn_cookie(const struct conns *s, const struct table_key *key, seq32 irs, uint32_t count,
                    uint32_t data);

#endif
