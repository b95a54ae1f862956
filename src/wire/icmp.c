/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an ICMP error is about: the start of a packet of ours that somewhere on its way was not wanted. It is
 * read by the decoders that read whole packets, which know that a quoted one is cut short; of the transport
 * behind it 8 bytes are sure to be there (RFC 792), the ports and for TCP the sequence number; of an echo
 * request identifier and sequence number, which are to it what ports are to the others.
 *
 *      | IP header of ours | ports 4                   | sequence 4               | ... as much as the router
 *      |                   | type, code, checksum 4    | identifier, sequence 4   |     cared to send
 *
 * Called by stack/ for what icmp4_decode and icmp6_decode say is an error. Whether the quoted segment was
 * ever sent is for tcp/ to say (RFC 5927).
 */
#include "icmp.h"

#include "base/be.h"
#include "ip4.h"
#include "ip6.h"

struct ports {
    be16 src, dst;
    be32 seq;
};
_Static_assert(sizeof(struct ports) == 8, "the quoted start of a transport has no gaps");

enum { ECHO_REQUEST4 = 8, ECHO_REQUEST6 = 128 };

/* An echo request, of which there are two kinds of numbers. */
static bool take_echo(const struct ports *p, bool version6, struct icmp_quote *out)
{
    uint32_t both = be32_get(p->seq);

    if (p->src.b[0] != (version6 ? ECHO_REQUEST6 : ECHO_REQUEST4) || p->src.b[1] != 0)
        return false;
    out->src_port = (uint16_t)(both >> 16);
    out->dst_port = 0;
    out->seq = both & 0xffff;
    return true;
}

bool icmp_decode_quote(struct view v, bool version6, struct icmp_quote *out)
{
    struct ip ip;
    const struct ports *p;

    if ((version6 ? ip6_decode_quoted(&v, &ip) : ip4_decode_quoted(&v, &ip)) != DROP_NONE || ip.offset != 0)
        return false;
    p = (const struct ports *)view_take(&v, sizeof *p);
    if (p == NULL)
        return false;
    out->ip = ip;
    if (ip.protocol == (version6 ? IP_ICMP6 : IP_ICMP4))
        return take_echo(p, version6, out);
    if (ip.protocol != IP_TCP && ip.protocol != IP_UDP)
        return false;
    out->src_port = be16_get(p->src);
    out->dst_port = be16_get(p->dst);
    out->seq = ip.protocol == IP_TCP ? be32_get(p->seq) : 0;
    return true;
}
