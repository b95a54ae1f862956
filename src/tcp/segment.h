/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A segment that arrived: decoded, its checksum right, its payload lent for the length of a call.
 */
#ifndef TCP_SEGMENT_H
#define TCP_SEGMENT_H

#include "wire/tcp.h"

#include <stdbool.h>

enum { SEGMENT_ECN = 3, SEGMENT_CE = 3 }; /* that field, and its value where congestion was met */

struct segment {
    struct tcp tcp;
    const uint8_t *payload;
    uint32_t len;          /* of the payload */
    uint8_t traffic_class; /* of the IP header; its last two bits are the ECN field (RFC 3168 5) */
};

#endif
