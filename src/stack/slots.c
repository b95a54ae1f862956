/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Transmit slots, as all who send fill them: a device lends some, they are filled in order, and all of them
 * go with one commit when they are used up or the round is over.
 *
 *      d->slots ... [ filled | d->slot: the next | ... | d->slots_end
 *
 * Called by whoever has a frame to send; output.c begins and ends it.
 */
#include "room.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/vlan.h"

void slots_commit(struct room_device *d)
{
    if (d->slots_end != d->slots)
        d->dev->ops->commit(d->dev, d->slots, (int)(d->slot - d->slots));
    d->slot = d->slots_end = d->slots;
}

__attribute__((hot)) struct rn_frame *slots_more(struct rn_stack *net, struct room_device *d)
{
    bool first = d->slots_end == d->slots;
    int n;

    if (d->full)
        return NULL;
    slots_commit(d);
    n = d->dev->ops->reserve(d->dev, d->slots, first ? net->first_slots : ROOM_BURST, net->now);
    if (n <= 0) {
        d->full = true;
        return NULL;
    }
    d->slots_end = d->slots + n;
    return d->slots;
}

uint32_t slots_link(const struct room_device *d, uint8_t *at, const uint8_t *mac, uint16_t type)
{
    const struct vlan tag = {.id = d->vlan, .type = type};

    if (d->link_len)
        eth_put(at, mac, d->mac, d->vlan ? ETH_VLAN : type);
    if (d->vlan)
        vlan_encode(at + ETH_LEN, &tag);
    return d->link_len;
}

uint8_t *slots_fill(struct rn_stack *net, unsigned device, struct rn_frame *f, const uint8_t *mac,
                    const struct ip *ip, bool ipv6)
{
    struct room_device *d = &net->devices[device];
    uint8_t *at = f->data + slots_link(d, f->data, mac, ipv6 ? ETH_IP6 : ETH_IP4);

    at += ipv6 ? ip6_encode(at, ip) : ip4_encode(at, ip);
    f->len = (uint32_t)(at - f->data) + ip->payload_len;
    d->slot++;
    return at;
}

struct ip slots_packet(const struct rn_stack *net, const struct addr *src, const struct addr *dst,
                       uint8_t protocol, uint32_t len)
{
    return (struct ip){.src = *src,
                       .dst = *dst,
                       .protocol = protocol,
                       .ttl = net->options.ttl,
                       .dont_fragment = true,
                       .payload_len = len};
}
