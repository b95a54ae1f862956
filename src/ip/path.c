/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One decision. There is no cache of paths yet: each connection learns its own.
 */
#include "path.h"

static const uint16_t plateaus[] = {65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508};

uint32_t path_mtu(uint32_t told, uint32_t sent, bool ipv6)
{
    uint32_t least = ipv6 ? 1280 : 552;

    if (told == 0 || told >= sent) {
        unsigned i = 0;

        if (ipv6)
            return told ? told : least;
        while (i < sizeof plateaus / sizeof plateaus[0] - 1 && plateaus[i] >= sent)
            i++;
        told = plateaus[i];
    }
    return told > least ? told : least;
}
