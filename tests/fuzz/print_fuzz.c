/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wire/print: any bytes, with and without an Ethernet header, into lines of any size. A line is printable,
 * never empty, and a short one is the beginning of a long one.
 */
#include "wire/print.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int ethernet = 0; ethernet < 2; ethernet++) {
        char line[512], part[64];
        size_t len = print_frame(line, sizeof line, data, size, ethernet);
        size_t room = size % sizeof part;
        size_t cut = print_frame(part, room, data, size, ethernet);

        assert(len > 0 && len < sizeof line && strlen(line) == len);
        for (size_t i = 0; i < len; i++)
            assert(line[i] >= ' ' && line[i] <= '~');
        assert(cut == (room == 0 ? 0 : room - 1 < len ? room - 1 : len));
        assert(memcmp(line, part, cut) == 0 && (room == 0 || part[cut] == '\0'));
    }
    return 0;
}
