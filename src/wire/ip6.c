/* SPDX-License-Identifier: BSD-2-Clause
 *
 * IPv6's header and the extension headers behind it (RFC 8200). The picture stands in ip6.h. The walk is a
 * loop of at most IP6_HEADERS steps; each takes one header of 8 bytes or more off a view that was trimmed to
 * the packet's own length first, so it can neither stand still nor leave the packet.
 *
 *      OFFSET SIZE MEANING                     an extension header
 *       0      1   next header
 *       1      1   length in units of 8 bytes, the first 8 not counted (fragment: reserved, the length is 8)
 *       2          hop-by-hop and destination: options; routing: type, segments left;
 *                  fragment: offset and more (2), identification (4)
 *
 * Called by stack/ for each packet that comes or goes, and through icmp.c for the packets that ICMP errors
 * quote. It obeys no option and reassembles nothing, and does not say which addresses we want to hear of.
 */
#include "ip6.h"

#include "base/be.h"

#include <string.h>

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, NO_NEXT = 59, DESTINATION = 60 };

enum { OPTION_PAD1 = 0, OPTION_ACTION = 0xc0 /* RFC 8200 4.2: other than 00, an unknown option discards */ };

enum { MORE = 1, OFFSET_MASK = 0xfff8 };

struct header {
    be32 version_class_flow;
    be16 payload_len;
    uint8_t next, hop_limit;
    struct addr src, dst;
};
_Static_assert(sizeof(struct header) == IP6_LEN, "an IPv6 header has no gaps");

struct fragment_header {
    uint8_t next, reserved;
    be16 offset_and_more;
    be32 id;
};
_Static_assert(sizeof(struct fragment_header) == 8, "a fragment header has no gaps");

/* Steps over the options of a hop-by-hop or destination header, its first two bytes left out. We know none
 * but padding, so each is treated as an unknown one. */
static enum drop check_options(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        uint8_t kind = *at;
        size_t len;

        if (kind == OPTION_PAD1) {
            at++;
            continue;
        }
        if (end - at < 2)
            return DROP_MALFORMED;
        len = (size_t)at[1] + 2; /* read once: the frame may lie in memory that others write */
        if (len > (size_t)(end - at))
            return DROP_MALFORMED;
        if (kind & OPTION_ACTION)
            return DROP_EXTENSION;
        at += len;
    }
    return DROP_NONE;
}

/* Takes one hop-by-hop, routing or destination header off; *next becomes the header after it. */
static enum drop take_extension(struct view *rest, uint8_t *next)
{
    uint8_t kind = *next;
    const uint8_t *at;
    size_t len;

    if (rest->len < 2)
        return DROP_TRUNCATED;
    len = ((size_t)rest->at[1] + 1) * 8;
    at = view_take(rest, len);
    if (at == NULL)
        return DROP_TRUNCATED;
    *next = at[0];
    if (kind == ROUTING) /* RFC 5095 3 for type 0; RFC 8200 4.4 for those we do not know, and we know none */
        return at[3] == 0 ? DROP_NONE : DROP_EXTENSION;
    return check_options(at + 2, at + len);
}

/* Takes a fragment header off; before is how many bytes of extension headers stood in front of it. */
static enum drop take_fragment(struct view *rest, uint8_t *next, struct ip *out)
{
    const struct fragment_header *h = (const struct fragment_header *)view_take(rest, sizeof *h);
    uint16_t word;

    if (h == NULL)
        return DROP_TRUNCATED;
    word = be16_get(h->offset_and_more);
    *next = h->next;
    out->id = be32_get(h->id);
    out->offset = word & OFFSET_MASK;
    out->more = word & MORE;
    out->fragment = out->more || out->offset != 0;
    return DROP_NONE;
}

/* RFC 8200 4.5: what a fragment with others behind it carries "must be a multiple of 8 octets", and what is
 * put together must not be longer than a payload length can say. front: extension headers before it. */
static bool fragment_right(const struct ip *ip, size_t front, size_t len)
{
    return front + ip->offset + len <= 65535 && (!ip->more || len % 8 == 0);
}

/* Takes all extension headers off, of a packet whose header claims that many bytes. *next: the first, and
 * then what stands behind them. */
static enum drop take_chain(struct view *rest, size_t claimed, uint8_t *next, struct ip *out)
{
    const uint8_t *start = rest->at;

    for (int i = 0;; i++) {
        enum drop drop;
        size_t front = (size_t)(rest->at - start);

        switch (*next) {
        case HOP_BY_HOP:
        case ROUTING:
        case DESTINATION:
            if (i == IP6_HEADERS || (*next == HOP_BY_HOP && i > 0))
                return DROP_EXTENSION;
            drop = take_extension(rest, next);
            break;
        case FRAGMENT:
            if (i == IP6_HEADERS)
                return DROP_EXTENSION;
            drop = take_fragment(rest, next, out);
            break;
        case NO_NEXT: return DROP_EXTENSION;
        default: return DROP_NONE;
        }
        if (drop)
            return drop;
        out->protocol_at = (uint32_t)(IP6_LEN + front); /* each begins with what the next one is */
        /* What stands behind the header of a fragment may be anywhere in the packet: not ours to read. */
        if (out->fragment)
            return fragment_right(out, front, claimed - front - 8) ? DROP_NONE : DROP_MALFORMED;
    }
}

static void read_fields(const struct header *h, uint32_t first, struct ip *out)
{
    out->src = h->src;
    out->dst = h->dst;
    out->ttl = h->hop_limit;
    out->traffic_class = (uint8_t)(first >> 20);
    out->fragment = out->more = false;
    out->dont_fragment = true;
    out->id = out->offset = 0;
    out->flow = first & 0xfffff;
    out->protocol_at = offsetof(struct header, next);
}

static inline enum drop decode(struct view *v, struct ip *out, bool quoted)
{
    struct view rest = *v;
    const struct header *h = (const struct header *)view_take(&rest, IP6_LEN);
    const uint8_t *start = rest.at;
    size_t claimed;
    uint32_t first;
    enum drop drop;
    uint8_t next;

    if (h == NULL)
        return DROP_TRUNCATED;
    first = be32_get(h->version_class_flow);
    /* An IPv4 address in IPv6's clothes would pass for a packet of the other family further up. */
    if (first >> 28 != 6 || addr_is4(&h->src) || addr_is4(&h->dst))
        return DROP_MALFORMED;
    claimed = be16_get(h->payload_len);
    if (!quoted && claimed > rest.len)
        return DROP_TRUNCATED;
    view_trim(&rest, claimed);
    read_fields(h, first, out);
    next = h->next;
    drop = take_chain(&rest, claimed, &next, out);
    if (drop)
        return drop;
    out->protocol = next;
    out->payload_len = (uint32_t)(claimed - (size_t)(rest.at - start));
    *v = rest;
    return DROP_NONE;
}

enum drop ip6_decode(struct view *v, struct ip *out)
{
    return decode(v, out, false);
}

enum drop ip6_decode_quoted(struct view *v, struct ip *out)
{
    return decode(v, out, true);
}

size_t ip6_encode(uint8_t *at, const struct ip *h)
{
    struct header *to = (struct header *)at;

    to->version_class_flow =
        be32_of(UINT32_C(6) << 28 | (uint32_t)h->traffic_class << 20 | (h->flow & 0xfffff));
    to->payload_len = be16_of(h->payload_len);
    to->next = h->protocol;
    to->hop_limit = h->ttl;
    to->src = h->src;
    to->dst = h->dst;
    return IP6_LEN;
}
