/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/arp: any bytes, and any bytes behind a right beginning; what decodes is the front of the input and
 * encodes to the same bytes.
 */
#include "wire/arp.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const uint8_t *data, size_t size)
{
    struct view v = view_of(data, size);
    uint8_t again[ARP_LEN] = {0};
    struct arp h;

    if (arp_decode(&v, &h)) {
        assert(v.at == data && v.len == size);
        return;
    }
    assert(v.at == data + ARP_LEN && v.len == size - ARP_LEN);
    assert(addr_is4(&h.sender) && addr_is4(&h.target) && !(h.sender_mac[0] & 1));
    assert(h.operation == ARP_REQUEST || h.operation == ARP_REPLY);
    assert(arp_encode(again, &h) == ARP_LEN);
    assert(memcmp(again, data, ARP_LEN) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);

    decode(data, size);
    assert(copy != NULL);
    memcpy(copy, data, size);
    memcpy(copy, "\0\1\10\0\6\4\0\1", size < 8 ? size : 8);
    decode(copy, size);
    free(copy);
    return 0;
}
