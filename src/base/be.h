/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Integers as they stand on the wire: big-endian, at any address. Types of their own, so that a forgotten
 * swap does not compile; bytes inside, so that no alignment and no byte order of the machine shows through.
 */
#ifndef BASE_BE_H
#define BASE_BE_H

#include <stdint.h>

typedef struct {
    uint8_t b[2];
} be16;

typedef struct {
    uint8_t b[4];
} be32;

static inline uint16_t be16_get(be16 x)
{
    return (uint16_t)(x.b[0] << 8 | x.b[1]);
}

static inline uint32_t be32_get(be32 x)
{
    return (uint32_t)x.b[0] << 24 | (uint32_t)x.b[1] << 16 | (uint32_t)x.b[2] << 8 | x.b[3];
}

static inline be16 be16_of(uint32_t v)
{
    return (be16){{(uint8_t)(v >> 8), (uint8_t)v}};
}

static inline be32 be32_of(uint32_t v)
{
    return (be32){{(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}};
}

#endif
