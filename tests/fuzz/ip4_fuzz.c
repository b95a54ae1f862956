/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/ip4: any bytes, with the checksum as it is and made right. What decodes lies within the input, holds
 * the promises of ip4.h, and encoded and decoded again is the same.
 */
#include "wire/ip4.h"

#include "wire/checksum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct ip *a, const struct ip *b)
{
    return addr_eq(&a->src, &b->src) && addr_eq(&a->dst, &b->dst) && a->protocol == b->protocol &&
           a->ttl == b->ttl && a->traffic_class == b->traffic_class && a->fragment == b->fragment &&
           a->more == b->more && a->dont_fragment == b->dont_fragment && a->id == b->id &&
           a->offset == b->offset && a->flow == b->flow && a->payload_len == b->payload_len;
}

static void encode_and_decode(const struct ip *h)
{
    uint8_t again[IP4_LEN] = {0};
    struct view v = view_of(again, IP4_LEN);
    struct ip back;

    assert(ip4_encode(again, h) == IP4_LEN);
    assert(sum_bytes(again, IP4_LEN) == 0xffff);
    assert(ip4_decode_quoted(&v, &back) == DROP_NONE); /* its payload is not there */
    assert(same(&back, h) && v.len == 0);
}

static void decode(const uint8_t *data, size_t size)
{
    struct view v = view_of(data, size), q = v;
    struct ip h, quoted;
    enum drop drop = ip4_decode(&v, &h);

    if (ip4_decode_quoted(&q, &quoted) == DROP_NONE) {
        assert(q.at >= data + IP4_LEN && q.at <= data + IP4_LEN_MAX && q.at + q.len <= data + size);
        assert(q.len <= quoted.payload_len && quoted.payload_len <= 65535 - IP4_LEN);
    } else {
        assert(drop != DROP_NONE && q.at == data && q.len == size);
    }
    if (drop) {
        assert(v.at == data && v.len == size);
        return;
    }
    assert(v.at == q.at && v.len == q.len && v.len == h.payload_len && same(&h, &quoted));
    assert(h.offset % 8 == 0 && IP4_LEN + h.offset + h.payload_len <= 65535);
    assert(h.fragment == (h.more || h.offset > 0));
    encode_and_decode(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    size_t header = size ? (data[0] & 15u) * 4 : 0;

    decode(data, size);
    assert(copy != NULL);
    memcpy(copy, data, size);
    if (header >= IP4_LEN && header <= size) {
        copy[10] = copy[11] = 0;
        checksum_store(copy + 10, sum_bytes(copy, header));
    }
    decode(copy, size);
    free(copy);
    return 0;
}
