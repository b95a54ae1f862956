/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A segment arrives for a connection: RFC 9293 section 3.10.7, its cases and its steps under their names.
 */
#ifndef TCP_IN_H
#define TCP_IN_H

#include "conn.h"
#include "segment.h"
#include "timewait.h"
#include "verdict.h"

/* The segment of c. Changes the connection, marks what is owed and what the application hears. c may be
 * finished when this returns. */
struct verdict in_segment(struct conns *s, struct timewaits *w, struct conn *c, const struct segment *seg);

#endif
