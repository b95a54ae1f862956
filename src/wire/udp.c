/* SPDX-License-Identifier: BSD-2-Clause
 *
 * UDP's header. The picture stands in udp.h. Its own length counts, not the IP packet's: a shorter one leaves
 * bytes behind the datagram that the checksum does not cover, a longer one is a datagram cut short. A sum of
 * zero goes as 0xffff, which is the same number, since 0 says that there is none.
 *
 * Called by stack/ for what comes, by udp/ for what goes. It does not know whose a port is.
 */
#include "udp.h"

#include "base/be.h"
#include "checksum.h"

struct header {
    be16 src, dst, len, checksum;
};
_Static_assert(sizeof(struct header) == UDP_LEN, "a UDP header has no gaps");

enum drop udp_decode(struct view *v, const struct ip *ip, bool verified, struct udp *out)
{
    struct view rest = *v, whole = *v;
    const struct header *h = (const struct header *)view_take(&rest, UDP_LEN);
    uint16_t len, sum;

    if (h == NULL)
        return DROP_TRUNCATED;
    len = be16_get(h->len);
    sum = be16_get(h->checksum);
    if (len < UDP_LEN || be16_get(h->dst) == 0)
        return DROP_MALFORMED;
    if (len > v->len)
        return DROP_TRUNCATED;
    view_trim(&whole, len);
    view_trim(&rest, len - (size_t)UDP_LEN);
    if (sum == 0 ? !addr_is4(&ip->src)
                 : !verified &&
                       !checksum_right(checksum_pseudo(&ip->src, &ip->dst, IP_UDP, len), whole.at, whole.len))
        return DROP_CHECKSUM;
    *out = (struct udp){.src_port = be16_get(h->src), .dst_port = be16_get(h->dst)};
    *v = rest;
    return DROP_NONE;
}

size_t udp_encode(uint8_t *at, const struct udp *h, const struct addr *src, const struct addr *dst,
                  uint32_t payload_len, uint32_t payload_sum)
{
    struct header *to = (struct header *)at;
    uint32_t len = UDP_LEN + payload_len;

    to->src = be16_of(h->src_port);
    to->dst = be16_of(h->dst_port);
    to->len = be16_of(len);
    to->checksum = be16_of(0);
    checksum_store(to->checksum.b,
                   checksum_pseudo(src, dst, IP_UDP, len) + sum_bytes(at, UDP_LEN) + (uint64_t)payload_sum);
    if (be16_get(to->checksum) == 0)
        to->checksum = be16_of(0xffff);
    return UDP_LEN;
}
