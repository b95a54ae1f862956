/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A copy of few bytes in line, in words as wide as there are: for what is short and of unknown length a call
 * of memcpy costs more than the copy, and what compilers put in its place starts slowly.
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
    const size_t blocks = len & ~(size_t)63;

    for (size_t i = 0; i < blocks; i += 64) { /* compilers turn a memcpy of 64 into a loop */
        memcpy(to + i, from + i, 16);
        memcpy(to + i + 16, from + i + 16, 16);
        memcpy(to + i + 32, from + i + 32, 16);
        memcpy(to + i + 48, from + i + 48, 16);
    }
    if (len & 63)
        copy_tail(to + blocks, from + blocks, len & 63);
}

#endif
