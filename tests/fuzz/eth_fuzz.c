/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/eth: any bytes; what decodes is the front of the input and encodes to the same bytes.
 */
#include "wire/eth.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = view_of(data, size);
    uint8_t again[ETH_LEN] = {0};
    struct eth h;

    if (eth_decode(&v, &h)) {
        assert(size < ETH_LEN && v.at == data && v.len == size);
        return 0;
    }
    assert(v.at == data + ETH_LEN && v.len == size - ETH_LEN);
    assert(eth_encode(again, &h) == ETH_LEN);
    assert(memcmp(again, data, ETH_LEN) == 0);
    return 0;
}
