/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ethernet's header: three fields at fixed places, so each way is one copy. The picture stands in eth.h.
 *
 * Called by stack/ for each frame that comes or goes on an Ethernet device. Which types are served, and whose
 * addresses are ours, is not for this file; nor is padding, which the length of the packet inside tells.
 */
#include "eth.h"

#include <string.h>

struct header {
    uint8_t dst[6], src[6];
    be16 type;
};
_Static_assert(sizeof(struct header) == ETH_LEN, "an Ethernet header has no gaps");

enum drop eth_decode(struct view *v, struct eth *out)
{
    const struct header *h = (const struct header *)view_take(v, ETH_LEN);

    if (h == NULL)
        return DROP_TRUNCATED;
    memcpy(out->dst, h->dst, 6);
    memcpy(out->src, h->src, 6);
    out->type = be16_get(h->type);
    return DROP_NONE;
}

size_t eth_encode(uint8_t *at, const struct eth *h)
{
    struct header *to = (struct header *)at;

    memcpy(to->dst, h->dst, 6);
    memcpy(to->src, h->src, 6);
    to->type = be16_of(h->type);
    return ETH_LEN;
}
