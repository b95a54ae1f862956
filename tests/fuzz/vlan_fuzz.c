/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/vlan: any bytes, tag after tag; what decodes is the front of the input and encodes to the same bytes.
 */
#include "wire/vlan.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view v = view_of(data, size);

    for (;;) {
        struct view before = v;
        uint8_t again[VLAN_LEN] = {0};
        struct vlan h;

        if (vlan_decode(&v, &h)) {
            assert(v.at == before.at && v.len == before.len);
            return 0;
        }
        assert(v.at == before.at + VLAN_LEN && v.len == before.len - VLAN_LEN);
        assert(h.id < 4095 && h.priority < 8);
        assert(vlan_encode(again, &h) == VLAN_LEN);
        assert(memcmp(again, before.at, VLAN_LEN) == 0);
    }
}
