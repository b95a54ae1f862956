/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel says of a network interface.
 */
#ifndef DEV_CARD_H
#define DEV_CARD_H

#include <stdbool.h>
#include <stdint.h>

struct card {
    int index; /* which changes when it is removed and made again */
    uint32_t mtu;
    uint8_t mac[6];
    bool up;
    bool loopback;
    bool ethernet;
};

/* 0; -ENODEV: there is none of that name now; or another errno of the system's. */
int card_ask(const char *name, struct card *out);

#endif
