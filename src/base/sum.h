/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Internet checksum's sums (RFC 1071), and the copy that takes one on its way. A sum is of 16-bit words
 * in the machine's own byte order, folded to 16 bits, so that it may be added to others; sum_finish turns
 * the total into what is stored in memory as it is. One file implements this: sum_any.c everywhere.
 */
#ifndef BASE_SUM_H
#define BASE_SUM_H

#include <stddef.h>
#include <stdint.h>

/* The sum of len bytes at any address (an odd last byte counts as if a zero byte followed) as a total of 64
 * bits, carries added in: for who adds more to it. 0 only if all are zero. A checksum field that is to be
 * computed is zero meanwhile. */
uint64_t sum_total(const void *data, size_t len);

/* Copies len bytes, in one pass, and returns their total. Either address may be any; the two do not overlap.
 */
uint64_t sum_copy_total(void *to, const void *from, size_t len);

/* A total as 32 bits. */
static inline uint32_t sum_half_total(uint64_t total)
{
    return (uint32_t)((total + (total << 32 | total >> 32)) >> 32);
}

/* A total as 16 bits: a number added to itself with its halves exchanged has the sum of its halves, carry
 * included, in its upper half. */
static inline uint32_t sum_fold_total(uint64_t total)
{
    uint32_t half;

    total += total << 32 | total >> 32;
    half = (uint32_t)(total >> 32);
    half += half << 16 | half >> 16;
    return half >> 16;
}

/* The same sums folded: at most 0xffff. */
static inline uint32_t sum_bytes(const void *data, size_t len)
{
    return sum_fold_total(sum_total(data, len));
}

static inline uint32_t sum_copy(void *to, const void *from, size_t len)
{
    return sum_fold_total(sum_copy_total(to, from, len));
}

/* Folds a total of up to 65,536 sums to 16 bits. A total of fewer sums may as well be added on and folded
 * later. */
static inline uint32_t sum_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

/* A folded sum of bytes that begin at an odd offset of the whole. */
static inline uint32_t sum_odd(uint32_t sum)
{
    return (sum << 8 | sum >> 8) & 0xffff;
}

/* The checksum field's value for a total; to be stored by memcpy, without a swap. */
static inline uint16_t sum_finish(uint32_t sum)
{
    return (uint16_t)~sum_fold(sum);
}

#endif
