/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The checksums of IPv4 headers and of transports under their pseudo-header (RFC 1071, 9293 3.1, 8200 8.1),
 * over base/sum. Both families alike: an address is 16 bytes whose IPv4 prefix sums to zero.
 */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

#include "base/sum.h"
#include "addr.h"

/* Adds a 64-bit word of summed bytes, loaded as it stands in memory, to an unfolded total. */
static inline uint64_t checksum_add(uint64_t total, uint64_t word)
{
    total += word;
    return total + (total < word);
}

/* Adds 16 summed bytes to an unfolded total: two words in line, for what is short and of known length. */
static inline uint64_t checksum_add16(uint64_t total, const void *data)
{
    uint64_t word[2];

    memcpy(word, data, sizeof word);
    return checksum_add(checksum_add(total, word[0]), word[1]);
}

/* The pseudo-header's sum; len is the transport's, header included. */
uint32_t checksum_pseudo(const struct addr *src, const struct addr *dst, uint8_t protocol, uint32_t len);

/* True when len bytes that hold their checksum are right under the pseudo-header's sum (0: none). */
bool checksum_right(uint32_t pseudo, const void *data, size_t len);

/* Stores the checksum of a total, unfolded or not, into the two bytes at field. */
static inline void checksum_store(uint8_t *field, uint64_t total)
{
    uint16_t value = (uint16_t)~sum_fold_total(total);

    memcpy(field, &value, sizeof value);
}

/* Stores what is summed so far, for whoever adds the rest. */
static inline void checksum_leave(uint8_t *field, uint64_t total)
{
    uint16_t value = (uint16_t)sum_fold_total(total);

    memcpy(field, &value, sizeof value);
}

#endif
