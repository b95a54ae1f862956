/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Internet checksum's sums for any processor with a C compiler. RFC 1071 section 2 gives the three facts
 * that make it simple: the sum may be taken in wider words as long as carries come round again; it may be
 * taken in either byte order, if what is stored is read in the same; and its parts may be added in any order.
 *
 *      bytes    | 64 at a time | 32 | 16 | 8 | 4 | 2 | 1 |
 *      into     64 bits of sum, and a count of how often that overflowed
 *
 * So nothing is swapped and nothing is aligned: words are loaded by memcpy, which is one instruction where
 * the machine allows it and bytes where it does not. Carries are counted and added at the end, so that no
 * addition waits for the carry of the one before. wire/checksum sums headers with this, base/queue copies
 * payload with it; who finishes and stores the sum is theirs.
 */
#include "sum.h"
#include "word.h"

#include <string.h>

struct total {
    uint64_t sum;
    size_t carries; /* worth 1 each: 2^64 is 1 more than a multiple of 65,535 */
};

/* The odd last byte: the first of a word whose second is zero, in either byte order. */
static inline uint64_t load1(const uint8_t *at)
{
    const uint8_t pair[2] = {*at, 0};

    return word_load2(pair);
}

/* RFC 1071 section 2 (C): what a wider sum carries out belongs to its lowest word. */
static inline void add(struct total *t, uint64_t word)
{
    t->sum += word;
    t->carries += t->sum < word;
}

/* Carries back in. */
static inline uint64_t whole(const struct total *t)
{
    uint64_t sum = t->sum + t->carries;

    return sum + (sum < t->carries);
}

static inline void add32(struct total *t, const uint8_t *at)
{
    add(t, word_load8(at));
    add(t, word_load8(at + 8));
    add(t, word_load8(at + 16));
    add(t, word_load8(at + 24));
}

/* The last len bytes, fewer than 8: at most 34 bits. */
static inline uint64_t rest_of(const uint8_t *at, size_t len)
{
    uint64_t sum = 0;

    if (len & 4) {
        sum += word_load4(at);
        at += 4;
    }
    if (len & 2) {
        sum += word_load2(at);
        at += 2;
    }
    if (len & 1)
        sum += load1(at);
    return sum;
}

/* The last len bytes, fewer than 64; in line, so that the total stays in registers. */
static inline __attribute__((always_inline)) void add_short(struct total *t, const uint8_t *at, size_t len)
{
    if (len & 32) {
        add32(t, at);
        at += 32;
    }
    if (len & 16) {
        add(t, word_load8(at));
        add(t, word_load8(at + 8));
        at += 16;
    }
    if (len & 8) {
        add(t, word_load8(at));
        at += 8;
    }
    if (len & 7)
        add(t, rest_of(at, len & 7));
}

__attribute__((hot)) uint64_t sum_total(const void *data, size_t len)
{
    const uint8_t *at = data;
    struct total t = {0, 0};

    /* Blocks as large as this make the loop's own instructions few. */
    for (size_t blocks = len / 64; blocks; blocks--, at += 64) {
        add32(&t, at);
        add32(&t, at + 32);
    }
    if (len % 64)
        add_short(&t, at, len % 64);
    return whole(&t);
}

/* Each word is loaded once, and stored and summed from its register. */
static inline void copy8(struct total *t, uint8_t *to, const uint8_t *from)
{
    const uint64_t word = word_load8(from);

    memcpy(to, &word, sizeof word);
    add(t, word);
}

/* Copied in words as wide as the machine's widest, summed in those that have a carry. */
static inline void copy32(struct total *t, uint8_t *to, const uint8_t *from)
{
    memcpy(to, from, 32);
    add32(t, from);
}

/* As rest_of, and copies. */
static inline uint64_t copy_rest(uint8_t *to, const uint8_t *from, size_t len)
{
    uint64_t sum = 0;

    if (len & 4) {
        sum += word_load4(from);
        memcpy(to, from, 4);
        to += 4, from += 4;
    }
    if (len & 2) {
        sum += word_load2(from);
        memcpy(to, from, 2);
        to += 2, from += 2;
    }
    if (len & 1) {
        sum += load1(from);
        *to = *from;
    }
    return sum;
}

/* The last len bytes, fewer than 64. */
static inline __attribute__((always_inline)) void copy_short(struct total *t, uint8_t *to,
                                                             const uint8_t *from, size_t len)
{
    if (len & 32) {
        copy32(t, to, from);
        to += 32, from += 32;
    }
    if (len & 16) {
        copy8(t, to, from);
        copy8(t, to + 8, from + 8);
        to += 16, from += 16;
    }
    if (len & 8) {
        copy8(t, to, from);
        to += 8, from += 8;
    }
    if (len & 7)
        add(t, copy_rest(to, from, len & 7));
}

__attribute__((hot)) uint64_t sum_copy_total(void *to, const void *from, size_t len)
{
    const uint8_t *in = from;
    uint8_t *out = to;
    struct total t = {0, 0};

    for (size_t blocks = len / 64; blocks; blocks--, in += 64, out += 64) {
        copy32(&t, out, in);
        copy32(&t, out + 32, in + 32);
    }
    if (len % 64)
        copy_short(&t, out, in, len % 64);
    return whole(&t);
}
