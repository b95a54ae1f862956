/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Words of bytes at any address, as they stand there: in the machine's own order, which is all that a sum or
 * a comparison needs (RFC 1071 2 (B)).
 */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdint.h>
#include <string.h>

static inline uint16_t word_load2(const void *at)
{
    uint16_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint32_t word_load4(const void *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint64_t word_load8(const void *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

#endif
