/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      OFFSET SIZE MEANING                     ARP for IPv4 over Ethernet (RFC 826)
 *       0      2   hardware: 1
 *       2      2   protocol: 0x0800
 *       4      1   hardware address length: 6
 *       5      1   protocol address length: 4
 *       6      2   operation: 1 request, 2 reply
 *       8      6   sender's link address
 *      14      4   sender's IPv4 address
 *      18      6   target's link address
 *      24      4   target's IPv4 address
 */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include "base/be.h"
#include "base/view.h"
#include "addr.h"
#include "drop.h"

enum { ARP_LEN = 28, ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp {
    uint16_t operation;
    uint8_t sender_mac[6], target_mac[6];
    struct addr sender, target; /* IPv4 */
};

/* Anything but exactly this shape, or a group address as the sender's link address: DROP_ARP. Shorter:
 * DROP_TRUNCATED. Bytes after it are Ethernet padding. */
enum drop arp_decode(struct view *v, struct arp *out);
size_t arp_encode(uint8_t *at, const struct arp *h);

#endif
