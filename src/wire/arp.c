/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ARP between IPv4 and Ethernet (RFC 826), the only pair we speak: its first six bytes are a constant, and a
 * packet in which they are not is not read any further. The picture stands in arp.h.
 *
 * Called by stack/, which hands what comes out to the neighbour cache. Whether a claim is to be believed is
 * said there.
 */
#include "arp.h"

#include <string.h>

struct header {
    uint8_t shape[6];
    be16 operation;
    uint8_t sender_mac[6], sender[4], target_mac[6], target[4];
};
_Static_assert(sizeof(struct header) == ARP_LEN, "an ARP packet has no gaps");

/* Hardware 1, protocol 0x0800, lengths 6 and 4. */
static const uint8_t SHAPE[6] = {0, 1, 8, 0, 6, 4};

enum drop arp_decode(struct view *v, struct arp *out)
{
    struct view rest = *v;
    const struct header *h = (const struct header *)view_take(&rest, ARP_LEN);
    uint16_t operation;

    if (h == NULL)
        return DROP_TRUNCATED;
    operation = be16_get(h->operation);
    if (memcmp(h->shape, SHAPE, sizeof SHAPE) != 0 || (operation != ARP_REQUEST && operation != ARP_REPLY))
        return DROP_ARP;
    /* RFC 1812 3.3.2: "A router MUST not believe any ARP reply that claims that the Link Layer address of
     * another host or router is a broadcast or multicast address"; nor shall a host. */
    if (h->sender_mac[0] & 1)
        return DROP_ARP;
    out->operation = operation;
    memcpy(out->sender_mac, h->sender_mac, 6);
    memcpy(out->target_mac, h->target_mac, 6);
    out->sender = addr_of4(h->sender);
    out->target = addr_of4(h->target);
    *v = rest;
    return DROP_NONE;
}

size_t arp_encode(uint8_t *at, const struct arp *h)
{
    struct header *to = (struct header *)at;

    memcpy(to->shape, SHAPE, sizeof SHAPE);
    to->operation = be16_of(h->operation);
    memcpy(to->sender_mac, h->sender_mac, 6);
    memcpy(to->target_mac, h->target_mac, 6);
    memcpy(to->sender, h->sender.b + 12, 4);
    memcpy(to->target, h->target.b + 12, 4);
    return ARP_LEN;
}
