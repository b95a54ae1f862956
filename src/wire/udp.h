/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      OFFSET SIZE MEANING                     UDP (RFC 768)
 *       0      2   source port; 0: no answer is wanted
 *       2      2   destination port
 *       4      2   length: these 8 bytes and the data
 *       6      2   checksum under the pseudo-header; 0: there is none, over IPv4 only (RFC 8200 8.1)
 *       8          data; what the IP packet has behind it belongs to nobody here (RFC 9868: options)
 */
#ifndef WIRE_UDP_H
#define WIRE_UDP_H

#include "base/view.h"
#include "ip.h"

enum { UDP_LEN = 8 };

struct udp {
    uint16_t src_port, dst_port;
};

/* Takes the 8-byte header off and cuts the view to the data: DROP_TRUNCATED, DROP_MALFORMED (a length of less
 * than the header, destination port 0), DROP_CHECKSUM. ip gives the pseudo-header; verified: the device has
 * seen to the checksum. */
enum drop udp_decode(struct view *v, const struct ip *ip, bool verified, struct udp *out);

/* Writes the 8 bytes in front of payload_len bytes (at most 65,527) whose sum (sum_bytes) is given.
 * Returns 8.
 */
size_t udp_encode(uint8_t *at, const struct udp *h, const struct addr *src, const struct addr *dst,
                  uint32_t payload_len, uint32_t payload_sum);

#endif
