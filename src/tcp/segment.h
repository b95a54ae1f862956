/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A segment that arrived: decoded, its checksum right, its payload lent for the length of a call.
 */
#ifndef TCP_SEGMENT_H
#define TCP_SEGMENT_H

#include "wire/tcp.h"

#include <stdbool.h>

struct segment {
    struct tcp tcp;
    const uint8_t *payload;
    uint32_t len;            /* of the payload */
    bool congestion_was_met; /* the IP header says so: CE (RFC 3168 5) */
};

#endif
