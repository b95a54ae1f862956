/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The 802.1Q tag: four bytes between an Ethernet header whose type is ETH_VLAN and what that header would
 * have announced. The picture stands in vlan.h.
 *
 * Called by stack/ and the printer. It takes one tag off; whoever wants to see a second one calls again.
 */
#include "vlan.h"


struct header {
    be16 control, type;
};
_Static_assert(sizeof(struct header) == VLAN_LEN, "a tag has no gaps");

enum drop vlan_decode(struct view *v, struct vlan *out)
{
    struct view rest = *v;
    const struct header *h = (const struct header *)view_take(&rest, VLAN_LEN);
    uint16_t control;

    if (h == NULL)
        return DROP_TRUNCATED;
    control = be16_get(h->control);
    if ((control & VLAN_IDS) > VLAN_LAST)
        return DROP_MALFORMED;
    out->id = control & VLAN_IDS;
    out->priority = (uint8_t)(control >> 13);
    out->drop_eligible = control >> 12 & 1;
    out->type = be16_get(h->type);
    *v = rest;
    return DROP_NONE;
}

size_t vlan_encode(uint8_t *at, const struct vlan *h)
{
    struct header *to = (struct header *)at;

    to->control = be16_of((uint32_t)h->priority << 13 | (uint32_t)h->drop_eligible << 12 | (h->id & VLAN_IDS));
    to->type = be16_of(h->type);
    return VLAN_LEN;
}
