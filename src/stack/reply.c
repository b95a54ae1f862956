/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Replies that no connection sends: what input found to be owed waits here, as a value, for the next flush to
 * encode. Of those that anybody can ask for there is a rate.
 */
#include "room.h"

bool reply_is_within_rate(struct rn_stack *net, struct room_rate *rate)
{
    const rn_time part = TIME_S / ROOM_RATE;
    rn_time from = rate->taken > net->now ? rate->taken : net->now;

    if (from - net->now > TIME_S - part)
        return false;
    rate->taken = from + part;
    return true;
}

struct room_reply *reply_new(struct rn_stack *net, int device, enum room_reply_kind kind, const uint8_t *mac)
{
    struct room_reply *r = &net->replies[net->reply_count++];

    memset(r, 0, sizeof *r);
    r->kind = kind;
    r->device = (uint8_t)device;
    if (mac)
        memcpy(r->mac, mac, 6);
    return r;
}

struct room_reply *reply_to(struct rn_stack *net, const struct room_packet *p, enum room_reply_kind kind)
{
    struct room_reply *r = reply_new(net, p->device, kind, p->mac);

    r->ipv6 = p->ipv6;
    r->src = p->ip.dst;
    r->dst = p->ip.src;
    return r;
}
