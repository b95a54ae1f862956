/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/tcp: any bytes, as they are and with all 40 bytes of options. What decodes lies within the input, and
 * encoded and decoded again is the same, as far as it fits.
 */
#include "wire/tcp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both say the same, a's SACK blocks being cut to b's. */
static bool same(const struct tcp *a, const struct tcp *b)
{
    if (a->src_port != b->src_port || a->dst_port != b->dst_port || !seq_eq(a->seq, b->seq) ||
        !seq_eq(a->ack, b->ack) || a->flags != b->flags || a->window != b->window || a->urgent != b->urgent ||
        a->has != b->has)
        return false;
    if ((a->has & TCP_HAS_MSS && a->mss != b->mss) || (a->has & TCP_HAS_WSCALE && a->wscale != b->wscale))
        return false;
    if (a->has & TCP_HAS_TIMESTAMP && (a->ts_value != b->ts_value || a->ts_echo != b->ts_echo))
        return false;
    for (unsigned i = 0; a->has & TCP_HAS_SACK && i < b->sack_blocks; i++) {
        if (!seq_eq(a->sack[i].left, b->sack[i].left) || !seq_eq(a->sack[i].right, b->sack[i].right))
            return false;
    }
    return true;
}

static void encode_and_decode(const struct tcp *h)
{
    uint8_t again[TCP_LEN_MAX] = {0};
    size_t len = tcp_encode(again, h);
    struct view v = view_of(again, len);
    struct tcp back;

    assert(len == tcp_encoded_len(h) && len <= TCP_LEN_MAX && len % 4 == 0);
    assert(tcp_decode(&v, &back) == DROP_NONE && v.len == 0);
    assert(same(h, &back));
    if (h->has & TCP_HAS_SACK)
        assert(back.sack_blocks >= 1 && back.sack_blocks <= h->sack_blocks);
}

static void decode(const uint8_t *data, size_t size)
{
    struct view v = view_of(data, size);
    struct tcp h;
    enum drop drop;

    memset(&h, 0xee, sizeof h);
    drop = tcp_decode(&v, &h);
    if (drop) {
        assert(v.at == data && v.len == size && (drop == DROP_TRUNCATED) == (size < TCP_LEN));
        return;
    }
    assert(v.at >= data + TCP_LEN && v.at <= data + TCP_LEN_MAX && v.at + v.len == data + size);
    assert(!(h.has & TCP_HAS_WSCALE) || h.wscale <= TCP_WSCALE_MAX);
    assert(!(h.has & TCP_HAS_SACK) || (h.sack_blocks >= 1 && h.sack_blocks <= TCP_SACK_MAX));
    encode_and_decode(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);

    decode(data, size);
    assert(copy != NULL);
    memcpy(copy, data, size);
    if (size > 12)
        copy[12] = (uint8_t)((size < TCP_LEN_MAX ? size / 4 : 15) << 4);
    decode(copy, size);
    free(copy);
    return 0;
}
