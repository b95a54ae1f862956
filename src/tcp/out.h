/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a connection sends next. stack/ asks while it has transmit slots, encodes what it gets, and asks
 * again.
 */
#ifndef TCP_OUT_H
#define TCP_OUT_H

#include "conn.h"

struct out_segment {
    struct tcp tcp;
    uint32_t offset, len; /* of the payload in the send queue */
    bool ecn_capable;     /* the packet goes with ECT(0) (RFC 3168 6.1.2) */
};

/* Decides on the next segment of c and counts it as sent; false: nothing is owed now. A slot must be at hand:
 * what this returns true for has to be sent. Not every field of out->tcp is set: those that its `has` and its
 * flags say are of no interest are not. */
bool out_next(struct conns *s, struct conn *c, struct out_segment *out);

/* Copies the payload to `to` and returns its sum. */
uint32_t out_payload(struct conns *s, struct conn *c, const struct out_segment *out, void *to);

#endif
