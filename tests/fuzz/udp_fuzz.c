/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/udp: any bytes over both families, with the checksum as it is, made right, and taken on trust. What
 * decodes lies within the input, and encoded and decoded again is the same.
 */
#include "wire/udp.h"

#include "wire/checksum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ip BETWEEN[] = {{.src = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}},
                                     .dst = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7}}},
                                    {.src = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
                                     .dst = {{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}}}};

static void encode_and_decode(const struct udp *h, struct view payload, const struct ip *ip)
{
    uint8_t *again = calloc(1, UDP_LEN + payload.len);
    struct view v = view_of(again, UDP_LEN + payload.len);
    struct udp back;

    assert(again != NULL);
    assert(udp_encode(again, h, &ip->src, &ip->dst, (uint32_t)payload.len,
                      sum_bytes(payload.at, payload.len)) == UDP_LEN);
    memcpy(again + UDP_LEN, payload.at, payload.len);
    assert(again[6] || again[7]);
    assert(udp_decode(&v, ip, false, &back) == DROP_NONE && v.len == payload.len);
    assert(back.src_port == h->src_port && back.dst_port == h->dst_port);
    free(again);
}

static void decode(const uint8_t *data, size_t size, const struct ip *ip, bool verified)
{
    struct view v = view_of(data, size);
    struct udp h;

    if (udp_decode(&v, ip, verified, &h)) {
        assert(v.at == data && v.len == size);
        return;
    }
    assert(v.at == data + UDP_LEN && v.len <= size - UDP_LEN && h.dst_port);
    encode_and_decode(&h, v, ip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);

    assert(copy != NULL);
    for (int i = 0; i < 2; i++) {
        decode(data, size, &BETWEEN[i], false);
        decode(data, size, &BETWEEN[i], true);
        memcpy(copy, data, size);
        if (size >= UDP_LEN && size <= 65535) {
            copy[4] = (uint8_t)(size >> 8);
            copy[5] = (uint8_t)size;
            copy[6] = copy[7] = 0;
            checksum_store(copy + 6,
                           checksum_pseudo(&BETWEEN[i].src, &BETWEEN[i].dst, IP_UDP, (uint32_t)size) +
                               sum_bytes(copy, size));
        }
        decode(copy, size, &BETWEEN[i], false);
    }
    free(copy);
    return 0;
}
