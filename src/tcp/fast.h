/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The segment that was expected: in its place, on an open connection, with nothing out of the ordinary on
 * either side. It is taken by the shortest road; whatever is not that is left to in.h, which would have done
 * the same (rn_options.no_fast_path leaves all to it, and the frames that are sent do not change).
 */
#ifndef TCP_FAST_H
#define TCP_FAST_H

#include "conn.h"
#include "segment.h"

/* True: the segment has been dealt with. False: nothing has been done. */
bool fast_segment(struct conns *s, struct conn *c, const struct segment *seg);

#endif
