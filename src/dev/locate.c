/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Finds the IP packet in a frame: the decoders of wire/ take headers off a view, and where the view then
 * begins and ends is the answer. It judges nothing that they do not judge.
 */
#include "locate.h"

#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/vlan.h"

#include <runnel_dev.h>

/* Takes the link header and up to two tags off; the EtherType, or 0. */
static uint16_t strip_link(struct view *v)
{
    struct eth eth;
    struct vlan tag;

    if (eth_decode(v, &eth) != DROP_NONE)
        return 0;
    for (int i = 0; i < 2 && (eth.type == ETH_VLAN || eth.type == ETH_QINQ); i++) {
        if (vlan_decode(v, &tag) != DROP_NONE)
            return 0;
        eth.type = tag.type;
    }
    return eth.type;
}

/* On a link without headers the first four bits say what it is. */
static uint16_t type_by_version(const struct view *v)
{
    if (v->len == 0)
        return 0;
    return v->at[0] >> 4 == 4 ? ETH_IP4 : v->at[0] >> 4 == 6 ? ETH_IP6 : 0;
}

bool locate_packet(const uint8_t *frame, uint32_t len, uint8_t medium, struct place *out)
{
    struct view v = view_of(frame, len);
    uint16_t type = medium == RN_ETHERNET ? strip_link(&v) : type_by_version(&v);
    enum drop drop;

    out->ip_at = (uint32_t)(v.at - frame);
    out->version6 = type == ETH_IP6;
    if (type == ETH_IP4)
        drop = ip4_decode(&v, &out->ip);
    else if (type == ETH_IP6)
        drop = ip6_decode(&v, &out->ip);
    else
        return false;
    if (drop != DROP_NONE)
        return false;
    out->transport_at = (uint32_t)(v.at - frame);
    out->end = out->transport_at + (uint32_t)v.len;
    return true;
}
