/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A copy of few bytes in line, in words as wide as there are: for what is short and of unknown length a call of
 * memcpy costs more than the copy, and what compilers put in its place starts slowly.
 */
#ifndef BASE_COPY_H
#define BASE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copies len bytes, fewer than 64. */
static inline void copy_tail(uint8_t *to, const uint8_t *from, size_t len)
{
    if (len & 32) {
        memcpy(to, from, 32);
        to += 32, from += 32;
    }
    if (len & 16) {
        memcpy(to, from, 16);
        to += 16, from += 16;
    }
    if (len & 8) {
        memcpy(to, from, 8);
        to += 8, from += 8;
    }
    if (len & 4) {
        memcpy(to, from, 4);
        to += 4, from += 4;
    }
    if (len & 2) {
        memcpy(to, from, 2);
        to += 2, from += 2;
    }
    if (len & 1)
        *to = *from;
}

/* Copies len bytes; the two do not overlap. */
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t len)
{
    for (; len >= 64; len -= 64, to += 64, from += 64) { /* compilers turn a memcpy of 64 into a loop */
        memcpy(to, from, 16);
        memcpy(to + 16, from + 16, 16);
        memcpy(to + 32, from + 32, 16);
        memcpy(to + 48, from + 48, 16);
    }
    if (len)
        copy_tail(to, from, len);
}

#endif
