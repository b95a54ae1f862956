/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/ip6: any bytes. What decodes lies within the input, holds the promises of ip6.h, and encoded and
 * decoded again is the same but for what its extension headers said.
 */
#include "wire/ip6.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct ip *a, const struct ip *b)
{
    return addr_eq(&a->src, &b->src) && addr_eq(&a->dst, &b->dst) && a->protocol == b->protocol &&
           a->ttl == b->ttl && a->traffic_class == b->traffic_class && a->fragment == b->fragment &&
           a->more == b->more && a->dont_fragment == b->dont_fragment && a->id == b->id &&
           a->offset == b->offset && a->flow == b->flow && a->payload_len == b->payload_len;
}

/* A plain packet with the same fields; those headers that are walked cannot stand behind the last one. */
static void encode_and_decode(struct ip h)
{
    uint8_t again[IP6_LEN] = {0};
    struct view v = view_of(again, IP6_LEN);
    struct ip back;

    h.id = h.offset = 0;
    h.fragment = h.more = false;
    assert(ip6_encode(again, &h) == IP6_LEN);
    assert(ip6_decode_quoted(&v, &back) == DROP_NONE);
    assert(same(&back, &h) && v.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = view_of(data, size), q = v;
    struct ip h, quoted;
    enum drop drop = ip6_decode(&v, &h);

    if (ip6_decode_quoted(&q, &quoted) == DROP_NONE) {
        assert(q.at >= data + IP6_LEN && q.at + q.len <= data + size && q.len <= quoted.payload_len);
        assert((q.at - data) % 8 == 0 && quoted.dont_fragment);
    } else {
        assert(drop != DROP_NONE && q.at == data && q.len == size);
    }
    if (drop) {
        assert(v.at == data && v.len == size);
        return 0;
    }
    assert(v.at == q.at && v.len == q.len && v.len == h.payload_len && same(&h, &quoted));
    assert(!addr_is4(&h.src) && !addr_is4(&h.dst));
    assert(h.offset % 8 == 0 && h.offset + h.payload_len <= 65535);
    assert(h.fragment == (h.more || h.offset > 0));
    if (!h.fragment)
        encode_and_decode(h);
    return 0;
}
