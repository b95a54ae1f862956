/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Called by the devices of a card that the kernel uses as well: packet.c, xdp.c, pcap.c and netmap_host.c, each of which
 * makes a filter of its own of the steering.
 */
#include "ours.h"

#include <errno.h>
#include <string.h>

int ours_take(struct ours *o, const struct rn_dev *dev, const struct rn_steer *rules, int n)
{
    int error;

    if (dev->promiscuous ? !steering_takes_all(rules, n) : !steering_can(rules, n))
        return -EOPNOTSUPP;
    error = hold_ports(&o->hold, rules, n);
    if (error < 0)
        return error;
    memcpy(o->rules, rules, (size_t)n * sizeof *rules);
    o->count = n;
    return 0;
}

struct steering ours_steering(const struct ours *o, const struct rn_dev *dev)
{
    return (struct steering){.all = dev->promiscuous,
                             .mac = dev->mac,
                             .shared = memcmp(dev->mac, o->card_mac, 6) == 0,
                             .vlan = dev->vlan,
                             .rules = o->rules,
                             .n = o->count};
}

void ours_close(struct ours *o)
{
    hold_nothing(&o->hold);
}
