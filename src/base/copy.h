/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A copy of few bytes in line: words as wide as there are, the last of which overlaps the one before it
 * instead of being cut. For what is short and of unknown length a call of memcpy costs more than the copy.
 */
#ifndef BASE_COPY_H
#define BASE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copies len bytes, fewer than 16. */
static inline void copy_tiny(uint8_t *to, const uint8_t *from, size_t len)
{
    if (len >= 8) {
        memcpy(to, from, 8);
        memcpy(to + len - 8, from + len - 8, 8);
    } else if (len >= 4) {
        memcpy(to, from, 4);
        memcpy(to + len - 4, from + len - 4, 4);
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = from[i];
    }
}

/* Copies len bytes; the two do not overlap. */
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t len)
{
    size_t done = 0;

    if (len < 16) {
        copy_tiny(to, from, len);
        return;
    }
    for (; done + 32 <= len; done += 32)
        memcpy(to + done, from + done, 32);
    if (len - done > 16)
        memcpy(to + done, from + done, 16);
    if (len > done)
        memcpy(to + len - 16, from + len - 16, 16);
}

#endif
