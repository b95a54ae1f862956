/* SPDX-License-Identifier: BSD-2-Clause
 *
 * IPv4's header (RFC 791). The picture stands in ip4.h. Decoding is one list of checks, each of which uses
 * only bytes that those before it have shown to be there; what passes is a struct ip and a view of exactly
 * the payload, so nobody above looks at an IP length again.
 *
 * Options are stepped over to see that they are whole and that none of them is a source route; no other is
 * looked at. A header of 20 bytes, which is nearly every one, has none.
 *
 * Called by stack/ for each packet that comes or goes, and through icmp.c for the packets that ICMP errors
 * quote. Reassembly, and whether the addresses are any that we want to hear of, are not for this file.
 */
#include "ip4.h"

#include "base/be.h"
#include "checksum.h"

enum { VERSION_AND_LEAST = 0x45, DONT_FRAGMENT = 0x4000, MORE = 0x2000, OFFSET_MASK = 0x1fff };
enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_LOOSE_ROUTE = 131, OPTION_STRICT_ROUTE = 137 };

struct header {
    uint8_t version_and_len, traffic_class;
    be16 total, id, fragment;
    uint8_t ttl, protocol;
    be16 checksum;
    uint8_t src[4], dst[4];
};
_Static_assert(sizeof(struct header) == IP4_LEN, "an IPv4 header has no gaps");

/* The sum of a header without options: of 20 bytes, in line. */
static inline uint32_t sum_least(const void *header)
{
    uint32_t last;

    memcpy(&last, (const uint8_t *)header + 16, sizeof last);
    return sum_fold_total(checksum_add16(last, header));
}

/* All options are whole and none is a source route. Each step takes at least a byte of at most 40. */
static bool options_allowed(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        uint8_t kind = *at, len;

        if (kind == OPTION_END)
            return true;
        if (kind == OPTION_NOP) {
            at++;
            continue;
        }
        if (kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE || end - at < 2)
            return false;
        len = at[1]; /* read once: the frame may lie in memory that others write */
        if (len < 2 || len > end - at)
            return false;
        at += len;
    }
    return true;
}

/* Version and lengths: the header lies within the view and the packet holds it. */
static inline enum drop check_shape(const struct view *v, size_t *header_len, size_t *total)
{
    struct view rest = *v;
    const struct header *h = (const struct header *)view_take(&rest, IP4_LEN);

    if (h == NULL)
        return DROP_TRUNCATED;
    *header_len = IP4_LEN;
    if (h->version_and_len != VERSION_AND_LEAST) {
        *header_len = (h->version_and_len & 15u) * 4;
        if (h->version_and_len >> 4 != 4 || *header_len < IP4_LEN)
            return DROP_MALFORMED;
        if (view_take(&rest, *header_len - IP4_LEN) == NULL)
            return DROP_TRUNCATED;
    }
    *total = be16_get(h->total);
    return *total < *header_len ? DROP_MALFORMED : DROP_NONE;
}

/* A part of a packet is wrong that would be longer than a packet can be, or that is followed by others and
 * does not fill whole units of 8 bytes, so that nothing can stand behind it (RFC 791 3.2). */
static bool fragment_right(uint16_t fragment, size_t header_len, size_t total)
{
    size_t offset = (size_t)(fragment & OFFSET_MASK) * 8;

    return offset + total <= 65535 && (!(fragment & MORE) || (total - header_len) % 8 == 0);
}

static inline void read_fields(const struct header *h, uint16_t fragment, struct ip *out)
{
    out->src = addr_of4(h->src);
    out->dst = addr_of4(h->dst);
    out->protocol = h->protocol;
    out->protocol_at = offsetof(struct header, protocol);
    out->ttl = h->ttl;
    out->traffic_class = h->traffic_class;
    out->fragment = (fragment & (MORE | OFFSET_MASK)) != 0;
    out->more = (fragment & MORE) != 0;
    out->dont_fragment = (fragment & DONT_FRAGMENT) != 0;
    out->id = be16_get(h->id);
    out->offset = (uint32_t)(fragment & OFFSET_MASK) * 8;
    out->flow = 0;
}

/* The rest, once the shape and, where it counts, the checksum are known to be right. */
static inline enum drop take_header(struct view *v, size_t header_len, size_t total, struct ip *out)
{
    struct view rest = *v;
    const struct header *h = (const struct header *)v->at;
    uint16_t fragment = be16_get(h->fragment);

    view_trim(&rest, total);
    view_take(&rest, header_len);
    if (header_len > IP4_LEN && !options_allowed(v->at + IP4_LEN, rest.at))
        return DROP_MALFORMED;
    if ((fragment & (MORE | OFFSET_MASK)) && !fragment_right(fragment, header_len, total))
        return DROP_MALFORMED;
    read_fields(h, fragment, out);
    out->payload_len = (uint32_t)(total - header_len);
    *v = rest;
    return DROP_NONE;
}

enum drop ip4_decode(struct view *v, struct ip *out)
{
    size_t header_len, total;
    enum drop drop = check_shape(v, &header_len, &total);

    if (drop)
        return drop;
    if (total > v->len)
        return DROP_TRUNCATED;
    if ((header_len == IP4_LEN ? sum_least(v->at) : sum_bytes(v->at, header_len)) != 0xffff)
        return DROP_CHECKSUM;
    return take_header(v, header_len, total, out);
}

enum drop ip4_decode_quoted(struct view *v, struct ip *out)
{
    size_t header_len, total;
    enum drop drop = check_shape(v, &header_len, &total);

    return drop ? drop : take_header(v, header_len, total, out);
}

size_t ip4_encode(uint8_t *at, const struct ip *h)
{
    struct header *to = (struct header *)at;

    to->version_and_len = VERSION_AND_LEAST;
    to->traffic_class = h->traffic_class;
    to->total = be16_of(IP4_LEN + h->payload_len);
    to->id = be16_of(h->id);
    to->fragment = be16_of((h->dont_fragment ? DONT_FRAGMENT : 0) | (h->more ? MORE : 0) | h->offset / 8);
    to->ttl = h->ttl;
    to->protocol = h->protocol;
    to->checksum = be16_of(0);
    memcpy(to->src, h->src.b + 12, 4);
    memcpy(to->dst, h->dst.b + 12, 4);
    checksum_store(to->checksum.b, sum_least(at));
    return IP4_LEN;
}
