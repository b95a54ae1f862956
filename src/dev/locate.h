/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the parts of a packet lie in its frame, for those in dev/ that change bytes in place: damage and
 * offload. A pure function over wire/'s decoders.
 *
 *      0            ip_at          transport_at                 end            len
 *      | link, tags | IP, options  | TCP, UDP, ICMP and payload | padding      |
 */
#ifndef DEV_LOCATE_H
#define DEV_LOCATE_H

#include "wire/ip.h"

#include <stdbool.h>
#include <stdint.h>

struct place {
    uint32_t ip_at, transport_at, end; /* offsets in the frame */
    bool version6;
    struct ip ip;
};

/* Finds a sound IP packet (IPv4: its header's checksum is right) behind an Ethernet header and at most two
 * tags, or at once where medium is RN_IP. False: there is none. */
bool locate_packet(const uint8_t *frame, uint32_t len, uint8_t medium, struct place *out);

#endif
