/* SPDX-License-Identifier: BSD-2-Clause
 *
 *      field = folded sum of (source, destination, protocol, length)       RFC 9293 3.1, RFC 768, RFC 8200 8.1
 *
 * What stands there is the sum itself, not its complement. Called by xdp.c.
 */
#include "half_sum.h"

#include "locate.h"
#include "wire/checksum.h"

#include <string.h>

enum { TCP_SUM_AT = 16, UDP_SUM_AT = 6 };

bool half_sum_may_be(const char *driver)
{
    static const char *const soft[] = {"veth", "virtio_net", "tun", "bridge"};

    for (size_t i = 0; i < sizeof soft / sizeof *soft; i++)
        if (strcmp(driver, soft[i]) == 0)
            return true;
    return false;
}

bool half_sum_find(struct rn_frame *frame)
{
    struct place p;
    uint8_t half[2];
    uint32_t len, at;

    if (!locate_packet(frame->data, frame->len, RN_ETHERNET, &p) || p.ip.fragment ||
        (p.ip.protocol != IP_TCP && p.ip.protocol != IP_UDP))
        return false;
    len = p.end - p.transport_at;
    at = p.ip.protocol == IP_TCP ? TCP_SUM_AT : UDP_SUM_AT;
    if (len < at + 2)
        return false;
    checksum_leave(half, checksum_pseudo(&p.ip.src, &p.ip.dst, p.ip.protocol, len));
    if (memcmp(frame->data + p.transport_at + at, half, sizeof half) != 0)
        return false;
    frame->flags |= RN_CSUM_PARTIAL | RN_CSUM_TRUSTED;
    frame->csum_start = (uint16_t)p.transport_at;
    frame->csum_offset = (uint16_t)at;
    return true;
}
