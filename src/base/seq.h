/* SPDX-License-Identifier: BSD-2-Clause
 *
 * 32-bit circular sequence numbers (RFC 9293 3.4). A type of its own: <, <= and == do not compile on it, so
 * the only comparisons are these, which hold while the two numbers are less than 2^31 apart.
 */
#ifndef BASE_SEQ_H
#define BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint32_t v;
} seq32;

static inline seq32 seq_of(uint32_t v)
{
    return (seq32){v};
}

static inline seq32 seq_add(seq32 a, uint32_t n)
{
    return (seq32){a.v + n};
}

/* How far a is ahead of b; negative when behind. */
static inline int32_t seq_diff(seq32 a, seq32 b)
{
    return (int32_t)(a.v - b.v);
}

static inline bool seq_eq(seq32 a, seq32 b)
{
    return a.v == b.v;
}

static inline bool seq_lt(seq32 a, seq32 b)
{
    return (int32_t)(a.v - b.v) < 0;
}

static inline bool seq_le(seq32 a, seq32 b)
{
    return (int32_t)(a.v - b.v) <= 0;
}

/* first <= a < first + len */
static inline bool seq_in(seq32 a, seq32 first, uint32_t len)
{
    return a.v - first.v < len;
}

static inline seq32 seq_max(seq32 a, seq32 b)
{
    return seq_lt(a, b) ? b : a;
}

static inline seq32 seq_min(seq32 a, seq32 b)
{
    return seq_lt(a, b) ? a : b;
}

#endif
