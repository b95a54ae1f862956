/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/icmp4 and what it quotes: any bytes, with the checksum as it is and made right. What decodes lies
 * within the input, and encoded and decoded again is the same.
 */
#include "wire/icmp4.h"

#include "wire/checksum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_and_decode(struct icmp h, struct view payload)
{
    uint8_t *again = calloc(1, ICMP_LEN + payload.len);
    struct view v = view_of(again, ICMP_LEN + payload.len);
    struct icmp back;

    assert(again != NULL);
    if (h.kind == ICMP_ECHO_REQUEST || h.kind == ICMP_ECHO_REPLY)
        h.code = 0;
    assert(icmp4_encode(again, &h, sum_bytes(payload.at, payload.len)) == ICMP_LEN);
    memcpy(again + ICMP_LEN, payload.at, payload.len);
    assert(icmp4_decode(&v, &back) == DROP_NONE && v.len == payload.len);
    assert(back.kind == h.kind && back.type == h.type && back.code == h.code && back.id == h.id &&
           back.sequence == h.sequence && back.mtu == h.mtu && back.pointer == h.pointer);
    free(again);
}

static void decode(const uint8_t *data, size_t size)
{
    struct view v = view_of(data, size);
    struct icmp_quote quote;
    struct icmp h;

    if (icmp4_decode(&v, &h)) {
        assert(v.at == data && v.len == size);
        return;
    }
    assert(v.at == data + ICMP_LEN && v.len == size - ICMP_LEN);
    encode_and_decode(h, v);
    if (icmp_decode_quote(v, false, &quote)) {
        assert(v.len >= 28 && quote.ip.offset == 0 && addr_is4(&quote.ip.src));
        assert(quote.ip.protocol == IP_TCP || (quote.ip.protocol == IP_UDP && quote.seq == 0) ||
               (quote.ip.protocol == IP_ICMP4 && quote.dst_port == 0 && quote.seq <= 65535));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);

    decode(data, size);
    assert(copy != NULL);
    memcpy(copy, data, size);
    if (size >= ICMP_LEN) {
        copy[2] = copy[3] = 0;
        checksum_store(copy + 2, sum_bytes(copy, size));
    }
    decode(copy, size);
    free(copy);
    return 0;
}
