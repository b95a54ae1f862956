/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a stranger must not guess: initial sequence numbers (RFC 6528) and ephemeral ports (RFC 6056).
 */
#ifndef TCP_ISN_H
#define TCP_ISN_H

#include "conn.h"

/* M + F(tuple, secret): a clock of 4 us and a keyed hash of who is talking to whom. */
seq32 isn_for(const struct conns *s, const struct table_key *key);

/* The n-th port to try for a connection of ours, from 32,768 to 60,999; n from 0. */
uint16_t isn_port(const struct conns *s, const struct table_key *key, uint32_t n);

#endif
