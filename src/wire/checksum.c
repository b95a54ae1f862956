/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Internet checksum as IP and the transports use it. The sums themselves are base/sum's; here is only
 * what is summed. Both families' pseudo-headers have one shape:
 *
 *      OFFSET SIZE MEANING                     as RFC 8200 8.1 draws it
 *       0     16   source, as struct addr
 *      16     16   destination, as struct addr
 *      32      4   length of the transport's packet
 *      36      4   0, 0, 0, protocol
 *
 * For IPv4 that differs from RFC 9293's in zeros and in two words of 0xffff, which sum to nothing, and a sum
 * does not ask in which order its words stand.
 *
 * Called by the codecs of this folder and by stack/. It does not know where a checksum stands in a header.
 */
#include "checksum.h"

#include "base/be.h"

#include <string.h>

uint32_t checksum_pseudo(const struct addr *src, const struct addr *dst, uint8_t protocol, uint32_t len)
{
    be32 last[2] = {be32_of(len), be32_of(protocol)};
    uint64_t word;

    memcpy(&word, last, sizeof word);
    return sum_fold_total(checksum_add(checksum_add16(checksum_add16(0, src), dst), word));
}

bool checksum_right(uint32_t pseudo, const void *data, size_t len)
{
    return sum_finish(pseudo + sum_bytes(data, len)) == 0;
}
